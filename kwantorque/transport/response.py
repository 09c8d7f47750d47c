"""The one entry to transport: from a stack and an energy to a Dataset of densities, currents and torques."""

import json
import time
from functools import partial
from importlib.metadata import version

import numpy as np
from tqdm import tqdm

from ..algebra import direction
from ..errors import ComputationError, InputError, finite, known, positive
from ..integration.plane import PolarRule, integrate
from ..integration.summation import CHUNK, Summation, k_points
from ..operators import Observables, Traces, closure_of_totals
from ..parallel import single_thread
from ..results.dataset import SCHEMA, dataset
from ..scattering import BatchedSolver, KwantSolver, Solver
from ..spectrum.breaks import Breaks
from ..spectrum.channels import count_channels, require_channels, thresholds
from ..spectrum.symmetry import find_symmetry, symmetrised
from ..structures.chain import discretise
from ..structures.stack import Stack

__all__ = [
    "MAX_CLOSURE",
    "VECTOR_NAMES",
    "checked",
    "k_grid",
    "provenance",
    "relative_to_current",
    "torques",
    "torques_at",
    "weighted_sums",
]

MAX_CLOSURE = 1e-8
SIDES = ("left", "right")
CONTROLLED = tuple(name for name in SCHEMA if "current" in name or name.endswith(("_cumulated", "_total")))
"""Fluxes and summed torques: their errors, relative to the particle current, decide about refinement."""
VECTOR_NAMES = tuple(name for name, (dims, _, _) in SCHEMA.items() if "axis" in dims)


def torques(
    stack,
    energy,
    *,
    source="left",
    tolerance=1e-3,
    solver=None,
    kpar=None,
    derived=None,
    incident_spin=None,
    executor=None,
    progress=True,
):
    """Linear response of a layered stack to a small bias at zero temperature.

    All states at `energy` that come from the lead `source` are summed over the in-plane wavevector,

        value = (1/2 pi) int d^2k/(2 pi)^2 sum_modes <O>,

    with each mode at unit flux: the response per area and per eV of the difference of chemical potentials.
    These are the states in the energy window only; what is there in equilibrium is not included.
    `per_current` turns the result into hbar I/e.

    Parameters
    ----------
    stack : Stack
    energy : float, eV
        Fermi energy, on the scale of the materials' band edges.
    source : {"left", "right"}
        The lead with the higher chemical potential.
    tolerance : float
        Error asked of the k_par integral: of the fluxes and of the cumulated torques, relative to the particle current.
    solver : Solver, default `BatchedSolver()`
    kpar : PolarRule, optional
        How fine the integral may become.
    derived : callable, optional
        derived(values) -> dict of further numbers, linear in the variables of the result, which it gets as a dict of
        arrays with leading dimensions to be kept. Their errors, relative to the particle current, then decide about
        refinement instead of those of all fluxes and torques, which may be far larger than a tunnel current.
    incident_spin : str or 3-vector, optional
        The spin of all incoming particles points this way: one state instead of two at each k, from a lead without
        magnetisation. For materials with two states per site.
    executor : concurrent.futures.Executor, optional
        Where to compute; here by default.
    progress : bool
        A progress bar on stderr.

    Returns
    -------
    xarray.Dataset
        Variables, dimensions and units as in `kwantorque.results.SCHEMA`, components x, y, z; each carries its `error`.
        attrs: version, parameters, solver, tolerance, closure, error_estimate, k_points, rotation_order, seconds.
        `<flux>_limit` is the value at z -> -infinity and +infinity, `<torque>_tail` the sum over a lead.

    Raises
    ------
    InputError
        Something is missing or out of range, or a lead has no open channel at `energy`.
    ComputationError
        The books of a k-point do not close to 1e-8.
    """
    started = time.perf_counter()
    energy, solver = checked(stack, energy, source, solver)
    tolerance = positive("tolerance", tolerance)
    require_channels(stack, energy)
    rule = PolarRule() if kpar is None else kpar
    if not isinstance(rule, PolarRule):
        raise InputError(f"`kpar` must be a PolarRule, got {kpar!r}")
    symmetry = find_symmetry(stack) if incident_spin is None else find_symmetry(stack).of_k_alone
    breaks = Breaks(stack, energy, source, rule.widen)
    spinor = None if incident_spin is None else _spinor(stack, incident_spin)
    evaluate = partial(weighted_sums, stack, energy, source, solver, symmetry, derived, spinor=spinor)
    with tqdm(unit="k", desc="k-points", disable=not progress, total=0) as bar:
        sum_over = Summation(evaluate, executor, bar, stack.left.material.n_orbitals)
        integral = integrate(sum_over, breaks, symmetry, rule, tolerance, relative_to_current)
    # Tails are ill-conditioned next to thresholds (errors of eps/velocity^2), so their books are closed after the
    # integral.
    of_totals = float(closure_of_totals(integral.values))
    if not np.isfinite(integral.error):
        raise ComputationError("the integral over k_par is not finite")
    if not of_totals <= MAX_CLOSURE:
        raise ComputationError(
            f"the books from z = -infinity to +infinity do not close: {of_totals:.1e} > {MAX_CLOSURE}"
        )
    attrs = provenance(stack, energy, source, solver) | {
        "tolerance": tolerance,
        "error_estimate": integral.error,
        "closure": max(sum_over.closure, of_totals),
        "k_points": integral.points,
        "k_points_left_to_kwant": sum_over.by_kwant,
        "k_rule": repr(rule),
        "rotation_order": symmetry.folds,
        "seconds": time.perf_counter() - started,
    }
    return dataset(integral.values, stack, attrs, errors=integral.errors)


