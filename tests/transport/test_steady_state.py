"""Finite bias, temperature and the Fermi sea: contour against the real axis, references, symmetries, grand
potential."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from helpers import QUICK, grand_potential, of_sea
from references import free_layers

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF, dagger, rotation
from kwantorque.errors import InputError
from kwantorque.integration.energy import integrate_energies, window
from kwantorque.integration.rules import Integral
from kwantorque.scattering.green import _along_the_chain, _along_two_state_chain, green_blocks
from kwantorque.scattering.modes import as_number, lead_modes
from kwantorque.scattering.recursion import continuation
from kwantorque.structures.chain import discretise
from kwantorque.systems import find
from kwantorque.systems.magnetic_tunnel_junction import on_magnets
from kwantorque.systems.magnets import Magnets
from kwantorque.transport.steady_state import BOLTZMANN

JUNCTION, VALVE = find("magnetic-tunnel-junction"), find("metallic-spin-valve")
K = np.array([[1.0, 0.5], [3.5, 1.0], [6.0, -3.0], [9.5, 2.0], [11.5, 0.0]])


def junction(angle=90.0, spacing=0.1, **given):
    return JUNCTION.stack(**JUNCTION.complete({"angle": angle, "spacing": spacing} | given))


def on_the_real_axis(stack, k, mu):
    """The same from scattering states of both leads, integrated over energies from the lowest band bottom to mu."""
    lead_bottoms = [b for lead in (stack.left, stack.right) for b in lead.material.bottoms]
    t, w = np.polynomial.legendre.leggauss(60)
    total = {}
    for kx, ky in k:
        kinetic = np.linalg.norm([kx, ky]) ** 2 * 0.0380998212
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
    """Where no state is bound, to 1e-8; the lattice's band bottom is that of the continuum at k = 0."""
    stack = junction(spacing=0.1)
    k = K[[1, 2]]
    fine, _ = of_sea(stack, k)
    exact = on_the_real_axis(stack, k, 0.0)
    for name, value in exact.items():
        scale = np.abs(value).max()
        assert np.abs(fine[name] - value).max() < 1e-8 * max(scale, 1e-3), name


def test_error_of_the_contour_is_honest():
    """Two rules differ by the square root of the error of the better one, at every accuracy."""
    stack = junction(spacing=0.1)
    for thermal in (0.0, 0.01, 0.03):
        exact, _ = of_sea(stack, K, thermal=thermal)
        for accuracy in (1e-4, 1e-6, 1e-8):
            fine, coarse = of_sea(stack, K, thermal=thermal, accuracy=accuracy)
            error = np.abs(fine["spin_current"] - exact["spin_current"]).max()
            stated = 30 * np.sqrt(accuracy) * np.abs(fine["spin_current"] - coarse["spin_current"]).max()
            assert error <= stated + 1e-12
            assert error < 100 * accuracy


def test_bound_states_are_filled():
    """A well between closed leads: far outside their channels the sea holds one electron per level and spin."""
    metal, deep = kt.FreeElectron(bottom=0.0), kt.FreeElectron(bottom=-3.0)
    stack = kt.Stack([kt.Layer(metal, 2), kt.Layer(deep, 1), kt.Layer(metal, 2)], 0.05)
    # The leads' bands begin at C k^2; all levels of the well below mu = 0.4 eV are bound at this k.
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
    return VALVE.stack(**VALVE.complete({"angle": angle, "spacing": 0.1, "fm_length": 0.5, "spacer_length": 0.5}))


@pytest.mark.parametrize("angle", [90.0, 35.0])
@pytest.mark.parametrize("device", [junction, metallic])
def test_coupling_is_the_slope_of_the_grand_potential(device, angle):
    """Out-of-plane torque on the right magnet = -dOmega/d(angle), Omega = -(1/pi) int dy Re ln det(mu + iy - H)."""

    step = 0.2
    one, other = (grand_potential(device(x), K) for x in (angle + step, angle - step))
    slope = (one - other) / (2 * np.radians(step))
    stack = device(angle)
    values, _ = of_sea(stack, K)
    on_right = stack.z >= stack.boundaries[-3 if device is metallic else -1] - 1e-9
    torque = values["exchange_torque"][:, on_right].sum(axis=1) + values["exchange_torque_tail"][:, 1]
    assert torque @ Magnets(angle).out_of_plane == pytest.approx(-slope, abs=1e-7)
    assert np.abs(torque @ Magnets(angle).in_plane_right).max() < 1e-13


