import numpy as np
import pytest
from helpers import wire
from scipy.linalg import eigh_tridiagonal

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF
from kwantorque.errors import InputError
from kwantorque.integration.plane import LEVELS, PolarRule, integrate
from kwantorque.integration.rules import SCAN, fejer
from kwantorque.spectrum.channels import count_channels, crystals, largest_radius, thresholds
from kwantorque.spectrum.symmetry import Symmetry, find_symmetry
from kwantorque.structures.chain import discretise
from kwantorque.units import HBAR2_OVER_2M0

NO_SYMMETRY = Symmetry(folds=1, isotropic=False, average=np.eye(3))


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_fejer_is_exact_for_polynomials(level):
    t, weights = fejer(level)
    for power in range(2**level - 1):
        assert weights @ t**power == pytest.approx(1 / (power + 1))


def test_rules_are_nested():
    nodes = [set(fejer(level)[0].round(12)) for level in LEVELS]
    assert nodes[0] < nodes[1] < nodes[2]


def disc(edge, f):
    """An integrand f(k) on a disc with a break at its edge, as `integrate` wants it."""

    def sum_over(items):
        for k, weights in items:
            yield {"f": weights.T @ f(k)}

    def breaks(angles):
        return [(np.array([0, edge]), (), ()) for _ in angles]

    return sum_over, breaks


def relative(values, errors):
    return errors["f"] / abs(values["f"])


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-7])
@pytest.mark.parametrize(
    ("f", "exact"),
    [
        (lambda k: np.sqrt(np.maximum(1 - (k**2).sum(axis=1), 0)), 2 * np.pi / 3),
        (lambda k: 1 / np.sqrt(np.maximum(1 - (k**2).sum(axis=1), 1e-16)), 2 * np.pi),
        (lambda k: np.exp(k[:, 0]), 3.5509993781840367),
        (lambda k: 0.02 / ((np.hypot(*k.T) - 0.61803) ** 2 + 1e-4), None),
    ],
    ids=["kink", "pole", "smooth", "resonance"],
)
def test_known_integrals_and_honest_error(f, exact, tolerance):
    if exact is None:  # a Lorentzian in r, 0.01 wide
        r, w = 0.61803, 0.01
        exact = 2 * np.pi * 0.02 * (
            np.log(((1 - r) ** 2 + w**2) / (r**2 + w**2)) / 2 + r / w * (np.arctan((1 - r) / w) + np.arctan(r / w))
        )  # fmt: skip
    result = integrate(*disc(1.0, f), NO_SYMMETRY, PolarRule(), tolerance, relative)
    error = abs(result.values["f"] / exact - 1)
    assert error <= result.error <= tolerance
    assert error <= result.errors["f"] / exact + 1e-12


class Electrons(kt.Material):
    """Free electrons."""

    is_magnetic = False
    spin, orbital = SPIN_HALF, 0 * SPIN_HALF

    def __init__(self, bottom=0.0):
        self.bottom = bottom

    def terms(self, m=None):
        quadratic = np.einsum("ij,ab->ijab", np.eye(3), np.eye(2)) * HBAR2_OVER_2M0
        return (kt.Term("kinetic", "lattice", self.bottom * np.eye(2), quadratic=quadratic),)


class Valley(Electrons):
    """Free electrons around an in-plane wavevector of their own: most rays from k = 0 miss them."""

    centre = np.array([3.0 * np.cos(1.0), 3.0 * np.sin(1.0), 0.0])

    def terms(self, m=None):
        (kinetic,) = super().terms()
        linear = -2 * HBAR2_OVER_2M0 * self.centre[:, None, None] * np.eye(2)
        constant = HBAR2_OVER_2M0 * self.centre @ self.centre * np.eye(2)
        return (kt.Term("kinetic", "lattice", constant, linear, kinetic.quadratic),)


