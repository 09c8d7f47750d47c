"""Ralph & Stiles' metallic valve: the
continuum, symmetries, circuit theory, coupling.
"""

import numpy as np
import pytest
from helpers import QUICK, of_sea

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.systems import find
from kwantorque.systems.metallic_spin_valve import circuit_theory, fit_efficiency

VALVE = find("metallic-spin-valve")


def test_channels_of_the_valve_add_up():
    """`resolve` along a ray, weighted with k
    dk, against the integral; and its figure.
    """
    given = {"spacing": 0.1, "fm_length": 0.5, "spacer_length": 0.5}
    k = np.linspace(0, 13.6, 801)
    k = (k[1:] + k[:-1]) / 2
    data = VALVE.resolve(np.stack([k, 0 * k], axis=1), **given)
    whole = VALVE.results_of(VALVE.run(**QUICK, **given))
    for name in ("torque_in_plane", "torque_in_plane_fixed"):
        ours = float((data[f"result_{name}"] * k).sum() / (data.transmission * k).sum() * data.transmission.mean())
        assert ours == pytest.approx(whole[name], rel=0.02)
    assert kt.plot.against_k(data, data.transmission).get_xlabel() == "in-plane wavevector (1/nm)"


@pytest.fixture(scope="module")
def valves():
    return {angle: VALVE.run(**QUICK | {"tolerance": 1e-2}, spacing=0.04, angle=angle) for angle in (40, 90, 140)}


def test_valve_against_the_continuum():
    """Bands deeper than the leads', with states bound in them:
    free_layers.metallic_valve of the same parameters.
    """
    given = {"kf_normal": 12, "kf_up": 13, "kf_down": 7, "fm_length": 1, "spacer_length": 1.5, "angle": 70}
    data = VALVE.run(**QUICK | {"tolerance": 3e-3}, **given, spacing=0.02, to_zero_spacing=True)
    assert float(data.result_conductance) == pytest.approx(11.6454303, rel=2e-3)
    assert float(data.result_torque_in_plane) == pytest.approx(0.194918548, abs=1e-3)
    assert float(data.result_exchange_coupling) == pytest.approx(-1.62664645e-3, rel=0.01)


@pytest.mark.slow
def test_valve_against_references():
    """Zero-bias coupling in metals needs fine
    spacings: its phase errs by k^3 a^2/24 per nm.
    """
    data = VALVE.run(**QUICK, spacing=0.01, to_zero_spacing=True)
    assert float(data.result_torque_in_plane) == pytest.approx(0.2734205, rel=1e-3)
    assert float(data.result_exchange_coupling) == pytest.approx(-7.150e-4, rel=5e-3)
    assert VALVE.run(**QUICK, spacing=0.02, angle=120).result_conductance == pytest.approx(11.298872, rel=3e-3)


def test_symmetries_of_the_valve(valves):
    """Mirror symmetric: the current twists both magnets alike up to a
    sign; the coupling is equal and opposite.
    """
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
    """eta = q/(A + B cos) fits its own curve exactly, the ballistic valve
    roughly; circuit theory is of the size.
    """
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
        # Incoherent against coherent: with the metal's contact resistance counted once
        # it is 10 to 20 % off.
        assert conductance == pytest.approx(float(data.result_conductance), rel=0.1)
        assert torque == pytest.approx(float(data.result_torque_in_plane), rel=0.2)
        assert abs(bare / float(data.result_conductance) - 1) > 0.3
    with pytest.raises(InputError, match="at least 3 angles"):
        fit_efficiency([0, 90, 180], [0, 1, 0])


@pytest.mark.slow
def test_coupling_oscillates_with_half_the_fermi_wavelength():
    """Period pi/k_F = 0.231 nm of the spacer for k_F = 13.6/nm:
    two periods of the Fermi sea's torque.
    """
    lengths = np.arange(1.0, 1.5, 0.04)
    found = []
    for length in lengths:
        layers = VALVE.stack(VALVE.complete({"spacer_length": length, "fm_length": 0.4, "spacing": 0.02}))
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


