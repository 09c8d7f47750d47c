"""Entries for crystals: bands, and the torques of their states."""

from .bands import bands, k_path

__all__ = ["bands", "k_path"]
