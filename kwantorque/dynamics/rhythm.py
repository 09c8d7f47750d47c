"""What a motion settles to: means, amplitude, frequency, the time of a reversal.

A motion on the sphere with constant parameters crosses itself nowhere, so that it turns
around a point: its period is the mean time of these turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["STATIC", "first_zero", "fundamental", "mean_and_spread", "spectral_peak"]

STATIC = 1e-4
"""Standard deviation of m, largest component, below which it stands still."""


FEW = 8
"""Samples from which on there is a spectrum."""
SAME = 1e-6
"""Part of a period by which two passes may differ."""
PASSES = 3
"""The centre is a mean over whole turns, which are known from the centre."""


def mean_and_spread(m: NDArray) -> tuple[NDArray, NDArray]:
    """Mean over time and the largest standard deviation of a component.

    By the trapezoidal rule: what is not a whole number of turns errs by the square of
    the distance of the samples only.

    Parameters
    ----------
    m : (n, 3, ...) array
        At equidistant times.

    Returns
    -------
    mean : (3, ...) array
    spread : (...) array

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.dynamics.rhythm import mean_and_spread
    >>> t = np.linspace(0, 1, 5)
    >>> mean, spread = mean_and_spread(np.stack([t, 0 * t, 0 * t], axis=1))
    >>> mean.tolist(), round(float(spread), 3)
    ([0.5, 0.0, 0.0], 0.306)
    """

    def mean(x):
        return (x.sum(axis=0) - (x[0] + x[-1]) / 2) / (len(x) - 1)

    centre = mean(m)
    # Of each component in turn: all of them at once would take three times the memory.
    return centre, np.sqrt([mean((m[:, i] - centre[i]) ** 2) for i in range(3)]).max(axis=0)


def _hermite(t, values, slopes, i):
    """Roots of cubics between samples i and i + 1, where the values change sign."""
    h = np.diff(t)[i]
    a, b, p, q = values[i], values[i + 1], h * slopes[i], h * slopes[i + 1]
    x = a / (a - b)
    for _ in range(4):
        y = a + x * (p + x * (3 * (b - a) - 2 * p - q + x * (2 * (a - b) + p + q)))
        slope = p + x * (2 * (3 * (b - a) - 2 * p - q) + 3 * x * (2 * (a - b) + p + q))
        with np.errstate(divide="ignore", invalid="ignore"):
            x = np.clip(np.where(slope * (b - a) > 0, x - y / slope, x), 0, 1)
    return t[i] + x * h


def first_zero(t: NDArray, values: NDArray, slopes: NDArray) -> float:
    """The first time at which a component is zero; NaN if it never is.

    Parameters
    ----------
    t, values, slopes : (n,) arrays
        Times, the component and its derivative there.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.dynamics.rhythm import first_zero
    >>> t = np.linspace(0, 3, 10)
    >>> round(first_zero(t, np.cos(t), -np.sin(t)), 4)
    1.5708
    """
    changes = np.nonzero(values[:-1] * values[1:] <= 0)[0]
    if not len(changes):
        return np.nan
    return float(_hermite(t, values, slopes, changes[:1])[0])


def fundamental(t: NDArray, m: NDArray, rates: NDArray) -> float:
    """Frequency of the component of a motion that varies most; NaN if there is none.

    Parameters
    ----------
    t : (n,) array
    m, rates : (n, 3) arrays
        Unit vectors and their derivatives.

    Returns
    -------
    float
        Returns per time; twice that if the motion comes back half-way with this
        component the same and the other two reversed. NaN for a component whose
        standard deviation is below 1e-4, and for less than one return.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.dynamics.rhythm import fundamental
    >>> t = np.linspace(0, 10, 200)
    >>> zero = np.zeros_like(t)
    >>> m = np.stack([np.cos(9 * t), np.sin(9 * t), zero], axis=1)
    >>> round(fundamental(t, m, np.stack([-9 * m[:, 1], 9 * m[:, 0], zero], axis=1)), 4)
    1.4324
    """
    spread = m.std(axis=0)
    if spread.max() < STATIC:
        return np.nan
    if np.isnan(period := _period(t, m, rates)):
        return np.nan
    half = np.full(3, -1.0)
    half[np.argmax(spread)] = 1.0
    # Half-way round a symmetric orbit this component is what it was.
    away = np.abs(m - half * m[0]).max(axis=1)
    symmetric = away.min() < 0.75 * np.sqrt((np.diff(m, axis=0) ** 2).sum(axis=1)).max()
    return float((2 if symmetric and spread.min() > STATIC else 1) / period)


def _period(t, m, rates):
    """Mean time of a turn around the centre of the motion; NaN for less than one.

    A turn ends where it began: in the half-plane of the first point, that ends in the
    axis through the centre along the area that is swept. In it spirals come back, too.
    """
    period, last = np.nan, len(t)
    for _ in range(PASSES):
        away = m - m[:last].mean(axis=0)
        area = np.cross(away, rates).mean(axis=0)
        across = np.cross(area, away[0])
        values, ahead = away @ across, away[:-1] @ away[0] > 0
        # In the first interval it is the first point itself, but for rounding.
        up = np.nonzero((values[1:-1] < 0) & (values[2:] >= 0) & ahead[1:])[0] + 1
        # A turn leaves to the other side: a reversal, once, does not come back.
        up = up[up > int(np.argmax(values[1:] > 0))]
        if not len(up):
            return period
        # The first point lies in the half-plane itself.
        crossings = np.concatenate([t[:1], _hermite(t, values, rates @ across, up)])
        before, period = period, float((crossings[-1] - crossings[0]) / (len(crossings) - 1))
        if abs(period - before) < SAME * period:
            break
        last = up[-1] + 1
    return period


def spectral_peak(t: NDArray, m: NDArray) -> float:
    """Frequency of the largest peak in the spectrum of what varies most: of noise.

    Parameters
    ----------
    t : (n,) array, equidistant
    m : (n, 3) array

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.dynamics.rhythm import spectral_peak
    >>> t = np.linspace(0, 10, 400)
    >>> m = np.stack([np.cos(9 * t), np.zeros_like(t), np.zeros_like(t)], axis=1)
    >>> bool(abs(spectral_peak(t, m) - 9 / (2 * np.pi)) < 0.01)
    True
    """
    if len(t) < FEW:
        return np.nan
    signal = m[:, np.argmax(m.std(axis=0))]
    window = np.hanning(len(t))
    power = np.abs(np.fft.rfft(window * (signal - np.average(signal, weights=window)))) ** 2
    peak = int(np.argmax(power[1:-1])) + 1
    a, b, c = np.log(power[peak - 1 : peak + 2] + np.finfo(float).tiny)
    return float((peak + (a - c) / (2 * (a - 2 * b + c))) / (len(t) * (t[1] - t[0])))
