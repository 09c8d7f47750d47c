import numpy as np
import pytest

from kwantorque.algebra import SPIN_HALF, SPIN_ONE, commutator, dagger, direction, rotation
from kwantorque.errors import InputError


@pytest.mark.parametrize("j", [SPIN_HALF, SPIN_ONE])
def test_angular_momentum_algebra(j):
    for x, y, z in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        assert np.allclose(commutator(j[x], j[y]), 1j * j[z])
    assert np.allclose(j, dagger(j))


def test_rotation_turns_a_vector_operator():
    u = rotation(SPIN_ONE[2], 0.3)
    turned = np.cos(0.3) * SPIN_ONE[0] + np.sin(0.3) * SPIN_ONE[1]
    assert np.allclose(u @ SPIN_ONE[0] @ dagger(u), turned)


@pytest.mark.parametrize(
    ("given", "expected"), [("z", (0, 0, 1)), ("-x", (-1, 0, 0)), ("+y", (0, 1, 0)), ((3, 0, 4), (0.6, 0, 0.8))]
)
def test_direction(given, expected):
    assert np.allclose(direction(given), expected)


@pytest.mark.parametrize("wrong", ["w", "", "xy", "--z", (0, 0, 0), (1, 2), (np.nan, 0, 1), None, "z-"])
def test_wrong_direction(wrong):
    with pytest.raises(InputError, match="a direction must be"):
        direction(wrong)
