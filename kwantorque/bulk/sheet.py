"""The Rashba ferromagnet: two bands whose spins turn with k, in closed form.

    H = e(k) + h(k).sigma,      bands e + n |h|, n = -1, +1, of spin n h/|h|

In the continuum, and on a square lattice of constant a, with c = hbar^2/2m:

    e = c k^2,                     h = alpha (k_y, -k_x, 0) - J M
    e = (2c/a^2) (2 - cos k_x a - cos k_y a),
                                   h = (alpha/a) (sin k_y a, -sin k_x a, 0) - J M

The majority is the lower band, whose spin follows M; s = <sigma> here, twice the spin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import direction
from ..errors import InputError, finite, positive
from ..integration.lines import Rays
from ..units import HBAR2_OVER_2M0

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ..integration.lines import FermiLines, FermiSea

__all__ = ["BANDS", "RashbaSheet"]

BANDS = np.array([-1.0, 1.0])
"""Majority and minority."""


@dataclass(frozen=True)
class RashbaSheet:
    """A Rashba ferromagnet.

    Parameters
    ----------
    rashba : float, eV nm
        alpha, in alpha (k_y sigma_x - k_x sigma_y).
    exchange : float, eV
        J > 0, in -J M.sigma; the splitting is 2J.
    m : str or 3-vector
        Direction of M.
    mass : float, m0
    spacing : float, nm
        Lattice constant; 0 for the continuum.

    Raises
    ------
    InputError
        exchange or mass <= 0, spacing < 0.

    Examples
    --------
    >>> from kwantorque.bulk.sheet import RashbaSheet
    >>> sheet = RashbaSheet(rashba=0.01, exchange=1.0, m="x")
    >>> sheet.energy([[0.0, 0.0]], np.array([-1.0, 1.0])).tolist()
    [-1.0, 1.0]
    """

    rashba: float
    exchange: float
    m: str | tuple[float, float, float] = "x"
    mass: float = 1.0
    spacing: float = 0.0

    def __post_init__(self) -> None:
        finite("rashba", self.rashba, "eV nm")
        positive("exchange", self.exchange, "eV")
        positive("mass", self.mass, "m0")
        if finite("spacing", self.spacing, "nm") < 0:
            raise InputError(f"`spacing` must be >= 0 nm, 0 for the continuum, got {self.spacing!r}")
        object.__setattr__(self, "m", tuple(direction(self.m).tolist()))

    @property
    def curvature(self) -> float:
        """c = hbar^2/2m, eV nm^2."""
        return HBAR2_OVER_2M0 / self.mass

    def _waves(self, k):
        """k, k^2/2 and their slopes; on a lattice sin(ka)/a, (1 - cos ka)/a^2."""
        k, a = np.asarray(k, float), self.spacing
        if not a:
            return k, k**2 / 2, np.ones_like(k), k
        return np.sin(k * a) / a, (1 - np.cos(k * a)) / a**2, np.cos(k * a), np.sin(k * a) / a

    def scalar(self, k: ArrayLike) -> NDArray:
        """e(k), (...), eV."""
        return 2 * self.curvature * self._waves(k)[1].sum(axis=-1)

    def vector(self, k: ArrayLike) -> NDArray:
        """h(k), (..., 3), eV."""
        wave = self._waves(k)[0]
        turning = np.stack([wave[..., 1], -wave[..., 0], 0 * wave[..., 0]], axis=-1)
        return self.rashba * turning - self.exchange * np.array(self.m)

    def slopes(self, k: ArrayLike) -> tuple[NDArray, NDArray]:
        """de/dk_i, (..., 2), and dh/dk_i, (..., 2, 3), eV nm."""
        _, _, slope, wave = self._waves(k)
        zero = 0 * slope[..., 0]
        vectors = np.stack(
            [np.stack([zero, -slope[..., 0], zero], -1), np.stack([slope[..., 1], zero, zero], -1)], axis=-2
        )
        return 2 * self.curvature * wave, self.rashba * vectors

    def scalar_curvatures(self, k: ArrayLike) -> NDArray:
        """d2e/dk_i2, (..., 2), eV nm^2."""
        return 2 * self.curvature * self._waves(k)[2]

    def energy(self, k: ArrayLike, band: ArrayLike) -> NDArray:
        """Energy of a band, (...), eV."""
        return self.scalar(k) + band * np.linalg.norm(self.vector(k), axis=-1)

    def velocity(self, k: ArrayLike, band: ArrayLike) -> NDArray:
        """d energy/dk_i, (..., 2), eV nm."""
        scalar, vectors = self.slopes(k)
        h = self.vector(k)
        n = h / np.linalg.norm(h, axis=-1, keepdims=True)
        return scalar + np.asarray(band)[..., None] * np.einsum("...ia,...a->...i", vectors, n)

    def sea(self, energy: float, rays: int, nodes: int) -> FermiSea:
        """A rule over the occupied states: rays from k = 0, Gauss's rule along each.

        Parameters
        ----------
        energy : float, eV
        rays, nodes : int
            Rays, and nodes on each piece of a ray between Fermi lines.
        """
        return self._rays(energy, rays).sea(nodes)

    def lines(self, energy: float, rays: int) -> FermiLines:
        """Nodes on the Fermi lines, where they meet rays from k = 0.

        Parameters
        ----------
        energy : float, eV
        rays : int
        """
        return self._rays(energy, rays).lines(self.velocity)

    def _rays(self, energy, count):
        """Rays with their crossings, up to the edge of the zone or beyond the sea."""

        def reach(along):
            if self.spacing:
                return np.pi / self.spacing / np.abs(along).max(axis=1)
            # c k^2 - |alpha| k - J < E
            alpha, c = abs(self.rashba), self.curvature
            root = np.sqrt(max(alpha**2 + 4 * c * (energy + self.exchange), 0.0))
            return np.full(count, 1.01 * (alpha + root) / (2 * c) + 1e-9)

        return Rays(self.energy, BANDS, energy, count, reach)
