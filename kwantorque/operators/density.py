"""Local densities o_j = psi_j^+ O psi_j of particles, spin and orbital moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .contract import GraphLike

__all__ = ["density_operators"]


def density_operators(graph: GraphLike) -> NDArray:
    """Operators O whose Re Tr(O rho_j) are the densities of 1, s and L.

    Returns
    -------
    (1, n_site_kinds, 7, n, n) array, hbar = 1
        Components 1, s_x, s_y, s_z, L_x, L_y, L_z.
    """
    operators = np.concatenate([np.eye(graph.n_orbitals)[None], graph.spin, graph.orbital])
    return np.broadcast_to(operators, (1, graph.total_onsite.shape[1], *operators.shape))
