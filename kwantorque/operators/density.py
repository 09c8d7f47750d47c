"""Local densities o_j = psi_j^+ O psi_j of particles, spin and orbital moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .contract import GraphLike

__all__ = ["density_operators", "moments", "moments_at_ends"]


def moments(graph: GraphLike) -> NDArray:
    """The operators 1, s and L at sites of each kind.

    Returns
    -------
    (n_site_kinds or 1, 7, n, n) array, hbar = 1
        Components 1, s_x, s_y, s_z, L_x, L_y, L_z; one for all where all have the same.
    """
    spin, orbital = (one.reshape(-1, *one.shape[-3:]) for one in (graph.spin, graph.orbital))
    kinds = max(len(spin), len(orbital))
    shape = (kinds, 3, *spin.shape[-2:])
    unit = np.broadcast_to(np.eye(graph.n_orbitals), (kinds, 1, *shape[2:]))
    return np.concatenate([unit, np.broadcast_to(spin, shape), np.broadcast_to(orbital, shape)], axis=1)


def moments_at_ends(graph: GraphLike) -> tuple[NDArray, NDArray]:
    """The operators 1, s and L at the tail and at the head of bonds of each kind.

    Returns
    -------
    tail, head : (n_bond_kinds or 1, 7, n, n) arrays, hbar = 1
    """
    at_sites = moments(graph)
    if len(at_sites) == 1:
        return at_sites, at_sites
    ends = np.zeros((graph.total_hopping.shape[1], 2), int)
    ends[graph.bond_kind] = graph.site_kind[graph.bonds]
    return at_sites[ends[:, 0]], at_sites[ends[:, 1]]


def density_operators(graph: GraphLike) -> NDArray:
    """Operators O whose Re Tr(O rho_j) are the densities of 1, s and L.

    Returns
    -------
    (1, n_site_kinds, 7, n, n) array, hbar = 1
        Components 1, s_x, s_y, s_z, L_x, L_y, L_z.
    """
    operators = moments(graph)
    return np.broadcast_to(operators, (1, graph.total_onsite.shape[1], *operators.shape[1:]))
