"""The reference for layers of free electrons gives the numbers that the tests quote."""

import pytest
from references import free_layers


@pytest.mark.parametrize(
    ("solve", "given", "expected"),
    [
        (free_layers.interface, {}, {"g_up": 14.718649, "g_down": 4.098585}),
        (free_layers.tunnel_junction, {}, {"torque_out_of_plane": 2.85034e-4, "resistance_area": 1.08131}),
        (
            free_layers.semi_magnetic,
            {"azimuths": 8},
            {"torque_perpendicular_equilibrium": 16170.14, "conductance": 2.541074},
        ),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_numbers_without_bias(solve, given, expected):
    """Those of the default devices, at once."""
    found = solve(**given)
    for name, value in expected.items():
        assert found[name].real == pytest.approx(value, rel=1e-5), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("solve", "given", "expected"),
    [
        (
            free_layers.tunnel_junction,
            {"kf_up_right": 9, "kf_down_right": 6, "angle": 60, "bias": 0.3},
            {"torque_in_plane": 1.70993573e-4, "torque_in_plane_left": -2.72691343e-5, "tmr": 0.0586310972},
        ),
        (
            free_layers.tunnel_junction,
            {"angle": 30, "bias": 0.2},
            {"torque_in_plane": 5.26462023e-5, "torque_out_of_plane": 1.46498976e-4},
        ),
        (
            free_layers.tunnel_junction,
            {"angle": 90, "bias": 0.2},
            {"torque_in_plane": 1.05076945e-4, "torque_out_of_plane": 2.92781469e-4},
        ),
        (
            free_layers.metallic_valve,
            {"kf_normal": 12, "kf_up": 13, "kf_down": 7, "fm_length": 1, "spacer_length": 1.5, "angle": 70},
            {"conductance": 11.6454303, "torque_in_plane": 0.194918548, "coupling": -1.62664645e-3},
        ),
        (
            free_layers.semi_magnetic,
            {"rashba": 0.02, "theta": 30, "phi": 20},
            {"torque_perpendicular_equilibrium": 4482.35937, "conductance": 2.40834362},
        ),
        (free_layers.semi_magnetic, {"barrier_length": 2.0, "bias": 0.2}, {"torque_parallel": -3.741386e-4}),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_quoted_numbers(solve, given, expected):
    found = solve(**given)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-5), name
