"""What all figures share: axes, colours, and one line for each point of a sweep."""

from matplotlib.figure import Figure

from ..errors import InputError

__all__ = ["COLOURS", "all_parts", "axes", "lines_along", "require_sweep", "result_against"]

COLOURS = {
    "total": "#1b1b1b",
    "spin": "#0072b2",
    "orbital": "#d55e00",
    "lattice": "#009e73",
    "magnetisation": "#cc79a7",
}
"""Colours that colour-blind readers can tell apart (Okabe & Ito)."""


def axes(ax):
    if ax is not None:
        return ax
    # No pyplot: figures can be made on a machine without a screen and leave nothing behind.
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    return figure.subplots()


def all_parts(data):
    """Sea and window together, where they are apart."""
    return data.sum("part", keep_attrs=True) if "part" in data.dims else data


def lines_along(values, along):
    """(label, line) for each combination of the coordinates of the dimensions other than `along`."""
    others = [name for name in values.dims if name != along]
    for line in values.stack(line=others).transpose("line", along) if others else [values]:
        yield ", ".join(f"{name} = {float(line[name]):g}" for name in others), line


def require_sweep(data, name):
    """Refuse a Dataset that is not a sweep of this one parameter."""
    if "done" not in data or data.done.dims != (name,):
        raise InputError(f"this figure needs a sweep of `{name}` alone")


def result_against(data, parameter, name, ax, factor=1.0):
    """One result of a sweep against a parameter, one line for each value of the others."""
    if parameter not in data.dims or name not in data:
        raise InputError(f"this figure needs a sweep of `{parameter}` with {name.removeprefix('result_')}")
    ax = axes(ax)
    for label, line in lines_along(data[name] * factor, parameter):
        ax.plot(data[parameter], line, "o-", ms=3, label=label)
    if len(ax.get_lines()) > 1:
        ax.legend(frameon=False, fontsize="small")
    about, unit = data[name].attrs, data[parameter].attrs["units"]
    ax.set(xlabel=f"{parameter} ({unit})", ylabel=f"{about['long_name']} ({about['units']})")
    return ax
