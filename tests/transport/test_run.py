"""What the entries share: numerics, `derived`, what travels, one bias."""

import json
import pickle
import sys
import warnings
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.errors import ComputationError, InputError
from kwantorque.spectrum.symmetry import find_symmetry
from kwantorque.systems.domain_wall import Wall
from kwantorque.transport.run import Injection

QUICK = {"progress": False, "tolerance": 0.1}


def valve():
    cobalt, copper = kt.FreeElectron.from_wavevectors(13.6, 8.0), kt.FreeElectron.from_wavevectors(13.6)
    layers = [kt.Layer(cobalt, 0.5, m="z"), kt.Layer(copper, 0.5, name="spacer"), kt.Layer(cobalt, 0.5, m="x")]
    return kt.Stack(layers, 0.05)


def junction(name="barrier"):
    iron, barrier = kt.FreeElectron.from_wavevectors(10.9, 4.2), kt.FreeElectron(mass=0.4, bottom=1.0)
    layers = [kt.Layer(iron, 0.2, m="z"), kt.Layer(barrier, 0.5, name=name), kt.Layer(iron, 0.2, m="x")]
    return kt.Stack(layers, 0.05)


def test_numerics_are_frozen_checked_and_unpack():
    numerics = kt.Numerics(tolerance=0.1, progress=False)
    with pytest.raises(FrozenInstanceError):
        numerics.tolerance = 1
    assert dict(numerics) | {} == {
        "tolerance": 0.1,
        "solver": kt.BatchedSolver(),
        "kpar": None,
        "executor": None,
        "progress": False,
        "criterion": "largest",
    }
    assert numerics.but(tolerance=0.2).tolerance == 0.2
    one, other = kt.torques(valve(), 0.0, **numerics), kt.torques(valve(), 0.0, **QUICK)
    assert np.array_equal(one.exchange_torque, other.exchange_torque)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tolerance": "fine"}, "`tolerance` must be a number"),
        ({"solver": "kwant"}, "`solver` must be a Solver"),
        ({"kpar": 100}, "`kpar` must be a PolarRule"),
        ({"executor": 4}, "`executor` must be a concurrent.futures.Executor"),
    ],
)
def test_numerics_that_are_none_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        kt.Numerics(**settings)
    with pytest.raises(InputError, match=message):
        kt.torques(valve(), 0.0, **{**QUICK, **settings})


@pytest.mark.parametrize(
    ("derived", "message"),
    [
        (lambda v: {"square": v["particle_current_limit"][..., 1] ** 2}, "'square' is not"),
        (lambda v: {"size": np.abs(v["exchange_torque_total"][..., 1])}, "'size' is not"),
        (lambda v: {"shifted": v["particle_current_limit"][..., 1] + 1}, "'shifted' is not"),
        (lambda v: {"largest": v["exchange_torque"].max(axis=(-1, -2))}, "'largest' is not"),
        (lambda v: {"x": 3}, "one real number per entry of the leading dimensions"),
        (lambda v: {"x": v["particle_current_limit"][0, 1]}, "index the last dimensions only"),
        (lambda v: {"x": v["exchange_torque_total"][:, 0]}, "index the last dimensions only"),
        (lambda v: {"x": v["exchange_torque_total"]}, "one component at a time"),
        (lambda v: {"x": v["exchange_torque_totl"][..., 0]}, "did you mean 'exchange_torque_total'"),
        (lambda v: {}, "must return a dict"),
        (lambda v: {"axis": v["density"][..., 0]}, "name is taken"),
        (lambda v: 3, "must return a dict"),
        (lambda v: {"exchange_torque": v["exchange_torque"]}, "name is taken"),
        (3, "must be a function"),
    ],
)
@pytest.mark.parametrize("entry", [kt.torques, kt.steady_state], ids=lambda entry: entry.__name__)
def test_derived_cannot_be_wrong_in_silence(entry, derived, message):
    with pytest.raises(InputError, match=message):
        entry(valve(), 0.0, derived=derived, **QUICK)


def test_linear_derived_is_the_variable():
    data = kt.torques(valve(), 0.0, derived=lambda v: {"mine": -2 * v["exchange_torque_total"][..., 0]}, **QUICK)
    assert float(data.mine) == pytest.approx(-2 * float(data.exchange_torque_total.sel(axis="x")))
    assert float(data.mine_error) >= 0


