"""Levels of the closed inner part of a stack: where a resonance may be, however narrow.

A resonance much narrower than the distance of two points is seen by no quadrature rule.
But it lies next to a level of the part between the outermost interfaces, closed by hard
walls there, to within about its own width. The number of levels below E at k_par,

    N(k_par) = number of negative eigenvalues of (H_inner(k_par) - E) = sum_j negative
    eigenvalues of D_j, D_1 = h_1 - E,    D_{j+1} = h_{j+1} - E - V_j^+ D_j^-1 V_j,

steps by one wherever a level passes E (Sylvester's law of inertia), and the steps are
found as those of the number of open channels are.

How wide the resonance is, and how far from the level, the leads tell: next to it the
Green function G_jj of a site has a pole at a complex radius r, whose real part is the
centre and whose imaginary part is half of the width at half height. Its inverse is as
good as linear in r over that distance.
"""

import numpy as np

from ..algebra import dagger, inverse
from ..errors import ComputationError
from ..scattering.expansion import nodes
from ..scattering.modes import lead_modes
from ..scattering.recursion import continuation
from ..structures.chain import discretise
from ..structures.stack import Stack
from .channels import count_channels

__all__ = ["count_bound", "count_levels", "levels_at_centre", "poles", "poles_at_centre"]

SLOPE_STEP = 1e-7
"""Part of a radius, or of 1 eV, over which the slope of 1/G is taken."""
MERGED = 1e-6
"""Levels this close (1/nm, eV) may have been found as one: their poles are all kept."""
OWN_POLE = 10
"""A pole further from a level than this many of its widths belongs to another level."""
SAME_POLE = 0.5
"""Poles closer than this part of their width are one."""


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


def levels_at_centre(stack: Stack) -> np.ndarray:
    """Levels of the closed inner part of a stack at k_par = 0, ascending, eV.

    Empty if there is no inner part.
    """
    chain = discretise(stack, np.zeros((1, 2)))
    ends = _inner_sites(chain)
    if ends is None:
        return np.empty(0)
    n, sites = chain.n_orbitals, range(ends[0], ends[1] + 1)
    hamiltonian = np.zeros((len(sites), n, len(sites), n), complex)
    for i, j in enumerate(sites):
        hamiltonian[i, :, i] = chain.total_onsite[0, chain.site_kind[j]]
        if j < sites[-1]:
            # eigvalsh reads the lower triangle.
            hamiltonian[i + 1, :, i] = dagger(chain.total_hopping[0, chain.bond_kind[j]])
    return np.linalg.eigvalsh(hamiltonian.reshape(2 * (len(sites) * n,)))


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
        count[closed] = _negative(chain, energy, 0, chain.n_sites - 1, *_of_leads(chain, energy))
    return count


def poles(stack: Stack, energy: float, radii: np.ndarray, angle: float) -> np.ndarray:
    """Complex radii of the resonances that belong to levels on a ray.

    With S = 1/G_jj at the site j where |G_jj| is largest, and its slope S' along the
    ray, they are at r + x where det(S + x S') = 0.

    Parameters
    ----------
    stack : Stack
    energy : float, eV
    radii : (n,) array, 1/nm
        Those of levels, from `count_levels`.
    angle : float

    Returns
    -------
    (m,) complex array, 1/nm
        Centre + i half of the width at half height, by ascending centre: of each level
        the closest pole, and others (of the other spin) that may be its own. The levels
        themselves where a lead has a threshold there.
    """
    step = SLOPE_STEP * radii
    k = np.concatenate([radii, radii - step, radii + step])[:, None] * np.array([np.cos(angle), np.sin(angle)])
    try:
        inverse_green = _inverse_green(stack, energy, k)
    except ComputationError:
        return radii.astype(complex)
    return _distinct(_zeros_next_to(radii, step, *np.split(inverse_green, 3, axis=1)))


def poles_at_centre(stack: Stack, levels: np.ndarray) -> np.ndarray:
    """Complex energies of the resonances that belong to levels at k_par = 0.

    As `poles`, with the energy in place of the radius.

    Parameters
    ----------
    stack : Stack
    levels : (n,) array, eV

    Returns
    -------
    (m,) complex array, eV
    """
    found = []
    for energy in levels:
        near = energy, energy - SLOPE_STEP, energy + SLOPE_STEP
        try:
            inverse_green = [_inverse_green(stack, e, np.zeros((1, 2))) for e in near]
        except ComputationError:
            found.append(energy + 0j)
            continue
        found += _zeros_next_to(np.array([energy]), np.array([SLOPE_STEP]), *inverse_green)
    return _distinct(found)


def _zeros_next_to(levels, step, at_level, below, above):
    """Zeros of det S next to levels, from S there and a step below and above.

    S has the shape (n_sites, n_levels, n, n).
    """
    site = np.linalg.norm(inverse(at_level), axis=(-2, -1)).argmax(axis=0), np.arange(len(levels))
    slope = (above[site] - below[site]) / (2 * step[:, None, None])
    offsets = np.linalg.eigvals(-inverse(slope) @ at_level[site])
    found = []
    for level, offset in zip(levels, offsets, strict=True):
        distance = np.abs(offset)
        own = (distance <= max(distance.min(), MERGED)) | (np.abs(offset.real) < OWN_POLE * np.abs(offset.imag))
        found += list(level + offset.real[own] + 1j * np.abs(offset.imag[own]))
    return found


def _distinct(poles):
    """Ascending poles, those found from two levels once."""
    kept = []
    for pole in sorted(poles, key=lambda pole: pole.imag):
        if all(abs(pole - other) > SAME_POLE * other.imag for other in kept):
            kept.append(pole)
    return np.sort(np.array(kept, complex))


def _inverse_green(stack, energy, k_par):
    """1/G_jj of the whole stack (n_sites, nk, n, n), leads included."""
    chain = discretise(stack, k_par)
    before, after = _of_leads(chain, energy)
    onsite = chain.total_onsite - energy * np.eye(chain.n_orbitals)
    onsite = [onsite[:, kind] for kind in chain.site_kind]
    onsite[0], onsite[-1] = onsite[0] + before, onsite[-1] + after
    hopping = [chain.total_hopping[:, kind] for kind in chain.bond_kind]
    from_left, from_right = [onsite[0]], [onsite[-1]]
    for j in range(1, chain.n_sites):
        from_left.append(onsite[j] - dagger(hopping[j - 1]) @ inverse(from_left[-1]) @ hopping[j - 1])
        from_right.append(onsite[-1 - j] - hopping[-j] @ inverse(from_right[-1]) @ dagger(hopping[-j]))
    return np.array([left + right - own for left, right, own in zip(from_left, from_right[::-1], onsite, strict=True)])


def _of_leads(chain, energy):
    """What the leads add to the first and the last site, where modes leave or decay."""
    ends = []
    for side, direction in (("left", 1), ("right", 0)):
        onsite, hopping = chain.lead_blocks(side)
        modes = lead_modes(onsite, hopping, energy, chain.k_par)[direction]
        ends.append((dagger(hopping) if side == "left" else hopping) @ continuation(modes))
    return ends


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
