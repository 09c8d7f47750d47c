"""Ralph & Stiles' toy models: one electron, wave matching by hand."""

import numpy as np
import pytest

from kwantorque.cli import commands
from kwantorque.errors import InputError
from kwantorque.systems import find
from kwantorque.units import HBAR2_OVER_2M0

FILTER = find("spin-filter")


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
    # A step the minority cannot enter reflects all of it, on a lattice as well: no
    # error, and no slope of it.
    slopes = [2, 2] if max(errors) < 1e-10 else np.log2(np.array(errors[:-1]) / errors[1:])
    assert slopes == pytest.approx([2, 2], abs=0.15)
    extrapolated = FILTER.run(**given, spacing=0.005, to_zero_spacing=True)
    assert list(FILTER.results_of(extrapolated).values()) == pytest.approx(exact, abs=3e-5)


@pytest.mark.parametrize("step", [1e-2, 1e-3, 1e-4, 1e-5])
def test_a_weak_magnet_without_end_takes_all_transverse_spin(step):
    """However slowly it precesses there: 1e-5 eV turn it by 2e-7 per cell of the
    default lattice, and the torque is what comes in.
    """
    data = FILTER.run(step=step, angle=90)
    assert list(FILTER.results_of(data).values()) == pytest.approx(by_hand(10, step, 90, 0), abs=1e-6)


def test_a_magnet_too_weak_to_tell_from_none_is_refused():
    """Rounding would decide whether the torque is 0 or 1/2; in a slab it does not."""
    with pytest.raises(InputError, match=r"exchange splitting of the right lead, 1e-08 eV.*at a spacing of 0.005 nm"):
        FILTER.run(step=1e-8, angle=90)
    slab = FILTER.run(step=1e-8, angle=90, thickness=0.1)
    assert list(FILTER.results_of(slab).values()) == pytest.approx(by_hand(10, 1e-8, 90, 0.1), abs=1e-9)
    assert float(FILTER.run(step=0, angle=90).result_torque_in_plane) == 0


def test_spin_current_on_both_sides_and_its_precession(solver):
    """Wave matching between bonds; inside the magnet the
    transverse part turns with k_up - k_down.
    """
    spin_filter = FILTER.run(solver=solver, k=10, step=2, angle=30, spacing=0.005)
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


def test_torque_is_a_sine_of_the_angle():
    data = [FILTER.run(angle=angle, thickness=0.2, spacing=0.02) for angle in (30, 90)]
    for name in ("torque_in_plane", "torque_out_of_plane"):
        thirty, ninety = (float(one[f"result_{name}"]) for one in data)
        assert thirty == pytest.approx(ninety / 2, rel=1e-9)


def test_torque_oscillates_with_the_thickness():
    """With k_up - k_down, about that of a thick
    layer without interference, (sin theta)/2.
    """
    thickness = np.arange(0.1, 4.0, 0.1)
    found = [FILTER.results_of(FILTER.run(angle=90, step=2, thickness=t, spacing=0.02)) for t in thickness]
    in_plane, out_of_plane = (np.array([one[f"torque_{x}"] for one in found]) for x in ("in_plane", "out_of_plane"))
    mixed = (1 - 2 * in_plane) + 2j * out_of_plane
    k_down = np.sqrt(100 - 2 / HBAR2_OVER_2M0)
    turns = np.polyfit(thickness, np.unwrap(np.angle(mixed)), 1)[0]
    assert turns == pytest.approx(10 - k_down, rel=0.02)
    whole = thickness < 2 * 2 * np.pi / (10 - k_down)
    assert in_plane[whole].mean() == pytest.approx(0.5, abs=0.05)
    assert np.ptp(in_plane) > 0.8


def test_a_table_of_one_electron_speaks_of_no_k_integral(capsys):
    """Nothing is integrated over k_par: errors are rounding."""
    assert commands.main(["run", "spin-filter", "--set", "spacing=0.05", "--set", "thickness=0.1"]) == 0
    table = capsys.readouterr().out
    assert table.splitlines()[1].split() == ["result", "value", "rounding", "unit"]
    assert "one k-point" in table
    assert "k error" not in table
    assert "integra" not in table
    assert (
        commands.main(["run", "spin-filter", "--set", "spacing=0.05", "--set", "thickness=0.1", "--extrapolate"]) == 0
    )
    table = capsys.readouterr().out
    assert "a error: what the extrapolation" in table
    assert "k error" not in table
