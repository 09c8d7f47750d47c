"""Entries for structures with leads: linear response and steady states."""

from .response import k_grid, torques, torques_at
from .run import Numerics
from .steady_state import steady_state

__all__ = ["Numerics", "k_grid", "steady_state", "torques", "torques_at"]
