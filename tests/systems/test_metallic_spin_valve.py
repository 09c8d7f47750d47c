"""Ralph & Stiles: toy models by hand, interfaces, metallic valves, against closed formulas and the continuum."""

import numpy as np
import pytest
from helpers import QUICK
from references import free_layers

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.systems import find
from kwantorque.systems.metallic_spin_valve import circuit_theory, fit_efficiency
from kwantorque.systems.normal_ferromagnet_interface import torque_on_a_layer
from kwantorque.units import HBAR2_OVER_2M0

FILTER, INTERFACE, VALVE = map(find, ("spin-filter", "normal-ferromagnet-interface", "metallic-spin-valve"))


def amplitudes(k, step, thickness):
    """t and r of a step or slab for one spin: wave matching by hand."""
    q = np.sqrt(complex(k**2 - step / HBAR2_OVER_2M0))
    if thickness == 0:
        return 2 * k / (k + q), (k - q) / (k + q)
    denominator = (k + q) ** 2 * np.exp(-1j * q * thickness) - (k - q) ** 2 * np.exp(1j * q * thickness)
    t = 4 * k * q / denominator
    r = (k**2 - q**2) * (np.exp(-1j * q * thickness) - np.exp(1j * q * thickness)) / denominator
    return t, r


def by_hand(k, step, angle, thickness):
    """N_x, N_y and both reflectances, eq. 10-13 with the sign of the Im corrected."""
    (t_up, r_up), (t_down, r_down) = (amplitudes(k, s, thickness) for s in (0.0, step))
    mixed = r_up * np.conj(r_down) + (t_up * np.conj(t_down) if thickness else 0)
    half = np.sin(np.radians(angle)) / 2
    return half * (1 - mixed.real), half * mixed.imag, abs(r_up) ** 2, abs(r_down) ** 2


@pytest.mark.parametrize(
    "given",
    [
        {"step": 2, "thickness": 0.1, "angle": 90},
        {"step": 6, "thickness": 0.1, "angle": 90},
        {"step": 2, "thickness": 0.4, "angle": 40},
        {"step": -1.5, "thickness": 0.2, "angle": 120},
        {"step": 2, "thickness": 0, "angle": 30},
        {"step": 6, "thickness": 0, "angle": 70},
    ],
    ids=str,
)
def test_toy_models_by_hand_with_second_order_errors(given):
    exact = by_hand(10, given["step"], given["angle"], given["thickness"])
    errors = []
    for spacing in (0.01, 0.005, 0.0025):
        data = FILTER.run(**given, spacing=spacing)
        assert data.closure < 1e-11
        errors.append(np.abs(np.array(list(FILTER.results_of(data).values())) - exact).max())
    assert errors[-1] < 2e-3
    # A step the minority cannot enter reflects all of it, on a lattice as well: no error, and no slope of it.
    slopes = [2, 2] if max(errors) < 1e-10 else np.log2(np.array(errors[:-1]) / errors[1:])
    assert slopes == pytest.approx([2, 2], abs=0.15)
    extrapolated = FILTER.run(**given, spacing=0.005, to_zero_spacing=True)
    assert list(FILTER.results_of(extrapolated).values()) == pytest.approx(exact, abs=3e-5)


def test_spin_current_on_both_sides_and_its_precession(solver):
    """Values of physics.md between bonds; inside the magnet the transverse part turns with k_up - k_down."""
    spin_filter = FILTER.run(options={"solver": solver}, k=10, step=2, angle=30, spacing=0.005)
    current = spin_filter.spin_current.values
    depth = spin_filter.z_bond.values - spin_filter.boundary_z.values[1]
    for at, expected in ((0.1, (0.238026, -0.076444)), (0.3, (0.149006, -0.200742))):
        middle = [np.interp(at, depth, current[:, i]) for i in (0, 1)]
        assert middle == pytest.approx(expected, abs=2e-4)
    inside = depth > 0.01
    phase = np.unwrap(np.angle(current[inside, 0] + 1j * current[inside, 1]))
    k_down = np.sqrt(100 - 2 / HBAR2_OVER_2M0)
    assert np.polyfit(depth[inside], phase, 1)[0] == pytest.approx(-(10 - k_down), rel=1e-3)
    outside = depth < -0.01
    assert np.ptp(current[outside], axis=0).max() < 1e-9


