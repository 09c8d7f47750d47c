"""Runs that are stopped from outside, by Ctrl-C or by kill -9."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import numpy as np
import pytest
import xarray as xr

WIRE = "gamnas-gaas-wire"


def _listens_to_ctrl_c():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def started(*words):
    """The command line as a process that heads a group;
    whatever happens, nothing of it is left.

    Ctrl-C reaches it even where this process ignores it, as one started by `nohup make
    test &` does: children inherit what is ignored.
    """
    command = [sys.executable, "-m", "kwantorque", *words]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, preexec_fn=_listens_to_ctrl_c, **pipes) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_killed_sweep_goes_on_where_it_was(tmp_path):
    """kill -9 in the middle; run again: the points
    that were done are not computed again.
    """
    out = tmp_path / "s.nc"
    words = ["run", WIRE, "--set", "fm_length=1", "--set", "nm_length=1", "--tolerance", "1e-2", "--quiet"]
    words += ["--sweep", "exchange=0.2:0.3:8", "--out", str(out)]
    with started(*words) as process:
        deadline = time.time() + 60
        while time.time() < deadline and process.poll() is None and not out.exists():
            time.sleep(0.05)
    with xr.open_dataset(out) as data:
        before = data.load()
    done = before.done.values == 1
    assert 0 < done.sum() < 8
    command = [sys.executable, "-m", "kwantorque", *words]
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{8 - done.sum()} left to compute" in again.stderr
    with xr.open_dataset(out) as data:
        assert (data.done == 1).all()
        assert np.array_equal(data.seconds.values[done], before.seconds.values[done])
        assert np.isfinite(data.result_Qjz_in).all()
    assert [path.name for path in tmp_path.iterdir()] == ["s.nc"]


@pytest.mark.parametrize(("jobs", "after"), [(1, 0.3), (1, 0.7), (1, 3), (2, 0.5), (2, 1.5), (2, 2), (2, 4)])
def test_ctrl_c(jobs, after, tmp_path):
    long = ["--tolerance", "1e-8", "--set", "nm_length=400", "--jobs", str(jobs)]
    with started("run", WIRE, *long, "--out", str(tmp_path / "x.nc")) as process:
        time.sleep(after)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "kwantorque: error: interrupted"
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())
