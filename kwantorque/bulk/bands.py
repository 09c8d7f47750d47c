"""Bulk crystals: bands along a path, and what every Bloch state does to magnetisation and lattice.

In an eigenstate nothing changes in time, so that the gains of the carriers' L + s from all terms add up to zero:

    exchange torque + lattice torque = 0,        state by state,

while each of them may be finite: spin-orbit coupling hands angular momentum from the lattice to the magnetisation (seed
000, figure 1 and its inset).
"""

from itertools import pairwise

import numpy as np
import xarray as xr

from ..algebra import commutator, direction
from ..errors import InputError
from ..operators import physical_torques
from ..results.dataset import VERSION

__all__ = ["bands", "k_path"]


def k_path(corners, points=100):
    """Equidistant wavevectors (n, 3) along straight lines between `corners` (m, 3), 1/nm, `points` on each."""
    corners = np.asarray(corners, float)
    if corners.ndim != 2 or corners.shape[1] != 3 or len(corners) < 2 or not np.isfinite(corners).all():
        raise InputError(f"`corners` must be at least two finite points of shape (m, 3), got shape {corners.shape}")
    t = np.linspace(0, 1, points, endpoint=False)[:, None]
    lines = [start + t * (stop - start) for start, stop in pairwise(corners)]
    return np.concatenate([*lines, corners[-1:]])


def bands(material, k, m=None):
    """Energies and eigenstates' expectation values of a material at wavevectors `k`.

    Parameters
    ----------
    material : Material
    k : (n, 3) array, 1/nm
    m : str or 3-vector
        Direction of the magnetisation, if the material is magnetic.

    Returns
    -------
    xarray.Dataset
        Dimensions k, band (ascending), axis. energy (eV); spin, orbital (hbar); velocity, dE/dk (eV nm);
        exchange_torque on the magnetisation, lattice_torque, orbital_to_spin_torque on the spin (eV, hbar = 1).
        Coordinates kx, ky, kz and the distance along the path (1/nm). Degenerate states come in an arbitrary
        basis: only sums over them mean something.

    Raises
    ------
    InputError
        `k` is not (n, 3), or a magnetic material has no `m`.
    """
    k = np.atleast_2d(np.asarray(k, float))
    if k.ndim != 2 or k.shape[1] != 3 or not np.isfinite(k).all():
        raise InputError(f"`k` must be finite numbers of shape (n, 3), got shape {k.shape}")
    m = None if m is None or not material.is_magnetic else direction(m)
    energy, states = np.linalg.eigh(material.hamiltonian(k, m))

    def expectation(operators):
        """(n, ..., o, orbitals, orbitals) operators at each k -> (n, band, o)."""
        return np.einsum("kan,koab,kbn->kno", states.conj(), operators, states).real

    vectors = np.concatenate([material.spin, material.orbital])
    terms = material.terms(m)
    gains = {term.name: expectation(-1j * commutator(vectors, term(k)[:, None])) for term in terms}
    torques = physical_torques(gains, {term.name: term.partner for term in terms}, energy.shape)
    moments = expectation(np.broadcast_to(vectors, (len(k), *vectors.shape)))
    values = {
        "energy": (energy, "eV", "energy"),
        "spin": (moments[..., :3], "hbar", "spin"),
        "orbital": (moments[..., 3:], "hbar", "orbital angular momentum"),
        "velocity": (expectation(material.velocity(k, m)), "eV nm", "dE/dk"),
        "exchange_torque": (torques["exchange_torque"], "eV", "torque on the magnetisation"),
        "lattice_torque": (torques["lattice_torque"], "eV", "torque on the crystal lattice"),
        "orbital_to_spin_torque": (torques["orbital_to_spin_torque"], "eV", "spin-orbit torque on the spin"),
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
