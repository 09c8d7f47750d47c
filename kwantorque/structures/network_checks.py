"""What a Kwant system must be, and its leads, before anything is computed."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["check_leads", "check_modes", "check_system", "has_modes", "numbers"]


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

    A conservation law alone is no sign of them: it is Kwant's usual way to spins.
    """
    if not hasattr(system, "discrete_symmetry"):
        return
    symmetry = system.discrete_symmetry(params=params)
    if symmetry.particle_hole is not None:
        raise InputError(
            f"{what} has a particle-hole symmetry: its states are Nambu spinors, whose spin and charge are not those "
            "of electrons, and the books do not know them"
        )


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
