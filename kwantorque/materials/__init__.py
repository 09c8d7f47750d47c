"""Materials: H(k) as named terms. One file per family; `base` is the contract."""

from .base import Material, Term
from .free_electron import FreeElectron
from .luttinger import KohnLuttinger
from .square_lattice import SquareLattice

__all__ = ["FreeElectron", "KohnLuttinger", "Material", "SquareLattice", "Term"]
