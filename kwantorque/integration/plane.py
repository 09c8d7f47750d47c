"""The integral over the in-plane wavevector, with an error of its own.

    int d^2k f(k) = int dphi int r dr f

Radius: along each ray from k = 0 to the edge of the region, the radius is broken at the
thresholds of every crystal of the stack. On a piece r_0 < r < r_1 the map

    r = r_0 + (r_1 - r_0) sin^2(pi t/2),    0 < t < 1,

turns the square-root kinks and the 1/velocity poles at its ends into smooth functions
of t. Panels of t, at first one per piece, get Fejer's second rule (`fejer`) with 15
points, whose subsets of 7 and 3 points give the error; while a ray errs too much, the
worst of its panels are halved. This finds what no threshold announces: resonances, and
the narrow dips of the velocity next to the end of a fold of the Fermi surface.

Angle: equidistant rays, the best rule for a periodic function. Doubling their number
keeps the old ones, and the last changes give the error.

Only sums over panels and rays are stored; every k is computed once, unless its panel is
halved.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from ..errors import InputError, finite, whole
from .rules import Breakpoints, Integral, NoChannel, convergence, largest_change, nested

__all__ = ["PolarRule", "integrate"]

LEVELS = (2, 3, 4)
"""Panels use Fejer's rules with 2^level - 1 points: 3, 7 and 15."""
NODES, WEIGHTS = nested(LEVELS)
CLOSEST = 1e-8
"""Points keep this distance (1/nm) from a threshold.

There a mode has no velocity, and no solver any accuracy. At a resonance nothing is
singular, and points come as close as its width asks.
"""
CLOSEST_PART = 1 / 4
"""The same distance on pieces that are shorter than that: part of the piece."""
SMALLEST = 2.0**-24
"""Panels are not made smaller than this part of a piece."""
RADIAL_SHARE = 0.75
"""Part of the tolerance left to the radial integrals.

Doubling the rays lowers the error of the angle by much more.
"""
REFINED_ABOVE = 1 / 2
"""Part of an equal share of the error above which panels of a ray are halved."""
SLOWEST_GAIN = 0.05
"""No refinement is believed to leave less than this part of the last change."""
CONVINCING_GAIN = 5
"""Changes that become smaller by this factor show that the rule converges fast."""
UNCONVINCING_RATE = 0.6
"""What is assumed of rays that do not: 0.6/(1 - 0.6) = 1.5 last changes are left."""
TOWARDS_A_RESONANCE = 4.0
"""Panels next to a resonance of half width w end at w, 4^2 w, 4^4 w, ... from it.

So in t, where distances are square roots, each is four times as far as the one before,
and what falls as 1/distance^2 is smooth on it.
"""
NARROWEST = 1e-15
"""Part of its radius below which the width of a resonance is rounding."""
FEWEST_RAYS = 4
"""Rays to start from, however small the sector."""
OFF_AXIS = 3
"""The first ray is 1/3 of a step off the axis: no ray ever lies on a symmetry line."""
STRIDES = (1, 2, 4, 8)
"""All rays, every second one, ...: three changes, whose two ratios must agree."""
MOST_EMPTY_RAYS = 1024
"""After so many rays without an open channel the region is given up."""
RAYS_AT_ONCE = 16
"""The panels of so many rays are in memory together."""
REMEDY = "choose an energy further inside a band of the source lead"

Values = dict[str, np.ndarray]
Errors = dict[str, float]


class _Sector(Protocol):
    """What is asked of a symmetry."""

    folds: int
    isotropic: bool


