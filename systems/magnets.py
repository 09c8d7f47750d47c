"""Two magnets at an angle: which direction is in their plane, which is out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kwantorque.structures.stack import Layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kwantorque.materials import Material

__all__ = ["Magnets", "magnet"]


def magnet(material: Material, *arguments: Any, m: Any, **others: Any) -> Layer:
    """A layer magnetised along `m`; without it where its parameters leave no exchange.

    Parameters
    ----------
    material : Material
    arguments, m, others
        As `kwantorque.Layer` takes them.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.magnets import magnet
    >>> magnet(kt.FreeElectron(exchange=-0.5), m="x").m
    (1.0, 0.0, 0.0)
    >>> magnet(kt.FreeElectron(), m="x").has_idle_m
    False
    """
    return Layer(material, *arguments, m=m if material.is_magnetic else None, **others)


@dataclass(frozen=True)
class Magnets:
    """m_left = z and m_right = (sin angle, 0, cos angle).

    A torque in the plane of the two points along (m_other - cos(angle) m)/sin(angle),
    towards the other magnet; out of plane along m_left x m_right / sin(angle), which is
    y, on both. At 0 and 180 degrees these are the limits.

    Parameters
    ----------
    angle : float, deg

    Examples
    --------
    >>> from kwantorque.systems.magnets import Magnets
    >>> magnets = Magnets(90.0)
    >>> magnets.right.round(9)
    array([1., 0., 0.])
    >>> parts = magnets.components(on_left=magnets.right, on_right=magnets.left)
    >>> float(parts["torque_in_plane"]), float(parts["torque_in_plane_left"])
    (1.0, 1.0)
    """

    COMPONENTS: ClassVar[tuple[str, ...]] = (
        "torque_in_plane",
        "torque_out_of_plane",
        "torque_in_plane_left",
        "torque_out_of_plane_left",
    )
    """Names of the components: on the right magnet, and on the left one."""

    angle: float

    @property
    def left(self) -> NDArray:
        """Direction of the left magnetisation, (3,)."""
        return np.array([0.0, 0.0, 1.0])

    @property
    def right(self) -> NDArray:
        """Direction of the right magnetisation, (3,)."""
        turn = np.radians(self.angle)
        return np.array([np.sin(turn), 0.0, np.cos(turn)])

    @property
    def in_plane_left(self) -> NDArray:
        """Direction on the left magnet towards the right magnetisation, (3,)."""
        return np.array([1.0, 0.0, 0.0])

    @property
    def in_plane_right(self) -> NDArray:
        """Direction on the right magnet towards the left magnetisation, (3,)."""
        turn = np.radians(self.angle)
        return np.array([-np.cos(turn), 0.0, np.sin(turn)])

    @property
    def out_of_plane(self) -> NDArray:
        """The normal of the plane of both magnetisations, (3,)."""
        return np.array([0.0, 1.0, 0.0])

    def components(self, on_left: NDArray, on_right: NDArray) -> dict[str, NDArray]:
        """In-plane and out-of-plane parts of the torques on the two magnets, by name.

        Parameters
        ----------
        on_left, on_right : (..., 3) arrays

        Returns
        -------
        dict from each of `COMPONENTS` to a (...) array, in the unit of the torques
        """
        parts = (
            on_right @ self.in_plane_right,
            on_right @ self.out_of_plane,
            on_left @ self.in_plane_left,
            on_left @ self.out_of_plane,
        )
        return dict(zip(self.COMPONENTS, parts, strict=True))
