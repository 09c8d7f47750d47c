"""Fejer's rules: exact for polynomials, and nested."""

import pytest

from kwantorque.integration.plane import LEVELS
from kwantorque.integration.rules import fejer


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_fejer_is_exact_for_polynomials(level):
    t, weights = fejer(level)
    for power in range(2**level - 1):
        assert weights @ t**power == pytest.approx(1 / (power + 1))


def test_rules_are_nested():
    nodes = [set(fejer(level)[0].round(12)) for level in LEVELS]
    assert nodes[0] < nodes[1]
