"""The solvers, as one fixture."""

import pytest

import kwantorque as kt

SOLVERS = [kt.KwantSolver()]


@pytest.fixture(params=SOLVERS, ids=lambda solver: solver.name)
def solver(request):
    """Every solver there is: a test that takes this runs on all of them."""
    return request.param
