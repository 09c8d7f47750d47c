"""What all figures share: axes, colours, one line for each point of a sweep.

And what a figure answers to a Dataset that it cannot draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr
from matplotlib.figure import Figure

from ..errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import numpy as np
    from matplotlib.axes import Axes

__all__ = [
    "COLOURS",
    "PROFILES",
    "all_parts",
    "axes",
    "interfaces",
    "lines_along",
    "require",
    "require_sweep",
    "result_against",
    "unit_of",
    "zero",
]

COLOURS = {
    "total": "#1b1b1b",
    "spin": "#0072b2",
    "orbital": "#d55e00",
    "lattice": "#009e73",
    "magnetisation": "#cc79a7",
}
"""Colours that colour-blind readers can tell apart (Okabe & Ito)."""
PROFILES = "a Dataset of `kwantorque.torques`, `kwantorque.steady_state` or a prepared system"


def require(
    data: xr.Dataset, what: str, *names: str, dims: Collection[str] = (), besides: Collection[str] | None = ()
) -> None:
    """Refuse a Dataset that a figure cannot draw, and say what it needs instead.

    Parameters
    ----------
    data : Dataset, or whatever was given for one
    what : str
        What the figure needs and who returns it, as the message says.
    names : str
        Variables and coordinates that the figure reads.
    dims : collection of str
        Dimensions that these must have between them.
    besides : collection of str, optional
        Dimensions that they may have besides; any if None.

    Raises
    ------
    InputError
        Something is missing, or there is a dimension too many.
    """
    if not isinstance(data, xr.Dataset):
        raise InputError(f"this figure needs {what}, got {type(data).__name__}")
    there = [name for name in names if name in data.variables]
    found = dict.fromkeys(dim for name in there for dim in data[name].dims)
    missing = [name for name in names if name not in there] or [dim for dim in dims if dim not in found]
    if missing:
        raise InputError(f"this figure needs {what}; this Dataset has no {', '.join(missing)}")
    extra = [] if besides is None else [dim for dim in found if dim not in (*dims, *besides)]
    if extra:
        chosen = ", ".join(f"{dim}=0" for dim in extra)
        raise InputError(
            f"this figure needs {what} without the dimension {', '.join(extra)}: choose a point, data.isel({chosen})"
        )


def require_sweep(data: xr.Dataset, parameter: str, system: str, *results: str, alone: bool = True) -> None:
    """Refuse a Dataset that is not a sweep of this parameter of a prepared system.

    Raises
    ------
    InputError
        The Dataset is no sweep, one of other parameters (or of others too, if `alone`),
        or lacks a result.
    """
    what = f"a sweep of `{parameter}`{' alone' if alone else ''} on `{system}`"
    require(data, what, "done", *(f"result_{name}" for name in results), besides=None)
    swept = data.done.dims
    if parameter not in swept or (alone and len(swept) > 1):
        raise InputError(f"this figure needs {what}; this one is of {', '.join(swept) or 'nothing'}")


def axes(ax: Axes | None) -> Axes:
    """These axes, or those of a new figure."""
    if ax is not None:
        return ax
    # No pyplot: figures can be made on a machine without a screen and leave nothing
    # behind.
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    return figure.subplots()


def all_parts(data: xr.Dataset) -> xr.Dataset:
    """Sea and window together, where they are apart."""
    return data.sum("part", keep_attrs=True) if "part" in data.dims else data


def unit_of(values: xr.DataArray) -> str:
    """The unit of a variable, for an axis; empty if it has none."""
    return values.attrs.get("units", "").replace("hbar", r"$\hbar$")


def zero(ax: Axes) -> None:
    """A thin line at zero."""
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)


def interfaces(ax: Axes, data: xr.Dataset) -> np.ndarray:
    """Vertical lines between layers; at the leads, if there is one layer only.

    Returns
    -------
    (n,) array
        Where they are, nm.
    """
    z = data.boundary_z.values
    z = z[1:-1] if len(z) > 2 else z
    for one in z:
        ax.axvline(one, color="0.6", lw=0.8, zorder=0)
    return z


def lines_along(values: xr.DataArray, along: str) -> Iterator[tuple[str, xr.DataArray]]:
    """(label, line) for each combination of coordinates along the other dimensions."""
    others = [name for name in values.dims if name != along]
    for line in values.stack(line=others).transpose("line", along) if others else [values]:
        yield ", ".join(f"{name} = {float(line[name]):g}" for name in others), line


def result_against(
    data: xr.Dataset, parameter: str, name: str, system: str, ax: Axes | None = None, factor: float | xr.DataArray = 1.0
) -> Axes:
    """One result of a sweep against a parameter, one line per value of the others."""
    require_sweep(data, parameter, system, name, alone=False)
    result, ax = data[f"result_{name}"], axes(ax)
    for label, line in lines_along(result * factor, parameter):
        ax.plot(data[parameter], line, "o-", ms=3, label=label)
    if len(ax.get_lines()) > 1:
        ax.legend(frameon=False, fontsize="small")
    about, unit = result.attrs, data[parameter].attrs["units"]
    ax.set(xlabel=f"{parameter} ({unit})", ylabel=f"{about['long_name']} ({about['units']})")
    return ax
