"""The equation of motion of a unit vector, its fixed points and their stability."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .terms import GAMMA, ZERO, linear
from .vectors import crossed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .macrospin import Macrospin
    from .terms import Parts
    from .vectors import Components

    Rate = Callable[[Any, Any, Any], tuple[Any, Any, Any]]

__all__ = [
    "PER_NS",
    "damped",
    "eigenvalues",
    "flow",
    "frame",
    "linear_parts",
    "linearised",
    "solved",
    "unstable_directions",
]

PER_NS = GAMMA * 1e-9
"""gamma in 1/(ns T): a rate in tesla times this is per nanosecond."""
DIFFERENCE = 1e-5
"""Step in m of the linearised flow: central differences err by its square."""


def solved(damping: float | NDArray, form: str = "gilbert") -> float | NDArray:
    """What an equation solved for dm/dt is multiplied with: 1/(1 + damping^2), or 1."""
    return 1 / (1 + damping * damping) if form == "gilbert" else 1.0


def damped(n: Components, m: Components, damping: float | NDArray, share: float | NDArray) -> Components:
    """dm/dt where m would turn by n without damping: share (n + damping m x n)."""
    return tuple(share * (a + damping * b) for a, b in zip(n, crossed(m, n), strict=True))


def flow(magnet: Macrospin) -> Rate:
    """(dm/dt)/gamma in tesla, as a function of the components of a unit vector m.

    Gilbert's form solved for dm/dt, with N = -m x B,

        dm/dt = gamma (N + damping m x N)/(1 + damping^2);

    that of Landau and Lifshitz is without the denominator.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.dynamics.equation import flow
    >>> magnet = kt.Macrospin(damping=0.5, terms=[kt.dynamics.Field((0, 0, 1))])
    >>> [float(x) for x in flow(magnet)(1.0, 0.0, 0.0)]
    [0.0, 0.8, 0.4]
    """
    matrix, constant = linear_parts(magnet)
    fields = [linear(matrix, constant), *(term.on(magnet) for term in magnet.terms if not hasattr(term, "parts"))]
    first, *others = fields
    damping, share = magnet.damping, solved(magnet.damping, magnet.form)

    def rate(x, y, z):
        bx, by, bz = first(x, y, z)
        for field in others:
            p, q, r = field(x, y, z)
            # Of thousands of trajectories each sum counts: not those with a plain 0.
            bx = p if bx is ZERO else bx if p is ZERO else bx + p
            by = q if by is ZERO else by if q is ZERO else by + q
            bz = r if bz is ZERO else bz if r is ZERO else bz + r
        m = (x, y, z)
        return damped(crossed((bx, by, bz), m), m, damping, share)

    return rate


def linear_parts(magnet: Macrospin) -> Parts:
    """A and b of B = A m + b, the field of all terms with an energy, in tesla."""
    parts = [term.parts(magnet) for term in magnet.terms if hasattr(term, "parts")]
    matrix = tuple(tuple(sum(one[0][i][j] for one in parts) for j in range(3)) for i in range(3))
    return matrix, tuple(sum(one[1][i] for one in parts) for i in range(3))


def frame(m: NDArray) -> tuple[NDArray, NDArray]:
    """Two unit vectors e1, e2 = m x e1 across unit vectors m, all of shape (3, ...)."""
    # The axis that m is farthest from spans the plane with it.
    axis = np.argmin(np.abs(m), axis=0)
    e1 = np.moveaxis(np.eye(3)[axis], -1, 0)
    e1 = e1 - m * (e1 * m).sum(axis=0)
    e1 /= np.sqrt((e1 * e1).sum(axis=0))
    return e1, np.stack(crossed(m, e1))


def linearised(rate: Rate, m: NDArray) -> tuple[NDArray, NDArray]:
    """The flow and its derivatives in the plane across m, in `frame(m)`.

    Parameters
    ----------
    rate : callable
        As `flow` returns it.
    m : (3, ...) array

    Returns
    -------
    f : (2, ...) array
    jacobian : (2, 2, ...) array
        d f_i/d m_j.

    Examples
    --------
    >>> import numpy as np
    >>> import kwantorque as kt
    >>> from kwantorque.dynamics.equation import flow, linearised
    >>> magnet = kt.Macrospin(damping=0.0, terms=[kt.dynamics.Field((0, 0, 1))])
    >>> linearised(flow(magnet), np.array([0.0, 0.0, 1.0]))[1].round(9) + 0.0
    array([[ 0., -1.],
           [ 1.,  0.]])
    """
    basis = np.stack(frame(m))
    f = np.einsum("ic...,c...->i...", basis, _stacked(rate(*m), m))
    columns = []
    for direction in basis:
        ends = []
        for sign in (1, -1):
            moved = m + sign * DIFFERENCE * direction
            moved = moved / np.sqrt((moved * moved).sum(axis=0))
            ends.append(_stacked(rate(*moved), m))
        change = (ends[0] - ends[1]) / (2 * np.arctan(DIFFERENCE))
        columns.append(np.einsum("ic...,c...->i...", basis, change))
    return f, np.stack(columns, axis=1)


def _stacked(parts, m):
    return np.stack([np.broadcast_to(part, m.shape[1:]) for part in parts])


def eigenvalues(jacobian: NDArray) -> NDArray:
    """Both eigenvalues of 2 x 2 matrices (2, 2, ...), as (2, ...) complex numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.dynamics.equation import eigenvalues
    >>> eigenvalues(np.array([[-1.0, -2.0], [2.0, -1.0]]))
    array([-1.+2.j, -1.-2.j])
    """
    half = (jacobian[0, 0] + jacobian[1, 1]) / 2
    determinant = jacobian[0, 0] * jacobian[1, 1] - jacobian[0, 1] * jacobian[1, 0]
    root = np.sqrt(np.asarray(half * half - determinant, complex))
    return np.stack([half + root, half - root])


def unstable_directions(jacobian: NDArray) -> NDArray:
    """How many eigenvalues have a positive real part; 0 where all is stable."""
    return (eigenvalues(jacobian).real > 0).sum(axis=0)
