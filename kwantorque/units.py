"""Units: energies in eV, lengths in nm, hbar = 1 inside; SI only at the border."""

from scipy import constants

__all__ = ["HBAR2_OVER_2M0", "torque_in_newton_metre"]

HBAR2_OVER_2M0 = constants.hbar**2 / (2 * constants.m_e) / constants.e * 1e18
"""hbar^2 / (2 m_0) in eV nm^2 (0.0380998212)."""


def torque_in_newton_metre(torque_per_current, current):
    """Convert a torque in hbar I/e, as `per_current` returns it, to N m for a `current` in ampere."""
    return torque_per_current * constants.hbar * current / constants.e
