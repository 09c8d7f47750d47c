"""Bands of a crystal along a path of wavevectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import known
from .base import COLOURS, axes, require

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = ["bands"]

STRAIGHT = 1e-6
"""Change of a direction from which on a path turns; 1/nm from its centre."""
ARROWS = 20
"""About as many arrows are drawn along each band."""


def bands(data: Dataset, across: str = "x", along: str = "z", ax: Axes | None = None) -> Axes:
    """Bands along a path, with the spin of each state as an arrow.

    As in figure 1 of Haney and Stiles, Phys. Rev. Lett. 105, 126602 (2010).

    Parameters
    ----------
    data : Dataset of `kwantorque.bands`
    across, along : {"x", "y", "z"}
        Spin components drawn to the right and upwards.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, or another component.

    Examples
    --------
    >>> import kwantorque as kt
    >>> gamnas = kt.KohnLuttinger(gamma2=2.4, gamma3=2.4, exchange=0.27)
    >>> path = kt.k_path([(-1, 0, 0), (1, 0, 0)], points=20)
    >>> ax = kt.plot.bands(kt.bands(gamnas, path, m="z"))
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['(-1, 0, 0)', '$\\\\Gamma$', '(1, 0, 0)']
    """
    require(
        data, "a Dataset of `kwantorque.bands`", "distance", "energy", "spin", dims=("k", "band", "axis"), besides=()
    )
    across, along = known("component", across, "xyz"), known("component", along, "xyz")
    ax = axes(ax)
    ax.plot(data.distance, data.energy, color="0.6", lw=1)
    few = data.isel(k=slice(None, None, max(1, data.sizes["k"] // ARROWS)))
    for band in range(data.sizes["band"]):
        spin = few.spin.isel(band=band)
        ax.quiver(
            few.distance,
            few.energy.isel(band=band),
            spin.sel(axis=across),
            spin.sel(axis=along),
            color=COLOURS["spin"],
            pivot="middle",
            scale=12,
            width=0.004,
        )
    corners = _corners(data)
    for one in corners:
        ax.axvline(float(data.distance[one]), color="0.8", lw=0.8, zorder=0)
    names = [_named(data, one) for one in corners]
    ax.set_xticks([float(data.distance[one]) for one in corners], names)
    ax.set(xlabel="wavevector along the path (1/nm)", ylabel="energy (eV)")
    ax.set_title(f"arrows: spin, {across} to the right, {along} upwards", fontsize="small")
    return ax


def _corners(data):
    """Numbers of the points at which the path begins, turns and ends."""
    k = np.stack([data[name].values for name in ("kx", "ky", "kz")], axis=1)
    steps = np.diff(k, axis=0)
    lengths = np.linalg.norm(steps, axis=1, keepdims=True)
    along = steps / np.where(lengths > 0, lengths, 1.0)
    turns = 1 + np.flatnonzero(np.abs(np.diff(along, axis=0)).max(axis=1) > STRAIGHT)
    centre = np.flatnonzero(np.linalg.norm(k, axis=1) < STRAIGHT)
    return sorted({0, *turns.tolist(), *centre.tolist(), len(k) - 1})


def _named(data, number):
    """Gamma, or the wavevector."""
    k = [float(data[name][number]) + 0.0 for name in ("kx", "ky", "kz")]
    if max(map(abs, k)) < STRAIGHT:
        return r"$\Gamma$"
    return "(" + ", ".join(f"{x:.3g}" for x in k) + ")"
