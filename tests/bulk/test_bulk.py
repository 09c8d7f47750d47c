"""Bulk in a field: free electrons, a lattice plane by plane, and strained GaMnAs."""

import numpy as np
import pytest
from bulk.films import torques
from scipy.integrate import quad
from scipy.special import expit

import kwantorque as kt
from kwantorque.bulk.kubo import Response
from kwantorque.bulk.occupation import Relaxing
from kwantorque.errors import InputError
from kwantorque.integration.zone import Grid
from kwantorque.units import BOLTZMANN, HBAR2_OVER_2M0

M = np.array([2.0, 1.0, 2.0]) / 3
FLAT = {"strain_xx": -0.004, "strain_yy": -0.004, "strain_zz": 0.004}
AT = {"broadening": 0.2, "temperature": 900, "progress": False}


def holes(exchange=0.27, m=M, **strain):
    return kt.Bulk(kt.StrainedKohnLuttinger(exchange=exchange, **strain), m=tuple(m))


def summed(crystal, energy=0.3, field=(1.0, 0.0, 0.0), side=10):
    """Torque on the magnetisation, (part, axis), over a small cubic grid."""
    axis = 4.0 * (2 * np.arange(side) - side + 1) / side
    k = np.stack([one.ravel() for one in np.meshgrid(axis, axis, axis)], axis=1)
    books, closure = Response(crystal, Relaxing(energy, 0.2, 900.0), np.array(field)).at(k)
    assert closure.max() < 1e-12
    return torques(crystal, {name: value.sum(axis=0) for name, value in books.items()})[:, 0]


def test_drude():
    """sigma = 2 c n/gamma of free electrons, along the field only."""
    data = kt.field_response(
        kt.Bulk(kt.FreeElectron(mass=0.5)), 0.5, field=(0, 1, 1), tolerance=1e-4, **AT | {"temperature": 600}
    )
    c, thermal = HBAR2_OVER_2M0 / 0.5, BOLTZMANN * 600
    density = quad(lambda k: k**2 / np.pi**2 * expit((0.5 - c * k**2) / thermal), 0, 8)[0]
    drude = 2 * c * density / 0.2
    assert data.conductivity.values == pytest.approx(drude * np.array([0, 1, 1]) / np.sqrt(2), rel=1e-4, abs=1e-12)
    assert data.conductivity.attrs["units"] == "e^2/(hbar nm)"
    assert data.density.attrs["units"] == "nm/(eV nm^3)"
    assert data.closure < 1e-12


def test_lattice_is_the_sum_of_planes_over_kz():
    """One orbital on a cubic lattice: for each k_z a plane at E_F - 2 t cos(k_z a)."""
    iron = kt.CubicLattice(-0.6, -1.5, 0.2, 0.3, 0.05)
    grid = Grid(first=24, max_points=24**3)
    with pytest.warns(kt.AccuracyWarning):
        bulk = kt.field_response(kt.Bulk(iron, m=M), -1.0, grid=grid, **AT)
    planes = []
    for kz in 2 * np.pi * np.arange(24) / 24:
        with pytest.warns(kt.AccuracyWarning):
            planes.append(kt.field_response(kt.Plane(iron, m=M), -1.0 + 1.2 * np.cos(kz), grid=Grid(24, 24**2), **AT))
    for name in ("exchange_torque_total", "spin_density", "lattice_torque_total"):
        expected = np.mean([one[name].values for one in planes], axis=0) / 0.3
        assert np.abs(bulk[name].values - expected).max() < 1e-12 * np.abs(expected).max()
    conductance = np.mean([one.sheet_conductance.values for one in planes], axis=0) / 0.3
    assert bulk.conductivity.values[:2] == pytest.approx(conductance, rel=1e-12, abs=1e-14)


def test_a_lattice_whose_planes_are_shifted_has_its_own_zone():
    """b_i.a_j = 2 pi delta_ij for the vectors of the hoppings, H periodic in them."""
    vectors = np.array([[0.3, 0, 0], [0.1, 0.3, 0], [0.15, 0.15, 0.2]])
    hops = {(1, 0, 0): -np.eye(2), (0, 1, 0): -0.5 * np.eye(2), (0, 0, 1): -0.7 * np.eye(2)}

    class Shifted(kt.Model):
        spacing = 0.2

    metal = kt.Bulk(Shifted([kt.Hoppings("kinetic", "lattice", hops, vectors)]))
    assert metal.reciprocal @ vectors.T == pytest.approx(2 * np.pi * np.eye(3), abs=1e-12)
    k = np.array([[1.0, -2.0, 0.7]])
    for one in metal.reciprocal:
        assert metal.hamiltonian(k + one) == pytest.approx(metal.hamiltonian(k), abs=1e-12)


