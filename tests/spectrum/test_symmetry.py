"""Rotations and mirrors of a stack, and what they do to torques."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import wire

import kwantorque as kt
from kwantorque.spectrum.symmetry import find_symmetry
from kwantorque.transport import response


def test_symmetry_is_found():
    assert find_symmetry(wire(1, 1)).folds == 4
    assert find_symmetry(wire(1, 1, m="x")).folds == 1
    assert find_symmetry(wire(1, 1, m=(0, 0, 1))).folds == 4
    layers = [kt.Layer(kt.KohnLuttinger(exchange=0.27), 1, m=lambda z: (0, np.sin(z), np.cos(z)))]
    assert find_symmetry(kt.Stack(layers, 0.2)).folds == 1
    assert find_symmetry(kt.Stack([kt.Layer(kt.KohnLuttinger(), 1)], 0.2)).folds == 4


def test_mirrors_tell_which_components_vanish(solver):
    """M along x: the mirror x -> -x leaves it, so that only x components of
    angular momenta survive the sum over k.
    """
    symmetry = find_symmetry(wire(1, 1, m="x"))
    order, average = symmetry.folds, symmetry.average
    assert order == 1
    assert np.allclose(average, np.diag([1, 0, 0]), atol=1e-12)
    half = [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 0]]
    assert np.allclose(find_symmetry(wire(1, 1, m=(1, 1, 0))).average, half, atol=1e-12)
    assert np.allclose(find_symmetry(wire(1, 1)).average, np.diag([0, 0, 1]))
    assert np.allclose(find_symmetry(wire(1, 1, m=(1, 2, 3))).average, np.eye(3))
    k = np.array([[0.2, 0.1], [0.4, -0.3]])
    here, there = (kt.torques_at(wire(1, 1, m="x"), q, 0.06, solver=solver) for q in (k, k * [-1, 1]))
    assert np.allclose(here.lattice_torque, there.lattice_torque * [1, -1, -1], atol=1e-10)


def rashba_metal(m):
    magnet = kt.Model([kt.terms.kinetic(), kt.terms.potential(-3.0), kt.terms.rashba(0.2), kt.terms.exchange(-0.8)])
    return kt.Stack([kt.Layer(magnet, 0.5, m=m), kt.Layer(kt.FreeElectron(bottom=-2.0), 0.5)], 0.1)


def test_spin_and_k_turned_together_by_any_angle(monkeypatch):
    """A Rashba magnet along the normal: one ray gives what rays over a quarter give."""
    spherical = {"gamma1": 7, "gamma2": 2.5, "gamma3": 2.5}
    assert find_symmetry(wire(1, 1, m="z", **spherical)).isotropic
    assert not find_symmetry(wire(1, 1, m="x", **spherical)).isotropic
    assert not find_symmetry(wire(1, 1, m="z")).isotropic
    assert not find_symmetry(rashba_metal("x")).isotropic
    symmetry = find_symmetry(rashba_metal("z"))
    assert (symmetry.isotropic, symmetry.without_spin, symmetry.folds) == (True, False, 4)
    assert not symmetry.of_k_alone.isotropic
    one_ray = kt.torques(rashba_metal("z"), 0.0, tolerance=1e-3, progress=False)
    monkeypatch.setattr(response, "find_symmetry", lambda stack: replace(symmetry, isotropic=False))
    quarter = kt.torques(rashba_metal("z"), 0.0, tolerance=1e-3, progress=False)
    assert 3 * one_ray.k_points <= quarter.k_points
    assert float(abs(one_ray.spin_density).max()) > 1e-3
    for name in one_ray.data_vars:
        if not name.endswith("_error"):
            allowed = float(one_ray[f"{name}_error"] + quarter[f"{name}_error"]) + 1e-12
            assert float(abs(one_ray[name] - quarter[name]).max()) <= allowed, name


def turned(k, angle):
    return k @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def test_c4_fold_at_20_random_k_and_no_c4v(solver):
    """Values at R k are those at k, vectors turned; at the mirror image of k the
    transmission is the same, the torque is not.
    """
    k = np.random.default_rng(7).uniform(-0.5, 0.5, (20, 2))
    stack = wire(3, 4)
    here, there, mirrored = (
        kt.torques_at(stack, q, 0.06, solver=solver) for q in (k, turned(k, np.pi / 2), k[:, ::-1])
    )
    rotation = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    for name in ("lattice_torque", "angular_momentum_current", "spin_density"):
        expected = here[name].values @ rotation
        assert np.allclose(there[name], expected, atol=1e-9 * np.abs(expected).max())
    assert np.allclose(mirrored.particle_current, here.particle_current)
    torque, other = (d.lattice_torque_total.sel(axis="z") for d in (here, mirrored))
    assert np.abs(torque - other).max() > 1e-3 * np.abs(torque).max()


def test_c4v_fold_would_be_wrong():
    """Folding with the mirror takes one wedge of 45 degrees for the other:
    at E_F = 0.16 eV their torques differ.
    """
    k = np.sort(np.random.default_rng(8).uniform(0, 1.2, (300, 2)), axis=1)
    stack = wire(1, 1)
    wedge, mirrored = (kt.torques_at(stack, q, 0.16).sum("k") for q in (k, k[:, ::-1]))
    assert wedge.particle_current_limit[1] == pytest.approx(float(mirrored.particle_current_limit[1]))
    torque, other = (float(data.lattice_torque_total.sel(axis="z")) for data in (wedge, mirrored))
    assert abs(torque - other) > 0.02 * abs(torque)
