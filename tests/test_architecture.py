"""The rooms of the house: who takes from whom, and which names they hold."""

import ast
import importlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import kwantorque

ROOT = Path(__file__).parents[1]
MODULES = {
    ".".join(["kwantorque", *path.relative_to(ROOT / base).with_suffix("").parts]).removesuffix(".__init__"): path
    for base, folder in (("kwantorque", "kwantorque"), (".", "systems"))
    for path in sorted((ROOT / folder).rglob("*.py"))
}
KWANT = {f"kwantorque.structures.{name}_builder" for name in ("crystal", "kwant", "strip")}
TINYARRAY = {"kwantorque.structures.kwant_builder"}
MATPLOTLIB = {"kwantorque.plot.base"}
GROUND = {"errors", "units", "algebra"}
MAY_IMPORT = {
    "errors": set(),
    "units": set(),
    "algebra": {"errors"},
    "parallel": {"errors"},
    "materials": GROUND,
    # A stack draws itself: plot takes from nobody, and is imported when asked.
    "structures": GROUND | {"materials", "plot"},
    "scattering": GROUND | {"structures"},
    "operators": {"errors", "algebra"},
    "integration": {"errors", "parallel"},
    "spectrum": GROUND | {"structures", "scattering", "integration"},
    "results": GROUND | {"operators"},
    "transport": GROUND | {"parallel", "structures", "scattering", "operators", "spectrum", "integration", "results"},
    "sweeps": GROUND | {"parallel", "results", "transport"},
    "bulk": GROUND | {"parallel", "materials", "structures", "operators", "integration", "results"},
    # It reads Datasets, never transport.
    "dynamics": GROUND | {"parallel", "results"},
    "plot": {"errors"},
    "systems": GROUND
    | {
        "materials",
        "structures",
        "spectrum",
        "integration",
        "transport",
        "bulk",
        "results",
        "dynamics",
        "sweeps",
        "plot",
    },
    "cli": GROUND
    | {"parallel", "materials", "structures", "scattering", "transport", "results", "sweeps", "plot", "systems"},
    "__main__": {"cli"},
}
"""Which rooms each room may take from."""
OF_A_DEVICE = {"compute", "film", "resolved", "stack"}
"""What the file of a device defines by contract, and its `System` hands on."""


def imports(name):
    """Absolute names of the modules that a module imports, wherever in it."""
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
            # `from . import plot` imports a module.
            yield from [module, *(f"{module}.{alias.name}" for alias in node.names)]


def room(name):
    """The folder or loose module of a name; None for the front door and others."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "kwantorque" else None


def definitions(body):
    """Names that `def` and `class` bind in a module or class, as often as they do."""
    return [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]


def has_setter(node):
    """Whether a second definition of a name is meant: setters and overloads."""
    names = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    return bool(names & {"setter", "overload"})


def test_every_room_is_in_the_table():
    assert {room(name) for name in MODULES if room(name)} == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("library", "allowed"), [("kwant", KWANT), ("tinyarray", TINYARRAY), ("matplotlib", MATPLOTLIB)]
)
def test_only_the_modules_whose_job_it_is_import(library, allowed):
    assert {name for name in MODULES if any(i.split(".")[0] == library for i in imports(name))} == allowed


@pytest.mark.parametrize("name", [name for name in MODULES if room(name)])
def test_data_flow_in_one_direction(name):
    taken = {room(i) for i in imports(name)} - {None, room(name)}
    assert taken <= MAY_IMPORT[room(name)]


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_defined_twice_in_a_module(name):
    tree = ast.parse(MODULES[name].read_text())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef)):
            body = [one for one in node.body if not (hasattr(one, "decorator_list") and has_setter(one))]
            twice = [one for one, count in Counter(definitions(body)).items() if count > 1]
            assert not twice


def test_no_public_name_is_defined_in_two_modules():
    homes = Counter(
        one
        for name, path in MODULES.items()
        for one in set(definitions(ast.parse(path.read_text()).body))
        & set(vars(importlib.import_module(name)).get("__all__", ()))
        # A figure may have the name of what it draws.
        if not name.endswith("__main__") and room(name) != "plot"
    )
    # Every entry of the command line and every program has its own main.
    assert not [one for one, count in homes.items() if count > 1 and one != "main"]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_all_lists_what_is_public(name):
    """`__all__` holds what there is, and every public function and class."""
    module = importlib.import_module(name)
    tree = ast.parse(MODULES[name].read_text())
    public = {one for one in definitions(tree.body) if not one.startswith("_")} - OF_A_DEVICE
    listed = getattr(module, "__all__", ())
    assert sorted(listed) == sorted(set(listed))
    assert public <= set(listed)
    assert all(hasattr(module, one) for one in listed)


def test_front_door_leads_to_every_public_name():
    for name in kwantorque.__all__:
        assert getattr(kwantorque, name) is not None
        assert name in dir(kwantorque)
    with pytest.raises(AttributeError, match="no attribute 'torque'"):
        _ = kwantorque.torque


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_imports_alone_in_a_fresh_process(name):
    subprocess.run([sys.executable, "-W", "error", "-c", f"import {name}"], check=True, capture_output=True)
