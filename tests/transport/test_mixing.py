"""Mixing conductance and spin transmission of one's own stacks."""

import numpy as np
import pytest
from scipy.integrate import quad

import kwantorque as kt
from kwantorque.units import HBAR2_OVER_2M0

COPPER = kt.FreeElectron.from_wavevectors(12.0)
COBALT = kt.FreeElectron.from_wavevectors(13.0, 7.0)
SPACING, THICK = 0.05, 0.4
RASHBA = kt.Interface(kt.terms.rashba(0.04))


def slab(m="z", **right):
    """Cu | Co | Cu."""
    return kt.Stack([kt.Layer(COPPER, 0.2), kt.Layer(COBALT, THICK, m=m)], SPACING, **right or {"right": METAL})


METAL = kt.Layer(COPPER)


def amplitudes(k_par):
    """r and t of up and down by wave matching on the lattice, where K = sin(ka)/a takes
    the place of the slope: exact, since an interface site is half of each side.
    """

    def wavevector(bottom):
        e = (0.0 - bottom) / HBAR2_OVER_2M0 - k_par**2
        return np.arccos(1 - SPACING**2 * (e + 0j) / 2) / SPACING

    found = []
    for bottom in COBALT.bottoms:
        k, q = wavevector(COPPER.bottom), wavevector(bottom)
        slope, inside = (np.sin(x * SPACING) / SPACING for x in (k, q))
        # 1 + r, t at both ends of the slab; waves a exp(iqz) + b exp(-iqz) in it.
        turn = np.exp(1j * q * THICK)
        matrix = np.array(
            [
                [-1, 0, 1, 1],
                [slope, 0, inside, -inside],
                [0, -1, turn, 1 / turn],
                [0, -slope, inside * turn, -inside / turn],
            ]
        )
        r, t, *_ = np.linalg.solve(matrix, np.array([1, slope, 0, 0], complex))
        found.append((r, t))
    return found


def exact():
    """The sums over k_par, up to the k_F of the metal."""

    def integral(of):
        edge = np.sqrt(-COPPER.bottom / HBAR2_OVER_2M0)
        points = np.sqrt(np.clip(-np.array(COBALT.bottoms) / HBAR2_OVER_2M0, 0, edge**2))
        return quad(lambda k: k / (2 * np.pi) * of(*amplitudes(k)), 0, edge, points=points, limit=200)[0]

    def mixing(up, down):
        return 1 - up[0] * np.conj(down[0])

    def through(up, down):
        return up[1] * np.conj(down[1])

    return {
        "sharvin": integral(lambda up, down: 1.0),
        "mixing_real": integral(lambda up, down: mixing(up, down).real),
        "mixing_imag": integral(lambda up, down: mixing(up, down).imag),
        "spin_transmission_real": integral(lambda up, down: through(up, down).real),
        "spin_transmission_imag": integral(lambda up, down: through(up, down).imag),
        "conductance_up": integral(lambda up, down: abs(up[1]) ** 2),
        "conductance_down": integral(lambda up, down: abs(down[1]) ** 2),
    }


@pytest.mark.parametrize("m", ["z", "-x", (1, 2, -2)])
def test_reflection_and_transmission_by_wave_matching(m):
    """Whatever the axis of the magnet."""
    data = kt.mixing_conductance(slab(m), tolerance=1e-3, progress=False)
    for name, value in exact().items():
        assert abs(float(data[name]) - value) <= float(data[f"{name}_error"]) + 1e-9, name
        assert data[name].attrs["units"] == "e^2/h/nm^2"
        assert float(data[f"{name}_error"]) < 2e-3 * data.sharvin
    assert np.array(eval(data.attrs["incident_spin"])) @ kt.Layer(COBALT, m=m).m == pytest.approx(0, abs=1e-14)


def test_what_enters_and_does_not_leave_is_torque():
    data = kt.mixing_conductance(slab(), tolerance=1e-2, progress=False)
    taken = [float(data[f"mixing_{part}"] - data[f"spin_transmission_{part}"]) for part in ("real", "imag")]
    torque = 4 * np.pi * data.exchange_torque_total.sel(axis=["x", "y"]).values
    assert torque == pytest.approx([taken[0], -taken[1]], rel=1e-10)
    assert data.closure < 1e-10


def test_a_magnet_without_end_lets_no_transverse_spin_through():
    data = kt.mixing_conductance(slab(right=None), tolerance=0.05, progress=False)
    assert float(data.spin_transmission_real) == float(data.spin_transmission_imag) == 0


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        (
            lambda: kt.Stack([kt.Layer(COPPER, 1), kt.Layer(COBALT, 1, m="z")], 0.05, right=kt.Layer(COBALT, m="x")),
            "one axis",
        ),
        (lambda: kt.Stack([kt.Layer(COPPER, 1), RASHBA, kt.Layer(COBALT, 1, m="z")], 0.05), "term 'rashba' turns it"),
        (lambda: kt.Stack([kt.Layer(COBALT, 1, m="z")], 0.05, right=METAL), "source lead in which both spins"),
        (lambda: kt.Stack([kt.Layer(kt.KohnLuttinger(), 1)], 0.1), "two states per site|turns it"),
        (lambda: "Co", "`stack` must be a Stack"),
    ],
)
def test_what_has_no_mixing_conductance(stack, message):
    with pytest.raises(kt.InputError, match=message):
        kt.mixing_conductance(stack(), progress=False)


def test_conductance_is_that_of_both_spins():
    """And a response to one spin of each mode has none."""
    magnet = kt.Layer(kt.FreeElectron.from_wavevectors(12.0, 7.0), 0.4, m="z")
    stack = kt.Stack([kt.Layer(COPPER, 0.4), magnet], 0.1, right=kt.Layer(COPPER))
    quick = {"tolerance": 0.1, "progress": False}
    data = kt.mixing_conductance(stack, **quick)
    assert float(data.conductance) == pytest.approx(float(data.conductance_up + data.conductance_down), rel=1e-12)
    assert float(data.conductance) == pytest.approx(float(kt.torques(stack, 0.0, **quick).conductance), rel=1e-9)
    assert "conductance" not in kt.torques(stack, 0.0, incident_spin="x", **quick)
