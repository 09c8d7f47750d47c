"""From states to all local values: traces of operators with density blocks, and the physical values they combine to.

Everything is linear in the density blocks. `Traces` can therefore be summed over k_par or energy before they are
combined, which is far cheaper than summing the values.
"""

from dataclasses import dataclass, fields

import numpy as np

from .closure import closure
from .current import current_operators
from .density import density_operators
from .torque import bond_operators, onsite_operators, physical_torques
from .trace import real_trace

__all__ = ["Observables", "Traces"]

GROSS_FLUX = 1e-6
"""Part of hopping x density that counts as a flux in the scale of the books."""
SEA_FLUX = 1e-4
"""Part of the hopping that counts as a flux in the scale of the books of a filled sea, in which fluxes cancel."""
IN_CACHE = 200_000
"""Entries of density blocks made at a time."""


@dataclass(frozen=True, eq=False)
class Traces:
    """Traces of all operators of an `Observables` with density blocks; leading dimensions (nk, ...) or any other.

    Attributes
    ----------
    site : (..., n_sites, columns) array, between the two outermost lead sites
    bond : (..., n_sites + 1, columns) array
    lead_site, lead_bond : (..., 4, columns) arrays
        One site and one bond of: left limit, right limit, left tail, right tail (see `LeadStates`).
    incoming : (...) array, the incoming particle flux
    """

    site: np.ndarray
    bond: np.ndarray
    lead_site: np.ndarray
    lead_bond: np.ndarray
    incoming: np.ndarray

    def at(self, index):
        """The traces at a subset of the k-points."""
        return Traces(*(getattr(self, field.name)[index] for field in fields(self)))

    def summed(self, weights):
        """Sums over k with weights (n_sums, nk): leading dimension n_sums instead of nk."""
        return Traces(*(np.tensordot(weights, getattr(self, field.name), 1) for field in fields(self)))

    @staticmethod
    def stacked(parts):
        """Several `Traces` as one, with a new leading dimension."""
        return Traces(*(np.stack([getattr(part, field.name) for part in parts]) for field in fields(Traces)))


