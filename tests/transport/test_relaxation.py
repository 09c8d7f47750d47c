"""Spin continuity with impurities, and beta: second order, lattice sums by hand,
Kwant's own solution of the same strip, `Books`, and statistics.
"""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from itertools import pairwise

import numpy as np
import pytest
from references.spiral import density_of_states

import kwantorque as kt
from kwantorque.algebra import SIGMA
from kwantorque.errors import ComputationError, InputError
from kwantorque.integration.realisations import Directions
from kwantorque.results.storage import read
from kwantorque.structures.impurities import draw_sites
from kwantorque.structures.kwant_builder import load_kwant
from kwantorque.structures.strip_builder import strip_graph, strip_parameters
from kwantorque.transport.strip import SOURCES, SUMS, CleanStrip, DrivenStrip, realised

STRIP = kt.Strip()
QUIET = {"progress": False}


def several(n=15, seed=0, strip=STRIP, **strengths):
    return kt.Impurities(draw_sites(strip, n, seed), **strengths)


def driven(impurities, strip=STRIP, energy=1.0, average="array", kinds=1):
    return DrivenStrip(strip, energy, impurities, Directions(impurities.n, average, 96, 0, kinds))


def torque_over_second_order(impurities, kind, strip=STRIP, energy=1.0):
    """The torque of one impurity averaged over +-n, +-t, +-b, over its second order."""
    one = driven(impurities, strip, energy)
    values, failures = realised(one, range(len(one.directions)))
    assert not failures
    return values["sums"].mean(0)[SUMS.index(kind)] / getattr(CleanStrip.of(one), kind)


def test_clean_strip_is_the_spiral_solved_by_hand():
    for wavevector, expected in ((0.1, 0.16510), (0.2, 0.16856)):
        strip = kt.Strip(wavevector=wavevector)
        data = kt.spin_relaxation(strip, several(1, spin=0.1), **QUIET)
        density, spin = density_of_states(6, wavevector, 0.3, 1.0)
        assert float(data.density_of_states) == pytest.approx(density, rel=1e-8)
        assert density == pytest.approx(expected, abs=5e-6)
        assert float(data.current) == pytest.approx(4 / (2 * np.pi), rel=1e-12)
        assert float(data.current * data.polarisation) == pytest.approx(spin, rel=1e-7)
        assert data.closure < 1e-12


@pytest.mark.parametrize(
    ("width", "wavevector", "exchange", "energy"),
    [(6, 0.1, 0.3, 1.0), (6, 0.2, 0.15, 1.0), (5, 0.05, 0.4, 1.2), (7, -0.1, 0.25, 0.8), (6, 0.1, -0.3, 1.05)],
)
def test_array_average_is_beta_sf(width, wavevector, exchange, energy):
    """eq. 29 with the density of states summed by hand, at n v^2 of 1.5e-4."""
    strip = kt.Strip(width, 41, wavevector, exchange)
    data = kt.spin_relaxation(strip, several(strip=strip, spin=0.05), energy, **QUIET)
    density = density_of_states(width, wavevector, exchange, energy)[0]
    by_hand = 2 * np.pi / (3 * exchange) * 15 / (41 * width) * 0.05**2 * density
    assert float(data.beta_analytic) == pytest.approx(by_hand, rel=1e-7)
    assert float(data.beta_second_order) == pytest.approx(by_hand, rel=1e-7)
    assert float(data.beta) == pytest.approx(by_hand, rel=5e-3)
    assert "beta_error" not in data
    assert data.closure < 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_array_average_at_the_published_strip(seed):
    for v, expected in ((0.05, 1.757066e-4), (0.1, 7.0283e-4)):
        data = kt.spin_relaxation(STRIP, several(seed=seed, spin=v), **QUIET)
        assert data.sizes["realisation"] == 96
        assert float(data.beta_analytic) == pytest.approx(expected, rel=1e-4)
        assert float(data.beta) == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(("kind", "strength"), [("spin_flip", "spin"), ("spin_orbit", "spin_orbit")])
