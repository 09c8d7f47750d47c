"""Manchon's junction: references, exact properties,
and what does not follow from the model.
"""

from functools import partial

import numpy as np
import pytest
from helpers import QUICK, grand_potential, of_sea
from scipy import constants

import kwantorque as kt
from kwantorque.cli.commands import _sweep_figure
from kwantorque.errors import InputError
from kwantorque.systems import Sweep, find
from kwantorque.systems.semi_magnetic_tunnel_junction import (
    coefficients,
    in_the_ferromagnet,
    magnetisation_of,
    tamr,
)

JUNCTION = find("semi-magnetic-tunnel-junction")
K = np.array([[2.0, 1.0], [-3.0, 2.5], [5.0, -4.0], [1.0, 9.0]])
COARSE = {"spacing": 0.1}
ROUGH = QUICK | {"tolerance": 1e-2}


def junction(**given):
    return JUNCTION.stack(JUNCTION.complete(COARSE | given))


def run(**given):
    return JUNCTION.results_of(JUNCTION.run(**ROUGH, **COARSE | given))


@pytest.fixture(scope="module")
def base():
    """The defaults under a bias."""
    return run(bias=0.4)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {},
            {"conductance": 2.54108, "torque_perpendicular_equilibrium": 16170.14},
        ),
        pytest.param(
            {"bias": 0.8},
            {"torque_parallel": -75.259, "torque_perpendicular_equilibrium": 16170.14},
            marks=pytest.mark.slow,
        ),
        ({"bias": -0.4}, {"torque_parallel": 51.811}),
        (
            {"rashba": 0.02, "theta": 30, "phi": 20, "bias": 0.3},
            {"conductance": 2.40834362, "torque_parallel": -9.1408682, "torque_perpendicular_equilibrium": 4482.35937},
        ),
        pytest.param(
            {
                "rashba": 0.06,
                "theta": 70,
                "bias": -0.5,
                "barrier_mass": 0.7,
                "barrier_height": 0.8,
                "barrier_length": 0.8,
            },
            {"conductance": 0.291644649, "torque_parallel": 24.4190847, "torque_perpendicular": 110996.136},
            marks=pytest.mark.slow,
        ),
        (
            {"kf_normal": 12, "kf_up": 11, "kf_down": 6, "bias": 0.4},
            {"conductance": 3.07100483, "torque_parallel": -40.7669312, "torque_perpendicular_equilibrium": 11364.4211},
        ),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:a bias of 0.8 V")
def test_against_exact_matching(given, expected):
    """Exact matching, which shares nothing
    (tests/references/free_layers.py), after extrapolation.
    """
    # States bound to a strongly coupled interface need a finer lattice.
    spacing = 0.025 if given.get("rashba") == 0.06 else 0.05
    data = JUNCTION.run(**ROUGH, spacing=spacing, to_zero_spacing=True, **given)
    allowed = {"conductance": 5e-4, "torque_parallel": 2e-3} | dict.fromkeys(
        ("torque_perpendicular", "torque_perpendicular_equilibrium"), 2e-3
    )
    for name, value in expected.items():
        assert float(data[f"result_{name}"]) == pytest.approx(value, rel=allowed[name], abs=1e-3), name


@pytest.mark.slow
def test_energy_in_the_plane_is_lower():
    """By 1.83 mJ/m^2: minus the integral of T_perp sin(theta), which
    is -dOmega/dtheta, from 0 to 90 degrees.
    """
    x, weights = np.polynomial.legendre.leggauss(3)
    theta = np.pi / 4 * (1 + x)
    torque = [
        JUNCTION.results_of(JUNCTION.run(**QUICK, theta=np.degrees(t)))["torque_perpendicular_equilibrium"]
        for t in theta
    ]
    energy = -np.pi / 4 * weights @ (torque * np.sin(theta))  # eV/um^2
    assert energy * constants.e / constants.micro**2 / constants.milli == pytest.approx(-1.83, abs=0.02)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:a bias of 0.8 V")
