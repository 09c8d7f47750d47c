"""Fixtures of several rooms: every solver, every
prepared system, and the wire of the paper.
"""

import pytest
from helpers import FAST, wire

import kwantorque as kt
from kwantorque.systems import SYSTEMS, LayeredSystem

SOLVERS = [kt.KwantSolver(), kt.BatchedSolver("expansion"), kt.BatchedSolver("recursion")]


@pytest.fixture(params=SOLVERS, ids=repr)
def solver(request):
    """Every solver there is: a test that takes this runs on all of them."""
    return request.param


@pytest.fixture(scope="session", params=SYSTEMS.values(), ids=lambda system: system.name)
def computed(request):
    """Every prepared system with a quick run of it, which tests must not change."""
    system = request.param
    return system, system.run(tolerance=0.1, progress=False, **FAST[system.name])


@pytest.fixture
def layered(computed):
    """Those of layers."""
    system, data = computed
    if not isinstance(system, LayeredSystem):
        pytest.skip("this system has no layers")
    return system, data


@pytest.fixture(scope="session")
def paper_wire():
    """The wire of the paper at the real size, default
    tolerance, which tests must not change.
    """
    return kt.torques(wire(), 0.06, progress=False)
