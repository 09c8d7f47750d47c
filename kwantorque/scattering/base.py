"""What every solver returns, and the contract it fulfils.

Contract of a solver
--------------------
1. `solve(chain, energy, source)` takes a `Chain` of any number of k-points, a real energy in eV and the lead
   ("left" or "right") the particles come from. It returns `States`.
2. Each state is normalised to unit incoming particle flux (hbar = 1; the flux of a mode is its velocity).
   States of different number of modes are padded with zeros, which add nothing to any sum.
3. It raises `ComputationError`, naming k, when a state is not outgoing in the other lead, when the number of
right-going modes is
   not the number of states per site, or when a state's flux is not one.
4. Only gauge-invariant numbers are compared between solvers: degenerate modes have an arbitrary basis.
5. It has a `name`, a `repr` that states its options, and can be pickled.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..structures.graph import DensityBlocks

__all__ = ["LeadStates", "Solver", "States"]

SAME_BLOCH_FACTOR = 1e-5
"""Two modes with |factor_1 conj(factor_2) - 1| below this have the same k_z: they interfere without oscillating."""

SAME_VELOCITY = 1e-6
"""Incoming modes may be superposed if their velocities differ by no more than this part."""


@dataclass(frozen=True, eq=False)
class LeadStates:
    """The states inside a lead, expanded in the lead's modes.

    The i-th cell of the lead, counted from the boundary site i = 0 of the chain outwards, has
    psi_i = sum_m amplitude_m step_m^i vector_m. |step| = 1 for open modes and < 1 for evanescent ones.

    Attributes
    ----------
    side : "left" or "right"
    step : (nk, n_modes) complex array; per cell, outwards
    vectors : (nk, n, n_modes) complex array
    velocity : (nk, n_modes) array, flux of an open mode towards +z, 0 for evanescent ones
    amplitude : (nk, n_states, n_modes) complex array, zero for modes a state does not contain
    """

    side: str
    step: np.ndarray
    vectors: np.ndarray
    velocity: np.ndarray
    amplitude: np.ndarray

    def limit(self, per_state=False):
        """Blocks of one site and one bond far inside the lead.

        Only pairs of open modes with the same k_z are kept: all others oscillate, and vanish when summed over k_par.
        """
        step, keep = self._pairs()
        return self._blocks(keep.astype(complex), keep * self._first(step), per_state)

    def tail(self, per_state=False):
        """Blocks summed over the whole lead: sites i >= 1, and bonds (i, i+1), i >= 0, the first with weight 1/2.

        With y = step_m conj(step_n) the geometric series give y/(1 - y) and (1 + y)/(2 (1 - y)). Pairs of
        open modes with the same k_z do not decay; they are left out here, and `limit` has them.
        """
        step, keep = self._pairs()
        y = np.where(keep, 0, step[:, :, None] * step.conj()[:, None, :])
        return self._blocks(y / (1 - y), ~keep * self._first(step) * (1 + y) / (2 * (1 - y)), per_state)

    def _pairs(self):
        """Steps of the modes present, and which pairs of open modes have the same k_z."""
        present = (self.amplitude != 0).any(axis=1)
        step = np.where(present, self.step, 0)
        travels = self.velocity != 0
        both = travels[:, :, None] & travels[:, None, :]
        return step, both & (np.abs(step[:, :, None] * step.conj()[:, None, :] - 1) < SAME_BLOCH_FACTOR)

    def _first(self, step):
        """Factor of the pair (m, n) on the bond next to the boundary: psi_j psi_{j+1}^+ with j on the left."""
        return step[:, :, None] if self.side == "left" else step.conj()[:, None, :]

    def _blocks(self, site_weight, bond_weight, per_state):
        vectors = self.vectors
        if per_state:
            pair = np.einsum("ksm,ksn->ksmn", self.amplitude, self.amplitude.conj())
            site_weight, bond_weight, vectors = site_weight[:, None], bond_weight[:, None], vectors[:, None]
        else:
            pair = np.einsum("ksm,ksn->kmn", self.amplitude, self.amplitude.conj())
        right = np.conj(np.swapaxes(vectors, -1, -2))
        return DensityBlocks(
            site=(vectors @ (pair * site_weight) @ right)[..., None, :, :],
            bond=(vectors @ (pair * bond_weight) @ right)[..., None, :, :],
        )


@dataclass(frozen=True, eq=False)
class States:
    """Scattering states of a chain, one per open incoming mode and k.

    Attributes
    ----------
    psi : (nk, n_states, n_sites, n) complex array, zero where a k has fewer open modes
    n_open : (nk,) int array, number of states at each k
    left, right : LeadStates
    """

    psi: np.ndarray
    n_open: np.ndarray
    left: LeadStates
    right: LeadStates

    def at(self, index):
        """The states at a slice of the k-points."""
        leads = (
            LeadStates(lead.side, lead.step[index], lead.vectors[index], lead.velocity[index], lead.amplitude[index])
            for lead in (self.left, self.right)
        )
        return States(self.psi[index], self.n_open[index], *leads)

    def spread(self, index, n_k):
        """The same states as those of `n_k` points, of which only `index` have any."""
        if len(index) == n_k:
            return self

        def scatter(array):
            full = np.zeros((n_k, *array.shape[1:]), array.dtype)
            full[index] = array
            return full

        leads = (
            LeadStates(lead.side, *map(scatter, (lead.step, lead.vectors, lead.velocity, lead.amplitude)))
            for lead in (self.left, self.right)
        )
        return States(scatter(self.psi), scatter(self.n_open), *leads)

    def superposed(self, vector, source):
        """One state at each k: the superposition of the incoming modes that arrives with this vector at unit flux.

        Parameters
        ----------
        vector : (n,) complex array, the state's orbital and spin part; the modes must have equal velocities
        source : "left" or "right"

        Raises
        ------
        InputError
            The incoming modes have different velocities, or do not contain the vector: their lead is magnetic.
        """
        lead = getattr(self, source)
        n, most = len(vector), self.psi.shape[1]
        # Of n outgoing and then the incoming modes, only the latter.
        arriving = lead.vectors[:, :, n : n + most]
        speed = np.abs(lead.velocity[:, n : n + most])
        wanted = np.einsum("knm,n->km", arriving.conj(), vector) * speed
        norm = np.sqrt((np.abs(wanted) ** 2).sum(axis=1))
        there = np.arange(most) < self.n_open[:, None]
        coefficients = np.divide(wanted, norm[:, None], out=np.zeros_like(wanted), where=there & (norm[:, None] > 0))
        rebuilt = np.einsum("knm,km->kn", arriving, coefficients) * np.sqrt(speed.max(axis=1, initial=0))[:, None]
        overlap = np.abs(rebuilt @ np.conj(vector))[self.n_open > 0]
        if np.abs(overlap - 1).max(initial=0) > SAME_VELOCITY:
            raise InputError("`incident_spin` needs a source lead in which both spins have the same velocity")

        def mixed(array):
            return np.einsum("ks,ks...->k...", coefficients, array)[:, None]

        leads = (
            LeadStates(side.side, side.step, side.vectors, side.velocity, mixed(side.amplitude))
            for side in (self.left, self.right)
        )
        return States(mixed(self.psi), np.minimum(self.n_open, 1), *leads)

    def blocks(self, per_state=False):
        """`DensityBlocks`, summed over the states or, with `per_state`, with an axis for them after k."""
        if per_state:
            site = np.einsum("ksja,ksjb->ksjab", self.psi, self.psi.conj())
            bond = np.einsum("ksja,ksjb->ksjab", self.psi[:, :, :-1], self.psi[:, :, 1:].conj())
        else:
            psi = np.ascontiguousarray(np.moveaxis(self.psi, 1, -1))
            dual = np.conj(np.swapaxes(psi, -1, -2))
            site, bond = psi @ dual, psi[:, :-1] @ dual[:, 1:]
        return DensityBlocks(site, bond)


class Solver(ABC):
    """Base of all solvers; the module's docstring is the contract."""

    name: str

    @abstractmethod
    def solve(self, chain, energy, source="left"):
        """Scattering states of `chain` at `energy` (eV) that come from the lead `source`."""

    def __repr__(self):
        return f"{type(self).__name__}()"
