"""Layers, what stands between them, and the slope of a bias: the pieces of a stack.

Frozen, validated, without matrices.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..algebra import direction
from ..errors import InputError, finite, instance, length, named
from ..materials.base import Material, Term, check_conserved, check_material
from ..materials.luttinger import KohnLuttinger
from ..materials.polynomial import Polynomial
from ..materials.terms import Brick

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Direction: TypeAlias = str | Sequence[float] | NDArray | Callable[[float], Sequence[float]]

__all__ = ["Drop", "Interface", "Layer"]

FAR_FROM_ONE = 4.0
"""Longer than this, or shorter than its inverse, no `m` is a direction written down."""
MOST_VARIED = 1.5
"""Ratio of the longest and the shortest `m` of a texture that is one of directions."""


@named
@dataclass(frozen=True)
class Layer:
    """A uniform or textured layer of one material.

    Parameters
    ----------
    material : Material
    thickness : float, nm
        Leave it out for a lead, which extends to infinity.
    m : str, 3-vector or callable
        Direction of the magnetisation, "z", "-x", (1, 0, 1), or a function of z in nm
        that returns one: a texture, evaluated on sites and bonds. Only its direction
        counts. Needed if the material is magnetic; of one without exchange it does
        nothing, and who asks for torques is warned.
    potential : float or callable, eV
        Energy added to all bands, or a function of z in nm: the slope of a bias,
        evaluated on sites and bonds.
    name : str, optional
        What to call it, in `Stack.biased` for example; "layer 0", ... by default.

    Raises
    ------
    InputError
        Something that is no material, direction or length, or a magnetic material
        without `m`.

    Warns
    -----
    UserWarning
        The length of `m` is so far from 1 that it seems to mean something.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.FreeElectron.from_wavevectors(10.9, 4.2)
    >>> kt.Layer(iron, 2.0, m="-z").m
    (0.0, 0.0, -1.0)
    >>> kt.Layer(iron, 2.0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a layer of a magnetic material needs its direction ...
    """

    material: Material
    thickness: float | None = None
    m: Direction | None = None
    potential: float | Callable[[float], float] = 0.0
    name: str | None = None

    def __post_init__(self) -> None:
        instance("material", self.material, Material, "FreeElectron()")
        object.__setattr__(self, "material", self.material.in_layers)
        is_magnetic = self.material.is_magnetic
        if self.thickness is not None:
            object.__setattr__(self, "thickness", length("thickness", self.thickness))
        if self.m is None and is_magnetic:
            raise InputError(f"a layer of a magnetic material needs its direction `m`: {self.material!r}")
        given = self.m
        if given is not None and not callable(given):
            object.__setattr__(self, "m", tuple(float(x) + 0.0 for x in direction(given)))
            self.warn_of_lengths([given], stacklevel=5)
        if not callable(self.potential):
            object.__setattr__(self, "potential", finite("potential", self.potential, "eV"))
        if self.name is not None and not isinstance(self.name, str):
            raise InputError(f"`name` of a layer must be a string, got {self.name!r}")
        check_material(self.material, np.array([0.0, 0.0, 1.0]) if is_magnetic else None)
        # `m` of a material without exchange does nothing; who asks for torques is told.
        object.__setattr__(self, "_idle", given is not None and not is_magnetic)
        if not is_magnetic:
            object.__setattr__(self, "m", None)

    def __reduce__(self) -> tuple:
        # What was worked out stays here: a texture travels to a worker as its function.
        return type(self), (self.material, self.thickness, self.m, self.potential, self.name)

    def warn_of_lengths(self, directions: Sequence, stacklevel: int = 3) -> None:
        """Warn if the length of `m`, which is not used, seems to mean something.

        Parameters
        ----------
        directions : sequence of str or 3-vectors
            `m` at some places of the layer.
        stacklevel : int
            As in `warnings.warn`.
        """
        lengths = [1.0 if isinstance(m, str) else float(np.linalg.norm(m)) for m in directions]
        shortest, longest = min(lengths), max(lengths)
        if max(longest, 1 / max(shortest, 1e-300)) > FAR_FROM_ONE or longest > MOST_VARIED * shortest:
            found = f"{shortest:.3g}" if shortest == longest else f"{shortest:.3g} to {longest:.3g}"
            warnings.warn(
                f"only the direction of `m` counts, but that of {_named(self)} has the length {found}: a weaker or "
                "stronger magnet is one of another `exchange`",
                stacklevel=stacklevel,
            )

    @property
    def has_idle_m(self) -> bool:
        """Whether it was given an `m` that does nothing, for want of an exchange."""
        return self._idle

    @property
    def is_uniform(self) -> bool:
        """Whether nothing in the layer depends on z."""
        return not (callable(self.m) or callable(self.potential))

    @property
    def uniform_m(self) -> NDArray:
        """Direction of the magnetisation (3,) of the whole layer.

        Zero if there is none, NaN if it varies.
        """
        return np.full(3, np.nan) if callable(self.m) else self.magnetisation_at(0.0)

    @property
    def majority(self) -> int:
        """+1 or -1 where the spin of the electrons' majority is along +m or -m.

        The sign of -tr(H_ex m.s), H_ex all that has the partner "magnetisation". 0 if
        it is not in the model: there is no magnet, or its carriers are holes.
        """
        if not self.material.is_magnetic or isinstance(self.material, KohnLuttinger):
            return 0
        up = np.array([0.0, 0.0, 1.0])
        terms = [term for term in self.material.terms(up) if term.partner == "magnetisation"]
        return -int(np.sign(sum(np.trace(term(np.zeros(3)) @ self.material.spin[2]).real for term in terms)))

    def same_crystal(self, other: Layer) -> bool:
        """Whether the two layers differ in nothing but their thickness and name."""
        if self is other:
            return True
        uniform = self.is_uniform and other.is_uniform
        return uniform and self.material == other.material and (self.m, self.potential) == (other.m, other.potential)

    def magnetisation_at(self, z: float) -> NDArray:
        """Direction of the magnetisation (3,) at z (nm); zero if there is none."""
        if self.m is None:
            return np.zeros(3)
        if not callable(self.m):
            return np.array(self.m)
        try:
            return direction(self.m(z))
        except InputError as error:
            raise InputError(f"`m` at z = {z:g} nm: {error}") from None

    def terms_at(self, z: float) -> tuple[Term, ...]:
        """The material's terms at position z (nm).

        The layer's potential is added to the term "potential".

        Raises
        ------
        InputError
            A texture or potential that is no direction or number there.
        """
        key = 0.0 if self.is_uniform else float(z)
        if key not in self._known:
            self._known[key] = self._terms(key)
        return self._known[key]

    @cached_property
    def _known(self):
        """Terms by position, made once: every k-point asks for them again."""
        return {}

    @cached_property
    def _of_material(self):
        return self.material.terms(None if self.m is None else np.array(self.m))

    @cached_property
    def _seen(self):
        return {}

    def _of_texture(self, m):
        """The material's terms; those that do not depend on `m` are one object."""
        pairs = [(term, self._seen.setdefault(term.name, term)) for term in self.material.terms(m)]
        return tuple(first if first.same_as(term) else term for term, first in pairs)

    def _terms(self, z):
        terms = self._of_texture(self.magnetisation_at(z)) if callable(self.m) else self._of_material
        potential = finite(f"potential({z:g})", self.potential(z), "eV") if callable(self.potential) else self.potential
        if potential == 0:
            return terms
        for i, term in enumerate(terms):
            if term.name == "potential":
                return (*terms[:i], term.shifted(potential), *terms[i + 1 :])
        n = self.material.n_orbitals
        return (*terms, Polynomial("potential", "lattice", potential * np.eye(n)))


def _named(layer):
    return f"the layer {layer.name!r}" if layer.name else "a layer"


@dataclass(frozen=True)
class Drop:
    """A potential that changes linearly between two planes: the bias across a barrier.

    On top of another one, and constant outside of the planes.

    Parameters
    ----------
    potential : float or callable, eV
        What is there without the bias.
    start, stop : (z, energy), nm and eV
    """

    potential: float | Callable[[float], float]
    start: tuple[float, float]
    stop: tuple[float, float]

    def __call__(self, z: float) -> float:
        here = self.potential(z) if callable(self.potential) else self.potential
        return here + float(np.interp(z, (self.start[0], self.stop[0]), (self.start[1], self.stop[1])))


@named
@dataclass(frozen=True)
class Interface:
    """Terms w(k_par) delta(z) on the plane between two layers.

    Put it between them in the list of a `Stack`. Each term enters as w/a on the site of
    the interface, a the spacing.

    Parameters
    ----------
    terms : tuple
        `kwantorque.terms.rashba(...)`, `kwantorque.terms.potential(...)`, or `Term`
        objects; in eV nm instead of eV, functions of the in-plane k only.

    Raises
    ------
    InputError
        Something that is no `Term`, or a term that depends on k_z.

    References
    ----------
    Manchon, Phys. Rev. B 83, 172403 (2011), for the Rashba term of the example.

    Examples
    --------
    alpha (k x z).sigma delta(z) = alpha (k_y sigma_x - k_x sigma_y) delta(z):

    >>> import kwantorque as kt
    >>> rashba = kt.Interface(kt.terms.rashba(0.04))  # alpha in eV nm^2
    >>> metal = kt.FreeElectron.from_wavevectors(10.0)
    >>> layers = [kt.Layer(metal, 0.3), rashba, kt.Layer(metal, 0.3)]
    >>> len(kt.Stack(layers, 0.05).interfaces)  # with those to both leads
    3
    >>> kt.Interface(("rashba",))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: an interface is made of Term objects, got 'rashba'
    """

    terms: Term | Brick | Sequence[Term | Brick] = ()

    def __post_init__(self) -> None:
        terms = self.terms if isinstance(self.terms, tuple | list) else (self.terms,)
        object.__setattr__(self, "terms", tuple(terms))
        for term in self.terms:
            if not isinstance(term, Term | Brick):
                raise InputError(f"an interface is made of Term objects, got {term!r}")
            if isinstance(term, Term) and not term.is_planar:
                raise InputError(f"interface term {term.name!r} must not depend on k_z")

    def between(self, material: Material) -> Interface:
        """The same in the basis of a material: nothing but `Term` objects.

        Raises
        ------
        InputError
            A term that depends on k_z or on a magnetisation, acts on another number of
            states, or has the partner "carriers" and does not conserve L + s.
        """
        bound = Interface([term.term(material) if isinstance(term, Brick) else term for term in self.terms])
        for term in bound.terms:
            if term.n_states != material.n_orbitals:
                raise InputError(f"interface term {term.name!r} must act on {material.n_orbitals} states per site")
            check_conserved(term, material)
        return bound
