"""Integration over the in-plane wavevector: region, symmetry, rule and error."""

from .channels import k_grid
from .kpar import PolarRule

__all__ = ["PolarRule", "k_grid"]
