"""Where the integrand of a stack is not smooth along a ray: thresholds, resonances."""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..integration.rules import Breakpoints, distinct, steps
from ..structures.stack import Layer, Stack
from .channels import count_channels, crystals, layer_bottom, lowest_inside, thresholds
from .resonances import count_bound, count_levels, levels_at_centre, poles, poles_at_centre

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Breaks", "entering_levels"]

MOST_BROAD = 16
"""More levels than this in a single texture overlap; no resonance stands alone."""
TAIL = (0.0, 4.0, 10.0, 28.0)
"""Energies above the Fermi energy (k_B T) whose thresholds break the sea's rays.

The occupation falls off behind the first, and is 1e-12 at the last, where rays end.
"""
SAME = 1e-6
"""Thresholds closer than this part of the ray are one, found in two crystals.

Bound states are kept apart however close they are: of two that come close as an angle
turns, all that an antiparallel valve couples by is what lies between them.
"""
BITS_OF_BOUND = 36
"""They are located to 2e-13 of the ray for that.

Counting them has no square root of rounding in it, as counting channels has.
"""
FIRST_REACH = 1.5
"""Bound states are first looked for up to this part of the largest radius of a channel.
"""
FURTHER = 1.25 ** np.arange(1, 26)
"""Where, in parts of that, states that an interface term binds are looked for beyond.

Free electrons on both sides hold them up to 1/sqrt(1 - w^2) of the radius, w the slope
of the term over the sum of both hbar^2/2m. The last one, 260, belongs to w = 0.99999.
"""
FAR = 1e4
"""k_par (1/nm) at which only the largest powers of k count."""
FAR_STEP = 0.01
"""Spacing of the lattice there, over 1/k_par."""
DIRECTIONS = 24
"""Directions of k_par in which an interface is asked whether it binds without end."""

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
    thermal : float, eV
        k_B T of a sea: its rays go on to the thresholds of the last energy of the
        Fermi function's tail that counts.

    Raises
    ------
    InputError
        Without a source: an interface term binds states at every k_par, however large,
        so that no sea has an end.
    """

    def __init__(self, stack: Stack, energy: float, source: str | None, widen: float, thermal: float = 0.0) -> None:
        self.stack, self.energy, self.source, self.widen = stack, energy, source, widen
        # Where occupations fall off, and where the last that counts is.
        self.filled_to = [energy + factor * thermal for factor in (TAIL if thermal else TAIL[:1])]
        # Most stacks have no level or bound state at all; counting them is the dearest
        # part.
        self.lowest = lowest_inside(stack)
        if source is None:
            _require_an_end(stack)

    def __call__(self, angles: ArrayLike) -> list[Breakpoints]:
        """Radii along the rays at these angles.

        Returns
        -------
        list of Breakpoints, one per angle
        """
        layers = crystals(self.stack)
        found = [thresholds(layer, self.stack.spacing, e, angles) for e in self.filled_to for layer in layers]
        bound = [np.empty(0) for _ in angles]
        if self.source is None:
            of_layers = [radii for of_layer in found for radii in of_layer]
            ends = dict.fromkeys((self.filled_to[0], self.filled_to[-1]))
            of_energies = [self._bound_states(angles, of_layers, energy) for energy in ends]
            bound = [np.concatenate(radii) for radii in zip(*of_energies, strict=True)]
            edges = [max(radii[i].max(initial=0) for radii in (*found, bound)) for i in range(len(angles))]
        else:
            lead = getattr(self.stack, self.source)
            of_source = next(radii for layer, radii in zip(layers, found, strict=False) if layer.same_crystal(lead))
            edges = [radii.max(initial=0) for radii in of_source]
        reach = max(edges) if self.lowest < self.energy and not self._overlapping() else 0.0
        levels = _levels(self.stack, self.energy, float(reach), tuple(np.asarray(angles, float).tolist()))
        rays = []
        for i, edge in enumerate(edges):
            inside = np.concatenate([radii[i] for radii in found])
            outer = [] if self.widen == 1 else [edge * self.widen]
            smooth = distinct(np.sort([0, *inside[inside <= edge], *outer]), SAME * edge)
            apart = [r for r in bound[i] if np.abs(smooth - r).min() > SAME * edge]
            smooth = np.sort([*smooth, *apart])
            sharp, broad = self._sorted(levels[i], angles[i])
            resonances = self._resonances(sharp, edge, angles[i])
            after = inside.min(initial=np.inf, where=inside > (1 + SAME) * smooth[-1])
            rays.append(Breakpoints(smooth, resonances.real, broad[broad < edge], resonances.imag, after))
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

    def _bound_states(self, angles, edges, energy):
        """Radii at which the number of bound states below an energy changes.

        They are bound where both leads are closed.
        """
        outside = min(np.linalg.eigvalsh(layer_bottom(lead))[0] for lead in (self.stack.left, self.stack.right))
        by_interface = any(interface.terms for interface in self.stack.interfaces)
        possible = self.lowest < outside or by_interface
        reach = FIRST_REACH * max(radii.max(initial=0) for radii in edges) if possible else 0.0
        count = partial(count_bound, self.stack, energy)
        found = steps(count, reach, angles, bits=BITS_OF_BOUND)
        if by_interface and reach > 0:
            unit = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
            beyond = reach * FURTHER
            holds = count((beyond[:, None, None] * unit).reshape(-1, 2)).reshape(len(beyond), -1).any(axis=1)
            if holds.any() or count(reach * unit).any():
                last = beyond[min(np.flatnonzero(holds).max(initial=-1) + 1, len(beyond) - 1)]
                further = steps(count, last, angles, bits=BITS_OF_BOUND)
                found = [np.concatenate([near, far[far > reach]]) for near, far in zip(found, further, strict=True)]
        return found

    def _sorted(self, radii, angle):
        """Levels that may be sharp resonances, and the others."""
        if not len(radii):
            return radii, radii
        sharp = _is_sharp(self.stack, self.energy, radii[:, None] * np.array([np.cos(angle), np.sin(angle)]))
        return radii[sharp], radii[~sharp]


@lru_cache(maxsize=16)
def _levels(stack, energy, reach, angles):
    """Radii at which the number of levels of the closed stack changes, on each ray.

    The dearest part of all, and the same for the states that come from either lead.
    """
    return steps(partial(count_levels, stack, energy), reach, np.array(angles))


def _require_an_end(stack):
    """Refuse an interface term that binds states at every k_par, however large.

    Far out only the largest powers of k count: two half spaces are left, and the
    interface. Their lattice is finer by as much as k_par is larger: on the given one
    the states would end where it stops being a continuum.
    """
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    k_par = FAR * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    sides = pairwise(region.layer for region in stack.regions)
    for interface, (left, right) in zip(stack.interfaces, sides, strict=True):
        is_lattice = any(layer.material.reciprocal is not None or layer.material.spacing for layer in (left, right))
        if not interface.terms or is_lattice:
            continue
        spacing = FAR_STEP / FAR
        layers = [interface, Layer(right.material, spacing, m="z")]
        alone = Stack(layers, spacing, left=Layer(left.material, m="z"))
        if count_bound(alone, 0.0, k_par).any():
            names = ", ".join(repr(term.name) for term in interface.terms)
            raise InputError(
                f"the interface term {names} binds electrons at every k_par, the deeper the larger it is: it grows "
                "faster with k_par than the sum of hbar^2/2m of both sides, and there is no lowest state up to which "
                "a sea could be filled; make the term weaker, or leave the sea out (`sea=False`)"
            )


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
