"""The batched solver against Kwant on anything
Hermitian, and on the cases that break solvers.
"""

from dataclasses import replace

import numpy as np
import pytest
from helpers import layered_chain, random_chain, wire
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF, dagger
from kwantorque.errors import ComputationError, InputError
from kwantorque.operators import ChainOperators
from kwantorque.scattering.expansion import nodes
from kwantorque.structures.chain import Chain, discretise
from kwantorque.units import HBAR2_OVER_2M0

ENGINES = ("expansion", "recursion")


def slowest(states):
    """Smallest speed of an open mode at each k, (nk,)."""
    speed = np.concatenate([np.abs(states.left.velocity), np.abs(states.right.velocity)], axis=1)
    return np.where(speed > 0, speed, np.inf).min(axis=1)


def transmission(lead):
    n = lead.vectors.shape[1]
    return (np.abs(lead.amplitude[..., :n]) ** 2 * (lead.velocity[:, None, :n] != 0)).sum(axis=(1, 2))


def check_against_kwant(chain, energy, source="left", factor=1e-9):
    """Number of states, transmission, reflection, density blocks: equal
    to 1e-9 (1 + 1/min|v|) of the largest.
    """
    reference = kt.KwantSolver().solve(chain, energy, source)
    blocks = reference.blocks()
    for engine in ENGINES:
        states = kt.BatchedSolver(engine).solve(chain, energy, source)
        assert (states.n_open == reference.n_open).all()
        ours = states.blocks()
        allowed = factor * (1 + 1 / slowest(states))
        for side in ("left", "right"):
            difference = np.abs(transmission(getattr(states, side)) - transmission(getattr(reference, side)))
            assert (difference <= allowed).all(), engine
        for name in ("site", "bond"):
            mine, theirs = getattr(ours, name), getattr(blocks, name)
            scale = np.maximum(np.abs(theirs).max(axis=(1, 2, 3)), 1e-3)
            assert (np.abs(mine - theirs).max(axis=(1, 2, 3)) <= allowed * scale).all(), engine
        observables = ChainOperators(chain)
        assert observables.values(observables.traces(states))["closure"].max() < 1e-8


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 8),
    lengths=st.lists(st.integers(1, 20), min_size=1, max_size=3),
    energy=st.floats(-2, 2),
    source=st.sampled_from(["left", "right"]),
    alike=st.booleans(),
)
def test_random_layers(seed, n, lengths, energy, source, alike):
    check_against_kwant(layered_chain(np.random.default_rng(seed), n, lengths, alike), energy, source)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1), n_sites=st.integers(3, 60), energy=st.floats(-2, 2))
def test_random_textures(seed, n_sites, energy):
    check_against_kwant(random_chain(np.random.default_rng(seed), n_sites, n_k=2), energy)


@pytest.mark.parametrize("m", ["-z", "x", (1, 2, 3)])
def test_wire(m):
    k = np.array([[0.1, 0.05], [0.3, 0.2], [0.25, 0.6], [0.5, 0.1], [0.74, 0.2], [2.0, 0.0]])
    check_against_kwant(discretise(wire(2, 3, m=m), k), 0.06)


def test_next_to_a_band_edge():
    """|v| < 1e-3: one band of free electrons whose
    edge is just below the energy, and a step.
    """
    layers = [kt.Layer(kt.FreeElectron(), 1), kt.Layer(kt.FreeElectron(mass=0.5), 1)]
    chain = discretise(kt.Stack(layers, 0.1), [(0.0, 0.0), (0.1, 0.0)])
    bottom = HBAR2_OVER_2M0 * 0.1**2 / 0.5
    energy = bottom + 1e-10
    states = kt.BatchedSolver().solve(chain, energy)
    assert 0 < slowest(states)[1] < 1e-3
    check_against_kwant(chain, energy)


@pytest.mark.parametrize("a_bit", [1e-4, 1e-5, 1e-6])
def test_next_to_the_thresholds_of_the_wire(a_bit):
    layer = wire().left
    from kwantorque.spectrum.channels import thresholds

    radii = thresholds(layer, 0.2, 0.06, [0.3])[0]
    r = np.concatenate([radii - a_bit, radii + a_bit])
    check_against_kwant(discretise(wire(1, 1), r[:, None] * [np.cos(0.3), np.sin(0.3)]), 0.06)


def test_thick_barrier():
    """50 nm of a barrier: nothing overflows, the transmission has the slope
    of the decay, and the far side is exact.
    """
    fm, barrier = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger(band_edge=0.16)
    transmissions = []
    for length in (5, 10, 50):
        layers = [kt.Layer(fm, 1, m="x"), kt.Layer(barrier, length), kt.Layer(fm, 1, m="y")]
        chain = discretise(kt.Stack(layers, 0.2), [(0.1, 0.05)])
        results = [kt.BatchedSolver(engine).solve(chain, 0.06) for engine in ENGINES]
        pair = [transmission(states.right)[0] for states in results]
        assert pair[0] == pytest.approx(pair[1], rel=1e-9)
        transmissions.append(pair[0])
        if length == 5:
            check_against_kwant(chain, 0.06)
    decay = -np.diff(np.log(transmissions)) / [5, 40]
    assert decay[0] == pytest.approx(decay[1], rel=0.05)
    assert transmissions[2] < 1e-20


