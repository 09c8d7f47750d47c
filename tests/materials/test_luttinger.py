"""Holes of six bands: edges, masses, rotations, and the torque of the crystal."""

import numpy as np
import pytest
from helpers import lattice_torque_of_holes

import kwantorque as kt
from kwantorque.algebra import commutator, dagger, rotation
from kwantorque.units import HBAR2_OVER_2M0

M = np.array([0.48, -0.6, 0.64])


def test_heavy_and_light_holes_and_split_off():
    gaas = kt.KohnLuttinger(spin_orbit=0.11)
    energies = np.linalg.eigvalsh(gaas.hamiltonian(np.zeros(3)))
    assert np.allclose(energies, [0, 0, 0, 0, 0.33, 0.33])
    kz = 1e-3
    heavy, light = np.linalg.eigvalsh(gaas.hamiltonian(np.array([0, 0, kz])))[[0, 2]] / (HBAR2_OVER_2M0 * kz**2)
    assert heavy == pytest.approx(6.85 - 2 * 2.1, rel=1e-4)
    assert light == pytest.approx(6.85 + 2 * 2.1, rel=1e-3)


def test_exchange_splits_the_quartet():
    energies = np.linalg.eigvalsh(kt.KohnLuttinger(exchange=1e-4).hamiltonian(np.zeros(3), M))
    assert np.allclose(energies[:4] - energies[0], 1e-4 * np.array([0, 1 / 3, 2 / 3, 1]), atol=1e-7)


@pytest.mark.parametrize("exchange", [0, 0.27])
def test_band_edge_is_where_it_is_put(exchange):
    material = kt.KohnLuttinger(exchange=exchange, band_edge=0.16)
    assert np.linalg.eigvalsh(material.hamiltonian(np.zeros(3), M))[0] == pytest.approx(0.16)


def test_rotation_of_crystal_and_magnetisation_about_a_cubic_axis():
    material = kt.KohnLuttinger(exchange=0.27)
    turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    u = rotation(material.total[2], np.pi / 2)
    k = np.array([0.3, -0.5, 0.7])
    assert np.allclose(u @ material.hamiltonian(k, M) @ dagger(u), material.hamiltonian(turn @ k, turn @ M))


def test_spin_of_an_eigenstate_is_not_along_the_magnetisation():
    """Haney & Stiles (2010), inset of figure 1: exchange torque and lattice torque of a
    Bloch state, equal and opposite, neither zero.
    """
    material, m, k = kt.KohnLuttinger(exchange=0.27), np.array([0, 0, 1.0]), np.array([0.5, 0.2, 0.4])
    _, states = np.linalg.eigh(material.hamiltonian(k, m))
    spin = np.einsum("a,iab,b->i", states[:, 0].conj(), material.spin, states[:, 0]).real
    assert np.abs(0.27 * np.cross(m, spin)).max() > 1e-3


@pytest.mark.parametrize("gammas", [(6.85, 2.1, 2.9), (6.85, 2.4, 2.4)], ids=["cubic", "spherical"])
def test_lattice_torque_of_eq_6(gammas):
    """Haney & Stiles (2010), eq. 6, is i [H_kinetic, L] with 3 where
    the paper has 6; for g2 = g3 it is v x k.
    """
    material = kt.KohnLuttinger(gamma1=gammas[0], gamma2=gammas[1], gamma3=gammas[2])
    kinetic = material.terms()[0]
    k = np.random.default_rng(9).normal(size=(6, 3))
    expected = 1j * commutator(material.orbital, kinetic(k)[:, None])
    assert np.allclose(lattice_torque_of_holes(material, k), expected)
    if gammas[1] == gammas[2]:
        v = kinetic.gradient(k)
        cross = [v[:, x] * k[:, y, None, None] - v[:, y] * k[:, x, None, None] for x, y in ((1, 2), (2, 0), (0, 1))]
        assert np.allclose(lattice_torque_of_holes(material, k), np.stack(cross, axis=1))


def test_inverse_mass_bound_is_the_minimum_over_all_directions():
    rng = np.random.default_rng(2)
    unit = rng.normal(size=(4000, 3))
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    for g in ((6.85, 2.1, 2.9), (6.0, 2.5, 1.2), (8.5, 1.0, 3.0)):
        material = kt.KohnLuttinger(gamma1=g[0], gamma2=g[1], gamma3=g[2])
        sampled = np.linalg.eigvalsh(material.terms()[0](unit)).min() / HBAR2_OVER_2M0
        bound = material.inverse_mass_bound()
        assert bound - 1e-9 <= sampled < bound + 0.02