def test_torque_against_angle_and_thickness():
    """A sine in the angle, exactly; against thickness it oscillates with k_up - k_down about the semi-infinite one."""
    data = [FILTER.run(angle=angle, thickness=0.2, spacing=0.02) for angle in (30, 90)]
    for name in ("torque_in_plane", "torque_out_of_plane"):
        thirty, ninety = (float(one[f"result_{name}"]) for one in data)
        assert thirty == pytest.approx(ninety / 2, rel=1e-9)


def test_interface_against_references_and_the_continuum():
    data = INTERFACE.run(options=QUICK, spacing=0.02, to_zero_spacing=True)
    results = INTERFACE.results_of(data)
    assert results["sharvin"] == pytest.approx(13.6**2 / (4 * np.pi), rel=1e-6)
    assert [results[name] for name in ("mixing_real", "mixing_imag")] == pytest.approx([14.718649, 0], abs=1e-4)
    assert results["conductance_down"] == pytest.approx(4.098585, rel=1e-3)
    at = data.boundary_z.values[1] + 0.2
    decayed = [2 * np.interp(at, data.z_bond, data.spin_current.sel(axis=x)) for x in ("x", "y")]
    assert decayed == pytest.approx([0.031107, -0.487126], abs=3e-3)
    other = INTERFACE.run(options=QUICK, kf_normal=12, kf_up=13, kf_down=7, to_zero_spacing=True)
    exact = free_layers.interface(kf_normal=12, kf_up=13, kf_down=7, depth=0.3)
    for ours, theirs in (
        ("mixing_real", exact["g_mix"].real),
        ("mixing_imag", exact["g_mix"].imag),
        ("conductance_up", exact["g_up"]),
        ("conductance_down", exact["g_down"]),
    ):
        assert float(other[f"result_{ours}"]) == pytest.approx(theirs, abs=1.5e-3), ours


def test_dephasing_is_slow_and_thin_layers_do_not_absorb_all():
    """Transverse spin left: 18 % at 1 nm, 10 % at 2 nm, 5 % at 4 nm (physics.md); what is gone is torque."""
    data = INTERFACE.run(options=QUICK)
    left = 2 * np.hypot(*(data.spin_current.sel(axis=x) for x in "xy"))
    depth = data.z_bond.values - data.boundary_z.values[1]
    for nm, part in ((1, 0.18), (2, 0.10), (3.9, 0.05)):
        assert np.interp(nm, depth, left) == pytest.approx(part, abs=0.02)
    first = int(np.searchsorted(data.z.values, data.boundary_z.values[1] - 1e-9))
    torque = data.exchange_torque.values[first:]
    assert torque.sum(axis=0) == pytest.approx(
        (data.spin_current.values[first] - data.spin_current.values[-1]), abs=1e-10
    )


def test_thick_layers_take_the_transverse_spin_and_thin_ones_do_not():
    """Eq. 15: all of it, where nothing transverse is reflected; a layer of 0.1 nm takes a small part."""
    torque = {t: torque_on_a_layer(t, options=QUICK, spacing=0.05) for t in (0.1, 1.0, 8.0)}
    assert torque[8.0][0] == pytest.approx(1, abs=0.05)
    assert torque[0.1][0] < 0.5
    assert abs(torque[0.1][1]) > abs(torque[8.0][1])


def test_channels_of_the_valve_add_up():
    """`resolve` along a ray, weighted with k dk, against the integral; and its figure."""
    given = {"spacing": 0.1, "fm_length": 0.5, "spacer_length": 0.5}
    k = np.linspace(0, 13.6, 801)
    k = (k[1:] + k[:-1]) / 2
    data = VALVE.resolve(np.stack([k, 0 * k], axis=1), **given)
    whole = VALVE.results_of(VALVE.run(options=QUICK, **given))
    for name in ("torque_in_plane", "torque_in_plane_fixed"):
        ours = float((data[f"result_{name}"] * k).sum() / (data.transmission * k).sum() * data.transmission.mean())
        assert ours == pytest.approx(whole[name], rel=0.02)
    assert kt.plot.against_k(data, data.transmission).get_xlabel() == "in-plane wavevector (1/nm)"


