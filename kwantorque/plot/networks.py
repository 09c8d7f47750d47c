"""Networks of sites and bonds: maps of spin and torque, arrows of flux, cuts."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, finite, known
from .base import COLOURS, ROUNDING, PolyCollection, axes, figure_of, labelled, legend_above, require, title_of, zero

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = ["flux_map", "site_map", "strip_balance"]

NETWORK = "a Dataset of `kwantorque.Books` or `kwantorque.network_response`"
PROFILE = "a Dataset of `kwantorque.profile_along`"
DIVERGING = "RdBu_r"
"""Of signed values: white is zero, red one sign and blue the other, for all eyes."""
OF_TERMS = (COLOURS["magnetisation"], COLOURS["lattice"], "#e69f00", "#56b4e9", "#8c510a")
"""One after the other, for terms in their order."""
SAME_PLANE = 1e-6
"""Distance in z of what lies in one plane."""
LONGEST = 0.9
"""Of the distance between neighbours, the longest arrow."""


def site_map(
    data: Dataset, name: str = "exchange_torque", axis: str = "z", ax: Axes | None = None, z: float | None = None
) -> Axes:
    """A map of one vector at all sites: one component as colour, two as arrows.

    The colour is the component along `axis`, the arrows are those along x and y. Sites
    where the vector is unknown, next to a lead, are small and grey.

    Parameters
    ----------
    data : Dataset of `kwantorque.Books` or `kwantorque.network_response`
        Of one state, or summed over states; sites in a plane.
    name : str
        A vector on sites, such as `spin_density` or `exchange_torque`.
    axis : {"x", "y", "z"}
    ax : matplotlib Axes, optional
    z : float, optional
        Of a system in three dimensions, the plane of sites that is shown.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, another variable or component; sites in several planes
        without `z`, or none there.

    Examples
    --------
    >>> import kwant
    >>> import kwantorque as kt
    >>> square = kwant.lattice.square(norbs=2)
    >>> flake = kwant.Builder()
    >>> flake[(square(i, j) for i in range(3) for j in range(3))] = np.diag([1.0, -1.0])
    >>> flake[square.neighbors()] = -np.eye(2)
    >>> flake = flake.finalized()
    >>> books = kt.Books(flake, partner={"rest": "lattice"})
    >>> psi = np.linalg.eigh(flake.hamiltonian_submatrix())[1][:, 0]
    >>> ax = kt.plot.site_map(books(psi), "spin_density")
    >>> ax.get_xlabel(), len(ax.collections[0].get_offsets())
    ('x', 9)
    """
    require(data, NETWORK, "x", "y", "start", name, dims=("site", "bond", "axis"), besides=())
    known("component", axis, "xyz")
    data = _in_plane(data, z)
    values, ax = data[name].transpose("site", "axis"), _map_axes(data, ax)
    colour, across, up = (values.sel(axis=one).values for one in (axis, "x", "y"))
    there, step = np.isfinite(colour), _spacing(data)
    largest = np.nanmax(np.abs(values.values), initial=0) or 1.0
    dots = ax.scatter(
        data.x[there],
        data.y[there],
        c=colour[there],
        cmap=DIVERGING,
        vmin=-largest,
        vmax=largest,
        s=_size(data, ax),
        edgecolors="0.75",
        linewidths=0.4,
    )
    ax.scatter(data.x[~there], data.y[~there], color="0.8", s=4)
    arrows = np.hypot(across, up) > 1e-6 * largest
    ax.quiver(
        data.x[there & arrows],
        data.y[there & arrows],
        across[there & arrows],
        up[there & arrows],
        pivot="middle",
        angles="xy",
        scale_units="xy",
        scale=largest / (LONGEST * step),
        width=0.0028,
        zorder=3,
    )
    _bar(ax, dots, data, labelled(f"{axis} component", values))
    ax.set_title(f"{title_of(values)}; arrows: in the plane of x and y", fontsize="small")
    return _framed(ax, data)


def flux_map(
    data: Dataset, name: str = "spin_current", axis: str = "z", ax: Axes | None = None, z: float | None = None
) -> Axes:
    """Arrows of a flux on every bond, from where it comes to where it goes.

    The area of an arrow is its strength, its colour too.

    Parameters
    ----------
    data : Dataset of `kwantorque.Books` or `kwantorque.network_response`
        Of one state, or summed over states; sites in a plane.
    name : str
        A flux on bonds: `particle_current`, `spin_current`, ...
    axis : {"x", "y", "z"}
        Component of a vector.
    ax : matplotlib Axes, optional
    z : float, optional
        Of a system in three dimensions, the plane whose bonds are shown.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, another variable or component; sites in several planes
        without `z`, or none there.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.FreeElectron(exchange=1.0, bottom=-1.0)
    >>> stack = kt.Stack([kt.Layer(iron, 0.5, m="x"), kt.Layer(iron, 0.5, m="z")], 0.1)
    >>> system, params = kt.build_stack(stack).finalized(), {"kx": 0.0, "ky": 0.0}
    >>> terms = {"exchange": kt.build_stack(stack, terms=["exchange"])}
    >>> data = kt.network_response(system, 0.5, params, terms=terms)
    >>> kt.plot.flux_map(data)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: this figure needs ...; this Dataset has no y
    """
    vector = ("axis",) if name in getattr(data, "data_vars", ()) and "axis" in data[name].dims else ()
    require(data, NETWORK, "x", "y", "start", "end", name, dims=("site", "bond", *vector), besides=())
    known("component", axis, "xyz")
    data = _in_plane(data, z)
    values = data[name].sel(axis=axis) if vector else data[name]
    flux, ax = values.values, _map_axes(data, ax)
    ends = data["start"].values, data["end"].values
    start, end = np.where(flux >= 0, ends, ends[::-1])
    position = np.stack([data.x.values, data.y.values], axis=1)
    size = np.abs(flux)
    largest = size.max(initial=0) or 1.0
    seen = size > 1e-3 * largest
    arrows = PolyCollection(
        _arrowheads(position[start[seen]], position[end[seen]], np.sqrt(size[seen] / largest)),
        array=size[seen],
        cmap="viridis_r",
        clim=(0, largest),
        linewidths=0,
        zorder=2,
    )
    ax.scatter(data.x, data.y, color="0.8", s=6, zorder=1)
    ax.add_collection(arrows)
    words = f"strength, {axis} component" if vector else "strength"
    _bar(ax, arrows, data, labelled(words, values))
    ax.set_title(f"{title_of(data[name])} on bonds", fontsize="small")
    return _framed(ax, data)


def strip_balance(data: Dataset, axis: str = "z", ax: Axes | None = None) -> Axes:
    """Spin flux through each cut of a strip, and where it goes: sums of the torques.

    The flux that is left, and what each term has taken up to there, for its partner in
    brackets: the torque on lattice and magnetisation against length. Where the books
    close, their sum is the same at each cut, dotted. It is what comes in through the
    first cut, or nothing where no lead is attached to the first column. With orbital
    moments it is the flux of L + s; what terms of the carriers exchange between L and s
    is not lost.

    Parameters
    ----------
    data : Dataset of `kwantorque.profile_along`
        Of one state, or summed over states.
    axis : {"x", "y", "z"}
        Component of the spin, or of L + s.
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
    >>> iron = kt.FreeElectron(exchange=1.0, bottom=-1.0)
    >>> stack = kt.Stack([kt.Layer(iron, 0.5, m="x"), kt.Layer(iron, 0.5, m="z")], 0.1)
    >>> system, params = kt.build_stack(stack).finalized(), {"kx": 0.0, "ky": 0.0}
    >>> terms = {"exchange": kt.build_stack(stack, terms=["exchange"])}
    >>> data = kt.network_response(system, 0.5, params, terms=terms)
    >>> ax = kt.plot.strip_balance(kt.profile_along(data, "x"))
    >>> [line.get_label() for line in ax.get_lines()][1]
    'spin current'
    """
    orbital = "angular_momentum_current" in getattr(data, "data_vars", ())
    name, what = ("angular_momentum_current", "L + s") if orbital else ("spin_current", "spin")
    names = ("position", "position_cut", "partner", name, "torque_of_term")
    require(data, PROFILE, *names, dims=("cut", "column", "term", "axis"), besides=())
    known("component", axis, "xyz")
    data = data.isel(term=data.partner.values != "carriers")
    flux, torque = data[name].sel(axis=axis), data.torque_of_term.sel(axis=axis).transpose("term", "column")
    inner = np.flatnonzero(np.isfinite(torque.values).all(axis=0))
    if not len(inner) or not (np.diff(inner) == 1).all():
        raise InputError(
            "this figure needs columns without leads in a row: a lead at the side of the strip is in between"
        )
    # Between the cut before the first of these columns and the one after the last.
    cuts = slice(max(inner[0] - 1, 0), inner[-1] + 1)
    position, left = data.position_cut.values[cuts], flux.values[cuts]
    taken = np.cumsum(np.pad(torque.values[:, inner], ((0, 0), (1, 0))), axis=1)
    # There is no cut before the first column of all.
    start = 1 if inner[0] == 0 else 0
    taken = taken[:, start : start + len(position)]
    ax = axes(ax)
    zero(ax)
    ax.plot(position, left, color=COLOURS["spin"], label=f"current of {what}" if orbital else "spin current", lw=1.8)
    largest = max(np.abs(left).max(), np.abs(taken).max())
    for colour, term, taker, one in zip(cycle(OF_TERMS), data.term.values, data.partner.values, taken, strict=False):
        if np.abs(one).max() > ROUNDING * largest:
            ax.plot(position, one, color=colour, label=f"taken by {term} ({taker}), up to here", ls="--")
    ax.plot(position, left + taken.sum(axis=0), color=COLOURS["total"], lw=1, ls=":", label="sum of all")
    ax.set(xlabel=data.attrs.get("along", "position"), ylabel=labelled(f"{what} along {axis}", data[name]))
    ax.margins(x=0)
    legend_above(ax)
    return ax


def _in_plane(data, z):
    """The sites of one plane, and the bonds between these.

    Layers that would be painted over one another are refused.
    """
    layers = np.unique(np.round(data["z"].values, 9)) if "z" in data.coords else np.empty(0)
    some = ", ".join(f"{one:g}" for one in layers[:3]) + (", ..." if len(layers) > 3 else "")
    if z is None:
        if len(layers) > 1:
            raise InputError(
                f"a map needs sites in one plane, they are at z = {some}, one over another: choose one, such as "
                f"z={layers[0]:g}, or look at sums over columns, `kwantorque.profile_along`"
            )
        return data
    there = np.abs(data["z"].values - finite("z", z)) < SAME_PLANE if len(layers) else np.zeros(0, bool)
    if not there.any():
        raise InputError(f"`z` must be that of a plane of sites, {some or 'this system has none'}, got {z!r}")
    number = np.cumsum(there) - 1
    start, end = data["start"].values, data["end"].values
    data = data.isel(site=there, bond=there[start] & there[end])
    numbers = {name: ("bond", number[data[name].values], data[name].attrs) for name in ("start", "end")}
    return data.assign_coords(numbers)


def _map_axes(data, ax):
    """Axes of the shape of the map, with room for a colour bar."""
    width, height = np.ptp(data.x.values) + 1, np.ptp(data.y.values) + 1
    return figure_of(height=float(np.clip(6.4 * height / width + 1.5, 2.6, 7))).subplots() if ax is None else ax


def _bar(ax, drawn, data, label):
    """A colour bar below what is wide, beside what is high."""
    wide = np.ptp(data.x.values) > 1.5 * np.ptp(data.y.values)
    ax.figure.colorbar(drawn, ax=ax, location="bottom" if wide else "right", shrink=0.7, label=label, aspect=30)


def _spacing(data):
    """Shortest bond."""
    position = np.stack([data.x.values, data.y.values], axis=1)
    lengths = np.linalg.norm(position[data["end"].values] - position[data["start"].values], axis=1)
    return lengths[lengths > 0].min() if (lengths > 0).any() else 1.0


def _size(data, ax):
    """Area of a dot, in points, that leaves a little space to its neighbours."""
    width, height = np.ptp(data.x.values) + 1e-12, np.ptp(data.y.values) + 1e-12
    inches = ax.figure.get_size_inches()
    per_unit = 72 * 0.8 * min(inches[0] * 0.8 / (width + 1), inches[1] / (height + 1))
    return float(np.clip((0.9 * per_unit * _spacing(data)) ** 2, 8, 400))


def _arrowheads(start, end, strength):
    """Triangles with a stem on bonds, (n, 7, 2), of width and length by strength."""
    along = (end - start) * LONGEST
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    middle = (start + end) / 2
    shape = np.array([(0.5, 0), (0, 0.3), (0, 0.1), (-0.5, 0.1), (-0.5, -0.1), (0, -0.1), (0, -0.3)])
    points = shape[:, :1] * along[:, None] + shape[:, 1:] * across[:, None]
    return middle[:, None] + strength[:, None, None] * points


def _framed(ax, data):
    """Equal axes around all sites."""
    margin = 0.7 * _spacing(data)
    ax.set_aspect("equal")
    ax.set(xlim=(data.x.min() - margin, data.x.max() + margin), ylim=(data.y.min() - margin, data.y.max() + margin))
    ax.set(xlabel="x", ylabel="y")
    return ax
