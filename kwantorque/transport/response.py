"""Linear response: what all states at one energy that come from one lead do.

Integrated over k_par (`torques`), or resolved in k (`torques_at`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import direction
from ..errors import InputError, finite, known, named, whole
from ..integration.energy import slope_of_occupation, window
from ..integration.summation import CHUNK
from ..parallel import progress_bar
from ..results import estimate_of
from ..results.conductance import with_conductance
from ..results.dataset import dataset
from ..spectrum.breaks import Breaks
from ..spectrum.channels import band_bottoms, barrier_top, count_channels, require_channels, thresholds
from ..spectrum.symmetry import find_symmetry
from .accuracy import relative_to_current
from .run import (
    SIDES,
    Injection,
    Numerics,
    Run,
    check_derived,
    check_stack,
    coordinates,
    provenance,
    spinor_along,
    thermal_energy,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from ..integration.plane import PolarRule
    from ..scattering import Solver
    from ..structures.stack import Stack

__all__ = ["k_grid", "torques", "torques_at"]


@named
def torques(
    stack: Stack,
    energy: float | Sequence[float],
    *,
    source: str = "left",
    derived: Callable | None = None,
    incident_spin: ArrayLike | str | None = None,
    temperature: float = 0.0,
    tolerance: float = 1e-3,
    solver: Solver | None = None,
    kpar: PolarRule | None = None,
    executor: Executor | None = None,
    progress: bool = True,
    criterion: str = "largest",
) -> xr.Dataset:
    """Linear response of a layered stack to a small bias.

    All states at `energy` that come from the lead `source` are summed over the in-plane
    wavevector,

        value = (1/2 pi) int d^2k/(2 pi)^2 sum_modes <O>,

    with each mode at unit flux: the response per area and per eV of the difference of
    chemical potentials. These are the states in the energy window only; what is there
    in equilibrium is not included. `per_current` turns the result into hbar I/e.

    The torque on the magnetisation is minus what the exchange Delta m.s gives to the
    carriers, that on the lattice minus what the crystal's terms give to J = L + s:

        exchange torque = -Delta m x <s>,
        angular momentum current in - out = exchange torque + lattice torque

    at every site, for currents that are positive along +z. The latter is the balance of
    angular momentum; it is checked in every computation.

    Parameters
    ----------
    stack : Stack
    energy : float or sequence of floats, eV
        Fermi energy, on the scale of the materials' band edges. Of a sequence the
        result has a leading dimension `energy`; every energy meets the tolerance.
    source : {"left", "right"}
        The lead with the higher chemical potential.
    tolerance : float
        Error asked of the k_par integral: of the fluxes and of the cumulated torques,
        relative to the particle current.
    progress : bool
        A progress bar on stderr.

    Other Parameters
    ----------------
    temperature : float, K
        Of both leads: the mean over energies with weight -df/dE, around every `energy`.
    incident_spin : str or 3-vector, optional
        The spin of all incoming particles points this way: one state instead of two at
        each k, from a lead without magnetisation. For materials with two states per
        site.
    derived : callable, optional
        derived(values) -> dict of further numbers, linear in the variables of the
        result (checked), which it gets as a dict of arrays with leading dimensions to
        be kept. Their errors, relative to the particle current, then decide about
        refinement instead of those of all fluxes and torques, which may be far larger
        than a tunnel current.
    solver : Solver, default `BatchedSolver()`
    kpar : PolarRule, optional
        How fine the integral may become.
    executor : concurrent.futures.Executor, optional
        Where to compute; here by default.
    criterion : {"largest", "each"}
        Errors are relative to the particle current, or each to its own variable unless
        that is zero within its error; see `kwantorque.Numerics`.

    Returns
    -------
    xarray.Dataset
        Variables, dimensions and units as in `kwantorque.results.SCHEMA`, vectors with
        components x, y, z along `axis`; `<variable>_error` is the largest error of a
        variable. `<flux>_limit` is the value at z -> -infinity and +infinity,
        `<torque>_tail` the sum over a lead; `<torque>_of_layer` the sum over each layer
        by its name, "left" and "right" for the leads, and `torque_of_term` the same of
        each term. `conductance` and `resistance_area` are dI/dV and its inverse. The
        coordinate `magnetisation` has the direction of M on every site, `layer_m` that
        of every layer, `layer_majority` the sign along it of the spin of
        the majority. attrs: version, energy, source, stack, parameters (these three as
        JSON), solver, solver_options, kwant_version, rounding_nm,
        tolerance, error_estimate, closure, k_points, k_points_left_to_kwant, k_rule,
        rotation_order, seconds. `closure` is the largest relative violation of the
        balance of angular momentum and particles, of any sum over the 15 k-points of a
        panel and of the whole from z = -infinity to +infinity.

    Raises
    ------
    InputError
        Something is missing or out of range, or a lead has no open channel at an
        energy.
    ComputationError
        The balance does not close to 1e-8.

    Warns
    -----
    AccuracyWarning
        The tolerance is not reached within `max_points` of the rule.
    UserWarning
        The spacing is coarse for a band at this energy.

    References
    ----------
    Currents, torques and their balance: P. M. Haney and M. D. Stiles, Phys. Rev. Lett.
    105, 126602 (2010), eq. 2-4; their signs are corrected, see docs/conventions.md.

    Examples
    --------
    >>> import kwantorque as kt
    >>> cobalt = kt.FreeElectron.from_wavevectors(13.6, 8.0)
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> fixed, free = kt.Layer(cobalt, 0.5, m="z"), kt.Layer(cobalt, 0.5, m="x")
    >>> valve = kt.Stack([fixed, kt.Layer(copper, 0.5), free], 0.05)
    >>> data = kt.torques(valve, 0.0, tolerance=0.1, progress=False)
    >>> data.exchange_torque.dims
    ('site', 'axis')
    >>> data.closure < 1e-8
    True
    >>> several = kt.torques(valve, [-0.1, 0.1], tolerance=0.1, progress=False)
    >>> several.exchange_torque_total.dims
    ('energy', 'axis')
    >>> kt.torques(valve, 0.0, source="top")
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: unknown source 'top'; choose from left, right
    """
    started = time.perf_counter()
    numerics = Numerics(tolerance, solver, kpar, executor, progress, criterion)
    energies = _energies(energy)
    known("source", source, SIDES)
    derived = check_derived(derived, check_stack(stack))
    spinor = spinor_along(stack, incident_spin)
    for one in energies:
        require_channels(stack, one)
    symmetry = find_symmetry(stack) if spinor is None else find_symmetry(stack).of_k_alone
    thermal = thermal_energy(temperature)
    with progress_bar("k-points", unit="k", show=progress) as bar:
        run = Run(stack, numerics, symmetry, bar)
        found = [
            _response(run, Injection(stack, one, source, numerics.solver, symmetry, derived, spinor), thermal)
            for one in energies
        ]
        run.pace.finish()
    several = np.ndim(energy) == 1
    attrs = provenance(
        stack,
        numerics.solver,
        energy=str(energies) if several else energies[0],
        source=source,
        incident_spin=_words(incident_spin),
        temperature=float(temperature),
    )
    error, points = max(one.error for one in found), sum(one.points for one in found)
    attrs |= run.attrs(error, points, time.perf_counter() - started, error)
    values, errors = _stacked(found) if several else (found[0].values, found[0].errors)
    axis = {"energy": ("energy", energies, {"units": "eV", "long_name": "Fermi energy"})} if several else {}
    data = dataset(
        values,
        coordinates(stack) | axis,
        attrs,
        partners=stack.partners,
        leading=tuple(axis),
        errors=errors,
    )
    if spinor is not None:
        # One spin of each mode: no conductance.
        return data
    downstream = estimate_of(data, "particle_current_limit", lead=SIDES[source == "left"])
    return with_conductance(data, downstream if source == "left" else -downstream)


def _energies(energy):
    """One or several energies as a list of floats."""
    if np.ndim(energy) != 1:
        return [finite("energy", energy, "eV")]
    if not len(energy):
        raise InputError("`energy` must be a number in eV or a sequence of at least one, got none")
    return [finite("energy", one, "eV") for one in energy]


def _stacked(found):
    """Values and errors of several integrals, along a leading dimension."""
    values = {name: np.stack([one.values[name] for one in found]) for name in found[0].values}
    return values, {name: np.array([one.errors[name] for one in found]) for name in values}


def _response(run, injection, thermal):
    """The integral of all states from one lead, at one energy or around it."""
    numerics = run.numerics
    measure = relative_to_current(run.stack.partners, numerics)
    if thermal == 0:
        breaks = Breaks(run.stack, injection.energy, injection.source, numerics.rule.widen)
        integral = run.integral(injection.sums, breaks, numerics.tolerance, measure)
    else:
        integral = _thermal_mean(run, injection, thermal, measure)
    run.close(integral.values)
    return replace(integral, errors=run.with_rounding(integral, injection.derived))


def _thermal_mean(run, injection, thermal, measure):
    """int dE (-df/dE) of the response at each energy."""
    mu, stack = injection.energy, run.stack

    def weight(energy):
        return slope_of_occupation(energy, mu, thermal)

    def cuts(importance):
        return window(mu, mu, thermal, band_bottoms(stack), importance, barrier_top(stack))

    return run.over_energies(weight, cuts, injection, measure)


@named
def torques_at(
    stack: Stack,
    k_par: ArrayLike,
    energy: float,
    *,
    source: str = "left",
    solver: Solver | None = None,
    per_state: bool = False,
    incident_spin: ArrayLike | str | None = None,
) -> xr.Dataset:
    """Densities, currents and torques at given in-plane wavevectors.

        value = sum_modes <O>        every incoming mode at unit flux

    Nothing is integrated.

    Parameters
    ----------
    stack : Stack
    k_par : (nk, 2) array, 1/nm
        Components kx, ky.
    energy : float, eV
    source, solver, incident_spin
        As in `torques`.
    per_state : bool
        Keep the incoming modes apart, along a dimension `state`; where a k has fewer of
        them the rest is zero.

    Returns
    -------
    xarray.Dataset
        As `torques` returns, with leading dimensions `k` and, if asked, `state`;
        coordinates kx, ky. Torques and fluxes are per unit flux of every incoming mode,
        so that the particle current is the transmission. attrs["closure"] is the worst
        of all k.

    Raises
    ------
    InputError
        `k_par` is not (nk, 2) finite numbers with nk >= 1, or as `torques` does.
    ComputationError
        A k is a threshold of a lead, where one of its modes neither travels nor decays.
        Or the balance of a k-point, of particles and angular momentum (see `torques`),
        does not close to 1e-8.

    Examples
    --------
    >>> import kwantorque as kt
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> wire = kt.Stack([kt.Layer(copper, 1.0)], 0.05)
    >>> data = kt.torques_at(wire, [(0, 0), (3, 4)], energy=0.0)
    >>> data.particle_current_limit.sel(lead="right").values.round(9)
    array([2., 2.])
    >>> kt.torques_at(wire, [(0, 0, 0)], energy=0.0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `k_par` must be numbers of shape (nk, 2) in 1/nm...
    """
    check_stack(stack)
    energy = finite("energy", energy, "eV")
    known("source", source, SIDES)
    solver = Numerics(solver=solver).solver
    k_par = _k_points(k_par)
    injection = Injection(stack, energy, source, solver, spinor=spinor_along(stack, incident_spin))
    parts = [injection.at(k_par[i : i + CHUNK], per_state) for i in range(0, len(k_par), CHUNK)]
    most = max(closure.shape[1] for _, closure in parts) if per_state else 0

    def joined(arrays):
        if per_state:
            arrays = [np.pad(x, [(0, 0), (0, most - x.shape[1])] + [(0, 0)] * (x.ndim - 2)) for x in arrays]
        return np.concatenate(arrays)

    values = {name: joined([part[name] for part, _ in parts]) for name in parts[0][0]}
    attrs = provenance(stack, solver, energy=energy, source=source, incident_spin=_words(incident_spin))
    attrs["closure"] = max(float(closure.max(initial=0)) for _, closure in parts)
    return dataset(
        values,
        coordinates(stack) | _coordinates_of_k(k_par),
        attrs,
        partners=stack.partners,
        normalised="at_k",
        leading=("k", "state"),
    )


def _words(incident_spin):
    return None if incident_spin is None else str((direction(incident_spin) + 0.0).tolist())


def _coordinates_of_k(k_par) -> dict[str, Any]:
    return {
        name: ("k", k_par[:, i], {"units": "1/nm", "long_name": f"in-plane wavevector {name}"})
        for i, name in enumerate(("kx", "ky"))
    }


def _k_points(k_par) -> NDArray:
    """In-plane wavevectors as an array (nk, 2)."""
    try:
        array = np.atleast_2d(np.asarray(k_par, float))
    except (TypeError, ValueError):
        raise InputError(f"`k_par` must be numbers of shape (nk, 2) in 1/nm, got {k_par!r}") from None
    if array.ndim != 2 or array.shape[1] != 2 or not len(array):
        raise InputError(f"`k_par` must be numbers of shape (nk, 2) in 1/nm with nk >= 1, got shape {array.shape}")
    if not np.isfinite(array).all():
        bad = np.flatnonzero(~np.isfinite(array).all(axis=1))[0]
        raise InputError(f"`k_par` must be finite numbers, got {tuple(array[bad].tolist())} 1/nm at k-point {bad}")
    return array


@named
def k_grid(stack: Stack, energy: float, points: int = 60, source: str = "left") -> NDArray:
    """The in-plane k of a square grid at which a lead has open channels.

    Parameters
    ----------
    stack : Stack
    energy : float, eV
    points : int
        Along kx and along ky.
    source : {"left", "right"}
        The lead.

    Returns
    -------
    (nk, 2) array, 1/nm
        Components kx, ky of the midpoints of the grid's cells: for maps, and for sums
        that converge slowly but depend on nothing else.

    Raises
    ------
    InputError
        `points` is no whole number >= 1, or a lead has no open channel.

    Examples
    --------
    The area of the Fermi sphere's projection, pi k_F^2:

    >>> import numpy as np
    >>> import kwantorque as kt
    >>> wire = kt.Stack([kt.Layer(kt.FreeElectron.from_wavevectors(13.6), 1.0)], 0.02)
    >>> k = kt.k_grid(wire, energy=0.0, points=100)
    >>> cell = (np.unique(k[:, 0])[1] - np.unique(k[:, 0])[0]) ** 2
    >>> bool(abs(len(k) * cell / (np.pi * 13.6**2) - 1) < 0.02)
    True
    >>> kt.k_grid(wire, energy=-30.0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: energy must lie in a band of both leads, but ...
    """
    lead = getattr(check_stack(stack), known("source", source, SIDES))
    energy = finite("energy", energy, "eV")
    points = whole("points", points)
    require_channels(stack, energy)
    angles = np.linspace(0, 2 * np.pi, 73)
    edge = max(radii.max(initial=0) for radii in thresholds(lead, stack.spacing, energy, angles))
    line = edge * (2 * np.arange(points) + 1 - points) / points
    k = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    return k[count_channels(lead, stack.spacing, energy, k) > 0]