def test_one_impurity_follows_the_exact_second_order(kind, strength):
    """What is left falls fourfold with half the strength: it is of fourth order."""
    left = [abs(torque_over_second_order(several(1, **{strength: g}), kind) - 1) for g in (0.4, 0.2, 0.1)]
    assert left[1] < 5e-3
    if kind == "spin_flip":
        assert left == pytest.approx([2.26e-3, 5.8e-4, 1.45e-4], rel=0.01)
    for larger, smaller in pairwise(left):
        assert larger / smaller == pytest.approx(4, rel=0.06)


def test_one_impurity_in_a_hard_walled_strip_and_a_slab():
    """Where the density of states is not the same everywhere, in three dimensions."""
    hard, slab = kt.Strip(edges="hard"), kt.Strip(width=3, height=4, length=15)
    for strip, energy in ((hard, 1.0), (slab, 3.0)):
        ratio = torque_over_second_order(several(1, strip=strip, spin=0.05), "spin_flip", strip, energy)
        assert ratio == pytest.approx(1, abs=3e-3)


def test_beta_scales_with_density_strength_and_exchange():
    """As n v^2 nu/M, to one per cent."""
    found = {}
    for n in (5, 10, 15):
        for v in (0.025, 0.05, 0.1):
            found[n, v] = float(kt.spin_relaxation(STRIP, several(n, spin=v), **QUIET).beta) / (n * v**2)
    values = np.array(list(found.values()))
    assert values / values.mean() == pytest.approx(1, abs=0.01)
    of_exchange = []
    for exchange in (0.15, 0.3, 0.45):
        strip = kt.Strip(exchange=exchange)
        data = kt.spin_relaxation(strip, several(spin=0.05), 1.0, **QUIET)
        of_exchange.append(float(data.beta) * exchange / density_of_states(6, 0.1, exchange, 1.0)[0])
    assert of_exchange / np.mean(of_exchange) == pytest.approx(1, abs=0.01)


def test_without_impurity_spins_there_is_no_torque_of_theirs():
    for impurities in (several(spin_orbit=0.1), several(scalar=0.3), several(0, spin=0.1)):
        data = kt.spin_relaxation(STRIP, impurities, **QUIET)
        assert not data.source_spin_flip.any()
        assert float(data.beta) == 0
        assert data.closure < 1e-11


def test_the_total_torque_is_not_beta():
    """10 to 35 % off in one strip, by how long it is and where the impurities are."""
    ratios = []
    for seed in range(6):
        data = kt.spin_relaxation(STRIP, several(seed=seed, spin=0.1), **QUIET)
        assert float(data.beta / data.beta_analytic) == pytest.approx(1, abs=5e-3)
        ratios.append(float(data.beta_total / data.beta_analytic))
    assert np.std(ratios) > 0.05
    assert min(ratios) < 0.85


def test_disorder_without_spin_takes_the_total_torque_anywhere():
    data = kt.spin_relaxation(STRIP, several(spin=0.1, scalar=0.5), **QUIET)
    assert abs(float(data.beta_total / data.beta) - 1) > 1
    assert data.closure < 1e-11


@pytest.mark.parametrize(("width", "length", "seed"), [(8, 41, 0), (8, 61, 1), (5, 41, 2)])
def test_domain_wall(width, length, seed):
    strip = kt.Strip(texture="wall", wall_width=width, length=length)
    data = kt.spin_relaxation(strip, several(seed=seed, strip=strip, spin=0.1), **QUIET)
    assert float(data.beta) == pytest.approx(float(data.beta_analytic), rel=0.03)
    assert float(data.beta) == pytest.approx(float(data.beta_second_order), rel=5e-3)


