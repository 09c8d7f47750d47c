"""Units: energies in eV, lengths in nm, hbar = 1 inside; SI only at the border."""

from scipy import constants

__all__ = ["CONDUCTANCE_QUANTUM", "HBAR2_OVER_2M0", "OHM_NM2_PER_CONDUCTANCE", "torque_in_newton_metre"]

HBAR2_OVER_2M0 = constants.hbar**2 / (2 * constants.m_e) / constants.e * 1e18
"""hbar^2 / (2 m_0) in eV nm^2 (0.0380998212)."""


CONDUCTANCE_QUANTUM = constants.e**2 / constants.h
"""e^2/h in S."""

OHM_NM2_PER_CONDUCTANCE = 1 / CONDUCTANCE_QUANTUM
"""Resistance x area in ohm nm^2 of a conductance of 1 e^2/h/nm^2 (1 ohm nm^2 = 1e-3 fohm m^2 = 1e-6 ohm um^2)."""


def torque_in_newton_metre(torque_per_current, current):
    """Convert a torque in hbar I/e, as `per_current` returns it, to N m for a `current` in ampere."""
    return torque_per_current * constants.hbar * current / constants.e
