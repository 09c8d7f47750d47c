"""Flux of particles, spin and orbital angular momentum through a bond.

From its tail to its head; along a chain that is positive towards +z. With j the tail
and j + 1 the head,

    J_j = 2 Im psi_{j+1}^+ (1/2){V_j^+, O} psi_j,        V_j = H_{j,j+1},

V_j the sum of all hopping terms: the symmetrised product of velocity and O. Where O is
not the same at both ends, {V^+, O} is V^+ O_j + O_{j+1} V^+. In terms of
`kwant.operator.Current`, with J_ab on `where=[(j+1, j)]` and J_ba on
`where=[(j, j+1)]`: J_j = (J_ab - J_ba)/2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..algebra import dagger
from .density import moments_at_ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .contract import GraphLike

__all__ = ["current_operators", "flux_operators"]


def current_operators(graph: GraphLike) -> NDArray:
    """Operators Y whose Re Tr(Y rho_{j,j+1}) are the fluxes of 1, s and L.

        Y = -i (V^+ O_tail + O_head V^+)

    Returns
    -------
    (nk or 1, n_bond_kinds, 7, n, n) array, eV
        Components 1, s_x, s_y, s_z, L_x, L_y, L_z.
    """
    return flux_operators(graph.total_hopping, *moments_at_ends(graph))


def flux_operators(hopping: NDArray, tail: NDArray, head: NDArray) -> NDArray:
    """The same of any observables O, given at tail and head of the bonds.

    Parameters
    ----------
    hopping : (..., n_bonds, n, n) array
    tail, head : (n_bonds or 1, n_observables, n, n) arrays

    Returns
    -------
    (..., n_bonds, n_observables, n, n) array
    """
    hopping = dagger(hopping)[..., None, :, :]
    # 2 Im x = Re(-2i x)
    return -1j * (hopping @ tail + head @ hopping)
