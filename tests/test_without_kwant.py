"""Kwant is imported where it is used: everything else runs where there is none."""

import subprocess
import sys

BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("kwant", "tinyarray"):
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Blocked())
import kwantorque as kt
import kwantorque.cli, kwantorque.plot, kwantorque.systems
"""
WIRE = """
gamnas, gaas = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger()
wire = kt.Stack([kt.Layer(gamnas, 4, m="-z"), kt.Layer(gaas, 4)], 0.2)
data = kt.per_current(kt.torques(wire, 0.06, tolerance=1e-2, progress=False))
print(*data.angular_momentum_current_limit.sel(axis="z").values, data.closure)
kt.plot.balance(data)
"""
REFUSED = """
stack = kt.Stack([kt.Layer(kt.FreeElectron(bottom=-1.0), 1.0)], 0.1)
for call in (lambda: kt.build_stack(stack), lambda: kt.torques_at(stack, [(0, 0)], 0.0, solver=kt.KwantSolver())):
    try:
        call()
    except kt.InputError as error:
        print(error)
"""


def run(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BLOCKED + code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wire_runs_without_kwant_and_tinyarray():
    q_in, q_out, closure = map(float, run(WIRE).split())
    assert abs(q_in - 1.109) < 0.005
    assert abs(q_out - 0.483) < 0.004
    assert closure < 1e-8


def test_what_needs_kwant_says_how_to_get_it():
    lines = run(REFUSED).splitlines()
    assert len(lines) == 2
    assert all("conda install -c conda-forge kwant" in line for line in lines)


def test_doctor_says_what_is_missing():
    out = run("print(kwantorque.cli.main(['doctor']))")
    assert "kwant is not installed" in out
    assert "solvers: batched\n" in out
    assert out.splitlines()[-1] == "0"


def test_importing_the_package_does_not_load_kwant():
    code = "import sys, kwantorque as kt; kt.torques, kt.Stack, kt.plot, kt.systems; print('kwant' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
