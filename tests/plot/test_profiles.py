"""Figures along z."""

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.plot.base import unit_of


def test_balance_draws_what_the_dataset_holds(computed):
    _, data = computed
    if "lead" not in data.dims:
        # A film has no leads: its books are another figure.
        with pytest.raises(InputError, match="this figure needs"):
            kt.plot.balance(data)
        return
    ax = kt.plot.balance(data)
    data = data.sum("part", keep_attrs=True) if "part" in data.dims else data
    lines = {line.get_label(): line for line in ax.get_lines()}
    (drawn,) = [line.get_ydata() for label, line in lines.items() if label.startswith("torque on the lattice, up to z")]
    assert np.array_equal(drawn, data.lattice_torque_cumulated.sel(axis="z"))
    verticals = [line.get_xdata()[0] for line in ax.get_lines() if len(set(line.get_xdata())) == 1]
    z = data.boundary_z.values
    assert np.allclose(sorted(verticals), z)
    assert unit_of(data.angular_momentum_current) in ax.get_ylabel()


def test_dotted_line_is_constant_for_either_source():
    stack = kt.Stack([kt.Layer(kt.KohnLuttinger(exchange=0.27), 1, m="z"), kt.Layer(kt.KohnLuttinger(), 1)], 0.2)
    data = kt.torques(stack, 0.06, source="right", tolerance=0.1, progress=False)
    (dotted,) = [line for line in kt.plot.balance(data).get_lines() if line.get_linestyle() == ":"]
    assert np.allclose(dotted.get_ydata(), data.angular_momentum_current_limit.sel(lead="left", axis="z"), atol=1e-12)
