"""What the entries share: how to compute, incoming states, sums over k_par, provenance.

And the books: the balance of angular momentum and particles at every site.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import direction
from ..errors import AccuracyWarning, ComputationError, InputError, finite, instance, known, named, positive
from ..integration.energy import NODES, integrate_energies
from ..integration.pace import Pace
from ..integration.plane import PolarRule, integrate
from ..integration.rules import Integral, NoChannel
from ..integration.summation import Summation, k_points
from ..operators import ChainOperators, Traces, closure_of_totals, schema
from ..parallel import single_thread
from ..scattering import BatchedSolver, KwantSolver, Solver
from ..spectrum.breaks import Breaks
from ..spectrum.symmetry import Symmetry, symmetrised
from ..structures.chain import discretise
from ..structures.stack import Stack
from ..units import BOLTZMANN
from .accuracy import CRITERIA
from .rounding import rounding_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from tqdm import tqdm

    Derived = Callable[[Mapping[str, NDArray]], Mapping[str, NDArray]]
    Items = Sequence[tuple[NDArray, NDArray]]

__all__ = [
    "MAX_CLOSURE",
    "SIDES",
    "Injection",
    "Numerics",
    "Run",
    "added_up",
    "check_derived",
    "check_stack",
    "coordinates",
    "provenance",
    "spinor_along",
    "thermal_energy",
    "torques_of",
]

MAX_CLOSURE = 1e-8
"""Largest relative violation of the books that a result may have."""
SIDES = ("left", "right")
"""The two leads, in the order of the dimension `lead`."""
LOOSEST = 0.3
"""No k integral at a single energy is asked for less than this."""
MISSED = 1.25
"""Error over tolerance from which on a run has not reached it.

The flux that errors are related to is a first estimate while the rays are refined, and
the sea adds the error of its contour.
"""
LIGHT = 0.1
"""Weight of an energy, over the largest, from which on it is taken as it is."""
LEADING = (2, 5)
"""Leading dimensions of the numbers that `derived` is tried with: unlike all others."""
FURTHER_DIMENSIONS = ("site", "bond", "boundary", "part")
"""Dimensions of a result without a coordinate of the stack.

