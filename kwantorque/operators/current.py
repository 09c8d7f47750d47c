"""Flux of particles, spin and orbital angular momentum through a bond, positive towards +z.

J_j = 2 Im psi_{j+1}^+ (1/2){V_j^+, O} psi_j, with V_j = H_{j,j+1} the sum of all hopping terms: the symmetrised product
of velocity and O. In terms of `kwant.operator.Current`, with J_ab on `where=[(j+1, j)]` and J_ba on
`where=[(j, j+1)]`: J_j = (J_ab - J_ba)/2.
"""

import numpy as np

from ..algebra import anticommutator, dagger

__all__ = ["current_operators"]


def current_operators(chain):
    """Operators Y whose Re Tr(Y rho_{j,j+1}) are the fluxes of 1, s and L, shape (nk or 1, n_kinds, 7, n, n)."""
    operators = np.concatenate([np.eye(chain.n_orbitals)[None], chain.spin, chain.orbital])
    # 2 Im x = Re(-2i x)
    return -1j * anticommutator(dagger(chain.total_hopping)[:, :, None], operators)
