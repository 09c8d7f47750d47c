"""Entries for structures with leads: linear response and steady states."""

from .books import Books
from .mixing import mixing_conductance
from .response import k_grid, torques, torques_at
from .run import Numerics
from .steady_state import steady_state

__all__ = ["Books", "Numerics", "k_grid", "mixing_conductance", "steady_state", "torques", "torques_at"]
