"""Current-induced torques on the magnetisation and on the crystal lattice of layered systems."""

from importlib.metadata import version

__version__ = version("kwantorque")

from . import materials, plot
from .builder import build_stack
from .bulk import bands, k_path
from .errors import ComputationError, InputError
from .integration import PolarRule
from .materials import KohnLuttinger, Material, Term
from .parallel import processes
from .results import per_current, window_average
from .scattering import BatchedSolver, KwantSolver
from .stack import Interface, Layer, Stack
from .transport import torques, torques_at

from . import systems  # isort: skip  (prepared systems use all of the above)

__all__ = [
    "BatchedSolver",
    "ComputationError",
    "InputError",
    "Interface",
    "KohnLuttinger",
    "KwantSolver",
    "Layer",
    "Material",
    "PolarRule",
    "Stack",
    "Term",
    "bands",
    "build_stack",
    "k_path",
    "materials",
    "per_current",
    "plot",
    "processes",
    "systems",
    "torques",
    "torques_at",
    "window_average",
]