def test_a_valley_off_the_centre_is_found():
    """A uniform crystal transmits everything: the current is the area of the disc, per spin."""
    energy = HBAR2_OVER_2M0 * 0.6**2
    data = kt.torques(kt.Stack([kt.Layer(Valley(), 0.5)], 0.1), energy, tolerance=0.05, progress=False)
    current = float(data.particle_current_limit[1]) * (2 * np.pi) ** 3
    assert current == pytest.approx(2 * np.pi * 0.6**2, rel=0.05)
    assert data.error_estimate <= 0.05


def double_barrier(width, well=1.0, spacing=0.05):
    barrier, metal = Electrons(2.5), Electrons()
    layers = [kt.Layer(barrier, width), kt.Layer(metal, well), kt.Layer(barrier, width)]
    return kt.Stack(layers, spacing, left=kt.Layer(metal), right=kt.Layer(metal))


@pytest.mark.parametrize("width", [0.3, 0.7, 0.8, 1.0])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-3])
def test_resonances_narrower_than_any_mesh_are_not_missed(width, tolerance):
    """Tunnelling through a well: the current of a peak down to some 1e-8/nm wide, against a one-dimensional integral.

    In free electrons T depends on the energy of the motion along z alone, E - C k^2, so that the current is
    int d^2k T = (pi/C) int dE_z T, integrated here in ever smaller pieces towards the levels of the finite chain.
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


def test_limit_on_points_is_kept_and_reported():
    sum_over, breaks = disc(1.0, lambda k: np.hypot(*(k - 0.3).T) ** 0.3)
    result = integrate(sum_over, breaks, NO_SYMMETRY, PolarRule(max_points=3000), 1e-9, relative)
    assert result.points < 6000
    assert result.error > 1e-9


def test_thresholds_of_spherical_bands():
    """g2 = g3: the quartet's spherical Fermi surfaces end at k^2 = E/(C (g1 -+ 2 g2)); on the lattice at k_z = 0
    exactly.
    """
    layer = kt.Layer(kt.KohnLuttinger(gamma2=2.4, gamma3=2.4, spin_orbit=50))
    expected = np.sqrt(0.05 / HBAR2_OVER_2M0 / np.array([6.85 + 4.8, 6.85 - 4.8]))
    for radii in thresholds(layer, 0.01, 0.05, [0.1, 0.9]):
        assert np.allclose(radii, expected, rtol=2e-3)


def test_region_of_the_wire():
    """The edge is star-shaped along [110], and far out only there; physics.md: k^2 = E/(C (g1 + g2 - 3 g3)) at alpha
    = 0.
    """
    layer = wire(spin_orbit=0).left
    along_110, along_100 = (radii[-1] for radii in thresholds(layer, 0.2, 0.16, [np.pi / 4, 0.0]))
    assert along_110 == pytest.approx(np.sqrt(0.16 / HBAR2_OVER_2M0 / (6.85 + 2.1 - 3 * 2.9)), rel=1e-3)
    assert along_100 < 0.6 * along_110
    assert along_110 < largest_radius(layer, 0.16)


def test_nothing_is_open_outside_the_region():
    rng = np.random.default_rng(1)
    for layer in crystals(wire()):
        angles = rng.uniform(0, 2 * np.pi, 20)
        edge = np.array([radii[-1] for radii in thresholds(layer, 0.2, 0.06, angles)])
        for factor, is_open in ((0.999, True), (1.001, False), (1.2, False), (2, False)):
            k = factor * edge[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
            assert ((count_channels(layer, 0.2, 0.06, k) > 0) == is_open).all()


def test_every_step_of_the_number_of_channels_is_a_threshold():
    layer = wire().left
    angle, edge = 0.4, largest_radius(wire().left, 0.06)
    radii = thresholds(layer, 0.2, 0.06, [angle])[0]
    r = np.linspace(1e-3, edge, 7 * SCAN)
    counts = count_channels(layer, 0.2, 0.06, r[:, None] * [np.cos(angle), np.sin(angle)])
    steps = np.flatnonzero(np.diff(counts))
    assert len(steps) == len(radii)
    assert ((r[steps] <= radii) & (radii <= r[steps + 1])).all()


def test_bands_that_bend_down_have_no_region():
    class Wrong(kt.KohnLuttinger):
        def terms(self, m=None):
            return (kt.Term("kinetic", "lattice", np.eye(6), quadratic=-np.ones((3, 3, 1, 1)) * np.eye(6)),)

    with pytest.raises(InputError, match="bend down"):
        largest_radius(kt.Layer(Wrong()), 0.1)


def test_symmetry_is_found():
    assert find_symmetry(wire(1, 1)).folds == 4
    assert find_symmetry(wire(1, 1, m="x")).folds == 1
    assert find_symmetry(wire(1, 1, m=(0, 0, 1))).folds == 4
    layers = [kt.Layer(kt.KohnLuttinger(exchange=0.27), 1, m=lambda z: (0, np.sin(z), np.cos(z)))]
    assert find_symmetry(kt.Stack(layers, 0.2)).folds == 1
    assert find_symmetry(kt.Stack([kt.Layer(kt.KohnLuttinger(), 1)], 0.2)).folds == 4


def test_mirrors_tell_which_components_vanish(solver):
    """M along x: the mirror x -> -x leaves it, so that only x components of angular momenta survive the sum over k."""
    symmetry = find_symmetry(wire(1, 1, m="x"))
    order, average = symmetry.folds, symmetry.average
    assert order == 1
    assert np.allclose(average, np.diag([1, 0, 0]), atol=1e-12)
    half = [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 0]]
    assert np.allclose(find_symmetry(wire(1, 1, m=(1, 1, 0))).average, half, atol=1e-12)
    assert np.allclose(find_symmetry(wire(1, 1)).average, np.diag([0, 0, 1]))
    assert np.allclose(find_symmetry(wire(1, 1, m=(1, 2, 3))).average, np.eye(3))
    k = np.array([[0.2, 0.1], [0.4, -0.3]])
    here, there = (kt.torques_at(wire(1, 1, m="x"), q, 0.06, solver=solver) for q in (k, k * [-1, 1]))
    assert np.allclose(here.lattice_torque, there.lattice_torque * [1, -1, -1], atol=1e-10)


def turned(k, angle):
    return k @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def test_c4_fold_at_20_random_k_and_no_c4v(solver):
    """Values at R k are those at k, vectors turned; at the mirror image of k the transmission is the same, the
    torque is not.
    """
    k = np.random.default_rng(7).uniform(-0.5, 0.5, (20, 2))
    stack = wire(3, 4)
    here, there, mirrored = (
        kt.torques_at(stack, q, 0.06, solver=solver) for q in (k, turned(k, np.pi / 2), k[:, ::-1])
    )
    rotation = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    for name in ("lattice_torque", "angular_momentum_current", "spin_density"):
        expected = here[name].values @ rotation
        assert np.allclose(there[name], expected, atol=1e-9 * np.abs(expected).max())
    assert np.allclose(mirrored.particle_current, here.particle_current)
    torque, other = (d.lattice_torque_total.sel(axis="z") for d in (here, mirrored))
    assert np.abs(torque - other).max() > 1e-3 * np.abs(torque).max()


def test_c4v_fold_would_be_wrong():
    """Folding with the mirror takes one wedge of 45 degrees for the other: at E_F = 0.16 eV their torques differ."""
    k = np.sort(np.random.default_rng(8).uniform(0, 1.2, (300, 2)), axis=1)
    stack = wire(1, 1)
    wedge, mirrored = (kt.torques_at(stack, q, 0.16).sum("k") for q in (k, k[:, ::-1]))
    assert wedge.particle_current_limit[1] == pytest.approx(float(mirrored.particle_current_limit[1]))
    torque, other = (float(data.lattice_torque_total.sel(axis="z")) for data in (wedge, mirrored))
    assert abs(torque - other) > 0.02 * abs(torque)


def test_chunks_of_k_do_not_matter():
    k = np.array([[0.1, 0.2], [0.3, 0.1], [0.2, 0.2]])
    together, alone = discretise(wire(1, 1), k), discretise(wire(1, 1), k[1:2])
    assert np.array_equal(together.at(1).total_onsite, alone.total_onsite)
