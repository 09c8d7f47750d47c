"""Local densities o_j = psi_j^+ O psi_j of particles, spin and orbital angular momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["density_operators"]


def density_operators(graph) -> NDArray:
    """Operators O whose Re Tr(O rho_j) are the densities of 1, s_x, s_y, s_z, L_x, L_y, L_z.

    Shape (1, n_kinds, 7, n, n).
    """
    operators = np.concatenate([np.eye(graph.n_orbitals)[None], graph.spin, graph.orbital])
    return np.broadcast_to(operators, (1, graph.total_onsite.shape[1], *operators.shape))
