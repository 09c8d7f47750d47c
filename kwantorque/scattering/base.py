"""What every solver returns, and the contract it fulfils.

Contract of a solver
--------------------
1. `solve(chain, energy, source)` takes a `Chain` of any number of k-points, a real
   energy in eV and the lead ("left" or "right") the particles come from. It returns
   `States`.
2. Each state is normalised to unit incoming particle flux (hbar = 1; the flux of a mode
   is its velocity). States of different number of modes are padded with zeros, which
   add nothing to any sum.
3. It raises `ComputationError`, naming k and energy, when a state is not outgoing in
   the other lead, when the number of right-going modes is not the number of states per
   site, or when a state's flux is not one.
   So it does at a k on a threshold of a lead, and refuses a lead whose exchange drowns
   in rounding, with `InputError`: `end_modes` does both.
4. Only gauge-invariant numbers are compared between solvers: degenerate modes have an
   arbitrary basis.
5. It has a `name`, a `repr` that states its options, and can be pickled.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace

import numpy as np

from ..algebra import dagger
from ..errors import ComputationError, InputError
from ..structures.chain import Chain
from ..structures.graph import DensityBlocks
from .modes import EndModes, lead_modes, rounding_of_step

__all__ = ["LeadStates", "Solver", "States", "end_modes", "size_of_hopping"]

ON_THRESHOLD = 1e-7
"""Modes that turn or decay less than this per cell (rad) lie on a threshold.

Both are square roots of a distance of which 1e-15 is rounding.
"""
FAINTEST = 1e-9
"""Part of the hopping below which the exchange of a lead drowns in rounding.

