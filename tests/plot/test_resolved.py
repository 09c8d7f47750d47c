"""Figures of bands and of single k."""

import numpy as np
from helpers import wire

import kwantorque as kt

GAMNAS = kt.KohnLuttinger(exchange=0.27)


def test_figures():
    path = kt.k_path([(0, 0, -1), (0, 0, 1)], points=40)
    ax = kt.plot.bands(kt.bands(GAMNAS, path, m="x"))
    assert len(ax.get_lines()) == 6
    data = kt.torques_at(wire(1, 1, m="x"), np.random.default_rng(1).uniform(-0.5, 0.5, (30, 2)), 0.06)
    ax = kt.plot.k_map(data, data.exchange_torque_total.sel(axis="y"))
    assert "kx" in ax.get_xlabel()
    ax = kt.plot.channels(data, data.exchange_torque.sel(axis="y"))
    assert len(ax.get_lines()) == 31