def torques_at(stack, k_par, energy, *, source="left", solver=None, per_state=False, incident_spin=None):
    """Densities, currents and torques at given in-plane wavevectors, at unit flux per mode; nothing is integrated.

    Parameters
    ----------
    stack, energy, source, solver
        As in `torques`.
    k_par : (nk, 2) array, 1/nm
    per_state : bool
        Keep the incoming modes apart, along a dimension `state`; where a k has fewer of them the rest is zero.

    incident_spin : str or 3-vector, optional
        As in `torques`.

    Returns
    -------
    xarray.Dataset
        As `torques` returns, with leading dimensions `k` and, if asked, `state`; coordinates kx, ky. Torques and
        fluxes are per unit flux of every incoming mode, so that the particle current is the transmission.
    """
    energy, solver = checked(stack, energy, source, solver)
    k_par = np.atleast_2d(np.asarray(k_par, float))
    if k_par.ndim != 2 or k_par.shape[1] != 2 or not np.isfinite(k_par).all():
        raise InputError(f"`k_par` must be finite numbers of shape (nk, 2), got shape {k_par.shape}")
    spinor = None if incident_spin is None else _spinor(stack, incident_spin)
    parts = [
        _response(stack, energy, source, solver, k_par[i : i + CHUNK], per_state, spinor)
        for i in range(0, len(k_par), CHUNK)
    ]
    most = max(closure.shape[1] for _, closure in parts) if per_state else 0

    def joined(arrays):
        if per_state:
            arrays = [np.pad(x, [(0, 0), (0, most - x.shape[1])] + [(0, 0)] * (x.ndim - 2)) for x in arrays]
        return np.concatenate(arrays)

    values = {name: joined([part[name] for part, _ in parts]) for name in parts[0][0]}
    attrs = provenance(stack, energy, source, solver) | {"closure": max(float(c.max(initial=0)) for _, c in parts)}
    return dataset(values, stack, attrs, k_par=k_par)


def k_grid(stack, energy, points=60, source="left"):
    """The midpoints of a square grid in the plane of in-plane k at which the lead `source` has open channels.

    Parameters
    ----------
    stack : Stack
    energy : float, eV
    points : int, along kx and along ky
    source : {"left", "right"}

    Returns
    -------
    (nk, 2) array, 1/nm; for maps, and for sums that converge slowly but depend on nothing else
    """
    lead = getattr(stack, known("source", source, ("left", "right")))
    if not isinstance(points, int) or points < 1:
        raise InputError(f"`points` must be a whole number >= 1, got {points!r}")
    require_channels(stack, energy)
    angles = np.linspace(0, 2 * np.pi, 73)
    edge = max(radii.max(initial=0) for radii in thresholds(lead, stack.spacing, energy, angles))
    line = edge * (2 * np.arange(points) + 1 - points) / points
    k = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    return k[count_channels(lead, stack.spacing, energy, k) > 0]


@single_thread
def weighted_sums(stack, energy, source, solver, symmetry, derived, items, spinor=None):
    """One chunk of the integral: for each item {name: sums over k of weights times value}, worst closure, trouble.

    A chunk that the solver cannot do is left to Kwant; `trouble` says so, or is None.
    """
    try:
        return *_chunk_sums(stack, energy, source, solver, symmetry, derived, items, spinor), None
    except ComputationError as error:
        if isinstance(solver, KwantSolver):
            raise
        trouble = f"{error}; {k_points(items)} are left to Kwant (solver {solver!r}, source {source})"
        return *_chunk_sums(stack, energy, source, KwantSolver(), symmetry, derived, items, spinor), trouble


