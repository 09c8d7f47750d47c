"""Crystals as {R: matrix}: against the lattices of the package and plain Kwant."""

import numpy as np
import pytest
from crystals import CUBIC, as_tight_binding, kwant, kwant_stack, random_crystal, spin_of

import kwantorque as kt
from kwantorque.algebra import dagger
from kwantorque.errors import InputError
from kwantorque.structures.chain import discretise

A = 0.3
M = (0.6, 0.0, 0.8)


def test_cubic_lattice_has_the_same_blocks():
    lattice = kt.CubicLattice(hopping=-0.7, exchange=-0.9, onsite=2.0, lattice_constant=A, rashba=0.05)
    k = np.random.default_rng(0).normal(size=(5, 2), scale=4)
    for m in (M, (0, 0, -1), (0, 0, 1), (-1, 0, 0)):
        ours, theirs = (
            discretise(kt.Stack([kt.Layer(material, A, m=m)], A, atomic=True), k)
            for material in (as_tight_binding(lattice), lattice)
        )
        assert ours.partner == theirs.partner
        for name in theirs.partner:
            assert np.abs(ours.onsite[name] - theirs.onsite[name]).max() < 1e-12
            assert np.abs(ours.hopping[name] - theirs.hopping[name]).max() < 1e-12


def junction(of):
    magnet, barrier = (
        of(kt.CubicLattice(-0.4, -0.8, 1.6, 0.5)),
        of(kt.CubicLattice(-0.4, 0.0, 3.0, 0.5)),
    )
    layers = [kt.Layer(magnet, 2.0, m="z"), kt.Layer(barrier, 0.5), kt.Layer(magnet, 2.0, m="x")]
    return kt.Stack(layers, 0.5, atomic=True)


def test_junction_of_the_cubic_lattice_has_the_same_torques():
    k = np.random.default_rng(1).uniform(-2, 2, (12, 2))
    ours, theirs = (kt.torques_at(junction(of), k, 0.0) for of in (as_tight_binding, lambda x: x))
    assert float(abs(theirs.exchange_torque).max()) > 1e-3
    assert ours.closure < 1e-10
    for name in theirs.data_vars:
        if name != "torque_of_term":
            assert np.abs(ours[name] - theirs[name]).max() < 1e-12 * max(1, float(np.abs(theirs[name]).max())), name


def test_integral_over_the_zone_is_that_of_the_cubic_lattice():
    options = {"tolerance": 0.1, "progress": False}
    ours, theirs = (kt.torques(junction(of), 0.0, **options) for of in (as_tight_binding, lambda x: x))
    assert ours.k_points == theirs.k_points
    assert np.allclose(ours.exchange_torque_total, theirs.exchange_torque_total, rtol=0, atol=1e-12)


def luttinger_lattice(b, a, exchange=0.0):
    """Kohn-Luttinger holes with k -> sin(k b)/b in the plane, along z as in a stack."""
    material = kt.KohnLuttinger(exchange=exchange)
    one = np.eye(6)
    sine = {0: {(1, 0, 0): -0.5j / b, (-1, 0, 0): 0.5j / b}, 1: {(0, 1, 0): -0.5j / b, (0, -1, 0): 0.5j / b}}
    sine[2] = {(0, 0, 1): -0.5j / a, (0, 0, -1): 0.5j / a}
    square = {(0, 0, 0): 2 / a**2, (0, 0, 1): -1 / a**2, (0, 0, -1): -1 / a**2}
    terms, m = {}, np.array([0, 0, 1.0])
    for term in material.terms(m if exchange else None):
        found = {(0, 0, 0): term.constant + 0 * one}

        def add(factors, matrix, found=found):
            for vector, factor in factors.items():
                found[vector] = found.get(vector, 0) + factor * matrix

        for i in range(3):
            add(sine[i], term.linear[i])
            for j in range(3):
                if i == j == 2:
                    add(square, term.quadratic[2, 2])
                else:
                    for (u, f), (v, g) in ((p, q) for p in sine[i].items() for q in sine[j].items()):
                        add({tuple(np.add(u, v).tolist()): f * g}, term.quadratic[i, j])
        terms[term.name] = found
    partners = {term.name: term.partner for term in material.terms(m if exchange else None)}
    return kt.TightBinding(np.diag([b, b, a]), terms, spin=material.spin, orbital=material.orbital, partners=partners)


