"""Integrals over a Brillouin zone: uniform periodic grids, refined by doubling.

Of an analytic periodic function the mean over a uniform grid converges exponentially,
and no rule of higher order does better: its error are the Fourier coefficients of the
function at the multiples of N. Every refinement has twice as many points. Their grids
do not hold each other: one that did would be turned by 45 degrees, and errs as if it
had not been refined where Fermi lines are flat along the diagonals.

All grids contain k = 0 and, with k, also -k and whatever the lattice makes of it.

A function that vanishes far out is periodic as well, in a square that is large enough:
so the plane of the continuum is summed by the same rule. In space a cube around a
Fermi sea is mostly empty, and `Sphere` has nodes on rays instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..errors import named, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Grid", "Mean", "Sphere", "refined"]

SEEN = 3
"""Grids that must agree before one is believed: two may by accident."""
FEWEST = 8
"""Points along a ray at least."""
ROUNDED = 1e-13
"""Of the largest in its group: no mean of very many numbers is known better."""


@named
@dataclass(frozen=True)
class Grid:
    """How fine the grid over a Brillouin zone begins, and how fine it may become.

    Parameters
    ----------
    first : int
        Points along each side of the first grid.
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

    def levels(self, dimension: int = 2) -> Iterator[NDArray]:
        """The points (n, dimension) of each grid in units of the reciprocal vectors.

        From -1/2 to 1/2, both periodic.
        """
        for side in self.sides(dimension):
            axes = np.meshgrid(*dimension * (np.arange(side) / side,), indexing="ij")
            points = np.stack([x.ravel() for x in axes], axis=1)
            yield points - np.round(points)

    def nodes(self, dimension: int = 2) -> Iterator[tuple[NDArray, None]]:
        """The points of each grid, which all have the same weight."""
        return ((points, None) for points in self.levels(dimension))

    def sides(self, dimension: int) -> Iterator[int]:
        """Points along each side of one grid after the other."""
        sides = (self.first if not n else _even(self.first * 2 ** (n / dimension)) for n in count())
        for n, side in enumerate(sides):
            if n and side**dimension > self.max_points:
                return
            yield side


@dataclass(frozen=True, eq=False)
class Sphere:
    """Nodes in space around k = 0, on rays that end where a function has vanished.

        int d3k f = sum over directions w int_0^reach dr r^2 f

    A function that is smooth in space is smooth along a whole line through k = 0, where
    the rule of equidistant points converges exponentially; over directions Gauss's rule
    in cos(theta) and equidistant ones in phi do. With k there is also -k.

    Attributes
    ----------
    reach : callable
        reach(directions (n, 3)) -> radii (n,), 1/nm, the same at -k as at k.
    grid : Grid
        As fine along a ray as along its sides, half as fine in theta. The first rule is
        that of half the side.

    Examples
    --------
    >>> from kwantorque.integration.zone import Grid, Sphere
    >>> sphere = Sphere(lambda along: np.full(len(along), 6.0), Grid(32))
    >>> points, weights = next(sphere.nodes(3))
    >>> gauss = np.exp(-(points**2).sum(axis=1) - 0.5 * points[:, 0])
    >>> round(float(weights @ gauss / np.exp(0.0625) / np.pi**1.5), 8)
    1.0
    """

    reach: Callable[[NDArray], NDArray]
    grid: Grid

    def nodes(self, dimension: int = 3) -> Iterator[tuple[NDArray, NDArray]]:
        """Points (n, 3) in 1/nm of each rule, and their weights (n,) in 1/nm^3."""
        for side in replace(self.grid, first=max(self.grid.first // 2, FEWEST)).sides(dimension):
            polar, w = np.polynomial.legendre.leggauss(_even(side / 2))
            # All axes of a cube are met.
            phi = np.pi / 2 * np.arange(4 * round(side / 4)) / round(side / 4)
            across = np.sqrt(1 - polar**2)[:, None]
            axes = (across * np.cos(phi), across * np.sin(phi), polar[:, None] + 0 * phi)
            along = np.stack([x.ravel() for x in axes], axis=1)
            step = self.reach(along) / side
            r = step * (np.arange(side)[:, None] + 0.5)
            weights = r**2 * step * np.repeat(w, len(phi)) * 2 * np.pi / len(phi)
            yield (r[..., None] * along).reshape(-1, 3), weights.ravel()


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
    total: Callable[[NDArray, NDArray | None], Values],
    rule: Grid | Sphere,
    tolerance: float,
    controlled: Controlled,
    dimension: int = 2,
) -> Mean:
    """The mean over a zone, refined until it is known well enough.

    Parameters
    ----------
    total : callable
        total(points, weights) -> dict of arrays, sums over points (n, dimension); of a
        grid in units of the reciprocal vectors, and without weights.
    rule : Grid or Sphere
        The mean over a zone, or the integral over space.
    tolerance : float
        Error over the scale of each array that is controlled.
    controlled : callable
        controlled(mean) -> list of (array, scale) whose errors decide.
    dimension : int
        Of the zone.

    Returns
    -------
    Mean
        Its error may be larger, where `max_points` ended the refinement.

    Examples
    --------
    The mean of 1/(1.1 - cos x), to 1e-6:

    >>> from kwantorque.integration.zone import Grid, refined
    >>> def total(points, weights):
    ...     return {"f": (1 / (1.1 - np.cos(2 * np.pi * points[:, 0]))).sum()}
    >>> mean = refined(total, Grid(first=8), 1e-6, lambda mean: [(mean["f"], 1.0)])
    >>> bool(abs(mean.values["f"] - 1 / np.sqrt(1.1**2 - 1)) < 1e-6)
    True
    """
    history, points = [], 0
    for grid, weights in rule.nodes(dimension):
        points += len(grid)
        share = 1 / len(grid) if weights is None else 1.0
        history = [*history[-SEEN + 1 :], {name: value * share for name, value in total(grid, weights).items()}]
        mean = Mean(history, points)
        if len(history) == SEEN and mean.worst(controlled) <= tolerance:
            break
    return mean
