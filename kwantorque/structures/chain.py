"""From a stack to block-tridiagonal matrices: the one place of the discretisation.

Every term of a material gives the on-site block h and the hopping V of its infinite
crystal on sites a apart (`Term.blocks`). A bond, of length a and within one layer,
contributes

    h/2 to the site at either end,      V = H_{j,j+1} between them,

so that a site inside a layer gets h, and a site on an interface half of each side's.
For H = A + B k_z + C k_z^2 this is (1/2){B(z), k_z} and the Hermitian ordering
d/dz C(z) d/dz for position-dependent parameters, with an error of O(a^2). A delta term
w at an interface adds w/a to its site.

The chain has one more site at either end than the stack: the first and last sites and
bonds are those of the leads, repeated to infinity.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import dagger
from ..errors import InputError
from .graph import Graph

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .stack import Layer, Stack

__all__ = ["Chain", "bulk_blocks", "discretise"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Chain(Graph):
    """Block-tridiagonal Hamiltonian, term by term, at `nk` in-plane k at once.

    The graph of the bonds (j, j+1): bond j has H_{j,j+1}. The first and last site and
    bond are those of the leads.

    Every site has two halves, towards the site before and after it. Those of a site on
    an interface belong to two layers; each is half a site of its layer's crystal, and
    what is left is the interface's own.

    Attributes
    ----------
    k_par : (nk, 2) array, 1/nm
    spacing : float, nm
    half_layer : (n_sites, 2) int array
        Number of the layer that either half of a site belongs to: 0 is the left lead,
        1 the first layer, ... All are 0 by default.
    half_kind : (n_sites, 2) int array
        Kind of the sites of the crystal that either half is half a site of. By default
        that of the site itself.
    """

    k_par: NDArray
    spacing: float
    half_layer: NDArray | None = None
    half_kind: NDArray | None = None
    bonds: NDArray = field(init=False)
    inside: NDArray = field(init=False)

    def __post_init__(self) -> None:
        sites = np.arange(len(self.site_kind))
        if self.half_layer is None:
            object.__setattr__(self, "half_layer", np.zeros((len(sites), 2), int))
        if self.half_kind is None:
            object.__setattr__(self, "half_kind", np.stack([self.site_kind, self.site_kind], axis=1))
        object.__setattr__(self, "bonds", np.stack([sites[:-1], sites[1:]], axis=1))
        object.__setattr__(self, "inside", (sites > 0) & (sites < sites[-1]))
        super().__post_init__()

    @property
    def n_k(self) -> int:
        """Number of k-points."""
        return len(self.k_par)

    def lead_blocks(self, side: str) -> tuple[NDArray, NDArray]:
        """On-site block and hopping H_{j,j+1} of a lead, each (nk or 1, n, n), eV.

        Parameters
        ----------
        side : {"left", "right"}
        """
        end = {"left": 0, "right": -1}[side]
        return self.total_onsite[:, self.site_kind[end]], self.total_hopping[:, self.bond_kind[end]]

    def mirrored(self) -> Chain:
        """The chain read from right to left."""
        return replace(
            self,
            site_kind=self.site_kind[::-1],
            bond_kind=self.bond_kind[::-1],
            hopping={name: dagger(block) for name, block in self.hopping.items()},
            half_layer=self.half_layer[::-1, ::-1],
            half_kind=self.half_kind[::-1, ::-1],
        )

    def at(self, index: int | slice | NDArray) -> Chain:
        """The chain at a subset of its k-points: an int, a slice or an index array."""
        index = [index] if np.isscalar(index) else index

        def pick(blocks):
            return {name: block if len(block) == 1 else block[index] for name, block in blocks.items()}

        return replace(self, k_par=self.k_par[index], onsite=pick(self.onsite), hopping=pick(self.hopping))


def discretise(stack: Stack, k_par: ArrayLike, derivative: int | None = None) -> Chain:
    """The chain of a stack at in-plane wavevectors.

    Parameters
    ----------
    stack : Stack
    k_par : (nk, 2) array, 1/nm
    derivative : {None, 0, 1}
        Blocks of dH/dk_x or dH/dk_y instead, in eV nm.

    Returns
    -------
    Chain
        Of n_sites + 2 sites, with blocks in eV as the module's docstring has them.

    Raises
    ------
    InputError
        Terms of one name that give their angular momentum to different partners, or
        several of one name in a material.

    Examples
    --------
    >>> import kwantorque as kt
    >>> layer = kt.Layer(kt.FreeElectron(), 0.3)
    >>> chain = discretise(kt.Stack([layer], 0.1), [[0, 0]])
    >>> chain.n_sites, chain.total_hopping.shape
    (6, (1, 1, 2, 2))
    """
    k_par = np.atleast_2d(np.asarray(k_par, float))
    parts = _BondParts(stack, k_par, derivative)
    sites, bonds, layers = (_atomic_kinds if stack.atomic else _kinds)(stack, parts)
    halves = np.array([[sites.number((side, side, None)) for side in key[:2]] for key in list(sites.keys)])

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
        half_layer=np.array(layers),
        half_kind=halves[sites.index],
    )


def _kinds(stack, parts):
    """Kinds of sites and of bonds, as keys of `_BondParts`, and layers of half sites.

    Of a site, (what is on its left, on its right, interface or None); of a bond,
    (crystal, crystal).
    """
    sites, bonds, layers = _Kinds(), _Kinds(), []
    previous = parts.key(0, -1)
    for index, region in enumerate(stack.regions):
        for bond in range(region.start, region.stop):
            left, middle = parts.key(index, bond), parts.key(index, bond + 0.5)
            at_boundary = bond == region.start and index > 0
            has_terms = at_boundary and stack.interfaces[index - 1].terms
            sites.append((previous if at_boundary else left, left, index - 1 if has_terms else None))
            bonds.append((middle, middle))
            layers.append((index - 1 if at_boundary else index, index))
            previous = parts.key(index, bond + 1)
    sites.append((previous, previous, None))
    return sites, bonds, [*layers, (index, index)]


def _atomic_kinds(stack, parts):
    """The same where every site belongs to one layer, and two sites to either lead."""
    sites, bonds = _Kinds(), _Kinds()
    last = len(stack.regions) - 1
    inner = [(i, site + 0.5) for i, r in enumerate(stack.regions[1:-1], 1) for site in range(r.start, r.stop)]
    keys = [parts.key(i, z) for i, z in ((0, 0), (0, 0), *inner, (last, 0), (last, 0))]
    for key in keys:
        sites.append((key, key, None))
    for pair in pairwise(keys):
        bonds.append(pair)
    return sites, bonds, [(i, i) for i in (0, 0, *(i for i, _ in inner), last, last)]


def bulk_blocks(layer: Layer, spacing: float, k_par: ArrayLike) -> tuple[NDArray, NDArray]:
    """On-site block and hopping of the infinite crystal of a uniform layer.

    Parameters
    ----------
    layer : Layer
    spacing : float, nm
    k_par : (nk, 2) array, 1/nm

    Returns
    -------
    h and V = H_{j,j+1}, (nk or 1, n, n) arrays, eV
    """
    onsite, hopping = zip(*(term.blocks(k_par, spacing) for term in layer.terms_at(0.0)), strict=True)
    return sum(onsite), sum(hopping)


class _Kinds:
    """Numbers distinct keys in order of appearance."""

    def __init__(self):
        self.keys, self.index, self._number = [], [], {}

    def append(self, key):
        self.index.append(self.number(key))

    def number(self, key):
        if key not in self._number:
            self._number[key] = len(self.keys)
            self.keys.append(key)
        return self._number[key]


class _BondParts:
    """What a bond gives to the site at either end, and its hopping, once per kind.

    All of it term by term. A key is (region index, position in spacings); uniform
    regions have no position, and share a key where they are the same crystal (a lead
    that continues its layer).
    """

    def __init__(self, stack, k_par, derivative=None):
        self.stack, self.k_par, self.derivative = stack, k_par, derivative
        layers = [region.layer for region in stack.regions]
        self._crystal = [next(i for i, other in enumerate(layers) if other.same_crystal(layer)) for layer in layers]
        self.partner = {}
        self._blocks, self._of_term = {}, {}

    def key(self, index, position):
        uniform = self.stack.regions[index].layer.is_uniform
        return (self._crystal[index], None) if uniform else (index, position)

    def _at(self, key):
        """{name: (h, V)} of the terms at a key; their partners are noted on the way."""
        if key not in self._blocks:
            index, position = key
            z = 0.0 if position is None else position * self.stack.spacing
            terms = self.stack.regions[index].layer.terms_at(z)
            self._blocks[key] = {term.name: self._blocks_of(term) for term in self._noted(terms)}
        return self._blocks[key]

    def _blocks_of(self, term):
        """h and V of a term, found once where sites share it.

        Under a bias only the potential differs.
        """
        if id(term) not in self._of_term:
            self._of_term[id(term)] = self._differentiated(term).blocks(self.k_par, self.stack.spacing)
        return self._of_term[id(term)]

    def _differentiated(self, term):
        return term if self.derivative is None else term.slopes[self.derivative]

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
        return {name: h / 2 for name, (h, _) in self._at(key).items()}

    def hopping(self, key):
        return {name: v for name, (_, v) in self._at(key).items()}

    def interface(self, index):
        terms, a = self._noted(self.stack.interfaces[index].terms), self.stack.spacing
        return {term.name: self._differentiated(term).blocks(self.k_par, a)[0] / a for term in terms}


def _scaled(blocks, factor):
    """A dict of blocks times a number."""
    return {name: factor * block for name, block in blocks.items()}


def _add(first, second):
    """Sum of two dicts of blocks, name by name."""
    return {name: first.get(name, 0.0) + second.get(name, 0.0) for name in dict.fromkeys([*first, *second])}


def _stacked(kinds, names):
    """{name: (nk or 1, n_kinds, n, n)} from a list of {name: (nk or 1, n, n)}.

    Zero where a name is absent.
    """
    n = next(iter(kinds[0].values())).shape[-1]
    stacked = {}
    for name in names:
        blocks = [kind.get(name, np.zeros((1, n, n), complex)) for kind in kinds]
        n_k = max(len(block) for block in blocks)
        stacked[name] = np.stack([np.broadcast_to(block, (n_k, n, n)) for block in blocks], axis=1)
    return stacked
