"""Free electrons with an exchange splitting (Stoner).

Metals and barriers of Ralph & Stiles and of Manchon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import finite, named, positive
from ..units import HBAR2_OVER_2M0
from .spin_half import SpinHalf
from .terms import kinetic, potential

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .base import Term

__all__ = ["FreeElectron"]


@named
@dataclass(frozen=True)
class FreeElectron(SpinHalf):
    """One parabolic band per spin.

        H = (hbar^2/2m) k^2      kinetic
            + U                  potential
            + Delta m.s          exchange

    Basis spin up, down; s = sigma/2, L = 0, hbar = 1. In J_ex sigma.m, as others write
    it, Delta = 2 J_ex.

    Parameters
    ----------
    exchange : float, eV
        Delta. Delta < 0 makes spin along +m the majority; 0 makes the material
        non-magnetic.
    mass : float, m0
    bottom : float, eV
        U: the band bottom, half way between those of both spins.

    Raises
    ------
    InputError
        mass <= 0, or something that is not a finite number.

    References
    ----------
    Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 3;
    Manchon, Phys. Rev. B 83, 172403 (2011).

    Examples
    --------
    >>> import kwantorque as kt
    >>> cobalt = kt.FreeElectron.from_wavevectors(13.6, 8.0)
    >>> cobalt.exchange < 0  # spin along +m is the majority
    True
    >>> [round(energy, 3) for energy in cobalt.bottoms]
    [-7.047, -2.438]
    >>> kt.FreeElectron(mass=0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `mass` must be > 0 m0, got 0.0
    """

    exchange: float = 0.0
    mass: float = 1.0
    bottom: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("mass", self.mass, "m0")

    @classmethod
    @named
    def from_wavevectors(
        cls, up: float, down: float | None = None, *, fermi_energy: float = 0.0, mass: float = 1.0
    ) -> FreeElectron:
        """The material with these Fermi wavevectors of spin along +m and -m.

        The band bottoms are E_F - hbar^2 k^2/2m, so that

            Delta = (hbar^2/2m) (down^2 - up^2)

        Parameters
        ----------
        up, down : float, 1/nm
            Without `down` the material is non-magnetic.
        fermi_energy : float, eV
        mass : float, m0

        Raises
        ------
        InputError
            A wavevector or mass that is not > 0.
        """
        up = positive("up", up, "1/nm")
        down = up if down is None else positive("down", down, "1/nm")
        c = HBAR2_OVER_2M0 / positive("mass", mass, "m0")
        bottom = finite("fermi_energy", fermi_energy, "eV") - c * (up**2 + down**2) / 2
        return cls(exchange=c * (down**2 - up**2), mass=mass, bottom=bottom)

    @property
    def bottoms(self) -> tuple[float, float]:
        """Band bottoms of spin along +m and -m, eV."""
        return self.bottom + self.exchange / 2, self.bottom - self.exchange / 2

    def terms(self, m: ArrayLike | None = None) -> tuple[Term, ...]:
        return self.with_exchange([kinetic(self.mass), potential(self.bottom)], m)
