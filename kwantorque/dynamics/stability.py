"""Fixed points of a magnet, followed as a torque grows, until one changes stability."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .equation import eigenvalues, frame, linear_parts, linearised, unstable_directions
from .integrate import projected
from .vectors import crossed, unit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .equation import Rate
    from .macrospin import Macrospin

    RateAt = Callable[[NDArray, NDArray], Rate]

__all__ = ["equilibrium", "first_change", "fixed_points", "solved_pairs"]

EQUAL = 1e-12
"""Anisotropies that differ by less than this part of the largest are equal."""
REAL = 1e-6
"""Imaginary part of a root that is real but for rounding: double ones lose half."""
MARGINAL = 1e-8
"""Real part of an eigenvalue, over the largest field, that is zero."""
CONVERGED, NEWTON = 1e-11, 12
"""Newton's last step in radians; how many it may take."""
FIRST, WIDEST, SMALLEST = 1e-3, 2e-2, 1e-9
"""Steps of the torque: the first, the largest, and where the point ends."""
FARTHEST = 0.2
"""Radians that a fixed point may move in a step."""
STAYED = 1e-4
"""Radians that a point may move in the smallest torque to be the same."""
HALVINGS = 40
"""Of a step in which stability changes."""
FOLD = 1e4
"""Where two points meet and end, dm/dtau diverges: it is beyond this there."""


def equilibrium(magnet: Macrospin, start: ArrayLike | str) -> NDArray:
    """The equilibrium without torques at the smallest angle to a direction.

    Stable or not: m x B = 0, B = A m + b of all terms that have an energy. Along the
    axes of A, m_i = b_i/(x - A_i), with x a root of sum of m_i^2 = 1; where b_i = 0
    there is x = A_i as well.

    Parameters
    ----------
    magnet : Macrospin
    start : str or 3-vector

    Returns
    -------
    (3,) array

    Raises
    ------
    InputError
        Terms or start are arrays, of several magnets.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.dynamics.stability import equilibrium
    >>> d = kt.dynamics
    >>> film = [d.Uniaxial(0.02, "x"), d.Demagnetisation(), d.Field((0, 0.01, 0))]
    >>> equilibrium(kt.Macrospin(terms=film), d.along(90, 20)).round(4) + 0.0
    array([0.866, 0.5  , 0.   ])
    """
    parts, start = linear_parts(magnet), np.array(unit("start", start), float)
    if start.ndim > 1 or any(np.ndim(x) for row in (*parts[0], parts[1]) for x in row):
        raise InputError("`equilibrium` is of one magnet and one start: give its terms numbers instead of arrays")
    matrix, constant = (np.array(part, float) for part in parts)
    own, axes = np.linalg.eigh(matrix)
    b, s = axes.T @ constant, axes.T @ start
    size = max(np.abs(own).max(), np.abs(b).max())
    if size == 0:
        return axes @ s
    groups, left = [], list(range(3))
    while left:
        groups.append([i for i in left if abs(own[i] - own[left[0]]) <= EQUAL * size])
        left = [i for i in left if i not in groups[-1]]
    driven = [g for g in groups if np.abs(b[g]).max() > EQUAL * size]
    found = [*_along_roots(own, b, driven), *_off_roots(own, b, s, [g for g in groups if g not in driven])]
    # In a tiny field roots are lost by rounding; the points are next to those without.
    found = _polished(own, b, size, [*found, *_off_roots(own, 0 * b, s, groups)])
    return axes @ max(found, key=lambda m: m @ s)


def _polished(own, b, size, found):
    """Those of some points that are fixed, after Newton's steps."""
    m = projected(np.stack(found, axis=1))

    def rate(x, y, z):
        return crossed((x, y, z), [a * component + c for a, component, c in zip(own, (x, y, z), b, strict=True)])

    moved, _, good = fixed_points(rate, m)
    # On a circle of equilibria Newton's step is 0/0.
    still = np.sqrt((np.stack(rate(*m)) ** 2).sum(axis=0)) <= EQUAL * size
    points = np.where(good, moved, m)[:, good | still]
    return points.T if points.size else m.T


def _along_roots(own, b, driven):
    """Points with all components along the field's: x not an anisotropy."""
    if not driven:
        return
    levels, squares = [own[g[0]] for g in driven], [(b[g] ** 2).sum() for g in driven]
    all_factors = np.poly(np.repeat(levels, 2))
    rest = [square * np.poly(np.repeat(np.delete(levels, i), 2)) for i, square in enumerate(squares)]
    polynomial = all_factors
    for one in rest:
        polynomial = np.polysub(polynomial, one)
    scale = np.abs(levels).max() + np.sqrt(sum(squares))
    for root in np.roots(polynomial):
        if abs(root.imag) > REAL * scale:
            continue
        m = np.zeros(3)
        for g in driven:
            m[g] = b[g] / (root.real - own[g[0]] or EQUAL * scale)
        yield m


def _off_roots(own, b, s, free):
    """Points with x an anisotropy along whose axes there is no field."""
    for g in free:
        gaps = own[g[0]] - own
        gaps[g] = np.inf
        m = b / gaps
        if (square := 1 - m @ m) < 0:
            continue
        towards = s[g] if np.abs(s[g]).max() > 0 else np.eye(len(g))[0]
        for sign in (1, -1):
            point = m.copy()
            point[g] = sign * np.sqrt(square) * towards / np.linalg.norm(towards)
            yield point


