"""Every solver on cases that can be solved by hand, and against the continuum."""

import numpy as np
import pytest
from helpers import random_chain, wire
from references import continuum

import kwantorque as kt
from kwantorque.structures.chain import discretise
from kwantorque.units import HBAR2_OVER_2M0

K = np.array([[0.1, 0.05], [0.3, 0.2], [0.25, 0.6], [0.5, 0.1]])


def test_delta_barrier(solver):
    """Transmission of w delta(z): 1/(1 + (w/hbar v)^2), hbar v = 2 C k. On the
    lattice hbar v = 2 C sin(k a)/a, exactly.
    """
    w, energy, a = 0.2, 0.5, 0.05
    layer = kt.Layer(kt.FreeElectron(), 0.5)
    delta = kt.Interface([kt.Polynomial("barrier", "lattice", w * np.eye(2))])
    data = kt.torques_at(kt.Stack([layer, delta, layer], a), [(0, 0)], energy, solver=solver)
    k = np.arccos(1 - energy * a**2 / (2 * HBAR2_OVER_2M0)) / a
    expected = 1 / (1 + (w / (2 * HBAR2_OVER_2M0 * np.sin(k * a) / a)) ** 2)
    assert np.allclose(data.particle_current, 2 * expected)
    assert expected == pytest.approx(1 / (1 + w**2 / (4 * HBAR2_OVER_2M0 * energy)), rel=1e-2)


def test_step_in_the_mass_converges_to_velocity_matching(solver):
    """psi and psi'/m continuous: T = 4 v1 v2/(v1 + v2)^2; the error
    of the interface on a site falls as a^2.
    """
    energy, masses = 0.8, (1.0, 0.4)
    v = [np.sqrt(energy / m) for m in masses]
    exact = 4 * v[0] * v[1] / (v[0] + v[1]) ** 2
    errors = []
    for a in (0.1, 0.05):
        layers = [kt.Layer(kt.FreeElectron(mass=m), 1) for m in masses]
        data = kt.torques_at(kt.Stack(layers, a), [(0, 0)], energy, solver=solver)
        errors.append(float(data.particle_current_limit[0, 1]) / 2 - exact)
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)


def test_continuum_and_slope_of_the_error(solver):
    """Transmission and asymptotic angular momentum currents of
    the wire at fixed k_par: error O(a^2).
    """
    exact = continuum.match(K[:, 0], K[:, 1], 0.06)
    spacings = np.array([0.4, 0.2, 0.1])
    errors = []
    for a in spacings:
        data = kt.torques_at(wire(4, 4, spacing=a), K, 0.06, solver=solver)
        flux = data.angular_momentum_current_limit.sel(axis="z")
        ours = np.stack([data.particle_current_limit.sel(lead="right"), flux.sel(lead="left"), flux.sel(lead="right")])
        errors.append(np.abs(ours - [exact["T"], exact["Q_in"], exact["Q_out"]]).max(axis=1))
    slopes = np.polyfit(np.log(spacings), np.log(errors), 1)[0]
    assert np.allclose(slopes, 2, atol=0.1)
    assert np.max(errors[-1]) < 3e-3


@pytest.mark.parametrize("spin_orbit", [0.05, 0.2, -0.05])
def test_continuum_at_other_couplings(solver, spin_orbit):
    """Richardson extrapolation of two spacings at fixed
    k_par, for other alpha than the paper's.
    """
    k = K[:2]
    exact = continuum.match(k[:, 0], k[:, 1], 0.06, spin_orbit=spin_orbit)
    values = []
    for a in (0.1, 0.05):
        data = kt.torques_at(wire(1, 1, spacing=a, spin_orbit=spin_orbit), k, 0.06, solver=solver)
        flux = data.angular_momentum_current_limit.sel(axis="z")
        values.append(np.stack([data.particle_current_limit[:, 1], flux[:, 0], flux[:, 1]]))
    extrapolated = (4 * values[1] - values[0]) / 3
    assert np.allclose(extrapolated, [exact["T"], exact["Q_in"], exact["Q_out"]], atol=2e-4)


@pytest.mark.parametrize("seed", range(5))
def test_unitarity_on_random_chains(solver, seed):
    """R + T = 1 per mode, from the modes' amplitudes in both leads."""
    rng = np.random.default_rng(seed)
    states = solver.solve(random_chain(rng, n_orbital=2), rng.normal())
    n = states.psi.shape[-1]
    out = np.abs(states.left.amplitude[..., :n]) ** 2 * (states.left.velocity[:, None, :n] != 0)
    through = np.abs(states.right.amplitude) ** 2 * (states.right.velocity[:, None] != 0)
    total = out.sum(axis=-1) + through.sum(axis=-1)
    there = np.arange(total.shape[1]) < states.n_open[:, None]
    assert np.allclose(total, there, atol=1e-9)


