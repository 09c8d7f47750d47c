"""Flux of particles, spin and orbital angular momentum through a bond, from its tail to its head.

Along a chain that is positive towards +z; with j the tail and j + 1 the head,

J_j = 2 Im psi_{j+1}^+ (1/2){V_j^+, O} psi_j, with V_j = H_{j,j+1} the sum of all hopping terms: the symmetrised product
of velocity and O. In terms of `kwant.operator.Current`, with J_ab on `where=[(j+1, j)]` and J_ba on
`where=[(j, j+1)]`: J_j = (J_ab - J_ba)/2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..algebra import anticommutator, dagger

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["current_operators"]


def current_operators(graph) -> NDArray:
    """Operators Y whose Re Tr(Y rho_{j,j+1}) are the fluxes of 1, s and L, shape (nk or 1, n_kinds, 7, n, n)."""
    operators = np.concatenate([np.eye(graph.n_orbitals)[None], graph.spin, graph.orbital])
    # 2 Im x = Re(-2i x)
    return -1j * anticommutator(dagger(graph.total_hopping)[:, :, None], operators)
