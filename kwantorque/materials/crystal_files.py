"""What a `TightBinding` is made of, from files of Wannier90 and models of others."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import SPIN_HALF, commutator, direction, on_spin
from ..errors import InputError, known, users_level
from .base import as_matrix
from .models import from_model_object
from .spin_terms import spinors_in_order, split_terms
from .wannier90 import read_wannier90
from .wannier90_win import atoms_of_centres

if TYPE_CHECKING:
    from pathlib import Path

    from .bloch import Matrices

__all__ = ["from_models", "from_wannier_files", "terms_of_spinors"]

NOT_MAGNETIC = 0.05
"""eV; an odd field on the spin larger than this belongs to a magnet."""
REMAINDER = 0.01
"""Part of the exchange that the remainder may have without a word."""
PER_STATE = ("positions", "atoms")
"""Arguments of one entry for each state."""
NOTHING = 1e-12
"""eV; a term without an entry as large is none."""


def from_wannier_files(
    name: str | Path,
    down: str | Path | None,
    *,
    fermi_energy: float | None,
    spin: str | None,
    magnetisation: Any,
    vectors: Any,
    orbital: Any,
    xi: Any,
) -> dict[str, Any]:
    """The arguments of `TightBinding`; parameters as of its `from_wannier90`.

    Raises
    ------
    InputError
        As there.
    """
    read = read_wannier90(name)
    vectors = read.vectors if vectors is None else vectors
    if vectors is None:
        raise InputError(f"{name} has no lattice vectors: put its .win beside it, use _tb.dat, or give `vectors` in nm")
    spin = _order(name, read, down, spin)
    common = {
        "vectors": vectors,
        "fermi_energy": _fermi_energy(name, read, fermi_energy),
        "positions": read.centres,
        "atoms": atoms_of_centres(read.settings, np.asarray(vectors, float), read.centres),
        "spin": "interlaced",
    }
    if spin == "spinless":
        if magnetisation is not None:
            raise InputError("`magnetisation` is that of spinors: a layer of a spin-polarised pair has its own")
        common |= {what: np.repeat(common[what], 2, axis=0) for what in PER_STATE if common[what] is not None}
        return common | _of_pair(read, down, orbital, xi)
    if xi is not None:
        raise InputError("`spin_orbit` is for files without spinors: these have it in H already")
    matrices, order = spinors_in_order(read.hoppings, spin, common["positions"])
    common |= {what: np.asarray(common[what])[order] for what in PER_STATE if common[what] is not None}
    return common | {
        "hoppings": terms_of_spinors(matrices, magnetisation is not None),
        "orbital": _with_spin(orbital, len(matrices[0, 0, 0])),
        "magnetisation": "z" if magnetisation is None else direction(magnetisation),
    }


def from_models(models: Any, spin: str | None, magnetisation: Any) -> dict[str, Any]:
    """The arguments of `TightBinding`; parameters as of its `from_model`.

    Raises
    ------
    InputError
        As there.
    """
    several = isinstance(models, Mapping)
    read = {name: from_model_object(one) for name, one in (models if several else {"kinetic": models}).items()}
    first = next(iter(read.values()), None)
    if first is None:
        raise InputError("a dict of models must have one for each term")
    for name, one in read.items():
        if one["spin"] != first["spin"] or not np.allclose(one["vectors"], first["vectors"]):
            raise InputError(f"the models of all terms must be of one crystal, but that of {name!r} is not")
    spin = first["spin"] or spin
    if spin is None:
        raise InputError("the model does not say its spin: give `spin`, 'spinless', 'interlaced' or 'block'")
    common = {"vectors": first["vectors"], "positions": first["positions"]}
    terms = {name: one["matrices"] for name, one in read.items()}
    if several:
        return common | {"hoppings": terms, "spin": spin, "magnetisation": magnetisation or "z"}
    if known("spin", spin, ("interlaced", "block", "spinless")) == "spinless":
        return common | {"hoppings": terms, "spin": spin}
    matrices, order = spinors_in_order(terms["kinetic"], spin, common["positions"])
    common["positions"] = common["positions"][order]
    return common | {
        "hoppings": terms_of_spinors(matrices, magnetisation is not None),
        "spin": "interlaced",
        "magnetisation": "z" if magnetisation is None else direction(magnetisation),
    }


def terms_of_spinors(matrices: Matrices, is_magnetic: bool) -> dict[str, Matrices]:
    """The terms of interlaced spinors, without those that are nothing.

    Raises
    ------
    InputError
        There is an exchange, but no magnetisation, or the other way round.

    Warns
    -----
    UserWarning
        The remainder is above 1 % of the exchange.
    """
    terms = split_terms(matrices)
    size = {name: max(float(np.abs(block).max()) for block in one.values()) for name, one in terms.items()}
    if not is_magnetic and size["exchange"] > NOT_MAGNETIC:
        raise InputError(
            f"H has a field on the spin of up to {size['exchange']:.2g} eV that is odd under time reversal: give the "
            "direction of M in the calculation as `magnetisation`"
        )
    if is_magnetic and size["exchange"] < NOTHING:
        raise InputError("H has no part that is odd under time reversal: leave `magnetisation` out")
    if not is_magnetic:
        # What is odd although nothing is magnetic comes from orbitals that are not
        # quite real.
        terms["remainder"] = {R: terms["remainder"][R] + block for R, block in terms.pop("exchange").items()}
        size["remainder"] = max(size["remainder"], size.pop("exchange"))
    elif size["remainder"] > REMAINDER * size["exchange"]:
        warnings.warn(
            f"up to {size['remainder']:.2g} eV of H is odd under time reversal and acts on no spin, beside an exchange "
            f"of {size['exchange']:.2g} eV: orbital magnetism, or orbitals that are not real. It is kept as the term "
            "'remainder', which does not turn with m",
            stacklevel=users_level(),
        )
    return {name: one for name, one in terms.items() if name == "kinetic" or size[name] > NOTHING}


def _fermi_energy(name, read, given):
    given = read.settings.fermi_energy if given is None else given
    if given is None:
        raise InputError(
            f"{name} has no Fermi energy: give `fermi_energy` in eV as the calculation before Wannier90 prints it, or "
            "0.0 to leave energies as they are"
        )
    return given


def _order(name, read, down, spin):
    """What the states are, as it is said or as `.win` says."""
    if spin is not None:
        known("spin", spin, ("interlaced", "block", "spinless"))
    if down is not None:
        if spin in ("interlaced", "block"):
            raise InputError("files of spin up and down have no spinors: leave `spin` out")
        return "spinless"
    spinors = read.settings.spinors
    if spin is None and spinors is None:
        raise InputError(f"{name} has no .win that says whether there are spinors: give `spin`")
    if spin is not None and spinors is not None and spinors != (spin != "spinless"):
        raise InputError(f"the .win of {name} has spinors = {str(spinors).lower()}, which is not spin={spin!r}")
    return spin or ("interlaced" if spinors else "spinless")


def _with_spin(orbital, n):
    """L of n states, each orbital twice if it is given without spin; None for none."""
    if orbital is None:
        return None
    orbital = as_matrix("`orbital`", orbital)
    return np.kron(orbital, np.eye(2)) if orbital.shape == (3, n // 2, n // 2) else orbital


def _of_pair(up, down, orbital, xi):
    """Terms of files without spinors, of one for both spins or of one for each."""
    terms = {"kinetic": {R: np.kron(h, np.eye(2)) for R, h in up.hoppings.items()}}
    if down is not None:
        pairs = _pairs(up, read_wannier90(down))
        terms = {
            "kinetic": {R: np.kron((a + b) / 2, np.eye(2)) for R, (a, b) in pairs.items()},
            "exchange": {R: np.kron(a - b, SPIN_HALF[2]) for R, (a, b) in pairs.items()},
        }
    n = len(terms["kinetic"][0, 0, 0])
    made = {"hoppings": terms, "orbital": _with_spin(orbital, n)}
    if xi is not None:
        terms["spin_orbit"], partner = _atomic(xi, made["orbital"], n)
        made["partners"] = {"spin_orbit": partner}
    return made


def _pairs(up, down):
    """{R: (H_up, H_down)} of files of the same Wannier functions."""
    if up.vectors is not None and down.vectors is not None and not np.allclose(down.vectors, up.vectors, atol=1e-6):
        raise InputError("the files of spin up and down must have the same lattice vectors")
    n, n_down = (len(one.hoppings[0, 0, 0]) for one in (up, down))
    if n != n_down:
        raise InputError(f"the files of spin up and down must have the same Wannier functions, got {n} and {n_down}")
    zero = np.zeros((n, n))
    cells = {**up.hoppings, **down.hoppings}
    return {R: (up.hoppings.get(R, zero), down.hoppings.get(R, zero)) for R in cells}


def _atomic(xi, orbital, n):
    """xi L.s, and who takes what it takes from the carriers.

    Where xi differs, of two Wannier functions their mean.
    """
    if orbital is None:
        raise InputError("`spin_orbit` is xi in xi L.s: give the matrices L of the Wannier functions as `orbital`")
    try:
        xi = np.repeat(np.broadcast_to(as_matrix("`spin_orbit`", xi).real, (n // 2,)), 2)
    except ValueError:
        raise InputError(f"`spin_orbit` must be xi, or {n // 2} of them, got shape {np.shape(xi)}") from None
    spin = on_spin(SPIN_HALF, n // 2)
    term = (xi[:, None] + xi) / 2 * np.einsum("iab,ibc->ac", orbital, spin)
    # What is no full shell has no L of its own, which L.s would conserve with s.
    lost = np.abs(commutator(term, orbital + spin)).max()
    return {(0, 0, 0): term}, "carriers" if lost <= 1e-9 * np.abs(term).max() else "lattice"
