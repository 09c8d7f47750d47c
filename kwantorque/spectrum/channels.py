"""Where in the k_par plane a crystal has open channels.

That is the region of integration, and its edges are kinks of the integrand.

Along a ray k_par = r (cos phi, sin phi) the number of open channels of a crystal is a
step function of r. Its steps, the thresholds, are where transmission, densities and
torques have square-root kinks, for every lead and uniform layer.
"""

from __future__ import annotations

import warnings
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..integration.rules import steps
from ..scattering.modes import count_open
from ..structures.chain import bulk_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..structures.stack import Layer, Stack

__all__ = [
    "band_bottoms",
    "barrier_top",
    "count_channels",
    "crystals",
    "has_channels",
    "in_zone",
    "largest_radius",
    "layer_bottom",
    "lowest_inside",
    "require_channels",
    "shortest_vectors",
    "thresholds",
]

NO_SLOPE = 1e-12
"""dH/dk at k = 0 (eV nm) below which a term has none of first order."""
ZONE_POINTS = 8
"""Points along each reciprocal vector at which the lowest band is looked for."""
COARSE = 0.5
"""sin^2(k_z a/2) from which on a lattice is called coarse: k_z a of 1.6."""


def crystals(stack: Stack) -> list[Layer]:
    """The distinct uniform layers of a stack, leads first."""
    found = []
    regions = stack.regions
    for region in (regions[0], regions[-1], *regions[1:-1]):
        if region.layer.is_uniform and not any(region.layer.same_crystal(layer) for layer in found):
            found.append(region.layer)
    return found


def band_bottoms(stack: Stack) -> list[float]:
    """Energies at which a band of a uniform layer begins at k = 0, ascending, eV.

    There fluxes have a kink as functions of energy.
    """
    return sorted({float(e) for layer in crystals(stack) for e in np.linalg.eigvalsh(layer_bottom(layer))})


def layer_bottom(layer: Layer, z: float = 0.0) -> NDArray:
    """H(k = 0) of a layer at position z (nm), (n, n)."""
    return sum(term(np.zeros(3)) for term in layer.terms_at(z))


def lowest_inside(stack: Stack) -> float:
    """Lowest band bottom (eV) anywhere between the leads.

    -infinity where bands may lie below what they are at k = 0: where terms of first
    order in k lower them, and in lattices whose lowest state is elsewhere in the
    Brillouin zone.
    """
    lowest = np.inf
    for region in stack.regions[1:-1]:
        layer = region.layer
        for z in stack.positions(region) if not layer.is_uniform else (0.0,):
            terms = layer.terms_at(z)
            bottom = np.linalg.eigvalsh(layer_bottom(layer, z))[0]
            slope = max(np.abs(term.gradient(np.zeros(3))).max() for term in terms)
            if slope > NO_SLOPE or bottom > _lowest_in_zone(layer, z):
                return -np.inf
            lowest = min(lowest, bottom)
    return lowest


def barrier_top(stack: Stack) -> float:
    """Highest of the lowest band bottoms (eV) between the leads, at k = 0.

    What has more energy than this need not tunnel anywhere.
    """
    tops = [-np.inf]
    for region in stack.regions[1:-1]:
        layer = region.layer
        for z in stack.positions(region) if not layer.is_uniform else (0.0,):
            tops.append(float(np.linalg.eigvalsh(layer_bottom(layer, z))[0]))
    return max(tops)


def _lowest_in_zone(layer, z):
    """Lowest band energy (eV) on a coarse grid of the Brillouin zone of a lattice.

    Infinity for a k.p material.
    """
    if layer.material.reciprocal is None:
        return np.inf
    along = np.arange(ZONE_POINTS) / ZONE_POINTS
    in_plane = np.stack(np.meshgrid(along, along, indexing="ij"), axis=-1).reshape(-1, 2) @ layer.material.reciprocal
    blocks = [term.blocks(in_plane, layer.material.spacing) for term in layer.terms_at(z)]
    onsite, hopping = (sum(part) for part in zip(*blocks, strict=True))
    levels = [
        np.linalg.eigvalsh(onsite + hopping * phase + np.conj(np.swapaxes(hopping, -1, -2)) * np.conj(phase)).min()
        for phase in np.exp(2j * np.pi * along)
    ]
    return min(levels) + 1e-9