def test_double_barrier_under_a_bias():
    """A well with sharp resonances: the books of the whole close, and states of either lead give the same."""
    magnet, barrier, well = (
        kt.FreeElectron.from_wavevectors(10.9, 4.2),
        kt.FreeElectron(mass=0.4, bottom=1.0),
        kt.FreeElectron(bottom=-3.0),
    )
    layers = [kt.Layer(barrier, 0.6), kt.Layer(well, 0.6), kt.Layer(barrier, 0.6)]
    leads = {"left": kt.Layer(magnet, m="z"), "right": kt.Layer(magnet, m="x")}
    stack = kt.Stack(layers, 0.1, **leads).biased(0.2, across=0)
    options = {"derived": partial(on_magnets, Magnets(90.0)), "progress": False, "tolerance": 1e-2}
    data, other = (kt.steady_state(stack, 0.1, -0.1, window_from=lead, **options) for lead in ("left", "right"))
    assert max(data.closure, other.closure) < 1e-5
    for name in ("torque_in_plane", "torque_out_of_plane"):
        allowed = data[name].attrs["error"] + other[name].attrs["error"]
        assert float(data[name].sum("part")) == pytest.approx(float(other[name].sum("part")), abs=allowed)


def test_torque_is_the_change_of_spin_flux_also_in_the_sea():
    """Spin is conserved but for the exchange: flux far left - flux far right etc., to 1e-10, for each part."""
    data = kt.steady_state(junction(70.0).biased(0.5), 0.25, -0.25, temperature=100, tolerance=1e-2, progress=False)
    in_barrier = data.spin_current.isel(bond=3).values
    tail = data.exchange_torque_tail.values
    on_right = data.exchange_torque.values[:, -1] + tail[:, 1]
    far = data.spin_current_limit.sel(lead="right").values
    assert np.abs(on_right - (in_barrier - far)).max() < 1e-10 * np.abs(in_barrier).max()
    transverse = np.cross(Magnets(70.0).right, np.cross(far, Magnets(70.0).right))
    assert np.abs(transverse[1]).max() < 1e-10
    assert data.closure < 1e-8


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"bias": 0.4}, {"torque_in_plane": 2.560268e-4, "torque_out_of_plane": 3.159068e-4, "tmr": 0.166946}),
        ({"bias": -0.4}, {"torque_in_plane": -9.681100e-5, "torque_out_of_plane": 3.159068e-4}),
        ({}, {"torque_out_of_plane_equilibrium": 2.85034e-4, "torque_out_of_plane": 2.85034e-4}),
        (
            {"kf_up_right": 9, "kf_down_right": 6, "angle": 60, "bias": 0.3},
            {
                "current": 1.28783651e-3,
                "torque_in_plane": 1.70993573e-4,
                "torque_in_plane_left": -2.72691343e-5,
                "torque_out_of_plane": 1.29716263e-4,
                "torque_out_of_plane_equilibrium": 1.215872e-4,
                "tmr": 0.0586310972,
            },
        ),
        (
            {"barrier_mass": 0.8, "barrier_height": 0.6, "barrier_length": 1.0, "angle": 120, "bias": -0.25},
            {
                "current": -6.22091848e-5,
                "torque_in_plane": 3.90659266e-6,
                "torque_in_plane_left": -7.6064349e-7,
                "torque_out_of_plane": 3.31104312e-6,
                "tmr": 0.0517767779,
            },
        ),
    ],
    ids=str,
)
def test_junction_against_exact_matching(given, expected):
    """Two per cent at 0.025 nm, a thousandth of the largest torque after extrapolation (tests/free_layers.py)."""
    data = JUNCTION.run(options=QUICK, spacing=0.025, to_zero_spacing=True, **given)
    scale = max(abs(value) for name, value in expected.items() if "torque" in name)
    for name, value in expected.items():
        allowed = 1.5e-3 * (scale if "torque" in name else abs(value))
        assert float(data[f"result_{name}"]) == pytest.approx(value, abs=allowed), name


def test_reference_is_alive():
    """The numbers above come from this module: one of them again, so that it is not dead code."""
    exact = free_layers.tunnel_junction(kf_up_right=9, kf_down_right=6, angle=60, bias=0.3)
    assert exact["torque_in_plane"] == pytest.approx(1.70993573e-4, rel=1e-5)


