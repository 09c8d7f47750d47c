"""Films and planes: H, its slopes, what may be given, and the symmetries of torques."""

import numpy as np
import pytest
from bulk.films import A, free, orbitals, planes, sheet, summed, torques, towards

import kwantorque as kt
from kwantorque.algebra import dagger
from kwantorque.errors import InputError
from kwantorque.structures.chain import discretise

M = towards(40, 25)
FILMS = {
    "plane": (sheet(), -2.8, 0.1),
    "rashba": (planes(M, {3: 0.06}, 2, 3), -1.5, 0.1),
    "orbital": (orbitals(towards(60, 20), 1, 2), 1.0, 0.2),
    "free": (free(towards(50, 30), spacing=0.25), 1.5, 0.1),
}
X, Y, Z = np.diag([1.0, -1.0, -1.0]), np.diag([-1.0, 1.0, -1.0]), np.diag([-1.0, -1.0, 1.0])
"""What mirrors of x, y and z make of an axial vector."""


@pytest.fixture(params=FILMS)
def film(request):
    """Every kind of film, one after the other."""
    return FILMS[request.param][0]


def test_hamiltonian_is_hermitian_and_its_slopes_are_its_derivatives(film):
    k, h = np.random.default_rng(0).uniform(-5, 5, (20, 2)), 1e-5
    matrix = film.hamiltonian(k)
    assert np.array_equal(matrix, dagger(matrix))
    for axis, step in enumerate(h * np.eye(2)):
        slope = (film.hamiltonian(k + step) - film.hamiltonian(k - step)) / (2 * h)
        assert np.abs(slope - film.velocity(k, axis)).max() < 1e-8


