"""Strips and slabs: Kwant's builder and the graph are one Hamiltonian, by hand."""

import numpy as np
import pytest
from references.spiral import band

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.structures.impurities import draw_sites
from kwantorque.structures.strip_builder import strip_graph, strip_parameters

STRIPS = [
    kt.Strip(),
    kt.Strip(width=1, length=5),
    kt.Strip(width=2, length=4, texture="wall", wall_width=1.5),
    kt.Strip(width=4, length=4, edges="hard"),
    kt.Strip(width=3, height=2, length=3),
    kt.Strip(width=2, height=3, length=3, edges="hard"),
]


def matrix_of(graph):
    """H from the blocks of a graph at its first parameters."""
    h = np.zeros((graph.n_sites, 2, graph.n_sites, 2), complex)
    for site, kind in enumerate(graph.site_kind):
        h[site, :, site] += graph.total_onsite[0, kind]
    for (tail, head), kind in zip(graph.bonds, graph.bond_kind, strict=True):
        h[tail, :, head] += graph.total_hopping[0, kind]
        h[head, :, tail] += graph.total_hopping[0, kind].conj().T
    return h.reshape(2 * graph.n_sites, -1)


def unit_vectors(rng, *shape):
    vectors = rng.normal(size=(*shape, 3))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def in_order(strip, system):
    order = np.argsort([strip.site(*site.tag) for site in system.sites])
    return (2 * order[:, None] + [0, 1]).ravel()


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("strip", STRIPS, ids=str)
def test_graph_and_builder_are_one_hamiltonian(strip, elsewhere):
    rng = np.random.default_rng(0)
    n, two_dimensional = 3, strip.height == 1 and strip.width > 2
    strengths = {"spin": 0.3, "scalar": -0.2, "spin_orbit": 0.4 if two_dimensional else 0.0}
    others = draw_sites(strip, 2, seed=1) if elsewhere else None
    impurities = kt.Impurities(draw_sites(strip, n), **strengths, scalar_sites=others)
    spins, axes = unit_vectors(rng, 2, n)
    system = kt.build_strip(strip, impurities, spins, axes).finalized()
    h = system.hamiltonian_submatrix(params=strip_parameters(strip, impurities))
    order = in_order(strip, system)
    of_graph = matrix_of(strip_graph(strip, impurities, spins[None], axes[None]))
    assert np.allclose(of_graph, h[np.ix_(order, order)], atol=1e-15)
    # And the impurities are what their projector and coupling say.
    clean = matrix_of(strip_graph(strip))
    b = impurities.projector(strip).toarray()
    u = impurities.coupling(spins, axes).reshape(len(b), -1)
    assert np.allclose(of_graph - clean, b.conj().T @ u @ b, atol=1e-15)
    assert np.allclose(u, u.conj().T)


def test_spin_orbit_coupling_of_one_impurity_by_hand():
    """H = i lambda [D_x^+ (e.sigma) D_y - D_y^+ (e.sigma) D_x] on a plane wave."""
    strip = kt.Strip(width=8, length=9, wavevector=0.0)
    impurities = kt.Impurities([(4, 3)], spin_orbit=1.0)
    e = np.array([[0.0, 0.0, 1.0]])
    h = matrix_of(strip_graph(strip, impurities, e[None], e[None])) - matrix_of(strip_graph(strip))
    kx, ky = 0.7, 2 * np.pi / 8
    waves = []
    for x, y in ((kx, ky), (0.2, -ky)):
        phase = [np.exp(1j * (x * (a - 4) + y * (b - 3))) for a in strip.columns for b in range(8)]
        waves.append(np.kron(phase, [1, 0]))
    left, right = waves
    # <k|H|k'> = i [(i sin kx)^* (i sin ky') - (i sin ky)^* (i sin kx')]
    expected = 1j * (np.sin(kx) * np.sin(-ky) - np.sin(ky) * np.sin(0.2))
    assert left.conj() @ h @ right == pytest.approx(expected, abs=1e-14)


def test_bands_of_the_spiral_are_those_by_hand():
    strip = kt.Strip(width=6, wavevector=0.4, exchange=0.3)
    lead = kt.build_strip(strip).finalized().leads[1]
    params = {"exchange": 0.3}
    h, v = lead.cell_hamiltonian(params=params), lead.inter_cell_hopping(params=params)
    for k in (-0.8, 0.3, 1.9):
        hop = v * np.exp(1j * k)
        found = {round(x, 9) for x in np.linalg.eigvalsh(h + hop + hop.conj().T)}
        expected = {
            round(float(band(k, 2 * np.pi * m / 6, 0.4, 0.3, branch)), 9) for m in range(6) for branch in (-1, 1)
        }
        assert sorted(found) == pytest.approx(sorted(expected), abs=2e-9)


