"""The entry to finite bias, temperature and equilibrium: everything the electrons do, not only their response.

All states are filled up to the lower of the two chemical potentials (the sea: left and right incident ones, and
bound states), those that come from the lead of the higher one up to that (the window):

    rho = sum of all states f_low(E) + sum of states from that lead [f_high(E) - f_low(E)].

The sea is a contour integral of Green functions (`scattering.green`), the window a sum of scattering states over
energies and k_par.
"""

import time
from dataclasses import replace
from functools import partial

import numpy as np
from scipy import constants
from tqdm import tqdm

from ..errors import ComputationError, InputError, finite, known, positive
from ..integration.energy import integrate_energies, occupation, window
from ..integration.plane import PolarRule, integrate
from ..integration.rules import Integral, NoChannel
from ..integration.summation import Summation
from ..operators import Observables, Traces, closure_of_totals
from ..parallel import single_thread
from ..results.dataset import SCHEMA, dataset
from ..scattering.green import fermi_contour, filled
from ..spectrum.breaks import Breaks
from ..spectrum.channels import band_bottoms, require_channels
from ..spectrum.symmetry import find_symmetry, symmetrised
from ..structures.chain import discretise
from .response import MAX_CLOSURE, VECTOR_NAMES, checked, provenance, weighted_sums

__all__ = ["PARTS", "steady_state"]

PARTS = ("sea", "window")
SEA_SHARE = 1e-4
"""Accuracy of the contour's rule over the tolerance: of a whole electron, of which a torque is a small part."""
CONTOUR = "contour: "
"""Prefix of the differences between the two rules of the contour."""
BOLTZMANN = constants.k / constants.e
"""k_B in eV/K."""
MAX_SEA_CLOSURE = 1e-5
"""Limit for the books of a single piece of the sea; next to a sharp resonance Green functions are huge and cancel. The
books of the whole must close to 1e-8.
"""
LOOSEST = 0.3
"""No k integral at a single energy is asked for less than this."""
NO_FLUX = 1e-5
"""Part of the gross flux of a sea, the scale of its books, below which its fluxes count as zero."""
NO_RESPONSE = 1e-12
"""Part of the incident current below which a response counts as zero."""
NO_CURRENT = 1e-9
"""A particle current below this part of the other fluxes is rounding."""


def steady_state(
    stack,
    mu_left=0.0,
    mu_right=None,
    *,
    temperature=0.0,
    tolerance=1e-3,
    solver=None,
    kpar=None,
    derived=None,
    sea=True,
    window_from=None,
    executor=None,
    progress=True,
):
    """Densities, currents and torques of a stack between two leads of given chemical potentials.

    Parameters
    ----------
    stack : Stack
        With the potentials of the bias in it, see `Stack.biased`.
    mu_left, mu_right : float, eV
        Chemical potentials; mu_right is mu_left by default: equilibrium.
    temperature : float, K
    tolerance, solver, kpar, derived, executor, progress
        As in `kwantorque.torques`. The tolerance is relative to the largest of the fluxes and summed torques, or of
        what `derived` returns; that of the current is relative to the current. The solver is for the window.
    sea : bool
        Whether the sea is wanted; it carries no current.
    window_from : {"left", "right"}, optional
        The lead whose states make up the window. By default the one of the higher chemical potential, as above. From
        the other one the same result is the sea filled to the higher chemical potential minus its states in the window:
        without cancellation where what one wants is done by electrons that came through a barrier.

    Returns
    -------
    xarray.Dataset
        As `kwantorque.torques` returns, with a leading dimension `part` of "sea" and "window", whose sum is the value:
        torques and angular momentum fluxes in eV/nm^2, densities per nm^3; `error_of_parts` is the error of each.
        With mu_left = mu_right the sea is the equilibrium and the window empty. attrs as there, and mu_left,
        mu_right, temperature.

    Raises
    ------
    InputError
        temperature < 0, something that is not a number, a wrong solver or rule.
    ComputationError
        The books of a k-point of the window, or of the whole, do not close to 1e-8, or those of a piece of the sea to
        1e-5.
    """
    started = time.perf_counter()
    mu_right = mu_left if mu_right is None else mu_right
    mu = {"left": finite("mu_left", mu_left, "eV"), "right": finite("mu_right", mu_right, "eV")}
    thermal = finite("temperature", temperature, "K") * BOLTZMANN
    if thermal < 0:
        raise InputError(f"`temperature` must be >= 0 K, got {temperature!r}")
    upper = "left" if mu["left"] >= mu["right"] else "right"
    source = upper if window_from is None else known("window_from", window_from, tuple(mu))
    _, solver = checked(stack, mu[source], source, solver)
    tolerance = positive("tolerance", tolerance)
    rule = PolarRule() if kpar is None else kpar
    if not isinstance(rule, PolarRule):
        raise InputError(f"`kpar` must be a PolarRule, got {kpar!r}")
    require_channels(stack, mu["left"], mu["right"])
    run = _Run(stack, find_symmetry(stack), rule, derived, executor, thermal, tolerance)
    low, high = min(mu.values()), max(mu.values())
    with tqdm(unit="k", desc="k-points", disable=not progress, total=0) as bar:
        below = run.sea(low if source == upper else high, bar) if sea else None
        above = run.window(high, low, source, 1 if source == upper else -1, solver, bar) if high > low else None
    if below is None and above is None:
        raise InputError("without the sea and without a bias there is nothing to compute")
    below, above = below or _nothing(above), above or _nothing(below)
    values = {name: np.stack([below.values[name], above.values[name]]) for name in below.values}
    errors = {name: below.errors[name] + above.errors[name] for name in below.errors}
    error = _relative({name: value.sum(axis=0) for name, value in values.items()}, errors, derived is not None)
    if not np.isfinite(error):
        raise ComputationError("the integral over k_par is not finite")
    attrs = provenance(stack, mu[source], source, solver) | {
        "mu_left": mu["left"],
        "mu_right": mu["right"],
        "temperature": float(temperature),
        "tolerance": tolerance,
        "error_estimate": error,
        "closure": run.closure,
        "k_points": below.points + above.points,
        "k_points_left_to_kwant": run.by_kwant,
        "k_rule": repr(rule),
        "rotation_order": run.symmetry.folds,
        "seconds": time.perf_counter() - started,
    }
    data = dataset(values, stack, attrs, errors=errors, parts=PARTS)
    for name in values:
        data[name].attrs["error_of_parts"] = [float(below.errors[name]), float(above.errors[name])]
    return data


