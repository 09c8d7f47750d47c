"""Sweeps of one's own functions and of prepared systems: kept, resumed, extended."""

import importlib
import io
import json
import os
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from sweeps import examples

import kwantorque as kt
from kwantorque.results import storage
from kwantorque.results.storage import locked
from kwantorque.sweeps import grid

ELECTRON = kt.systems.find("spin-filter")
SILENT = {"progress": False}


def script(out, log, pause=0.0, **environment):
    """The process of a user's script that sweeps x = 1, 2, 3, 4."""
    command = [sys.executable, examples.__file__, str(out), str(log), str(pause)]
    return subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.PIPE, text=True)


def calls(log):
    """The values that a function was called with, in their order."""
    return [float(line) for line in Path(log).read_text().split()]


def test_killed_script_goes_on_where_it_was(tmp_path):
    """kill -9 in the third point: the two that were done are not computed again."""
    out, log = tmp_path / "x.nc", tmp_path / "log"
    with script(out, log, **{examples.DEADLY: "3"}) as process:
        assert process.wait(60) == -9
    assert (tmp_path / ".x.nc.lock").exists()
    data = kt.sweep(examples.logged, x=[1, 2, 3, 4], log=str(log), pause=0.0, out=out, **SILENT)
    assert calls(log) == [1, 2, 3, 3, 4]
    assert data.square.values.tolist() == [1, 4, 9, 16]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "x.nc"]


def test_extended_and_refined(tmp_path):
    out, log = tmp_path / "x.nc", tmp_path / "log"
    run = partial(kt.sweep, examples.logged, log=str(log), out=out, **SILENT)
    run(x=[0.0, 0.3])
    # 0.1 + 0.2 is 0.3 up to rounding.
    refined = run(x=np.linspace(0.0, 0.3, 4))
    assert np.array_equal(refined.square, refined.x**2)
    assert calls(log) == pytest.approx([0.0, 0.3, 0.1, 0.2])
    more = run(x=[0.5, 0.1])
    assert more.x.values.tolist() == pytest.approx([0.5, 0.1], abs=1e-15)
    assert len(calls(log)) == 5
    with xr.open_dataset(out) as file:
        assert np.allclose(file.x, [0.0, 0.1, 0.2, 0.3, 0.5])
        assert np.array_equal(file.square, file.x**2)
        assert (file.square_error == 0.1).all()


def test_what_was_fixed_may_be_swept_later(tmp_path):
    out = tmp_path / "f.nc"
    one = kt.sweep(ELECTRON, angle=[0, 90], step=1.0, out=out, **SILENT)
    both = kt.sweep(ELECTRON, angle=[0, 90], step=[1.0, 2.0], out=out, **SILENT)
    assert both.result_torque_in_plane.dims == ("angle", "step")
    assert np.array_equal(both.seconds.sel(step=1.0), one.seconds)
    with pytest.raises(kt.InputError, match=r"a sweep of angle, step, and `step` is not swept.*resume=False"):
        kt.sweep(ELECTRON, angle=[0, 90], step=1.0, out=out, **SILENT)


def test_a_default_may_be_swept_later(tmp_path):
    run = partial(kt.sweep, shifted, out=tmp_path / "x.nc", **SILENT)
    run(x=[1, 2])
    data = run(x=[1, 2, 3], shift=[0.5, 1.5])
    assert data.y.values.tolist() == [[1.5, 2.5], [2.5, 3.5], [3.5, 4.5]]
    assert json.loads(data.parameters) == {}
    with pytest.raises(kt.InputError, match="holds a sweep of x, shift"):
        run(x=[1, 2])
    kt.sweep(shifted, x=[1], out=tmp_path / "y.nc", **SILENT)
    with pytest.raises(kt.InputError, match=r"with shift = 0\.5, not 1\.0"):
        kt.sweep(shifted, x=[1], shift=1.0, out=tmp_path / "y.nc", **SILENT)


def shifted(x, shift=0.5):
    """A function with a default."""
    return {"y": x + shift}