@dataclass(frozen=True)
class PolarRule:
    """How fine the integral over k_par may become.

    Parameters
    ----------
    max_points : int
        No refinement beyond this number of k-points; the error reached is then reported
        as it is.
    first_rays : int
        Rays per 90 degrees to start from: a multiple of 4, as errors are read off what
        fewer rays give.
    widen : float
        Factor >= 1 on the radius of the region, to see that a wider region changes
        nothing.

    Raises
    ------
    InputError
        If one of them is none of these.

    Examples
    --------
    >>> import kwantorque as kt
    >>> coarse = kt.PolarRule(first_rays=4, max_points=2000)
    >>> wire = kt.Stack([kt.Layer(kt.FreeElectron(), 1)], 0.1)
    >>> kt.torques(wire, 1.0, kpar=coarse, progress=False).k_rule
    'PolarRule(max_points=2000, first_rays=4, widen=1.0)'
    """

    max_points: int = 200_000
    first_rays: int = 8
    widen: float = 1.0

    def __post_init__(self) -> None:
        for name, least in (("max_points", 1), ("first_rays", FEWEST_RAYS)):
            object.__setattr__(self, name, whole(name, getattr(self, name), least))
        if self.first_rays % FEWEST_RAYS:
            raise InputError(
                f"`first_rays` must be a whole number >= {FEWEST_RAYS}, a multiple of {FEWEST_RAYS}, "
                f"got {self.first_rays!r}"
            )
        object.__setattr__(self, "widen", finite("widen", self.widen))
        if self.widen < 1:
            raise InputError(f"`widen` must be >= 1, got {self.widen!r}")


@dataclass(frozen=True, eq=False)
class _RadialPanel:
    """Part t_0 < t < t_1 of the piece r_0 < r < r_1 of a ray.

    Points keep the distances `gaps` (1/nm) from the ends of the piece. Once evaluated,
    it has its integral and the error of that.
    """

    phi: float
    piece: tuple[float, float]
    gaps: tuple[float, float]
    t: tuple[float, float]
    values: Values | None = None
    errors: Errors | None = None

    def nodes(self):
        """k (15, 2) and weights (15, 3) of the three rules for int r dr."""
        (r_0, r_1), (t_0, t_1) = self.piece, self.t
        t = t_0 + (t_1 - t_0) * NODES
        r = np.clip(r_0 + (r_1 - r_0) * np.sin(np.pi * t / 2) ** 2, r_0 + self.gaps[0], r_1 - self.gaps[1])
        slope = (t_1 - t_0) * (r_1 - r_0) * np.pi / 2 * np.sin(np.pi * t)
        return r[:, None] * np.array([np.cos(self.phi), np.sin(self.phi)]), (r * slope)[:, None] * WEIGHTS

    def evaluated(self, sums):
        """This panel with the value of the finest of the three rules, and its error."""
        rules = [{name: value[i] for name, value in sums.items()} for i in range(len(LEVELS))]
        return replace(self, values=rules[-1], errors=_left_on_a_panel(rules[::-1]))

    def halves(self):
        middle = sum(self.t) / 2
        return [replace(self, t=t, values=None, errors=None) for t in ((self.t[0], middle), (middle, self.t[1]))]

    @property
    def can_be_halved(self):
        return self.t[1] - self.t[0] > SMALLEST


@dataclass(frozen=True, eq=False)
class _Ray:
    """int r dr f along a ray, and its error."""

    values: Values
    errors: Errors