@pytest.fixture(scope="module")
def valves():
    return {angle: VALVE.run(options=QUICK, spacing=0.04, angle=angle) for angle in (40, 90, 140)}


def test_valve_against_the_continuum():
    """Bands deeper than the leads', with states bound in them: free_layers.metallic_valve of the same parameters."""
    given = {"kf_normal": 12, "kf_up": 13, "kf_down": 7, "fm_length": 1, "spacer_length": 1.5, "angle": 70}
    data = VALVE.run(options=QUICK, **given, spacing=0.02, to_zero_spacing=True)
    assert float(data.result_conductance) == pytest.approx(11.6454303, rel=2e-3)
    assert float(data.result_torque_in_plane) == pytest.approx(0.194918548, abs=1e-3)
    assert float(data.result_exchange_coupling) == pytest.approx(-1.62664645e-3, rel=0.01)


@pytest.mark.slow
def test_valve_against_references():
    """Zero-bias coupling in metals needs fine spacings: its phase errs by k^3 a^2/24 per nm."""
    data = VALVE.run(options=QUICK, spacing=0.01, to_zero_spacing=True)
    assert float(data.result_torque_in_plane) == pytest.approx(0.2734205, rel=1e-3)
    assert float(data.result_exchange_coupling) == pytest.approx(-7.150e-4, rel=5e-3)
    assert VALVE.run(options=QUICK, spacing=0.02, angle=120).result_conductance == pytest.approx(11.298872, rel=3e-3)


def test_symmetries_of_the_valve(valves):
    """Mirror symmetric: the current twists both magnets alike up to a sign; the coupling is equal and opposite."""
    for data in valves.values():
        results = VALVE.results_of(data)
        assert results["torque_in_plane_fixed"] == pytest.approx(-results["torque_in_plane"], abs=2e-4)
        assert results["torque_out_of_plane_fixed"] == pytest.approx(results["torque_out_of_plane"], abs=2e-4)
        assert abs(results["torque_out_of_plane"]) < 0.02 * results["torque_in_plane"]
        sea = data.equilibrium_torque.sel(axis="y").values
        middle = len(sea) // 2
        assert sea[:middle].sum() == pytest.approx(-sea[middle + 1 :].sum(), abs=1e-8)
        assert results["gmr"] > 0.2


def test_efficiency_fit_and_circuit_theory(valves):
    """eta = q/(A + B cos) fits its own curve exactly, the ballistic valve roughly; circuit theory is of the size."""
    angles = np.arange(10, 180, 10)
    p, square = 0.4, 2.5
    turn = np.radians(angles)
    torque = p * square / ((square + 1) + (square - 1) * np.cos(turn)) * np.sin(turn) / 2
    fit = fit_efficiency(angles, torque)
    assert (fit.polarisation, fit.asymmetry_parameter, fit.asymmetry) == pytest.approx((p, square**0.5, square))
    assert fit.residual < 1e-8
    ours = fit_efficiency(list(valves), [float(data.result_torque_in_plane) for data in valves.values()])
    assert ours.asymmetry > 1
    g_up, g_mix, sharvin = 14.718649, 14.718649, 14.718649
    g_down = 1 / (2 / 4.098585 - 1 / (8**2 / (4 * np.pi)))
    conductance, parallel = circuit_theory(g_up, g_down, g_mix, 0.0)
    assert conductance == pytest.approx((g_up + g_down) / 2)
    assert parallel == pytest.approx(0, abs=1e-12)
    p = (g_up - g_down) / (g_up + g_down)
    assert circuit_theory(g_up, g_down, g_mix, 180.0)[0] == pytest.approx((g_up + g_down) / 2 * (1 - p**2))
    for angle, data in valves.items():
        bare, _ = circuit_theory(g_up, g_down, g_mix, float(angle))
        conductance, torque = circuit_theory(g_up, g_down, g_mix, float(angle), sharvin)
        # Incoherent against coherent: with the metal's contact resistance counted once it is 10 to 20 % off.
        assert conductance == pytest.approx(float(data.result_conductance), rel=0.1)
        assert torque == pytest.approx(float(data.result_torque_in_plane), rel=0.2)
        assert abs(bare / float(data.result_conductance) - 1) > 0.3
    with pytest.raises(InputError, match="at least 3 angles"):
        fit_efficiency([0, 90, 180], [0, 1, 0])


