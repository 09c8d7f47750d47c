"""Crystals of Kwant builders: our own lattices, Kane and Mele's model, bad input."""

import numpy as np
import pytest
from bulk.films import M_PLANE as M
from bulk.films import summed, torques

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF, dagger
from kwantorque.bulk.crystal import dense
from kwantorque.bulk.kubo import closure_of
from kwantorque.errors import InputError

kwant = pytest.importorskip("kwant")
ONE, PAULI, A = np.eye(2), 2 * SPIN_HALF, 0.3
K = np.random.default_rng(0).uniform(-10, 10, (6, 2))


def rashba_lattice():
    """A square lattice of constant 0.3 nm, with exchange and Rashba coupling."""
    square = kwant.lattice.square(A, norbs=2)
    builder = kwant.Builder(kwant.TranslationalSymmetry((A, 0), (0, A)))
    builder[square(0, 0)] = lambda site, delta: delta * np.einsum("i,iab->ab", M, SPIN_HALF)
    builder[square(1, 0), square(0, 0)] = lambda to, site, alpha: -ONE - 0.5j * alpha / A * PAULI[1]
    builder[square(0, 1), square(0, 0)] = lambda to, site, alpha: -ONE + 0.5j * alpha / A * PAULI[0]
    return builder


def kane_mele(shift=0.0):
    """Graphene with intrinsic and Rashba spin-orbit coupling, exchange, staggered."""
    up, x, y, z = np.eye(2), *PAULI
    honeycomb = kwant.lattice.general(
        [(A, 0), (A / 2, A * np.sqrt(3) / 2)], [(0, shift), (0, A / np.sqrt(3) + shift)], norbs=2
    )
    a, b = honeycomb.sublattices
    builder = kwant.Builder(kwant.TranslationalSymmetry(*honeycomb.prim_vecs))
    builder[a(0, 0)] = lambda site, delta, v: v * up + delta * np.einsum("i,iab->ab", M, SPIN_HALF)
    builder[b(0, 0)] = lambda site, delta, v: -v * up + delta * np.einsum("i,iab->ab", M, SPIN_HALF)

    def hopping(to, site, alpha):
        d = (to.pos - site.pos) / np.linalg.norm(to.pos - site.pos)
        return -up + 1j * alpha * (d[1] * x - d[0] * y)

    builder[honeycomb.neighbors()] = hopping

    def around(sign):
        return lambda to, site, kappa: 1j * sign * kappa * z

    for family, sign in ((a, 1), (b, -1)):
        for step in ((1, 0), (-1, 1), (0, -1)):
            builder[family(*step), family(0, 0)] = around(sign)
    return builder


PARAMS = {"delta": -0.8, "v": 0.2, "alpha": 0.15, "kappa": 0.06}
TERMS = {"exchange": "delta", "rashba": "alpha", "kane_mele": "kappa"}


def graphene(**changed):
    return kt.KwantCrystal(kane_mele(**changed), PARAMS, terms=TERMS, m=M)


def test_the_rashba_lattice_is_our_own():
    """H, dH/dk, torques of both terms, and the books of a small grid."""
    builder, terms = rashba_lattice(), {"exchange": "delta", "rashba": "alpha"}
    theirs = kt.KwantCrystal(builder, {"delta": -1.5, "alpha": 0.05}, terms=terms, m=M)
    ours = kt.Plane(kt.CubicLattice(-1.0, -1.5, 0.0, A, 0.05), m=tuple(M))
    assert theirs.reciprocal == pytest.approx(ours.reciprocal)
    assert np.abs(theirs.hamiltonian(K) - ours.hamiltonian(K)).max() < 1e-14
    for axis in (0, 1):
        assert np.abs(theirs.velocity(K, axis) - ours.velocity(K, axis)).max() < 1e-14
    one, other = theirs.torques(K), ours.torques(K)
    assert np.abs(one["exchange"] - other["exchange"]).max() < 1e-14
    assert np.abs(one["rashba"] - other["rashba"]).max() < 1e-14
    found, expected = (torques(crystal, summed(crystal, -2.0, 0.1)[0]) for crystal in (theirs, ours))
    assert np.abs(found - expected).max() < 1e-12 * np.abs(expected).max()


def test_bands_are_those_of_wraparound_and_slopes_are_derivatives():
    crystal, builder, h = graphene(), kane_mele(), 1e-5
    system = kwant.wraparound.wraparound(builder).finalized()
    periods = np.array(builder.symmetry.periods)
    for k, matrix in zip(K, crystal.hamiltonian(K), strict=True):
        phases = dict(zip(("k_x", "k_y"), periods @ k, strict=True))
        theirs = np.linalg.eigvalsh(system.hamiltonian_submatrix(params=PARAMS | phases))
        assert np.linalg.eigvalsh(matrix) == pytest.approx(theirs, abs=1e-12)
    assert np.abs(crystal.hamiltonian(K) - dagger(crystal.hamiltonian(K))).max() < 1e-14
    for axis, step in enumerate(h * np.eye(2)):
        slope = (crystal.hamiltonian(K + step) - crystal.hamiltonian(K - step)) / (2 * h)
        assert np.abs(slope - crystal.velocity(K, axis)).max() < 1e-8


def test_gap_of_kane_and_mele():
    """At a corner of the zone 6 sqrt(3) kappa, with nothing else but hopping."""
    builder = kane_mele()
    crystal = kt.KwantCrystal(builder, {"delta": 0.0, "v": 0.0, "alpha": 0.0, "kappa": 0.03})
    corner = (2 * crystal.reciprocal[0] + crystal.reciprocal[1]) / 3
    energies = np.linalg.eigvalsh(crystal.hamiltonian([corner]))[0]
    assert energies[2] - energies[1] == pytest.approx(6 * np.sqrt(3) * 0.03, abs=1e-9)


