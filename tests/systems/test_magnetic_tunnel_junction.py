"""Ralph & Stiles' tunnel junction: exact matching, symmetries, angle and bias."""

import pytest
from helpers import QUICK
from references import free_layers

from kwantorque.systems import find

JUNCTION, VALVE = find("magnetic-tunnel-junction"), find("metallic-spin-valve")


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
    """Two per cent at 0.025 nm, a thousandth of the largest torque after extrapolation (tests/free_layers.py)."""
    data = JUNCTION.run(options=QUICK, spacing=0.025, to_zero_spacing=True, **given)
    scale = max(abs(value) for name, value in expected.items() if "torque" in name)
    for name, value in expected.items():
        allowed = 1.5e-3 * (scale if "torque" in name else abs(value))
        assert float(data[f"result_{name}"]) == pytest.approx(value, abs=allowed), name


def test_mirror_symmetric_junction():
    """Out of plane even in V and opposite on the two magnets, in plane exchanged (eq. 29), to 1e-8."""
    plus, minus = (JUNCTION.run(options=QUICK, spacing=0.05, bias=bias) for bias in (0.3, -0.3))
    one, other = JUNCTION.results_of(plus), JUNCTION.results_of(minus)
    assert one["torque_out_of_plane"] == pytest.approx(other["torque_out_of_plane"], rel=1e-8)
    assert one["torque_out_of_plane"] == pytest.approx(-one["torque_out_of_plane_left"], rel=1e-8)
    assert one["torque_in_plane_left"] == pytest.approx(other["torque_in_plane"], rel=1e-8)
    assert one["current"] == pytest.approx(-other["current"], rel=1e-8)
    assert one["torque_out_of_plane"] > one["torque_out_of_plane_equilibrium"]


def test_asymmetric_junction_has_a_linear_out_of_plane_torque():
    plus, minus = (JUNCTION.run(options=QUICK, spacing=0.1, bias=bias, kf_down_right=7) for bias in (0.1, -0.1))
    odd = float(plus.result_torque_out_of_plane - minus.result_torque_out_of_plane)
    assert abs(odd) > 1e-2 * abs(float(plus.result_torque_out_of_plane))


def test_angular_law_and_its_deviation_from_a_sine():
    """T(30)/T(90) is 1/2 up to a few per cent, and as far from it as in exact matching."""
    ours = [JUNCTION.results_of(JUNCTION.run(options=QUICK, spacing=0.05, bias=0.2, angle=a)) for a in (30, 90)]
    exact = [free_layers.tunnel_junction(angle=a, bias=0.2) for a in (30, 90)]
    for name in ("torque_in_plane", "torque_out_of_plane"):
        ratio, reference = (one[0][name] / one[1][name] for one in (ours, exact))
        assert ratio == pytest.approx(reference, abs=1e-3)
        assert 3e-4 < abs(reference - 0.5) < 0.05


def test_warnings():
    quick = {"tolerance": 0.3, "progress": False}
    with pytest.warns(UserWarning, match="below the Fermi energy: this is no barrier"):
        JUNCTION.run(options=quick, spacing=0.1, barrier_height=-0.5)
    with pytest.warns(UserWarning, match="were radians meant"):
        JUNCTION.complete({"angle": 1.57})
    with pytest.warns(UserWarning, match="minority band of the left lead"):
        JUNCTION.run(options=quick, spacing=0.1, bias=0.7, kf_down=2)
