"""Entries for crystals: bands, and the torques of their states."""

from .bands import bands, k_path
from .relaxation import spin_flip_coefficient, spin_orbit_beta

__all__ = ["bands", "k_path", "spin_flip_coefficient", "spin_orbit_beta"]