@pytest.mark.parametrize("name", ["rashba", "free"])
def test_film_is_the_chain_without_leads(name):
    """The sites strictly between the outer boundaries, with the blocks of the chain."""
    film, k = FILMS[name][0], np.array([[0.7, -1.1]])
    chain, n = discretise(film.stack, k), 2
    matrix = film.hamiltonian(k)[0]
    for j in range(matrix.shape[0] // n):
        rows = slice(n * j, n * (j + 1))
        assert np.array_equal(matrix[rows, rows], chain.total_onsite[0, chain.site_kind[j + 2]])
        if j:
            before = slice(n * (j - 1), n * j)
            hopping = chain.total_hopping
            assert np.array_equal(matrix[before, rows], hopping[min(0, len(hopping) - 1), chain.bond_kind[j + 1]])


def test_hard_walls():
    """A particle in a box: (pi n/L)^2, with the error of the lattice."""
    energies = [
        np.linalg.eigvalsh(kt.Film(kt.Stack([kt.Layer(kt.FreeElectron(), 1.0)], spacing)).hamiltonian([[0.0, 0.0]]))[
            0, :4:2
        ]
        for spacing in (0.05, 0.025)
    ]
    exact = kt.units.HBAR2_OVER_2M0 * np.pi**2 * np.array([1, 4])
    errors = [np.abs(one / exact - 1) for one in energies]
    assert (errors[1] < 3e-3).all()
    assert errors[0] / errors[1] == pytest.approx([4, 4], rel=0.02)


def test_torque_matrices_and_rashba_of_a_plane():
    """alpha (k_y s_x - k_x s_y) for small k, and -Delta m x s on the magnetisation."""
    plane = sheet(M)
    spin = plane.material.spin
    k = np.array([[2e-4, -3e-4]])
    rashba = {term.name: term for term in plane.material.terms(M)}["rashba"]
    expected = 0.05 * 2 * (k[0, 1] * spin[0] - k[0, 0] * spin[1])
    assert np.abs(rashba([*k[0], 0]) - expected).max() < 1e-12
    torque = plane.torques(k)["exchange"][0]
    assert np.abs(torque + (-1.5) * np.cross(M, spin, axisb=0, axisc=0)).max() < 1e-15


@pytest.mark.parametrize("model", ["relaxing", "broadened"])
@pytest.mark.parametrize("name", ["rashba", "orbital"])
def test_mirrors_of_the_torque_on_every_plane(name, model):
    """t(Ym) = Y t(m), t(Xm) = -X t(m), of each part and each plane."""
    make = {"rashba": lambda m: planes(m, {3: 0.06, 1: 0.02}, 2, 3), "orbital": lambda m: orbitals(m, 1, 2)}[name]
    energy, gamma = FILMS[name][1:]
    first = {}
    for label, matrix in (("m", np.eye(3)), ("x", X), ("y", Y)):
        film = make(matrix @ M)
        first[label] = [
            torques(film, summed(film, energy, gamma, model)[0], who) for who in ("magnetisation", "lattice")
        ]
    for here, x, y in zip(*first.values(), strict=True):
        scale = 1e-11 * np.abs(here).max(axis=(1, 2), keepdims=True)
        assert (np.abs(y - here @ Y) < scale).all()
        assert (np.abs(x + here @ X) < scale).all()


def test_no_torque_with_m_along_y_and_two_halves_in_the_xz_plane():
    film = planes((0, 1, 0), {3: 0.06}, 2, 3)
    books, _ = summed(film, -1.5, 0.1)
    size = np.abs(torques(planes(M, {3: 0.06}, 2, 3), books)).max()
    assert np.abs(torques(film, books)).max() < 1e-12 * np.abs(books["flux"]).max() + 1e-13 * size
    film = planes((1, 0, 1), {3: 0.06}, 2, 3)
    odd, even = torques(film, summed(film, -1.5, 0.1)[0])
    assert np.abs(odd[:, 1]).max() < 1e-12 * np.abs(odd).max()
    assert np.abs(even[:, [0, 2]]).max() < 1e-12 * np.abs(even).max()


def test_the_film_upside_down():
    """Planes in reverse order, alpha -> -alpha, m -> Zm: Z t, reversed."""
    film, mirrored = planes(M, {0: 0.06, 1: 0.02}, 3, 0), planes(Z @ M, {2: -0.06, 1: -0.02}, 3, 0)
    here, there = (torques(one, summed(one, -1.5, 0.1)[0]) for one in (film, mirrored))
    assert np.abs(there - here[:, ::-1] @ Z).max() < 1e-11 * np.abs(here).max()


def test_the_sign_of_the_coupling_and_a_film_with_inversion():
    """One orbital: alpha -> -alpha turns both parts round. (alpha, -alpha): total 0."""
    one, other = planes(M, {3: 0.06}, 2, 3), planes(M, {3: -0.06}, 2, 3)
    here, there = (torques(film, summed(film, -1.5, 0.1)[0]) for film in (one, other))
    assert np.abs(here + there).max() < 1e-11 * np.abs(here).max()
    film = planes(M, {0: 0.06, 3: -0.06}, 4, 0)
    both = torques(film, summed(film, -1.5, 0.1)[0])
    assert np.abs(both + both[:, ::-1]).max() < 1e-11 * np.abs(both).max()
    assert np.abs(both).max() > 1e-3


def test_turned_by_ninety_degrees():
    """The field along y and m turned with it: the same torques, turned."""
    turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
    film, turned = planes(M, {3: 0.06}, 2, 3), planes(turn @ M, {3: 0.06}, 2, 3)
    here = torques(film, summed(film, -1.5, 0.1)[0])
    there = torques(turned, summed(turned, -1.5, 0.1, field=(0.0, 1.0))[0])
    assert np.abs(there - here @ turn.T).max() < 1e-11 * np.abs(here).max()


def test_without_spin_orbit_coupling_only_orbital_moment_flows():
    """lambda = alpha = 0: no spin response, but L_y flows (orbital Hall effect)."""
    film = orbitals(towards(60, 20), 2, 4, spin_orbit=(0.0, 0.0))
    books, _ = summed(film, 1.0, 0.2, side=24)
    area = (24 * A) ** 2
    m = towards(60, 20)
    # What is left are particles of both spins, along m.
    across = np.cross(books["density"][..., 1:4], m)
    assert np.abs(across).max() < 1e-12 * np.abs(books["density"]).max()
    assert np.abs(torques(film, books)).max() < 1e-12 * np.abs(books["flux"]).max()
    orbital = books["flux"][1, :, 5] / area
    assert np.abs(np.cross(books["flux"][..., 1:4], m)).max() < 1e-12 * np.abs(books["flux"]).max()
    assert 0.3 < np.abs(orbital).max() < 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kt.Film(kt.CubicLattice()), "`stack` must be a Stack"),
        (lambda: kt.Film(kt.Stack([kt.Layer(kt.FreeElectron(), 0.1)], 0.1)), "this stack has none"),
        (lambda: kt.Plane(0.1), "`material` must be a Material"),
        (lambda: sheet().hamiltonian([[0, 0, 0]]), r"shape \(n, 2\) in 1/nm"),
        (lambda: sheet().hamiltonian([["x", "y"]]), r"shape \(n, 2\) in 1/nm"),
    ],
)
def test_what_is_no_film(make, message):
    with pytest.raises(InputError, match=message):
        make()
