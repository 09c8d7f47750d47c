"""What thousands of magnets settle to: batches of trajectories at a fixed step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..errors import InputError, positive
from ..parallel import as_finished, progress_bar
from ..results.dataset import VERSION
from .equation import PER_NS, eigenvalues, flow, linearised
from .integrate import rk4
from .macrospin import AXES, Macrospin
from .rhythm import STATIC, fundamental, mean_and_spread
from .stability import fixed_points, solved_pairs
from .terms import GAMMA
from .vectors import scalar, unit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Build = Callable[..., Macrospin]

__all__ = ["settle", "settled"]

STEP = 0.2
"""Of gamma mu0 Ms t: errs by 4e-4 in m at 35 ns, and by its fourth power."""
BLOCK, MEMORY = 20_000, 1.5e7
"""Trajectories at once, and how many numbers of them are kept in the last quarter."""
CHECKED = 250
"""Steps after which it is seen who comes to rest."""
NEAR, CLOSE = 1e-2, 1e-5
"""Distance to a stable point from which on the flow is linear, and of what rests."""
CLEAR = 10
"""Distances by which a point is off the plane that a switched magnet crosses."""
DENSE = 0.8
"""Part of a batch that still moves, below which it goes on alone."""
ALIKE = 4
"""Times by which fields of one batch may differ: the largest sets its step."""
SAMPLED = 0.45
"""Radians between two samples of the last quarter, about."""


def settle(
    build: Build,
    *,
    start: ArrayLike | str,
    duration: float = 35.0,
    step: float = STEP,
    frequency: bool = True,
    executor: Executor | None = None,
    progress: bool = False,
    **axes: Sequence[float],
) -> xr.Dataset:
    """Follow a magnet for all combinations of some parameters to where it ends.

    Without thermal field, by a Runge-Kutta step of order 4. A trajectory that is within
    1e-2 of a stable fixed point, and will be within 1e-5 when the last quarter begins
    as the linearised flow says, is not followed any further.

    Parameters
    ----------
    build : callable
        build(**parameters) -> Macrospin; it is called with arrays of the swept
        parameters, one value for each trajectory, and hands them to terms.
    start : str or 3-vector
        Direction at the beginning.
    duration : float, ns
    step : float
        Of gamma mu0 Ms t; where fields are larger than mu0 Ms, of these.
    frequency : bool
        Whether frequencies are looked for: it takes a fifth of the time.
    executor : concurrent.futures.Executor, optional
        Its workers get batches.
    progress : bool
    axes : sequences of numbers, by the names of the parameters

    Returns
    -------
    xarray.Dataset
        With the swept dimensions: m (axis) at the end, m_mean (axis), amplitude and
        frequency (GHz, NaN if static) of the last quarter, switching_time (ns), and
        settled, 1 where it stands still.

    Raises
    ------
    InputError
        No parameter is swept, `build` returns no Macrospin or one with a temperature,
        or a step that is not > 0.

    Examples
    --------
    Which currents reverse a film, in which fields:

    >>> import numpy as np
    >>> import kwantorque as kt
    >>> d = kt.dynamics
    >>> def film(torque, field):
    ...     along_x = np.multiply.outer(field, [1.0, 0.0, 0.0])
    ...     terms = [d.Uniaxial(0.02, "x"), d.Demagnetisation(), d.Field(along_x)]
    ...     return kt.Macrospin(terms=[*terms, d.Slonczewski(torque, "x")])
    >>> axes = {"torque": [0.004, 0.012], "field": [0.0, 0.01]}
    >>> data = d.settle(film, start=d.along(90, 175), duration=10, **axes)
    >>> data.m.sel(axis="x").values.round(1)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    if not axes:
        raise InputError("`settle` needs parameters to sweep by name, such as torque=[0.0, 0.01]")
    if "axis" in axes:
        raise InputError("`axis` is the dimension of x, y, z: give the parameter of `build` another name")
    values = {name: _numbers(name, x) for name, x in axes.items()}
    first = unit("start", start)
    if np.ndim(first[0]):
        raise InputError(f"`start` must be one direction for all, got shape {np.shape(start)}")
    grid = [one.ravel() for one in np.meshgrid(*values.values(), indexing="ij")]
    columns = dict(zip(values, grid, strict=True))
    options = {"duration": duration, "step": step, "frequency": frequency}
    options |= {"executor": executor, "progress": progress}
    return _dataset(values, settled(build, columns, start=start, **options))