def test_kohn_luttinger_lattice_is_kohn_luttinger_in_a_stack():
    """At k on the lattice and sin(k b)/b in the continuum both have the same blocks."""
    a, b, energy = 0.25, 0.4, 0.06
    k = np.random.default_rng(2).uniform(-0.5, 0.5, (8, 2))

    def stack(magnet, metal):
        return kt.Stack([kt.Layer(magnet, 2.0, m=M), kt.Layer(metal, 1.0), kt.Layer(magnet, 1.0, m="x")], a)

    ours = kt.torques_at(stack(luttinger_lattice(b, a, 0.27), luttinger_lattice(b, a)), k, energy)
    holes = stack(kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger())
    theirs = kt.torques_at(holes, np.sin(k * b) / b, energy)
    assert ours.closure < 1e-10
    for name in ("exchange_torque", "lattice_torque", "orbital_to_spin_torque", "orbital_current", "particle_current"):
        assert float(np.abs(theirs[name]).max()) > 1e-2
        assert np.abs(ours[name] - theirs[name]).max() < 1e-10, name


LAYERS = ((random_crystal(1), M), (random_crystal(2, magnetic=False), (0, 0, 1)), (random_crystal(3), (0, 1, 0)))


def test_random_hexagonal_crystals_in_a_stack_are_those_of_plain_kwant():
    """Three layers with hoppings to second planes, 3 atoms, 8 orbitals: by cells.

    A site of ours is a principal layer of two cells, and the hopping between two unlike
    sites the mean: so is every bond of plain Kwant, but those between the two cells of
    a principal layer, whose crystal is one.
    """
    energy, height, cells = 0.1, 0.4, 4
    layers = [kt.Layer(c, cells * height, m=m if c.is_magnetic else None) for c, m in LAYERS]
    stack = kt.Stack(layers, 2 * height, atomic=True)
    k = np.random.default_rng(4).uniform(-8, 8, (20, 2))
    ours = kt.torques_at(stack, k, energy)
    assert ours.closure < 1e-10
    # Lead cells on either side are those of the outermost layers.
    profile = [LAYERS[0]] * (cells + 4) + [LAYERS[1]] * cells + [LAYERS[2]] * (cells + 4)
    checked = 0
    for i, k_par in enumerate(k):
        system = kwant_stack(profile, k_par)
        left = np.abs(ours.particle_current_limit.values[i]).max()
        transmission = kwant.smatrix(system, energy).transmission(1, 0)
        assert abs(ours.particle_current_limit.values[i, 1] - transmission) < 1e-9 * max(1, left)
        if transmission < 1e-6:
            continue
        checked += 1
        psi = by_cell(system, kwant.wave_function(system, energy)(0), len(profile))
        torque = exchange_torque_by_hand(profile, k_par, psi)
        # From sites of cells to principal layers, lead cells on either side left out.
        by_layer = torque.reshape(-1, 2, 3).sum(axis=1)[1:-1]
        difference = np.abs(ours.exchange_torque.values[i] - by_layer).max()
        assert difference < 1e-9 * max(1, np.abs(by_layer).max())
    assert checked > 5


def by_cell(system, psi, size):
    """Wave functions (modes, size, n) by cell; Kwant adds cells to meet its leads."""
    tags = np.array([site.tag[0] for site in system.sites])
    psi = psi.reshape(len(psi), len(tags), -1)
    return psi[:, np.argsort(tags)[np.searchsorted(np.sort(tags), np.arange(size))]]


def exchange_of(crystal, m):
    """{R: matrix} of its exchange term for a magnetisation along m."""
    terms = crystal.terms(np.array(m, float)) if crystal.is_magnetic else ()
    return next((term.hoppings for term in terms if term.name == "exchange"), {})


def exchange_torque_by_hand(profile, k_par, psi):
    """-<-i [s, H_ex]>, s of all cells: that of a bond is half of either end's."""
    n = profile[0][0].n_orbitals
    terms = []
    for crystal, m in profile:
        found = {}
        for vector, matrix in exchange_of(crystal, m).items():
            at = np.array(vector) @ crystal.vectors
            found[vector[2]] = found.get(vector[2], 0) + np.exp(1j * np.dot(k_par, at[:2])) * matrix
        terms.append(found)
    size = len(profile)
    exchange = np.zeros((size, n, size, n), complex)
    zero = np.zeros((n, n))
    for i in range(size):
        for j in range(max(0, i - 2), min(size, i + 3)):
            exchange[i, :, j] = (terms[i].get(j - i, zero) + terms[j].get(j - i, zero)) / 2
    spin = spin_of(n)
    gain = -1j * (np.einsum("cab,ibjd->ciajd", spin, exchange) - np.einsum("iajb,cbd->ciajd", exchange, spin))
    return -np.einsum("sia,ciajd,sjd->ic", psi.conj(), gain, psi, optimize=True).real