def count_channels(layer: Layer, spacing: float, energy: float, k_par: NDArray) -> NDArray:
    """Number of open right-going channels of a crystal at each in-plane k.

    Outside the Brillouin zone of a lattice there are none: they are those inside.

    Parameters
    ----------
    layer : Layer
    spacing : float, nm
    energy : float, eV
    k_par : (nk, 2) array, 1/nm

    Returns
    -------
    (nk,) int array

    Examples
    --------
    Free electrons of either spin, up to k_F = 10/nm:

    >>> import numpy as np
    >>> import kwantorque as kt
    >>> metal = kt.Layer(kt.FreeElectron.from_wavevectors(10.0))
    >>> k_par = np.array([[0.0, 0.0], [9.0, 0.0], [11.0, 0.0]])
    >>> count_channels(metal, 0.02, 0.0, k_par)
    array([2, 2, 0])
    """
    count = count_open(*bulk_blocks(layer, spacing, k_par), energy)
    count = np.array(np.broadcast_to(count, len(k_par)))
    if layer.material.reciprocal is not None:
        count[~in_zone(layer.material.reciprocal, k_par)] = 0
    return count


def in_zone(reciprocal: NDArray, k_par: NDArray) -> NDArray:
    """Whether each k_par is in the first Brillouin zone.

    No reciprocal lattice point but 0 is closer to it: k.G <= G^2/2.

    Parameters
    ----------
    reciprocal : (2, 2) array, 1/nm
        Reciprocal lattice vectors of the plane as rows.
    k_par : (nk, 2) array, 1/nm

    Returns
    -------
    (nk,) bool array
    """
    b_1, b_2 = shortest_vectors(reciprocal)
    points = np.array([i * b_1 + j * b_2 for i in range(-1, 2) for j in range(-1, 2) if (i, j) != (0, 0)])
    half = (points**2).sum(axis=1) / 2
    return (k_par @ points.T <= half * (1 + 1e-12)).all(axis=1)


def shortest_vectors(vectors: NDArray) -> NDArray:
    """The two shortest vectors that span the same lattice (Gauss's reduction), (2, 2).

    Parameters
    ----------
    vectors : (2, 2) array, as rows

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.spectrum.channels import shortest_vectors
    >>> shortest_vectors(np.array([[1.0, 0.0], [5.0, 1.0]]))
    array([[1., 0.],
           [0., 1.]])
    """
    short, long = sorted(np.asarray(vectors, float), key=np.linalg.norm)
    while True:
        long = long - np.round(long @ short / (short @ short)) * short
        if np.linalg.norm(long) >= np.linalg.norm(short) * (1 - 1e-12):
            return np.array([short, long])
        short, long = long, short


def has_channels(layer: Layer, spacing: float, energy: float) -> bool:
    """Whether a crystal has any open channel, at any in-plane k."""
    if largest_radius(layer, energy) == 0:
        return False
    if count_channels(layer, spacing, energy, np.zeros((1, 2)))[0]:
        return True
    for angles in (np.array([0.3, 2.1, 4.4]), np.linspace(0, 2 * np.pi, 24, endpoint=False)):
        if any(map(len, thresholds(layer, spacing, energy, angles))):
            return True
    return False


def require_channels(stack: Stack, energy: float, right: float | None = None) -> None:
    """Refuse an energy at which a lead has no open channel.

    Parameters
    ----------
    stack : Stack
    energy : float, eV
    right : float, eV, optional
        The energy for the right lead, if it is another one.

    Raises
    ------
    InputError
        A lead has no open channel (it is named), or the spacing is so large that a band
        ends below the energy.

    Warns
    -----
    UserWarning
        The spacing is coarse for a band at this energy.
    """
    energies = {"left": energy, "right": energy if right is None else right}
    _require_fine_lattice(stack, max(energies.values()))
    for side, energy in energies.items():
        lead = getattr(stack, side)
        if not has_channels(lead, stack.spacing, energy):
            bottom = np.linalg.eigvalsh(layer_bottom(lead))[0]
            raise InputError(
                f"energy must lie in a band of both leads, but the {side} lead has no open channel at "
                f"{energy:g} eV: its lowest band is at {bottom:g} eV at k = 0"
            )