def test_accuracy_at_the_spacings_asked_for():
    """2 %, 0.2 % and 1 % at 0.025 nm; 0.1 %, 0.05 % and 0.1 %
    extrapolated; the small difference too.
    """
    plain = JUNCTION.results_of(JUNCTION.run(**QUICK, bias=0.8))
    exact = {"conductance": 2.541074, "torque_parallel": -75.25875, "torque_perpendicular_equilibrium": 16170.1408}
    for name, allowed in (("conductance", 2e-3), ("torque_parallel", 0.02), ("torque_perpendicular_equilibrium", 0.01)):
        assert plain[name] == pytest.approx(exact[name], rel=allowed)
    fine = JUNCTION.results_of(JUNCTION.run(**QUICK, bias=0.8, to_zero_spacing=True))
    for name, allowed in (("conductance", 5e-4), ("torque_parallel", 1e-3), ("torque_perpendicular_equilibrium", 1e-3)):
        assert fine[name] == pytest.approx(exact[name], rel=allowed)
    difference = fine["torque_perpendicular"] - fine["torque_perpendicular_equilibrium"]
    assert difference == pytest.approx(-13.74, abs=0.3)


def test_books_of_the_interface(solver):
    """R + T = 1, and the torque on M is the torque of the
    interface minus the spin flux into the metal.
    """
    stack = junction(bias=0)
    data = kt.torques_at(stack, K, 0.0, solver=solver)
    assert data.closure < 1e-10
    for lead in ("left", "right"):
        assert np.allclose(data.particle_current, data.particle_current_limit.sel(lead=[lead]), atol=1e-10)
    on_magnet = data.exchange_torque.values[:, 0] + data.exchange_torque_tail.values[:, 0]
    from_interface = -data.lattice_torque.values[:, 0]
    into_metal = data.spin_current.values[:, 2]
    arriving = data.spin_current_limit.sel(lead="left").values
    assert np.abs(on_magnet - (arriving + from_interface - into_metal)).max() < 1e-10
    # Perpendicular to M nothing arrives from far inside the magnet.
    m = magnetisation_of(45, 0)
    assert np.abs(np.cross(m, arriving)).max() < 1e-10


@pytest.mark.slow
def test_the_system_on_kwant():
    """The window of a whole run by Kwant itself; the sea has no other solver."""
    given = {"bias": 0.1, "spacing": 0.1}
    options = QUICK | {"tolerance": 0.3, "kpar": kt.PolarRule(first_rays=4, max_points=1)}
    ours, kwants = (JUNCTION.run(**options | {"solver": x}, **given) for x in (kt.BatchedSolver(), kt.KwantSolver()))
    for name in ("result_conductance", "result_current", "result_torque_parallel"):
        assert float(ours[name]) == pytest.approx(float(kwants[name]), rel=1e-7)


def test_spin_balance_with_the_sea():
    bias = 0.3
    data = kt.steady_state(junction(), bias=bias, tolerance=1e-2, progress=False).sum("part")
    on_magnet = data.exchange_torque.values[0] + data.exchange_torque_tail.sel(lead="left").values
    balance = (
        data.spin_current_limit.sel(lead="left").values - data.lattice_torque.values[0] - data.spin_current.values[1]
    )
    m = magnetisation_of(45, 0)
    assert np.abs(np.cross(m, on_magnet - balance)).max() < 1e-10 * np.abs(on_magnet).max()


@pytest.mark.parametrize("phi", [0, 33])
def test_no_parallel_torque_in_equilibrium(phi):
    sea = JUNCTION.run(**ROUGH, phi=phi, **COARSE)
    assert abs(float(sea.parallel.sum("part"))) < 1e-6 * float(sea.perpendicular.sum("part"))


TORQUES = ("torque_parallel", "torque_perpendicular", "torque_perpendicular_equilibrium")


@pytest.mark.parametrize(
    ("given", "sign", "names", "allowed"),
    [
        ({"rashba": -0.04}, 1, ("conductance", "current", *TORQUES), 1e-6),
        ({"phi": 33}, 1, ("conductance", "current", *TORQUES), 1e-3),
        ({"theta": 135}, -1, TORQUES, 1e-4),
        ({"kf_up": 4.0, "kf_down": 10.9}, -1, TORQUES[:1], 1e-4),
        ({"kf_up": 4.0, "kf_down": 10.9}, 1, TORQUES[2:], 1e-4),
    ],
    ids=str,
)
def test_parities(base, given, sign, names, allowed):
    """Even in alpha; independent of phi; odd about the plane; J
    -> -J turns T_par round and not T_perp.
    """
    other = run(bias=0.4, **given)
    for name in names:
        assert other[name] == pytest.approx(sign * base[name], rel=allowed), name


def test_parallel_torque_is_a_cosine_of_the_angle():
    upright, tilted = run(bias=0.4, theta=0), run(bias=0.4, theta=60)
    assert tilted["torque_parallel"] == pytest.approx(upright["torque_parallel"] / 2, rel=0.03)
    assert run(bias=0.4, theta=180)["torque_parallel"] == pytest.approx(-upright["torque_parallel"], rel=1e-3)


