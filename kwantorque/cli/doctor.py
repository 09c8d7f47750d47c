"""`kwantorque doctor`: what is installed, and a self test in about a second."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version

import numpy as np
from threadpoolctl import threadpool_info

from ..materials import KohnLuttinger
from ..scattering import BatchedSolver, KwantSolver
from ..structures.kwant_builder import build_stack, load_kwant, site_order
from ..structures.stack import Layer, Stack
from ..transport.response import torques_at

__all__ = ["report"]

PACKAGES = ("kwantorque", "numpy", "scipy", "xarray", "matplotlib")
OF_KWANT = ("kwant", "tinyarray")
"""What only Kwant's own solver and builders need."""
AT = (0.1, 0.05, 0.06)
"""kx, ky (1/nm) and energy (eV) of the self test."""


def report() -> Iterator[tuple[str, bool]]:
    """Versions, solvers, threads, and a self test of the operators.

    Yields
    ------
    line : str
    good : bool
        Whether what the line says is as it should be.

    Examples
    --------
    >>> from kwantorque.cli.doctor import report
    >>> all(good for _, good in report())
    True
    """
    yield f"python {sys.version.split()[0]}", True
    for name in PACKAGES:
        yield f"{name} {version(name)}", True
    for name in OF_KWANT:
        if _has(name):
            yield f"{name} {version(name)}", True
        else:
            yield f"{name} is not installed: all but solver=KwantSolver() and build_stack run without it", True
    solvers = [BatchedSolver.name, *([f"{KwantSolver.name} (scipy SuperLU)"] if _has("kwant") else [])]
    yield f"solvers: {', '.join(solvers)}", True
    for info in threadpool_info():
        yield f"{info['internal_api']} {info.get('version') or ''}: {info['num_threads']} threads (1 is used)", True
    stack = Stack([Layer(KohnLuttinger(exchange=0.27), 2, m="-z"), Layer(KohnLuttinger(), 2)], 0.2)
    if _has("kwant"):
        error = _against_kwant(stack)
        yield f"self test against kwant.operator: largest relative difference {error:.1e}", error < 1e-9
    error = _between_engines(stack)
    yield f"self test of the two engines against each other: largest relative difference {error:.1e}", error < 1e-9


def _has(name):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module(name)
    except ImportError:
        return False
    return True


def _against_kwant(stack):
    """Largest difference between our spin density and currents and Kwant's.

    On a short wire, at one k.
    """
    kx, ky, energy = AT
    ours = torques_at(stack, [(kx, ky)], energy)
    kwant, system = load_kwant(), build_stack(stack).finalized()
    params = {"kx": kx, "ky": ky}
    psi = kwant.solvers.sparse.wave_function(system, energy, params=params)(0)
    order = site_order(system)
    spin_z, one = stack.left.material.spin[2], np.eye(stack.left.material.n_orbitals)
    density = kwant.operator.Density(system, spin_z).bind(params=params)
    bonds = [(order[j + 1], order[j]) for j in range(len(order) - 1)]
    current = kwant.operator.Current(system, one, where=bonds).bind(params=params)
    pairs = (
        (ours.spin_density.sel(axis="z").values[0] * stack.spacing, sum(map(density, psi))[order][1:-1]),
        (ours.particle_current.values[0], sum(map(current, psi))),
    )
    return _difference(pairs)


def _between_engines(stack):
    """Largest difference between the two engines, mode expansion and recursion.

    In spin density and lattice torque.
    """
    kx, ky, energy = AT
    one, other = (
        torques_at(stack, [(kx, ky)], energy, solver=BatchedSolver(engine)) for engine in ("expansion", "recursion")
    )
    return _difference([(one[name].values, other[name].values) for name in ("spin_density", "lattice_torque")])


def _difference(pairs):
    return max(np.abs(a - b).max() / np.abs(b).max() for a, b in pairs)
