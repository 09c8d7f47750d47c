"""Entries for crystals and films: bands, their torques, and a field in the plane."""

from .bands import bands, k_path
from .crystal import Bulk, Crystal, Plane
from .film import Film
from .kwant_crystal import KwantCrystal
from .relaxation import spin_flip_coefficient, spin_orbit_beta
from .response import field_response

__all__ = [
    "Bulk",
    "Crystal",
    "Film",
    "KwantCrystal",
    "Plane",
    "bands",
    "field_response",
    "k_path",
    "spin_flip_coefficient",
    "spin_orbit_beta",
]
