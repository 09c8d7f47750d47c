"""The layered system a user describes: layers, interfaces, leads.

Frozen, validated, no matrices.

Geometry (one scheme for all systems)
-------------------------------------
Current flows along z, from the left lead to the right lead. Sites lie at z = 0, a,
2a, ...; every interface lies *on* a site, and thicknesses are rounded to whole spacings
a. An interface site belongs half to the layer on its left and half to the one on its
right; the bonds between sites belong to one layer each. z = 0 is the boundary between
the left lead and the first layer. (`Stack(atomic=True)` is the other scheme, of whole
atomic planes.)
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, finite, known, named, positive
from .layer import Drop, Interface, Layer
from .summary import html, text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ..plot.base import Axes

__all__ = ["Interface", "Layer", "Region", "Stack"]

ROUNDED = 0.01
"""Part of a thickness by which rounding may change it without a word."""
MOST_SITES = 100_000
"""A layer of more sites than this is a mistake in a unit."""


@dataclass(frozen=True)
class Region:
    """A lead or layer and the bonds it covers, `start <= bond < stop`.

    Bond j joins the sites j and j + 1. In an atomic stack, the sites it covers, counted
    from the first one of the first layer.

    Attributes
    ----------
    name : str
    layer : Layer
    start, stop : int
    """

    name: str
    layer: Layer
    start: int
    stop: int


@named
@dataclass(frozen=True, eq=False, repr=False)
class Stack:
    """Layers between two leads, on sites `spacing` apart.

    Current flows along z. Interfaces lie on sites; at z = 0 is that of the left lead
    and the first layer.

    Parameters
    ----------
    layers : sequence of Layer
        From left to right, with `Interface` objects between them where there are any.
    spacing : float, nm
        Lattice spacing a; the discretisation error is O(a^2).
    atomic : bool
        Layers of whole atomic planes, as in tight-binding models: every site belongs to
        one layer, a layer of thickness N a has N of them, and a bond between two layers
        has the mean of their hoppings.
    left, right : Layer without thickness, optional
        The leads. Default: the first and the last layer go on to infinity (a texture or
        potential keeps its value at the outer boundary).
    interfaces : sequence of Interface, optional
        Another way to give them: one per plane, from left lead | first layer to last
        layer | right lead.
    bias : float, eV
        The bias that is in the potentials already, as `biased` says it.

    Attributes
    ----------
    layers : tuple of Layer
    interfaces : tuple of Interface
        One per plane; without terms where none was given.
    lengths : tuple of float, nm
        Thicknesses after rounding.

    Raises
    ------
    InputError
        A layer thinner than the spacing, layers of different bases, a lead with a
        thickness, ...

    Warns
    -----
    UserWarning
        Rounding changes a thickness by more than 1 %, or the length of a texture's `m`
        varies.

    Examples
    --------
    >>> import kwantorque as kt
    >>> cobalt = kt.FreeElectron.from_wavevectors(13.6, 8.0)
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> fixed, free = kt.Layer(cobalt, 2, m="z"), kt.Layer(cobalt, 2, m="x")
    >>> layers = [fixed, kt.Layer(copper, 1), free]
    >>> stack = kt.Stack(layers, 0.5, right=kt.Layer(copper))
    >>> stack.n_sites, stack.length
    (11, 5.0)
    >>> stack.boundaries
    array([0., 2., 3., 5.])
    >>> print(kt.Stack([kt.Layer(copper, 1, name="Cu")], 0.5))
    Stack of 1 nm: 3 sites, spacing 0.5 nm
      left lead (Cu)         FreeElectron(exchange=0.0, mass=1.0, bottom=-7.0469...)
      Cu               1 nm  FreeElectron(exchange=0.0, mass=1.0, bottom=-7.0469...)
      right lead (Cu)        FreeElectron(exchange=0.0, mass=1.0, bottom=-7.0469...)
    >>> kt.Stack(layers, 3.0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `spacing` must not exceed the thickness of a ...
    """

    layers: Sequence[Layer | Interface]
    spacing: float
    left: Layer | None = field(default=None, kw_only=True)
    right: Layer | None = field(default=None, kw_only=True)
    atomic: bool = field(default=False, kw_only=True)
    interfaces: Sequence[Interface] | None = field(default=None, kw_only=True)
    bias: float = field(default=0.0, kw_only=True)
    lengths: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        def put(**values):
            for name, value in values.items():
                object.__setattr__(self, name, value)

        put(spacing=positive("spacing", self.spacing, "nm"))
        items = self.layers if isinstance(self.layers, (list, tuple)) else [self.layers]
        layers, interfaces = self._separate(items)
        between = tuple(one.between(layers[0].material) for one in self._given(interfaces))
        put(layers=layers, interfaces=between)
        put(bias=finite("bias", self.bias, "eV"))
        if not isinstance(self.atomic, bool):
            raise InputError(f"`atomic` must be True or False, got {self.atomic!r}")
        put(lengths=tuple(self._rounded(layer.thickness) * self.spacing for layer in layers))
        put(left=self._lead("left", self.left, layers[0], 0.0))
        put(right=self._lead("right", self.right, layers[-1], self.length))
        self._check_bases()
        for region in self.regions[1:-1]:
            if not region.layer.is_uniform:
                for z in self.positions(region):
                    region.layer.terms_at(z)
        # A stack under a bias comes from one without, which has said it.
        if not self.bias:
            self._warn()

    def _warn(self):
        """Of what is not used as it was given."""
        changed = [
            f"{region.name} from {region.layer.thickness:g} to {length:.6g} nm"
            for region, length in zip(self.regions[1:-1], self.lengths, strict=True)
            if abs(region.layer.thickness - length) > ROUNDED * region.layer.thickness
        ]
        if changed:
            warnings.warn(
                f"thicknesses are whole spacings, here of {self.spacing:g} nm, so that some are changed: "
                f"{', '.join(changed)}. Choose a spacing that divides them",
                stacklevel=5,
            )
        for region in self.regions[1:-1]:
            if region.layer.m is not None and callable(region.layer.m):
                region.layer.warn_of_lengths([region.layer.m(z) for z in self.positions(region)], stacklevel=6)

    def __getstate__(self) -> dict[str, Any]:
        # What was worked out from these stays here.
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __repr__(self) -> str:
        return text(self)

    def _repr_html_(self) -> str:
        return html(self)

    @named
    def plot(self, energy: float | Sequence[float] = 0.0, ax: Axes | None = None) -> Axes:
        """Draw the stack to scale, with its bands: `kwantorque.plot.stack`.

        Parameters
        ----------
        energy : float or (left, right), eV
            The Fermi energy, or the chemical potentials of the two leads.
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes

        Examples
        --------
        >>> import kwantorque as kt
        >>> metal = kt.Layer(kt.FreeElectron(bottom=-1.0), 1.0, name="metal")
        >>> ax = kt.Stack([metal], 0.1).plot()
        >>> ax.get_xlabel()
        'z (nm)'
        """
        # Here, so that a stack can be made where matplotlib is not wanted.
        from ..plot import stack

        return stack(self, energy, ax)

    def bands_at(self, number: int, z: ArrayLike) -> tuple[NDArray, NDArray]:
        """Energies of all bands at k = 0 in one region, and their spin along m.

        Parameters
        ----------
        number : int
            Of `regions`: 0 is the left lead.
        z : (n,) array, nm

        Returns
        -------
        energies, spin : (n, n_bands) arrays, eV and hbar
            Ascending. Where nothing is magnetic the spin is zero, as it is of states of
            one energy.

        Examples
        --------
        >>> import kwantorque as kt
        >>> iron = kt.Layer(kt.FreeElectron(bottom=-2, exchange=-1), 1, m="z")
        >>> energies, spin = kt.Stack([iron], 0.1).bands_at(1, [0.5])
        >>> energies, spin
        (array([[-2.5, -1.5]]), array([[ 0.5, -0.5]]))
        """
        layer = self.regions[number].layer
        found = []
        for one in np.asarray(z, float):
            hamiltonian = sum(term(np.zeros(3)) for term in layer.terms_at(float(one)))
            energies, states = np.linalg.eigh(hamiltonian)
            spin = np.einsum("a,aij->ij", layer.magnetisation_at(float(one)), layer.material.spin)
            found.append((energies, np.einsum("ib,ij,jb->b", states.conj(), spin, states).real))
        energies, spin = (np.array(column) for column in zip(*found, strict=True))
        return energies, spin

    def _given(self, between):
        """The interfaces found between the layers, or those given apart."""
        if self.interfaces is None:
            return between
        given = tuple(self.interfaces)
        if len(given) != len(between) or any(not isinstance(one, Interface) for one in given):
            raise InputError(f"`interfaces` must be {len(between)} Interface objects, one per plane, got {given!r}")
        if any(one.terms for one in between):
            raise InputError("interfaces stand between the layers, or are given as `interfaces`, not both")
        return given

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
            m = tuple(neighbour.magnetisation_at(z)) if callable(neighbour.m) else neighbour.m
            potential = neighbour.potential(z) if callable(neighbour.potential) else neighbour.potential
            return Layer(neighbour.material, m=m, potential=potential, name=neighbour.name)
        if not isinstance(lead, Layer) or lead.thickness is not None or not lead.is_uniform:
            raise InputError(f"the {side} lead must be a uniform Layer without thickness, got {lead!r}")
        return lead

    def _check_bases(self):
        first = self.left.material
        for layer in (self.left, *self.layers, self.right):
            wanted = layer.material.spacing
            if wanted is not None and abs(wanted - self.spacing) > 1e-9 * wanted:
                raise InputError(f"`spacing` must be {wanted:g} nm for {layer.material!r}, got {self.spacing:g} nm")
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
            if interface.terms and self.atomic:
                raise InputError("interface terms need sites on interfaces, which an atomic stack does not have")

    def biased(self, bias: float, across: int | str | None = None) -> Stack:
        """The same stack under a bias.

        Bands are shifted by +bias/2 on the left of one layer and by -bias/2 on its
        right, and linearly in between.

        Parameters
        ----------
        bias : float, eV
            Positive: particles flow to the right when the leads are filled to
            E_F + bias/2 and E_F - bias/2.
        across : int or str
            Number or name of the layer in which the potential drops linearly; needed if
            there are several. In an atomic stack it drops between the planes before and
            after that layer.

        Raises
        ------
        InputError
            The stack is under a bias already, or `across` is no layer of it.

        Examples
        --------
        >>> import kwantorque as kt
        >>> metal, barrier = kt.FreeElectron(), kt.FreeElectron(bottom=2.0)
        >>> left = right = kt.Layer(metal, 1)
        >>> layers = [left, kt.Layer(barrier, 1, name="MgO"), right]
        >>> junction = kt.Stack(layers, 0.1).biased(0.4, across="MgO")
        >>> junction.left.potential, junction.right.potential
        (0.2, -0.2)
        >>> junction.biased(0.1, across="MgO")
        Traceback (most recent call last):
        ...
        kwantorque.errors.InputError: the stack is under a bias of 0.4 eV already: ...
        """
        bias = finite("bias", bias, "eV")
        across = self._number_of(across)
        if bias == 0:
            return self
        if self.bias:
            raise InputError(f"the stack is under a bias of {self.bias:g} eV already: start from the one without")
        beyond = self.spacing / 2 if self.atomic else 0.0
        drop = (
            (self.boundaries[across] - beyond, bias / 2),
            (self.boundaries[across + 1] + beyond, -bias / 2),
        )
        drop = tuple((float(z), float(energy)) for z, energy in drop)

        def shifted(layer, index):
            if index == across:
                return replace(layer, potential=Drop(layer.potential, *drop))
            shift = bias / 2 if index < across else -bias / 2
            if callable(layer.potential):
                return replace(layer, potential=Drop(layer.potential, (0.0, shift), (1.0, shift)))
            return replace(layer, potential=layer.potential + shift)

        return replace(
            self,
            layers=[shifted(layer, index) for index, layer in enumerate(self.layers)],
            left=shifted(self.left, -1),
            right=shifted(self.right, len(self.layers)),
            bias=bias,
        )

    def _number_of(self, across):
        """The number of the layer that `across` names; the only one by default."""
        if across is None and len(self.layers) > 1:
            raise InputError("`across` must name the layer in which the potential drops: its number from 0 on, or name")
        if isinstance(across, str):
            named = [layer.name for layer in self.layers].count(across)
            if named > 1:
                raise InputError(f"{named} layers are called {across!r}: say `across` by number")
            # As results and `print(stack)` call them: without a name, by number.
            names = self.layer_names[1:-1]
            return names.index(known("layer", across, names))
        across = 0 if across is None else across
        if isinstance(across, bool | float) or across not in range(len(self.layers)):
            raise InputError(
                f"`across` must be the name of a layer or its number, 0 to {len(self.layers) - 1}, got {across!r}"
            )
        return across

    def positions(self, region: Region) -> NDArray:
        """z of the sites of a region, those on its two ends included, (n,), nm."""
        sites = np.arange(region.start, region.stop + 1) + (0.5 if self.atomic else 0.0)
        return self.spacing * (sites[:-1] if self.atomic else sites)

    @property
    def n_sites(self) -> int:
        """Number of sites between and on the two outer boundaries.

        Of an atomic stack, with one of each lead.
        """
        return (2 if self.atomic else 1) + sum(round(length / self.spacing) for length in self.lengths)

    @property
    def length(self) -> float:
        """Total length of the layers in nm, after rounding."""
        return sum(self.lengths)

    @property
    def rounding(self) -> float:
        """Largest change of a thickness by the rounding to whole spacings, nm."""
        return max(abs(layer.thickness - length) for layer, length in zip(self.layers, self.lengths, strict=True))

    @property
    def z(self) -> NDArray:
        """Positions of the sites in nm, shape (n_sites,)."""
        return self.spacing * (np.arange(self.n_sites) - (0.5 if self.atomic else 0.0))

    @property
    def boundaries(self) -> NDArray:
        """Positions of the planes lead | layer | ... | lead, (n_layers + 1,), nm."""
        return np.concatenate([[0.0], np.cumsum(self.lengths)])

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """Left lead, layers, right lead, each with the bonds it covers.

        The leads cover one bond outside.
        """
        ends = [round(z / self.spacing) for z in self.boundaries]
        names = self.layer_names[1:-1]
        inner = [Region(names[i], layer, *ends[i : i + 2]) for i, layer in enumerate(self.layers)]
        return (
            Region("left lead", self.left, -1, 0),
            *inner,
            Region("right lead", self.right, ends[-1], ends[-1] + 1),
        )

    @cached_property
    def layer_names(self) -> tuple[str, ...]:
        """What to call the leads and layers, each once: "left", ..., "right".

        A layer's own name, or "layer 0", ...; where a name is met again, its number
        from 0 on is added.

        Examples
        --------
        >>> import kwantorque as kt
        >>> copper = kt.FreeElectron.from_wavevectors(13.6)
        >>> spacer, other = kt.Layer(copper, 1.0, name="Cu"), kt.Layer(copper, 2.0)
        >>> kt.Stack([spacer, other, spacer], 0.5).layer_names
        ('left', 'Cu (0)', 'layer 1', 'Cu (2)', 'right')
        """
        names = [layer.name or f"layer {i}" for i, layer in enumerate(self.layers)]
        taken = ["left", *names, "right"]
        inner = [f"{name} ({i})" if taken.count(name) > 1 else name for i, name in enumerate(names)]
        return ("left", *inner, "right")

    def coordinates(self) -> dict[str, Any]:
        """Coordinates of a Dataset on this stack.

        Positions of sites, bonds and planes in nm, names, magnetisations, majorities
        and thicknesses of the layers, the layer of each site and bond, axes, leads, and
        the magnetisation, (n_sites, 3).
        """
        bonds = self.z[0] + self.spacing * (np.arange(self.n_sites + 1) - 0.5)
        names = np.array(self.layer_names)
        of_sites, of_bonds = self._layers_at(self.z), self._layers_at(bonds)
        return {
            "z": ("site", self.z, {"units": "nm", "long_name": "position of the site"}),
            "z_bond": ("bond", bonds, {"units": "nm", "long_name": "position of the bond"}),
            "layer": ("layer", names, {"long_name": "leads and layers by name"}),
            "layer_m": (
                ("layer", "axis"),
                np.array([region.layer.uniform_m for region in self.regions]),
                {"units": "1", "long_name": "direction of the magnetisation of the layer; NaN where it varies"},
            ),
            "layer_majority": (
                "layer",
                np.array([region.layer.majority for region in self.regions]),
                {"units": "1", "long_name": "sign along layer_m of the spin of the electrons' majority; 0: not known"},
            ),
            "layer_thickness": (
                "layer",
                np.array([np.inf, *self.lengths, np.inf]),
                {"units": "nm", "long_name": "thickness of the layer, in whole spacings"},
            ),
            "layer_of_site": (
                "site",
                np.array([" | ".join(dict.fromkeys(names[list(both)])) for both in of_sites]),
                {"long_name": "layer of the site; of one on an interface, both"},
            ),
            "layer_of_bond": (
                "bond",
                np.array([" | ".join(dict.fromkeys(names[list(both)])) for both in of_bonds]),
                {"long_name": "layer of the bond; of one between atomic planes of two layers, both"},
            ),
            "boundary_z": (
                "boundary",
                self.boundaries,
                {"units": "nm", "long_name": "planes between leads and layers"},
            ),
            "axis": ["x", "y", "z"],
            "lead": ["left", "right"],
            "magnetisation": (
                ("site", "axis"),
                self.magnetisation,
                {"units": "1", "long_name": "direction of the magnetisation"},
            ),
        }

    def _layers_at(self, z):
        """Numbers of the layers, 0 the left lead, just before and behind positions."""
        nearly = 1e-6 * self.spacing
        return np.stack([np.searchsorted(self.boundaries, z + side) for side in (-nearly, nearly)], axis=1)

    @cached_property
    def partners(self) -> tuple[str, ...]:
        """Who takes angular momentum from the carriers.

        Of all terms of layers, leads and interfaces, in the order they are met.
        """
        places = [(region.layer, float(self.positions(region)[0])) for region in self.regions]
        terms = [term for layer, z in places for term in layer.terms_at(z)]
        terms += [term for interface in self.interfaces for term in interface.terms]
        return tuple(dict.fromkeys(term.partner for term in terms))

    @cached_property
    def magnetisation(self) -> NDArray:
        """Direction of the magnetisation on every site, (n_sites, 3).

        Components x, y, z; zero where nothing is magnetic. A site on the interface of
        two magnets has half of each: there it is the mean of both directions, shorter
        than 1 unless they agree.
        """
        sides = [[] for _ in range(self.n_sites)]
        # Bond j joins the sites j and j + 1; of an atomic stack, regions count the
        # sites themselves.
        first = 1 if self.atomic else 0
        for region in self.regions:
            for j in range(region.start, region.stop + (0 if self.atomic else 1)):
                site = j + first
                if 0 <= site < self.n_sites and region.layer.m is not None:
                    sides[site].append(region.layer.magnetisation_at(float(self.z[site])))
        return np.array([np.mean(side, axis=0) if side else np.zeros(3) for side in sides])
