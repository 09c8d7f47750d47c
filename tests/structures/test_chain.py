import numpy as np
import pytest
from helpers import wire

import kwantorque as kt
from kwantorque.algebra import dagger
from kwantorque.errors import InputError
from kwantorque.structures.chain import bulk_blocks, discretise

K = np.array([[0.3, 0.1], [-0.2, 0.5]])


def full_matrix(chain, i):
    """The finite chain as one matrix."""
    n, size = chain.n_orbitals, chain.n_sites
    h = np.zeros((size, size, n, n), complex)
    for j in range(size):
        h[j, j] = chain.at(i).total_onsite[0, chain.site_kind[j]]
    for j in range(size - 1):
        h[j, j + 1] = chain.at(i).total_hopping[0, chain.bond_kind[j]]
        h[j + 1, j] = dagger(h[j, j + 1])
    return h.swapaxes(1, 2).reshape(size * n, size * n)


def test_dispersion_of_the_uniform_lattice():
    """Bloch sum of the blocks: A + B sin(k_z a)/a + 4 C
    sin^2(k_z a/2)/a^2, and H(k) for a -> 0.
    """
    layer = kt.Layer(kt.KohnLuttinger(exchange=0.27), m="x")
    k_z = 0.7
    exact = layer.material.hamiltonian(np.c_[K, [k_z, k_z]], np.array([1.0, 0, 0]))
    errors = []
    for a in (0.2, 0.1):
        onsite, hopping = bulk_blocks(layer, a, K)
        bloch = hopping * np.exp(1j * k_z * a)
        errors.append(np.abs(onsite + bloch + dagger(bloch) - exact).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.01)


def test_sites_inside_are_bulk_and_interface_sites_half_of_each():
    stack = wire(1, 2)
    chain = discretise(stack, K)
    left, right = (bulk_blocks(layer, 0.2, K) for layer in stack.layers)
    onsite = chain.total_onsite[:, chain.site_kind]
    hopping = chain.total_hopping[:, chain.bond_kind]
    interface = 1 + 5
    assert np.allclose(onsite[:, :interface], left[0][:, None])
    assert np.allclose(onsite[:, interface], (left[0] + right[0]) / 2)
    assert np.allclose(onsite[:, interface + 1 :], right[0][:, None])
    assert np.allclose(hopping[:, :interface], left[1][:, None])
    assert np.allclose(hopping[:, interface:], right[1][:, None])


def test_same_crystals_share_their_blocks():
    chain = discretise(wire(), K)
    assert chain.site_kind.max() + 1 == 3
    assert chain.bond_kind.max() + 1 == 2


def test_terms_that_do_not_depend_on_k_are_stored_once():
    chain = discretise(wire(), K)
    assert {name: len(blocks) for name, blocks in chain.onsite.items()} == {
        "kinetic": 2,
        "spin_orbit": 1,
        "exchange": 1,
        "potential": 1,
    }


def test_two_materials_of_different_masses_are_hermitian():
    layers = [kt.Layer(kt.KohnLuttinger(gamma2=2.4), 0.4), kt.Layer(kt.KohnLuttinger(gamma1=8, gamma3=2.2), 0.6)]
    matrix = full_matrix(discretise(kt.Stack(layers, 0.2), K), 1)
    assert np.allclose(matrix, dagger(matrix))


def test_interface_term_enters_over_the_spacing():
    slope = np.array([np.eye(6), 0 * np.eye(6), 0 * np.eye(6)])
    weight = kt.Polynomial("barrier", "lattice", 0.3 * np.eye(6), linear=slope)
    gaas = kt.Layer(kt.KohnLuttinger(), 0.4)
    chain = discretise(kt.Stack([gaas, kt.Interface([weight]), gaas], 0.2), K)
    strength = np.einsum("kjaa->kj", chain.onsite["barrier"][:, chain.site_kind]).real / 6
    expected = np.zeros((2, 7))
    expected[:, 3] = (0.3 + K[:, 0]) / 0.2
    assert np.allclose(strength, expected)


def test_texture_and_potential_are_evaluated_on_sites():
    def m(z):
        return np.cos(z), 0, np.sin(z)

    stack = kt.Stack([kt.Layer(kt.KohnLuttinger(exchange=0.27), 1, m=m, potential=lambda z: 0.1 * z)], 0.2)
    chain = discretise(stack, K)
    s = chain.spin
    field = (
        np.einsum("jab,iba->ji", chain.onsite["exchange"][0, chain.site_kind[1:-1]], s).real
        / np.trace(s[0] @ s[0]).real
    )
    assert np.allclose(field, 0.27 * np.array([m(z) for z in stack.z]))
    levels = np.trace(chain.onsite["potential"][0, chain.site_kind[1:-1]], axis1=1, axis2=2).real / 6
    assert np.allclose(np.diff(levels), 0.02)


def test_one_name_must_not_mean_two_partners():
    spin_orbit = kt.Polynomial("kinetic", "carriers", np.eye(6))
    with pytest.raises(InputError, match="use two names"):
        discretise(kt.Stack([kt.Interface([spin_orbit]), kt.Layer(kt.KohnLuttinger(), 1)], 0.2), K)


def test_chunks_of_k_do_not_matter():
    k = np.array([[0.1, 0.2], [0.3, 0.1], [0.2, 0.2]])
    together, alone = discretise(wire(1, 1), k), discretise(wire(1, 1), k[1:2])
    assert np.array_equal(together.at(1).total_onsite, alone.total_onsite)
