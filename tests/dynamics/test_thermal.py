"""A magnet in a thermal field: Boltzmann, mean times of reversal, Arrhenius."""

import numpy as np
import pytest
from scipy import constants, integrate, stats

import kwantorque as kt
from kwantorque.dynamics import Field, Slonczewski, Uniaxial
from kwantorque.dynamics.equation import PER_NS
from kwantorque.dynamics.macrospin import thermal_variance

KT = constants.k * 300.0


def volume_of(energy, field):
    """nm^3 of a magnet of 1 T, so that Ms V B is so many k_B T at 300 K."""
    return energy * KT / (field / constants.mu_0) * 1e27


def test_variance_of_the_thermal_field():
    """2 alpha k_B T/(gamma Ms V), by Brown; the same temperature in both forms."""
    magnet = kt.Macrospin(1.0, 0.1, temperature=300.0, volume=1000.0)
    by_hand = 2 * 0.1 * KT / (1 / constants.mu_0 * 1e-24)
    assert thermal_variance(magnet) == pytest.approx(by_hand)
    assert thermal_variance(magnet.but(form="landau-lifshitz")) == pytest.approx(by_hand / 1.01)


def test_seeds_tell_runs_apart():
    magnet = kt.Macrospin(1.0, 0.1, [Field((0, 0, 0.1))], temperature=300.0)
    one, same, other = (magnet.run("x", duration=0.2, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.m, same.m)
    assert not np.allclose(one.m, other.m)
    np.testing.assert_allclose((one.m**2).sum("axis"), 1, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["gilbert", "landau-lifshitz"])
@pytest.mark.parametrize("energy", [2.0, 6.0])
def test_equilibrium_is_boltzmanns(form, energy):
    """In a field along z: exp(energy m_z), by Kolmogorov's test; phi is uniform."""
    magnet = kt.Macrospin(1.0, 0.5, [Field((0, 0, 0.1))], temperature=300.0, volume=volume_of(energy, 0.1), form=form)
    starts = np.tile([1.0, 0.0, 0.0], (3000, 1))
    m = magnet.run(starts, duration=1.5, samples=9, seed=4).m[-1].values
    low, high = np.exp(-energy), np.exp(energy)
    test = stats.kstest(m[:, 2], lambda z: (np.exp(energy * z) - low) / (high - low))
    assert test.pvalue > 0.01
    turn = stats.kstest(np.arctan2(m[:, 1], m[:, 0]), stats.uniform(-np.pi, 2 * np.pi).cdf)
    assert turn.pvalue > 0.01


def mean_time(barrier, alpha, field):
    """Of the first passage from the pole to the equator in ns, exactly.

    Integrals of Boltzmann factors for an energy -barrier m_z^2, in k_B T.
    """

    def inner(u):
        return integrate.quad(lambda v: np.exp(barrier * (v * v - u * u)), u, 1)[0] / (1 - u * u)

    # alpha gamma k_B T/((1 + alpha^2) Ms V), with Ms V B_K/2 = barrier.
    diffusion = alpha * PER_NS * field / (2 * barrier) / (1 + alpha**2)
    return integrate.quad(inner, 0, 1 - 1e-9)[0] / diffusion


@pytest.mark.slow
def test_switching_times_follow_arrhenius():
    """ln(rate) against the barrier: the exact slope within the error bar."""
    alpha, field, count = 0.5, 0.1, 300
    barriers, found, exact = np.array([2.0, 3.0, 4.0, 5.0]), [], []
    for barrier in barriers:
        magnet = kt.Macrospin(
            1.0, alpha, [Uniaxial(field, "z")], temperature=300.0, volume=volume_of(2 * barrier, field)
        )
        exact.append(mean_time(barrier, alpha, field))
        starts = np.tile([0.0, 0.0, 1.0], (count, 1))
        data = magnet.run(starts, duration=4 * exact[-1], samples=4001, seed=int(barrier))
        times = data.switching_time.values
        # Of those that are cut off at the end, the mean life is known from the rest.
        ended = np.isfinite(times)
        found.append((np.nansum(times) + (~ended).sum() * 4 * exact[-1]) / ended.sum())
    slope = np.polyfit(barriers, np.log(found), 1)[0]
    expected = np.polyfit(barriers, np.log(exact), 1)[0]
    error = np.sqrt(1 / count / ((barriers - barriers.mean()) ** 2).sum())
    assert abs(slope - expected) < 2 * error
    assert error < 0.05 * expected
    # At whole steps only it is seen to pass the equator: some per cent too late.
    assert np.mean(np.array(found) / exact) == pytest.approx(1.05, abs=0.1)


@pytest.mark.slow
def test_a_torque_changes_the_effective_temperature():
    """Slonczewski's torque along a field acts as a damping: alpha B + a for alpha B.

    The motion keeps its symmetry around z, and its distribution is Boltzmann's with the
    energy times 1 + tau/(alpha h).
    """
    alpha, field, energy, tau = 0.5, 0.1, 6.0, -0.025
    terms = [Field((0, 0, field)), Slonczewski(tau, "z")]
    magnet = kt.Macrospin(1.0, alpha, terms, temperature=300.0, volume=volume_of(energy, field))
    m = magnet.run(np.tile([1.0, 0.0, 0.0], (3000, 1)), duration=2.0, samples=9, seed=1).m[-1, :, 2].values
    effective = energy * (1 + tau / (alpha * field))
    low, high = np.exp(-effective), np.exp(effective)
    assert stats.kstest(m, lambda z: (np.exp(effective * z) - low) / (high - low)).pvalue > 0.01
    assert stats.kstest(m, lambda z: (np.exp(energy * z) - np.exp(-energy)) / (2 * np.sinh(energy))).pvalue < 1e-6
