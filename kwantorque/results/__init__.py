"""What a user holds: Datasets, what is derived from them, and files."""

from .dataset import SCHEMA
from .extrapolation import extrapolate, richardson
from .profiles import per_current, window_average

__all__ = ["SCHEMA", "extrapolate", "per_current", "richardson", "window_average"]
