"""A stack in words and as a bar: one line, or one box, for every lead and layer."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .stack import Region, Stack

__all__ = ["html", "text"]

LEAD_WIDTH = 0.15
"""How wide a lead is shown, over the length of the layers."""
LEAST_WIDTH = 0.08
"""How narrow a layer is shown at most, over the same: its name must be read."""
BOX = (
    "color:#222;border:1px solid #999;text-align:center;vertical-align:top;padding:4px;overflow-wrap:anywhere;"
    "background:"
)
MAGNETIC, BARE = "#f2dbe8", "#eeeeee"
"""Backgrounds of layers with and without a magnetisation."""
AXES = "xyz"


def text(stack: Stack) -> str:
    """What `repr` of a stack says: a head, and a line for each lead and layer.

    Names, thicknesses after rounding, magnetisation, potential, material.

    Parameters
    ----------
    stack : Stack

    Returns
    -------
    str
    """
    rows = [
        (_name(region), _thickness(stack, i), _direction(region), _potential(region), repr(region.layer.material))
        for i, region in enumerate(stack.regions)
    ]
    kept = [i for i, column in enumerate(zip(*rows, strict=True)) if any(column)]
    widths = [max(len(row[i]) for row in rows) for i in kept]
    lines = [_head(stack)]
    for number, row in enumerate(rows):
        lines.append("  " + "  ".join(f"{row[i]:<{width}}" for i, width in zip(kept, widths, strict=True)).rstrip())
        if number < len(stack.interfaces) and stack.interfaces[number].terms:
            terms = ", ".join(f"{term.name} on the {term.partner}" for term in stack.interfaces[number].terms)
            lines.append(f"  -- interface with {terms}")
    return "\n".join(lines)


def html(stack: Stack) -> str:
    """A stack as a notebook shows it: boxes to scale, with arrows and band energies.

    Arrows as in `kwantorque.plot.stack`: z to the right, x upwards, y out of the page.

    Parameters
    ----------
    stack : Stack

    Returns
    -------
    str
        HTML.
    """
    lead = LEAD_WIDTH * stack.length
    lengths = [lead, *(max(length, LEAST_WIDTH * stack.length) for length in stack.lengths), lead]
    boxes = "".join(
        f'<td style="width:{100 * length / sum(lengths):.1f}%;{BOX}{BARE if region.layer.m is None else MAGNETIC}">'
        f"<b>{escape(region.name)}</b><br>{_thickness(stack, i)}<br>{_arrow(region)}<br>"
        f"<small>{_bands(stack, i)}</small></td>"
        for i, (region, length) in enumerate(zip(stack.regions, lengths, strict=True))
    )
    return f'<div>{escape(_head(stack))}<table style="width:100%;table-layout:fixed"><tr>{boxes}</tr></table></div>'


def _head(stack):
    kind = "atomic planes" if stack.atomic else "sites"
    bias = f", under a bias of {stack.bias:g} eV" if stack.bias else ""
    return f"Stack of {stack.length:.6g} nm: {stack.n_sites} {kind}, spacing {stack.spacing:g} nm{bias}"


def _name(region):
    """With a lead's own name in brackets, if it has one."""
    own = region.layer.name
    return f"{region.name} ({own})" if own and not region.name.startswith(own) else region.name


def _thickness(stack, number):
    inner = 0 < number < len(stack.regions) - 1
    return f"{stack.lengths[number - 1]:.6g} nm" if inner else ""


def _direction(region: Region) -> str:
    m = region.layer.m
    if m is None:
        return ""
    if callable(m):
        return "m(z)" if " at 0x" in repr(m) else f"m = {m!r}"
    along = np.flatnonzero(m)
    if len(along) == 1:
        return f"m = {'-' if m[along[0]] < 0 else ''}{AXES[along[0]]}"
    return f"m = ({', '.join(f'{x + 0.0:.9g}' for x in m)})"


def _potential(region):
    potential = region.layer.potential
    if callable(potential):
        return "potential(z)"
    return f"{potential:+g} eV" if potential else ""


def _arrow(region):
    m = region.layer.m
    if m is None:
        return ""
    words = escape(_direction(region))
    if callable(m):
        return words
    in_page = f'<span style="display:inline-block;transform:rotate({-np.degrees(np.arctan2(m[0], m[2])):.0f}deg)">'
    arrow = f"{in_page}&rarr;</span> " if np.hypot(m[0], m[2]) > abs(m[1]) else "&#8857; " if m[1] > 0 else "&#8855; "
    return arrow + words


def _bands(stack, number):
    """Energies at k = 0 in the middle of a region, those of one energy once."""
    region = stack.regions[number]
    middle = float(np.mean(stack.positions(region)))
    energies, _ = stack.bands_at(number, [middle])
    found = dict.fromkeys(f"{energy + 0.0:.3g}" for energy in energies[0])
    return f"bands from {', '.join(found)} eV"
