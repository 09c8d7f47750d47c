"""Materials: H(k) as named terms. One file per family; `base` is the contract."""

from . import terms as terms
from .base import Material, Term
from .cubic_lattice import CubicLattice
from .free_electron import FreeElectron
from .hoppings import Hoppings
from .luttinger import KohnLuttinger
from .model import Model
from .p_lattice import PLattice
from .polynomial import Polynomial
from .strained import StrainedKohnLuttinger
from .tight_binding import TightBinding

__all__ = [
    "CubicLattice",
    "FreeElectron",
    "Hoppings",
    "KohnLuttinger",
    "Material",
    "Model",
    "PLattice",
    "Polynomial",
    "StrainedKohnLuttinger",
    "Term",
    "TightBinding",
]
