"""Current-induced torques on magnetisation and crystal lattice of layered systems."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # What editors and type checkers see; `_HOME` says the same for those who run it.
    from . import dynamics, errors, materials, parallel, plot, results, scattering, systems, transport, units
    from .bulk import Bulk, Film, KwantCrystal, Plane, bands, field_response, k_path
    from .dynamics import Macrospin, torque_table
    from .errors import AccuracyWarning, ComputationError, InputError
    from .integration.plane import PolarRule
    from .materials import (
        CubicLattice,
        FreeElectron,
        Hoppings,
        KohnLuttinger,
        Material,
        Model,
        PLattice,
        Polynomial,
        Term,
        TightBinding,
        terms,
    )
    from .parallel import processes
    from .results import (
        Estimate,
        components,
        effective_field,
        estimate_of,
        extrapolate,
        field_per_current,
        per_current,
        per_layer,
        profile_along,
        richardson,
        to_si,
        window_average,
    )
    from .scattering import BatchedSolver, KwantSolver
    from .structures.crystal_builder import from_builder, to_builder
    from .structures.impurities import Impurities
    from .structures.kwant_builder import build_stack
    from .structures.layer import Interface, Layer
    from .structures.stack import Stack
    from .structures.strip import Strip
    from .structures.strip_builder import build_strip
    from .sweeps import sweep
    from .transport import (
        Books,
        Cut,
        Flux,
        Numerics,
        Torque,
        k_grid,
        mixing_conductance,
        network_response,
        spin_relaxation,
        spin_transmission,
        steady_state,
        torques,
        torques_at,
    )

__version__ = version("kwantorque")

_HOME = {
    "AccuracyWarning": "errors",
    "BatchedSolver": "scattering",
    "Books": "transport",
    "Bulk": "bulk",
    "ComputationError": "errors",
    "CubicLattice": "materials",
    "Cut": "transport",
    "Estimate": "results",
    "Film": "bulk",
    "Flux": "transport",
    "FreeElectron": "materials",
    "Hoppings": "materials",
    "Impurities": "structures.impurities",
    "InputError": "errors",
    "Interface": "structures.layer",
    "KohnLuttinger": "materials",
    "KwantCrystal": "bulk",
    "KwantSolver": "scattering",
    "Layer": "structures.layer",
    "Macrospin": "dynamics",
    "Material": "materials",
    "Model": "materials",
    "Numerics": "transport",
    "PLattice": "materials",
    "Plane": "bulk",
    "PolarRule": "integration.plane",
    "Polynomial": "materials",
    "Stack": "structures.stack",
    "StrainedKohnLuttinger": "materials",
    "Strip": "structures.strip",
    "Term": "materials",
    "TightBinding": "materials",
    "Torque": "transport",
    "bands": "bulk",
    "build_stack": "structures.kwant_builder",
    "build_strip": "structures.strip_builder",
    "components": "results",
    "effective_field": "results",
    "estimate_of": "results",
    "extrapolate": "results",
    "field_per_current": "results",
    "field_response": "bulk",
    "from_builder": "structures.crystal_builder",
    "k_grid": "transport",
    "k_path": "bulk",
    "mixing_conductance": "transport",
    "network_response": "transport",
    "per_current": "results",
    "per_layer": "results",
    "processes": "parallel",
    "profile_along": "results",
    "richardson": "results",
    "spin_relaxation": "transport",
    "spin_transmission": "transport",
    "steady_state": "transport",
    "sweep": "sweeps",
    "terms": "materials",
    "to_builder": "structures.crystal_builder",
    "to_si": "results",
    "torque_table": "dynamics",
    "torques": "transport",
    "torques_at": "transport",
    "window_average": "results",
}
"""Where each public name lives.

Loaded when first used: the command line can be stopped while it loads.
"""

_ROOMS = (
    "dynamics",
    "errors",
    "materials",
    "parallel",
    "plot",
    "results",
    "scattering",
    "systems",
    "transport",
    "units",
)

__all__ = [
    "AccuracyWarning",
    "BatchedSolver",
    "Books",
    "Bulk",
    "ComputationError",
    "CubicLattice",
    "Cut",
    "Estimate",
    "Film",
    "Flux",
    "FreeElectron",
    "Hoppings",
    "Impurities",
    "InputError",
    "Interface",
    "KohnLuttinger",
    "KwantCrystal",
    "KwantSolver",
    "Layer",
    "Macrospin",
    "Material",
    "Model",
    "Numerics",
    "PLattice",
    "Plane",
    "PolarRule",
    "Polynomial",
    "Stack",
    "StrainedKohnLuttinger",
    "Strip",
    "Term",
    "TightBinding",
    "Torque",
    "bands",
    "build_stack",
    "build_strip",
    "components",
    "dynamics",
    "effective_field",
    "errors",
    "estimate_of",
    "extrapolate",
    "field_per_current",
    "field_response",
    "from_builder",
    "k_grid",
    "k_path",
    "materials",
    "mixing_conductance",
    "network_response",
    "parallel",
    "per_current",
    "per_layer",
    "plot",
    "processes",
    "profile_along",
    "results",
    "richardson",
    "scattering",
    "spin_relaxation",
    "spin_transmission",
    "steady_state",
    "sweep",
    "systems",
    "terms",
    "to_builder",
    "to_si",
    "torque_table",
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
