"""Any sweep: its results against one parameter, or as maps over two."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

from ..errors import InputError, known
from .base import (
    COLOURS,
    LEAST,
    LETTERS,
    ROUNDING,
    colour_of,
    figure_of,
    labelled,
    legend_above,
    require,
    title_of,
    unit_of,
    with_errors,
    with_unit,
    zero,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .base import Axes

__all__ = ["results_against"]

ABOUT_THE_RUN = ("closure", "error_estimate", "k_points", "seconds", "rounding_nm")
"""What a sweep says of each point besides its results."""
STYLES = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "v"))
"""Lines of one colour in one panel."""

ZERO, CONSTANT = "zero within its error", "constant within its error"
LETTERS_OF_A_LABEL = 12
"""In an inch."""
NOUNS = ("conductance", "current", "torque", "resistance", "flux", "velocity", "field")
"""What results of one unit may be."""
FEW = 8
"""Values of a parameter that stand beside a map, each by itself."""


def results_against(data: xr.Dataset, ax: Axes | None = None, show: str | Sequence[str] | None = None) -> Axes:
    """The results of a sweep against its parameter, or as maps over two of them.

    One parameter: a panel for each unit, with error bars, and others for what is so
    much smaller that it would look like zero. What is zero or constant within its error
    is called so. Two: a map of each result, at the first value of further ones.

    Parameters
    ----------
    data : Dataset of a sweep
        Of a prepared system, or of one's own function: its numbers then.
    ax : matplotlib Axes, optional
        For one panel or map: choose it by `show`.
    show : str or sequence of str, optional
        The results to draw, by name; all by default.

    Returns
    -------
    matplotlib Axes
        Of the last panel; the others are in its figure.

    Raises
    ------
    InputError
        The Dataset is no sweep, `show` names none of its results, or one `ax` is given
        for several panels.

    Examples
    --------
    >>> import kwantorque as kt
    >>> electron = kt.systems.find("spin-filter")
    >>> sweep = kt.systems.Sweep(electron, {"spacing": 0.05}, {"angle": [30, 60, 90]})
    >>> data = sweep.run(progress=False)
    >>> ax = kt.plot.results_against(data)
    >>> ax.get_xlabel()
    'angle between the incident spin and the magnetisation (deg)'
    >>> len(ax.figure.axes)  # torques, reflectances
    2
    >>> kt.plot.results_against(data, show="reflectance_down").get_ylabel()
    'reflected part of the minority'
    """
    require(data, "a sweep of a prepared system", "done", besides=None)
    if not data.done.dims:
        raise InputError("this figure needs a sweep of at least one parameter")
    names = _chosen(data, show)
    many = [dim for dim in data.done.dims if data.sizes[dim] > 1] or list(data.done.dims)
    fixed = {dim: 0 for dim in data.done.dims if dim not in many[:2]}
    at = ", ".join(f"{dim} = {with_unit(data[dim].values[i].item(), data[dim])}" for dim, i in fixed.items())
    results = [_Result.of(data.isel(fixed), name) for name in names]
    if len(many) > 1:
        grid = _grid(len(results), ax)
        for result, one in zip(results, grid, strict=True):
            _map(one, result, *many[:2])
    else:
        panels = _panels(results)
        grid = _grid(len(panels), ax, share=True)
        for panel, one in zip(panels, grid, strict=True):
            _lines(one, panel, many[0])
    if at:
        grid[-1].figure.suptitle(at, fontsize="small")
    return grid[-1]


class _Result(NamedTuple):
    """A result, its errors (None if there are none) and what does not change in it."""

    name: str
    values: xr.DataArray
    errors: xr.DataArray | None
    said: str

    @classmethod
    def of(cls, data, name):
        values, errors = data[name], data.get(f"{name}_error")
        unit = values.attrs.get("units")
        alike = [data[one] for one in _results(data).values() if data[one].attrs.get("units") == unit]
        rounding = ROUNDING * max(float(np.abs(one).max()) for one in alike)
        error = np.fmax(0.0 if errors is None else np.abs(errors.values), rounding)
        known = np.isfinite(values.values)
        found, error = values.values[known], np.broadcast_to(error, known.shape)[known]
        said = ""
        if np.all(np.abs(found) <= error):
            said = ZERO
        elif np.all(np.abs(found - found.mean()) <= error) or np.ptp(found) < LEAST * _span(found, error):
            said = CONSTANT
        return cls(name, values, errors, said)

    @property
    def unit(self):
        return self.values.attrs.get("units", "")

    @property
    def title(self):
        return title_of(self.values)

    @property
    def bars(self):
        """Errors to be drawn: those of what does not change are said in words."""
        return None if self.said else self.errors

    @property
    def ends(self):
        """The lowest and the highest point of it, bars included."""
        bars = 0.0 if self.bars is None else np.abs(self.bars).fillna(0.0)
        return float((self.values - bars).min()), float((self.values + bars).max())

    @property
    def change(self):
        return float(self.values.max() - self.values.min())

    @property
    def size(self):
        return float(np.abs(self.values).max())


def _span(values, errors):
    return (values + errors).max() - (values - errors).min()


def _chosen(data, show):
    """Names of the variables to draw."""
    there = _results(data)
    if not there:
        raise InputError("this figure needs a sweep with a number at each point; this Dataset has none")
    wanted = there if show is None else [show] if isinstance(show, str) else list(show)
    return [there[known("result", name, there)] for name in wanted]


def _results(data):
    """{name: variable} of what a sweep returns at every point.

    Of a prepared system its results, of one's own function all numbers.
    """
    numbers = [
        name
        for name, values in data.data_vars.items()
        if values.dims == data.done.dims and values.dtype.kind == "f" and not name.endswith("_error")
    ]
    of_system = {name.removeprefix("result_"): name for name in numbers if name.startswith("result_")}
    return of_system or {name: name for name in numbers if name not in ABOUT_THE_RUN}


def _grid(count, ax, share=False):
    """As many axes as there are panels, in one column or, of many, in two."""
    if ax is not None:
        if count > 1:
            raise InputError(f"one `ax` cannot hold {count} panels: leave it out, or choose one result by `show`")
        return [ax]
    columns = 1 if count < 4 else 2
    rows = -(-count // columns)
    figure = figure_of(6.4 if columns == 1 else 10.5, 4.4 if count == 1 else 0.6 + 2.7 * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=share).ravel()
    for left in grid[count:]:
        left.remove()
    for one in grid[:count]:
        # The lowest panel of a column may not be in the last row.
        one.xaxis.set_tick_params(labelbottom=True)
    return list(grid[:count])


def _panels(results):
    """Results that share an axis: of one unit, each of them seen to change.

    The largest change of a unit opens a panel; what spans too little of it opens the
    next one. What is constant goes where it takes nothing from the others.
    """
    panels = []
    for unit in dict.fromkeys(result.unit for result in results):
        found = []
        of_unit = [result for result in results if result.unit == unit]
        for result in sorted(of_unit, key=lambda result: (bool(result.said), -result.change)):
            panel = next((panel for panel in found if _all_seen([*panel, result])), None)
            if panel is None:
                found.append([result])
            else:
                panel.append(result)
        panels += [sorted(panel, key=results.index) for panel in found]
    return panels


def _all_seen(results):
    """Whether none of them looks like zero, or constant, but what is called so."""
    ends = [end for result in results for end in result.ends]
    whole = max(ends) - min(ends)
    sizes = [result.size if result.said == CONSTANT else result.change for result in results if result.said != ZERO]
    return all(size >= LEAST * whole for size in sizes)


def _lines(ax, results, parameter):
    """One panel: results with error bars, a legend above it, an axis that says what."""
    used, alone = dict.fromkeys(COLOURS.values(), 0), len(results) == 1
    x = results[0].values[parameter]
    letters = int(LETTERS * ax.get_position().width * ax.figure.get_figwidth())
    for result in results:
        colour = colour_of(result.name)
        style, marker = STYLES[used[colour] % len(STYLES)]
        used[colour] += 1
        label = fill(", ".join(filter(None, (result.title, result.said))), letters)
        # Alone, what does not change has its bars: they say how well this is known.
        errors = result.errors if alone else result.bars
        with_errors(ax, x, result.values, errors, color=colour, ls=style, marker=marker, label=label)
    if not alone or results[0].said:
        legend_above(ax, ncols=1)
    low, high = ax.get_ylim()
    if low < 0 < high:
        zero(ax)
    words = results[0].title if alone else _common([result.title for result in results])
    ax.set(xlabel=labelled(title_of(x), x))
    _label_upwards(ax.yaxis, words, results[0].values)


def _label_upwards(axis, words, values):
    """Words beside an axis, in as many lines as its height asks for."""
    height = axis.axes.get_position().height * axis.axes.figure.get_size_inches()[1]
    axis.set_label_text(fill(labelled(words, values), max(int(LETTERS_OF_A_LABEL * height), 20)))


def _common(titles):
    """The first longer word that is in all of them, else the nouns that are in any."""
    first, *others = (title.replace(",", "").split() for title in titles)
    nouns = [noun for noun in NOUNS if any(noun in title for title in titles)]
    found = (word for word in first if len(word) > 4 and all(word in other for other in others))
    return next(found, " and ".join(nouns) or "value")


def _map(ax, result, across, along):
    """A result over two parameters, in colours that diverge if its sign changes."""
    values = result.values.transpose(along, across).sortby([across, along])
    low, high = float(values.min()), float(values.max())
    largest = max(-low, high)
    colours = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest} if low < 0 < high else {"cmap": "viridis"}
    x, y = (_places(values[name]) for name in (across, along))
    mesh = ax.pcolormesh(x, y, values.values, shading="nearest", **colours)
    ax.figure.colorbar(mesh, ax=ax, label=unit_of(values))
    _label_upwards(ax.yaxis, title_of(values[along]), values[along])
    ax.set(xlabel=labelled(title_of(values[across]), values[across]))
    for name, axis in ((across, ax.xaxis), (along, ax.yaxis)):
        own = values[name]
        if own.dtype.kind not in "fiu":
            axis.set_ticks(_places(own), own.values)
        elif own.size <= FEW:
            axis.set_ticks(own.values, [f"{value:.4g}" for value in own.values])
    width = ax.get_position().width * ax.figure.get_figwidth()
    ax.set_title(fill(", ".join(filter(None, (result.title, result.said))), int(LETTERS * width)), fontsize="small")


def _places(coordinate):
    """Where the values of a parameter are: words one after the other."""
    return coordinate.values if coordinate.dtype.kind in "fiu" else np.arange(coordinate.size)
