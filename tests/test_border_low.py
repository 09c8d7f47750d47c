"""What the lowest rooms refuse and how, their hints, and examples that run."""

import doctest
import importlib
import inspect
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import wire

import kwantorque as kt
from kwantorque import errors, units
from kwantorque.integration import plane
from kwantorque.integration.energy import integrate_energies
from kwantorque.integration.rules import Breakpoints, Integral, NoChannel, convergence, fejer, nested
from kwantorque.parallel import in_order
from kwantorque.scattering.base import LeadStates
from kwantorque.scattering.modes import lead_modes
from kwantorque.scattering.recursion import continuation, site_matrices
from kwantorque.structures.chain import discretise

ROOMS = [
    "algebra",
    "errors",
    "integration.energy",
    "integration.plane",
    "integration.rules",
    "integration.summation",
    "parallel",
    "scattering.base",
    "scattering.batched",
    "scattering.expansion",
    "scattering.green",
    "scattering.kwant_solver",
    "scattering.modes",
    "scattering.recursion",
    "spectrum.resonances",
    "units",
]
MODULES = [importlib.import_module(f"kwantorque.{name}") for name in ROOMS]


def public_functions(module):
    """What `__all__` lists: functions, and public methods and properties of classes."""
    for name in module.__all__:
        one = getattr(module, name)
        if inspect.isfunction(one):
            yield name, one
        elif inspect.isclass(one):
            for key, member in vars(one).items():
                function = member.fget if isinstance(member, property) else member
                if inspect.isfunction(function) and not key.startswith("_"):
                    yield f"{name}.{key}", function


@pytest.mark.parametrize("module", MODULES, ids=ROOMS)
def test_public_functions_have_hints_and_docstrings(module):
    for name, function in public_functions(module):
        # `single_thread` is a decorator of threadpoolctl.
        if function.__module__ != module.__name__:
            continue
        signature = inspect.signature(function)
        untyped = [p.name for p in signature.parameters.values() if p.annotation is p.empty and p.name != "self"]
        assert not untyped, name
        assert signature.return_annotation is not signature.empty, name
        assert function.__doc__, name


@pytest.mark.parametrize("module", MODULES, ids=ROOMS)
def test_examples_in_docstrings_run(module):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = doctest.testmod(module)
    assert result.failed == 0


