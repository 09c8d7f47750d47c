"""Entries for crystals."""

from .bands import bands, k_path

__all__ = ["bands", "k_path"]
