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
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..algebra import direction
from ..errors import InputError, finite, positive
from ..units import HBAR2_OVER_2M0

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BANDS", "FermiLines", "FermiSea", "RashbaSheet"]

BANDS = np.array([-1.0, 1.0])
"""Majority and minority."""
SCANNED = 96
"""Points along a ray between which a band crosses an energy once at most."""
HALVINGS = 52
"""Bisections: to the last digit."""


class FermiSea(NamedTuple):
    """Nodes of a rule over the occupied states.

    Attributes
    ----------
    k : (n, 2) array, 1/nm
    band : (n,) array, -1 or +1
    weight : (n,) array, 1/nm^2
        With 1/(2 pi)^2.
    """

    k: NDArray
    band: NDArray
    weight: NDArray


class FermiLines(NamedTuple):
    """Nodes on the Fermi lines.

    Attributes
    ----------
    k : (n, 2) array, 1/nm
    band : (n,) array, -1 or +1
    weight : (n,) array, 1/(eV nm^2)
        Of the density of states, dl/|v| over (2 pi)^2.
    """

    k: NDArray
    band: NDArray
    weight: NDArray


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
        rays_, roots, far = self._crossings(energy, rays)
        x, w = np.polynomial.legendre.leggauss(nodes)
        k, band, weight = [], [], []
        # Both bands have the same nodes: where both are full, what cancels does so.
        ends = np.sort(np.concatenate([np.zeros((rays, 1)), *roots, far[:, None]], axis=1), axis=1)
        start, stop = ends[:, :-1, None], ends[:, 1:, None]
        middle = ((start + stop) / 2)[..., 0]
        for sign in BANDS:
            filled = self.energy(middle[..., None] * rays_[:, None], sign) < energy
            filled &= (stop - start)[..., 0] > 0
            r = start + (stop - start) * (x + 1) / 2
            weights = r * w * (stop - start) / 2 * (2 * np.pi / rays) / (2 * np.pi) ** 2
            k.append((r[..., None] * rays_[:, None, None])[filled].reshape(-1, 2))
            weight.append(weights[filled].ravel())
            band.append(np.full(len(weight[-1]), sign))
        return FermiSea(*map(np.concatenate, (k, band, weight)))

    def lines(self, energy: float, rays: int) -> FermiLines:
        """Nodes on the Fermi lines, where they meet rays from k = 0.

        Parameters
        ----------
        energy : float, eV
        rays : int
        """
        rays_, roots, far = self._crossings(energy, rays)
        k, band, weight = [], [], []
        for number, sign in enumerate(BANDS):
            there = roots[number] < far[:, None]
            at = (roots[number][..., None] * rays_[:, None])[there]
            along = np.broadcast_to(rays_[:, None], (*there.shape, 2))[there]
            slope = np.abs((self.velocity(at, sign) * along).sum(axis=-1))
            k.append(at)
            weight.append(roots[number][there] / slope * (2 * np.pi / rays) / (2 * np.pi) ** 2)
            band.append(np.full(len(at), sign))
        return FermiLines(*map(np.concatenate, (k, band, weight)))

    def _crossings(self, energy, rays):
        """Rays (n, 2); for each band (n, most), where it crosses; how far rays go.

        Crossings that are missing are at the end of the ray.
        """
        angle = 2 * np.pi * (np.arange(rays) + 0.5) / rays
        along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        if self.spacing:
            far = np.pi / self.spacing / np.abs(along).max(axis=1)
        else:
            # c k^2 - |alpha| k - J < E
            alpha, c = abs(self.rashba), self.curvature
            root = np.sqrt(max(alpha**2 + 4 * c * (energy + self.exchange), 0.0))
            far = np.full(rays, 1.01 * (alpha + root) / (2 * c) + 1e-9)
        grid = far[:, None] * np.linspace(0, 1, SCANNED)
        roots = []
        for sign in BANDS:
            below = self.energy(grid[..., None] * along[:, None], sign) < energy
            ray, cell = np.nonzero(below[:, 1:] != below[:, :-1])
            low, high, inside = grid[ray, cell], grid[ray, cell + 1], below[ray, cell]
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                same = (self.energy(middle[:, None] * along[ray], sign) < energy) == inside
                low, high = np.where(same, middle, low), np.where(same, high, middle)
            most = np.bincount(ray, minlength=rays).max(initial=0)
            found = np.repeat(far[:, None], most, axis=1)
            place = np.arange(len(ray)) - np.searchsorted(ray, ray)
            found[ray, place] = (low + high) / 2
            roots.append(found)
        return along, roots, far
