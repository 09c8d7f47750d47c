"""Where channels open: thresholds, and the region outside of which nothing is open."""

import numpy as np
import pytest
from helpers import wire

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.integration.rules import SCAN
from kwantorque.spectrum.channels import count_channels, crystals, largest_radius, thresholds
from kwantorque.units import HBAR2_OVER_2M0


def test_thresholds_of_spherical_bands():
    """g2 = g3: the quartet's spherical Fermi surfaces end at k^2 = E/(C (g1 -+ 2
    g2)); on the lattice at k_z = 0 exactly.
    """
    layer = kt.Layer(kt.KohnLuttinger(gamma2=2.4, gamma3=2.4, spin_orbit=50))
    expected = np.sqrt(0.05 / HBAR2_OVER_2M0 / np.array([6.85 + 4.8, 6.85 - 4.8]))
    for radii in thresholds(layer, 0.01, 0.05, [0.1, 0.9]):
        assert np.allclose(radii, expected, rtol=2e-3)


def test_region_of_the_wire():
    """The edge is star-shaped along [110], and far out only there: k^2
    = E/(C (g1 + g2 - 3 g3)) at alpha = 0.
    """
    layer = wire(spin_orbit=0).left
    along_110, along_100 = (radii[-1] for radii in thresholds(layer, 0.2, 0.16, [np.pi / 4, 0.0]))
    assert along_110 == pytest.approx(np.sqrt(0.16 / HBAR2_OVER_2M0 / (6.85 + 2.1 - 3 * 2.9)), rel=1e-3)
    assert along_100 < 0.6 * along_110
    assert along_110 < largest_radius(layer, 0.16)


def test_nothing_is_open_outside_the_region():
    rng = np.random.default_rng(1)
    for layer in crystals(wire()):
        angles = rng.uniform(0, 2 * np.pi, 20)
        edge = np.array([radii[-1] for radii in thresholds(layer, 0.2, 0.06, angles)])
        for factor, is_open in ((0.999, True), (1.001, False), (1.2, False), (2, False)):
            k = factor * edge[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
            assert ((count_channels(layer, 0.2, 0.06, k) > 0) == is_open).all()


def test_every_step_of_the_number_of_channels_is_a_threshold():
    layer = wire().left
    angle, edge = 0.4, largest_radius(wire().left, 0.06)
    radii = thresholds(layer, 0.2, 0.06, [angle])[0]
    r = np.linspace(1e-3, edge, 7 * SCAN)
    counts = count_channels(layer, 0.2, 0.06, r[:, None] * [np.cos(angle), np.sin(angle)])
    steps = np.flatnonzero(np.diff(counts))
    assert len(steps) == len(radii)
    assert ((r[steps] <= radii) & (radii <= r[steps + 1])).all()


def test_bands_that_bend_down_have_no_region():
    class Wrong(kt.KohnLuttinger):
        def terms(self, m=None):
            return (kt.Polynomial("kinetic", "lattice", np.eye(6), quadratic=-np.ones((3, 3, 1, 1)) * np.eye(6)),)

    with pytest.raises(InputError, match="bend down"):
        largest_radius(kt.Layer(Wrong()), 0.1)
