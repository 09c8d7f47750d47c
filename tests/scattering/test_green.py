"""Green functions and the Fermi sea: long chains, the real
axis, bound levels, the grand potential.
"""

from itertools import pairwise

import numpy as np
import pytest
from helpers import grand_potential, layered_chain, of_sea

import kwantorque as kt
from kwantorque.algebra import dagger
from kwantorque.scattering.green import _along_the_chain, _along_two_state_chain, green_blocks
from kwantorque.scattering.modes import as_number, lead_modes
from kwantorque.scattering.recursion import continuation
from kwantorque.structures.chain import discretise
from kwantorque.systems import find
from kwantorque.systems.magnets import Magnets
from kwantorque.units import HBAR2_OVER_2M0

JUNCTION, VALVE = find("magnetic-tunnel-junction"), find("metallic-spin-valve")
K = np.array([[1.0, 0.5], [3.5, 1.0], [6.0, -3.0], [9.5, 2.0], [11.5, 0.0]])


def test_green_functions_at_complex_energies():
    """Against the inverse of a chain so long that its ends
    are out of reach of the imaginary part.
    """
    rng = np.random.default_rng(4)
    chain = layered_chain(rng, 2, [3, 4], n_k=2)
    z = 0.3 + 0.8j
    reach = 80
    sites = np.concatenate([[chain.site_kind[0]] * reach, chain.site_kind, [chain.site_kind[-1]] * reach])
    bonds = np.concatenate([[chain.bond_kind[0]] * reach, chain.bond_kind, [chain.bond_kind[-1]] * reach])
    ours = green_blocks(chain, z)
    for k in range(2):
        h = np.zeros((len(sites), 2, len(sites), 2), complex)
        for j, kind in enumerate(sites):
            h[j, :, j] = chain.total_onsite[k, kind]
        for j, kind in enumerate(bonds):
            h[j, :, j + 1] = chain.total_hopping[k, kind]
            h[j + 1, :, j] = dagger(chain.total_hopping[k, kind])
        size = 2 * len(sites)
        green = np.linalg.inv(z * np.eye(size) - h.reshape(size, size)).reshape(h.shape).transpose(0, 2, 1, 3)
        inner = np.arange(reach, reach + chain.n_sites)
        assert np.allclose(ours.site[k], green[inner, inner], atol=1e-10)
        assert np.allclose(ours.forth[k], green[inner[:-1], inner[1:]], atol=1e-10)
        assert np.allclose(ours.back[k], green[inner[1:], inner[:-1]], atol=1e-10)


def junction(angle=90.0, spacing=0.1, **given):
    return JUNCTION.stack(JUNCTION.complete({"angle": angle, "spacing": spacing} | given))


def on_the_real_axis(stack, k, mu):
    """The same from scattering states of both leads, integrated over
    energies from the lowest band bottom to mu.
    """
    lead_bottoms = [b for lead in (stack.left, stack.right) for b in lead.material.bottoms]
    t, w = np.polynomial.legendre.leggauss(60)
    total = {}
    for kx, ky in k:
        kinetic = np.linalg.norm([kx, ky]) ** 2 * HBAR2_OVER_2M0
        cuts = sorted({b + kinetic for b in lead_bottoms if b + kinetic < mu} | {mu})
        sums = {}
        for low, high in pairwise(cuts):
            # sin^2 at both ends: the density of states has square-root edges.
            x = (t + 1) / 2
            energies = low + (high - low) * np.sin(np.pi * x / 2) ** 2
            weights = w / 2 * (high - low) * np.pi / 2 * np.sin(np.pi * x)
            for energy, weight in zip(energies, weights, strict=True):
                for source in ("left", "right"):
                    one = kt.torques_at(stack, [[kx, ky]], energy, source=source, solver=kt.BatchedSolver("recursion"))
                    for name in ("exchange_torque", "exchange_torque_tail", "spin_current", "spin_density", "density"):
                        sums[name] = sums.get(name, 0) + weight / (2 * np.pi) * one[name].values[0]
        for name, value in sums.items():
            total.setdefault(name, []).append(value)
    return {name: np.array(values) for name, values in total.items()}


def test_contour_agrees_with_the_real_axis():
    """Where no state is bound, to 1e-8; the lattice's band
    bottom is that of the continuum at k = 0.
    """
    stack = junction(spacing=0.1)
    k = K[[1, 2]]
    fine, _ = of_sea(stack, k)
    exact = on_the_real_axis(stack, k, 0.0)
    for name, value in exact.items():
        scale = np.abs(value).max()
        assert np.abs(fine[name] - value).max() < 1e-8 * max(scale, 1e-3), name


