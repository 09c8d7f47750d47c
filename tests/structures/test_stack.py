import numpy as np
import pytest

import kwantorque as kt
from kwantorque.errors import InputError

GAAS = kt.KohnLuttinger()
GAMNAS = kt.KohnLuttinger(exchange=0.27)


def test_interfaces_lie_on_sites_and_lengths_are_rounded():
    with pytest.warns(UserWarning, match="layer 0 from 1.04 to 1 nm. Choose a spacing"):
        stack = kt.Stack([kt.Layer(GAMNAS, 1.04, m="x"), kt.Layer(GAAS, 0.5)], 0.1)
    assert np.allclose(stack.lengths, (1.0, 0.5))
    assert np.allclose(stack.boundaries, (0, 1.0, 1.5))
    assert stack.n_sites == 16
    assert stack.rounding == pytest.approx(0.04)
    assert [(r.name, r.start, r.stop) for r in stack.regions] == [
        ("left lead", -1, 0),
        ("layer 0", 0, 10),
        ("layer 1", 10, 15),
        ("right lead", 15, 16),
    ]


def test_leads_continue_the_outer_layers_by_default():
    stack = kt.Stack(
        [kt.Layer(GAMNAS, 1, m=lambda z: (np.cos(z), np.sin(z), 0), potential=0.1), kt.Layer(GAAS, 1)], 0.1
    )
    assert stack.left.material is GAMNAS
    assert stack.left.m == (1, 0, 0)
    assert stack.left.potential == 0.1
    assert stack.right.material is GAAS


def test_a_stack_can_be_changed_only_by_making_another():
    layer = kt.Layer(GAAS, 1)
    with pytest.raises(AttributeError):
        layer.thickness = 2
    with pytest.raises(AttributeError):
        kt.Stack([layer], 0.1).spacing = 0.2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kt.Layer(GAAS, -1.0), r"`thickness` must be > 0 nm, got -1.0"),
        (lambda: kt.Layer(GAAS, 2e-9), r"`thickness` must be in nm, got 2e-09: 2 nm in metres\?"),
        (lambda: kt.Layer(GAAS, "thick"), r"`thickness` must be a number in nm, got 'thick'"),
        (lambda: kt.Layer(GAAS, np.nan), r"`thickness` must be a finite number"),
        (lambda: kt.Layer(GAMNAS, 1), r"needs its direction `m`"),
        (lambda: kt.Layer("GaAs", 1), r"must be a Material"),
        (lambda: kt.Layer(GAAS, 1, potential=np.inf), r"`potential` must be a finite number"),
        (lambda: kt.Stack([kt.Layer(GAAS, 1)], 0), r"`spacing` must be > 0 nm, got 0"),
        (lambda: kt.Stack([kt.Layer(GAAS, 1)], 2), r"`spacing` must not exceed the thickness.*2 nm.*1 nm"),
        (lambda: kt.Stack([], 0.1), r"at least one layer"),
        (lambda: kt.Stack([kt.Layer(GAAS)], 0.1), r"layers with a thickness"),
        (lambda: kt.Stack([kt.Layer(GAAS, 1)], 0.1, left=kt.Layer(GAAS, 1)), r"left lead must be a uniform Layer"),
        (lambda: kt.Stack([kt.Layer(GAAS, 1)], 0.1, right=GAAS), r"right lead must be a uniform Layer"),
    ],
)
def test_errors(make, message):
    with pytest.raises(InputError, match=message):
        make()


class Wrong(kt.KohnLuttinger):
    """A material with one thing wrong."""

    def __init__(self, **wrong):
        super().__init__()
        for name, value in wrong.items():
            object.__setattr__(self, name, value)

    def terms(self, m=None):
        return self.__dict__.get("given", super().terms(m))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"spin": np.eye(6)}, r"`spin` of .* must be an array \(3, n, n\)"),
        ({"spin": None}, r"`spin` of .* must be an array"),
        ({"orbital": 1j * GAAS.orbital}, "`orbital` of .* must be Hermitian"),
        ({"given": ()}, "must return a tuple of at least one Term"),
        ({"given": (np.eye(6),)}, "must return a tuple of at least one Term"),
        ({"given": (kt.Polynomial("a", "lattice", np.eye(2)),)}, "must act on the same number of states"),
        ({"given": (kt.Polynomial("a", "lattice", np.eye(6)),) * 2}, "must have distinct names"),
    ],
)
def test_a_material_that_breaks_the_contract_is_refused_by_the_layer(wrong, message):
    with pytest.raises(InputError, match=message):
        kt.Layer(Wrong(**wrong), 1)


def test_functions_of_z_are_tried_when_the_stack_is_built():
    for wrong in ({"m": lambda z: (0, 0, 0) if z > 0.5 else "z"}, {"potential": lambda z: np.nan, "m": "z"}):
        with pytest.raises(InputError):
            kt.Stack([kt.Layer(GAMNAS, 1, **wrong)], 0.1)


