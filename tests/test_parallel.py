"""Executors: processes, a dask cluster, workers that die."""

import os
import subprocess
import sys

import numpy as np
import pytest
from helpers import wire

import kwantorque as kt
from kwantorque.errors import ComputationError
from kwantorque.parallel import in_order

PARENT = "KWANTORQUE_TEST_PARENT"
FEW = {"tolerance": 0.2, "kpar": kt.PolarRule(first_rays=4, max_points=1), "progress": False}
"""Options of a run of few k-points: Kwant takes its time for each."""


@pytest.fixture(scope="module")
def serial():
    return kt.torques(wire(1, 1), 0.06, **FEW)


def check_same(one, other):
    """Results do not depend on the number of workers."""
    for name in one.data_vars:
        assert np.allclose(one[name], other[name], rtol=1e-12, atol=1e-15), name


@pytest.mark.parametrize("workers", [2, 3])
def test_processes(serial, workers):
    with kt.processes(workers) as pool:
        check_same(serial, kt.torques(wire(1, 1), 0.06, **FEW, executor=pool))


def test_dask_cluster(serial):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        check_same(serial, kt.torques(wire(1, 1), 0.06, **FEW, executor=executor))


class Deadly(kt.BatchedSolver):
    """Kills every process but the one that started the test."""

    def solve(self, *arguments):
        if str(os.getpid()) != os.environ[PARENT]:
            os._exit(1)
        return super().solve(*arguments)


def test_a_worker_that_dies_is_reported_and_its_chunk_computed_here(serial, monkeypatch):
    monkeypatch.setenv(PARENT, str(os.getpid()))
    with kt.processes(2) as pool, pytest.warns(RuntimeWarning, match=r"worker died.*k-points from \(.*1/nm"):
        data = kt.torques(wire(1, 1), 0.06, **FEW, executor=pool, solver=Deadly())
    check_same(serial, data)


class Failing(kt.BatchedSolver):
    """Fails at one k-point of the integral, as a solver might at a band edge."""

    def solve(self, chain, energy, source="left"):
        if np.abs(np.hypot(*chain.k_par.T) - 0.3).min() < 0.01:
            raise ComputationError(f"no solution at k = {tuple(chain.k_par[0].tolist())} 1/nm, energy {energy} eV")
        return super().solve(chain, energy, source)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_chunk_that_fails_is_named_and_left_to_kwant(serial, workers):
    """The chunks that are finished are kept, and the result is the same."""
    with (
        kt.processes(workers) as pool,
        pytest.warns(RuntimeWarning, match=r"no solution at k = \(.*energy 0.06 eV; .* k-points .* are left to Kwant"),
    ):
        data = kt.torques(wire(1, 1), 0.06, **FEW, executor=pool, solver=Failing())
    for name in serial.data_vars:
        assert np.allclose(serial[name], data[name], rtol=1e-7, atol=1e-9), name


def test_a_failure_of_kwant_too_names_k_and_energy(monkeypatch):
    def fails(self, chain, energy, source="left"):
        raise ComputationError(f"no solution at k = {tuple(chain.k_par[0].tolist())} 1/nm, energy {energy} eV")

    monkeypatch.setattr(kt.KwantSolver, "solve", fails)
    monkeypatch.setattr(kt.BatchedSolver, "solve", fails)
    with pytest.raises(ComputationError, match=r"no solution at k = \(.*energy 0.06 eV"):
        kt.torques(wire(1, 1), 0.06, progress=False)


def square(x):
    return x * x


def test_order_and_early_results():
    """Results come as they are finished, in the order of the tasks."""
    with kt.processes(2) as pool:
        results = in_order(square, list(range(20)), pool)
        assert next(results) == 0
        assert list(results) == [i * i for i in range(1, 20)]


NOTEBOOK = """
import numpy as np
import kwantorque as kt

class Mine(kt.FreeElectron):
    pass

def run(executor):
    return kt.torques(STACK, 0.0, tolerance=0.1, executor=executor, progress=False)

if __name__ == "__main__":
    magnet = kt.Layer(Mine(exchange=-1.0, bottom=-4.0), 0.5, m=lambda z: (np.sin(z), 0, np.cos(z)))
    STACK = kt.Stack([magnet, kt.Layer(Mine(bottom=-4.0), 0.5)], 0.1)
    with kt.processes(2) as pool:
        there, here = run(pool), run(None)
    print(all(np.allclose(there[name], here[name], rtol=1e-12, atol=1e-15) for name in here.data_vars))
"""


@pytest.mark.parametrize("as_notebook", [True, False])
def test_what_a_notebook_defines_reaches_the_workers(as_notebook, tmp_path):
    """Like `python -c`, a notebook has no file that workers could import."""
    script = tmp_path / "script.py"
    script.write_text(NOTEBOOK)
    command = [sys.executable, "-W", "error", *(["-c", NOTEBOOK] if as_notebook else [str(script)])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")
