"""Linear response of a crystal to an electric field in its plane: the entry.

The two parts of the response are apart:

    dissipative (of the Fermi surface, Re kappa): torques and fluxes odd in m, densities
        even in m; proportional to tau where that is long: field-like torques
    intrinsic (of the Fermi sea, Im kappa): torques and fluxes even in m, densities odd;
        finite for tau -> infinity: damping-like torques

and never split by band, which between bands closer than gamma would depend on the basis
that the eigenstates happen to have.
"""

from __future__ import annotations

import time
import warnings
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import direction
from ..errors import AccuracyWarning, ComputationError, InputError, instance, named, positive
from ..integration.summation import Summation
from ..integration.zone import Grid, refined
from ..parallel import progress_bar
from ..units import BOLTZMANN
from .crystal import Crystal
from .kubo import Response, closure_of
from .occupation import Broadened, model_of
from .records import dataset_of, sheet_conductance, torque_on

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

__all__ = ["field_response"]

CHUNK = 120_000
"""Entries of one matrix at all k-points that are worked on at a time."""
DECAYED = 36.0
"""kT above the Fermi energy at which nothing is left of the Fermi sea, 2e-16."""
RAYS = 24
"""Directions in which is looked for the end of the Fermi sea."""
FARTHEST = 1e4
"""1/nm: no Fermi sea is that large."""
CLOSURE_LIMIT = 1e-9
"""Books that are violated by more are not what rounding leaves."""
ROUNDED = 1e-9
"""Part of the mean of the largest entry of the books below which all is rounding."""
NEGLIGIBLE = 1e-4
"""Part of what relaxes below which a torque is none."""
MISSED = 1.01
"""A tolerance is missed beyond rounding."""