def test_spin_orbit_impurities():
    """An array of 15 has the second order of each; with spins both torques add up."""
    alone = kt.spin_relaxation(STRIP, several(spin_orbit=0.05), **QUIET)
    assert float(alone.beta_spin_orbit) == pytest.approx(float(alone.beta_spin_orbit_analytic), rel=5e-3)
    both = kt.spin_relaxation(STRIP, several(spin=0.05, spin_orbit=0.05), **QUIET)
    assert both.sizes["realisation"] == 6 * 32
    spins = kt.spin_relaxation(STRIP, several(spin=0.05), **QUIET)
    relaxation = float(both.beta + both.beta_spin_orbit)
    assert relaxation == pytest.approx(float(spins.beta + alone.beta_spin_orbit), rel=5e-3)
    assert both.closure < 1e-12


def kwants_own(impurities, spins, axes, strip=STRIP):
    """Kwant's states of the strip with its impurities; weights of (left - right)/2."""
    kwant = load_kwant()

    system = kt.build_strip(strip, impurities, spins, axes).finalized()
    params = strip_parameters(strip, impurities)
    states = kwant.wave_function(system, 1.0, params=params)
    psi = np.concatenate([states(0), states(1)])
    weights = np.repeat([0.5, -0.5], [len(states(0)), len(states(1))]) / (2 * np.pi)
    return system, params, psi, weights


@pytest.fixture(scope="module")
def one_choice():
    """Six impurities with spins and spin-orbit coupling, at one choice of both."""
    impurities = several(6, spin=0.3, spin_orbit=0.2, scalar=0.1)
    strip = driven(impurities, average="random", kinds=2)
    (spins, axes) = strip.directions.of(0)[0]
    return impurities, strip, spins, axes


def test_states_are_those_of_kwant(one_choice):
    impurities, strip, spins, axes = one_choice
    system, _, psi, _ = kwants_own(impurities, spins, axes)
    order = np.argsort([STRIP.site(*site.tag) for site in system.sites])
    psi = psi.reshape(len(psi), -1, 2)[:, order]
    assert np.allclose(strip.states.with_coupling(impurities.coupling(spins, axes)), psi, atol=1e-11)


def test_profiles_are_those_of_the_books_of_kwants_system(one_choice):
    """`Books` split the Hamiltonian by its parameters, and know nothing of strips."""
    impurities, strip, spins, axes = one_choice
    system, params, psi, weights = kwants_own(impurities, spins, axes)
    terms = {"exchange": "exchange", "spins": "impurity_strength", "spin_orbit": "spin_orbit_strength"}
    books = kt.Books(system, params, terms=terms, partner={"rest": "lattice"})(psi, weights)
    assert float(books.closure) < 1e-11
    own = strip.responses([0])
    x = np.array([site.tag[0] for site in system.sites])
    inside = (x >= -1) & (x <= STRIP.length)
    for name, term in zip(SOURCES, terms, strict=True):
        torque = 2 * books.torque_of_term.sel(term=term).transpose("site", "axis").values
        # Books have the torque on the partner, and of sigma/2.
        columns = [-torque[x == column].mean(0) for column in np.unique(x[inside])]
        assert np.allclose(columns, own[name][0], atol=1e-13)
    density = 2 * books.spin_density.transpose("site", "axis").values
    assert np.allclose([density[x == c].mean(0) for c in np.unique(x[inside])], own["spin_density"][0], atol=1e-13)


def test_a_choice_of_directions_is_that_of_any_batch(one_choice):
    impurities, strip, spins, axes = one_choice
    psi = strip.states.with_coupling(impurities.coupling(spins, axes))
    alone = strip.profiles(strip_graph(STRIP, impurities, spins[None], axes[None]), psi[None])
    batch = strip.responses([2, 0, 1])
    for name, value in alone.items():
        assert np.allclose(value[0], batch[name][1], atol=1e-15)


