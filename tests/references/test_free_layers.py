"""The reference for layers of free electrons gives the numbers that the tests quote."""

import pytest
from references import free_layers


def test_reference_is_alive():
    """The numbers above come from this module: one of them again, so that it is not dead code."""
    exact = free_layers.tunnel_junction(kf_up_right=9, kf_down_right=6, angle=60, bias=0.3)
    assert exact["torque_in_plane"] == pytest.approx(1.70993573e-4, rel=1e-5)
