"""What all rules share: nodes, an integral with its error, and steps along rays.

The rules are Fejer's second ones with 2^level - 1 points: L. Fejer, Math. Z. 37, 287
(1933). Those of a level are among those of the next, which is how errors are told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ComputationError

__all__ = [
    "Breakpoints",
    "Integral",
    "NoChannel",
    "convergence",
    "distinct",
    "fejer",
    "largest_change",
    "nested",
    "sine_coefficients",
    "steps",
]

SCAN = 64
"""Points of the first look along a ray.

Two steps closer than 1/SCAN of the ray that cancel are not seen.
"""
BITS = 28
"""A step is located to 2^-BITS of the first look's resolution."""
OFF_AXIS = 1e-6
"""Part of the first look's resolution by which it begins off k = 0."""
SAME_STEP = 1e-8
"""Steps closer than this part of the ray are one, found in two sections."""
SLOWEST_RATE = 0.5
"""No refinement is believed to lower an error less than it does next to a kink."""


class NoChannel(ComputationError):
    """There is nothing to integrate: no ray meets an open channel."""


class Breakpoints(NamedTuple):
    """Radii (1/nm) at which a ray is broken, each array ascending.

    Attributes
    ----------
    smooth : (n,) array
        0, r_1, ..., r_edge, between which the integrand is smooth; only 0 where the ray
        meets no open channel.
    sharp : (n,) array
        Further ones, at which there may be a resonance, however narrow.
    broad : (n,) array
        Those of resonances that panels of usual size see.
    widths : (n,) array
        Half of the width at half height of the sharp ones, in their order; 0 where it
        is not known.
    after : float
        The first threshold beyond r_edge, where there is one: the integrand ends before
        it, and yet feels it.
    """

    smooth: ArrayLike
    sharp: ArrayLike = ()
    broad: ArrayLike = ()
    widths: ArrayLike = ()
    after: float = np.inf


@dataclass(frozen=True, eq=False)
class Integral:
    """An integral and its error.

    Attributes
    ----------
    values : dict of arrays
    errors : dict of floats
        Largest absolute error of each.
    error : float
        The number compared with the tolerance.
    points : int
        k-points computed.
    """

    values: dict[str, np.ndarray]
    errors: dict[str, float]
    error: float
    points: int


def fejer(level: int) -> tuple[np.ndarray, np.ndarray]:
    """Fejer's second rule, int_0^1 dt f(t) = sum_i w_i f(t_i), with 2^level - 1 points.

    With n = 2^level and theta_i = pi i/n

        t_i = (1 - cos theta_i)/2,
        w_i = (2/n) sin theta_i sum_{m = 1, 3, ... < n} sin(m theta_i)/m.

    Returns
    -------
    t, w : (2^level - 1,) arrays
        Ascending nodes inside (0, 1), and weights. Every 2nd, 4th, ... node is one of
        the levels below.

    Examples
    --------
    >>> from kwantorque.integration.rules import fejer
    >>> t, w = fejer(3)
    >>> f"{w @ t**6:.12f}, {1 / 7:.12f}"
    '0.142857142857, 0.142857142857'
    """
    n = 2**level
    theta = np.pi * np.arange(1, n) / n
    odd = np.arange(1, n, 2)
    weights = 2 * np.sin(theta) / n * (np.sin(np.outer(theta, odd)) / odd).sum(axis=1)
    return (1 - np.cos(theta)) / 2, weights


