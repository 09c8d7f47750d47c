"""The one entry to transport: from a stack and an energy to a Dataset of densities, currents and torques."""

import time
from functools import partial
from importlib.metadata import version

import numpy as np
from tqdm import tqdm

from .chain import discretise
from .errors import ComputationError, InputError, finite, known, positive
from .integration.channels import crystals, thresholds
from .integration.kpar import PolarRule, integrate
from .integration.symmetry import fold, rotation_order
from .operators import Observables, closure_of_totals
from .parallel import in_order, single_thread
from .results import SCHEMA, dataset
from .scattering import KwantSolver, Solver
from .stack import Stack

__all__ = ["torques", "torques_at"]

MAX_CLOSURE = 1e-8
CHUNK = 16
"""k-points at a time."""
SIDES = ("left", "right")
CONTROLLED = tuple(name for name in SCHEMA if "current" in name or name.endswith(("_cumulated", "_total")))
"""Fluxes and summed torques: their errors, relative to the particle current, decide about refinement."""
VECTOR_NAMES = tuple(name for name, (dims, _, _) in SCHEMA.items() if "axis" in dims)


def torques(stack, energy, *, source="left", tolerance=1e-3, solver=None, kpar=None, executor=None, progress=True):
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
    solver : Solver, default `KwantSolver()`
    kpar : PolarRule, optional
        How fine the integral may become.
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
    energy, solver = _checked(stack, energy, source, solver)
    tolerance = positive("tolerance", tolerance)
    rule = PolarRule() if kpar is None else kpar
    order = rotation_order(stack)
    breaks = partial(_breaks, stack, energy, source, rule.widen)
    evaluate = partial(_weighted_sums, stack, energy, source, solver, order)
    with tqdm(unit="k", desc="k-points", disable=not progress, total=0) as bar:
        sum_over = _Summation(evaluate, executor, bar)
        integral = integrate(sum_over, breaks, 2 * np.pi / order, rule, tolerance, _relative_to_current)
    # Tails are ill-conditioned next to thresholds (errors of eps/velocity^2), so their books are closed after the
    # integral.
    of_totals = float(closure_of_totals(integral.values))
    if not of_totals <= MAX_CLOSURE:
        raise ComputationError(
            f"the books from z = -infinity to +infinity do not close: {of_totals:.1e} > {MAX_CLOSURE}"
        )
    attrs = _provenance(stack, energy, source, solver) | {
        "tolerance": tolerance,
        "error_estimate": integral.error,
        "closure": max(sum_over.closure, of_totals),
        "k_points": integral.points,
        "rotation_order": order,
        "seconds": time.perf_counter() - started,
    }
    return dataset(integral.values, stack, attrs, errors=integral.errors)


def torques_at(stack, k_par, energy, *, source="left", solver=None, per_state=False):
    """Densities, currents and torques at given in-plane wavevectors, at unit flux per mode; nothing is integrated.

    Parameters
    ----------
    stack, energy, source, solver
        As in `torques`.
    k_par : (nk, 2) array, 1/nm
    per_state : bool
        Keep the incoming modes apart, along a dimension `state`; where a k has fewer of them the rest is zero.

    Returns
    -------
    xarray.Dataset
        As `torques` returns, with leading dimensions `k` and, if asked, `state`; coordinates kx, ky. Torques and
        fluxes are per unit flux of every incoming mode, so that the particle current is the transmission.
    """
    energy, solver = _checked(stack, energy, source, solver)
    k_par = np.atleast_2d(np.asarray(k_par, float))
    if k_par.ndim != 2 or k_par.shape[1] != 2 or not np.isfinite(k_par).all():
        raise InputError(f"`k_par` must be finite numbers of shape (nk, 2), got shape {k_par.shape}")
    parts = [
        _response(stack, energy, source, solver, k_par[i : i + CHUNK], per_state) for i in range(0, len(k_par), CHUNK)
    ]
    most = max(closure.shape[1] for _, closure in parts) if per_state else 0

    def joined(arrays):
        if per_state:
            arrays = [np.pad(x, [(0, 0), (0, most - x.shape[1])] + [(0, 0)] * (x.ndim - 2)) for x in arrays]
        return np.concatenate(arrays)

    values = {name: joined([part[name] for part, _ in parts]) for name in parts[0][0]}
    attrs = _provenance(stack, energy, source, solver) | {"closure": max(float(c.max(initial=0)) for _, c in parts)}
    return dataset(values, stack, attrs, k_par=k_par)


class _Summation:
    """Weighted sums over k-points, task by task, with progress and the worst closure."""

    def __init__(self, evaluate, executor, bar):
        self.evaluate, self.executor, self.bar = evaluate, executor, bar
        self.closure = 0.0

    def __call__(self, items):
        """Sums for each (k, weights), in order, as they are finished."""
        self.bar.total += sum(len(k) for k, _ in items)
        self.bar.refresh()
        for (k, _), (sums, closure) in zip(items, in_order(self.evaluate, items, self.executor), strict=True):
            self.closure = max(self.closure, closure)
            self.bar.update(len(k))
            yield sums


