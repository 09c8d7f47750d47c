"""Ralph & Stiles' tunnel junction: exact matching, symmetries, angle and bias."""

import numpy as np
import pytest
from helpers import QUICK

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.systems import Sweep, find
from kwantorque.systems.magnetic_tunnel_junction import derivatives

JUNCTION = find("magnetic-tunnel-junction")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"bias": 0.4}, {"torque_in_plane": 2.560268e-4, "torque_out_of_plane": 3.159068e-4, "tmr": 0.166946}),
        ({"bias": -0.4}, {"torque_in_plane": -9.681100e-5, "torque_out_of_plane": 3.159068e-4}),
        ({}, {"torque_out_of_plane_equilibrium": 2.85034e-4, "torque_out_of_plane": 2.85034e-4}),
        (
            {"kf_up_right": 9, "kf_down_right": 6, "angle": 60, "bias": 0.3},
            {
                "current": 1.28783651e-3,
                "torque_in_plane": 1.70993573e-4,
                "torque_in_plane_left": -2.72691343e-5,
                "torque_out_of_plane": 1.29716263e-4,
                "torque_out_of_plane_equilibrium": 1.215872e-4,
                "tmr": 0.0586310972,
            },
        ),
        (
            {"barrier_mass": 0.8, "barrier_height": 0.6, "barrier_length": 1.0, "angle": 120, "bias": -0.25},
            {
                "current": -6.22091848e-5,
                "torque_in_plane": 3.90659266e-6,
                "torque_in_plane_left": -7.6064349e-7,
                "torque_out_of_plane": 3.31104312e-6,
                "tmr": 0.0517767779,
            },
        ),
    ],
    ids=str,
)
def test_junction_against_exact_matching(given, expected):
    """Two per cent at 0.025 nm, a thousandth of the largest torque
    after extrapolation (tests/references/free_layers.py).
    """
    data = JUNCTION.run(**QUICK, spacing=0.025, to_zero_spacing=True, **given)
    scale = max(abs(value) for name, value in expected.items() if "torque" in name)
    for name, value in expected.items():
        allowed = 1.5e-3 * (scale if "torque" in name else abs(value))
        assert float(data[f"result_{name}"]) == pytest.approx(value, abs=allowed), name


@pytest.mark.parametrize("tolerance", [1e-2, 1e-3])
def test_coupling_through_an_opaque_barrier(tolerance):
    """1e-12 of what an electron may do: the contour that fills the sea must be finer.

    3.57271e-13 eV/nm^2 by exact matching (tests/references/free_layers.py, 6 minutes).
    """
    leads = {"kf_up": 5.51, "kf_down": 4.5, "kf_up_right": 3.51, "kf_down_right": 0.98, "angle": 113.3}
    barrier = {"barrier_height": 2, "barrier_length": 1.45, "barrier_mass": 0.75}
    data = JUNCTION.run(**leads, **barrier, tolerance=tolerance, progress=False, to_zero_spacing=True)
    name = "result_torque_out_of_plane_equilibrium"
    value, error, left = (float(data[f"{name}{kind}"]) for kind in ("", "_error", "_spacing_error"))
    assert abs(value - 3.57271e-13) < error + left
    assert error + left < 0.15 * value


@pytest.mark.parametrize("splitting", [1e-2, 3e-4, 3e-6])
def test_a_magnet_with_a_weak_exchange(splitting):
    """The in-plane torque is the spin that comes in, whatever turns it: 1.3628e-4."""
    kf = {"kf_up_right": 10.9, "kf_down_right": 10.9 - splitting}
    data = JUNCTION.run(**QUICK, **kf, bias=0.2, to_zero_spacing=True)
    assert float(data.result_torque_in_plane) == pytest.approx(1.3628e-4, abs=2e-7)


def test_mirror_symmetric_junction():
    """Out of plane even in V and opposite on the two
    magnets, in plane exchanged (eq. 29), to 1e-8.
    """
    plus, minus = (JUNCTION.run(**QUICK, spacing=0.05, bias=bias) for bias in (0.3, -0.3))
    one, other = JUNCTION.results_of(plus), JUNCTION.results_of(minus)
    assert one["torque_out_of_plane"] == pytest.approx(other["torque_out_of_plane"], rel=1e-8)
    assert one["torque_out_of_plane"] == pytest.approx(-one["torque_out_of_plane_left"], rel=1e-8)
    assert one["torque_in_plane_left"] == pytest.approx(other["torque_in_plane"], rel=1e-8)
    assert one["current"] == pytest.approx(-other["current"], rel=1e-8)
    assert one["torque_out_of_plane"] > one["torque_out_of_plane_equilibrium"]


