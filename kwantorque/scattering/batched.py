"""The fast solver for layered stacks: all k-points at once in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import ComputationError, known, named
from ..structures.chain import Chain
from .base import LeadStates, Solver, States, end_modes, size_of_hopping
from .expansion import expansion, nodes
from .modes import LeadModes, rounding_of_flux
from .recursion import recursion

__all__ = ["BatchedSolver"]

ENGINES = ("auto", "expansion", "recursion")
MOST_NODES = 10
"""With more nodes the recursion is faster than the expansion's one dense solve."""
MAX_FLUX_ERROR = 1e-8
SURE, SLOW = 1e-10, 1e-3
"""Where |R + T - 1| is larger, or a mode slower (eV), the recursion takes over."""


@named
@dataclass(frozen=True)
class BatchedSolver(Solver):
    """Scattering states of a chain at many k at once.

    Parameters
    ----------
    engine : {"auto", "expansion", "recursion"}
        Mode expansion in uniform layers, one solve per site, or whichever suits the
        chain; next to band edges and resonances the latter goes to the recursion.

    Raises
    ------
    InputError
        If the engine is none of these.

    Examples
    --------
    >>> import kwantorque as kt
    >>> wire = kt.Stack([kt.Layer(kt.KohnLuttinger(exchange=0.27), 1, m="z")], 0.2)
    >>> solver = kt.BatchedSolver("recursion")
    >>> kt.torques_at(wire, (0.1, 0), 0.1, solver=solver).solver_options
    "BatchedSolver(engine='recursion')"
    >>> kt.BatchedSolver("recursoin")
    Traceback (most recent call last):
    kwantorque.errors.InputError: unknown engine 'recursoin'; did you mean 'recursion'?
    """

    engine: str = "auto"
    name = "batched"

    def __post_init__(self) -> None:
        known("engine", self.engine, ENGINES)

    def solve(self, chain: Chain, energy: float, source: str = "left") -> States:
        """Scattering states that come from one lead, as `Solver.solve` says."""
        far_side, n_k = "right" if source == "left" else "left", chain.n_k
        near = end_modes(chain, energy, source)
        n_open = near.incoming.open.sum(axis=1)
        some = np.flatnonzero(n_open)
        if len(some) < chain.n_k:
            chain, near, n_open = chain.at(some), near.at(some), n_open[some]
        far = end_modes(chain, energy, far_side)
        forward = chain if source == "left" else chain.mirrored()
        engine = self._engine(forward)
        try:
            psi = _wave_function(engine, forward, energy, n_open, near, far)
        except (np.linalg.LinAlgError, ComputationError):
            if self.engine != "auto" or engine is recursion:
                raise
            engine = recursion
            psi = _wave_function(engine, forward, energy, n_open, near, far)
        ends = _lead_states(chain, (source, far_side), psi, n_open, near, far)
        if self.engine == "auto" and engine is expansion:
            # Next to a band edge or a resonance the one dense solve loses digits that
            # the recursion keeps.
            error, slowest = _flux_error(n_open, *ends)
            again = np.flatnonzero(~(error < SURE) | (slowest < SLOW))
            if len(again):
                part = forward.at(again), energy, n_open[again], near.at(again), far.at(again)
                better = _wave_function(recursion, *part)
                psi[again] = 0
                psi[again, : better.shape[1]] = better
                ends = _lead_states(chain, (source, far_side), psi, n_open, near, far)
        _check_flux(chain, energy, n_open, *ends)
        if source == "right":
            psi = psi[:, :, ::-1]
        leads = {lead.side: lead for lead in ends}
        return States(psi, n_open, leads["left"], leads["right"]).spread(some, n_k)

    def _engine(self, chain: Chain) -> Callable[..., np.ndarray]:
        few = len(nodes(chain)) <= MOST_NODES
        return expansion if self.engine == "expansion" or (self.engine == "auto" and few) else recursion


def _wave_function(engine, chain, energy, n_open, near, far):
    """psi of the states that come in from the left of `chain`.

    k-points of equal number of states are done together.
    """
    psi = np.zeros((chain.n_k, n_open.max(initial=0), chain.n_orbitals, chain.n_sites), complex).swapaxes(2, 3)
    for count in np.unique(n_open):
        here = np.flatnonzero(n_open == count)
        if len(here) == chain.n_k:
            return engine(chain, energy, int(count), near, far)
        psi[here, :count] = engine(chain.at(here), energy, int(count), near.at(here), far.at(here))
    return psi


def _lead_states(chain, sides, psi, n_open, near, far):
    """The states in the near and in the far lead, from psi at the boundary sites."""
    near_hopping, far_hopping = (size_of_hopping(chain, side) for side in sides)
    n_states = psi.shape[1]
    there = np.arange(n_states) < n_open[:, None]
    came = near.incoming.vectors[:, :, :n_states]
    reflected = _amplitudes(near.outgoing, psi[:, :, 1] - came.swapaxes(1, 2) * there[:, :, None])
    arriving = there[:, :, None] * np.eye(n_states)
    # An incoming mode travels towards the boundary: one cell outwards is one step back.
    backwards = 1 / np.where(there, near.incoming.step[:, :n_states], 1)
    near_lead = LeadStates(
        sides[0],
        np.concatenate([near.outgoing.step, backwards], axis=1),
        np.concatenate([near.outgoing.vectors, came], axis=2),
        np.concatenate([near.outgoing.velocity, near.incoming.velocity[:, :n_states]], axis=1),
        np.concatenate([reflected, arriving], axis=2),
        near_hopping,
    )
    out = far.outgoing
    far_lead = LeadStates(sides[1], out.step, out.vectors, out.velocity, _amplitudes(out, psi[:, :, -2]), far_hopping)
    return near_lead, far_lead


def _amplitudes(modes: LeadModes, boundary):
    """Amplitudes (nk, n_states, n) of the modes, from psi at a boundary site."""
    return np.linalg.solve(modes.vectors, boundary.swapaxes(1, 2)).swapaxes(1, 2)


def _flux_error(n_open, near, far):
    """|R + T - 1| of the worst state, and the slowest open mode, at each k."""
    total, slowest = 0, np.inf
    for lead in (near, far):
        n = lead.vectors.shape[1]
        total = total + (np.abs(lead.amplitude[..., :n]) ** 2 @ lead.open[:, :n, None])[..., 0]
        speed = np.abs(lead.velocity)
        slowest = np.minimum(slowest, np.where(lead.open, speed, np.inf).min(axis=1))
    error = np.where(np.arange(total.shape[1]) < n_open[:, None], np.abs(total - 1), 0).max(axis=1, initial=0)
    return error, slowest


def _check_flux(chain, energy, n_open, near, far):
    """R + T = 1 for every state, as far as the velocities of the modes allow."""
    error, slowest = _flux_error(n_open, near, far)
    allowed = MAX_FLUX_ERROR + rounding_of_flux(np.abs(chain.total_hopping).max(initial=0), slowest)
    wrong = np.flatnonzero(~(error <= allowed))
    if len(wrong):
        k = tuple(float(x) for x in chain.k_par[wrong[0]])
        raise ComputationError(
            f"flux is not conserved at k = {k} 1/nm, energy {energy} eV: |R + T - 1| = {error[wrong[0]]:.1e}; "
            f"choose a slightly different energy, or try `solver=kt.KwantSolver()`"
        )