class Observables:
    """All local densities, currents and torques of a chain.

    Parameters
    ----------
    chain : Chain
    """

    def __init__(self, chain):
        self.chain = chain
        onsite, bonds = onsite_operators(chain), bond_operators(chain)
        self._site_columns, self._site = _joined(density_operators(chain), onsite)
        self._bond_columns, self._bond = _joined(current_operators(chain), bonds)

    def traces(self, states, per_state=False):
        """`Traces` of scattering states, summed over the states of each k or with a dimension for them."""
        leads = states.left, states.right
        parts = [lead.limit(per_state) for lead in leads] + [lead.tail(per_state) for lead in leads]
        ends = [np.concatenate([getattr(p, name) for p in parts], axis=-3) for name in ("site", "bond")]
        one_each = np.arange(states.psi.shape[1]) < states.n_open[:, None]
        return Traces(
            *self._along_the_chain(states, per_state),
            *self._in_leads(*ends),
            incoming=one_each.astype(float) if per_state else states.n_open.astype(float),
        )

    def of_blocks(self, chain, leads):
        """`Traces` of any density blocks at each k: a filled sea, say. `incoming` is the scale of fluxes that cancel.

        Parameters
        ----------
        chain : DensityBlocks of all sites and bonds of the chain, (nk, n_sites, n, n) and (nk, n_sites - 1, n, n)
        leads : DensityBlocks of one site and bond each of left limit, right limit, left tail, right tail
        """
        return Traces(
            real_trace(self._site, chain.site[..., 1:-1, :, :], self.chain.site_kind[1:-1]),
            real_trace(self._bond, chain.bond, self.chain.bond_kind),
            *self._in_leads(leads.site, leads.bond),
            incoming=np.full(len(chain.site), SEA_FLUX * np.abs(self.chain.total_hopping).max()),
        )

    def _in_leads(self, site, bond):
        """Traces of one site and one bond each of left limit, right limit, left tail, right tail."""
        ends = np.array([0, -1, 0, -1])
        return (
            real_trace(self._site, site, self.chain.site_kind[ends]),
            real_trace(self._bond, bond, self.chain.bond_kind[ends]),
        )

    def _along_the_chain(self, states, per_state):
        """Traces on sites and bonds, a few k at a time so that the density blocks stay in the processor's cache."""
        parts, n_k = [], max(1, IN_CACHE // (self.chain.n_sites * self.chain.n_orbitals**2))
        for start in range(0, len(states.n_open), n_k):
            at = slice(start, start + n_k)
            blocks = states.at(at).blocks(per_state)
            operators = [x if len(x) == 1 else x[at] for x in (self._site, self._bond)]
            site = real_trace(operators[0], blocks.site[..., 1:-1, :, :], self.chain.site_kind[1:-1])
            parts.append((site, real_trace(operators[1], blocks.bond, self.chain.bond_kind)))
        return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]

    def values(self, traces):
        """Densities, currents and torques, in the units hbar = 1 per site and bond.

        Returns
        -------
        dict of arrays; vectors have components x, y, z in the last dimension:
            on sites: density, spin_density, orbital_density (per spacing), and exchange_torque, lattice_torque,
            orbital_to_spin_torque; for each torque t also t_limit (per nm), t_tail (..., 2) for either lead, t_total
            (...), and for the first two t_cumulated on sites;
            on bonds: particle_current, spin_current, orbital_current, angular_momentum_current, and for each c_limit
            (..., 2);
            incident_current and closure (...).
        """
        values, closure_here = self.profile(traces.site, traces.bond, traces.incoming)
        for name in ("density", "spin_density", "orbital_density"):
            values[name] = values[name] / self.chain.spacing
        # Every site of a lead has two half bonds: its torques are the on-site part plus that of one whole bond.
        torques, _ = self._torques(traces.lead_site, traces.lead_bond)
        limits = _named_currents(traces.lead_bond)
        site_axis = traces.incoming.ndim
        for name, value in torques.items():
            limit, tail = np.split(value, 2, axis=site_axis)
            cumulated = np.cumsum(values[name], axis=site_axis) + tail.take([0], site_axis)
            values |= {f"{name}_limit": limit / self.chain.spacing, f"{name}_tail": tail}
            values[f"{name}_total"] = cumulated.take(-1, site_axis) + tail.take(1, site_axis)
            if name != "orbital_to_spin_torque":
                values[f"{name}_cumulated"] = cumulated
        for name, value in limits.items():
            values[f"{name}_limit"] = np.split(value, 2, axis=site_axis)[0]
        return values | {"incident_current": traces.incoming, "closure": closure_here}

    def profile(self, on_site, on_bond, incoming=0.0):
        """Values on sites (per site) and bonds from their traces, and the closure of the books.

        Parameters
        ----------
        on_site : (..., n_sites, columns) array
        on_bond : (..., n_sites + 1, columns) array
        incoming : (...) array or float
            Incoming particle flux, part of the scale of the closure.

        Returns
        -------
        values : dict of arrays
        closure : (...) array
        """
        torques, gains = self._torques(on_site, (on_bond[..., 1:, :] + on_bond[..., :-1, :]) / 2)
        densities = {
            "density": on_site[..., 0],
            "spin_density": on_site[..., 1:4],
            "orbital_density": on_site[..., 4:7],
        }
        # In a sharp resonance waves of huge flux to either side cancel: no book is better than rounding leaves them.
        gross = np.abs(self.chain.total_hopping).max() * np.abs(on_site[..., 0]).max(axis=-1)
        worst = closure(on_bond[..., :7], gains, torques, np.maximum(incoming, GROSS_FLUX * gross))
        return densities | torques | _named_currents(on_bond), worst

    def _torques(self, on_site, on_bond):
        """Physical torques, and the gains of each term, from traces on sites and the bonds' share of the same sites."""
        gains = self._gains(on_site, on_bond)
        return physical_torques(gains, self.chain.partner, on_site.shape[:-1]), gains

    def _gains(self, on_site, on_bond):
        """{term: (..., 6) gain of s and L}."""
        gains = {}
        for columns, traces in ((self._site_columns, on_site), (self._bond_columns, on_bond)):
            for column, (name, component) in enumerate(columns, 7):
                gain = gains.setdefault(name, np.zeros((*traces.shape[:-1], 6)))
                gain[..., component] += traces[..., column]
        return gains


def _joined(first, terms):
    """The operators that come first and the non-zero ones of the terms, with the (term, component) of each of these."""
    columns, operators = [], [first]
    for name, operator in terms.items():
        size = np.abs(operator).max(axis=(0, 1, 3, 4))
        kept = np.flatnonzero(size > 1e-14 * size.max())
        columns += [(name, component) for component in kept]
        operators.append(operator[:, :, kept])
    n_k = max(len(operator) for operator in operators)
    joined = [np.broadcast_to(operator, (n_k, *operator.shape[1:])) for operator in operators]
    return columns, np.concatenate(joined, axis=2)


def _named_currents(on_bond):
    spin, orbital = on_bond[..., 1:4], on_bond[..., 4:7]
    return {
        "particle_current": on_bond[..., 0],
        "spin_current": spin,
        "orbital_current": orbital,
        "angular_momentum_current": spin + orbital,
    }
