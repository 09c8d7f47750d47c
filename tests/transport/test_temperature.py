"""Temperature: how far the tails of Fermi functions reach, in k and in energy."""

from itertools import pairwise

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.spectrum.channels import band_bottoms
from kwantorque.units import BOLTZMANN
from kwantorque.units import HBAR2_OVER_2M0 as C


def metal(up=6.0, down=3.0, normal=6.0, length=1.0):
    """Magnets at right angles with a metal between them."""
    magnet = kt.FreeElectron.from_wavevectors(up, down)
    spacer = kt.Layer(kt.FreeElectron.from_wavevectors(normal), length)
    return kt.Stack([spacer], 0.1, left=kt.Layer(magnet, m="z"), right=kt.Layer(magnet, m="x"))


def barrier(height, length):
    magnet = kt.FreeElectron.from_wavevectors(10.9, 4.2)
    layer = kt.Layer(kt.FreeElectron(mass=1.0, bottom=height), length)
    return kt.Stack([layer], 0.1, left=kt.Layer(magnet, m="z"), right=kt.Layer(magnet, m="x"))


def coupling(values):
    """Out-of-plane torque on the right magnet."""
    on_right = values["exchange_torque"][..., -1, :] + values["exchange_torque_tail"][..., 1, :]
    return {"coupling": on_right[..., 1]}


def coupling_of(stack, **given):
    data = kt.steady_state(stack, derived=coupling, progress=False, **given)
    return float(data.coupling.sum("part")), float(data.coupling_error.sum("part"))


def folded(stack, temperature, tolerance=1e-4):
    """The coupling at T = 0 folded with -df/dE, by the trapezoid in E/k_B T."""
    step, k_t = 1.2, BOLTZMANN * temperature
    x = step * np.arange(-20, 21)
    weights = step / (4 * np.cosh(x / 2) ** 2)
    filled = x * k_t > min(band_bottoms(stack))  # Below the lowest band there is no sea.
    return weights[filled] @ [coupling_of(stack, energy=e * k_t, tolerance=tolerance)[0] for e in x[filled]]


@pytest.mark.parametrize("temperature", [77, 300, 1000])
@pytest.mark.parametrize("stack", [metal(), barrier(0.3, 0.5)], ids=["metal", "low barrier"])
def test_a_wider_region_moves_nothing(stack, temperature):
    """Grazing electrons of a metal count up to where their Fermi function ends."""
    plain, error = coupling_of(stack, temperature=temperature, tolerance=1e-5)
    wider, _ = coupling_of(stack, temperature=temperature, tolerance=1e-5, kpar=kt.PolarRule(widen=1.4))
    assert abs(wider - plain) <= error
    assert error < 1e-3 * abs(plain)


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [300, 1000])
@pytest.mark.parametrize("stack", [metal(), barrier(0.3, 0.5)], ids=["metal", "low barrier"])
def test_a_warm_sea_is_the_cold_one_folded(stack, temperature):
    warm, error = coupling_of(stack, temperature=temperature, tolerance=1e-4)
    assert abs(warm - folded(stack, temperature)) <= error + 3e-4 * abs(warm)


def current_by_hand(stack, bias, temperature, height, mass):
    """(f_L - f_R) T summed over energies and k by Gauss's rule."""
    k_t = BOLTZMANN * temperature
    top = height + bias / 2
    ends = [-0.5 * bias - 20 * k_t, -0.5 * bias, 0.5 * bias, 0.4 * top, 0.9 * top, top, top + 4 * k_t, top + 12 * k_t]
    x, w = np.polynomial.legendre.leggauss(12)
    t, u = np.polynomial.legendre.leggauss(30)
    total = 0.0
    for start, stop in pairwise(ends):
        for energy, weight in zip((start + stop) / 2 + (stop - start) / 2 * x, (stop - start) / 2 * w, strict=True):
            occupied = [1 / (1 + np.exp((energy - mu) / k_t)) for mu in (bias / 2, -bias / 2)]
            squares = [10.9**2, 4.2**2]
            edges = [e + (energy - shift) / C for e in squares for shift in (bias / 2, -bias / 2)]
            edges += [(energy - u0) / C * mass for u0 in (top, top - bias)]
            breaks = np.sqrt(np.unique([0, *(e for e in edges if e > 0)]))
            for r_0, r_1 in pairwise(breaks):
                r = r_0 + (r_1 - r_0) * np.sin(np.pi * (t + 1) / 4) ** 2
                slope = (r_1 - r_0) * np.pi / 4 * np.sin(np.pi * (t + 1) / 2) * u
                through = kt.torques_at(stack, np.stack([r, 0 * r], axis=1), energy).particle_current_limit
                total += weight * (occupied[0] - occupied[1]) * (through.sel(lead="right").values * r * slope).sum()
    return total / (2 * np.pi) ** 2


@pytest.mark.slow
@pytest.mark.parametrize(("length", "mass", "temperature"), [(2.0, 1.0, 600), (2.5, 0.4, 620)])
def test_electrons_that_fly_over_the_barrier_count(length, mass, temperature):
    """At 16 k_B T above the Fermi energy a thick barrier is not over."""
    system, bias = kt.systems.find("magnetic-tunnel-junction"), 0.1
    given = {"barrier_length": length, "barrier_mass": mass, "angle": 0, "spacing": 0.1, "temperature": temperature}
    data = system.run(bias=bias, tolerance=3e-3, progress=False, **given)
    by_hand = current_by_hand(system.stack(system.complete(given)).biased(bias), bias, temperature, 1.0, mass)
    error = float(data.result_current_error)
    assert abs(float(data.result_current) - by_hand) <= error + 1e-3 * by_hand
    assert error < 1e-2 * by_hand


@pytest.mark.parametrize("temperature", [77, 300])
def test_warm_response_is_the_cold_one_folded(temperature):
    stack, k_t = metal(), BOLTZMANN * temperature
    x = 1.2 * np.arange(-16, 17)
    weights = 1.2 / (4 * np.cosh(x / 2) ** 2)
    cold = [
        float(kt.torques(stack, e * k_t, tolerance=1e-4, progress=False).particle_current_limit.sel(lead="right"))
        for e in x
    ]
    warm = kt.torques(stack, 0.0, temperature=temperature, tolerance=1e-4, progress=False)
    difference = float(warm.particle_current_limit.sel(lead="right")) - weights @ cold
    assert abs(difference) <= float(warm.particle_current_limit_error) + 3e-4 * weights @ cold


@pytest.mark.parametrize(("kf_down", "ratio"), [(0.6, 81.413), (0.3, 638.6), (0.1, 17106)])
def test_magnetoresistance_without_a_bias_is_that_of_linear_response(kf_down, ratio):
    """Exact matching in the continuum; at 1 mV it is 81.36, 632.0, 8987."""
    system = kt.systems.find("magnetic-tunnel-junction")
    data = system.run(kf_down=kf_down, angle=0, to_zero_spacing=True, progress=False)
    error = float(data.result_tmr_error) + float(data.result_tmr_spacing_error)
    assert abs(float(data.result_tmr) - ratio) <= error + 1e-3 * ratio
    assert error < 0.02 * ratio
