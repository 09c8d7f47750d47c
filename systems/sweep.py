"""A prepared system at many parameters: one Dataset with a dimension for each."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from kwantorque.errors import ComputationError, InputError
from kwantorque.parallel import in_order
from kwantorque.systems.base import System
from kwantorque.transport import Numerics

if TYPE_CHECKING:
    from kwantorque.systems.base import Parameter

__all__ = ["Sweep"]


PER_POINT = {"closure": np.max, "error_estimate": np.max, "k_points": np.sum, "seconds": None, "rounding_nm": np.max}
"""Attributes of a result that become variables, and what is said of all points."""
MAY_CHANGE = ("magnetisation", "layer_m", "layer_thickness")
"""Coordinates of a result that become variables: a parameter may change them."""
OF_A_POINT = (
    *PER_POINT,
    *("energy", "stack", "current", "rotation_order", "mu_left", "mu_right", "temperature", "k_points_left_to_kwant"),
)
"""Attributes of a single result that a sweep has not as a whole."""


def _point(system, numerics, to_zero_spacing, fixed, point):
    """One point of a sweep: its Dataset, or why it has none, and its warnings.

    A worker could not show these.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            one = system.run(numerics=numerics, to_zero_spacing=to_zero_spacing, **fixed, **point)
            trouble = None
        except (ComputationError, InputError) as error:
            one, trouble = None, str(error)
    return one, trouble, [(str(warning.message), warning.category) for warning in caught]


