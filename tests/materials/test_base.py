"""The contract of a material, for every one there is and for one of a user's own."""

import inspect
import pickle

import numpy as np
import pytest

import kwantorque as kt
from kwantorque import materials
from kwantorque.algebra import SPIN_ONE, commutator, dagger, direction, on_orbital
from kwantorque.errors import InputError
from kwantorque.materials.base import PARTNERS
from kwantorque.structures.chain import bulk_blocks
from kwantorque.units import HBAR2_OVER_2M0

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
    if issubclass(family := getattr(materials, name), kt.Material)
    and "exchange" in inspect.signature(family).parameters
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


T = kt.terms
MODELS = [
    kt.Model([T.kinetic(0.4), T.potential(-2.0), T.rashba(0.1), T.exchange(-1.0)]),
    kt.Model([T.kinetic(), T.rashba(0.3, normal="-x"), T.exchange(0.0)]),
    kt.Model([T.kinetic(), T.spin_orbit(0.1), T.exchange(0.3), T.rashba(0.05)], basis="p"),
    kt.Model([T.kinetic(), kt.Polynomial("field", "lattice", 0.1 * kt.FreeElectron.spin[0])]),
]


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_every_model(model):
    check_general_material(model, np.random.default_rng(1))
    same = pickle.loads(pickle.dumps(model))
    if all(isinstance(part, T.Brick) for part in model.parts):
        assert same == model
        assert hash(same) == hash(model)
        assert eval(repr(model), vars(T) | {"Model": kt.Model}) == model


def test_bricks_are_the_terms_of_the_families():
    """A model of them is the same Hamiltonian."""
    k = np.random.default_rng(2).normal(size=(5, 3))
    metal = kt.FreeElectron(exchange=-1.2, mass=0.7, bottom=-3.0)
    model = kt.Model([T.kinetic(0.7), T.potential(-3.0), T.exchange(-1.2)])
    assert np.array_equal(model.hamiltonian(k, M), metal.hamiltonian(k, M))
    assert not kt.Model([T.kinetic(), T.exchange(0)]).is_magnetic
    assert kt.Model([T.kinetic(), T.exchange(0)]) == kt.Model([T.kinetic()])
    holes = kt.KohnLuttinger(gamma1=1.0, gamma2=0.0, gamma3=0.0, spin_orbit=0.2)
    model = kt.Model([T.kinetic(), T.spin_orbit(-0.2), T.potential(0.2)], basis="p")
    assert np.allclose(model.hamiltonian(k), holes.hamiltonian(k), atol=1e-12)


def test_a_model_of_hoppings_is_a_lattice():
    """With the zone and the spacing of its hoppings."""
    lattice = kt.CubicLattice(hopping=-0.5, exchange=-0.3, lattice_constant=0.4)
    kinetic, *_ = lattice.terms(M)
    model = kt.Model([kinetic, T.potential(0.0), T.exchange(-0.3)])
    assert np.array_equal(model.reciprocal, lattice.reciprocal)
    assert model.spacing == lattice.spacing == 0.4
    check_general_material(model, np.random.default_rng(1))
    runs = [
        kt.torques(kt.Stack([kt.Layer(one, 0.8, m="z")], 0.4, atomic=True), 0.3, tolerance=0.1, progress=False)
        for one in (lattice, model)
    ]
    assert np.array_equal(*(data.particle_current_limit for data in runs))
    with pytest.raises(InputError, match="every term must be periodic in k, but 'rashba' is a polynomial"):
        kt.Model([kinetic, T.rashba(0.1)])


@pytest.mark.parametrize("normal", ["z", "-x", (1.0, 2.0, -2.0)])
def test_rashba_splits_by_twice_alpha_k_across_the_normal(normal):
    """alpha (k x n).sigma = +-alpha |k x n|, whatever the direction."""
    n, k = direction(normal), np.array([0.4, -0.7, 1.1])
    energies = np.linalg.eigvalsh(T.rashba(0.3, normal).term(kt.FreeElectron())(k))
    assert energies == pytest.approx(0.3 * np.linalg.norm(np.cross(k, n)) * np.array([-1, 1]), abs=1e-14)
    spin = kt.FreeElectron.spin
    written_out = 0.3 * np.einsum("i,iab->ab", np.cross(k, n), 2 * spin)
    assert np.allclose(T.rashba(0.3, normal).term(kt.FreeElectron())(k), written_out, atol=1e-15)


