"""Levels of the closed inner part of a stack: where a resonance may be, however narrow.

A resonance much narrower than the distance of two points is seen by no quadrature rule.
But it lies next to a level of the part between the outermost interfaces, closed by hard
walls there, to within about its own width. The number of levels below E at k_par,

    N(k_par) = number of negative eigenvalues of (H_inner(k_par) - E) = sum_j negative
    eigenvalues of D_j, D_1 = h_1 - E,    D_{j+1} = h_{j+1} - E - V_j^+ D_j^-1 V_j,

steps by one wherever a level passes E (Sylvester's law of inertia), and the steps are
found as those of the number of open channels are.
"""

import numpy as np

from ..algebra import dagger, inverse
from ..scattering.expansion import nodes
from ..scattering.modes import lead_modes
from ..scattering.recursion import continuation
from ..structures.chain import discretise
from ..structures.stack import Stack
from .channels import count_channels

__all__ = ["count_bound", "count_levels"]


def _inner_sites(chain):
    """First and last site between the two outermost interfaces, or None."""
    at = nodes(chain)
    return (at[0], at[-1]) if at[-1] - at[0] > 1 else None


def count_levels(stack: Stack, energy: float, k_par: np.ndarray) -> np.ndarray:
    """Number of levels below an energy of the closed inner part of a stack.

    Parameters
    ----------
    stack : Stack
    energy : float, eV
    k_par : (nk, 2) array, 1/nm

    Returns
    -------
    (nk,) int array
        Zero if there is no inner part.
    """
    chain = discretise(stack, k_par)
    ends = _inner_sites(chain)
    if ends is None:
        return np.zeros(chain.n_k, int)
    return _negative(chain, energy, *ends)


def count_bound(stack: Stack, energy: float, k_par: np.ndarray) -> np.ndarray:
    """Number of states below an energy that are bound between the leads.

    The evanescent modes of the leads are Hermitian additions to the first and the last
    site.

    Parameters
    ----------
    stack : Stack
    energy : float, eV
    k_par : (nk, 2) array, 1/nm

    Returns
    -------
    (nk,) int array
        Zero where a lead has an open channel at `energy`.

    Raises
    ------
    ComputationError
        If `energy` is too close to a band edge of a lead, see `lead_modes`.
    """
    count = np.zeros(len(k_par), int)
    is_open = [count_channels(getattr(stack, side), stack.spacing, energy, k_par) > 0 for side in ("left", "right")]
    closed = np.flatnonzero(~(is_open[0] | is_open[1]))
    if len(closed):
        chain = discretise(stack, k_par[closed])
        ends = []
        for side, direction in (("left", 1), ("right", 0)):
            onsite, hopping = chain.lead_blocks(side)
            modes = lead_modes(onsite, hopping, energy, chain.k_par)[direction]
            ends.append((dagger(hopping) if side == "left" else hopping) @ continuation(modes))
        count[closed] = _negative(chain, energy, 0, chain.n_sites - 1, *ends)
    return count


def _negative(chain, energy, first, last, before=0.0, after=0.0):
    """Number of negative eigenvalues of H - energy on the sites first ... last.

    `before` and `after` are added to these two.
    """
    n = chain.n_orbitals
    onsite = chain.total_onsite - energy * np.eye(n)
    pivot, count = -before, np.zeros(chain.n_k, int)
    for j in range(first, last + 1):
        pivot = onsite[:, chain.site_kind[j]] - pivot + (after if j == last else 0.0)
        pivot = np.broadcast_to((pivot + dagger(pivot)) / 2, (chain.n_k, n, n))
        count = count + (np.linalg.eigvalsh(pivot) < 0).sum(axis=-1)
        if j < last:
            hop = chain.total_hopping[:, chain.bond_kind[j]]
            pivot = dagger(hop) @ inverse(pivot) @ hop
    return count