def test_principal_layers_have_the_same_bands():
    """At k the bands of M cells are those at k and k + 2 pi n/(M c), exactly."""
    crystal = random_crystal(5)
    k = np.array([1.3, -0.7, 2.1])
    folded = crystal.principal_layers(3)
    above = 2 * np.pi * np.linalg.inv(folded.vectors).T[2]
    apart = np.concatenate([np.linalg.eigvalsh(crystal.hamiltonian(k + n * above, M)) for n in range(3)])
    assert np.allclose(np.linalg.eigvalsh(folded.hamiltonian(k, M)), np.sort(apart), atol=1e-12)


def test_supercells_of_any_shape_have_the_same_bands():
    crystal = random_crystal(6)
    cells = np.array([(1, 1, 0), (-1, 1, 0), (0, 1, 2)])
    large = crystal.supercell(cells)
    assert large.n_orbitals == 4 * crystal.n_orbitals
    k = np.array([0.4, 1.7, -2.2])
    among = np.linalg.eigvalsh(large.hamiltonian(k, M))
    for energy in np.linalg.eigvalsh(crystal.hamiltonian(k, M)):
        assert np.abs(among - energy).min() < 1e-12
    assert np.linalg.det(large.vectors) == pytest.approx(4 * np.linalg.det(crystal.vectors))


def test_orders_of_spin_are_the_same_crystal():
    crystal = random_crystal(7)
    n = crystal.n_orbitals
    order = np.arange(n).reshape(-1, 2).T.ravel()
    block = {name: {R: h[np.ix_(order, order)] for R, h in x.items()} for name, x in crystal.hoppings.items()}
    other = kt.TightBinding(crystal.vectors, block, spin="block")
    k = [[0.3, 0.1, 2.0]]
    ours, theirs = (kt.bands(one, k, m=(1, 2, -2)) for one in (crystal, other))
    for name in ("energy", "spin", "exchange_torque", "lattice_torque"):
        assert np.allclose(ours[name], theirs[name], atol=1e-11)


def test_exchange_turns_with_m_and_bands_close_state_by_state():
    data = kt.bands(random_crystal(8), np.random.default_rng(0).normal(size=(5, 3)), m=M)
    assert np.allclose(data.exchange_torque + data.lattice_torque, 0, atol=1e-11)
    assert float(np.abs(data.exchange_torque).max()) > 1e-2
    without = random_crystal(8)
    terms = {name: without.hoppings[name] for name in ("kinetic", "exchange")}
    free = kt.TightBinding(without.vectors, terms)
    k = [[0.1, 0.2, 0.3]]
    # Without spin-orbit coupling the bands do not see the direction.
    assert np.allclose(kt.bands(free, k, m="z").energy, kt.bands(free, k, m=(1, -2, 0.3)).energy, atol=1e-12)
    assert np.allclose(kt.bands(free, k, m="-z").energy, kt.bands(free, k, m="z").energy, atol=1e-12)


def test_cutoff_states_its_error_and_zero_leaves_all():
    crystal = random_crystal(9, magnetic=False)
    cut = kt.TightBinding(crystal.vectors, crystal.hoppings, cutoff=0.12)
    assert 0 < len(cut.hoppings["kinetic"]) < len(crystal.hoppings["kinetic"])
    assert crystal.band_error == 0 < cut.band_error
    k = np.random.default_rng(1).uniform(-10, 10, (50, 3))
    change = np.abs(kt.bands(cut, k).energy - kt.bands(crystal, k).energy).max()
    assert 0.5 * cut.band_error < change < 1.5 * cut.band_error
    assert f"band_error={cut.band_error:.2g}" in repr(cut)
    assert cut.supercell((1, 1, 2)).band_error == cut.band_error


def test_fermi_energy_is_where_energies_count_from():
    crystal = random_crystal(10, magnetic=False)
    shifted = kt.TightBinding(crystal.vectors, crystal.hoppings, fermi_energy=1.5)
    k = [[0.1, 0.5, -2.0]]
    assert np.allclose(kt.bands(shifted, k).energy + 1.5, kt.bands(crystal, k).energy, atol=1e-12)
    assert "potential" in [term.name for term in shifted.terms()]


