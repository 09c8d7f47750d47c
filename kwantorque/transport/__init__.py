"""Entries for structures with leads: linear response and steady states."""

from .mixing import mixing_conductance
from .relaxation import spin_relaxation
from .response import k_grid, torques, torques_at
from .run import Numerics
from .steady_state import steady_state

__all__ = ["Numerics", "k_grid", "mixing_conductance", "spin_relaxation", "steady_state", "torques", "torques_at"]
