"""Along z: currents, torques and spins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import known
from .base import (
    COLOURS,
    COMPONENTS,
    IS_ZERO,
    PROFILES,
    all_parts,
    axes,
    enlarged,
    labelled,
    legend_above,
    require,
    title_of,
    zero,
)
from .layers import mark_layers

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = [
    "balance",
    "exchange_torque",
    "spin_currents",
    "spin_density",
]


def balance(data: Dataset, axis: str = "z", ax: Axes | None = None) -> Axes:
    """Where the angular momentum goes: its current against z, and the torques up to z.

    The current of J = L + s with its spin and orbital parts, and the torque on lattice
    and magnetisation, cumulated from z = -infinity. The dotted line adds up the current
    and all these torques: a constant, the current at -infinity.

    Parameters
    ----------
    data : Dataset of `kwantorque.torques`, `steady_state` or a prepared system
        `per_current` or not.
    axis : {"x", "y", "z"}
        Component of the angular momentum.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, one resolved in k, a sweep, or another axis.

    Examples
    --------
    >>> import kwantorque as kt
    >>> gamnas, gaas = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger()
    >>> stack = kt.Stack([kt.Layer(gamnas, 1, m="-z"), kt.Layer(gaas, 1)], spacing=0.25)
    >>> data = kt.torques(stack, energy=0.06, tolerance=0.3, progress=False)
    >>> ax = kt.plot.balance(kt.per_current(data))
    >>> ax.get_xlabel()
    'z (nm)'
    """
    require(
        data,
        PROFILES,
        *("angular_momentum_current", "spin_current", "orbital_current", "angular_momentum_current_limit"),
        *("lattice_torque_cumulated", "exchange_torque_cumulated", "z", "z_bond", "boundary_z"),
        dims=("site", "bond", "axis", "lead", "boundary"),
        besides=("part",),
    )
    axis = known("axis", axis, "xyz")
    ax = axes(ax)
    data = all_parts(data)
    pick = data.sel(axis=axis)
    for name, kind, symbol, look in (
        ("angular_momentum_current", "total", "J", {"lw": 2.4}),
        ("spin_current", "spin", "s", {}),
        ("orbital_current", "orbital", "L", {"lw": 1.2}),
    ):
        label = rf"$Q_{{{symbol}{axis}}}$, {kind}{_or_zero(pick[name], data, name)}"
        ax.plot(data.z_bond, pick[name], color=COLOURS[kind], label=label, **look)
    for name, kind in (("lattice_torque_cumulated", "lattice"), ("exchange_torque_cumulated", "magnetisation")):
        label = f"torque on the {kind}, up to z{_or_zero(pick[name], data, name)}"
        ax.plot(data.z, pick[name], "--", color=COLOURS[kind], label=label)
    # Site j is between the bonds j and j + 1; other partners' torques are in it too.
    dims = pick.exchange_torque_cumulated.dims
    torques = (one for name, one in pick.data_vars.items() if name.endswith("_cumulated") and one.dims == dims)
    gone = sum(one.values for one in torques)
    kept = pick.angular_momentum_current.values[1:] + gone
    ax.plot(data.z, kept, ":", color="0.45", label=rf"$Q_{{J{axis}}}$ and all torques up to z")
    zero(ax)
    ax.set(xlabel="z (nm)", ylabel=labelled("current and torque", data.angular_momentum_current))
    mark_layers(ax, data)
    legend_above(ax)
    return ax


def _or_zero(values, data, name):
    """Words for the legend where a line is zero within the error of its variable."""
    whole = float(abs(data.angular_momentum_current).max())
    return IS_ZERO if enlarged(values, whole, _error(data, name))[1] == IS_ZERO else ""


def _error(data, name):
    return float(data.get(f"{name}_error", xr.DataArray(0.0)))


def _components(ax, x, values, names, error):
    """Lines of all components, those that would look like zero larger."""
    whole = float(abs(values).max())
    for (name, label), look in zip(names.items(), COMPONENTS.values(), strict=False):
        (component,) = set(values.dims) - {x.dims[0]}
        line = values.sel({component: name})
        times, said = enlarged(line, whole, error)
        ax.plot(x, times * line, label=f"{label}{said}", **look)


def spin_currents(data: Dataset, ax: Axes | None = None) -> Axes:
    """The three components of the spin current against z, all parts of it together.

    Layers are shaded, with their magnetisations as arrows.

    Parameters
    ----------
    data : Dataset of `kwantorque.torques`, `steady_state` or a prepared system
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, one resolved in k, or a sweep.

    Examples
    --------
    >>> import kwantorque as kt
    >>> gamnas, gaas = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger()
    >>> stack = kt.Stack([kt.Layer(gamnas, 1, m="-z"), kt.Layer(gaas, 1)], spacing=0.25)
    >>> data = kt.torques(stack, energy=0.06, tolerance=0.3, progress=False)
    >>> ax = kt.plot.spin_currents(data)
    >>> [line.get_label() for line in ax.get_lines()[:3]]
    ['$Q_{sx}$: zero', '$Q_{sy}$: zero', '$Q_{sz}$']
    """
    names = ("spin_current", "z_bond", "boundary_z")
    require(data, PROFILES, *names, dims=("bond", "axis", "boundary"), besides=("part",))
    ax = axes(ax)
    current = all_parts(data).spin_current
    names = {axis: rf"$Q_{{s{axis}}}$" for axis in COMPONENTS}
    _components(ax, data.z_bond, current, names, _error(all_parts(data), "spin_current"))
    zero(ax)
    ax.set(xlabel="z (nm)", ylabel=labelled("spin current", current))
    mark_layers(ax, data)
    legend_above(ax, ncols=3)
    return ax


def spin_density(data: Dataset, ax: Axes | None = None) -> Axes:
    """Spin density against z, all parts of it together.

    Parameters
    ----------
    data : Dataset of `kwantorque.torques`, `steady_state` or a prepared system
        Where it has the transverse spin density, which twists the magnetisation, that
        is drawn; else all three components.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, one resolved in k, or a sweep.

    Examples
    --------
    >>> import kwantorque as kt
    >>> gamnas, gaas = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger()
    >>> stack = kt.Stack([kt.Layer(gamnas, 1, m="-z"), kt.Layer(gaas, 1)], spacing=0.25)
    >>> data = kt.torques(stack, energy=0.06, tolerance=0.3, progress=False)
    >>> ax = kt.plot.spin_density(data)
    >>> [line.get_label() for line in ax.get_lines()[:3]]
    ['x: zero', 'y: zero', 'z']
    """
    names = ("spin_density", "z", "boundary_z")
    require(data, PROFILES, *names, dims=("site", "axis", "boundary"), besides=("part",))
    ax = axes(ax)
    data = all_parts(data)
    density = data.get("transverse_spin_density", data.spin_density)
    (component,) = set(density.dims) - {"site"}
    names = {name: str(name) for name in density[component].values}
    _components(ax, data.z, density, names, _error(data, "spin_density"))
    zero(ax)
    ax.set(xlabel="z (nm)", ylabel=labelled(title_of(density), density))
    mark_layers(ax, data)
    legend_above(ax, ncols=3)
    return ax


def exchange_torque(data: Dataset, part: str | None = None, ax: Axes | None = None) -> Axes:
    r"""Torque on the magnetisation per length against z.

        exchange_torque / (length of the site that is magnetic)

    That length is the spacing, and half of it on the surface of a magnet.

    Parameters
    ----------
    data : Dataset of `kwantorque.torques`, `steady_state` or a prepared system
    part : {"sea", "window"}, optional
        Of a steady state; all parts of it together by default.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, one resolved in k, a sweep, or a part that there is not.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron, spacer = kt.FreeElectron(exchange=-1), kt.Layer(kt.FreeElectron(), 1)
    >>> layers = [kt.Layer(iron, 1, m="z"), spacer, kt.Layer(iron, 1, m="x")]
    >>> data = kt.torques(kt.Stack(layers, 0.2), 1.0, tolerance=0.3, progress=False)
    >>> ax = kt.plot.exchange_torque(data)
    >>> ax.get_ylabel()
    'torque on the magnetisation\nper nm (1/nm$^2$)'
    """
    names = ("exchange_torque", "magnetisation", "z", "boundary_z")
    require(data, PROFILES, *names, dims=("site", "axis", "boundary"), besides=("part",))
    if part is None:
        chosen = all_parts(data)
    else:
        require(data, "a Dataset of `kwantorque.steady_state`", "exchange_torque", dims=("part",), besides=None)
        chosen = data.sel(part=known("part", part, data.part.values.tolist()))
    ax = axes(ax)
    error, torque = _error(chosen, "exchange_torque"), chosen.exchange_torque
    magnetic = np.abs(data.magnetisation.values).sum(axis=1) > 0
    length = _magnetic_lengths(data, magnetic)
    # Where nothing is magnetic there is no line, rather than one at zero.
    density = (torque / xr.DataArray(length, dims="site")).where(xr.DataArray(magnetic, dims="site"))
    names = {axis: f"along {axis}" for axis in COMPONENTS}
    _components(ax, data.z, density, names, error / length.min())
    zero(ax)
    words = "torque on the magnetisation\nper nm" + ("" if part is None else f", {part} only")
    ax.set(xlabel="z (nm)", ylabel=labelled(words, torque))
    mark_layers(ax, data)
    legend_above(ax, ncols=3)
    return ax


def _magnetic_lengths(data, magnetic):
    """The part of each site that is magnetic: half of it where a magnet ends."""
    z = data.z.values
    # A lead takes torque if it is magnetic.
    tail = data.get("exchange_torque_tail")
    ends = [True, True] if tail is None else [bool(tail.sel(lead=side).any()) for side in ("left", "right")]
    before, after = np.append(ends[0], magnetic[:-1]), np.append(magnetic[1:], ends[1])
    on_plane = np.isin(z.round(9), data.boundary_z.values.round(9))
    return np.where(on_plane & ~(before & after), 0.5, 1.0) * (z[1] - z[0])
