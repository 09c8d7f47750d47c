"""Domain walls: torques along the wall and against its width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import (
    COLOURS,
    ROUNDING,
    axes,
    enlarged,
    labelled,
    legend_above,
    require,
    require_sweep,
    result_lines,
    zero,
)

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = [
    "against_width",
    "wall_torques",
]

ALIGNED = 0.999
"""|m_z| from which on the wall is over."""


def wall_torques(data: Dataset, ax: Axes | None = None) -> Axes:
    """Torque on a domain wall along e_theta and along m x e_theta = y, per length.

    With m_z on an axis of its own; e_theta = (m_z, 0, -m_x). The latter torque is
    drawn larger, by a factor that the legend names, where it would look like zero.

    Parameters
    ----------
    data : Dataset of `domain-wall`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, or a sweep.

    Examples
    --------
    >>> import kwantorque as kt
    >>> wall = kt.systems.find("domain-wall")
    >>> data = wall.run(tolerance=0.1, progress=False, width=0.4, spacing=0.2)
    >>> ax = kt.plot.wall_torques(data)
    >>> ax.get_xlabel()
    'z (nm)'
    """
    names = ("adiabatic_density", "nonadiabatic_density", "magnetisation", "z")
    require(data, "a Dataset of `domain-wall`", *names, dims=("site", "axis"))
    ax = axes(ax)
    m, along, across = data.magnetisation, data.adiabatic_density, data.nonadiabatic_density
    ax.plot(data.z, along, color=COLOURS["in plane"], label=r"along $e_\theta$ (adiabatic)")
    times, said = enlarged(across, float(abs(along).max()), data.get("nonadiabatic_density_error", 0.0))
    words = rf"along $m \times e_\theta$ (non-adiabatic){said}"
    ax.plot(data.z, times * across, "--", color=COLOURS["out of plane"], label=words)
    ax.plot([], [], color="0.6", ls=":", label=r"$m_z$ (right axis)")
    zero(ax)
    ax.set(xlabel="z (nm)", ylabel=labelled("torque on the magnetisation", along), xlim=_around_the_wall(data))
    other = ax.twinx()
    other.plot(data.z, m.sel(axis="z"), color="0.6", ls=":")
    other.set(ylabel=r"$m_z$", ylim=(-1.1, 1.1))
    legend_above(ax)
    return ax


def _around_the_wall(data):
    """Where m_z changes, with half of that on either side."""
    turning = data.z.values[abs(data.magnetisation.sel(axis="z").values) < ALIGNED]
    if not len(turning):
        return float(data.z[0]), float(data.z[-1])
    beyond = (turning[-1] - turning[0]) / 2
    return float(max(turning[0] - beyond, data.z[0])), float(min(turning[-1] + beyond, data.z[-1]))


def against_width(data: Dataset, ax: Axes | None = None) -> Axes:
    """Non-adiabatic torque and resistance of a wall against its width, in logarithms.

    With error bars, each on an axis of its own, and a line of 1/width^2 through the
    last torque.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `width` on `domain-wall`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        The Dataset is no such sweep.

    Examples
    --------
    >>> import kwantorque as kt
    >>> wall = kt.systems.find("domain-wall")
    >>> sweep = kt.systems.Sweep(wall, {"spacing": 0.2}, {"width": [0.4, 0.8]})
    >>> ax = kt.plot.against_width(sweep.run(tolerance=0.1, progress=False))
    >>> ax.get_xlabel()
    'width of the wall (nm)'
    """
    require_sweep(data, "width", "domain-wall", "torque_nonadiabatic", "wall_resistance")
    ax = axes(ax)
    other = ax.twinx()
    torque, resistance = abs(data.result_torque_nonadiabatic), abs(data.result_wall_resistance)
    sizes = data.assign(result_torque_nonadiabatic=torque, result_wall_resistance=resistance)
    look = {"color": COLOURS["out of plane"], "label": rf"non-adiabatic torque, $|B|${_if_constant(torque)}"}
    result_lines(ax, sizes, "width", ("torque_nonadiabatic", 1, look))
    if float(torque[-1]) > 0:
        law = float(torque[-1]) * (float(data.width[-1]) / data.width) ** 2
        ax.plot(data.width, law, "--", color="0.6", lw=0.8, label=r"$\propto 1/w^2$")
    look = {"color": COLOURS["total"], "ls": "-.", "marker": "s", "label": "resistance (right axis)"}
    ax.plot([], [], ms=3, **look)
    look["label"] += _if_constant(resistance)
    result_lines(other, sizes, "width", ("wall_resistance", 1, look))
    ax.set(xscale="log", yscale=_scale(torque), xlabel="width of the wall (nm)")
    ax.set_ylabel(
        labelled(r"non-adiabatic torque $|B|$", data.result_torque_nonadiabatic), color=COLOURS["out of plane"]
    )
    other.set(yscale=_scale(resistance), ylabel=labelled("wall resistance", data.result_wall_resistance))
    ax.xaxis.set_minor_formatter("")
    ax.set_xticks(data.width.values, [f"{width:g}" for width in data.width.values])
    legend_above(ax)
    return ax


def _if_constant(values):
    return ": constant" if float(values.max() - values.min()) <= ROUNDING * float(values.max()) else ""


def _scale(values):
    """Logarithmic, if there is anything to take the logarithm of."""
    return "log" if bool((values > 0).any()) else "linear"