def test_texture_travels_as_its_function():
    """Less than 2 kB, whatever was worked out before; it computes the same there."""
    magnet = kt.FreeElectron(exchange=-0.4)
    wall = kt.Layer(magnet, 48, m=Wall(2.0, 24.0))
    stack = kt.Stack([wall], 0.05, left=kt.Layer(magnet, m="z"), right=kt.Layer(magnet, m="-z"))
    injection = Injection(stack, 1.0, "left", kt.BatchedSolver(), find_symmetry(stack))
    items = [(np.array([[0.1, 0.2], [3.0, 1.0]]), np.ones((2, 1)))]
    sums, _, _ = injection.sums(items)
    assert stack.magnetisation.shape == (961, 3)
    assert len(pickle.dumps(wall)) < 2000
    assert len(pickle.dumps(injection)) < 4000
    again, _, _ = pickle.loads(pickle.dumps(injection)).sums(items)
    assert np.array_equal(again[0]["exchange_torque"], sums[0]["exchange_torque"])


@pytest.mark.parametrize("across", [1, "barrier"])
def test_bias_is_said_once(across):
    data = kt.steady_state(junction(), bias=0.4, across=across, **QUICK)
    expert = kt.steady_state(junction().biased(0.4, 1), mu_left=0.2, mu_right=-0.2, **QUICK)
    assert data.mu_left == 0.2
    assert data.mu_right == -0.2
    for name in ("exchange_torque", "particle_current_limit", "density"):
        assert np.array_equal(data[name], expert[name])
    assert "energy" not in data.attrs
    assert "source" not in data.attrs
    assert json.loads(data.attrs["parameters"])["mu_left"] == 0.2


def test_fermi_energy_under_a_bias_is_half_way():
    """All energies shifted by 0.3 eV change nothing."""
    lifted = [
        kt.Layer(layer.material, layer.thickness, m=layer.m, potential=0.3, name=layer.name)
        for layer in junction().layers
    ]
    one = kt.steady_state(junction(), bias=0.2, across="barrier", **QUICK)
    other = kt.steady_state(kt.Stack(lifted, 0.05), 0.3, bias=0.2, across="barrier", **QUICK)
    assert other.mu_left == pytest.approx(0.4)
    assert np.allclose(one.exchange_torque, other.exchange_torque, atol=1e-9)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"bias": 0.4}, "`across` must name the layer"),
        ({"bias": 0.4, "across": "barier"}, "did you mean 'barrier'"),
        ({"bias": 0.4, "across": 7}, "0 to 2, got 7"),
        ({"across": True}, "got True"),
        ({"bias": 0.4, "across": 1, "mu_left": 0.2}, "not both"),
        ({"energy": 0.1, "mu_left": 0.2}, "not both"),
        ({"mu_right": 0.2}, "needs `mu_left`"),
        ({"bias": "big", "across": 1}, "`bias` must be a number"),
    ],
)
def test_bias_that_is_unclear_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        kt.steady_state(junction(), **given, **QUICK)


def test_two_biases_are_refused():
    with pytest.raises(InputError, match=r"under a bias of 0.4 eV already"):
        kt.steady_state(junction().biased(0.4, 1), bias=0.4, across=1, **QUICK)


def test_layers_of_one_name_are_told_by_number():
    iron = kt.Layer(kt.FreeElectron.from_wavevectors(10.9, 4.2), 0.2, m="z", name="barrier")
    stack = kt.Stack([iron, *junction().layers[1:]], 0.05)
    with pytest.raises(InputError, match="2 layers are called 'barrier'"):
        stack.biased(0.1, "barrier")
    second = [region.name for region in stack.regions][2]
    assert second == "barrier (1)"
    assert stack.biased(0.1, second).layers == stack.biased(0.1, 1).layers


def test_errors_are_variables_with_the_parts_of_their_value():
    data = kt.steady_state(junction(), bias=0.2, across=1, **QUICK)
    assert data.exchange_torque_total_error.dims == ("part",)
    assert data.exchange_torque_total_error.attrs["units"] == data.exchange_torque_total.attrs["units"]
    assert "error" not in data.exchange_torque_total.attrs
    response = kt.torques(valve(), 0.0, **QUICK)
    assert response.exchange_torque_total_error.dims == ()
    normalised = kt.per_current(response)
    current, error = (
        float(response.particle_current_limit.sel(lead="right")),
        float(response.particle_current_limit_error),
    )
    largest = float(abs(normalised.exchange_torque_total).max())
    expected = float(response.exchange_torque_total_error) / current + largest * error / current
    assert float(normalised.exchange_torque_total_error) == pytest.approx(expected)
    assert normalised.exchange_torque_total_error.attrs["units"] == "hbar I/e"