def fcc():
    """One orbital on a primitive cell, with spin-orbit coupling."""
    x, y, z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
    steps = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    hops = {step: -np.eye(2) for step in [*steps, (1, -1, 0), (1, 0, -1), (0, 1, -1)]}
    spin_orbit = dict(zip(steps, (0.1j * x, 0.1j * y, 0.1j * z), strict=True))
    terms = {"kinetic": hops, "spin_orbit": spin_orbit, "exchange": {(0, 0, 0): -0.25 * z}}
    return kt.TightBinding(0.2 * np.array([(0, 1, 1), (1, 0, 1), (1, 1, 0)]), terms)


def test_a_supercell_of_four_atoms_is_the_same_crystal():
    """At k it has what the primitive one has at k + G: a field acts within a cell."""
    cell = [(-1, 1, 1), (1, -1, 1), (1, 1, -1)]
    one, four = kt.Bulk(fcc(), m=M), kt.Bulk(fcc().supercell(cell), m=M)
    assert one.reciprocal is not None
    k = np.random.default_rng(0).uniform(-6, 6, (3, 3))
    folded = [k + np.array(g) @ four.reciprocal for g in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))]
    model, along = Relaxing(-8.0, 0.3, 3000.0), np.array([1.0, 0.0, 0.0])
    whole, closure = Response(four, model, along).at(k)
    parts = [Response(one, model, along).at(each)[0] for each in folded]
    assert closure.max() < 1e-11
    for name in ("density", "gain"):
        expected = sum(part[name] for part in parts)
        assert np.abs(whole[name] - expected).max() < 1e-10 * np.abs(expected).max()


def test_a_plane_needs_vectors_in_it():
    with pytest.raises(InputError, match="two lattice vectors in the x-y plane"):
        kt.Plane(fcc(), m=M)


def test_a_sea_may_be_a_shell():
    """Rashba coupling, filled next to its minimum, away from k = 0."""
    parts = [kt.terms.kinetic(0.3), kt.terms.rashba(0.4), kt.terms.exchange(-0.05)]
    shell = kt.Bulk(kt.Model(parts), m="x")
    data = kt.field_response(shell, -0.31, broadening=0.05, temperature=20, tolerance=0.1, progress=False)
    assert float(data.conductivity[0]) == pytest.approx(0.0216, rel=0.02)  # by a whole ball


def test_no_torque_without_strain():
    """Inversion: every spin is that of -k, exactly; under strain there is a torque."""
    none, some = summed(holes()), summed(holes(**FLAT))
    assert np.abs(none).max() < 1e-12 * np.abs(some).max()
    data = kt.field_response(holes(**FLAT), 0.3, tolerance=5e-2, **AT)
    assert np.abs(data.exchange_torque_total).max() > 10 * data.exchange_torque_total_error
    assert data.closure < 1e-12


def test_the_torque_is_odd_in_the_strain_to_first_order():
    """t(e) + t(-e) is of second order; with b = 0 it is odd in C4, exactly."""
    even = []
    for scale in (1e-1, 5e-2):
        one, other = (summed(holes(**{name: sign * scale * x for name, x in FLAT.items()})) for sign in (1, -1))
        even.append(np.abs(one + other).max() / np.abs(one - other).max())
    assert even[0] < 0.1
    assert even[1] == pytest.approx(even[0] / 2, rel=0.02)
    plus, minus = (summed(holes(**FLAT, c4=c4, b=0.0)) for c4 in (0.5, -0.5))
    assert np.abs(plus + minus).max() < 1e-11 * np.abs(plus).max()


def test_turned_by_ninety_degrees_the_torque_changes_sign():
    """The term is like that of Dresselhaus, (J_x k_x - J_y k_y) of a flat layer."""
    turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
    here, there = summed(holes(**FLAT)), summed(holes(m=turn @ M, **FLAT), field=(0.0, 1.0, 0.0))
    assert np.abs(there + here @ turn.T).max() < 1e-11 * np.abs(here).max()


