"""Lattice materials: {R: matrix} per named term, of any range in the plane."""

from dataclasses import dataclass

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF, SPIN_ONE, dagger, on_orbital, on_spin
from kwantorque.errors import InputError
from kwantorque.materials.hoppings import reciprocal_vectors
from kwantorque.spectrum.channels import in_zone, largest_radius

A = 0.3
NEAREST = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
SECOND = [(1, 1, 0), (1, -1, 0), (1, 0, 1), (1, 0, -1), (0, 1, 1), (0, 1, -1)]


@dataclass(frozen=True)
class POrbitals(kt.Material):
    """p orbitals on the cubic lattice, hops to first and second neighbours."""

    exchange: float = 0.0
    onsite: float = 0.0
    spin = on_spin(SPIN_HALF, 3)
    orbital = on_orbital(SPIN_ONE)
    spacing = A

    @property
    def reciprocal(self):
        return reciprocal_vectors(A * np.eye(3))

    @property
    def is_magnetic(self):
        return self.exchange != 0

    def terms(self, m=None):
        def bond(vector, sigma, pi):
            along = np.einsum("i,iab->ab", np.array(vector) / np.linalg.norm(vector), self.orbital)
            return pi * np.eye(6) + (sigma - pi) * (np.eye(6) - along @ along)

        hops = {R: bond(R, 0.9, -0.3) for R in NEAREST} | {R: bond(R, 0.25, -0.1) for R in SECOND}
        coupling = np.einsum("iab,ibc->ac", self.orbital, self.spin)
        terms = [
            kt.Hoppings("kinetic", "lattice", hops, A),
            kt.Polynomial("spin_orbit", "carriers", 0.2 * coupling),
            kt.Polynomial("potential", "lattice", self.onsite * np.eye(6)),
        ]
        if self.is_magnetic:
            field = np.einsum("i,iab->ab", m, self.spin)
            terms.append(kt.Polynomial("exchange", "magnetisation", self.exchange * field))
        return tuple(terms)


def lattice_stack():
    magnet, metal = POrbitals(exchange=-1.0), POrbitals(onsite=-0.1)
    layers = [kt.Layer(magnet, 2 * A, m=(1, 2, 3)), kt.Layer(metal, 3 * A)]
    return kt.Stack(layers, A, left=kt.Layer(metal), right=kt.Layer(magnet, m="x"), atomic=True)


K = [(0.3, 0.2), (4.0, -2.5), (-7.1, 6.0)]


def test_p_orbital_lattice_on_all_solvers(solver):
    stack = lattice_stack()
    reference = kt.torques_at(stack, K, 0.4, solver=kt.KwantSolver())
    data = kt.torques_at(stack, K, 0.4, solver=solver)
    assert data.closure < 1e-10
    assert float(abs(data.particle_current_limit).max()) > 0.1
    for name in ("exchange_torque", "lattice_torque", "orbital_to_spin_torque", "orbital_current"):
        assert float(abs(reference[name]).max()) > 1e-3
        assert np.allclose(data[name], reference[name], atol=1e-9)


def test_blocks_are_the_bloch_sum_exactly():
    term = POrbitals().terms()[0]
    k = np.random.default_rng(0).normal(size=(5, 3), scale=5)
    onsite, hopping = term.blocks(k[:, :2], A)
    phase = np.exp(1j * k[:, 2] * A)[:, None, None]
    assert np.allclose(onsite + hopping * phase + dagger(hopping) * phase.conj(), term(k), atol=1e-12)


def test_lattice_material_is_integrated_over_its_zone():
    data = kt.torques(lattice_stack(), 0.4, tolerance=0.4, kpar=kt.PolarRule(max_points=3000), progress=False)
    assert data.closure < 1e-8
    assert float(data.incident_current) > 0


def test_long_wave_limit_is_the_polynomial():
    """2 t (cos k a - 1) per axis is C k^2 with C = -t a^2, up to O(k^4)."""
    lattice = kt.CubicLattice(hopping=-1.0, lattice_constant=A)
    k = 1e-3 * np.random.default_rng(1).normal(size=(4, 3))
    energy = lattice.hamiltonian(k)[:, 0, 0].real - lattice.hamiltonian([0, 0, 0])[0, 0].real
    assert np.allclose(energy, A**2 * (k**2).sum(axis=1), rtol=1e-6)


def test_missing_half_is_filled_in_and_shift_goes_on_site():
    up = {(0, 0, 1): np.array([[1j]]), (0, 0, 0): np.array([[2.0]])}
    term = kt.Hoppings("kinetic", "lattice", up, A)
    assert term.hoppings[(0, 0, -1)] == -1j
    k = [0.1, 0.2, 0.3]
    assert np.allclose(term.shifted(0.5)(k), term(k) + 0.5)
    assert term.is_uniform
    assert not term.is_planar
    assert term.same_as(kt.Hoppings("kinetic", "lattice", up, A))
    assert not term.same_as(term.shifted(0.1))


