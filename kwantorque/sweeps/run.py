"""Anything at many parameters: one Dataset with a dimension for each of them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..errors import ComputationError, InputError
from ..parallel import progress_bar
from ..results.dataset import VERSION
from ..results.storage import kept_in, parameters_of, read, require_same
from ..transport import Numerics
from .grid import failures, is_done, new_grid, stretched, with_failure, with_point, with_points
from .task import CODE, FunctionTask, changed_since, outcomes

__all__ = ["Sweep", "sweep", "trouble_in"]

MATCH = 1e-12
"""Part of the largest of them to which two values of a parameter are the same."""


class Sweep:
    """All combinations of the values of some parameters of a system or function.

    `kwantorque.sweep` makes and runs one; here the two are apart.

    Parameters
    ----------
    what : System, or a function that returns a Dataset
    given : dict
        The other parameters, where they are not the defaults.
    axes : dict from parameter name to a sequence of values
        Different from each other; all combinations are computed.
    to_zero_spacing : bool
        Every point is extrapolated, as in `System.run`.
    results : sequence of str, optional
        What is asked for; all by default.

    Raises
    ------
    InputError
        A wrong name or value, or a point at which the system cannot be computed.

    Examples
    --------
    >>> import kwantorque as kt
    >>> system = kt.systems.find("spin-filter")
    >>> sweep = kt.systems.Sweep(system, {"thickness": 0.1}, {"angle": [0, 90, 180]})
    >>> sweep.run(progress=False).result_torque_in_plane.values.round(4) + 0.0
    array([0.    , 0.0326, 0.    ])
    >>> kt.systems.Sweep(system, {"angle": 90}, {"angle": [0, 90, 180]})
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `angle` is both set and swept: leave one of the two...
    """

    def __init__(
        self,
        what: Any,
        given: Mapping[str, Any],
        axes: Mapping[str, Sequence],
        to_zero_spacing: bool = False,
        results: Sequence[str] | None = None,
    ):
        for words, one in (("the other parameters", given), ("the swept ones", axes)):
            if not isinstance(one, Mapping):
                raise InputError(f"{words} of a sweep must be a dict by name, got {one!r}")
        for name, values in axes.items():
            if not _is_sequence(values):
                raise InputError(f"the values of `{name}` must be a sequence, got {values!r}")
            if name in given:
                raise InputError(f"`{name}` is both set and swept: leave one of the two out")
        if results is not None:
            results = [results] if isinstance(results, str) else list(dict.fromkeys(results))
        self.task = _task(what, given, list(axes), to_zero_spacing, results)
        self.axes = {name: [self.task.value(name, x) for x in values] for name, values in axes.items()}
        for name, values in self.axes.items():
            if not values or len(set(values)) < len(values):
                raise InputError(f"the values of `{name}` must be different from each other, got {values}")
        self.results = self.task.results
        self.to_zero_spacing = bool(to_zero_spacing)
        self.task.check(self.points)

    def __repr__(self):
        return f"Sweep({self.task.name!r}, {self.task.fixed}, {self.axes}, to_zero_spacing={self.to_zero_spacing})"

    @property
    def points(self) -> list[dict[str, Any]]:
        """All combinations of the values, by name; the last parameter runs first."""
        return [dict(zip(self.axes, values, strict=True)) for values in product(*self.axes.values())]

    def run(
        self,
        *,
        numerics: Numerics | None = None,
        found: xr.Dataset | None = None,
        keep: Callable[[xr.Dataset], Any] | None = None,
        **settings: Any,
    ) -> xr.Dataset:
        """Compute the points that `found` does not have; all of them must come out.

        Parameters
        ----------
        settings
            `tolerance`, `solver`, `kpar`, `executor`, `progress`, as in
            `kwantorque.torques`. Workers of an executor get whole points.
        numerics : Numerics, optional
            These as one object.
        found : Dataset, optional
            That of an earlier run, of some of the values.
        keep : callable, optional
            keep(data), called with the whole Dataset after every point, or batch.

        Returns
        -------
        xarray.Dataset
            As `kwantorque.sweep` returns.

        Raises
        ------
        ComputationError
            Some points failed, after all others are computed (and kept).
        """
        data = self.compute(numerics=numerics, found=found, keep=keep, **settings)
        if trouble := trouble_in(data):
            raise ComputationError(trouble)
        return data

    def compute(
        self,
        *,
        numerics: Numerics | None = None,
        found: xr.Dataset | None = None,
        keep: Callable[[xr.Dataset], Any] | None = None,
        **settings: Any,
    ) -> xr.Dataset:
        """As `run`, but points that fail are NaN, and say why in `failure`."""
        if keep is not None and not callable(keep):
            raise InputError(f"`keep` must be a function of the Dataset, got {keep!r}")
        numerics, others = Numerics.among(settings, numerics)
        if others:
            raise InputError(f"a sweep runs with {', '.join(Numerics.names())}, got {', '.join(others)}")
        data, task = self._continued(found, numerics, "`found`")
        asked, left = self._values_in(data), self._left(data)
        executor = numerics.executor if len(left) > 1 else None
        if found is not None:
            if changed := changed_since(task, found):
                warnings.warn(
                    f"{task.name} has changed since ({changed}): points that it has are not computed again",
                    stacklevel=3,
                )
            # One file, one accuracy.
            numerics = numerics.but(tolerance=data.attrs.get("tolerance", numerics.tolerance))
        inner = numerics.but(progress=False, executor=numerics.executor if executor is None else None)
        # A file of two functions goes on saying that it has points of the first.
        kept = {key: x for key, x in (found.attrs if found is not None else {}).items() if key == CODE}
        done, said = len(self.points) - len(left), set()
        with progress_bar("points", "point", numerics.progress, len(self.points), done) as bar:
            for point, (one, trouble, warned) in outcomes(task, inner, left, executor):
                for message, category in dict.fromkeys(warned):
                    if message not in said:
                        warnings.warn(message, category, stacklevel=2)
                        said.add(message)
                many = isinstance(point, list)
                if trouble:
                    data = with_failure(data, point, trouble)
                else:
                    data = (with_points if many else with_point)(data, point, task.dataset(one))
                data = data.assign_attrs(self._attrs(data, task, numerics) | kept)
                if keep:
                    keep(data)
                bar.update(len(point) if many else 1)
        return data.sel({name: list(values) for name, values in asked.items()}).assign_attrs(sweep=json.dumps(asked))

    def left(self, found: xr.Dataset | None, numerics: Numerics, path: str | Path = "`found`") -> list[dict[str, Any]]:
        """Points that an earlier Dataset does not have.

        Parameters
        ----------
        found : Dataset, optional
        numerics : Numerics
        path : path
            What the Dataset is called in messages.

        Raises
        ------
        InputError
            It holds no sweep, or one of other parameters, or of other results.

        Examples
        --------
        >>> import kwantorque as kt
        >>> electron = kt.systems.find("spin-filter")
        >>> quick = kt.Numerics(progress=False)
        >>> two, three = (kt.systems.Sweep(electron, {}, {"angle": angles})
        ...               for angles in ([0, 90], [0, 45, 90]))
        >>> three.left(two.run(numerics=quick), quick)
        [{'angle': 45.0}]
        """
        return self._left(self._continued(found, numerics, path)[0])

    def _left(self, data):
        asked = self._values_in(data)
        points = [dict(zip(asked, values, strict=True)) for values in product(*asked.values())]
        return [point for point in points if not is_done(data, point)]

    def _identity(self, numerics):
        """What tells this computation from others, whatever the swept values."""
        own = {"system": self.task.name, "version": VERSION, "to_zero_spacing": int(self.to_zero_spacing)}
        return own | dict(self.task.identity(numerics)) | {"parameters": dict(self.task.fixed)}

    def _attrs(self, data, task, numerics):
        """What the Dataset says it is, as a file can hold it."""
        said = self._identity(numerics) | dict(task.notes)
        said["parameters"] = json.dumps(said["parameters"], sort_keys=True)
        said["sweep"] = json.dumps({name: data[name].values.tolist() for name in self.axes})
        return said | ({} if task.results is None else {"results": ", ".join(task.results)})

    def _continued(self, found, numerics, path):
        """A Dataset with room for all points, and the task that fills it."""
        if found is None:
            return new_grid(self.axes, self.task.about), self.task
        file, path = path, path if path == "`found`" else repr(str(path))
        if not isinstance(found, xr.Dataset) or "sweep" not in found.attrs or "done" not in found:
            raise InputError(f"{path} must hold a sweep, the Dataset of an earlier run")
        if extra := [name for name in found.done.dims if name not in self.axes]:
            swept = ", ".join(found.done.dims)
            raise InputError(f"{path} holds a sweep of {swept}, and `{extra[0]}` is not swept now")
        wanted, parameters = self._identity(numerics), {**self.task.defaults, **parameters_of(found, file)}
        held = {name: found.attrs.get(name) for name in wanted}
        # What is swept now may have been fixed before.
        before = {name: parameters[name] for name in self.axes if name not in found.dims and name in parameters}
        if held.get("tolerance") is not None and held["tolerance"] <= wanted.get("tolerance", 0):
            wanted["tolerance"] = held["tolerance"]
        parameters = {name: value for name, value in parameters.items() if name not in self.axes}
        require_same(file, held | {"parameters": parameters}, wanted)
        if missing := [name for name in self.axes if name not in found.dims and name not in before]:
            raise InputError(f"{path} does not say what `{missing[0]}` was")
        found = found.assign_coords({name: ((), x, dict(self.task.about(name))) for name, x in before.items()})
        return stretched(found, self._values_in(found)), self.task.asking(self._results_with(found, path))

    def _results_with(self, found, path):
        """The results at the points of a file, which its other points get too."""
        if "results" not in found.attrs:
            return None
        held = found.attrs["results"].split(", ")
        lacking = "all others" if self.results is None else next((one for one in self.results if one not in held), None)
        if lacking:
            raise InputError(f"{path} holds the results {', '.join(held)} only, not {lacking}")
        return held

    def _values_in(self, data):
        """The values asked for, each as the Dataset has it if it does."""
        held = {name: np.atleast_1d(data[name].values).tolist() for name in self.axes}
        return {name: _matched(values, held[name]) for name, values in self.axes.items()}


def trouble_in(data: xr.Dataset) -> str:
    """What is to be said of points that failed; empty if none did.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.sweeps.run import trouble_in
    >>> inverse = kt.systems.Sweep(lambda x: {"y": 1 / x}, {}, {"x": [0, 1]})
    >>> trouble_in(inverse.compute(progress=False))
    '1 of 2 points failed; the first, x = 0: ZeroDivisionError: division by zero'
    """
    failed = failures(data)
    if not failed:
        return ""
    values, message = next(iter(failed.items()))
    at = ", ".join(f"{name} = {value}" for name, value in zip(data.failure.dims, values, strict=True))
    return f"{len(failed)} of {data.done.size} points failed; the first, {at}: {message}"


def _is_sequence(values):
    """Whether it is one-dimensional, and no word."""
    try:
        return np.ndim(values) == 1 and not isinstance(values, str)
    except ValueError:
        return False


def _task(what, given, swept, to_zero_spacing, results):
    """What is computed at a point, of a system or a function."""
    if callable(getattr(what, "task", None)):
        return what.task(given, swept, to_zero_spacing, results)
    if not callable(what):
        raise InputError(
            "a sweep needs a System, such as `kwantorque.systems.find(name)` gives, or a function that returns a "
            f"Dataset, got {what!r}"
        )
    if to_zero_spacing:
        raise InputError("a function has no lattice spacing to extrapolate to zero: use `kwantorque.extrapolate` in it")
    return FunctionTask(what, given, swept, results)


def _matched(asked, held):
    """Values asked for, each as it is held where that is the same up to rounding."""
    if any(isinstance(x, str) for x in (*asked, *held)):
        return list(asked)
    exact, numbers = set(held), np.array(held, float)
    close = MATCH * max(abs(x) for x in (*asked, *held))
    found = []
    for x in asked:
        nearest = held[int(np.argmin(np.abs(numbers - x)))]
        found.append(nearest if x not in exact and abs(nearest - x) <= close else x)
    return found


def sweep(
    what: Any,
    /,
    *,
    out: str | Path | None = None,
    resume: bool = True,
    results: Sequence[str] | None = None,
    executor: Executor | None = None,
    progress: bool = True,
    **given: Any,
) -> xr.Dataset:
    """Compute a system, or a function of your own, for all combinations of some values.

    Parameters
    ----------
    what : System, or function
        A function is called with the swept values by name, and returns a Dataset, as
        `kwantorque.torques` does, or a dict of numbers.
    given
        A sequence of numbers or words is swept; anything else is a fixed parameter. For
        a system there may also be `tolerance`, `solver`, `kpar`, `numerics` and
        `to_zero_spacing`, as in `System.run`.

    Returns
    -------
    xarray.Dataset
        The variables of a single run with a dimension before theirs for each swept
        parameter, errors (`<name>_error`) included. What is of the same shape at all
        points is there: profiles along z unless the number of sites changes (then they
        are named in the attribute `left_out`), numbers always. `done` says which points
        are computed; `closure`, `error_estimate`, `k_points`, `seconds` are there for
        each, and in the attributes for all. A point that fails is NaN, with the
        message in `failure`.

    Other Parameters
    ----------------
    out : path, optional
        A file `*.nc` of the Dataset, saved after each point. What it already has, from
        a run that was interrupted or of other values, is not computed again; points
        that failed are. It goes on being extended: values that are not asked for stay.
    resume : bool
        If False, what `out` has is overwritten.
    results : sequence of str, optional
        Results of the system, or variables of the Dataset, that are computed and kept.
    executor : concurrent.futures.Executor, optional
        Its workers get whole points.
    progress : bool
        A progress bar of points with the time that is left.

    Raises
    ------
    InputError
        A wrong name or value, a function that returns something else, or a file that
        holds another computation or is being computed by another process.
    ComputationError
        All points failed.

    Warns
    -----
    RuntimeWarning
        Some points failed.
    UserWarning
        A function of your own has another code than when earlier points of `out` were
        computed, or another value of what it uses and is no argument: says of what.

    Examples
    --------
    >>> import kwantorque as kt
    >>> def barrier(thickness, bias):
    ...     iron = kt.FreeElectron.from_wavevectors(10.9, 4.2)
    ...     oxide = kt.Layer(kt.FreeElectron(mass=0.4, bottom=1.0), thickness)
    ...     left, right = kt.Layer(iron, m="z"), kt.Layer(iron, m="x")
    ...     junction = kt.Stack([oxide], 0.1, left=left, right=right)
    ...     return kt.steady_state(junction, bias=bias, across=0, sea=False)
    >>> data = kt.sweep(barrier, thickness=[0.5, 0.8], bias=[0.1, 0.2], progress=False)
    >>> data.particle_current_limit.dims, data.left_out.split(", ")[0]
    (('thickness', 'bias', 'part', 'lead'), 'angular_momentum_current')
    >>> junction = kt.systems.find("magnetic-tunnel-junction")
    >>> coarse = {"spacing": 0.1, "tolerance": 0.1, "progress": False}
    >>> data = kt.sweep(junction, angle=[0, 90, 180], results=["tmr"], **coarse)
    >>> data.result_tmr.sizes["angle"], "result_current" in data
    (3, False)
    """
    swept = {name: values for name, values in given.items() if _is_sequence(values)}
    fixed = {name: value for name, value in given.items() if name not in swept}
    settings = {}
    if callable(getattr(what, "task", None)):
        own = (*Numerics.names(), "numerics", "to_zero_spacing")
        settings = {name: given[name] for name in own if name in given}
        swept, fixed = ({k: v for k, v in one.items() if k not in settings} for one in (swept, fixed))
    if not swept:
        raise InputError("nothing is swept: give a parameter a sequence of values, such as angle=[0, 90, 180]")
    all_of_them = Sweep(what, fixed, swept, settings.pop("to_zero_spacing", False), results)
    numerics, _ = Numerics.among(
        settings | {"executor": executor, "progress": progress}, settings.pop("numerics", None)
    )
    if out is None:
        data = all_of_them.compute(numerics=numerics)
    else:
        with kept_in(out) as keep:
            found = read(out) if resume and Path(out).exists() else None
            try:
                all_of_them.left(found, numerics, out)
            except InputError as error:
                raise InputError(f"{error} (resume=False overwrites it)") from None
            data = all_of_them.compute(numerics=numerics, found=found, keep=keep)
    if trouble := trouble_in(data):
        if not data.done.values.any():
            raise ComputationError(trouble)
        warnings.warn(f"{trouble} (`failure` has all messages)", RuntimeWarning, stacklevel=2)
    return data