def _numbers(name, values):
    found = np.atleast_1d(scalar(name, values))
    if found.ndim > 1 or not found.size:
        raise InputError(f"`{name}` must be a number, or a list of at least one, got {values!r}")
    return found


def settled(
    build: Build,
    columns: Mapping[str, NDArray],
    *,
    start: ArrayLike | str | Callable[..., NDArray],
    duration: float = 35.0,
    step: float = STEP,
    frequency: bool = True,
    executor: Executor | None = None,
    progress: bool = False,
) -> dict[str, NDArray]:
    """As `settle`, for a list of parameters instead of all combinations.

    Parameters
    ----------
    build, start, duration, step, frequency, executor, progress
        As in `settle`; `start` may be a function of the parameters, too, that returns
        (n, 3) directions.
    columns : dict of (n,) arrays
        Values of each parameter.

    Returns
    -------
    dict of (n, ...) arrays
        The variables of `settle`.

    Examples
    --------
    >>> import numpy as np
    >>> import kwantorque as kt
    >>> from kwantorque.dynamics.maps import settled
    >>> def magnet(field):
    ...     along_z = np.multiply.outer(field, [0.0, 0.0, 1.0])
    ...     return kt.Macrospin(damping=0.5, terms=[kt.dynamics.Field(along_z)])
    >>> columns = {"field": np.array([0.1, -0.1])}
    >>> settled(magnet, columns, start="x", duration=10)["m"].round(3) + 0.0
    array([[ 0.,  0.,  1.],
           [ 0.,  0., -1.]])
    """
    first = start if callable(start) else unit("start", start)
    task = _Task(build, first, positive("duration", duration, "ns"), positive("step", step), frequency)
    task.check({name: one[:1] for name, one in columns.items()})
    count = len(next(iter(columns.values())))
    whose, found = task.batches(columns, count), {}
    parts = [{name: one[which] for name, one in columns.items()} for which in whose]
    with progress_bar("trajectories", "run", progress, count) as bar:
        for (i, part), one in as_finished(task, list(enumerate(parts)), executor):
            found[i] = one
            bar.update(len(next(iter(part.values()))))
    values = {name: np.empty((count, *one.shape[1:]), one.dtype) for name, one in found[0].items()}
    for i, one in found.items():
        for name, part in one.items():
            values[name][whose[i]] = part
    return values


ABOUT = {
    "m": ("1", "direction of the magnetisation at the end"),
    "m_mean": ("1", "mean of m over the last quarter"),
    "amplitude": ("1", "largest standard deviation of m over the last quarter"),
    "frequency": ("GHz", "frequency over the last quarter"),
    "switching_time": ("ns", "first zero of the start's largest component"),
    "settled": ("1", "whether m stands still"),
}


def _dataset(values, found):
    sizes, dims = [len(x) for x in values.values()], tuple(values)
    variables = {}
    for name, (unit_, words) in ABOUT.items():
        shaped = found[name].reshape(*sizes, *found[name].shape[1:])
        variables[name] = ((*dims, "axis")[: shaped.ndim], shaped, {"units": unit_, "long_name": words})
    about = {"version": VERSION, "gamma": GAMMA}
    return xr.Dataset(variables, {**{name: (name, x) for name, x in values.items()}, "axis": list(AXES)}, about)


