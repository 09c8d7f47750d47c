"""Errors add up in every step of arithmetic."""

import pytest

from kwantorque.results import Estimate


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
