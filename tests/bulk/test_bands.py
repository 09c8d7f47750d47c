"""Bloch states: what magnetisation and lattice exchange in the bulk."""

import numpy as np
import pytest
from helpers import lattice_torque_of_holes

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.units import HBAR2_OVER_2M0

GAMNAS = kt.KohnLuttinger(exchange=0.27)
K = np.random.default_rng(0).normal(size=(20, 3)) * 0.7


def test_torques_cancel_in_every_state_and_neither_vanishes():
    data = kt.bands(GAMNAS, K, m=(0.6, 0, 0.8))
    assert np.allclose(data.exchange_torque + data.lattice_torque, 0, atol=1e-12)
    assert np.abs(data.exchange_torque).max() > 1e-2
    expected = -0.27 * np.cross([0.6, 0, 0.8], data.spin)
    assert np.allclose(data.exchange_torque, expected, atol=1e-12)


def test_lattice_torque_is_eq_6():
    data = kt.bands(GAMNAS, K, m="z")
    _, states = np.linalg.eigh(GAMNAS.hamiltonian(K, np.array([0, 0, 1.0])))
    eq_6 = np.einsum("kan,kiab,kbn->kni", states.conj(), lattice_torque_of_holes(GAMNAS, K), states).real
    assert np.allclose(data.lattice_torque, eq_6, atol=1e-12)


def test_velocity_is_the_slope_of_the_bands():
    step = 1e-5 * np.array([0, 0, 1.0])
    up, down = (kt.bands(GAMNAS, K + sign * step, m="x").energy for sign in (1, -1))
    assert np.allclose((up - down) / 2e-5, kt.bands(GAMNAS, K, m="x").velocity.sel(axis="z"), atol=1e-5)


def test_without_spin_orbit_coupling_spins_are_along_m():
    data = kt.bands(kt.KohnLuttinger(exchange=0.27, spin_orbit=0), K, m="y")
    assert np.allclose(np.abs(data.spin.sel(axis="y")), 0.5)
    assert np.allclose(data.exchange_torque, 0, atol=1e-12)


def test_lattice_formula_converges_to_the_bulk_as_a_squared():
    """The one open mode of a uniform crystal: torque per length over its
    flux, against that of the Bloch state.
    """
    k_par, energy = np.array([0.35, 0.2]), 0.06
    errors = []
    for a in (0.2, 0.1):
        stack = kt.Stack([kt.Layer(GAMNAS, 1, m=(0.6, 0, 0.8))], a)
        data = kt.torques_at(stack, [k_par], energy, per_state=True)
        chain_torque = data.lattice_torque_limit.sel(lead="right").values[0]
        errors.append(np.abs(chain_torque[0] - bulk_torque(k_par, energy)).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)


def bulk_torque(k_par, energy):
    """Lattice torque over velocity of the right-going
    state of the lowest band at this energy.
    """
    k_z = np.linspace(-2, 2, 4001)
    k = np.column_stack([np.full_like(k_z, k_par[0]), np.full_like(k_z, k_par[1]), k_z])
    levels = kt.bands(GAMNAS, k, m=(0.6, 0, 0.8)).energy.values[:, 0] - energy
    (rising,) = np.flatnonzero((levels[:-1] < 0) & (levels[1:] >= 0))
    low, high = k_z[rising], k_z[rising + 1]
    for _ in range(60):
        middle = (low + high) / 2
        below = kt.bands(GAMNAS, [[*k_par, middle]], m=(0.6, 0, 0.8)).energy.values[0, 0] < energy
        low, high = (middle, high) if below else (low, middle)
    state = kt.bands(GAMNAS, [[*k_par, low]], m=(0.6, 0, 0.8)).isel(k=0, band=0)
    return state.lattice_torque.values / float(state.velocity.sel(axis="z"))


def test_path():
    path = kt.k_path([(0, 0, 0), (0, 0, 1), (1, 0, 1)], points=10)
    assert path.shape == (21, 3)
    data = kt.bands(kt.KohnLuttinger(), path)
    assert np.allclose(data.distance, 0.1 * np.arange(21))
    # Along z both masses are known: heavy and light holes far below the split-off band.
    heavy, light = HBAR2_OVER_2M0 * (6.85 - 4.2), HBAR2_OVER_2M0 * (6.85 + 4.2)
    assert np.allclose(data.energy[:2, :2], heavy * np.array([[0], [0.01]]), rtol=1e-6, atol=1e-12)
    assert np.allclose(data.energy[1, 2:4], light * 0.01, rtol=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kt.bands(GAMNAS, K), "needs the direction"),
        (lambda: kt.bands(GAMNAS, [1, 2], m="z"), r"shape \(n, 3\)"),
        (lambda: kt.k_path([(0, 0, 0)]), "with n >= 2"),
    ],
)
def test_errors(call, message):
    with pytest.raises(InputError, match=message):
        call()