def test_random_directions_meet_beta_within_their_error():
    for average in ("antithetic", "random"):
        data = kt.spin_relaxation(STRIP, several(spin=0.1), average=average, realisations=400, **QUIET)
        assert abs(float(data.beta - data.beta_analytic)) < 3.5 * float(data.beta_error)
        assert 0.02 < float(data.beta_error / data.beta) < 0.1
        assert (data.source_spin_flip_error.sel(axis="b")[data.source_spin_flip.sel(axis="b") != 0] > 0).all()
        assert data.sizes["realisation"] == 400


@pytest.mark.slow
def test_standard_errors_are_honest():
    """Of 100 runs of 30 pairs each, beta_error holds the truth as often as it says."""
    data = kt.spin_relaxation(STRIP, several(spin=0.05), average="antithetic", realisations=3000, **QUIET)
    truth = float(data.beta)
    sums = data.sums.values.reshape(100, 30, len(SUMS))
    torque, flux = sums[..., SUMS.index("spin_flip")], sums[..., SUMS.index("flux")]
    beta = -torque.mean(1) / flux.mean(1)
    error = np.sqrt(((torque + beta[:, None] * flux) ** 2).sum(1) / (30 * 29)) / flux.mean(1)
    held = [np.mean(abs(beta - truth) < k * error) for k in (1, 2)]
    # Student's t with 29 degrees of freedom: 0.674 and 0.945, from 100 draws.
    assert held == pytest.approx([0.674, 0.945], abs=0.12)
    assert held[1] < 1 or held[0] < 0.8
    assert truth == pytest.approx(float(data.beta_analytic), abs=3 * float(data.beta_error))
    # 530 pairs for 5 %, 3,300 for 2 %.
    assert float(data.beta_error) / truth * np.sqrt(3000 / 3300) == pytest.approx(0.02, rel=0.15)


def test_as_many_realisations_as_a_target_asks():
    data = kt.spin_relaxation(STRIP, several(5, spin=0.1), average="antithetic", target=0.1, **QUIET)
    n, error = data.sizes["realisation"], float(data.beta_error / data.beta)
    assert 0.05 < error <= 0.1
    # Not many more than it takes: errors fall as 1/sqrt(n).
    assert n <= 1.5 * 32 + n * (error / 0.1) ** 2 * 1.3
    again = kt.spin_relaxation(STRIP, several(5, spin=0.1), average="antithetic", realisations=n, **QUIET)
    assert float(again.beta) == pytest.approx(float(data.beta), rel=1e-12)
    with pytest.raises(InputError, match="an array has none"):
        kt.spin_relaxation(STRIP, several(5, spin=0.1), target=0.1, **QUIET)


@pytest.mark.slow
def test_a_target_is_honest():
    """Stopping when the error looks small enough does not make it too small."""
    held, n = [], []
    for seed in range(40):
        few = kt.Impurities(draw_sites(STRIP, 3, 0), spin=0.1)
        data = kt.spin_relaxation(STRIP, few, average="antithetic", seed=seed, target=0.15, **QUIET)
        truth = float(data.beta_second_order)
        held.append(abs(float(data.beta) - truth) < 2 * float(data.beta_error))
        n.append(data.sizes["realisation"])
    assert np.mean(held) >= 0.85
    assert np.mean(n) < 400


def test_given_directions_are_solved_as_they_are(tmp_path):
    """All of an array, given by hand; a file knows them."""
    impurities, array = several(3, spin=0.1), Directions(3)
    vectors = np.array([array.of(i)[0, 0] for i in range(len(array))])
    data = kt.spin_relaxation(STRIP, impurities, directions=vectors, out=tmp_path / "beta.nc", **QUIET)
    assert float(data.beta) == pytest.approx(float(kt.spin_relaxation(STRIP, impurities, **QUIET).beta), rel=1e-12)
    assert "beta_error" not in data
    with pytest.raises(InputError, match="holds a result with directions = "):
        kt.spin_relaxation(STRIP, impurities, directions=vectors[::-1], out=tmp_path / "beta.nc", **QUIET)


