"""Anything at many parameters: computed once, saved point by point, extended later."""

from .run import Sweep, sweep, trouble_in

__all__ = ["Sweep", "sweep", "trouble_in"]
