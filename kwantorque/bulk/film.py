"""A film: the layers of a stack with nothing beyond them, periodic in the plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, instance, named
from ..structures.chain import discretise
from ..structures.graph import Graph
from ..structures.stack import Stack
from .crystal import Crystal

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Film"]

OUTSIDE = slice(2, -2)
"""Of the sites of a chain, and of its bonds: two at either end are in the walls."""


@named
@dataclass(frozen=True, eq=False, repr=False)
class Film(Crystal):
    """The layers of a `Stack` between hard walls: no leads, k in the plane.

    Of a stack of atomic planes its planes; else the sites strictly between the two
    outer boundaries, on which psi = 0. Blocks are those of the stack's chain (see
    `structures.chain`): a bond between two layers has the mean of their hoppings, an
    interface half of each side and its own terms.

    Parameters
    ----------
    stack : Stack
        Its leads are not looked at. Rashba coupling of an atomic plane: give it a layer
        of its own, of a material with `rashba`.

    Raises
    ------
    InputError
        Something that is no stack, one of no site between its boundaries, or layers
        with different lattices.

    Examples
    --------
    Two magnetic planes on three of a metal, Rashba coupling on the first of these:

    >>> import kwantorque as kt
    >>> a = {"lattice_constant": 0.3}
    >>> iron, metal = kt.CubicLattice(exchange=-1.2, **a), kt.CubicLattice(-0.8, **a)
    >>> surface = kt.CubicLattice(-0.8, rashba=0.06, **a)
    >>> layers = [kt.Layer(iron, 0.6, m="x"), kt.Layer(surface, 0.3)]
    >>> film = kt.Film(kt.Stack([*layers, kt.Layer(metal, 0.6)], 0.3, atomic=True))
    >>> film.hamiltonian([[0, 0]]).shape
    (1, 10, 10)
    >>> kt.Film(metal)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `stack` must be a Stack such as ...
    """

    stack: Stack

    def __post_init__(self) -> None:
        instance("stack", self.stack, Stack, "Stack([Layer(FreeElectron(), 1.0)], 0.1)")
        if self.stack.n_sites < 3:
            raise InputError(
                "a film has sites between its two outer boundaries, but this stack has none: make it thicker, "
                "or the spacing smaller"
            )
        zones = [layer.material.reciprocal for layer in self.stack.layers]
        if any((zone is None) != (zones[0] is None) for zone in zones) or (
            zones[0] is not None and not np.allclose(zones, zones[0])
        ):
            raise InputError("all layers of a film must have one lattice in the plane, or none")

    def __repr__(self) -> str:
        return f"Film({self.stack!r})"

    @property
    def reciprocal(self) -> NDArray | None:
        """Those of its materials."""
        return self.stack.layers[0].material.reciprocal

    @property
    def magnetisation(self) -> NDArray:
        return self.stack.magnetisation[1:-1]

    def coordinates(self) -> dict[str, Any]:
        """Those of the stack, without leads."""
        kept = {}
        for name, value in self.stack.coordinates().items():
            if name == "lead" or not isinstance(value, tuple):
                kept |= {} if name == "lead" else {name: value}
                continue
            dims, values, about = value
            inner = {"site": slice(1, -1), "bond": OUTSIDE, "layer": slice(1, -1)}
            kept[name] = (dims, values[inner.get(dims if isinstance(dims, str) else dims[0], slice(None))], about)
        return kept

    def graph(self, k: ArrayLike, derivative: int | None = None) -> Graph:
        chain = discretise(self.stack, k, derivative)
        site_kind, bond_kind = chain.site_kind[OUTSIDE], chain.bond_kind[OUTSIDE]
        sites = np.arange(len(site_kind))
        n = chain.n_orbitals
        return Graph(
            onsite=chain.onsite,
            # A film of one site has no bond, but blocks to look at.
            hopping=chain.hopping if len(bond_kind) else {name: np.zeros((1, 1, n, n)) for name in chain.hopping},
            partner=chain.partner,
            spin=chain.spin,
            orbital=chain.orbital,
            site_kind=site_kind,
            bond_kind=bond_kind,
            bonds=np.stack([sites[:-1], sites[1:]], axis=1),
            inside=np.ones(len(sites), bool),
        )
