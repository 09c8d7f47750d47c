"""The books, on chains where nothing is special, and our operators against Kwant's."""

import numpy as np
import pytest
from helpers import random_chain, wire

import kwantorque as kt
from kwantorque.operators import ChainOperators, LocalOperators, bond_operators, onsite_operators, real_trace
from kwantorque.structures.chain import discretise
from kwantorque.structures.graph import DensityBlocks
from kwantorque.structures.kwant_builder import build_stack, load_kwant, site_order

kwant = load_kwant()

K = np.array([[0.1, 0.05], [0.3, 0.2], [0.25, 0.6]])


def test_real_trace():
    rng = np.random.default_rng(0)
    rho = rng.normal(size=(2, 3, 5, 4, 4)) + 1j * rng.normal(size=(2, 3, 5, 4, 4))
    operators = rng.normal(size=(2, 2, 6, 4, 4)) + 1j * rng.normal(size=(2, 2, 6, 4, 4))
    kind = np.array([0, 1, 1, 0, 1])
    expected = np.einsum("kjoab,ksjba->ksjo", operators[:, kind], rho).real
    assert np.allclose(real_trace(operators, rho, kind), expected)


@pytest.mark.parametrize("seed", range(8))
def test_books_close_on_random_chains_per_mode_at_every_site(solver, seed):
    rng = np.random.default_rng(seed)
    chain = random_chain(rng, n_sites=int(rng.integers(3, 20)), n_orbital=3 if seed % 2 else 2)
    states = solver.solve(chain, rng.normal(), "left" if seed % 3 else "right")
    assert states.n_open.max() > 0
    observables = ChainOperators(chain)
    values = observables.values(observables.traces(states, per_state=True))
    assert values["closure"].max() < 1e-10
    assert np.abs(values["exchange_torque"]).max() > 1e-4
    assert np.abs(values["lattice_torque"]).max() > 1e-4


def test_books_close_per_mode_on_the_wire(solver):
    chain = discretise(wire(), K)
    observables = ChainOperators(chain)
    traces = observables.traces(solver.solve(chain, 0.06), per_state=True)
    assert observables.values(traces)["closure"].max() < 1e-10


def test_books_close_for_green_functions_at_complex_energies():
    """rho = i (G - G^+) of the finite chain commutes with H at any complex z."""
    rng = np.random.default_rng(3)
    chain = random_chain(rng, n_sites=8, n_k=1)
    n, size = chain.n_orbitals, chain.n_sites
    h = np.zeros((size, size, n, n), complex)
    for j in range(size):
        h[j, j] = chain.total_onsite[0, j]
    for j in range(size - 1):
        h[j, j + 1] = chain.total_hopping[0, j]
        h[j + 1, j] = chain.total_hopping[0, j].conj().T
    h = h.swapaxes(1, 2).reshape(size * n, size * n)
    green = np.linalg.inv((0.3 + 0.7j) * np.eye(size * n) - h)
    rho = (1j * (green - green.conj().T)).reshape(size, n, size, n).swapaxes(1, 2)
    sites = np.arange(size)
    blocks = DensityBlocks(rho[sites, sites][None], rho[sites[:-1], sites[1:]][None])
    local = LocalOperators(chain)
    assert local.values(*local.traces(blocks))[1].max() < 1e-10


@pytest.mark.parametrize("term", ["kinetic", "exchange", "spin_orbit"])
def test_books_do_not_close_without_a_term(solver, term):
    """The lattice torque comes from the k.p term: forget the
    torque of any term, and the books are wrong.
    """
    chain = discretise(wire(4, 4, m="x"), K)
    states = solver.solve(chain, 0.06)
    forgetful = ChainOperators(chain)
    gains = forgetful.local.gains
    forgetful.local.gains = lambda *values: {name: gain for name, gain in gains(*values).items() if name != term}
    honest = ChainOperators(chain)
    assert honest.values(honest.traces(states))["closure"].max() < 1e-10
    assert forgetful.values(forgetful.traces(states))["closure"].max() > 1e-3


def bound(operator, system, params, onsite, **where):
    return operator(system, onsite, **where).bind(params=params)


