"""The balance closes on any graph of sites and bonds, loops included, term by term."""

import numpy as np
import pytest

from kwantorque.algebra import SPIN_HALF, SPIN_ONE, dagger, on_orbital, on_spin
from kwantorque.errors import InputError
from kwantorque.operators import LocalOperators
from kwantorque.structures.graph import DensityBlocks, Graph

N_SITES, N_STATES = 12, 6


def random_graph(rng, without=None, **changed):
    """A graph of 12 sites with loops and five terms, one of them of impurities."""
    spin, orbital = on_spin(SPIN_HALF, 3), on_orbital(SPIN_ONE)
    pairs = [(i, j) for i in range(N_SITES) for j in range(i + 1, N_SITES) if rng.random() < 0.3]
    # Bonds point either way.
    bonds = np.array([pair if rng.random() < 0.5 else pair[::-1] for pair in pairs])

    def matrices(*shape):
        return rng.normal(size=(*shape, 3, 3)) + 1j * rng.normal(size=(*shape, 3, 3))

    def fields(n):
        return np.einsum("si,iab->sab", rng.normal(size=(n, 3)), spin)

    on_orbitals = matrices(N_SITES)
    onsite = {
        "kinetic": np.kron(on_orbitals + dagger(on_orbitals), np.eye(2)),
        "exchange": fields(N_SITES),
        "spin_orbit": rng.normal(size=(N_SITES, 1, 1)) * np.einsum("iab,ibc->ac", orbital, spin),
        "impurities": fields(N_SITES) * (rng.random((N_SITES, 1, 1)) < 0.3),
    }
    hopping = {"kinetic": np.kron(matrices(len(bonds)), np.eye(2)), "rashba": 0.3j * fields(len(bonds))}
    settings = {
        "onsite": {name: block[None] for name, block in onsite.items()},
        "hopping": {name: block[None] for name, block in hopping.items()},
        "partner": {
            "kinetic": "lattice",
            "exchange": "magnetisation",
            "spin_orbit": "carriers",
            "impurities": "impurities",
            "rashba": "lattice",
        },
        "spin": spin,
        "orbital": orbital,
        "site_kind": np.arange(N_SITES),
        "bond_kind": np.arange(len(bonds)),
        "bonds": bonds,
        "inside": np.ones(N_SITES, bool),
    }
    return Graph(**settings | changed)


def an_eigenstate(graph, number=17):
    """Density blocks (1, ...) of one eigenstate of the whole graph."""
    h = np.zeros((N_SITES, N_SITES, N_STATES, N_STATES), complex)
    h[np.arange(N_SITES), np.arange(N_SITES)] = graph.total_onsite[0]
    for bond, (i, j) in enumerate(graph.bonds):
        h[i, j], h[j, i] = graph.total_hopping[0, bond], dagger(graph.total_hopping[0, bond])
    vectors = np.linalg.eigh(h.swapaxes(1, 2).reshape(N_SITES * N_STATES, -1))[1]
    psi = vectors[:, number].reshape(N_SITES, N_STATES)
    tail, head = psi[graph.bonds].swapaxes(0, 1)
    return DensityBlocks(
        np.einsum("ja,jb->jab", psi, psi.conj())[None], np.einsum("ba,bc->bac", tail, head.conj())[None]
    )


def test_books_close_on_a_random_graph():
    graph = random_graph(np.random.default_rng(0))
    operators, blocks = LocalOperators(graph), an_eigenstate(graph)
    values, closure = operators.values(*operators.traces(blocks))
    assert np.abs(values["particle_current"]).max() > 0.01
    assert closure.max() < 1e-13
    assert values["torque_on_impurities"].shape == (1, N_SITES, 3)
    assert np.abs(values["torque_on_impurities"]).max() > 1e-3