@pytest.mark.parametrize("model", ["relaxing", "broadened"])
def test_books_of_graphene_close(model):
    crystal = graphene()
    books, closure = summed(crystal, 0.5, 0.1, model)
    assert closure.max() < 1e-12
    assert closure_of(crystal.graph([[0.0, 0.0]]), books) < 1e-12
    assert np.abs(torques(crystal, books)).max() > 1e-3 * np.abs(books["flux"]).max()


def test_where_the_origin_of_the_cell_is_does_not_matter():
    here, there = (torques(one, summed(one, 0.5, 0.1)[0]) for one in (graphene(), graphene(shift=0.07)))
    assert np.abs(here - there).max() < 1e-11 * np.abs(here).max()


def test_whole_response():
    data = kt.field_response(graphene(), 0.5, broadening=0.3, temperature=900, tolerance=3e-2, progress=False)
    assert data.closure < 1e-12
    assert set(data.term.values) == {"exchange", "rashba", "kane_mele", "rest"}
    assert data.exchange_torque.shape == (2, 2, 3)
    assert np.isfinite(data.damping_like)


def test_a_term_may_be_a_builder():
    builder, only = rashba_lattice(), kwant.Builder(kwant.TranslationalSymmetry((A, 0), (0, A)))
    square = next(iter(builder.sites())).family
    only[square(0, 0)] = lambda site, delta: delta * np.einsum("i,iab->ab", M, SPIN_HALF)
    params = {"delta": -1.5, "alpha": 0.05}
    one, other = (kt.KwantCrystal(builder, params, terms={"exchange": term}) for term in ("delta", only))
    assert np.abs(one.torques(K)["exchange"] - other.torques(K)["exchange"]).max() < 1e-14


def test_a_cube_is_a_crystal_in_space():
    cube = kwant.lattice.cubic(A, norbs=2)
    builder = kwant.Builder(kwant.TranslationalSymmetry(*(A * np.eye(3))))
    builder[cube(0, 0, 0)], builder[cube.neighbors()] = 0.2 * ONE - 0.75 * PAULI[0], -0.6 * ONE
    theirs, ours = kt.KwantCrystal(builder), kt.Bulk(kt.CubicLattice(-0.6, -1.5, 0.2, A), m="x")
    k = np.random.default_rng(1).uniform(-9, 9, (5, 3))
    assert np.abs(theirs.hamiltonian(k) - ours.hamiltonian(k)).max() < 1e-14
    assert np.abs(theirs.velocity(k, 2) - ours.velocity(k, 2)).max() < 1e-14


PLAIN = {"delta": 1.0, "alpha": 0.0}


def other_periods():
    lattice = kwant.lattice.square(A, norbs=2)
    builder = kwant.Builder(kwant.TranslationalSymmetry((A, 0), (A, A)))
    builder[lattice(0, 0)] = ONE
    return builder


def test_a_term_that_reaches_further_than_the_others():
    """Two cells along x: what it has at k is cos(2 k_x a)."""
    square = kwant.lattice.square(A, norbs=2)
    builder, only = (kwant.Builder(kwant.TranslationalSymmetry((A, 0), (0, A))) for _ in range(2))
    builder[square(0, 0)], builder[square.neighbors()] = 0.2 * ONE, -ONE
    only[square(0, 0)], only[square(0, 0), square(2, 0)] = 0 * ONE, -0.3 * PAULI[2]
    whole = kwant.Builder(kwant.TranslationalSymmetry((A, 0), (0, A)))
    whole.update(builder)
    whole[square(0, 0), square(2, 0)] = -0.3 * PAULI[2]
    crystal = kt.KwantCrystal(whole, terms={"exchange": only}, m="z")
    k = np.random.default_rng(1).uniform(-9, 9, (5, 2))
    expected = -0.6 * np.cos(2 * A * k[:, 0])[:, None, None] * PAULI[2]
    graph = crystal.graph(k)
    found = dense(graph, graph.onsite["exchange"], graph.hopping["exchange"])
    assert np.abs(found - expected).max() < 1e-13


def chain():
    lattice = kwant.lattice.chain(norbs=2)
    builder = kwant.Builder(kwant.TranslationalSymmetry((1,)))
    builder[lattice(0)], builder[lattice.neighbors()] = ONE, ONE
    return builder


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kt.KwantCrystal(3), "must be a kwant.Builder that is not finalised"),
        (lambda: kt.KwantCrystal(chain()), "two or three such periods"),
        (
            lambda: kt.KwantCrystal(rashba_lattice(), PLAIN, terms={"exchange": other_periods()}),
            "periods of the builder",
        ),
        (lambda: kt.KwantCrystal(rashba_lattice(), PLAIN, terms={"exchange": chain()}), "two or three such periods"),
        (lambda: kt.KwantCrystal(rashba_lattice(), {"delta": 1.0}), "'alpha' missing"),
        (lambda: kt.KwantCrystal(rashba_lattice(), {"delta": 1, "alpha": 0, "beta": 1}), "unknown parameter"),
        (lambda: kt.KwantCrystal(kane_mele(), PARAMS, terms={"exchange": "detla"}), "did you mean 'delta'"),
        (lambda: kt.KwantCrystal(kane_mele(), PARAMS, spin=np.eye(2)), "spin"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(InputError, match=message):
        make()