def test_magnetisation_of_every_site():
    """Where two magnets touch it is the mean of both; without a magnet it is zero."""
    m = kt.torques(valve(), 0.0, **QUICK).magnetisation
    assert m.dims == ("site", "axis")
    assert m.sel(axis="z").values[:11].tolist() == [1.0] * 11
    assert not m.values[11:20].any()
    assert m.sel(axis="x").values[20:].tolist() == [1.0] * 11
    iron = kt.FreeElectron.from_wavevectors(10.9, 4.2)
    touching = kt.Stack([kt.Layer(iron, 0.2, m="z"), kt.Layer(iron, 0.2, m="x")], 0.1)
    assert touching.magnetisation[2].tolist() == [0.5, 0.0, 0.5]
    lattice = kt.CubicLattice(exchange=-0.5, lattice_constant=0.3)
    atomic = kt.Stack([kt.Layer(lattice, 0.6, m="y")], 0.3, left=kt.Layer(lattice, m="z"), atomic=True)
    assert atomic.magnetisation.tolist() == [[0, 0, 1], [0, 1, 0], [0, 1, 0], [0, 1, 0]]


def test_a_partner_of_ones_own_gets_a_torque_of_its_own():
    """Impurities take part of what the magnetisation took, together the same."""

    class Dirty(kt.FreeElectron):
        def terms(self, m=None):
            *rest, exchange = super().terms(m)
            half = exchange.constant / 2
            return (
                *rest,
                kt.Polynomial("exchange", "magnetisation", half),
                kt.Polynomial("spin_flip", "impurities", half),
            )

    def stack(kind):
        iron = kind(exchange=-2.0, bottom=-3.0)
        return kt.Stack([kt.Layer(iron, 0.5, m="z"), kt.Layer(iron, 0.5, m="x")], 0.1)

    clean, dirty = (kt.torques(stack(kind), 0.0, **QUICK) for kind in (kt.FreeElectron, Dirty))
    assert dirty.closure < 1e-8
    assert np.allclose(dirty.torque_on_impurities, dirty.exchange_torque, atol=1e-12)
    both = dirty.torque_on_impurities_total + dirty.exchange_torque_total
    assert np.allclose(both, clean.exchange_torque_total, atol=1e-9)
    on_layers = dirty.torque_on_impurities_of_layer + dirty.exchange_torque_of_layer
    assert np.allclose(on_layers, clean.exchange_torque_of_layer, atol=1e-9)
    parts = (kt.components(dirty, "layer 1", "layer 0", one) for one in ("exchange_torque", "torque_on_impurities"))
    assert np.allclose(*(part.damping_like for part in parts), atol=1e-12)
    assert dirty.torque_on_impurities_limit.attrs["units"] == "1/nm^3"
    assert dirty.torque_on_impurities.attrs["long_name"] == "torque on the impurities, per site"


def test_misspelt_partner_is_refused():
    with pytest.raises(InputError, match="did you mean 'magnetisation'"):
        kt.Polynomial("exchange", "magnetization", np.eye(2))


def test_closure_is_that_of_the_sums_before_the_plane_is_unfolded():
    """The wire's k plane repeats itself four times: closures do not add up."""
    gamnas, gaas = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger()
    stack = kt.Stack([kt.Layer(gamnas, 1, m="-z"), kt.Layer(gaas, 1)], 0.2)
    symmetry = find_symmetry(stack)
    assert symmetry.folds == 4
    k = np.array([[0.1, 0.05], [0.3, 0.2]])
    items = [(k, np.ones((2, 1)))]
    folded, whole = (
        Injection(stack, 0.06, "left", kt.BatchedSolver(), one).sums(items)[1]
        for one in (symmetry, symmetry.of_k_alone)
    )
    assert folded == whole


def test_a_sea_that_carries_a_current_is_an_error(monkeypatch):
    """Not even rounding may pass once the limit is below it."""
    entry = sys.modules["kwantorque.transport.steady_state"]
    monkeypatch.setattr(entry, "MAX_SEA_CURRENT", 1e-30)
    with pytest.raises(ComputationError, match="Fermi sea carries a current"):
        kt.steady_state(junction(), **QUICK)


