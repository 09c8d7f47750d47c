"""`kwantorque doctor`: what is installed, and a self test of the operators against Kwant's own in about a second."""

import sys
from importlib.metadata import version

import numpy as np
from threadpoolctl import threadpool_info

from ..materials import KohnLuttinger
from ..scattering import KwantSolver
from ..structures.kwant_builder import build_stack, load_kwant, site_order
from ..structures.stack import Layer, Stack
from ..transport.response import torques_at

__all__ = ["report"]

PACKAGES = ("kwantorque", "kwant", "tinyarray", "numpy", "scipy", "xarray", "matplotlib")


def report():
    """Yield (line, good) pairs."""
    yield f"python {sys.version.split()[0]}", True
    for name in PACKAGES:
        yield f"{name} {version(name)}", True
    yield f"solvers: {KwantSolver.name} (scipy SuperLU)", True
    for info in threadpool_info():
        yield f"{info['internal_api']} {info.get('version') or ''}: {info['num_threads']} threads (1 is used)", True
    error = _against_kwant()
    yield f"self test against kwant.operator: largest relative difference {error:.1e}", error < 1e-9


def _against_kwant():
    """Largest difference between our spin density and currents and Kwant's, on a short wire at one k."""
    stack = Stack([Layer(KohnLuttinger(exchange=0.27), 2, m="-z"), Layer(KohnLuttinger(), 2)], 0.2)
    kx, ky, energy = 0.1, 0.05, 0.06
    ours = torques_at(stack, [(kx, ky)], energy)
    system = build_stack(stack).finalized()
    params = {"kx": kx, "ky": ky}
    kwant = load_kwant()
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
    return max(np.abs(a - b).max() / np.abs(b).max() for a, b in pairs)