@pytest.mark.parametrize(
    "given", [pytest.param({}, marks=pytest.mark.slow), {"kf_down": 5, "angle": 40, "spacer_length": 1}], ids=str
)
def test_stated_errors_of_the_valve_are_honest(given):
    """Channel sums with sharp resonances: every result of a coarse
    run is within its error of a run at 1e-5.
    """
    exact = VALVE.run(**QUICK | {"tolerance": 1e-5}, spacing=0.1, **given)
    for tolerance in (1e-2, 1e-4):
        data = VALVE.run(**QUICK | {"tolerance": tolerance}, spacing=0.1, **given)
        for result in VALVE.results:
            name = f"result_{result.name}"
            assert abs(float(data[name] - exact[name])) <= float(data[f"{name}_error"]) + 1e-9, (tolerance, name)


def test_incident_spin_needs_a_lead_without_magnetisation():
    magnet = kt.FreeElectron.from_wavevectors(10, 6)
    stack = kt.Stack([kt.Layer(magnet, 1, m="z")], 0.1)
    with pytest.raises(InputError, match="both spins have the same velocity"):
        kt.torques_at(stack, [[0, 0]], 0.0, incident_spin="x")
    holes = kt.Stack([kt.Layer(kt.KohnLuttinger(), 1)], 0.2)
    with pytest.raises(InputError, match="two states per site"):
        kt.torques_at(holes, [[0, 0]], 0.1, incident_spin="x")


def test_coupling_next_to_antiparallel():
    """Of two bound levels that come as close as 1e-6/nm, only one is filled in between,
    and that is a part of the coupling: coupling/sin(angle) goes on smoothly.

    It is compared with a plain sum over k at 175 degrees, where they are 0.04/nm apart.
    """
    given = {"kf_normal": 8, "kf_up": 10.06, "kf_down": 0.63, "fm_length": 0.24, "spacer_length": 0.16}

    def stack(angle):
        return VALVE.stack(VALVE.complete({**given, "spacing": 0.08, "angle": angle}))

    def in_the_spacer(values):
        bond = values["spin_current"].shape[-2] // 2
        return {"coupling": values["spin_current"][..., bond, 1]}

    # Finely where the two levels are, whose jumps a plain sum has to meet.
    pieces = [(0, 8.5, 800), (8.5, 8.75, 2500), (8.75, 10.06, 300)]
    r, weight = (
        np.concatenate(parts)
        for parts in zip(
            *((a + (b - a) * (np.arange(n) + 0.5) / n, np.full(n, (b - a) / n)) for a, b, n in pieces), strict=True
        )
    )
    values, _ = of_sea(stack(175.0), np.stack([r, 0 * r], axis=1))
    plain = (r * weight) @ in_the_spacer(values)["coupling"] / (2 * np.pi) / np.sin(np.radians(175))
    for angle in (179.99, 179.9999):
        data = kt.steady_state(stack(angle), derived=in_the_spacer, **QUICK)
        ours = data.coupling.sel(part="sea") / np.sin(np.radians(angle))
        assert float(ours) == pytest.approx(plain, rel=2e-3), angle


def test_level_on_the_fermi_energy():
    """A panel 1e-9/nm wide lies where a level of the spacer passes the Fermi energy.

    Its Green function has few digits left and the sea has lost nothing: the coupling is
    that of the same valve with kf_up larger by 1e-7.
    """
    given = {"kf_up": 10.33357670152434, "kf_down": 3.3572580226505075, "fm_length": 1.4, "spacer_length": 0.5}
    given |= {"angle": 118.6690452834184, "spacing": 0.05}
    here, beside = (
        VALVE.run(tolerance=1e-2, **QUICK, **given | {"kf_up": given["kf_up"] + x}).result_exchange_coupling
        for x in (0, 1e-7)
    )
    assert float(here) == pytest.approx(float(beside), rel=1e-4)