def test_third_vector_may_lean():
    """An in-plane part of a_3 is a phase of the hopping along z."""
    vectors = np.array([[A, 0, 0], [0, A, 0], [0.1, 0.05, A]])
    term = kt.Hoppings("kinetic", "lattice", {(0, 0, 1): -np.eye(2)}, vectors)
    k = np.array([[1.0, 2.0, 3.0]])
    onsite, hopping = term.blocks(k[:, :2], A)
    assert not term.is_uniform
    assert np.allclose(hopping, -np.exp(1j * (0.1 * 1.0 + 0.05 * 2.0)) * np.eye(2))
    phase = np.exp(1j * 3.0 * A)
    assert np.allclose(onsite + hopping * phase + dagger(hopping) * np.conj(phase), term(k))


@pytest.mark.parametrize(
    ("hoppings", "vectors", "message"),
    [
        ({}, A, "dict"),
        ({(1, 0): np.eye(2)}, A, "three whole numbers"),
        ({(0, 0, 2): np.eye(2)}, A, "-1, 0 or 1"),
        ({(1, 0, 0): np.ones((2, 3))}, A, "finite matrix"),
        ({(1, 0, 0): np.eye(2), (0, 1, 0): np.eye(3)}, A, "one shape"),
        ({(1, 0, 0): np.eye(2), (-1, 0, 0): 2 * np.eye(2)}, A, "conjugate"),
        ({(0, 0, 0): 1j * np.eye(2)}, A, "conjugate"),
        ({(1, 0, 0): np.eye(2)}, 0.0, "independent"),
        ({(1, 0, 0): np.eye(2)}, np.eye(3)[::-1], "in the plane"),
    ],
)
def test_what_is_no_lattice_is_refused(hoppings, vectors, message):
    with pytest.raises(InputError, match=message):
        kt.Hoppings("kinetic", "lattice", hoppings, vectors)


def test_wrong_spacing_is_refused():
    with pytest.raises(InputError, match=r"spacing` must be 0.3 nm"):
        kt.Stack([kt.Layer(POrbitals(), 1.0)], 0.2)


def test_zone_of_a_hexagonal_lattice():
    """Its area is that of the reciprocal cell, all of it inside `largest_radius`."""
    vectors = np.array([[A, 0, 0], [-A / 2, A * np.sqrt(3) / 2, 0], [0, 0, A]])
    reciprocal = reciprocal_vectors(vectors)
    assert np.allclose(reciprocal @ vectors[:2, :2].T, 2 * np.pi * np.eye(2))
    rng = np.random.default_rng(0)
    side = 2 * np.linalg.norm(reciprocal[0])
    k = rng.uniform(-side, side, size=(200_000, 2))
    inside = in_zone(reciprocal, k)
    assert inside.mean() * (2 * side) ** 2 == pytest.approx(abs(np.linalg.det(reciprocal)), rel=0.02)

    class Hexagonal(POrbitals):
        reciprocal = reciprocal_vectors(vectors)

        def terms(self, m=None):
            hops = {R: -np.eye(6) for R in NEAREST}
            return (kt.Hoppings("kinetic", "lattice", hops, vectors),)

    assert np.linalg.norm(k[inside], axis=1).max() < largest_radius(kt.Layer(Hexagonal()), 0.0)


def test_reciprocal_vectors_of_another_lattice_are_refused():
    class Wrong(POrbitals):
        reciprocal = reciprocal_vectors(1.1 * A * np.eye(3))

    with pytest.raises(InputError, match="does not belong to the lattice vectors of its term 'kinetic'"):
        kt.Layer(Wrong())


@pytest.mark.parametrize("lean", [0, 1, 3, 5])
def test_zone_does_not_depend_on_the_choice_of_vectors(lean):
    """The same square lattice with a_2 = (lean, 1) a."""
    reciprocal = reciprocal_vectors(np.array([[1.0, 0, 0], [lean, 1.0, 0], [0, 0, 1]]))
    k = np.random.default_rng(0).uniform(-8, 8, size=(2000, 2))
    assert np.array_equal(in_zone(reciprocal, k), (np.abs(k) <= np.pi).all(axis=1))


def test_k_p_material_of_higher_order_asks_for_a_zone():
    class Quartic(kt.Polynomial):
        def __call__(self, k):
            return super().__call__(k) + (np.asarray(k, float) ** 4).sum(axis=-1)[..., None, None] * np.eye(2)

    class Strange(kt.FreeElectron):
        def terms(self, m=None):
            first, *rest = super().terms(m)
            return (Quartic(first.name, first.partner, first.constant, quadratic=first.quadratic), *rest)

    with pytest.raises(InputError, match=r"higher than second order.*reciprocal"):
        largest_radius(kt.Layer(Strange(bottom=-1.0)), 0.0)
