"""Domain walls and spirals: references, the two limits of wide and
narrow, the books of the weighted totals.
"""

import numpy as np
import pytest
from helpers import QUICK

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.spectrum.channels import thresholds
from kwantorque.systems import Sweep, find
from kwantorque.systems.domain_wall import Spiral, Wall, stack, weighted_totals
from kwantorque.units import HBAR2_OVER_2M0

WALL = find("domain-wall")
FINE = QUICK | {"tolerance": 1e-6}


@pytest.mark.parametrize(
    ("width", "spacing", "expected"),
    [(1, 0.05, (4.154962, -0.20107, -4.0655e-3)), (8, 0.2, (4.176965, -0.200017, -6.316e-5))],
)
def test_references(width, spacing, expected):
    """Values without a lattice: transfer through the
    wall in the continuum, summed over k_par.
    """
    data = WALL.run(**FINE, width=width, spacing=spacing, to_zero_spacing=width < 5)
    g, adiabatic, nonadiabatic = (
        float(data[f"result_{name}"]) for name in ("conductance", "torque_adiabatic", "torque_nonadiabatic")
    )
    assert g == pytest.approx(expected[0], rel=2e-3)
    assert adiabatic == pytest.approx(expected[1], rel=1e-3)
    assert nonadiabatic == pytest.approx(expected[2], rel=1e-2)


def test_adiabatic_total_is_the_change_of_longitudinal_spin_flux():
    """A = -(J_z in - J_z out)/I, and the torque's books close at every site."""
    data = WALL.run(**QUICK)
    flux = data.spin_current_limit.sel(axis="z")
    assert float(data.result_torque_adiabatic) == pytest.approx(-float(flux[0] - flux[1]), abs=1e-6)
    assert data.closure < 1e-10


def test_non_adiabatic_torque_and_resistance_fall_with_the_width_squared():
    """Summed over k_par: some electrons always graze the wall."""
    widths = np.array([0.1, 0.3, 1.0, 2.0, 4.0, 10.0])
    found = [WALL.run(**FINE, width=w, spacing=min(w / 4, 0.2)) for w in widths]
    for name in ("torque_nonadiabatic", "wall_resistance"):
        values = np.abs([float(data[f"result_{name}"]) for data in found])
        slopes = np.diff(np.log(values)) / np.diff(np.log(widths))
        # Two decades of widths: from a wall narrower than a wavelength, which reflects,
        # to the power law.
        assert slopes[-2:] == pytest.approx([-2, -2], abs=0.1), name
        assert slopes[0] > -1.5
    assert float(found[-1].result_torque_adiabatic) == pytest.approx(-0.2, rel=1e-3)


def test_in_one_channel_it_falls_exponentially():
    """The reflected part as exp(-pi (k_up + k_down) w),
    times a power of w; and the torque with it.
    """
    widths = np.array([0.3, 0.4, 0.5, 0.6, 0.7])
    found, torques = [], []
    for width in widths:
        stack = WALL.stack(WALL.complete({"width": width, "spacing": 0.01}))
        m = np.array([stack.layers[0].m(z) for z in stack.z])
        data = kt.torques_at(stack, [[0.0, 0.0]], 1.0)
        values = {name: variable.values for name, variable in data.data_vars.items()}
        totals = weighted_totals(m, values)
        found.append(abs(float(totals["reflected"][0])))
        torques.append(abs(float(totals["nonadiabatic"][0])))
    rates, of_torque = (np.diff(np.log(values)) / np.diff(widths) for values in (found, torques))
    assert of_torque[-1] == pytest.approx(rates[-1], rel=0.06)
    # d ln(w^n exp(-kappa w))/dw = n/w - kappa: kappa from the last two steps.
    middle = (widths[1:] + widths[:-1]) / 2
    kappa = -(rates[-1] * middle[-1] - rates[-2] * middle[-2]) / (middle[-1] - middle[-2])
    momenta = np.sqrt(np.array([1.2, 0.8]) / HBAR2_OVER_2M0)
    assert kappa == pytest.approx(np.pi * momenta.sum(), rel=0.06)