@pytest.mark.parametrize("temperature", [0.0, 100.0, 400.0])
@pytest.mark.parametrize("tolerance", [1.0, 0.1, 1e-2])
@pytest.mark.filterwarnings("ignore::kwantorque.AccuracyWarning")
def test_error_of_the_contour_is_honest(tolerance, temperature):
    """The same points of k, another contour: a sea
    moves by no more than `steady_state` said.

    The error of the k rule is in what both runs state, and drops out.
    """
    stack, same_points = junction(spacing=0.1), {"kpar": kt.PolarRule(max_points=1), "progress": False}
    rough, exact = (
        kt.steady_state(stack, temperature=temperature, tolerance=t, **same_points) for t in (tolerance, 1e-8)
    )
    assert rough.k_points == exact.k_points
    moved = 0.0
    for name in ("spin_current", "exchange_torque", "spin_density"):
        change = float(np.abs(rough[name] - exact[name]).max())
        stated = float((rough[f"{name}_error"] - exact[f"{name}_error"]).sum("part"))
        assert change <= stated + 1e-13, name
        moved = max(moved, change)
    assert moved > 0


def test_bound_states_are_filled():
    """A well between closed leads: far outside their channels the sea
    holds one electron per level and spin.
    """
    metal, deep = kt.FreeElectron(bottom=0.0), kt.FreeElectron(bottom=-3.0)
    stack = kt.Stack([kt.Layer(metal, 2), kt.Layer(deep, 1), kt.Layer(metal, 2)], 0.05)
    # The leads' bands begin at C k^2; all levels of the well below mu = 0.4 eV are
    # bound at this k.
    k = np.array([[4.0, 0.0]])
    fine, _ = of_sea(stack, k, mu=0.4, accuracy=1e-12)
    chain = discretise(stack, k)
    h = np.zeros((chain.n_sites, chain.n_sites))
    for j in range(chain.n_sites):
        h[j, j] = chain.total_onsite[0, chain.site_kind[j], 0, 0].real
    for j in range(chain.n_sites - 1):
        h[j, j + 1] = h[j + 1, j] = chain.total_hopping[0, chain.bond_kind[j], 0, 0].real
    levels = np.linalg.eigvalsh(h)
    assert (levels < 0.4).sum() > 0
    assert fine["density"].sum() * 0.05 == pytest.approx(2 * (levels < 0.4).sum(), abs=1e-4)


def test_both_forms_of_the_green_function_agree():
    chain = discretise(junction(spacing=0.1).biased(0.3), K)
    z = np.array([0.1 + 0.2j, 0.3j, 1j, 0.01j, -1 + 0.5j])
    leads = {side: lead_modes(*chain.lead_blocks(side), z, chain.k_par) for side in ("left", "right")}
    outwards = {side: [continuation(modes) for modes in leads[side]] for side in leads}
    numbers = as_number(chain.total_hopping)
    assert numbers is not None
    fast, general = _along_two_state_chain(chain, z, numbers, outwards), _along_the_chain(chain, z, outwards)
    for one, other in zip(fast, general, strict=True):
        assert np.abs(one - other).max() < 1e-12 * np.abs(other).max()
    # The sum over a lead is what many explicit sites of it add up to.
    longer = junction(spacing=0.1)
    more = kt.Stack(
        [kt.Layer(longer.left.material, 60, m="z"), *longer.layers], 0.1, left=longer.left, right=longer.right
    )
    z = 0.3 + 0.2j
    short, long = (green_blocks(discretise(stack, K), z) for stack in (longer, more))
    explicit = (long.site[:, 1:601] - long.site[:, 1:2]).sum(axis=1)
    assert np.abs(short.tail[0][0] - explicit).max() < 1e-9


def metallic(angle):
    return VALVE.stack(VALVE.complete({"angle": angle, "spacing": 0.1, "fm_length": 0.5, "spacer_length": 0.5}))


@pytest.mark.parametrize("angle", [90.0, 35.0])
@pytest.mark.parametrize("device", [junction, metallic])
def test_coupling_is_the_slope_of_the_grand_potential(device, angle):
    """Out-of-plane torque on the right magnet = -dOmega/d(angle), Omega =
    -(1/pi) int dy Re ln det(mu + iy - H).
    """

    step = 0.2
    one, other = (grand_potential(device(x), K) for x in (angle + step, angle - step))
    slope = (one - other) / (2 * np.radians(step))
    stack = device(angle)
    values, _ = of_sea(stack, K)
    on_right = stack.z >= stack.boundaries[-3 if device is metallic else -1] - 1e-9
    torque = values["exchange_torque"][:, on_right].sum(axis=1) + values["exchange_torque_tail"][:, 1]
    assert torque @ Magnets(angle).out_of_plane == pytest.approx(-slope, abs=1e-7)
    assert np.abs(torque @ Magnets(angle).in_plane_right).max() < 1e-13
