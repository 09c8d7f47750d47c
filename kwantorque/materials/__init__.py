"""Materials: H(k) as named terms. One file per family; `base` is the contract."""

from .base import Material, Term
from .luttinger import KohnLuttinger

__all__ = ["KohnLuttinger", "Material", "Term"]
