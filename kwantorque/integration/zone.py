"""Integrals over a Brillouin zone: uniform periodic grids, refined by doubling.

Of an analytic periodic function the mean over a uniform grid converges exponentially,
and no rule of higher order does better: its error are the Fourier coefficients of the
function at the multiples of N. Every refinement has twice as many points. Their grids
do not hold each other: one that did would be turned by 45 degrees, and errs as if it
had not been refined where Fermi lines are flat along the diagonals.

All grids contain k = 0 and, with k, also -k and whatever the lattice makes of it.

A function that vanishes far out is periodic as well, in a square that is large enough:
so the plane of the continuum is summed by the same rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..errors import named, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Grid", "Mean", "refined"]

SEEN = 3
"""Grids that must agree before one is believed: two may by accident."""
ROUNDED = 1e-13
"""Of the largest in its group: no mean of very many numbers is known better."""


@named
@dataclass(frozen=True)
class Grid:
    """How fine the grid over a Brillouin zone begins, and how fine it may become.

    Parameters
    ----------
    first : int
        Points along either side of the first grid.
    max_points : int
        It is not refined beyond this number.

    Raises
    ------
    InputError
        Something else than whole numbers >= 1.

    Examples
    --------
    >>> from kwantorque.integration.zone import Grid
    >>> [len(points) for points in Grid(first=4, max_points=80).levels()]
    [16, 36, 64]
    """

    first: int = 32
    max_points: int = 600_000

    def __post_init__(self) -> None:
        for name in ("first", "max_points"):
            object.__setattr__(self, name, whole(name, getattr(self, name)))

    def levels(self) -> Iterator[NDArray]:
        """The points (n, 2) of each grid in units of the reciprocal vectors.

        From -1/2 to 1/2, both periodic.
        """
        sides = (self.first if not n else _even(self.first * 2 ** (n / 2)) for n in count())
        for n, side in enumerate(sides):
            if n and side**2 > self.max_points:
                return
            x, y = np.meshgrid(*2 * (np.arange(side) / side,), indexing="ij")
            points = np.stack([x.ravel(), y.ravel()], axis=1)
            yield points - np.round(points)


def _even(number):
    """The even number next to it: both ends of every axis of symmetry are met."""
    return 2 * round(number / 2)


Values = Mapping[str, "NDArray"]
Controlled = Callable[[Values], "list[tuple[NDArray, float]]"]


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean of a function over a zone, and over the coarser grids before.

    Attributes
    ----------
    history : list of dict of arrays
        From the coarsest grid to the finest one.
    points : int
        Those of all grids.
    """

    history: list[Values]
    points: int

    @property
    def values(self) -> Values:
        """Over the finest grid."""
        return self.history[-1]

    def error(self, quantity: Callable[[Values], NDArray]) -> float:
        """The largest error of what a function makes of the mean.

            d, the last change by a refinement

        That is mostly the error of the grid before; but errors of grids as coarse as
        Fermi lines fall irregularly, and what is left may be as large.

        Parameters
        ----------
        quantity : callable
            quantity(values) -> array

        Examples
        --------
        >>> from kwantorque.integration.zone import Mean
        >>> halves = [{"x": np.array(1 + 0.5**n)} for n in range(4)]
        >>> Mean(halves, points=8).error(lambda values: values["x"])
        0.125...
        """
        found = [np.asarray(quantity(values)) for values in self.history[-SEEN:]]
        changes = [float(np.abs(new - old).max(initial=0)) for old, new in pairwise(found)]
        rounding = ROUNDED * float(np.abs(found[-1]).max(initial=0))
        if not changes:
            return float("inf")
        return changes[-1] + rounding

    def worst(self, controlled: Controlled) -> float:
        """The largest error of what is controlled, over its scale."""
        scales = [scale for _, scale in controlled(self.values)]
        errors = [self.error(lambda values, i=i: controlled(values)[i][0]) for i in range(len(scales))]
        return max(error / scale if scale else 0.0 for error, scale in zip(errors, scales, strict=True))


def refined(
    total: Callable[[NDArray], Values],
    rule: Grid,
    tolerance: float,
    controlled: Controlled,
) -> Mean:
    """The mean over a zone, refined until it is known well enough.

    Parameters
    ----------
    total : callable
        total(points) -> dict of arrays, sums over points (n, 2) in units of the
        reciprocal vectors.
    rule : Grid
    tolerance : float
        Error over the scale of each array that is controlled.
    controlled : callable
        controlled(mean) -> list of (array, scale) whose errors decide.

    Returns
    -------
    Mean
        Its error may be larger, where `max_points` ended the refinement.

    Examples
    --------
    The mean of 1/(1.1 - cos x), to 1e-6:

    >>> from kwantorque.integration.zone import Grid, refined
    >>> def total(points):
    ...     return {"f": (1 / (1.1 - np.cos(2 * np.pi * points[:, 0]))).sum()}
    >>> mean = refined(total, Grid(first=8), 1e-6, lambda mean: [(mean["f"], 1.0)])
    >>> bool(abs(mean.values["f"] - 1 / np.sqrt(1.1**2 - 1)) < 1e-6)
    True
    """
    history, points = [], 0
    for grid in rule.levels():
        points += len(grid)
        history = [*history[-SEEN + 1 :], {name: value / len(grid) for name, value in total(grid).items()}]
        mean = Mean(history, points)
        if len(history) == SEEN and mean.worst(controlled) <= tolerance:
            break
    return mean