def integrate(
    sum_over: Callable[[list[tuple[np.ndarray, np.ndarray]]], Iterable[Values]],
    breaks: Callable[[np.ndarray], Sequence[Breakpoints]],
    symmetry: _Sector,
    rule: PolarRule,
    tolerance: float,
    measure: Callable[[Values, Errors], float],
) -> Integral:
    """int d^2k f(k) over the k_par plane, for a dict of arrays f, with its error.

    Parameters
    ----------
    sum_over : callable
        sum_over([(k (m, 2), weights (m, w)), ...]) -> for each item a dict of arrays
        (w, ...), the sums over k of weights times f; an iterator in the order of the
        items.
    breaks : callable
        breaks(angles (n,)) -> `Breakpoints` of each ray, 1/nm.
    symmetry : Symmetry
        The rays cover 2 pi / folds; of an isotropic integrand one ray is enough. The
        integral is that over the sector.
    rule : PolarRule
    tolerance : float
    measure : callable
        measure(values, errors) -> float: the number to bring below `tolerance`.

    Returns
    -------
    Integral
        Its error is above the tolerance where `rule.max_points` are not enough.

    Raises
    ------
    NoChannel
        If no ray has a piece to integrate over.
    """
    span = 2 * np.pi / symmetry.folds
    if symmetry.isotropic:
        radial = _RadialIntegrals(sum_over, breaks, rule, span, tolerance, measure)
        (ray,) = radial.rays(np.zeros(1))
        if not ray.values:
            raise NoChannel(f"no open channel: the region of integration was not found; {REMEDY}")
        values, errors = ({name: span * value for name, value in part.items()} for part in (ray.values, ray.errors))
        return Integral(values, errors, measure(values, errors), radial.points)
    radial = _RadialIntegrals(sum_over, breaks, rule, span, RADIAL_SHARE * tolerance, measure)
    n = max(FEWEST_RAYS, round(span / (np.pi / 2) * rule.first_rays))
    start = span / n / OFF_AXIS
    rays = radial.rays(start + span / n * np.arange(n))
    while not any(ray.values for ray in rays):
        # All rays missed the region.
        n *= 2
        if n > MOST_EMPTY_RAYS:
            raise NoChannel(
                f"none of {n // 2} rays meets an open channel: the region of integration was not found; {REMEDY}"
            )
        rays = radial.rays(start + span / n * np.arange(n))
    while True:
        names = next(ray.values for ray in rays if ray.values)
        means = [_mean(rays[::stride], span, names) for stride in STRIDES if len(rays) % stride == 0]
        fine = means[0]
        by_radius = {name: span / len(rays) * sum(ray.errors.get(name, 0) for ray in rays) for name in fine}
        by_angle = _left_by_rays(means, measure)
        errors = {name: by_radius[name] + by_angle[name] for name in fine}
        error = measure(fine, errors)
        out_of_reach = measure(fine, by_angle) <= (1 - RADIAL_SHARE) * tolerance
        if error <= tolerance or out_of_reach or 2 * radial.points > rule.max_points:
            return Integral(fine, errors, error, radial.points)
        between = radial.rays(start + span / len(rays) * (np.arange(len(rays)) + 0.5))
        rays = [ray for pair in zip(rays, between, strict=True) for ray in pair]


class _RadialIntegrals:
    """int r dr f along rays, each to its share of the tolerance."""

    def __init__(self, sum_over, breaks, rule, span, tolerance, measure):
        self.sum_over, self.breaks, self.rule = sum_over, breaks, rule
        self.span, self.tolerance, self.measure = span, tolerance, measure
        self.points = 0
        # The values that `measure` relates all errors to: the integral as the first
        # batch of rays gives it, before any panel is halved. A scale need not be
        # better, and one that stays treats all later rays alike.
        self.scale = None

    def rays(self, angles):
        """The rays at these angles, integrated."""
        batches = [angles[i : i + RAYS_AT_ONCE] for i in range(0, len(angles), RAYS_AT_ONCE)]
        return [ray for batch in batches for ray in self._batch(batch)]

    def _batch(self, angles):
        rays = [_first_panels(phi, Breakpoints(*at)) for phi, at in zip(angles, self.breaks(angles), strict=True)]
        while any(panel.values is None for panels in rays for panel in panels):
            rays = self._evaluate(rays)
            if self.scale is None and any(rays):
                first = next(panels[0].values for panels in rays if panels)
                self.scale = _mean([_total(panels) for panels in rays], self.span, first)
            rays = [self._refine(panels) for panels in rays]
        return [_total(panels) for panels in rays]

    def _evaluate(self, rays):
        """Rays with all their panels evaluated."""
        new = [panel for panels in rays for panel in panels if panel.values is None]
        self.points += len(new) * len(NODES)
        sums = self.sum_over([panel.nodes() for panel in new])
        done = iter([panel.evaluated(part) for panel, part in zip(new, sums, strict=True)])
        return [[next(done) if panel.values is None else panel for panel in panels] for panels in rays]

    def _refine(self, panels):
        """Halve the panels of a ray that make its error too large, if it is."""
        allowed = self.tolerance / self.span
        errors = [self.measure(self.scale, panel.errors) for panel in panels]
        if sum(errors) <= allowed or self.points > self.rule.max_points:
            return panels
        refined = []
        for panel, error in zip(panels, errors, strict=True):
            too_large = error > REFINED_ABOVE * allowed / len(panels) and panel.can_be_halved
            refined += panel.halves() if too_large else [panel]
        return refined


