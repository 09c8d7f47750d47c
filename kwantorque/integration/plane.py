"""The integral over the in-plane wavevector, int d^2k f(k) = int dphi int r dr f, with an error of its own.

Radius: along each ray from k = 0 to the edge of the region, the radius is broken at the thresholds of every
crystal of the stack. On a piece r_0 < r < r_1 the map r = r_0 + (r_1 - r_0) sin^2(pi t/2), 0 < t < 1, turns the
square-root kinks and the 1/velocity poles at its ends into smooth functions of t. Panels of t, at first one per
piece, get Fejer's second rule (`fejer`) with 15 points, whose subsets of 7 and 3 points give the error; while a ray
errs too much, the worst of its panels are halved. This finds what no threshold announces: resonances, and the narrow
dips of the velocity next to the end of a fold of the Fermi surface.

Angle: equidistant rays, the best rule for a periodic function. Doubling their number keeps the old ones, and the
last changes give the error.

Only sums over panels and rays are stored; every k is computed once, unless its panel is halved.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ..errors import InputError, finite
from .rules import Integral, NoChannel, fejer, largest_change

__all__ = ["PolarRule", "integrate"]

LEVELS = (2, 3, 4)
"""Panels use Fejer's rules with 2^level - 1 points: 3, 7 and 15."""
CLOSEST = 1e-8
"""Points keep this distance (1/nm) from a threshold, where a mode has no velocity and no solver any accuracy."""
SMALLEST = 2.0**-24
"""Panels are not made smaller than this part of a piece."""
RADIAL_SHARE = 0.75
"""Part of the tolerance left to the radial integrals; doubling the rays lowers the error of the angle by much more."""
SLOWEST_GAIN = 0.05
"""No refinement is believed to leave less than this part of the last change."""
TOWARDS_A_RESONANCE = 8.0 ** -np.arange(1.0, 5.0)
"""Ends of the panels next to a resonance, as parts of its piece in t; distances in r are the squares of these."""
MOST_EMPTY_RAYS = 1024
"""After so many rays without an open channel the region is given up."""
RAYS_AT_ONCE = 16
"""The panels of so many rays are in memory together."""


