"""A term of second order in k: effective masses, k.p, Rashba coupling, constants."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, named
from .base import Term, as_matrix, check_partner

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Polynomial"]


@named
@dataclass(frozen=True, eq=False)
class Polynomial(Term):
    """One named term of H(k), a polynomial of second order in k.

        H_term(k) = constant + sum_i linear_i k_i + sum_ij quadratic_ij k_i k_j

    With H_term = A + B k_z + C k_z^2 at in-plane k, its blocks on sites a apart are
    h = A + 2C/a^2 and V = -C/a^2 - iB/(2a), with an error of O(a^2).

    Parameters
    ----------
    name : str
    partner : str
        Who takes what the term takes from the carriers, see `Term`.
    constant : (n, n) array, eV
    linear : (3, n, n) array, eV nm, optional
    quadratic : (3, 3, n, n) array, eV nm^2, symmetric in its first two axes, optional

    Raises
    ------
    InputError
        A matrix of the wrong shape, not finite or not Hermitian, or a misspelt partner.

    Examples
    --------
    Rashba coupling alpha (k_y sigma_x - k_x sigma_y), alpha = 0.1 eV nm:

    >>> import kwantorque as kt
    >>> from kwantorque.algebra import SPIN_HALF
    >>> x, y, _ = 0.1 * 2 * SPIN_HALF
    >>> rashba = kt.Polynomial("rashba", "lattice", 0 * x, linear=[-y, x, 0 * x])
    >>> rashba([0.0, 2.0, 0.0]).real
    array([[0. , 0.2],
           [0.2, 0. ]])
    >>> kt.Polynomial("rashba", "lattice", 0 * x, linear=[-y, x])
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: linear part of term 'rashba' must have shape ...
    """

    name: str
    partner: str
    constant: ArrayLike
    linear: ArrayLike | None = None
    quadratic: ArrayLike | None = None

    def __post_init__(self) -> None:
        check_partner(self.name, self.partner)
        where = f"part of term {self.name!r}"
        constant = as_matrix(f"constant {where}", self.constant)
        n = constant.shape[-1] if constant.ndim else 1
        linear, quadratic = (
            np.zeros((*axes, n, n), complex) if value is None else as_matrix(f"{label} {where}", value)
            for label, value, axes in (("linear", self.linear, (3,)), ("quadratic", self.quadratic, (3, 3)))
        )
        for label, value, shape in (
            ("constant", constant, (n, n)),
            ("linear", linear, (3, n, n)),
            ("quadratic", quadratic, (3, 3, n, n)),
        ):
            if value.shape != shape:
                raise InputError(f"{label} part of term {self.name!r} must have shape {shape}, got {value.shape}")
            if not np.allclose(value, np.conj(np.swapaxes(value, -1, -2)), atol=1e-12):
                raise InputError(f"{label} part of term {self.name!r} must be Hermitian")
            object.__setattr__(self, label, value)
        if not np.allclose(quadratic, np.swapaxes(quadratic, 0, 1), atol=1e-12):
            raise InputError(f"quadratic part of term {self.name!r} must be symmetric in its first two axes")

    def __getstate__(self) -> dict[str, Any]:
        # What was worked out from these stays here.
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def n_states(self) -> int:
        return self.constant.shape[-1]

    @cached_property
    def is_uniform(self) -> bool:
        return not (self.linear[:2].any() or self.quadratic[:2].any())

    @property
    def is_planar(self) -> bool:
        return not (self.linear[2].any() or self.quadratic[2].any())

    def __call__(self, k: ArrayLike) -> NDArray:
        k = np.asarray(k, float)
        return (
            self.constant
            + np.einsum("...i,iab->...ab", k, self.linear)
            + np.einsum("...i,...j,ijab->...ab", k, k, self.quadratic)
        )

    def gradient(self, k: ArrayLike) -> NDArray:
        return self.linear + 2 * np.einsum("...j,ijab->...iab", np.asarray(k, float), self.quadratic)

    def blocks(self, k_par: ArrayLike, spacing: float) -> tuple[NDArray, NDArray]:
        a, b, c = self._at_any_k if self.is_uniform else self._along_z(np.asarray(k_par, float))
        return a + 2 * c / spacing**2, -c / spacing**2 - 0.5j * b / spacing

    @cached_property
    def slopes(self) -> tuple[Polynomial, Polynomial]:
        return tuple(
            replace(self, constant=self.linear[axis], linear=2 * self.quadratic[axis], quadratic=None)
            for axis in range(2)
        )

    def shifted(self, energy: float) -> Polynomial:
        return replace(self, constant=self.constant + energy * np.eye(self.n_states))

    def same_as(self, other: Term) -> bool:
        parts = ("constant", "linear", "quadratic")
        return type(self) is type(other) and all(np.array_equal(getattr(self, x), getattr(other, x)) for x in parts)

    @cached_property
    def _at_any_k(self):
        return self._along_z(np.zeros((1, 2)))

    def _along_z(self, k_par):
        """A, B, C of H_term = A + B k_z + C k_z^2, each (nk, n, n) or (1, n, n)."""
        k = np.concatenate([k_par, np.zeros((len(k_par), 1))], axis=1)
        slope = self.gradient(k if self.quadratic[2, :2].any() else k[:1])[:, 2]
        return self(k), slope, self.quadratic[None, 2, 2]
