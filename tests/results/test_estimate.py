"""Errors add up in every step of arithmetic."""

import numpy as np
import pytest
import xarray as xr

from kwantorque.errors import InputError
from kwantorque.results import Estimate, estimate_of


def bounds(function, *numbers):
    """Largest deviation of function(x, ...) with every x at either end of its error."""
    middle = function(*(one.value for one in numbers))
    ends = [[]]
    for one in numbers:
        ends = [[*end, one.value + sign * one.error] for end in ends for sign in (-1, 1)]
    return middle, max(abs(function(*end) - middle) for end in ends)


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: 3 * a / b - 1,
        lambda a, b: 2 / (a + b),
        lambda a, b: abs(a) + 0.5 * b,
    ],
)
def test_error_is_that_of_the_worst_corner(function):
    a, b = Estimate(-2.0, 1e-6), Estimate(3.0, 2e-6)
    found = function(a, b)
    value, error = bounds(function, a, b)
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.error == pytest.approx(error, rel=1e-4)


def test_profiles_and_sweeps_have_estimates_too():
    """Differences, ratios and multiples, entry by entry; parts together."""
    a = xr.Dataset({"t": (("part", "site"), [[1.0, 2.0], [3.0, -5.0]]), "t_error": ("part", [0.1, 0.2])})
    b = xr.Dataset({"t": ("bias", [2.0, 4.0]), "t_error": ("bias", [0.5, 0.25])}, {"bias": [0.1, 0.2]})
    one, other = estimate_of(a, "t"), estimate_of(b, "t")
    difference, ratio = one - other, one / other
    np.testing.assert_allclose(difference.value, [[2.0, 0.0], [-5.0, -7.0]])
    np.testing.assert_allclose(difference.error, [0.8, 0.55])
    np.testing.assert_allclose(ratio.value, [[2.0, 1.0], [-1.5, -0.75]])
    by_hand = [[0.3 / 2 + 4 * 0.5 / 4, 0.3 / 4 + 4 * 0.25 / 16], [0.3 / 2 + 3 * 0.5 / 4, 0.3 / 4 + 3 * 0.25 / 16]]
    np.testing.assert_allclose(ratio.error, by_hand)
    np.testing.assert_allclose((-1e3 * one).error, 300.0)
    assert isinstance(estimate_of(b, "t", bias=0.2).value, float)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "torqe"}, "unknown variable of the Dataset 'torqe'; did you mean 'torque'"),
        ({"name": "torque", "axs": "z"}, "unknown coordinate of the Dataset 'axs'; did you mean 'axis'"),
        ({"name": "torque", "axis": "w"}, "`axis` of torque must be among x, z, got 'w'"),
    ],
)
def test_errors_of_a_selection(wrong, message):
    data = xr.Dataset({"torque": xr.DataArray([0.0, 0.5], {"axis": ["x", "z"]}, "axis")})
    with pytest.raises(InputError, match=message):
        estimate_of(data, **wrong)