def test_against_kwant_on_the_wire():
    """Density as `Density`; J and B from the two directions of
    `Current`; the on-site torques as `Source`.
    """
    stack = wire(2, 2, m="y")
    chain = discretise(stack, K[:1])
    system = build_stack(stack).finalized()
    params = dict(zip(("kx", "ky"), K[0], strict=True))
    psi = kwant.solvers.sparse.wave_function(system, 0.06, params=params)(0)
    order = site_order(system)
    states = kt.KwantSolver().solve(chain, 0.06)
    ours, observables = states.blocks(), ChainOperators(chain)
    values = {
        name: v * (0.2 if "density" in name else 1)
        for name, v in observables.values(observables.traces(states)).items()
    }
    sites = [order[j] for j in range(len(order))]
    forward = [(sites[j + 1], sites[j]) for j in range(len(sites) - 1)]
    backward = [(b, a) for a, b in forward]
    onsite = sum(onsite_operators(chain).values())
    on_site = real_trace(onsite, ours.site, chain.site_kind)[0]
    on_bond = real_trace(sum(bond_operators(chain).values()), ours.bond, chain.bond_kind)[0]
    for i, (name, vector) in enumerate((("spin", chain.spin), ("orbital", chain.orbital))):
        for axis in range(3):
            density, ab, ba, source = (
                sum(map(bound(operator, system, params, vector[axis], **where), psi))
                for operator, where in (
                    (kwant.operator.Density, {}),
                    (kwant.operator.Current, {"where": forward}),
                    (kwant.operator.Current, {"where": backward}),
                    (kwant.operator.Source, {}),
                )
            )
            assert np.allclose(values[f"{name}_density"][0, :, axis], density[order][1:-1])
            assert np.allclose(values[f"{name}_current"][0, :, axis], (ab - ba) / 2)
            assert np.allclose(on_bond[:, 3 * i + axis], ab + ba)
            assert np.allclose(on_site[:, 3 * i + axis], source[order])


def test_covariance_under_a_quarter_turn_about_z():
    """Turn crystal, magnetisation and k by 90 degrees: every
    vector turns with them, every scalar stays.
    """
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    m = np.array([0.36, 0.48, 0.8])
    stacks = [wire(2, 3, m=tuple(direction)) for direction in (m, turn @ m)]
    before = kt.torques_at(stacks[0], K, 0.06)
    after = kt.torques_at(stacks[1], K @ turn[:2, :2].T, 0.06)
    for name in before.data_vars:
        expected = before[name].values
        if "axis" in before[name].dims:
            expected = expected @ turn.T
        assert np.allclose(after[name], expected, atol=1e-9 * max(1, np.abs(expected).max())), name


def test_common_rotation_of_all_magnetisations_without_spin_orbit_coupling():
    rng = np.random.default_rng(6)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.linalg.det(turn)
    m = [np.array([1.0, 0, 0]), np.array([0, 0.6, 0.8])]

    def valve(directions):
        magnet = kt.KohnLuttinger(exchange=0.27, spin_orbit=0)
        return kt.Stack([kt.Layer(magnet, 2, m=tuple(d)) for d in directions], 0.2)

    before, after = (kt.torques_at(valve(d), K, 0.1) for d in (m, [turn @ d for d in m]))
    assert np.abs(before.exchange_torque).max() > 1e-3
    for name in ("exchange_torque", "spin_current", "spin_density"):
        assert np.allclose(after[name], before[name].values @ turn.T, atol=1e-10)
    for name in ("particle_current", "lattice_torque", "orbital_current"):
        assert np.allclose(after[name], before[name], atol=1e-10)


def test_sign_of_the_exchange_torque():
    """tau = -Delta m x s for every state, at
    every site, from the spin density alone.
    """
    stack = wire(3, 2, m="x")
    data = kt.torques_at(stack, K, 0.06, per_state=True)
    inside = data.isel(site=slice(1, 15))
    spin = inside.spin_density.values * stack.spacing
    assert np.allclose(inside.exchange_torque, -0.27 * np.cross([1, 0, 0], spin), atol=1e-12)
