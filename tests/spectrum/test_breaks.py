"""Where rays end: how far out an interface still holds bound states."""

import numpy as np
import pytest
from scipy.optimize import brentq

import kwantorque as kt
from kwantorque.spectrum.breaks import Breaks
from kwantorque.units import HBAR2_OVER_2M0

KF = 10.0


def metals(alpha, spacing, mass=1.0):
    """Free electrons on both sides of a Rashba interface."""
    left, right = kt.FreeElectron.from_wavevectors(KF), kt.FreeElectron(mass=mass, bottom=-1.0)
    return kt.Stack([kt.Layer(left, 0.4), kt.Interface(kt.terms.rashba(alpha)), kt.Layer(right, 0.4)], spacing)


@pytest.mark.parametrize("spacing", [0.05, 0.01])
@pytest.mark.parametrize("part", [0.3, 0.7, 0.9, 0.97, 0.99])
def test_bound_states_end_where_their_equation_says(part, spacing):
    """C sinh(kappa a)/a on both sides add up to alpha k, with cosh(kappa a) = 1 + (k^2
    - k_F^2) a^2/2: in the continuum k = k_F/sqrt(1 - (alpha/2C)^2), 7.1 k_F at most.
    """
    alpha = part * 2 * HBAR2_OVER_2M0
    left = kt.Layer(kt.FreeElectron.from_wavevectors(KF), 0.4)
    stack = kt.Stack([left, kt.Interface(kt.terms.rashba(alpha)), left], spacing)

    def missing(k):
        x = (k**2 - KF**2) * spacing**2 / 2
        return 2 * HBAR2_OVER_2M0 * np.sqrt(x * (x + 2)) / spacing - alpha * k

    edge = brentq(missing, KF, 10 * KF, xtol=1e-12)
    for ray in Breaks(stack, 0.0, None, 1.0)([0.3, 2.0]):
        assert ray.smooth[-1] == pytest.approx(edge, rel=1e-8)
        assert len(ray.smooth) == 3


def test_which_interfaces_bind_without_end():
    """Those whose slope exceeds the sum of both sides' hbar^2/2m, whatever the spacing;
    states from a lead do not care.
    """
    for mass in (1.0, 0.4):
        limit = HBAR2_OVER_2M0 * (1 + 1 / mass)
        for spacing in (0.1, 0.02):
            Breaks(metals(0.999 * limit, spacing, mass), 0.0, None, 1.0)
            for alpha in (1.001 * limit, -2 * limit):
                stack = metals(alpha, spacing, mass)
                with pytest.raises(kt.InputError, match=r"'rashba' binds electrons at every k_par"):
                    Breaks(stack, 0.0, None, 1.0)
                Breaks(stack, 0.0, "left", 1.0)