@named
def field_response(
    crystal: Crystal,
    energy: float,
    *,
    broadening: float,
    temperature: float | None = None,
    field: str | ArrayLike = "x",
    model: str = "relaxing",
    tolerance: float = 1e-3,
    grid: Grid | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """What an electric field in its plane does to a crystal: torques, fluxes, spins.

        dO = eE sum over k of tr(O U (kappa o v) U^+),        electrons of charge -e

    per eE and per area, to first order; kappa is that of the model of scattering:

        "relaxing"    kappa = [(f_n - f_m)/w]/(gamma + i w),   w = e_n - e_m
        "broadened"   Green functions 1/(mu - e_n + i gamma/2) at T = 0

    Parameters
    ----------
    crystal : Film or Plane
    energy : float, eV
        The Fermi energy.
    broadening : float, eV
        gamma = hbar/tau, in both models; a Green function has half of it.
    temperature : float, K
        Of the relaxing model; the broadened one is at T = 0 and ignores it.
    field : str or 3-vector
        Direction of E, in the plane.
    model : {"relaxing", "broadened"}
    tolerance : float
        Error asked of the whole torque on the magnetisation, of either part, over the
        largest of its components, and of the conductance.
    grid : integration.zone.Grid, optional
        How fine the grid over the zone may become.
    executor : concurrent.futures.Executor, optional
        Where to compute; here by default.
    progress : bool
        A progress bar on stderr.

    Returns
    -------
    xarray.Dataset
        With the parts `dissipative` (proportional to tau where that is long; torques
        odd in m) and `intrinsic` (torques even in m) along `part`. Torques on sites and
        fluxes on bonds have the names of `kwantorque.torques`, here in 1/nm, components
        x, y, z along `axis`; densities are in 1/(eV nm). `torque_of_term` by term;
        `field_source` F and `relaxation` R, of what `quantity` says, close the books:
        outflow = gains + F - R. `exchange_torque_total` on the magnetisation;
        `sheet_conductance` along and across (e^2/hbar); `field_like` and
        `damping_like`, the coefficients

            t_dissipative.(m x y)/|m x y|^2,   t_intrinsic.(m x (m x y))/|m x y|^2,

        y = z x E, NaN where m is along y or nothing is magnetic (`undefined` says why).
        `<name>_error` is the largest error of a variable.

    Raises
    ------
    InputError
        An energy without states, broadening <= 0, no temperature in the relaxing
        model, a field out of the plane, a continuum in the broadened model.
    ComputationError
        Books that do not close.

    Warns
    -----
    AccuracyWarning
        The tolerance is not reached within `max_points` of the grid.
    UserWarning
        A temperature that the broadened model ignores.

    References
    ----------
    Go et al., Phys. Rev. Research 2, 033401 (2020), for the balance of angular
    momentum; Freimuth, Bluegel & Mokrousov, Phys. Rev. B 90, 174423 (2014), for even
    and odd torques and the broadened model.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.CubicLattice(exchange=-1.5, rashba=0.05, lattice_constant=0.3)
    >>> plane, at = kt.Plane(iron, m=(1, 0, 1)), {"energy": -2.8, "broadening": 0.2}
    >>> data = kt.field_response(plane, temperature=300, progress=False, **at)
    >>> data.exchange_torque_total.dims, data.closure < 1e-12
    (('part', 'axis'), True)
    >>> kt.field_response(plane, temperature=0, **at)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `temperature` must be > 0 K in the relaxing model, ...
    """
    instance("crystal", crystal, Crystal, "Film(stack)")
    how = model_of(model, energy, broadening, temperature)
    if isinstance(how, Broadened) and temperature:
        warnings.warn(f"the broadened model is at T = 0: `temperature` = {temperature:g} K is ignored", stacklevel=3)
    tolerance = positive("tolerance", tolerance)
    rule = Grid() if grid is None else instance("grid", grid, Grid, "Grid()")
    response, started = Response(crystal, how, _unit_vector(field)), time.perf_counter()
    zone, graph = _Zone.of(crystal, how), crystal.graph([[0.0, 0.0]])
    _require_fermi_line(crystal, zone, how)
    with progress_bar("k-points", "k", progress) as bar:
        summed = Summation(response, executor, bar, graph.n_orbitals)
        mean = refined(
            lambda points: zone.total(summed, points), rule, tolerance, lambda values: _controlled(graph, values)
        )
    worst = mean.worst(lambda values: _controlled(graph, values))
    if worst > MISSED * tolerance:
        warnings.warn(
            f"the sum over k stopped at an error of {worst:.2g}, above the tolerance of {tolerance:g}, after "
            f"{mean.points} k-points: allow more by grid=Grid(max_points=...), or a larger tolerance",
            AccuracyWarning,
            stacklevel=3,
        )
    closure = max(summed.closure, float(closure_of(graph, mean.values)))
    if not closure < CLOSURE_LIMIT:
        raise ComputationError(f"the books of the film do not close, {closure:.1e}: a term whose dH/dk is not its own?")
    attrs = {
        "crystal": repr(crystal),
        "model": repr(how),
        "energy": how.energy,
        "broadening": how.broadening,
        "tolerance": tolerance,
        "error_estimate": worst,
        "closure": closure,
        "k_points": mean.points,
        "k_rule": repr(rule),
        "seconds": time.perf_counter() - started,
    }
    return dataset_of(crystal, graph, response.field, mean, zone.density, attrs)


@dataclass(frozen=True, eq=False)
class _Zone:
    """Where k is summed: a Brillouin zone, or a square around the whole Fermi sea.

    Attributes
    ----------
    vectors : (2, 2) array, 1/nm
        Its sides as rows.
    radius : float, 1/nm
        There is nothing beyond; infinite in a Brillouin zone.
    chunk : int
        k-points that are worked on at a time.
    """

    vectors: NDArray
    radius: float
    chunk: int

    @classmethod
    def of(cls, crystal, model):
        size = crystal.hamiltonian([[0.0, 0.0]]).shape[-1]
        chunk = max(1, CHUNK // size**2)
        if crystal.reciprocal is not None:
            return cls(np.asarray(crystal.reciprocal, float), np.inf, chunk)
        if isinstance(model, Broadened):
            raise InputError(
                "the broadened model has tails at all energies, and the plane of a continuum has no end: take "
                'model="relaxing", or a lattice'
            )
        radius = _end_of_sea(crystal, model.energy + DECAYED * BOLTZMANN * model.temperature)
        return cls(2 * radius * np.eye(2), radius, chunk)

    @property
    def density(self):
        """k-points per area of the film, 1/nm^2, that the mean stands for."""
        return abs(np.linalg.det(self.vectors)) / (2 * np.pi) ** 2

    def total(self, summed, points):
        """Sums over points in units of the sides."""
        k = points @ self.vectors
        k = k[np.hypot(*k.T) <= self.radius]
        items = [(k[i : i + self.chunk], np.empty(0)) for i in range(0, len(k), self.chunk)]
        found = {}
        for sums in summed(items):
            found = {name: found.get(name, 0.0) + value for name, value in sums.items()}
        return found


def _end_of_sea(crystal, energy):
    """The wavevector, 1/nm, beyond which all states are above an energy."""
    angles = 2 * np.pi * np.arange(RAYS) / RAYS
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    radius = 1.0
    while np.linalg.eigvalsh(crystal.hamiltonian(radius * rays))[:, 0].min() < energy or radius < 1.0:
        radius *= 1.05
        if radius > FARTHEST:
            raise InputError("the bands of a continuum must rise at large k: a kinetic term is missing")
    return radius


def _unit_vector(field):
    """The field's direction in the plane, (2,)."""
    vector = direction(field)
    if abs(vector[2]) > 1e-12:
        raise InputError(f'`field` must lie in the plane, such as "x" or (1, 1, 0), got {field!r}')
    return vector[:2]


def _controlled(graph, values):
    """What decides about refinement, and the scale of each.

    Both parts of the torque, and the conductance. A torque that vanishes by symmetry is
    held to a small part of the books.
    """
    torque = torque_on("magnetisation", graph, values).sum(axis=1)
    spins = float(np.abs(values["relaxation"][..., 1:]).max())
    least = max(NEGLIGIBLE * spins, ROUNDED * float(values["gross"]))
    found = [*torque, sheet_conductance(values)]
    return [(one, max(float(np.abs(one).max()), least)) for one in found]


def _require_fermi_line(crystal, zone, model):
    """Refuse an energy below or above all bands."""
    if not np.isfinite(zone.radius):
        points = next(Grid(first=24).levels()) @ zone.vectors
        energies = np.linalg.eigvalsh(crystal.hamiltonian(points))
        ends = energies.min(), energies.max()
    else:
        along = np.linspace(0, zone.radius, 200)[:, None]
        energies = np.linalg.eigvalsh(crystal.hamiltonian(np.concatenate([along * [1, 0], along * [0, 1]])))
        ends = energies.min(), np.inf
    if not ends[0] < model.energy < ends[1]:
        raise InputError(
            f"`energy` must lie in the bands of the film, from {ends[0]:.4g} to {ends[1]:.4g} eV: at "
            f"{model.energy:g} eV there is no Fermi line"
        )
