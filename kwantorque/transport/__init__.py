"""Entries for structures with leads: linear response and steady states."""

from .books import Books
from .mixing import mixing_conductance
from .network import driven_states, network_response
from .response import k_grid, torques, torques_at
from .run import Numerics
from .steady_state import steady_state

__all__ = [
    "Books",
    "Numerics",
    "driven_states",
    "k_grid",
    "mixing_conductance",
    "network_response",
    "steady_state",
    "torques",
    "torques_at",
]