def _require_fine_lattice(stack, energy):
    """Refuse a spacing at which a band of a continuum ends below `energy` (eV).

    Warn once of one close to that, of the worst crystal. On a lattice E - E_bottom =
    (4C/a^2) sin^2(k_z a/2). A material with a `spacing` of its own is a lattice as it
    is.
    """
    worst, of_worst = COARSE, None
    for layer in crystals(stack):
        if layer.material.spacing is not None:
            continue
        onsite, hopping = bulk_blocks(layer, stack.spacing, np.zeros((1, 2)))
        bottom = np.linalg.eigvalsh(layer_bottom(layer))[0]
        top = np.linalg.eigvalsh(onsite[0] - hopping[0] - np.conj(hopping[0]).T)[0]
        part = (energy - bottom) / (top - bottom)
        if part >= 1:
            needed = stack.spacing / np.sqrt(part)
            raise InputError(
                f"`spacing` must be below {needed:.3g} nm, and well below for any accuracy, got {stack.spacing:g} nm: "
                f"on this lattice the band that begins at {bottom:.3g} eV ends at {top:.3g} eV, below {energy:g} eV"
            )
        if part > worst:
            worst, of_worst = part, bottom
    if of_worst is not None:
        warnings.warn(
            f"a spacing of {stack.spacing:g} nm is coarse for a band that begins at {of_worst:.3g} eV: "
            "expect errors of several per cent or more, and compare a finer one (`kwantorque.extrapolate`)",
            stacklevel=5,
        )


def largest_radius(layer: Layer, energy: float) -> float:
    """Radius in 1/nm beyond which a crystal certainly has no state at `energy` (eV).

    That of the Brillouin zone of a lattice. Of a k.p material, with c the smallest
    eigenvalue of the quadratic part over all directions of k and b the largest norm of
    the linear part, H >= c k^2 - b k + h_min, and the bound is the root of that at
    `energy`.

    Raises
    ------
    InputError
        If c <= 0: the bands bend down in some direction, and no region ends. If H(k) is
        of higher than second order and has no Brillouin zone.
    """
    if layer.material.reciprocal is not None:
        b_1, b_2 = shortest_vectors(layer.material.reciprocal)
        return 1.01 * max(np.linalg.norm(b_1 + b_2), np.linalg.norm(b_1 - b_2)) / 2
    c, b = _bending(layer)
    depth = energy - np.linalg.eigvalsh(layer_bottom(layer))[0]
    return 1.05 * (b + np.sqrt(max(b**2 + 4 * c * depth, 0.0))) / (2 * c)


@lru_cache(maxsize=64)
def _bending(layer):
    """c and b of `largest_radius`, which do not depend on the energy."""
    terms = layer.terms_at(0.0)
    polar, azimuth = np.meshgrid(np.linspace(0, np.pi / 2, 19), np.linspace(0, 2 * np.pi, 72, endpoint=False))
    unit = np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], axis=-1)
    quadratic, linear = (sum(part) for part in zip(*(_second_order(term, unit) for term in terms), strict=True))
    c = np.linalg.eigvalsh(quadratic).min()
    if c <= 0:
        raise InputError(f"the bands of {layer.material!r} bend down in some direction: no k region ends")
    return c, np.linalg.norm(linear, 2, axis=(-1, -2)).max()


def _second_order(term, unit):
    """Quadratic and linear part of a term along `unit` (..., 3), each (..., n, n)."""
    constant, forth, back, twice = (term(factor * unit) for factor in (0.0, 1.0, -1.0, 2.0))
    quadratic, linear = (forth + back) / 2 - constant, (forth - back) / 2
    if not np.allclose(twice, constant + 2 * linear + 4 * quadratic, rtol=1e-9, atol=1e-12):
        raise InputError(
            f"term {term.name!r} is of higher than second order in k: give its material the `reciprocal` lattice "
            "vectors of the plane, where the k integrals end"
        )
    return quadratic, linear


def thresholds(layer: Layer, spacing: float, energy: float, angles: NDArray) -> list[NDArray]:
    """Radii at which the number of open channels of a crystal changes, along rays.

    Parameters
    ----------
    layer : Layer
    spacing : float, nm
    energy : float, eV
    angles : (n,) array

    Returns
    -------
    list of sorted arrays in 1/nm, one per angle; empty where the ray has no open
    channel
    """
    sections = 16 if layer.material.n_orbitals == 2 else 2
    return steps(partial(count_channels, layer, spacing, energy), largest_radius(layer, energy), angles, sections)
