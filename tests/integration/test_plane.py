"""The polar rule over the plane, on integrals that are known."""

from dataclasses import replace

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.integration.plane import PolarRule, integrate
from kwantorque.integration.rules import Breakpoints
from kwantorque.spectrum.symmetry import Symmetry
from kwantorque.units import HBAR2_OVER_2M0

NO_SYMMETRY = Symmetry(folds=1, isotropic=False, average=np.eye(3))
ISOTROPIC = Symmetry(folds=1, isotropic=True, average=np.eye(3))


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


class Valley(kt.FreeElectron):
    """Free electrons around an in-plane wavevector of
    their own: most rays from k = 0 miss them.
    """

    centre = np.array([3.0 * np.cos(1.0), 3.0 * np.sin(1.0), 0.0])

    def terms(self, m=None):
        kinetic, _ = super().terms()
        linear = -2 * HBAR2_OVER_2M0 * self.centre[:, None, None] * np.eye(2)
        constant = HBAR2_OVER_2M0 * self.centre @ self.centre * np.eye(2)
        return (kt.Polynomial("kinetic", "lattice", constant, linear, kinetic.quadratic),)


def test_a_valley_off_the_centre_is_found():
    """A uniform crystal transmits everything: the
    current is the area of the disc, per spin.
    """
    energy = HBAR2_OVER_2M0 * 0.6**2
    data = kt.torques(kt.Stack([kt.Layer(Valley(), 0.5)], 0.1), energy, tolerance=0.05, progress=False)
    current = float(data.particle_current_limit[1]) * (2 * np.pi) ** 3
    assert current == pytest.approx(2 * np.pi * 0.6**2, rel=0.05)
    assert data.error_estimate <= 0.05


def test_limit_on_points_is_kept_and_reported():
    sum_over, breaks = disc(1.0, lambda k: np.hypot(*(k - 0.3).T) ** 0.3)
    result = integrate(sum_over, breaks, NO_SYMMETRY, PolarRule(max_points=3000), 1e-9, relative)
    assert result.points < 6000
    assert result.error > 1e-9


@pytest.mark.parametrize("other", [-5.0, 0.7, 30.0])
@pytest.mark.parametrize("width", [1e-3, 1e-5, 1e-7, 1e-10])
def test_resonances_of_any_width_are_integrated(width, other):
    """Two Lorentzians in r, as of two spins, one ten times as wide and `other` widths
    off: the sharp breaks say where and how wide, to a factor of two.
    """
    level, background, exact = 0.61803, 1e-3, np.pi * 1e-3
    peaks = [(level, width), (level + other * width, 10 * width)]
    for centre, w in peaks:
        exact += 2 * np.pi * (np.arctan((1 - centre) / w) + np.arctan(centre / w))

    def f(k):
        r = np.hypot(*k.T)
        return background + sum(w / ((r - centre) ** 2 + w**2) for centre, w in peaks) / r

    for factor in (0.5, 1.0, 2.0):
        at = [part for part in zip(*sorted(peaks), strict=True)]
        found = Breakpoints([0, 1.0], at[0], (), factor * np.array(at[1]))
        for tolerance in (1e-2, 1e-5):
            result = integrate(disc(1.0, f)[0], lambda _, b=found: [b], ISOTROPIC, PolarRule(), tolerance, relative)
            # Radii are rounded: by 1e-16 of a peak of this width.
            assert abs(result.values["f"] - exact) <= result.errors["f"] + 1e-15 / width * exact
            assert result.error <= tolerance
            assert result.points < 1000


def pockets(*discs):
    """One in discs (centre, radius), with breaks at their edges."""

    def inside(k):
        return sum((np.hypot(*(k - centre).T) < radius).astype(float) for centre, radius in discs)

    def breaks(angles):
        rays = []
        for phi in angles:
            along = np.array([np.cos(phi), np.sin(phi)])
            radii = [0.0]
            for centre, radius in discs:
                middle = along @ centre
                if (half := middle**2 - centre @ centre + radius**2) > 0 and middle > 0:
                    radii += [middle - np.sqrt(half), middle + np.sqrt(half)]
            rays.append(Breakpoints(np.sort(radii)))
        return rays

    return disc(1.0, inside)[0], breaks


@pytest.mark.parametrize("tolerance", [1e-2, 3e-3])
def test_pockets_do_not_slip_between_the_rays(tolerance):
    """Two pockets of the Fermi surface far from k = 0, the smaller one seen under less
    than the first rays' step: their areas are found, within the stated error.
    """
    rng = np.random.default_rng(1)
    for _ in range(20):
        small = rng.uniform(0.05, 0.35)
        centres = [8 * np.array([np.cos(phi), np.sin(phi)]) for phi in rng.uniform(0, 2 * np.pi, 2)]
        found = integrate(
            *pockets((centres[0], 1.0), (centres[1], small)), NO_SYMMETRY, PolarRule(), tolerance, relative
        )
        assert found.error <= tolerance
        assert abs(found.values["f"] - np.pi * (1 + small**2)) <= found.errors["f"]


@pytest.mark.parametrize("apart", [1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-5])
@pytest.mark.parametrize("comes_from", ["deep", "shallow"])
def test_two_near_thresholds_are_honest(apart, tolerance, comes_from):
    """What passes a step between two free-electron bands, int 2 pi r dr
    4 k q/(k + q)^2 with k^2 = 1 - r^2, q^2 = (1 - apart)^2 - r^2: a closed form.

    Rays end at the last channel of the lead that electrons come from.
    """
    edge = 1 - apart

    def transmitted(k):
        r2 = (k**2).sum(axis=1)
        one, other = (np.sqrt(np.maximum(end**2 - r2, 0)) for end in (1.0, edge))
        return 4 * one * other / (one + other) ** 2

    sum_over, _ = disc(1.0, transmitted)
    along_a_ray = Breakpoints([0, edge, 1.0]) if comes_from == "deep" else Breakpoints([0, edge], after=1.0)

    def breaks(angles):
        return [along_a_ray for _ in angles]

    # With c^2 = 1 - edge^2, k = c cosh x, q = c sinh x: f = 1 - e^(-4x),
    # int r dr = c^2 int cosh x sinh x dx from 0 to arccosh(1/c).
    c2 = 1 - edge**2
    end = np.arccosh(1 / np.sqrt(c2))
    below = c2 * (np.cosh(2 * end) - 1) / 4 - c2 / 4 * ((1 - np.exp(-2 * end)) / 2 - (1 - np.exp(-6 * end)) / 6)
    found = integrate(sum_over, breaks, replace(NO_SYMMETRY, isotropic=True), PolarRule(), tolerance, relative)
    assert found.error <= tolerance
    assert abs(found.values["f"] - 2 * np.pi * below) <= found.errors["f"]
