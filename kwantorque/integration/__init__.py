"""Quadrature that knows numbers only: rays and panels, energies, sums on executors, and their errors."""
