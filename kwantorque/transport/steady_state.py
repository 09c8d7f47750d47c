"""Finite bias, temperature and equilibrium: all electrons, not only their response.

All states are filled up to the lower of the two chemical potentials (the sea: left and
right incident ones, and bound states), those that come from the lead of the higher one
up to that (the window):

    rho = sum of all states f_low(E)
        + sum of states from that lead [f_high(E) - f_low(E)].

The sea is a contour integral of Green functions (`scattering.green`), the window a sum
of scattering states over energies and k_par.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import ComputationError, InputError, finite, known, named, users_level
from ..integration.energy import occupation, window
from ..integration.rules import Integral
from ..operators import ChainOperators, schema
from ..parallel import progress_bar, single_thread
from ..results import estimate_of
from ..results.conductance import with_conductance
from ..results.dataset import dataset
from ..scattering.green import fermi_contour, filled
from ..spectrum.breaks import Breaks, entering_levels
from ..spectrum.channels import band_bottoms, barrier_top, require_channels
from ..spectrum.symmetry import Symmetry, find_symmetry
from ..structures.chain import discretise
from .accuracy import NO_RESPONSE, largest_error, size_of
from .run import (
    SIDES,
    Injection,
    Numerics,
    Run,
    added_up,
    check_derived,
    check_stack,
    coordinates,
    provenance,
    thermal_energy,
    torques_of,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import xarray as xr

    from ..integration.plane import PolarRule
    from ..scattering import Solver
    from ..structures.stack import Stack
    from .run import Items

__all__ = ["PARTS", "Difference", "Sea", "steady_state"]

PARTS = ("sea", "window")
"""The dimension `part`."""
SEA_SHARE = 1e-4
"""Accuracy of the contour's rule over the tolerance.

Of a whole electron, of which a torque is a small part.
"""
SMALL_PART = 1e-3
"""Part of a sea's gross flux below which the contour becomes finer, by as much.

On the real axis, above a barrier, nothing is as small as what tunnels through it, and
the rule errs by what is there.
"""
FINER_BY = 3
"""It is computed again only if it must become finer by more than this."""
FINEST = 1e-18
"""Accuracy of the finest contour."""
MAX_SEA_CLOSURE = 1e-5
"""Limit for the balance of a single piece of the sea.

Relative to 1e-4 of the hopping: next to a sharp resonance Green functions are huge and
cancel. The balance of the whole must close to 1e-8.
"""
MAX_SEA_CURRENT = 1e-5
"""Particle current of a sea, relative to 1e-4 of the hopping, that is rounding."""
SAME_BIAS = 1e-9
"""Chemical potentials fit a bias to this (eV)."""
NO_FLUX = 2e-14
"""Part of a sea's gross flux that is rounding.