A torque that precesses in it has an error of about 1e-15 over that part.
"""
SAME_VELOCITY = 1e-6
"""Incoming modes are superposed if their velocities differ by less than this part."""


@dataclass(frozen=True, eq=False)
class LeadStates:
    """The states inside a lead, expanded in the lead's modes.

    The i-th cell of the lead, counted from the boundary site i = 0 of the chain
    outwards, has

        psi_i = sum_m amplitude_m step_m^i vector_m,

    |step| = 1 for open modes and < 1 for evanescent ones.

    The columns m are the n outgoing modes, open before evanescent, then, in the lead
    that the particles come from, the incoming ones that are open: as many as there are
    states at the k with most of them, and elsewhere padded. In these a state comes in
    at unit flux.

    Attributes
    ----------
    side : "left" or "right"
    step : (nk, n_modes) complex array
        Factor per cell, outwards.
    vectors : (nk, n, n_modes) complex array
        Open modes carry unit flux.
    velocity : (nk, n_modes) array
        Flux of a mode of norm 1 towards +z, eV; 0 for evanescent ones.
    amplitude : (nk, n_states, n_modes) complex array
        Zero for modes a state does not contain.
    hopping : (nk,) array
        Size of the lead's hopping, eV: the scale of velocities.
    """

    side: str
    step: np.ndarray
    vectors: np.ndarray
    velocity: np.ndarray
    amplitude: np.ndarray
    hopping: np.ndarray

    @property
    def open(self) -> np.ndarray:
        """Which modes are open, (nk, n_modes) bool array."""
        return self.velocity != 0

    def limit(self, per_state: bool = False) -> DensityBlocks:
        """Blocks of one site and one bond far inside the lead.

        Only pairs of open modes with the same k_z are kept, as far as rounding can tell
        (`modes.rounding_of_step`): all others oscillate, however slowly, and vanish
        when summed over k_par.
        """
        step, keep = self._pairs()
        return self._blocks(keep.astype(complex), keep * self._first(step), per_state)

    def tail(self, per_state: bool = False) -> DensityBlocks:
        """Blocks summed over the whole lead: one site and one bond.

        The sites are i >= 1, the bonds (i, i+1) with i >= 0, the first with weight 1/2.
        With y = step_m conj(step_n) the geometric series give y/(1 - y) and
        (1 + y)/(2 (1 - y)). Pairs of open modes with the same k_z do not decay; they
        are left out here, and `limit` has them.
        """
        step, keep = self._pairs()
        y = np.where(keep, 0, step[:, :, None] * step.conj()[:, None, :])
        return self._blocks(y / (1 - y), ~keep * self._first(step) * (1 + y) / (2 * (1 - y)), per_state)

    def _pairs(self):
        """Steps of the modes present; which pairs of open ones have the same k_z."""
        present = (self.amplitude != 0).any(axis=1)
        step = np.where(present, self.step, 0)
        both = self.open[:, :, None] & self.open[:, None, :]
        blur = rounding_of_step(np.abs(self.velocity) / self.hopping[:, None])
        blur = np.maximum(blur[:, :, None], blur[:, None, :])
        return step, both & (np.abs(step[:, :, None] * step.conj()[:, None, :] - 1) < blur)

    def _first(self, step):
        """Factor of the pair (m, n) on the first bond: psi_j psi_{j+1}^+."""
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


PER_K = tuple(field.name for field in fields(LeadStates) if field.name != "side")
"""The arrays of `LeadStates`, one entry per k."""


@dataclass(frozen=True, eq=False)
class States:
    """Scattering states of a chain, one per open incoming mode and k.

    Attributes
    ----------
    psi : (nk, n_states, n_sites, n) complex array
        Unit incoming flux; zero where a k has fewer states than the one with most.
    n_open : (nk,) int array
        Number of states at each k.
    left, right : LeadStates

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.structures.chain import discretise
    >>> wire = kt.Stack([kt.Layer(kt.FreeElectron(), 1)], 0.1)
    >>> states = kt.BatchedSolver().solve(discretise(wire, [(0, 0)]), energy=1.0)
    >>> states.n_open.tolist(), states.psi.shape
    ([2], (1, 2, 13, 2))
    """

    psi: np.ndarray
    n_open: np.ndarray
    left: LeadStates
    right: LeadStates

    def at(self, index: slice | np.ndarray) -> "States":
        """The states at a slice or subset of the k-points."""
        leads = (
            LeadStates(lead.side, *(getattr(lead, name)[index] for name in PER_K)) for lead in (self.left, self.right)
        )
        return States(self.psi[index], self.n_open[index], *leads)

    def spread(self, index: np.ndarray, n_k: int) -> "States":
        """The same states as those of `n_k` points, of which only `index` have any."""
        if len(index) == n_k:
            return self

        def scatter(array, empty=0):
            full = np.full((n_k, *array.shape[1:]), empty, array.dtype)
            full[index] = array
            return full

        leads = (
            LeadStates(lead.side, *(scatter(getattr(lead, name), name == "hopping") for name in PER_K))
            for lead in (self.left, self.right)
        )
        return States(scatter(self.psi), scatter(self.n_open), *leads)

    def superposed(self, vector: np.ndarray, source: str) -> "States":
        """One state at each k, which arrives with a given vector at unit flux.

        It is a superposition of the incoming modes.

        Parameters
        ----------
        vector : (n,) complex array
            The state's orbital and spin part.
        source : "left" or "right"

        Raises
        ------
        InputError
            The incoming modes have different velocities, or do not contain the vector:
            their lead is magnetic.
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

        leads = (replace(side, amplitude=mixed(side.amplitude)) for side in (self.left, self.right))
        return States(mixed(self.psi), np.minimum(self.n_open, 1), *leads)

    def blocks(self, per_state: bool = False) -> DensityBlocks:
        """Density matrix along the chain, unit flux in every state.

        Summed over the states or, with `per_state`, with an axis for them after k.
        """
        if per_state:
            site = np.einsum("ksja,ksjb->ksjab", self.psi, self.psi.conj())
            bond = np.einsum("ksja,ksjb->ksjab", self.psi[:, :, :-1], self.psi[:, :, 1:].conj())
        else:
            psi = np.ascontiguousarray(np.moveaxis(self.psi, 1, -1))
            dual = np.conj(np.swapaxes(psi, -1, -2))
            site, bond = psi @ dual, psi[:, :-1] @ dual[:, 1:]
        return DensityBlocks(site, bond)