def test_scalar_disorder_elsewhere_turns_the_total_torque_around():
    """Beside weak impurity spins, whose own torque it hardly changes."""
    others = tuple(site for site in draw_sites(STRIP, 30, seed=7) if site not in draw_sites(STRIP, 15))
    impurities = kt.Impurities(draw_sites(STRIP, 15), spin=0.05, scalar=0.2, scalar_sites=others)
    data = kt.spin_relaxation(STRIP, impurities, **QUIET)
    assert float(data.beta / data.beta_analytic) == pytest.approx(1, abs=0.15)
    assert abs(float(data.beta_total / data.beta_analytic) - 1) > 0.5
    assert data.closure < 1e-11


def test_a_seed_is_a_run_whoever_computes_it():
    """In two processes, in one, and the first realisations of a longer run."""
    given = {"average": "antithetic", "seed": 3}
    one = kt.spin_relaxation(STRIP, several(spin=0.1), realisations=40, **given, **QUIET)
    with kt.processes(2) as executor:
        two = kt.spin_relaxation(STRIP, several(spin=0.1), realisations=40, executor=executor, **given, **QUIET)
    assert one.identical(two)
    longer = kt.spin_relaxation(STRIP, several(spin=0.1), realisations=50, **given, **QUIET)
    assert np.allclose(longer.sums[:40], one.sums, rtol=1e-12, atol=0)
    other = kt.spin_relaxation(STRIP, several(spin=0.1), realisations=40, average="antithetic", seed=4, **QUIET)
    assert float(other.beta) != float(one.beta)


@pytest.fixture
def one_fails(monkeypatch):
    """Realisation 5 has no directions."""
    genuine = Directions.of
    monkeypatch.setattr(Directions, "of", lambda self, i: genuine(self, i) * (np.nan if i == 5 else 1))


def test_a_realisation_that_fails_is_named(one_fails):
    with pytest.raises(ComputationError, match=r"realisation 5 of seed 0 failed: .*skip_failed=True leaves it out"):
        kt.spin_relaxation(STRIP, several(3, spin=0.1), **QUIET)
    with pytest.warns(UserWarning, match="1 of 24 realisations failed and are left out: 5"):
        data = kt.spin_relaxation(STRIP, several(3, spin=0.1), skip_failed=True, **QUIET)
    assert data.sizes["realisation"] == 23
    assert 5 not in data.realisation
    assert list(json.loads(data.failed)) == ["5"]
    assert np.isfinite(data.source_spin_flip).all()


def test_a_file_is_continued_and_others_are_refused(tmp_path, monkeypatch):
    path, given = tmp_path / "beta.nc", {"average": "antithetic", **QUIET}
    whole = kt.spin_relaxation(STRIP, several(spin=0.1), realisations=48, **given)
    first = kt.spin_relaxation(STRIP, several(spin=0.1), realisations=32, out=path, **given)
    assert read(path).sizes["realisation"] == 32
    computed, genuine = [], Directions.of
    monkeypatch.setattr(Directions, "of", lambda self, i: (computed.append(i), genuine(self, i))[1])
    data = kt.spin_relaxation(STRIP, several(spin=0.1), realisations=48, out=path, **given)
    assert set(computed) == set(range(32, 48))
    for name in whole.data_vars:
        assert np.allclose(data[name], whole[name], rtol=1e-11, atol=1e-18), name
    assert data.attrs == whole.attrs
    with pytest.raises(InputError, match=r"impurity_spin = 0.1, not 0.2 \(resume=False overwrites it\)"):
        kt.spin_relaxation(STRIP, several(spin=0.2), out=path, **given)
    kt.spin_relaxation(STRIP, several(spin=0.2), realisations=16, out=path, resume=False, **given)
    assert read(path).sizes["realisation"] == 16
    assert first.sizes["realisation"] == 32