def test_a_bond_of_a_site_with_itself_has_its_whole_share():
    """In a row, where sums are of slices, too; nothing flows out through it."""
    rng = np.random.default_rng(2)
    bonds = random_graph(rng).bonds
    bonds[3] = bonds[3, 0]
    operators = LocalOperators(random_graph(np.random.default_rng(2), bonds=bonds))
    on_bond = rng.normal(size=(1, len(bonds), operators.bond.shape[2]))
    expected, flowing = np.zeros((2, 1, N_SITES, on_bond.shape[-1]))
    for number, (i, j) in enumerate(bonds):
        for site, sign in ((i, 1), (j, -1)):
            expected[:, site] += on_bond[:, number] / 2
            flowing[:, site] += sign * on_bond[:, number]
    np.testing.assert_allclose(operators.outflow(on_bond), flowing, atol=1e-14)
    share = operators.share(on_bond)
    terms = np.abs(share).max(axis=(0, 1)) > 0
    assert terms.any()
    np.testing.assert_allclose(share[..., terms], expected[..., terms], atol=1e-14)


def test_what_flows_out_is_what_all_partners_took():
    graph = random_graph(np.random.default_rng(1))
    operators, blocks = LocalOperators(graph), an_eigenstate(graph)
    values, _ = operators.values(*operators.traces(blocks))
    outflow = np.zeros((N_SITES, 3))
    np.add.at(outflow, graph.bonds[:, 0], values["angular_momentum_current"][0])
    np.subtract.at(outflow, graph.bonds[:, 1], values["angular_momentum_current"][0])
    taken = sum(values[name][0] for name in ("exchange_torque", "lattice_torque", "torque_on_impurities"))
    assert np.allclose(outflow, -taken, atol=1e-13)


def test_books_are_open_where_bonds_are_missing_and_masked_there():
    """Without one bond its two ends do not balance; all other sites still do."""
    graph = random_graph(np.random.default_rng(2))
    blocks, ends = an_eigenstate(graph), graph.bonds[0]

    def cut(**changed):
        kept = slice(1, None)
        few = {name: block[:, kept] for name, block in graph.hopping.items()}
        settings = {one: getattr(graph, one) for one in ("onsite", "partner", "spin", "orbital", "site_kind", "inside")}
        settings |= {"hopping": few, "bonds": graph.bonds[kept], "bond_kind": graph.bond_kind[:-1]}
        operators = LocalOperators(Graph(**settings | changed))
        return operators.values(*operators.traces(DensityBlocks(blocks.site, blocks.bond[:, kept])))[1].max()

    assert cut() > 1e-3
    inside = np.ones(N_SITES, bool)
    inside[ends] = False
    assert cut(inside=inside) < 1e-13


@pytest.mark.parametrize("name", ["exchange", "spin_orbit", "impurities"])
def test_books_do_not_close_without_a_term(name):
    graph = random_graph(np.random.default_rng(3))
    blocks = an_eigenstate(graph)
    onsite = {term: block for term, block in graph.onsite.items() if term != name}
    operators = LocalOperators(random_graph(np.random.default_rng(3), onsite=onsite))
    assert operators.values(*operators.traces(blocks))[1].max() > 1e-3


def test_gains_of_each_term_add_up_to_the_torques():
    graph = random_graph(np.random.default_rng(4))
    operators = LocalOperators(graph)
    on_site, on_bond = operators.traces(an_eigenstate(graph))
    gains = operators.gains(on_site, operators.share(on_bond))
    values, _ = operators.values(on_site, on_bond)
    of_lattice = sum(gains[name][..., :3] + gains[name][..., 3:] for name in ("kinetic", "rashba"))
    assert np.allclose(values["lattice_torque"], -of_lattice, atol=1e-14)
    assert np.allclose(values["orbital_to_spin_torque"], gains["spin_orbit"][..., :3], atol=1e-14)
    assert np.allclose(gains["spin_orbit"][..., :3], -gains["spin_orbit"][..., 3:], atol=1e-14)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"bonds": np.array([[0, 12]]), "bond_kind": np.zeros(1, int)}, "0 to 11"),
        ({"bonds": np.zeros((1, 2))}, "each bond"),
        (
            {"spin": np.repeat(on_spin(SPIN_HALF, 3)[None], N_SITES, axis=0), "bond_kind": np.zeros(20, int)},
            "spins of their own",
        ),
    ],
)
def test_a_graph_that_is_none_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        random_graph(np.random.default_rng(0), **changed)