def _first_panels(phi, at):
    """One panel per piece; ever smaller ones towards a sharp resonance, to meet it."""
    radii, index = np.unique(np.concatenate([at.sharp, at.smooth, at.broad]), return_inverse=True)
    widths = np.full(len(radii), np.inf)
    widths[index[: len(at.sharp)]] = at.widths if len(at.widths) else 0.0
    panels = []
    for (r_0, width_0), (r_1, width_1) in pairwise(zip(radii, widths, strict=True)):
        gap = min(CLOSEST, (r_1 - r_0) * CLOSEST_PART)
        gaps = tuple(gap if np.isinf(width) else 0.0 for width in (width_0, width_1))
        cuts = [0.0, 1.0]
        for end, width in ((0.0, width_0), (1.0, width_1)):
            part = max(width, NARROWEST * r_1) / (r_1 - r_0)
            size = 2 / np.pi * np.arcsin(np.sqrt(min(part, 1.0)))
            while size < 1 / 2:
                cuts.append(abs(end - size))
                size *= TOWARDS_A_RESONANCE
        panels += [_RadialPanel(phi, (r_0, r_1), gaps, part) for part in pairwise(np.unique(cuts))]
    return panels


def _total(panels):
    """Sum of the panels of a ray."""
    names = panels[0].values if panels else ()
    return _Ray(
        *({name: sum(getattr(p, kind)[name] for p in panels) for name in names} for kind in ("values", "errors"))
    )


def _mean(rays, span, names):
    """Integral over the angle from equidistant rays; empty ones contribute nothing."""
    zero = {name: np.zeros_like(value) for name, value in names.items()}
    return {name: span / len(rays) * sum((ray.values or zero)[name] for ray in rays) for name in names}


def _left_by_rays(means, measure):
    """Error left after the last doubling of the rays, name by name.

    `means` are those of all rays and of ever fewer. The error is 1.5 times the last
    change D, unless two doublings in a row made the change smaller by r < 1/5 or better
    (r the worse of the two): then D r/(1 - r). One small change alone is no evidence,
    it may be small by accident. For the same reason no variable is believed to converge
    faster than all together.
    """
    changes = [largest_change(fine, coarse) for fine, coarse in pairwise(means)]
    sizes = [measure(means[0], change) for change in changes]
    ratios = [last / before if before > 0 else 0.0 for last, before in pairwise(sizes)]
    rate = max(*ratios, SLOWEST_GAIN) if len(ratios) == 2 else 1.0
    rate = rate if rate < 1 / CONVINCING_GAIN else UNCONVINCING_RATE
    return {
        name: max(change[name] * rate**i for i, change in enumerate(changes)) * rate / (1 - rate) for name in means[0]
    }


def _left_on_a_panel(rules):
    """Error left by the finest of three rules, from its last change D and rate r.

    An error that falls as a power of the number of points leaves D r/(1 - r); one that
    falls exponentially, as it does where f is smooth in t, leaves D r^2. The first is
    taken for r > 1/5, and D 5 r^2/(1 - r) below, but never less than D/20, as r may be
    small by accident.
    """
    return {
        name: change * max(rate / (1 - rate) * min(CONVINCING_GAIN * rate, 1), SLOWEST_GAIN)
        for name, (change, rate) in convergence(rules).items()
    }
