"""Entries for structures with leads: linear response and steady states."""

from .books import Books
from .mixing import mixing_conductance
from .network import driven_states, network_response
from .network_operators import Cut, Flux, Torque
from .relaxation import spin_relaxation
from .response import k_grid, torques, torques_at
from .run import Numerics
from .spin_transmission import spin_transmission
from .steady_state import steady_state

__all__ = [
    "Books",
    "Cut",
    "Flux",
    "Numerics",
    "Torque",
    "driven_states",
    "k_grid",
    "mixing_conductance",
    "network_response",
    "spin_relaxation",
    "spin_transmission",
    "steady_state",
    "torques",
    "torques_at",
]
