"""Tunnel junctions under a bias: torques and resistances."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from .base import (
    COLOURS,
    SMOOTH,
    axes,
    figure_of,
    labelled,
    legend_above,
    lines_along,
    require,
    require_sweep,
    result_lines,
    title_of,
    unit_of,
    zero,
)
from .layers import stack as draw_stack
from .profiles import exchange_torque

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = [
    "conductance_against_theta",
    "junction",
    "magnetoresistance_against_bias",
    "torque_against_phi",
    "torque_against_theta",
    "torque_parallel",
    "torques_against_bias",
]

JUNCTION, SEMI = "magnetic-tunnel-junction", "semi-magnetic-tunnel-junction"


def junction(data: Dataset, stack: Any) -> Axes:
    """A junction: its bands with the chemical potentials, and the torque along it.

    Under a bias also the torque of the states between the two potentials alone, which
    that of the sea may hide.

    Parameters
    ----------
    data : Dataset of `kwantorque.steady_state`
    stack : Stack
        That of the Dataset, under its bias.

    Returns
    -------
    matplotlib Axes
        The lowest; the others are above it in the same figure.

    Raises
    ------
    InputError
        Another Dataset, or no stack.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.FreeElectron.from_wavevectors(10.9, 4.2)
    >>> left, right = kt.Layer(iron, 0.4, m="z"), kt.Layer(iron, 0.4, m="x")
    >>> layers = [left, kt.Layer(kt.FreeElectron(mass=0.4, bottom=1.0), 0.4), right]
    >>> stack, rough = kt.Stack(layers, 0.1), {"tolerance": 0.3, "progress": False}
    >>> data = kt.steady_state(stack, bias=0.2, across=1, **rough)
    >>> ax = kt.plot.junction(data, stack.biased(0.2, across=1))
    >>> len(ax.figure.axes)
    3
    """
    require(data, "a Dataset of `kwantorque.steady_state`", "exchange_torque", "part", "boundary_z", besides=None)
    mu = (data.attrs["mu_left"], data.attrs["mu_right"])
    biased = mu[0] != mu[1]
    rows = 3 if biased else 2
    bands, *torques = figure_of(6.4, 1 + 2.8 * rows).subplots(rows, 1, sharex=True)
    draw_stack(stack, mu if biased else mu[0], bands)
    # As a stack counts z: from its left end.
    start = float(data.boundary_z[0])
    data = data.assign_coords({name: data[name] - start for name in ("z", "boundary_z")})
    for part, ax in zip((None, "window"), torques, strict=False):
        exchange_torque(data, part, ax)
    for ax in (bands, *torques[:-1]):
        ax.set_xlabel("")
    return torques[-1]


def torques_against_bias(data: Dataset, ax: Axes | None = None) -> Axes:
    """Torques on the magnets of a tunnel junction against the bias.

    In plane and out of plane on both, with error bars; out of plane without bias.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `bias` on `magnetic-tunnel-junction`
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
    >>> junction = kt.systems.find("magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"bias": [0, 0.2]})
    >>> data = sweep.run(tolerance=0.3, progress=False)
    >>> ax = kt.plot.torques_against_bias(data)
    >>> ax.get_xlabel()
    'bias (V)'
    """
    drawn = (
        ("torque_in_plane", "in plane", "-", "in plane, right magnet"),
        ("torque_in_plane_left", "in plane", "--", "in plane, left magnet"),
        ("torque_out_of_plane", "out of plane", "-", "out of plane, right magnet"),
        ("torque_out_of_plane_left", "out of plane", "--", "out of plane, left magnet"),
        ("torque_out_of_plane_equilibrium", "out of plane", ":", "out of plane, right magnet, without bias"),
    )
    require_sweep(data, "bias", JUNCTION, *(name for name, *_ in drawn))
    ax = axes(ax)
    lines = [
        (name, 1e3, {"color": COLOURS[kind], "ls": style, "marker": "o" if "right" in label else "s", "label": label})
        for name, kind, style, label in drawn
    ]
    result_lines(ax, data, "bias", *lines)
    zero(ax)
    ax.set(xlabel="bias (V)", ylabel=f"torque ({unit_of('meV/nm^2')})")
    legend_above(ax)
    return ax


def magnetoresistance_against_bias(data: Dataset, ax: Axes | None = None) -> Axes:
    """Tunnel magnetoresistance against the bias.

    With the differential conductance, on an axis of its own, if it is there.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `bias` on `magnetic-tunnel-junction`
        Or what `derivatives` of that system makes of it.
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
    >>> junction = kt.systems.find("magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"bias": [0, 0.2]})
    >>> data = sweep.run(tolerance=0.3, progress=False)
    >>> ax = kt.plot.magnetoresistance_against_bias(data)
    >>> ax.get_ylabel()
    'tunnel magnetoresistance (%)'
    """
    require_sweep(data, "bias", JUNCTION, "tmr")
    ax = axes(ax)
    result_lines(ax, data, "bias", ("tmr", 100, {"color": COLOURS["total"], "label": "TMR (left axis)"}))
    ax.set(xlabel="bias (V)", ylabel="tunnel magnetoresistance (%)")
    if "differential_conductance" in data:
        slope = data.differential_conductance
        look = {"color": COLOURS["spin"], "ls": "--", "marker": "s", "ms": 3}
        # Differences of the swept points: between these it is not known.
        ax.plot([], [], label=f"{title_of(slope)}, by differences (right axis)", **look)
        other = ax.twinx()
        other.plot(data.bias, slope, **look)
        other.set_ylabel(labelled(title_of(slope), slope), color=COLOURS["spin"])
        legend_above(ax)
    return ax


def conductance_against_theta(data: Dataset, ax: Axes | None = None) -> Axes:
    """Conductance of a semi-magnetic junction against the angle of M to the normal.

    Its anisotropy is the TAMR. Beside it a cos(2 theta) through 0 and 90 degrees, if
    the sweep contains them. As in figure 1a of Manchon, Phys. Rev. B 83, 172403
    (2011).

    Parameters
    ----------
    data : Dataset of a `Sweep` on `semi-magnetic-tunnel-junction`
        Of `theta`, and of others: one line for each of their values.
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
    >>> junction = kt.systems.find("semi-magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"theta": [0, 90]})
    >>> data = sweep.run(tolerance=0.5, progress=False)
    >>> ax = kt.plot.conductance_against_theta(data)
    >>> ax.get_xlabel()
    'angle of the magnetisation to the normal (deg)'
    """
    ax = _against(data, "theta", "conductance", ax)
    if {0.0, 90.0} <= set(data.theta.values.tolist()):
        turn = np.linspace(float(data.theta.min()), float(data.theta.max()), SMOOTH)
        for i, (_, line) in enumerate(lines_along(data.result_conductance, "theta")):
            upright, in_plane = (float(line.sel(theta=angle)) for angle in (0.0, 90.0))
            curve = (upright + in_plane) / 2 + (upright - in_plane) / 2 * np.cos(2 * np.radians(turn))
            ax.plot(
                turn, curve, "--", color="0.5", lw=0.8, label=None if i else r"$\propto \cos 2\theta$, through 0 and 90"
            )
        legend_above(ax)
    return ax


def torque_against_theta(data: Dataset, ax: Axes | None = None) -> Axes:
    """Equilibrium T_perp sin(theta) of a semi-magnetic junction against the angle.

    As in figure 1b of Manchon, Phys. Rev. B 83, 172403 (2011).

    Parameters
    ----------
    data : Dataset of a `Sweep` on `semi-magnetic-tunnel-junction`
        Of `theta`, and of others: one line for each of their values.
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
    >>> junction = kt.systems.find("semi-magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"theta": [30, 60]})
    >>> data = sweep.run(tolerance=0.5, progress=False)
    >>> ax = kt.plot.torque_against_theta(data)
    >>> ax.get_xlabel()
    'angle of the magnetisation to the normal (deg)'
    """
    require_sweep(data, "theta", SEMI, "torque_perpendicular_equilibrium", alone=False)
    ax = _against(data, "theta", "torque_perpendicular_equilibrium", ax, np.sin(np.radians(data.theta)))
    ax.set_ylabel(labelled(r"$T_\perp \sin\theta$ without bias", data.result_torque_perpendicular_equilibrium))
    return ax


def torque_against_phi(data: Dataset, ax: Axes | None = None) -> Axes:
    """Equilibrium T_perp of a semi-magnetic junction against the azimuth of M.

    As in the inset of figure 1b of Manchon, Phys. Rev. B 83, 172403 (2011).

    Parameters
    ----------
    data : Dataset of a `Sweep` on `semi-magnetic-tunnel-junction`
        Of `phi`, and of others: one line for each of their values.
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
    >>> junction = kt.systems.find("semi-magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"phi": [0, 90]})
    >>> data = sweep.run(tolerance=0.5, progress=False)
    >>> ax = kt.plot.torque_against_phi(data)
    >>> ax.get_xlabel()
    'azimuth of the magnetisation (deg)'
    """
    ax = _against(data, "phi", "torque_perpendicular_equilibrium", ax)
    # Nothing depends on phi: with zero in the picture rounding does not look like
    # something that does.
    zero(ax)
    return ax


def torque_parallel(data: Dataset, against: str | None = None, ax: Axes | None = None) -> Axes:
    """T_par of a semi-magnetic junction against coupling or bias.

    One line for each value of the other; the dashed line is T_perp(V) - T_perp(0) at
    the largest value of the other. As in figure 2 of Manchon, Phys. Rev. B 83, 172403
    (2011).

    Parameters
    ----------
    data : Dataset of a `Sweep` on `semi-magnetic-tunnel-junction`
        Of `bias`, `rashba` or both.
    against : str, optional
        "bias" or "rashba"; the first parameter of the sweep by default.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        The Dataset is no such sweep, none of `against`, or one without a bias: both
        are zero then.

    Examples
    --------
    >>> import kwantorque as kt
    >>> junction = kt.systems.find("semi-magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"bias": [0, 0.2]})
    >>> data = sweep.run(tolerance=0.5, progress=False)
    >>> ax = kt.plot.torque_parallel(data)
    >>> ax.get_xlabel()
    'bias (V)'
    """
    names = ("torque_parallel", "torque_perpendicular", "torque_perpendicular_equilibrium")
    needed = ("done", *(f"result_{name}" for name in names))
    require(data, f"a sweep of `{against or 'bias'}` on `{SEMI}`", *needed, besides=None)
    swept = data.done.dims
    against = against or next(iter(swept), "bias")
    if against not in swept:
        raise InputError(f"this figure needs a sweep of `{against}`, got one of {', '.join(swept) or 'nothing'}")
    if not data.result_torque_parallel.any():
        raise InputError("this figure needs a bias: without one T_par is zero, and T_perp does not change")
    ax = axes(ax)
    change, words = _change_of_perpendicular(data, swept, against)
    look = {"ls": "--", "marker": "s", "color": COLOURS["out of plane"], "label": words}
    lines = ("torque_parallel", 1, {"label": r"$T_\parallel$"}), ("change", 1, look)
    result_lines(ax, data.assign(result_change=change), against, *lines)
    zero(ax)
    words = r"$T_\parallel$ and change of $T_\perp$ by the bias"
    ax.set(xlabel=labelled(title_of(data[against]), data[against]), ylabel=labelled(words, data.result_torque_parallel))
    legend_above(ax)
    return ax


def _change_of_perpendicular(data, swept, against):
    """T_perp(V) - T_perp(0) at the largest value of the other parameter, and its name.

    A small difference of large numbers: how well these are known is said with it.
    """
    names = ("torque_perpendicular", "torque_perpendicular_equilibrium")
    largest = {name: float(data[name].max()) for name in swept if name != against}
    with_bias, without = (data[f"result_{name}"].sel(largest, drop=True) for name in names)
    words = [r"$T_\perp(V) - T_\perp(0)$", *(f"{name} = {value:g}" for name, value in largest.items())]
    errors = [float(data[f"result_{name}_error"].max()) for name in names if f"result_{name}_error" in data]
    if errors:
        words[-1] += rf" ($T_\perp$ itself $\pm$ {float(f'{max(errors):.1g}'):g})"
    return with_bias - without, fill(", ".join(words), 60)


def _against(data, parameter, name, ax, factor=1.0):
    """One result against a parameter, one line per value of the others."""
    require_sweep(data, parameter, SEMI, name, alone=False)
    ax, result = axes(ax), data[f"result_{name}"]
    result_lines(ax, data, parameter, (name, factor, {}))
    if result.ndim > 1:
        legend_above(ax)
    ax.set(xlabel=labelled(title_of(data[parameter]), data[parameter]), ylabel=labelled(title_of(result), result))
    return ax
