"""The reference: Kwant's own scattering states, one k at a time, on SciPy's SuperLU."""

from functools import lru_cache

import numpy as np

from ..errors import ComputationError
from ..structures.chain import Chain
from ..structures.kwant_builder import Blocks, build_chain, load_kwant, site_order
from .base import LeadStates, Solver, States, end_modes, size_of_hopping
from .modes import rounding_of_flux

__all__ = ["KwantSolver"]

LEADS = ("left", "right")
MAX_MISMATCH = 1e-6
"""Largest relative part of a state in a lead that is not made of its modes."""


class KwantSolver(Solver):
    """`kwant.solvers.sparse.wave_function` on the chain, one k at a time.

    Kwant finds psi without knowing our modes; that psi is a sum of incoming and
    outgoing modes in each lead, at unit flux, is therefore a check, and it is made at
    every k.

    Examples
    --------
    >>> import kwantorque as kt
    >>> wire = kt.Stack([kt.Layer(kt.KohnLuttinger(exchange=0.27), 1, m="z")], 0.2)
    >>> one, other = (
    ...     kt.torques_at(wire, (0.1, 0), 0.1, solver=solver)
    ...     for solver in (kt.KwantSolver(), kt.BatchedSolver())
    ... )
    >>> bool(abs(one.particle_current - other.particle_current).max() < 1e-9)
    True
    """

    name = "kwant"

    def solve(self, chain: Chain, energy: float, source: str = "left") -> States:
        """Scattering states that come from one lead, as `Solver.solve` says."""
        modes = {side: end_modes(chain, energy, side) for side in LEADS}
        wave_function = load_kwant().solvers.sparse.wave_function
        system = _finalised(chain.n_sites, chain.n_orbitals)
        order = site_order(system)
        psi = [
            wave_function(system, energy, params={"blocks": Blocks(chain.at(i))})(LEADS.index(source)).reshape(
                -1, chain.n_sites, chain.n_orbitals
            )[:, order]
            for i in range(chain.n_k)
        ]
        n_open = np.array([len(states) for states in psi])
        padded = np.zeros((chain.n_k, n_open.max(initial=0), chain.n_sites, chain.n_orbitals), complex)
        for i, states in enumerate(psi):
            padded[i, : len(states)] = states
        leads = {side: _expand(chain, padded, n_open, energy, side, modes[side], side == source) for side in LEADS}
        return States(padded, n_open, leads["left"], leads["right"])


@lru_cache(maxsize=8)
def _finalised(n_sites, n_orbitals):
    """Kwant's finalised chain of so many sites and states per site, kept."""
    return build_chain(n_sites, n_orbitals).finalized()


def _expand(chain, psi, n_open, energy, side, modes, is_source):
    """Psi in one lead, from its boundary site and the lead site beyond."""
    outgoing, incoming = modes.outgoing, modes.incoming
    hopping = chain.lead_blocks(side)[1]
    hopping = np.broadcast_to(hopping, (chain.n_k, *hopping.shape[1:]))
    cells = psi[:, :, [1, 0] if side == "left" else [-2, -1]]
    n, most = chain.n_orbitals, n_open.max(initial=0) if is_source else 0
    # An incoming mode travels towards the boundary: one cell outwards is one step back.
    backwards = 1 / np.where(incoming.open, incoming.step, 1)[:, :most]
    step = np.concatenate([outgoing.step, backwards], axis=1)
    vectors = np.concatenate([outgoing.vectors, incoming.vectors[:, :, :most]], axis=2)
    velocity = np.concatenate([outgoing.velocity, incoming.velocity[:, :most]], axis=1)
    amplitude = np.zeros((chain.n_k, psi.shape[1], step.shape[1]), complex)
    lead = LeadStates(side, step, vectors, velocity, amplitude, size_of_hopping(chain, side))
    for i, count in enumerate(n_open):
        used = n + (count if is_source else 0)
        basis = np.concatenate([vectors[i, :, :used], vectors[i, :, :used] * step[i, :used]])
        target = cells[i, :count].reshape(count, 2 * n).T
        amplitude[i, :count, :used] = np.linalg.lstsq(basis, target, rcond=None)[0].T
        mismatch = np.linalg.norm(basis @ amplitude[i, :count, :used].T - target)
        flux = (np.abs(amplitude[i, :count, n:used]) ** 2).sum(axis=1)
        slowest = np.abs(velocity[i, :used][lead.open[i, :used]]).min(initial=np.inf)
        allowed = MAX_MISMATCH + rounding_of_flux(np.abs(hopping[i]).max(), slowest)
        wrong_flux = is_source and np.abs(flux - 1).max(initial=0) > allowed
        if wrong_flux or mismatch > allowed * np.linalg.norm(target):
            raise ComputationError(
                f"the state in the {side} lead is not a sum of its modes at k = "
                f"{tuple(float(x) for x in chain.k_par[i])} 1/nm, energy {energy} eV: "
                f"mismatch {mismatch:.1e}, flux {flux}; choose a slightly different energy or spacing"
            )
    return lead
