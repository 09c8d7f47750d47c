"""A p shell on every site of a cubic lattice: orbital moments and their Hall effect."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import SPIN_HALF, SPIN_ONE, on_orbital, on_spin
from ..errors import finite, named, positive
from . import terms as bricks
from .base import Material
from .cubic_lattice import rashba_hoppings
from .hoppings import Hoppings, reciprocal_vectors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .base import Term

__all__ = ["PLattice"]


@named
@dataclass(frozen=True)
class PLattice(Material):
    """Three p orbitals per site of a simple cubic lattice, to second neighbours.

    Along a bond of direction d the p orbital that points along d has the hopping
    V_sigma, the two across it V_pi,

        V(d) = V_pi + (V_sigma - V_pi) [1 - (L.d)^2]           kinetic
        H = sum over neighbours of V + e                       potential
            + Delta m.s                                        exchange
            + lambda L.s                                       spin_orbit
            + (alpha/a) [sin(k_y a) sigma_x - sin(k_x a) sigma_y]    rashba

    Basis kron(orbital, spin): m_L = +1, 0, -1, spin up, down; hbar = 1. The bonds to
    second neighbours out of the plane carry the orbital Hall current.

    Parameters
    ----------
    v_sigma, v_pi : float, eV
        To first neighbours, a apart.
    v2_sigma, v2_pi : float, eV
        To second neighbours.
    exchange, onsite, spin_orbit : float, eV
        Delta, e and lambda.
    rashba : float, eV nm
        alpha: that of the planes of this layer, mostly one next to an interface.
    lattice_constant : float, nm

    Raises
    ------
    InputError
        lattice_constant <= 0, or something that is not a number.

    References
    ----------
    Slater and Koster, Phys. Rev. 94, 1498 (1954); Go et al., Phys. Rev. Lett. 121,
    086602 (2018), for the orbital Hall effect of such bands.

    Examples
    --------
    At k = 0 all orbitals have 2 V_sigma + 4 V_pi:

    >>> import kwantorque as kt
    >>> metal = kt.PLattice(1.0, -0.35, spin_orbit=0.4, lattice_constant=0.3)
    >>> np.linalg.eigvalsh(metal.hamiltonian([0, 0, 0])).round(6)
    array([0.2, 0.2, 0.8, 0.8, 0.8, 0.8])
    >>> kt.PLattice(1.0, -0.35, lattice_constant=0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `lattice_constant` must be > 0 nm, got 0.0
    """

    v_sigma: float = 1.0
    v_pi: float = -0.35
    v2_sigma: float = 0.0
    v2_pi: float = 0.0
    exchange: float = 0.0
    onsite: float = 0.0
    spin_orbit: float = 0.0
    rashba: float = 0.0
    lattice_constant: float = 1.0

    spin = on_spin(SPIN_HALF, 3)
    orbital = on_orbital(SPIN_ONE)

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, finite(field.name, getattr(self, field.name)))
        positive("lattice_constant", self.lattice_constant, "nm")

    @property
    def is_magnetic(self) -> bool:
        """Whether a layer of it needs a direction `m`."""
        return self.exchange != 0

    @property
    def reciprocal(self) -> NDArray:
        """Reciprocal lattice vectors of the plane as rows, (2, 2), 1/nm."""
        return reciprocal_vectors(self.lattice_constant * np.eye(3))

    @property
    def spacing(self) -> float:
        """The spacing that a stack of this material must have, nm."""
        return self.lattice_constant

    def terms(self, m: ArrayLike | None = None) -> tuple[Term, ...]:
        parts = [self._kinetic(), bricks.potential(self.onsite)]
        if self.exchange:
            parts.append(bricks.exchange(self.exchange))
        if self.spin_orbit:
            # lambda L.s = alpha L.sigma
            parts.append(bricks.spin_orbit(self.spin_orbit / 2))
        if self.rashba:
            parts.append(rashba_hoppings(self.rashba, self.spin, self.lattice_constant))
        return tuple(part.term(self, m) if isinstance(part, bricks.Brick) else part for part in parts)

    def _kinetic(self):
        axes = np.eye(3, dtype=int)
        second = [a + sign * b for a, b in combinations(axes, 2) for sign in (1, -1)]
        shells = ((axes, self.v_sigma, self.v_pi), (second, self.v2_sigma, self.v2_pi))
        hoppings = {
            tuple(n.tolist()): self._hopping(n, sigma, pi) for bonds, sigma, pi in shells for n in bonds if sigma or pi
        }
        return Hoppings("kinetic", "lattice", hoppings or {(0, 0, 0): np.zeros((6, 6))}, self.lattice_constant)

    def _hopping(self, n, sigma, pi):
        """V along the direction of n."""
        along = np.einsum("i,iab->ab", n / np.linalg.norm(n), self.orbital)
        return pi * np.eye(6) + (sigma - pi) * (np.eye(6) - along @ along)