def _weighted_sums(stack, energy, source, solver, order, task):
    """One task of the integral: ({name: sum_k weights value}, worst closure), in the units of the Dataset."""
    k_par, weights = task
    values, closure = _response(stack, energy, source, solver, k_par)
    weights = weights.T / (2 * np.pi) ** 3
    sums = {name: np.tensordot(weights, value, 1) for name, value in values.items()}
    return fold(sums, order, VECTOR_NAMES), float(closure.max(initial=0))


@single_thread
def _response(stack, energy, source, solver, k_par, per_state=False):
    """All variables of the Dataset at each k, and the closure of the books there, checked."""
    chain = discretise(stack, k_par)
    states = solver.solve(chain, energy, source)
    observables = Observables(chain)
    incoming = 1.0 if per_state else states.n_open
    values = observables.profile(states.blocks(per_state), incoming)
    closure = values.pop("closure")
    leads = [getattr(states, side) for side in SIDES]
    limits = [observables.lead(lead.side, lead.limit(per_state)) for lead in leads]
    tails = [observables.lead(lead.side, lead.tail(per_state)) for lead in leads]
    axis = closure.ndim
    for name in list(values):
        if name.endswith("density"):
            values[name] = values[name] / stack.spacing
            continue
        values[f"{name}_limit"] = np.stack([part[name] for part in limits], axis)
        if name.endswith("torque"):
            tail = values[f"{name}_tail"] = np.stack([part[name] for part in tails], axis)
            cumulated = np.cumsum(values[name], axis) + tail.take([0], axis)
            values[f"{name}_total"] = cumulated.take(-1, axis) + tail.take(1, axis)
            if name != "spin_orbit_torque":
                values[f"{name}_cumulated"] = cumulated
    for suffix in ("", "_limit"):
        values[f"angular_momentum_current{suffix}"] = (
            values[f"spin_current{suffix}"] + values[f"orbital_current{suffix}"]
        )
    worst = np.unravel_index(closure.argmax(), closure.shape) if closure.size else None
    if worst and not closure[worst] <= MAX_CLOSURE:
        raise ComputationError(
            f"the books do not close at k = {tuple(float(x) for x in k_par[worst[0]])} 1/nm, energy {energy} eV: "
            f"closure {closure[worst]:.1e} > {MAX_CLOSURE}"
        )
    return values, closure


def _relative_to_current(values, errors):
    """Largest error of the controlled quantities, relative to the particle current (or to themselves, if none
    flows).
    """
    current = abs(values["particle_current_limit"][1])
    largest = max(np.abs(values[name]).max() for name in CONTROLLED)
    scale = current if current > 1e-12 * largest else largest
    return max(errors[name] for name in CONTROLLED) / scale if scale > 0 else 0.0


def _breaks(stack, energy, source, widen, angles):
    """Radii between which the integrand is smooth, from 0 to the last open channel of the source, for each angle."""
    found = [thresholds(layer, stack.spacing, energy, angles) for layer in crystals(stack)]
    of_source = thresholds(getattr(stack, source), stack.spacing, energy, angles)
    rays = []
    for i in range(len(angles)):
        edge = of_source[i].max(initial=0)
        inside = np.concatenate([radii[i] for radii in found])
        outer = [] if widen == 1 else [edge * widen]
        rays.append(np.unique([0, *inside[inside <= edge], *outer]))
    return rays


def _checked(stack, energy, source, solver):
    if not isinstance(stack, Stack):
        raise InputError(f"`stack` must be a Stack, got {stack!r}")
    energy = finite("energy", energy, "eV")
    known("source", source, SIDES)
    solver = KwantSolver() if solver is None else solver
    if not isinstance(solver, Solver):
        raise InputError(f"`solver` must be a Solver such as KwantSolver(), got {solver!r}")
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    for side in SIDES:
        lead = getattr(stack, side)
        if not any(len(radii) for radii in thresholds(lead, stack.spacing, energy, angles)):
            bottom = np.linalg.eigvalsh(sum(term.constant for term in lead.terms_at(0.0)))[0]
            raise InputError(
                f"energy must lie in a band of both leads, but the {side} lead has no open channel at "
                f"{energy:g} eV: its lowest band is at {bottom:g} eV at k = 0"
            )
    return energy, solver


def _provenance(stack, energy, source, solver):
    return {
        "energy": energy,
        "source": source,
        "stack": repr(stack),
        "solver": solver.name,
        "kwant_version": version("kwant"),
        "rounding_nm": stack.rounding,
    }
