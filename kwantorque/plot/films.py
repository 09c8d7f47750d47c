"""Films with a current in their plane: torques and fluxes by plane, and the books."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..errors import known
from .base import (
    COLOURS,
    COMPONENTS,
    IS_ZERO,
    LEAST,
    ROUNDING,
    axes,
    enlarged,
    figure_of,
    labelled,
    legend_above,
    require,
    zero,
)

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = ["film_books", "film_torques"]

WHAT = "a Dataset of `kwantorque.field_response` on a film"
WORDS = {"dissipative": "odd in m (dissipative)", "intrinsic": "even in m (intrinsic)"}
"""The parts, by what a mirror of m makes of their torques."""
GIVERS = {
    "exchange": ("magnetisation", "magnetisation (exchange)"),
    "kinetic": ("lattice", "lattice (crystal field)"),
    "rashba": ("#0b6e4f", "lattice (Rashba)"),
    "spin_orbit": ("orbital", "spin-orbit coupling L.s"),
}
"""Colour and words of terms."""


def film_torques(data: Dataset, axis: str = "y", ax: Axes | None = None) -> Axes:
    """Torque on the magnetisation by plane, and what flows between the planes.

    Above, the torques of either part; below, the fluxes of spin and orbital moment
    between planes, one component of them. Magnetic planes are shaded.

    Parameters
    ----------
    data : Dataset of `kwantorque.field_response` on a film, or of a prepared film
    axis : {"x", "y", "z"}
        Component of the fluxes.
    ax : matplotlib Axes, optional
        If given, the torques of the intrinsic part alone are drawn there.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, a sweep, or another axis.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.Layer(kt.CubicLattice(exchange=-1, rashba=0.1), 1, m="x")
    >>> film = kt.Film(kt.Stack([iron, kt.Layer(kt.CubicLattice(), 2)], 1, atomic=True))
    >>> at = {"broadening": 0.5, "temperature": 900, "tolerance": 0.1}
    >>> ax = kt.plot.film_torques(kt.field_response(film, -2.0, **at, progress=False))
    >>> ax.get_xlabel()
    'z (nm)'
    """
    names = ("exchange_torque", "z", "magnetisation")
    fluxes = ("spin_current", "orbital_current", "z_bond") if "spin_current" in getattr(data, "variables", ()) else ()
    require(data, WHAT, *names, *fluxes, dims=("part", "site", "axis"), besides=("bond",))
    axis = known("component", axis, "xyz")
    if ax is not None:
        return _torque(ax, data, "intrinsic")
    panels = figure_of(9.0, 6.2).subplots(1 + bool(fluxes), 2, sharex=True, squeeze=False)
    for column, part in zip(panels.T, WORDS, strict=True):
        _torque(column[0], data, part)
        if fluxes:
            column[0].set_xlabel("")
            _fluxes(column[1], data, part, axis)
    return panels[0, 1] if not fluxes else panels[1, 1]


def _torque(ax, data, part):
    torque = data.exchange_torque.sel(part=part)
    error = _least(data, "exchange_torque")
    whole = max(float(abs(torque).max()), error / LEAST)
    for name, look in COMPONENTS.items():
        line = torque.sel(axis=name)
        times, said = enlarged(line, whole, error)
        line = 0 * line if said == IS_ZERO else times * line
        ax.plot(data.z, line, marker="o", ms=4, label=f"{name}{said}", **look)
    ax.set_ylabel(labelled("torque per plane and eE", data.exchange_torque))
    ax.set_xlabel("z (nm)")
    _behind(ax, data)
    legend_above(ax, ncols=3, title=WORDS[part], alignment="left")
    return ax


def _fluxes(ax, data, part, axis):
    lines = {kind: data[f"{kind}_current"].sel(part=part, axis=axis) for kind in ("spin", "orbital")}
    errors = {kind: _least(data, f"{kind}_current") for kind in lines}
    whole = max(*(float(abs(line).max()) for line in lines.values()), max(errors.values()) / LEAST)
    for kind, line in lines.items():
        times, said = enlarged(line, whole, errors[kind])
        letter = {"spin": "s", "orbital": "L"}[kind]
        ax.plot(
            data.z_bond,
            0 * line if said == IS_ZERO else times * line,
            color=COLOURS[kind],
            marker="s",
            ms=4,
            label=rf"{kind}, ${letter}_{axis}${said}",
        )
    ax.set(xlabel="z (nm)", ylabel=labelled("flux along z per eE", data.spin_current))
    _behind(ax, data)
    legend_above(ax)


def _least(data, name):
    """What is no larger is zero: in the error, or rounding beside the other part."""
    return max(float(data[f"{name}_error"]), ROUNDING * float(abs(data[name]).max()))


def _behind(ax, data):
    """Zero, the shade of magnetic planes, and the interfaces to those that are not."""
    zero(ax)
    z = data.z.values
    magnetic = np.abs(data.magnetisation.values).max(axis=1) > 0
    half = (z[1] - z[0]) / 2 if len(z) > 1 else 0.5
    for one in z[magnetic]:
        ax.axvspan(one - half, one + half, color=COLOURS["magnetisation"], alpha=0.16, lw=0, zorder=-2)
    for (before, was), (after, now) in pairwise(zip(z, magnetic, strict=True)):
        if was != now:
            ax.axvline((before + after) / 2, color="0.4", lw=1, zorder=-1)
    ax.set_xlim(z[0] - half, z[-1] + half)


def film_books(data: Dataset, axis: str = "y", part: str = "intrinsic", ax: Axes | None = None) -> Axes:
    """Who gives what to the spin, and to the orbital moment, of the carriers by plane.

    Bars above zero are gains, those below losses; in every plane they add up to zero:

        inflow + sum of what the terms give + F - R = 0

    F is what the field pushes through k space, R what relaxes.

    Parameters
    ----------
    data : Dataset of `kwantorque.field_response` on a film, or of a prepared film
    axis : {"x", "y", "z"}
        Component of the moments.
    part : {"intrinsic", "dissipative"}
    ax : matplotlib Axes, optional
        If given, the books of the spin alone are drawn there.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, a sweep, another axis or part.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.PLattice(v2_sigma=0.3, exchange=-1, spin_orbit=0.2)
    >>> layers = [kt.Layer(iron, 1, m="x"), kt.Layer(kt.PLattice(), 1)]
    >>> film = kt.Film(kt.Stack(layers, 1, atomic=True))
    >>> at = {"broadening": 0.5, "temperature": 900, "tolerance": 0.1}
    >>> ax = kt.plot.film_books(kt.field_response(film, 0.5, **at, progress=False))
    >>> ax.get_xlabel()
    'z (nm)'
    """
    names = ("gain_of_term", "field_source", "relaxation_loss", "outflow", "z")
    require(data, WHAT, *names, dims=("part", "term", "site", "moment", "quantity"))
    axis, part = known("component", axis, "xyz"), known("part", part, WORDS)
    here = data.sel(part=part)
    kinds = ["s", "L"] if ax is None and bool(abs(here.gain_of_term.sel(moment=["L_x", "L_y", "L_z"])).max()) else ["s"]
    panels = [axes(ax)] if len(kinds) == 1 else figure_of(6.4, 6.4).subplots(2, 1, sharex=True)
    books = {kind: _entries(here, f"{kind}_{axis}") for kind in kinds}
    shown = [words for words in books["s"] if any(_matters(words, one) for one in books.values())]
    # Where all is zero, all of it is named.
    shown = shown or list(books["s"])
    for panel, kind in zip(panels, kinds, strict=True):
        _bars(panel, here, {words: books[kind][words] for words in shown})
        words = {"s": "spin", "L": "orbital moment"}[kind]
        panel.set_ylabel(labelled(f"gain of {words} ${kind}_{axis}$ per eE", data.outflow))
    legend_above(panels[0], ncols=3, title=WORDS[part], alignment="left")
    panels[-1].set_xlabel("z (nm)")
    return panels[-1]


def _entries(data, moment):
    """Colour and values of every entry of the books of one moment."""
    books = {"inflow": (COLOURS["spin"], -data.outflow.sel(quantity=moment))}
    for term in data.term.values.tolist():
        colour, words = GIVERS.get(term, ("0.5", term))
        books[words] = (COLOURS.get(colour, colour), data.gain_of_term.sel(term=term, moment=moment))
    books["field, F"] = ("#e69f00", data.field_source.sel(quantity=moment))
    books["relaxation, -R"] = ("0.65", -data.relaxation_loss.sel(quantity=moment))
    return books


def _matters(words, books):
    largest = max(float(abs(values).max()) for _, values in books.values())
    return float(abs(books[words][1]).max()) > ROUNDING * largest


def _bars(ax, data, books):
    """One group of bars per plane."""
    z = data.z.values
    step = z[1] - z[0] if len(z) > 1 else 1.0
    width = 0.85 * step / max(len(books), 1)
    for number, (words, (colour, values)) in enumerate(books.items()):
        at = z + (number - (len(books) - 1) / 2) * width
        ax.bar(at, values, width, color=colour, label=words)
    _behind(ax, data)
