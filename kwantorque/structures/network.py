"""A finalised Kwant system of any shape as sites and bonds.

Kwant itself is not imported: the methods of the system are all it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import dagger
from ..errors import InputError
from .graph import DensityBlocks, Graph
from .network_checks import numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "REST",
    "ROUNDING",
    "Blocks",
    "Network",
    "coordinates_of",
    "graph_of",
]

REST = "rest"
"""Name of what is left of H with the parameters of all named terms off."""
ROUNDING = 1e-12
"""Relative to the largest entry of H, a difference below this is none."""

Blocks = tuple["NDArray", "NDArray"]
"""Of sites, (n_sites, n, n), and of bonds, (n_bonds, n, n)."""


def _with(changed):
    """Words on values that are not the user's."""
    if not changed:
        return ""
    values = ", ".join(f"{name} = {value if np.ndim(value) == 0 else '(an array)'}" for name, value in changed.items())
    return (
        f" with {values}, which the terms are differences to: say another value that is off, such as "
        f"terms={{...: {{{next(iter(changed))!r}: 1.0}}}}, or give the term as a system"
    )


def _check_finite(what, matrix, sites, norbs, words=""):
    """Refuse a matrix of all orbitals with entries that are none."""
    wrong = matrix.row[~np.isfinite(matrix.data)]
    if len(wrong):
        site = sites[np.searchsorted(np.cumsum(norbs), wrong[0], side="right")]
        raise InputError(f"{what} must be finite, but at {site} it is not{words}")