None of these names may `derived` return, nor that of a coordinate.
"""


@named
@dataclass(frozen=True)
class Numerics:
    """How to compute: what every entry takes besides the physics. Unpacks with `**`.

    It does not change what is computed, only how accurately, how fast, and where.

    Parameters
    ----------
    tolerance : float
        Relative error asked of the integrals.
    solver : Solver, default `BatchedSolver()`
    kpar : PolarRule, optional
        How fine the k_par integral may become.
    executor : concurrent.futures.Executor, optional
        Where to compute; here by default.
    progress : bool
        A progress bar on stderr.
    criterion : {"largest", "each"}
        What errors are relative to: one scale for all results, the current or the
        largest of them; or each to its own result, unless that is zero within its error
        (see `kwantorque.transport.accuracy`).

    Raises
    ------
    InputError
        Something of another kind, or a tolerance that is not > 0.

    Examples
    --------
    >>> import kwantorque as kt
    >>> coarse = kt.Numerics(tolerance=0.1, progress=False)
    >>> sorted(coarse)
    ['criterion', 'executor', 'kpar', 'progress', 'solver', 'tolerance']
    >>> coarse["tolerance"]
    0.1
    >>> kt.Numerics(tolerance=0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `tolerance` must be > 0, got 0
    """

    tolerance: float = 1e-3
    solver: Solver | None = None
    kpar: PolarRule | None = None
    executor: Executor | None = None
    progress: bool = True
    criterion: str = "largest"

    def __post_init__(self):
        object.__setattr__(self, "tolerance", positive("tolerance", self.tolerance))
        if self.solver is None:
            object.__setattr__(self, "solver", BatchedSolver())
        instance("solver", self.solver, Solver, "BatchedSolver()")
        if self.kpar is not None:
            instance("kpar", self.kpar, PolarRule, "PolarRule()")
        instance("progress", self.progress, bool, "False")
        known("criterion", self.criterion, CRITERIA)
        if self.executor is not None and not callable(getattr(self.executor, "submit", None)):
            raise InputError(
                "`executor` must be a concurrent.futures.Executor, such as `with kwantorque.processes(4) as pool` "
                f"gives, got {self.executor!r}"
            )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of all settings."""
        return tuple(field.name for field in fields(cls))

    def keys(self) -> tuple[str, ...]:
        """Names of all settings, for `**`."""
        return self.names()

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    @classmethod
    def among(cls, given: Mapping[str, Any], numerics: Numerics | None = None) -> tuple[Numerics, dict[str, Any]]:
        """The settings among keywords, on top of `numerics`, and the other keywords."""
        if numerics is not None:
            instance("numerics", numerics, cls, "Numerics(tolerance=1e-2)")
        settings = {name: value for name, value in given.items() if name in cls.names()}
        rest = {name: value for name, value in given.items() if name not in settings}
        return (cls(**settings) if numerics is None else numerics.but(**settings)), rest

    def but(self, **changed: Any) -> Numerics:
        """The same with some settings changed."""
        return replace(self, **changed)

    @property
    def rule(self) -> PolarRule:
        """The rule of the k_par integral."""
        return PolarRule() if self.kpar is None else self.kpar


@dataclass(frozen=True, eq=False)
class Injection:
    """States of one energy that come in from one lead.

    It is what a worker process needs to know to add them up.

    Attributes
    ----------
    stack, energy (eV), source : see `kwantorque.torques`
    solver : Solver
    symmetry : Symmetry, optional
        That of the k plane; sums are over its rotated copies.
    derived : callable, optional
    spinor : (2,) array, optional
        The one spin state of all incoming particles.
    """

    stack: Stack
    energy: float
    source: str
    solver: Solver
    symmetry: Symmetry | None = None
    derived: Derived | None = None
    spinor: NDArray | None = None

    @single_thread
    def sums(self, items: Items) -> tuple[list[dict], float, str | None]:
        """One chunk of the integral over k_par.

        A chunk that the solver cannot do is left to Kwant.

        Parameters
        ----------
        items : sequence of (k (m, 2), weights (m, w))

        Returns
        -------
        sums : for each item {name: (w, ...) sums over k of weights times value}
        closure : the worst of these sums
        trouble : why Kwant had to do it, or None

        Raises
        ------
        ComputationError
            The books of an item do not close to 1e-8, with Kwant neither.
        """
        try:
            return *self._sums(items), None
        except ComputationError as error:
            if isinstance(self.solver, KwantSolver):
                raise
            trouble = f"{error}; {k_points(items)} are left to Kwant (solver {self.solver!r}, source {self.source})"
            try:
                return *replace(self, solver=KwantSolver())._sums(items), trouble
            except InputError as missing:
                raise ComputationError(f"{error}. Kwant might solve it: {missing}") from error

    @single_thread
    def at(self, k_par: NDArray, per_state: bool = False) -> tuple[dict, NDArray]:
        """All variables at each k, and the closure of the books there, checked.

        Parameters
        ----------
        k_par : (nk, 2) array, 1/nm
        per_state : bool
            Keep the incoming modes apart.

        Returns
        -------
        values : {name: (nk, ...) array}, or (nk, n_states, ...) if `per_state`
        closure : (nk,) array, or (nk, n_states)

        Raises
        ------
        ComputationError
            The books of a k-point do not close to 1e-8, or the solver fails.
        """
        operators, traces = self._traces(k_par, per_state)
        values = operators.values(traces)
        closure = values.pop("closure")
        if not closure.max(initial=0) <= MAX_CLOSURE:
            self._raise_for_books(k_par, closure, closure.max())
        return values, closure

    def _sums(self, items):
        k_par = np.concatenate([k for k, _ in items])
        operators, traces = self._traces(k_par)
        values, closure = added_up(operators, traces, items, 3, self.symmetry, self.derived)
        if not closure.max() <= MAX_CLOSURE:
            self._raise_for_books(k_par, operators.values(traces)["closure"], closure.max())
        return [{name: value[i] for name, value in values.items()} for i in range(len(items))], float(closure.max())

    def _traces(self, k_par, per_state=False):
        try:
            chain = discretise(self.stack, k_par)
            operators = ChainOperators(chain)
            states = self.solver.solve(chain, self.energy, self.source)
            if self.spinor is not None:
                states = states.superposed(self.spinor, self.source)
            return operators, operators.traces(states, per_state)
        except (np.linalg.LinAlgError, FloatingPointError) as error:
            first = tuple(float(x) for x in k_par[0])
            raise ComputationError(
                f"no solution ({error}) at one of {len(k_par)} k-points from k = {first} 1/nm on, energy "
                f"{self.energy} eV: try a slightly different energy, or solver=KwantSolver()"
            ) from error

    def _raise_for_books(self, k_par, closure, worst):
        """Name the k-point whose books close worst."""
        at = np.unravel_index(np.nanargmax(np.nan_to_num(closure, nan=np.inf)), closure.shape)[0]
        raise ComputationError(
            f"the balance does not close at k = {tuple(float(x) for x in k_par[at])} 1/nm, energy {self.energy} eV: "
            f"closure {worst:.1e} > {MAX_CLOSURE}. Either the solver lost accuracy there (try solver=KwantSolver() or "
            "a slightly different energy), or a term with partner 'carriers' does not conserve L + s"
        )


def added_up(
    operators: ChainOperators,
    traces: Traces,
    items: Items,
    powers: int,
    symmetry: Symmetry,
    derived: Derived | None,
) -> tuple[dict[str, NDArray], NDArray]:
    """Weighted sums of a chunk, its items apart, and the closure of the books of each.

    The closure is that of the sum over the k-points of an item as they were computed:
    before the rotated copies of the k plane are added.

    Parameters
    ----------
    operators, traces : of the chain at all k-points of the chunk
    items : sequence of (k (m, 2) in 1/nm, weights (m, w))
    powers : int
        Of 1/2 pi in the measure: two for k_par, one more for the energy of scattering
        states.
    symmetry : Symmetry
        Whose rotated copies are added.
    derived : callable, optional
        derived(values) -> further numbers.

    Returns
    -------
    values : {name: (n_items, w, ...) array}
    closure : (n_items, w) array
    """
    parts, start = [], 0
    for k, weights in items:
        parts.append(traces.at(slice(start, start + len(k))).summed(weights.T / (2 * np.pi) ** powers))
        start += len(k)
    values = operators.values(Traces.stacked(parts))
    closure = values.pop("closure")
    vectors = {name for name, record in schema(operators.chain.partner.values()).items() if record.is_vector}
    values = symmetrised(values, symmetry, vectors)
    return (values if derived is None else values | derived(values)), closure


class Run:
    """One call of an entry: integrals on the same terms, and the worst closure so far.

    Parameters
    ----------
    stack : Stack
    numerics : Numerics
    symmetry : Symmetry
    bar : progress bar
        One for all integrals, see `parallel.progress_bar`.

    Attributes
    ----------
    closure : float
        The largest relative violation of the books met so far.
    by_kwant : int
        How many k-points the solver had to leave to Kwant.
    """

    def __init__(self, stack: Stack, numerics: Numerics, symmetry: Symmetry, bar: tqdm):
        self.stack, self.numerics, self.symmetry, self.pace = stack, numerics, symmetry, Pace(bar)
        self.closure, self.by_kwant = 0.0, 0

    def integral(self, sums: Callable, breaks: Breaks, tolerance: float, measure: Callable) -> Integral:
        """The integral over k_par of what `sums` adds up.

        It is refined until measure(values, errors) <= tolerance.

        Parameters
        ----------
        sums : callable
            `Injection.sums`, or another of its kind.
        breaks : Breaks
            Where the integrand is not smooth.
        tolerance : float
        measure : callable
            measure(values, errors) -> float, with errors = {name: largest error}.
        """
        sum_over = Summation(sums, self.numerics.executor, self.pace, self.stack.left.material.n_orbitals)
        integral = integrate(sum_over, breaks, self.symmetry, self.numerics.rule, tolerance, measure, self.pace.expect)
        self.closure = max(self.closure, sum_over.closure)
        self.by_kwant += sum_over.by_kwant
        return integral

    def over_energies(
        self,
        weight: Callable[[float], float],
        cuts: Callable[[Callable[[float], float]], Sequence[float]],
        injection: Injection,
        measure: Callable,
    ) -> Integral | None:
        """int dE weight(E) x what the states of that energy from one lead do.

        Parameters
        ----------
        weight : callable
            weight(energy), 1 or 1/eV.
        cuts : callable
            cuts(importance) -> ascending energies, the integrand smooth between them.
        injection : Injection
            At any energy.
        measure : callable
            As in `integral`.

        Returns
        -------
        Integral, or None if there is no state at any energy
        """
        straight = np.zeros((1, 2))

        @cache
        def importance(energy):
            """Weight, times what of it gets through at normal incidence.

            Where no state can be computed, at a band's bottom, nothing gets through.
            """
            try:
                values, _ = replace(injection, energy=energy, symmetry=None, derived=None).at(straight)
            except ComputationError:
                return 0.0
            through = np.abs(values["particle_current_limit"]).min()
            return abs(weight(energy)) * float(through)

        @cache
        def largest():
            return max(map(importance, energies)) or 1.0

        energies = cuts(importance)
        self.pace.stage()
        planned = iter(range(len(NODES) * (len(energies) - 1), 0, -1))
        heaviest = max(abs(weight(energy)) for energy in energies) or 1.0

        def value_at(energy):
            self.pace.integral(next(planned, 1))
            factor = weight(energy)
            # Energies that hardly count need no accuracy: those of few electrons, of
            # which no more get through than of others.
            share = abs(factor) / heaviest
            if share <= LIGHT:
                share = max(share, importance(energy) / largest())
            tolerance = min(self.numerics.tolerance / 2 / share, LOOSEST) if share > 0 else LOOSEST
            here = replace(injection, energy=energy)
            breaks = Breaks(self.stack, energy, injection.source, self.numerics.rule.widen)
            try:
                one = self.integral(here.sums, breaks, tolerance, measure)
            except NoChannel:
                return None
            values = {name: factor * value for name, value in one.values.items()}
            errors = {name: abs(factor) * error for name, error in one.errors.items()}
            return Integral(values, errors, one.error, one.points)

        return integrate_energies(value_at, energies, self.numerics.tolerance, measure)

    def close(self, values: Mapping[str, NDArray]) -> None:
        """Check the books from z = -infinity to +infinity.

        Tails are ill-conditioned next to thresholds (errors of eps/velocity^2), so this
        is done after the integral.

        Raises
        ------
        ComputationError
            They do not close to 1e-8.
        """
        of_totals = float(closure_of_totals(values, torques_of(self.stack)))
        if not of_totals <= MAX_CLOSURE:
            raise ComputationError(
                f"the balance from z = -infinity to +infinity does not close: {of_totals:.1e} > {MAX_CLOSURE}. "
                "Try solver=KwantSolver(), or a slightly different energy"
            )
        self.closure = max(self.closure, of_totals)

    def with_rounding(self, integral: Integral, derived: Derived | None, of_sea: bool = False) -> dict[str, float]:
        """The errors of an integral, with what rounding leaves where terms cancel."""
        rounding = rounding_of(self.stack, integral.values, derived, of_sea)
        return {name: error + rounding.get(name, 0.0) for name, error in integral.errors.items()}

    def attrs(self, error: float, points: int, seconds: float, of_integrals: float) -> dict[str, Any]:
        """Attributes of a result that say how it was reached.

        Parameters
        ----------
        error : float
            That of the result, rounding included.
        points : int
        seconds : float
        of_integrals : float
            What k-points and energies could lower: it has to meet the tolerance.

        Raises
        ------
        ComputationError
            The error, and so the integral, is not finite.

        Warns
        -----
        AccuracyWarning
            The tolerance is not reached.
        """
        if not np.isfinite(error):
            raise ComputationError(
                "the integral over k_par is not finite: look at single k with `torques_at`, or try solver=KwantSolver()"
            )
        if of_integrals > MISSED * self.numerics.tolerance:
            most = self.numerics.rule.max_points
            if 2 * points > most:
                why = f"allow more than max_points = {most} by kpar=PolarRule(max_points=...), or a larger tolerance"
            else:
                why = "it was refined for a first, larger estimate of the result: ask for a smaller tolerance"
            asked = self.numerics.tolerance
            warnings.warn(
                f"the integral stopped at an error of {of_integrals:.2g}, above the tolerance of {asked:g}, after "
                f"{points} k-points: {why}",
                AccuracyWarning,
                stacklevel=4,
            )
        return {
            "tolerance": self.numerics.tolerance,
            "criterion": self.numerics.criterion,
            "error_estimate": error,
            "closure": self.closure,
            "k_points": points,
            "k_points_left_to_kwant": self.by_kwant,
            "k_rule": repr(self.numerics.rule),
            "rotation_order": self.symmetry.folds,
            "seconds": seconds,
        }


def coordinates(stack: Stack) -> dict[str, Any]:
    """Coordinates of a result: those of the stack, and the names of its terms."""
    partner = discretise(stack, np.zeros((1, 2))).partner
    return stack.coordinates() | {
        "term": ("term", list(partner), {"long_name": "terms of the Hamiltonian by name"}),
        "partner_of_term": ("term", list(partner.values()), {"long_name": "who takes what the term takes"}),
    }


@lru_cache
def _torques_of(partners):
    return tuple(r.name for r in schema(partners).values() if r.kind == "torque" and r.form == "local")


def torques_of(stack: Stack) -> tuple[str, ...]:
    """Names of the torques that take angular momentum L + s from a stack's carriers.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.transport.run import torques_of
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> torques_of(kt.Stack([kt.Layer(copper, 1.0)], 0.05))
    ('exchange_torque', 'lattice_torque')
    """
    return _torques_of(stack.partners)


def check_stack(stack: Stack) -> Stack:
    """Return `stack`; `InputError` if it is none.

    Warns
    -----
    UserWarning
        A layer has an `m`, but its material no exchange: no exchange torque acts on it.

    Examples
    --------
    >>> from kwantorque.transport.run import check_stack
    >>> check_stack("Co/Cu/Co")
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `stack` must be a Stack such as ..., got 'Co/Cu/Co'
    """
    instance("stack", stack, Stack, "Stack(layers, spacing=0.1)")
    idle = [f"{region.name} ({region.layer.material!r})" for region in stack.regions if region.layer.has_idle_m]
    if idle:
        warnings.warn(
            f"no exchange torque acts on {', '.join(idle)}: there is an `m`, but no exchange in the material. "
            "Give it one, or leave out `m`",
            stacklevel=4,
        )
    return stack


def check_derived(derived: Derived | None, stack: Stack) -> Derived | None:
    """Return `derived`; `InputError` unless it is linear and keeps leading dimensions.

    It is called once with random numbers of the right shapes: what is added up over
    k_par and energies is the same as what is derived from the sum only if it is linear.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.transport.run import check_derived
    >>> wire = kt.Stack([kt.Layer(kt.FreeElectron.from_wavevectors(13.6), 1.0)], 0.05)
    >>> def squared(values):
    ...     return {"squared": values["incident_current"] ** 2}
    >>> check_derived(squared, wire)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `derived` must be linear in the variables, but ...
    """
    if derived is None:
        return None
    if not callable(derived):
        raise InputError(f"`derived` must be a function of the dict of variables, got {derived!r}")
    rng = np.random.default_rng(0)
    taken = coordinates(stack)
    sizes = {"site": stack.n_sites, "bond": stack.n_sites + 1} | {x: len(taken[x][1]) for x in ("layer", "term")}
    sizes |= {"lead": len(SIDES), "axis": 3}
    shapes = {name: [sizes[dim] for dim in record.dims] for name, record in schema(stack.partners).items()}
    one, other = ({name: rng.normal(size=(*LEADING, *shape)) for name, shape in shapes.items()} for _ in range(2))
    mixed = {name: -2.0 * one[name] + 0.5 * other[name] for name in shapes}

    def of(values):
        try:
            return derived(dict(values))
        except KeyError as error:
            known("variable in `derived`", error.args[0], shapes)
            raise

    found = of(one)
    if not isinstance(found, Mapping) or not found or not all(isinstance(name, str) for name in found):
        raise InputError(f"`derived` must return a dict of further numbers by name, got {found!r}")
    for name, value in found.items():
        if name in {*shapes, *taken, *FURTHER_DIMENSIONS} or name.endswith("_error"):
            raise InputError(f"`derived` must not return {name!r}: that name is taken")
        if np.shape(value) != LEADING or np.iscomplexobj(value):
            raise InputError(
                f"`derived` must return one real number per entry of the leading dimensions, but {name!r} has shape "
                f"{np.shape(value)} where these are {LEADING}: index the last dimensions only, as in "
                "`values[...][..., 0, :]`, one component at a time"
            )
    of_other, of_mixed = of(other), of(mixed)
    for name, value in found.items():
        expected = -2.0 * value + 0.5 * of_other[name]
        if not np.allclose(of_mixed[name], expected, rtol=1e-9, atol=1e-9 * np.abs(value).max()):
            raise InputError(
                f"`derived` must be linear in the variables, but {name!r} is not: it is added up over k_par before you "
                "see it. Return the linear pieces, and combine their integrals"
            )
    return derived


def spinor_along(stack: Stack, incident_spin: ArrayLike | str | None) -> NDArray | None:
    """The state (2,) whose spin points along `incident_spin`; None for None.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.transport.run import spinor_along
    >>> wire = kt.Stack([kt.Layer(kt.FreeElectron.from_wavevectors(13.6), 1.0)], 0.05)
    >>> abs(spinor_along(wire, "z"))
    array([1., 0.])
    """
    if incident_spin is None:
        return None
    spin = stack.left.material.spin
    if spin.shape[-1] != 2:
        raise InputError(f"`incident_spin` needs materials of two states per site, got {spin.shape[-1]}")
    return np.linalg.eigh(np.einsum("i,iab->ab", direction(incident_spin), spin))[1][:, 1]


def thermal_energy(temperature: float) -> float:
    """k_B T in eV of a temperature in K; `InputError` if that is negative.

    Examples
    --------
    >>> from kwantorque.transport.run import thermal_energy
    >>> round(thermal_energy(300), 5)
    0.02585
    """
    kelvin = finite("temperature", temperature, "K")
    if kelvin < 0:
        raise InputError(f"`temperature` must be >= 0 K, got {temperature!r}")
    return kelvin * BOLTZMANN


def provenance(stack: Stack, solver: Solver, **given: Any) -> dict[str, Any]:
    """Attributes that say what a Dataset is the result of.

    Parameters
    ----------
    stack : Stack
    solver : Solver
    given : strings and numbers
        What was given besides.

    Returns
    -------
    dict
        `given`, and stack, parameters (all of these as JSON), solver, solver_options,
        kwant_version, rounding_nm.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.transport.run import provenance
    >>> wire = kt.Stack([kt.Layer(kt.FreeElectron.from_wavevectors(13.6), 1.0)], 0.05)
    >>> attrs = provenance(wire, kt.BatchedSolver(), energy=0.0)
    >>> attrs["energy"], attrs["solver"]
    (0.0, 'batched')
    """
    parameters = {name: value for name, value in given.items() if value is not None} | {"stack": repr(stack)}
    try:
        kwant_version = version("kwant")
    except PackageNotFoundError:
        kwant_version = "not installed"
    return parameters | {
        "parameters": json.dumps(parameters, sort_keys=True),
        "solver": solver.name,
        "solver_options": repr(solver),
        "kwant_version": kwant_version,
        "rounding_nm": stack.rounding,
    }
