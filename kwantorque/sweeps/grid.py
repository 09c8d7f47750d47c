"""The Dataset of a sweep: a dimension for each swept parameter, filled point by point.

Of a point its variables, and its attributes that are numbers about how it was computed,
get the swept dimensions; all other attributes stay where they are the same at all
points. What is not of the same shape at all points, such as profiles along z where the
number of sites changes, is left out, and named in the attribute `left_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["PER_POINT", "failures", "is_done", "new_grid", "stretched", "with_failure", "with_point", "with_points"]

PER_POINT = {
    "closure": np.nanmax,
    "error_estimate": np.nanmax,
    "k_points": np.nansum,
    "seconds": np.nansum,
    "rounding_nm": np.nanmax,
}
"""Attributes of a result that become variables, and what is said of all points."""
DONE, FAILURE, LEFT_OUT = "done", "failure", "left_out"
SAME = 1e-12
"""Part of themselves to which coordinates of two points may differ and be the same."""

Axes = Mapping[str, Sequence]
Point = Mapping[str, Any]


def new_grid(axes: Axes, about: Callable[[str], Mapping[str, str]]) -> xr.Dataset:
    """A Dataset with no point computed.

    Parameters
    ----------
    axes : dict from the name of each swept parameter to its values
    about : callable
        about(name) -> attributes of its coordinate, units and long_name.

    Returns
    -------
    xarray.Dataset
        With `done`, 0 or 1 for each point.

    Examples
    --------
    >>> from kwantorque.sweeps.grid import new_grid
    >>> data = new_grid({"angle": [0.0, 90.0]}, lambda name: {"units": "deg"})
    >>> data.done.values
    array([0, 0], dtype=int8)
    """
    coordinates = {name: (name, list(values), dict(about(name))) for name, values in axes.items()}
    done = np.zeros([len(values) for values in axes.values()], "int8")
    return xr.Dataset({DONE: (tuple(axes), done, {"long_name": "whether the point is computed"})}, coordinates)


def stretched(data: xr.Dataset, axes: Axes) -> xr.Dataset:
    """A sweep with room for other values, and for further parameters.

    Nothing that is computed is lost: values of `data` that `axes` does not have stay.

    Parameters
    ----------
    data : Dataset of a sweep
    axes : dict
        With all parameters of `data`. A further one must have a coordinate without
        dimension, the value that it had.

    Examples
    --------
    >>> from kwantorque.sweeps.grid import new_grid, stretched
    >>> data = new_grid({"angle": [0.0, 90.0]}, lambda name: {})
    >>> stretched(data, {"angle": [30.0, 0.0]}).angle.values
    array([ 0., 30., 90.])
    """
    changing = [name for name in data.coords if name not in data.dims and set(data[name].dims) & set(data[DONE].dims)]
    words = {name: data[name].astype(object) for name in data.data_vars if data[name].dtype.kind in "SU"}
    data = data.assign(words).reset_coords(changing).expand_dims([name for name in axes if name not in data.dims])
    wider = {name: _union(axes[name], data[name].values) for name in axes}
    # Writable, and no view of what was given.
    return data.reindex(wider, fill_value=_blanks(data)).set_coords(changing).transpose(*axes, ...).copy(deep=True)


def _union(values, held):
    """All of both, in ascending order if they are numbers."""
    both = list(dict.fromkeys([*values, *held.tolist()]))
    return sorted(both) if all(isinstance(x, (int, float)) for x in both) else both


def _blanks(data):
    """What stands where nothing is computed, by variable."""
    return {name: 0 if name == DONE else _blank(data[name].dtype)[1] for name in data.variables}


def _blank(dtype):
    """The dtype of an array over points for values of this one, and what is missing."""
    if dtype.kind == "c":
        return complex, np.nan
    return (float, np.nan) if dtype.kind in "biuf" else (object, "")


def _index(data, point):
    return tuple(data.indexes[name].get_loc(point[name]) for name in data[DONE].dims)


def is_done(data: xr.Dataset, point: Point) -> bool:
    """Whether a point is computed.

    Examples
    --------
    >>> from kwantorque.sweeps.grid import is_done, new_grid
    >>> is_done(new_grid({"angle": [0.0, 90.0]}, lambda name: {}), {"angle": 90.0})
    False
    """
    return bool(data[DONE].values[_index(data, point)])


def failures(data: xr.Dataset) -> dict[tuple, str]:
    """{values of the swept parameters: why} of the points that could not be computed.

    Examples
    --------
    >>> from kwantorque.sweeps.grid import failures, new_grid, with_failure
    >>> data = new_grid({"angle": [0.0, 90.0]}, lambda name: {})
    >>> failures(with_failure(data, {"angle": 90.0}, "no open channel"))
    {(90.0,): 'no open channel'}
    """
    if FAILURE not in data:
        return {}
    words = data[FAILURE]
    found = zip(*np.nonzero(words.values != ""), strict=True)
    return {tuple(words[at][name].item() for name in words.dims): str(words.values[at]) for at in found}


def with_failure(data: xr.Dataset, point: Point, message: str) -> xr.Dataset:
    """The Dataset with the message of a point that could not be computed.

    Its numbers stay NaN, and `done` 0.

    Examples
    --------
    >>> from kwantorque.sweeps.grid import new_grid, with_failure
    >>> data = new_grid({"angle": [0.0, 90.0]}, lambda name: {})
    >>> with_failure(data, {"angle": 90.0}, "no open channel").failure.values.tolist()
    ['', 'no open channel']
    """
    if FAILURE not in data:
        none = np.full(data[DONE].shape, "", object)
        data = data.assign({FAILURE: (data[DONE].dims, none, {"long_name": "why the point could not be computed"})})
    data[FAILURE].values[_index(data, point)] = message
    return data


def with_point(data: xr.Dataset, point: Point, one: xr.Dataset) -> xr.Dataset:
    """The Dataset with one more point in it; its arrays are written to.

    Parameters
    ----------
    data : Dataset of a sweep
    point : dict from each swept parameter to its value
    one : Dataset
        The result at this point.

    Raises
    ------
    InputError
        `one` has a variable of a name that is taken: a swept parameter's, or `done`.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.sweeps.grid import new_grid, with_point
    >>> data = new_grid({"bias": [0.1, 0.2]}, lambda name: {})
    >>> with_point(data, {"bias": 0.1}, xr.Dataset({"current": 3.0})).current.values
    array([ 3., nan])
    """
    one = _prepared(data, one)
    first = not data[DONE].values.any()
    data, one = _same_shape(data, one)
    index = _index(data, point)
    for name, variable in one.data_vars.items():
        data = _with_room(data, name, variable)
        data[name].values[index] = variable.values
    data = _with_coordinates(data, index, one)
    return _counted(data, index, one.attrs, first)


def with_points(data: xr.Dataset, points: Sequence[Point], many: xr.Dataset) -> xr.Dataset:
    """As `with_point` for each of some points, at once.

    Parameters
    ----------
    data : Dataset of a sweep
    points : sequence of dicts from each swept parameter to its value
    many : Dataset
        The results at these points: variables (point, ...), without coordinates. Its
        attributes are each point's.

    Raises
    ------
    KeyError
        The sweep has no such point.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.sweeps.grid import new_grid, with_points
    >>> data = new_grid({"bias": [0.1, 0.2, 0.3]}, lambda name: {})
    >>> many = xr.Dataset({"current": ("point", [3.0, 1.0])})
    >>> with_points(data, [{"bias": 0.3}, {"bias": 0.1}], many).current.values
    array([ 1., nan,  3.])
    """
    first = not data[DONE].values.any()
    index = tuple(data.indexes[name].get_indexer([one[name] for one in points]) for name in data[DONE].dims)
    # -1 is no place of a point, though the last one of an array.
    nowhere = np.any([where < 0 for where in index], axis=0)
    if nowhere.any():
        raise KeyError(points[int(np.argmax(nowhere))])
    for name, variable in _prepared(data, many).data_vars.items():
        data = _with_room(data, name, variable.isel(point=0, missing_dims="ignore"))
        data[name].values[index] = variable.values
    return _counted(data, index, many.attrs, first)


def _with_room(data, name, variable):
    """The Dataset with an array over all points for a variable of one of them."""
    if name not in data:
        dtype, blank = _blank(variable.dtype)
        everywhere = np.full((*data[DONE].shape, *variable.shape), blank, dtype)
        data[name] = ((*data[DONE].dims, *variable.dims), everywhere, _plain(variable.attrs))
    return data


def _counted(data, index, attrs, first):
    """The Dataset with points that are computed now, and what it says of all."""
    data[DONE].values[index] = 1
    data = _without_failure(data, index)
    data.attrs = _attrs(data, attrs, first)
    return data


def _prepared(data, one):
    """A point's Dataset with numbers about it as variables.

    And without what says again where it is.
    """
    swept = data[DONE].dims
    one = one.drop_vars([name for name in swept if name in one.coords and not one.coords[name].dims])
    taken = [name for name in (*swept, DONE, FAILURE) if name in one.variables or name in one.dims]
    if taken:
        raise InputError(
            f"the Dataset of a point must not have a variable or dimension {taken[0]!r}: the sweep adds it"
        )
    numbers = {name: float(one.attrs[name]) for name in PER_POINT if _is_number(one.attrs.get(name))}
    return one.assign({name: ((), number) for name, number in numbers.items() if name not in one.variables})


def _is_number(value):
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _same_shape(data, one):
    """Both without the variables that are not of the same shape in them.

    A dimension is the same if its size and its coordinate, if any, are.
    """
    swept = data[DONE].dims
    before = [name for name in data.attrs.get(LEFT_OUT, "").split(", ") if name]
    others = {dim for dim in one.dims if dim in data.dims and not _same_dim(data, one, dim)}
    left_out = {name for both in (data, one) for name in both.data_vars if set(both[name].dims) & others}
    left_out |= {name for name in one.data_vars if name in data and data[name].dims != (*swept, *one[name].dims)}
    left_out |= set(before)
    data = data.drop_dims(others).drop_vars(left_out, errors="ignore")
    if left_out:
        data = data.assign_attrs({LEFT_OUT: ", ".join(sorted(left_out))})
    return data, one.drop_dims(others).drop_vars(left_out, errors="ignore")


def _same_dim(data, one, dim):
    if data.sizes[dim] != one.sizes[dim]:
        return False
    return dim not in data.coords or dim not in one.coords or _same(data[dim].values, one[dim].values)


def _same(a: ArrayLike, b: ArrayLike) -> bool:
    if a.shape != b.shape:
        return False
    if a.dtype.kind in "biufc" and b.dtype.kind in "biufc":
        # A lead has no end, and a texture no single direction of m.
        scale = np.abs(b).max(initial=0, where=np.isfinite(b))
        return bool(np.allclose(a, b, rtol=SAME, atol=SAME * scale, equal_nan=True))
    return bool(np.array_equal(a, b))


def _with_coordinates(data, index, one):
    """Coordinates of the variables; those that change get the swept dimensions."""
    shared = [name for name in one.coords if set(one[name].dims) <= set(data.dims)]
    for name in shared:
        new = one.coords[name].variable
        if name not in data.variables:
            data = data.assign_coords({name: (new.dims, new.values, _plain(new.attrs))})
        elif data[name].dims == new.dims and not _same(data[name].values, new.values):
            data = data.assign_coords({name: _over_points(data, data[name].variable)})
        if data[name].dims == (*data[DONE].dims, *new.dims):
            data[name].values[index] = new.values
    return data


def _over_points(data, variable):
    """What was the same at all points so far, with the swept dimensions."""
    done = data[DONE]
    dtype, blank = _blank(variable.dtype)
    values = np.full((*done.shape, *variable.shape), blank, dtype)
    values[done.values == 1] = variable.values
    return (*done.dims, *variable.dims), values, variable.attrs


def _without_failure(data, index):
    if FAILURE not in data:
        return data
    data[FAILURE].values[index] = ""
    return data if (data[FAILURE].values != "").any() else data.drop_vars(FAILURE)


def _attrs(data, attrs, first):
    """Attributes of all points: sums and maxima of numbers; what is the same."""
    kept = _plain({name: value for name, value in attrs.items() if name not in PER_POINT})
    if first:
        same = kept | data.attrs
    else:
        same = {name: value for name, value in data.attrs.items() if name not in kept or kept[name] == value}
    for name in PER_POINT.keys() & data.data_vars.keys():
        numbers = data[name].values[data[DONE].values == 1]
        if np.isfinite(numbers).any():
            same[name] = float(PER_POINT[name](numbers))
    return same


def _plain(attrs):
    """Attributes that a netCDF file can hold: words and numbers."""
    return {
        str(name): value if isinstance(value, str) or _is_number(value) else repr(value)
        for name, value in attrs.items()
        if value is not None
    }
