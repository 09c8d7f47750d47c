"""What single in-plane wavevectors contribute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import InputError
from .base import COLOURS, axes, require, unit_of

if TYPE_CHECKING:
    from .base import Axes

__all__ = ["against_k", "channels", "k_map"]

RESOLVED = "a Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`"
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
    'position of the bond (nm)'
    """
    _require_resolved(data, values, *POSITIONS)
    ax = axes(ax)
    (along,) = set(values.dims) - {"k"}
    position = data[POSITIONS[along]]
    ax.plot(position, values.transpose(along, "k"), color="0.7", lw=0.6)
    ax.plot(position, values.mean("k"), color=COLOURS["total"], lw=2, label="mean of the channels")
    about = position.attrs
    ax.set(
        xlabel=f"{about['long_name']} ({about['units']})",
        ylabel=f"{values.attrs.get('long_name', values.name)} ({values.attrs.get('units', '')})".replace(
            "hbar", r"$\hbar$"
        ),
        xlim=(float(position[0]), float(position[-1])),
    )
    ax.legend(frameon=False, fontsize="small")
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
    largest = float(np.quantile(abs(values), 0.995))
    points = ax.scatter(data.kx, data.ky, c=values, s=8, cmap="RdBu_r", vmin=-largest, vmax=largest, linewidths=0)
    ax.figure.colorbar(points, ax=ax, label=values.attrs.get("long_name", values.name), extend="both")
    ax.set(xlabel="kx (1/nm)", ylabel="ky (1/nm)", aspect="equal")
    return ax


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
    unit = unit_of(values)
    ax.plot(np.hypot(data.kx, data.ky), values, color=COLOURS["total"], lw=0.8)
    ax.set(xlabel="in-plane wavevector (1/nm)", ylabel=f"{values.attrs.get('long_name', values.name)} ({unit})")
    return ax
