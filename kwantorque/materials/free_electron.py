"""Free electrons with an exchange splitting (Stoner): metals and barriers of Ralph & Stiles and of Manchon."""

from dataclasses import dataclass

import numpy as np

from ..errors import finite, positive
from ..units import HBAR2_OVER_2M0
from .polynomial import Polynomial
from .spin_half import SpinHalf

__all__ = ["FreeElectron"]


@dataclass(frozen=True)
class FreeElectron(SpinHalf):
    """One parabolic band per spin.

        H = (hbar^2/2m) k^2      kinetic
            + U                  potential
            + Delta m.s          exchange

    Basis spin up, down; s = sigma/2, L = 0, hbar = 1. In J_ex sigma.m, as others write it, Delta = 2 J_ex.

    Parameters
    ----------
    exchange : float, eV
        Delta. Delta < 0 makes spin along +m the majority; 0 makes the material non-magnetic.
    mass : float, m0
    bottom : float, eV
        U: the band bottom, half way between those of both spins.
    """

    exchange: float = 0.0
    mass: float = 1.0
    bottom: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        positive("mass", self.mass, "m0")

    @classmethod
    def from_wavevectors(cls, up, down=None, *, fermi_energy=0.0, mass=1.0):
        """The material whose Fermi wavevectors are `up` and `down` (1/nm), for spin along +m and -m.

        Without `down` it is non-magnetic. The band bottoms are E_F - hbar^2 k^2/2m.
        """
        up = positive("up", up, "1/nm")
        down = up if down is None else positive("down", down, "1/nm")
        c = HBAR2_OVER_2M0 / positive("mass", mass, "m0")
        bottom = finite("fermi_energy", fermi_energy, "eV") - c * (up**2 + down**2) / 2
        return cls(exchange=c * (down**2 - up**2), mass=mass, bottom=bottom)

    @property
    def bottoms(self):
        """Band bottoms for spin along +m and -m, eV."""
        return self.bottom + self.exchange / 2, self.bottom - self.exchange / 2

    def terms(self, m=None):
        quadratic = HBAR2_OVER_2M0 / self.mass * np.einsum("ij,ab->ijab", np.eye(3), np.eye(2))
        terms = [
            Polynomial("kinetic", "lattice", np.zeros((2, 2)), quadratic=quadratic),
            Polynomial("potential", "lattice", self.bottom * np.eye(2)),
        ]
        return self.with_exchange(terms, m)
