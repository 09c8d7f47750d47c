"""What is computed at every point of a sweep, and what is known about it before."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr

from ..errors import ComputationError, InputError, known
from ..parallel import as_finished, without_bars
from ..results.dataset import value_of
from .fingerprint import as_word, changes, fingerprint

if TYPE_CHECKING:
    from ..transport import Numerics

__all__ = ["FunctionTask", "Task", "attempt", "changed_since", "outcomes"]

CODE = "function_code"
"""Attribute of what a user's own function was, see `fingerprint`."""
RECORDED = (ArithmeticError, ValueError, RuntimeError)
"""Errors that belong to a point, ours among them; others are mistakes in the code."""


class Task(Protocol):
    """What a sweep asks of what it computes.

    An object with a method `task(given, swept, to_zero_spacing, results)` that returns
    one, as a prepared system has, can be swept.
    """

    name: str
    """What is computed."""
    fixed: Mapping[str, Any]
    """Parameters that are not swept: numbers and words."""
    defaults: Mapping[str, Any]
    """What a parameter is of which a file says nothing."""
    results: Sequence[str] | None
    """What is asked for; all if None."""
    notes: Mapping[str, Any]
    """What a file also says, and may differ."""

    def identity(self, numerics: Numerics) -> Mapping[str, Any]:
        """What else must be the same in a file that is to be extended."""

    def asking(self, results: Sequence[str] | None) -> Task:
        """The same with other results."""

    def value(self, name: str, value: Any) -> Any:
        """A value of a swept parameter: checked, a Python number or word."""

    def about(self, name: str) -> Mapping[str, str]:
        """Unit and meaning of a swept parameter."""

    def check(self, points: Sequence[Mapping[str, Any]]) -> None:
        """Raise `InputError` for points that cannot be computed, before any is."""

    def __call__(self, point: Mapping[str, Any], numerics: Numerics) -> Any:
        """The result at a point."""

    def dataset(self, result: Any) -> xr.Dataset:
        """A result as a Dataset; `InputError` if it cannot be one."""


def changed_since(task: Task, found: xr.Dataset) -> str:
    """What of a user's own function is not as it was at earlier points; in words.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.sweeps.task import FunctionTask, changed_since
    >>> def line(x):
    ...     return {"y": slope * x}
    >>> slope = 2.0
    >>> before = xr.Dataset(attrs=FunctionTask(line, {}, {"x"}).notes)
    >>> slope = 3.0
    >>> changed_since(FunctionTask(line, {}, {"x"}), before)
    'slope'
    """
    try:
        before, now = (json.loads(one.get(CODE, "{}")) for one in (found.attrs, task.notes))
    except ValueError:
        return "nothing is known of what it was"
    return ", ".join("its code" if name == "code" else name for name in changes(before, now))


def attempt(task: Task, numerics: Numerics, point: Mapping[str, Any]) -> tuple[Any, str | None, list]:
    """A point of a sweep: its result, or why there is none; and its warnings.

    A worker could not show these.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.sweeps.task import FunctionTask, attempt
    >>> task = FunctionTask(lambda x: {"inverse": 1 / x}, {}, {"x"})
    >>> attempt(task, kt.Numerics(), {"x": 0})
    (None, 'ZeroDivisionError: division by zero', [])
    """
    with warnings.catch_warnings(record=True) as caught, without_bars():
        warnings.simplefilter("always")
        try:
            one, trouble = task(point, numerics), None
        except RECORDED as error:
            kind = "" if isinstance(error, (InputError, ComputationError)) else f"{type(error).__name__}: "
            one, trouble = None, f"{kind}{error}"
    return one, trouble, [(str(warning.message), warning.category) for warning in caught]


def outcomes(
    task: Task, numerics: Numerics, points: Sequence[Mapping[str, Any]], executor: Executor | None = None
) -> Iterator[tuple[Mapping[str, Any] | Sequence[Mapping[str, Any]], tuple[Any, str | None, list]]]:
    """(point, what `attempt` says of it) of each point, whichever is done first.

    A task with a `batch` > 1 is given so many points at once, by `together(points,
    numerics)`, which returns a Dataset of all of them, as `grid.with_points` takes it;
    instead of a point there is a list then.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.sweeps.task import FunctionTask, outcomes
    >>> task = FunctionTask(lambda x: {"square": x**2}, {}, {"x"})
    >>> ((point, (found, trouble, warned)),) = outcomes(task, kt.Numerics(), [{"x": 3}])
    >>> point, found
    ({'x': 3}, {'square': 9})
    """
    size = getattr(task, "batch", 1)
    if size == 1:
        yield from as_finished(partial(attempt, task, numerics), points, executor)
        return
    batches = [points[i : i + size] for i in range(0, len(points), size)]
    for _, found in as_finished(partial(_attempt_batch, task, numerics), batches, executor):
        yield from found


