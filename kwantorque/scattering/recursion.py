"""One solve per site: states of any chain, textures and bias slopes included.

The sites 0 ... N of the chain (0 and N belong to the leads) obey, with V_j = H_{j,j+1},

    V_{j-1}^+ psi_{j-1} + (h_j - E) psi_j + V_j psi_{j+1} = 0.

On the right nothing comes in: psi_{N+1} = F_R psi_N with F_R = U diag(step) U^-1 made
of the n right-going modes U of that lead. From there a recursion to the left finds the
maps X_j of psi_{j+1} = X_j psi_j for an outgoing state,

    X_N = F_R,        X_{j-1} = -(h_j - E + V_j X_j)^-1 V_{j-1}^+.

At site 0 a mode u of Bloch factor lambda comes in, psi_{-1} = u/lambda + F_L (psi_0 -
u), and

    (h_0 - E + V_0 X_0 + V^+ F_L) psi_0 = V^+ (F_L - 1/lambda) u,

after which psi_{j+1} = X_j psi_j fills the chain. X_j continues an outgoing state, so
nothing grows however thick a barrier is. Y_j is the mirror image, psi_j = Y_j psi_{j+1}
to the left of a source.
"""

from collections.abc import Sequence

import numpy as np

from ..algebra import dagger, inverse
from ..structures.chain import Chain
from .modes import EndModes, LeadModes

__all__ = ["continuation", "continuations", "recursion", "site_matrices"]


def recursion(chain: Chain, energy: float, n_open: int, near: EndModes, far: EndModes) -> np.ndarray:
    """Wave function of the states that come in from the left.

    Parameters and result, (nk, n_states, n_sites, n), are those of `expansion`.
    """
    factor = near.incoming.step[:, None, :n_open]
    vectors = near.incoming.vectors[..., :n_open] / factor
    leaving = continuation(near.outgoing)
    onsite, hopping = site_matrices(chain, energy)
    onward = continuations(onsite, hopping, continuation(far.outgoing))
    back = dagger(hopping[0])
    source = back @ (leaving @ vectors - vectors / factor)
    psi = np.empty((chain.n_sites, *source.shape), complex)
    psi[0] = np.linalg.solve(onsite[0] + hopping[1] @ onward[0] + back @ leaving, source)
    for j in range(chain.n_sites - 1):
        psi[j + 1] = onward[j] @ psi[j]
    return psi.transpose(1, 3, 0, 2)


def continuation(modes: LeadModes) -> np.ndarray:
    """F = U diag(step) U^-1 of a lead: continues an outgoing state one cell outwards.

    Parameters
    ----------
    modes : LeadModes
        The n outgoing ones.

    Returns
    -------
    (nk, n, n) complex array
    """
    return dagger(np.linalg.solve(dagger(modes.vectors), dagger(modes.vectors * modes.step[:, None, :])))


def site_matrices(chain: Chain, energy: complex | np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What the equation of every site is made of.

    Parameters
    ----------
    chain : Chain
    energy : complex or (nk,) complex array, eV

    Returns
    -------
    onsite : list of n_sites (nk, n, n) arrays
        h_j - E.
    hopping : list of n_sites + 1 (nk, n, n) arrays
        V_{j-1}, and last the V of the right lead.
    """
    shape = (chain.n_k, chain.n_orbitals, chain.n_orbitals)
    energy = np.asarray(energy)[..., None, None, None] * np.eye(shape[1])
    onsite = [np.broadcast_to(b, shape) for b in np.moveaxis(chain.total_onsite - energy, 1, 0)]
    hopping = [np.broadcast_to(b, shape) for b in np.moveaxis(chain.total_hopping, 1, 0)]
    bonds = [chain.bond_kind[0], *chain.bond_kind, chain.bond_kind[-1]]
    return [onsite[kind] for kind in chain.site_kind], [hopping[kind] for kind in bonds]


def continuations(onsite: Sequence[np.ndarray], hopping: Sequence[np.ndarray], far: np.ndarray) -> list[np.ndarray]:
    """X_j of every site, from the right lead to the left.

    Parameters
    ----------
    onsite, hopping : lists of (nk, n, n) arrays
        As `site_matrices` returns them: h_j - E, and hopping[j] = V_{j-1}.
    far : (nk, n, n) array
        F_R, the continuation into the right lead.

    Returns
    -------
    list of n_sites (nk, n, n) arrays
    """
    onward = [far]
    for h, v, v_back in zip(onsite[:0:-1], hopping[:1:-1], hopping[-2:0:-1], strict=False):
        onward.append(-inverse(h + v @ onward[-1]) @ dagger(v_back))
    return onward[::-1]
