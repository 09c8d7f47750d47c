"""What a `TightBinding` is made of, from the models of other packages.

Nothing of them is imported: an object is known by what it carries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import dagger
from ..errors import InputError
from .wannier90 import PER_NM

if TYPE_CHECKING:
    from collections.abc import Callable

    from .bloch import Matrices

__all__ = ["from_model_object"]


def from_model_object(model: Any) -> dict[str, Any]:
    """Vectors, positions (nm), spin and {R: matrix} (eV) of a model.

    Returns
    -------
    dict with "vectors", "positions", "spin", "matrices"
        `spin` is "spinless", "interlaced", or None where the model does not say.

    Raises
    ------
    InputError
        An object of no package that is known, of another dimension than three, or of a
        basis that is not orthogonal.
    """
    for signs, read in READERS.items():
        if all(hasattr(model, sign) for sign in signs):
            return read(model)
    raise InputError(
        "a model must be one of sisl (Hamiltonian), WannierBerri (System_R), TBmodels (Model) or PythTB, got "
        f"{type(model).__module__}.{type(model).__name__}: take its matrices {{R: H_R}} and TightBinding(...)"
    )


def _of_sisl(model):
    """One matrix for each lattice vector of the supercell; Angstrom, eV.

    Of a Hamiltonian with spin-orbit coupling, 8 reals for each element:
    Re and Im of uu (0, 4), dd (1, 5), ud (2, 3), du (6, 7).
    """
    if not model.orthogonal:
        raise InputError(
            "the basis of a model must be orthogonal, but this one has overlaps S: make it so with sisl's "
            "`H.transform(orthogonal=True)`"
        )
    n, cells = model.no, np.asarray(model.lattice.sc_off)
    kinds = "is_unpolarized", "is_polarized", "is_noncolinear", "is_spinorbit"
    kind = next((word for word in kinds if getattr(model.spin, word)), None)
    parts = [model.tocsr(i).toarray() for i in range(model.spin.size(model.dtype))]
    if kind == "is_unpolarized":
        wide = parts[0].astype(complex)
    elif kind is None or np.iscomplexobj(parts[0]):
        raise InputError(f"of sisl, real matrices without spin or with spin are read, got {model.spin!r}")
    else:
        wide = _with_spin({"is_polarized": 2, "is_noncolinear": 4, "is_spinorbit": 8}[kind], parts)
    size = n if kind == "is_unpolarized" else 2 * n
    blocks = wide.reshape(size, -1, size).swapaxes(0, 1)
    matrices = dict(zip(map(tuple, cells.tolist()), blocks, strict=True))
    positions = np.array([model.geometry.xyz[model.geometry.o2a(i)] for i in range(n)]) / PER_NM
    return _made(model.lattice.cell / PER_NM, positions, kind == "is_unpolarized", matrices)


def _with_spin(number, parts):
    """From sisl's reals for each element to (2n, 2 columns), interlaced."""
    zero = np.zeros_like(parts[0])
    uu, dd, ud, du = parts[0] + 0j, parts[1] + 0j, zero + 0j, zero + 0j
    if number >= 4:
        ud = parts[2] + 1j * parts[3]
        # Of 4 reals du is left to Hermiticity: at R it is that of the conjugate of ud
        # at -R, which sisl keeps equal at each element.
        du = parts[2] - 1j * parts[3]
    if number == 8:
        uu, dd, du = uu + 1j * parts[4], dd + 1j * parts[5], parts[6] + 1j * parts[7]
    n, columns = zero.shape
    return np.array([[uu, ud], [du, dd]]).transpose(2, 0, 3, 1).reshape(2 * n, 2 * columns)


def _of_wannierberri(model):
    """H_R as it stands, for all R; Angstrom, eV. The spin is for the user to say."""
    block = np.asarray(model.get_R_mat("Ham"))
    matrices = {tuple(cell): one for cell, one in zip(np.asarray(model.rvec.iRvec).tolist(), block, strict=True)}
    centres = np.asarray(model.wannier_centers_cart) / PER_NM
    return {"vectors": model.real_lattice / PER_NM, "positions": centres, "spin": None, "matrices": matrices}