class Sweep:
    """All combinations of the values of some parameters of a system.

    Parameters
    ----------
    system : System
    given : dict
        The other parameters, where they are not the defaults.
    axes : dict from parameter name to a sequence of values
        Different from each other; all combinations are computed.
    to_zero_spacing : bool
        Every point is extrapolated, as in `System.run`.

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
    kwantorque.errors.InputError: `angle` is both set and swept
    """

    def __init__(
        self,
        system: System,
        given: Mapping[str, Any],
        axes: Mapping[str, Sequence],
        to_zero_spacing: bool = False,
    ):
        if not isinstance(system, System):
            raise InputError(f"a sweep needs a System, such as `kwantorque.systems.find(name)` gives, got {system!r}")
        for what, one in (("the other parameters", given), ("the swept ones", axes)):
            if not isinstance(one, Mapping):
                raise InputError(f"{what} of a sweep must be a dict by name, got {one!r}")
        self.system, self.to_zero_spacing = system, to_zero_spacing
        self.axes = {}
        for name, values in axes.items():
            if np.ndim(values) != 1 or isinstance(values, str):
                raise InputError(f"the values of `{name}` must be a sequence, got {values!r}")
            self.axes[name] = [system.complete({name: x})[name] for x in values]
        for name, values in self.axes.items():
            if name in given:
                raise InputError(f"`{name}` is both set and swept")
            if not values or len(set(values)) < len(values):
                raise InputError(f"the values of `{name}` must be different from each other, got {values}")
        complete = system.complete(given)
        # What follows a swept parameter is no fixed one, unless it is set.
        follows = {p.name for p in system.parameters if p.follows in self.axes and p.name not in given}
        self.fixed = {name: value for name, value in complete.items() if name not in follows | self.axes.keys()}
        self.points = [dict(zip(self.axes, values, strict=True)) for values in product(*self.axes.values())]
        for point in self.points:
            system.check(system.complete(self.fixed | point), to_zero_spacing)

    def __repr__(self):
        return f"Sweep({self.system.name!r}, {self.fixed}, {self.axes}, to_zero_spacing={self.to_zero_spacing})"

    @property
    def identity(self) -> dict[str, Any]:
        """Attributes that tell this sweep from others.

        parameters, sweep, to_zero_spacing.
        """
        return {
            "parameters": self.fixed,
            "sweep": json.dumps(self.axes),
            "to_zero_spacing": int(self.to_zero_spacing),
        }

    def run(
        self,
        *,
        numerics: Numerics | None = None,
        found: xr.Dataset | None = None,
        keep: Callable[[xr.Dataset], Any] | None = None,
        **settings: Any,
    ) -> xr.Dataset:
        """Compute the points that `found` does not have.

        Parameters
        ----------
        settings
            `tolerance`, `solver`, `kpar`, `executor`, `progress`, as in
            `kwantorque.torques`. Workers of an executor get whole points.
        numerics : Numerics, optional
            These as one object.
        found : Dataset, optional
            That of an earlier, unfinished run.
        keep : callable, optional
            keep(data), called with the whole Dataset after every point.

        Returns
        -------
        xarray.Dataset
            The variables of a single run with a dimension for each swept parameter,
            `done`, and closure, error_estimate, k_points, seconds for each point.
            Profiles are there unless a length or the spacing is swept, which changes
            the number of sites.

        Raises
        ------
        ComputationError
            Some points failed, after all others are computed (and kept).
        """
        if keep is not None and not callable(keep):
            raise InputError(f"`keep` must be a function of the Dataset, got {keep!r}")
        numerics, others = Numerics.among(settings, numerics)
        if others:
            raise InputError(f"a sweep runs with {', '.join(Numerics.names())}, got {', '.join(others)}")
        if found is not None and (
            not isinstance(found, xr.Dataset) or found.attrs.get("sweep") != self.identity["sweep"]
        ):
            raise InputError("`found` must be the Dataset of an earlier run of the same sweep")
        data, failed = found, []
        left = [p for p in self.points if found is None or not int(found.done.sel(p))]
        # Whole points to each worker: far less traffic than chunks of k-points.
        executor = numerics.executor if len(left) > 1 else None
        if executor is not None:
            numerics = numerics.but(executor=None, progress=False)
        task = partial(_point, self.system, numerics, self.to_zero_spacing, self.fixed)
        for point, (one, trouble, warned) in zip(left, in_order(task, left, executor), strict=True):
            for message, category in warned:
                warnings.warn(message, category, stacklevel=2)
            if trouble:
                failed.append(f"{point}: {trouble}")
                continue
            data = self._with(data, point, _as_variables(one))
            if keep:
                keep(data)
        if failed:
            raise ComputationError(f"{len(failed)} of {len(self.points)} points failed; the first: {failed[0]}")
        return data

    def _with(self, data, point, one):
        """The Dataset with one more point in it."""
        data = self._empty(one) if data is None else data.copy()
        # A profile that is of another size at this point is none of the whole sweep.
        other_size = [
            name for name in one.data_vars if name in data and data[name].shape[len(point) :] != one[name].shape
        ]
        data = data.drop_vars(other_size)
        for name in data.data_vars:
            if name != "done":
                data[name].loc[point] = one[name].values
        data.done.loc[point] = 1
        done = data.done.values == 1
        for name, of_all in PER_POINT.items():
            if of_all and name in data:
                data.attrs[name] = float(of_all(data[name].values[done]))
        return data

    def _empty(self, one):
        names, sizes = tuple(self.axes), [len(values) for values in self.axes.values()]
        declared: dict[str, Parameter] = {p.name: p for p in self.system.parameters}
        same_sites = len({self.system.sites_of(self.system.complete(self.fixed | point)) for point in self.points}) == 1
        kept = set(one.dims) if same_sites else {"axis", "lead", "layer", "term"}
        coordinates = {
            name: (name, values, {"units": declared[name].unit, "long_name": declared[name].meaning})
            for name, values in self.axes.items()
        }
        variables = {"done": (names, np.zeros(sizes, "int8"), {"long_name": "whether the point is computed"})}
        for name, variable in one.data_vars.items():
            if set(variable.dims) <= kept:
                variables[name] = ((*names, *variable.dims), np.full((*sizes, *variable.shape), np.nan), variable.attrs)
        coordinates |= {name: one.coords[name].variable for name in one.coords if set(one[name].dims) <= kept}
        attrs = {key: value for key, value in one.attrs.items() if key not in OF_A_POINT}
        identity = self.identity | {"parameters": json.dumps(self.fixed, sort_keys=True)}
        return xr.Dataset(variables, coordinates, attrs | identity)


def _as_variables(one):
    """A single result with its attributes as variables.

    And magnetisations and thicknesses, which may change with a parameter.
    """
    one = one.assign({name: ((), float(one.attrs[name])) for name in PER_POINT if name in one.attrs})
    return one.reset_coords([name for name in MAY_CHANGE if name in one.coords])