def nested(levels: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Several of Fejer's rules on the nodes of the finest.

    Parameters
    ----------
    levels : ascending ints

    Returns
    -------
    t : (n,) array
        Nodes of the last level.
    weights : (n, n_levels) array
        Weights of each level, coarsest first, zero on the nodes it does not have.
    """
    t, _ = fejer(levels[-1])
    weights = np.zeros((len(t), len(levels)))
    for column, level in enumerate(levels):
        stride = 2 ** (levels[-1] - level)
        weights[stride - 1 :: stride, column] = fejer(level)[1]
    return t, weights


def sine_coefficients(level: int) -> np.ndarray:
    """The b_j in f(t) sin theta = sum_j b_j sin(j theta), t = (1 - cos theta)/2.

    They are those of the polynomial through the points of Fejer's rule,

        b_j = (2/n) sum_i sin(theta_i) sin(j theta_i) f(t_i),    n = 2^level,
        int_0^1 dt f(t) = sum_{j odd} b_j/j,

    and how fast they fall says how well the rule sees f: see J. Berntsen and T. O.
    Espelid, ACM Trans. Math. Softw. 17, 233 (1991), on such null rules.

    Returns
    -------
    (2^level - 1, 2^level - 1) array
        Weights of the values at the nodes (rows) in b_1, b_2, ... (columns).

    Examples
    --------
    >>> from kwantorque.integration.rules import fejer, sine_coefficients
    >>> t, _ = fejer(2)
    >>> (t @ sine_coefficients(2)).round(9).tolist()
    [0.5, -0.25, -0.0]
    """
    n = 2**level
    theta = np.pi * np.arange(1, n) / n
    return 2 / n * np.sin(theta)[:, None] * np.sin(np.outer(theta, np.arange(1, n)))


def largest_change(fine: dict[str, np.ndarray], coarse: dict[str, np.ndarray]) -> dict[str, float]:
    """Largest difference of two dicts of arrays, name by name."""
    return {name: float(np.abs(fine[name] - coarse[name]).max(initial=0)) for name in fine}


def convergence(rules: Sequence[dict[str, np.ndarray]]) -> dict[str, tuple[float, float]]:
    """How three rules approach each other: last change D and rate r = D/D'.

    Parameters
    ----------
    rules : three dicts of arrays
        The integral by ever coarser rules, the finest one first; D' is the change
        before D.

    Returns
    -------
    dict of (D, r)
        Name by name, r at most 1/2; and 1/2 where D' is zero and tells nothing.
    """
    last, before = (largest_change(fine, coarse) for fine, coarse in pairwise(rules))
    return {
        name: (change, min(change / before[name], SLOWEST_RATE) if before[name] > 0 else SLOWEST_RATE)
        for name, change in last.items()
    }


def steps(
    count_at: Callable[[np.ndarray], np.ndarray],
    reach: float,
    angles: ArrayLike,
    sections: int = 2,
    bits: int = BITS,
) -> list[np.ndarray]:
    """Radii at which a whole number changes along rays from k = 0.

    Parameters
    ----------
    count_at : callable
        count_at(k_par (m, 2)) -> (m,) int array.
    reach : float, 1/nm
        Length of the rays.
    angles : (n,) array, rad
    sections : int
        Parts into which an interval with a step is cut at a time: many where a count is
        cheap, so that fewer calls are made.
    bits : int
        A step is located to 2^-bits of the first look's resolution.

    Returns
    -------
    list of n ascending arrays, 1/nm
    """
    if reach == 0:
        return [np.empty(0) for _ in angles]
    # The last point is outside the region; the first is off the axis, where channels
    # are often degenerate.
    radii = reach * (np.arange(SCAN + 1) + OFF_AXIS) / SCAN
    ray, radius = np.repeat(np.arange(len(angles)), SCAN + 1), np.tile(radii, len(angles))

    def count(ray, radius):
        phi = np.asarray(angles)[ray]
        return count_at(radius[:, None] * np.stack([np.cos(phi), np.sin(phi)], axis=1))

    counts = count(ray, radius).reshape(len(angles), -1)
    ray, cell = np.nonzero(np.diff(counts, axis=1))
    if not len(ray):
        return [np.empty(0) for _ in angles]
    low, high, at_low, at_high = radii[cell], radii[cell + 1], counts[ray, cell], counts[ray, cell + 1]
    for _ in range(round(bits / np.log2(sections))):
        edges = low + (high - low) * np.arange(sections + 1)[:, None] / sections
        inner = edges[1:-1]
        between = count(np.tile(ray, sections - 1), inner.ravel()).reshape(inner.shape)
        counts = np.concatenate([at_low[None], between, at_high[None]])
        # All sections that contain a step are kept.
        section, cell = np.nonzero(np.diff(counts, axis=0))
        ray = ray[cell]
        low, high = edges[section, cell], edges[section + 1, cell]
        at_low, at_high = counts[section, cell], counts[section + 1, cell]
    found = (low + high) / 2
    same = SAME_STEP * 2.0 ** (BITS - bits) * reach
    return [distinct(np.sort(found[ray == i]), same) for i in range(len(angles))]


def distinct(radii: np.ndarray, resolution: float) -> np.ndarray:
    """Ascending radii, without those closer than `resolution` to the one before."""
    return radii[np.diff(radii, prepend=-np.inf) > resolution]