KILLED = """
import kwantorque as kt
from kwantorque.structures.impurities import draw_sites
strip = kt.Strip()
impurities = kt.Impurities(draw_sites(strip, 15), spin=0.1)
kt.spin_relaxation(strip, impurities, average="antithetic", realisations=100_000, out="beta.nc", progress=False)
"""


@pytest.mark.slow
def test_what_was_killed_goes_on(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", KILLED], cwd=tmp_path)
    path, deadline = tmp_path / "beta.nc", time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = read(path).sizes["realisation"]
    assert left >= 16
    data = kt.spin_relaxation(STRIP, several(spin=0.1), average="antithetic", realisations=left + 16, out=path, **QUIET)
    whole = kt.spin_relaxation(STRIP, several(spin=0.1), average="antithetic", realisations=left + 16, **QUIET)
    assert float(data.beta) == pytest.approx(float(whole.beta), rel=1e-12)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"energy": -1}, "`energy` must lie in a band of a lead; at -1 there is no mode"),
        ({"energy": "one"}, "`energy` must be a number"),
        (
            {"strip": kt.Strip(width=4, height=3), "impurities": kt.Impurities([(20, 1, 1)], spin_orbit=0.1)},
            r"spin-orbit impurities need a strip \(`height` 1\) .* got width 4, height 3",
        ),
        ({"average": "aray"}, "unknown average 'aray'; did you mean 'array'"),
        ({"realisations": 0}, "`realisations` must be a whole number >= 1, got 0"),
        ({"target": -1, "average": "random"}, "`target` must be > 0"),
        ({"strip": 6}, r"`strip` must be a Strip such as Strip\(width=6\)"),
        ({"impurities": 15}, "`impurities` must be an Impurities such as"),
        ({"impurities": kt.Impurities([(41, 0)], spin=0.1)}, r"must be on a site of the strip, \(41, 6\) of them"),
        ({"impurities": kt.Impurities([(1, 0, 0)], spin=0.1)}, "must be on a site of the strip"),
        ({"strip": kt.Strip(width=2), "impurities": kt.Impurities([(1, 0)], spin_orbit=0.1)}, "`width` of at least 3"),
        (
            {"strip": kt.Strip(texture="wall", length=9)},
            r"`wall_width` 8 turns by only 0.31 pi on a `length` of 9: give it at least 36",
        ),
        ({"out": "beta.txt"}, r"must end in .nc"),
        ({"sed": 3}, "unknown argument of spin_relaxation 'sed'; did you mean 'seed'"),
    ],
)
def test_bad_input(given, message):
    own = {"strip": STRIP, "impurities": several(2, spin=0.1)} | QUIET
    with pytest.raises(InputError, match=message):
        kt.spin_relaxation(**(own | given))


def test_the_edge_of_a_band_is_said():
    strip = kt.Strip(wavevector=0)
    with pytest.raises(ComputationError, match=r"is -0\.3 the edge of a band"):
        kt.spin_relaxation(strip, several(3, spin=0.1), energy=-0.3, **QUIET)


@pytest.mark.parametrize(
    ("strip", "why"),
    [(kt.Strip(wavevector=0), "n does not turn"), (kt.Strip(width=10), "the current is not polarised")],
)
def test_where_there_is_no_beta(strip, why):
    with pytest.warns(UserWarning, match=f"there is no beta: {why}"):
        data = kt.spin_relaxation(strip, several(3, spin=0.1), **QUIET)
    assert np.isnan(data.beta)
    assert np.isnan(data.beta_analytic)


