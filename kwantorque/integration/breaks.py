"""Where the integrand of a stack is not smooth along a ray: thresholds of its crystals, and resonances."""

from functools import partial

import numpy as np

from .channels import count_channels, crystals, distinct, steps, thresholds
from .resonances import count_levels

__all__ = ["Breaks"]


class Breaks:
    """For each angle the radii between which the integrand is smooth, from 0 to the last open channel of the source,
    those next to which it may have a sharp resonance, and those of broad ones.
    """

    def __init__(self, stack, energy, source, widen):
        self.stack, self.energy, self.source, self.widen = stack, energy, source, widen

    def __call__(self, angles):
        layers = crystals(self.stack)
        found = [thresholds(layer, self.stack.spacing, self.energy, angles) for layer in layers]
        lead = getattr(self.stack, self.source)
        of_source = next(radii for layer, radii in zip(layers, found, strict=True) if layer.same_crystal(lead))
        edges = [radii.max(initial=0) for radii in of_source]
        levels = steps(partial(count_levels, self.stack, self.energy), max(edges), angles)
        rays = []
        for i, edge in enumerate(edges):
            inside = np.concatenate([radii[i] for radii in found])
            outer = [] if self.widen == 1 else [edge * self.widen]
            smooth = distinct(np.sort([0, *inside[inside <= edge], *outer]), 1e-6 * edge)
            rays.append((smooth, *self._sorted(levels[i][levels[i] < edge], angles[i])))
        return rays

    def _sorted(self, radii, angle):
        """Levels at which some inner layer has no open channel, which may be sharp resonances, and the others."""
        if not len(radii):
            return radii, radii
        k = radii[:, None] * np.array([np.cos(angle), np.sin(angle)])
        inner = [region.layer for region in self.stack.regions[1:-1] if region.layer.is_uniform]
        counts = [count_channels(layer, self.stack.spacing, self.energy, k) for layer in inner]
        sharp = np.min(counts, axis=0) == 0 if counts else np.zeros(len(radii), bool)
        return radii[sharp], radii[~sharp]
