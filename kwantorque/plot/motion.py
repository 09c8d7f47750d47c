"""The motion of a magnetisation: on the sphere, and in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import InputError, known
from .base import COLOURS, COMPONENTS, axes, figure_of, labelled, legend_above, require, zero

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from xarray import Dataset

    from .base import Axes

__all__ = ["driven_magnets", "frequency_against", "motion", "on_sphere", "phase_diagram", "wall_motion"]

MOTION = "a Dataset of `Macrospin.run` or of `macrospin`, of one trajectory"
SEEN_FROM = (25.0, 35.0)
"""Degrees above the equator, and of azimuth, from where the sphere is looked at."""
MOVING = 0.05
"""Standard deviation of m above which a diagram calls it a precession."""
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


def phase_diagram(data: Dataset, of: str = "x", ax: Axes | None = None) -> Axes:
    """Where a magnet ends, over two parameters; lines around where it precesses.

    Parameters
    ----------
    data : Dataset
        Of `kwantorque.dynamics.settle` with two parameters, the first along x, or of a
        sweep of `macrospin`.
    of : {"x", "y", "z", "resistance"}
        The mean of a component over the last quarter; or cos(2 theta) = 2 m_z^2 - 1 at
        the end, to which the resistance of a junction with one magnet is proportional.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        The Dataset is no such one.

    Examples
    --------
    >>> import numpy as np
    >>> import kwantorque as kt
    >>> d = kt.dynamics
    >>> def film(torque, damping):
    ...     terms = [d.Uniaxial(0.1), d.Slonczewski(torque, "z")]
    ...     return kt.Macrospin(damping=damping, terms=terms)
    >>> axes = {"torque": [-0.1, 0.1], "damping": [0.1, 0.2]}
    >>> data = d.settle(film, start=(0.1, 0, 1), duration=5, **axes)
    >>> kt.plot.phase_diagram(data, of="z").get_xlabel()
    'torque'
    """
    data = _ends(data)
    require(data, "a Dataset of `dynamics.settle` with two parameters", "m_mean", "amplitude", besides=None)
    swept = data.amplitude.dims
    if len(swept) != 2:
        raise InputError(f"this figure needs two parameters, this Dataset has {', '.join(swept) or 'none'}")
    if known("quantity", of, ("x", "y", "z", "resistance")) == "resistance":
        require(data, "a Dataset of `dynamics.settle` with two parameters", "m", besides=None)
    ax = axes(ax)
    across, along = swept
    if of == "resistance":
        shown, words = 2 * data.m.sel(axis="z") ** 2 - 1, r"$\cos 2\theta$ at the end"
    else:
        shown, words = data.m_mean.sel(axis=of), f"mean of $m_{of}$"
    look = {"cmap": "RdBu_r", "vmin": -1, "vmax": 1, "shading": "nearest", "rasterized": True}
    mesh = ax.pcolormesh(data[across], data[along], shown.transpose(along, across), **look)
    ax.figure.colorbar(mesh, ax=ax, label=words)
    moving = data.amplitude.transpose(along, across)
    if float(moving.min()) < MOVING < float(moving.max()):
        ax.contour(data[across], data[along], moving, levels=[MOVING], colors="k", linewidths=0.8)
    ax.set(xlabel=_parameter(data[across]), ylabel=_parameter(data[along]))
    return ax


def frequency_against(data: Dataset, ax: Axes | None = None) -> Axes:
    """Frequency, and amplitude on an axis of its own, against one parameter.

    Parameters
    ----------
    data : Dataset
        Of `kwantorque.dynamics.settle` with one parameter, or of a sweep of
        `macrospin`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        The Dataset is no such one.

    Examples
    --------
    >>> import kwantorque as kt
    >>> d = kt.dynamics
    >>> def magnet(torque):
    ...     terms = [d.Demagnetisation(), d.Slonczewski(torque, "z")]
    ...     return kt.Macrospin(damping=0.1, terms=terms)
    >>> data = d.settle(magnet, start="x", duration=5, torque=[0.02, 0.05])
    >>> line = kt.plot.frequency_against(data).get_lines()[0]
    >>> line.get_ydata().round(1)  # gamma mu0 Ms torque/(2 pi damping)
    array([ 5.6, 14. ])
    """
    data = _ends(data)
    require(data, "a Dataset of `dynamics.settle` with one parameter", "frequency", "amplitude", besides=None)
    if data.frequency.ndim != 1:
        raise InputError(f"this figure needs one parameter, this Dataset has {data.frequency.ndim}")
    ax = axes(ax)
    (swept,) = data.frequency.dims
    ax.plot(data[swept], data.frequency, "o-", ms=3, color=COLOURS["magnetisation"], label="frequency")
    ax.plot([], [], "--", color="0.5", label="amplitude (right axis)")
    other = ax.twinx()
    other.plot(data[swept], data.amplitude, "--", color="0.5")
    other.set(ylabel="amplitude", ylim=(0, None))
    ax.set(xlabel=_parameter(data[swept]), ylabel=labelled("frequency", data.frequency), ylim=(0, None))
    legend_above(ax)
    return ax


def driven_magnets(data: Dataset, of: str = "x") -> Axes:
    """Of a sweep of `macrospin`: where the magnets end, or how they precess.

    A sweep of one parameter is `frequency_against`, below it the mean of each
    component; of two parameters a `phase_diagram`, beside it one of the frequencies.

    Parameters
    ----------
    data : Dataset
        Of a sweep of `macrospin`, or of `kwantorque.dynamics.settle`.
    of : {"x", "y", "z"}
        Of which component a map is, as in `phase_diagram`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        The Dataset has not all of the results, or more than two parameters.

    Examples
    --------
    >>> import kwantorque as kt
    >>> magnet, torques = kt.systems.find("macrospin"), [-0.01, 0.01]
    >>> data = kt.sweep(magnet, torque=torques, duration=3, progress=False)
    >>> kt.plot.driven_magnets(data).get_ylabel()
    'frequency (GHz)'
    """
    data = _ends(data)
    require(data, "a Dataset of a sweep of `macrospin`", "m_mean", "frequency", "amplitude", besides=None)
    swept = data.frequency.dims
    if len(swept) == 2:
        first, other = figure_of(11.0, 4.4).subplots(1, 2)
        mesh = other.pcolormesh(data[swept[0]], data[swept[1]], data.frequency.T, shading="nearest", rasterized=True)
        other.figure.colorbar(mesh, ax=other, label=labelled("frequency", data.frequency))
        other.set(xlabel=_parameter(data[swept[0]]), ylabel=_parameter(data[swept[1]]))
        phase_diagram(data, of, ax=first)
        for one in (first, other):
            one.locator_params("x", nbins=6)
        return first
    if len(swept) != 1:
        raise InputError(f"this figure needs one or two parameters, this Dataset has {len(swept)}")
    first, other = figure_of(7.0, 6.6).subplots(2, 1, sharex=True)
    for name, look in COMPONENTS.items():
        other.plot(
            data[swept[0]], data.m_mean.sel(axis=name), marker="o", ms=3, lw=1.1, label=f"mean of $m_{name}$", **look
        )
    zero(other)
    other.set(xlabel=_parameter(data[swept[0]]), ylabel="direction at the end", ylim=(-1.08, 1.08))
    legend_above(other, ncols=3)
    frequency_against(data, first).set_xlabel("")
    return first


def _ends(data):
    """The results of a sweep of `macrospin` in the words of `settle`."""
    names = {f"result_{name}": name for name in ("frequency", "amplitude")}
    components = [f"result_m_{axis}" for axis in "xyz"]
    if not isinstance(data, xr.Dataset) or not {*names, *components} <= set(data.data_vars):
        return data
    mean = xr.concat([data[name] for name in components], "axis").assign_coords(axis=list("xyz"))
    return data[list(names)].rename(names).assign(m_mean=mean)


def _parameter(values):
    """A swept parameter with its unit, in words where it has some."""
    return labelled(values.attrs.get("long_name", values.name).partition(":")[0], values)
