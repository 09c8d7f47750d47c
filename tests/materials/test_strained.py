"""Holes under strain: what it splits, and what is linear in k, solved by hand."""

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.algebra import dagger
from kwantorque.units import HBAR2_OVER_2M0

FLAT = {"strain_xx": -0.002, "strain_yy": -0.002, "strain_zz": 0.0018}


def test_no_strain_is_the_cubic_crystal():
    k = np.random.default_rng(0).normal(size=(5, 3))
    strained, cubic = kt.StrainedKohnLuttinger(exchange=0.2), kt.KohnLuttinger(exchange=0.2)
    m = [0, 0, 1]
    assert np.array_equal(strained.hamiltonian(k, m), cubic.hamiltonian(k, m))


def test_compressed_in_the_plane_heavy_holes_come_first():
    """E_LH - E_HH = -2 b (eps_zz - eps_xx) at k = 0, with the split-off far away."""
    holes = kt.StrainedKohnLuttinger(spin_orbit=1e3, **FLAT)
    energies, states = np.linalg.eigh(holes.hamiltonian([0.0, 0.0, 0.0]))
    assert energies[2] - energies[0] == pytest.approx(2 * 2.0 * 0.0038, rel=1e-5)
    heavy = states[:, :2]
    j_z = dagger(heavy) @ holes.total[2] @ heavy
    assert np.abs(np.linalg.eigvalsh(j_z)) == pytest.approx([1.5, 1.5])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_term_that_is_linear_in_k(axis):
    """Heavy holes along an axis: c (g1 - 2 g2) k^2 +- (3/2) C4 d_eps k, exactly."""
    strain = np.array([0.001, -0.003, 0.0005])
    holes = kt.StrainedKohnLuttinger(0.0, 0.11, 6.85, 2.1, 2.9, 0.0, *strain, c4=0.5, b=0.0)
    size = 0.5
    heavy = HBAR2_OVER_2M0 * (6.85 - 4.2) * size**2
    shift = 1.5 * 0.5 * size * (strain[(axis + 1) % 3] - strain[(axis + 2) % 3])
    found = np.linalg.eigvalsh(holes.hamiltonian(size * np.eye(3)[axis]))
    for energy in (heavy + shift, heavy - shift):
        assert np.abs(found - energy).min() < 1e-12


def test_band_edge_is_the_lowest_state_under_strain():
    holes = kt.StrainedKohnLuttinger(exchange=0.27, band_edge=0.1, **FLAT)
    assert np.linalg.eigvalsh(holes.hamiltonian([0.0, 0.0, 0.0], [1.0, 0.0, 0.0]))[0] == pytest.approx(0.1)
