"""What all rules share: Fejer's nodes, an integral with its error, and the steps of a whole number along rays."""

from dataclasses import dataclass

import numpy as np

from ..errors import ComputationError

__all__ = ["Integral", "NoChannel", "distinct", "fejer", "largest_change", "steps"]

SCAN = 64
"""Points of the first look along a ray; two steps closer than 1/SCAN of the ray that cancel are not seen."""
BITS = 28
"""A step is located to 2^-BITS of the first look's resolution."""


class NoChannel(ComputationError):
    """There is nothing to integrate: no ray meets an open channel."""


@dataclass(frozen=True, eq=False)
class Integral:
    """An integral and its error.

    Attributes
    ----------
    values : dict of arrays
    errors : dict of floats; largest absolute error of each
    error : float; the number compared with the tolerance
    points : int; k-points computed
    """

    values: dict
    errors: dict
    error: float
    points: int


def fejer(level):
    """Nodes t in (0, 1) and weights of Fejer's second rule with 2^level - 1 points; the nodes of lower levels are
    among them.
    """
    n = 2**level
    theta = np.pi * np.arange(1, n) / n
    odd = np.arange(1, n, 2)
    weights = 2 * np.sin(theta) / n * (np.sin(np.outer(theta, odd)) / odd).sum(axis=1)
    return (1 - np.cos(theta)) / 2, weights


def largest_change(fine, coarse):
    """Largest difference of two dicts of arrays, name by name."""
    return {name: float(np.abs(fine[name] - coarse[name]).max(initial=0)) for name in fine}


def steps(count_at, reach, angles, sections=2):
    """Radii at which a whole number count_at(k_par) changes along rays at `angles`, up to the radius `reach`.

    Intervals are cut into `sections` at a time: many where a count is cheap, so that fewer calls are made.

    Returns
    -------
    list of sorted arrays, one per angle
    """
    if reach == 0:
        return [np.empty(0) for _ in angles]
    # The last point is outside the region; the first is off the axis, where channels are often degenerate.
    radii = reach * (np.arange(SCAN + 1) + 1e-6) / SCAN
    ray, radius = np.repeat(np.arange(len(angles)), SCAN + 1), np.tile(radii, len(angles))

    def count(ray, radius):
        phi = np.asarray(angles)[ray]
        return count_at(radius[:, None] * np.stack([np.cos(phi), np.sin(phi)], axis=1))

    counts = count(ray, radius).reshape(len(angles), -1)
    ray, cell = np.nonzero(np.diff(counts, axis=1))
    if not len(ray):
        return [np.empty(0) for _ in angles]
    low, high, at_low, at_high = radii[cell], radii[cell + 1], counts[ray, cell], counts[ray, cell + 1]
    for _ in range(round(BITS / np.log2(sections))):
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
    return [distinct(np.sort(found[ray == i]), 1e-8 * reach) for i in range(len(angles))]


def distinct(radii, resolution):
    """Ascending radii, without those closer than `resolution` to the one before."""
    return radii[np.diff(radii, prepend=-np.inf) > resolution]
