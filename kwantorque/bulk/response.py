"""Linear response of a crystal to an electric field: the entry.

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
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import direction
from ..errors import AccuracyWarning, ComputationError, InputError, instance, named, positive
from ..integration.summation import Summation
from ..integration.zone import Grid, Sphere, refined
from ..materials.base import Material
from ..parallel import progress_bar
from ..units import BOLTZMANN
from .crystal import Crystal
from .kubo import Response, closure_of
from .occupation import Broadened, model_of
from .records import conductance_of, dataset_of, torque_on

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

__all__ = ["field_response"]

CHUNK = 120_000
"""Entries of one matrix at all k-points that are worked on at a time."""
LEFT = 1e-6
"""Part of the tolerance that may be left of the Fermi sea where it is cut off."""
RAYS = 24
"""Angles at which is looked for the end of the Fermi sea."""
FARTHEST, STEP = 100.0, 1.05
"""1/nm: no Fermi sea is that large. It is looked for at radii with this ratio."""
MARGIN, LOOKS, HALVINGS = 1.1, 16, 3
"""Beyond the end of the sea in some directions; looks and bisections in the others."""
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
    """What an electric field does to a crystal or film: torques, fluxes, spins.

        dO = eE sum over k of tr(O U (kappa o v) U^+),        electrons of charge -e

    per eE and per area (volume of bulk), to first order; kappa is that of the model of
    scattering:

        "relaxing"    kappa = [(f_n - f_m)/w]/(gamma + i w),   w = e_n - e_m
        "broadened"   Green functions 1/(mu - e_n + i gamma/2) at T = 0

    Parameters
    ----------
    crystal : Film, Plane, Bulk or KwantCrystal
    energy : float, eV
        The Fermi energy.
    broadening : float, eV
        gamma = hbar/tau, in both models; a Green function has half of it.
    temperature : float, K
        Of the relaxing model; the broadened one is at T = 0 and ignores it.
    field : str or 3-vector
        Direction of E, in the plane of what is no bulk.
    model : {"relaxing", "broadened"}
    tolerance : float
        Error asked of the whole torque on the magnetisation, of either part, over the
        largest of its components, and of the conductance.
    grid : integration.zone.Grid, optional
        How fine the grid over the zone may become: in three dimensions it has more
        points than in two.
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
        x, y, z along `axis`; densities are in 1/(eV nm). In three dimensions both are
        over another nm, and a torque is in nm/nm^3. `torque_of_term` by term;
        `field_source` F and `relaxation_loss` R, of what `quantity` says, close the
        books: outflow = gains + F - R. `exchange_torque_total` on the magnetisation;
        `sheet_conductance` along x and y (e^2/hbar), in three dimensions
        `conductivity` (e^2/(hbar nm)); `field_like` and
        `damping_like`, the coefficients

            t_dissipative.(m x y)/|m x y|^2,   t_intrinsic.(m x (m x y))/|m x y|^2,

        y = z x E, NaN where m is along y or nothing is magnetic (`undefined` says why).
        `<name>_error` is the largest error of a variable.

    Raises
    ------
    InputError
        An energy without states, broadening <= 0, no temperature in the relaxing
        model, a field out of the plane, a continuum in the broadened model, a material
        that is neither a `Plane` nor `Bulk`.
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
    if isinstance(crystal, Material):
        raise InputError(f"say which crystal of this material is meant, Plane(material) or Bulk(material): {crystal!r}")
    instance("crystal", crystal, Crystal, "Film(stack)")
    how = model_of(model, energy, broadening, temperature)
    if isinstance(how, Broadened) and temperature:
        warnings.warn(f"the broadened model is at T = 0: `temperature` = {temperature:g} K is ignored", stacklevel=3)
    tolerance = positive("tolerance", tolerance)
    rule = Grid() if grid is None else instance("grid", grid, Grid, "Grid()")
    response, started = Response(crystal, how, _unit_vector(field, crystal.dimension)), time.perf_counter()
    zone, graph = _Zone.of(crystal, how, rule, LEFT * tolerance), crystal.graph(np.zeros((1, crystal.dimension)))
    _require_fermi_line(crystal, zone, how)
    with progress_bar("k-points", "k", progress) as bar:
        summed = Summation(response, executor, bar, graph.n_orbitals)
        mean = refined(
            lambda points, weights: zone.total(summed, points, weights),
            zone.rule,
            tolerance,
            lambda values: _controlled(graph, values),
            crystal.dimension,
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
        raise ComputationError(
            f"the books of the crystal do not close, {closure:.1e}: a term whose dH/dk is not its own?"
        )
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
    """Where k is summed: a Brillouin zone, a square or a sphere around the Fermi sea.

    Attributes
    ----------
    rule : Grid or Sphere
    vectors : (dimension, dimension) array, 1/nm
        The points of the rule are in units of its rows.
    radius : float, 1/nm
        There is nothing beyond; infinite in a Brillouin zone.
    chunk : int
        k-points that are worked on at a time.
    density : float
        k-points per area or volume that the sum over the rule stands for, 1/nm^2 of a
        mean over a plane.
    """

    rule: Grid | Sphere
    vectors: NDArray
    radius: float
    chunk: int
    density: float

    @classmethod
    def of(cls, crystal, model, grid, left):
        d = crystal.dimension
        chunk = max(1, CHUNK // crystal.hamiltonian(np.zeros((1, d))).shape[-1] ** 2)
        rule, vectors, radius, density = grid, crystal.reciprocal, np.inf, (2 * np.pi) ** -d
        if vectors is None and isinstance(model, Broadened):
            raise InputError(
                "the broadened model has tails at all energies, and the k space of a continuum has no end: take "
                'model="relaxing", or a lattice'
            )
        if vectors is None:
            top = model.energy - np.log(left) * BOLTZMANN * model.temperature
            radius = _end_of_sea(crystal, top)
            if d == 3:
                return cls(Sphere(partial(_reach, crystal, top, radius), grid), np.eye(d), np.inf, chunk, density)
            vectors = 2 * radius * np.eye(d)
        return cls(rule, np.asarray(vectors, float), radius, chunk, density * abs(np.linalg.det(vectors)))

    def total(self, summed, points, weights):
        """Sums over points in units of the sides, with weights or without."""
        k, weights = points @ self.vectors, np.empty(0) if weights is None else weights
        k = k[np.linalg.norm(k, axis=1) <= self.radius]
        items = [(k[i : i + self.chunk], weights[i : i + self.chunk]) for i in range(0, len(k), self.chunk)]
        found = {}
        for sums in summed(items):
            found = {name: found.get(name, 0.0) + value for name, value in sums.items()}
        return found


def _lowest(crystal, k):
    """The lowest energy at every k."""
    return np.linalg.eigvalsh(crystal.hamiltonian(k))[:, 0]


def _end_of_sea(crystal, energy):
    """The wavevector, 1/nm, beyond which all states are above an energy."""
    angles = 2 * np.pi * np.arange(RAYS) / RAYS
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if crystal.dimension == 3:
        polar = np.pi * np.arange(RAYS // 2 + 1) / RAYS
        up = np.concatenate([np.insert(np.sin(one) * rays, 2, np.cos(one), axis=1) for one in polar])
        rays = np.concatenate([up, -up])
    radii = STEP ** np.arange(int(np.log(FARTHEST) / np.log(STEP)) + 1)
    filled = [_lowest(crystal, radius * rays).min() < energy for radius in radii]
    # A sea may be a ring, or pockets, without k = 0.
    last = max(np.flatnonzero(filled), default=-1)
    if last == len(radii) - 1:
        raise InputError("the bands of a continuum must rise at large k: a kinetic term is missing")
    return float(radii[last + 1])


def _reach(crystal, energy, radius, along):
    """How far the Fermi sea goes in each direction or the opposite one, (n,).

    Between the directions in which its end was looked for it may be further out.
    """

    def filled(lengths):
        ends = lengths[:, None] * along
        return np.minimum(_lowest(crystal, ends), _lowest(crystal, -ends)) < energy

    step, low = MARGIN * radius / LOOKS, np.zeros(len(along))
    for look in range(1, LOOKS):
        low = np.where(filled(np.full(len(along), look * step)), look * step, low)
    high = low + step
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        inside = filled(middle)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return high


def _unit_vector(field, dimension):
    """The field's direction, (dimension,)."""
    vector = direction(field)
    if dimension == 2 and abs(vector[2]) > 1e-12:
        raise InputError(f'`field` must lie in the plane, such as "x" or (1, 1, 0), got {field!r}')
    return vector[:dimension]


def _controlled(graph, values):
    """What decides about refinement, and the scale of each.

    Both parts of the torque, and the conductance. A torque that vanishes by symmetry is
    held to a small part of the books.
    """
    torque = torque_on("magnetisation", graph, values).sum(axis=1)
    spins = float(np.abs(values["relaxation"][..., 1:]).max())
    least = max(NEGLIGIBLE * spins, ROUNDED * float(values["gross"]))
    found = [*torque, conductance_of(values)]
    return [(one, max(float(np.abs(one).max()), least)) for one in found]


def _require_fermi_line(crystal, zone, model):
    """Refuse an energy below or above all bands."""
    if crystal.reciprocal is not None:
        points = next(Grid(first=24 if crystal.dimension == 2 else 12).levels(crystal.dimension)) @ zone.vectors
        energies = np.linalg.eigvalsh(crystal.hamiltonian(points))
        ends = energies.min(), energies.max()
    else:
        along = np.linspace(0, zone.radius if np.isfinite(zone.radius) else 2.0, 200)[:, None]
        rays = np.concatenate([along * axis for axis in np.eye(crystal.dimension)])
        energies = np.linalg.eigvalsh(crystal.hamiltonian(rays))
        ends = energies.min(), np.inf
    if not ends[0] < model.energy < ends[1]:
        raise InputError(
            f"`energy` must lie in the bands of the crystal, from {ends[0]:.4g} to {ends[1]:.4g} eV: at "
            f"{model.energy:g} eV there is no Fermi {'line' if crystal.dimension == 2 else 'surface'}"
        )
