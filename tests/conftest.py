"""Fixtures of several rooms: every solver, every
prepared system, and the wire of the paper.
"""

from functools import cache

import pytest
from helpers import FAST, wire

import kwantorque as kt
from kwantorque.systems import SYSTEMS, LayeredSystem

SOLVERS = [kt.KwantSolver(), kt.BatchedSolver("expansion"), kt.BatchedSolver("recursion")]


@pytest.fixture(params=SOLVERS, ids=repr)
def solver(request):
    """Every solver there is: a test that takes this runs on all of them."""
    return request.param


LAYERED = [system for system in SYSTEMS.values() if isinstance(system, LayeredSystem)]


@cache
def quick_run(name):
    return SYSTEMS[name].run(tolerance=0.1, progress=False, **FAST[name])


@pytest.fixture(scope="session", params=SYSTEMS.values(), ids=lambda system: system.name)
def computed(request):
    """Every prepared system with a quick run of it, which tests must not change."""
    return request.param, quick_run(request.param.name)


@pytest.fixture(scope="session", params=LAYERED, ids=lambda system: system.name)
def computed_layers(request):
    """The same of those that are stacks of layers."""
    return request.param, quick_run(request.param.name)


@pytest.fixture(scope="session")
def paper_wire():
    """The wire of the paper at the real size, default
    tolerance, which tests must not change.
    """
    return kt.torques(wire(), 0.06, progress=False)