@pytest.mark.slow
def test_against_a_plain_sum_over_a_cubic_grid():
    """H, occupations and torques written again in NumPy, on a grid of another kind."""
    root = 1 / np.sqrt(2)
    x = root * np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    y = root * np.array([[0, -1j, 0], [1j, 0, -1j], [0, 1j, 0]])
    l3 = np.array([x, y, np.diag([1, 0, -1])])
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    orbital = np.array([np.kron(one, np.eye(2)) for one in l3])
    spin = np.array([np.kron(np.eye(3), one) for one in pauli]) / 2
    j = orbital + spin
    g1, g2, g3, e = 6.85, 2.1, 2.9, np.array([-0.004, -0.004, 0.004])
    squares = np.array([one @ one for one in orbital])

    def hamiltonian(k):
        h = (g1 + 4 * g2) * (k @ k) * np.eye(6) - 6 * g2 * sum(k[a] ** 2 * squares[a] for a in range(3))
        for a in range(3):
            for b in range(3):
                if a != b:
                    h = h - 6 * g3 * k[a] * k[b] * orbital[a] @ orbital[b]
        h = HBAR2_OVER_2M0 * h - 0.11 * 2 * sum(orbital[a] @ spin[a] for a in range(3))
        h = h + 0.27 * sum(M[a] * spin[a] for a in range(3))
        h = h + 3 * -2.0 * sum(e[a] * (squares[a] - 2 / 3 * np.eye(6)) for a in range(3))
        return h + 0.5 * sum(j[a] * k[a] * (e[(a + 1) % 3] - e[(a + 2) % 3]) for a in range(3))

    base = np.linalg.eigvalsh(hamiltonian(np.zeros(3)))[0]
    thermal, gamma, energy, side, end = BOLTZMANN * 600, 0.2, 0.25 + base, 48, 6.5
    # H is of second order in k: its matrices are differences.
    h0 = hamiltonian(np.zeros(3))
    plus, minus = (np.array([hamiltonian(sign * one) for one in np.eye(3)]) for sign in (1, -1))
    linear, second = (plus - minus) / 2, np.zeros((3, 3, 6, 6), complex)
    for a in range(3):
        second[a, a] = (plus[a] + minus[a]) / 2 - h0
        for b in range(a):
            both = hamiltonian(np.eye(3)[a] + np.eye(3)[b]) - plus[a] - plus[b] + h0
            second[a, b] = second[b, a] = both / 2
    axis = end * (2 * np.arange(side) - side + 1) / side
    torque, found = -0.27 * np.cross(M, spin, axisb=0, axisc=0), np.zeros((2, 3))
    for kx in axis:
        k = np.stack([np.full(side**2, kx), *(one.ravel() for one in np.meshgrid(axis, axis))], axis=1)
        h = h0 + np.einsum("ki,iab->kab", k, linear) + np.einsum("ki,kj,ijab->kab", k, k, second, optimize=True)
        v = linear[0] + 2 * np.einsum("ki,iab->kab", k, second[0])
        energies, u = np.linalg.eigh(h)
        f, w = expit((energy - energies) / thermal), energies[:, :, None] - energies[:, None]
        slope = -f * (1 - f) / thermal
        close = np.abs(w) < 1e-7
        d = np.where(close, slope[:, :, None], (f[:, :, None] - f[:, None]) / np.where(close, 1, w))
        inside = np.conj(np.swapaxes(u, 1, 2))
        v = inside @ v @ u
        for part, kappa in enumerate((d * gamma / (gamma**2 + w**2), -1j * d * w / (gamma**2 + w**2))):
            rho = u @ (kappa * v) @ inside
            found[part] += np.einsum("iab,kba->i", torque, rho).real
    found *= (2 * end / side / (2 * np.pi)) ** 3
    ours = kt.field_response(holes(**FLAT), 0.25, tolerance=3e-3, **AT | {"temperature": 600})
    for part, expected in zip(ours.exchange_torque_total.values, found, strict=True):
        assert np.abs(part - expected).max() < 3e-3 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kt.field_response(kt.KohnLuttinger(), 0.2, **AT), r"Plane\(material\) or Bulk\(material\)"),
        (lambda: kt.Bulk(3), "`material` must be a Material"),
        (lambda: kt.Bulk(kt.KohnLuttinger(exchange=0.2)), "needs the direction `m`"),
        (lambda: holes().hamiltonian([[0.0, 0.0]]), r"shape \(n, 3\)"),
        (lambda: kt.field_response(holes(), -1.0, **AT), "there is no Fermi surface"),
        (lambda: kt.field_response(holes(), 0.2, model="broadened", **AT | {"temperature": None}), "has no end"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_a_field_along_z_has_no_coefficients():
    data = kt.field_response(holes(**FLAT), 0.3, field="z", tolerance=0.9, **AT)
    assert np.isnan(data.field_like)
    assert "a part in the plane" in data.undefined
