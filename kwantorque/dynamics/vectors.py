"""Vectors as three components, each a number or an array over trajectories.

One trajectory runs fastest on plain numbers, thousands of them on arrays; both take the
same operations.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Components = tuple[Any, Any, Any]

__all__ = ["along", "angles", "crossed", "dotted", "is_zero", "scalar", "unit", "vector"]


def scalar(name: str, values: ArrayLike) -> Any:
    """A finite number as a float, or an array of them as it is.

    Raises
    ------
    InputError
        It is something else, or not finite.

    Examples
    --------
    >>> from kwantorque.dynamics.vectors import scalar
    >>> scalar("torque", 1), scalar("torque", [0.0, 0.5])
    (1.0, array([0. , 0.5]))
    """
    try:
        if isinstance(values, (bool, str)):
            raise TypeError
        found = np.asarray(values, float)
    except (TypeError, ValueError):
        found = np.array(np.nan)
    if not np.isfinite(found).all():
        raise InputError(f"`{name}` must be a finite number, or an array of them, got {values!r}")
    return found if found.ndim else float(found)


def vector(name: str, values: ArrayLike) -> Components:
    """Components of a vector, or of an array (..., 3) of them.

    Raises
    ------
    InputError
        The last axis is not x, y, z, or a component is not finite.
    """
    try:
        found = np.asarray(values, float)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape[-1:] != (3,) or not np.isfinite(found).all():
        raise InputError(f"`{name}` must be a finite vector x, y, z, or an array (..., 3) of them, got {values!r}")
    return tuple(found.tolist()) if found.ndim == 1 else tuple(np.moveaxis(found, -1, 0))


def unit(name: str, values: ArrayLike | str) -> Components:
    """Components of unit vectors along axes such as "-x", or vectors.

    Raises
    ------
    InputError
        It is no vector, or has no length.

    Examples
    --------
    >>> from kwantorque.dynamics.vectors import unit
    >>> unit("start", (0, 3, 4))
    (0.0, 0.6, 0.8)
    >>> unit("start", (0, 0, 0))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `start` must have a length, |m| > 0, got (0, 0, 0)
    """
    if isinstance(values, str):
        if not re.fullmatch(r"[+-]?[xyz]", values):
            raise InputError(f"`{name}` must be an axis such as 'x' or '-z', or a vector, got {values!r}")
        values = (-1.0 if values[0] == "-" else 1.0) * np.eye(3)["xyz".index(values[-1])]
    x, y, z = vector(name, values)
    length = np.sqrt(x * x + y * y + z * z)
    if not np.all(length > 0):
        raise InputError(f"`{name}` must have a length, |m| > 0, got {values!r}")
    # Of plain numbers plain ones.
    length = length if np.ndim(length) else float(length)
    return x / length, y / length, z / length


def along(theta: ArrayLike, phi: ArrayLike) -> NDArray:
    """The unit vector of two angles, (..., 3).

        m = (sin theta cos phi, sin theta sin phi, cos theta)

    Parameters
    ----------
    theta, phi : float or array, deg

    Examples
    --------
    >>> from kwantorque.dynamics.vectors import along
    >>> along(90.0, 180.0).round(9) + 0.0
    array([-1.,  0.,  0.])
    """
    theta, phi = np.radians(theta), np.radians(phi)
    parts = np.broadcast_arrays(np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta))
    return np.stack(parts, axis=-1)


def angles(m: NDArray) -> tuple[NDArray, NDArray]:
    """Polar angle and azimuth in degrees of vectors (..., 3).

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.dynamics.vectors import angles
    >>> [float(angle) for angle in angles(np.array([0.0, -1.0, 0.0]))]
    [90.0, -90.0]
    """
    polar = np.arctan2(np.hypot(m[..., 0], m[..., 1]), m[..., 2])
    return np.degrees(polar), np.degrees(np.arctan2(m[..., 1], m[..., 0]))


def dotted(a: Components, b: Components) -> Any:
    """The scalar product a.b."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def crossed(a: Components, b: Components) -> Components:
    """The vector product a x b."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def is_zero(x: Any) -> bool:
    """Whether a number, or each of an array, is exactly zero."""
    return not np.any(x)
