"""From a stack to block-tridiagonal matrices: the discretisation lives here and nowhere else.

Each bond, of length a and within one layer, contributes to the Hamiltonian of its two sites j and j + 1

    on-site (each end)   A/2 + C/a^2          A, B, C of H = A + B k_z + C k_z^2 at k_par
    hopping H_{j,j+1}    -C/a^2 - i B/(2a)

so that a site inside a layer gets A + 2C/a^2, and a site on an interface half of each side's. This is
(1/2){B(z), k_z} and the Hermitian ordering d/dz C(z) d/dz for position-dependent parameters, with an error of O(a^2).
A delta term w at an interface adds w/a to its site.

The chain has one more site at either end than the stack: the first and last sites and bonds are those of
the leads, repeated to infinity.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from ..algebra import dagger
from ..errors import InputError

__all__ = ["Chain", "bulk_blocks", "discretise"]


@dataclass(frozen=True, eq=False)
class Chain:
    """Block-tridiagonal Hamiltonian, term by term, at `nk` in-plane k at once.

    Sites of the same kind share their blocks: site j has `onsite[term][:, site_kind[j]]`, and bond j, which
    joins sites j and j + 1, has H_{j,j+1} = `hopping[term][:, bond_kind[j]]`.

    Attributes
    ----------
    k_par : (nk, 2) array, 1/nm
    spacing : float, nm
    site_kind : (n_sites,) int array; the first and last site are lead sites
    bond_kind : (n_sites - 1,) int array; the first and last bond are lead bonds
    onsite, hopping : dict from term name to (nk or 1, n_kinds, n, n) array, eV
    partner : dict from term name to "lattice", "magnetisation" or "carriers" (see `Term`)
    spin, orbital : (3, n, n) arrays
    """

    k_par: np.ndarray
    spacing: float
    site_kind: np.ndarray
    bond_kind: np.ndarray
    onsite: dict
    hopping: dict
    partner: dict
    spin: np.ndarray
    orbital: np.ndarray

    @property
    def n_k(self):
        return len(self.k_par)

    @property
    def n_sites(self):
        return len(self.site_kind)

    @property
    def n_orbitals(self):
        return self.spin.shape[-1]

    @cached_property
    def total_onsite(self):
        """Sum of the on-site terms, (nk or 1, n_site_kinds, n, n)."""
        return sum(self.onsite.values())

    @cached_property
    def total_hopping(self):
        """Sum of the hopping terms, (nk or 1, n_bond_kinds, n, n)."""
        return sum(self.hopping.values())

    def lead_blocks(self, side):
        """On-site block and hopping of the "left" or "right" lead, each (nk or 1, n, n)."""
        end = {"left": 0, "right": -1}[side]
        return self.total_onsite[:, self.site_kind[end]], self.total_hopping[:, self.bond_kind[end]]

    def mirrored(self):
        """The chain read from right to left."""
        hopping = {name: dagger(block) for name, block in self.hopping.items()}
        return replace(self, site_kind=self.site_kind[::-1], bond_kind=self.bond_kind[::-1], hopping=hopping)

    def at(self, index):
        """The chain at a subset of its k-points: an int, a slice or an index array."""
        index = [index] if np.isscalar(index) else index

        def pick(blocks):
            return {name: block if len(block) == 1 else block[index] for name, block in blocks.items()}

        return replace(self, k_par=self.k_par[index], onsite=pick(self.onsite), hopping=pick(self.hopping))


def discretise(stack, k_par):
    """The chain of `stack` at in-plane wavevectors `k_par` of shape (nk, 2), 1/nm."""
    k_par = np.atleast_2d(np.asarray(k_par, float))
    parts = _BondParts(stack, k_par)
    sites, bonds = (_atomic_kinds if stack.atomic else _kinds)(stack, parts)

    def site_block(key):
        left, right, interface = key
        block = _add(parts.onsite(left), parts.onsite(right))
        return block if interface is None else _add(block, parts.interface(interface))

    def bond_block(key):
        left, right = key
        hopping = parts.hopping(left)
        return hopping if left == right else _scaled(_add(hopping, parts.hopping(right)), 0.5)

    return Chain(
        k_par=k_par,
        spacing=stack.spacing,
        site_kind=np.array(sites.index),
        bond_kind=np.array(bonds.index),
        onsite=_stacked([site_block(key) for key in sites.keys], parts.partner),
        hopping=_stacked([bond_block(key) for key in bonds.keys], parts.partner),
        partner=parts.partner,
        spin=stack.left.material.spin,
        orbital=stack.left.material.orbital,
    )


def _kinds(stack, parts):
    """Kinds of sites, (what is on its left, on its right, interface or None), and of bonds, (crystal, crystal)."""
    sites, bonds = _Kinds(), _Kinds()
    previous = parts.key(0, -1)
    for index, region in enumerate(stack.regions):
        for bond in range(region.start, region.stop):
            left, middle = parts.key(index, bond), parts.key(index, bond + 0.5)
            at_boundary = bond == region.start and index > 0
            has_terms = at_boundary and stack.interfaces[index - 1].terms
            sites.append((previous if at_boundary else left, left, index - 1 if has_terms else None))
            bonds.append((middle, middle))
            previous = parts.key(index, bond + 1)
    sites.append((previous, previous, None))
    return sites, bonds


def _atomic_kinds(stack, parts):
    """The same where every site belongs to one layer, and two of them to either lead."""
    sites, bonds = _Kinds(), _Kinds()
    last = len(stack.regions) - 1
    inner = [(i, site + 0.5) for i, r in enumerate(stack.regions[1:-1], 1) for site in range(r.start, r.stop)]
    keys = [parts.key(i, z) for i, z in ((0, 0), (0, 0), *inner, (last, 0), (last, 0))]
    for key in keys:
        sites.append((key, key, None))
    for pair in pairwise(keys):
        bonds.append(pair)
    return sites, bonds


def bulk_blocks(layer, spacing, k_par):
    """On-site block and hopping, each (nk or 1, n, n), of the infinite crystal of a uniform layer."""
    onsite = hopping = 0.0
    for term in layer.terms_at(0.0):
        a, b, c = term.along_z(k_par)
        onsite = onsite + a + 2 * c / spacing**2
        hopping = hopping - c / spacing**2 - 1j * b / (2 * spacing)
    return onsite, hopping


class _Kinds:
    """Numbers distinct keys in order of appearance."""

    def __init__(self):
        self.keys, self.index, self._number = [], [], {}

    def append(self, key):
        if key not in self._number:
            self._number[key] = len(self.keys)
            self.keys.append(key)
        self.index.append(self._number[key])


class _BondParts:
    """What a bond gives to the site at either end, and its hopping, per term; computed once per kind.

    A key is (region index, position in spacings); uniform regions have no position, and share a key
    where they are the same crystal (a lead that continues its layer).
    """

    def __init__(self, stack, k_par):
        self.stack, self.k_par = stack, k_par
        layers = [region.layer for region in stack.regions]
        self._crystal = [next(i for i, other in enumerate(layers) if other.same_crystal(layer)) for layer in layers]
        self.partner = {}
        self._terms, self._parts = {}, {}

    def key(self, index, position):
        uniform = self.stack.regions[index].layer.is_uniform
        return (self._crystal[index], None) if uniform else (index, position)

    def _along_z(self, key):
        """{name: (A, B, C)} of the terms at a key; the partner of every term is noted on the way."""
        if key not in self._terms:
            index, position = key
            z = 0.0 if position is None else position * self.stack.spacing
            terms = self.stack.regions[index].layer.terms_at(z)
            self._terms[key] = {term.name: self._parts_of(term) for term in self._noted(terms)}
        return self._terms[key]

    def _parts_of(self, term):
        """A, B, C of a term, found once where sites share it: under a bias only the potential differs."""
        if id(term) not in self._parts:
            self._parts[id(term)] = term.along_z(self.k_par)
        return self._parts[id(term)]

    def _noted(self, terms):
        for term in terms:
            if self.partner.setdefault(term.name, term.partner) != term.partner:
                raise InputError(
                    f"term {term.name!r} gives its angular momentum to the {self.partner[term.name]} in one "
                    f"layer and to the {term.partner} in another: use two names"
                )
        if len({term.name for term in terms}) < len(terms):
            raise InputError(f"the terms of a material must have distinct names, got {[term.name for term in terms]}")
        return terms

    def onsite(self, key):
        a = self.stack.spacing
        return {name: A / 2 + C / a**2 for name, (A, _, C) in self._along_z(key).items()}

    def hopping(self, key):
        a = self.stack.spacing
        return {name: -C / a**2 - 0.5j * B / a for name, (_, B, C) in self._along_z(key).items()}

    def interface(self, index):
        terms = self._noted(self.stack.interfaces[index].terms)
        return {term.name: term.along_z(self.k_par)[0] / self.stack.spacing for term in terms}


def _scaled(blocks, factor):
    """A dict of blocks times a number."""
    return {name: factor * block for name, block in blocks.items()}


def _add(first, second):
    """Sum of two dicts of blocks, name by name."""
    return {name: first.get(name, 0.0) + second.get(name, 0.0) for name in dict.fromkeys([*first, *second])}


def _stacked(kinds, names):
    """{name: (nk or 1, n_kinds, n, n)} from a list of {name: (nk or 1, n, n)}, zero where a name is absent."""
    n = next(iter(kinds[0].values())).shape[-1]
    stacked = {}
    for name in names:
        blocks = [kind.get(name, np.zeros((1, n, n), complex)) for kind in kinds]
        n_k = max(len(block) for block in blocks)
        stacked[name] = np.stack([np.broadcast_to(block, (n_k, n, n)) for block in blocks], axis=1)
    return stacked