def test_a_file_of_something_else_is_refused(tmp_path):
    out = tmp_path / "f.nc"
    sweep = partial(kt.sweep, ELECTRON, angle=[0, 90], out=out, **SILENT)
    sweep(step=1.0, tolerance=1e-3)
    with pytest.raises(kt.InputError, match=r"with step = 1\.0, not 2\.0 \(resume=False overwrites it\)"):
        sweep(step=2.0)
    with pytest.raises(kt.InputError, match=r"with tolerance = 0\.001, not 0\.0001"):
        sweep(step=1.0, tolerance=1e-4)
    assert sweep(step=1.0, tolerance=1e-2).tolerance == 1e-3
    with pytest.raises(kt.InputError, match="holds a result with system = spin-filter, not square"):
        kt.sweep(square, angle=[0, 90], out=out, **SILENT)
    assert (sweep(step=2.0, resume=False).done == 1).all()


def square(angle):
    """A number, in a dict."""
    return {"square": angle**2}


def test_two_processes_and_one_file(tmp_path):
    out, log = tmp_path / "x.nc", tmp_path / "log"
    with script(out, log, pause=0.5) as first:
        while not out.exists():
            assert first.poll() is None
            time.sleep(0.05)
        with pytest.raises(kt.InputError, match=rf"being computed already, by process {first.pid} on "):
            kt.sweep(examples.logged, x=[1, 2, 3, 4], log=str(log), pause=0.5, out=out, **SILENT)
        assert first.wait(60) == 0
    assert calls(log) == [1, 2, 3, 4]
    with xr.open_dataset(out) as file:
        assert (file.done == 1).all()


def test_where_there_is_no_fcntl_a_byte_is_locked_as_windows_does(tmp_path, monkeypatch):
    """`msvcrt.locking` of this test is of POSIX: what is tried is how it is used."""
    fcntl, out = pytest.importorskip("fcntl"), tmp_path / "x.nc"

    def locking(descriptor, mode, count):
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == storage.FAR
        fcntl.lockf(descriptor, mode, count, storage.FAR)

    windows = SimpleNamespace(locking=locking, LK_NBLCK=fcntl.LOCK_EX | fcntl.LOCK_NB)
    monkeypatch.setattr(storage, "fcntl", None)
    monkeypatch.setattr(storage, "msvcrt", windows, raising=False)
    lock = tmp_path / ".x.nc.lock"
    holds = f"import fcntl; f = open({str(lock)!r}, 'a+'); f.write('process 7'); f.flush(); "
    holds += f"fcntl.lockf(f, fcntl.LOCK_EX, 1, {storage.FAR}); print('locked', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(kt.InputError, match="computed already, by process 7"), locked(out):
            pass
    finally:
        other.communicate("\n")
    with locked(out):
        assert lock.read_text().startswith(f"process {os.getpid()} on")
    assert not lock.exists()


def test_a_lock_ends_with_its_block_and_holds_within_a_process(tmp_path):
    out = tmp_path / "x.nc"
    with locked(out), pytest.raises(kt.InputError, match="by this process"), locked(out):
        pass
    with locked(out):
        assert [path.name for path in tmp_path.iterdir()] == [".x.nc.lock"]
    assert not list(tmp_path.iterdir())
    with pytest.raises(kt.InputError, match="writable"), locked(tmp_path / "nowhere" / "x.nc"):
        pass


def test_profiles_that_do_not_fit_are_left_out(tmp_path):
    """The barrier's thickness changes the number of sites; numbers and errors stay."""
    data = kt.sweep(examples.junction, thickness=[0.5, 0.8], out=tmp_path / "j.nc", **SILENT)
    assert "site" not in data.dims
    assert "spin_density" in data.left_out.split(", ")
    assert data.particle_current_limit.dims == ("thickness", "part", "lead")
    one = examples.junction(0.8)
    for name in ("particle_current_limit", "particle_current_limit_error", "exchange_torque_tail"):
        assert np.array_equal(data[name].sel(thickness=0.8), one[name])
    with xr.open_dataset(tmp_path / "j.nc") as file:
        xr.testing.assert_identical(file.load(), data)


