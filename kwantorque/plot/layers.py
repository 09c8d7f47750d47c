"""Layers: a stack to scale, and what stands behind every profile along z.

z points to the right and x upwards: an arrow is the magnetisation in that plane, a
circle with a dot its component along y, out of the page, one with a cross along -y.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import InputError, finite
from .base import COLOURS, axes, legend_above

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = ["mark_layers", "stack"]

LEAD = 0.08
"""How much of a lead is shown, over the length of the layers."""
STRIP = 0.2
"""Part of the axes, at the top, in which names and magnetisations stand."""
ARROW = 0.24
"""Length of an arrow, inches."""
DARK = "#7a2f5c"
"""Colour of arrows, that of the magnetisation against a light background."""
ARROWS = 7
"""Arrows in a layer in which the magnetisation turns."""
NARROW = 0.09
"""Part of the axes below which the name of a layer is written upwards."""
TURNED = 1e-6
"""Change of a direction from which on it turns."""
OUT_OF_PAGE = 0.3
"""Part of m from which on it is drawn."""
NO_SPIN = 1e-6
"""Spin along m of a state that has none."""
BAND_POINTS = 81
"""Points along a layer that is not uniform."""


class _Shown(NamedTuple):
    """A lead or layer as it is drawn.

    Attributes
    ----------
    name : str
    start, stop : float, nm
    arrows : list of (z, m)
        Where and how its magnetisation is drawn; m has three components.
    is_lead : bool
    """

    name: str
    start: float
    stop: float
    arrows: list
    is_lead: bool = False


def mark_layers(ax: Axes, data: Dataset) -> None:
    """Shade the layers of a Dataset behind its profiles, with names and magnetisations.

    The last thing to be done to the axes: their limits are set. Names are those of the
    Dataset, if it has any, else numbers.

    Parameters
    ----------
    ax : matplotlib Axes
        With z in nm along its x axis.
    data : Dataset on a stack
    """
    ends = np.asarray(data.boundary_z.values)
    names, directions = _of_layers(data, len(ends) - 1)
    length = ends[-1] - ends[0]
    z = data.z.values
    shown = [
        _Shown(
            f"{names[0]} lead", ends[0] - LEAD * length, ends[0], _one(ends[0] - LEAD / 2 * length, directions[0]), True
        )
    ]
    for i, (start, stop) in enumerate(pairwise(ends)):
        inside = np.flatnonzero((z > start + TURNED) & (z < stop - TURNED))
        inside = inside if len(inside) else np.flatnonzero((z >= start - TURNED) & (z <= stop + TURNED))
        arrows = _arrows(z[inside], data.magnetisation.values[inside]) if "magnetisation" in data.variables else []
        shown.append(_Shown(names[i + 1], start, stop, _centred(arrows, start, stop)))
    last = ends[-1] + LEAD * length
    shown.append(_Shown(f"{names[-1]} lead", ends[-1], last, _one(ends[-1] + LEAD / 2 * length, directions[1]), True))
    low, high = ax.get_ylim()
    ax.set(xlim=(shown[0].start, last), ylim=(low, high + STRIP / (1 - STRIP) * (high - low)))
    _shade(ax, shown)


def _of_layers(data, count):
    """Names of left lead, layers and right lead; magnetisations of the leads."""
    if "layer" in data.dims and data.sizes["layer"] == count + 2:
        names = [str(name) for name in data.layer.values]
        m = data["layer_m"].values if "layer_m" in data.variables else np.full((count + 2, 3), np.nan)
        return names, (m[0], m[-1])
    unknown = np.full(3, np.nan)
    return ["left", *(f"layer {i}" for i in range(count)), "right"], (unknown, unknown)


def _one(z, m):
    return [(z, np.asarray(m))] if np.isfinite(m).all() and np.any(m) else []


def _arrows(z, m):
    """Where to draw which direction: once if it is everywhere the same."""
    if not np.any(m):
        return []
    if np.abs(m - m[0]).max() < TURNED:
        return [(float(z.mean()), m[0])]
    few = np.unique(np.linspace(0, len(z) - 1, ARROWS + 2).round().astype(int)[1:-1])
    return [(float(z[i]), m[i]) for i in few]


def _centred(arrows, start, stop):
    return [((start + stop) / 2, arrows[0][1])] if len(arrows) == 1 else arrows


def _shade(ax, shown):
    """Backgrounds, interfaces, names and magnetisations of what is shown."""
    low, high = ax.get_xlim()
    for i, one in enumerate(shown):
        magnetic = bool(one.arrows)
        colour = COLOURS["magnetisation"] if magnetic else "0.5"
        alpha = 0.16 if magnetic else (0.1, 0.18)[i % 2]
        ax.axvspan(one.start, one.stop, color=colour, alpha=alpha, lw=0, zorder=-2)
        if one.is_lead:
            ax.axvspan(one.start, one.stop, fill=False, hatch="////", edgecolor="0.8", lw=0, zorder=-1)
        else:
            ax.axvline(one.stop, color="0.5", lw=0.8, zorder=0)
        narrow = one.is_lead or (one.stop - one.start) < NARROW * (high - low)
        look = {"rotation": 90, "va": "center", "fontsize": "x-small"} if narrow else {"va": "top", "fontsize": "small"}
        # Below the arrow, if it is written upwards.
        height = 1.0 if not narrow else 0.5 if one.is_lead or magnetic else 1 - STRIP / 2
        ax.annotate(
            one.name,
            ((one.start + one.stop) / 2, height),
            xytext=(0, 0 if narrow else -2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            color="0.25",
            **look,
        )
        for z, m in one.arrows:
            _arrow(ax, z, m)
    ax.axvline(shown[0].stop, color="0.5", lw=0.8, zorder=0)


def _arrow(ax, z, m):
    """The magnetisation at z: an arrow in the page, a circle out of it."""
    at, height = ax.get_xaxis_transform(), 1 - 0.68 * STRIP
    if np.hypot(m[2], m[0]) > OUT_OF_PAGE:
        look = {"units": "inches", "width": 0.022, "headwidth": 4.5, "headlength": 5, "headaxislength": 4.5}
        look |= {"pivot": "middle", "angles": "uv", "scale_units": "inches", "scale": 1 / ARROW, "clip_on": False}
        ax.quiver([z], [height], [m[2]], [m[0]], transform=at, color=DARK, zorder=4, **look)
    if abs(m[1]) > OUT_OF_PAGE:
        look = {"clip_on": False, "transform": at, "edgecolors": DARK, "zorder": 4}
        ax.scatter([z], [height], s=80, facecolors="white", **look)
        ax.scatter([z], [height], s=18, c=DARK, marker="." if m[1] > 0 else "x", **(look | {"edgecolors": None}))


def stack(stack: Any, energy: float | Sequence[float] = 0.0, ax: Axes | None = None) -> Axes:
    """A stack to scale: names, magnetisations, and its bands against the Fermi energy.

    Lines are the energies of the bands at k = 0, where those of free electrons begin:
    solid where the spin is along m, dashed where it is against it.

    Parameters
    ----------
    stack : Stack
    energy : float or (left, right), eV
        The Fermi energy, or the chemical potentials of the two leads.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Something that is no stack, or no energy.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.FreeElectron.from_wavevectors(10.9, 4.2)
    >>> left, right = kt.Layer(iron, 1, m="z"), kt.Layer(iron, 1, m="x")
    >>> layers = [left, kt.Layer(kt.FreeElectron(bottom=1), 1), right]
    >>> junction = kt.Stack(layers, 0.1).biased(0.4, across=1)
    >>> ax = kt.plot.stack(junction, energy=(0.2, -0.2))
    >>> ax.get_ylabel()
    'bands at k = 0 (eV)'
    """
    if not hasattr(stack, "bands_at"):
        raise InputError(f"this figure needs a Stack, got {type(stack).__name__}")
    ax = axes(ax)
    shown = [_shown(stack, number) for number in range(len(stack.regions))]
    for number, one in enumerate(shown):
        _bands(ax, stack, number, one)
    left, right = (shown[0].start, shown[0].stop), (shown[-1].start, shown[-1].stop)
    if np.ndim(energy):
        for name, (mu, where) in zip(("left", "right"), zip(_pair(energy), (left, right), strict=True), strict=True):
            ax.plot(where, [mu, mu], color=COLOURS["orbital"], lw=2, label=rf"$\mu$ {name} = {mu:g} eV")
    else:
        mu = finite("energy", energy, "eV")
        ax.axhline(mu, color=COLOURS["orbital"], lw=1.5, label=f"Fermi energy, {mu:g} eV")
    low, high = ax.get_ylim()
    ax.set(xlabel="z (nm)", ylabel="bands at k = 0 (eV)", xlim=(left[0], right[1]))
    ax.set_ylim(low, high + STRIP / (1 - STRIP) * (high - low))
    _shade(ax, shown)
    legend_above(ax, ncols=3)
    return ax


def _pair(energies):
    if np.shape(energies) != (2,):
        raise InputError(f"`energy` must be a number or that of either lead, in eV, got {energies!r}")
    return [finite("energy", one, "eV") for one in energies]


def _shown(stack, number):
    """A region of a stack; regions 0 and -1 are the leads."""
    region, ends = stack.regions[number], stack.boundaries
    beyond = LEAD * stack.length
    start = ends[number - 1] if number else -beyond
    stop = ends[number] if number < len(ends) else ends[-1] + beyond
    few = np.linspace(start, stop, ARROWS + 2)[1:-1] if callable(region.layer.m) else [(start + stop) / 2]
    arrows = [(z, region.layer.magnetisation_at(float(z))) for z in few] if region.layer.m is not None else []
    is_lead = number in (0, len(stack.regions) - 1)
    return _Shown(region.name, start, stop, arrows, is_lead)


def _bands(ax, stack, number, one):
    """Lines at the energies of the bands of one region."""
    layer = stack.regions[number].layer
    z = np.array([one.start, one.stop]) if layer.is_uniform else np.linspace(one.start, one.stop, BAND_POINTS)
    energies, spin = stack.bands_at(number, z)
    there = {line.get_label() for line in ax.get_lines()}
    for band in range(energies.shape[1]):
        # A band of no spin, or one of two together, is neither along m nor against it.
        along, against = spin[0, band] > NO_SPIN, spin[0, band] < -NO_SPIN
        label = "spin along m" if along else "spin against m" if against else "both spins"
        look = {"color": COLOURS["spin"] if along or against else COLOURS["total"], "ls": "--" if against else "-"}
        ax.plot(z, energies[:, band], lw=1.5, label=None if label in there else label, **look)
        there.add(label)
