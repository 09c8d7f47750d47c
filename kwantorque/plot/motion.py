"""The motion of a magnetisation: on the sphere, and in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .base import COLOURS, COMPONENTS, axes, figure_of, labelled, legend_above, require, zero

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from xarray import Dataset

    from .base import Axes

__all__ = ["motion", "on_sphere", "wall_motion"]

MOTION = "a Dataset of `Macrospin.run` or of `macrospin`, of one trajectory"
SEEN_FROM = (25.0, 35.0)
"""Degrees above the equator, and of azimuth, from where the sphere is looked at."""
CIRCLE = np.linspace(0, 2 * np.pi, 181)


def _view(points: NDArray) -> NDArray:
    """(to the right, upwards, towards the eye) of points (..., 3) on the sphere."""
    up, turn = np.radians(SEEN_FROM)
    right = np.array([-np.sin(turn), np.cos(turn), 0.0])
    towards = np.array([np.cos(up) * np.cos(turn), np.cos(up) * np.sin(turn), np.sin(up)])
    return points @ np.stack([right, np.cross(towards, right), towards], axis=1)


def _line(ax, points, **look):
    """A line on the sphere: faint where it is behind it."""
    x, y, depth = _view(points).T
    ax.plot(x, y, **(look | {"alpha": 0.25 * look.get("alpha", 1.0), "label": None}))
    front = depth >= 0
    return ax.plot(np.where(front, x, np.nan), np.where(front, y, np.nan), **look)[0]


def on_sphere(data: Dataset, ax: Axes | None = None) -> Axes:
    """The path of m on the unit sphere, from a dot to a square; faint behind it.

    Parameters
    ----------
    data : Dataset
        Of `Macrospin.run` or the system `macrospin`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        The Dataset has no m (time, axis).

    Examples
    --------
    >>> import kwantorque as kt
    >>> magnet = kt.Macrospin(damping=0.1, terms=[kt.dynamics.Field((0, 0, 1))])
    >>> ax = kt.plot.on_sphere(magnet.run("x", duration=1.0))
    >>> ax.get_aspect()
    1.0
    """
    require(data, MOTION, "m", "time", dims=("time", "axis"))
    ax = axes(ax)
    ax.set_aspect("equal")
    ax.axis("off")
    ax.fill(np.cos(CIRCLE), np.sin(CIRCLE), color="0.96", zorder=0)
    ax.plot(np.cos(CIRCLE), np.sin(CIRCLE), color="0.6", lw=0.8)
    ring, flat = np.stack([np.cos(CIRCLE), np.sin(CIRCLE)], axis=1), np.zeros((len(CIRCLE), 1))
    for plane in (np.hstack([ring, flat]), np.hstack([ring[:, :1], flat, ring[:, 1:]])):
        _line(ax, plane, color="0.75", lw=0.6)
    for name, end in zip("xyz", np.eye(3), strict=True):
        (x, y, _), (u, v, _) = _view(end), _view(1.22 * end)
        ax.plot([x, 1.13 * x], [y, 1.13 * y], color="0.4", lw=0.8)
        ax.text(u, v, name, ha="center", va="center", color="0.3")
    path = data.m.transpose("time", "axis").values
    _line(ax, path, color=COLOURS["magnetisation"], lw=1.0)
    for point, marker in ((path[0], "o"), (path[-1], "s")):
        x, y, depth = _view(point)
        filled = COLOURS["total"] if depth >= 0 else "none"
        ax.plot(x, y, marker, color=COLOURS["total"], mfc=filled, ms=4, zorder=5)
    return ax


def motion(data: Dataset, ax: Axes | None = None) -> Axes:
    """The components of m against time, beside the path of m on the sphere.

    Parameters
    ----------
    data : Dataset
        Of `Macrospin.run` or the system `macrospin`.
    ax : matplotlib Axes, optional
        For the components alone.

    Returns
    -------
    matplotlib Axes
        Of the components; those of the sphere are in its figure.

    Raises
    ------
    InputError
        The Dataset has no m (time, axis).

    Examples
    --------
    >>> import kwantorque as kt
    >>> magnet = kt.Macrospin(damping=0.1, terms=[kt.dynamics.Field((0, 0, 1))])
    >>> ax = kt.plot.motion(magnet.run("x", duration=1.0))
    >>> ax.get_xlabel(), len(ax.get_lines())
    ('time (ns)', 4)
    """
    require(data, MOTION, "m", "time", dims=("time", "axis"))
    if ax is None:
        sphere, ax = figure_of(9.6, 4.2).subplots(1, 2, width_ratios=(1, 1.35))
        on_sphere(data, sphere)
    for name, look in COMPONENTS.items():
        ax.plot(data.time, data.m.sel(axis=name), lw=1.1, label=f"$m_{name}$", **look)
    zero(ax)
    ax.set(xlabel=labelled("time", data.time), ylabel="direction of the magnetisation", ylim=(-1.08, 1.08))
    ax.margins(x=0.01)
    legend_above(ax, ncols=3)
    return ax


def wall_motion(data: Dataset, ax: Axes | None = None) -> Axes:
    """Place and angle of a wall against time.

    Parameters
    ----------
    data : Dataset
        Of `RigidWall.run`, `RigidWall.chain` or the system `domain-wall-motion`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        The Dataset has no position and angle (time).

    Examples
    --------
    >>> import kwantorque as kt
    >>> ax = kt.plot.wall_motion(kt.dynamics.RigidWall().run(100.0))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('time (ns)', 'position of the wall (nm)')
    """
    require(data, "a Dataset of `RigidWall` or of `domain-wall-motion`", "position", "angle", dims=("time",))
    ax = axes(ax)
    other = ax.twinx()
    ax.plot(data.time, data.position, color=COLOURS["magnetisation"], label="position")
    ax.plot([], [], color=COLOURS["out of plane"], ls="--", label="angle (right axis)")
    other.plot(data.time, data.angle, color=COLOURS["out of plane"], ls="--")
    ax.set(xlabel=labelled("time", data.time), ylabel=labelled("position of the wall", data.position))
    other.set_ylabel(labelled("angle of the wall", data.angle), color=COLOURS["out of plane"])
    ax.margins(x=0)
    legend_above(ax)
    return ax
