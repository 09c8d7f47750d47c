"""H of a Kwant system as a sum of named terms.

A term is what its parameters switch on,

    H_t = H(params) - H(params with those of t at "off"),

or a system of its own, and what is left is the term "rest". For that to be a sum,

    H(params) = rest + sum_t H_t,

the terms must be additive, and for a term to be one with a strength, H must be affine
in its parameters. Both are verified by differences of H, at values where nothing is off
and where curved terms do not cancel by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, known
from ..materials.base import check_partner
from .network import REST, ROUNDING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .network import Blocks, Network

__all__ = ["check_partners", "named_terms", "switches_of", "systems_among"]

GOLDEN = (5**0.5 - 1) / 2
"""Its multiples modulo 1 are all different, and far from each other."""


def named_terms(
    network: Network,
    params: Mapping[str, Any],
    switches: Mapping[str, Mapping[str, Any]],
    systems: Mapping[str, Any],
    verify: bool = True,
) -> dict[str, Blocks]:
    """The blocks of each term, those of "rest" last.

    Parameters
    ----------
    network : Network
    params : dict
    switches : dict from name of the term to {parameter: value that is off}
    systems : dict from name of the term to a system
        Of terms that are given as systems of their own.
    verify : bool
        Whether terms are checked to be additive, and H to be affine in them.

    Raises
    ------
    InputError
        H is not affine in the parameters of a term, or terms are not additive: names
        them.
    """
    full = network.hamiltonian(params)
    off = {name: network.hamiltonian(params, values) for name, values in switches.items()}
    terms = {name: _combined((1, full), (-1, blocks)) for name, blocks in off.items()}
    if verify and switches:
        _check_affine(network, params, switches)
    terms |= {name: network.hamiltonian_of(name, system, params) for name, system in systems.items()}
    return {**terms, REST: _combined((1, full), *((-1, blocks) for blocks in terms.values()))}


def _check_affine(network, params, switches):
    """H(2 p) - 2 H(p) + H(off) = 0 of all switches together.

    What is of second order in them, of one or of two terms, is left over at any p but
    those where it cancels: p is not where the parameters happen to be.
    """
    everything = {parameter: value for values in switches.values() for parameter, value in values.items()}
    steps = {name: _step(params[name], off, at) for at, (name, off) in enumerate(everything.items())}
    none = network.hamiltonian(params, everything)

    def curved(some):
        """Whether H is, with these switches on and all others off."""
        once, twice = (
            network.hamiltonian(params, everything | {name: everything[name] + n * steps[name] for name in some})
            for n in (1, 2)
        )
        smallest = ROUNDING * max(_largest(once), _largest(twice))
        return _largest(_combined((1, twice), (-2, once), (1, none))) > smallest

    if not curved(everything):
        return
    for name, values in switches.items():
        if curved(values):
            names = ", ".join(map(repr, values))
            raise InputError(
                f"H must be affine in the parameters that switch a term on, but in {names} of term {name!r} it is not: "
                "name one strength that multiplies the term (not an angle or a phase), or give the term as a system"
            )
    raise InputError(
        f"H must be a sum of the terms {', '.join(map(repr, switches))}, but what one of them gives depends on "
        "another: switch it by one parameter alone and leave the other out of `terms`, or give the term as a system"
    )


def _step(value, off, at):
    """How far from off a parameter is looked at: as far as it is, 1 where it is off.

    With factors from 1 to 1.5 that are others for each parameter and each entry.
    """
    value, off = np.asarray(value), np.asarray(off)
    step = np.asarray(value.astype(np.result_type(value, float)) - off)
    factors = 1 + (GOLDEN * (at + 1 + np.arange(step.size)) % 1).reshape(step.shape) / 2
    return (np.where(step == 0, 1.0, step) * factors)[()]


def _combined(*parts: tuple[float, Blocks]) -> Blocks:
    """Sum of blocks with factors."""
    return tuple(sum(factor * blocks[i] for factor, blocks in parts) for i in (0, 1))


def _largest(blocks: Iterable[NDArray]) -> float:
    return max(float(np.abs(one).max(initial=0)) for one in blocks)


def check_partners(terms: Iterable[str], partner: Mapping[str, str]) -> dict[str, str]:
    """{term: partner} of all terms and the rest, from what a user says of some.

    Raises
    ------
    InputError
        No name of a term or of a partner.
    """
    names = [*terms, REST]
    for name in names:
        check_partner(name, "lattice")
    for name in partner:
        known("term", name, names)
    if REST in names[:-1]:
        raise InputError(f"no term can be called {REST!r}: that is what is left of H")
    usual = {"exchange": "magnetisation"}
    return {name: check_partner(name, partner.get(name, usual.get(name, "lattice"))) for name in names}


def switches_of(system: Any, terms: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{term: {parameter: value that is off}} from what a user gives for each term.

    A parameter's name, several, or a dict from name to the value that is off.

    Raises
    ------
    InputError
        No parameter, one that does not exist or is no number, or one of two terms.
    """
    switches, owner = {}, {}
    for term, given in terms.items():
        try:
            values = dict(given) if isinstance(given, Mapping) else dict.fromkeys(_words(given), 0)
        except TypeError:
            raise InputError(
                f"term {term!r} must be the name of a parameter, several, or a system, got {given!r}"
            ) from None
        if not values:
            raise InputError(f"term {term!r} must name the parameters that switch it on")
        for name, off in values.items():
            known("parameter of the system", name, sorted(system.parameters))
            if name in owner:
                raise InputError(
                    f"parameter {name!r} switches two terms, {owner[name]!r} and {term!r}: one of them only"
                )
            owner[name] = term
            switches.setdefault(term, {})[name] = _off(term, name, params[name], off)
    return switches


def _words(given):
    return [given] if isinstance(given, str) else list(given)


def systems_among(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the terms that are systems of their own, finalised."""
    finalised = {name: one.finalized() if hasattr(one, "finalized") else one for name, one in terms.items()}
    return {name: one for name, one in finalised.items() if hasattr(one, "hamiltonian_submatrix")}


def _off(term, name, value, off):
    """The value that is off, of the shape of the value that is on."""
    try:
        on, off = np.asarray(value), np.asarray(off)
        if on.dtype == object or not np.issubdtype(on.dtype, np.number):
            raise TypeError
        off = np.broadcast_to(off, on.shape).astype(np.result_type(on, off))[()]
    except (TypeError, ValueError):
        raise InputError(
            f"parameter {name!r} of term {term!r} must be a number or an array, which can be off, got {value!r}"
        ) from None
    if not np.isfinite(off).all():
        raise InputError(f"parameter {name!r} of term {term!r} must be off at a finite value, got {off}")
    return off
