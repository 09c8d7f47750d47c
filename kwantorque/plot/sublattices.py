"""Torques on the sublattices of an antiferromagnet, plane by plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .base import COMPONENTS, all_parts, axes, enlarged, legend_above, require, unit_of, zero
from .layers import mark_layers

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = ["sublattice_torques"]


def sublattice_torques(data: Dataset, ax: Axes | None = None) -> Axes:
    """Torque on each sublattice against z, in each atomic plane.

    Filled symbols are sublattice a, open ones b; components x, y, z; of all states,
    where sea and window are apart.

    Parameters
    ----------
    data : Dataset
        With torque_on_sublattice_a and torque_on_sublattice_b.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Something of this is missing.

    Examples
    --------
    >>> import kwantorque as kt
    >>> junction = kt.systems.find("antiferromagnetic-tunnel-junction")
    >>> one = {"results": ["torque_in_plane_a"], "barrier_planes": 1}
    >>> data = junction.run(tolerance=0.5, progress=False, **one)
    >>> kt.plot.sublattice_torques(data).get_xlabel()
    'z (nm)'
    """
    names = [f"torque_on_sublattice_{one}" for one in "ab"]
    what = "a Dataset of `kwantorque run antiferromagnetic-tunnel-junction`"
    require(
        data, what, *names, "z", "boundary_z", "magnetisation", dims=("site", "axis", "boundary"), besides=("part",)
    )
    data, ax = all_parts(data), axes(ax)
    magnetic = abs(data.magnetisation).max("axis") > 0
    largest = max(float(abs(data[name]).max()) for name in names)
    power = _power(largest)
    for name, fill, size in zip(names, ("full", "none"), (4, 8), strict=True):
        for axis, marker in zip("xyz", "osd", strict=True):
            values = data[name].sel(axis=axis).where(magnetic)
            times, said = enlarged(values, largest)
            look = COMPONENTS[axis] | {"marker": marker, "fillstyle": fill, "ms": size, "lw": 0.8}
            ax.plot(data.z, times * values / 10.0**power, label=f"{name[-1]}, {axis}{said}", **look)
    zero(ax)
    unit = (rf"$10^{{{power}}}$ " if power else "") + unit_of(data[names[0]])
    ax.set(xlabel="z (nm)", ylabel=f"torque on the sublattice, per plane ({unit})")
    mark_layers(ax, data)
    legend_above(ax, ncols=3, handlelength=1.8, columnspacing=1.2)
    return ax


def _power(largest):
    """The power of ten that the axis leaves out; 0 where numbers are short anyway."""
    power = int(np.floor(np.log10(largest))) if largest > 0 else 0
    return power if abs(power) > 2 else 0
