"""Richardson's extrapolation: removes O(a^2), states what
it removed, refuses two different devices.
"""

import numpy as np
import pytest
import xarray as xr

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.systems import Sweep, find

WIRE = find("gamnas-gaas-wire")
OPTIONS = {"tolerance": 2e-3, "progress": False}
SHORT = {"fm_length": 2, "nm_length": 2}


def result(spacing, value=0.0, rounding=0.0):
    """A Dataset with the error of a lattice, 3 a^2 + a^4."""
    number = xr.DataArray(1 + 3 * spacing**2 + spacing**4 + value, attrs={"units": "eV"})
    attrs = {"rounding_nm": rounding, "closure": spacing, "error_estimate": 1e-3, "k_points": 5, "seconds": 1.0}
    profile = xr.DataArray(np.zeros(round(1 / spacing)), dims="site")
    first = xr.DataArray(1 + spacing, attrs={"lattice_order": 1})
    z = spacing * np.arange(profile.size)
    return xr.Dataset(
        {"number": number, "number_error": 0.01, "first": first, "profile": profile},
        {"z": ("site", z), "boundary_z": ("boundary", [0.0, 1.0])},
        attrs,
    )


def test_second_order_is_removed_and_the_error_stated():
    data = kt.extrapolate(result, spacing=0.1)
    assert float(data.number) == pytest.approx(1 - 0.1**4 / 4)
    assert float(data.number_spacing_error) == pytest.approx((0.03 * 0.75 + 0.1**4 * 15 / 16) / 3)
    assert float(data.number_error) == pytest.approx(0.05 / 3)
    assert data.number.attrs["units"] == "eV"
    assert abs(float(data.first) - 1) < float(data.first_spacing_error)
    assert data.attrs["spacings"] == pytest.approx([0.1, 0.05])
    assert data.closure == 0.1
    assert data.k_points == 10
    assert data.sizes["site"] == 20


@pytest.mark.parametrize(("k", "step", "thickness"), [(8.0, 5.8, 0.6), (9.6, 5.4, 0.2), (8.2, 4.3, 0.6)])
def test_a_change_that_passes_through_zero_is_no_evidence(k, step, thickness):
    """Magnets on a coarse lattice, where the corrections of one torque nearly vanish.
    The reference is the same at 20 times finer spacing, its lattice error 400 times
    smaller.
    """
    system = find("spin-filter")
    given = {"k": k, "step": step, "thickness": thickness, "angle": 90, "progress": False}
    data = system.run(spacing=0.1, to_zero_spacing=True, **given)
    exact = system.run(spacing=0.005, **given)
    off = abs(float(data.result_torque_out_of_plane - exact.result_torque_out_of_plane))
    assert off <= float(data.result_torque_out_of_plane_spacing_error)


def test_two_devices_are_refused():
    with pytest.raises(InputError, match=r"whole multiples of the spacing, but one was rounded by 0\.03 nm"):
        kt.richardson(result(0.1, rounding=0.03), result(0.05))
    with pytest.raises(InputError, match="needs a spacing and half of it"):
        kt.richardson(result(0.05), result(0.1))
    with pytest.raises(InputError, match="the same device twice, got energy = 1 and 2"):
        kt.richardson(result(0.1).assign_attrs(energy=1), result(0.05).assign_attrs(energy=2))
    with pytest.raises(InputError, match="`spacing` must be > 0 nm"):
        kt.extrapolate(result, spacing=0)
    with pytest.raises(InputError, match="whole multiples"):
        WIRE.run(to_zero_spacing=True, fm_length=20.1)
    with pytest.raises(InputError, match="whole multiples"):
        Sweep(WIRE, {}, {"fm_length": [20.0, 20.1]}, to_zero_spacing=True)


