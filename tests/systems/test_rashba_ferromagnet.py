"""The Rashba ferromagnet as a prepared system."""

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.cli import commands
from kwantorque.errors import InputError
from kwantorque.systems import SYSTEMS

SYSTEM = SYSTEMS["rashba-ferromagnet"]
QUIET = {"progress": False}


def results(**given):
    return SYSTEM.results_of(SYSTEM.run(**given, **QUIET))


def test_published_numbers_and_their_errors():
    """Independent numbers of M and E along x."""
    data = SYSTEM.run(**QUIET)
    found = SYSTEM.results_of(data)
    assert found["torque_interband_y"] == pytest.approx(1.04398605e-2, rel=1e-8)
    assert found["torque_intraband_z"] == pytest.approx(-2.08797210e-2, rel=1e-8)
    assert found["amr"] == pytest.approx(1.311049e-3, rel=1e-6)
    assert found["amr_delta_scatterers"] == pytest.approx(3.269559e-4, rel=1e-6)
    assert found["polarisation"] == 1
    assert found["energy_balance"] < 1e-8
    assert data.closure < 1e-12
    assert data.error_estimate < 1e-3


def test_field_and_magnetisation_turn_together():
    """Both turned by 35 degrees in the plane: torques turn, numbers stay."""
    at = {"rashba": 0.05, "exchange": 0.5, "fermi_energy": 1.0, "theta": 60}
    one, other = results(phi=20, **at), results(phi=55, field_angle=35, **at)
    turn = np.radians(35)
    for kind in ("interband", "intraband"):
        x, y, z = (one[f"torque_{kind}_{axis}"] for axis in "xyz")
        expected = (x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn), z)
        assert [other[f"torque_{kind}_{axis}"] for axis in "xyz"] == pytest.approx(expected, abs=1e-9)
    for name in ("amr", "amr_delta_scatterers", "spin_force", "density", "polarisation"):
        assert other[name] == pytest.approx(one[name], abs=1e-9)


def test_torque_is_across_the_magnetisation():
    found = results(theta=40, phi=70, rashba=0.05)
    m = np.array([np.sin(np.radians(40)) * np.cos(np.radians(70)), np.sin(np.radians(40)) * np.sin(np.radians(70)), 0])
    m[2] = np.cos(np.radians(40))
    for kind in ("interband", "intraband"):
        torque = np.array([found[f"torque_{kind}_{axis}"] for axis in "xyz"])
        assert abs(torque @ m) < 1e-12
        assert np.abs(torque).max() > 1e-3


def test_temperature_smears_the_fermi_line():
    """Both bands occupied: the interband torque is universal at any temperature."""
    at = {"rashba": 0.05, "exchange": 0.5, "fermi_energy": 1.0}
    cold, warm = results(**at), results(temperature=300, tolerance=1e-2, **at)
    assert warm["torque_interband_y"] == pytest.approx(cold["torque_interband_y"], rel=1e-8)
    assert warm["density"] == pytest.approx(cold["density"], rel=1e-6)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"fermi_energy": -2}, "`fermi_energy` must lie in a band, so that there is a Fermi line"),
        ({"exchange": 0}, "`exchange` must be > 0 eV, got 0"),
        ({"mass": -1}, "`mass` must be > 0 m0"),
        ({"spacing": -1}, "`spacing` must be >= 0 nm"),
        ({"spacing": 0.2, "fermi_energy": 50}, "there is a Fermi line"),
        ({"temperature": -1}, "`temperature` must be >= 0 K"),
    ],
)
def test_bad_input(changed, message, capsys):
    with pytest.raises(InputError, match=message):
        SYSTEM.run(**changed, **QUIET)
    words = [word for key, value in changed.items() for word in ("--set", f"{key}={value}")]
    assert commands.main(["run", "rashba-ferromagnet", *words, "--quiet"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_sweep_is_drawn_with_both_formulas():
    swept = kt.sweep(SYSTEM, rashba=[0.02, 0.08], exchange=0.5, fermi_energy=1.0, **QUIET)
    ax = kt.plot.torque_against_coupling_strength(swept)
    kubo, leading, exact = (line.get_ydata() for line in ax.get_lines()[:3])
    assert kubo == pytest.approx(exact, rel=1e-8)
    assert leading[1] > kubo[1]
    with pytest.raises(InputError, match="a sweep of `rashba`"):
        kt.plot.torque_against_coupling_strength(SYSTEM.run(**QUIET))


def test_resistivity_in_polar_form():
    data = SYSTEM.run(rashba=0.1, mass=0.3, **QUIET)
    ax = kt.plot.amr_in_polar_form(data)
    line = ax.get_lines()[0]
    assert line.get_ydata().max() == pytest.approx(1 + float(data.result_amr))
    with pytest.raises(InputError, match="polar axes"):
        kt.plot.amr_in_polar_form(data, ax=kt.plot.fermi_lines(data))


@pytest.mark.parametrize(
    ("rashba", "exchange", "energy", "holds"),
    [(0.05, 0.5, 1.0, True), (0.01, 1.0, 0.0, False), (0.08, 0.3, 2.0, False)],
    ids=["both bands", "one band", "touching point inside both"],
)
def test_the_closed_form_is_said_where_it_holds(rashba, exchange, energy, holds):
    """alpha/(4 pi c) beside the sum over states, which knows nothing of it."""
    data = SYSTEM.run(rashba=rashba, exchange=exchange, fermi_energy=energy, **QUIET)
    assert bool(data.damping_like_exact.notnull()) == holds
    if holds:
        assert float(data.result_torque_interband_y) == pytest.approx(float(data.damping_like_exact), rel=1e-6)
    else:
        bare = rashba / (4 * np.pi * 0.0380998212)
        assert abs(float(data.result_torque_interband_y) / bare - 1) > 0.1
