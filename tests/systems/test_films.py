"""Films in an electric field on the command line: results, bad input, sweeps, null."""

import json

import numpy as np
import pytest
from helpers import FAST

import kwantorque as kt
from kwantorque.cli import commands
from kwantorque.errors import InputError
from kwantorque.plot.base import COMPONENTS
from kwantorque.systems import SYSTEMS

FILMS = ("rashba-film", "orbital-film", "free-electron-film")
QUICK = {"tolerance": 0.1, "progress": False}


def given(name):
    """`--set` of the quick parameters."""
    return [word for key, value in FAST[name].items() for word in ("--set", f"{key}={value}")]


@pytest.mark.parametrize("name", FILMS)
def test_results_are_those_of_the_response(name):
    system = SYSTEMS[name]
    data = system.run(**FAST[name], **QUICK)
    results = system.results_of(data)
    torque = data.exchange_torque_total
    assert results["torque_odd_x"] == float(torque.sel(part="dissipative", axis="x"))
    assert results["torque_even_z"] == float(torque.sel(part="intrinsic", axis="z"))
    assert results["closure"] == data.closure < 1e-12
    m = next(one for one in data.magnetisation.values if one.any())
    across = np.cross(m, [0, 1, 0])
    square = across @ across
    assert results["field_like"] == pytest.approx(torque.sel(part="dissipative").values @ across / square)
    damping = np.cross(m, across)
    assert results["damping_like"] == pytest.approx(torque.sel(part="intrinsic").values @ damping / square)


def test_orbital_moment_flows_without_spin_orbit_coupling():
    """Orbital Hall effect: L_y flows, and there is no torque."""
    off = {"spin_orbit_magnet": 0, "spin_orbit_metal": 0, "tolerance": 0.1}
    system = SYSTEMS["orbital-film"]
    results = system.results_of(system.run(**(FAST["orbital-film"] | off), progress=False))
    assert abs(results["orbital_flux"]) > 0.1
    for name in ("torque_even_y", "torque_odd_x", "spin_flux"):
        assert abs(results[name]) < 1e-12


def test_the_film_alone_on_the_metal_side_of_a_magnet():
    """No metal at all: nothing flows, and results are numbers."""
    system = SYSTEMS["orbital-film"]
    alone = FAST["orbital-film"] | {"magnet_planes": 1, "metal_planes": 0, "rashba_plane": 0, "rashba": 0.1}
    data = system.run(**alone, **QUICK)
    assert system.results_of(data)["spin_flux"] == 0
    assert system.figure(data).get_xlabel() == "z (nm)"


@pytest.mark.parametrize(
    ("name", "changed", "message"),
    [
        ("rashba-film", {"temperature": 0}, "must be > 0 K in the relaxing model"),
        ("rashba-film", {"relaxation": 0}, "`relaxation` must be > 0 eV, got 0"),
        ("rashba-film", {"relaxation": -0.1}, "`relaxation` must be > 0 eV"),
        ("rashba-film", {"rashba_plane": 8}, "`rashba_plane` must be a plane of the film, 0 to 7, got 8"),
        ("rashba-film", {"rashba_plane": 2.5}, "`rashba_plane` must be a plane"),
        ("rashba-film", {"magnet_planes": 1.5}, "`magnet_planes` must be a whole number"),
        ("rashba-film", {"metal_planes": 200}, "at most 60 planes"),
        ("rashba-film", {"fermi_energy": -20}, "there is no Fermi line"),
        ("rashba-film", {"model": "broad"}, "did you mean 'broadened'"),
        ("orbital-film", {"rashba_plane": 6}, "`rashba_plane` must be a plane of the film, 0 to 5"),
        ("free-electron-film", {"model": "broadened"}, "set model=relaxing"),
        ("free-electron-film", {"fermi_energy": -1}, "there is no Fermi line"),
        ("free-electron-film", {"spacing": 1e-4}, "at most 300 sites"),
    ],
)
def test_bad_input(name, changed, message, capsys):
    with pytest.raises(InputError, match=message):
        SYSTEMS[name].run(**changed, **QUICK)
    words = [word for key, value in changed.items() for word in ("--set", f"{key}={value}")]
    assert commands.main(["run", name, *words, "--quiet"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_coefficient_that_is_zero_over_zero_is_null_and_said(capsys):
    words = ["run", "rashba-film", *given("rashba-film"), "--set", "theta=90", "--set", "phi=90"]
    assert commands.main([*words, "--tolerance", "0.1", "--quiet", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["results"]["field_like"] is None
    assert answer["results"]["damping_like"] is None
    assert abs(answer["results"]["torque_odd_x"]) < 1e-12
    assert commands.main([*words, "--tolerance", "0.1", "--quiet"]) == 0
    assert "m lies along y = z x E" in capsys.readouterr().out


def test_the_broadened_model_says_that_it_ignores_the_temperature(capsys):
    words = ["run", "rashba-film", *given("rashba-film"), "--set", "model=broadened", "--tolerance", "0.2", "--quiet"]
    assert commands.main(words) == 0
    assert "the temperature is ignored" in capsys.readouterr().out


def test_sweeps(capsys, tmp_path):
    """Through zero of a coefficient too; kept in a file and drawn."""
    out, figure = tmp_path / "film.nc", tmp_path / "film.png"
    words = ["run", "rashba-film", *given("rashba-film"), "--set", "theta=90", "--tolerance", "0.1", "--quiet"]
    sweep = ["--sweep", "phi=0,90", "--json", "--out", str(out), "--figure", str(figure)]
    assert commands.main([*words, *sweep]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["results"]["field_like"][1] is None
    assert answer["results"]["field_like"][0] != 0
    assert figure.exists()
    assert commands.main([*words, *sweep]) == 0
    assert "nothing left to compute" in capsys.readouterr().err


def test_figures_draw_what_the_dataset_holds():
    data = SYSTEMS["orbital-film"].run(**FAST["orbital-film"], **QUICK)
    figure = kt.plot.film_torques(data).figure
    assert len(figure.axes) == 4
    torque = data.exchange_torque.sel(part="intrinsic")
    for line in figure.axes[1].get_lines():
        if line.get_label()[:1] in COMPONENTS:
            values = torque.sel(axis=line.get_label()[:1]).values
            times = line.get_ydata()[np.abs(values).argmax()] / values[np.abs(values).argmax()]
            assert line.get_ydata() == pytest.approx(times * values)
    books = kt.plot.film_books(data)
    for ax in books.figure.axes:
        heights = np.array([[bar.get_height() for bar in group] for group in ax.containers])
        assert np.abs(heights.sum(axis=0)).max() < 1e-12 * np.abs(heights).max()
    with pytest.raises(InputError, match=r"kwantorque\.field_response"):
        kt.plot.film_books(data.drop_vars("outflow"))
