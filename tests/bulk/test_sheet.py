"""The Rashba ferromagnet: published numbers, limits, another lattice, and time."""

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF
from kwantorque.bulk.clean import clean_torques, conductivity, delta_conductivity, densities, spin_force
from kwantorque.bulk.evolution import energy_balance, evolve
from kwantorque.bulk.sheet import RashbaSheet
from kwantorque.errors import InputError

X = [1.0, 0.0]
TABLE = {
    (1, 0.01, 1, 0): (1.04398605e-2, 0.998361, -2.08797210e-2, 1.311049e-3, 3.269559e-4),
    (1, 0.05, 0.5, 1): (1.04432868e-1, 0.936681, -9.07277026e-2, 2.409361e-2, 0.0),
    (0.3, 0.1, 1, 0): (3.10214792e-2, 0.952385, -6.20430778e-2, 3.818195e-2, 8.842151e-3),
}
"""Of an independent program, M and E along x: interband y (1/nm), over that to leading
order, intraband z (eV/nm), AMR at constant tau and with delta scatterers.
"""


@pytest.mark.parametrize(("numbers", "expected"), TABLE.items())
def test_independent_numbers(numbers, expected):
    mass, alpha, exchange, energy = numbers
    sheet = RashbaSheet(alpha, exchange, "x", mass)
    sea = sheet.sea(energy, 64, 24)
    interband, intraband = clean_torques(sheet, sea, X)
    density, polarisation = densities(sea)
    assert interband[1] == pytest.approx(expected[0], rel=1e-8)
    assert interband[1] / (alpha * density * polarisation / (2 * exchange)) == pytest.approx(expected[1], abs=1e-6)
    assert intraband[2] == pytest.approx(expected[2], rel=1e-8)
    assert np.abs(interband[[0, 2]]).max() < 1e-14
    assert np.abs(intraband[:2]).max() < 1e-14
    sigma = conductivity(sheet, energy, 64)
    assert sigma[1, 1] / sigma[0, 0] - 1 == pytest.approx(expected[3], rel=1e-6)
    along, across = (delta_conductivity(sheet, energy, 64, field) for field in np.eye(2))
    assert across / along - 1 == pytest.approx(expected[4], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("alpha", "exchange", "energy"), [(0.05, 0.5, 1.0), (0.03, 0.3, 2.0), (0.02, 0.9, 1.5)])
def test_damping_like_torque_of_two_bands_is_universal(alpha, exchange, energy):
    """alpha/(4 pi c), whatever J and E_F, as long as alpha k_F < J."""
    sheet = RashbaSheet(alpha, exchange, "x")
    interband, _ = clean_torques(sheet, sheet.sea(energy, 64, 24), X)
    assert interband[1] == pytest.approx(alpha / (4 * np.pi * sheet.curvature), abs=1e-8 * interband[1])


@pytest.mark.parametrize(("alpha", "exchange", "energy"), [(0.08, 0.3, 2.0), (0.08, 0.5, 2.0)])
def test_damping_like_torque_vanishes_with_the_degenerate_point_in_the_sea(alpha, exchange, energy):
    """h = 0 at k = J/alpha: where both bands are full there, their torques cancel."""
    sheet = RashbaSheet(alpha, exchange, "x")
    assert energy > sheet.curvature * (exchange / alpha) ** 2
    interband, _ = clean_torques(sheet, sheet.sea(energy, 256, 64), X)
    assert abs(interband[1]) < 1e-9 * alpha / (4 * np.pi * sheet.curvature)