def end_modes(chain: Chain, energy: float, side: str) -> EndModes:
    """Modes of one lead of a chain, of which rounding decides nothing.

    Parameters
    ----------
    chain : Chain
    energy : float, eV
    side : "left" or "right"

    Raises
    ------
    InputError
        The lead is magnetic, but its exchange splitting is below 1e-9 of its hopping.
    ComputationError
        A mode is on a threshold: it neither travels nor decays, and sums over the lead
        do not exist. Or as `lead_modes`.
    """
    onsite, hopping = chain.lead_blocks(side)
    size = size_of_hopping(chain, side)
    _require_resolved(chain, side, size.max(initial=0))
    right, left = lead_modes(onsite, hopping, energy, chain.k_par)
    for modes in (right, left):
        with np.errstate(divide="ignore"):
            per_cell = np.where(modes.open, np.abs(modes.velocity) / size[:, None], -np.log(np.abs(modes.step)))
        wrong = np.flatnonzero((per_cell < ON_THRESHOLD).any(axis=1))
        if len(wrong):
            raise ComputationError(
                f"k = {tuple(float(x) for x in chain.k_par[wrong[0]])} 1/nm at {energy} eV is a threshold of the "
                f"{side} lead: one of its modes neither travels nor decays there; choose a k or an energy a little "
                "off, by 1e-6 1/nm or 1e-6 eV"
            )
    return EndModes(right, left) if side == "left" else EndModes(left, right)


def size_of_hopping(chain: Chain, side: str) -> np.ndarray:
    """Norm (eV) of the hopping of a lead at each k, (nk,): the scale of velocities."""
    return np.broadcast_to(np.linalg.norm(chain.lead_blocks(side)[1], axis=(-1, -2)), chain.n_k)


def _require_resolved(chain, side, hopping):
    """Refuse a lead with an exchange that drowns in the rounding of its hopping."""
    site, bond = (0, 0) if side == "left" else (-1, -1)
    site, bond = chain.site_kind[site], chain.bond_kind[bond]
    magnetic = [name for name, partner in chain.partner.items() if partner == "magnetisation"]
    exchange = sum(chain.onsite[name][:, site] for name in magnetic if name in chain.onsite)
    bonds = (chain.hopping[name][:, bond] for name in magnetic if name in chain.hopping)
    exchange = exchange + sum(v + dagger(v) for v in bonds)
    splitting = np.ptp(np.linalg.eigvalsh(exchange), axis=-1).max(initial=0) if np.any(exchange) else 0.0
    if 0 < splitting < FAINTEST * hopping:
        raise InputError(
            f"the exchange splitting of the {side} lead, {splitting:.2g} eV, is too small to be resolved at a spacing "
            f"of {chain.spacing:g} nm: below {FAINTEST * hopping:.2g} eV rounding decides how much spin the lead "
            "takes. Set it to zero, or give the magnet a length and put a lead without magnetisation behind it"
        )


class Solver(ABC):
    """Base of all solvers; `kwantorque.scattering.base` states the contract.

    Attributes
    ----------
    name : str
        What results call it.

    Examples
    --------
    A solver of one's own, which asks Kwant where there are few k-points:

    >>> import kwantorque as kt
    >>> class Careful(kt.scattering.Solver):
    ...     name = "careful"
    ...     def solve(self, chain, energy, source="left"):
    ...         few = chain.n_k < 10
    ...         solver = kt.KwantSolver() if few else kt.BatchedSolver()
    ...         return solver.solve(chain, energy, source)
    >>> wire = kt.Stack([kt.Layer(kt.FreeElectron(), 1)], 0.1)
    >>> kt.torques_at(wire, (0, 0), 1.0, solver=Careful()).solver
    'careful'
    """

    name: str

    @abstractmethod
    def solve(self, chain: Chain, energy: float, source: str = "left") -> States:
        """Scattering states that come from one lead.

        Parameters
        ----------
        chain : Chain
        energy : float, eV
        source : "left" or "right"

        Raises
        ------
        ComputationError
            If a state fails the checks of the contract.
        """

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
