"""What `help` shows: an example that runs, what goes in and what comes out."""

import doctest
import importlib
import inspect
import pkgutil
import warnings

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.structures.kwant_builder import load_kwant

load_kwant()
"""An example that imports Kwant need not care whether MUMPS is there."""
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
OF_A_DEVICE = {"compute", "film", "resolved", "stack", "SYSTEM"}
MODULES = [
    info.name
    for info in pkgutil.walk_packages(kt.__path__, "kwantorque.")
    if not info.name.endswith("__main__") and not info.name.startswith("kwantorque.systems")
]
MODULES += [f"kwantorque.systems.{info.name}" for info in pkgutil.iter_modules(kt.systems.__path__)]
SHOWN = ("materials", "plot", "results", "systems", "transport")
"""Rooms whose public names a user meets, besides those at the front door."""


def public():
    """(name, object) of everything a user meets."""
    for name in kt.__all__:
        yield name, getattr(kt, name)
    for room in SHOWN:
        module = getattr(kt, room)
        for name in module.__all__:
            yield f"{room}.{name}", getattr(module, name)


def functions(module):
    """(name, function) of what `__all__` of a module lists, methods included."""
    for name in set(getattr(module, "__all__", ())) - OF_A_DEVICE:
        one = getattr(module, name)
        if inspect.isfunction(one) and one.__module__ == module.__name__:
            yield name, one
        elif inspect.isclass(one) and one.__module__ == module.__name__:
            for attribute, method in vars(one).items():
                method = method.__func__ if isinstance(method, (classmethod, staticmethod)) else method
                method = method.fget if isinstance(method, property) else method
                if inspect.isfunction(method) and not attribute.startswith("_"):
                    yield f"{name}.{attribute}", method


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    for test in finder.find(module, extraglobs={"kt": kt, "np": np}):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
            said = []
            runner.run(test, out=said.append)
        assert not runner.failures, "".join(said)


@pytest.mark.parametrize(
    ("name", "one"), [pair for pair in public() if inspect.isroutine(pair[1]) or inspect.isclass(pair[1])]
)
def test_every_public_name_has_an_example(name, one):
    assert one.__doc__
    assert ">>>" in one.__doc__ or issubclass(one, Exception)


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_has_hints(name):
    bare = []
    for where, function in functions(importlib.import_module(name)):
        hints = function.__annotations__
        parameters = [p for p in inspect.signature(function).parameters.values() if p.name not in ("self", "cls")]
        if "return" not in hints or any(p.name not in hints for p in parameters):
            bare.append(where)
    assert not bare
