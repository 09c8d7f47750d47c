"""The two models of scattering, against their definitions, and books that close."""

import numpy as np
import pytest
from bulk.films import MODELS, free, orbitals, planes, sheet, summed, towards
from scipy.integrate import quad_vec

from kwantorque.algebra import commutator, dagger
from kwantorque.bulk.kubo import Response, closure_of
from kwantorque.bulk.occupation import Broadened, Relaxing
from kwantorque.units import BOLTZMANN

FILM, ENERGY, GAMMA = planes(towards(40, 25), {1: 0.06, 2: 0.03}, 1, 2), -1.5, 0.15
"""Three layers, two Rashba planes."""
K = np.array([[1.3, -2.1]])
X = np.array([1.0, 0.0])


def fermi(matrix, energy, temperature):
    """f(H)"""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors / (1 + np.exp((values - energy) / (BOLTZMANN * temperature)))) @ dagger(vectors)


def measured(film, rho):
    """Torque matrices of all terms, and spin, traced with a density matrix."""
    found = {name: np.einsum("iab,ba->i", matrix[0], rho) for name, matrix in film.torques(K).items()}
    spin = film.graph(K).spin
    n = len(rho) // 2
    found["spin"] = np.einsum("iab,ba->i", np.kron(np.eye(n), spin), rho)
    return found


def from_books(film, books):
    """The same from books, of both parts together."""
    names = list(film.graph(K).partner)
    gain = books["gain"][0].sum(axis=(0, 1))
    return {name: -gain[i, :3] - gain[i, 3:] for i, name in enumerate(names)} | {
        "spin": books["density"][0].sum(axis=(0, 1))[1:4]
    }


def compare(film, model, rho, within):
    books, closure = Response(film, model, X).at(K)
    expected, found = measured(film, rho), from_books(film, books)
    size = max(np.abs(value).max() for value in expected.values())
    for name, value in found.items():
        assert np.abs(value - expected[name]).max() < within * size
    assert closure.max() < 1e-12


def test_relaxing_model_solves_its_equation_of_motion():
    """-i [H, x] - gamma x = -d rho_0/dk, the right-hand side by finite differences."""
    model, h = Relaxing(ENERGY, GAMMA, 300.0), 1e-4
    step = np.array([[h, 0.0]])
    pushed = sum(
        weight * fermi(FILM.hamiltonian(K + n * step)[0], ENERGY, 300.0)
        for n, weight in ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
    )
    pushed = pushed / h
    matrix = FILM.hamiltonian(K)[0]
    one = np.eye(len(matrix))
    # Rows of rho one after the other: H rho is kron(H, 1), rho H is kron(1, H^T).
    motion = -1j * (np.kron(matrix, one) - np.kron(one, matrix.T)) - GAMMA * np.eye(len(matrix) ** 2)
    rho = np.linalg.solve(motion, -pushed.reshape(-1)).reshape(matrix.shape)
    assert np.abs(-1j * commutator(matrix, rho) - GAMMA * rho + pushed).max() < 1e-10
    compare(FILM, model, rho, 1e-8)


def test_broadened_model_is_the_integral_of_bastin():
    """(1/2 pi) int f [dG v (G - G^+) - h.c.] dE with G = 1/(E - H + i Gamma)."""
    matrix, v = FILM.hamiltonian(K)[0], FILM.velocity(K)[0]
    one = np.eye(len(matrix))

    def integrand(energy):
        g = np.linalg.inv((energy + 0.5j * GAMMA) * one - matrix)
        slope = -g @ g
        return (slope @ v @ (g - dagger(g)) - (g - dagger(g)) @ v @ dagger(slope)) / (2 * np.pi)

    rho, _ = quad_vec(integrand, -np.inf, ENERGY, epsabs=1e-11, epsrel=1e-11)
    compare(FILM, Broadened(ENERGY, GAMMA), rho, 1e-7)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("film", "energy"),
    [(sheet(), -2.8), (FILM, -1.5), (orbitals(towards(60, 20), 2, 2), 1.0), (free(towards(50, 30), 0.2), 1.5)],
    ids=["plane", "rashba", "orbital", "free"],
)
def test_books_close_at_every_k_and_in_the_sum(film, energy, model):
    books, closure = summed(film, energy, 0.05, model, side=8)
    assert closure.max() < 1e-12
    assert closure_of(film.graph([[0.0, 0.0]]), books) < 1e-12


@pytest.mark.parametrize("model", MODELS)
def test_books_that_are_spoilt_do_not_close(model):
    books, _ = summed(FILM, -1.5, 0.1, model, side=8)
    graph = FILM.graph([[0.0, 0.0]])
    for name in ("gain", "relaxation", "field"):
        spoilt = {key: value.copy() for key, value in books.items()}
        spoilt[name] *= 1.001
        assert closure_of(graph, spoilt) > 1e-6


def all_factors(model, energies):
    """D, kappa, r."""
    d, re, im, r_re, r_im = model.factors(np.array([energies]))
    kappa = (re + 1j * im)[0]
    return d[0], kappa, model.broadening * kappa if r_re is None else (r_re + 1j * r_im)[0]


@pytest.mark.parametrize("model", [Relaxing(0.0, 0.1, 300.0), Broadened(0.0, 0.1)])
def test_factors_are_smooth_where_two_bands_meet(model):
    """Nearly equal energies: the limit, and D - i w kappa - r = 0."""
    middle = all_factors(model, (0.02, 0.02))[1]
    slopes = []
    for gap in (0.0, 1e-12, 1e-9, 1e-6, 1e-3, 6e-3, 7e-3, 0.02, 0.3):
        energies = np.array([0.02 - gap / 2, 0.02 + gap / 2])
        d, kappa, r = all_factors(model, energies)
        w = energies[:, None] - energies[None]
        assert np.abs(d - 1j * w * kappa - r).max() < 1e-13 * np.abs(d).max()
        if gap <= 1e-9:
            assert np.abs(kappa.real - middle.real).max() < 1e-6 * np.abs(middle).max()
        if 0 < gap <= 1e-3:
            slopes.append(kappa[1, 0].imag / (energies[1] - energies[0]))
    # Im kappa is w times an even function of w.
    assert np.ptp(slopes) < 1e-3 * abs(slopes[0])


def test_both_models_have_the_same_drift_of_the_fermi_line():
    """int Re kappa_nn dmu = -1/gamma in both: D integrates to -1, gamma = 2 Gamma."""
    mu = np.linspace(-40, 40, 400_001)
    for model in (Relaxing(0.0, 0.1, 300.0), Broadened(0.0, 0.1)):
        kappa = model.factors(mu[:, None]).dissipative[:, 0, 0]
        assert kappa.sum() * (mu[1] - mu[0]) == pytest.approx(-1 / 0.1, rel=2e-3)
