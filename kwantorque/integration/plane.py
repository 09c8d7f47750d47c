"""The integral over the in-plane wavevector, with an error of its own.

    int d^2k f(k) = int dphi int r dr f

Radius: along each ray from k = 0 to the edge of the region, the radius is broken at the
thresholds of every crystal of the stack. On a piece r_0 < r < r_1 the map

    r = r_0 + (r_1 - r_0) sin^2(pi t/2),    0 < t < 1,

turns the square-root kinks and the 1/velocity poles at its ends into smooth functions
of t. Panels of t, at first one per piece, get Fejer's second rule (`fejer`) with 15
points; how fast the integrand's coefficients in sin(j theta) fall gives the error.
While a ray errs too much, the worst of its panels are halved. This finds what no
threshold announces: resonances, and the narrow dips of the velocity next to the end of
a fold of the Fermi surface.

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

from ..errors import InputError, finite, named, whole
from .rules import Breakpoints, Integral, NoChannel, largest_change, nested, sine_coefficients

__all__ = ["PolarRule", "integrate"]

LEVELS = (3, 4)
"""Panels use Fejer's rules with 2^level - 1 points: 7 and 15."""
PAIRS = ((8, 9), (10, 11), (12, 13), (14, 15))
"""Coefficients b_j whose larger ones, pair by pair, tell how fast they fall.

One of even and one of odd j: either kind may vanish by symmetry.
"""
NODES, _RULES = nested(LEVELS)
SHARE_OF_B = 1 / 4
"""Weights for the integral plus b_j/4 are positive.

A sum of positive weights has books that can be checked: nothing cancels but the
particles themselves.
"""
_SEEN = sine_coefficients(LEVELS[-1])[:, [j - 1 for pair in PAIRS for j in pair]]
WEIGHTS = np.hstack([_RULES, _RULES[:, -1:] + SHARE_OF_B * _SEEN])
UNSEEN = np.arange(len(NODES) + 2, 2 * len(NODES) + 2, 2)
"""The b_j that 15 points cannot tell from b_(32 - j), which count 1/(32 - j)."""
CAREFUL = 2.5
"""Factor on what these seem to be: smooth domain walls come to 0.7 of it."""
LEAST_LEFT = 0.02
"""Part of the change from 7 to 15 points that is left in any case.

One small last pair may be small by accident.
"""
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
"""Doubling the rays is not believed to leave less than this part of the change."""
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
USUAL_GAIN = 0.1
"""What doubling the rays leaves of the stated error, for a forecast: wires need 1 to 2
times as many k-points, or half of them.
"""
FEWEST_RAYS = 4
"""Rays to start from, however small the sector."""
OFF_AXIS = 3
"""The first ray is 1/3 of a step off the axis: no ray ever lies on a symmetry line."""
STRIDES = (1, 2, 4, 8)
"""All rays, every second one, ...: three changes, whose two ratios must agree."""
PATCHY = 512
"""Rays per full turn, at least, where some of them are empty.

The Fermi surface is then one of pockets, and these must not slip between the rays.
"""
EDGE = 0.21
"""|zeta(-1/2)|: what the trapezoidal rule errs by where a square root begins.

In units of the step times the square root one step from there.
"""
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


