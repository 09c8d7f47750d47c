"""Systems whose sweeps are computed many points at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from kwantorque.results.dataset import VERSION
from kwantorque.systems.base import System
from kwantorque.systems.sweep import SystemTask

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kwantorque.transport import Numerics

__all__ = ["BatchedSystem"]


@dataclass(frozen=True, repr=False)
class BatchedSystem(System):
    """A system that knows its results at many points sooner than one by one.

    Parameters
    ----------
    together : callable
        together(points) -> {name of a result: (n,) array}, of dicts of all parameters.
    batch : int
        So many points are computed, and saved, at once.

    Examples
    --------
    >>> import kwantorque as kt
    >>> wall = kt.systems.find("domain-wall-motion")
    >>> long = {"duration": 300.0, "progress": False}
    >>> data = kt.sweep(wall, drift_velocity=[5.0, 10.0], **long)
    >>> data.result_velocity.values.round(3)
    array([10., 20.])
    """

    together: Callable[[Sequence[Mapping[str, Any]]], Mapping[str, ArrayLike]] | None = field(default=None, repr=False)
    batch: int = 1000

    def task(
        self, given: Mapping[str, Any], swept: Sequence[str], to_zero_spacing: bool, results: Sequence[str] | None
    ) -> SystemTask:
        """What `kwantorque.sweep` computes, many points at once."""
        return _Batches.of(self, given, swept, to_zero_spacing, results)


class _Batches(SystemTask):
    """Points of a sweep, of which the results are kept."""

    @property
    def batch(self):
        return self.system.batch

    def together(self, points: Sequence[Mapping[str, Any]], numerics: Numerics) -> xr.Dataset:
        """The results at some points."""
        started = time.perf_counter()
        complete = [self.system.complete({**self.fixed, **point}, doubt=False) for point in points]
        found, variables = self.system.together(complete), {}
        for result in self.system.asked(self.results):
            about = {"units": result.unit, "long_name": result.meaning}
            variables[f"result_{result.name}"] = ("point", np.asarray(found[result.name], float), about)
        said = {"version": VERSION, "solver": numerics.solver.name, "system": self.system.name}
        said["seconds"] = (time.perf_counter() - started) / len(points)
        return xr.Dataset(variables, attrs=said)
