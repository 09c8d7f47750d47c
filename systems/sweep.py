"""A prepared system at many parameters: one Dataset with a dimension for each, saved after every point."""

import json
import warnings
from functools import partial
from itertools import product

import numpy as np
import xarray as xr

from kwantorque.errors import ComputationError, InputError
from kwantorque.parallel import in_order

__all__ = ["Sweep"]


PER_POINT = ("closure", "error_estimate", "k_points", "seconds", "rounding_nm")
"""Attributes of a single result that become variables of a sweep."""


def _point(system, options, to_zero_spacing, fixed, point):
    """One point of a sweep: its Dataset, or why it has none, and its warnings, which a worker could not show."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            one, trouble = system.run(options=options, to_zero_spacing=to_zero_spacing, **fixed, **point), None
        except (ComputationError, InputError) as error:
            one, trouble = None, str(error)
    return one, trouble, [(str(warning.message), warning.category) for warning in caught]


class Sweep:
    """All combinations of the values of some parameters of a system.

    Parameters
    ----------
    system : System
    given : dict of the other parameters
    axes : dict from parameter name to a sequence of values
    to_zero_spacing : bool
        Every point is extrapolated, as in `System.run`.

    Raises
    ------
    InputError
        A wrong name or value, or a point at which the system's stack cannot be built.
    """

    def __init__(self, system, given, axes, to_zero_spacing=False):
        self.system, self.to_zero_spacing = system, to_zero_spacing
        self.axes = {name: [system.complete({name: x})[name] for x in values] for name, values in axes.items()}
        for name, values in self.axes.items():
            if name in given:
                raise InputError(f"`{name}` is both set and swept")
            if not values or len(set(values)) < len(values):
                raise InputError(f"the values of `{name}` must be different from each other, got {values}")
        complete = system.complete(given)
        self.fixed = {name: value for name, value in complete.items() if name not in self.axes}
        self.points = [dict(zip(self.axes, values, strict=True)) for values in product(*self.axes.values())]
        for point in self.points:
            system.check(self.fixed | point, to_zero_spacing)

    @property
    def identity(self):
        """Attributes that tell this sweep from others."""
        return {
            "parameters": self.fixed,
            "sweep": json.dumps(self.axes),
            "to_zero_spacing": int(self.to_zero_spacing),
        }

    def run(self, options=None, found=None, keep=None):
        """Compute the points that `found` does not have.

        Parameters
        ----------
        options : dict of options of `kwantorque.torques`
        found : Dataset of an earlier, unfinished run, optional
        keep : callable, optional
            keep(data), called with the whole Dataset after every point.

        Returns
        -------
        xarray.Dataset
            The variables of a single run with a dimension for each swept parameter, `done`, and closure,
            error_estimate, k_points, seconds for each point. `<result>_error` is the error of a result. Profiles are
            there unless a length or the spacing is swept, which changes the number of sites.
        """
        data, failed = found, []
        left = [p for p in self.points if found is None or not int(found.done.sel(p))]
        options = dict(options or {})
        # Whole points to each worker: far less traffic than chunks of k-points.
        executor = options.pop("executor", None) if len(left) > 1 else None
        if executor is not None:
            options["progress"] = False
        task = partial(_point, self.system, options, self.to_zero_spacing, self.fixed)
        for point, (one, trouble, warned) in zip(left, in_order(task, left, executor), strict=True):
            for message, category in warned:
                warnings.warn(message, category, stacklevel=2)
            if trouble:
                failed.append(f"{point}: {trouble}")
                continue
            data = self._with(data, point, self._as_variables(one))
            if keep:
                keep(data)
        if failed:
            raise ComputationError(f"{len(failed)} of {len(self.points)} points failed; the first: {failed[0]}")
        return data

    def _as_variables(self, one):
        """A single result with its errors and attributes as variables."""
        for result in self.system.results:
            name = f"result_{result.name}"
            error = one[name].attrs["error"]
            one[f"{name}_error"] = (
                (),
                error,
                {"units": result.unit, "long_name": f"error of {name} by the k integral"},
            )
            for kind, of in (("spacing", "left by the extrapolation"), ("window", "by the window of a fit")):
                if f"{kind}_error" in one[name].attrs:
                    about = {"units": result.unit, "long_name": f"error of {name} {of}"}
                    one[f"{name}_{kind}_error"] = ((), one[name].attrs[f"{kind}_error"], about)
        for name in PER_POINT:
            one[name] = ((), float(one.attrs[name]))
        return one

    def _with(self, data, point, one):
        """The Dataset with one more point in it."""
        if data is None:
            data = self._empty(one)
        data = data.copy()
        for name in data.data_vars:
            if name != "done":
                data[name].loc[point] = one[name].values
        data.done.loc[point] = 1
        done = data.done.values == 1
        data.attrs["closure"] = float(data.closure.values[done].max())
        data.attrs["error_estimate"] = float(data.error_estimate.values[done].max())
        data.attrs["k_points"] = float(data.k_points.values[done].sum())
        data.attrs["rounding_nm"] = float(data.rounding_nm.values[done].max())
        return data

    def _empty(self, one):
        names, sizes = tuple(self.axes), [len(values) for values in self.axes.values()]
        units = {p.name: {"units": p.unit, "long_name": p.meaning} for p in self.system.parameters}
        same_sites = len({self.system.stack(**(self.fixed | point)).n_sites for point in self.points}) == 1
        coordinates = {name: (name, values, units[name]) for name, values in self.axes.items()}
        variables = {"done": (names, np.zeros(sizes, "int8"), {"long_name": "whether the point is computed"})}
        for name, variable in one.data_vars.items():
            if same_sites or set(variable.dims) <= {"axis", "lead"}:
                about = {key: value for key, value in variable.attrs.items() if not key.endswith("error")}
                variables[name] = ((*names, *variable.dims), np.full((*sizes, *variable.shape), np.nan), about)
        kept = [name for name in one.coords if same_sites or set(one[name].dims) <= {"axis", "lead"}]
        coordinates |= {name: one.coords[name].variable for name in kept}
        attrs = {
            key: value
            for key, value in one.attrs.items()
            if key not in (*PER_POINT, "energy", "stack", "current", "rotation_order")
        }
        identity = self.identity | {"parameters": json.dumps(self.fixed, sort_keys=True)}
        return xr.Dataset(variables, coordinates, attrs | identity)
