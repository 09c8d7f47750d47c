"""Local values and books on any graph: traces of operators with density blocks.

Everything is linear in the density blocks. Traces can therefore be summed over k_par,
energy or states before they are combined to values, which is far cheaper than summing
the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from .closure import closure
from .current import current_operators
from .density import density_operators
from .torque import bond_operators, onsite_operators, partners_of, torques_on_partners
from .trace import real_trace
from .variables import torque_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .contract import BlocksLike, GraphLike

__all__ = ["LocalOperators"]

GROSS_FLUX = 1e-6
"""Part of hopping x density that counts as a flux in the scale of the books."""
N_MOMENTS = 6
"""Components of s and L."""
PARTICLES, SPIN, ORBITAL = 0, slice(1, 4), slice(4, 7)
FLUXES = slice(0, 1 + N_MOMENTS)
"""The first columns of traces on sites and bonds: 1, s_x, s_y, s_z, L_x, L_y, L_z."""


class LocalOperators:
    """All local densities, fluxes and torques of a graph.

    The first seven columns of all traces are 1, s_x, s_y, s_z, L_x, L_y, L_z: densities
    on sites, fluxes on bonds. Those behind are what each term gives to s and L, where
    it gives anything.

    Parameters
    ----------
    graph : structures.graph.Graph, or anything with its attributes
    """

    def __init__(self, graph: GraphLike) -> None:
        self.graph = graph
        self._partners = partners_of(graph.partner)
        self._site_columns, self.site = _joined(density_operators(graph), onsite_operators(graph))
        self._bond_columns, self.bond = _joined(current_operators(graph), bond_operators(graph))
        inside = np.flatnonzero(graph.inside)
        bond_at, sign = _bonds_of_sites(graph.bonds, inside)
        self._bond_at, self._sign = [_in_a_row(numbers) for numbers in bond_at.T], list(sign.T)
        self._inside = _in_a_row(inside)
        # In a chain a sum over bonds is one of two slices; elsewhere a sparse product.
        in_slices = all(isinstance(one, slice) for one in self._bond_at)
        # Where both ends of a bond are one site nothing flows out; its share is whole.
        self._outflow, self._half = (
            None if in_slices else _sparse(bond_at, factor, graph) for factor in (sign, np.abs(sign) / 2)
        )

    def traces(self, blocks: BlocksLike, at: slice = slice(None)) -> tuple[NDArray, NDArray]:
        """Traces of all operators on the sites inside and on all bonds.

        Parameters
        ----------
        blocks : DensityBlocks
            Of all sites, (nk, ..., n_sites, n, n), and bonds, (nk, ..., n_bonds, n, n).
        at : slice
            The k-points of the graph that the blocks belong to.

        Returns
        -------
        (nk, ..., n_inside, columns) and (nk, ..., n_bonds, columns) arrays
        """
        site, bond = (x if len(x) == 1 else x[at] for x in (self.site, self.bond))
        return (
            real_trace(site, blocks.site[..., self._inside, :, :], self.graph.site_kind[self._inside]),
            real_trace(bond, blocks.bond, self.graph.bond_kind),
        )

    def outflow(self, on_bond: NDArray) -> NDArray:
        """What leaves each site inside minus what arrives.

        From values on bonds, (..., n_bonds, columns), to (..., n_inside, columns).
        """
        return self._at_sites(on_bond, self._sign, self._outflow)

    def share(self, on_bond: NDArray) -> NDArray:
        """Half of what terms give on all bonds of each site inside; fluxes have none.

        From values on bonds, (..., n_bonds, columns), to (..., n_inside, columns).
        """
        halves = self._at_sites(on_bond[..., FLUXES.stop :], [np.abs(sign) / 2 for sign in self._sign], self._half)
        return np.concatenate([np.zeros((*halves.shape[:-1], FLUXES.stop)), halves], axis=-1)

    def gains(self, on_site: NDArray, share: NDArray) -> dict[str, NDArray]:
        """What each term gives to the carriers' s and L.

        Parameters
        ----------
        on_site : (..., n, columns) array of traces on sites
        share : (..., n, columns) array, the bonds' share of the same sites

        Returns
        -------
        dict from term name to (..., n, 6) array
            Components s_x, s_y, s_z, L_x, L_y, L_z; terms that give nothing are left
            out.
        """
        gains = {}
        for columns, traces in ((self._site_columns, on_site), (self._bond_columns, share)):
            for column, (name, component) in enumerate(columns, FLUXES.stop):
                gain = gains.setdefault(name, np.zeros((*traces.shape[:-1], N_MOMENTS)))
                gain[..., component] += traces[..., column]
        return gains

    def on_sites(self, on_site: NDArray, gains: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """The densities and torques of `variables.LOCAL`, densities per site.

        Parameters
        ----------
        on_site : (..., n, columns) array of traces on sites, or sums of such
        gains : dict of (..., n, 6) arrays, what `gains` returns for these
        """
        torques = torques_on_partners(gains, self.graph.partner, on_site.shape[:-1])
        return {
            "density": on_site[..., PARTICLES],
            "spin_density": on_site[..., SPIN],
            "orbital_density": on_site[..., ORBITAL],
            **{torque_name(partner): torque for partner, torque in torques.items()},
        }

    def densities(self, blocks: BlocksLike, on_site: NDArray) -> dict[str, NDArray]:
        """The densities of `variables.LOCAL` at all sites, those not inside too.

        `on_site` are the traces inside, which `traces` returns.
        """
        outside = np.flatnonzero(~self.graph.inside)
        found = np.empty((*on_site.shape[:-2], len(self.graph.inside), FLUXES.stop))
        found[..., self._inside, :] = on_site[..., FLUXES]
        if len(outside):
            kind = self.graph.site_kind[outside]
            found[..., outside, :] = real_trace(self.site[:, :, FLUXES], blocks.site[..., outside, :, :], kind)
        return {
            "density": found[..., PARTICLES],
            "spin_density": found[..., SPIN],
            "orbital_density": found[..., ORBITAL],
        }

    def on_bonds(self, on_bond: NDArray) -> dict[str, NDArray]:
        """The fluxes of `variables.LOCAL` from (..., n, columns) traces on bonds."""
        spin, orbital = on_bond[..., SPIN], on_bond[..., ORBITAL]
        return {
            "particle_current": on_bond[..., PARTICLES],
            "spin_current": spin,
            "orbital_current": orbital,
            "angular_momentum_current": spin + orbital,
        }

    def values(
        self,
        on_site: NDArray,
        on_bond: NDArray,
        incoming: NDArray | float = 0.0,
        gains: Mapping[str, NDArray] | None = None,
    ) -> tuple[dict[str, NDArray], NDArray]:
        """Values on the sites inside and on bonds, and the closure of their books.

        Parameters
        ----------
        on_site : (..., n_inside, columns) array of traces
        on_bond : (..., n_bonds, columns) array of traces
        incoming : (...) array or float
            Incoming particle flux, part of the scale of the closure.
        gains : dict of (..., n_inside, 6) arrays, optional
            What `gains` returns, where it is known already.

        Returns
        -------
        values : dict of arrays, those of `variables.LOCAL`: densities per site
        closure : (...) array
        """
        gains = self.gains(on_site, self.share(on_bond)) if gains is None else gains
        values = self.on_sites(on_site, gains) | self.on_bonds(on_bond)
        taken = [values[torque_name(partner)] for partner in self._partners if partner != "carriers"]
        # In a sharp resonance waves of huge flux to either side cancel: no book is
        # better than rounding leaves them.
        gross = np.abs(self.graph.total_hopping).max(initial=0) * np.abs(on_site[..., PARTICLES]).max(axis=-1)
        fluxes = on_bond[..., FLUXES]
        worst = closure(fluxes, self.outflow(fluxes), gains, taken, np.maximum(incoming, GROSS_FLUX * gross))
        return values, worst

    def _at_sites(self, on_bond, factors, matrix):
        """Sum over the bonds of each site inside, with factors (n_inside,)."""
        if matrix is not None:
            result = np.empty((*on_bond.shape[:-2], matrix.shape[0], on_bond.shape[-1]))
            for at in np.ndindex(on_bond.shape[:-2]):
                result[at] = matrix @ on_bond[at]
            return result
        result = None
        for bond, factor in zip(self._bond_at, factors, strict=True):
            factor = factor[0] if np.ptp(factor) == 0 else factor[:, None]
            part = factor * on_bond[..., bond, :]
            result = part if result is None else np.add(result, part, out=result)
        if result is None:
            return np.zeros((*on_bond.shape[:-2], int(self.graph.inside.sum()), on_bond.shape[-1]))
        return result


def _in_a_row(numbers):
    """The slice of these numbers, where they are in a row: it needs no copy."""
    in_a_row = len(numbers) and np.array_equal(numbers, numbers[0] + np.arange(len(numbers)))
    return slice(numbers[0], numbers[-1] + 1) if in_a_row else numbers


def _bonds_of_sites(bonds, sites):
    """Numbers of the bonds of each site, and their signs.

    +1 where it is the tail, -1 the head, 0 where there is none; both (n_sites, most
    bonds of a site).
    """
    here = {site: i for i, site in enumerate(sites)}
    found = [[] for _ in sites]
    for number, ends in enumerate(bonds):
        for site, sign in zip(ends.tolist(), (1.0, -1.0), strict=True):
            if site in here:
                found[here[site]].append((number, sign))
    most = max(map(len, found), default=0)
    padded = np.array([one + [(0, 0.0)] * (most - len(one)) for one in found]).reshape(len(found), most, 2)
    return padded[..., 0].astype(int), padded[..., 1]


def _sparse(bond_at, sign, graph):
    """Signs as a matrix from values on bonds to the sites inside."""
    rows = np.repeat(np.arange(len(sign)), sign.shape[1])
    shape = (len(sign), len(graph.bonds))
    return sparse.csr_array((sign.ravel(), (rows, bond_at.ravel())), shape=shape)


def _joined(first, terms):
    """The (term, component) of the non-zero operators of the terms, and all operators.

    Those that come first, and behind them the non-zero ones of the terms.
    """
    columns, operators = [], [first]
    for name, operator in terms.items():
        size = np.abs(operator).max(axis=(0, 1, 3, 4))
        kept = np.flatnonzero(size > 1e-14 * size.max())
        columns += [(name, component) for component in kept]
        operators.append(operator[:, :, kept])
    n_k = max(len(operator) for operator in operators)
    joined = [np.broadcast_to(operator, (n_k, *operator.shape[1:])) for operator in operators]
    return columns, np.concatenate(joined, axis=2)
