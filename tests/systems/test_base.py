"""Every prepared system keeps the contract of the
command line, and its figure can be drawn.
"""

import contextlib
import json
import warnings

import numpy as np
import pytest
import xarray as xr
from helpers import FAST

from kwantorque.errors import InputError
from kwantorque.systems import SYSTEMS, find

# The names others' scripts depend on, and the defaults they may rely on.
CONTRACT = {
    "gamnas-gaas-wire": (
        {
            "fermi_energy": 0.06,
            "spin_orbit": 0.11,
            "exchange": 0.27,
            "gamma1": 6.85,
            "gamma2": 2.1,
            "gamma3": 2.9,
            "spacing": 0.2,
            "fm_length": 20,
            "nm_length": 40,
        },
        {"Qjz_in": "hbar I/e", "Qjz_out": "hbar I/e", "lattice_torque": "hbar I/e", "stt": "hbar I/e"},
    ),
    "gamnas-spin-valve": (
        {
            "fermi_energy": 0.16,
            "spin_orbit": 0.11,
            "exchange": 0.27,
            "gamma1": 6.85,
            "gamma2": 2.1,
            "gamma3": 2.9,
            "spacing": 0.1,
            "fm_length": 30,
            "barrier_height": 0.1,
            "barrier_length": 5,
            "angle": 90,
        },
        {
            "stt_total": "hbar I/e",
            "stt_persistent": "hbar I/e",
            "Qj_flux": "hbar I/e",
            "Qs_flux": "hbar I/e",
            "lattice_torque": "hbar I/e",
            "transmission": "1",
        },
    ),
    "spin-filter": (
        {"k": 10, "step": 2, "angle": 30, "thickness": 0, "spacing": 0.005},
        {"torque_in_plane": "hbar", "torque_out_of_plane": "hbar", "reflectance_up": "1", "reflectance_down": "1"},
    ),
    "normal-ferromagnet-interface": (
        {"kf_normal": 13.6, "kf_up": 13.6, "kf_down": 8, "spacing": 0.02},
        {
            "sharvin": "e^2/h/nm^2",
            "mixing_real": "e^2/h/nm^2",
            "mixing_imag": "e^2/h/nm^2",
            "conductance_up": "e^2/h/nm^2",
            "conductance_down": "e^2/h/nm^2",
        },
    ),
    "metallic-spin-valve": (
        {
            "kf_normal": 13.6,
            "kf_up": 13.6,
            "kf_down": 8,
            "fm_length": 2,
            "spacer_length": 2,
            "angle": 90,
            "spacing": 0.02,
        },
        {
            "conductance": "e^2/h/nm^2",
            "gmr": "1",
            "torque_in_plane": "hbar I/e",
            "torque_out_of_plane": "hbar I/e",
            "torque_in_plane_fixed": "hbar I/e",
            "torque_out_of_plane_fixed": "hbar I/e",
            "exchange_coupling": "eV/nm^2",
        },
    ),
    "magnetic-tunnel-junction": (
        {
            "kf_up": 10.9,
            "kf_down": 4.2,
            "kf_up_right": 10.9,
            "kf_down_right": 4.2,
            "barrier_height": 1,
            "barrier_length": 0.7,
            "barrier_mass": 0.4,
            "angle": 90,
            "bias": 0,
            "temperature": 0,
            "spacing": 0.025,
        },
        {
            "current": "eV/(hbar nm^2)",
            "tmr": "1",
            "torque_in_plane": "eV/nm^2",
            "torque_out_of_plane": "eV/nm^2",
            "torque_out_of_plane_equilibrium": "eV/nm^2",
            "torque_in_plane_left": "eV/nm^2",
            "torque_out_of_plane_left": "eV/nm^2",
        },
    ),
    "semi-magnetic-tunnel-junction": (
        {
            "rashba": 0.04,
            "theta": 45,
            "phi": 0,
            "bias": 0,
            "kf_up": 10.9,
            "kf_down": 4,
            "kf_normal": ((10.9**2 + 4**2) / 2) ** 0.5,
            "barrier_height": 1,
            "barrier_length": 0.6,
            "barrier_mass": 0.4,
            "spacing": 0.025,
        },
        {
            "conductance": "S/um^2",
            "current": "A/um^2",
            "torque_parallel": "eV/um^2",
            "torque_perpendicular": "eV/um^2",
            "torque_perpendicular_equilibrium": "eV/um^2",
        },
    ),
    "domain-wall": (
        {"width": 2, "exchange": 0.4, "fermi_energy": 1, "spacing": 0.05},
        {
            "conductance": "e^2/h/nm^2",
            "torque_adiabatic": "hbar I/e",
            "torque_nonadiabatic": "hbar I/e",
            "wall_resistance": "fohm m^2",
        },
    ),
    "spin-relaxation": (
        {
            "width": 6,
            "length": 41,
            "wavevector": 0.1,
            "exchange": 0.3,
            "energy": 1,
            "impurities": 15,
            "impurity_strength": 0.1,
            "spin_orbit_strength": 0,
            "realisations": 96,
            "average": "array",
            "texture": "spiral",
            "wall_width": 8,
            "seed": 0,
        },
        {
            "beta": "1",
            "beta_error": "1",
            "beta_analytic": "1",
            "beta_total": "1",
            "polarisation": "1",
            "current": "t/hbar per bias",
            "continuity": "1",
            "beta_spin_orbit": "1",
            "beta_spin_orbit_analytic": "1",
            "beta_spin_orbit_plane": "1",
        },
    ),
    "macrospin": (
        {
            "saturation": 1,
            "damping": 0.01,
            "anisotropy_perpendicular": 0,
            "anisotropy_in_plane": 0.02,
            "field_x": 0,
            "field_y": 0,
            "field_z": 0,
            "torque": 0.01,
            "field_like": 0,
            "asymmetry": 1,
            "angular": "slonczewski",
            "polariser_theta": 90,
            "polariser_phi": 0,
            "theta": 90,
            "phi": 175,
            "temperature": 0,
            "volume": 2e4,
            "duration": 35,
            "seed": 0,
            "thickness": 3,
            "efficiency": 0.3,
        },
        {
            "m_x": "1",
            "m_y": "1",
            "m_z": "1",
            "amplitude": "1",
            "frequency": "GHz",
            "threshold": "1",
            "switching_time": "ns",
            "threshold_current_density": "A/m^2",
        },
    ),
    "domain-wall-motion": (
        {
            "damping": 0.02,
            "beta": 0.04,
            "drift_velocity": 50,
            "wall_width": 10,
            "hard_axis_field": 0.02,
            "duration": 200,
        },
        {"velocity": "m/s", "velocity_initial": "m/s", "breakdown": "m/s", "precession": "GHz"},
    ),
}


