"""The prepared strip: published numbers, words of the command line, figures."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.cli import main
from kwantorque.errors import ComputationError, InputError
from kwantorque.results.storage import read
from kwantorque.systems import Sweep, find

STRIP = find("spin-relaxation")
QUIET = {"progress": False}


def results(**given):
    return STRIP.results_of(STRIP.run(**given, **QUIET))


def test_published_numbers():
    default = results()
    assert default["beta_analytic"] == pytest.approx(7.0283e-4, abs=1e-7)
    assert default["beta"] == pytest.approx(7.0283e-4, rel=5e-3)
    assert default["polarisation"] == pytest.approx(0.5, abs=1e-9)
    assert default["current"] == pytest.approx(0.63662, abs=1e-5)
    assert default["continuity"] < 1e-12
    assert np.isnan(default["beta_error"])
    assert default["beta_total"] != pytest.approx(default["beta"], rel=0.05)
    none = results(impurity_strength=0)
    assert none["beta"] == none["beta_analytic"] == 0


def test_it_is_what_the_function_returns():
    """beta = -sum T_b / (2 sin(Q/2) sum j_s length/(length - 1)), from the profiles."""
    data = STRIP.run(wavevector=0.15, length=31, **QUIET)
    across, length = 6, 31
    torque = float(data.source_spin_flip.sel(axis="b").sum()) * across
    flux = float(data.spin_current.sel(axis="n").sum()) * across
    assert float(data.result_beta) == pytest.approx(
        -torque / (2 * np.sin(0.075) * flux * length / (length - 1)), rel=1e-12
    )
    total = -float(data.source_exchange.sel(axis="b").sum()) * across
    assert float(data.result_beta_total) == pytest.approx(
        -total / (2 * np.sin(0.075) * flux * length / (length - 1)), rel=1e-12
    )
    spin = data.spin_density.sel(axis="t").sum()
    # T_ex = -2M n x s: its b component is -2M s_t.
    assert float(data.source_exchange.sel(axis="b").sum()) == pytest.approx(-0.6 * float(spin), rel=1e-9)


def test_words_and_numbers():
    wall = results(texture="wall")
    assert wall["beta"] == pytest.approx(wall["beta_analytic"], rel=0.03)
    pairs = results(average="antithetic", realisations=200)
    assert abs(pairs["beta"] - pairs["beta_analytic"]) < 3.5 * pairs["beta_error"]
    both = results(spin_orbit_strength=0.05, impurity_strength=0.05)
    assert both["beta_spin_orbit"] == pytest.approx(both["beta_spin_orbit_analytic"], rel=0.01)


def test_the_tolerance_chooses_the_realisations():
    data = STRIP.run(realisations=0, average="antithetic", tolerance=0.15, impurities=5, **QUIET)
    assert 0.05 < float(data.result_beta_error / data.result_beta) <= 0.15
    assert "realisations (antithetic)" in STRIP.quality(data)[0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"impurities": 500}, "`impurities` must be at most 246"),
        ({"impurities": 2.5}, "`impurities` must be a whole number"),
        ({"average": "arrray"}, "unknown value of `average` 'arrray'; did you mean 'array'"),
        ({"texture": "helix"}, "unknown value of `texture` 'helix'"),
        ({"energy": -1}, "`energy` must lie in a band of a lead"),
        ({"exchange": 0}, "`exchange` must not be 0"),
        ({"width": 0}, "`width` must be > 0"),
        ({"width": 2, "spin_orbit_strength": 0.1}, "`width` of at least 3"),
        ({"seed": 0.5}, "`seed` must be a whole number"),
        ({"realisations": -1}, "`realisations` must be >= 0"),
    ],
)
def test_bad_input_is_one_line(given, message, capsys):
    with pytest.raises(InputError, match=message):
        STRIP.run(**given, **QUIET)
    words = [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
    assert main(["run", "spin-relaxation", "--quiet", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("kwantorque: error: ")


def test_json_has_null_where_nothing_is_known(capsys):
    assert main(["run", "spin-relaxation", "--json", "--quiet", "--set", "length=11", "--set", "impurities=3"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["results"]["beta_error"] is None
    assert answer["error_estimate"] is None
    assert answer["closure"] == answer["results"]["continuity"] < 1e-12
    assert answer["solver"] == "kwant"


def test_a_table_and_an_impossible_target(capsys):
    words = ["--set", "length=11", "--set", "impurities=3", "--set", "average=random", "--set", "realisations=20"]
    assert main(["run", "spin-relaxation", "--quiet", *words]) == 0
    assert "20 realisations (random)" in capsys.readouterr().out


def test_a_target_that_is_out_of_reach(monkeypatch):
    monkeypatch.setattr("kwantorque.transport.relaxation.MOST", 40)
    with pytest.raises(ComputationError, match=r"realisations have an error of .*, not of 0.001: ask for less"):
        STRIP.run(realisations=0, average="random", impurities=3, length=11, tolerance=1e-3, **QUIET)


def test_sweep_and_its_figure():
    """The line, points with bars, and the number that is not beta."""
    strengths = [0.1, 0.05, 0.2]
    given = {"average": "antithetic", "realisations": 20, "length": 21, "impurities": 5}
    sweep = Sweep(STRIP, given, {"impurity_strength": strengths}).run(**QUIET)
    ax = STRIP.sweep_figures["impurity_strength"](sweep)
    line, points, total = [one for one in ax.get_lines() if len(one.get_xdata()) == 3]
    n_v2 = np.sort(strengths) ** 2 * 5 / (21 * 6)
    assert np.allclose(line.get_xdata(), n_v2)
    assert np.allclose(line.get_ydata() / n_v2, line.get_ydata()[0] / n_v2[0])
    assert np.array_equal(points.get_ydata(), sweep.result_beta.sortby(sweep.disorder))
    assert np.array_equal(total.get_ydata(), sweep.result_beta_total.sortby(sweep.disorder))
    bars = ax.collections[0].get_segments()
    ends = np.array([bar[:, 1] for bar in bars])
    assert np.allclose(np.diff(ends)[:, 0], 2 * sweep.result_beta_error.sortby(sweep.disorder))
    with pytest.raises(InputError, match="a sweep of `impurity_strength` alone"):
        kt.plot.beta_against_disorder(sweep.isel(impurity_strength=0))


def test_a_sweep_says_what_solved_it_as_a_run_does():
    given = {"length": 11, "impurities": 3}
    sweep = Sweep(STRIP, given, {"impurity_strength": [0.1]}).run(**QUIET)
    assert sweep.attrs["solver"] == STRIP.run(**given, **QUIET).attrs["solver"] == "kwant"


def test_profiles_are_drawn_panel_by_panel():
    data = STRIP.run(length=11, impurities=3, average="antithetic", realisations=4, spin_orbit_strength=0.1, **QUIET)
    ax = kt.plot.spin_continuity(data)
    density, current, *sources, violation = ax.figure.axes
    assert len(sources) == 3
    assert ax is violation
    assert np.array_equal(violation.get_lines()[0].get_ydata(), data.violation)
    lines = density.get_lines()[:3]
    times = [float(line.get_label().partition("$\\times$ ")[2] or 1) for line in lines]
    drawn = [line.get_ydata() / factor for line, factor in zip(lines, times, strict=True)]
    scale = float(abs(data.spin_density).max()) / max(abs(line).max() for line in drawn)
    for line, axis in zip(drawn, data.axis.values, strict=True):
        assert np.allclose(scale * line, data.spin_density.sel(axis=axis))
    # Standard errors of random directions.
    assert len(current.collections) == len([line for line in current.get_lines()[:3] if "zero" not in line.get_label()])
    plain = kt.plot.spin_continuity(STRIP.run(length=11, impurities=3, **QUIET))
    assert len(plain.figure.axes) == 5
    assert not plain.figure.axes[0].collections


def test_spin_orbit_impurities_beside_the_infinite_plane():
    """Eq. 41 corrected, with the turn of n: n lambda^2 E^2/6M, at E = 1 and M = 0.3."""
    found = results(spin_orbit_strength=0.05, impurity_strength=0)
    assert found["beta_spin_orbit_plane"] == pytest.approx(15 / 246 * 0.05**2 / 1.8, rel=1e-9)
    assert found["beta_spin_orbit"] == pytest.approx(found["beta_spin_orbit_analytic"], rel=5e-3)
    fewer = results(spin_orbit_strength=0.1, impurity_strength=0, impurities=5)
    assert fewer["beta_spin_orbit_plane"] == pytest.approx(4 / 3 * found["beta_spin_orbit_plane"], rel=1e-9)
    assert np.isnan(results(energy=0.25, spin_orbit_strength=0.05)["beta_spin_orbit_plane"])


@pytest.mark.slow
def test_a_wide_strip_has_the_spin_orbit_beta_of_the_plane():
    """In the continuum, E = 0.15 with M = 0.3 E: many modes across.

    That of second order, the mean over directions; a single realisation scatters.
    """
    wide = {"width": 80, "length": 31, "wavevector": 0.02, "energy": 0.15, "exchange": 0.045, "impurities": 60}
    found = results(spin_orbit_strength=0.02, impurity_strength=0, average="random", realisations=1, **wide)
    assert found["beta_spin_orbit_analytic"] == pytest.approx(found["beta_spin_orbit_plane"], rel=0.1)


KILLED = ["--set", "average=antithetic", "--set", "realisations=100000", "--quiet", "--out", "beta.nc"]


@pytest.mark.slow
def test_a_killed_run_goes_on(tmp_path, monkeypatch, capsys):
    """Realisations are saved beside the file of the run, which has all at the end."""
    monkeypatch.chdir(tmp_path)
    process = subprocess.Popen([sys.executable, "-m", "kwantorque", "run", "spin-relaxation", *KILLED])
    parts, deadline = tmp_path / "beta.unfinished.nc", time.monotonic() + 60
    while not parts.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(1)
    process.kill()
    process.wait()
    left = read(parts).sizes["realisation"]
    assert left >= 16
    assert not (tmp_path / "beta.nc").exists()
    words = ["run", "spin-relaxation", "--set", "average=antithetic", "--quiet", "--json", "--out", "beta.nc"]
    assert main([*words, "--set", f"realisations={left + 16}", "--set", "exchange=0.4"]) == 2
    assert "(--force overwrites it)" in capsys.readouterr().err
    assert main([*words, "--set", f"realisations={left + 16}"]) == 0
    captured = capsys.readouterr()
    assert "resumed from beta.unfinished.nc" in captured.err
    whole = results(average="antithetic", realisations=left + 16)
    assert json.loads(captured.out)["results"]["beta"] == pytest.approx(whole["beta"], rel=1e-12)
    assert read(tmp_path / "beta.nc").sizes["realisation"] == left + 16
    assert not parts.exists()
    assert main([*words, "--set", f"realisations={left + 16}"]) == 0
    assert "nothing left to compute" in capsys.readouterr().err
