"""One orbital per site of a cubic lattice: the tight-binding junctions of the literature, typed in as they stand."""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError, finite, positive
from .base import Term
from .spin_half import SpinHalf

__all__ = ["CubicLattice"]


class _Hopping(Term):
    """2 t [cos(k_x a) + cos(k_y a) + cos(k_z a)]; along z it is the chain's own hopping, -C/a^2 = t."""

    def __init__(self, hopping, lattice_constant):
        quadratic = -hopping * lattice_constant**2 * np.einsum("ij,ab->ijab", np.eye(3), np.eye(2))
        super().__init__("kinetic", "lattice", 6 * hopping * np.eye(2), quadratic=quadratic)
        object.__setattr__(self, "hopping", hopping)
        object.__setattr__(self, "lattice_constant", lattice_constant)

    def __call__(self, k):
        phases = self.lattice_constant * np.asarray(k, float)
        return 2 * self.hopping * np.cos(phases).sum(axis=-1)[..., None, None] * np.eye(2)

    def gradient(self, k):
        phases = self.lattice_constant * np.asarray(k, float)
        slopes = -2 * self.hopping * self.lattice_constant * np.sin(phases)
        return slopes[..., None, None] * np.eye(2)

    is_uniform = False


@dataclass(frozen=True)
class CubicLattice(SpinHalf):
    """One orbital per site of a simple cubic lattice, with current along one of its axes.

        H = 2 t [cos(k_x a) + cos(k_y a) + cos(k_z a)]     kinetic
            + e_mean                                       potential
            + Delta m.s                                    exchange

    Published as on-site energies of spin up and down, e_up and e_down: `from_energies`. The stack's spacing
    must be the lattice constant; with `Stack(atomic=True)` a layer of thickness N a is N atomic planes.

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
    """

    hopping: float = -1.0
    exchange: float = 0.0
    onsite: float = 0.0
    lattice_constant: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        positive("lattice_constant", self.lattice_constant, "nm")
        if self.hopping >= 0:
            raise InputError(f"`hopping` must be < 0 eV, so that the band bottom is at k = 0, got {self.hopping}")

    @classmethod
    def from_energies(cls, up, down=None, *, hopping, lattice_constant=1.0):
        """The material with on-site energies `up` and `down` (eV) for spin along +m and -m."""
        down = up if down is None else down
        mean = (finite("up", up, "eV") + finite("down", down, "eV")) / 2
        return cls(hopping, up - down, mean, lattice_constant)

    @property
    def zone(self):
        """Half the width of the square Brillouin zone of the plane, 1/nm: the k integrals end there."""
        return np.pi / self.lattice_constant

    @property
    def spacing(self):
        """The spacing that a stack of this material must have, nm."""
        return self.lattice_constant

    def terms(self, m=None):
        terms = [
            _Hopping(self.hopping, self.lattice_constant),
            Term("potential", "lattice", self.onsite * np.eye(2)),
        ]
        return self.with_exchange(terms, m)
