"""The command line's contract: exit status, one
line for an error, JSON and nothing else.
"""

import json
import re
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

import kwantorque as kt
from kwantorque.cli import commands, report
from kwantorque.transport import run as shared_run

WIRE = "gamnas-gaas-wire"
FAST = [WIRE, "--set", "fm_length=1", "--set", "nm_length=1", "--tolerance", "0.1", "--quiet"]


def run(*words):
    return commands.main([str(word) for word in words])


def test_list(capsys):
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(kt.systems.SYSTEMS)


def test_show(capsys):
    assert run("show", WIRE) == 0
    out = capsys.readouterr().out
    for p in kt.systems.SYSTEMS[WIRE].parameters:
        assert any(line.split()[:2] == [p.name, f"{p.default:g}"] and p.meaning in line for line in out.splitlines())
    for r in kt.systems.SYSTEMS[WIRE].results:
        assert r.name in out
        assert r.meaning in out


def test_table_for_the_paper_shows_what_was_published(capsys):
    system = kt.systems.SYSTEMS[WIRE]
    data = system.run(tolerance=0.1, progress=False, fm_length=1, nm_length=1)
    table = report.table(system, system.complete({}), data, 1.0)
    assert "published" in table
    assert "1.09" in table
    assert "closure" in table
    other = report.table(system, system.complete({"exchange": 0.2}), data, 1.0)
    assert "published" not in other


