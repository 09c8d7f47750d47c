"""Bands of a crystal along a path of wavevectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import known
from .base import COLOURS, axes, require

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = ["bands"]

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
    >>> len(ax.get_lines())
    6
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
    ax.set(xlabel="distance along the path (1/nm)", ylabel="hole energy (eV)")
    ax.set_title(f"arrows: spin, {across} to the right, {along} upwards", fontsize="small")
    return ax