def test_rounding_is_said_once_and_shown():
    """By layer, from 1 % on, when the stack is made: not again under a bias."""
    layers = [kt.Layer(GAAS, 0.996), kt.Layer(GAAS, 0.73, name="barrier"), kt.Layer(GAAS, 1.05)]
    with pytest.warns(UserWarning, match="of 0.1 nm, so that some are changed: barrier from 0.73 to 0.7 nm") as found:
        stack = kt.Stack(layers[:2], 0.1)
    assert len(found) == 1
    assert any(line.split()[:3] == ["barrier", "0.7", "nm"] for line in repr(stack).splitlines())
    biased = stack.biased(0.1, "barrier")
    assert biased.lengths == stack.lengths
    kt.torques_at(biased, [(0.0, 0.1), (0.1, 0.2)], 0.3)


@pytest.mark.parametrize("m", [(0, 0, 5), (1e-3, 0, 0), lambda z: (0.2 + z, 0, 0)])
def test_length_of_m_that_is_not_used_is_said(m):
    """One far from 1, or one that varies along a texture."""
    with pytest.warns(UserWarning, match="only the direction of `m` counts, but that of the layer 'magnet' has the"):
        kt.Stack([kt.Layer(GAMNAS, 1, m=m, name="magnet")], 0.1)


@pytest.mark.parametrize("m", ["z", (1, 1, 0), [1, 2, 3], lambda z: (np.cos(z), np.sin(z), 0.5), lambda z: "-z"])
def test_directions_are_nothing_to_warn_of(m):
    kt.Stack([kt.Layer(GAMNAS, 1, m=m)], 0.1)


def test_torques_without_an_exchange_are_warned_of():
    """Once per call, whatever is asked."""
    idle = kt.Layer(kt.FreeElectron(bottom=-5.0), 0.5, m="z", name="magnet")
    stack = kt.Stack([idle, kt.Layer(kt.FreeElectron(bottom=-5.0), 0.5)], 0.05)
    message = r"no exchange torque acts on magnet \(FreeElectron.*Give it one, or leave out `m`"
    quick = {"tolerance": 0.3, "progress": False}
    for ask in (kt.torques, kt.steady_state):
        with pytest.warns(UserWarning, match=message) as found:
            data = ask(stack, 0.0, **quick)
        assert len(found) == 1
        assert not data.exchange_torque.any()
    with pytest.warns(UserWarning, match=message):
        kt.torques_at(stack, [(0.1, 0.0)], 0.0)


def test_coarse_spacing_is_said_once_a_call():
    """Of the crystal for which it is worst."""
    deep, deeper = kt.FreeElectron(bottom=-5.0), kt.FreeElectron(bottom=-6.0)
    stack = kt.Stack([kt.Layer(deep, 0.56), kt.Layer(deeper, 0.56)], 0.14)
    with pytest.warns(UserWarning, match="is coarse for a band that begins at -6 eV") as found:
        kt.steady_state(stack, tolerance=0.3, progress=False)
    assert len(found) == 1


def test_m_of_a_material_that_is_not_magnetic_is_ignored():
    assert kt.Layer(GAAS, 1, m="z").same_crystal(kt.Layer(kt.KohnLuttinger(), 2))


def test_where_a_function_of_z_fails():
    vanishing = kt.Layer(GAMNAS, 1, m=lambda z: (0, 0, float(abs(z - 0.5) > 0.05)))
    with pytest.raises(InputError, match=r"`m` at z = 0\.5 nm: a direction must be.*non-zero 3-vector"):
        kt.Stack([vanishing], 0.1)
    with pytest.raises(InputError, match=r"`potential\(0\.5\)` must be a finite number"):
        kt.Stack([kt.Layer(GAAS, 1, potential=lambda z: np.nan if abs(z - 0.5) < 0.05 else 0.0)], 0.1)


def test_interface_terms_must_not_depend_on_k_z():
    linear = np.zeros((3, 6, 6))
    linear[2] = np.eye(6)
    with pytest.raises(InputError, match="must not depend on k_z"):
        kt.Interface([kt.Polynomial("w", "lattice", np.eye(6), linear=linear)])


def test_interface_stands_between_layers():
    delta = kt.Interface([kt.Polynomial("barrier", "lattice", 0.1 * np.eye(6))])
    stack = kt.Stack([kt.Layer(GAAS, 1), delta, kt.Layer(GAAS, 1)], 0.1)
    assert delta.between(GAAS).terms == delta.terms
    assert [bool(interface.terms) for interface in stack.interfaces] == [False, True, False]
    with pytest.raises(InputError, match="in a row"):
        kt.Stack([kt.Layer(GAAS, 1), delta, delta, kt.Layer(GAAS, 1)], 0.1)
    with pytest.raises(InputError, match="must act on 6 states"):
        kt.Stack([kt.Interface([kt.Polynomial("b", "lattice", np.eye(2))]), kt.Layer(GAAS, 1)], 0.1)
