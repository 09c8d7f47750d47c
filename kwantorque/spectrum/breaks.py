"""Where the integrand of a stack is not smooth along a ray: thresholds, resonances."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..integration.rules import Breakpoints, distinct, steps
from .channels import count_channels, crystals, layer_bottom, lowest_inside, thresholds
from .resonances import count_bound, count_levels, levels_at_centre, poles, poles_at_centre

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..structures.stack import Stack

__all__ = ["Breaks", "entering_levels"]

MOST_BROAD = 16
"""More levels than this in a single texture overlap; no resonance stands alone."""
BEYOND = 1.5
"""Bound states are looked for up to this many times the largest radius of a channel."""

SAME_ENERGY = 1e-9
"""Levels closer than this (eV) are one break of the energy integral."""


class Breaks:
    """Radii at which the integrand over k_par is not smooth, along rays.

    Parameters
    ----------
    stack : Stack
    energy : float, eV
    source : {"left", "right"} or None
        Rays end at the last open channel of this lead. Without one, for the sea (all
        states filled up to the lower chemical potential), at the last state of any
        layer, bound states included.
    widen : float
        If not 1, rays go on to this many times their length.
    """

    def __init__(self, stack: Stack, energy: float, source: str | None, widen: float) -> None:
        self.stack, self.energy, self.source, self.widen = stack, energy, source, widen
        # Most stacks have no level or bound state at all; counting them is the dearest
        # part.
        self.lowest = lowest_inside(stack)

    def __call__(self, angles: ArrayLike) -> list[Breakpoints]:
        """Radii along the rays at these angles.

        Returns
        -------
        list of Breakpoints, one per angle
        """
        layers = crystals(self.stack)
        found = [thresholds(layer, self.stack.spacing, self.energy, angles) for layer in layers]
        if self.source is None:
            found.append(self._bound_states(angles, [radii for of_layer in found for radii in of_layer]))
            edges = [max(radii[i].max(initial=0) for radii in found) for i in range(len(angles))]
        else:
            lead = getattr(self.stack, self.source)
            of_source = next(radii for layer, radii in zip(layers, found, strict=True) if layer.same_crystal(lead))
            edges = [radii.max(initial=0) for radii in of_source]
        reach = max(edges) if self.lowest < self.energy and not self._overlapping() else 0.0
        levels = steps(partial(count_levels, self.stack, self.energy), reach, angles)
        rays = []
        for i, edge in enumerate(edges):
            inside = np.concatenate([radii[i] for radii in found])
            outer = [] if self.widen == 1 else [edge * self.widen]
            smooth = distinct(np.sort([0, *inside[inside <= edge], *outer]), 1e-6 * edge)
            sharp, broad = self._sorted(levels[i], angles[i])
            resonances = self._resonances(sharp, edge, angles[i])
            rays.append(Breakpoints(smooth, resonances.real, broad[broad < edge], resonances.imag))
        return rays

    def _resonances(self, levels, edge, angle):
        """Centre + i half width of the resonances of sharp levels up to the edge."""
        if not len(levels):
            return np.empty(0, complex)
        found = poles(self.stack, self.energy, levels, angle)
        return found[(found.real > 0) & (found.real < edge)]

    def _overlapping(self):
        """Whether no resonance stands alone.

        So where the inner part is textures or slopes alone, with many levels.
        """
        if any(region.layer.is_uniform for region in self.stack.regions[1:-1]):
            return False
        return count_levels(self.stack, self.energy, np.zeros((1, 2)))[0] > MOST_BROAD

    def _bound_states(self, angles, edges):
        """Radii at which the number of bound states below the energy changes.

        They are bound where both leads are closed.
        """
        outside = min(np.linalg.eigvalsh(layer_bottom(lead))[0] for lead in (self.stack.left, self.stack.right))
        possible = self.lowest < outside or any(interface.terms for interface in self.stack.interfaces)
        reach = BEYOND * max(radii.max(initial=0) for radii in edges) if possible else 0.0
        return steps(partial(count_bound, self.stack, self.energy), reach, angles)

    def _sorted(self, radii, angle):
        """Levels that may be sharp resonances, and the others."""
        if not len(radii):
            return radii, radii
        sharp = _is_sharp(self.stack, self.energy, radii[:, None] * np.array([np.cos(angle), np.sin(angle)]))
        return radii[sharp], radii[~sharp]


def entering_levels(stack: Stack, low: float, high: float) -> list[float]:
    """Energies between two others at which a sharp resonance is at k_par = 0.

    From there on a resonance is met by the rays from k_par = 0, so that fluxes, summed
    over k_par, have a step there as functions of energy, as wide as the resonance.
    Levels whose lowest energy is at another k_par are not looked for.

    Parameters
    ----------
    stack : Stack
    low, high : float, eV

    Returns
    -------
    list, ascending, eV
    """
    if lowest_inside(stack) >= high:
        return []
    levels = levels_at_centre(stack)
    near = [e for e in distinct(levels, SAME_ENERGY) if low < e < high and _is_sharp(stack, e, np.zeros((1, 2)))[0]]
    centres = np.sort(poles_at_centre(stack, near).real)
    return [float(e) for e in distinct(centres, SAME_ENERGY) if low < e < high]


def _is_sharp(stack, energy, k_par):
    """Whether a level at each k may be a sharp resonance.

    So where some inner layer has no open channel.
    """
    inner = [region.layer for region in stack.regions[1:-1] if region.layer.is_uniform]
    counts = [count_channels(layer, stack.spacing, energy, k_par) for layer in inner]
    return np.min(counts, axis=0) == 0 if counts else np.zeros(len(k_par), bool)