def test_quadratic_in_a_small_coupling():
    alphas = np.array([0.001, 0.002])
    values = [run(bias=0.4, rashba=alpha)["torque_parallel"] for alpha in alphas]
    assert np.log(values[1] / values[0]) / np.log(2) == pytest.approx(2.00, abs=0.01)


def test_perpendicular_torque_is_the_slope_of_the_grand_potential():
    """T_perp sin(theta) = -dOmega/dtheta at fixed k, and T_par is left
    over nowhere: it favours M in the plane.
    """

    k, step = np.concatenate([K * [x, y] for x in (1, -1) for y in (1, -1)]), 0.2
    one, other = (grand_potential(junction(theta=x), k).sum() for x in (45 + step, 45 - step))
    slope = (one - other) / (2 * np.radians(step))
    values, _ = of_sea(junction(theta=45), k)
    torque = {name: value.sum() for name, value in coefficients(magnetisation_of(45, 0), values).items()}
    assert torque["perpendicular"] * np.sin(np.pi / 4) == pytest.approx(-slope, rel=3e-5)
    assert abs(torque["parallel"]) < 1e-10
    assert torque["perpendicular"] > 0


def test_anisotropic_magnetoresistance():
    """cos(2 theta), a fourth harmonic far smaller; 0.848 % at the
    defaults, and the fit gives its own curve back.
    """
    data = Sweep(JUNCTION, {"spacing": 0.05}, {"theta": [0.0, 22.5, 45.0, 67.5, 90.0]}).run(**ROUGH)
    found = tamr(data)
    assert found["tamr"] == pytest.approx(0.00848, rel=0.05)
    assert abs(found["G4"]) < 0.02 * found["G2"]
    assert found["residual"] < 1e-5
    with pytest.raises(InputError, match="needs a sweep of `theta`"):
        tamr(JUNCTION.run(tolerance=0.3, progress=False, **COARSE))


def test_any_delta_term_on_any_interface():
    """The Rashba term between two normal metals turns spins at its
    interface and nowhere else, and books close.
    """
    metal = kt.FreeElectron(bottom=-2.0)
    stack = kt.Stack([kt.Layer(metal, 0.5), kt.Interface(kt.terms.rashba(0.05)), kt.Layer(metal, 0.5)], 0.1)
    data = kt.torques_at(stack, K[:2], 0.0, incident_spin="z")
    assert data.closure < 1e-11
    assert np.abs(data.lattice_torque.values[:, 5]).max() > 1e-4
    assert np.abs(np.delete(data.lattice_torque.values, 5, axis=1)).max() < 1e-12


def test_figures_of_sweeps():
    quick = {"tolerance": 0.2, "progress": False}
    data = Sweep(JUNCTION, COARSE, {"bias": [-0.2, 0.2], "rashba": [0.02, 0.04]}).run(**quick)
    lines = kt.plot.torque_parallel(data, against="rashba").get_lines()
    assert [line.get_label().partition(", ")[2] for line in lines[:2]] == ["bias = -0.2 V", "bias = 0.2 V"]
    assert np.array_equal(lines[0].get_ydata(), data.result_torque_parallel[0])
    other = kt.plot.torque_parallel(data, against="bias")
    assert other.get_xlabel() == "bias (V)"
    change = data.result_torque_perpendicular - data.result_torque_perpendicular_equilibrium
    assert np.allclose(lines[2].get_ydata(), change[1])
    angles = Sweep(JUNCTION, COARSE, {"theta": [0.0, 45.0, 90.0], "rashba": [0.01, 0.02]}).run(**quick)
    assert JUNCTION.sweep_figures["theta"] is kt.plot.conductance_against_theta
    for draw, name in (
        (kt.plot.conductance_against_theta, "conductance"),
        (kt.plot.torque_against_theta, "torque_perpendicular_equilibrium"),
    ):
        drawn = draw(angles).get_lines()[1]
        assert drawn.get_label().startswith("rashba = 0.02 eV nm$^2$")
        factor = np.sin(np.radians(angles.theta)) if "torque" in name else 1.0
        assert np.allclose(drawn.get_ydata(), angles[f"result_{name}"].sel(rashba=0.02) * factor)
    for wrong in (lambda: kt.plot.torque_parallel(angles, "bias"), lambda: kt.plot.torque_against_theta(data)):
        with pytest.raises(InputError, match="this figure needs a sweep of"):
            wrong()