def test_lead_without_open_modes():
    layers = [kt.Layer(kt.FreeElectron(), 1), kt.Layer(kt.FreeElectron(), 1, potential=2.0)]
    stack = kt.Stack(layers, 0.1)
    check_against_kwant(discretise(stack, [(0, 0), (1.0, 0)]), 0.5)
    chain = discretise(stack, [(0, 0), (1.0, 0)])
    assert (kt.BatchedSolver().solve(chain, 0.5, "right").n_open == 0).all()


def test_singular_hopping():
    """Only one of two orbitals hops, the same one in the whole chain."""
    chain = layered_chain(np.random.default_rng(1), 2, [4, 5])
    hopping = chain.hopping["crystal"] * np.array([[1.0, 0], [0, 0]])
    chain = replace(chain, hopping={"crystal": hopping})
    check_against_kwant(chain, 0.4)


def test_degenerate_modes_of_equal_and_of_opposite_velocity():
    rng = np.random.default_rng(2)
    u, _ = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
    hopping = u @ np.diag([1.0, -1.0, 1.0, -1.0]) @ dagger(u)
    impurity = rng.normal(size=(4, 4))
    onsite = np.stack([np.zeros((4, 4)), impurity + impurity.T])[None].astype(complex)
    chain = Chain(
        k_par=np.zeros((1, 2)),
        spacing=1.0,
        site_kind=np.array([0, 0, 1, 0, 0]),
        bond_kind=np.zeros(4, int),
        onsite={"t": onsite},
        hopping={"t": hopping[None, None]},
        partner={"t": "lattice"},
        spin=np.zeros((3, 4, 4)),
        orbital=np.zeros((3, 4, 4)),
    )
    check_against_kwant(chain, 0.0)


def test_interface_terms_textures_and_slopes():
    magnet = kt.KohnLuttinger(exchange=0.27)
    delta = kt.Interface([kt.Polynomial("rashba", "lattice", 0.02 * magnet.spin[0])])
    layers = [
        kt.Layer(magnet, 1, m=lambda z: (np.cos(z), np.sin(z), 0.2)),
        delta,
        kt.Layer(kt.KohnLuttinger(gamma2=2.4, gamma3=2.4), 2, potential=lambda z: 0.05 * (z - 1)),
        kt.Layer(magnet, 2, m="z", potential=-0.01),
    ]
    check_against_kwant(discretise(kt.Stack(layers, 0.2), [(0.1, 0.2), (0.3, -0.1)]), 0.16)


def test_engine_is_chosen_by_the_number_of_nodes():
    uniform = discretise(wire(), [(0, 0)])
    assert nodes(uniform) == [101]
    texture = random_chain(np.random.default_rng(0), 30)
    assert len(nodes(texture)) == 28
    with pytest.raises(InputError, match="did you mean 'expansion'"):
        kt.BatchedSolver("expansoin")


def test_flux_is_checked_and_k_named(monkeypatch):
    from kwantorque.scattering import batched

    def broken(*arguments):
        return 1.001 * genuine(*arguments)

    genuine = batched.expansion
    monkeypatch.setattr(batched, "expansion", broken)
    with pytest.raises(ComputationError, match=r"flux is not conserved at k = \(0.1, 0.05\).*R \+ T - 1"):
        kt.BatchedSolver("expansion").solve(discretise(wire(1, 1), [(0.1, 0.05)]), 0.06)


@pytest.mark.parametrize("trouble", ["digits", "exception"])
def test_what_the_expansion_cannot_do_goes_to_the_sweep(monkeypatch, trouble):
    from kwantorque.scattering import batched

    def broken(*arguments):
        if trouble == "exception":
            raise np.linalg.LinAlgError("Singular matrix")
        return (1 + 1e-6) * genuine(*arguments)

    genuine = batched.expansion
    monkeypatch.setattr(batched, "expansion", broken)
    chain = discretise(wire(1, 1), [(0.1, 0.05), (0.25, 0.6)])
    auto, recursion = (kt.BatchedSolver(engine).solve(chain, 0.06).blocks() for engine in ("auto", "recursion"))
    assert np.allclose(auto.site, recursion.site, rtol=1e-12)


def test_both_solvers_give_the_same_integral():
    few = {"tolerance": 0.5, "progress": False, "kpar": kt.PolarRule(first_rays=4, max_points=1)}
    one, other = (
        kt.torques(wire(1, 1), 0.06, solver=solver, **few) for solver in (kt.KwantSolver(), kt.BatchedSolver())
    )
    assert one.k_points == other.k_points
    for name in one.data_vars:
        scale = np.abs(one[name]).max() if "density" in name else one.particle_current_limit[1]
        assert np.allclose(one[name], other[name], rtol=1e-7, atol=1e-7 * float(scale)), name


def test_spin_is_only_a_label_for_the_solver():
    """Two copies of a spinless chain are one chain
    with spin: same transmission per spin.
    """
    stack = kt.Stack([kt.Layer(kt.FreeElectron(), 1), kt.Layer(kt.FreeElectron(mass=0.5), 1)], 0.1)
    states = kt.BatchedSolver().solve(discretise(stack, [(0, 0)]), 0.7)
    per_state = (np.abs(states.right.amplitude) ** 2 * (states.right.velocity[:, None] != 0)).sum(axis=-1)
    assert np.allclose(per_state[0, 0], per_state[0, 1])
    assert states.psi.shape[-1] == len(SPIN_HALF[0])
