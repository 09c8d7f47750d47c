"""Uniform grids over a zone: exponential convergence, and errors that are honest."""

import numpy as np
import pytest

from kwantorque.errors import InputError
from kwantorque.integration.zone import Grid, Mean, refined


def lorentzians(width):
    """Of two waves on a zone, with its mean over the one and the other variable."""

    def total(points, weights):
        x, y = 2 * np.pi * points.T
        return {"f": (1 / (1 + width - np.cos(x)) * (2 + np.cos(y + x))).sum()[None], "g": np.array([np.cos(x).sum()])}

    return total, 2 / np.sqrt((1 + width) ** 2 - 1)


@pytest.mark.parametrize("width", [0.5, 0.1, 0.02])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-8])
def test_error_is_what_is_left_or_more(width, tolerance):
    total, _ = lorentzians(width)
    mean = refined(total, Grid(first=8), tolerance, lambda values: [(values["f"], abs(values["f"]).max())])
    exact = refined(
        total, Grid(first=512, max_points=10**6), 1e-12, lambda values: [(values["f"], abs(values["f"]).max())]
    ).values["f"]
    error = mean.error(lambda values: values["f"])
    assert abs(mean.values["f"] - exact)[0] <= error <= tolerance * abs(exact[0])


def test_grids_are_symmetric_and_twice_as_fine():
    grids = [points for _, points in zip(range(6), Grid(first=8).levels(), strict=False)]
    sizes = np.array([len(points) for points in grids])
    assert sizes[1:] / sizes[:-1] == pytest.approx(2, rel=0.3)
    for points in grids:
        here = {tuple(np.round(p, 9)) for p in points % 1}
        for turned in (-points, points[:, ::-1], points * [1, -1]):
            assert {tuple(np.round(p, 9) % 1) for p in turned % 1} == {tuple(np.array(p) % 1) for p in here}


def test_a_grid_that_may_not_be_refined_knows_no_error():
    total, _ = lorentzians(0.1)
    mean = refined(total, Grid(first=8, max_points=64), 1e-3, lambda values: [(values["f"], abs(values["f"]).max())])
    assert mean.points == 64
    assert mean.error(lambda values: values["f"]) == np.inf


def test_a_constant_is_known_at_once():
    mean = Mean([{"x": np.ones(2)}] * 3, 3)
    assert mean.error(lambda values: values["x"]) < 1e-12


@pytest.mark.parametrize("given", [{"first": 0}, {"max_points": 1.5}, {"frist": 3}])
def test_what_is_no_grid(given):
    with pytest.raises(InputError):
        Grid(**given)
