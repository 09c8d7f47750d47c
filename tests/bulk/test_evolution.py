"""A sea of any number of bands in time: two bands, linear response, bad input."""

import numpy as np
import pytest
from bulk.films import M_PLANE, A, planes, sheet

import kwantorque as kt
from kwantorque.bulk.evolution import _drive, evolve, evolve_bands
from kwantorque.bulk.kubo import Response
from kwantorque.bulk.occupation import Relaxing
from kwantorque.bulk.sheet import RashbaSheet
from kwantorque.errors import InputError

FEW = {"steps": 60, "periods": 4, "ramp_periods": 2}


def sea_of(film, energy, temperature, side):
    """A uniform grid over the zone with Fermi's function."""
    k = (np.indices((side, side)).reshape(2, -1).T / side - 0.5) @ film.reciprocal
    x = (np.linalg.eigvalsh(film.hamiltonian(k)) - energy) / (8.617333262e-5 * temperature)
    return k, 1 / (1 + np.exp(np.clip(x, -700, 700))), np.full(len(k), 1 / (side * A) ** 2)


@pytest.mark.parametrize("ramp", ["ramped", "sudden"])
def test_two_bands(ramp):
    """The spins that turn about h, to 1e-10."""
    rashba = RashbaSheet(0.05, 0.5, (1, 2, 2))
    nodes = rashba.sea(1.0, 10, 5)
    occupied = np.stack([nodes.band < 0, nodes.band > 0], axis=1)
    parts = [kt.terms.kinetic(), kt.terms.rashba(0.05), kt.terms.exchange(-1.0)]
    one = evolve(rashba, 1.0, rays=10, nodes=5, ramp=ramp, **FEW)
    plane, drive = kt.Plane(kt.Model(parts), m=(1, 2, 2)), _drive(rashba, nodes)
    other = evolve_bands(plane, (nodes.k, occupied, nodes.weight), splitting=1.0, ramp=ramp, drive=drive, **FEW)
    for name, of in (("spin", "spin"), ("torque", "torque"), ("torque_without_drift", "torque")):
        assert abs(one[name] - other[name]).max() < 1e-10 * abs(one[of]).max()
    assert other.torque_interband.values == pytest.approx(one.torque_interband.values, abs=1e-14)
    assert (other.time == one.time).all()


def test_a_film_of_many_bands_comes_to_linear_response():
    """Three planes, six bands: the mean after a slow ramp is the Kubo line."""
    film, energy = planes(M_PLANE, {1: 0.06, 2: 0.03}, 1, 2), -1.5
    sea = sea_of(film, energy, 900.0, 6)
    data = evolve_bands(film, sea, splitting=0.5, periods=16, ramp_periods=10, steps=60)
    kubo = data.torque_interband.values
    assert np.abs(data.window_mean - kubo).max() < 3e-3 * np.abs(kubo).max()
    assert abs(data.torque_without_drift).max() > 0.5 * np.abs(kubo).max()


def test_kubo_line_is_that_of_the_response_without_scattering():
    """gamma -> 0 of the books on the same grid, Richardson in gamma^2."""
    film, energy = sheet(), -2.0
    sea = sea_of(film, energy, 900.0, 8)
    data = evolve_bands(film, sea, splitting=1.5, periods=1, ramp_periods=1, steps=10)
    found = []
    for gamma in (2e-3, 1e-3):
        books, _ = Response(film, Relaxing(energy, gamma, 900.0), np.array([1.0, 0.0])).at(sea[0])
        gain = books["gain"].sum(axis=(0, 2)) / (8 * A) ** 2
        number = list(film.graph([[0.0, 0.0]]).partner).index("exchange")
        found.append(-gain[1, number, :3])
    expected = (4 * found[1] - found[0]) / 3
    assert np.abs(data.torque_interband.values - expected).max() < 1e-8 * np.abs(expected).max()


def test_drift_of_an_exchange_that_hops():
    """The torque of a state that stays as it is changes along k: m along z stays."""
    hops = {(1, 0, 0): -np.eye(2), (0, 1, 0): -np.eye(2), (0, 0, 1): -np.eye(2)}
    z = np.diag([1.0, -1.0])
    exchange = {(0, 0, 0): -0.75 * z, (1, 0, 0): -0.15 * z, (0, 1, 0): -0.15 * z}
    rashba = {(1, 0, 0): 0.1 * np.array([[0, 1], [-1, 0]]), (0, 1, 0): -0.1j * np.array([[0, 1], [1, 0]])}
    terms = {"kinetic": hops, "spin_orbit": rashba, "exchange": exchange}
    plane = kt.Plane(kt.TightBinding(A * np.eye(3), terms), m="z")
    data = evolve_bands(plane, sea_of(plane, -2.0, 900.0, 8), splitting=1.5, periods=12, ramp_periods=8, steps=60)
    kubo = data.torque_interband.values
    assert np.abs(data.window_mean - kubo).max() < 3e-3 * np.abs(kubo).max()


def touching():
    film = sheet(exchange=0.0, rashba=0.0)
    k = np.zeros((1, 2))
    return film, (k, np.array([[1.0, 0.0]]), np.ones(1))


def test_bands_that_touch_are_filled_alike():
    film, sea = touching()
    with pytest.raises(InputError, match="bands that touch must be filled alike"):
        evolve_bands(film, sea, splitting=1.0, drive=1e-5, **FEW)


def test_nothing_moves_without_spin_orbit_coupling():
    film = sheet(rashba=0.0)
    data = evolve_bands(film, sea_of(film, -2.0, 900.0, 6), splitting=1.5, **FEW)
    assert abs(data.torque).max() < 1e-9


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sea": 3}, "`sea` must be three arrays"),
        ({"sea": (np.zeros((4, 3)), np.zeros((4, 2)), np.zeros(4))}, r"k of shape \(n, 2\)"),
        ({"splitting": 0.0}, "`splitting` must be > 0 eV"),
        ({"drive": 0.0}, "`drive` must be > 0 eV/nm"),
        ({"sea": (np.zeros((4, 2)), np.full((4, 2), 7.0), np.zeros(4))}, "occupations of `sea` must be from 0 to 1"),
        ({"sea": (np.zeros((4, 2)), np.zeros((4, 2)), np.full(4, np.nan))}, "the weights of `sea` must be finite"),
        ({"ramp": "slow"}, "unknown ramp 'slow'"),
        ({"crystal": 3}, "`crystal` must be a Crystal"),
    ],
)
def test_bad_input(changed, message):
    given = {"crystal": sheet(), "sea": sea_of(sheet(), -2.0, 900.0, 2), "splitting": 1.0} | changed
    with pytest.raises(InputError, match=message):
        evolve_bands(given.pop("crystal"), given.pop("sea"), **given)
