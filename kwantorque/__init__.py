"""Current-induced torques on the magnetisation and on the crystal lattice of layered systems."""

from importlib import import_module
from importlib.metadata import version

__version__ = version("kwantorque")

_HOME = {
    "BatchedSolver": "scattering",
    "ComputationError": "errors",
    "FreeElectron": "materials",
    "InputError": "errors",
    "Interface": "structures.stack",
    "KohnLuttinger": "materials",
    "KwantSolver": "scattering",
    "Layer": "structures.stack",
    "Material": "materials",
    "PolarRule": "integration.plane",
    "CubicLattice": "materials",
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
    "torques": "transport",
    "torques_at": "transport",
    "window_average": "results",
}
"""Where each public name lives. Loaded when first used, so that the command line can be stopped while Kwant loads."""

_ROOMS = ("errors", "materials", "parallel", "plot", "results", "scattering", "systems", "transport", "units")

__all__ = [*_HOME, *_ROOMS]


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module 'kwantorque' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
