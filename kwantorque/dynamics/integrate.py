"""Motion of unit vectors in time: one accurately, many at once, or with noise.

`path` is adaptive (DOP853), `rk4` and `heun` take fixed steps. A Heun step with the
same noise in predictor and corrector converges to the Stratonovich solution, the one in
which m keeps its length and equilibrium is Boltzmann's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from scipy.integrate import solve_ivp

from ..errors import ComputationError
from .equation import damped, solved
from .vectors import crossed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .equation import Rate

__all__ = ["heun", "path", "projected", "response", "rk4"]

LEAST = 3e-14
"""DOP853 asks for no relative error below 100 roundings."""


def projected(m: NDArray) -> NDArray:
    """Unit vectors of (3, ...)."""
    return m / np.sqrt(m[0] * m[0] + m[1] * m[1] + m[2] * m[2])


def path(rate: Rate, start: NDArray, times: NDArray, tolerance: float = 1e-9) -> tuple[NDArray, float]:
    """m at some times, from an adaptive step of order 8 (DOP853).

    The flow is taken as |m| rate(m/|m|), so that the direction of m does not depend on
    its length: to project at the end is then the same as to project after each step.

    Parameters
    ----------
    rate : callable
        dm/ds of components, s in the unit of `times`.
    start : (3,) or (3, n) array of unit vectors
    times : (t,) array, ascending from 0
    tolerance : float
        Of a step, relative.

    Returns
    -------
    m : (t, 3) or (t, 3, n) array
        Of unit length.
    drift : float
        The largest | |m| - 1 | before it was projected.

    Raises
    ------
    ComputationError
        The steps became too small.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.dynamics.integrate import path
    >>> turning = lambda x, y, z: (-y, x, 0.0)
    >>> m, drift = path(turning, np.array([1.0, 0.0, 0.0]), np.array([0.0, np.pi]))
    >>> m[-1].round(8) + 0.0, drift < 1e-7
    (array([-1.,  0.,  0.]), True)
    """
    shape = start.shape

    def extended(_, flat):
        if len(shape) == 1:
            x, y, z = flat.tolist()
            length = (x * x + y * y + z * z) ** 0.5
            f = rate(x / length, y / length, z / length)
            return [f[0] * length, f[1] * length, f[2] * length]
        m = flat.reshape(shape)
        length = np.sqrt((m * m).sum(axis=0))
        out = np.empty(shape)
        out[0], out[1], out[2] = rate(*(m / length))
        return (out * length).ravel()

    options = {"rtol": max(tolerance, LEAST), "atol": max(tolerance, LEAST) * 1e-2, "t_eval": times}
    found = solve_ivp(extended, (times[0], times[-1]), start.ravel(), method="DOP853", **options)
    if not found.success:
        raise ComputationError(f"the motion could not be followed ({found.message}); are all fields finite?")
    m = found.y.T.reshape(-1, *shape)
    lengths = np.sqrt((m * m).sum(axis=1))
    return m / np.expand_dims(lengths, 1), float(np.abs(lengths - 1).max())


def rk4(rate: Rate, m: NDArray, step: float) -> NDArray:
    """One step of order 4 of (3, ...) unit vectors, projected to unit length.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.dynamics.integrate import rk4
    >>> rk4(lambda x, y, z: (-y, x, 0.0), np.array([1.0, 0.0, 0.0]), 0.1).round(6)
    array([0.995004, 0.099833, 0.      ])
    """
    k1 = rate(*m)
    k2 = rate(*(x + 0.5 * step * k for x, k in zip(m, k1, strict=True)))
    k3 = rate(*(x + 0.5 * step * k for x, k in zip(m, k2, strict=True)))
    k4 = rate(*(x + step * k for x, k in zip(m, k3, strict=True)))
    out = np.empty_like(m)
    for i in range(3):
        total = k2[i] + k3[i]
        total = total + total
        total += k1[i]
        total += k4[i]
        total *= step / 6
        out[i] = m[i] + total
    # 1/|m|, of a length that a step changes by little.
    length = out[0] * out[0] + out[1] * out[1] + out[2] * out[2]
    out *= (3 - length) / 2
    return out


def heun(
    rate: Rate, noise: Callable[[tuple], tuple], m: NDArray, step: float, kicks: Iterator[NDArray]
) -> Iterator[NDArray]:
    """Steps in a thermal field, one for each of `kicks`.

    Parameters
    ----------
    rate : callable
        (dm/dt)/gamma of components, T.
    noise : callable
        noise(b) -> the rate of the field b alone: what the field of the noise does.
    m : (3, ...) array
    step : float, 1/T
        gamma times the time step.
    kicks : iterator of (3, ...) arrays
        The thermal field of each step, T.

    Yields
    ------
    (3, ...) array
        m after each step, of unit length.
    """
    for kick in kicks:

        def both(m, kick=kick):
            return [a + b for a, b in zip(rate(*m), noise(m, kick), strict=True)]

        first = both(tuple(m))
        second = both(tuple(x + step * k for x, k in zip(m, first, strict=True)))
        m = projected(np.stack([x + step / 2 * (a + b) for x, a, b in zip(m, first, second, strict=True)]))
        yield m


def response(damping: float | NDArray, form: str) -> Callable[[tuple, tuple], list]:
    """The rate of a field alone, as `heun` takes it for the noise.

    Parameters
    ----------
    damping : float or array
    form : {"gilbert", "landau-lifshitz"}
    """
    share = solved(damping, form)

    def rate(m, b):
        return damped(crossed(tuple(b), m), m, damping, share)

    return rate
