"""Peaks narrower than any mesh are found by their levels."""

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal

import kwantorque as kt
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


def closed_levels(stack, energy):
    """Eigenvalues of the finite chain between hard walls, one spin."""
    chain = discretise(stack, [(0.0, 0.0)])
    h = chain.total_onsite[0, chain.site_kind[1:-1], 0, 0].real
    v = chain.total_hopping[0, chain.bond_kind[1:-1], 0, 0].real
    return eigh_tridiagonal(h, v, select="v", select_range=(0, energy))[0]
