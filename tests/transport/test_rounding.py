"""Rounding is part of a stated error: numbers that are zero by cancellation."""

import numpy as np
import pytest

from kwantorque.systems import find

JUNCTION, FILTER = find("magnetic-tunnel-junction"), find("spin-filter")


@pytest.mark.parametrize("seed", range(8))
def test_what_vanishes_by_symmetry_is_zero_within_its_error(seed):
    """In-plane torques in equilibrium, all torques between collinear magnets."""
    rng = np.random.default_rng(seed)
    up, down, height, mass = rng.uniform([6, 1, 0.3, 0.3], [12, 5, 3, 1])
    length = round(rng.uniform(0.3, 2), 1)
    given = {"kf_up": up, "kf_down": down, "barrier_height": height, "barrier_mass": mass, "barrier_length": length}
    coarse = {"spacing": 0.05, "tolerance": 0.03, "progress": False}
    turned = JUNCTION.run(angle=rng.uniform(20, 160), **given, **coarse)
    aligned = JUNCTION.run(angle=[0, 180][seed % 2], **given, **coarse)
    zeros = [(turned, "torque_in_plane"), (turned, "torque_in_plane_left")]
    zeros += [(aligned, r.name) for r in JUNCTION.results if r.name.startswith("torque")]
    for data, name in zeros:
        error = float(data[f"result_{name}_error"])
        assert abs(float(data[f"result_{name}"])) <= error
        assert 0 < error < 1e-10


@pytest.mark.parametrize("seed", range(12))
def test_no_reflection_within_rounding(seed):
    """The majority sees no step, and N_y of a semi-infinite magnet is zero."""
    rng = np.random.default_rng(seed)
    k, spacing = rng.uniform(3, 13), rng.choice([0.05, 0.01, 0.005])
    step = rng.uniform(0.1, 0.9) * 0.0381 * k**2
    data = FILTER.run(k=k, step=step, angle=rng.uniform(10, 170), spacing=spacing)
    for name in ("reflectance_up", "torque_out_of_plane"):
        error = float(data[f"result_{name}_error"])
        assert abs(float(data[f"result_{name}"])) <= error < 1e-10


def test_a_torque_that_hardly_anything_carries():
    """Through 3 nm the two coupling torques, equal and opposite, are 5e-21 eV/nm^2; the
    one on the magnet that is turned is a difference of numbers that are 1e5 larger.
    """
    leads = {"kf_up": 5.51, "kf_down": 4.5, "kf_up_right": 3.51, "kf_down_right": 0.98, "angle": 113.3}
    barrier = {"barrier_height": 2, "barrier_length": 3, "barrier_mass": 0.75}
    data = JUNCTION.run(**leads, **barrier, tolerance=1e-2, progress=False)
    names = "result_torque_out_of_plane", "result_torque_out_of_plane_left"
    assert abs(sum(float(data[name]) for name in names)) < sum(float(data[f"{name}_error"]) for name in names)
