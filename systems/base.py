"""How a prepared system declares what it is: parameters, results, figure."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from kwantorque.errors import InputError, finite, known, positive
from kwantorque.results import Estimate, together
from kwantorque.results.dataset import VERSION, error_of, value_of
from kwantorque.systems.sweep import SystemTask
from kwantorque.transport import Numerics

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Parameter", "Result", "System", "together", "with_results"]


ATTEMPTS = 3
"""So often a system is computed until each of its results meets the tolerance."""
NOTHING = 1e-12
"""An error that is rounding, in the unit of any result."""
TIGHTENED, TIGHTEST = 0.5, 1e-2
"""The tolerance of the next attempt, over what would just be enough; at least that."""


@dataclass(frozen=True)
class Parameter:
    """What the user may set: its name, default, unit and meaning.

    Parameters
    ----------
    name : str
    default : float or str
    unit : str
    meaning : str
    follows : str, optional
        The parameter whose value it takes unless it is set.
    positive, signed : bool
        It must be > 0 if `positive`, >= 0 if not `signed`.
    choices : tuple of str
        It is one of these words instead of a number.

    Examples
    --------
    >>> from kwantorque.systems import Parameter
    >>> length = Parameter("length", 2.0, "nm", "thickness", positive=True)
    >>> length.but(default=3.0).checked(2.5)
    2.5
    >>> length.checked(-1)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `length` must be > 0 nm, got -1...
    """

    name: str
    default: float | str
    unit: str
    meaning: str
    follows: str | None = None
    positive: bool = False
    signed: bool = True
    choices: tuple[str, ...] = ()

    def but(self, **changed: Any) -> Parameter:
        """The same with another default, meaning, ..."""
        return replace(self, **changed)

    def checked(self, value: Any) -> float | str:
        """The value as a number or word.

        Raises
        ------
        InputError
            It is no finite number, not positive, none of the words, ...
        """
        if self.choices:
            return known(f"value of `{self.name}`", value, self.choices)
        unit = "" if self.unit == "1" else self.unit
        number = finite(self.name, value, unit)
        if self.positive:
            positive(self.name, number, unit)
        elif not self.signed and number < 0:
            raise InputError(f"`{self.name}` must be >= 0{unit and ' ' + unit}, got {value!r}")
        return number

    def doubt(self, *values: float | str) -> None:
        """Look at all values that it is given, once they are checked.

        Warns
        -----
        UserWarning
            Angles in degrees look like radians: none is above 2 pi, and not all are
            whole.

        Examples
        --------
        >>> import warnings
        >>> from kwantorque.systems import Parameter
        >>> angle = Parameter("angle", 90.0, "deg", "angle between the magnetisations")
        >>> angle.doubt(0.0, 2.5, 5.0, 7.5)
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     angle.doubt(0.0, 1.57)
        >>> str(caught[0].message)
        '`angle` = 1.57 is in degrees: were radians meant?'
        """
        if self.unit != "deg" or max(map(abs, values), default=0) > 2 * math.pi:
            return
        odd = [value for value in values if value % 1]
        if odd:
            warnings.warn(f"`{self.name}` = {odd[0]:g} is in degrees: were radians meant?", stacklevel=3)


@dataclass(frozen=True)
class Result:
    """A number that a system returns.

    Parameters
    ----------
    name : str
    unit : str
    meaning : str
    published : float, optional
        What the paper has for the default parameters.
    order : int
        The power of the spacing with which its error begins; an extrapolation states it
        accordingly.

    Examples
    --------
    >>> import kwantorque as kt
    >>> one = kt.systems.find("gamnas-gaas-wire").results[0]
    >>> one.name, one.unit, one.published, one.order
    ('Qjz_in', 'hbar I/e', 1.09, 2)
    """

    name: str
    unit: str
    meaning: str
    published: float | None = None
    order: int = 2


@dataclass(frozen=True, repr=False)
class System:
    """Something to compute by name: numbers in, numbers and a figure out.

    Parameters
    ----------
    name : str
        As on the command line.
    shows : str
        One line: what it shows.
    source : str
        The paper.
    parameters : tuple of Parameter
    results : tuple of Result
    compute : callable
        compute(parameters, numerics) -> Dataset with a number `result_<name>` for every
        result; `parameters` is a dict of all of them, `numerics` a `Numerics`.
    figure : callable
        figure(data) -> matplotlib Axes: the system's own figure of the Dataset.
    sweep_figures : dict, optional
        Figures of a sweep of one parameter, by its name; others get
        `plot.results_against`.
    selective : bool
        Whether `compute` takes as a third argument the results that are asked for, a
        tuple of `Result`, and leaves out what only others need (see `runs.Runs`).

    Examples
    --------
    >>> import kwantorque as kt
    >>> system = kt.systems.find("spin-filter")
    >>> data = system.run(angle=90, thickness=0.1)
    >>> round(system.results_of(data)["torque_in_plane"], 4)
    0.0326
    >>> system.run(angel=90)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: unknown parameter of spin-filter 'angel'; did you ...
    """

    name: str
    shows: str
    source: str
    parameters: tuple[Parameter, ...]
    results: tuple[Result, ...]
    compute: Callable[[Mapping[str, Any], Numerics], xr.Dataset]
    figure: Callable = field(repr=False)
    sweep_figures: Mapping[str, Callable] = field(default_factory=dict, repr=False)
    selective: bool = False
    solver: ClassVar[str | None] = None
    """What it is solved with, where that is not the solver that is asked for."""

    @property
    def error_word(self) -> str:
        """What the errors of its results are called in a table."""
        return "error"

    def __repr__(self) -> str:
        rows = self._rows()
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [
            "  " + "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row[:3], widths, strict=True)), row[3]])
            for row in rows
        ]
        return "\n".join([f"{self.name}: {self.shows}", *lines])

    def _repr_html_(self) -> str:
        head, *rows = (
            "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in row) for row in self._rows()
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        title = f"<b>{escape(self.name)}</b>: {escape(self.shows)} ({escape(self.source)})"
        return f"<div>{title}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"

    def _rows(self):
        """Name, default, unit, meaning of the parameters; the results below them."""
        defaults = ((p, p.default if p.choices else f"{p.default:g}") for p in self.parameters)
        return [
            ("parameter", "default", "unit", "meaning"),
            *((p.name, default, p.unit, p.meaning) for p, default in defaults),
            *((r.name, "result", r.unit, r.meaning) for r in self.results),
        ]

    def complete(self, given: Mapping[str, Any], doubt: bool = True) -> dict[str, float | str]:
        """All parameters: defaults, overwritten by `given`.

        Parameters
        ----------
        given : dict from names to numbers or words
        doubt : bool
            Whether to warn of angles that look like radians.

        Raises
        ------
        InputError
            An unknown name or word (the nearest one is named) or a value that is not a
            finite number.
        """
        declared = {p.name: p for p in self.parameters}
        values = {p.name: p.default if p.choices else float(p.default) for p in self.parameters}
        for name, value in given.items():
            known(f"parameter of {self.name}", name, values)
            values[name] = declared[name].checked(value)
            if doubt:
                declared[name].doubt(values[name])
        for p in self.parameters:
            if p.follows and p.name not in given:
                values[p.name] = values[p.follows]
        return values

    def check(self, parameters: Mapping[str, Any], to_zero_spacing: bool = False) -> None:
        """Raise `InputError` for what cannot be computed, before anything is.

        Parameters
        ----------
        parameters : dict of all of them
        to_zero_spacing : bool
            Whether the results are to be extrapolated.
        """
        if to_zero_spacing:
            raise InputError(f"{self.name} has no lattice spacing to extrapolate to zero")

    def run(
        self,
        *,
        numerics: Numerics | None = None,
        to_zero_spacing: bool = False,
        results: Sequence[str] | None = None,
        **given: Any,
    ) -> xr.Dataset:
        """Compute the system.

        Parameters
        ----------
        given : parameters of the system by name; and `tolerance`, `solver`, `kpar`,
            `executor`, `progress`, as in `kwantorque.torques`
        numerics : Numerics, optional
            The latter as one object.
        to_zero_spacing : bool
            Extrapolate all results to zero lattice spacing, where the system has one.
        results : sequence of str, optional
            Names of the results that are computed; all by default.

        Returns
        -------
        xarray.Dataset
            With a number `result_<name>` for each result and its error
            `result_<name>_error`; attrs name system and parameters.

        Raises
        ------
        InputError
            An unknown name, a value that may not be, or nothing to extrapolate.
        ComputationError
            As `kwantorque.torques` and `kwantorque.steady_state` do.

        Warns
        -----
        UserWarning
            An angle in degrees looks like one in radians.
        """
        numerics, given = Numerics.among(given, numerics)
        values = self.complete(given)
        return self.computed(values, numerics, to_zero_spacing, self.asked(results))

    def computed(
        self, values: Mapping[str, Any], numerics: Numerics, to_zero_spacing: bool, asked: tuple[Result, ...]
    ) -> xr.Dataset:
        """What `run` returns, from all parameters as `complete` returns them."""
        if to_zero_spacing:
            self.check(values, to_zero_spacing)
        with _each_warning_once():
            data = self._computed(self._way(to_zero_spacing), values, numerics, asked)
        given = json.dumps(values, sort_keys=True)
        said = {"version": VERSION, "solver": numerics.solver.name} | data.attrs
        said |= {"tolerance": numerics.tolerance, "criterion": numerics.criterion}
        said |= {"system": self.name, "parameters": given, "to_zero_spacing": int(to_zero_spacing)}
        said |= {"title": self.title(values)}
        return data.assign_attrs(said)

    def _computed(self, compute, values, numerics, asked):
        """The Dataset with the largest relative error of its results.

        What is a difference of integrals, such as a magnetoresistance, errs by more
        than these: where each result is to meet the tolerance, they are tightened.
        """
        tightened, spent = numerics, 0.0
        for _ in range(ATTEMPTS):
            data = compute(values, tightened, asked)
            spent += data.attrs.get("seconds", 0.0)
            if "error_estimate" not in data.attrs:
                return data
            worst = max(self.relative_errors(data).values())
            # Where the integrals did not reach what they were asked for, asking for
            # more is in vain.
            missed = data.attrs["error_estimate"] > tightened.tolerance
            if numerics.criterion != "each" or worst <= numerics.tolerance or missed:
                break
            factor = max(TIGHTENED * numerics.tolerance / worst, TIGHTEST)
            tightened = tightened.but(tolerance=tightened.tolerance * factor)
        return data.assign_attrs(seconds=spent, error_estimate=worst)

    def _way(self, to_zero_spacing):
        """The method that computes: `check` has refused what there is none for."""
        return self._only

    def _only(self, values, numerics, asked):
        """The Dataset with the results that are asked for."""
        if self.selective:
            return self.compute(values, numerics, asked)
        return self.picked(self.compute(values, numerics), asked)

    def picked(self, data: xr.Dataset, asked: tuple[Result, ...]) -> xr.Dataset:
        """The Dataset without the results, and their errors, that are not asked for.

        Examples
        --------
        >>> import kwantorque as kt
        >>> electron = kt.systems.find("spin-filter")
        >>> data = electron.picked(electron.run(), electron.asked(["reflectance_up"]))
        >>> list(electron.results_of(data))
        ['reflectance_up']
        """
        others = [name for name in data.data_vars if (of := self._result_of(name)) and of not in asked]
        return data.drop_vars(others)

    def _result_of(self, variable):
        """The result that a variable, or the error in it, is of; None if of none."""
        names = {f"result_{result.name}": result for result in self.results}
        return names.get(value_of(variable))

    def task(
        self, given: Mapping[str, Any], swept: Sequence[str], to_zero_spacing: bool, results: Sequence[str] | None
    ) -> SystemTask:
        """What `kwantorque.sweep` computes at every point.

        Parameters
        ----------
        given : dict
            Parameters that are set.
        swept : sequence of str
            Names of those that are swept.
        to_zero_spacing, results
            As in `run`.
        """
        return SystemTask.of(self, given, swept, to_zero_spacing, results)

    def asked(self, results: Sequence[str] | None) -> tuple[Result, ...]:
        """The results of these names, in the system's order; all for None.

        Raises
        ------
        InputError
            There is none of a name; the nearest one is named.

        Examples
        --------
        >>> import kwantorque as kt
        >>> valve = kt.systems.find("metallic-spin-valve")
        >>> [result.unit for result in valve.asked(["gmr"])]
        ['1']
        >>> valve.asked(["grm"])
        Traceback (most recent call last):
        ...
        kwantorque.errors.InputError: unknown result of metallic-spin-valve 'grm'; ...
        """
        if results is None:
            return self.results
        names = [results] if isinstance(results, str) else list(results)
        for name in names or [""]:
            known(f"result of {self.name}", name, [result.name for result in self.results])
        return tuple(result for result in self.results if result.name in names)

    def results_in(self, data: xr.Dataset) -> tuple[Result, ...]:
        """The results that a Dataset has: those that were asked for."""
        return tuple(result for result in self.results if f"result_{result.name}" in data)

    def missed(self, data: xr.Dataset) -> dict[str, float]:
        """Relative errors of results that miss the tolerance; none without integral."""
        return {}

    def advice(self, data: xr.Dataset) -> str:
        """What helps against what `missed` names."""
        return "lower --tolerance"

    def quality(self, data: xr.Dataset) -> list[str]:
        """Lines that say how good a result is, for its table."""
        return []

    def relative_errors(self, data: xr.Dataset) -> dict[str, float]:
        """How well each result is known, to be compared with the tolerance.

            error / |result|

        and, of one that is zero within its error, relative to the largest of its unit.
        A number without unit is then compared with 1. Where all of a unit are zero,
        nothing is known of them, 1, unless their errors are rounding, 0.

        Parameters
        ----------
        data : Dataset of this system, without a sweep

        Examples
        --------
        >>> import kwantorque as kt
        >>> wall = kt.systems.find("domain-wall")
        >>> data = wall.run(width=0.5, spacing=0.1, progress=False)
        >>> errors = wall.relative_errors(data)
        >>> max(errors.values()) == data.error_estimate
        True
        """
        found, largest = {}, {}
        sizes = {r: (abs(float(data[f"result_{r.name}"])), _error(data, r)) for r in self.results_in(data)}
        for r, (size, error) in sizes.items():
            if size > error:
                largest[r.unit] = max(size, largest.get(r.unit, 0.0))
        for r, (size, error) in sizes.items():
            own = size if size > error else largest.get(r.unit, 1.0 if r.unit == "1" else 0.0)
            found[r.name] = error / own if own > 0 else float(error > NOTHING)
        return found

    def results_of(self, data: xr.Dataset) -> dict[str, float]:
        """{result name: float} from a Dataset of this system."""
        return {result.name: float(data[f"result_{result.name}"]) for result in self.results_in(data)}

    def title(self, parameters: Mapping[str, Any]) -> str:
        """Its name, and those parameters that are not the defaults.

        Parameters
        ----------
        parameters : dict
            All of them, or those that are not swept.

        Examples
        --------
        >>> import kwantorque as kt
        >>> junction = kt.systems.find("magnetic-tunnel-junction")
        >>> junction.title(junction.complete({"bias": 0.4, "kf_up": 9}))
        'magnetic-tunnel-junction, kf_up = 9 1/nm, bias = 0.4 V'
        """
        default = self.complete({})
        follows = {p.name: parameters.get(p.follows, p.default) for p in self.parameters if p.follows}
        changed = [p for p in self.parameters if parameters.get(p.name, default[p.name]) != default[p.name]]
        told = [p for p in changed if parameters[p.name] != follows.get(p.name)]
        words = (f"{p.name} = {_plain(parameters[p.name])} {'' if p.unit == '1' else p.unit}".strip() for p in told)
        return ", ".join([self.name, *words])

    def is_default(self, parameters: Mapping[str, Any]) -> bool:
        """Whether all parameters are the published ones."""
        return parameters == self.complete({})


@contextmanager
def _each_warning_once() -> Iterator[None]:
    """Show no warning twice: a device makes its stack many times, and many runs."""
    seen = set()
    with warnings.catch_warnings():
        show = warnings.showwarning

        def once(message, category, *where, **more):
            if (category, str(message)) not in seen:
                seen.add((category, str(message)))
                show(message, category, *where, **more)

        warnings.showwarning = once
        yield


def _plain(value):
    return value if isinstance(value, str) else f"{value:g}"


def _error(data, result):
    """The error of the integrals in a result."""
    return float(error_of(data, f"result_{result.name}"))


def with_results(
    data: xr.Dataset, results: tuple[Result, ...], estimates: Mapping[str, Estimate], **further: Mapping[str, float]
) -> xr.Dataset:
    """A Dataset with a number `result_<name>` for each result, and its error.

    The prefix keeps them apart from the profiles: `lattice_torque` is a value per site,
    `result_lattice_torque` their sum.

    Parameters
    ----------
    data : Dataset
    results : tuple of Result
    estimates : dict from the name of each result to an Estimate
    further : dict from names to numbers
        Another kind of error, by the kind: `window={"stt_persistent": 0.1}` becomes
        `result_stt_persistent_window_error`.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.results import Estimate
    >>> from kwantorque.systems.base import Result, with_results
    >>> one = Result("gmr", "1", "R(180)/R(0) - 1")
    >>> data = with_results(xr.Dataset(), (one,), {"gmr": Estimate(0.3, 0.01)})
    >>> float(data.result_gmr), float(data.result_gmr_error)
    (0.3, 0.01)
    """
    added = {}
    for result in results:
        name, estimate = f"result_{result.name}", estimates[result.name]
        about = {"units": result.unit, "long_name": result.meaning, "lattice_order": result.order}
        added[name] = ((), float(estimate.value), about)
        others = {f"{kind}_": of[result.name] for kind, of in further.items() if result.name in of}
        errors = {"": estimate.error} | others
        for kind, error in errors.items():
            words = f" by the {kind.rstrip('_')}" if kind else ""
            about = {"units": result.unit, "long_name": f"error of {result.name}{words}"}
            added[f"{name}_{kind}error"] = ((), float(error), about)
    return data.assign(added)
