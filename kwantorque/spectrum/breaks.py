"""Where the integrand of a stack is not smooth along a ray: thresholds of its crystals, and resonances."""

from functools import partial

import numpy as np

from ..integration.rules import distinct, steps
from .channels import count_channels, crystals, layer_bottom, lowest_inside, thresholds
from .resonances import count_bound, count_levels

__all__ = ["Breaks"]

MOST_BROAD = 16
"""More levels than this in a single texture overlap; no resonance stands alone."""
BEYOND = 1.5
"""States bound to an interface are looked for up to this many times the largest radius of an open channel."""


class Breaks:
    """For each angle the radii between which the integrand is smooth, from 0 to the last open channel of the source,
    those next to which it may have a sharp resonance, and those of broad ones.

    Without a source (None), for the Fermi sea: up to the last state of any layer, bound states included.
    """

    def __init__(self, stack, energy, source, widen):
        self.stack, self.energy, self.source, self.widen = stack, energy, source, widen
        # Most stacks have no level or bound state at all; counting them is the dearest part.
        self.lowest = lowest_inside(stack)

    def __call__(self, angles):
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
            rays.append((smooth, *self._sorted(levels[i][levels[i] < edge], angles[i])))
        return rays

    def _overlapping(self):
        """Whether the inner part is one texture or slope with so many levels that no resonance stands alone."""
        if any(region.layer.is_uniform for region in self.stack.regions[1:-1]):
            return False
        return count_levels(self.stack, self.energy, np.zeros((1, 2)))[0] > MOST_BROAD

    def _bound_states(self, angles, edges):
        """Radii at which the number of bound states below the energy changes, where both leads are closed."""
        outside = min(np.linalg.eigvalsh(layer_bottom(lead))[0] for lead in (self.stack.left, self.stack.right))
        possible = self.lowest < outside or any(interface.terms for interface in self.stack.interfaces)
        reach = BEYOND * max(radii.max(initial=0) for radii in edges) if possible else 0.0
        return steps(partial(count_bound, self.stack, self.energy), reach, angles)

    def _sorted(self, radii, angle):
        """Levels at which some inner layer has no open channel, which may be sharp resonances, and the others."""
        if not len(radii):
            return radii, radii
        k = radii[:, None] * np.array([np.cos(angle), np.sin(angle)])
        inner = [region.layer for region in self.stack.regions[1:-1] if region.layer.is_uniform]
        counts = [count_channels(layer, self.stack.spacing, self.energy, k) for layer in inner]
        sharp = np.min(counts, axis=0) == 0 if counts else np.zeros(len(radii), bool)
        return radii[sharp], radii[~sharp]
