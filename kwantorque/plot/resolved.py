"""What single in-plane wavevectors contribute."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import InputError
from .base import COLOURS, axes, labelled, legend_above, require, title_of, zero
from .layers import mark_layers

if TYPE_CHECKING:
    from .base import Axes

__all__ = ["against_k", "channels", "k_map"]

RESOLVED = "a Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`"
ONE_SIGN = 0.02
"""Of the largest value: what is smaller and of the other sign does not count as one."""
VISIBLE = 0.01
"""Of the largest value: what is smaller is not seen in a map."""
MARGIN = 1.08
"""How far a map reaches beyond what is seen in it."""
GRID = 0.3
"""Part of a rectangular grid that wavevectors must fill to be drawn as its cells."""
POSITIONS = {"site": "z", "bond": "z_bond", "depth": "depth"}
"""Coordinate along each dimension of a profile."""


def _require_resolved(data, values, *others):
    """Refuse a Dataset not resolved in k, and values not on k and one of `others`."""
    require(data, RESOLVED, "kx", "ky", dims=("k",))
    allowed = [{"k", other} for other in others] or [{"k"}]
    if not isinstance(values, xr.DataArray):
        raise InputError(f"`values` must be a variable of the Dataset, a DataArray, got {values!r}")
    if set(values.dims) not in allowed:
        wanted = "k alone" if not others else f"k and one of {', '.join(others)}"
        raise InputError(f"`values` must have the dimensions {wanted}, got {', '.join(values.dims) or 'none'}")
    if values.sizes["k"] != data.sizes["k"]:
        raise InputError(
            f"`values` must be of the same wavevectors as the Dataset, got {values.sizes['k']} and {data.sizes['k']}"
        )


def channels(data: xr.Dataset, values: xr.DataArray, ax: Axes | None = None) -> Axes:
    """A profile of single channels, one thin line for each k, and their mean.

    What oscillates, and what is left of it once all channels are summed.

    Parameters
    ----------
    data : Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`
    values : DataArray of it, dimensions k and site, bond or depth
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, or values of other dimensions.

    Examples
    --------
    >>> import kwantorque as kt
    >>> layers = [kt.Layer(kt.FreeElectron(bottom=-3, exchange=-1), 1, m="z")]
    >>> stack = kt.Stack(layers, 0.1, left=kt.Layer(kt.FreeElectron(bottom=-3)))
    >>> k = kt.k_grid(stack, 0.0, points=4)
    >>> data = kt.torques_at(stack, k, 0.0, incident_spin="x")
    >>> ax = kt.plot.channels(data, data.spin_current.sel(axis="y"))
    >>> ax.get_xlabel()
    'z (nm)'
    """
    _require_resolved(data, values, *POSITIONS)
    ax = axes(ax)
    (along,) = set(values.dims) - {"k"}
    position = data[POSITIONS[along]]
    ax.plot(position, values.transpose(along, "k"), color="0.7", lw=0.6)
    ax.plot(position, values.mean("k"), color=COLOURS["total"], lw=2, label="mean of the channels")
    ax.plot([], [], color="0.7", lw=0.6, label=f"{values.sizes['k']} channels, one by one")
    zero(ax)
    xlabel, limits = labelled("z", position), (float(position[0]), float(position[-1]))
    if along == "depth":
        xlabel = labelled(title_of(position), position)
    ax.set(xlabel=xlabel, ylabel=fill(labelled(title_of(values), values), 42), xlim=limits)
    if along != "depth" and "boundary_z" in data.variables:
        mark_layers(ax, data)
    legend_above(ax)
    return ax


def k_map(data: xr.Dataset, values: xr.DataArray, ax: Axes | None = None) -> Axes:
    """Where in the plane of in-plane wavevectors a number comes from.

    Parameters
    ----------
    data : Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`
    values : DataArray of it, dimension k
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, or values of other dimensions.

    Examples
    --------
    >>> import kwantorque as kt
    >>> metal = kt.Layer(kt.FreeElectron(bottom=-1), 1)
    >>> stack = kt.Stack([metal], 0.1)
    >>> data = kt.torques_at(stack, kt.k_grid(stack, 0.0, points=8), 0.0)
    >>> ax = kt.plot.k_map(data, data.particle_current_limit.sel(lead="right"))
    >>> ax.get_xlabel()
    'kx (1/nm)'
    """
    _require_resolved(data, values)
    ax = axes(ax)
    # The few largest values, next to thresholds and resonances, must not bleach the
    # rest.
    low, high = (float(end) for end in np.quantile(values, (0.005, 0.995)))
    largest = max(-low, high)
    signed = min(-low, high) > ONE_SIGN * largest
    sides = {"vmin": -largest, "vmax": largest} if signed else {"vmin": min(low, 0), "vmax": max(high, 0)}
    look = {"cmap": "RdBu_r" if signed else "viridis" if high > 0 else "viridis_r", **sides}
    cells = _cells(ax, data.kx.values, data.ky.values, values.values, look)
    outside = (bool((values < sides["vmin"]).any()), bool((values > sides["vmax"]).any()))
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get(outside, "neither")
    bar = ax.figure.colorbar(cells, ax=ax, extend=extend)
    bar.set_label(fill(labelled(title_of(values), values), 42))
    reach = _reach(data, values, largest)
    ax.set(xlabel="kx (1/nm)", ylabel="ky (1/nm)", aspect="equal", xlim=reach[0], ylim=reach[1])
    return ax


def _cells(ax, kx, ky, values, look):
    """Cells of a grid of wavevectors; dots, where these are not on one."""
    x, y = np.unique(kx.round(9)), np.unique(ky.round(9))
    if min(len(x), len(y)) < 2 or len(values) < GRID * len(x) * len(y):
        return ax.scatter(kx, ky, c=values, s=8, linewidths=0, **look)
    grid = np.full((len(y), len(x)), np.nan)
    grid[np.searchsorted(y, ky.round(9)), np.searchsorted(x, kx.round(9))] = values
    return ax.pcolormesh(x, y, grid, shading="nearest", **look)


def _reach(data, values, largest):
    """From where to where there is something to see along kx and ky."""
    seen = np.abs(values.values) > VISIBLE * largest
    found = []
    for k in (data.kx.values, data.ky.values):
        size = max(np.abs(k[seen]).max(initial=0.0), 1e-9) if seen.any() else np.abs(k).max()
        found.append((-MARGIN * size, MARGIN * size))
    return found


def against_k(data: xr.Dataset, values: xr.DataArray, ax: Axes | None = None) -> Axes:
    """A number of every in-plane wavevector on a ray, against its length.

    Where thresholds and resonances are.

    Parameters
    ----------
    data : Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`, with k
        on one ray
    values : DataArray of it, dimension k
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, or values of other dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> import kwantorque as kt
    >>> metal, barrier = kt.FreeElectron(bottom=-1), kt.FreeElectron(bottom=0.5)
    >>> layers = [kt.Layer(barrier, 0.5), kt.Layer(metal, 2), kt.Layer(barrier, 0.5)]
    >>> ends = {"left": kt.Layer(metal), "right": kt.Layer(metal)}
    >>> ray = [(x, 0.0) for x in np.linspace(0, 5, 100)]
    >>> data = kt.torques_at(kt.Stack(layers, 0.1, **ends), ray, 0.0)
    >>> through = data.particle_current_limit.sel(lead="right")
    >>> ax = kt.plot.against_k(data, through)
    >>> ax.get_xlabel()
    'in-plane wavevector (1/nm)'
    """
    _require_resolved(data, values)
    ax = axes(ax)
    ax.plot(np.hypot(data.kx, data.ky), values, color=COLOURS["total"], lw=0.8)
    ax.set(xlabel="in-plane wavevector (1/nm)", ylabel=fill(labelled(title_of(values), values), 42))
    return ax
