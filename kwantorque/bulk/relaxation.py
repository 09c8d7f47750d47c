"""Closed forms of spin relaxation in a bulk ferromagnet with impurities.

Tatara and Entel, Phys. Rev. B 78, 064429 (2008), with its misprints corrected: the
coefficient a of eq. 26, whose second term has a 2 too many, and beta of spin-orbit
impurities, eq. 40 and 41, whose rate has lost a factor of 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import InputError, finite, known, positive
from ..units import HBAR2_OVER_2M0

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["spin_flip_coefficient", "spin_orbit_beta"]

SPINS = (1, -1)
"""Majority and minority: energies hbar^2 k^2/2m - sigma M."""
RATES = {2: 2 * np.pi / 3, 3: 8 * np.pi / 9}
"""1/tau_so over n lambda^2 k^2 (nu_+ k_+^2 + nu_- k_-^2), by dimension."""


def spin_flip_coefficient(fermi_energy: float, exchange: float, broadening: float, mass: float = 1.0) -> xr.Dataset:
    """The coefficient a of the torque of impurity spins, from Green functions.

        a = -(1/2 pi) sum_kk' sum_ss' [ (hbar^2 k^2/3m) |g_ks|^2 (g^a_k,-s + g^r_k,-s)
              + (1/2) (g^r_ks g^a_k,-s + g^a_ks g^r_k,-s) ] Im g^a_k's',
        g^r_ks = 1/(E_F - hbar^2 k^2/2m + s M + i gamma),        gamma = hbar/2 tau,
        a -> (pi/M) (n_+ tau_+ - n_- tau_-)(nu_+ + nu_-),  hbar = 1,

    in three dimensions; what a lacks of this falls as (gamma/M)^2. With it
    beta_sf = (2/3) n_imp v^2 a/(n_+ tau_+ - n_- tau_-) = (2 pi/3M) n_imp v^2 nu.

    Parameters
    ----------
    fermi_energy : float, eV
        Above the mean of both band bottoms.
    exchange : float, eV
        M, half the splitting.
    broadening : float, eV
        gamma of both spins.
    mass : float, m0

    Returns
    -------
    xarray.Dataset
        coefficient and closed_form, 1/(eV^3 nm^6).

    Raises
    ------
    InputError
        A number that is not positive, or a band without electrons.

    Notes
    -----
    The sums over k are integrals of sqrt(E) times rational functions from 0 to
    infinity, pi i times the sum of all residues: exact.

    References
    ----------
    Tatara and Entel, Phys. Rev. B 78, 064429 (2008), eq. 26 and 29.

    Examples
    --------
    >>> from kwantorque.bulk.relaxation import spin_flip_coefficient
    >>> left = []
    >>> for broadening in (0.02, 0.01):
    ...     data = spin_flip_coefficient(2.0, 0.3, broadening)
    ...     left.append(1 - float(data.coefficient / data.closed_form))
    >>> round(left[0] / left[1], 2)
    3.99
    """
    energy, gamma = finite("fermi_energy", fermi_energy, "eV"), positive("broadening", broadening, "eV")
    m, scale = positive("exchange", exchange, "eV"), HBAR2_OVER_2M0 / positive("mass", mass, "m0")
    if energy <= m:
        raise InputError(
            f"`fermi_energy` must be above `exchange` = {m:g} eV: both bands hold electrons, got {energy:g}"
        )
    # N(E) = per_root sqrt(E), per spin.
    per_root = 1 / (4 * np.pi**2 * scale**1.5)
    bracket = absorbed = 0.0
    for spin in SPINS:
        own, other = energy + spin * m, energy - spin * m
        poles = [own + 1j * gamma, own - 1j * gamma, other + 1j * gamma, other - 1j * gamma]
        # (2/3) E |g_s|^2 2 Re g_-s, and Re of g^r_s g^a_-s, which has two poles.
        bracket += 2 / 3 * _half_line(1.5, poles, lambda z, other=other: 2 * (other - z))
        bracket += _half_line(0.5, [poles[0], poles[3]]) / 2 + _half_line(0.5, [poles[1], poles[2]]) / 2
        absorbed += gamma * _half_line(0.5, poles[:2])
    coefficient = -(per_root**2) * bracket * absorbed / (2 * np.pi)
    density = [per_root * np.sqrt(energy + spin * m) for spin in SPINS]
    electrons = [2 / 3 * (energy + spin * m) * nu for spin, nu in zip(SPINS, density, strict=True)]
    closed = np.pi / m * (electrons[0] - electrons[1]) / (2 * gamma) * sum(density)
    about = {"units": "1/(eV^3 nm^6)"}
    return xr.Dataset(
        {
            "coefficient": ((), float(coefficient), about | {"long_name": "a of the torque of impurity spins"}),
            "closed_form": ((), float(closed), about | {"long_name": "its limit for little broadening"}),
        },
        attrs={"fermi_energy": energy, "exchange": m, "broadening": gamma, "mass": float(mass)},
    )


def _half_line(power, poles, numerator=lambda z: 1.0):
    """Integral of E^power numerator(E)/prod(E - pole) from 0 to infinity.

    `power` is half of an odd number, and the cut of the root lies on the way, hence
    (1 - exp(2 pi i power)) = 2 times the integral is 2 pi i times the sum of residues.
    """
    total = 0.0
    for i, pole in enumerate(poles):
        angle = np.angle(pole) % (2 * np.pi)
        others = np.prod([pole - other for j, other in enumerate(poles) if j != i])
        total += abs(pole) ** power * np.exp(1j * power * angle) * numerator(pole) / others
    return (1j * np.pi * total).real


def spin_orbit_beta(
    density: float,
    strength: float,
    exchange: float,
    wavevectors: Sequence[float],
    densities_of_states: Sequence[float],
    currents: Sequence[float],
    dimensions: int = 3,
) -> float:
    """beta of spin-orbit impurities in a uniform ferromagnet, hbar = 1.

        beta_so = (j_+/tau_+ - j_-/tau_-)/(2M (j_+ - j_-)),
        1/tau_s = c n lambda^2 k_s^2 (nu_+ k_+^2 + nu_- k_-^2),

    c = 8 pi/9 in three dimensions and 2 pi/3 in two. It is without what the gradient of
    n itself adds to the gradients at the impurities. With it (as in `spin_relaxation`)
    k_s^2 before the sum is the mean (k_+^2 + k_-^2)/2, whatever the currents.

    Parameters
    ----------
    density : float
        n of the impurities, per volume or area.
    strength : float
        lambda.
    exchange : float
        M.
    wavevectors, densities_of_states, currents : (majority, minority)
        k_F, nu per volume or area, and j, in any unit: n tau of a diffusive metal.
    dimensions : {2, 3}

    Returns
    -------
    float

    Raises
    ------
    InputError
        A number of dimensions that is neither, no exchange, no polarised current.

    References
    ----------
    Tatara and Entel, Phys. Rev. B 78, 064429 (2008), eq. 40 and 41, which have
    2 pi/9 instead of 8 pi/9.

    Examples
    --------
    >>> from kwantorque.bulk.relaxation import spin_orbit_beta
    >>> round(spin_orbit_beta(0.1, 0.2, 0.3, (1.2, 0.8), (0.1, 0.1), (1.2, 0.8), 2), 6)
    0.008829
    """
    known("number of dimensions", str(dimensions), [str(one) for one in RATES])
    if finite("exchange", exchange) == 0:
        raise InputError("`exchange` must not be 0")
    k, nu, j = (
        _pair(name, x)
        for name, x in (
            ("wavevectors", wavevectors),
            ("densities_of_states", densities_of_states),
            ("currents", currents),
        )
    )
    if j[0] == j[1]:
        raise InputError("`currents` must differ: there is no beta of a current that is not polarised")
    squared = finite("density", density) * finite("strength", strength) ** 2
    rates = RATES[int(dimensions)] * squared * k**2 * (nu @ k**2)
    return float((j[0] * rates[0] - j[1] * rates[1]) / (2 * exchange * (j[0] - j[1])))


def _pair(name: str, values: Sequence[float]) -> NDArray:
    """Two finite numbers, of majority and minority."""
    if np.shape(values) != (2,):
        raise InputError(f"`{name}` must be two numbers, of majority and minority, got {values!r}")
    return np.array([finite(name, value) for value in values])
