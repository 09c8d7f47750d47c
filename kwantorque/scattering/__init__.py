"""Scattering states of a chain: the contract in `base`, one file per solver."""

from .base import LeadStates, Solver, States
from .batched import BatchedSolver
from .kwant_solver import KwantSolver

__all__ = ["BatchedSolver", "KwantSolver", "LeadStates", "Solver", "States"]