The gross flux is the scale of its books, 1e-4 of the hopping.
"""
NO_CURRENT = 1e-9
"""A particle current below this part of the other fluxes is rounding."""


class Difference(NamedTuple):
    """Key of the difference of the two rules of the contour in a variable.

    It is integrated beside the variable, and tells the error of the contour.
    """

    name: str


@named
def steady_state(
    stack: Stack,
    energy: float = 0.0,
    *,
    bias: float = 0.0,
    across: int | str | None = None,
    mu_left: float | None = None,
    mu_right: float | None = None,
    temperature: float = 0.0,
    derived: Callable | None = None,
    sea: bool = True,
    window_from: str | None = None,
    tolerance: float = 1e-3,
    solver: Solver | None = None,
    kpar: PolarRule | None = None,
    executor: Executor | None = None,
    progress: bool = True,
    criterion: str = "largest",
) -> xr.Dataset:
    """Densities, currents and torques of a stack in equilibrium or under a bias.

        value = sum of all states f_low(E) <O>
            + sum of states from the lead of f_high [f_high(E) - f_low(E)] <O>

    These are all states filled up to the lower chemical potential (the sea), and those
    from the lead of the higher one between the two (the window), with mu_left = energy
    + bias/2 and mu_right = energy - bias/2. The bands of the left lead are shifted by
    +bias/2, those of the right one by -bias/2, and the potential drops linearly across
    one layer.

    Parameters
    ----------
    stack : Stack
    energy : float, eV
        Fermi energy without the bias, on the scale of the materials' band edges.
    bias : float, eV
        Positive: particles flow to the right.
    across : int or str
        Number or name of the layer in which the potential drops; needed with a bias if
        there are several.
    temperature : float, K
    tolerance : float
        Relative to the largest of the fluxes and summed torques, or of what `derived`
        returns; that of the current is relative to the current.
    progress : bool
        A progress bar on stderr.

    Other Parameters
    ----------------
    mu_left, mu_right : float, eV
        Chemical potentials, instead of `energy` and `bias`, of a stack that has the
        potentials of its bias already (`Stack.biased`, or one's own); mu_right is
        mu_left by default.
    sea : bool
        Whether the sea is wanted; it carries no current.
    window_from : {"left", "right"}, optional
        The lead whose states make up the window. By default the one of the higher
        chemical potential, as above. From the other one the same result is the sea
        filled to the higher chemical potential minus its states in the window: without
        cancellation where what one wants is done by electrons that came through a
        barrier.
    derived, solver, kpar, executor, criterion
        As in `kwantorque.torques`. The solver is for the window.

    Returns
    -------
    xarray.Dataset
        As `kwantorque.torques` returns, with a leading dimension `part` of "sea" and
        "window", whose sum is the value, `<variable>_error` likewise: torques and
        angular momentum fluxes in eV/nm^2, densities per nm^3. Without a bias the sea
        is the equilibrium and the window empty. `conductance` is I/V,
        `resistance_area` V/I; without a bias they are NaN (dI/dV at V = 0 is what
        `kwantorque.torques` has). attrs as there, and mu_left, mu_right,
        temperature instead of energy and source. `closure` is the largest relative
        violation of the balance of particles and angular momentum (see
        `kwantorque.torques`): of pieces and whole of the window, and of the sea, there
        relative to 1e-4 of the hopping, since in equilibrium fluxes cancel.

    Raises
    ------
    InputError
        temperature < 0, something that is not a number, both a bias and chemical
        potentials, a wrong solver or rule, a lead without an open channel, neither a
        bias nor the sea, or a sea without a lowest state: an interface term that binds
        electrons at every k_par.
    ComputationError
        The balance of a k-point of the window, or of the whole, does not close to 1e-8,
        or that of a piece of the sea to 1e-5.

    Warns
    -----
    AccuracyWarning, UserWarning
        As `kwantorque.torques` does; and if two chemical potentials are given for a
        stack in which no potential drops.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.FreeElectron.from_wavevectors(10.9, 4.2)
    >>> barrier = kt.Layer(kt.FreeElectron(mass=0.4, bottom=1.0), 0.7, name="barrier")
    >>> leads = {"left": kt.Layer(iron, m="z"), "right": kt.Layer(iron, m="x")}
    >>> junction = kt.Stack([barrier], 0.05, **leads)
    >>> coarse = kt.Numerics(tolerance=0.1, progress=False)
    >>> data = kt.steady_state(junction, bias=0.4, across="barrier", **coarse)
    >>> data.attrs["mu_left"], data.particle_current_limit.dims
    (0.2, ('part', 'lead'))
    >>> kt.steady_state(junction, bias=0.4, mu_left=0.2)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: say `energy` and `bias` (and `across`), or ...
    """
    started = time.perf_counter()
    numerics = Numerics(tolerance, solver, kpar, executor, progress, criterion)
    stack, mu = _filled_to(check_stack(stack), energy, bias, across, mu_left, mu_right)
    thermal = thermal_energy(temperature)
    derived = check_derived(derived, stack)
    upper = "left" if mu["left"] >= mu["right"] else "right"
    source = upper if window_from is None else known("window_from", window_from, SIDES)
    require_channels(stack, mu["left"], mu["right"])
    low, high = min(mu.values()), max(mu.values())
    with progress_bar("k-points", unit="k", show=progress) as bar:
        run = _Filling(stack, numerics, find_symmetry(stack), bar, derived, thermal)
        below = run.sea(low if source == upper else high) if sea else None
        above = run.window(high, low, source, 1 if source == upper else -1) if high > low else None
        run.pace.finish()
    if below is None and above is None:
        raise InputError("without the sea and without a bias there is nothing to compute")
    below, above = below or _nothing(above), above or _nothing(below)
    values = {name: np.stack([below.values[name], above.values[name]]) for name in below.values}
    errors = {name: np.array([below.errors[name], above.errors[name]]) for name in below.errors}
    error = run.measure(
        {name: value.sum(axis=0) for name, value in values.items()}, {name: e.sum() for name, e in errors.items()}
    )
    attrs = provenance(
        stack,
        numerics.solver,
        mu_left=mu["left"],
        mu_right=mu["right"],
        temperature=float(temperature),
        sea=int(sea),
        window_from=source,
    )
    of_integrals = max(below.error, above.error)
    attrs |= run.attrs(error, below.points + above.points, time.perf_counter() - started, of_integrals)
    data = dataset(
        values,
        coordinates(stack) | {"part": list(PARTS)},
        attrs,
        partners=stack.partners,
        normalised="at_bias",
        leading=("part",),
        errors=errors,
    )
    return with_conductance(data, estimate_of(data, "particle_current_limit", lead="right"), mu["left"] - mu["right"])


def _filled_to(stack, energy, bias, across, mu_left, mu_right):
    """The stack with its bias in it, and {side: chemical potential}."""
    energy, bias = finite("energy", energy, "eV"), finite("bias", bias, "eV")
    if mu_left is None and mu_right is None:
        if stack.bias and bias:
            raise InputError(f"the stack is under a bias of {stack.bias:g} eV already: give `bias` to the one without")
        if stack.bias:
            raise InputError(
                f"the stack is under a bias of {stack.bias:g} eV: say `mu_left` and `mu_right`, or give `bias` to the "
                "stack without"
            )
        if bias or across is not None:
            stack = stack.biased(bias, across)
        return stack, {"left": energy + bias / 2, "right": energy - bias / 2}
    if bias != 0 or energy != 0 or across is not None:
        raise InputError(
            "say `energy` and `bias` (and `across`), or `mu_left` and `mu_right` of a stack that has its potentials "
            "already, not both"
        )
    if mu_left is None:
        raise InputError("`mu_right` needs `mu_left`")
    mu_left = finite("mu_left", mu_left, "eV")
    mu_right = mu_left if mu_right is None else finite("mu_right", mu_right, "eV")
    if stack.bias and abs(mu_left - mu_right - stack.bias) > SAME_BIAS:
        raise InputError(
            f"the stack is under a bias of {stack.bias:g} eV, but `mu_left` - `mu_right` = {mu_left - mu_right:g} eV"
        )
    leads = stack.left.potential, stack.right.potential
    if not stack.bias and abs(mu_left - mu_right) > SAME_BIAS and leads[0] == leads[1]:
        warnings.warn(
            f"`mu_left` - `mu_right` = {mu_left - mu_right:g} eV, but no potential drops in the stack: give `bias`",
            UserWarning,
            stacklevel=users_level(),
        )
    return stack, {"left": mu_left, "right": mu_right}


class _Filling(Run):
    """One call of `steady_state`: its two parts."""

    def __init__(self, stack, numerics, symmetry, bar, derived, thermal):
        super().__init__(stack, numerics, symmetry, bar)
        self.derived, self.thermal = derived, thermal
        self.names = tuple(schema(stack.partners))
        torques = torques_of(stack)
        of_spin = [name for name in torques if name != "lattice_torque"]
        # The lattice's local torques are large and cancel: of it the sum decides alone.
        self.controlled = (
            "angular_momentum_current",
            *(f"{name}_total" for name in torques),
            *(f"{name}_cumulated" for name in of_spin),
        )

    def sea(self, mu):
        """`Integral` of all states filled up to `mu`.

        The error of the contour is in its errors.
        """
        breaks = Breaks(self.stack, mu, None, self.numerics.rule.widen, self.thermal)
        first = needed = float(np.clip(SEA_SHARE * self.numerics.tolerance, 1e-12, 1e-4))
        accuracy, points = np.inf, 0
        while needed < accuracy / FINER_BY:
            accuracy = needed
            sea = Sea(self.stack, mu, self.thermal, accuracy, self.symmetry, self.derived)
            found = self.integral(sea.sums, breaks, self.numerics.tolerance, partial(self.measure, of_sea=True))
            points += found.points
            needed = max(first * self._part_of_gross(found.values), FINEST)
        # Two rules of the contour differ by the square root of the error of the better
        # one; thirty times to be safe. Through a barrier a finer one gains less.
        honest = 30 * np.sqrt(first) * (accuracy / first) ** (1 / 3)
        found = replace(found, points=points)
        values = {name: value for name, value in found.values.items() if not isinstance(name, Difference)}
        errors = {
            name: found.errors[name] + honest * float(np.abs(found.values[Difference(name)]).max(initial=0))
            for name in values
        }
        incident = found.values["incident_current"]
        self.close(values | {"incident_current": np.abs(incident)})
        # A filled sea carries no current: what is found is rounding, and must be small.
        current = float(np.abs(values["particle_current"]).max(initial=0))
        if not current <= MAX_SEA_CURRENT * abs(float(incident)):
            raise ComputationError(
                f"the Fermi sea carries a current of {current:.1e}, more than {MAX_SEA_CURRENT} of its gross flux: "
                "try another `energy` or a `temperature` > 0"
            )
        errors = self.with_rounding(replace(found, values=values, errors=errors), self.derived, of_sea=True)
        for name in ("incident_current", "particle_current", "particle_current_limit"):
            values[name], errors[name] = 0 * values[name], 0.0
        return replace(found, values=values, errors=errors)

    def window(self, high, low, source, sign):
        """`Integral` over the energies of `sign` x the states from the lead `source`.

        None if it has no states there.
        """

        def weight(energy):
            return sign * (occupation(energy, high, self.thermal) - occupation(energy, low, self.thermal))

        def cuts(importance):
            top = barrier_top(self.stack) if self.thermal else -np.inf
            found = window(high, low, self.thermal, band_bottoms(self.stack), importance, top)
            # A level that comes in at the end of the window may miss all panels.
            return np.union1d(found, entering_levels(self.stack, found[0], found[-1]))

        injection = Injection(self.stack, high, source, self.numerics.solver, self.symmetry, self.derived)
        found = self.over_energies(weight, cuts, injection, self.measure)
        if found is not None:
            self.close(found.values | {"incident_current": np.abs(found.values["incident_current"])})
            found = replace(found, errors=self.with_rounding(found, self.derived))
        return found

    def measure(self, values, errors, of_sea=False):
        """Largest error of what decides, relative to the largest of it, or each.

        The error of the current is relative to the current.

        What decides are the further numbers, if there are any, else fluxes and summed
        torques. Where everything cancels, by symmetry or because the other lead is
        closed, nothing is left but rounding: no error below `NO_FLUX` of a sea's gross
        flux is asked for, and nothing below `NO_RESPONSE` of the incident current.
        """
        names = self._deciding(values)
        least = NO_FLUX / self.numerics.tolerance if of_sea else NO_RESPONSE
        zero = least * abs(float(values["incident_current"]))
        scale = max(*(size_of(values[name]) for name in names), zero)
        current = float(np.abs(values["particle_current_limit"]).min())
        worst = largest_error(values, errors, names, scale, zero, self.numerics)
        if not of_sea and current > max(NO_CURRENT * scale, NO_RESPONSE * abs(float(values["incident_current"]))):
            worst = max(worst, errors["particle_current_limit"] / current)
        return worst

    def _deciding(self, values):
        """Names of the variables whose errors decide."""
        if self.derived is None:
            return self.controlled
        return [name for name in values if name not in self.names and not isinstance(name, Difference)]

    def _part_of_gross(self, values):
        """The results of a sea over `SMALL_PART` of its gross flux, at most 1."""
        gross = abs(float(values["incident_current"]))
        sizes = [size_of(values[name]) for name in self._deciding(values)]
        sizes = [size for size in sizes if size > NO_FLUX * gross] or [gross]  # all zero: nothing to gain
        wanted = min(sizes) if self.numerics.criterion == "each" else max(sizes)
        return min(1.0, wanted / (SMALL_PART * gross))


@dataclass(frozen=True, eq=False)
class Sea:
    """All states filled up to one chemical potential.

    It is what a worker process needs to know to add them up.

    Attributes
    ----------
    stack : Stack
    mu : float, eV
    thermal : float, eV
        k_B T.
    accuracy : float
        That of the contour's rule.
    symmetry : Symmetry
        That of the k plane; sums are over its rotated copies.
    derived : callable, optional
    """

    stack: Stack
    mu: float
    thermal: float
    accuracy: float
    symmetry: Symmetry
    derived: Callable | None

    @single_thread
    def sums(self, items: Items) -> tuple[list[dict], float, None]:
        """One chunk of the integral over k_par, as `Injection.sums`.

        Every variable comes with the difference of the two rules of the contour.

        Raises
        ------
        ComputationError
            The books of an item do not close to 1e-5.
        """
        k_par = np.concatenate([k for k, _ in items])
        chain = discretise(self.stack, k_par)
        contour = fermi_contour(4 * np.abs(chain.total_hopping).max(), self.thermal, self.accuracy)
        operators = ChainOperators(chain)
        fine, coarse = (
            added_up(operators, operators.of_blocks(part.chain, part.leads), items, 2, self.symmetry, self.derived)
            for part in filled(chain, self.mu, contour)
        )
        closure = np.maximum(fine[1], coarse[1]) * _shares(items)
        if not closure.max() <= MAX_SEA_CLOSURE:
            worst = items[int(np.unravel_index(np.nanargmax(closure), closure.shape)[0])][0][0]
            raise ComputationError(
                f"the balance of the Fermi sea does not close near k = {tuple(float(x) for x in worst)} 1/nm: "
                f"closure {closure.max():.1e} > {MAX_SEA_CLOSURE}. A level lies at the Fermi energy there: try a "
                "slightly different energy, or a temperature > 0"
            )
        values = fine[0] | {Difference(name): value - coarse[0][name] for name, value in fine[0].items()}
        sums = [{name: value[i] for name, value in values.items()} for i in range(len(items))]
        return sums, float(closure.max()), None


def _shares(items):
    """Part of the sea between 0 and k that each item is, (n_items, w).

    Where a level passes the Fermi energy, G of it has lost all digits but those of
    eps |H|/|E - E_0|. The density matrix stays between 0 and 1 all the same, so that
    what matters of a tiny panel is its area in that of its ray, int_0^k r dr = k^2/2.
    """
    return np.array(
        [np.minimum(2 * weights.sum(axis=0) / (k**2).sum(axis=1).max(), 1) for k, weights in items],
    )


def _nothing(like):
    """An integral of the same variables that are all zero."""
    values, errors = ({name: 0 * value for name, value in part.items()} for part in (like.values, like.errors))
    return Integral(values, errors, 0.0, 0)