class _Run:
    """One call of `steady_state`: what its two parts share, and the worst closure so far."""

    def __init__(self, stack, symmetry, rule, derived, executor, thermal, tolerance):
        self.stack, self.symmetry, self.rule, self.derived = stack, symmetry, rule, derived
        self.executor, self.thermal, self.tolerance = executor, thermal, tolerance
        self.closure, self.by_kwant = 0.0, 0

    def sea(self, mu, bar):
        """`Integral` of all states filled up to `mu`, with the error of the contour in its errors."""
        accuracy = np.clip(SEA_SHARE * self.tolerance, 1e-12, 1e-4)
        evaluate = partial(_sea_sums, self.stack, mu, self.thermal, accuracy, self.symmetry, self.derived)
        breaks = Breaks(self.stack, mu, None, self.rule.widen)
        integral = self._integral(evaluate, breaks, self.tolerance, bar, of_sea=True)
        # Two rules of the contour differ by the square root of the error of the better one; thirty times to be safe.
        honest = 30 * np.sqrt(accuracy)
        values = {name: value for name, value in integral.values.items() if not name.startswith(CONTOUR)}
        errors = {
            name: integral.errors[name] + honest * float(np.abs(integral.values[CONTOUR + name]).max(initial=0))
            for name in values
        }
        self._close(values | {"incident_current": integral.values["incident_current"]})
        # A filled sea carries no current: what is found is rounding.
        for name in ("incident_current", "particle_current", "particle_current_limit"):
            values[name], errors[name] = 0 * values[name], 0.0
        return replace(integral, values=values, errors=errors)

    def window(self, high, low, source, sign, solver, bar):
        """`Integral` over the energies of `sign` x the states from the lead `source`, or None if it has none there."""

        def value_at(energy):
            weight = occupation(energy, high, self.thermal) - occupation(energy, low, self.thermal)
            # Energies that hardly count need no accuracy.
            tolerance = min(self.tolerance / 2 / max(weight, 1e-12), LOOSEST)
            evaluate = partial(weighted_sums, self.stack, energy, source, solver, self.symmetry, self.derived)
            breaks = Breaks(self.stack, energy, source, self.rule.widen)
            try:
                one = self._integral(evaluate, breaks, tolerance, bar)
            except NoChannel:
                return None
            values = {name: sign * weight * value for name, value in one.values.items()}
            errors = {name: weight * error for name, error in one.errors.items()}
            return Integral(values, errors, one.error, one.points)

        cuts = window(high, low, self.thermal, band_bottoms(self.stack))
        found = integrate_energies(value_at, cuts, self.tolerance, self._measure)
        if found is not None:
            self._close(found.values)
        return found

    def _integral(self, evaluate, breaks, tolerance, bar, of_sea=False):
        sum_over = Summation(evaluate, self.executor, bar, self.stack.left.material.n_orbitals)
        measure = partial(self._measure, of_sea=of_sea)
        integral = integrate(sum_over, breaks, self.symmetry, self.rule, tolerance, measure)
        self.closure = max(self.closure, sum_over.closure)
        self.by_kwant += sum_over.by_kwant
        return integral

    def _measure(self, values, errors, of_sea=False):
        return _relative(values, errors, self.derived is not None, of_sea)

    def _close(self, values):
        of_totals = float(closure_of_totals(values | {"incident_current": np.abs(values["incident_current"])}))
        if not of_totals <= MAX_CLOSURE:
            raise ComputationError(
                f"the books from z = -infinity to +infinity do not close: {of_totals:.1e} > {MAX_CLOSURE}"
            )
        self.closure = max(self.closure, of_totals)


