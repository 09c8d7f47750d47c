"""Figures along z."""

import numpy as np

import kwantorque as kt


def test_balance_draws_what_the_dataset_holds(computed):
    _, data = computed
    ax = kt.plot.balance(data)
    data = data.sum("part", keep_attrs=True) if "part" in data.dims else data
    lines = {line.get_label(): line for line in ax.get_lines()}
    drawn = lines["torque on the lattice, cumulated"].get_ydata()
    assert np.array_equal(drawn, data.lattice_torque_cumulated.sel(axis="z"))
    verticals = [line.get_xdata()[0] for line in ax.get_lines() if len(set(line.get_xdata())) == 1]
    z = data.boundary_z.values
    assert np.allclose(verticals, z[1:-1] if len(z) > 2 else z)
    assert data.angular_momentum_current.attrs["units"].replace("hbar", r"$\hbar$") in ax.get_ylabel()


def test_dotted_line_is_the_sum_of_the_books_for_either_source():
    stack = kt.Stack([kt.Layer(kt.KohnLuttinger(exchange=0.27), 1, m="z"), kt.Layer(kt.KohnLuttinger(), 1)], 0.2)
    data = kt.torques(stack, 0.06, source="right", tolerance=0.1, progress=False)
    level = [line.get_ydata()[0] for line in kt.plot.balance(data).get_lines() if line.get_linestyle() == ":"]
    books = (data.angular_momentum_current.values[1:] + data.lattice_torque_cumulated.values)[:, 2]
    assert np.allclose(books, level, atol=1e-12)
