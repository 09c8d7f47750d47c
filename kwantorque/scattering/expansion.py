"""Mode expansion: the wave function of uniform layers, fast where interfaces are few.

A segment is a run of sites l ... r with equal bonds and equal sites inside. There psi
is a sum over the 2n modes of the crystal, each normalised to 1 at the end it comes
from, so that nothing grows:

    psi_j = sum_m a_m step_m^(j-l) u_m + b_m step'_m^(r-j) u'_m,        |step| <= 1.

The left lead has the incoming modes and n left-going ones, the right lead n right-going
ones. At a node j, the site where two segments meet, psi is the same from both sides,
and the equation of the chain holds:

    psi_j(left) - psi_j(right) = 0,
    V_{j-1}^+ psi_{j-1}(left) + (h_j - E) psi_j(right) + V_j psi_{j+1}(right) = 0.

With P nodes these are 2nP equations for as many amplitudes: one dense solve for all
interfaces. A segment of a single bond has no crystal; its "modes" are the unit vectors
at its two ends (step = 0).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..algebra import dagger
from ..structures.chain import Chain
from .modes import EndModes, LeadModes, lead_modes

__all__ = ["expansion", "nodes"]

SHORTEST = 4
"""Segments of fewer bonds are not worth the modes of a crystal.

Every site of theirs becomes a node.
"""


def nodes(chain: Chain) -> list[int]:
    """Sites at which the expansion changes, ascending.

    There bonds change, or a site differs from those before it. There is at least one.
    """
    bonds, sites = chain.bond_kind, chain.site_kind
    crystal = bonds[0], sites[0]
    found = []
    for j in range(1, chain.n_sites - 1):
        if (bonds[j - 1], sites[j]) != crystal or bonds[j] != bonds[j - 1]:
            found.append(j)
            crystal = bonds[j], sites[j + 1]
    found = found or [1]
    short = [range(first + 1, last) for first, last in pairwise(found) if last - first < SHORTEST]
    return sorted([*found, *(j for between in short for j in between)])


@dataclass(frozen=True, eq=False)
class _Segment:
    """Sites first ... last and the modes there.

    Right-going modes are counted from `first`, left-going ones from `last`. The left
    lead has its left-going modes only, counted from its node; the right lead its
    right-going ones.
    """

    first: int
    last: int
    right: LeadModes | None
    left: LeadModes | None

    def basis(self, j):
        """Values at site j (nk, n, 2n or n) of all modes of the segment."""
        parts = []
        if self.right is not None:
            parts.append(self.right.vectors * (self.right.step ** (j - self.first))[:, None, :])
        if self.left is not None:
            parts.append(self.left.vectors * (self.left.step ** (self.last - j))[:, None, :])
        return np.concatenate(parts, axis=-1)

    def on_sites(self, first, last):
        """Vectors (nk, n, m), factors (nk, m, n_sites) of all modes on some sites."""
        vectors, factors = [], []
        if self.right is not None:
            vectors.append(self.right.vectors)
            factors.append(_powers(self.right.step, last - self.first)[..., first - self.first :])
        if self.left is not None:
            vectors.append(self.left.vectors)
            counted_back = _powers(self.left.step, self.last - first)[..., self.last - last :]
            factors.append(counted_back[..., ::-1])
        return np.concatenate(vectors, axis=-1), np.concatenate(factors, axis=-2)


def expansion(chain: Chain, energy: float, n_open: int, near: EndModes, far: EndModes) -> np.ndarray:
    """Wave function of the states that come in from the left.

    Parameters
    ----------
    chain : Chain
    energy : float, eV
    n_open : int
        Number of states at every k. The incoming modes are the first ones of the left
        lead, of amplitude 1 at site 1.
    near, far : EndModes
        Of the left and of the right lead.

    Returns
    -------
    (nk, n_states, n_sites, n) complex array
        In memory the sites come last.
    """
    at = nodes(chain)
    segments = _segments(chain, energy, at, near, far)
    vectors, factor = near.incoming.vectors[..., :n_open], near.incoming.step[:, :n_open]
    arriving, before = (vectors * (factor ** (j - 1))[:, None, :] for j in (at[0], at[0] - 1))
    amplitude = _matched(chain, energy, at, segments, arriving, before)
    psi = np.empty((chain.n_k, n_open, chain.n_orbitals, chain.n_sites), complex)
    start = 0
    for i, segment in enumerate(segments):
        # A node belongs to the segment on its right.
        end = chain.n_sites if i == len(segments) - 1 else segment.last
        count = segment.basis(segment.first).shape[-1]
        u, factors = segment.on_sites(segment.first, end - 1)
        part = amplitude[:, start : start + count].swapaxes(1, 2)
        psi[..., segment.first : end] = u[:, None] @ (part[..., None] * factors[:, None])
        start += count
    incoming = _powers(factor, at[0])[..., : at[0]] / factor[..., None]
    psi[..., : at[0]] += vectors.swapaxes(1, 2)[..., None] * incoming[:, :, None, :]
    return psi.swapaxes(2, 3)


def _segments(chain, energy, at, near, far):
    """Left lead, layers, right lead; the modes of each crystal are found once."""
    known = {
        (chain.bond_kind[0], chain.site_kind[0]): (near.incoming, near.outgoing),
        (chain.bond_kind[-1], chain.site_kind[-1]): (far.outgoing, far.incoming),
    }
    n = chain.n_orbitals
    unit = LeadModes(*(np.broadcast_to(x, (chain.n_k, *x.shape)) for x in (np.zeros(n), np.eye(n), np.zeros(n))))
    segments = [_Segment(0, at[0], None, near.outgoing)]
    for first, last in pairwise(at):
        crystal = chain.bond_kind[first], chain.site_kind[first + 1]
        if last - first > 1 and crystal not in known:
            blocks = chain.total_onsite[:, crystal[1]], chain.total_hopping[:, crystal[0]]
            known[crystal] = lead_modes(*blocks, energy, chain.k_par)
        segments.append(_Segment(first, last, *((unit, unit) if last - first == 1 else known[crystal])))
    return [*segments, _Segment(at[-1], chain.n_sites - 1, far.outgoing, None)]


def _matched(chain, energy, at, segments, arriving, before):
    """Amplitudes (nk, 2 n n_nodes, n_states) of all segments' modes."""
    n, size = chain.n_orbitals, 2 * chain.n_orbitals * len(at)
    matrix = np.zeros((chain.n_k, size, size), complex)
    rhs = np.zeros((chain.n_k, size, arriving.shape[-1]), complex)
    column = 0
    for p, j in enumerate(at):
        left, right = segments[p], segments[p + 1]
        bond_left, bond_right = (chain.total_hopping[:, chain.bond_kind[i]] for i in (j - 1, j))
        onsite = chain.total_onsite[:, chain.site_kind[j]] - energy * np.eye(n)
        scale = np.abs(bond_right).max()
        same, balance = slice(2 * n * p, 2 * n * p + n), slice(2 * n * p + n, 2 * n * (p + 1))
        value = left.basis(j)
        columns = slice(column, column + value.shape[-1])
        matrix[:, same, columns] = value
        matrix[:, balance, columns] = dagger(bond_left) @ left.basis(j - 1) / scale
        if p == 0:
            rhs[:, same], rhs[:, balance] = -arriving, -dagger(bond_left) @ before / scale
        column = columns.stop
        value = right.basis(j)
        columns = slice(column, column + value.shape[-1])
        matrix[:, same, columns] = -value
        matrix[:, balance, columns] = (onsite @ value + bond_right @ right.basis(j + 1)) / scale
    return np.linalg.solve(matrix, rhs)


def _powers(step, count):
    """step^0 ... step^count, (nk, m, count + 1), by doubling."""
    powers = np.empty((*step.shape, count + 1), complex)
    powers[..., 0] = 1
    done, factor = 1, step[..., None]
    while done <= count:
        more = min(done, count + 1 - done)
        powers[..., done : done + more] = powers[..., :more] * factor
        done, factor = done + more, factor * factor
    return powers
