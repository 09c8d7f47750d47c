"""Bands along a path, and what every Bloch state does to magnetisation and lattice.

In an eigenstate nothing changes in time, so that the gains of the carriers' L + s from
all terms add up to zero:

    exchange torque + lattice torque = 0,        state by state,

while each of them may be finite: spin-orbit coupling hands angular momentum from the
lattice to the magnetisation (Haney & Stiles, Phys. Rev. Lett. 105, 126602 (2010),
figure 1).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..algebra import commutator, direction
from ..errors import InputError, instance, named, whole
from ..materials.base import Material, check_material
from ..operators import torques_on_partners
from ..operators.variables import torque_name
from ..results.dataset import VERSION

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["bands", "k_path"]


@named
def k_path(corners: ArrayLike, points: int = 100) -> NDArray:
    """Equidistant wavevectors along straight lines between corners.

    Parameters
    ----------
    corners : (m, 3) array, 1/nm, m >= 2
    points : int
        On each line, its first corner included and its last one not.

    Returns
    -------
    (n, 3) array, 1/nm, n = (m - 1) points + 1

    Raises
    ------
    InputError
        `corners` is something else, or `points` no whole number >= 1.

    Examples
    --------
    >>> import kwantorque as kt
    >>> kt.k_path([(0, 0, 0), (0, 0, 1)], points=2)
    array([[0. , 0. , 0. ],
           [0. , 0. , 0.5],
           [0. , 0. , 1. ]])
    >>> kt.k_path([(0, 0, 0)])
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `corners` must have shape (n, 3) with n >= 2, ...
    """
    corners = _wavevectors("corners", corners, least=2)
    points = whole("points", points)
    t = np.linspace(0, 1, points, endpoint=False)[:, None]
    lines = [start + t * (stop - start) for start, stop in pairwise(corners)]
    return np.concatenate([*lines, corners[-1:]])


@named
def bands(material: Material, k: ArrayLike, m: ArrayLike | str | None = None) -> xr.Dataset:
    """Energies and eigenstates' expectation values of a material at wavevectors `k`.

    In an eigenstate of H(k) a term t gives <-i [O, H_t]> to O = s and L of the
    carriers. Torques on magnetisation and lattice are minus what their terms give to
    L + s, and

        exchange torque + lattice torque = 0,        state by state,

    where all terms belong to one of the two, or to the carriers themselves.

    Parameters
    ----------
    material : Material
    k : (n, 3) array, 1/nm
    m : str or 3-vector, optional
        Direction of the magnetisation, if the material is magnetic.

    Returns
    -------
    xarray.Dataset
        Dimensions k, band (ascending), axis (x, y, z). Variables with (k, band): energy
        (eV); with (k, band, axis): spin and orbital (hbar), velocity, dE/dk (eV nm),
        exchange_torque on the magnetisation, lattice_torque, and orbital_to_spin_torque
        of the carriers' orbital moment on their spin (eV, hbar = 1); for any other
        partner of a term, torque_on_<partner>. Coordinates kx, ky, kz and the distance
        along the path (1/nm). Degenerate states come in an arbitrary basis: only sums
        over them mean something.

    Raises
    ------
    InputError
        `k` is not (n, 3), `material` none, or a magnetic material has no `m`.

    References
    ----------
    Haney & Stiles, Phys. Rev. Lett. 105, 126602 (2010), figure 1.

    Examples
    --------
    The split-off holes of GaAs, 3 x 0.11 eV away:

    >>> import kwantorque as kt
    >>> kt.bands(kt.KohnLuttinger(), [0, 0, 0]).energy.values.round(9) + 0.0
    array([[0.  , 0.  , 0.  , 0.  , 0.33, 0.33]])
    >>> kt.bands(kt.KohnLuttinger(exchange=0.27), [0, 0, 0])
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a magnetic material needs the direction `m` ...
    """
    instance("material", material, Material, "KohnLuttinger()")
    k = _wavevectors("k", k)
    m = None if m is None or not material.is_magnetic else direction(m)
    check_material(material, m)
    energy, states = np.linalg.eigh(material.hamiltonian(k, m))

    def expectation(operators):
        """(n, ..., o, orbitals, orbitals) operators at each k -> (n, band, o)."""
        return np.einsum("kan,koab,kbn->kno", states.conj(), operators, states).real

    vectors = np.concatenate([material.spin, material.orbital])
    terms = material.terms(m)
    gains = {term.name: expectation(-1j * commutator(vectors, term(k)[:, None])) for term in terms}
    torques = torques_on_partners(gains, {term.name: term.partner for term in terms}, energy.shape)
    moments = expectation(np.broadcast_to(vectors, (len(k), *vectors.shape)))
    values = {
        "energy": (energy, "eV", "energy"),
        "spin": (moments[..., :3], "hbar", "spin"),
        "orbital": (moments[..., 3:], "hbar", "orbital angular momentum"),
        "velocity": (expectation(material.velocity(k, m)), "eV nm", "dE/dk"),
        **{torque_name(partner): (torque, "eV", _label(partner)) for partner, torque in torques.items()},
    }
    steps = np.linalg.norm(np.diff(k, axis=0), axis=1)
    coordinates = {
        "axis": ["x", "y", "z"],
        "distance": ("k", np.concatenate([[0.0], np.cumsum(steps)]), {"units": "1/nm", "long_name": "path length"}),
        **{f"k{x}": ("k", k[:, i], {"units": "1/nm", "long_name": f"wavevector k{x}"}) for i, x in enumerate("xyz")},
    }
    dims = ("k", "band", "axis")
    variables = {
        name: (dims[: value.ndim], value, {"units": unit, "long_name": label})
        for name, (value, unit, label) in values.items()
    }
    return xr.Dataset(variables, coordinates, {"version": VERSION, "material": repr(material), "m": repr(m)})


def _label(partner):
    return "torque of the orbital moment on the spin" if partner == "carriers" else f"torque on the {partner}"


def _wavevectors(name, k, least=1):
    """Wavevectors as an array (n, 3), at least so many."""
    try:
        array = np.atleast_2d(np.asarray(k, float))
    except (TypeError, ValueError):
        raise InputError(f"`{name}` must be numbers of shape (n, 3) in 1/nm, got {k!r}") from None
    if array.ndim != 2 or array.shape[1] != 3 or len(array) < least:
        raise InputError(f"`{name}` must have shape (n, 3) with n >= {least}, in 1/nm, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"`{name}` must be finite numbers, got {array[~np.isfinite(array).all(axis=1)][0]}")
    return array