def test_profiles_that_fit_are_kept():
    """Thickness and spacing in proportion: as many sites, at other places."""
    data = kt.sweep(examples.junction, bias=[0.1, 0.2], thickness=0.5, **SILENT)
    assert data.spin_density.dims[:1] == ("bias",)
    assert data.z.dims == ("site",)
    assert "left_out" not in data.attrs

    def scaled(spacing):
        return examples.junction(5 * spacing, spacing=spacing)

    data = kt.sweep(scaled, spacing=[0.1, 0.125], **SILENT)
    assert data.z.dims == ("spacing", "site")
    assert np.allclose(data.z.sel(spacing=0.125), 0.125 * np.arange(6))
    assert np.array_equal(data.spin_density.sel(spacing=0.125), scaled(0.125).spin_density)


def test_a_grid_of_its_own():
    """A dimension with other coordinates is another one, of the same size or not."""

    def profile(n, shift=0.0):
        z = np.arange(n) + shift
        return xr.Dataset({"line": ("z", z), "total": z.sum()}, {"z": z}, {"energy": n, "about": "lines"})

    data = kt.sweep(profile, n=[2, 3], **SILENT)
    assert list(data.data_vars) == ["done", "total"]
    assert data.attrs["about"] == "lines"
    assert "energy" not in data.attrs
    data = kt.sweep(profile, shift=[0.0, 0.5], n=2, **SILENT)
    assert data.left_out == "line"
    assert data.total.values.tolist() == [1.0, 2.0]


def test_results_of_a_point_that_is_not_swept_are_not_written_to_another():
    data = grid.new_grid({"x": [1.0, 2.0], "y": ["a", "b"]}, lambda name: {})
    many = xr.Dataset({"square": ("point", [1.0, 9.0])})
    for lost, value in (({"x": 3.0, "y": "a"}, "3.0"), ({"x": 1.0, "y": "c"}, "'c'")):
        with pytest.raises(KeyError, match=value):
            grid.with_points(data, [{"x": 1.0, "y": "a"}, lost], many)
    assert not data.done.any()


@pytest.mark.parametrize(
    "executor", [partial(kt.processes, 2), partial(ThreadPoolExecutor, 2)], ids=["pool", "threads"]
)
def test_executor(executor):
    here = kt.sweep(examples.junction, thickness=[0.5, 0.8], bias=[0.1, 0.2], **SILENT)
    with executor() as pool:
        there = kt.sweep(examples.junction, thickness=[0.5, 0.8], bias=[0.1, 0.2], executor=pool, **SILENT)
    for name in set(here.data_vars) - {"seconds"}:
        assert np.allclose(here[name], there[name], rtol=1e-12, atol=1e-15)
    assert set(here.data_vars) == set(there.data_vars)


@pytest.mark.parametrize("workers", [1, 2])
def test_one_bar_of_points(workers):
    """That of the k-points is silent within: with workers, and without."""
    words = io.StringIO()
    with redirect_stderr(words), kt.processes(workers) as pool:
        kt.sweep(examples.junction, thickness=[0.5, 0.8], executor=pool)
    assert "points: 100%" in words.getvalue()
    assert "2/2 [" in words.getvalue()
    assert "k-points" not in words.getvalue()


def test_only_the_results_asked_for(tmp_path):
    out = tmp_path / "f.nc"
    both = ["torque_in_plane", "reflectance_up"]
    data = kt.sweep(ELECTRON, angle=[0, 90], results=both, out=out, **SILENT)
    found = [name for name in data if name.startswith("result_") and not name.endswith("_error")]
    assert sorted(found) == ["result_reflectance_up", "result_torque_in_plane"]
    assert "result_torque_in_plane_error" in data
    with pytest.raises(
        kt.InputError, match="holds the results torque_in_plane, reflectance_up only, not reflectance_down"
    ):
        kt.sweep(ELECTRON, angle=[0, 90], results=["reflectance_down"], out=out, **SILENT)
    # One file, the same results at all points.
    more = kt.sweep(ELECTRON, angle=[0, 45, 90], results=both[:1], out=out, **SILENT)
    assert np.isfinite(more.result_reflectance_up).all()
    mine = kt.sweep(examples.logged, x=[1, 2], log=str(tmp_path / "log"), results="square", **SILENT)
    assert set(mine.data_vars) == {"done", "square", "square_error"}
    with pytest.raises(kt.InputError, match="unknown result of logged 'sqare'; did you mean 'square'"):
        kt.sweep(examples.logged, x=[1], log=str(tmp_path / "log"), results=["sqare"], **SILENT)


