"""Scattering states of a chain: the contract in `base`, one file per solver."""

from .base import DensityBlocks, LeadStates, Solver, States
from .batched import BatchedSolver
from .kwant_solver import KwantSolver

__all__ = ["BatchedSolver", "DensityBlocks", "KwantSolver", "LeadStates", "Solver", "States"]
