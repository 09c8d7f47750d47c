"""Quadrature that knows numbers only: rays, panels, energies, sums and their errors."""
