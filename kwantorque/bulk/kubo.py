"""The books of a crystal in a field, at many k at once.

For O = 1, s_i, L_i on a site j, with the density matrix delta rho of a model of
scattering (`occupation`) in place of psi psi^+, the books of the operators become

    outflow of O = sum over terms of what they give + F - R
    F = eE tr(P_j O d rho_0/dk)        what the field pushes onto the site
    R = tr(P_j O relaxation)           what scattering takes away

exactly, at every k: the trace of the stationary equation of motion of delta rho. Its
real and imaginary part in the basis of the eigenstates are two books:

    dissipative   Re kappa: no F; R is the relaxation of intrinsic densities
    intrinsic     Im kappa: F, and R, the relaxation of dissipative densities
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..algebra import dagger
from ..operators import LocalOperators, closure
from ..operators.torque import torques_on_partners
from ..parallel import single_thread
from .crystal import dense
from .occupation import Relaxing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..structures.graph import Graph
    from .crystal import Crystal
    from .occupation import Broadened

__all__ = ["PARTS", "Response", "closure_of", "gross_of", "outflow"]

PARTS = ("dissipative", "intrinsic")
"""Of the response, in this order in every array."""
SMALL = 1e-3
"""Part of the largest entry at all k: where all are smaller, this is the scale.

