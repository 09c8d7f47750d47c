"""Where in the k_par plane a crystal has open channels: the region of integration and the kinks of the integrand.

Along a ray k_par = r (cos phi, sin phi) the number of open channels of a crystal is a step function of r. Its
steps, the thresholds, are where transmission, densities and torques have square-root kinks, for every lead and
uniform layer.
"""

import warnings
from functools import lru_cache, partial

import numpy as np

from ..errors import InputError
from ..integration.rules import steps
from ..scattering.modes import count_open
from ..structures.chain import bulk_blocks

__all__ = [
    "band_bottoms",
    "count_channels",
    "crystals",
    "has_channels",
    "largest_radius",
    "layer_bottom",
    "lowest_inside",
    "require_channels",
    "thresholds",
]

COARSE = 0.5
"""sin^2(k_z a/2) from which on a lattice is called coarse: k_z a of 1.6."""


def crystals(stack):
    """The distinct uniform layers of a stack, leads first."""
    found = []
    regions = stack.regions
    for region in (regions[0], regions[-1], *regions[1:-1]):
        if region.layer.is_uniform and not any(region.layer.same_crystal(layer) for layer in found):
            found.append(region.layer)
    return found


def band_bottoms(stack):
    """Energies (eV) at which a band of one of the uniform layers begins at k = 0, where fluxes have a kink."""
    return sorted({float(e) for layer in crystals(stack) for e in np.linalg.eigvalsh(layer_bottom(layer))})


def layer_bottom(layer, z=0.0):
    """H(k = 0) of a layer at position z (nm), (n, n)."""
    return sum(term(np.zeros(3)) for term in layer.terms_at(z))


def lowest_inside(stack):
    """Lowest band bottom (eV) anywhere between the leads; -infinity where terms of first order in k lower the bands
    below what they are at k = 0.
    """
    lowest = np.inf
    for region in stack.regions[1:-1]:
        for z in stack.positions(region) if not region.layer.is_uniform else (0.0,):
            if any(term.linear.any() for term in region.layer.terms_at(z)):
                return -np.inf
            lowest = min(lowest, np.linalg.eigvalsh(layer_bottom(region.layer, z))[0])
    return lowest


def count_channels(layer, spacing, energy, k_par):
    """Number of open right-going channels of a crystal at each in-plane k (nk, 2), shape (nk,); outside the Brillouin
    zone of a material that has one there are none.
    """
    count = count_open(*bulk_blocks(layer, spacing, k_par), energy)
    if layer.material.zone is not None:
        count[np.abs(k_par).max(axis=1) > layer.material.zone] = 0
    return count


def has_channels(layer, spacing, energy):
    """Whether a crystal has any open channel, at any in-plane k."""
    if largest_radius(layer, energy) == 0:
        return False
    if count_channels(layer, spacing, energy, np.zeros((1, 2)))[0]:
        return True
    for angles in (np.array([0.3, 2.1, 4.4]), np.linspace(0, 2 * np.pi, 24, endpoint=False)):
        if any(map(len, thresholds(layer, spacing, energy, angles))):
            return True
    return False


def require_channels(stack, energy, right=None):
    """Raise `InputError` if a lead has no open channel at `energy` (eV), naming the lead.

    `right` is the energy for the right lead, if it is another one.
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
    """Refuse a spacing at which a band of a discretised continuum ends below `energy` (eV), warn of one close to that.

    On a lattice E - E_bottom = (4C/a^2) sin^2(k_z a/2). A material with a `spacing` of its own is a lattice as it is.
    """
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
        if part > COARSE:
            warnings.warn(
                f"a spacing of {stack.spacing:g} nm is coarse for a band that begins at {bottom:.3g} eV: "
                "expect errors of tens of per cent",
                stacklevel=4,
            )


def largest_radius(layer, energy):
    """Radius in 1/nm beyond which a crystal certainly has no state at `energy` (eV).

    With c the smallest eigenvalue of the quadratic part over all directions of k and b the largest norm of
    the linear part, H >= c k^2 - b k + h_min, and the bound is the root of that at `energy`.

    Raises
    ------
    InputError
        If c <= 0: the bands bend down in some direction, and no region ends.
    """
    if layer.material.zone is not None:
        return 1.01 * np.sqrt(2) * layer.material.zone
    c, b = _bending(layer)
    depth = energy - np.linalg.eigvalsh(layer_bottom(layer))[0]
    return 1.05 * (b + np.sqrt(max(b**2 + 4 * c * depth, 0.0))) / (2 * c)


@lru_cache(maxsize=64)
def _bending(layer):
    """c and b of `largest_radius`, which do not depend on the energy."""
    terms = layer.terms_at(0.0)
    polar, azimuth = np.meshgrid(np.linspace(0, np.pi / 2, 19), np.linspace(0, 2 * np.pi, 72, endpoint=False))
    unit = np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], axis=-1)
    quadratic = sum(term.quadratic for term in terms)
    linear = sum(term.linear for term in terms)
    c = np.linalg.eigvalsh(np.einsum("...i,...j,ijab->...ab", unit, unit, quadratic)).min()
    if c <= 0:
        raise InputError(f"the bands of {layer.material!r} bend down in some direction: no k region ends")
    return c, np.linalg.norm(np.einsum("...i,iab->...ab", unit, linear), 2, axis=(-1, -2)).max()


def thresholds(layer, spacing, energy, angles):
    """Radii at which the number of open channels of a crystal changes, along rays at `angles`.

    Returns
    -------
    list of sorted arrays in 1/nm, one per angle; empty where the ray has no open channel
    """
    sections = 16 if layer.material.n_orbitals == 2 else 2
    return steps(partial(count_channels, layer, spacing, energy), largest_radius(layer, energy), angles, sections)