@pytest.mark.filterwarnings("ignore:.*were radians meant")
def test_close_to_the_normal():
    """The coefficients have a limit there, from either side."""
    values = [run(bias=0.4, theta=theta)["torque_parallel"] for theta in (0, -0.0999)]
    assert values[1] == pytest.approx(values[0], rel=1e-4)
    for theta in (0, 0.05, -0.0999, 180.0999, 179.95, 360):
        assert abs(magnetisation_of(theta, 0)[0]) == pytest.approx(np.sin(np.radians(0.1)), rel=1e-6)


def test_thick_barrier():
    """T_par of what came through the barrier, not drowned in
    what never left the magnet; phi drops out.
    """
    given = {"barrier_length": 2.0, "bias": 0.2}
    one, other = (JUNCTION.run(**ROUGH, phi=phi, **COARSE, **given) for phi in (0, 33))
    assert float(one.result_torque_parallel) == pytest.approx(float(other.result_torque_parallel), rel=3e-3)
    assert float(one.result_torque_parallel_error) < 0.02 * abs(float(one.result_torque_parallel))
    # free_layers.semi_magnetic of the same parameters.
    fine = JUNCTION.run(**ROUGH, spacing=0.05, to_zero_spacing=True, **given).result_torque_parallel
    assert float(fine) == pytest.approx(-3.741386e-4, rel=2e-3)


def test_spin_density_in_the_ferromagnet():
    """m(z) of the shown part, and the same torque as without it."""
    data = in_the_ferromagnet(length=1.0, bias=0.4, **ROUGH, **COARSE)
    whole = JUNCTION.run(**ROUGH, bias=0.4, **COARSE)
    for name in ("parallel", "perpendicular"):
        assert np.allclose(data[name], whole[name], rtol=1e-3, atol=1e-9)
    assert data.z.values[[0, 10]] == pytest.approx([-1, 0], abs=1e-12)
    m = magnetisation_of(45, 0)
    s = data.spin_density.sum("part").values[:11]
    assert (s @ m > 0.9 * np.linalg.norm(s, axis=1)).all()
    ax = kt.plot.spin_density(data)
    # M lies in the x-z plane: z x M points along y.
    assert np.allclose(ax.get_lines()[1].get_ydata(), data.spin_density.sum("part").sel(axis="y"))
    transverse = s - np.outer(s @ m, m)
    drawn = np.stack([line.get_ydata()[:11] for line in ax.get_lines()[:2]], axis=1)
    assert np.allclose(np.linalg.norm(drawn, axis=1), np.linalg.norm(transverse, axis=1))


def test_derived_is_picklable():
    import pickle

    pickle.loads(pickle.dumps(partial(coefficients, magnetisation_of(45, 0))))


def test_bound_states_of_a_strong_coupling():
    """They reach 1.6 times as far out as any channel: 2.834e6 +- 6e3 with a region
    twice as wide, and 1.9e5 without what lies beyond 1.5.
    """
    data = JUNCTION.run(**QUICK, rashba=0.13, spacing=0.025, tolerance=0.01)
    assert float(data.result_torque_perpendicular_equilibrium) == pytest.approx(2.834e6, abs=6e3)


@pytest.mark.parametrize("alpha", [0.1337, 0.15, -0.15])
def test_an_interface_that_binds_without_end_is_refused(alpha):
    """Alpha above C (1 + 1/m_b) = 0.13335 eV nm^2: there is no lowest state."""
    with pytest.raises(InputError, match=r"'rashba' binds electrons at every k_par.*`sea=False`"):
        JUNCTION.run(**QUICK, rashba=alpha)


def test_without_a_bias_the_figure_of_a_coupling_is_not_empty():
    """T_par is zero then: what is drawn are all results."""
    data = Sweep(JUNCTION, COARSE, {"rashba": [0.02, 0.04]}).run(**ROUGH)
    with pytest.raises(InputError, match="needs a bias: without one T_par is zero"):
        kt.plot.torque_parallel(data)
    drawn = _sweep_figure(JUNCTION, data).figure
    lines = [line for ax in drawn.axes for line in ax.get_lines()]
    assert any(np.array_equal(line.get_ydata(), data.result_torque_perpendicular) for line in lines)
    assert drawn.get_suptitle() == "semi-magnetic-tunnel-junction, spacing = 0.1 nm"
