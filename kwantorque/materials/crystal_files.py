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
from .spin_terms import net_field, spinors_in_order, split_terms
from .wannier90 import read_wannier90
from .wannier90_win import atoms_of_centres, distances

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .bloch import Matrices

__all__ = ["from_models", "from_wannier_files", "terms_of_spinors"]

NOT_MAGNETIC = 0.05
"""eV; an odd field on the spin larger than this belongs to a magnet."""
MAY_BE_MAGNETIC = 0.001
"""eV; one larger than this is not left out without a word."""
NET = 0.1
"""Part of the fields of all orbitals that is left in a magnet with a moment."""
ASIDE = 0.2
"""Sine of the largest angle between the field and the direction of M as it is given."""
ONE_FUNCTION = 0.05
"""nm; centres of the same Wannier function of both spins are closer than this."""
ONE_LEVEL = 1e-6
"""eV; Fermi energies closer than this are the same."""
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
        other = None if down is None else _partner(read, read_wannier90(down), common["vectors"], fermi_energy)
        return common | _of_pair(read, other, orbital, xi)
    if xi is not None:
        raise InputError("`spin_orbit` is for files without spinors: these have it in H already")
    m = None if magnetisation is None else direction(magnetisation)
    matrices, order = spinors_in_order(read.hoppings, spin, common["positions"])
    common |= {what: np.asarray(common[what])[order] for what in PER_STATE if common[what] is not None}
    return common | {
        "hoppings": terms_of_spinors(matrices, m),
        "orbital": _with_spin(orbital, len(matrices[0, 0, 0])),
        "magnetisation": "z" if m is None else m,
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
    spin = _spin_of(first, spin)
    if spin == "spinless" and magnetisation is not None:
        raise InputError("`magnetisation` is that of spinors: a model without spin has none")
    common = {"vectors": first["vectors"], "positions": first["positions"], "spin": spin}
    terms = {name: one["matrices"] for name, one in read.items()}
    if several:
        return common | {"hoppings": terms, "magnetisation": "z" if magnetisation is None else magnetisation}
    if spin == "spinless":
        return common | {"hoppings": terms}
    m = None if magnetisation is None else direction(magnetisation)
    matrices, order = spinors_in_order(terms["kinetic"], spin, common["positions"])
    common["positions"] = common["positions"][order]
    return common | {
        "hoppings": terms_of_spinors(matrices, m),
        "spin": "interlaced",
        "magnetisation": "z" if m is None else m,
    }


def terms_of_spinors(matrices: Matrices, m: NDArray | None) -> dict[str, Matrices]:
    """The terms of interlaced spinors, without those that are nothing.

    Parameters
    ----------
    matrices : dict from (n_1, n_2, n_3) to (n, n) array, eV
    m : unit vector (3,) or None
        Direction of M in them; None where they are not magnetic.

    Raises
    ------
    InputError
        There is an exchange, but no magnetisation, or the other way round; it is the
        exchange of another direction.

    Warns
    -----
    UserWarning
        The remainder is above 1 % of the exchange; without a magnetisation, there is an
        exchange of 1 meV or more.
    """
    terms, is_magnetic = split_terms(matrices), m is not None
    size = {name: max(float(np.abs(block).max()) for block in one.values()) for name, one in terms.items()}
    if not is_magnetic and size["exchange"] > NOT_MAGNETIC:
        raise InputError(
            f"H has a field on the spin of up to {size['exchange']:.2g} eV that is odd under time reversal: give the "
            "direction of M in the calculation as `magnetisation`"
        )
    if is_magnetic and size["exchange"] < NOTHING:
        raise InputError("H has no part that is odd under time reversal: leave `magnetisation` out")
    if is_magnetic:
        _check_direction(terms["exchange"], m)
    elif size["exchange"] > MAY_BE_MAGNETIC:
        warnings.warn(
            f"up to {size['exchange']:.2g} eV of H is odd under time reversal and acts on the spin: a weak magnet, for "
            "which `magnetisation` must be given, or orbitals that are not real. It is kept in the term 'remainder', "
            "which does not turn with m",
            stacklevel=users_level(),
        )
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


def _check_direction(exchange, m):
    """Refuse a direction that is not that of the field; one without a sum has none."""
    field, largest = net_field(exchange)
    size = float(np.linalg.norm(field))
    if size > NET * largest and np.linalg.norm(np.cross(field, m)) > ASIDE * size:
        along = (field / size + 0.0).round(3).tolist()
        raise InputError(
            f"`magnetisation` must be the direction of M in the calculation, but the exchange in H is along {along} or "
            f"against it, got {m.round(3).tolist()}"
        )


def _spin_of(model, spin):
    """What the states of a model are, as it says itself or as it is said."""
    if spin is not None:
        known("spin", spin, ("interlaced", "block", "spinless"))
    if spin is None and model["spin"] is None:
        raise InputError("the model does not say its spin: give `spin`, 'spinless', 'interlaced' or 'block'")
    if None not in (spin, model["spin"]) and spin != model["spin"]:
        raise InputError(f"`spin` of this model must be {model['spin']!r}, as it says: leave it out, got {spin!r}")
    return spin or model["spin"]


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
        pairs = _pairs(up, down)
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


def _partner(up, down, vectors, fermi_energy):
    """The file of spin down, if it is of the same crystal and Wannier functions."""
    if up.vectors is not None and down.vectors is not None and not np.allclose(down.vectors, up.vectors, atol=1e-6):
        raise InputError("the files of spin up and down must have the same lattice vectors")
    n, n_down = (len(one.hoppings[0, 0, 0]) for one in (up, down))
    if n != n_down:
        raise InputError(f"the files of spin up and down must have the same Wannier functions, got {n} and {n_down}")
    if up.settings.spinors or down.settings.spinors:
        raise InputError("files of spin up and down have no spinors, but the .win of one has spinors = true")
    levels = [one.settings.fermi_energy for one in (up, down)]
    if fermi_energy is None and None not in levels and abs(levels[0] - levels[1]) > ONE_LEVEL:
        raise InputError(
            f"the .win of spin up and down must have one Fermi energy, got {levels[0]} and {levels[1]} eV: give "
            "`fermi_energy` if both H are on one scale of energies"
        )
    if up.centres is not None and down.centres is not None and np.shape(vectors) == (3, 3):
        apart = distances(np.asarray(vectors, float), up.centres, down.centres).diagonal()
        if apart.max() > ONE_FUNCTION:
            raise InputError(
                "the files of spin up and down must have the same Wannier functions in the same order, but the "
                f"centres of number {apart.argmax() + 1} are {apart.max():.2g} nm apart"
            )
    return down


def _pairs(up, down):
    """{R: (H_up, H_down)} of files of the same Wannier functions."""
    zero = np.zeros_like(up.hoppings[0, 0, 0])
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
