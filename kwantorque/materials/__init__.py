"""Materials: H(k) as named terms. One file per family; `base` is the contract."""

from .base import Material, Term
from .cubic_lattice import CubicLattice
from .free_electron import FreeElectron
from .luttinger import KohnLuttinger

__all__ = ["CubicLattice", "FreeElectron", "KohnLuttinger", "Material", "Term"]