AXES = "xyz"
OF_FILMS = {
    **{f"torque_{parity}_{x}": "1/nm" for parity in ("odd", "even") for x in AXES},
    "field_like": "1/nm",
    "damping_like": "1/nm",
    "sheet_conductance": "e^2/hbar",
    "closure": "1",
}
CONTRACT |= {
    "rashba-ferromagnet": (
        {
            "mass": 1,
            "rashba": 0.01,
            "exchange": 1,
            "fermi_energy": 0,
            "theta": 90,
            "phi": 0,
            "field_angle": 0,
            "temperature": 0,
            "spacing": 0,
        },
        {
            **{f"torque_interband_{x}": "1/nm" for x in AXES},
            **{f"torque_intraband_{x}": "eV/nm" for x in AXES},
            "density": "1/nm^2",
            "polarisation": "1",
            "amr": "1",
            "amr_delta_scatterers": "1",
            "spin_force": "1",
            "energy_balance": "1",
        },
    ),
    "rashba-film": (
        {
            "magnet_planes": 3,
            "metal_planes": 5,
            "hopping_magnet": -1,
            "hopping_metal": -0.8,
            "onsite_magnet": 0.3,
            "onsite_metal": 0,
            "exchange": -1.2,
            "rashba": 0.06,
            "rashba_plane": 3,
            "spacing": 0.3,
            "theta": 40,
            "phi": 25,
            "fermi_energy": -1.5,
            "relaxation": 0.1,
            "temperature": 300,
            "model": "relaxing",
        },
        OF_FILMS,
    ),
    "orbital-film": (
        {
            "magnet_planes": 2,
            "metal_planes": 4,
            "v_sigma_magnet": 0.9,
            "v_pi_magnet": -0.3,
            "v2_sigma_magnet": 0.25,
            "v2_pi_magnet": -0.1,
            "v_sigma_metal": 1,
            "v_pi_metal": -0.35,
            "v2_sigma_metal": 0.3,
            "v2_pi_metal": -0.1,
            "onsite_magnet": 0,
            "onsite_metal": -0.1,
            "exchange": -1,
            "spin_orbit_magnet": 0.05,
            "spin_orbit_metal": 0.4,
            "rashba": 0,
            "rashba_plane": 2,
            "spacing": 0.3,
            "theta": 60,
            "phi": 20,
            "fermi_energy": 1,
            "relaxation": 0.2,
            "temperature": 600,
            "model": "relaxing",
        },
        OF_FILMS | {"orbital_flux": "1/nm", "spin_flux": "1/nm"},
    ),
    "free-electron-film": (
        {
            "magnet_length": 1,
            "metal_length": 2,
            "mass": 1,
            "exchange": -1,
            "bottom": 0.3,
            "rashba": 0.02,
            "spacing": 0.1,
            "theta": 50,
            "phi": 30,
            "fermi_energy": 1.5,
            "relaxation": 0.1,
            "temperature": 600,
            "model": "relaxing",
        },
        OF_FILMS,
    ),
}