def _attempt_batch(task, numerics, points):
    """All points at once; one by one where that fails, to know which it is."""
    try:
        with warnings.catch_warnings(record=True) as caught, without_bars():
            warnings.simplefilter("always")
            found = task.together(points, numerics)
    except RECORDED:
        return [(point, attempt(task, numerics, point)) for point in points]
    return [(points, (found, None, [(str(warning.message), warning.category) for warning in caught]))]


class FunctionTask:
    """A user's own function of the swept parameters.

    Parameters
    ----------
    function : callable
        Returns a Dataset, or a dict of numbers.
    given : dict
        Further arguments, the same at all points.
    swept : collection of str
        Names of the swept ones.
    results : sequence of str, optional
        Variables that are kept, with their errors; all by default.

    Raises
    ------
    InputError
        The function does not take these arguments, or needs others.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.sweeps.task import FunctionTask
    >>> def square(x):
    ...     return {"square": x**2}
    >>> task = FunctionTask(square, {}, {"x"})
    >>> float(task.dataset(task({"x": 3.0}, kt.Numerics())).square)
    9.0
    >>> FunctionTask(square, {}, {"y"})
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: unknown argument of square 'y'; choose from x
    """

    def __init__(
        self,
        function: Callable[..., Any],
        given: Mapping[str, Any],
        swept: Collection[str],
        results: Sequence[str] | None = None,
    ):
        self.function, self.given, self.results = function, dict(given), results
        bound = function
        arguments = {}
        while isinstance(bound, partial):
            arguments = bound.keywords | arguments
            bound = bound.func
        self.name = getattr(bound, "__qualname__", type(bound).__qualname__)
        self.defaults = {name: as_word(value) for name, value in (_defaults(bound) | arguments).items()}
        given_words = {name: as_word(value) for name, value in self.given.items()}
        self.fixed = {name: value for name, value in (self.defaults | given_words).items() if name not in swept}
        self.notes = {CODE: json.dumps(fingerprint(bound))}
        _check_arguments(function, self.name, [*given, *swept])

    def identity(self, numerics: Numerics) -> Mapping[str, Any]:
        """How a function computes is its own business."""
        return {}

    def asking(self, results: Sequence[str] | None) -> FunctionTask:
        """The same function, other variables of it."""
        other = copy(self)
        other.results = results
        return other

    def value(self, name: str, value: Any) -> Any:
        """A number or word as it is, of Python's own kind."""
        plain = value.item() if hasattr(value, "item") else value
        if not isinstance(plain, (bool, int, float, str)) or plain != plain:
            raise InputError(
                f"the values of `{name}` must be numbers or words, got {value!r}: sweep a name, and look up in the "
                "function what it stands for"
            )
        return plain

    def about(self, name: str) -> Mapping[str, str]:
        """A function says nothing about its arguments."""
        return {"units": "", "long_name": name}

    def check(self, points: Sequence[Mapping[str, Any]]) -> None:
        """Nothing is known before the function is called."""

    def __call__(self, point: Mapping[str, Any], numerics: Numerics) -> Any:
        """What the function returns."""
        return self.function(**self.given, **point)

    def dataset(self, result: Any) -> xr.Dataset:
        """The variables asked for.

        Raises
        ------
        InputError
            The function returned something else, or has no such variable.
        """
        if isinstance(result, Mapping) and not isinstance(result, xr.Dataset):
            for name, value in result.items():
                array = np.asarray(value)
                if array.ndim or array.dtype.kind not in "biufc":
                    raise InputError(
                        f"{name!r} of the dict that {self.name} returned must be a number, got {value!r}: return an "
                        "xarray.Dataset for arrays"
                    )
            with suppress(ValueError, TypeError):
                result = xr.Dataset(result)
        if not isinstance(result, xr.Dataset):
            raise InputError(
                f"the function of a sweep must return an xarray.Dataset or a dict of numbers, {self.name} returned "
                f"{result!r}: end it with `return kt.torques(...)` or `return {{'name': number}}`"
            )
        if self.results is None:
            return result
        for name in self.results:
            known(f"result of {self.name}", name, result.data_vars)
        return result[[name for name in result.data_vars if value_of(name) in self.results]]


def _defaults(function):
    """Arguments that a function has if they are not given."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # Some built-in functions have none.
        return {}
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _check_arguments(function, name, given):
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # Some built-in functions have none.
        return
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        for one in given:
            known(f"argument of {name}", one, [p.name for p in named])
    missing = [p.name for p in named if p.default is p.empty and p.name not in given]
    if missing:
        raise InputError(f"{name} also needs `{missing[0]}`: give it a value, or a sequence of values to sweep")
