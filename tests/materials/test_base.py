"""The contract of a material, for every one there is and for one of a user's own."""

import inspect

import numpy as np
import pytest

import kwantorque as kt
from kwantorque import materials
from kwantorque.algebra import SPIN_ONE, commutator, dagger, on_orbital
from kwantorque.errors import InputError
from kwantorque.materials.base import PARTNERS
from kwantorque.structures.chain import bulk_blocks

M = np.array([0.48, -0.6, 0.64])


def check_general_material(material, rng):
    """What every material must fulfil; called for every one there is."""
    n = material.n_orbitals
    m = M if material.is_magnetic else None
    assert material.spin.shape == material.orbital.shape == (3, n, n)
    for vector in (material.spin, material.orbital):
        for x, y, z in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            assert np.allclose(commutator(vector[x], vector[y]), 1j * vector[z])
    terms = material.terms(m)
    assert len({term.name for term in terms}) == len(terms)
    assert all(term.partner in PARTNERS for term in terms)
    k = rng.normal(size=(4, 5, 3))
    h, v = material.hamiltonian(k, m), material.velocity(k, m)
    assert h.shape == (4, 5, n, n)
    assert v.shape == (4, 5, 3, n, n)
    assert np.allclose(h, dagger(h))
    step = 1e-5
    for i in range(3):
        shift = step * np.eye(3)[i]
        difference = (material.hamiltonian(k + shift, m) - material.hamiltonian(k - shift, m)) / (2 * step)
        assert np.allclose(difference, v[..., i, :, :], atol=1e-7)
    check_chain(material, m, k[0])
    for term in terms:
        if term.partner == "carriers":
            assert np.allclose(commutator(term(k)[..., None, :, :], material.total), 0, atol=1e-12)
    check_torques_of_eigenstates(material, rng, m)


def check_chain(material, m, k):
    """The Bloch sum of the chain's blocks is H(k):
    exactly on a lattice, else to second order.
    """
    layer = kt.Layer(material, m=m)
    h = material.hamiltonian(k, m)

    def difference(spacing):
        onsite, hopping = bulk_blocks(layer, spacing, k[:, :2])
        bloch = hopping * np.exp(1j * k[:, 2, None, None] * spacing)
        return np.abs(onsite + bloch + dagger(bloch) - h).max()

    if (spacing := getattr(material, "spacing", None)) is not None:
        assert difference(spacing) < 1e-12
    else:
        assert np.log2(difference(0.04) / difference(0.02)) == pytest.approx(2, abs=0.05)


def check_torques_of_eigenstates(material, rng, m):
    """In an eigenstate the gains of L + s from all terms sum to
    zero: exchange torque + lattice torque = 0.
    """
    for k in rng.normal(size=(5, 3)):
        _, states = np.linalg.eigh(material.hamiltonian(k, m))
        gains = {
            term.name: np.einsum("an,iab,bn->ni", states.conj(), -1j * commutator(material.total, term(k)), states).real
            for term in material.terms(m)
        }
        assert np.allclose(sum(gains.values()), 0, atol=1e-12)


FAMILIES = {
    name: family
    for name in materials.__all__
    if issubclass(family := getattr(materials, name), kt.Material) and not inspect.isabstract(family)
}
GIVEN = [{"exchange": 0.0}, {"exchange": 0.27}, {"exchange": -0.4}]
"""What every family can be given: one that is not magnetic, and either sign."""
MORE = {
    "KohnLuttinger": [{"spin_orbit": 0, "gamma1": 7, "gamma2": 2.5, "gamma3": 2.5, "band_edge": 0.3}],
    "FreeElectron": [{"mass": 0.4, "bottom": 1.0}],
    "CubicLattice": [{"hopping": -0.4, "onsite": 1.6, "lattice_constant": 0.5}],
}


@pytest.mark.parametrize(
    ("name", "given"), [(name, given) for name in FAMILIES for given in GIVEN + MORE.get(name, [])], ids=str
)
def test_every_public_material(name, given):
    material = FAMILIES[name](**given)
    assert material.is_magnetic == (given.get("exchange", 0) != 0)
    check_general_material(material, np.random.default_rng(1))


def test_no_family_is_forgotten():
    assert set(MORE) <= set(FAMILIES)
    assert {"CubicLattice", "FreeElectron", "KohnLuttinger"} <= set(FAMILIES)


ONE = np.eye(2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kt.KohnLuttinger(gamma3=4), r"kinetic term must be positive.*-3\.05"),
        (lambda: kt.KohnLuttinger(exchange=np.inf), "`exchange` must be a finite number"),
        (lambda: kt.Polynomial("x", "lattice", 1j * ONE), "Hermitian"),
        (lambda: kt.Polynomial("x", "no body", ONE), "partner"),
        (lambda: kt.Polynomial("x", "latice", ONE), "did you mean 'lattice'"),
        (lambda: kt.Polynomial("x", "lattice", ONE, linear=np.zeros((2, 2, 2))), "shape"),
        (lambda: kt.Polynomial("x", "lattice", ONE, quadratic=np.arange(9).reshape(3, 3, 1, 1) * ONE), "symmetric"),
    ],
)
def test_errors(make, message):
    with pytest.raises(InputError, match=message):
        make()


class POrbitals(kt.Material):
    """A user's own: spherical p orbitals with a crystal field,
    written down in a test as a user would.
    """

    is_magnetic = True
    spin = kt.KohnLuttinger.spin
    orbital = on_orbital(SPIN_ONE)

    def terms(self, m=None):
        quadratic = np.einsum("ij,ab->ijab", 0.5 * np.eye(3), np.eye(6))
        field = 0.05 * self.orbital[2] @ self.orbital[2]
        return (
            kt.Polynomial("kinetic", "lattice", field, quadratic=quadratic),
            kt.Polynomial("spin_orbit", "carriers", -0.1 * np.einsum("iab,ibc->ac", self.orbital, self.spin)),
            kt.Polynomial("exchange", "magnetisation", -0.2 * np.einsum("i,iab->ab", m, self.spin)),
        )

    def __repr__(self):
        return "POrbitals()"


def test_a_material_of_ones_own():
    material = POrbitals()
    check_general_material(material, np.random.default_rng(3))
    tilted = kt.Stack([kt.Layer(material, 2, m="z"), kt.Layer(material, 2, m="x")], 0.25)
    data = kt.torques_at(tilted, [(0.1, 0.2), (-0.3, 0.1)], energy=0.3)
    assert data.closure < 1e-10
    lost = -data.angular_momentum_current_limit.diff("lead").isel(lead=0, drop=True)
    assert np.allclose(lost, data.exchange_torque_total + data.lattice_torque_total, atol=1e-9)
    assert np.abs(data.exchange_torque_total).max() > 1e-3
    against = kt.Stack([kt.Layer(material, 2, m="z"), kt.Layer(material, 2, m="-z")], 0.25)
    data = kt.torques(against, energy=0.3, tolerance=0.05, progress=False)
    assert data.attrs["rotation_order"] == 4
    assert data.error_estimate < 0.05
    assert float(data.particle_current_limit[1]) > 0
