"""Six-band Kohn-Luttinger holes: GaAs, GaMnAs and their relatives."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import SPIN_HALF, SPIN_ONE, on_orbital, on_spin
from ..errors import InputError, finite, named
from ..units import HBAR2_OVER_2M0
from .base import Material, require_direction
from .polynomial import Polynomial
from .terms import exchange, potential, spin_orbit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .base import Term

__all__ = ["KohnLuttinger"]


@named
@dataclass(frozen=True)
class KohnLuttinger(Material):
    """Valence band of a cubic semiconductor, p orbitals x spin, in hole energies.

        H = (hbar^2/2m0) [(g1 + 4 g2) k^2 - 6 g2 (L.k)^2
                          - 6 (g3 - g2) sum_{i != j} k_i k_j L_i L_j]    kinetic
            - alpha L.sigma                                              spin_orbit
            + Delta m.s                                                  exchange
            + band offset                                                potential

    Hole energies: holes fill upwards.

    Basis kron(orbital, spin): m_L = +1, 0, -1; spin up, down. s = sigma/2, L spin-1
    matrices, hbar = 1. With this sign of alpha the J = 3/2 quartet is on top of the
    valence band and the split-off band 3 alpha away. Eq. 1 of Haney & Stiles prints
    + alpha L.s instead, which puts J = 1/2 on top and does not give their numbers.

    Parameters
    ----------
    exchange : float, eV
        Delta. Its sign is that of the carriers' energy along +m: Delta > 0 favours spin
        along -m. Haney & Stiles use 0.27 for GaMnAs; 0 makes the material non-magnetic.
    spin_orbit : float, eV
        alpha; 0.11 gives a split-off energy of 0.33 eV (GaAs: 0.34 eV; Vurgaftman et
        al., J. Appl. Phys. 89, 5815 (2001)).
    gamma1, gamma2, gamma3 : float
        Luttinger parameters; the defaults are those of GaAs in Haney & Stiles.
    band_edge : float, eV
        Energy of the lowest hole state at k = 0, exchange and spin-orbit coupling
        included.

    Raises
    ------
    InputError
        A parameter is not a finite number, or the bands bend down in some direction.

    References
    ----------
    Haney & Stiles, Phys. Rev. Lett. 105, 126602 (2010), eq. 1.

    Examples
    --------
    >>> import kwantorque as kt
    >>> gamnas = kt.KohnLuttinger(exchange=0.27)
    >>> [term.name for term in gamnas.terms([0, 0, 1])]
    ['kinetic', 'spin_orbit', 'exchange', 'potential']
    >>> kt.KohnLuttinger(gamma1=4.0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: the kinetic term must be positive in every ...
    """

    exchange: float = 0.0
    spin_orbit: float = 0.11
    gamma1: float = 6.85
    gamma2: float = 2.1
    gamma3: float = 2.9
    band_edge: float = 0.0

    spin = on_spin(SPIN_HALF, 3)
    orbital = on_orbital(SPIN_ONE)

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, finite(field.name, getattr(self, field.name)))
        smallest = self.inverse_mass_bound()
        if smallest <= 0:
            raise InputError(
                f"the kinetic term must be positive in every direction, but gamma1, gamma2, gamma3 = "
                f"{self.gamma1:g}, {self.gamma2:g}, {self.gamma3:g} give an inverse mass of {smallest:.3g} / m0"
            )

    @property
    def is_magnetic(self) -> bool:
        """Whether a layer of it needs a direction `m`."""
        return self.exchange != 0

    def inverse_mass_bound(self) -> float:
        """Smallest m0/m of the kinetic term, over the directions where extrema lie.

        Along 001 the eigenvalues are g1 - 2 g2 and g1 + 4 g2, along 111 g1 - 2 g3 and
        g1 + 4 g3, along 110 g1 - 2 g2 and g1 + g2 +- 3 g3.
        """
        g1, g2, g3 = self.gamma1, self.gamma2, self.gamma3
        return min(g1 - 2 * g2, g1 + 4 * g2, g1 - 2 * g3, g1 + 4 * g3, g1 + g2 - 3 * g3, g1 + g2 + 3 * g3)

    def terms(self, m: ArrayLike | None = None) -> tuple[Term, ...]:
        if self.is_magnetic:
            require_direction(m, self)
        n, orbital = self.n_orbitals, self.orbital
        product = np.einsum("iab,jbc->ijac", orbital, orbital)
        product = (product + np.swapaxes(product, 0, 1)) / 2
        same = np.eye(3)[:, :, None, None]
        quadratic = HBAR2_OVER_2M0 * (
            (self.gamma1 + 4 * self.gamma2) * same * np.eye(n)
            - 6 * self.gamma2 * product
            - 6 * (self.gamma3 - self.gamma2) * (1 - same) * product
        )
        kinetic = Polynomial("kinetic", "lattice", np.zeros((n, n)), quadratic=quadratic)
        terms = [kinetic, spin_orbit(-self.spin_orbit).term(self), *self._further_terms()]
        if self.is_magnetic:
            terms.append(exchange(self.exchange).term(self, m))
        lowest = np.linalg.eigvalsh(sum(term.constant for term in terms))[0]
        return (*terms, potential(float(self.band_edge - lowest)).term(self))

    def _further_terms(self) -> tuple[Polynomial, ...]:
        """Those of a relative of the unstrained crystal."""
        return ()
