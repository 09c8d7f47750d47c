"""Peaks narrower than any mesh are found by their levels."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import brentq

import kwantorque as kt
from kwantorque.spectrum.breaks import entering_levels
from kwantorque.spectrum.channels import thresholds
from kwantorque.spectrum.resonances import poles
from kwantorque.structures.chain import discretise
from kwantorque.units import HBAR2_OVER_2M0


def double_barrier(width, well=1.0, spacing=0.05):
    barrier, metal = kt.FreeElectron(bottom=2.5), kt.FreeElectron()
    layers = [kt.Layer(barrier, width), kt.Layer(metal, well), kt.Layer(barrier, width)]
    return kt.Stack(layers, spacing, left=kt.Layer(metal), right=kt.Layer(metal))


@pytest.mark.parametrize("width", [0.3, 0.7, 0.8, 1.0])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-3])
def test_resonances_narrower_than_any_mesh_are_not_missed(width, tolerance):
    """Tunnelling through a well: the current of a peak down to some 1e-8/nm
    wide, against a one-dimensional integral.

    In free electrons T depends on the energy of the motion along z alone, E - C k^2, so
    that the current is int d^2k T = (pi/C) int dE_z T, integrated here in ever smaller
    pieces towards the levels of the finite chain.
    """
    stack, energy = double_barrier(width), 1.0
    data = kt.torques(stack, energy, tolerance=tolerance, progress=False)
    current = float(data.particle_current_limit[1]) * (2 * np.pi) ** 3

    def transmission(e_z):
        k = np.sqrt(np.maximum(energy - e_z, 0) / HBAR2_OVER_2M0)
        states = kt.BatchedSolver("recursion").solve(discretise(stack, np.stack([k, 0 * k], axis=1)), energy)
        return (np.abs(states.right.amplitude) ** 2 * (states.right.velocity[:, None] != 0)).sum(axis=(1, 2))

    grid = 1e-6, energy - 1e-9
    levels = closed_levels(stack, energy)
    t, weights = np.polynomial.legendre.leggauss(12)
    cuts = {grid[0], grid[-1], *np.linspace(grid[0], grid[-1], 41)}
    for level in levels:
        cuts |= {level + sign * 10.0**-p for p in np.arange(1, 12, 0.25) for sign in (-1, 1)}
    cuts = np.array(sorted(c for c in cuts if grid[0] <= c <= grid[-1]))
    middle, half = (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts) / 2
    points = (middle[:, None] + half[:, None] * t).ravel()
    exact = np.pi / HBAR2_OVER_2M0 * (half[:, None] * weights).ravel() @ transmission(points)
    assert current == pytest.approx(exact, rel=tolerance)
    assert data.error_estimate <= tolerance


def closed_levels(stack, energy, k=0.0, lowest=0.0):
    """Eigenvalues of the finite chain between hard walls, one spin."""
    chain = discretise(stack, [(k, 0.0)])
    h = chain.total_onsite[0, chain.site_kind[1:-1], 0, 0].real
    v = chain.total_hopping[0, chain.bond_kind[1:-1], 0, 0].real
    return eigh_tridiagonal(h, v, select="v", select_range=(lowest, energy))[0]


def magnetic_double_barrier(width, well, angle):
    """A well between two barriers between two magnets, m = z and `angle` off it."""
    magnet, barrier = kt.FreeElectron.from_wavevectors(10.9, 4.2), kt.FreeElectron(mass=0.4, bottom=1.0)
    layers = [kt.Layer(barrier, width), kt.Layer(kt.FreeElectron(bottom=-3.0), well), kt.Layer(barrier, width)]
    m = np.sin(np.radians(angle)), 0, np.cos(np.radians(angle))
    return kt.Stack(layers, 0.05, left=kt.Layer(magnet, m="z"), right=kt.Layer(magnet, m=m))


def by_decades(stack, breaks, levels):
    """int r dr/2 pi of current and torque on the right magnet, at E = 0.

    Gauss-Legendre in the distance d from every level in fifths of decades down to
    1e-14/nm, and in sqrt(d) from the other breaks.
    """
    x, w = np.polynomial.legendre.leggauss(8)
    r, weights = [], []
    for low, high in pairwise(sorted([*breaks, *levels])):
        half = (high - low) / 2
        for end, sign in ((low, 1), (high, -1)):
            cuts = np.linspace(0, 1, 9) ** 2 * half
            if end in levels:
                cuts = np.concatenate([[0.0], 10.0 ** np.arange(-14.0, np.log10(half), 0.2), [half]])
            power = 1 if end in levels else 2
            for u, v in pairwise(cuts ** (1 / power)):
                t = (u + v) / 2 + (v - u) / 2 * x
                r.append(end + sign * t**power)
                weights.append(w * (v - u) / 2 * power * t ** (power - 1))
    r, weights = np.concatenate(r), np.concatenate(weights)
    data = kt.torques_at(stack, np.stack([r, 0 * r], axis=1), 0.0)
    return {
        name: np.tensordot(r * weights, data[name].values[:, 1], 1) / (2 * np.pi) ** 2
        for name in ("particle_current_limit", "exchange_torque_tail")
    }


@pytest.mark.parametrize(
    ("width", "well", "angle", "current"),
    [
        (0.4, 1.0, 90, None),
        (0.8, 1.0, 90, None),
        (1.2, 1.0, 60, 1.329207e-5),
        (1.6, 1.5, 90, 6.69315e-9),
        (2.0, 1.0, 90, 6.73135e-9),
        (2.5, 1.0, 90, None),
    ],
)
def test_magnetic_double_barriers_are_within_their_error(width, well, angle, current):
    """Current and both torques, for resonances of 0.1 to 1e-11/nm, against an integral
    of `torques_at` in decades around the levels (and the current against that of
    another code).
    """
    stack = magnetic_double_barrier(width, well, angle)

    def level(k, n):
        return closed_levels(stack, np.inf, k, -np.inf)[n]

    angles = np.zeros(1)
    (of_magnet,), (of_well,) = (
        thresholds(layer, stack.spacing, 0.0, angles) for layer in (stack.left, stack.regions[2].layer)
    )
    edge = of_magnet.max()
    found = [n for n in range(9) if level(0.0, n) < 0 < level(edge, n)]
    levels = [brentq(level, 0, edge, args=(n,), xtol=1e-15, rtol=1e-15) for n in found]
    exact = by_decades(stack, [0.0, *of_magnet, *of_well], levels)
    assert len(levels) >= 3
    if current is not None:
        assert exact["particle_current_limit"] == pytest.approx(current, rel=5e-6)
    for tolerance in (1e-2, 1e-4):
        data = kt.torques(stack, 0.0, tolerance=tolerance, progress=False)
        for name, value in exact.items():
            error = np.abs(data[name].values[1] - value).max()
            # The decades are good to 3e-5 around resonances that are not at the levels.
            assert error <= float(data[f"{name}_error"]) + 3e-5 * np.abs(value).max(), (tolerance, name)
        current_error = float(data.particle_current_limit_error)
        assert current_error <= 10 * tolerance * exact["particle_current_limit"]


def test_poles_are_where_the_transmission_peaks():
    """A well without spin: T = 1/(1 + (r - centre)^2/width^2) next to each pole, for
    equal barriers, however far the level of the closed well is from there.
    """
    stack = double_barrier(0.5, well=1.5)
    levels = [np.sqrt((1.0 - e) / HBAR2_OVER_2M0) for e in closed_levels(stack, 1.0 - 1e-9) if e > 0.0]
    found = poles(stack, 1.0, np.sort(levels), 0.3)
    assert len(found) == len(levels) >= 2
    for pole in found:
        x = np.array([-1.0, -0.5, 0.0, 1.0])
        k = (pole.real + x * pole.imag)[:, None] * np.array([np.cos(0.3), np.sin(0.3)])
        transmission = kt.torques_at(stack, k, 1.0).particle_current_limit.values[:, 1] / 2
        assert transmission == pytest.approx(1 / (1 + x**2), abs=0.03)


def test_resonances_that_enter_at_the_centre_are_breaks_in_energy():
    """At k = 0 the transmission peaks at each of these energies; none where there is no
    barrier inside, and none outside the window.
    """
    stack = double_barrier(0.6)
    energies = entering_levels(stack, 0.05, 2.0)
    # As many as the closed well has levels below the barrier's 2.5 eV there.
    assert len(energies) == len(closed_levels(stack, 2.0, lowest=0.05)) >= 2
    for energy in energies:
        peak, below, above = (
            float(kt.torques_at(stack, [(0, 0)], e).particle_current_limit[0, 1]) / 2
            for e in (energy, energy - 0.03, energy + 0.03)
        )
        assert peak > 0.99
        assert max(below, above) < 0.5
    metal = kt.Stack([kt.Layer(kt.FreeElectron(bottom=-1.0), 1.0)], 0.05, left=stack.left, right=stack.right)
    assert entering_levels(metal, 0.05, 2.0) == []
    assert entering_levels(stack, energies[0] + 0.1, energies[0] + 0.2) == []


@pytest.mark.slow
def test_a_level_near_the_end_of_the_window():
    """The window's current where a resonance enters 3 % below its upper end, against
    another code's integral of the same lattice (to the digits of its E_0).
    """
    high = -0.53513 + 0.003
    stack = magnetic_double_barrier(0.8, 1.0, 90)
    given = {"mu_left": high, "mu_right": high - 0.1}
    with pytest.warns(UserWarning, match="no potential drops"):
        data = kt.steady_state(stack, **given, sea=False, tolerance=1e-3, progress=False)
    current, error = (
        float(v[1, 1] if v.ndim == 2 else v[1])
        for v in (data.particle_current_limit, data.particle_current_limit_error)
    )
    # E_0 is given to 5e-6 eV, and the current changes by 1e-4 of itself per 1e-6 eV.
    assert abs(current - 6.61838e-6) <= error + 1e-4 * current
    assert error <= 1e-3 * current