@pytest.mark.parametrize(
    "one",
    [
        errors.InputError,
        errors.ComputationError,
        errors.finite,
        errors.positive,
        errors.whole,
        errors.instance,
        errors.known,
        kt.processes,
        kt.BatchedSolver,
        kt.KwantSolver,
        kt.PolarRule,
        kt.scattering.Solver,
        kt.scattering.States,
        units,
        units.torque_in_newton_metre,
    ],
    ids=lambda one: one.__name__,
)
def test_what_a_user_meets_has_an_example(one):
    assert ">>> " in one.__doc__


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kt.torques_at(wire(1, 1), (0, 0), True), "`energy` must be a number in eV, got True"),
        (lambda: kt.torques(wire(1, 1), "0"), "`energy` must be a number in eV, got '0'"),
        (lambda: kt.torques(wire(1, 1), 0.06, tolerance="0.1"), "`tolerance` must be a number, got '0.1'"),
        (lambda: kt.torques(wire(1, 1), 0.06, tol=0.1), "unknown argument of torques 'tol'; did you mean 'tolerance'"),
        (lambda: kt.torques(wire(1, 1), fermi_energy=0.06), "unknown argument of torques 'fermi_energy'.*'energy'"),
        (
            lambda: kt.torques(wire(1, 1), 0.06, 0.1),
            "torques: too many positional arguments; it takes stack, energy, and",
        ),
        (lambda: kt.torques(energy=0.06), "torques: missing a required argument: 'stack'; it takes"),
        (lambda: kt.steady_state(wire(1, 1), temp=300), "unknown argument of steady_state 'temp'.*'temperature'"),
        (lambda: kt.Layer(kt.FreeElectron(), 1, width=5), "unknown argument of Layer 'width'; choose from material,"),
        (lambda: kt.Stack([kt.Layer(kt.FreeElectron(), 1)]), "Stack: missing a required argument: 'spacing'; it takes"),
        (lambda: errors.known("parameter", "barrier", ("barrier_height", "barrier_mass")), "'barrier_height' or 'bar"),
        (lambda: errors.finite("x", np.True_), "`x` must be a number, got"),
        (lambda: errors.finite("x", 10**400), "`x` must be a finite number below 1e\\+09"),
        (lambda: errors.finite("x", float("nan"), "nm"), "`x` must be a finite number below 1e\\+09 in nm"),
        (lambda: errors.positive("x", False), "`x` must be a number"),
        (lambda: errors.whole("points", 0), "`points` must be a whole number >= 1, got 0"),
        (lambda: errors.whole("points", 1.5), "`points` must be a whole number >= 1, got 1.5"),
        (lambda: errors.whole("points", "x", 3), "`points` must be a whole number >= 3, got 'x'"),
        (lambda: errors.whole("points", float("inf")), "`points` must be a whole number >= 1, got inf"),
        (lambda: errors.whole("points", True), "`points` must be a whole number >= 1, got True"),
        (lambda: errors.whole("points", None), "`points` must be a whole number >= 1, got None"),
        (lambda: errors.instance("at", 5, kt.Interface, "Interface(term)"), "`at` must be an Interface such as"),
        (lambda: errors.known("source", np.zeros(2), ("left", "right")), "unknown source .*; choose from left, right"),
        (lambda: kt.processes(0), "`n` must be a whole number >= 1, got 0"),
        (lambda: kt.processes("x"), "`n` must be a whole number >= 1, got 'x'"),
        (lambda: kt.processes(2.5), "`n` must be a whole number >= 1, got 2.5"),
        (lambda: kt.BatchedSolver(engine=3), "unknown engine 3; choose from auto, expansion, recursion"),
        (lambda: kt.PolarRule(max_points=True), "`max_points` must be a whole number >= 1, got True"),
        (lambda: kt.PolarRule(first_rays=6), "`first_rays` must be a whole number >= 4, a multiple of 4, got 6"),
        (lambda: kt.PolarRule(widen=0.5), "`widen` must be >= 1, got 0.5"),
        (lambda: list(in_order(str, [1, 2], 5)), "`executor` must be a concurrent.futures.Executor.*got 5"),
        (lambda: list(in_order(str, [1], kt.processes(2))), "such as `with kt.processes"),
    ],
)
def test_what_is_refused_and_why(call, message):
    with pytest.raises(kt.InputError, match=message):
        call()


def test_whole_numbers():
    assert (errors.whole("n", "3"), errors.whole("n", 3.0), errors.whole("n", np.int64(3))) == (3, 3, 3)
    assert isinstance(errors.whole("n", 3.0), int)


def test_a_rule_is_made_of_numbers():
    assert kt.PolarRule(8000.0, "8", 1.5) == kt.PolarRule(8000, 8, 1.5)


def test_units_from_si():
    """Against the numbers of CODATA 2018, exact by definition."""
    e, h, k = 1.602176634e-19, 6.62607015e-34, 1.380649e-23
    expected = {"JOULE_PER_M2": e / 1e-9**2, "PER_UM2": (1e-6 / 1e-9) ** 2, "BOLTZMANN": k / e}
    expected |= {"CONDUCTANCE_QUANTUM": e**2 / h, "OHM_NM2_PER_CONDUCTANCE": h / e**2}
    for name, value in expected.items():
        assert getattr(units, name) == pytest.approx(value, rel=1e-14), name
    assert units.torque_in_newton_metre(2.0, 3e10) == pytest.approx(6e10 * h / (2 * np.pi) / e, rel=1e-12)


def test_nested_rules_are_fejers():
    t, weights = nested((1, 2, 3))
    for column, level in enumerate((1, 2, 3)):
        nodes, expected = fejer(level)
        used = weights[:, column] != 0
        assert np.allclose(t[used], nodes, atol=1e-15)
        assert np.array_equal(weights[used, column], expected)