@dataclass(frozen=True, eq=False)
class Network:
    """Sites, bonds and orbitals of a finalised Kwant system.

    Attributes
    ----------
    system : kwant.system.FiniteSystem
    norbs : (n_sites,) int array
        Number of orbitals of each site, orbital x spin.
    bonds : (n_bonds, 2) int array
        Tail and head, the tail being the first in the order of sites.
    inside : (n_sites,) bool array
        Sites that no lead is attached to.
    """

    system: Any
    norbs: NDArray
    bonds: NDArray
    inside: NDArray

    @classmethod
    def of(cls, system: Any, params: Mapping[str, Any]) -> Network:
        """That of a system; its H is evaluated where families do not say `norbs`."""
        norbs = [site.family.norbs for site in system.sites]
        if None in norbs:
            norbs = system.hamiltonian_submatrix(params=params, sparse=True, return_norb=True)[1]
        edges = np.array(list(system.graph), int).reshape(-1, 2)
        edges = edges[edges[:, 0] < edges[:, 1]]
        inside = np.ones(len(norbs), bool)
        for sites in system.lead_interfaces:
            inside[np.asarray(sites, int)] = False
        return cls(system, np.asarray(norbs, int), edges[np.lexsort(edges.T[::-1])], inside)

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.norbs)

    @property
    def size(self) -> int:
        """Number of orbitals of all sites: the length of a wave function."""
        return int(self.norbs.sum())

    @property
    def places(self) -> NDArray:
        """Where each orbital of each site is in a wave function, (n_sites, n).

        `size` where a site has fewer orbitals than n.
        """
        n = np.arange(self.norbs.max())
        start = np.cumsum(self.norbs) - self.norbs
        return np.where(n < self.norbs[:, None], start[:, None] + n, self.size)

    def hamiltonian(self, params: Mapping[str, Any], changed: Mapping[str, Any] | None = None) -> Blocks:
        """Blocks of H at these parameters, on sites and bonds.

        Parameters
        ----------
        params : dict
        changed : dict, optional
            Values that are others than the user's, such as those that are off.

        Raises
        ------
        InputError
            H is not finite there: names the site.
        """
        changed = dict(changed or {})
        try:
            # What divides by zero is found below, with the name of the site.
            with np.errstate(all="ignore" if changed else None):
                matrix = self.system.hamiltonian_submatrix(params={**params, **changed}, sparse=True)
        except Exception as error:
            if not changed:
                raise
            raise InputError(f"H must be defined, but {error.__cause__ or error} is raised{_with(changed)}") from error
        _check_finite("H", matrix, self.system.sites, self.norbs, _with(changed))
        return self.blocks(matrix.row, matrix.col, matrix.data)

    def hamiltonian_of(self, name: str, system: Any, params: Mapping[str, Any]) -> Blocks:
        """Blocks of a term that is a system of its own, over some of the same sites.

        Raises
        ------
        InputError
            It lacks parameters, or has sites, orbitals or bonds that this one has not.
        """
        missing = sorted(set(system.parameters or ()) - set(params))
        if missing:
            raise InputError(f"params must have all parameters of term {name!r}, {missing} missing")
        if not len(system.sites):
            raise InputError(f"term {name!r} has no sites")
        matrix, norbs, _ = system.hamiltonian_submatrix(params=params, sparse=True, return_norb=True)
        _check_finite(f"term {name!r}", matrix, system.sites, norbs)
        number = self.system.id_by_site
        foreign = [site for site in system.sites if site not in number]
        if foreign:
            raise InputError(f"term {name!r} has {foreign[0]}, which the system has not")
        site = np.array([number[site] for site in system.sites])
        if not np.array_equal(norbs, self.norbs[site]):
            raise InputError(f"term {name!r} has sites with other numbers of orbitals than the system")
        place = np.concatenate([self.places[i, :n] for i, n in zip(site, norbs, strict=True)])
        try:
            return self.blocks(place[matrix.row], place[matrix.col], matrix.data)
        except KeyError:
            raise InputError(f"term {name!r} has hoppings where the system has none") from None

    def blocks(self, row: NDArray, column: NDArray, entries: NDArray) -> Blocks:
        """Blocks of a Hermitian matrix of all orbitals, on sites and bonds."""
        n = self.norbs.max()
        site = np.repeat(np.arange(self.n_sites), self.norbs)
        orbital = np.arange(self.size) - (np.cumsum(self.norbs) - self.norbs)[site]
        tail, head = site[row], site[column]
        onsite = np.zeros((self.n_sites, n, n), complex)
        here = tail == head
        onsite[tail[here], orbital[row[here]], orbital[column[here]]] = entries[here]
        hopping = np.zeros((len(self.bonds), n, n), complex)
        there = tail < head
        keys, wanted = self.bonds @ [self.n_sites, 1], tail[there] * self.n_sites + head[there]
        at = np.searchsorted(keys, wanted)
        if len(wanted) and not np.array_equal(keys.take(at, mode="clip"), wanted):
            raise KeyError("an entry between sites without a bond")
        hopping[at, orbital[row[there]], orbital[column[there]]] = entries[there]
        return onsite, hopping

    def states(self, name: str, psi: ArrayLike) -> NDArray:
        """Wave functions as an array, (size,) or (modes, size).

        Raises
        ------
        InputError
            They are no numbers, have another length, or are not finite.
        """
        psi = numbers(name, psi)
        if psi.ndim not in (1, 2) or psi.shape[-1] != self.size:
            raise InputError(
                f"`{name}` must be ({self.size},) or (modes, {self.size}), one number for each orbital of the system, "
                f"got {psi.shape}"
            )
        return psi

    def number_of(self, site: Any) -> int | None:
        """Number of a site, given itself or its number; None where there is none."""
        if isinstance(site, int | np.integer) and not isinstance(site, bool):
            return int(site) if 0 <= site < self.n_sites else None
        try:
            return self.system.id_by_site.get(site)
        except TypeError:
            return None

    def densities(self, psi: NDArray, weights: NDArray | None = None) -> DensityBlocks:
        """Density blocks of wave functions (modes, size), of each or summed.

        Parameters
        ----------
        psi : (modes, size) array
        weights : (modes,) array, optional

        Returns
        -------
        DensityBlocks
            site (1, modes, n_sites, n, n), bond (1, modes, n_bonds, n, n); with
            weights without `modes`.
        """
        psi = np.concatenate([psi, np.zeros((len(psi), 1))], axis=1)[:, self.places]
        tail, head = self.bonds.T
        if weights is None:
            conjugate = psi.conj()
            site = psi[..., :, None] * conjugate[..., None, :]
            return DensityBlocks(site[None], (psi[:, tail][..., :, None] * conjugate[:, head][..., None, :])[None])
        weighted, psi = (np.moveaxis(one, 0, -1) for one in (psi * np.asarray(weights)[:, None, None], psi))
        return DensityBlocks((weighted @ dagger(psi))[None], (weighted[tail] @ dagger(psi[head]))[None])

    def density_blocks(self, density: NDArray) -> DensityBlocks:
        """Density blocks of Hermitian matrices of all orbitals, (..., size, size)."""
        padded = np.pad(density, [(0, 0)] * (density.ndim - 2) + [(0, 1), (0, 1)])[None]
        tail, head = self.places[self.bonds.T]
        rows, columns = self.places[:, :, None], self.places[:, None, :]
        return DensityBlocks(padded[..., rows, columns], padded[..., tail[:, :, None], head[:, None, :]])


