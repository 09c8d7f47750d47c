"""How a prepared system declares what it is: parameters, results, figure."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

from kwantorque.errors import InputError, finite, known, positive
from kwantorque.results import Estimate
from kwantorque.results.dataset import VERSION
from kwantorque.transport import Numerics

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Memory", "Parameter", "Result", "System", "together", "with_results"]


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
    >>> length.but(default=3.0).checked("2.5")
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

        Warns
        -----
        UserWarning
            An angle in degrees looks like one in radians.
        """
        if self.choices:
            return known(f"value of `{self.name}`", value, self.choices)
        number = finite(self.name, value, self.unit)
        if self.positive:
            positive(self.name, number, self.unit)
        elif not self.signed and number < 0:
            raise InputError(f"`{self.name}` must be >= 0 {self.unit}, got {value!r}")
        if self.unit == "deg" and 0 < abs(number) <= 2 * math.pi and number % 1:
            warnings.warn(f"`{self.name}` = {number:g} is in degrees: were radians meant?", stacklevel=3)
        return number


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

    def complete(self, given: Mapping[str, Any]) -> dict[str, float | str]:
        """All parameters: defaults, overwritten by `given`.

        Parameters
        ----------
        given : dict from names to numbers or words

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

    def sites_of(self, parameters: Mapping[str, Any]) -> int:
        """Number of sites of its profiles.

        A sweep keeps profiles where it is the same at all points.
        """
        return 0

    def run(self, *, numerics: Numerics | None = None, to_zero_spacing: bool = False, **given: Any) -> xr.Dataset:
        """Compute the system.

        Parameters
        ----------
        given : parameters of the system by name; and `tolerance`, `solver`, `kpar`,
            `executor`, `progress`, as in `kwantorque.torques`
        numerics : Numerics, optional
            The latter as one object.
        to_zero_spacing : bool
            Extrapolate all results to zero lattice spacing, where the system has one.

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
        """
        numerics, given = Numerics.among(given, numerics)
        values = self.complete(given)
        if to_zero_spacing:
            self.check(values, to_zero_spacing)
        data = self._extrapolated(values, numerics) if to_zero_spacing else self.compute(values, numerics)
        given = json.dumps(values, sort_keys=True)
        said = {"version": VERSION, "solver": numerics.solver.name, "tolerance": numerics.tolerance} | data.attrs
        said |= {"system": self.name, "parameters": given, "to_zero_spacing": int(to_zero_spacing)}
        return data.assign_attrs(said)

    def _extrapolated(self, values, numerics):
        raise InputError(f"{self.name} has no lattice spacing to extrapolate to zero")

    def quality(self, data: xr.Dataset) -> list[str]:
        """Lines that say how good a result is, for its table."""
        return []

    def results_of(self, data: xr.Dataset) -> dict[str, float]:
        """{result name: float} from a Dataset of this system."""
        return {result.name: float(data[f"result_{result.name}"]) for result in self.results}

    def is_default(self, parameters: Mapping[str, Any]) -> bool:
        """Whether all parameters are the published ones."""
        return parameters == self.complete({})


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
            words = "of the integrals" if not kind else f"by the {kind.rstrip('_')}"
            about = {"units": result.unit, "long_name": f"error of {result.name} {words}"}
            added[f"{name}_{kind}error"] = ((), float(error), about)
    return data.assign(added)


class Memory:
    """The last results of a computation that several runs share.

    They are kept by what they depend on.

    Parameters
    ----------
    size : int
        How many are kept.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.systems.base import Memory
    >>> memory = Memory()
    >>> (first,) = memory("key", lambda: (xr.Dataset({"current": 1.0}),))
    >>> (again,) = memory("key", lambda: (xr.Dataset({"current": 2.0}),))
    >>> float(again.current)
    1.0
    """

    def __init__(self, size: int = 64):
        self.size, self.kept = size, {}

    def __call__(self, key: Any, compute: Callable[[], tuple[xr.Dataset, ...]]) -> tuple[xr.Dataset, ...]:
        """Copies of the Datasets that were computed for `key`, or now are by compute().

        Where the key is not hashable nothing is kept.
        """
        try:
            found = self.kept.get(key)
        except TypeError:
            return compute()
        if found is None:
            found = self.kept[key] = tuple(data.copy(deep=True) for data in compute())
            while len(self.kept) > self.size:
                del self.kept[next(iter(self.kept))]
        return tuple(data.copy(deep=True) for data in found)


def together(data: xr.Dataset, *others: xr.Dataset) -> xr.Dataset:
    """A Dataset with the worst closure and error of several runs.

    And with the sum of their k-points and seconds.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.systems.base import together
    >>> one = xr.Dataset(attrs={"closure": 1e-12, "k_points": 100})
    >>> other = xr.Dataset(attrs={"closure": 1e-14, "k_points": 50})
    >>> data = together(one, other)
    >>> data.closure, data.k_points
    (1e-12, 150)
    """
    runs = [one.attrs for one in (data, *others)]
    worst = {name: max(run.get(name, 0.0) for run in runs) for name in ("closure", "error_estimate")}
    spent = {name: sum(run.get(name, 0) for run in runs) for name in ("k_points", "seconds")}
    return data.assign_attrs(**worst, **spent)