@pytest.mark.slow
def test_coupling_oscillates_with_half_the_fermi_wavelength():
    """Period pi/k_F = 0.231 nm of the spacer for k_F = 13.6/nm: two periods of the Fermi sea's torque."""
    lengths = np.arange(1.0, 1.5, 0.04)
    found = []
    for length in lengths:
        layers = VALVE.stack(**VALVE.complete({"spacer_length": length, "fm_length": 0.4, "spacing": 0.02}))
        data = kt.steady_state(layers, 0.0, tolerance=1e-2, progress=False)
        on_right = data.z.values > data.boundary_z.values[3] - 1e-9
        found.append(float(data.exchange_torque.sum("part").sel(axis="y").values[on_right].sum()))
    found = np.array(found)
    best = min(
        np.arange(0.15, 0.4, 0.002),
        key=lambda period: np.linalg.lstsq(
            np.stack(
                [f(2 * np.pi * lengths / period) / lengths**2 for f in (np.sin, np.cos)] + [1 / lengths**2], axis=1
            ),
            found,
            rcond=None,
        )[1][0],
    )
    assert best == pytest.approx(np.pi / 13.6, rel=0.05)


@pytest.mark.parametrize("given", [{}, {"kf_down": 5, "angle": 40, "spacer_length": 1}])
def test_stated_errors_of_the_valve_are_honest(given):
    """Channel sums with sharp resonances: every result of a coarse run is within its error of a run at 1e-5."""
    exact = VALVE.run(options=QUICK | {"tolerance": 1e-5}, spacing=0.05, **given)
    for tolerance in (1e-2, 1e-4):
        data = VALVE.run(options=QUICK | {"tolerance": tolerance}, spacing=0.05, **given)
        for result in VALVE.results:
            name = f"result_{result.name}"
            assert abs(float(data[name] - exact[name])) <= data[name].attrs["error"] + 1e-9, (tolerance, name)


def test_incident_spin_needs_a_lead_without_magnetisation():
    magnet = kt.FreeElectron.from_wavevectors(10, 6)
    stack = kt.Stack([kt.Layer(magnet, 1, m="z")], 0.1)
    with pytest.raises(InputError, match="both spins have the same velocity"):
        kt.torques_at(stack, [[0, 0]], 0.0, incident_spin="x")
    holes = kt.Stack([kt.Layer(kt.KohnLuttinger(), 1)], 0.2)
    with pytest.raises(InputError, match="two states per site"):
        kt.torques_at(holes, [[0, 0]], 0.1, incident_spin="x")


def test_free_electron_material():
    material = kt.FreeElectron.from_wavevectors(10.9, 4.2, fermi_energy=0.5)
    k = np.array([[10.9, 0, 0], [0, 4.2, 0]])
    energies = np.linalg.eigvalsh(material.hamiltonian(k, np.array([0, 0, 1.0])))
    assert [energies[0, 0], energies[1, 1]] == pytest.approx([0.5, 0.5])
    assert material.bottoms[0] < material.bottoms[1]
    for wrong, message in (
        (lambda: kt.FreeElectron(mass=0), "`mass` must be > 0"),
        (lambda: kt.FreeElectron.from_wavevectors(-1), "`up` must be > 0"),
        (lambda: kt.CubicLattice(hopping=0.4), "`hopping` must be < 0"),
        (lambda: kt.Stack([kt.Layer(kt.CubicLattice(), 3)], 0.5), "`spacing` must be 1 nm"),
    ):
        with pytest.raises(InputError, match=message):
            wrong()
