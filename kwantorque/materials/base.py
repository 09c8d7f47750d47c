"""What a material is: H(k) as a sum of named terms, with its own spin and orbital matrices.

A material knows nothing of layers, leads, Fermi energies or Kwant.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import InputError

__all__ = ["PARTNERS", "Material", "Term", "check_material"]

PARTNERS = ("lattice", "magnetisation", "carriers")
"""Who receives the angular momentum that a term takes from the carriers."""


@dataclass(frozen=True, eq=False)
class Term:
    """One named term of H(k), a polynomial of second order in k.

        H_term(k) = constant + sum_i linear_i k_i + sum_ij quadratic_ij k_i k_j

    Parameters
    ----------
    name : str
        "kinetic", "exchange", "spin_orbit", "potential", "rashba", ...
    partner : {"lattice", "magnetisation", "carriers"}
        Who takes up what the term takes from the carriers' angular momentum. "carriers" is for
        atomic spin-orbit coupling, which moves it between spin and orbit and conserves L + s.
    constant : (n, n) array, eV
    linear : (3, n, n) array, eV nm, optional
    quadratic : (3, 3, n, n) array, eV nm^2, symmetric in its first two axes, optional
    """

    name: str
    partner: str
    constant: np.ndarray
    linear: np.ndarray = None
    quadratic: np.ndarray = None

    def __post_init__(self):
        if self.partner not in PARTNERS:
            raise InputError(f"partner of term {self.name!r} must be one of {PARTNERS}, got {self.partner!r}")
        constant = np.asarray(self.constant, complex)
        n = constant.shape[-1] if constant.ndim else 0
        linear = np.zeros((3, n, n), complex) if self.linear is None else np.asarray(self.linear, complex)
        quadratic = np.zeros((3, 3, n, n), complex) if self.quadratic is None else np.asarray(self.quadratic, complex)
        for label, value, shape in (
            ("constant", constant, (n, n)),
            ("linear", linear, (3, n, n)),
            ("quadratic", quadratic, (3, 3, n, n)),
        ):
            if value.shape != shape:
                raise InputError(f"{label} part of term {self.name!r} must have shape {shape}, got {value.shape}")
            if not np.isfinite(value).all():
                raise InputError(f"{label} part of term {self.name!r} must be finite")
            if not np.allclose(value, np.conj(np.swapaxes(value, -1, -2)), atol=1e-12):
                raise InputError(f"{label} part of term {self.name!r} must be Hermitian")
            object.__setattr__(self, label, value)
        if not np.allclose(quadratic, np.swapaxes(quadratic, 0, 1), atol=1e-12):
            raise InputError(f"quadratic part of term {self.name!r} must be symmetric in its first two axes")

    def __call__(self, k):
        """H_term(k), shape (..., n, n), for k of shape (..., 3) in 1/nm."""
        k = np.asarray(k, float)
        return (
            self.constant
            + np.einsum("...i,iab->...ab", k, self.linear)
            + np.einsum("...i,...j,ijab->...ab", k, k, self.quadratic)
        )

    def same_as(self, other):
        """Whether two terms of one name have the same matrices."""
        parts = ("constant", "linear", "quadratic")
        return type(self) is type(other) and all(np.array_equal(getattr(self, x), getattr(other, x)) for x in parts)

    def gradient(self, k):
        """dH_term/dk_i, shape (..., 3, n, n), for k of shape (..., 3) in 1/nm."""
        return self.linear + 2 * np.einsum("...j,ijab->...iab", np.asarray(k, float), self.quadratic)

    @cached_property
    def is_uniform(self):
        """Whether the term is the same at every in-plane k."""
        return not (self.linear[:2].any() or self.quadratic[:2].any())

    def along_z(self, k_par):
        """A, B, C of H_term = A + B k_z + C k_z^2 at in-plane k_par of shape (nk, 2).

        Each has shape (nk, n, n), or (1, n, n) where it does not depend on k_par.
        """
        return self._at_any_k if self.is_uniform else self._along_z(np.asarray(k_par, float))

    @cached_property
    def _at_any_k(self):
        return self._along_z(np.zeros((1, 2)))

    def _along_z(self, k_par):
        k = np.concatenate([k_par, np.zeros((len(k_par), 1))], axis=1)
        slope = self.gradient(k if self.quadratic[2, :2].any() else k[:1])[:, 2]
        return self(k), slope, self.quadratic[None, 2, 2]


class Material(ABC):
    """Contract of a material; whoever writes the next one provides:

    1. `spin` and `orbital`, Hermitian arrays (3, n, n) with hbar = 1, components x, y, z;
       the spin of free electrons in s bands goes with `orbital` = 0.
    2. `terms(m)`, a tuple of `Term` with distinct names, for a magnetisation direction `m`
       (unit vector, or None for a material that is not magnetic). Bands are electron-like
       (bounded from below, states filled upwards); a hole material is written in hole energies.
    3. `is_magnetic`, whether a layer of it needs a direction `m`.
    4. a `repr` that states its parameters: it is stored with every result.
    5. if it is periodic in the plane, `zone`, half the width (1/nm) of its square Brillouin zone, where the k integrals
       end; and if it is meant for one lattice spacing only, `spacing` (nm). None otherwise.
    """

    spin: np.ndarray
    orbital: np.ndarray
    is_magnetic: bool
    zone: float | None = None
    spacing: float | None = None

    @abstractmethod
    def terms(self, m=None):
        """The named terms of H for magnetisation direction `m` (unit vector or None)."""

    @property
    def n_orbitals(self):
        """Number of orbital x spin states per site."""
        return self.spin.shape[-1]

    @property
    def total(self):
        """J = L + s, shape (3, n, n)."""
        return self.orbital + self.spin

    def hamiltonian(self, k, m=None):
        """H(k) in eV, shape (..., n, n), for k of shape (..., 3) in 1/nm."""
        return sum(term(k) for term in self.terms(m))

    def velocity(self, k, m=None):
        """hbar v_i = dH/dk_i in eV nm, shape (..., 3, n, n), for k of shape (..., 3) in 1/nm."""
        return sum(term.gradient(k) for term in self.terms(m))


def check_material(material, m):
    """Check that a material fulfils the contract, for a direction `m` of the magnetisation (or None).

    Raises
    ------
    InputError
        Says which point of the contract is not met.
    """
    if not isinstance(material, Material):
        raise InputError(f"`material` of a layer must be a Material, got {material!r}")
    shapes = []
    for name in ("spin", "orbital"):
        vector = np.asarray(getattr(material, name, None))
        if vector.dtype == object or vector.ndim != 3 or vector.shape[0] != 3 or vector.shape[1] != vector.shape[2]:
            raise InputError(f"`{name}` of {material!r} must be an array (3, n, n)")
        if not np.allclose(vector, np.conj(np.swapaxes(vector, -1, -2))):
            raise InputError(f"`{name}` of {material!r} must be Hermitian")
        shapes.append(vector.shape)
    terms = material.terms(m)
    if not terms or not all(isinstance(term, Term) for term in terms):
        raise InputError(f"`terms` of {material!r} must return a tuple of at least one Term, got {terms!r}")
    if len({term.name for term in terms}) < len(terms):
        raise InputError(f"the terms of a material must have distinct names, got {[term.name for term in terms]}")
    if {term.constant.shape for term in terms} != {shapes[0][1:]} or shapes[0] != shapes[1]:
        raise InputError(f"spin, orbital and all terms of {material!r} must act on the same number of states")