def test_sharvin_conductance_of_a_rashba_metal():
    """Its two Fermi circles together have the area (E/c + 2 k_R^2) 2 pi, c = hbar^2/2m,
    k_R = alpha/2c.
    """
    alpha, energy, c = 0.1, 0.5, HBAR2_OVER_2M0
    stack = kt.Stack([kt.Layer(kt.Model([T.kinetic(), T.rashba(alpha)]), 1.0)], 0.1)
    data = kt.torques(stack, energy, tolerance=1e-4, progress=False)
    sharvin = (energy / c + 2 * (alpha / 2 / c) ** 2) / (4 * np.pi**2)
    assert float(data.particle_current_limit[1]) == pytest.approx(sharvin, rel=1e-9)


def test_rashba_of_a_magnet_turns_it():
    """The torque on a tilted Rashba magnet, whose books the lattice closes."""
    magnet = kt.Model([T.kinetic(), T.potential(-2.0), T.rashba(0.1), T.exchange(-1.0)])
    stack = kt.Stack([kt.Layer(magnet, 1.0, m=(1, 0, 1))], 0.1, left=kt.Layer(kt.FreeElectron(bottom=-2.0)))
    data = kt.torques_at(stack, [(1.0, 0.5), (-0.3, 2.0)], 0.0)
    assert data.closure < 1e-11
    lost = -data.angular_momentum_current_limit.diff("lead").isel(lead=0, drop=True)
    assert np.allclose(lost, data.exchange_torque_total + data.lattice_torque_total, atol=1e-9)
    assert np.abs(data.exchange_torque_total).max() > 1e-3


ONE = np.eye(2)
SIGMA_X = 2 * kt.FreeElectron.spin[0]


class WithPartner(kt.FreeElectron):
    """A user thinks of Rashba coupling as spin-orbit coupling, and of its partner."""

    def terms(self, m=None):
        wrong = kt.Polynomial("my_rashba", "carriers", 0 * ONE, linear=[0 * ONE, 0.1 * SIGMA_X, 0 * ONE])
        return (*super().terms(m), wrong)


class Nameless(kt.Material):
    is_magnetic = False
    spin, orbital = kt.FreeElectron.spin, kt.FreeElectron.orbital

    def terms(self, m=None):
        return kt.FreeElectron().terms()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kt.KohnLuttinger(gamma3=4), r"kinetic term must be positive.*-3\.05"),
        (lambda: kt.KohnLuttinger(exchange=np.inf), "`exchange` must be a finite number"),
        (lambda: kt.Layer(WithPartner(), 1), "term 'my_rashba' has the partner 'carriers', but does not conserve L"),
        (lambda: kt.bands(WithPartner(), [0, 0, 1]), "term 'my_rashba' has the partner 'carriers'"),
        (
            lambda: kt.Stack(
                [kt.Interface(kt.Polynomial("w", "carriers", SIGMA_X)), kt.Layer(kt.FreeElectron(), 1)], 0.1
            ),
            "term 'w' has the partner 'carriers', but does not conserve L",
        ),
        (lambda: kt.Layer(Nameless(), 1), "Nameless has none: make its class a `@dataclass"),
        (lambda: kt.Model([T.kinetic(), T.kinetic()]), "distinct names"),
        (lambda: kt.Model([]), "at least one Term"),
        (lambda: kt.Model([T.kinetic], "s"), "a Model is made of terms such as"),
        (lambda: kt.Model([T.kinetic()], "d"), "unknown basis 'd'; choose from s, p"),
        (lambda: kt.Model([T.kinetic(), T.spin_orbit(0.1)]), "L = 0 in this basis.*kwantorque.terms.rashba"),
        (lambda: kt.Model([T.kinetic(), T.exchange(0.1)]).terms(), "needs the direction `m`.*exchange\\(delta=0.1\\)"),
        (lambda: T.kinetic(0), "`mass` must be > 0 m0, got 0"),
        (lambda: T.rashba("strong"), "`alpha` must be a number in eV nm, got 'strong'"),
        (lambda: T.rashba(0.1, "up"), "a direction must be one of"),
        (lambda: T.exchange(np.nan), "`delta` must be a finite number"),
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