def test_kubo_by_eigenstates():
    """2 q sum f_n sum Im[<n|s|m><m|v|n>]/(e_n - e_m)^2, with eigenvectors."""
    plane = kt.Plane(kt.Model([kt.terms.kinetic(), kt.terms.rashba(0.05), kt.terms.exchange(-1.0)]), m=(1, 2, 2))
    sheet = RashbaSheet(0.05, 0.5, (1, 2, 2))
    sea = sheet.sea(1.0, 24, 8)
    energies, states = np.linalg.eigh(plane.hamiltonian(sea.k))
    inside = np.conj(np.swapaxes(states, 1, 2))
    v = inside @ plane.velocity(sea.k) @ states
    s = inside[:, None] @ (2 * SPIN_HALF) @ states[:, None]
    n = ((1 + sea.band) / 2).astype(int)
    at = np.arange(len(n))
    m = 1 - n
    gap = energies[at, n] - energies[at, m]
    part = (s[at, :, n, m] * v[at, m, n][:, None]).imag / gap[:, None] ** 2
    spin = -2 * (sea.weight[:, None] * part).sum(axis=0)
    expected = 0.5 * np.cross(sheet.m, spin)
    assert clean_torques(sheet, sea, X)[0] == pytest.approx(expected, abs=1e-12)


def test_the_response_of_the_plane_goes_to_that_of_the_clean_sheet():
    """Relaxing density matrix, gamma -> 0: Richardson in gamma^2."""
    plane = kt.Plane(kt.Model([kt.terms.kinetic(), kt.terms.rashba(0.05), kt.terms.exchange(-1.0)]), m="x")
    at = {"temperature": 450, "tolerance": 1e-5, "progress": False}
    first, second = (kt.field_response(plane, 1.3, broadening=gamma, **at) for gamma in (0.02, 0.01))
    values = [float(d.exchange_torque_total.sel(part="intrinsic", axis="y")) for d in (first, second)]
    sheet = RashbaSheet(0.05, 0.5, "x")
    exact = 0.05 / (4 * np.pi * sheet.curvature)
    assert (4 * values[1] - values[0]) / 3 == pytest.approx(exact, rel=1e-6)
    assert abs(values[1] / exact - 1) > 1e-5
    intraband = 0.01 * float(second.exchange_torque_total.sel(part="dissipative", axis="z"))
    assert intraband == pytest.approx(clean_torques(sheet, sheet.sea(1.3, 64, 24), X)[1][2], rel=5e-3)


def test_lattice_goes_to_the_continuum_as_a_squared():
    errors = []
    for spacing in (0.2, 0.1, 0.05):
        sheet = RashbaSheet(0.1, 1.0, "x", 0.3, spacing)
        errors.append(clean_torques(sheet, sheet.sea(0.0, 96, 32), X)[0][1] / 3.10214792e-2 - 1)
    assert errors[:2] == pytest.approx([-0.020, -0.0050], abs=3e-4)
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.05)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2, abs=0.02)


def test_lattice_is_that_of_kwant():
    """The same H(k) through `kwant.wraparound` and through our blocks."""
    kwant = pytest.importorskip("kwant")
    a, alpha, exchange, m = 0.2, 0.1, 1.0, np.array([1.0, 2.0, 2.0]) / 3
    sheet = RashbaSheet(alpha, exchange, tuple(m), 0.3, a)
    t, pauli = sheet.curvature / a**2, 2 * SPIN_HALF
    lattice = kwant.lattice.square(norbs=2)
    builder = kwant.Builder(kwant.TranslationalSymmetry((1, 0), (0, 1)))
    builder[lattice(0, 0)] = 4 * t * np.eye(2) - exchange * np.einsum("i,iab->ab", m, pauli)
    builder[lattice(1, 0), lattice(0, 0)] = -t * np.eye(2) - 1j * alpha / (2 * a) * pauli[1]
    builder[lattice(0, 1), lattice(0, 0)] = -t * np.eye(2) + 1j * alpha / (2 * a) * pauli[0]
    wrapped = kwant.wraparound.wraparound(builder).finalized()
    ours = kt.Plane(kt.CubicLattice(-t, -2 * exchange, 4 * t, a, alpha), m=tuple(m))
    for k in np.random.default_rng(0).uniform(-10, 10, (5, 2)):
        theirs = wrapped.hamiltonian_submatrix(params={"k_x": k[0] * a, "k_y": k[1] * a})
        assert np.abs(ours.hamiltonian([k])[0] - theirs).max() < 1e-12
        bands = sheet.energy(k, np.array([-1.0, 1.0]))
        assert np.linalg.eigvalsh(theirs) == pytest.approx(bands, abs=1e-12)


