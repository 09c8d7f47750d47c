"""Figures are pyplot's where somebody sees them, and leave pyplot alone elsewhere."""

import os
import subprocess
import sys

import pytest
from matplotlib import pyplot

import kwantorque as kt

DRAW = """
import kwantorque as kt
stack = kt.Stack([kt.Layer(kt.FreeElectron(bottom=-1.0), 0.4)], 0.2)
"""
BACKEND = """
from matplotlib.backends.backend_agg import FigureCanvasAgg, FigureManagerBase
FigureCanvas, FigureManager = FigureCanvasAgg, FigureManagerBase
"""


def printed(code, **environment):
    """What a script of its own prints, on a machine without a screen of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("MPLBACKEND", "DISPLAY")}
    command, environment = [sys.executable, "-c", code], inherited | environment
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.split()


def test_figures_leave_nothing_behind_without_a_screen():
    kt.plot.stack(kt.Stack([kt.Layer(kt.FreeElectron(bottom=-1.0), 0.4)], 0.2))
    assert not pyplot.get_fignums()


def test_a_script_with_pyplot_and_a_screen_gets_its_figures(tmp_path):
    """With a backend that has windows, as `plt.show()` would open them."""
    (tmp_path / "windows.py").write_text(BACKEND)
    count = "import matplotlib.pyplot as plt" + DRAW + "stack.plot(); stack.plot(); print(len(plt.get_fignums()))"
    path = os.pathsep.join([str(tmp_path), *sys.path])
    assert printed(count, MPLBACKEND="module://windows", PYTHONPATH=path) == ["2"]
    assert printed(count, MPLBACKEND="agg", PYTHONPATH=path) == ["0"]


def test_stacks_are_made_without_matplotlib():
    code = DRAW + "import sys; print(repr(stack) != '', 'matplotlib' in sys.modules)"
    assert printed(code) == ["True", "False"]


def test_figures_appear_in_a_notebook():
    """Two cells, two pictures: of a figure that is the value of its cell, and not."""
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient").NotebookClient
    pytest.importorskip("ipykernel")
    cells = [
        DRAW + "data = kt.torques(stack, 0.0, tolerance=0.3, progress=False)",
        "kt.plot.balance(data)",
        "ax = kt.plot.spin_currents(data)",
        "stack",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    client(notebook, timeout=120, kernel_name="python3").execute()
    kinds = [[kind for out in cell.outputs for kind in out.get("data", {})] for cell in notebook.cells]
    assert [row.count("image/png") for row in kinds] == [0, 1, 1, 0]
    assert "text/html" in kinds[3]
