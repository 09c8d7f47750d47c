"""Lessons and the examples of the README run."""

import ast
from pathlib import Path

import pytest

from kwantorque.structures.kwant_builder import load_kwant

load_kwant()
"""A lesson that imports Kwant need not care whether MUMPS is there."""
ROOT = Path(__file__).parents[1]


LONG = {
    "02_persistent_torque",
    "06_one_magnet_is_enough",
    "09_from_transport_to_switching",
    "10_diagrams_of_a_driven_magnet",
    "11_current_in_the_plane",
    "12_from_wannier90",
}
"""Lessons that take some ten seconds and more."""
LESSONS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem in LONG))
    for path in sorted((ROOT / "tutorials").glob("*.py"))
]


def test_there_are_lessons():
    assert {path.stem for (path,) in (lesson.values for lesson in LESSONS)} > LONG


@pytest.mark.parametrize("path", LESSONS)
def test_tutorial_runs(path, monkeypatch, tmp_path):
    """Every lesson is executed from top to bottom, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    exec(compile(path.read_text(), path.name, "exec"), {"__name__": "__main__"})


def test_readme_examples_run(monkeypatch, tmp_path):
    """The Python examples of the README, one after the other: the
    first has at most 12 lines, and they run.
    """
    examples = [part.split("```")[0] for part in (ROOT / "README.md").read_text().split("```python\n")[1:]]
    assert len(examples) == 6
    assert len(examples[0].strip().splitlines()) <= 12
    monkeypatch.chdir(tmp_path)
    namespace = {}
    for example in examples:
        ast.parse(example)
        exec(compile(example, "README.md", "exec"), namespace)
    assert list(tmp_path.glob("*.png"))
    assert namespace["data"].attrs["mu_left"] == 0.2
    assert float(namespace["turned"].exchange_torque_total[1]) == pytest.approx(-0.0419, abs=1e-4)
    assert (namespace["swept"].result_torque_in_plane > 0).all()
    assert (tmp_path / "tunnel.nc").exists()