def test_force_is_minus_eta_p_to_leading_order_and_opposes_the_field():
    """F = -eta P qE with M along E: the majority's sign, corrected; zero across."""
    for alpha, exchange, energy in ((0.002, 1.0, 0.0), (0.001, 0.3, 1.0)):
        sheet = RashbaSheet(alpha, exchange, "x")
        _, polarisation = densities(sheet.sea(energy, 48, 16))
        eta = alpha**2 / (2 * sheet.curvature * exchange)
        assert spin_force(sheet, energy, 48, 16, X) == pytest.approx(eta * polarisation, rel=1e-2)
        across = RashbaSheet(alpha, exchange, "y")
        assert abs(spin_force(across, energy, 48, 16, X)) < 1e-2 * eta


@pytest.mark.parametrize("numbers", TABLE)
def test_ramped_evolution_comes_to_the_kubo_line(numbers):
    """Within 3e-3; a sudden field overshoots, up to twice, about the same mean."""
    mass, alpha, exchange, energy = numbers
    sheet = RashbaSheet(alpha, exchange, "x", mass)
    ramped, sudden = (evolve(sheet, energy, ramp=ramp, rays=24, nodes=12) for ramp in ("ramped", "sudden"))
    kubo = float(ramped.torque_interband.sel(axis="y"))
    assert float(ramped.window_mean.sel(axis="y")) == pytest.approx(kubo, rel=3e-3)
    assert float(ramped.window_error.sel(axis="y")) < 3e-3 * kubo
    assert 1.3 * kubo < float(sudden.overshoot) < 2.01 * kubo
    assert float(sudden.dephasing_time) > 0


def test_evolution_across_the_field_gives_no_torque():
    data = evolve(RashbaSheet(0.05, 0.5, "y"), 1.0, rays=16, nodes=8, steps=40)
    along = evolve(RashbaSheet(0.05, 0.5, "x"), 1.0, rays=16, nodes=8, steps=40)
    assert float(abs(data.torque).max()) < 1e-9 * float(abs(along.torque).max())


def test_force_in_time_is_the_torque_over_the_radius():
    """T = R x F: on average the force of the evolution is that of the bands."""
    sheet = RashbaSheet(0.05, 0.5, "x")
    data = evolve(sheet, 1.0, rays=32, nodes=12)
    density, _ = densities(sheet.sea(1.0, 64, 24))
    last = data.force.isel(time=slice(-5 * 120, None)).mean()
    assert float(last) / density == pytest.approx(spin_force(sheet, 1.0, 64, 24, X), rel=2e-2)


def test_the_work_of_the_field_is_what_the_electrons_gain():
    sheet = RashbaSheet(0.05, 0.5, (1, 1, 1))
    errors = [energy_balance(sheet, 1.0, steps=steps, rays=12, nodes=6) for steps in (30, 60, 240)]
    assert errors[0] / errors[1] > 12
    assert errors[-1] < 1e-8


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RashbaSheet(0.1, 0.0), "`exchange` must be > 0 eV"),
        (lambda: RashbaSheet(0.1, 1.0, mass=-1), "`mass` must be > 0 m0"),
        (lambda: RashbaSheet(0.1, 1.0, spacing=-1), "`spacing` must be >= 0 nm"),
        (lambda: evolve(RashbaSheet(0.1, 1.0), ramp="slow"), "unknown ramp 'slow'"),
        (lambda: evolve(3), "`sheet` must be a RashbaSheet"),
        (lambda: evolve(RashbaSheet(0.1, 1.0), periods=0), "`periods` must be > 0"),
        (lambda: kt.plot.torque_in_time(), "got none"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(InputError, match=message):
        make()
