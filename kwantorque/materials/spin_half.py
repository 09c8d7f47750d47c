"""What all materials of one orbital and two spins share: spin matrices and the exchange term."""

from dataclasses import fields

import numpy as np

from ..algebra import SPIN_HALF
from ..errors import InputError, finite
from .base import Material
from .polynomial import Polynomial

__all__ = ["SpinHalf"]


class SpinHalf(Material):
    """Basis spin up, down; s = sigma/2, L = 0. A dataclass of numbers, `exchange` (Delta in Delta m.s) among them."""

    spin = SPIN_HALF
    orbital = np.zeros((3, 2, 2))

    def __post_init__(self):
        for field in fields(self):
            object.__setattr__(self, field.name, finite(field.name, getattr(self, field.name)))

    @property
    def is_magnetic(self):
        return self.exchange != 0

    def with_exchange(self, terms, m):
        """`terms` and, if the material is magnetic, Delta m.s."""
        if not self.is_magnetic:
            return tuple(terms)
        if m is None:
            raise InputError(f"a magnetic material needs the direction `m` of its magnetisation: {self!r}")
        return (*terms, Polynomial("exchange", "magnetisation", self.exchange * np.einsum("i,iab->ab", m, self.spin)))
