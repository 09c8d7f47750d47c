"""Two sublattices behind a barrier: the ferromagnet, the balance, and symmetry."""

from functools import partial

import numpy as np
import pytest
from helpers import QUICK

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.systems import antiferromagnetic_tunnel_junction as junction
from kwantorque.systems import find

SYSTEM = find("antiferromagnetic-tunnel-junction")


def parameters(**given):
    return SYSTEM.complete(given)


def ferromagnet(p):
    """The same junction of the cubic lattice, one orbital per site."""
    magnet = kt.CubicLattice(p["hopping"], p["exchange"], p["onsite"], p["spacing"])
    barrier = kt.CubicLattice(p["hopping"], 0.0, p["onsite_barrier"], p["spacing"])
    turn = np.radians(p["angle"])
    right = kt.Layer(magnet, junction.SHOWN * p["spacing"], m=(np.sin(turn), 0, np.cos(turn)))
    layers = [kt.Layer(barrier, p["barrier_planes"] * p["spacing"]), right]
    return kt.Stack(layers, p["spacing"], left=kt.Layer(magnet, m="z"), atomic=True)


def test_with_parallel_sublattices_it_is_the_junction_of_the_cubic_lattice():
    """At k of the smaller zone it has what the lattice has at k and at k + G."""
    p = parameters(sublattice_angle=0.0, barrier_planes=1, angle=70.0)
    k = np.random.default_rng(0).uniform(-3, 3, (10, 2))
    half = np.array([np.pi, np.pi]) / p["spacing"]
    ours = kt.torques_at(junction.stack(p), k, 0.0)
    theirs = [kt.torques_at(ferromagnet(p), at, 0.0) for at in (k, k + half)]
    torque = sum(one.exchange_torque for one in theirs).values
    assert np.abs(torque).max() > 1e-3
    sublattices = [ours.torque_on_sublattice_a.values, ours.torque_on_sublattice_b.values]
    assert np.abs(sum(sublattices) - torque).max() < 1e-9
    # Both have half, of the two Bloch waves together and of each.
    current = sum(one.particle_current for one in theirs)
    assert np.abs(ours.particle_current - current).max() < 1e-9
    assert ours.closure < 1e-10


@pytest.mark.slow
def test_the_number_of_the_ferromagnet():
    """In-plane torque at 0.2 V per in-plane cell in 1e-9 eV, from another code."""
    given = {"sublattice_angle": 0.0, "spacing": 1.0, "tolerance": 1e-2, "bias": 0.2}
    data = SYSTEM.run(results=["torque_in_plane_uniform"], **given, **QUICK)
    assert 1e9 * float(data.result_torque_in_plane_uniform) == pytest.approx(4.601272, rel=1e-2)


def test_the_sum_over_sublattices_is_the_drop_of_the_spin_flux():
    p = parameters(barrier_planes=1, bias=0.1)
    derived = partial(junction.on_sublattices, p["angle"])
    data = kt.steady_state(
        junction.stack(p), bias=0.1, across="barrier", derived=derived, tolerance=0.1, progress=False
    )
    # Behind the right magnet, far inside, nothing of it is left that is not along m.
    entering = data.spin_current.isel(bond=2) - data.spin_current_limit.sel(lead="right")
    on_right = (data.torque_on_sublattice_a_of_layer + data.torque_on_sublattice_b_of_layer).isel(layer=slice(2, None))
    scale = float(np.abs(on_right).max())
    assert scale > 0
    assert np.abs(entering - on_right.sum("layer")).max() < 1e-10 * max(scale, float(np.abs(data.spin_current).max()))
    uniform = data.torque_in_plane_uniform - data.torque_in_plane_a - data.torque_in_plane_b
    assert np.abs(uniform).max() < 1e-14


def test_in_plane_is_perpendicular_to_sublattice_a():
    """At chi = 90 this axis is that of m_b, along which nothing acts on b."""
    p = parameters(barrier_planes=1, angle=70.0, sublattice_angle=90.0)
    k = np.random.default_rng(2).uniform(-3, 3, (6, 2))
    data = kt.torques_at(junction.stack(p), k, 0.0)
    names = [f"torque_on_sublattice_{x}_of_layer" for x in "ab"]
    found = junction.on_sublattices(p["angle"], {name: data[name].values for name in names})
    assert np.abs(found["torque_in_plane_a"]).max() > 1e-6
    assert np.abs(found["torque_in_plane_b"]).max() < 1e-12
    for result in SYSTEM.results:
        assert ("perpendicular to m_a" in result.meaning) == ("in_plane" in result.name)


def test_neel_vectors_that_agree_have_no_torque_in_plane():
    """Collinear moments: every torque vanishes, on each sublattice by itself."""
    for angle in (0.0, 180.0):
        p = parameters(barrier_planes=1, angle=angle)
        k = np.random.default_rng(1).uniform(-3, 3, (6, 2))
        data = kt.torques_at(junction.stack(p), k, 0.0)
        for name in ("torque_on_sublattice_a", "torque_on_sublattice_b"):
            assert np.abs(data[name]).max() < 1e-10
    at_90 = kt.torques_at(junction.stack(parameters(barrier_planes=1)), k, 0.0)
    assert float(np.abs(at_90.torque_on_sublattice_a - at_90.torque_on_sublattice_b).max()) > 1e-4


def test_a_common_rotation_of_both_magnets_turns_all_torques():
    """Without spin-orbit coupling: both Neel vectors about y by 40 degrees."""
    p, turn = parameters(barrier_planes=1, angle=60.0), np.radians(40.0)
    matrix = np.array([(np.cos(turn), 0, np.sin(turn)), (0, 1, 0), (-np.sin(turn), 0, np.cos(turn))])
    stack = junction.stack(p)
    left, right = (matrix @ np.array(layer.m) for layer in (stack.left, stack.layers[1]))
    turned = kt.Stack(
        [stack.layers[0], kt.Layer(stack.layers[1].material, stack.layers[1].thickness, m=right)],
        stack.spacing,
        left=kt.Layer(stack.left.material, m=left),
        atomic=True,
    )
    k = np.random.default_rng(2).uniform(-3, 3, (4, 2))
    one, other = (kt.torques_at(x, k, 0.0) for x in (stack, turned))
    for name in ("torque_on_sublattice_a", "torque_on_sublattice_b", "spin_current"):
        assert np.abs(other[name].values - one[name].values @ matrix.T).max() < 1e-10


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"barrier_planes": 1.5}, "`barrier_planes` must be a whole number"),
        ({"barrier_planes": 500}, "at most 60 planes"),
        ({"hopping": 0.0}, "must not be 0 eV"),
        ({"exchange": 0.0}, "must not be 0 eV"),
        ({"onsite": 20.0}, "energy must lie in a band of both leads"),
        ({"sublatice_angle": 0.0}, "did you mean 'sublattice_angle'"),
    ],
)
def test_bad_input(given, message):
    with pytest.raises(InputError, match=message):
        SYSTEM.run(**given, **QUICK)
