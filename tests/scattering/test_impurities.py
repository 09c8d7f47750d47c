"""Dyson's equation against Kwant's own solution, on systems that are no strips."""

import numpy as np
import pytest
from scipy.sparse import csr_array, kron

from kwantorque.errors import ComputationError, InputError
from kwantorque.scattering.impurities import ImpurityStates
from kwantorque.structures.kwant_builder import load_kwant


def patch(potential=None):
    """A patch of a square lattice with three orbitals per site and two leads."""
    kwant = load_kwant()
    rng = np.random.default_rng(1)
    lattice = kwant.lattice.square(norbs=3)
    syst = kwant.Builder()
    onsite = np.diag([0.0, 0.3, -0.2])
    hopping = -np.eye(3) + 0.1 * rng.normal(size=(3, 3)) + 0.1j * rng.normal(size=(3, 3))
    sites = [lattice(x, y) for x in range(5) for y in range(4)]
    syst[sites] = onsite
    syst[lattice.neighbors()] = hopping
    for site, matrix in (potential or {}).items():
        syst[lattice(*site)] = onsite + matrix
    for direction, across in (((-1, 0), [(0, y) for y in range(4)]), ((0, 1), [(x, 0) for x in range(3)])):
        lead = kwant.Builder(kwant.TranslationalSymmetry(direction))
        lead[(lattice(*site) for site in across)] = onsite
        lead[lattice.neighbors()] = hopping
        syst.attach_lead(lead)
    return syst.finalized()


def hermitian(rng, n):
    matrix = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    return matrix + matrix.conj().T


def test_states_of_any_system_are_kwants():
    rng = np.random.default_rng(0)
    where = [(1, 1), (3, 2), (4, 3)]
    potential = {site: hermitian(rng, 3) for site in where}
    clean, dirty = patch(), patch(potential)
    numbers = [[site.tag for site in clean.sites].index(site) for site in where]
    assert [site.tag for site in clean.sites] == [site.tag for site in dirty.sites]
    projector = kron(csr_array((np.ones(3), (range(3), numbers)), shape=(3, len(clean.sites))), np.eye(3))
    states = ImpurityStates(clean, 0.4, projector)
    coupling = np.zeros((3, 3, 3, 3), complex)
    for i, site in enumerate(where):
        coupling[i, :, i] = potential[site]
    found = states.with_coupling(coupling)
    exact = load_kwant().wave_function(dirty, 0.4)
    expected = np.concatenate([exact(0), exact(1)]).reshape(found.shape)
    assert set(states.lead) == {0, 1}
    assert np.allclose(found, expected, atol=1e-11)


def test_green_function_is_the_resolvent():
    """-(g - g+)/2 pi i is the density of all states at the impurities."""
    system = patch()
    projector = np.kron(np.eye(len(system.sites))[[7, 12]], np.eye(3))
    states = ImpurityStates(system, 0.4, projector)
    g = states.green.reshape(6, 6)
    seen = states.seen.reshape(len(states.clean), -1)
    density = np.einsum("ma,mb->ab", seen, seen.conj()) / (2 * np.pi)
    assert np.allclose(-(g - g.conj().T) / (2j * np.pi), density, atol=1e-12)


def test_another_order_of_sites():
    system = patch()
    order = np.random.default_rng(3).permutation(len(system.sites))
    projector = np.kron(np.eye(len(system.sites))[[7, 12]], np.eye(3))
    coupling = np.zeros((2, 3, 2, 3), complex)
    coupling[0, :, 0] = coupling[1, :, 1] = 0.5 * np.eye(3)
    expected = ImpurityStates(system, 0.4, projector).with_coupling(coupling)
    found = ImpurityStates(system, 0.4, projector).reordered(order).with_coupling(coupling)
    assert np.allclose(found, expected[:, order])


def test_no_modes_and_bound_states_are_said():
    with pytest.raises(InputError, match="at 90 there is no mode"):
        ImpurityStates(patch(), 90.0, np.eye(3, 3 * len(patch().sites)))
    states = ImpurityStates(patch(), 0.4, np.eye(3, 3 * len(patch().sites)))
    states.green = np.eye(3).reshape(1, 3, 1, 3)
    with pytest.raises(ComputationError, match="bind a state at this very energy"):
        states.with_coupling(np.eye(3).reshape(1, 3, 1, 3))