def test_lead_expansion_reproduces_the_wave_function(solver):
    """psi in the outermost cells is the sum over modes that the lead states claim."""
    states = solver.solve(discretise(wire(2, 2, m="x"), K), 0.06)
    for lead, cells in ((states.left, (1, 0)), (states.right, (-2, -1))):
        for i, cell in enumerate(cells):
            psi = np.einsum("ksm,km,kam->ksa", lead.amplitude, lead.step**i, lead.vectors)
            assert np.allclose(psi, states.psi[:, :, cell], atol=1e-8)


def test_tail_and_limit_against_explicit_sums(solver):
    """Torque summed over a lead: geometric series against a long layer
    of the same material, at complete decay.
    """
    k = np.array([[0.25, 0.6]])
    short, long = (kt.torques_at(wire(4, length), k, 0.06, solver=solver) for length in (4, 24))
    name = "lattice_torque"
    total = short[f"{name}_total"] - long[f"{name}_total"]
    assert np.abs(total).max() < 1e-10
    window = long.lattice_torque.isel(site=slice(41, None)).sum("site") + long[f"{name}_tail"].sel(lead="right")
    assert np.allclose(short[f"{name}_tail"].sel(lead="right"), window, atol=1e-10)
    assert np.abs(short[f"{name}_tail"]).max() > 1e-6


def test_limit_is_the_average_far_inside(solver):
    """The equal-k_z part of the flux is its average over many periods."""
    k = np.array([[0.3, 0.2]])
    data = kt.torques_at(wire(4, 600), k, 0.06, solver=solver)
    flux = data.angular_momentum_current.sel(axis="z")[0]
    far = flux.values[flux.z_bond > 100]
    window = np.hanning(len(far))
    average = far @ window / window.sum()
    assert average == pytest.approx(float(data.angular_momentum_current_limit.sel(lead="right", axis="z")[0]), abs=2e-3)
    assert np.ptp(far) > 0.01


def test_source_right_is_the_mirror_image(solver):
    """Holes from the right in B | A are holes from
    the left in A | B, turned by C2 about x.
    """
    magnet, normal = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger()
    left = kt.Stack([kt.Layer(magnet, 2, m=(0, 0.6, 0.8)), kt.Layer(normal, 3)], 0.2)
    right = kt.Stack([kt.Layer(normal, 3), kt.Layer(magnet, 2, m=(0, -0.6, -0.8))], 0.2)
    one = kt.torques_at(left, K, 0.06, solver=solver)
    other = kt.torques_at(right, K * [1, -1], 0.06, source="right", solver=solver)
    turned = other.lattice_torque.values[:, ::-1] * [1, -1, -1]
    assert np.allclose(one.lattice_torque, turned, atol=1e-10)
    assert np.allclose(one.particle_current, -other.particle_current.values[:, ::-1], atol=1e-10)


@pytest.mark.parametrize(
    ("left", "middle", "right", "k", "side"),
    [
        ((10, 4), 8, 8, 8.0, "right"),
        ((8, 8), 8, 10, 8.0, "left"),
        ((5, 2), 8, 5, 2.0, "left"),
    ],
)
def test_on_a_threshold_there_is_no_answer(solver, left, middle, right, k, side):
    """A mode of the lead neither travels nor decays, and sums over it do not exist."""
    magnet, normal = kt.FreeElectron.from_wavevectors(*left), kt.FreeElectron.from_wavevectors
    lead = kt.Layer(magnet, m="x" if magnet.is_magnetic else None)
    stack = kt.Stack([kt.Layer(normal(middle), 0.5)], 0.05, left=lead, right=kt.Layer(normal(right)))
    with pytest.raises(kt.ComputationError, match=rf"k = \({k}, 0.0\) 1/nm .* threshold of the {side} lead.*a little"):
        kt.torques_at(stack, [(1.0, 0.5), (k, 0)], 0.0, solver=solver)
    data = kt.torques_at(stack, [(k - 1e-6, 0), (k + 1e-6, 0)], 0.0, solver=solver)
    assert all(np.isfinite(data[name]).all() for name in data.data_vars)