def test_a_target_needs_a_beta():
    strip = kt.Strip(width=10, length=7)
    given = {"average": "antithetic", "target": 0.1, **QUIET}
    with pytest.raises(InputError, match="`target` is of the error of beta, and there is no beta: the current is not"):
        kt.spin_relaxation(strip, several(3, strip=strip, spin=0.1), **given)
    # A torque that vanishes has no error, nor has it a relative one.
    data = kt.spin_relaxation(STRIP, several(1), **given)
    assert float(data.beta) == float(data.beta_error) == 0


def test_where_all_realisations_fail_the_first_is_named(monkeypatch):
    monkeypatch.setattr("kwantorque.transport.strip.CLOSURE", 1e-30)
    for given in ({"realisations": 4}, {"target": 0.2}):
        with pytest.raises(ComputationError, match="no realisation came out; the first: its books are open by"):
            kt.spin_relaxation(STRIP, several(2, spin=0.1), average="antithetic", skip_failed=True, **given, **QUIET)


def test_one_realisation_has_no_error_that_could_meet_a_target(monkeypatch):
    genuine = Directions.of
    monkeypatch.setattr(Directions, "of", lambda self, i: genuine(self, i) * (np.nan if 0 < i < 32 else 1))
    strip = kt.Strip(length=7)
    given = {"average": "antithetic", "target": 0.4, "skip_failed": True, **QUIET}
    with pytest.warns(UserWarning, match="31 of .* realisations failed"):
        data = kt.spin_relaxation(strip, several(2, strip=strip, spin=0.1), **given)
    assert float(data.beta_error / data.beta) <= 0.4


def test_a_file_of_more_realisations_is_refused(tmp_path):
    given = {"average": "random", "out": tmp_path / "beta.nc", **QUIET}
    kt.spin_relaxation(STRIP, several(2, spin=0.1), realisations=20, **given)
    with pytest.raises(InputError, match=r"holds 20 realisations, more than 8, .* ask for at least 20"):
        kt.spin_relaxation(STRIP, several(2, spin=0.1), realisations=8, **given)
    again = kt.spin_relaxation(STRIP, several(2, spin=0.1), realisations=8, resume=False, **given)
    assert again.sizes["realisation"] == 8


def test_failures_in_a_file_are_not_passed_over(one_fails, tmp_path):
    given = {"out": tmp_path / "beta.nc", **QUIET}
    with pytest.warns(UserWarning, match="left out: 5"):
        kt.spin_relaxation(STRIP, several(3, spin=0.1), skip_failed=True, **given)
    with pytest.raises(ComputationError, match=r"realisation 5 of seed 0 failed: .*skip_failed=True leaves it out"):
        kt.spin_relaxation(STRIP, several(3, spin=0.1), **given)


def test_the_closed_form_between_hard_walls():
    """Current and states are in the middle: an average over rows is 16 % off."""
    strip = kt.Strip(width=7, edges="hard")
    every = kt.Impurities([(x, y) for x in (10, 20, 30) for y in range(7)], spin=0.05)
    strip_of = driven(every, strip, 1.2)
    clean = CleanStrip.of(strip_of)
    closed_form = 2 * np.pi / (3 * 0.3) * 0.05**2 * clean.weighted_density
    assert closed_form == pytest.approx(-clean.spin_flip / clean.flux, rel=1e-9)
    data = kt.spin_relaxation(strip, several(5, strip=strip, spin=0.05), 1.2, **QUIET)
    assert float(data.beta) == pytest.approx(float(data.beta_analytic), rel=3e-3)
    rows = strip_of.spin_flux_of_rows
    assert rows == pytest.approx(rows[::-1], rel=1e-9)
    assert rows.max() > 2 * rows.min()


def test_a_spiral_that_turns_the_other_way_is_the_same_in_its_own_frame():
    """t = dn/dx / |dn/dx| and b = n x t turn over with Q, in given directions too."""
    impurities = several(2, spin=0.3, spin_orbit=0.2)
    given = Directions(2, "random", 2, kinds=2)
    vectors = np.concatenate([given.of(0), given.of(1)])
    one, other = (
        kt.spin_relaxation(kt.Strip(wavevector=q), impurities, directions=vectors, **QUIET) for q in (0.1, -0.1)
    )
    for name in one.data_vars:
        assert np.allclose(one[name], other[name], rtol=1e-10, atol=1e-16), name


