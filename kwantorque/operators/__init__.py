"""Expectation values of density blocks: every sign of a density, flux or torque lives in this folder.

`Observables(chain)` prepares all operators of a chain once; the other files hold one kind of operator each.
"""

from .closure import closure, closure_of_totals
from .current import current_operators
from .density import density_operators
from .observables import Observables, Traces
from .torque import bond_operators, onsite_operators, physical_torques
from .trace import real_trace

__all__ = [
    "Observables",
    "Traces",
    "bond_operators",
    "closure",
    "closure_of_totals",
    "current_operators",
    "density_operators",
    "onsite_operators",
    "physical_torques",
    "real_trace",
]
