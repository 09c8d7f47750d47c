"""Integration over the in-plane wavevector: region, symmetry, rule and error."""

from .kpar import PolarRule

__all__ = ["PolarRule"]