def test_run_json_out_figure_and_resume(capsys, tmp_path):
    out, figure = tmp_path / "w.nc", tmp_path / "w.svg"
    assert run("run", *FAST, "--json", "--out", out, "--figure", figure) == 0
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    assert captured.err == ""
    assert list(answer)[:8] == [
        "system",
        "parameters",
        "results",
        "closure",
        "error_estimate",
        "solver",
        "version",
        "seconds",
    ]
    assert answer["parameters"]["fm_length"] == 1
    assert answer["results"]["Qjz_in"] == pytest.approx(1.1, abs=0.2)
    assert answer["solver"] == "batched"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["w.nc", "w.svg"]
    assert run("run", *FAST, "--json", "--out", out) == 0
    captured = capsys.readouterr()
    assert "nothing left to compute" in captured.err
    assert json.loads(captured.out)["results"] == answer["results"]
    assert run("run", *FAST, "--set", "exchange=0.2", "--out", out) == 2
    assert "--force" in capsys.readouterr().err
    assert run("run", *FAST, "--set", "exchange=0.2", "--out", out, "--force", "--json") == 0
    assert json.loads(capsys.readouterr().out)["results"] != answer["results"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "gamnas-gas-wire"], "did you mean 'gamnas-gaas-wire'"),
        (["show", "nothing"], "unknown system 'nothing'"),
        (["frobnicate"], "unknown command 'frobnicate'"),
        (["run", WIRE, "--colour"], "unrecognized arguments"),
        (["run", WIRE, "--set", "fermi_enrgy=0.1"], "did you mean 'fermi_energy'"),
        (["run", WIRE, "--set", "fermi_energy=abc"], "must be a number in eV, got 'abc'"),
        (["run", WIRE, "--set", "fermi_energy"], "key=value"),
        (["run", WIRE, "--set", "fermi_energy=nan"], "finite"),
        (["run", WIRE, "--set", "fermi_energy=inf"], "finite"),
        (["run", WIRE, "--set", "spacing=-1"], "`spacing` must be > 0 nm, got -1.0"),
        (["run", WIRE, "--set", "fm_length=-3"], "`fm_length` must be > 0 nm, got -3.0"),
        (["run", WIRE, "--set", "spacing=50"], "must not exceed the thickness"),
        (["run", WIRE, "--set", "fermi_energy=-5"], "left lead has no open channel"),
        (["run", WIRE, "--set", "gamma3=4"], "must be positive in every direction"),
        (["run", WIRE, "--set", "spacing=1e-300"], "at most 100000 sites"),
        (["run", WIRE, "--set", "fm_length=1e308"], "finite number below 1e+09"),
        (["run", WIRE, "--out", "/proc/x.nc"], "--out must be a file that can be written"),
        (["run", WIRE, "--figure", "."], "--figure must end in"),
        (["run", WIRE, "--out", "x" * 300 + ".nc"], "--out must be a file that can be written"),
        (["run", WIRE, "--jobs", "0"], "`--jobs` must be a whole number >= 1"),
        (["run", WIRE, "--jobs", "1.5"], "`--jobs` must be a whole number >= 1"),
        (["run", WIRE, "--tolerance", "-1"], "--tolerance` must be > 0"),
        (["run", WIRE, "--solver", "kwnt"], "did you mean 'kwant'"),
        (["run", WIRE, "--solver", "fast"], "unknown solver 'fast'; choose from batched, kwant"),
        (["run", "magnetic-tunnel-junction", "--set", "barrier=1"], "'barrier_height' or 'barrier_length' or"),
        (["run", WIRE, "--tolerance", "fine"], "--tolerance` must be a number, got 'fine'"),
        (["run", WIRE, "--out", "/proc/nowhere/x.nc"], "--out must be a file that can be written"),
        (["run", WIRE, "--out", "x.txt"], "--out must end in .nc"),
        (["run", WIRE, "--show", "Qjz_inn"], "unknown result of gamnas-gaas-wire 'Qjz_inn'; did you mean 'Qjz_in'"),
        (["run", WIRE, "--figure", "x.docx"], "--figure must end in one of .png, .pdf, .svg"),
        (["run", WIRE, "--sweep", "exchange=0:1"], "--sweep takes key=start:stop:num"),
        (["run", WIRE, "--sweep", "exchange"], "--sweep takes key=value"),
        (["run", WIRE, "--sweep", "exchange=0:1:0"], "`num of --sweep` must be a whole number"),
        (["run", WIRE, "--sweep", "exchnge=0:1:3"], "did you mean 'exchange'"),
        (["run", WIRE, "--sweep", "exchange=0:x:3"], "must be a number"),
        (["run", WIRE, "--sweep", "exchange=1:1:3"], "must be different from each other"),
        (["run", WIRE, "--sweep", "exchange=0:1:3", "--sweep", "exchange=0:2:3"], "twice"),
        (["run", WIRE, "--set", "exchange=1", "--set", "exchange=2"], "twice"),
        (["run", WIRE, "--sweep", "fermi_energy=0.06:-0.02:3"], "no open channel"),
        (["run", WIRE, "--sweep", "spacing=0.1:50:3"], "must not exceed the thickness"),
        (["run", WIRE, "--sweep", "exchange=0:1:3", "--set", "exchange=1"], "both set and swept"),
        (["run", WIRE, "--sweep", "exchange=0.2,,0.3"], "`exchange` must be a number in eV, got ''"),
        (["run", WIRE, "--results", "Qjz"], "unknown result of gamnas-gaas-wire 'Qjz'; did you mean 'Qjz_"),
        (["run", WIRE, "--show", "stt"], "--show says what the --figure of a --sweep shows"),
        (["run", WIRE, "--extrapolate", "--set", "fm_length=20.1"], "whole multiples of the spacing"),
    ],
)
def test_bad_input(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("kwantorque: error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert not list(tmp_path.iterdir())


def test_without_a_command_the_help_is_printed(capsys):
    assert run() == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("usage: kwantorque")
    assert all(command in captured.out for command in ("list", "show", "run", "doctor"))
    assert captured.err == ""


@pytest.mark.parametrize("words", [["list"], ["run", "spin-filter", "--quiet", "--set", "thickness=0.1"]])
def test_a_reader_that_has_seen_enough_is_no_error(words):
    """`kwantorque ... | head -1`: the pipe is closed before all is written."""
    with subprocess.Popen(
        [sys.executable, "-m", "kwantorque", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0


def test_failed_computation(capsys, monkeypatch):
    monkeypatch.setattr(shared_run, "MAX_CLOSURE", 1e-20)
    assert run("run", *FAST) == 1
    assert "balance does not close" in capsys.readouterr().err


def test_lengths_that_are_rounded_are_reported(capsys):
    words = [WIRE, "--set", "fm_length=8.03", "--set", "nm_length=1", "--tolerance", "0.1", "--quiet"]
    assert run("run", *words) == 0
    assert "rounded to whole spacings, by up to 0.03 nm" in capsys.readouterr().out


def test_a_length_that_is_changed_is_a_warning_in_one_line(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert run("run", "spin-filter", "--set", "thickness=0.1", "--set", "spacing=0.03") == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(lines) == 1
    assert "kwantorque: warning: thicknesses are whole spacings" in lines[0]
    assert "magnet from 0.1 to 0.09 nm" in lines[0]


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are saved, in their order."""
    figures = []
    genuine = Figure.savefig

    def keep(self, *arguments, **options):
        figures.append(self)
        return genuine(self, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def test_sweep(capsys, tmp_path, drawn):
    out, figure = tmp_path / "s.nc", tmp_path / "s.png"
    words = ["run", *FAST, "--sweep", "exchange=0.2:0.3:3", "--sweep", "spin_orbit=0.1:0.11:2"]
    assert run(*words, "--json", "--out", out, "--figure", figure, "--show", "Qjz_in") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["parameters"]["exchange"] == [0.2, 0.25, 0.3]
    assert [len(row) for row in answer["results"]["Qjz_in"]] == [2, 2, 2]
    assert run("run", *FAST, "--set", "exchange=0.25", "--set", "spin_orbit=0.11", "--json") == 0
    single = json.loads(capsys.readouterr().out)["results"]
    assert all(answer["results"][name][1][1] == value for name, value in single.items())
    with xr.open_dataset(out) as data:
        assert data.result_Qjz_in.dims == ("exchange", "spin_orbit")
        assert data.angular_momentum_current.dims == ("exchange", "spin_orbit", "bond", "axis")
        assert (data.done == 1).all()
    assert figure.read_bytes().startswith(b"\x89PNG")
    (saved,) = drawn
    (drawn_map,) = saved.axes[0].collections
    assert np.array_equal(drawn_map.get_array().reshape(2, 3).T, answer["results"]["Qjz_in"])
    assert run(*words, "--out", out) == 0
    captured = capsys.readouterr()
    assert "nothing left to compute" in captured.err
    assert len(captured.out.splitlines()) == 7
    assert run("run", *FAST, "--sweep", "exchange=0.2:0.3:4", "--out", out) == 2
    assert "--force" in capsys.readouterr().err


def test_lists_of_values_extend_a_file(capsys, tmp_path):
    out = tmp_path / "f.nc"
    words = ["run", "spin-filter", "--quiet", "--json", "--results", "torque_in_plane", "--out", out]
    assert run(*words, "--sweep", "angle=0:90:3") == 0
    before = json.loads(capsys.readouterr().out)
    assert run(*words, "--sweep", "angle=0,30,45,90") == 0
    captured = capsys.readouterr()
    assert "1 left to compute" in captured.err
    after = json.loads(captured.out)
    assert after["parameters"]["angle"] == [0, 30, 45, 90]
    assert list(after["results"]) == list(after["errors"]) == ["torque_in_plane"]
    results = after["results"]["torque_in_plane"]
    assert results[:1] + results[2:] == before["results"]["torque_in_plane"]
    assert run(*words, "--sweep", "angle=0,90", "--set", "step=1") == 2
    assert "with step = 2.0, not 1.0 (--force overwrites it)" in capsys.readouterr().err


def test_a_sweep_prints_errors_and_what_misses_the_tolerance(capsys):
    words = ["run", "domain-wall", "--quiet", "--set", "spacing=0.1", "--tolerance", "0.001"]
    assert run(*words, "--sweep", "width=1,2", "--results", "conductance,torque_nonadiabatic") == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:5] == ["width", "conductance", "error", "torque_nonadiabatic", "error"]
    value, error = map(float, rows[1].split()[3:5])
    assert 0.001 < error / abs(value) < 1
    (note,) = [row for row in rows if row.startswith("note:")]
    assert "0.001 is not met by torque_nonadiabatic at" in note
    said = float(re.search(r"width = 2 \((.*?)%\)", note)[1])
    assert note.endswith("; --each refines until it is")
    # The table rounds errors to two digits.
    assert said == pytest.approx(100 * error / abs(value), rel=0.05)


def test_a_table_without_an_integral_has_no_errors(capsys):
    """What does not exist is called so, and not nan."""
    assert run("run", "spin-relaxation", "--quiet") == 0
    _, head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["result", "value", "unit"]
    (row,) = [row for row in rows if row.startswith("beta_error")]
    assert row.split()[1] == "none"


def test_show_draws_one_result(capsys, tmp_path, drawn):
    figure = tmp_path / "f.png"
    words = ["run", "spin-filter", "--quiet", "--sweep", "angle=30,60"]
    assert run(*words, "--figure", figure, "--show", "reflectance_down") == 0
    (saved,) = drawn
    (label,) = [line.get_label() for ax in saved.axes for line in ax.get_lines()]
    assert label.startswith("reflected part of the minority")
    assert run(*words, "--show", "reflectance_down") == 2
    assert run(*words, "--figure", figure, "--show", "reflectance") == 2
    assert "did you mean 'reflectance_" in capsys.readouterr().err


def test_a_bad_point_is_printed_as_nan(capsys, monkeypatch, tmp_path):
    """Exit status 1, with what was computed printed and saved."""
    genuine = kt.systems.SYSTEMS["spin-filter"]

    def compute(parameters, numerics):
        if parameters["angle"] == 30:
            raise kt.ComputationError("the solver has a bad day")
        return genuine.compute(parameters, numerics)

    monkeypatch.setitem(kt.systems.SYSTEMS, "spin-filter", replace(genuine, compute=compute))
    words = ["run", "spin-filter", "--quiet", "--sweep", "angle=30,60", "--out", tmp_path / "f.nc"]
    assert run(*words) == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines()[1].split()[:2] == ["30", "nan"]
    assert "1 of 2 points failed; the first, angle = 30.0: the solver has a bad day" in captured.err
    assert run(*words, "--json") == 1
    captured = capsys.readouterr()
    assert "1 left to compute" in captured.err
    assert json.loads(captured.out)["results"]["torque_in_plane"][0] is None


def test_a_fine_sweep_of_angles_is_in_degrees(capsys):
    words = ["run", "spin-filter", "--quiet", "--results", "torque_in_plane", "--set", "spacing=0.05"]
    assert run(*words, "--sweep", "angle=0:20:9") == 0
    assert capsys.readouterr().err == ""


def test_a_preset_gives_way_to_a_sweep(capsys):
    words = ["run", "metallic-spin-valve", "--quiet", "--preset", "Co/Cu/Co", "--tolerance", "0.3", "--json"]
    words += ["--set", "spacing=0.1", "--set", "fm_length=0.5", "--results", "conductance"]
    assert run(*words, "--sweep", "spacer_length=0.5,0.6") == 0
    assert len(json.loads(capsys.readouterr().out)["results"]["conductance"]) == 2


def test_sweep_of_a_length_keeps_the_results_only(capsys, tmp_path):
    out = tmp_path / "s.nc"
    words = ["run", WIRE, "--set", "nm_length=1", "--tolerance", "0.1", "--quiet", "--sweep", "fm_length=1:2:2"]
    assert run(*words, "--out", out) == 0
    with xr.open_dataset(out) as data:
        assert "site" not in data.dims
        assert data.result_Qjz_in[0] == pytest.approx(float(data.result_Qjz_in[1]), abs=1e-6)


def test_progress_with_time_left_is_on_stderr():
    command = [sys.executable, "-m", "kwantorque", "run", *FAST[:-1], "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["system"] == WIRE
    assert "k-points" in done.stderr
    assert "<" in done.stderr
