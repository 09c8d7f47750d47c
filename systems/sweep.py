"""What a prepared system is to a sweep: its parameters are checked before it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kwantorque.errors import known

if TYPE_CHECKING:
    import xarray as xr

    from kwantorque.systems.base import System
    from kwantorque.transport import Numerics

__all__ = ["SystemTask"]


@dataclass(frozen=True)
class SystemTask:
    """A system with some parameters fixed, and others for each point to say.

    Parameters
    ----------
    system : System
    fixed : dict
        All parameters that are not swept, and follow no swept one.
    swept : tuple of str
    to_zero_spacing : bool
    results : sequence of str, optional
    defaults : dict
        Empty: `fixed` says all.

    Examples
    --------
    >>> import kwantorque as kt
    >>> electron = kt.systems.find("spin-filter")
    >>> task = electron.task({"spacing": 0.05}, ["angle"], False, ["torque_in_plane"])
    >>> data = task({"angle": 90.0}, kt.Numerics())
    >>> round(float(data.result_torque_in_plane), 3), "result_reflectance_up" in data
    (0.5, False)
    """

    system: System
    fixed: Mapping[str, Any]
    swept: tuple[str, ...]
    to_zero_spacing: bool
    results: Sequence[str] | None
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        system: System,
        given: Mapping[str, Any],
        swept: Sequence[str],
        to_zero_spacing: bool,
        results: Sequence[str] | None,
    ) -> SystemTask:
        """The task of a system, with its names and values checked.

        Raises
        ------
        InputError
            A wrong name or value.
        """
        for name in swept:
            known(f"parameter of {system.name}", name, [p.name for p in system.parameters])
        if results is not None:
            results = [result.name for result in system.asked(results)]
        complete = system.complete(given)
        # What follows a swept parameter is no fixed one, unless it is set.
        follows = {p.name for p in system.parameters if p.follows in swept and p.name not in given}
        fixed = {name: value for name, value in complete.items() if name not in follows | set(swept)}
        return cls(system, fixed, tuple(swept), bool(to_zero_spacing), results)

    @property
    def name(self) -> str:
        """That of the system."""
        return self.system.name

    @property
    def notes(self) -> Mapping[str, Any]:
        """What figures of the sweep are of."""
        return {"title": self.system.title(self.fixed)}

    def identity(self, numerics: Numerics) -> Mapping[str, Any]:
        """Solver, tolerance and what it is held to, which decide about all results."""
        solver = self.system.solver or numerics.solver.name
        return {"solver": solver, "tolerance": numerics.tolerance, "criterion": numerics.criterion}

    def asking(self, results: Sequence[str] | None) -> SystemTask:
        """The same with other results."""
        return replace(self, results=results)

    def value(self, name: str, value: Any) -> float | str:
        """The value as a number or word that this parameter may have."""
        return self._parameter(name).checked(value)

    def about(self, name: str) -> Mapping[str, str]:
        """Unit and meaning of the parameter."""
        one = self._parameter(name)
        return {"units": one.unit, "long_name": one.meaning}

    def check(self, points: Sequence[Mapping[str, Any]]) -> None:
        """Raise `InputError` for a point at which the system cannot be computed.

        Warns
        -----
        UserWarning
            All angles of a sweep in degrees look like radians.
        """
        for name in self.swept:
            self._parameter(name).doubt(*dict.fromkeys(point[name] for point in points))
        for point in points:
            self.system.check(self.system.complete({**self.fixed, **point}, doubt=False), self.to_zero_spacing)

    def __call__(self, point: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
        """The result at a point."""
        values, asked = self.system.complete({**self.fixed, **point}, doubt=False), self.system.asked(self.results)
        return self.system.computed(values, numerics, self.to_zero_spacing, asked)

    def dataset(self, result: xr.Dataset) -> xr.Dataset:
        """It is one."""
        return result

    def _parameter(self, name):
        return next(p for p in self.system.parameters if p.name == name)