@pytest.mark.parametrize(
    ("width", "edges"), [(1, "periodic"), (2, "periodic"), (3, "periodic"), (3, "hard"), (1, "hard")]
)
def test_the_bottom_of_the_band_is_zero(width, edges):
    """Of a ring of any size; hard walls lift it by 2 - 2 cos(pi/(width + 1))."""
    strip = kt.Strip(width=width, wavevector=0.0, exchange=1e-9, edges=edges, length=400)
    lead = kt.build_strip(strip).finalized().leads[1]
    params = {"exchange": 0.0}
    hop = lead.inter_cell_hopping(params=params)
    bottom = np.linalg.eigvalsh(lead.cell_hamiltonian(params=params) + hop + hop.conj().T)[0]
    assert bottom == pytest.approx(0 if edges == "periodic" else 2 - 2 * np.cos(np.pi / (width + 1)), abs=1e-12)


def test_a_wall_turns_by_almost_pi_and_stands_still_in_the_leads():
    strip = kt.Strip(texture="wall", wall_width=3.0, length=41)
    assert strip.twists[:2].tolist() == strip.twists[-2:].tolist() == [0, 0]
    assert strip.twists.sum() == pytest.approx(np.pi, abs=0.01)
    # d theta/dx = 1/(w cosh(x/w)) in the middle.
    assert strip.twists.max() == pytest.approx(1 / 3, rel=0.02)


def test_sites_are_drawn_once_each_and_by_the_seed():
    strip = kt.Strip(width=3, length=4)
    assert set(draw_sites(strip, 12)) == {(x, y) for x in range(4) for y in range(3)}
    assert draw_sites(strip, 5, seed=1) == draw_sites(strip, 5, seed=1) != draw_sites(strip, 5, seed=2)
    assert len(draw_sites(kt.Strip(height=2), 3)[0]) == 3
    assert draw_sites(strip, 0) == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kt.build_strip(3), r"`strip` must be a Strip such as Strip\(width=6\)"),
        (lambda: kt.build_strip(kt.Strip(), 15), "`impurities` must be an Impurities such as"),
        (lambda: draw_sites(3, 3), "`strip` must be a Strip"),
        (
            lambda: kt.build_strip(kt.Strip(), kt.Impurities([(0, 0)]), np.eye(3)),
            r"`spins` must be a unit vector of each impurity, \(1, 3\)",
        ),
        (
            lambda: kt.build_strip(kt.Strip(), kt.Impurities([(0, 0)]), axes=[[1, 1, 0]]),
            "`axes` must be unit vectors, got .* 1.41",
        ),
        (lambda: kt.build_strip(kt.Strip(), kt.Impurities([(0, 0)]), "up"), "`spins` must be a unit vector"),
        (lambda: kt.Strip(width=0), "`width` must be a whole number >= 1, got 0"),
        (lambda: kt.Strip(length=1), "`length` must be a whole number >= 2, got 1"),
        (lambda: kt.Strip(length=10**8), "at most 100000 sites and 1000 in a column, got 600000000 and 6: lower"),
        (lambda: kt.Strip(width=10**4, length=5), "got 50000 and 10000: lower `length`"),
        (lambda: kt.Strip(exchange=0), "`exchange` must not be 0"),
        (lambda: kt.Strip(texture="wal"), "unknown texture 'wal'; did you mean 'wall'"),
        (lambda: kt.Strip(edges="soft"), "unknown kind of edges 'soft'"),
        (lambda: kt.Strip(wavevector=4), "`wavevector` must be below pi per site, got 4"),
        (lambda: kt.Strip(wavevector=np.nan), "`wavevector` must be a finite number"),
        (lambda: kt.Strip(wall_width=0), "`wall_width` must be > 0"),
        (lambda: draw_sites(kt.Strip(), 247), "`impurities` must be at most 246, one for each site .* got 247"),
        (lambda: draw_sites(kt.Strip(), 1.5), "`impurities` must be a whole number"),
        (lambda: kt.Impurities([(0, 0)], spin="strong"), "`spin` must be a number"),
        (lambda: kt.Impurities([(0, -1)]), "`site of an impurity` must be a whole number >= 0"),
        (lambda: kt.Impurities([(0, 1), (0, 1)]), r"must be different, got \(0, 1\) twice"),
        (lambda: kt.Impurities([(0, 1)], scalar_sites=3), "`scalar_sites` of impurities must be a sequence"),
        (lambda: kt.Impurities(15), "`sites` of impurities must be a sequence"),
        (lambda: kt.Impurities([3, 4]), "`sites` of impurities must be a sequence"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(InputError, match=message):
        make()