@named
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

    Points keep the distances `gaps` (1/nm) from the ends of the piece; `beyond` are the
    lengths of the pieces before and behind. Once evaluated, it has its integral and the
    error of that.
    """

    phi: float
    piece: tuple[float, float]
    gaps: tuple[float, float]
    t: tuple[float, float]
    beyond: tuple[float, float] = (np.inf, np.inf)
    values: Values | None = None
    errors: Errors | None = None

    def nodes(self):
        """k (15, 2) and weights (15, 10) for int r dr: two rules, and with b_j/4."""
        (r_0, r_1), (t_0, t_1) = self.piece, self.t
        t = t_0 + (t_1 - t_0) * NODES
        r = np.clip(r_0 + (r_1 - r_0) * np.sin(np.pi * t / 2) ** 2, r_0 + self.gaps[0], r_1 - self.gaps[1])
        slope = (t_1 - t_0) * (r_1 - r_0) * np.pi / 2 * np.sin(np.pi * t)
        return r[:, None] * np.array([np.cos(self.phi), np.sin(self.phi)]), (r * slope)[:, None] * WEIGHTS

    def evaluated(self, sums):
        """This panel with the value of the finer of the two rules, and its error."""
        coarse, fine = ({name: value[i] for name, value in sums.items()} for i in range(len(LEVELS)))
        left = _left_on_a_panel(largest_change(fine, coarse), sums)
        at_ends = self._part_at_the_ends()
        errors = {name: left[name] + at_ends * float(np.abs(value).max(initial=0)) for name, value in fine.items()}
        return replace(self, values=fine, errors=errors)

    def _part_at_the_ends(self):
        """Part of the integral that hides in a layer next to two near thresholds.

        Next to a threshold with another one at a distance l behind it the integrand has
        a layer of width delta = (2/pi) sqrt(l/(r_1 - r_0)) in t: sqrt(d^2 + delta^2)
        instead of d, with branch points whose b_j fall like exp(-j sqrt(2 delta)) and
        change their sign, so that the last few may be small by accident. With
        r dr = (pi^2/2)(r_1 - r_0) r d dd at a distance d from the end the part is about

            (pi^2/2) delta^2 exp(-16 sqrt(2 delta)) [2 + ln(1 + d_1/delta)],

        d_1 the distance of the first node, all lengths over that of the panel. (The 2
        is measured, on two free-electron bands with thresholds 1e-4 to 0.3/nm apart.)
        """
        (r_0, r_1), (t_0, t_1) = self.piece, self.t
        part = 0.0
        for at_end, length in zip((t_0 == 0, t_1 == 1), self.beyond, strict=True):
            if at_end and np.isfinite(length):
                layer = 2 / np.pi * np.sqrt(length / (r_1 - r_0)) / (t_1 - t_0)
                seen = np.exp(-(len(NODES) + 1) * np.sqrt(2 * layer))
                part += np.pi**2 / 2 * layer**2 * seen * (2 + np.log1p(NODES[0] / layer))
        return part

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
    expect: Callable[[int], object] | None = None,
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
    expect : callable, optional
        expect(points), called before every refinement with the k-points that the
        integral seems to need in all.

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
        if expect is not None:
            expect(radial.points)
        values, errors = ({name: span * value for name, value in part.items()} for part in (ray.values, ray.errors))
        return Integral(values, errors, measure(values, errors), radial.points)
    radial = _RadialIntegrals(sum_over, breaks, rule, span, RADIAL_SHARE * tolerance, measure)
    rays, start = _first_rays(radial, symmetry.folds, rule.first_rays)
    while True:
        names = next(ray.values for ray in rays if ray.values)
        means = [_mean(rays[::stride], span, names) for stride in STRIDES if len(rays) % stride == 0]
        fine = means[0]
        by_radius = {name: span / len(rays) * sum(ray.errors.get(name, 0) for ray in rays) for name in fine}
        at_edges = _left_at_edges(rays, span)
        by_angle = {name: left + at_edges.get(name, 0.0) for name, left in _left_by_rays(means, measure).items()}
        errors = {name: by_radius[name] + by_angle[name] for name in fine}
        error = measure(fine, errors)
        left, allowed = measure(fine, by_angle), (1 - RADIAL_SHARE) * tolerance
        is_done = error <= tolerance or left <= allowed or 2 * radial.points > rule.max_points
        if expect is not None:
            doublings = 0 if is_done else _doublings(left, allowed)
            expect(radial.points * 2 ** min(doublings, int(np.log2(max(rule.max_points / radial.points, 1)))))
        if is_done:
            return Integral(fine, errors, error, radial.points)
        rays = _doubled(rays, radial, start)


def _doublings(left, allowed):
    """How often the rays must be doubled, by a usual gain: that so far tells less."""
    return max(1, int(np.ceil(np.log(allowed / left) / np.log(USUAL_GAIN))))


def _first_rays(radial, folds, per_quarter):
    """Rays to begin with, and the angle of the first one.

    They become more until one meets an open channel; and, where only some of them do,
    until they are close enough not to miss a pocket.
    """
    span = 2 * np.pi / folds
    n = max(FEWEST_RAYS, round(span / (np.pi / 2) * per_quarter))
    start = span / n / OFF_AXIS
    while True:
        rays = radial.rays(start + span / n * np.arange(n))
        if any(ray.values for ray in rays):
            break
        n *= 2
        if n > MOST_EMPTY_RAYS:
            raise NoChannel(
                f"none of {n // 2} rays meets an open channel: the region of integration was not found; {REMEDY}"
            )
    while len(rays) * folds < PATCHY and not all(ray.values for ray in rays):
        rays = _doubled(rays, radial, start)
    return rays, start


def _doubled(rays, radial, start):
    """These rays, and as many new ones halfway between them."""
    step = radial.span / len(rays)
    between = radial.rays(start + step * (np.arange(len(rays)) + 0.5))
    return [ray for pair in zip(rays, between, strict=True) for ray in pair]


class _RadialIntegrals:
    """int r dr f along rays, each to its share of the tolerance."""

    def __init__(self, sum_over, breaks, rule, span, tolerance, measure):
        self.sum_over, self.breaks, self.rule = sum_over, breaks, rule
        self.span, self.tolerance, self.measure = span, tolerance, measure
        self.points = 0
        # The values that `measure` relates all errors to: the integral as the first
        # batch of rays gives it. A scale need not be better, and one that stays treats
        # all later rays alike.
        self.scale = None

    def rays(self, angles):
        """The rays at these angles, integrated."""
        batches = [angles[i : i + RAYS_AT_ONCE] for i in range(0, len(angles), RAYS_AT_ONCE)]
        return [ray for batch in batches for ray in self._batch(batch)]

    def _batch(self, angles):
        rays = [_first_panels(phi, Breakpoints(*at)) for phi, at in zip(angles, self.breaks(angles), strict=True)]
        is_first = self.scale is None
        while any(panel.values is None for panels in rays for panel in panels):
            rays = self._evaluate(rays)
            if is_first and any(rays):
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
    lengths = [np.inf, *np.diff(radii), at.after - radii[-1]]
    for i, ((r_0, width_0), (r_1, width_1)) in enumerate(pairwise(zip(radii, widths, strict=True))):
        gap = min(CLOSEST, (r_1 - r_0) * CLOSEST_PART)
        gaps = tuple(gap if np.isinf(width) else 0.0 for width in (width_0, width_1))
        cuts = [0.0, 1.0]
        for end, width in ((0.0, width_0), (1.0, width_1)):
            part = max(width, NARROWEST * r_1) / (r_1 - r_0)
            size = 2 / np.pi * np.arcsin(np.sqrt(min(part, 1.0)))
            while size < 1 / 2:
                cuts.append(abs(end - size))
                size *= TOWARDS_A_RESONANCE
        beyond = (lengths[i], lengths[i + 2])
        panels += [_RadialPanel(phi, (r_0, r_1), gaps, part, beyond) for part in pairwise(np.unique(cuts))]
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


def _left_at_edges(rays, span):
    """Error of the angle where a pocket begins or ends between two rays, by name.

    The length of a ray in a pocket, and so its integral F, begins like a square root of
    the angle there. With the step h the trapezoidal rule errs by at most 0.21 h F, of F
    one step further inside: the first ray may lie anywhere in its step.
    """
    left = {}
    for i, ray in enumerate(rays):
        for side in (-1, 1):
            if ray.values and not rays[(i + side) % len(rays)].values:
                inside = rays[(i - side) % len(rays)].values or ray.values
                for name, value in inside.items():
                    size = max(np.abs(one).max(initial=0) for one in (value, ray.values[name]))
                    left[name] = left.get(name, 0.0) + EDGE * span / len(rays) * float(size)
    return left


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


def _left_on_a_panel(changes, sums):
    """Error left by 15 points, name by name, from how fast the coefficients fall.

    B is the larger |b_j| of the last pair in `PAIRS`, q the worst of the ratios of one
    pair to the one before, at most 1: one small ratio alone may be small by accident,
    and a fast fall of the first ones is that of another part of the integrand. The
    coefficients that are not seen are taken as B q^((j - 14.5)/2), so that

        error = 2.5 sum_{j = 17, 19, ..., 31} B q^((j - 14.5)/2)/(32 - j),

    or a fiftieth of the change from 7 points if that is more.
    """
    fine, of_b = len(LEVELS) - 1, slice(len(LEVELS), None)
    sizes = [np.abs(x[of_b] - x[fine]).reshape(len(PAIRS), -1).max(axis=1, initial=0) for x in sums.values()]
    largest = np.array(sizes).T / SHARE_OF_B
    before, after = largest[:-1], largest[1:]
    worst = np.divide(after, before, out=np.ones(before.shape), where=before > 0).max(axis=0)
    unseen = np.minimum(worst, 1.0)[:, None] ** ((UNSEEN - np.mean(PAIRS[-1])) / len(PAIRS[-1]))
    errors = CAREFUL * largest[-1] * (unseen / (UNSEEN[-1] + 1 - UNSEEN)).sum(axis=1)
    return {name: max(float(error), LEAST_LEFT * changes[name]) for name, error in zip(sums, errors, strict=True)}
