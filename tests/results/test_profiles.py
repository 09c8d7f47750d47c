"""Ratios per current, and averages over a window."""

import pytest
from helpers import wire

import kwantorque as kt
from kwantorque.errors import InputError


def z(data, name):
    return data[name].sel(axis="z")


def test_window_averages_agree_within_their_errors(paper_wire):
    data = kt.per_current(paper_wire)
    flux = z(data, "angular_momentum_current")
    for window, lead in (((0, 14), "left"), ((36, 60), "right")):
        mean, error = kt.window_average(flux, *window)
        assert mean == pytest.approx(float(z(data, "angular_momentum_current_limit").sel(lead=lead)), abs=error)
        assert error < 0.02


def test_per_current_is_a_division_done_once(paper_wire):
    data = kt.per_current(paper_wire)
    assert data.particle_current_limit.sel(lead="right") == pytest.approx(1)
    assert data.lattice_torque.attrs["units"] == "hbar I/e"
    with pytest.raises(InputError, match="already"):
        kt.per_current(data)


def test_per_current_takes_the_current_downstream():
    data = kt.per_current(kt.torques(wire(1, 1), 0.06, source="right", tolerance=0.1, progress=False))
    assert data.particle_current_limit.sel(lead="left") == pytest.approx(1)
    assert data.attrs["current"] < 0


def test_window_average_needs_points(paper_wire):
    with pytest.raises(InputError, match="at least 6 points"):
        kt.window_average(z(paper_wire, "lattice_torque"), 0, 0.1)


def test_per_current_of_a_sweep_leaves_what_is_about_the_run():
    """One mode after the other: each point is divided by its own current."""
    copper = kt.FreeElectron.from_wavevectors(5.0)

    def of(thickness):
        return kt.torques(kt.Stack([kt.Layer(copper, thickness)], 0.1), 0.0, tolerance=0.1, progress=False)

    swept = kt.sweep(of, thickness=[0.4, 0.6], progress=False)
    found = kt.per_current(swept)
    for name in ("done", "k_points", "closure"):
        assert found[name].identical(swept[name])
    assert found.particle_current_limit.values == pytest.approx(1.0)