def test_every_system_has_a_contract_and_quick_parameters():
    assert set(SYSTEMS) == set(CONTRACT) == set(FAST)


@pytest.mark.parametrize("name", SYSTEMS)
def test_contract(name):
    parameters, results = CONTRACT[name]
    assert {p.name: p.default for p in SYSTEMS[name].parameters} == parameters
    assert {r.name: r.unit for r in SYSTEMS[name].results} == results


def test_results_are_in_the_dataset_with_unit_meaning_and_error(computed):
    system, data = computed
    assert data.attrs["system"] == system.name
    assert json.loads(data.attrs["parameters"]) == system.complete(FAST[system.name])
    for result in system.results:
        variable = data[f"result_{result.name}"]
        assert variable.shape == ()
        assert np.isfinite(variable)
        assert variable.attrs["units"] == result.unit
        assert variable.attrs["long_name"] == result.meaning
        error = data[f"result_{result.name}_error"]
        assert float(error) >= 0
        assert error.attrs["units"] == result.unit


def test_figure_is_drawn_from_the_dataset_alone(computed, tmp_path):
    system, data = computed
    path = tmp_path / "data.nc"
    data.to_netcdf(path)
    with xr.open_dataset(path) as read:
        ax = system.figure(read.load())
    ax.figure.savefig(tmp_path / "figure.png")
    assert any(unit in ax.get_xlabel() for unit in ("(nm)", "(ns)", "(sites)", "(1/nm)"))
    lines, before = ([line.get_xydata() for line in one.get_lines()] for one in (ax, system.figure(data)))
    assert all(np.array_equal(line, old, equal_nan=True) for line, old in zip(lines, before, strict=True))
    # Something that varies along the device, or in time, is drawn, all along it.
    size = max(data.sizes.get(along, 0) for along in ("site", "x", "time"))
    profiles = [
        line for line in lines if len(line) >= max(size // 3, 2) and np.nanmax(line[:, 1]) > np.nanmin(line[:, 1])
    ]
    assert profiles
    assert not np.isinf(np.concatenate(profiles)).any()


def test_wrong_names_and_values():
    wire = find("gamnas-gaas-wire")
    with pytest.raises(InputError, match="did you mean 'gamnas-gaas-wire'"):
        find("gamnas-gas-wire")
    with pytest.raises(InputError, match="did you mean 'fermi_energy'"):
        wire.run(fermi_enrgy=0.1)
    with pytest.raises(InputError, match="`fermi_energy` must be a number in eV, got 'abc'"):
        wire.run(fermi_energy="abc")


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=lambda system: system.name)
def test_no_value_of_a_parameter_ends_in_a_traceback(system):
    """0, a negative and a huge number for every parameter: an
    `InputError` that names something, or a stack.
    """
    for parameter in system.parameters:
        for value in (0, -1, 1e8):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with contextlib.suppress(InputError):
                    system.check(system.complete(FAST[system.name] | {parameter.name: value}))
                    assert not (parameter.positive and value <= 0)


def test_a_device_warns_once_of_what_its_runs_have_in_common():
    """Five runs of a junction make its stack six times."""
    junction = find("magnetic-tunnel-junction")
    with pytest.warns(UserWarning, match="barrier from 0.7 to 0.6 nm") as found:
        junction.run(spacing=0.2, bias=0.2, tolerance=0.3, progress=False, kf_up=4.0, kf_down=3.0)
    assert len(found) == 1
