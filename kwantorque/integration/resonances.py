"""Levels of the closed inner part of a stack: where a resonance may be, however narrow.

A resonance much narrower than the distance of two points is seen by no quadrature rule. But it lies next to a level
of the part between the outermost interfaces, closed by hard walls there, to within about its own width. The number of
levels below E at k_par,

    N(k_par) = number of negative eigenvalues of (H_inner(k_par) - E) = sum_j negative eigenvalues of D_j,
    D_1 = h_1 - E,    D_{j+1} = h_{j+1} - E - V_j^+ D_j^-1 V_j,

steps by one wherever a level passes E (Sylvester's law of inertia), and the steps are found as those of the number
of open channels are.
"""

import numpy as np

from ..algebra import dagger
from ..chain import discretise
from ..scattering.expansion import nodes

__all__ = ["count_levels", "inner_sites"]


def inner_sites(chain):
    """First and last site of the part between the two outermost interfaces; None if there is nothing between."""
    at = nodes(chain)
    return (at[0], at[-1]) if at[-1] - at[0] > 1 else None


def count_levels(stack, energy, k_par):
    """Number of levels of the closed inner part below `energy` (eV), at each in-plane k (nk, 2); zero if there is
    none.
    """
    chain = discretise(stack, k_par)
    ends = inner_sites(chain)
    if ends is None:
        return np.zeros(chain.n_k, int)
    n = chain.n_orbitals
    onsite = chain.total_onsite - energy * np.eye(n)
    pivot, count = 0.0, np.zeros(chain.n_k, int)
    for j in range(ends[0], ends[1] + 1):
        pivot = onsite[:, chain.site_kind[j]] - pivot
        count = count + (np.linalg.eigvalsh(pivot) < 0).sum(axis=-1)
        hop = chain.total_hopping[:, chain.bond_kind[j]]
        pivot = dagger(hop) @ np.linalg.solve(pivot, np.broadcast_to(hop, pivot.shape))
    return count
