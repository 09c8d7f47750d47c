"""What a user holds: Datasets, numbers with errors, what follows from them, files."""

from .dataset import SCHEMA
from .estimate import Estimate, estimate_of, together
from .extrapolation import extrapolate, richardson
from .layers import components
from .profiles import per_current, window_average

__all__ = [
    "SCHEMA",
    "Estimate",
    "components",
    "estimate_of",
    "extrapolate",
    "per_current",
    "richardson",
    "together",
    "window_average",
]
