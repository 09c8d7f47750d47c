"""Current-induced torques on magnetisation and crystal lattice of layered systems."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # What editors and type checkers see; `_HOME` says the same for those who run it.
    from . import errors, materials, parallel, plot, results, scattering, systems, transport, units
    from .bulk import bands, k_path
    from .errors import ComputationError, InputError
    from .integration.plane import PolarRule
    from .materials import CubicLattice, FreeElectron, Hoppings, KohnLuttinger, Material, Polynomial, Term
    from .parallel import processes
    from .results import extrapolate, per_current, richardson, window_average
    from .scattering import BatchedSolver, KwantSolver
    from .structures.kwant_builder import build_stack
    from .structures.layer import Interface, Layer
    from .structures.stack import Stack
    from .sweeps import sweep
    from .transport import Numerics, k_grid, steady_state, torques, torques_at

__version__ = version("kwantorque")

_HOME = {
    "BatchedSolver": "scattering",
    "ComputationError": "errors",
    "CubicLattice": "materials",
    "FreeElectron": "materials",
    "Hoppings": "materials",
    "InputError": "errors",
    "Interface": "structures.layer",
    "KohnLuttinger": "materials",
    "KwantSolver": "scattering",
    "Layer": "structures.layer",
    "Material": "materials",
    "Numerics": "transport",
    "PolarRule": "integration.plane",
    "Polynomial": "materials",
    "Stack": "structures.stack",
    "Term": "materials",
    "bands": "bulk",
    "build_stack": "structures.kwant_builder",
    "extrapolate": "results",
    "k_grid": "transport",
    "k_path": "bulk",
    "per_current": "results",
    "processes": "parallel",
    "richardson": "results",
    "steady_state": "transport",
    "sweep": "sweeps",
    "torques": "transport",
    "torques_at": "transport",
    "window_average": "results",
}
"""Where each public name lives.

Loaded when first used: the command line can be stopped while it loads.
"""

_ROOMS = ("errors", "materials", "parallel", "plot", "results", "scattering", "systems", "transport", "units")

__all__ = [
    "BatchedSolver",
    "ComputationError",
    "CubicLattice",
    "FreeElectron",
    "Hoppings",
    "InputError",
    "Interface",
    "KohnLuttinger",
    "KwantSolver",
    "Layer",
    "Material",
    "Numerics",
    "PolarRule",
    "Polynomial",
    "Stack",
    "Term",
    "bands",
    "build_stack",
    "errors",
    "extrapolate",
    "k_grid",
    "k_path",
    "materials",
    "parallel",
    "per_current",
    "plot",
    "processes",
    "results",
    "richardson",
    "scattering",
    "steady_state",
    "sweep",
    "systems",
    "torques",
    "torques_at",
    "transport",
    "units",
    "window_average",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module 'kwantorque' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(["__version__", *__all__])