def test_a_bias_fits_its_chemical_potentials():
    biased = junction().biased(0.4, "barrier")
    with pytest.raises(InputError, match="say `mu_left` and `mu_right`"):
        kt.steady_state(biased, **QUICK)
    with pytest.raises(InputError, match=r"`mu_left` - `mu_right` = -0.4 eV"):
        kt.steady_state(biased, mu_left=-0.2, mu_right=0.2, **QUICK)
    with pytest.warns(UserWarning, match=r"`mu_left` - `mu_right` = 0\.4 eV, but no potential drops") as caught:
        kt.steady_state(junction(), mu_left=0.2, mu_right=-0.2, **QUICK)
    assert caught[0].filename == __file__
    own = replace(junction(), left=replace(junction().left, potential=0.1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kt.steady_state(own, mu_left=0.1, mu_right=0.0, **QUICK)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda: kt.per_current(kt.steady_state(junction(), **QUICK)), "this Dataset is a steady state"),
        (lambda: kt.torques_at(junction(), np.zeros((0, 2)), 0.0), r"`k_par` must be numbers .* nk >= 1"),
        (lambda: kt.torques(junction(), 0.0, derived=3, **QUICK), "`derived` must be a function of the dict"),
        (
            lambda: kt.extrapolate(junction(), 0.05),
            r"`compute` must be a function of the spacing .* got Stack of .* \.\.\.$",
        ),
        (lambda: kt.torques(junction(), 0.0, tol=1e-2), "unknown argument of torques 'tol'; did you mean 'tolerance'"),
        (lambda: kt.torques(junction(), fermi_energy=0), "unknown argument of torques 'fermi_energy'"),
        (lambda: kt.torques(junction(), 0.0, 1e-2), "too many positional arguments"),
        (lambda: kt.torques(junction(), "0"), "`energy` must be a number in eV"),
        (lambda: kt.torques(junction(), 0.0, tolerance="0"), "`tolerance` must be a number"),
    ],
)
def test_what_newcomers_type_is_answered_in_one_line(mistake, words):
    with pytest.raises(InputError, match=words) as error:
        mistake()
    assert "\n" not in str(error.value)


def test_replacing_the_spacing_keeps_interfaces_and_bias():
    x = 0.1 * kt.FreeElectron.spin[0]
    delta = kt.Interface(kt.Polynomial("rashba", "lattice", x))
    first, *rest = junction().layers
    stack = kt.Stack([first, delta, *rest], 0.1).biased(0.2, "barrier")
    finer = replace(stack, spacing=0.05)
    assert finer.interfaces == stack.interfaces
    assert finer.bias == 0.2
    assert finer.layers == stack.layers
    assert repr(finer) == repr(stack).replace(
        f"{stack.n_sites} sites, spacing 0.1", f"{finer.n_sites} sites, spacing 0.05"
    )


def test_provenance_says_what_changes_a_result():
    data = kt.steady_state(junction(), bias=0.2, across=1, window_from="right", **QUICK)
    assert data.window_from == "right"
    copper = kt.FreeElectron.from_wavevectors(13.6)
    wire = kt.Stack([kt.Layer(copper, 0.5)], 0.05)
    assert kt.torques_at(wire, [(0, 0)], 0.0, incident_spin="-x").incident_spin == "[-1.0, 0.0, 0.0]"


def test_texture_is_asked_inside_its_layer_only():
    """Tables of a texture end where their layer does."""
    iron = kt.FreeElectron.from_wavevectors(10.9, 4.2)

    def m(z):
        assert 0.2 - 1e-9 <= z <= 0.4 + 1e-9
        return (np.sin(z), 0, np.cos(z))

    stack = kt.Stack([kt.Layer(iron, 0.2, m="z"), kt.Layer(iron, 0.2, m=m)], 0.1, right=kt.Layer(iron, m="z"))
    assert kt.torques_at(stack, [(0, 0)], 0.0).closure < 1e-10


def test_a_tolerance_that_is_not_reached_is_warned_of():
    """In a response and under a bias; the result says it, too."""
    few = {"kpar": kt.PolarRule(max_points=1, first_rays=4), "tolerance": 1e-7, "progress": False}
    wire = kt.Stack([kt.Layer(kt.KohnLuttinger(), 1)], 0.5)
    message = r"of [0-9.e-]+, above the tolerance of 1e-07, after \d+ k-points: allow more than max_points = 1"
    for ask in (lambda: kt.torques(wire, 0.06, **few), lambda: kt.steady_state(junction(), **few)):
        with pytest.warns(kt.AccuracyWarning, match=message) as found:
            data = ask()
        assert len(found) == 1
        assert data.error_estimate > data.tolerance
