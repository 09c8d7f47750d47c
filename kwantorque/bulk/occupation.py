"""Two models of scattering: what an electric field makes of the density matrix.

In the basis of the eigenstates e_n of H(k), with w = e_n - e_m, v the velocity along
the field and o a product element by element, electrons of charge -e get (hbar = 1)

    delta rho   = eE kappa o v          what the field changes
    d rho_0/dk  = D o v                 what it pushes through k space
    relaxation  = eE r o v              what scattering takes away again

and every model obeys  D - i w kappa - r = 0,  the stationary equation of motion
-i [H, delta rho] + eE d rho_0/dk - relaxation = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit

from ..errors import InputError, finite, known, positive
from ..units import BOLTZMANN

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MODELS", "Broadened", "Factors", "Relaxing", "model_of"]

NEARLY_EQUAL = 0.25
"""Difference of two energies in kT below which that of occupations is expanded."""
SERIES = 0.05
"""Argument below which the difference of two nearly equal functions is a series."""


class Factors(NamedTuple):
    """What v is multiplied with, element by element; (nk, N, N) each.

    Attributes
    ----------
    d : of d rho_0/dk
    dissipative, intrinsic : the real and imaginary part of kappa
    taken_real, taken_imag : those of r
        None where r = gamma kappa.
    """

    d: NDArray
    dissipative: NDArray
    intrinsic: NDArray
    taken_real: NDArray | None = None
    taken_imag: NDArray | None = None


@dataclass(frozen=True)
class Relaxing:
    """A density matrix that relaxes to equilibrium at the rate gamma/hbar.

        d rho/dt = -i [H, rho] + eE d rho/dk - gamma (rho - rho_0)
        D = (f_n - f_m)/w,      kappa = D/(gamma + i w),      r = gamma kappa

    Parameters
    ----------
    energy : float, eV
        The Fermi energy.
    broadening : float, eV
        gamma = hbar/tau.
    temperature : float, K

    Examples
    --------
    >>> from kwantorque.bulk.occupation import Relaxing
    >>> model = Relaxing(energy=0.0, broadening=0.1, temperature=300.0)
    >>> d, re, im, *_ = model.factors(np.array([[-0.1, 0.2]]))
    >>> w = np.array([[0.0, -0.3], [0.3, 0.0]])
    >>> bool(np.abs(d - (0.1 + 1j * w) * (re + 1j * im)).max() < 1e-14)
    True
    """

    energy: float
    broadening: float
    temperature: float

    def factors(self, energies: NDArray) -> Factors:
        """The factors of the model from energies (nk, N)."""
        thermal = BOLTZMANN * self.temperature
        x = (energies - self.energy) / thermal
        f = expit(-x)
        w = energies[:, :, None] - energies[:, None, :]
        near = np.abs(w) < NEARLY_EQUAL * thermal
        d = (f[:, :, None] - f[:, None, :]) / np.where(near, 1.0, w)
        # f_n - f_m = -2 sinh(half) s_n s_m with s = sqrt(f (1 - f)), half = w/2kT
        at, n, m = np.nonzero(near)
        root, half = np.sqrt(f * expit(x)), w[at, n, m] / (2 * thermal)
        sinhc = 1 + half**2 / 6 * (1 + half**2 / 20 * (1 + half**2 / 42))
        d[at, n, m] = -root[at, n] * root[at, m] * sinhc / thermal
        over = d / (self.broadening**2 + w**2)
        return Factors(d, over * self.broadening, -over * w)


@dataclass(frozen=True)
class Broadened:
    """Constant broadening Gamma = gamma/2 of all states, T = 0.

    With G_n = 1/(mu - e_n + i Gamma), to which the integrals over energy of Bastin and
    of Streda lead:

        D = -Im ln[(mu - e_n + i Gamma)/(mu - e_m + i Gamma)]/(pi w)
        Re kappa = -Im G_n Im G_m/pi,     Im kappa = -[D + (Gamma/pi) Re G_n G_m*]/w
        r = -(Gamma/pi) G_n G_m*

    Parameters
    ----------
    energy : float, eV
        mu, the Fermi energy.
    broadening : float, eV
        gamma = hbar/tau = 2 Gamma.

    References
    ----------
    Freimuth, Bluegel & Mokrousov, Phys. Rev. B 90, 174423 (2014); Bonbien & Manchon,
    Phys. Rev. B 102, 085113 (2020).

    Examples
    --------
    >>> from kwantorque.bulk.occupation import Broadened
    >>> energies, w = np.array([[-0.1, 0.2]]), np.array([[0.0, -0.3], [0.3, 0.0]])
    >>> d, re, im, r_re, r_im = Broadened(0.0, 0.1).factors(energies)
    >>> bool(np.abs(d - 1j * w * (re + 1j * im) - r_re - 1j * r_im).max() < 1e-14)
    True
    """

    energy: float
    broadening: float

    def factors(self, energies: NDArray) -> Factors:
        """The factors of the model from energies (nk, N)."""
        half, a = self.broadening / 2, self.energy - energies
        w = energies[:, :, None] - energies[:, None, :]
        # (a_n + i Gamma)(a_m - i Gamma) = q + i Gamma w
        q = a[:, :, None] * a[:, None, :] + half**2
        size = q**2 + (half * w) ** 2
        near = (q > 0) & (np.abs(half * w) < SERIES * q)
        safe = np.where(near, 1.0, w)
        slope = np.arctan2(half * w, q) / safe
        # [arctan(x)/x - 1/(1 + x^2)]/w
        rest = (slope - half * q / size) / safe
        at = np.nonzero(near)
        x = half * w[at] / q[at]
        slope[at] = half / q[at] * _arctan_over(x)
        rest[at] = (half / q[at]) ** 2 * _rest_over(x)
        taken = (-half * q / size, half**2 * w / size)
        return Factors(-slope / np.pi, -(half**2) / size / np.pi, rest / np.pi, *(one / np.pi for one in taken))


def _arctan_over(x):
    """arctan(x)/x for small x."""
    y = x**2
    return 1 - y / 3 + y**2 / 5 - y**3 / 7 + y**4 / 9 - y**5 / 11 + y**6 / 13


def _rest_over(x):
    """[arctan(x)/x - 1/(1 + x^2)]/x for small x, a sum of 2n/(2n + 1) x^(2n - 1)."""
    y = x**2
    return x * (2 / 3 - y * (4 / 5 - y * (6 / 7 - y * (8 / 9 - y * (10 / 11 - y * 12 / 13)))))


MODELS = ("relaxing", "broadened")
"""Words for the two models."""


def model_of(name: str, energy: float, broadening: float, temperature: float | None) -> Relaxing | Broadened:
    """The model of that name.

    Parameters
    ----------
    name : {"relaxing", "broadened"}
    energy, broadening : float, eV
    temperature : float, K
        Of the relaxing model; the broadened one is at T = 0 and ignores it.

    Raises
    ------
    InputError
        Another name, broadening <= 0, or no temperature > 0 in the relaxing model.

    Examples
    --------
    >>> from kwantorque.bulk.occupation import model_of
    >>> model_of("broadened", 0.0, 0.1, None)
    Broadened(energy=0.0, broadening=0.1)
    >>> model_of("relaxing", 0.0, 0.1, 0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `temperature` must be > 0 K in the relaxing model, ...
    """
    known("model", name, MODELS)
    energy, broadening = finite("energy", energy, "eV"), positive("broadening", broadening, "eV")
    if name == "broadened":
        return Broadened(energy, broadening)
    if temperature is None or finite("temperature", temperature, "K") <= 0:
        raise InputError(
            f"`temperature` must be > 0 K in the relaxing model, got {temperature!r}: its Fermi sea has a smooth edge; "
            'set one, such as 300, or take model="broadened", which is at T = 0'
        )
    return Relaxing(energy, broadening, float(temperature))