def test_mirror_symmetric_junction():
    """Out of plane even in V and opposite on the two magnets, in plane exchanged (eq. 29), to 1e-8."""
    plus, minus = (JUNCTION.run(options=QUICK, spacing=0.05, bias=bias) for bias in (0.3, -0.3))
    one, other = JUNCTION.results_of(plus), JUNCTION.results_of(minus)
    assert one["torque_out_of_plane"] == pytest.approx(other["torque_out_of_plane"], rel=1e-8)
    assert one["torque_out_of_plane"] == pytest.approx(-one["torque_out_of_plane_left"], rel=1e-8)
    assert one["torque_in_plane_left"] == pytest.approx(other["torque_in_plane"], rel=1e-8)
    assert one["current"] == pytest.approx(-other["current"], rel=1e-8)
    assert one["torque_out_of_plane"] > one["torque_out_of_plane_equilibrium"]


def test_asymmetric_junction_has_a_linear_out_of_plane_torque():
    plus, minus = (JUNCTION.run(options=QUICK, spacing=0.1, bias=bias, kf_down_right=7) for bias in (0.1, -0.1))
    odd = float(plus.result_torque_out_of_plane - minus.result_torque_out_of_plane)
    assert abs(odd) > 1e-2 * abs(float(plus.result_torque_out_of_plane))


def test_angular_law_and_its_deviation_from_a_sine():
    """T(30)/T(90) is 1/2 up to a few per cent, and as far from it as in exact matching."""
    ours = [JUNCTION.results_of(JUNCTION.run(options=QUICK, spacing=0.05, bias=0.2, angle=a)) for a in (30, 90)]
    exact = [free_layers.tunnel_junction(angle=a, bias=0.2) for a in (30, 90)]
    for name in ("torque_in_plane", "torque_out_of_plane"):
        ratio, reference = (one[0][name] / one[1][name] for one in (ours, exact))
        assert ratio == pytest.approx(reference, abs=1e-3)
        assert 3e-4 < abs(reference - 0.5) < 0.05


def test_temperature():
    """T -> 0 is the limit; at 300 K the result is that at T = 0 folded with -df/dE, for the sea and for the window."""
    stack, k_t = junction(spacing=0.1), 300 * BOLTZMANN
    cold, _ = of_sea(stack, K, thermal=1e-4)
    zero, _ = of_sea(stack, K)
    assert np.abs(cold["spin_current"] - zero["spin_current"]).max() < 1e-6
    warm, _ = of_sea(stack, K, thermal=k_t)
    x, w = np.polynomial.legendre.leggauss(60)
    energies = 15 * x
    folded = sum(
        15 * wi / (4 * np.cosh(e / 2) ** 2) * of_sea(stack, K, mu=e * k_t)[0]["spin_current"]
        for e, wi in zip(energies, w, strict=True)
    )
    assert np.abs(warm["spin_current"] - folded).max() < 1e-6
    runs = [JUNCTION.run(options=QUICK, spacing=0.1, bias=0.2, temperature=t) for t in (0, 1, 400)]
    currents = [float(run.result_current) for run in runs]
    assert currents[1] == pytest.approx(currents[0], rel=1e-3)
    assert 1.001 < currents[2] / currents[0] < 1.2


def test_energy_integral():
    """Known integrals, breaks at band bottoms, nothing below the bands."""

    def value_at(energy):
        return Integral({"f": np.sqrt(energy)}, {"f": 1e-12}, 0.0, 3) if energy > 0 else None

    measure = partial(lambda values, errors: errors["f"] / abs(values["f"]))
    cuts = window(1.0, -1.0, 0.0, [0.0, 5.0])
    assert cuts == pytest.approx([-1, 0, 1])
    found = integrate_energies(value_at, cuts, 1e-5, measure)
    assert found.values["f"] == pytest.approx(2 / 3, rel=found.error)
    assert found.error < 1e-4
    assert integrate_energies(lambda _: None, cuts, 1e-5, measure) is None
    assert window(0.1, 0.1, 0.01, []) == pytest.approx([-0.06, 0.06, 0.1, 0.14, 0.26])