def fixed_points(rate: Rate, m: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Fixed points next to m (3, n), the Jacobian there, and whether each converged.

    Examples
    --------
    >>> import numpy as np
    >>> import kwantorque as kt
    >>> from kwantorque.dynamics.equation import flow
    >>> from kwantorque.dynamics.stability import fixed_points
    >>> magnet = kt.Macrospin(terms=[kt.dynamics.Field((0, 0, 1))])
    >>> m, _, converged = fixed_points(flow(magnet), np.array([[0.1], [0.0], [0.995]]))
    >>> m[:, 0].round(9) + 0.0, bool(converged[0])
    (array([0., 0., 1.]), True)
    """
    start, settled = m, np.zeros(m.shape[1], bool)
    for _ in range(NEWTON):
        f, jacobian = linearised(rate, m)
        step = solved_pairs(jacobian, -f)
        size = np.sqrt((step * step).sum(axis=0))
        step *= np.minimum(1, FARTHEST / np.maximum(size, EQUAL))
        e1, e2 = frame(m)
        m = projected(m + step[0] * e1 + step[1] * e2)
        settled = size < CONVERGED
        if settled.all():
            break
    near = ((m - start) ** 2).sum(axis=0) < FARTHEST**2
    return m, linearised(rate, m)[1], settled & near


def solved_pairs(matrix: NDArray, vector: NDArray) -> NDArray:
    """Solutions (2, n) of systems (2, 2, n), (2, n); large where they are singular."""
    (a, b), (c, d) = matrix
    determinant = a * d - b * c
    determinant = np.where(np.abs(determinant) > np.finfo(float).tiny, determinant, np.finfo(float).tiny)
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.stack([d * vector[0] - b * vector[1], a * vector[1] - c * vector[0]]) / determinant
    return np.nan_to_num(found, posinf=1.0, neginf=-1.0)


def first_change(rate_at: RateAt, start: NDArray, scale: ArrayLike, most: float = 1.0) -> NDArray:
    """Where fixed points, followed as a torque grows from 0, change their stability.

    Parameters
    ----------
    rate_at : callable
        rate_at(torque, which) -> the flow of some trajectories, at torques >= 0 of the
        same shape.
    start : (3, n) array
        Fixed points without torque.
    scale : float or (n,) array
        Of the flow.
    most : float
        The largest torque.

    Returns
    -------
    (n,) array
        The first torque at which the number of eigenvalues with a positive real part
        changes; NaN if it does not, or the point ends first. 0 if one has none without
        torque, and the point goes on.

    Examples
    --------
    >>> import numpy as np
    >>> import kwantorque as kt
    >>> from kwantorque.dynamics.equation import flow
    >>> from kwantorque.dynamics.stability import first_change
    >>> d = kt.dynamics
    >>> film = kt.Macrospin(terms=[d.Uniaxial(0.02, "x"), d.Demagnetisation()])
    >>> def rate_at(torque, _):
    ...     return flow(film.but(terms=(*film.terms, d.Slonczewski(torque, "x"))))
    >>> first_change(rate_at, np.array([[-1.0], [0.0], [0.0]]), 1.0).round(9)
    array([0.0052])
    """
    n = start.shape[1]
    found, m, before = np.full(n, np.nan), start.copy(), start.copy()
    low, last, step = np.zeros(n), np.zeros(n), np.full(n, FIRST)
    jacobian = linearised(rate_at(low, np.arange(n)), m)[1]
    count = unstable_directions(jacobian)
    marginal = np.abs(eigenvalues(jacobian).real).min(axis=0) < MARGINAL * np.asarray(scale)
    bracket, active = np.full(n, np.nan), np.ones(n, bool)
    if marginal.any():
        which = np.nonzero(marginal)[0]
        point, _, good = fixed_points(rate_at(np.full(len(which), SMALLEST), which), m[:, which])
        # Of a whole circle of equilibria a torque leaves points far away.
        found[which[good & (((point - m[:, which]) ** 2).sum(axis=0) < STAYED**2)]] = 0.0
        active[which] = False
    while active.any():
        which = np.nonzero(active)[0]
        tried = np.minimum(low[which] + step[which], most)
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = np.where(low[which] > last[which], (m - before)[:, which] / (low - last)[which], 0.0)
        guess = projected(m[:, which] + slope * np.minimum(tried - low[which], FARTHEST))
        point, jacobian, good = fixed_points(rate_at(tried, which), guess)
        good &= ((point - m[:, which]) ** 2).sum(axis=0) < FARTHEST**2
        changed = good & (unstable_directions(jacobian) != count[which])
        bracket[which[changed]] = tried[changed]
        kept = which[good & ~changed]
        before[:, kept], last[kept] = m[:, kept], low[kept]
        m[:, kept], low[kept] = point[:, good & ~changed], tried[good & ~changed]
        step[kept] = np.minimum(1.6 * step[kept], WIDEST)
        step[which[~good]] /= 4
        active[which[changed]] = False
        active &= (step > SMALLEST) & (low < most)
    which = np.nonzero(np.isfinite(bracket))[0]
    if len(which):
        found[which] = _halved(rate_at, m[:, which], low[which], bracket[which], count[which], which)
    return found


def _halved(rate_at, m, low, high, count, which):
    """The change between two torques; NaN where the point ends instead."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        point, jacobian, good = fixed_points(rate_at(middle, which), m)
        same = good & (unstable_directions(jacobian) == count)
        low, high = np.where(same, middle, low), np.where(same, high, middle)
        m = np.where(same, point, m)
        if (high - low < 1e-13).all():
            break
    jacobian = linearised(rate_at(low, which), m)[1]
    pair = np.abs(eigenvalues(jacobian).imag).min(axis=0) > 0
    up, down = (linearised(rate_at(low + sign * SMALLEST, which), m)[0] for sign in (1, -1))
    speed = np.sqrt((solved_pairs(jacobian, (up - down) / (2 * SMALLEST)) ** 2).sum(axis=0))
    return np.where(pair | (speed < FOLD), (low + high) / 2, np.nan)
