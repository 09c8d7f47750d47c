"""The solvers, as one fixture."""

import pytest

import kwantorque as kt

SOLVERS = [kt.KwantSolver(), kt.BatchedSolver("expansion"), kt.BatchedSolver("recursion")]


@pytest.fixture(params=SOLVERS, ids=repr)
def solver(request):
    """Every solver there is: a test that takes this runs on all of them."""
    return request.param