def test_square_lattice_junction_of_the_literature():
    """physics.md, section 2, per in-plane cell in 1e-9 eV: typed in as published, planes and all, to 1e-5."""
    magnet = kt.CubicLattice.from_energies(1.2, 2.0, hopping=-0.4)
    barrier = kt.CubicLattice.from_energies(5.4, hopping=-0.4)
    magnets = Magnets(90.0)
    stack = kt.Stack(
        [kt.Layer(barrier, 3)], 1.0, left=kt.Layer(magnet, m="z"), right=kt.Layer(magnet, m="x"), atomic=True
    )
    found = {}
    for bias in (-0.2, 0.0, 0.2):
        data = kt.steady_state(
            stack.biased(bias),
            bias / 2,
            -bias / 2,
            derived=partial(on_magnets, magnets),
            tolerance=1e-5,
            progress=False,
        )
        found[bias] = [1e9 * float(data[f"torque_{part}"].sum("part")) for part in ("in_plane", "out_of_plane")]
    assert found[-0.2][0] == pytest.approx(-1.845966, rel=2e-5)
    assert found[0.2][0] == pytest.approx(4.601272, rel=2e-5)
    assert found[0.0][1] == pytest.approx(2.817478, rel=1e-5)
    assert found[0.2][1] == pytest.approx(found[-0.2][1], rel=1e-6)
    assert abs(found[0.0][0]) < 1e-9
    assert data.rotation_order == 4
    # In-plane torque = mean of the collinear spin currents (V = 0.2).
    spin = []
    for m in ("z", "-z"):
        layers = [kt.Layer(barrier, 3)]
        collinear = kt.Stack(layers, 1.0, left=kt.Layer(magnet, m="z"), right=kt.Layer(magnet, m=m), atomic=True)
        one = kt.steady_state(collinear.biased(0.2), 0.1, -0.1, tolerance=1e-3, sea=False, progress=False)
        spin.append(1e9 * float(one.spin_current.sel(part="window", axis="z").isel(bond=3)))
    assert found[0.2][0] == pytest.approx(sum(spin) / 2, rel=0.02)


@pytest.mark.parametrize("texture", [False, True])
def test_a_common_rotation_of_all_magnetisations_rotates_all_torques(texture):
    """Spin and orbit are not coupled: torques follow to 1e-12, also in a layer whose m depends on z."""
    turn = rotation(np.einsum("i,iab->ab", [0.3, -0.5, 0.8], SPIN_HALF), 1.1)
    matrix = np.array(
        [[2 * np.trace(SPIN_HALF[i] @ turn @ SPIN_HALF[j] @ dagger(turn)).real for j in range(3)] for i in range(3)]
    )
    material = kt.FreeElectron.from_wavevectors(10, 6)
    ends = np.array([0, 0, 1.0]), np.array([0.6, 0.8, 0])

    def stack(r):
        def along(z):
            return r @ (np.cos(z) * ends[0] + np.sin(z) * np.array([0, 1, 0]))

        inner = kt.Layer(material, 1, m=along if texture else r @ ends[1])
        return kt.Stack([inner], 0.1, left=kt.Layer(material, m=r @ ends[0]), right=kt.Layer(material, m=r @ ends[1]))

    one, other = (kt.torques_at(stack(r), K[:3], 0.0) for r in (np.eye(3), matrix))
    for name in ("exchange_torque", "spin_current", "exchange_torque_total"):
        assert np.abs(other[name].values - one[name].values @ matrix.T).max() < 1e-12 * np.abs(one[name]).max() * 10


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kt.steady_state(junction(), 0.1, temperature=-1), "`temperature` must be >= 0 K"),
        (lambda: kt.steady_state(junction(), "high"), "`mu_left` must be a number in eV"),
        (lambda: kt.steady_state(junction(), -20.0), "no open channel"),
        (lambda: kt.steady_state(junction(), sea=False), "nothing to compute"),
        (lambda: kt.steady_state(junction(), kpar=7), "`kpar` must be a PolarRule"),
        (lambda: junction().biased("x"), "`bias` must be a number in eV"),
        (lambda: junction().biased(0.1, across=3), "number of a layer, 0 to 0"),
        (lambda: kt.Stack([kt.Layer(kt.FreeElectron(), 1)] * 2, 0.1).biased(0.1), "`across` must name the layer"),
        (lambda: JUNCTION.run(kf_down_right=-2, options=QUICK), "`kf_down_right` must be > 0"),
        (lambda: JUNCTION.run(spacing=0.4, options=QUICK), "`spacing` must be below .* ends at"),
        (lambda: JUNCTION.run(temperature=-5, options=QUICK), "`temperature` must be >= 0 K"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_warnings():
    quick = {"tolerance": 0.3, "progress": False}
    with pytest.warns(UserWarning, match="below the Fermi energy: this is no barrier"):
        JUNCTION.run(options=quick, spacing=0.1, barrier_height=-0.5)
    with pytest.warns(UserWarning, match="were radians meant"):
        JUNCTION.complete({"angle": 1.57})
    with pytest.warns(UserWarning, match="minority band of the left lead"):
        JUNCTION.run(options=quick, spacing=0.1, bias=0.7, kf_down=2)
