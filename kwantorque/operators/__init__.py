"""Expectation values of density blocks: the sign of every density, flux and torque.

`LocalOperators` prepares all operators of any graph once and closes its books, the
balance of particles and angular momentum at every site; `ChainOperators` adds what a
chain has in its leads. The other files hold one kind of operator each.
"""

from .closure import closure, closure_of_totals
from .current import current_operators
from .density import density_operators
from .local import LocalOperators
from .rounding import random_traces
from .torque import bond_operators, onsite_operators, torques_on_partners
from .totals import SEA_FLUX, ChainOperators, Traces
from .trace import real_trace
from .variables import Variable, schema

__all__ = [
    "SEA_FLUX",
    "ChainOperators",
    "LocalOperators",
    "Traces",
    "Variable",
    "bond_operators",
    "closure",
    "closure_of_totals",
    "current_operators",
    "density_operators",
    "onsite_operators",
    "random_traces",
    "real_trace",
    "schema",
    "torques_on_partners",
]
