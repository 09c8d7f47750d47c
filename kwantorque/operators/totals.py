"""Limits, tails, sums over leads and layers: what a chain has beyond any graph."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from .layers import LayerSums
from .local import LocalOperators
from .torque import torques_of_terms
from .trace import real_trace
from .variables import FORMS, InLeads, schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .contract import BlocksLike, ChainLike, StatesLike

__all__ = ["ChainOperators", "Traces"]

SEA_FLUX = 1e-4
"""Part of the hopping that counts as a flux in the scale of the books of a filled sea.

The sea, all states filled up to the lower chemical potential, has fluxes that cancel.
"""
IN_CACHE = 200_000
"""Entries of density blocks made at a time."""


@dataclass(frozen=True, eq=False)
class Traces:
    """Traces of all operators of a chain; leading dimensions (nk, ...) or any other.

    Attributes
    ----------
    site : (..., n_sites, columns) array, between the two outermost lead sites
    bond : (..., n_sites + 1, columns) array
    halves : (..., n_split, columns) array
        What tells the halves of sites on interfaces apart, see `LayerSums`.
    lead_site, lead_bond : (..., 4, columns) arrays
        One site and one bond of: left limit, right limit, left tail, right tail (see
        `LeadStates`).
    incoming : (...) array, the incoming particle flux
    """

    site: NDArray
    bond: NDArray
    halves: NDArray
    lead_site: NDArray
    lead_bond: NDArray
    incoming: NDArray

    def at(self, index: slice | NDArray) -> Traces:
        """The traces at a subset of the k-points."""
        return Traces(*(getattr(self, field.name)[index] for field in fields(self)))

    def summed(self, weights: NDArray) -> Traces:
        """Sums over k with weights (n_sums, nk): n_sums in the place of nk."""
        return Traces(*(np.tensordot(weights, getattr(self, field.name), 1) for field in fields(self)))

    @staticmethod
    def stacked(parts: list[Traces]) -> Traces:
        """Several `Traces` as one, with a new leading dimension."""
        return Traces(*(np.stack([getattr(part, field.name) for part in parts]) for field in fields(Traces)))


class ChainOperators:
    """All local densities, fluxes and torques of a chain, also in its leads.

    There a variable has its limit far inside, and the sum of what decays or oscillates.

    Parameters
    ----------
    chain : structures.chain.Chain
    """

    def __init__(self, chain: ChainLike) -> None:
        self.chain, self.local = chain, LocalOperators(chain)
        self.layers = LayerSums(chain, self.local)

    def traces(self, states: StatesLike, per_state: bool = False) -> Traces:
        """`Traces` of scattering states, summed over the states of each k.

        With `per_state`, they have a dimension for the states after that of k.
        """
        leads = states.left, states.right
        parts = [lead.limit(per_state) for lead in leads] + [lead.tail(per_state) for lead in leads]
        ends = [np.concatenate([getattr(p, name) for p in parts], axis=-3) for name in ("site", "bond")]
        one_each = np.arange(states.psi.shape[1]) < states.n_open[:, None]
        return Traces(
            *self._along_the_chain(states, per_state),
            *self._in_leads(*ends),
            incoming=one_each.astype(float) if per_state else states.n_open.astype(float),
        )

    def of_blocks(self, chain: BlocksLike, leads: BlocksLike) -> Traces:
        """`Traces` of any density blocks at each k.

        Those of a sea, say: all states filled up to the lower chemical potential. As
        `incoming` they have the scale of fluxes that cancel.

        Parameters
        ----------
        chain : DensityBlocks
            Of all sites and bonds, (nk, n_sites, n, n) and (nk, n_sites - 1, n, n).
        leads : DensityBlocks
            Of one site and bond each of left limit, right limit, left tail, right tail,
            both (nk, 4, n, n).
        """
        return Traces(
            *self.local.traces(chain),
            self.layers.traces(chain),
            *self._in_leads(leads.site, leads.bond),
            incoming=np.full(len(chain.site), SEA_FLUX * np.abs(self.chain.total_hopping).max()),
        )

    def values(self, traces: Traces) -> dict[str, NDArray]:
        """Densities, currents and torques, in the units hbar = 1 per site and bond.

        Returns
        -------
        dict of arrays
            The variables of `operators.schema` with the leading dimensions of `traces`
            (densities and limits of torques per nm), and `closure`, the largest
            relative violation of the books, the balance at every site.
        """
        values, closure_here = self.local.values(traces.site, traces.bond, traces.incoming)
        in_leads, of_layers, of_terms = self._in_sums(traces)
        axis, spacing = traces.incoming.ndim, self.chain.spacing
        records = schema(self.chain.partner.values())
        for name, profile in list(values.items()):
            limit, tail = np.split(in_leads[name], 2, axis=axis)
            at = InLeads(profile, limit, tail, of_layers.get(name), axis, spacing)
            values |= {f"{name}_{form.name}": form.value(at) for form in FORMS[records[name].kind]}
            if records[name].kind == "density":
                values[name] = profile / spacing
        return values | {"torque_of_term": of_terms, "incident_current": traces.incoming, "closure": closure_here}

    def _in_sums(self, traces):
        """The local variables in leads and of layers, and the torque of each term."""
        local, in_lead = self.local, (traces.lead_site, traces.lead_bond)
        # Every site of a lead has two half bonds: its torques are the on-site part plus
        # that of one whole bond.
        in_leads = local.on_sites(in_lead[0], local.gains(*in_lead)) | local.on_bonds(in_lead[1])
        on_site, share = self.layers.summed(traces.site, traces.bond, traces.halves, *in_lead)
        gains = local.gains(on_site, share)
        of_terms = torques_of_terms(gains, self.chain.partner, on_site.shape[:-1])
        return in_leads, local.on_sites(on_site, gains), np.moveaxis(of_terms, 0, -3)

    def _in_leads(self, site, bond):
        """Traces of one site and bond each of both limits and tails, left first."""
        ends = np.array([0, -1, 0, -1])
        return (
            real_trace(self.local.site, site, self.chain.site_kind[ends]),
            real_trace(self.local.bond, bond, self.chain.bond_kind[ends]),
        )

    def _along_the_chain(self, states, per_state):
        """Traces on sites, bonds and halves, a few k at a time: they stay in cache."""
        parts, n_k = [], max(1, IN_CACHE // (self.chain.n_sites * self.chain.n_orbitals**2))
        for start in range(0, len(states.n_open), n_k):
            at = slice(start, start + n_k)
            blocks = states.at(at).blocks(per_state)
            parts.append((*self.local.traces(blocks, at), self.layers.traces(blocks, at)))
        return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
