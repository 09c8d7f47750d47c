"""The rooms of the house: who may import Kwant and matplotlib, in which direction data flow, every module alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = {
    ".".join(["kwantorque", *path.relative_to(ROOT / base).with_suffix("").parts]).removesuffix(".__init__"): path
    for base, folder in (("kwantorque", "kwantorque"), (".", "systems"))
    for path in sorted((ROOT / folder).rglob("*.py"))
}
KWANT = {"kwantorque.builder", "kwantorque.doctor", "kwantorque.scattering.kwant_solver"}
MATPLOTLIB = {"kwantorque.plot.base"}
# What each room may take from: earlier rooms only.
ORDER = [
    "errors",
    "units",
    "algebra",
    "materials",
    "stack",
    "chain",
    "builder",
    "scattering",
    "operators",
    "parallel",
    "integration",
    "results",
    "extrapolation",
    "storage",
    "transport",
    "bias",
    "bulk",
    "doctor",
    "plot",
    "systems",
    "cli",
    "__main__",
]


def imports(name):
    """Absolute names of the modules that a module imports."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1])
            module = f"{base}.{node.module}" if node.module else base
            yield module
            for alias in node.names:
                # `from .builder import kwant` hands Kwant on; `from . import plot` imports a module.
                yield alias.name if alias.name in ("kwant", "matplotlib") else f"{module}.{alias.name}"


def room(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "kwantorque" else None


@pytest.mark.parametrize(("library", "allowed"), [("kwant", KWANT), ("matplotlib", MATPLOTLIB)])
def test_only_the_modules_whose_job_it_is_import(library, allowed):
    assert {name for name in MODULES if any(i.split(".")[0] == library for i in imports(name))} == allowed


@pytest.mark.parametrize("name", [name for name in MODULES if room(name)])
def test_data_flow_in_one_direction(name):
    later = {i for i in imports(name) if room(i) in ORDER and ORDER.index(room(i)) > ORDER.index(room(name))}
    assert not later


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_imports_alone_in_a_fresh_process(name):
    subprocess.run([sys.executable, "-W", "error", "-c", f"import {name}"], check=True, capture_output=True)
