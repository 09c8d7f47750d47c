"""SI at the border."""

import pytest
from scipy import constants

from kwantorque.units import torque_in_newton_metre


def test_torque_in_si():
    """One ampere of particles of one hbar each: hbar/e newton metre."""
    assert torque_in_newton_metre(2.0, 1e-3) == pytest.approx(2 * constants.hbar / constants.e * 1e-3)
