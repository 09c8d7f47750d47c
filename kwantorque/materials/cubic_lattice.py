"""One orbital per site of a cubic lattice.

The tight-binding junctions of the literature, typed in as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, finite, named, positive
from .hoppings import Hoppings, reciprocal_vectors
from .spin_half import SpinHalf
from .terms import potential

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .base import Term

__all__ = ["CubicLattice", "rashba_hoppings"]


@named
@dataclass(frozen=True)
class CubicLattice(SpinHalf):
    """One orbital per site of a simple cubic lattice, current along one of its axes.

        H = 2 t [cos(k_x a) + cos(k_y a) + cos(k_z a)]     kinetic
            + e_mean                                       potential
            + Delta m.s                                    exchange
            + (alpha/a) [sin(k_y a) sigma_x - sin(k_x a) sigma_y]    rashba

    Basis spin up, down; s = sigma/2, L = 0, hbar = 1.

    Published as on-site energies of spin up and down, e_up and e_down: `from_energies`.
    The stack's spacing must be the lattice constant; with `Stack(atomic=True)` a layer
    of thickness N a is N atomic planes.

    Parameters
    ----------
    hopping : float, eV
        t; negative for electrons, whose band bottom is at k = 0.
    exchange : float, eV
        Delta; negative where spin along +m is the majority.
    onsite : float, eV
        e_mean, half way between both spins.
    lattice_constant : float, nm
        a; fluxes and torques per in-plane cell are those per nm^2 times a^2.
    rashba : float, eV nm
        alpha: that of the planes of this layer, mostly one next to an interface.

    Raises
    ------
    InputError
        hopping >= 0, lattice_constant <= 0, or something that is not a number.

    Examples
    --------
    >>> import kwantorque as kt
    >>> magnet = kt.CubicLattice.from_energies(1.2, 2.0, hopping=-0.4)
    >>> magnet.hamiltonian([0, 0, 0], m=[0, 0, 1]).real.round(9)
    array([[-1.2,  0. ],
           [ 0. , -0.4]])
    >>> kt.CubicLattice(hopping=0.4)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `hopping` must be < 0 eV, so that the band bottom ...
    """

    hopping: float = -1.0
    exchange: float = 0.0
    onsite: float = 0.0
    lattice_constant: float = 1.0
    rashba: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("lattice_constant", self.lattice_constant, "nm")
        if self.hopping >= 0:
            raise InputError(f"`hopping` must be < 0 eV, so that the band bottom is at k = 0, got {self.hopping}")

    @classmethod
    def from_energies(
        cls, up: float, down: float | None = None, *, hopping: float, lattice_constant: float = 1.0
    ) -> CubicLattice:
        """The material with these on-site energies of spin along +m and -m.

            e_mean = (up + down)/2,        Delta = up - down

        Parameters
        ----------
        up, down : float, eV
            Without `down` the material is non-magnetic.
        hopping : float, eV
        lattice_constant : float, nm

        Raises
        ------
        InputError
            As of `CubicLattice`.
        """
        down = up if down is None else down
        mean = (finite("up", up, "eV") + finite("down", down, "eV")) / 2
        return cls(hopping, up - down, mean, lattice_constant)

    @property
    def reciprocal(self) -> NDArray:
        """Reciprocal lattice vectors of the plane as rows, (2, 2), 1/nm."""
        return reciprocal_vectors(self.lattice_constant * np.eye(3))

    @property
    def spacing(self) -> float:
        """The spacing that a stack of this material must have, nm."""
        return self.lattice_constant

    def terms(self, m: ArrayLike | None = None) -> tuple[Term, ...]:
        neighbours = {tuple(axis): self.hopping * np.eye(2) for axis in np.eye(3, dtype=int).tolist()}
        terms = [
            Hoppings("kinetic", "lattice", neighbours, self.lattice_constant),
            potential(self.onsite),
        ]
        if self.rashba:
            terms.append(rashba_hoppings(self.rashba, self.spin, self.lattice_constant))
        return self.with_exchange(terms, m)


def rashba_hoppings(alpha: float, spin: NDArray, lattice_constant: float) -> Hoppings:
    """Rashba coupling in the planes of a square lattice, whose partner is the lattice.

        H(k) = (alpha/a) [sin(k_y a) sigma_x - sin(k_x a) sigma_y],    sigma = 2 s

    For small k it is alpha (k_y sigma_x - k_x sigma_y), that of `terms.rashba`.

    Parameters
    ----------
    alpha : float, eV nm
    spin : (3, n, n) array
        Of the basis, hbar = 1.
    lattice_constant : float, nm

    Examples
    --------
    >>> from kwantorque.algebra import SPIN_HALF
    >>> from kwantorque.materials.cubic_lattice import rashba_hoppings
    >>> term = rashba_hoppings(0.03, SPIN_HALF, 0.3)
    >>> term([0, np.pi / 0.6, 0]).real.round(9) + 0.0
    array([[0. , 0.1],
           [0.1, 0. ]])
    """
    strength = 1j * alpha / lattice_constant
    hoppings = {(1, 0, 0): strength * spin[1], (0, 1, 0): -strength * spin[0]}
    return Hoppings("rashba", "lattice", hoppings, lattice_constant)
