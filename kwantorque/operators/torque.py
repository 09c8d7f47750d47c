"""What each named term of H gives to the carriers' spin and orbital angular momentum.

For a term t and O in {s_i, L_i}, at a site and on a bond,

    T_j^t = 2 Im psi_j^+ O h_j^t psi_j                       on-site part
    B_j^t = 2 Im psi_{j+1}^+ [O, V_j^{t+}] psi_j             bond part, half to each end
    torque of t at site j = T_j^t + (B_j^t + B_{j-1}^t)/2

Both are *gains of the carriers*. The torque a term exerts on its partner (the
magnetisation, the lattice) is minus that; `torques_on_partners` is where this sign is.
`kwant.operator.Source` is sum_t T_j^t; it misses the bonds, where most of the torque of
a k.p term is. J_ab + J_ba of `kwant.operator.Current` is sum_t B_j^t.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import dagger
from .density import moments, moments_at_ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .contract import GraphLike

__all__ = [
    "acting_on_spin",
    "bond_operators",
    "gain_operators",
    "onsite_operators",
    "partners_of",
    "torques_of_terms",
    "torques_on_partners",
]

ALWAYS = ("magnetisation", "lattice", "carriers")
"""Partners whose torques are stated even where no term exerts them."""


def onsite_operators(graph: GraphLike) -> dict[str, NDArray]:
    """What the terms give to s and L on a site, as operators T with Re Tr(T rho_j).

        T = -i [O, h^t]

    Returns
    -------
    dict from term name to (nk or 1, n_site_kinds, 6, n, n) array, eV
        Components s_x, s_y, s_z, L_x, L_y, L_z; terms that give nothing are left out.
    """
    kept, here = _not_numbers(graph.onsite), moments(graph)
    operators = {name: -1j * _commutators(graph, here, block, here) for name, block in kept.items()}
    return _nonzero(operators, graph.onsite)


def bond_operators(graph: GraphLike) -> dict[str, NDArray]:
    """What the terms give on a bond, as operators B with Re Tr(B rho_{j,j+1}).

        B = -2i (O_head V^{t+} - V^{t+} O_tail)

    Returns
    -------
    dict from term name to (nk or 1, n_bond_kinds, 6, n, n) array, eV
        Components s_x, s_y, s_z, L_x, L_y, L_z; terms that give nothing are left out.
    """
    tail, head = moments_at_ends(graph)
    # A number commutes with what is the same at both ends only.
    kept = _not_numbers(graph.hopping) if tail is head else graph.hopping
    operators = {name: -2j * _commutators(graph, head, dagger(block), tail) for name, block in kept.items()}
    return _nonzero(operators, graph.hopping)


def _commutators(graph, left, block, right):
    """O block - block O of s and L, (nk or 1, n_kinds, 6, n, n).

    From `moments` to the left and to the right of the block; L = 0 is not worked out.
    """
    worked_out = slice(1, 7 if graph.orbital.any() else 4)
    found = gain_operators(left[:, worked_out], block, right[:, worked_out])
    return found if graph.orbital.any() else np.concatenate([found, np.zeros_like(found)], axis=2)


def gain_operators(left: NDArray, block: NDArray, right: NDArray) -> NDArray:
    """O_left block - block O_right of observables O.

    Parameters
    ----------
    left, right : (n_kinds or 1, n_observables, n, n) arrays
    block : (..., n_kinds, n, n) array

    Returns
    -------
    (..., n_kinds, n_observables, n, n) array
    """
    block = block[..., None, :, :]
    return left @ block - block @ right


def _not_numbers(blocks):
    """Leave out terms that are a number times the identity everywhere."""
    return {
        name: block
        for name, block in blocks.items()
        if not np.array_equal(block, block[..., :1, :1] * np.eye(block.shape[-1]))
    }


def _nonzero(operators, blocks):
    """Leave out the operators of terms that commute with spin and orbital moment."""
    return {
        name: operator
        for name, operator in operators.items()
        if np.abs(operator).max(initial=0) > 1e-14 * np.abs(blocks[name]).max(initial=0)
    }


def acting_on_spin(graph: GraphLike, term: str) -> tuple[int, int]:
    """How many kinds of sites, and of bonds, have a spin that this term turns."""
    blocks = np.abs(graph.total_onsite).max(initial=0), np.abs(graph.total_hopping).max(initial=0)
    smallest, counts = 1e-12 * max(blocks), []
    here, (tail, head) = moments(graph), moments_at_ends(graph)
    for left, block, right in (
        (here, graph.onsite.get(term), here),
        (head, dagger(graph.hopping[term]) if term in graph.hopping else None, tail),
    ):
        found = np.zeros((1, 0)) if block is None else np.abs(_commutators(graph, left, block, right))[:, :, :3]
        counts.append(int((found.max(axis=(0, 2, 3, 4)) > smallest).sum()) if found.size else 0)
    return counts[0], counts[1]


def partners_of(partner: Mapping[str, str]) -> tuple[str, ...]:
    """All partners there are: the usual ones, and those of any term."""
    return tuple(dict.fromkeys([*ALWAYS, *partner.values()]))


def torques_on_partners(
    gains: Mapping[str, NDArray], partner: Mapping[str, str], shape: tuple[int, ...]
) -> dict[str, NDArray]:
    """Torques from the carriers' gains, by who takes what they give.

    Parameters
    ----------
    gains : dict from term name to (..., 6) array, gain of s and of L
    partner : dict from term name to who takes what it takes (see `materials.Term`)
    shape : tuple
        The leading dimensions, for the torques that no term exerts.

    Returns
    -------
    dict of (..., 3) arrays, components x, y, z
        "magnetisation" : exchange torque, minus what the exchange terms give to the
            carriers; for H_ex = Delta m.s it is -Delta m x s.
        "lattice" : minus what the crystal's terms (k.p, potential, Rashba) give to the
            carriers' L + s.
        "carriers" : on the carriers' *spin* by atomic spin-orbit coupling, which takes
            the same from their orbital moment; here with the sign of a gain.
        Any other partner: minus what its terms give to L + s.
    """
    torques = {one: np.zeros((*shape, 3)) for one in partners_of(partner)}
    for name, gain in gains.items():
        torques[partner[name]] += _torque(gain, partner[name])
    return torques


def torques_of_terms(gains: Mapping[str, NDArray], partner: Mapping[str, str], shape: tuple[int, ...]) -> NDArray:
    """Torque that each term exerts on its partner, signs as in `torques_on_partners`.

    Parameters
    ----------
    gains, partner, shape : as there

    Returns
    -------
    (n_terms, *shape, 3) array
        In the order of `partner`; zero for terms that give nothing.
    """
    torques = np.zeros((len(partner), *shape, 3))
    for torque, (name, taker) in zip(torques, partner.items(), strict=True):
        if name in gains:
            torque += _torque(gains[name], taker)
    return torques


def _torque(gain, partner):
    """From the gain (..., 6) of a term, the torque on who takes what it takes."""
    of_spin, of_orbital = gain[..., :3], gain[..., 3:]
    return of_spin if partner == "carriers" else -(of_spin + of_orbital)