def test_equal_crystals_are_equal():
    assert random_crystal(1) == random_crystal(1) != random_crystal(2)
    assert hash(random_crystal(1)) == hash(random_crystal(1))
    lead = kt.Layer(random_crystal(1), m="x")
    assert kt.Layer(random_crystal(1), 0.8, m="x").same_crystal(lead)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vectors": np.diag([0.3, 0.3, -0.3])}, "right-handed"),
        ({"vectors": np.ones((3, 3))}, "independent"),
        ({"hoppings": {"kinetic": {(0, 0, 1): np.eye(2), (0, 0, -1): 2 * np.eye(2)}}}, "Hermitian conjugate"),
        ({"hoppings": {"kinetic": {(0, 0, 0): [[0, 1], [0, 0]]}}}, "Hermitian conjugate"),
        ({"hoppings": {"kinetic": {(0, 0, 1): np.eye(2)}, "more": {(0, 0, 1): np.eye(4)}}}, "the same states"),
        ({"hoppings": {}}, "dict from names of terms"),
        ({"spin": "interlace"}, "must be 'interlaced'"),
        ({"spin": np.zeros((3, 4, 4))}, r"must have shape \(3, 2, 2\)"),
        ({"orbital": np.zeros((3, 4, 4))}, r"must have shape \(3, 2, 2\)"),
        ({"positions": np.zeros((3, 3))}, r"must have shape \(2, 3\)"),
        ({"partners": {"exchange": "lattice"}}, "must name terms"),
        ({"magnetisation": {"A": "z"}}, "each sublattice must be the partner"),
        ({"cutof": 0.1}, "did you mean 'cutoff'"),
        ({"cutoff": -1}, "`cutoff` must be >= 0 eV, got -1"),
        ({"vectors": A * (1 + 0.1j) * np.eye(3)}, "`vectors` must be real numbers"),
        ({"positions": [(0, 0, np.nan), (0, 0, 0)]}, "`positions` must be finite"),
        ({"positions": [("a", "b", "c"), (0, 0, 0)]}, "`positions` must be an array of numbers"),
        ({"positions": [("0.1", "0", "0"), (0, 0, 0)]}, "`positions` must be real numbers"),
        ({"orbital": 3 * [[[0, 1], [0, 0]]]}, "`orbital` must be three Hermitian matrices"),
        ({"spin": 3 * [[[0, 1], [0, 0]]]}, "`spin` must be three Hermitian matrices"),
        ({"hoppings": {"exchange": {(0, 0, 0): [[1.0]]}}, "spin": "spinless"}, "cannot be a term of spin='spinless'"),
    ],
)
def test_what_is_no_crystal_is_refused(change, message):
    given = {"vectors": A, "hoppings": {"kinetic": {R: -np.eye(2) for R in CUBIC}}} | change
    with pytest.raises(InputError, match=message):
        kt.TightBinding(**given)


def test_exchange_of_something_without_spin_is_refused():
    hops = {"kinetic": {(0, 0, 1): np.eye(2)}, "exchange": {(0, 0, 0): np.diag([1, -1])}}
    with pytest.raises(InputError, match="to turn the exchange"):
        kt.TightBinding(A, hops, spin=0.9 * spin_of(2))


def test_layers_ask_for_planes_and_one_height():
    hops = {R: -np.eye(2) for R in CUBIC}
    tilted = kt.TightBinding(A * (np.ones((3, 3)) - np.eye(3))[::1], {"kinetic": hops})
    with pytest.raises(InputError, match="choose others of the lattice with `supercell`"):
        kt.Layer(tilted, 1.0)
    long = kt.TightBinding(A, {"kinetic": hops | {(0, 0, 2): 0.1 * np.eye(2)}})
    layer = kt.Layer(long, 4 * A)
    assert layer.material.spacing == pytest.approx(2 * A)
    with pytest.raises(InputError, match=r"`spacing` must be 0\.6 nm"):
        kt.Stack([layer], A, atomic=True)
    # Another material joins it in cells as high.
    short = kt.TightBinding(A, {"kinetic": hops})
    stack = kt.Stack([layer, kt.Layer(short.principal_layers(2), 2 * A)], 2 * A, atomic=True)
    assert kt.torques_at(stack, [(0.1, 0.4)], -1.0).closure < 1e-10


def test_hermitian_pairs_are_completed():
    crystal = kt.TightBinding(A, {"kinetic": {(1, 0, 1): np.array([[1, 2j], [0.5, 1j]])}})
    assert np.array_equal(crystal.hoppings["kinetic"][-1, 0, -1], dagger(crystal.hoppings["kinetic"][1, 0, 1]))
