import numpy as np
import pytest
from helpers import random_hermitian, wire

from kwantorque.algebra import dagger
from kwantorque.scattering.modes import count_open, lead_modes
from kwantorque.structures.chain import bulk_blocks


def flux(vectors, step, hopping):
    """Matrix of the particle flux between modes at a bond, for steps towards +z."""
    hop = dagger(vectors) @ hopping @ (vectors * step[..., None, :])
    return -1j * (dagger(hop) - hop)


def check_modes(onsite, hopping, energy, tol=1e-8):
    """Modes solve the equation of the lead, carry unit flux,
    and modes of different kind carry none.
    """
    n = onsite.shape[-1]
    right, left = lead_modes(onsite, hopping, energy)
    h = onsite - energy * np.eye(n)
    for modes, forward, back in ((right, hopping, dagger(hopping)), (left, dagger(hopping), hopping)):
        u, step = modes.vectors, modes.step[:, None, :]
        assert np.abs(back @ u + h @ u * step + forward @ u * step**2).max() < tol * np.abs(hopping).max()
        assert (np.abs(modes.step) < 1 + 1e-8).all()
        assert (modes.open == (np.abs(np.abs(modes.step) - 1) < 1e-7)).all()
    for modes, sign in ((right, 1), (left, -1)):
        step = modes.step if sign > 0 else 1 / np.where(modes.open, modes.step, 1)
        matrix = np.where(modes.open[..., :, None] & modes.open[..., None, :], flux(modes.vectors, step, hopping), 0)
        assert np.allclose(matrix, sign * modes.open[..., None] * np.eye(n), atol=1e-6)
        assert (np.sign(modes.velocity) == sign * modes.open).all()
    return right, left


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_random_leads(n):
    rng = np.random.default_rng(n)
    hopping = rng.normal(size=(40, n, n)) + 1j * rng.normal(size=(40, n, n))
    right, _ = check_modes(random_hermitian(rng, 40, n, n), hopping, 0.3)
    assert right.open.any()
    assert not right.open.all()


def test_kramers_pairs():
    right, _ = check_modes(*bulk_blocks(wire().layers[1], 0.2, np.array([[0.1, 0.05], [0.3, 0.2]])), 0.06)
    assert (right.open.sum(axis=1) == 4).all()
    assert np.allclose(right.velocity[:, 0], right.velocity[:, 1])


def test_degenerate_modes_of_opposite_velocity():
    """Two uncoupled chains of opposite dispersion cross at k = pi/2 with
    velocities +2 and -2; a rotated basis hides it.
    """
    rng = np.random.default_rng(0)
    u, _ = np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))
    hopping = (u @ np.diag([1.0, -1.0]) @ dagger(u))[None]
    right, left = check_modes(np.zeros((1, 2, 2), complex), hopping, 0.0)
    assert np.allclose(right.velocity, 2)
    assert np.allclose(left.velocity, -2)


def test_singular_hopping():
    hopping = np.array([[[1.0, 0], [0, 0]]], complex)
    onsite = np.array([[[0, 0.5], [0.5, 1]]], complex)
    right, left = check_modes(onsite, hopping, 0.2)
    assert right.open.tolist() == [[True, False]]
    assert left.step[0, 1] == pytest.approx(0, abs=1e-12)


def test_count_is_that_of_the_modes():
    rng = np.random.default_rng(5)
    onsite = random_hermitian(rng, 30, 4, 4)
    hopping = rng.normal(size=(30, 4, 4)) + 0j
    right, _ = lead_modes(onsite, hopping, 0.1)
    assert (count_open(onsite, hopping, 0.1) == right.open.sum(axis=1)).all()
