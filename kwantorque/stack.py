"""The layered system a user describes: layers, interfaces, leads. Frozen, validated, no matrices.

Geometry (one scheme for all systems)
-------------------------------------
Current flows along z, from the left lead to the right lead. Sites lie at z = 0, a, 2a, ...; every interface
lies *on* a site, and thicknesses are rounded to whole spacings a. An interface site belongs half to the layer on its
left and half to the one on its right; the bonds between sites belong to one layer each. z = 0 is the
boundary between the left lead and the first layer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .algebra import direction
from .errors import InputError, finite, positive
from .materials.base import Material, Term, check_material

__all__ = ["Interface", "Layer", "Region", "Stack"]

MOST_SITES = 100_000
"""A layer of more sites than this is a mistake in a unit."""


@dataclass(frozen=True)
class Layer:
    """A uniform or textured layer of one material.

    Parameters
    ----------
    material : Material
    thickness : float, nm
        Leave it out for a lead, which extends to infinity.
    m : str, 3-vector or callable
        Direction of the magnetisation, "z", "-x", (1, 0, 1), or a function of z in nm that returns one: a
        texture, evaluated on sites and bonds. Needed if the material is magnetic, ignored if not.
    potential : float or callable, eV
        Energy added to all bands, or a function of z in nm: the slope of a bias, evaluated on sites and bonds.
    """

    material: Material
    thickness: float | None = None
    m: object = None
    potential: float | Callable = 0.0

    def __post_init__(self):
        is_magnetic = getattr(self.material, "is_magnetic", False)
        if self.thickness is not None:
            object.__setattr__(self, "thickness", positive("thickness", self.thickness, "nm"))
        if self.m is None and is_magnetic:
            raise InputError(f"a layer of a magnetic material needs its direction `m`: {self.material!r}")
        if self.m is not None and not callable(self.m):
            object.__setattr__(self, "m", tuple(float(x) for x in direction(self.m)))
        if not callable(self.potential):
            object.__setattr__(self, "potential", finite("potential", self.potential, "eV"))
        check_material(self.material, np.array([0.0, 0.0, 1.0]) if is_magnetic else None)
        if not is_magnetic:
            object.__setattr__(self, "m", None)

    @property
    def is_uniform(self):
        """Whether nothing in the layer depends on z."""
        return not (callable(self.m) or callable(self.potential))

    def same_crystal(self, other):
        """Whether the two layers differ in nothing but their thickness."""
        if self is other:
            return True
        uniform = self.is_uniform and other.is_uniform
        return uniform and self.material == other.material and (self.m, self.potential) == (other.m, other.potential)

    def terms_at(self, z):
        """The material's terms at position z (nm), with the layer's potential added to `potential`."""
        return self._uniform_terms if self.is_uniform else self._terms(z)

    @cached_property
    def _uniform_terms(self):
        return self._terms(0.0)

    def _terms(self, z):
        m = direction(self.m(z)) if callable(self.m) else None if self.m is None else np.array(self.m)
        potential = finite("potential", self.potential(z), "eV") if callable(self.potential) else self.potential
        terms = self.material.terms(m)
        if potential == 0:
            return terms
        shift = potential * np.eye(self.material.n_orbitals)
        for i, term in enumerate(terms):
            if term.name == "potential":
                shifted = Term("potential", term.partner, term.constant + shift, term.linear, term.quadratic)
                return (*terms[:i], shifted, *terms[i + 1 :])
        return (*terms, Term("potential", "lattice", shift))


@dataclass(frozen=True)
class Interface:
    """Terms w(k_par) delta(z) on the plane between two layers; put it between them in the list of a `Stack`.

    Parameters
    ----------
    terms : tuple of Term
        In eV nm instead of eV, functions of the in-plane k only. Each enters as w/a on the interface's site.
    """

    terms: tuple[Term, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "terms", (self.terms,) if isinstance(self.terms, Term) else tuple(self.terms))
        for term in self.terms:
            if not isinstance(term, Term):
                raise InputError(f"an interface is made of Term objects, got {term!r}")
            if term.linear[2].any() or term.quadratic[2].any():
                raise InputError(f"interface term {term.name!r} must not depend on k_z")


@dataclass(frozen=True)
class Region:
    """A lead or layer and the bonds it covers: `start <= bond < stop`, bond j joining sites j and j + 1."""

    name: str
    layer: Layer
    start: int
    stop: int


@dataclass(frozen=True, eq=False, repr=False)
class Stack:
    """Layers between two leads, on sites `spacing` apart.

    Parameters
    ----------
    layers : sequence of Layer, with Interface objects between them where there are any
    spacing : float, nm
        Lattice spacing a; the discretisation error is O(a^2).
    left, right : Layer without thickness, optional
        The leads. Default: the first and the last layer go on to infinity (a texture or potential
        keeps its value at the outer boundary).

    Attributes
    ----------
    layers : tuple of Layer
    interfaces : tuple of Interface
        One per plane, from left lead | first layer to last layer | right lead; without terms where none was given.
    lengths : tuple of float, nm
        Thicknesses after rounding.

    Raises
    ------
    InputError
        A layer thinner than the spacing, layers of different bases, a lead with a thickness, ...
    """

    layers: tuple[Layer, ...]
    spacing: float
    left: Layer | None = field(default=None, kw_only=True)
    right: Layer | None = field(default=None, kw_only=True)
    interfaces: tuple[Interface, ...] = field(init=False)
    lengths: tuple[float, ...] = field(init=False)

    def __post_init__(self):
        def put(**values):
            for name, value in values.items():
                object.__setattr__(self, name, value)

        put(spacing=positive("spacing", self.spacing, "nm"))
        items = self.layers if isinstance(self.layers, (list, tuple)) else [self.layers]
        layers, interfaces = self._separate(items)
        put(layers=layers, interfaces=interfaces)
        put(lengths=tuple(self._rounded(layer.thickness) * self.spacing for layer in layers))
        put(left=self._lead("left", self.left, layers[0], 0.0))
        put(right=self._lead("right", self.right, layers[-1], self.length))
        self._check_bases()
        for region in self.regions[1:-1]:
            if not region.layer.is_uniform:
                for site in range(region.start, region.stop + 1):
                    region.layer.terms_at(site * self.spacing)

    def __repr__(self):
        interfaces = {i: x for i, x in enumerate(self.interfaces) if x.terms}
        return f"Stack({list(self.layers)}, spacing={self.spacing}, left={self.left}, right={self.right}" + (
            f", interfaces={interfaces})" if interfaces else ")"
        )

    @staticmethod
    def _separate(items):
        layers, interfaces = [], [Interface()]
        for item in items:
            if isinstance(item, Interface):
                if interfaces[-1].terms:
                    raise InputError("two Interface objects in a row: put all terms of a plane into one")
                interfaces[-1] = item
            elif isinstance(item, Layer) and item.thickness is not None:
                layers.append(item)
                interfaces.append(Interface())
            else:
                raise InputError(f"a stack is made of layers with a thickness and of interfaces, got {item!r}")
        if not layers:
            raise InputError("a stack needs at least one layer")
        return tuple(layers), tuple(interfaces)

    def _rounded(self, thickness):
        if thickness / self.spacing > MOST_SITES:
            raise InputError(
                f"a layer must have at most {MOST_SITES} sites, got {thickness:g} nm "
                f"at a spacing of {self.spacing:g} nm"
            )
        bonds = round(thickness / self.spacing)
        if bonds < 1 or thickness < self.spacing * (1 - 1e-9):
            raise InputError(
                f"`spacing` must not exceed the thickness of a layer, got spacing {self.spacing:g} nm "
                f"and a layer of {thickness:g} nm"
            )
        return bonds

    def _lead(self, side, lead, neighbour, z):
        if lead is None:
            m = tuple(direction(neighbour.m(z))) if callable(neighbour.m) else neighbour.m
            potential = neighbour.potential(z) if callable(neighbour.potential) else neighbour.potential
            return Layer(neighbour.material, m=m, potential=potential)
        if not isinstance(lead, Layer) or lead.thickness is not None or not lead.is_uniform:
            raise InputError(f"the {side} lead must be a uniform Layer without thickness, got {lead!r}")
        return lead

    def _check_bases(self):
        first = self.left.material
        for layer in (*self.layers, self.right):
            if layer.material.n_orbitals != first.n_orbitals:
                raise InputError(
                    f"all materials of a stack must share one basis, got {first.n_orbitals} and "
                    f"{layer.material.n_orbitals} states per site"
                )
            if not (
                np.allclose(layer.material.spin, first.spin) and np.allclose(layer.material.orbital, first.orbital)
            ):
                raise InputError("all materials of a stack must share one basis: their spin or orbital matrices differ")
        for interface in self.interfaces:
            for term in interface.terms:
                if term.constant.shape[-1] != first.n_orbitals:
                    raise InputError(f"interface term {term.name!r} must act on {first.n_orbitals} states per site")

    @property
    def n_sites(self):
        """Number of sites between and on the two outer boundaries."""
        return 1 + sum(round(length / self.spacing) for length in self.lengths)

    @property
    def length(self):
        """Total length of the layers in nm, after rounding."""
        return sum(self.lengths)

    @property
    def rounding(self):
        """Largest change of a thickness by the rounding to whole spacings, nm."""
        return max(abs(layer.thickness - length) for layer, length in zip(self.layers, self.lengths, strict=True))

    @property
    def z(self):
        """Positions of the sites in nm, shape (n_sites,)."""
        return self.spacing * np.arange(self.n_sites)

    @property
    def boundaries(self):
        """Positions of the planes lead | layer | ... | layer | lead in nm, shape (n_layers + 1,)."""
        return np.concatenate([[0.0], np.cumsum(self.lengths)])

    @cached_property
    def regions(self):
        """Left lead, layers, right lead, each with the bonds it covers; the leads cover one bond outside."""
        ends = [round(z / self.spacing) for z in self.boundaries]
        inner = [Region(f"layer {i}", layer, ends[i], ends[i + 1]) for i, layer in enumerate(self.layers)]
        return (
            Region("left lead", self.left, -1, 0),
            *inner,
            Region("right lead", self.right, ends[-1], ends[-1] + 1),
        )