@dataclass(frozen=True)
class _Task:
    """One batch: from columns of parameters to what they settle to."""

    build: Build
    start: Any
    duration: float
    step: float
    frequency: bool

    def check(self, columns: Mapping[str, NDArray]) -> None:
        magnet = self.build(**columns)
        if not isinstance(magnet, Macrospin):
            raise InputError(f"`build` must return a Macrospin, got {magnet!r}")
        if np.any(np.asarray(magnet.temperature) > 0):
            raise InputError("`settle` follows magnets without thermal field: leave `temperature` at 0 K")

    def batches(self, columns: Mapping[str, NDArray], count: int) -> list[NDArray]:
        """Which trajectories go side by side: those whose steps are about as long."""
        scales = np.empty(count)
        for i in range(0, count, BLOCK):
            magnet = self.build(**{name: one[i : i + BLOCK] for name, one in columns.items()})
            scales[i : i + BLOCK] = np.maximum(magnet.saturation, magnet.scales)
        level = np.floor(np.log(scales / scales.min()) / np.log(ALIKE))
        found = []
        for one in np.unique(level):
            which = np.flatnonzero(level == one)
            # Of each region of a diagram some: all batches take as long.
            stride = -(-len(which) // self.block(len(which)))
            found += [which[i::stride] for i in range(stride)]
        return found

    def block(self, count: int) -> int:
        # As many for each of two workers.
        return -(-count // (2 * -(-count // (2 * BLOCK))))

    def __call__(self, numbered: tuple[int, Mapping[str, NDArray]]) -> dict[str, NDArray]:
        return _Batch(self, numbered[1]).run()


class _Batch:
    """Trajectories side by side; `which` of them still move, in the order of `m`."""

    def __init__(self, task: _Task, columns: Mapping[str, NDArray]):
        self.task, self.columns = task, columns
        count = len(next(iter(columns.values())))
        first = unit("start", task.start(**columns)) if callable(task.start) else task.start
        start = np.array(np.broadcast_arrays(*first, np.zeros(count))[:3], float)
        self.m, self.which = start.copy(), np.arange(count)
        self._bind()
        self.largest = np.argmax(np.abs(start), axis=0)
        magnet = task.build(**columns)
        self.scale = float(np.max(magnet.scale))
        step = task.step / max(magnet.saturation, self.scale)
        # The last quarter is a whole number of samples.
        self.every = max(int(SAMPLED / (step * self.scale)), 1)
        whole = 4 * self.every
        self.steps = whole * int(np.ceil(PER_NS * task.duration / step / whole))
        self.step = PER_NS * task.duration / self.steps
        self.found = {"m": start.T.copy(), "m_mean": start.T.copy(), "settled": np.zeros(count, "int8")}
        self.found |= {"amplitude": np.zeros(count)}
        self.found |= {name: np.full(count, np.nan) for name in ("frequency", "switching_time")}

    def _bind(self):
        self.rate = self._flow_of(slice(None))

    def _flow_of(self, some):
        """Of some of those that still move."""
        return flow(self.task.build(**{name: x[self.which[some]] for name, x in self.columns.items()}))

    def run(self) -> dict[str, Any]:
        """All steps; who comes to rest leaves before the last quarter."""
        tail = 3 * self.steps // 4
        for i in range(tail):
            self._step(i)
            if i % CHECKED == 0 and not self._drop_settled((tail - i - 1) * self.step):
                return self.found
        if not self.task.frequency:
            self._last_quarter(tail)
            return self.found
        most = max(int(MEMORY * self.every / (3 * (self.steps - tail))), 1)
        which, m = self.which, self.m
        for j in range(0, len(which), most):
            self.which, self.m = which[j : j + most], m[:, j : j + most]
            self._bind()
            self._kept_quarter(tail)
        return self.found

    def _samples(self, tail):
        """m from the beginning of the last quarter on, at equidistant times."""
        yield self.m
        for i in range(tail, self.steps):
            self._step(i)
            if (i - tail + 1) % self.every == 0:
                yield self.m

    def _last_quarter(self, tail):
        """Mean and spread from sums, which need no memory."""
        first, last = self.m, (self.steps - tail) // self.every
        total, squares = np.zeros_like(first), np.zeros_like(first)
        for i, m in enumerate(self._samples(tail)):
            away = m - first
            # The trapezoidal rule.
            if i == last:
                away *= np.sqrt(0.5)
                squares += away * away
                away *= np.sqrt(0.5)
            else:
                squares += away * away
            total += away
        mean = total / last
        self._end(first + mean, np.sqrt(np.maximum(squares / last - mean * mean, 0).max(axis=0)))

    def _kept_quarter(self, tail):
        """The same, and frequencies, from the samples themselves."""
        kept = np.stack(list(self._samples(tail)))
        mean, spread = mean_and_spread(kept)
        self._end(mean, spread)
        times = np.arange(len(kept)) * self.every * self.step / PER_NS
        for i in np.nonzero(spread >= STATIC)[0]:
            one = kept[:, :, i]
            self.found["frequency"][self.which[i]] = fundamental(times, one, np.gradient(one, times, axis=0))

    def _end(self, mean, spread):
        self.found["m"][self.which] = self.m.T
        self.found["m_mean"][self.which] = mean.T
        self.found["amplitude"][self.which] = spread
        self.found["settled"][self.which] = spread < STATIC

    def _step(self, i):
        before = self._watched()
        self.m = rk4(self.rate, self.m, self.step)
        after = self._watched()
        crossed = np.nonzero(before * after <= 0)[0]
        if len(crossed):
            times, of = self.found["switching_time"], self.which[crossed]
            share = before[crossed] / (before[crossed] - after[crossed])
            new = np.isnan(times[of])
            times[of[new]] = (i + share[new]) * self.step / PER_NS

    def _watched(self):
        """Of each, the component that was largest at the start."""
        axis = self.largest
        if axis[0] == axis[-1] and (axis == axis[0]).all():
            return self.m[axis[0]]
        return np.take_along_axis(self.m, axis[None, self.which], axis=0)[0]

    def _drop_settled(self, left):
        """Whether any trajectory is left that is not at rest after so much time."""
        f = self.rate(*self.m)
        if not (sum(np.abs(part) for part in f) < 2 * NEAR * self.scale).any():
            return True
        f, jacobian = linearised(self.rate, self.m)
        away = np.sqrt((solved_pairs(jacobian, f) ** 2).sum(axis=0))
        likely = np.nonzero((away < NEAR) & (eigenvalues(jacobian).real.max(axis=0) < 0))[0]
        if not len(likely):
            return True
        points, jacobian, good = fixed_points(self._flow_of(likely), self.m[:, likely])
        slowest = eigenvalues(jacobian).real.max(axis=0)
        away = np.sqrt(((points - self.m[:, likely]) ** 2).sum(axis=0))
        good &= (away < 2 * NEAR) & (slowest < 0) & (away * np.exp(np.minimum(slowest, 0) * left) < CLOSE)
        # None that may yet cross zero for the first time.
        component = points[self.largest[self.which[likely]], np.arange(len(likely))]
        good &= (np.abs(component) > CLEAR * away) | np.isfinite(self.found["switching_time"][self.which[likely]])
        if good.sum() <= (1 - DENSE) * len(self.which) and good.sum() < len(self.which):
            return True
        still = np.zeros(len(self.which), bool)
        still[likely[good]] = True
        of = self.which[still]
        self.found["m"][of] = self.found["m_mean"][of] = points[:, good].T
        self.found["settled"][of] = 1
        self.which, self.m = self.which[~still], self.m[:, ~still]
        if len(self.which):
            self._bind()
        return bool(len(self.which))