def _nothing(like):
    """An integral of the same variables that are all zero."""
    values, errors = ({name: 0 * value for name, value in part.items()} for part in (like.values, like.errors))
    return Integral(values, errors, 0.0, 0)


def _controlled(values, derived):
    """Names of what decides about refinement: the results, or fluxes and summed torques."""
    if derived:
        return [name for name in values if name not in SCHEMA and not name.startswith(CONTOUR)]
    return ("angular_momentum_current", "exchange_torque_total", "lattice_torque_total", "exchange_torque_cumulated")


def _scale(values, derived):
    return max(float(np.abs(values[name]).max(initial=0)) for name in _controlled(values, derived))


def _relative(values, errors, derived, of_sea=False):
    """Largest error of what decides, relative to the largest of it, and that of the current relative to the current.

    Where everything cancels, by symmetry or because the other lead is closed, nothing is left but rounding: what is
    smaller than `NO_FLUX` of a sea's gross flux or `NO_RESPONSE` of the incident current is not asked for.
    """
    names = _controlled(values, derived)
    scale = _scale(values, derived)
    scale = max(scale, (NO_FLUX if of_sea else NO_RESPONSE) * abs(float(values["incident_current"])))
    current = float(np.abs(values["particle_current_limit"]).min())
    worst = max(errors[name] for name in names) / scale if scale > 0 else 0.0
    if not of_sea and current > max(NO_CURRENT * scale, NO_RESPONSE * abs(float(values["incident_current"]))):
        worst = max(worst, errors["particle_current_limit"] / current)
    return worst


@single_thread
def _sea_sums(stack, mu, thermal, accuracy, symmetry, derived, items):
    """One chunk of the sea: for each item {name: sums over k of weights times value}, worst closure, no trouble."""
    k_par = np.concatenate([k for k, _ in items])
    chain = discretise(stack, k_par)
    contour = fermi_contour(4 * np.abs(chain.total_hopping).max(), thermal, accuracy)
    observables = Observables(chain)
    rules = [observables.of_blocks(part.chain, part.leads) for part in filled(chain, mu, contour)]
    sums = []
    for traces in rules:
        parts, start = [], 0
        for k, weights in items:
            parts.append(traces.at(slice(start, start + len(k))).summed(weights.T / (2 * np.pi) ** 2))
            start += len(k)
        values = symmetrised(observables.values(Traces.stacked(parts)), symmetry, VECTOR_NAMES)
        closure = values.pop("closure")
        sums.append(values if derived is None else values | derived(values))
    if not closure.max() <= MAX_SEA_CLOSURE:
        worst = items[int(np.unravel_index(np.nanargmax(closure), closure.shape)[0])][0][0]
        raise ComputationError(
            f"the books of the Fermi sea do not close near k = {tuple(float(x) for x in worst)} 1/nm: "
            f"closure {closure.max():.1e} > {MAX_SEA_CLOSURE}"
        )
    fine, coarse = sums
    values = fine | {CONTOUR + name: fine[name] - coarse[name] for name in fine}
    return [{name: value[i] for name, value in values.items()} for i in range(len(items))], float(closure.max()), None
