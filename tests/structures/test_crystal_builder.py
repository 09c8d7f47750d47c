"""Crystals from Kwant builders, and back."""

import importlib

import numpy as np
import pytest
from crystals import kwant, random_crystal

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF
from kwantorque.errors import InputError

SIGMA = 2 * SPIN_HALF
M = (0.6, 0.0, 0.8)


def test_round_trip_by_builder_and_file(tmp_path):
    """builder -> TightBinding -> file -> TightBinding -> builder."""
    crystal = random_crystal(24)
    builder = kt.to_builder(crystal, m=(0, 0, 1.0))
    read = kt.from_builder(builder)
    path = read.to_wannier90(tmp_path / "crystal")
    with pytest.warns(UserWarning, match="orbitals that are not real"):
        again = kt.TightBinding.from_wannier90(path, spin="interlaced", magnetisation="z", fermi_energy=0.0)
    k = np.random.default_rng(0).normal(size=(4, 3), scale=5)
    expected = crystal.hamiltonian(k, np.array([0, 0, 1.0]))
    assert np.abs(read.hamiltonian(k) - expected).max() < 1e-12
    assert np.abs(again.hamiltonian(k, np.array([0, 0, 1.0])) - expected).max() < 1e-12


def test_hamiltonian_is_that_of_wraparound():
    """Kwant's own Bloch sum, at k in units of the reciprocal vectors."""
    crystal = random_crystal(2, magnetic=False)
    system = kwant.wraparound.wraparound(kt.to_builder(crystal)).finalized()
    k = np.array([1.7, -0.4, 2.9])
    params = dict(zip(("k_x", "k_y", "k_z"), crystal.vectors @ k, strict=True))
    by_kwant = np.linalg.eigvalsh(system.hamiltonian_submatrix(params=params))
    assert np.abs(by_kwant - np.linalg.eigvalsh(crystal.hamiltonian(k))).max() < 1e-12


def two_atoms():
    """A polar crystal: a magnet with Rashba coupling, and an atom without."""
    lattice = kwant.lattice.general(0.3 * np.eye(3), [(0, 0, 0), (0.1, 0.1, 0.15)], norbs=2)
    iron, other = lattice.sublattices
    builder = kwant.Builder(kwant.TranslationalSymmetry(*lattice.prim_vecs))

    def onsite(site, J, level):
        return level * np.eye(2) + J * SIGMA[2]

    def hopping(a, b, t):
        return t * np.eye(2)

    def rashba(a, b, t, alpha):
        x, y, _ = b.pos - a.pos
        return t * np.eye(2) + 1j * alpha * (y * SIGMA[0] - x * SIGMA[1])

    builder[iron(0, 0, 0)] = onsite
    builder[other(0, 0, 0)] = 0.3 * np.eye(2)
    builder[iron.neighbors()] = rashba
    builder[other.neighbors()] = hopping
    builder[iron(0, 0, 0), other(0, 0, 0)] = 0.4j * np.eye(2)
    builder[iron(0, 0, 1), other(0, 0, 0)] = hopping
    return builder


PARAMS = {"J": -0.5, "level": 0.1, "t": -1.0, "alpha": 0.7}
TERMS = {"exchange": "J", "spin_orbit": "alpha"}


def test_terms_by_the_parameters_that_switch_them():
    crystal = kt.from_builder(two_atoms(), PARAMS, terms=TERMS)
    assert [(term.name, term.partner) for term in crystal.terms(np.array(M))] == [
        ("exchange", "magnetisation"),
        ("spin_orbit", "lattice"),
        ("rest", "lattice"),
    ]
    assert crystal.atoms == ("0", "0", "1", "1")
    without = kt.from_builder(two_atoms(), {**PARAMS, "alpha": 0.0}, terms={"exchange": "J"})
    k = np.array([[0.4, -2.0, 1.1]])
    difference = crystal.hamiltonian(k, np.array(M)) - without.hamiltonian(k, np.array(M))
    spin_orbit = crystal.terms(np.array(M))[1](k)
    assert np.abs(spin_orbit - difference).max() < 1e-12 < np.abs(spin_orbit).max()
    # alpha a (k_y sigma_x - k_x sigma_y) 2 sin(k a)/(k a) of the first atom alone.
    sine = np.sin(0.3 * k[0])
    expected = -2 * 0.7 * 0.3 * (sine[1] * SIGMA[0] - sine[0] * SIGMA[1])
    assert np.abs(spin_orbit[0, :2, :2] - expected).max() < 1e-12
    data = kt.torques_at(kt.Stack([kt.Layer(crystal, 0.9, m=M)], 0.3, atomic=True), [(0.5, 0.2)], -1.0)
    assert data.closure < 1e-10


def test_strings_of_the_continuum_through_the_builder():
    """Discretised by Kwant: a^2 H is that of the cubic lattice, up to its zero."""
    pytest.importorskip("sympy")
    discretize = importlib.import_module("kwant.continuum").discretize
    builder = discretize("(k_x**2 + k_y**2 + k_z**2) * kron(sigma_0) + J * sigma_z", grid=0.3)
    crystal = kt.from_builder(builder, {"J": -0.2}, terms={"exchange": "J"})
    k = np.array([[0.2, 0.3, 1.0]])
    expected = (2 - 2 * np.cos(0.3 * k)).sum() / 0.09
    assert np.allclose(kt.bands(crystal, k, m="x").energy, [[expected - 0.2, expected + 0.2]], atol=1e-10)


@pytest.mark.parametrize(
    ("builder", "params", "terms", "message"),
    [
        (kwant.Builder(), {}, {}, "needs a Kwant builder with three translations"),
        (kwant.Builder(kwant.TranslationalSymmetry((1, 0, 0))), {}, {}, "needs a Kwant builder with three"),
        (two_atoms(), {"J": 1.0, "t": 1.0}, {}, r"\['alpha', 'level'\] missing"),
        (two_atoms(), PARAMS | {"Jx": 2.0}, {}, "unknown parameter of the builder 'Jx'"),
        (kt.to_builder(random_crystal(2, magnetic=False)), {"J": 1.0}, {}, "has no parameters"),
        (two_atoms(), PARAMS, {"exchange": "j"}, "unknown parameter of the system 'j'"),
        (two_atoms(), PARAMS, {"rest": "J"}, "no term can be called 'rest'"),
    ],
)
def test_what_is_no_crystal_is_refused(builder, params, terms, message):
    with pytest.raises(InputError, match=message):
        kt.from_builder(builder, params, terms=terms)


def test_terms_must_be_affine():
    lattice = kwant.lattice.cubic(0.3, norbs=2)
    builder = kwant.Builder(kwant.TranslationalSymmetry(*lattice.prim_vecs))

    def onsite(site, J):
        return J**2 * SIGMA[2]

    builder[lattice(0, 0, 0)] = onsite
    builder[lattice.neighbors()] = -np.eye(2)
    with pytest.raises(InputError, match="must be affine"):
        kt.from_builder(builder, {"J": 0.3}, terms={"exchange": "J"})
