"""The fast solver for layered stacks: all k-points at once in NumPy, by mode expansion or by a sweep over the sites."""

from dataclasses import dataclass

import numpy as np

from ..errors import ComputationError, known
from .base import LeadStates, Solver, States
from .expansion import expansion, nodes
from .modes import EndModes, lead_modes
from .sweep import sweep

__all__ = ["BatchedSolver"]

ENGINES = ("auto", "expansion", "sweep")
MOST_NODES = 10
"""With more nodes than this the sweep is faster than the expansion's one dense solve."""
MAX_FLUX_ERROR = 1e-8


@dataclass(frozen=True)
class BatchedSolver(Solver):
    """Scattering states of a chain at many k at once.

    Parameters
    ----------
    engine : {"auto", "expansion", "sweep"}
        Mode expansion in uniform layers, one solve per site, or whichever suits the chain.
    """

    engine: str = "auto"
    name = "batched"

    def __post_init__(self):
        known("engine", self.engine, ENGINES)

    def solve(self, chain, energy, source="left"):
        far_side, n_k = "right" if source == "left" else "left", chain.n_k
        near = _modes(chain, energy, source)
        n_open = near.incoming.open.sum(axis=1)
        some = np.flatnonzero(n_open)
        if len(some) < chain.n_k:
            chain, near, n_open = chain.at(some), near.at(some), n_open[some]
        far = _modes(chain, energy, far_side)
        psi = self._wave_function(chain if source == "left" else chain.mirrored(), energy, n_open, near, far)
        if source == "right":
            psi = psi[:, :, ::-1]
        leads = {
            source: _lead_states(source, psi[:, :, 1 if source == "left" else -2], near, n_open),
            far_side: _lead_states(far_side, psi[:, :, 1 if source == "right" else -2], far),
        }
        _check_flux(chain, energy, n_open, leads[source], leads[far_side])
        return States(psi, n_open, leads["left"], leads["right"]).spread(some, n_k)

    def _wave_function(self, chain, energy, n_open, near, far):
        """psi of the states that come in from the left of `chain`, k-points of equal number of states together."""
        few = len(nodes(chain)) <= MOST_NODES
        engine = expansion if self.engine == "expansion" or (self.engine == "auto" and few) else sweep
        shape = chain.n_k, n_open.max(initial=0), chain.n_orbitals, chain.n_sites
        psi = np.zeros(shape, complex).swapaxes(2, 3)
        for count in np.unique(n_open):
            here = np.flatnonzero(n_open == count)
            if len(here) == chain.n_k:
                return engine(chain, energy, int(count), near, far)
            psi[here, :count] = engine(chain.at(here), energy, int(count), near.at(here), far.at(here))
        return psi


def _modes(chain, energy, side):
    right, left = lead_modes(*chain.lead_blocks(side), energy, chain.k_par)
    return EndModes(right, left) if side == "left" else EndModes(left, right)


def _lead_states(side, boundary, modes, n_open=None):
    """`LeadStates` from psi (nk, n_states, n) at the boundary site; with `n_open` of the lead the particles come
    from.
    """
    out = modes.outgoing
    step, vectors, velocity = out.step, out.vectors, out.velocity
    n_states = boundary.shape[1]
    arriving = np.zeros((len(boundary), n_states, 0))
    if n_open is not None:
        there = np.arange(n_states) < n_open[:, None]
        arriving = there[:, :, None] * np.eye(n_states)
        came = modes.incoming.vectors[:, :, :n_states]
        boundary = boundary - came.swapaxes(1, 2) * there[:, :, None]
        # An incoming mode travels towards the boundary: one cell outwards is one step back.
        backwards = 1 / np.where(there, modes.incoming.step[:, :n_states], 1)
        step = np.concatenate([step, backwards], axis=1)
        vectors = np.concatenate([vectors, came], axis=2)
        velocity = np.concatenate([velocity, modes.incoming.velocity[:, :n_states]], axis=1)
    outgoing = np.linalg.solve(out.vectors, boundary.swapaxes(1, 2)).swapaxes(1, 2)
    return LeadStates(side, step, vectors, velocity, np.concatenate([outgoing, arriving], axis=2))


def _check_flux(chain, energy, n_open, near, far):
    """R + T = 1 for every state, as far as the velocities of the modes allow."""
    n = chain.n_orbitals
    total = 0
    for lead in (near, far):
        total = total + (np.abs(lead.amplitude[..., :n]) ** 2 @ (lead.velocity[:, :n, None] != 0))[..., 0]
    error = np.where(np.arange(total.shape[1]) < n_open[:, None], np.abs(total - 1), 0).max(axis=1, initial=0)
    slowest = np.inf
    for lead in (near, far):
        speed = np.abs(lead.velocity)
        slowest = np.minimum(slowest, np.where(speed > 0, speed, np.inf).min(axis=1))
    allowed = MAX_FLUX_ERROR + 100 * np.finfo(float).eps * (np.abs(chain.total_hopping).max(initial=0) / slowest) ** 2
    wrong = np.flatnonzero(~(error <= allowed))
    if len(wrong):
        k = tuple(float(x) for x in chain.k_par[wrong[0]])
        raise ComputationError(
            f"flux is not conserved at k = {k} 1/nm, energy {energy} eV: |R + T - 1| = {error[wrong[0]]:.1e}"
        )
