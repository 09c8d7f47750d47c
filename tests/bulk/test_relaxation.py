"""Green functions of the bulk against sums over k and closed forms; spin-orbit beta
against a wide strip on the lattice.
"""

import numpy as np
import pytest
from scipy.integrate import quad

import kwantorque as kt
from kwantorque.bulk import spin_flip_coefficient, spin_orbit_beta
from kwantorque.errors import InputError
from kwantorque.structures.impurities import draw_sites
from kwantorque.units import HBAR2_OVER_2M0


def summed_over_k(energy, exchange, gamma, mass, second=0.5):
    """a of eq. 26 as it stands, with plain sums over k (and `second` times a term)."""
    scale = HBAR2_OVER_2M0 / mass

    def green(k, spin):
        return 1 / (energy - scale * k**2 + spin * exchange + 1j * gamma)

    def integrate(f):
        kinks = [np.sqrt((energy + s * exchange) / scale) for s in (1, -1)]
        # k = q/(1 - q) beyond the peaks: the tails fall as 1/k^2.
        near = quad(f, 0, 3 * max(kinks), points=kinks, limit=2000, epsabs=0, epsrel=1e-10)[0]
        far = quad(lambda x: f(1 / x) / x**2, 0, 1 / (3 * max(kinks)), limit=500, epsabs=0, epsrel=1e-10)[0]
        return near + far

    def bracket(k):
        total = 0.0
        for spin in (1, -1):
            own, other = green(k, spin), green(k, -spin)
            total += 2 * scale * k**2 / 3 * abs(own) ** 2 * 2 * other.real
            total += second * 2 * (own * other.conjugate()).real
        return total * k**2 / (2 * np.pi**2)

    absorbed = integrate(lambda k: sum(-green(k, spin).imag for spin in (1, -1)) * k**2 / (2 * np.pi**2))
    return -integrate(bracket) * absorbed / (2 * np.pi)


@pytest.mark.parametrize(("energy", "exchange", "gamma", "mass"), [(2.0, 0.3, 0.05, 1.0), (1.0, 0.6, 0.1, 0.4)])
def test_residues_are_the_sums_over_k(energy, exchange, gamma, mass):
    data = spin_flip_coefficient(energy, exchange, gamma, mass)
    assert float(data.coefficient) == pytest.approx(summed_over_k(energy, exchange, gamma, mass), rel=1e-6)


@pytest.mark.parametrize(("energy", "exchange"), [(2.0, 0.3), (5.0, 1.0)])
def test_it_tends_to_its_closed_form_with_the_square_of_the_broadening(energy, exchange):
    """As 1 - (gamma/M)^2, with half of the second term; as printed, twice as slowly."""
    for part in (0.02, 0.01):
        gamma = part * exchange
        data = spin_flip_coefficient(energy, exchange, gamma)
        assert 1 - float(data.coefficient / data.closed_form) == pytest.approx(part**2, rel=0.02)
    printed = summed_over_k(energy, exchange, 0.05 * exchange, 1.0, second=1.0)
    closed = float(spin_flip_coefficient(energy, exchange, 0.05 * exchange).closed_form)
    assert 1 - printed / closed == pytest.approx(2 * 0.05**2, rel=0.05)


def test_closed_form_is_beta_sf():
    """(2/3) n v^2 a/(n_+ tau_+ - n_- tau_-) = (2 pi/3M) n v^2 (nu_+ + nu_-)."""
    energy, exchange, gamma = 2.0, 0.3, 0.01
    k = np.sqrt((energy + np.array([1, -1]) * exchange) / HBAR2_OVER_2M0)
    electrons, states = k**3 / (6 * np.pi**2), k / (4 * np.pi**2 * HBAR2_OVER_2M0)
    a = float(spin_flip_coefficient(energy, exchange, gamma).closed_form)
    beta = 2 / 3 * a / (np.array([1, -1]) @ electrons / (2 * gamma))
    assert beta == pytest.approx(2 * np.pi / (3 * exchange) * states.sum(), rel=1e-12)


def test_spin_orbit_beta_of_a_wide_strip():
    """In two dimensions, against second order on the lattice: waves of ten sites (sin k
    for k takes some 10 %), j as k_F. The factor of 4 that eq. 41 has lost shows, and
    what the gradient of n adds: sum of k_s^2 s j_s - M j_s, over M, for k_s^2 s j_s.
    """
    energy, exchange, width = 0.35, 0.1, 90
    strip = kt.Strip(width=width, length=7, exchange=exchange, wavevector=0.02)
    impurities = kt.Impurities(draw_sites(strip, 2), spin_orbit=0.05)
    data = kt.spin_relaxation(strip, impurities, energy, progress=False)
    k = np.sqrt(energy + np.array([1, -1]) * exchange)
    own = spin_orbit_beta(2 / strip.n_sites, 0.05, exchange, k, np.full(2, 1 / (4 * np.pi)), k, dimensions=2)
    plain, turned = k**2 @ (k * [1, -1]), k**2 @ (k * [1, -1]) - exchange * k.sum()
    assert turned == pytest.approx((k**2).mean() * (k[0] - k[1]), rel=1e-12)
    assert float(data.beta_spin_orbit_analytic) == pytest.approx(own * turned / plain, rel=0.15)
    assert float(data.beta_spin_orbit) == pytest.approx(float(data.beta_spin_orbit_analytic), rel=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spin_flip_coefficient(0.2, 0.3, 0.01), "`fermi_energy` must be above `exchange` = 0.3 eV"),
        (lambda: spin_flip_coefficient(2.0, 0.0, 0.01), "`exchange` must be > 0 eV"),
        (lambda: spin_flip_coefficient(2.0, 0.3, -1), "`broadening` must be > 0 eV"),
        (lambda: spin_orbit_beta(0.1, 0.1, 0.3, (1, 1), (1, 1), (1, 1)), "`currents` must differ"),
        (lambda: spin_orbit_beta(0.1, 0.1, 0.3, (1, 1), (1, 1), (1, 2), 4), "unknown number of dimensions '4'"),
        (lambda: spin_orbit_beta(0.1, 0.1, 0.3, 1, (1, 1), (1, 2)), "`wavevectors` must be two numbers"),
        (lambda: spin_orbit_beta(0.1, 0.1, 0, (1, 1), (1, 1), (1, 2)), "`exchange` must not be 0"),
        (lambda: spin_orbit_beta("a", 1, 1, (1, 1), (1, 1), (1, 2)), "`density` must be a number"),
        (lambda: spin_orbit_beta(1, np.nan, 1, (1, 1), (1, 1), (1, 2)), "`strength` must be a finite number"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()
