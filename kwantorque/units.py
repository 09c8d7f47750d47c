"""Units: energies in eV, lengths in nm, hbar = 1 inside; SI only at the border.

A name says what one unit of ours is worth: a value times `JOULE_PER_M2` is in J/m^2.
Constants are those of CODATA, from `scipy.constants`.

Examples
--------
The coupling of two magnets, 0.01 eV/nm^2, in mJ/m^2, and room temperature in eV:

>>> import kwantorque as kt
>>> round(0.01 * kt.units.JOULE_PER_M2 * 1e3, 3)
1.602
>>> round(300 * kt.units.BOLTZMANN, 5)
0.02585
"""

from scipy import constants

__all__ = [
    "AMPERE_PER_M2",
    "BOLTZMANN",
    "CONDUCTANCE_QUANTUM",
    "HBAR2_OVER_2M0",
    "JOULE_PER_M2",
    "OHM_NM2_PER_CONDUCTANCE",
    "OHM_UM2_PER_CONDUCTANCE",
    "PER_UM2",
    "TORKANCE",
    "torque_in_newton_metre",
]

HBAR2_OVER_2M0 = constants.hbar**2 / (2 * constants.m_e) / constants.e * 1e18
"""hbar^2 / (2 m_0) in eV nm^2 (0.0380998212)."""

BOLTZMANN = constants.k / constants.e
"""k_B in eV/K (8.617e-5)."""

CONDUCTANCE_QUANTUM = constants.e**2 / constants.h
"""e^2/h in S (3.874e-5), the conductance of one open channel."""

OHM_NM2_PER_CONDUCTANCE = 1 / CONDUCTANCE_QUANTUM
"""Resistance x area in ohm nm^2 of a conductance of 1 e^2/h per nm^2.

1 ohm nm^2 = 1e-3 fohm m^2 = 1e-6 ohm um^2.
"""

OHM_UM2_PER_CONDUCTANCE = OHM_NM2_PER_CONDUCTANCE * 1e-6
"""The same in ohm um^2 (0.0258), the unit of a junction's resistance x area, RA."""

PER_UM2 = 1e6
"""1/um^2 of 1/nm^2: S, A or eV per nm^2 times this are per um^2."""

JOULE_PER_M2 = constants.e * 1e18
"""J/m^2 of 1 eV/nm^2 (0.1602): couplings, and torques per area, as N m/m^2 = J/m^2."""

AMPERE_PER_M2 = constants.e**2 / constants.hbar * 1e18
"""A/m^2 of a particle current of 1 eV/(hbar nm^2), a charge e each (2.434e14).

And S/m^2 of one of 1/(hbar nm^2) per eV.
"""

TORKANCE = 2 * AMPERE_PER_M2
"""Torkance in hbar/(2e) S/m^2 of 1 eV/nm^2 per volt: (1 eV/nm^2)/(1 V)/(hbar/2e)."""


def torque_in_newton_metre(torque_per_current: float, current: float) -> float:
    """Torque of a current: T = t (hbar/e) I.

    Parameters
    ----------
    torque_per_current : float or array
        t in hbar I/e, as `per_current` returns it.
    current : float or array
        I in ampere, or a current density in A/m^2.

    Returns
    -------
    float or array
        In N m; for a current density in N m/m^2 = J/m^2.

    Examples
    --------
    >>> import kwantorque as kt
    >>> f"{kt.units.torque_in_newton_metre(0.5, 1e-3):.4g}"
    '3.291e-19'
    """
    return torque_per_current * constants.hbar * current / constants.e