def _of_tbmodels(model):
    """Half of the matrices, R = 0 too: H_R = hop_R + hop_{-R}^+; Angstrom, eV."""
    if model.uc is None:
        raise InputError("the TBmodels model has no unit cell: give it as `uc`")
    matrices: dict[tuple[int, ...], Any] = {}
    for cell, half in model.hop.items():
        half = half.toarray() if hasattr(half, "toarray") else np.asarray(half)
        for to, block in ((tuple(cell), half), (tuple(-n for n in cell), dagger(half))):
            matrices[to] = matrices.get(to, 0) + block
    vectors = np.asarray(model.uc) / PER_NM
    return {"vectors": vectors, "positions": np.asarray(model.pos) @ vectors, "spin": None, "matrices": matrices}


def _of_pythtb(model):
    """Version 1: hoppings (t, i, j, R), one direction of each; levels; Angstrom."""
    hoppings = [(t, i, j, R) for t, i, j, *R in model._hoppings]
    hoppings = [(t, i, j, R[0] if R else (0, 0, 0)) for t, i, j, R in hoppings]
    return _of_hops(model._lat, model._orb, model._nspin, model._site_energies, hoppings)


def _of_pythtb_2(model):
    """Version 2: a dict for each hopping."""
    hoppings = [
        (one["amplitude"], one["from_orbital"], one["to_orbital"], one.get("lattice_vector") or (0, 0, 0))
        for one in model.hoppings
    ]
    vectors = np.asarray(model.lat_vecs)
    places = np.asarray(model.get_orb_vecs(cartesian=True)) @ np.linalg.inv(vectors)
    return _of_hops(vectors, places, model.nspin, model.onsite, hoppings)


def _of_hops(vectors, places, nspin, levels, hoppings):
    vectors = np.asarray(vectors, float) / PER_NM
    if vectors.shape != (3, 3):
        raise InputError(f"a crystal must have three dimensions, this model has {len(vectors)}")
    n = len(places)
    matrices: dict[tuple[int, ...], Any] = {}

    def add(cell, i, j, block):
        block = np.asarray(block, complex)
        block = block * np.eye(nspin) if block.ndim == 0 else block
        one = matrices.setdefault(cell, np.zeros((n, nspin, n, nspin), complex))
        one[i, :, j] += block

    for i, level in enumerate(levels):
        add((0, 0, 0), i, i, level)
    for t, i, j, cell in hoppings:
        cell = tuple(int(x) for x in cell)
        add(cell, i, j, t)
        add(tuple(-x for x in cell), j, i, np.conj(np.transpose(t)))
    matrices = {cell: block.reshape(n * nspin, -1) for cell, block in matrices.items()}
    return _made(vectors, np.asarray(places) @ vectors, nspin == 1, matrices)


def _made(vectors, positions, is_spinless, matrices):
    """Positions of orbitals, for each state."""
    spin = "spinless" if is_spinless else "interlaced"
    positions = positions if is_spinless else np.repeat(positions, 2, axis=0)
    return {"vectors": vectors, "positions": positions, "spin": spin, "matrices": matrices}


READERS: dict[tuple[str, ...], Callable[[Any], dict[str, Matrices]]] = {
    ("tocsr", "lattice", "orthogonal", "geometry"): _of_sisl,
    ("get_R_mat", "rvec", "real_lattice"): _of_wannierberri,
    ("hop", "uc", "pos"): _of_tbmodels,
    ("hoppings", "onsite", "lat_vecs", "get_orb_vecs"): _of_pythtb_2,
    ("_hoppings", "_site_energies", "_lat"): _of_pythtb,
}
"""How to read a model, by the attributes it is known by."""
