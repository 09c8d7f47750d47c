"""What a Kwant system must be, and its leads, before anything is computed."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from ..errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["check_leads", "check_modes", "check_system", "has_modes", "numbers"]

SAME = 1e-9
"""Part of the largest entry by which two matrices may differ and be the same."""


def check_system(system: Any, params: Mapping[str, Any]) -> None:
    """Check that a system is one whose sites and bonds can be listed, at these params.

    Raises
    ------
    InputError
        It is not finalised, infinite, no system of a builder, lacks parameters, or its
        states are Nambu spinors.
    """
    if hasattr(system, "finalized"):
        raise InputError("a Kwant builder must be finalised first: give `builder.finalized()`")
    if hasattr(system, "cell_size"):
        raise InputError(
            "the system must be finite, got an infinite one such as a lead: give what the lead is attached to"
        )
    if not all(hasattr(system, name) for name in ("sites", "graph", "lead_interfaces", "hamiltonian_submatrix")):
        raise InputError(f"`system` must be a finalised kwant.Builder, got {system!r}")
    if system.parameters is None:
        raise InputError(
            "the value functions of the system must name their parameters: Kwant cannot tell which they are"
        )
    missing = sorted(set(system.parameters) - set(params))
    if missing == ["time"]:
        raise InputError(
            "the system depends on `time`: the books are those of a stationary state, give one time in params"
        )
    if missing:
        raise InputError(f"params must have all parameters of the system, {', '.join(map(repr, missing))} missing")
    for what, one in [("the system", system), *((f"lead {i}", lead) for i, lead in enumerate(system.leads))]:
        _check_charge(what, one, params)


def _check_charge(what, system, params):
    """Refuse Nambu spinors: their charge is not the number of particles.

    A conservation law alone is no sign of them: it is Kwant's usual way to spins. But
    hoppings that change their sign between two of its values are those of holes.
    """
    if not hasattr(system, "discrete_symmetry"):
        return
    symmetry = system.discrete_symmetry(params=params)
    if symmetry.particle_hole is not None:
        why, remedy = "a particle-hole symmetry", ""
    elif _of_electrons_and_holes(system, params, symmetry.projectors or ()):
        why = "a conservation law between electrons and holes"
        remedy = ": if both are bands of electrons, build it without `conservation_law`"
    else:
        return
    raise InputError(
        f"{what} has {why}: its states are Nambu spinors, whose spin and charge are not those of electrons, and the "
        f"books do not know them{remedy}"
    )


def _of_electrons_and_holes(system, params, projectors):
    """Whether the parts pair off, all blocks of one minus the conjugate of the other's.

    Their traces are compared, which no rotation of the spin changes, H_h = -U H_e* U^+.
    Without a hopping nothing is known.
    """
    if not len(projectors) or len(projectors) % 2:
        return False
    if hasattr(system, "cell_size"):
        sites = system.sites[: system.cell_size]
        matrices = {"within": system.cell_hamiltonian(params=params), "out": system.inter_cell_hopping(params=params)}
    else:
        sites, matrices = system.sites, {"within": system.hamiltonian_submatrix(params=params, sparse=True)}
    norbs = [site.family.norbs for site in sites]
    number, orbital = np.repeat(np.arange(len(norbs)), norbs), np.concatenate([np.arange(n) for n in norbs])
    parts, least, hops = [[] for _ in projectors], [], False
    for where, matrix in matrices.items():
        matrix = sparse.csr_array(matrix)
        least.append(SAME * max(abs(matrix).max(), SAME))
        for part, p in zip(parts, projectors, strict=True):
            part.append(_traces(sparse.csr_array(p @ p.conj().T) @ matrix, number, orbital))
            hopping = sparse.triu(part[-1], 1) if where == "within" else part[-1]
            hops = hops or abs(hopping).max() > least[-1]
    return bool(hops) and _pair_off(parts, least)


def _pair_off(parts, least):
    """Whether each part has one of its own that is minus its conjugate."""
    while parts:
        first, *parts = parts
        for i, other in enumerate(parts):
            if all(abs(a + b.conj()).max() <= c for a, b, c in zip(first, other, least, strict=True)):
                del parts[i]
                break
        else:
            return False
    return True


def _traces(matrix, number, orbital):
    """Of each pair of sites, the sum over orbitals of one number."""
    entries = matrix.tocoo()
    kept = orbital[entries.row] == orbital[entries.col]
    sites = number[entries.row[kept]], number[entries.col[kept]]
    return sparse.csr_array((entries.data[kept].astype(complex), sites), shape=(number[-1] + 1, number[-1] + 1))


def check_leads(system: Any, params: Mapping[str, Any]) -> None:
    """Check that there are leads, and the parameters of all of them.

    Raises
    ------
    InputError
        A closed system, or one whose leads lack parameters.
    """
    if not system.leads:
        raise InputError("the system has no leads: nothing comes in; give states of it to `Books`")
    for i, lead in enumerate(system.leads):
        missing = sorted(set(lead.parameters or ()) - set(params))
        if missing:
            raise InputError(f"params must have all parameters of lead {i}, {', '.join(map(repr, missing))} missing")


def has_modes(lead: Any) -> bool:
    """Whether a lead has modes: one that is given by its self-energy has none."""
    return hasattr(lead, "modes") or hasattr(lead, "inter_cell_hopping")


def check_modes(system: Any, lead: int) -> None:
    """Check that states can come from this lead.

    Raises
    ------
    InputError
        It is given by its self-energy.
    """
    if not has_modes(system.leads[lead]):
        raise InputError(f"lead {lead} is given by its self-energy: it has no modes that states could come from")


def numbers(name: str, value: ArrayLike) -> NDArray:
    """A complex array of finite numbers.

    Raises
    ------
    InputError
        It is none.
    """
    try:
        value = np.asarray(value, complex)
    except (TypeError, ValueError):
        raise InputError(f"`{name}` must be an array of numbers, got {reprlib.repr(value)}") from None
    if not np.isfinite(value).all():
        raise InputError(f"`{name}` must be finite")
    return value
