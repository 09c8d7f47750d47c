"""Expectation values of density blocks: every sign of a density, flux or torque lives in this folder.

`Observables(chain)` prepares all operators of a chain once; it is then applied to any `DensityBlocks`: of
single states, of sums over states, of a lead's limit or tail.
"""

import numpy as np

from .closure import closure, closure_of_totals
from .current import current_operators
from .density import density_operators
from .torque import bond_operators, onsite_operators, physical_torques
from .trace import real_trace

__all__ = [
    "Observables",
    "closure",
    "closure_of_totals",
    "current_operators",
    "density_operators",
    "physical_torques",
    "real_trace",
]


SCALARS = ("density", "particle_current")
VECTORS = (
    "spin_density",
    "orbital_density",
    "exchange_torque",
    "lattice_torque",
    "spin_orbit_torque",
    "spin_current",
    "orbital_current",
)
"""Names of the values with components x, y, z."""


class Observables:
    """All local densities, currents and torques of a chain.

    Parameters
    ----------
    chain : Chain
    """

    def __init__(self, chain):
        self.chain = chain
        onsite, bonds = onsite_operators(chain), bond_operators(chain)
        self._site_terms, self._bond_terms = tuple(onsite), tuple(bonds)
        self._site = _joined([density_operators(chain), *onsite.values()])
        self._bond = _joined([current_operators(chain), *bonds.values()])

    def profile(self, blocks, incoming=0.0):
        """Values at every site between the two outermost lead sites, and on every bond.

        Parameters
        ----------
        blocks : DensityBlocks of the whole chain
        incoming : (nk, ...) array or float
            Incoming particle flux, part of the scale of `closure`.

        Returns
        -------
        dict of (nk, ..., n_sites - 2[, 3]) arrays on sites: density, spin_density, orbital_density, exchange_torque,
            lattice_torque, spin_orbit_torque (per site; components x, y, z);
        of (nk, ..., n_sites - 1[, 3]) arrays on bonds: particle_current, spin_current, orbital_current;
        and closure, (nk, ...).
        """
        on_site = real_trace(self._site, blocks.site[..., 1:-1, :, :], self.chain.site_kind[1:-1])
        on_bond = real_trace(self._bond, blocks.bond, self.chain.bond_kind)
        halves = (on_bond[..., 1:, 7:] + on_bond[..., :-1, 7:]) / 2
        gains = self._gains(on_site[..., 7:], halves)
        torques = physical_torques(gains, self.chain.partner, on_site.shape[:-1])
        return _named(on_site, on_bond) | torques | {"closure": closure(on_bond[..., :7], gains, torques, incoming)}

    def lead(self, side, blocks):
        """The same values, without closure, for blocks of one site and one bond of a lead ("left" or "right").

        Every site of a lead has two half bonds, so its torques are the on-site part plus one whole bond.
        """
        end = {"left": 0, "right": -1}[side]
        on_site = real_trace(self._site, blocks.site, self.chain.site_kind[[end]])
        on_bond = real_trace(self._bond, blocks.bond, self.chain.bond_kind[[end]])
        gains = self._gains(on_site[..., 7:], on_bond[..., 7:])
        torques = physical_torques(gains, self.chain.partner, on_site.shape[:-1])
        values = _named(on_site, on_bond) | torques
        site_axis = {name: -2 if name in VECTORS else -1 for name in values}
        return {name: value.take(0, axis=site_axis[name]) for name, value in values.items()}

    def _gains(self, on_site, on_bond):
        gains = {}
        for terms, values in ((self._site_terms, on_site), (self._bond_terms, on_bond)):
            for i, name in enumerate(terms):
                gains[name] = gains.get(name, 0) + values[..., 6 * i : 6 * i + 6]
        return gains


def _joined(operators):
    n_k = max(len(operator) for operator in operators)
    return np.concatenate([np.broadcast_to(operator, (n_k, *operator.shape[1:])) for operator in operators], axis=2)


def _named(on_site, on_bond):
    return {
        "density": on_site[..., 0],
        "spin_density": on_site[..., 1:4],
        "orbital_density": on_site[..., 4:7],
        "particle_current": on_bond[..., 0],
        "spin_current": on_bond[..., 1:4],
        "orbital_current": on_bond[..., 4:7],
    }