@pytest.mark.parametrize(
    ("values", "expected"), [((1, 1.1, 2.1), (0.1, 0.1)), ((1, 3, 4), (2, 0.5)), ((1, 1, 1), (0, 0.5))]
)
def test_convergence_is_change_and_rate(values, expected):
    assert convergence([{"f": np.array([float(v)])} for v in values])["f"] == pytest.approx(expected)


def resonance(where, width):
    """An integrand on the unit disc with a Lorentzian ring, and its integral."""

    def sum_over(items):
        for k, weights in items:
            yield {"f": weights.T @ (width / np.pi / ((np.hypot(*k.T) - where) ** 2 + width**2))}

    a, b = -where / width, (1 - where) / width
    exact = 2 * (width / 2 * np.log((1 + b**2) / (1 + a**2)) + where * (np.arctan(b) - np.arctan(a)))
    return sum_over, exact


PLANE = SimpleNamespace(folds=1, isotropic=False)


@pytest.mark.parametrize("record", [Breakpoints, lambda *parts: parts], ids=["record", "tuple"])
def test_a_sharp_resonance_that_is_announced_is_integrated(record):
    """1e-6 wide, far below the distance of the points of an unbroken ray."""
    sum_over, exact = resonance(0.41, 1e-6)

    def integral(sharp):
        at = record(np.array([0.0, 1.0]), np.array(sharp), np.empty(0))
        return plane.integrate(
            sum_over, lambda angles: [at for _ in angles], PLANE, kt.PolarRule(), 1e-4, lambda v, e: e["f"] / 5
        )

    found = integral([0.41])
    assert abs(found.values["f"] - exact) < found.errors["f"] < 1e-3
    assert abs(integral([]).values["f"] - exact) > 0.1


@pytest.mark.parametrize("isotropic", [False, True])
def test_no_channel_names_a_remedy(isotropic):
    sector = SimpleNamespace(folds=1, isotropic=isotropic)

    def nowhere(angles):
        return [Breakpoints([0.0]) for _ in angles]

    with pytest.raises(NoChannel, match=r"open channel.*choose an energy further inside a band"):
        plane.integrate(iter, nowhere, sector, kt.PolarRule(), 1e-3, lambda values, errors: 0.0)


REFUSES_OTHER_NAMES = [
    one
    for name in kt.__all__
    if callable(one := getattr(kt, name))
    and not (inspect.isclass(one) and (issubclass(one, Exception | Warning) or inspect.isabstract(one)))
    # Further names are parameters of what is swept, coordinates; a solver has none.
    and name not in ("sweep", "estimate_of", "KwantSolver")
]
"""Entries for users that know all names of their arguments."""


@pytest.mark.parametrize("entry", [*REFUSES_OTHER_NAMES, kt.FreeElectron.from_wavevectors, kt.terms.kinetic])
def test_no_entry_answers_a_misspelt_argument_with_a_type_error(entry):
    with pytest.raises(errors.InputError, match=f"unknown argument of {entry.__name__} 'mas'"):
        entry(mas=1)


def test_energies_with_nothing_count_as_zero():
    """A step at a cut: nothing below, one above."""

    def value_at(energy):
        return Integral({"f": np.ones(2)}, {"f": 0.0}, 0.0, 3) if energy > 0 else None

    found = integrate_energies(value_at, [-1.0, 0.0, 0.5], 1e-6, lambda values, errors: errors["f"])
    assert np.allclose(found.values["f"], 0.5, atol=1e-14)
    assert found.points == 7 * 3


