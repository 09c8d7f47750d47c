"""The second order of a torque of random impurities, against a numerical derivative."""

import numpy as np
import pytest

from kwantorque.algebra import SIGMA
from kwantorque.operators.impurities import charge_and_spin, second_order_source


def averaged_torque(states, weights, green, tau, strength):
    """i<[H', sigma]>, H' = strength tau (x) e.sigma, mean over e = +-x, +-y, +-z."""
    n, c = len(tau), len(states)
    phi = states.reshape(c, 2 * n).T
    torque = np.zeros(3)
    for e in np.concatenate([np.eye(3), -np.eye(3)]):
        u = strength * np.kron(tau, np.tensordot(e, SIGMA, 1))
        full = np.linalg.solve(np.eye(2 * n) - green @ u, phi)
        for k in range(3):
            spin = np.kron(np.eye(n), SIGMA[k])
            operator = 1j * (u @ spin - spin @ u)
            torque[k] += np.einsum("m,am,ab,bm->", weights, full.conj(), operator, full).real / 6
    return torque


@pytest.mark.parametrize("tau", [[[1.0]], [[0, 1j], [-1j, 0]], [[0.3, 0.2 - 0.4j], [0.2 + 0.4j, -0.7]]], ids=str)
def test_second_order_of_any_states(tau):
    """Random states, with the Green function that belongs to all of them.

    -i pi times the spectral density is its anti-Hermitian part. The other part adds
    nothing for one amplitude, and if it is a number.
    """
    rng = np.random.default_rng(4)
    tau = np.array(tau, complex)
    n, modes = len(tau), 6
    states = rng.normal(size=(modes, n, 2)) + 1j * rng.normal(size=(modes, n, 2))
    weights = rng.normal(size=modes)
    phi = states.reshape(modes, -1)
    density = np.einsum("ma,mb->ab", phi, phi.conj()) / (2 * np.pi)
    real = np.kron(np.eye(n), 0.4 * np.eye(2) + (0.3 * SIGMA[0] if n == 1 else 0))
    green = real - 1j * np.pi * density
    spectral = charge_and_spin(states[:, None], np.full(modes, 1 / (2 * np.pi)))
    response = charge_and_spin(states[:, None], weights)
    (expected,) = second_order_source(spectral, response, tau)
    left = []
    for strength in (2e-3, 1e-3):
        found = averaged_torque(states, weights, green, tau, strength) / strength**2
        left.append(np.abs(found - expected).max())
    assert left[1] < 1e-3 * np.abs(expected).max()
    assert left[0] / left[1] == pytest.approx(4, rel=0.05)


def test_charge_and_spin_are_hermitian_and_of_pauli_matrices():
    rng = np.random.default_rng(0)
    phi = rng.normal(size=(3, 2, 2, 2)) + 1j * rng.normal(size=(3, 2, 2, 2))
    charge, spin = charge_and_spin(phi, [0.2, -0.1, 0.5])
    assert np.allclose(charge, charge.conj().swapaxes(-1, -2))
    assert np.allclose(spin, spin.conj().swapaxes(-1, -2))
    one = phi[0, 0, 1]
    charge, spin = charge_and_spin(phi[:1], [1.0])
    assert spin[0, :, 1, 1].real == pytest.approx([(one.conj() @ s @ one).real for s in SIGMA])
    assert charge[0, 1, 1].real == pytest.approx((one.conj() @ one).real)
