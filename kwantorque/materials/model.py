"""A material put together from named terms, without writing a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import SPIN_HALF, SPIN_ONE, on_orbital, on_spin
from ..errors import InputError, known, named
from .base import Material, Term, check_material
from .hoppings import Hoppings, reciprocal_vectors
from .terms import Brick

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Model"]

BASES = {"s": (SPIN_HALF, np.zeros((3, 2, 2))), "p": (on_spin(SPIN_HALF, 3), on_orbital(SPIN_ONE))}
"""Spin and orbital matrices by the shell whose orbitals a site has."""


@named
@dataclass(frozen=True)
class Model(Material):
    """A model Hamiltonian: the sum of the terms it is given.

        H(k) = sum of terms

    Parameters
    ----------
    parts : sequence
        Of `kwantorque.terms`: `kinetic`, `potential`, `exchange`, `rashba`,
        `spin_orbit`; or `Polynomial`, `Hoppings` of one's own, which do not depend on
        the magnetisation.
    basis : {"s", "p"}
        One orbital per site, L = 0, spin up, down; or the three of a p shell, that of
        `KohnLuttinger`: kron(orbital, spin) with m_L = +1, 0, -1.

    Raises
    ------
    InputError
        Something that is no term, two terms of one name, a term of another basis, or
        one with partner "carriers" that does not conserve L + s; hoppings and a
        polynomial in k together.

    Examples
    --------
    A magnetic Rashba metal:

    >>> import kwantorque as kt
    >>> t = kt.terms
    >>> magnet = kt.Model([t.kinetic(), t.potential(-4), t.rashba(0.1), t.exchange(-1)])
    >>> metal = kt.Model([t.kinetic(), t.potential(-4)])
    >>> stack = kt.Stack([kt.Layer(magnet, 1, m="x"), kt.Layer(metal, 1)], 0.1)
    >>> data = kt.torques(stack, 0.0, tolerance=0.1, progress=False)
    >>> data.closure < 1e-8
    True
    >>> kt.Model([t.kinetic(), 0.1])
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a Model is made of terms such as ..., got 0.1
    """

    parts: Sequence[Brick | Term]
    basis: str = "s"

    def __post_init__(self) -> None:
        parts = self.parts if isinstance(self.parts, list | tuple) else (self.parts,)
        for part in parts:
            if not isinstance(part, Brick | Term):
                raise InputError(f"a Model is made of terms such as kwantorque.terms.kinetic(mass=1.0), got {part!r}")
        # Without exchange a material is not magnetic, and is the same as one that was
        # never given any.
        parts = tuple(part for part in parts if not (isinstance(part, Brick) and part.is_no_exchange))
        object.__setattr__(self, "parts", parts)
        known("basis", self.basis, BASES)
        if self._vectors is not None:
            self._require_periodic()
        check_material(self, np.array([0.0, 0.0, 1.0]) if self.is_magnetic else None)

    @property
    def spin(self) -> NDArray:
        """s, (3, n, n), components x, y, z."""
        return BASES[self.basis][0]

    @property
    def orbital(self) -> NDArray:
        """L, (3, n, n), components x, y, z."""
        return BASES[self.basis][1]

    @property
    def reciprocal(self) -> NDArray | None:
        """Reciprocal lattice vectors of the plane as rows, (2, 2), 1/nm.

        Those of the `Hoppings` among its terms; None if there are none.
        """
        return None if self._vectors is None else reciprocal_vectors(self._vectors)

    @property
    def spacing(self) -> float | None:
        """The spacing that a stack of it must have, nm, if it is a lattice."""
        return None if self._vectors is None else float(self._vectors[2, 2])

    @property
    def _vectors(self):
        """Lattice vectors of the first `Hoppings`, or None."""
        return next((part.vectors for part in self.parts if isinstance(part, Hoppings)), None)

    def _require_periodic(self):
        """Refuse a polynomial in k beside hoppings: the sum would have no zone."""
        for term in self.terms(np.array([0.0, 0.0, 1.0])):
            if not isinstance(term, Hoppings) and not (term.is_uniform and term.is_planar):
                raise InputError(
                    f"on a lattice every term must be periodic in k, but {term.name!r} is a polynomial: write it as "
                    "`Hoppings`, or leave the hoppings out"
                )

    @property
    def is_magnetic(self) -> bool:
        """Whether a layer of it needs a direction `m`."""
        return any(isinstance(part, Brick) and part.needs_m for part in self.parts)

    def terms(self, m: ArrayLike | None = None) -> tuple[Term, ...]:
        return tuple(part.term(self, m) if isinstance(part, Brick) else part for part in self.parts)