def test_asymmetric_junction_has_a_linear_out_of_plane_torque():
    plus, minus = (JUNCTION.run(**QUICK, spacing=0.1, bias=bias, kf_down_right=7) for bias in (0.1, -0.1))
    odd = float(plus.result_torque_out_of_plane - minus.result_torque_out_of_plane)
    assert abs(odd) > 1e-2 * abs(float(plus.result_torque_out_of_plane))


def test_angular_law_and_its_deviation_from_a_sine():
    """T(30)/T(90) - 1/2 is small, and as large as in exact matching."""
    ours = [JUNCTION.results_of(JUNCTION.run(**QUICK, bias=0.2, angle=angle)) for angle in (30, 90)]
    # free_layers.tunnel_junction(angle=30, bias=0.2) over that at 90 degrees.
    exact = {"torque_in_plane": 5.26462023e-5 / 1.05076945e-4, "torque_out_of_plane": 1.46498976e-4 / 2.92781469e-4}
    for name, ratio in exact.items():
        assert ours[0][name] / ours[1][name] - 0.5 == pytest.approx(ratio - 0.5, rel=0.04), name


def test_warnings():
    quick = {"tolerance": 0.3, "progress": False}
    with pytest.warns(UserWarning, match="below the Fermi energy: this is no barrier"):
        JUNCTION.run(**quick, spacing=0.1, barrier_height=-0.5)
    with pytest.warns(UserWarning, match="were radians meant"):
        JUNCTION.complete({"angle": 1.57})
    with pytest.warns(UserWarning, match="minority band of the left lead"):
        JUNCTION.run(**quick, spacing=0.1, bias=0.7, kf_down=2)


@pytest.fixture(scope="module")
def against_bias():
    return Sweep(JUNCTION, {"spacing": 0.1}, {"bias": [-0.2, -0.1, 0.0, 0.1, 0.2]}).run(**QUICK | {"tolerance": 1e-2})


def test_derivatives(against_bias):
    """Central differences; dI/dV at zero bias is the
    conductance of exact matching, 1/1.08131 S/um^2.
    """
    data = derivatives(against_bias)
    middle = {"bias": 2}
    change = against_bias.isel(bias=3) - against_bias.isel(bias=1)
    for name in ("torque_in_plane", "torque_out_of_plane"):
        torkance = data[name.replace("torque", "torkance")]
        assert float(torkance[middle]) == pytest.approx(float(change[f"result_{name}"]) / 0.2, rel=1e-9)
        assert torkance.attrs["units"] == "1/nm^2"
        errors = against_bias[f"result_{name}_error"].isel(bias=[1, 3])
        error = data[name.replace("torque", "torkance") + "_error"]
        assert float(error[middle]) == pytest.approx(float(errors.sum()) / 0.2)
        assert kt.to_si(error).attrs["units"] == kt.to_si(torkance).attrs["units"] == "hbar/(2e) S/m^2"
    assert float(data.differential_conductance[middle]) == pytest.approx(1 / 1.08131, rel=0.1)
    with pytest.raises(InputError, match="need a sweep of `bias` alone"):
        derivatives(against_bias.isel(bias=0))


def test_figures_against_bias(against_bias):
    lines = {line.get_label(): line.get_ydata() for line in kt.plot.torques_against_bias(against_bias).get_lines()}
    for label, name in (
        ("in plane, right magnet", "torque_in_plane"),
        ("out of plane, right magnet", "torque_out_of_plane"),
        ("in plane, left magnet", "torque_in_plane_left"),
        ("out of plane, left magnet", "torque_out_of_plane_left"),
        ("out of plane, right magnet, without bias", "torque_out_of_plane_equilibrium"),
    ):
        assert np.allclose(lines[label], 1e3 * against_bias[f"result_{name}"]), name
    data = derivatives(against_bias)
    ax = kt.plot.magnetoresistance_against_bias(data)
    assert np.allclose(ax.get_lines()[0].get_ydata(), 100 * data.result_tmr)
    other = next(one for one in ax.figure.axes if one is not ax)
    assert np.allclose(other.get_lines()[0].get_ydata(), data.differential_conductance)
    assert JUNCTION.sweep_figures["bias"] is kt.plot.torques_against_bias
    for draw in (kt.plot.torques_against_bias, kt.plot.magnetoresistance_against_bias):
        with pytest.raises(InputError, match="needs a sweep of `bias` alone"):
            draw(against_bias.isel(bias=0))