Where v vanishes, at the edge of a zone, there is nothing else than rounding.
"""
MOMENTS = 7
"""1, s_x, s_y, s_z, L_x, L_y, L_z."""


class _Blocks(NamedTuple):
    """Density blocks as operators read them, (nk, part, n_sites or n_bonds, n, n)."""

    site: NDArray
    bond: NDArray


@dataclass(frozen=True, eq=False)
class Response:
    """What a field does at many k: the books, and sums of them.

    It is what a worker process needs to know.

    Parameters
    ----------
    crystal : Crystal
    model : Relaxing or Broadened
    field : (dimension,) array
        Unit vector of the electric field.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.bulk.kubo import Response
    >>> from kwantorque.bulk.occupation import Relaxing
    >>> iron = kt.CubicLattice(exchange=-1.5, rashba=0.05, lattice_constant=0.3)
    >>> plane = kt.Plane(iron, m=(1, 0, 1))
    >>> response = Response(plane, Relaxing(-2.8, 0.1, 300.0), np.array([1.0, 0.0]))
    >>> books, closure = response.at([[1.0, 2.0]])
    >>> books["gain"].shape, bool(closure[0] < 1e-12)
    ((1, 2, 1, 4, 6), True)
    """

    crystal: Crystal
    model: Relaxing | Broadened
    field: NDArray

    def at(self, k: NDArray) -> tuple[dict[str, NDArray], NDArray]:
        """Books at each k, per eE, and their closure.

        Parameters
        ----------
        k : (nk, dimension) array, 1/nm

        Returns
        -------
        books : dict of arrays (nk, ...)
            `density`, `relaxation` (part, site, 7), `field` (site, 7), `flux` (part,
            bond, 7) of 1, s_x, s_y, s_z, L_x, L_y, L_z; `gain` (part, site, term, 6),
            what each term gives to s and L; `velocity` (part, site, dimension);
            `gross`, the largest entry.
        closure : (nk,) array
        """
        graph, *slopes = (self.crystal.graph(k, axis) for axis in (None, *range(len(self.field))))
        energies, states = np.linalg.eigh(dense(graph, graph.total_onsite, graph.total_hopping))
        slope = sum(
            along * dense(one, one.total_onsite, one.total_hopping)
            for along, one in zip(self.field, slopes, strict=True)
            if along
        )
        v = dagger(states) @ (slope @ states)
        factors = self.model.factors(energies)
        # A + iB holds two Hermitian matrices at once: Re kappa o v, i Im kappa o v.
        blocks = _parts(graph, states, (factors.dissipative - factors.intrinsic) * v)
        books = self._books(graph, blocks) | {"field": _moments(graph, states, factors.d * v).real}
        if isinstance(self.model, Relaxing):
            # r = gamma kappa: the parts change places.
            books["relaxation"] = self.model.broadening * books["density"][:, ::-1]
        else:
            taken = (1j * factors.taken_imag, factors.taken_real)
            books["relaxation"] = np.stack([_moments(graph, states, one * v).real for one in taken], axis=1)
        books["velocity"] = np.stack([_velocity(one, blocks) for one in slopes], axis=-1)
        books["gross"] = gross_of(books)
        return books, closure_of(graph, books)

    @staticmethod
    def _books(graph, blocks):
        """Densities, fluxes and gains of all terms."""
        local = LocalOperators(graph)
        on_site, on_bond = local.traces(blocks)
        gains = local.gains(on_site, local.share(on_bond))
        nothing = np.zeros((*on_site.shape[:-1], MOMENTS - 1))
        return {
            "density": on_site[..., :MOMENTS],
            "flux": on_bond[..., :MOMENTS],
            "gain": np.stack([gains.get(name, nothing) for name in graph.partner], axis=-2),
        }

    def __call__(self, items: list[tuple[NDArray, NDArray]]) -> tuple[list[dict[str, NDArray]], float, None]:
        """Sums over the k-points of each item, and the worst closure.

        With the weights of the item, if it has some.
        """
        sums, worst = [], 0.0
        for k, weights in items:
            books, closures = single_thread(self.at)(k)
            sums.append(
                {
                    name: np.tensordot(weights, value, axes=1) if len(weights) else value.sum(axis=0)
                    for name, value in books.items()
                }
            )
            worst = max(worst, float(closures.max(initial=0)))
        return sums, worst, None


def closure_of(graph: Graph, books: Mapping[str, NDArray]) -> NDArray:
    """The largest violation of books, of 1, s, L and L + s.

    Relative to the largest entry of either part, which cross; where that is small, to a
    part of what it is at other k.

    Parameters
    ----------
    graph : Graph
        Its bonds and partners.
    books : dict of arrays
        As `Response.at` returns them, with any leading dimensions.

    Returns
    -------
    (...) array
    """
    sources = -books["relaxation"]
    sources[..., 1, :, :] += books["field"]
    gains = {name: books["gain"][..., i, :] for i, name in enumerate(graph.partner)}
    torques = torques_on_partners(gains, graph.partner, sources.shape[:-1])
    taken = [torque for partner, torque in torques.items() if partner != "carriers"]
    gross = np.maximum(gross_of(books), SMALL * books["gross"])
    gross = np.maximum(gross, SMALL * gross.max(initial=0))[..., None]
    left = outflow(graph, books["flux"]) - sources
    return closure(books["flux"], left, gains, taken, gross).max(axis=-1)


def gross_of(books: Mapping[str, NDArray]) -> NDArray:
    """The largest flux, gain, F or R of either part, (...)."""
    sizes = (("relaxation", 3), ("field", 2), ("flux", 3), ("gain", 4))
    return np.maximum.reduce([_largest(books[name], axes) for name, axes in sizes])


def outflow(graph: Graph, flux: NDArray) -> NDArray:
    """What leaves each site minus what arrives, (..., n_sites, 7), from fluxes."""
    result = np.zeros((*flux.shape[:-2], graph.n_sites, flux.shape[-1]))
    for bond, (tail, head) in enumerate(graph.bonds):
        result[..., tail, :] += flux[..., bond, :]
        result[..., head, :] -= flux[..., bond, :]
    return result


def _largest(values, axes):
    return np.abs(values).max(axis=tuple(range(-axes, 0)), initial=0)


def _rows(graph, states):
    """(nk, n_sites, n, N): the components of all states on each site."""
    return states.reshape(len(states), graph.n_sites, graph.n_orbitals, -1)


def _parts(graph, states, matrix):
    """Blocks of the Hermitian A and B in U (A + iB) U^+."""
    rows, left = _rows(graph, states), _rows(graph, states @ matrix)
    columns = dagger(rows)
    site, (tail, head) = left @ columns, graph.bonds.T
    there, back = left[:, tail] @ columns[:, head], dagger(left[:, head] @ columns[:, tail])
    return _Blocks(
        np.stack([site + dagger(site), (site - dagger(site)) / 1j], axis=1) / 2,
        np.stack([there + back, (there - back) / 1j], axis=1) / 2,
    )


def _moments(graph, states, matrix):
    """Tr(P_j O U matrix U^+) of O = 1, s, L, (nk, n_sites, 7)."""
    blocks = _rows(graph, states @ matrix) @ dagger(_rows(graph, states))
    operators = np.concatenate([np.eye(graph.n_orbitals)[None], graph.spin, graph.orbital])
    # Tr(O A) is the sum of O_ab* A_ab where O is Hermitian.
    return blocks.reshape(*blocks.shape[:2], -1) @ np.conj(operators).reshape(MOMENTS, -1).T


def _velocity(slope, blocks):
    """Tr(dH/dk delta rho), half of each bond to its ends, (nk, part, n_sites)."""
    site = slope.total_onsite[:, None, slope.site_kind]
    result = np.einsum("...ab,...ba->...", site, blocks.site).real
    bond = dagger(slope.total_hopping[:, None, slope.bond_kind])
    # Half of 2 Re Tr(dV^+/dk rho_b) to either end.
    on_bond = np.einsum("...ab,...ba->...", bond, blocks.bond).real
    for number, ends in enumerate(slope.bonds):
        for end in ends:
            result[..., end] += on_bond[..., number]
    return result
