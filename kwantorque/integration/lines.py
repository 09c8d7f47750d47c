"""Integrals over a Fermi sea and its lines in the plane, by rays from k = 0.

A band crosses the Fermi energy on rays; between crossings the integrand is smooth, and
Gauss's rule converges exponentially along them, equidistant ones in the angle. At a
temperature an integral is the mean of those at T = 0 over -df/dE.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Converged", "FermiLines", "FermiSea", "Rays", "converged", "thermal"]

SCANNED = 96
"""Points along a ray between which a band crosses an energy once at most."""
HALVINGS = 52
"""Bisections: to the last digit."""
THERMAL = np.arange(-30.0, 30.5, 1.0)
"""(E - E_F)/kT of the sum over energies, which converges exponentially, to 6e-9."""
RAYS, NODES = 32, 12
"""Of the first rule; each refinement doubles both."""
MOST_RAYS, MOST_NODES = 1024, 96

Energy = Callable[["NDArray", float], "NDArray"]
"""energy(k (..., 2), band) -> (...)"""


class FermiSea(NamedTuple):
    """Nodes of a rule over the occupied states.

    Attributes
    ----------
    k : (n, 2) array, 1/nm
    band : (n,) array
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
    band : (n,) array
    weight : (n,) array, 1/(eV nm^2)
        Of the density of states, dl/|v| over (2 pi)^2.
    """

    k: NDArray
    band: NDArray
    weight: NDArray


class Rays:
    """Equidistant rays from k = 0, and where bands cross the Fermi energy on them.

    Parameters
    ----------
    energy : callable
        energy(k, band) -> energies, eV, of k (..., 2) in one band.
    bands : (n,) array
        Numbers of the bands.
    fermi_energy : float, eV
    count : int
    reach : callable
        reach(directions (count, 2)) -> (count,) lengths of the rays, 1/nm.

    Examples
    --------
    A disc of radius 2, and its edge:

    >>> from kwantorque.integration.lines import Rays
    >>> def parabola(k, band):
    ...     return (np.asarray(k) ** 2).sum(axis=-1)
    >>> rays = Rays(parabola, np.array([0.0]), 4.0, 8, lambda along: np.full(8, 3.0))
    >>> f"{rays.sea(4).weight.sum() * np.pi:.12f}"
    '1.000000000000'
    >>> lines = rays.lines(lambda k, band: 2 * k)
    >>> f"{lines.weight.sum() * 4 * np.pi:.12f}"
    '1.000000000000'
    """

    def __init__(
        self,
        energy: Energy,
        bands: NDArray,
        fermi_energy: float,
        count: int,
        reach: Callable[[NDArray], NDArray],
    ) -> None:
        angle = 2 * np.pi * (np.arange(count) + 0.5) / count
        self.energy, self.bands, self.fermi_energy = energy, bands, fermi_energy
        self.along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        self.far = reach(self.along)
        self.roots = [self._crossings(band) for band in bands]

    def sea(self, nodes: int) -> FermiSea:
        """A rule over the occupied states, so many nodes between Fermi lines."""
        x, w = np.polynomial.legendre.leggauss(nodes)
        rays = len(self.along)
        k, band, weight = [], [], []
        # All bands have the same nodes: where they are full, what cancels does so.
        ends = np.sort(np.concatenate([np.zeros((rays, 1)), *self.roots, self.far[:, None]], axis=1), axis=1)
        start, stop = ends[:, :-1, None], ends[:, 1:, None]
        middle = ((start + stop) / 2)[..., 0]
        for sign in self.bands:
            filled = self.energy(middle[..., None] * self.along[:, None], sign) < self.fermi_energy
            filled &= (stop - start)[..., 0] > 0
            r = start + (stop - start) * (x + 1) / 2
            weights = r * w * (stop - start) / 2 * (2 * np.pi / rays) / (2 * np.pi) ** 2
            k.append((r[..., None] * self.along[:, None, None])[filled].reshape(-1, 2))
            weight.append(weights[filled].ravel())
            band.append(np.full(len(weight[-1]), sign))
        return FermiSea(*map(np.concatenate, (k, band, weight)))

    def lines(self, velocity: Energy) -> FermiLines:
        """Nodes on the Fermi lines, where they meet the rays.

        Parameters
        ----------
        velocity : callable
            velocity(k, band) -> (..., 2), eV nm, the slopes of the energy.
        """
        k, band, weight = [], [], []
        for sign, roots in zip(self.bands, self.roots, strict=True):
            there = roots < self.far[:, None]
            at = (roots[..., None] * self.along[:, None])[there]
            along = np.broadcast_to(self.along[:, None], (*there.shape, 2))[there]
            slope = np.abs((velocity(at, sign) * along).sum(axis=-1))
            k.append(at)
            weight.append(roots[there] / slope * (2 * np.pi / len(self.along)) / (2 * np.pi) ** 2)
            band.append(np.full(len(at), sign))
        return FermiLines(*map(np.concatenate, (k, band, weight)))

    def _crossings(self, band):
        """Radii (count, most) where a band crosses; missing ones are at the ends."""
        rays, energy = len(self.along), self.fermi_energy
        grid = self.far[:, None] * np.linspace(0, 1, SCANNED)
        below = self.energy(grid[..., None] * self.along[:, None], band) < energy
        ray, cell = np.nonzero(below[:, 1:] != below[:, :-1])
        low, high, inside = grid[ray, cell], grid[ray, cell + 1], below[ray, cell]
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            same = (self.energy(middle[:, None] * self.along[ray], band) < energy) == inside
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        most = np.bincount(ray, minlength=rays).max(initial=0)
        found = np.repeat(self.far[:, None], most, axis=1)
        place = np.arange(len(ray)) - np.searchsorted(ray, ray)
        found[ray, place] = (low + high) / 2
        return found


def thermal(function: Callable[[float], ArrayLike], energy: float, width: float) -> NDArray:
    """The mean of a function of the Fermi energy over -df/dE; at T = 0 its value.

    Parameters
    ----------
    function : callable
        function(energy) -> array
    energy, width : float, eV
        The Fermi energy, and k_B T.

    Examples
    --------
    >>> from kwantorque.integration.lines import thermal
    >>> round(float(thermal(lambda e: e**2, 0.0, 0.1)) / 0.1**2, 4)
    3.2899
    """
    if not width:
        return np.asarray(function(energy))
    weights = 1 / np.cosh(THERMAL / 2) ** 2
    found = [np.asarray(function(energy + width * x)) for x in THERMAL]
    return np.tensordot(weights / weights.sum(), found, axes=1)


class Converged(NamedTuple):
    """What a refinement ends with.

    Attributes
    ----------
    values, errors, scales : (n,) arrays
    points : int
        Nodes of the last rule.
    """

    values: NDArray
    errors: NDArray
    scales: NDArray
    points: int


def converged(
    values: Callable[[int, int], NDArray],
    scales_of: Callable[[NDArray], NDArray],
    tolerance: float,
    rounding: float,
) -> Converged:
    """Values by rules of ever more rays and nodes, until two of them agree.

    Parameters
    ----------
    values : callable
        values(rays, nodes) -> (n,) array
    scales_of : callable
        scales_of(values) -> (n,) array, what an error is compared with.
    tolerance, rounding : float
        Relative to the scale: the error asked, and what is there without any change.

    Examples
    --------
    >>> from kwantorque.integration.lines import converged
    >>> found = converged(lambda rays, nodes: np.ones(1) + 2.0**-nodes, abs, 1e-3, 0.0)
    >>> found.points, bool(found.errors[0] < 1e-3)
    (1536, True)
    """
    rays, nodes, found = RAYS, NODES, values(RAYS, NODES)
    while True:
        rays, nodes, before = 2 * rays, min(2 * nodes, MOST_NODES), found
        found = values(rays, nodes)
        scales = scales_of(found)
        errors = np.abs(found - before) + rounding * scales
        if (errors <= tolerance * scales).all() or rays >= MOST_RAYS:
            return Converged(found, errors, scales, rays * nodes)
