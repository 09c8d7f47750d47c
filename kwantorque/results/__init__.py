"""What a user holds: Datasets, numbers with errors, what follows from them, files."""

from .along import profile_along
from .conductance import conductance
from .dataset import SCHEMA
from .estimate import Estimate, estimate_of, together
from .extrapolation import extrapolate, richardson
from .layers import components, per_layer
from .profiles import per_current, window_average
from .si import effective_field, field_per_current, to_si

__all__ = [
    "SCHEMA",
    "Estimate",
    "components",
    "conductance",
    "effective_field",
    "estimate_of",
    "extrapolate",
    "field_per_current",
    "per_current",
    "per_layer",
    "profile_along",
    "richardson",
    "to_si",
    "together",
    "window_average",
]
