"""Where the integrand of a stack is not smooth along a ray: thresholds, resonances."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..integration.rules import Breakpoints, distinct, steps
from .channels import count_channels, crystals, layer_bottom, lowest_inside, thresholds
from .resonances import count_bound, count_levels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..structures.stack import Stack

__all__ = ["Breaks"]

MOST_BROAD = 16
"""More levels than this in a single texture overlap; no resonance stands alone."""
TAIL = (0.0, 4.0, 10.0, 28.0)
"""Energies above the Fermi energy (k_B T) whose thresholds break the sea's rays.

The occupation falls off behind the first, and is 1e-12 at the last, where rays end.
"""
BEYOND = 1.5
"""Bound states are looked for up to this many times the largest radius of a channel."""


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
    thermal : float, eV
        k_B T of a sea: its rays go on to the thresholds of the last energy of the
        Fermi function's tail that counts.
    """

    def __init__(self, stack: Stack, energy: float, source: str | None, widen: float, thermal: float = 0.0) -> None:
        self.stack, self.energy, self.source, self.widen = stack, energy, source, widen
        # Where occupations fall off, and where the last that counts is.
        self.filled_to = [energy + factor * thermal for factor in (TAIL if thermal else TAIL[:1])]
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
        found = [thresholds(layer, self.stack.spacing, e, angles) for e in self.filled_to for layer in layers]
        if self.source is None:
            of_layers = [radii for of_layer in found for radii in of_layer]
            ends = dict.fromkeys((self.filled_to[0], self.filled_to[-1]))
            found += [self._bound_states(angles, of_layers, energy) for energy in ends]
            edges = [max(radii[i].max(initial=0) for radii in found) for i in range(len(angles))]
        else:
            lead = getattr(self.stack, self.source)
            of_source = next(radii for layer, radii in zip(layers, found, strict=False) if layer.same_crystal(lead))
            edges = [radii.max(initial=0) for radii in of_source]
        reach = max(edges) if self.lowest < self.energy and not self._overlapping() else 0.0
        levels = steps(partial(count_levels, self.stack, self.energy), reach, angles)
        rays = []
        for i, edge in enumerate(edges):
            inside = np.concatenate([radii[i] for radii in found])
            outer = [] if self.widen == 1 else [edge * self.widen]
            smooth = distinct(np.sort([0, *inside[inside <= edge], *outer]), 1e-6 * edge)
            rays.append(Breakpoints(smooth, *self._sorted(levels[i][levels[i] < edge], angles[i])))
        return rays

    def _overlapping(self):
        """Whether no resonance stands alone.

        So where the inner part is textures or slopes alone, with many levels.
        """
        if any(region.layer.is_uniform for region in self.stack.regions[1:-1]):
            return False
        return count_levels(self.stack, self.energy, np.zeros((1, 2)))[0] > MOST_BROAD

    def _bound_states(self, angles, edges, energy):
        """Radii at which the number of bound states below an energy changes.

        They are bound where both leads are closed.
        """
        outside = min(np.linalg.eigvalsh(layer_bottom(lead))[0] for lead in (self.stack.left, self.stack.right))
        possible = self.lowest < outside or any(interface.terms for interface in self.stack.interfaces)
        reach = BEYOND * max(radii.max(initial=0) for radii in edges) if possible else 0.0
        return steps(partial(count_bound, self.stack, energy), reach, angles)

    def _sorted(self, radii, angle):
        """Levels that may be sharp resonances, and the others.

        Sharp where some inner layer has no open channel.
        """
        if not len(radii):
            return radii, radii
        k = radii[:, None] * np.array([np.cos(angle), np.sin(angle)])
        inner = [region.layer for region in self.stack.regions[1:-1] if region.layer.is_uniform]
        counts = [count_channels(layer, self.stack.spacing, self.energy, k) for layer in inner]
        sharp = np.min(counts, axis=0) == 0 if counts else np.zeros(len(radii), bool)
        return radii[sharp], radii[~sharp]