def test_a_spin_orbit_impurity_in_the_frame_of_the_laboratory():
    """One on a wall, by Kwant's states of sites whose frame does not turn."""
    kwant = load_kwant()
    strip, strength, e = kt.Strip(4, 13, texture="wall", wall_width=2.0), 0.4, np.array([0.6, 0.48, 0.64])
    x0, y0, angles = 6, 1, 2 * np.arctan(np.exp(np.clip(np.arange(-2, 15) - 6, -6, 6) / 2.0))
    # There n = y, t = -x, b = z.
    along = np.tensordot([-e[1], e[0], e[2]], SIGMA, 1)
    lattice = kwant.lattice.square(norbs=2)

    def onsite(x):
        return 4 * np.eye(2) - 0.3 * (np.cos(angles[x + 2]) * SIGMA[0] + np.sin(angles[x + 2]) * SIGMA[1])

    def add(builder, columns):
        for x in columns:
            for y in range(4):
                builder[lattice(x, y)] = onsite(x)
        builder[lattice.neighbors()] = -np.eye(2)
        for x in columns:
            builder[lattice(x, 0), lattice(x, 3)] = -np.eye(2)

    syst = kwant.Builder()
    add(syst, range(-2, 15))
    steps = (1, -1)
    for i in steps:
        for j in steps:
            syst[lattice(x0 + i, y0), lattice(x0, y0 + j)] = 0.25j * strength * i * j * along
    for outwards, x in ((-1, -2), (1, 14)):
        lead = kwant.Builder(kwant.TranslationalSymmetry((outwards, 0)))
        add(lead, [x])
        for y in range(4):
            lead[lattice(x + 1, y), lattice(x, y)] = -np.eye(2)
        syst.attach_lead(lead)
    syst = syst.finalized()
    at = {tuple(site.tag): i for i, site in enumerate(syst.sites)}
    wave_function, torque = kwant.wave_function(syst, 1.0), 0.0
    for lead, weight in ((0, 0.5), (1, -0.5)):
        psi = wave_function(lead).reshape(-1, len(at), 2)
        d_x, d_y = (sum(s * psi[:, at[x0 + s * i, y0 + s * j]] for s in steps) / 2 for i, j in ((1, 0), (0, 1)))
        turned = along @ SIGMA[2] - SIGMA[2] @ along
        # i<[H, sigma_z]>
        torque += weight / (2 * np.pi) * 2 * (-strength * np.einsum("ma,ab,mb", d_x.conj(), turned, d_y)).real
    one = kt.Impurities([(x0, y0)], spin_orbit=strength)
    data = kt.spin_relaxation(strip, one, directions=[[e]], **QUIET)
    found = 4 * float(data.source_spin_orbit.sel(axis="b").sum())
    assert found == pytest.approx(torque, rel=1e-10)
    assert abs(torque) > 1e-7


def test_states_do_not_travel_to_workers():
    one = driven(several(2, spin=0.1))
    before = len(pickle.dumps(one))
    expected = one.responses([0])["sums"]
    assert len(pickle.dumps(one)) == before < 10_000
    assert np.array_equal(pickle.loads(pickle.dumps(one)).responses([0])["sums"], expected)


def test_batches_of_large_strips_are_small(monkeypatch):
    small = driven(several(2, spin=0.1))
    assert small.batch == 16
    monkeypatch.setattr("kwantorque.transport.strip.MEMORY", 32 * 8 * 3.5 * small.states.clean[..., 0].size)
    assert small.batch == 3
    monkeypatch.setattr("kwantorque.transport.strip.MEMORY", 1.0)
    assert small.batch == 1