@dataclass(frozen=True)
class PolarRule:
    """How fine the integral over k_par may become.

    Parameters
    ----------
    max_points : int
        No refinement beyond this number of k-points; the error reached is then reported as it is.
    first_rays : int
        Rays per 90 degrees to start from: a multiple of 4, as errors are read off what fewer rays give.
    widen : float
        Factor on the radius of the region, to see that a wider region changes nothing.
    """

    max_points: int = 200_000
    first_rays: int = 8
    widen: float = 1.0

    def __post_init__(self):
        for name, least, multiple in (("max_points", 1, 1), ("first_rays", 4, 4)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least or value % multiple:
                raise InputError(f"`{name}` must be a whole number >= {least}, a multiple of {multiple}, got {value!r}")
        if not finite("widen", self.widen) >= 1:
            raise InputError(f"`widen` must be >= 1, got {self.widen!r}")


def _nested_weights():
    """Nodes of the finest rule and the weights (n, 3) of all three rules on them."""
    t, _ = fejer(LEVELS[-1])
    weights = np.zeros((len(t), len(LEVELS)))
    for column, level in enumerate(LEVELS):
        stride = 2 ** (LEVELS[-1] - level)
        weights[stride - 1 :: stride, column] = fejer(level)[1]
    return t, weights


NODES, WEIGHTS = _nested_weights()


@dataclass(frozen=True, eq=False)
class _Panel:
    """Part t_0 < t < t_1 of the piece r_0 < r < r_1 of a ray; once evaluated, its integral and the error of it."""

    phi: float
    piece: tuple
    t: tuple
    values: dict = None
    errors: dict = None

    def nodes(self):
        """k (15, 2) and weights (15, 3) of the three rules for int r dr."""
        (r_0, r_1), (t_0, t_1) = self.piece, self.t
        t = t_0 + (t_1 - t_0) * NODES
        gap = min(CLOSEST, (r_1 - r_0) / 4)
        r = np.clip(r_0 + (r_1 - r_0) * np.sin(np.pi * t / 2) ** 2, r_0 + gap, r_1 - gap)
        slope = (t_1 - t_0) * (r_1 - r_0) * np.pi / 2 * np.sin(np.pi * t)
        return r[:, None] * np.array([np.cos(self.phi), np.sin(self.phi)]), (r * slope)[:, None] * WEIGHTS

    def evaluated(self, sums):
        """This panel with the value of the finest of the three rules, and its error."""
        rules = [{name: value[i] for name, value in sums.items()} for i in range(len(LEVELS))]
        return replace(self, values=rules[-1], errors=_left_by_rules(rules[::-1]))

    def halves(self):
        middle = sum(self.t) / 2
        return [_Panel(self.phi, self.piece, t) for t in ((self.t[0], middle), (middle, self.t[1]))]

    @property
    def can_be_halved(self):
        return self.t[1] - self.t[0] > SMALLEST


@dataclass(frozen=True, eq=False)
class _Ray:
    """int r dr f along a ray, and its error."""

    values: dict
    errors: dict


def integrate(sum_over, breaks, symmetry, rule, tolerance, measure):
    """Integrate a dict of arrays over the k_par plane, or over a sector of it.

    Parameters
    ----------
    sum_over : callable
        sum_over([(k (m, 2), weights (m, w)), ...]) -> for each item a dict of arrays (w, ...), the sums over k of
        weights times f; an iterator in the order of the items.
    breaks : callable
        breaks(angles) -> for each angle the ascending radii 0, r_1, ..., r_edge between which f is smooth, further ones
        next to which it may have a sharp resonance, and those of broad ones.
    symmetry : Symmetry
        The rays cover 2 pi / folds; of an isotropic integrand one ray is enough.
    rule : PolarRule
    tolerance : float
    measure : callable
        measure(values, errors) -> float: the number to bring below `tolerance`.
    """
    span = 2 * np.pi / symmetry.folds
    if symmetry.isotropic:
        radial = _RadialIntegrals(sum_over, breaks, rule, span, tolerance, measure)
        (ray,) = radial.rays(np.zeros(1))
        if not ray.values:
            raise NoChannel("no open channel: the region of integration was not found")
        values, errors = ({name: span * value for name, value in part.items()} for part in (ray.values, ray.errors))
        return Integral(values, errors, measure(values, errors), radial.points)
    radial = _RadialIntegrals(sum_over, breaks, rule, span, RADIAL_SHARE * tolerance, measure)
    n = max(4, round(span / (np.pi / 2) * rule.first_rays))
    # A third of a step off the axes: no ray ever lies on a symmetry line.
    start = span / n / 3
    rays = radial.rays(start + span / n * np.arange(n))
    while not any(ray.values for ray in rays):
        # All rays missed the region.
        n *= 2
        if n > MOST_EMPTY_RAYS:
            raise NoChannel(f"none of {n // 2} rays meets an open channel: the region of integration was not found")
        rays = radial.rays(start + span / n * np.arange(n))
    while True:
        names = next(ray.values for ray in rays if ray.values)
        means = [_mean(rays[::stride], span, names) for stride in (1, 2, 4, 8) if len(rays) % stride == 0]
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
        self.whole = None

    def rays(self, angles):
        """The rays at these angles, integrated."""
        batches = [angles[i : i + RAYS_AT_ONCE] for i in range(0, len(angles), RAYS_AT_ONCE)]
        return [ray for batch in batches for ray in self._batch(batch)]

    def _batch(self, angles):
        rays = [
            _first_panels(phi, edges, sharp, broad)
            for phi, (edges, sharp, broad) in zip(angles, self.breaks(angles), strict=True)
        ]
        while any(panel.values is None for panels in rays for panel in panels):
            rays = self._evaluate(rays)
            if self.whole is None and any(rays):
                first = next(panels[0].values for panels in rays if panels)
                self.whole = _mean([_total(panels) for panels in rays], self.span, first)
            rays = [self._refine(panels) for panels in rays]
        return [_total(panels) for panels in rays]

    def _evaluate(self, rays):
        """Rays with all their panels evaluated."""
        new = [panel for panels in rays for panel in panels if panel.values is None]
        self.points += len(new) * len(NODES)
        sums = self.sum_over([panel.nodes() for panel in new])
        done = {id(panel): panel.evaluated(part) for panel, part in zip(new, sums, strict=True)}
        return [[done.get(id(panel), panel) for panel in panels] for panels in rays]

    def _refine(self, panels):
        """Halve the panels of a ray that make its error too large, if it is."""
        allowed = self.tolerance / self.span
        error = {id(panel): self.measure(self.whole, panel.errors) for panel in panels}
        if sum(error.values()) <= allowed or self.points > self.rule.max_points:
            return panels
        refined = []
        for panel in panels:
            too_large = error[id(panel)] > allowed / (2 * len(panels)) and panel.can_be_halved
            refined += panel.halves() if too_large else [panel]
        return refined


def _first_panels(phi, edges, sharp, broad):
    """One panel per piece; towards a sharp resonance ever smaller ones, so that points come close to it."""
    panels = []
    for piece in pairwise(np.unique([*edges, *sharp, *broad])):
        cuts = [0.0, 1.0]
        for end, is_resonant in ((0.0, piece[0] in sharp), (1.0, piece[1] in sharp)):
            if is_resonant:
                cuts += [abs(end - size) for size in TOWARDS_A_RESONANCE]
        panels += [_Panel(phi, piece, part) for part in pairwise(np.unique(cuts))]
    return panels


def _total(panels):
    """Sum of the panels of a ray."""
    names = panels[0].values if panels else ()
    return _Ray(
        *({name: sum(getattr(p, kind)[name] for p in panels) for name in names} for kind in ("values", "errors"))
    )


def _mean(rays, span, names):
    """Integral over the angle from equidistant rays; a ray without open channels contributes nothing."""
    zero = {name: np.zeros_like(value) for name, value in names.items()}
    return {name: span / len(rays) * sum((ray.values or zero)[name] for ray in rays) for name in names}


def _left_by_rays(means, measure):
    """Error left after the last doubling of the rays, name by name, from the means of ever fewer rays.

    It is 1.5 times the last change D, unless two doublings in a row made the change smaller by r < 1/5 or better (r
    the worse of the two): then D r/(1 - r). One small change alone is no evidence: it may be small by accident. For
    the same reason no variable is believed to converge faster than all together.
    """
    changes = [largest_change(fine, coarse) for fine, coarse in pairwise(means)]
    sizes = [measure(means[0], change) for change in changes]
    ratios = [last / before if before > 0 else 0.0 for last, before in pairwise(sizes)]
    rate = max(*ratios, SLOWEST_GAIN) if len(ratios) == 2 else 1.0
    rate = rate if rate < 0.2 else 0.6
    return {
        name: max(change[name] * rate**i for i, change in enumerate(changes)) * rate / (1 - rate) for name in means[0]
    }


def _left_by_rules(rules):
    """Error left by the finest of Fejer's rules on a panel, from its change D and that of the rule before, D'.

    With r = D/D', an error that falls as a power of the number of points leaves D r/(1 - r); one that falls
    exponentially, as it does where f is smooth in t, leaves D r^2. The first is taken for r > 1/5, with r at most
    1/2, and D 5 r^2/(1 - r) below, but never less than D/20: D/D' may be small by accident.
    """
    last, before = (largest_change(fine, coarse) for fine, coarse in pairwise(rules))
    left = {}
    for name, change in last.items():
        rate = min(change / before[name], 0.5) if before[name] > 0 else 0.5
        left[name] = change * max(rate / (1 - rate) * min(5 * rate, 1), SLOWEST_GAIN)
    return left