def test_columns_of_lead_states():
    """n outgoing modes, then the incoming ones; the states come in at unit flux."""
    chain = discretise(wire(1, 1), [(0.1, 0.05), (0.0, 0.0), (0.4, 0.3)])
    for source in ("left", "right"):
        for solver in (kt.BatchedSolver(), kt.KwantSolver()):
            states = solver.solve(chain, 0.06, source)
            near = getattr(states, source)
            far = states.right if source == "left" else states.left
            n, most = chain.n_orbitals, states.psi.shape[1]
            assert isinstance(near, LeadStates)
            assert near.step.shape == (3, n + most)
            assert far.step.shape == (3, n)
            outwards = -1 if source == "left" else 1
            assert (outwards * near.velocity[:, :n] >= 0).all()
            assert (outwards * far.velocity <= 0).all()
            for k, count in enumerate(states.n_open):
                incoming = near.open[k, n:]
                assert incoming[:count].all()
                assert (outwards * near.velocity[k, n : n + count] < 0).all()
                arriving = np.abs(near.amplitude[k, :count, n : n + count]) ** 2
                assert np.allclose(arriving.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("material", [kt.FreeElectron(), kt.KohnLuttinger(exchange=0.27)], ids=["number", "matrix"])
def test_modes_at_complex_energies_decay_and_solve_the_crystal(material):
    chain = discretise(kt.Stack([kt.Layer(material, 2, m="z")], 0.2), [(0.1, 0.05), (0.3, 0.0)])
    z = np.array([0.1 + 0.2j, 0.3 + 0.01j])
    onsite, hopping = (np.broadcast_to(b, (2, *b.shape[1:])) for b in chain.lead_blocks("left"))
    for modes, v, back in zip(
        lead_modes(onsite, hopping, z),
        (hopping, hopping.conj().swapaxes(1, 2)),
        (hopping.conj().swapaxes(1, 2), hopping),
        strict=True,
    ):
        assert not modes.open.any()
        assert (np.abs(modes.step) < 1).all()
        f = continuation(modes)
        h = onsite - z[:, None, None] * np.eye(onsite.shape[-1])
        assert np.abs(back + h @ f + v @ f @ f).max() < 1e-9 * np.abs(hopping).max()


def test_site_matrices_are_those_of_the_chain():
    chain = discretise(wire(1, 1), [(0.1, 0.05), (0.0, 0.2)])
    onsite, hopping = site_matrices(chain, np.array([0.1, 0.2 + 0.1j]))
    assert (len(onsite), len(hopping)) == (chain.n_sites, chain.n_sites + 1)
    for j in range(chain.n_sites - 1):
        assert np.array_equal(hopping[j + 1], chain.total_hopping[:, chain.bond_kind[j]])
    assert np.array_equal(hopping[0], hopping[1])
    assert np.array_equal(hopping[-1], hopping[-2])
    shift = chain.total_onsite[:, chain.site_kind[3]] - onsite[3]
    assert np.allclose(shift, np.array([0.1, 0.2 + 0.1j])[:, None, None] * np.eye(6), atol=1e-14)


def test_failures_name_a_remedy(monkeypatch):
    from kwantorque.scattering import base, batched, modes

    chain = discretise(wire(1, 1), [(0.1, 0.05)])
    genuine = batched.expansion
    monkeypatch.setattr(batched, "expansion", lambda *arguments: 1.001 * genuine(*arguments))
    with pytest.raises(kt.ComputationError, match=r"flux is not conserved.*slightly different energy.*KwantSolver"):
        kt.BatchedSolver("expansion").solve(chain, 0.06)
    shifted = base.lead_modes
    monkeypatch.setattr(base, "lead_modes", lambda onsite, *rest: shifted(onsite + 0.01 * np.eye(6), *rest))
    with pytest.raises(kt.ComputationError, match=r"not a sum of its modes.*slightly different energy"):
        kt.KwantSolver().solve(chain, 0.06)
    # Everything counts as open: too many modes go one way.
    monkeypatch.setattr(modes, "ON_CIRCLE", np.inf)
    onsite, hopping = chain.lead_blocks("left")
    monkeypatch.setattr(modes, "_diagonal_flux", lambda found, *rest: (found.vectors, np.ones(found.forward.shape)))
    with pytest.raises(kt.ComputationError, match=r"too close to a band edge; choose a slightly different one"):
        modes.lead_modes(onsite, hopping, 0.06)
