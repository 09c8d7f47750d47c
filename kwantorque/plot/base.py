"""What all figures share: where they appear, colours, units, errors.

And what a figure answers to a Dataset that it cannot draw.
"""

from __future__ import annotations

import re
import sys
from functools import wraps
from inspect import signature
from textwrap import fill
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ..errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from matplotlib.axes import Axes

__all__ = [
    "COLOURS",
    "COMPONENTS",
    "IS_ZERO",
    "LEAST",
    "LETTERS",
    "PROFILES",
    "ROUNDING",
    "SEEN",
    "SMOOTH",
    "PolyCollection",
    "all_parts",
    "axes",
    "colour_of",
    "enlarged",
    "figure_of",
    "labelled",
    "legend_above",
    "lines_along",
    "require",
    "require_sweep",
    "result_lines",
    "shades",
    "title_of",
    "titled",
    "typeset",
    "unit_of",
    "with_errors",
    "with_unit",
    "zero",
]

COLOURS = {
    "total": "#1b1b1b",
    "spin": "#0072b2",
    "orbital": "#d55e00",
    "lattice": "#009e73",
    "magnetisation": "#cc79a7",
    "in plane": "#cc79a7",
    "out of plane": "#5c2a7e",
}
"""One colour for one quantity, in every figure (after Okabe and Ito, for all eyes).

A torque on the magnetisation has two where its components are apart: in the plane of
two magnetisations, or of a texture, and out of it.
"""
COMPONENTS = {
    "x": {"color": "#e69f00", "ls": "-"},
    "y": {"color": "#56b4e9", "ls": "--"},
    "z": {"color": "#8c510a", "ls": "-."},
}
"""Lines of the components x, y, z: where they coincide, all of them are seen."""
QUANTITIES = (
    ("lattice", "lattice"),
    ("orbital|Ql", "orbital"),
    ("out_of_plane|nonadiabatic|perpendicular|coupling|persistent", "out of plane"),
    ("stt|torque", "in plane"),
    ("spin|Qs|mixing", "spin"),
)
"""Words in the name of a result, and the quantity of `COLOURS` that it is of."""
PROFILES = "a Dataset of `kwantorque.torques`, `kwantorque.steady_state` or a prepared system"
LEAST = 0.15
"""Part of the whole that a line must span not to look like zero."""
SEEN = 0.22
"""Part of the largest line beside it that a line must reach.

A tenth of an axis from minus the largest to the largest, and its margins.
"""
ROUNDING = 1e-9
"""Of the largest beside it: what is smaller is zero."""
LIGHTEST = 0.65
"""Part of white in the lightest shade of a colour."""
SMOOTH = 181
"""Points of a curve that stands beside computed ones."""
IS_ZERO = ": zero"
"""Said of a line that is zero within its error."""
LETTERS = 14
"""Of small words, in an inch."""
SYMBOLS = (
    (r"\b([A-Z])_(perp|par)\b", lambda found: rf"${found[1]}_{{\{found[2].replace('par', 'parallel')}}}$"),
    (r"\b([A-Z])_(\w)\b", r"$\1_\2$"),
    (r"->", r"$\\to$"),
    (r"([+-])infinity", r"$\1\\infty$"),
    (r"\be_theta\b", r"$e_\\theta$"),
)
"""What long names write with a keyboard, and how it is set."""
WITHOUT_A_SCREEN = {"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"}
"""Backends of matplotlib that only write files."""


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
        Something is missing, there is a dimension too many, or the Dataset was cut by
        `sel(layer=...)`, which leaves values on sites and bonds as they are.
    """
    if not isinstance(data, xr.Dataset):
        raise InputError(f"this figure needs {what}, got {type(data).__name__}")
    there = [name for name in names if name in data.variables]
    found = dict.fromkeys(dim for name in there for dim in data[name].dims)
    missing = [name for name in names if name not in there] or [dim for dim in dims if dim not in found]
    if missing:
        raise InputError(f"this figure needs {what}; this Dataset has no {', '.join(missing)}")
    if {"site", "bond"} & found.keys() and "layer" in data.coords and not data.coords["layer"].dims:
        raise InputError(
            "`sel(layer=...)` of a whole Dataset leaves values on sites and bonds as they are: draw the Dataset from "
            "before, or see `kwantorque.per_layer`"
        )
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


def figure_of(width: float = 6.4, height: float = 4.4) -> Figure:
    """A new figure: one of pyplot's where somebody sees these as they are made.

    That is in a notebook, or with an interactive backend once pyplot is imported. Else
    pyplot is left alone: figures can then be made on a machine without a screen, and
    leave nothing behind.

    Parameters
    ----------
    width, height : float, inches
    """
    look = {"figsize": (width, height), "layout": "constrained"}
    if not _is_watched():
        return Figure(**look)
    from matplotlib import pyplot

    return pyplot.figure(**look)


def _is_watched():
    # To be asked for its backend makes matplotlib choose one: it is asked only where
    # that has happened, or where the kernel of a notebook has said which.
    if not {"matplotlib.pyplot", "ipykernel"} & sys.modules.keys():
        return False
    return matplotlib.get_backend().lower() not in WITHOUT_A_SCREEN


def axes(ax: Axes | None) -> Axes:
    """These axes, or those of a new figure."""
    return figure_of().subplots() if ax is None else ax


def all_parts(data: xr.Dataset) -> xr.Dataset:
    """Sea and window together, where they are apart."""
    return data.sum("part", keep_attrs=True) if "part" in data.dims else data


def unit_of(values: xr.DataArray | str) -> str:
    r"""The unit of a variable, typeset for an axis; empty if it has none.

    Parameters
    ----------
    values : DataArray or str
        The variable, or the unit itself.

    Examples
    --------
    >>> from kwantorque.plot.base import unit_of
    >>> print(unit_of("eV/(hbar nm^2)"), unit_of("S/um^2"))
    eV/($\hbar$ nm$^2$) S/$\mu$m$^2$
    """
    unit = values if isinstance(values, str) else values.attrs.get("units", "")
    for word, typeset in ((r"\^(\d+)", r"$^\1$"), ("hbar", r"$\\hbar$"), ("ohm", r"$\\Omega$"), (r"\bum", r"$\\mu$m")):
        unit = re.sub(word, typeset, unit)
    return "" if unit == "1" else unit


def typeset(words: str) -> str:
    r"""Words with the symbols in them typeset.

    Examples
    --------
    >>> from kwantorque.plot.base import typeset
    >>> print(typeset("torque T_perp"), typeset("J_z at z -> -infinity"))
    torque $T_{\perp}$ $J_z$ at z $\to$ $-\infty$
    """
    for word, symbol in SYMBOLS:
        words = re.sub(word, symbol, words)
    return words


def title_of(values: xr.DataArray) -> str:
    """What a variable is, in words: its long name up to a colon, else its name."""
    return typeset(str(values.attrs.get("long_name", values.name)).partition(":")[0])


def titled(draw: Callable[..., Axes]) -> Callable[..., Axes]:
    """The same figure with what it is of above it, where it is a figure of its own.

    That is the attribute `title` of a Dataset: a system, and the parameters that are
    not its defaults. What the figure says at the top itself comes after it.
    """

    @wraps(draw)
    def with_title(*arguments: Any, **named: Any) -> Axes:
        ax = draw(*arguments, **named)
        given = signature(draw).bind(*arguments, **named).arguments
        title = next((one.attrs["title"] for one in given.values() if "title" in getattr(one, "attrs", ())), None)
        if title and given.get("ax") is None:
            words = ", ".join(filter(None, (unit_of(title), ax.figure.get_suptitle())))
            ax.figure.suptitle(fill(words, int(LETTERS * ax.figure.get_figwidth())), fontsize="small")
        return ax

    return with_title


def labelled(words: str, values: xr.DataArray | str) -> str:
    """Words for an axis with the unit of a variable, if it has one.

    Examples
    --------
    >>> from kwantorque.plot.base import labelled
    >>> labelled("magnetoresistance", "1"), labelled("bias", "V")
    ('magnetoresistance', 'bias (V)')
    """
    unit = unit_of(values)
    return f"{words} ({unit})" if unit else words


def colour_of(name: str) -> str:
    """The colour of a result, by the quantity that its name says it is.

    Examples
    --------
    >>> from kwantorque.plot.base import COLOURS, colour_of
    >>> colour_of("lattice_torque") == COLOURS["lattice"]
    True
    """
    kinds = (kind for words, kind in QUANTITIES if re.search(words, name))
    return COLOURS[next(kinds, "total")]


def shades(colour: str, count: int) -> list[tuple[float, ...]]:
    """So many shades of the colour of one quantity, from light to the colour itself.

    Examples
    --------
    >>> from kwantorque.plot.base import shades
    >>> shades("#000000", 2)
    [(0.65, 0.65, 0.65), (0.0, 0.0, 0.0)]
    """
    own = np.array(to_rgb(colour))
    return [tuple(((1 - light) * own + light).tolist()) for light in np.linspace(LIGHTEST, 0, max(count, 2))[-count:]]


def enlarged(values: xr.DataArray, whole: float, error: float | xr.DataArray = 0.0) -> tuple[float, str]:
    r"""How much larger a line is drawn, so that it does not look like zero; the words.

    Parameters
    ----------
    values : DataArray
    whole : float
        The largest of all lines of the figure.
    error : float or DataArray
        Of the values: what looks like zero and is not larger than this is called so.

    Returns
    -------
    factor : float
        1, 2 or 5 times a power of ten; at least 1.
    words : str
        For the legend, after the name of the line.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from kwantorque.plot.base import enlarged
    >>> enlarged(xr.DataArray([0.0, 0.02]), whole=1.0)
    (20, ' $\\times$ 20')
    >>> enlarged(xr.DataArray([np.nan, 0.02]), whole=1.0, error=0.1)
    (1, ': zero')
    """
    size = float(abs(values).max())
    if size >= SEEN * whole > 0:
        return 1, ""
    # NaN, where there is no line, is not larger.
    if not bool((abs(values) > np.fmax(error, ROUNDING * whole)).any()):
        return 1, IS_ZERO
    wanted = SEEN * whole / size
    decade = int(10 ** np.floor(np.log10(wanted)))
    factor = next(digit * decade for digit in (1, 2, 5, 10) if digit * decade >= wanted)
    return factor, rf" $\times$ {factor:g}"


def legend_above(ax: Axes, ncols: int = 2, **look: Any) -> None:
    """A legend above the axes, where it lies on no line."""
    look = {"frameon": False, "fontsize": "small", "borderaxespad": 0.2, "handlelength": 2.4} | look
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=ncols, **look)


def zero(ax: Axes) -> None:
    """A thin line at zero."""
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)


def lines_along(values: xr.DataArray, along: str) -> Iterator[tuple[str, xr.DataArray]]:
    """(label, line) for each combination of coordinates along the other dimensions."""
    others = [name for name in values.dims if name != along]
    for line in values.stack(line=others).transpose("line", along) if others else [values]:
        yield ", ".join(f"{name} = {with_unit(line[name].item(), values[name])}" for name in others), line


def with_unit(x: float | str, parameter: xr.DataArray) -> str:
    """A value of a parameter with its unit.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.plot.base import with_unit
    >>> with_unit(60.0, xr.DataArray(attrs={"units": "deg"}))
    '60 deg'
    """
    return x if isinstance(x, str) else f"{x:g} {unit_of(parameter)}".strip()


def with_errors(ax: Axes, x: xr.DataArray, values: xr.DataArray, error: xr.DataArray | None, **look: Any) -> None:
    """A line through points, with bars where their errors are known."""
    (line,) = ax.plot(x, values, **({"marker": "o", "ms": 3} | look))
    if error is not None:
        ax.errorbar(x, values, abs(error), fmt="none", ecolor=line.get_color(), elinewidth=1)


def result_lines(
    ax: Axes, data: xr.Dataset, parameter: str, *drawn: tuple[str, float | xr.DataArray, dict[str, Any]]
) -> dict[str, float]:
    """Results of a sweep with their errors, one line per value of the other parameters.

    What would look like zero beside the largest is drawn larger (`enlarged`); of the
    lines of one result, how large the small ones are is said.

    Parameters
    ----------
    ax : matplotlib Axes
    data : Dataset of a sweep
    parameter : str
        The one along x.
    drawn : (name, factor, look)
        Each result without `result_`, what it is multiplied by, and how it looks, as
        `Axes.plot` takes it; its `label` stands before the values of the others.

    Returns
    -------
    dict
        How many times larger each of them is drawn.
    """
    with xr.set_options(keep_attrs=True):
        values = {name: data[f"result_{name}"] * factor for name, factor, _ in drawn}
    whole = max(float(abs(one).max()) for one in values.values())
    times = {}
    for name, factor, look in drawn:
        error = data.get(f"result_{name}_error", xr.zeros_like(values[name])) * factor
        times[name], said = enlarged(values[name], whole, abs(error))
        # The bars of what is zero would only hide the others.
        shown = f"result_{name}_error" in data and said != IS_ZERO
        colours = iter(shades(colour_of(name), values[name].size // data.sizes[parameter]))
        lines, bars = (lines_along(times[name] * one, parameter) for one in (values[name], error))
        for (label, line), (_, bar) in zip(lines, bars, strict=True):
            size = float(abs(line).max())
            small = f"up to {size:.2g}" if label and size < SEEN * whole else ""
            nothing = "" if said == IS_ZERO else "zero"
            label = ", ".join(filter(None, (look.get("label", "") + said, label, small if size else nothing)))
            own = {"color": next(colours), "label": label}
            with_errors(ax, data[parameter], line, bar if shown else None, **(own | look | {"label": label}))
    return times