def test_wire_at_two_spacings_meets_the_continuum():
    """1.1101, 0.4801, 0.6301: mode matching without a lattice (tests/references)."""
    data = WIRE.run(**OPTIONS | {"tolerance": 3e-4}, to_zero_spacing=True, **SHORT)
    for name, exact in (("Qjz_in", 1.1101), ("Qjz_out", 0.4801), ("lattice_torque", 0.6301)):
        value = data[f"result_{name}"]
        assert float(value) == pytest.approx(exact, abs=5e-4)
        error, left = (float(data[f"result_{name}_{kind}error"]) for kind in ("", "spacing_"))
        assert abs(float(value) - exact) < error + left
    per_nm = data.lattice_torque_limit.sel(lead="right", axis="z")
    assert data.attrs["tolerance"] == 3e-4
    assert abs(float(per_nm)) < 1e-3
    plain = WIRE.run(**OPTIONS, **SHORT)
    assert abs(float(plain.result_Qjz_out) - 0.4801) > 2e-3


def test_sweep_of_extrapolated_results():
    quick = {"tolerance": 0.2, "progress": False}
    data = Sweep(WIRE, SHORT, {"exchange": [0.25, 0.27]}, to_zero_spacing=True).run(**quick)
    one = WIRE.run(**quick, to_zero_spacing=True, exchange=0.25, **SHORT)
    assert float(data.result_Qjz_in[0]) == float(one.result_Qjz_in)
    assert float(data.result_Qjz_in_spacing_error[0]) == float(one.result_Qjz_in_spacing_error)
    drawn = [label for ax in kt.plot.results_against(data).figure.axes for label in ax.get_legend_handles_labels()[1]]
    assert len(drawn) == len(WIRE.results)


def of_a_system(spacing, runs):
    """One result of a lattice on which it is not yet of second order."""
    runs.append(spacing)
    value = {0.1: 2.0, 0.05: 1.4, 0.025: 1.38}[spacing]
    data = result(spacing)
    number = xr.DataArray(value, attrs={"units": "1", "lattice_order": 2})
    return data.assign(result_number=number, result_number_error=0.0)


def test_a_large_correction_calls_for_a_third_spacing():
    """From 2 to 1.4 is a seventh of it, and from there to 1.38 no quarter of that."""
    runs = []
    data = kt.extrapolate(lambda a: of_a_system(a, runs), spacing=0.1)
    assert runs == data.attrs["spacings"] == [0.1, 0.05, 0.025]
    assert float(data.result_number) == pytest.approx(1.38 - 0.02 / 3)
    assert float(data.result_number_spacing_error) == pytest.approx(3 * 0.6 / 4 / 3)
    assert data.k_points == 15


def test_a_third_spacing_keeps_its_word_where_two_do_not():
    """A magnet on a lattice with k a = 1.2; the reference is 20 times finer."""
    system = find("spin-filter")
    given = {"k": 12.0, "step": 5.0, "thickness": 1.0, "angle": 90, "progress": False}
    data, exact = system.run(spacing=0.1, to_zero_spacing=True, **given), system.run(spacing=0.005, **given)
    assert len(data.attrs["spacings"]) == 3
    for name in ("torque_in_plane", "torque_out_of_plane", "reflectance_down"):
        off = abs(float(data[f"result_{name}"] - exact[f"result_{name}"]))
        assert off < float(data[f"result_{name}_spacing_error"])


def test_every_energy_is_extrapolated():
    """Sharvin's conductance, 2 k_F^2/4 pi in e^2/h/nm^2, at both energies."""
    copper = kt.FreeElectron.from_wavevectors(5.0)

    def at(spacing):
        stack = kt.Stack([kt.Layer(copper, 0.4)], spacing)
        return kt.torques(stack, [0.0, 0.1], tolerance=1e-3, progress=False)

    data = kt.extrapolate(at, spacing=0.1)
    square = 25 + data.energy.values / kt.units.HBAR2_OVER_2M0
    assert data.conductance.values == pytest.approx(square / (2 * np.pi), rel=2e-3)
    assert float(data.conductance_spacing_error) > 0
