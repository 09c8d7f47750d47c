"""What operators and solvers read: sites and bonds with the blocks of each term of H.

A chain is the case of bonds (j, j+1); nothing that is measured locally asks for more
than this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DensityBlocks", "Graph"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Graph:
    """Sites and bonds with the blocks of every named term, at `nk` parameters at once.

    Sites of the same kind share their blocks: site j has
    `onsite[term][:, site_kind[j]]`, and bond b, from its tail i to its head j, has
    H_{i,j} = `hopping[term][:, bond_kind[b]]`. Every pair of sites has one bond at
    most, in one direction. Where sites have different numbers of states, n is the
    largest of them, and all blocks end with rows and columns of zeros at the others.

    Attributes
    ----------
    onsite, hopping : dict from term name to (nk or 1, n_kinds, n, n) array, eV
    partner : dict from term name to who takes what it takes (see `materials.Term`)
    spin, orbital : (3, n, n) or (n_site_kinds, 3, n, n) arrays
        Components x, y, z, hbar = 1; the same for all sites, or for those of a kind.
    site_kind : (n_sites,) int array
    bond_kind : (n_bonds,) int array
    bonds : (n_bonds, 2) int array, tail and head
    inside : (n_sites,) bool array
        Sites that have all their bonds, where the books (the balance of particles and
        angular momentum) must close. The others, at the interface to a lead, lack some.

    Raises
    ------
    InputError
        Numbers of sites, bonds and kinds that do not fit, a bond between no sites, or
        moments that are not the same at the ends of all bonds of a kind.
    """

    onsite: Mapping[str, NDArray]
    hopping: Mapping[str, NDArray]
    partner: Mapping[str, str]
    spin: NDArray
    orbital: NDArray
    site_kind: NDArray
    bond_kind: NDArray
    bonds: NDArray
    inside: NDArray

    def __post_init__(self) -> None:
        for name in ("site_kind", "bond_kind", "bonds", "inside"):
            object.__setattr__(self, name, np.asarray(getattr(self, name)))
        if self.bonds.shape != (len(self.bond_kind), 2) or len(self.inside) != len(self.site_kind):
            raise InputError("a graph needs a kind and two ends for each bond, a kind and `inside` for each site")
        if len(self.bonds) and (self.bonds.min() < 0 or self.bonds.max() >= len(self.site_kind)):
            raise InputError(f"the ends of bonds must be sites, 0 to {len(self.site_kind) - 1}")
        if max(self.spin.ndim, self.orbital.ndim) == 4:
            ends = self.site_kind[self.bonds]
            of_kind = np.zeros((max(self.bond_kind, default=-1) + 1, 2), int)
            of_kind[self.bond_kind] = ends
            if not np.array_equal(of_kind[self.bond_kind], ends):
                raise InputError(
                    "where sites have spins of their own, bonds of a kind must join the same kinds of sites"
                )
        for what, blocks, kind in (("site", self.onsite, self.site_kind), ("bond", self.hopping, self.bond_kind)):
            for name, block in blocks.items():
                if name not in self.partner:
                    raise InputError(f"term {name!r} of a graph needs a partner")
                if len(kind) and kind.max() >= block.shape[1]:
                    raise InputError(
                        f"term {name!r} has blocks of {block.shape[1]} kinds of {what}s, not {kind.max() + 1}"
                    )

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.site_kind)

    @property
    def n_orbitals(self) -> int:
        """States per site."""
        return self.spin.shape[-1]

    @cached_property
    def total_onsite(self) -> NDArray:
        """Sum of the on-site terms, (nk or 1, n_site_kinds, n, n)."""
        return sum(self.onsite.values())

    @cached_property
    def total_hopping(self) -> NDArray:
        """Sum of the hopping terms, (nk or 1, n_bond_kinds, n, n)."""
        return sum(self.hopping.values())


@dataclass(frozen=True, eq=False)
class DensityBlocks:
    """The density matrix on sites and bonds.

        rho_j = sum psi_j psi_j^+        of site j
        rho_b = sum psi_i psi_j^+        of bond b, from i to j

    All that operators need of a state. Any Hermitian density matrix that commutes with
    H has such blocks: sums of scattering states, Green functions, thermal averages.

    Attributes
    ----------
    site : (nk, ..., n_sites, n, n) complex array
    bond : (nk, ..., n_bonds, n, n) complex array
    """

    site: NDArray
    bond: NDArray