def coordinates_of(network: Network) -> dict[str, tuple[str, list | NDArray]]:
    """Positions and families of sites, ends and positions of bonds, for a Dataset."""
    sites = network.system.sites
    tail, head = network.bonds.T
    numbers = {family: f"family {i}" for i, family in enumerate(dict.fromkeys(site.family for site in sites))}
    found = {
        "family": ("site", [site.family.name or numbers[site.family] for site in sites]),
        "inside": ("site", network.inside, {"long_name": "no lead is attached"}),
        "start": ("bond", tail, {"long_name": "site that a bond starts from"}),
        "end": ("bond", head, {"long_name": "site that a bond ends at"}),
    }
    if all(hasattr(site, "pos") for site in sites):
        position = np.array([site.pos for site in sites], float)
        for name, one in zip("xyz", position.T, strict=False):
            found[name] = ("site", one, {"long_name": f"{name} of the site"})
            found[f"{name}_bond"] = ("bond", (one[tail] + one[head]) / 2, {"long_name": f"{name} of the bond's middle"})
    return found


def graph_of(
    network: Network, blocks: Mapping[str, Blocks], partner: Mapping[str, str], spin: NDArray, orbital: NDArray
) -> Graph:
    """The graph of a network with the blocks of its terms.

    Raises
    ------
    InputError
        A term is not Hermitian on a site, or one with the partner "carriers" does not
        conserve L + s.
    """
    onsite = {name: one[None] for name, (one, _) in blocks.items() if one.any() or name == REST}
    hopping = {name: one[None] for name, (_, one) in blocks.items() if one.any() or name == REST}
    smallest = ROUNDING * max(np.abs(one).max(initial=0) for one in onsite.values())
    for name, one in onsite.items():
        wrong = np.flatnonzero(np.abs(one[0] - dagger(one[0])).max(axis=(1, 2)) > smallest)
        if len(wrong):
            raise InputError(f"H must be Hermitian, but on site {network.system.sites[wrong[0]]} term {name!r} is not")
    graph = Graph(
        onsite=onsite,
        hopping=hopping,
        partner=partner,
        spin=spin,
        orbital=orbital,
        site_kind=np.arange(network.n_sites),
        bond_kind=np.arange(len(network.bonds)),
        bonds=network.bonds,
        inside=network.inside,
    )
    _check_conserved(graph)
    return graph


def _check_conserved(graph):
    """Terms whose partner is "carriers" must commute with L + s."""
    total = graph.spin + graph.orbital
    here, tail, head = total, *(total[graph.bonds.T] if total.ndim == 4 else (total, total))
    for name, partner in graph.partner.items():
        lost = [0.0]
        if partner == "carriers" and name in graph.onsite:
            block = graph.onsite[name][0][:, None]
            lost.append(np.abs(here @ block - block @ here).max(initial=0) / max(np.abs(block).max(initial=0), 1e-300))
        if partner == "carriers" and name in graph.hopping:
            block = graph.hopping[name][0][:, None]
            lost.append(np.abs(tail @ block - block @ head).max(initial=0) / max(np.abs(block).max(initial=0), 1e-300))
        if max(lost) > 1e-9:
            raise InputError(
                f"term {name!r} has the partner 'carriers', but does not conserve L + s: it takes angular momentum "
                "from the carriers, and someone must get it, such as the 'lattice'"
            )