def test_a_bad_point_is_said_and_tried_again(tmp_path):
    out, calm = tmp_path / "x.nc", tmp_path / "calm"
    run = partial(kt.sweep, examples.moody, x=[1, 2, 4], calm=str(calm), out=out, **SILENT)
    with pytest.warns(RuntimeWarning, match="1 of 3 points failed; the first, x = 2: ZeroDivisionError: a pole"):
        data = run()
    assert data.done.values.tolist() == [1, 0, 1]
    assert np.isnan(data.inverse.sel(x=2))
    with xr.open_dataset(out) as file:
        assert file.failure.values.tolist() == ["", "ZeroDivisionError: a pole", ""]
    calm.touch()
    data = run()
    assert data.inverse.values.tolist() == [1, 0.5, 0.25]
    assert "failure" not in data
    calm.unlink()
    with pytest.raises(kt.ComputationError, match="1 of 1 points failed"):
        kt.sweep(examples.moody, x=[2], calm=str(calm), **SILENT)


def test_a_mistake_in_the_function_is_none_of_a_point():
    def mistaken(x):
        return {"y": x + undefined}  # noqa: F821

    with pytest.raises(NameError):
        kt.sweep(mistaken, x=[1, 2], **SILENT)


def test_a_changed_function_is_noticed(tmp_path):
    out = tmp_path / "x.nc"
    kt.sweep(square, angle=[1, 2], out=out, **SILENT)
    with xr.open_dataset(out) as file:
        data = file.load()
    for other, words in (('{"code": "another"}', "its code"), ("another", "nothing is known")):
        data.assign_attrs(function_code=other).to_netcdf(out, engine="scipy")
        with pytest.warns(UserWarning, match=rf"square has changed since \({words}"):
            kt.sweep(square, angle=[1, 2], out=out, **SILENT)


USER = """
import math
import numpy as np
import kwantorque as kt

{comment}
mass, grid, metal = {mass}, np.arange(5.0) + {start}, kt.FreeElectron(bottom={bottom})
unused = {unused}

class Model:
    order = {order}

def helper(x):
    return x**{power}

def make(offset):
    scale = {scale}
    def own(x):
        values = [helper(x) * scale + offset for _ in range(2)]
        return {{"y": math.fsum(values) / mass + grid[0] + metal.bottom + Model.order}}
    return own

own = make({offset})
"""
WORDS = {
    "comment": "",
    "mass": 1.0,
    "start": 0,
    "bottom": -1.0,
    "unused": 1,
    "order": 2,
    "power": 2,
    "scale": 3.0,
    "offset": 0,
}


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"mass": 2.0}, "mass"),
        ({"start": 1}, "grid"),
        ({"bottom": -2.0}, "metal"),
        ({"order": 3}, "Model"),
        ({"power": 3}, "helper"),
        ({"scale": 4.0}, "scale"),
        ({"offset": 1}, "offset"),
        ({"comment": "# another", "unused": 2}, ""),
    ],
    ids=str,
)
def test_what_a_function_uses_and_was_changed_is_named(tmp_path, monkeypatch, changed, named):
    """Variables around it, and its own helpers, as after a change of a script."""
    monkeypatch.syspath_prepend(tmp_path)
    out, names = tmp_path / "x.nc", ("users_script_before", "users_script_after")
    for name, words in zip(names, (WORDS, WORDS | changed), strict=True):
        (tmp_path / f"{name}.py").write_text(USER.format(**words))
        monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.invalidate_caches()
        own = importlib.import_module(name).own
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            kt.sweep(own, x=[1, 2], out=out, **SILENT)
    said = [str(one.message) for one in caught]
    assert len(said) == bool(named)
    assert all(f"has changed since ({named}): points that it has are not computed again" in one for one in said)


