"""What single in-plane wavevectors contribute."""

import numpy as np

from ..errors import InputError
from .base import COLOURS, axes

__all__ = ["against_k", "channels", "k_map"]


def channels(data, values, ax=None):
    """A profile of single channels, one thin line for each k, and their mean: what oscillates, and what is left.

    Parameters
    ----------
    data : Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`
    values : DataArray of it, dimensions k and site, bond or depth
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes(ax)
    if set(values.dims) not in ({"k", "site"}, {"k", "bond"}, {"k", "depth"}):
        raise InputError(f"channels are drawn from values on k and site, bond or depth, got {values.dims}")
    (along,) = set(values.dims) - {"k"}
    position = data[{"site": "z", "bond": "z_bond"}.get(along, along)]
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


def k_map(data, values, ax=None):
    """Where in the plane of in-plane wavevectors a number comes from.

    Parameters
    ----------
    data : Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`
    values : DataArray of it, dimension k
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes(ax)
    # The few largest values, next to thresholds and resonances, must not bleach the rest.
    largest = float(np.quantile(abs(values), 0.995))
    points = ax.scatter(data.kx, data.ky, c=values, s=8, cmap="RdBu_r", vmin=-largest, vmax=largest, linewidths=0)
    ax.figure.colorbar(points, ax=ax, label=values.attrs.get("long_name", values.name), extend="both")
    ax.set(xlabel="kx (1/nm)", ylabel="ky (1/nm)", aspect="equal")
    return ax


def against_k(data, values, ax=None):
    """A number of every in-plane wavevector on a ray, against its length: thresholds and resonances.

    Parameters
    ----------
    data : Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`, with k on one ray
    values : DataArray of it, dimension k
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes(ax)
    unit = values.attrs.get("units", "").replace("hbar", r"$\hbar$")
    ax.plot(np.hypot(data.kx, data.ky), values, color=COLOURS["total"], lw=0.8)
    ax.set(xlabel="in-plane wavevector (1/nm)", ylabel=f"{values.attrs.get('long_name', values.name)} ({unit})")
    return ax
