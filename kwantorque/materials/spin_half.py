"""What materials of one orbital and two spins share: spin, and the exchange term."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import SPIN_HALF
from ..errors import finite
from .base import Material, require_direction
from .terms import Brick, exchange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

    from .base import Term

__all__ = ["SpinHalf"]


class SpinHalf(Material):
    """Basis spin up, down; s = sigma/2, L = 0.

    Whoever derives from it is a dataclass of numbers, `exchange` among them: Delta in
    Delta m.s, eV.
    """

    exchange: float
    spin = SPIN_HALF
    orbital = np.zeros((3, 2, 2))

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, finite(field.name, getattr(self, field.name)))

    @property
    def is_magnetic(self) -> bool:
        """Whether a layer of it needs a direction `m`."""
        return self.exchange != 0

    def with_exchange(self, parts: Iterable[Brick | Term], m: ArrayLike | None) -> tuple[Term, ...]:
        """The terms `parts` and, if the material is magnetic, Delta m.s.

        Raises
        ------
        InputError
            The material is magnetic, and there is no `m`.
        """
        if self.is_magnetic:
            require_direction(m, self)
        parts = [*parts, exchange(self.exchange)] if self.is_magnetic else parts
        return tuple(part.term(self, m) if isinstance(part, Brick) else part for part in parts)
