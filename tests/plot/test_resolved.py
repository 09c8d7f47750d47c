"""Figures of bands and of single k."""

import numpy as np
from helpers import wire

import kwantorque as kt

GAMNAS = kt.KohnLuttinger(exchange=0.27)


def test_figures():
    path = kt.k_path([(0, 0, -1), (0, 0, 1)], points=40)
    ax = kt.plot.bands(kt.bands(GAMNAS, path, m="x"))
    assert len([line for line in ax.get_lines() if len(line.get_xdata()) == len(path)]) == 6
    data = kt.torques_at(wire(1, 1, m="x"), np.random.default_rng(1).uniform(-0.5, 0.5, (30, 2)), 0.06)
    ax = kt.plot.k_map(data, data.exchange_torque_total.sel(axis="y"))
    assert "kx" in ax.get_xlabel()
    ax = kt.plot.channels(data, data.exchange_torque.sel(axis="y"))
    assert len([line for line in ax.get_lines() if len(line.get_xdata()) == data.sizes["site"]]) == 31


def test_map_has_cells_zoom_and_colours_of_its_sign():
    metal = kt.Layer(kt.FreeElectron(bottom=-1), 1)
    narrow = kt.Layer(kt.FreeElectron(bottom=-0.2))
    stack = kt.Stack([metal], 0.1, right=narrow)
    data = kt.torques_at(stack, kt.k_grid(stack, 0.0, points=12), 0.0)
    through = data.particle_current_limit.sel(lead="right")
    ax = kt.plot.k_map(data, through)
    (mesh,) = (one for one in ax.collections if hasattr(one, "get_coordinates"))
    drawn = np.ma.filled(mesh.get_array(), np.nan)
    assert np.nansum(drawn) == float(through.sum())
    assert mesh.get_clim()[0] == 0
    # Where nothing is let through there is nothing to see.
    assert ax.get_xlim()[1] < 0.8 * float(data.kx.max())
    signed = kt.plot.k_map(data, through * np.sign(data.kx.values))
    low, high = signed.collections[0].get_clim()
    assert low == -high
    bar = next(one for one in ax.figure.axes if one is not ax)
    assert "particle current" in bar.get_ylabel()


def test_corners_of_a_path_are_named():
    path = kt.k_path([(1, 0, 0), (0, 0, 0), (0, 1, 1)], points=40)
    ax = kt.plot.bands(kt.bands(GAMNAS, path, m="x"))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["(1, 0, 0)", r"$\Gamma$", "(0, 1, 1)"]