def test_figures():
    """The wall: both components of the torque; a sweep of
    its width: both results and a power law.
    """
    quick = QUICK | {"tolerance": 0.1}
    data = WALL.run(**quick, spacing=0.1, width=0.5)
    along, enlarged = kt.plot.wall_torques(data).get_lines()[:2]
    times = float(enlarged.get_label().partition("$\\times$")[2] or 1)
    along, across = along.get_ydata(), enlarged.get_ydata() / times
    m, torque = data.magnetisation.values, data.exchange_torque.values / 0.1
    assert np.allclose(along, torque[:, 0] * m[:, 2] - torque[:, 2] * m[:, 0])
    assert np.allclose(across, torque[:, 1])
    # Electrons that follow: hbar/2 times -P per radian.
    assert along.sum() * 0.1 == pytest.approx(-0.2 / 2 * np.pi, rel=0.1)
    swept = Sweep(WALL, {"spacing": 0.1}, {"width": [0.5, 1.0]}).run(**quick)
    ax = kt.plot.against_width(swept)
    torque, law = (line.get_ydata() for line in ax.get_lines()[:2])
    (other,) = (one for one in ax.figure.axes if one is not ax)
    (resistance,) = (line.get_ydata() for line in other.get_lines())
    assert np.array_equal(torque, np.abs(swept.result_torque_nonadiabatic))
    assert np.array_equal(resistance, np.abs(swept.result_wall_resistance))
    assert law == pytest.approx(torque[-1] * np.array([4, 1]))
    with pytest.raises(InputError, match="needs a sweep of `width` alone"):
        kt.plot.against_width(data)


def test_wall_and_spiral_as_textures():
    assert Wall(2.0, 5.0)(5.0) == pytest.approx((1, 0, 0))
    assert np.linalg.norm(Wall(2.0, 5.0)(7.3)) == pytest.approx(1)
    assert Spiral(4.0)(1.0) == pytest.approx((1, 0, 0), abs=1e-12)
    magnet = kt.FreeElectron(exchange=-0.4)
    stack = kt.Stack(
        [kt.Layer(magnet, 8, m=Spiral(4.0))], 0.1, left=kt.Layer(magnet, m="z"), right=kt.Layer(magnet, m="z")
    )
    data = kt.per_current(kt.torques(stack, 1.0, tolerance=1e-2, progress=False))
    assert data.closure < 1e-10
    # Electrons follow: the torque turns the magnetisation along e_theta, P per radian.
    m = np.array([Spiral(4.0)(z) for z in data.z.values])
    e_theta = np.stack([m[:, 2], 0 * m[:, 0], -m[:, 0]], axis=1)
    along = (data.exchange_torque.values * e_theta).sum(axis=1)[20:-20].mean() / 0.1
    assert along == pytest.approx(-0.2 / 2 * 2 * np.pi / 4, rel=0.1)


def test_stated_errors_are_honest():
    given = {"width": 0.5, "fermi_energy": 0.6}
    exact = WALL.run(**FINE, **given)
    for tolerance in (1e-2, 1e-4):
        data = WALL.run(**QUICK | {"tolerance": tolerance}, **given)
        for result in WALL.results:
            name = f"result_{result.name}"
            assert abs(float(data[name] - exact[name])) <= float(data[f"{name}_error"]), (tolerance, name)


def test_bad_input():
    with pytest.raises(InputError, match="`exchange` must not be 0 eV"):
        WALL.run(exchange=0)
    with pytest.raises(InputError, match=r"`width` must be at least 2 spacings of 0\.05 nm"):
        WALL.run(width=0.01)


@pytest.mark.parametrize("width", [3.0, 4.0])
def test_a_smooth_wall_states_its_error(width):
    """Slow electrons see a wall as an edge, fast ones do not, so that 15 points agree
    with 7 by accident. G = int k dk T/2 pi by equal steps in an angle.
    """
    given = {"width": width, "spacing": 0.1}
    data = WALL.run(**given, tolerance=1e-2, progress=False)
    whole = WALL.complete(given)
    layers, energy = stack(whole), whole["fermi_energy"]
    u = (np.arange(300) + 0.5) / 300
    conductance, start = 0.0, 0.0
    for stop in thresholds(layers.left, layers.spacing, energy, np.zeros(1))[0]:
        k = start + (stop - start) * np.sin(np.pi * u / 2) ** 2
        dk = (stop - start) * np.pi / 2 * np.sin(np.pi * u) / len(u)
        at_k = kt.torques_at(layers, np.stack([k, 0 * k], axis=1), energy).particle_current_limit
        conductance += float((k * dk) @ at_k.sel(lead="right").values) / (2 * np.pi)
        start = stop
    assert abs(float(data.result_conductance) - conductance) < float(data.result_conductance_error)


def test_a_result_that_misses_the_tolerance_is_named():
    """B is 1e-3 of the current: an error of 8e-4 relative to that is nearly all of it.
    One that is zero within its error is measured against the largest of its unit.
    """
    data = WALL.run(spacing=0.1, tolerance=1e-3, progress=False)
    assert data.error_estimate > 0.1
    assert "torque_nonadiabatic" in WALL.missed(data)
    assert any("torque_nonadiabatic" in line for line in WALL.quality(data))
    nothing = data.assign(result_torque_nonadiabatic=0.0)
    of_largest = float(data.result_torque_nonadiabatic_error / abs(data.result_torque_adiabatic))
    assert WALL.missed(nothing)["torque_nonadiabatic"] == pytest.approx(of_largest)
    assert not WALL.missed(data.assign_attrs(tolerance=1.0))
