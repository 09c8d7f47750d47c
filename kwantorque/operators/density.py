"""Local densities o_j = psi_j^+ O psi_j of particles, spin and orbital angular momentum."""

import numpy as np

__all__ = ["density_operators"]


def density_operators(chain):
    """Operators O whose Re Tr(O rho_j) are the densities: 1, s_x, s_y, s_z, L_x, L_y, L_z; shape (1, n_kinds, 7, n,
    n).
    """
    operators = np.concatenate([np.eye(chain.n_orbitals)[None], chain.spin, chain.orbital])
    return np.broadcast_to(operators, (1, chain.total_onsite.shape[1], *operators.shape))
