"""A term of a tight-binding model: matrices between the sites of any lattice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import dagger
from ..errors import InputError, named
from .base import Term, as_matrix, check_partner

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Hoppings", "has_planes", "reciprocal_vectors"]


@named
@dataclass(frozen=True, eq=False)
class Hoppings(Term):
    """One named term of H(k), of any range in the plane and to nearest planes along z.

        H_term(k) = sum_R exp(i k.R) H_R,        H_R = <0| H |R>,
        R = n_1 a_1 + n_2 a_2 + n_3 a_3

    Its blocks along z are exact: h has the R with n_3 = 0, V = H_{j,j+1} those with
    n_3 = 1.

    Parameters
    ----------
    name : str
    partner : str
        Who takes what the term takes from the carriers, see `Term`.
    hoppings : dict from (n_1, n_2, n_3) to (n, n) array, eV
        n_3 is -1, 0 or 1. Of R and -R one is enough: H_{-R} = H_R^+.
    vectors : float or (3, 3) array, nm
        The lattice vectors a_1, a_2, a_3 as rows, a_1 and a_2 in the plane; one number
        for a simple cubic lattice.

    Raises
    ------
    InputError
        Matrices of different shapes, H_{-R} that is not H_R^+, an n_3 beyond nearest
        planes.

    Examples
    --------
    One orbital on a simple cubic lattice, 2 t sum_i cos(k_i a), t = -1 eV, a = 0.3 nm:

    >>> import numpy as np
    >>> import kwantorque as kt
    >>> hops = {R: -np.eye(2) for R in [(1, 0, 0), (0, 1, 0), (0, 0, 1)]}
    >>> kinetic = kt.Hoppings("kinetic", "lattice", hops, 0.3)
    >>> kinetic([0.0, 0.0, 0.0]).real
    array([[-6.,  0.],
           [ 0., -6.]])
    >>> kt.Hoppings("kinetic", "lattice", {(0, 0, 2): np.eye(2)}, 0.3)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: hopping (0, 0, 2) of term 'kinetic' must be ...
    """

    name: str
    partner: str
    hoppings: Mapping[tuple[int, int, int], ArrayLike]
    vectors: ArrayLike

    def __post_init__(self) -> None:
        check_partner(self.name, self.partner)
        vectors = as_matrix(f"`vectors` of term {self.name!r}", self.vectors).real
        vectors = vectors * np.eye(3) if vectors.ndim == 0 else vectors
        if vectors.shape != (3, 3) or not np.isfinite(vectors).all() or abs(np.linalg.det(vectors)) == 0:
            raise InputError(f"`vectors` of term {self.name!r} must be a length or three independent vectors in nm")
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "hoppings", self._completed())
        self._check_planes()

    def _check_planes(self):
        """Refuse what has no blocks of nearest planes along z."""
        if not has_planes(self.vectors):
            raise InputError(
                f"of the lattice vectors of term {self.name!r} the first two must lie in the plane and the third "
                f"must point up, got {self.vectors.tolist()}"
            )
        for vector in self.hoppings:
            if abs(vector[2]) > 1:
                raise InputError(
                    f"hopping {vector!r} of term {self.name!r} must be three whole numbers, the last of them -1, 0 or 1"
                )

    def _completed(self):
        """All matrices, with H_{-R} = H_R^+ filled in where it was left out."""
        if not isinstance(self.hoppings, Mapping) or not self.hoppings:
            raise InputError(f"`hoppings` of term {self.name!r} must be a dict from (n1, n2, n3) to matrices")
        given = {}
        for vector, matrix in self.hoppings.items():
            where = f"hopping {vector!r} of term {self.name!r}"
            if not _is_lattice_vector(vector):
                raise InputError(f"{where} must be three whole numbers, the last of them -1, 0 or 1")
            matrix = as_matrix(where, matrix)
            if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
                raise InputError(f"{where} must be a finite matrix (n, n), got shape {matrix.shape}")
            given[tuple(int(n) for n in vector)] = matrix
        if len({matrix.shape for matrix in given.values()}) > 1:
            raise InputError(f"all matrices of term {self.name!r} must have one shape")
        for vector, matrix in list(given.items()):
            back = given.setdefault(tuple(-n for n in vector), dagger(matrix))
            if not np.allclose(back, dagger(matrix), atol=1e-12):
                raise InputError(f"hopping {vector!r} of term {self.name!r} must be Hermitian conjugate to that of -R")
        return given

    def __getstate__(self) -> dict[str, Any]:
        # What was worked out from these stays here.
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def n_states(self) -> int:
        return next(iter(self.hoppings.values())).shape[-1]

    @cached_property
    def is_uniform(self) -> bool:
        return not any(n[0] or n[1] or (n[2] and self.vectors[2, :2].any()) for n in self.hoppings)

    @cached_property
    def is_planar(self) -> bool:
        return not any(n[2] for n in self.hoppings)

    def __call__(self, k: ArrayLike) -> NDArray:
        return self._summed(self._phases(k), self._matrices)

    def gradient(self, k: ArrayLike) -> NDArray:
        phases = 1j * self._phases(k)[..., None, :] * self._positions.T
        return self._summed(phases, self._matrices)

    def blocks(self, k_par: ArrayLike, spacing: float) -> tuple[NDArray, NDArray]:
        height = self.vectors[2, 2]
        if abs(spacing - height) > 1e-9 * height:
            raise InputError(f"`spacing` must be {height:g} nm for term {self.name!r}, got {spacing:g} nm")
        k_par = np.asarray(k_par, float)
        onsite, hopping = (self._at_level(k_par, level) for level in (0, 1))
        return (onsite + dagger(onsite)) / 2, hopping

    def _at_level(self, k_par, level):
        """The sum of the R with n_3 = `level`; at one k if it is the same at all."""
        of_level = np.array([n[2] == level for n in self.hoppings])
        positions = self._positions[of_level]
        in_plane = positions[:, :2]
        if not in_plane.any():
            k_par = np.zeros((1, 2))
        return self._summed(np.exp(1j * k_par @ in_plane.T), self._matrices[of_level])

    @cached_property
    def slopes(self) -> tuple[Hoppings, Hoppings]:
        def along(axis):
            pairs = zip(self.hoppings.items(), self._positions[:, axis], strict=True)
            return replace(self, hoppings={n: 1j * x * matrix for (n, matrix), x in pairs})

        return along(0), along(1)

    def shifted(self, energy: float) -> Hoppings:
        here = self.hoppings.get((0, 0, 0), 0.0) + energy * np.eye(self.n_states)
        return replace(self, hoppings={**self.hoppings, (0, 0, 0): here})

    def same_as(self, other: Term) -> bool:
        return (
            type(self) is type(other)
            and np.array_equal(self.vectors, other.vectors)
            and self.hoppings.keys() == other.hoppings.keys()
            and all(np.array_equal(matrix, other.hoppings[n]) for n, matrix in self.hoppings.items())
        )

    @cached_property
    def _positions(self):
        """R of every matrix, (n_R, 3), nm."""
        return np.array(list(self.hoppings), float) @ self.vectors

    @cached_property
    def _matrices(self):
        return np.array(list(self.hoppings.values()))

    def _phases(self, k):
        """exp(i k.R), (..., n_R)."""
        return np.exp(1j * np.asarray(k, float) @ self._positions.T)

    @staticmethod
    def _summed(phases, matrices):
        n = matrices.shape[-1]
        return (phases @ matrices.reshape(-1, n * n)).reshape(*phases.shape[:-1], n, n)


def _is_lattice_vector(vector):
    """Whether it is three whole numbers."""
    return (
        isinstance(vector, tuple | list) and len(vector) == 3 and all(isinstance(n, int | np.integer) for n in vector)
    )


def has_planes(vectors: NDArray) -> bool:
    """Whether a_1 and a_2 lie in the plane and a_3 points up.

    Parameters
    ----------
    vectors : (3, 3) array, nm
        Lattice vectors as rows.
    """
    return not vectors[:2, 2].any() and bool(vectors[2, 2] > 0)


def reciprocal_vectors(vectors: ArrayLike) -> NDArray:
    """Reciprocal lattice vectors b_1, b_2 of the plane: a_i.b_j = 2 pi delta_ij.

    Parameters
    ----------
    vectors : (3, 3) array, nm
        Lattice vectors as rows, the first two in the plane.

    Returns
    -------
    (2, 2) array, 1/nm; b_1 and b_2 as rows, components x, y
    """
    return 2 * np.pi * np.linalg.inv(np.asarray(vectors, float)[:2, :2]).T