def test_an_object_that_is_called_is_told_by_what_it_holds(tmp_path):
    out = tmp_path / "x.nc"
    kt.sweep(examples.Power(2), x=[1, 2], out=out, **SILENT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kt.sweep(examples.Power(2), x=[1, 2, 3], out=out, **SILENT)
    with pytest.warns(UserWarning, match=r"has changed since \(self\)"):
        kt.sweep(examples.Power(3), x=[1, 2], out=out, **SILENT)


def test_warnings_of_all_points_are_said_once():
    def warning(x):
        warnings.warn("coarse", UserWarning, stacklevel=1)
        return {"y": x}

    with pytest.warns(UserWarning, match="coarse") as caught:
        kt.sweep(warning, x=[1, 2, 3], **SILENT)
    assert len(caught) == 1


def test_angles_in_radians_are_noticed():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kt.sweep(ELECTRON, angle=np.linspace(0, 20, 9), spacing=0.05, **SILENT)
    with pytest.warns(UserWarning, match=r"`angle` = 1\.5 is in degrees") as caught:
        kt.sweep(ELECTRON, angle=[0, 1.5, 3], spacing=0.05, **SILENT)
    assert len(caught) == 1
    with pytest.warns(UserWarning, match=r"`angle` = 1\.5 is in degrees"):
        ELECTRON.run(angle=1.5, spacing=0.05, **SILENT)


def test_errors_are_in_the_dataset():
    """Of every result, at every point, those of a single run."""
    wall, coarse = kt.systems.find("domain-wall"), {"spacing": 0.1, "tolerance": 0.1, **SILENT}
    data = kt.sweep(wall, width=[0.5, 0.8], **coarse)
    alone = wall.run(width=0.8, **coarse)
    for result in wall.results:
        error = data[f"result_{result.name}_error"].sel(width=0.8)
        assert float(error) == float(alone[f"result_{result.name}_error"]) > 0
        assert error.attrs["units"] == result.unit


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kt.sweep(square, angle=3), "nothing is swept"),
        (lambda: kt.sweep(square, angel=[3]), "unknown argument of square 'angel'; did you mean 'angle'"),
        (lambda: kt.sweep(examples.moody, x=[1]), "moody also needs `calm`"),
        (lambda: kt.sweep("spin-filter", angle=[1]), "needs a System"),
        (lambda: kt.sweep(ELECTRON, angel=[1]), "unknown parameter of spin-filter 'angel'; did you mean 'angle'"),
        (lambda: kt.sweep(ELECTRON, angle=[1], results=["torque"]), "unknown result of spin-filter 'torque'"),
        (lambda: kt.sweep(ELECTRON, angle=[]), "must be different"),
        (lambda: kt.sweep(square, angle=[1, 1]), "must be different"),
        (lambda: kt.sweep(square, angle=[ELECTRON]), "must be numbers or words"),
        (lambda: kt.sweep(square, angle=[1], out="x.txt"), r"`out` must end in \.nc, got 'x\.txt'"),
        (lambda: kt.sweep(lambda x: x, x=[1, 2]), "must return an xarray.Dataset or a dict of numbers"),
        (lambda: kt.sweep(lambda x: {"done": x}, x=[1]), "must not have a variable or dimension 'done'"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(kt.InputError, match=message):
        call()


def test_complex_numbers_are_refused_where_they_are_saved(tmp_path):
    def amplitude(x):
        return {"t": 1j * x}

    assert kt.sweep(amplitude, x=[1, 2], **SILENT).t.values.tolist() == [1j, 2j]
    with pytest.raises(kt.InputError, match="cannot be saved as netCDF"):
        kt.sweep(amplitude, x=[1, 2], out=tmp_path / "t.nc", **SILENT)
