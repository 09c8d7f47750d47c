"""What operators read of structures and states: attributes, whatever class has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BlocksLike", "ChainLike", "GraphLike", "LeadLike", "StatesLike"]


class GraphLike(Protocol):
    """Sites and bonds with the blocks of every term, see `structures.graph.Graph`."""

    onsite: Mapping[str, NDArray]
    hopping: Mapping[str, NDArray]
    partner: Mapping[str, str]
    spin: NDArray
    orbital: NDArray
    site_kind: NDArray
    bond_kind: NDArray
    bonds: NDArray
    inside: NDArray

    @property
    def n_orbitals(self) -> int:
        """States per site."""

    @property
    def total_onsite(self) -> NDArray:
        """Sum of the on-site terms."""

    @property
    def total_hopping(self) -> NDArray:
        """Sum of the hopping terms."""


class ChainLike(GraphLike, Protocol):
    """A graph of bonds (j, j+1), see `structures.chain.Chain`."""

    spacing: float
    half_layer: NDArray
    half_kind: NDArray

    @property
    def n_sites(self) -> int:
        """Number of sites, the outermost of the leads included."""


class BlocksLike(Protocol):
    """Density blocks on sites and bonds, see `structures.graph.DensityBlocks`."""

    site: NDArray
    bond: NDArray


class LeadLike(Protocol):
    """The states inside a lead, see `scattering.LeadStates`."""

    def limit(self, per_state: bool) -> BlocksLike:
        """Blocks of one site and one bond far inside the lead."""

    def tail(self, per_state: bool) -> BlocksLike:
        """Blocks summed over the whole lead, without those of the limit."""


class StatesLike(Protocol):
    """Scattering states of a chain, see `scattering.States`."""

    psi: NDArray
    n_open: NDArray
    left: LeadLike
    right: LeadLike

    def at(self, index: slice) -> StatesLike:
        """The states at a slice of the k-points."""

    def blocks(self, per_state: bool) -> BlocksLike:
        """Density blocks, summed over the states or for each of them."""
