"""Two magnets at an angle: which direction is in their plane, which is out of it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

__all__ = ["Magnets"]


@dataclass(frozen=True)
class Magnets:
    """m_left = z and m_right = (sin angle, 0, cos angle).

    A torque in the plane of the two points along (m_other - cos(angle) m)/sin(angle),
    towards the other magnet; out of plane it points along m_left x m_right / sin(angle)
    = y on both. At 0 and 180 degrees these are the limits.

    Parameters
    ----------
    angle : float, deg
    """

    COMPONENTS: ClassVar = (
        "torque_in_plane",
        "torque_out_of_plane",
        "torque_in_plane_left",
        "torque_out_of_plane_left",
    )
    """Names of the components: on the right magnet, and on the left one."""

    angle: float

    @property
    def left(self):
        return np.array([0.0, 0.0, 1.0])

    @property
    def right(self):
        turn = np.radians(self.angle)
        return np.array([np.sin(turn), 0.0, np.cos(turn)])

    @property
    def in_plane_left(self):
        return np.array([1.0, 0.0, 0.0])

    @property
    def in_plane_right(self):
        turn = np.radians(self.angle)
        return np.array([-np.cos(turn), 0.0, np.sin(turn)])

    @property
    def out_of_plane(self):
        return np.array([0.0, 1.0, 0.0])

    def components(self, on_left, on_right):
        """In-plane and out-of-plane parts of the torques (..., 3) on the two magnets, by name."""
        parts = (
            on_right @ self.in_plane_right,
            on_right @ self.out_of_plane,
            on_left @ self.in_plane_left,
            on_left @ self.out_of_plane,
        )
        return dict(zip(self.COMPONENTS, parts, strict=True))