def _chunk_sums(stack, energy, source, solver, symmetry, derived, items, spinor):
    k_par = np.concatenate([k for k, _ in items])
    observables, traces = _traces(stack, energy, source, solver, k_par, spinor=spinor)
    sums, start = [], 0
    for k, weights in items:
        sums.append(traces.at(slice(start, start + len(k))).summed(weights.T / (2 * np.pi) ** 3))
        start += len(k)
    values = symmetrised(observables.values(Traces.stacked(sums)), symmetry, VECTOR_NAMES)
    closure = values.pop("closure")
    if derived is not None:
        values |= derived(values)
    if not closure.max() <= MAX_CLOSURE:
        _raise_for_books(k_par, energy, observables.values(traces)["closure"], closure.max())
    return [{name: value[i] for name, value in values.items()} for i in range(len(items))], float(closure.max())


@single_thread
def _response(stack, energy, source, solver, k_par, per_state=False, spinor=None):
    """All variables of the Dataset at each k, and the closure of the books there, checked."""
    observables, traces = _traces(stack, energy, source, solver, k_par, per_state, spinor)
    values = observables.values(traces)
    closure = values.pop("closure")
    if not closure.max(initial=0) <= MAX_CLOSURE:
        _raise_for_books(k_par, energy, closure, closure.max())
    return values, closure


def _traces(stack, energy, source, solver, k_par, per_state=False, spinor=None):
    try:
        chain = discretise(stack, k_par)
        observables = Observables(chain)
        states = solver.solve(chain, energy, source)
        if spinor is not None:
            states = states.superposed(spinor, source)
        return observables, observables.traces(states, per_state)
    except (np.linalg.LinAlgError, FloatingPointError) as error:
        first = tuple(float(x) for x in k_par[0])
        raise ComputationError(
            f"no solution ({error}) at one of {len(k_par)} k-points from k = {first} 1/nm on, energy {energy} eV"
        ) from error


def _raise_for_books(k_par, energy, closure, worst):
    """Name the k-point whose books close worst."""
    at = np.unravel_index(np.nanargmax(np.nan_to_num(closure, nan=np.inf)), closure.shape)[0]
    raise ComputationError(
        f"the books do not close at k = {tuple(float(x) for x in k_par[at])} 1/nm, energy {energy} eV: "
        f"closure {worst:.1e} > {MAX_CLOSURE}"
    )


def relative_to_current(values, errors):
    """Largest error of the controlled quantities, relative to the particle current (or to themselves, if none
    flows).
    """
    controlled = [name for name in values if name not in SCHEMA] or CONTROLLED
    # The current downstream of the source; upstream it is a difference, and never smaller than its rounding.
    current = np.abs(values["particle_current_limit"]).min()
    largest = max(np.abs(values[name]).max() for name in controlled)
    scale = current if current > 1e-12 * largest else largest
    return max(errors[name] for name in (*controlled, "particle_current_limit")) / scale if scale > 0 else 0.0


def _spinor(stack, incident_spin):
    """The state (2,) whose spin points along `incident_spin`."""
    spin = stack.left.material.spin
    if spin.shape[-1] != 2:
        raise InputError(f"`incident_spin` needs materials of two states per site, got {spin.shape[-1]}")
    return np.linalg.eigh(np.einsum("i,iab->ab", direction(incident_spin), spin))[1][:, 1]


def checked(stack, energy, source, solver):
    """The energy as a number and the solver, the default one if it is None; `InputError` for what is none of these."""
    if not isinstance(stack, Stack):
        raise InputError(f"`stack` must be a Stack, got {stack!r}")
    energy = finite("energy", energy, "eV")
    known("source", source, SIDES)
    solver = BatchedSolver() if solver is None else solver
    if not isinstance(solver, Solver):
        raise InputError(f"`solver` must be a Solver such as BatchedSolver(), got {solver!r}")
    return energy, solver


def provenance(stack, energy, source, solver):
    """Attributes that say what a Dataset is the result of."""
    parameters = {"energy": energy, "source": source, "stack": repr(stack)}
    return parameters | {
        "parameters": json.dumps(parameters, sort_keys=True),
        "solver": solver.name,
        "solver_options": repr(solver),
        "kwant_version": version("kwant"),
        "rounding_nm": stack.rounding,
    }
