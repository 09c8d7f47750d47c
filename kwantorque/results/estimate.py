"""A number with its error, and the arithmetic of such numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, known, named
from .dataset import error_of

if TYPE_CHECKING:
    import xarray as xr

    Number = float | xr.DataArray

__all__ = ["Estimate", "estimate_of", "together"]


@named
@dataclass(frozen=True)
class Estimate:
    """A number and the largest error it may have.

    Errors are not independent, so they add up:

        (a +- da) + (b +- db) = a + b +- (da + db)
        (a +- da)(b +- db) = ab +- (|a| db + |b| da)

    Parameters
    ----------
    value, error : float or DataArray
        In one unit; error >= 0.

    Examples
    --------
    >>> from kwantorque.results import Estimate
    >>> Estimate(6.0, 0.5) / Estimate(2.0, 0.25) - 1
    Estimate(value=2.0, error=0.625)
    """

    value: Number
    error: Number = 0.0

    def __add__(self, other: Estimate | float) -> Estimate:
        other = _as_estimate(other)
        return Estimate(self.value + other.value, self.error + other.error)

    def __sub__(self, other: Estimate | float) -> Estimate:
        return self + -1.0 * _as_estimate(other)

    def __mul__(self, other: Estimate | float) -> Estimate:
        other = _as_estimate(other)
        error = abs(self.value) * other.error + abs(other.value) * self.error
        return Estimate(self.value * other.value, error)

    def __truediv__(self, other: Estimate | float) -> Estimate:
        other = _as_estimate(other)
        return self * Estimate(1 / other.value, other.error / other.value**2)

    def __rtruediv__(self, other: float) -> Estimate:
        return _as_estimate(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Estimate:
        return -1.0 * self

    def __rsub__(self, other: float) -> Estimate:
        return _as_estimate(other) + -self

    def __abs__(self) -> Estimate:
        return Estimate(abs(self.value), self.error)


def _as_estimate(number):
    if isinstance(number, Estimate):
        return number
    return Estimate(number if getattr(number, "ndim", 0) else float(number))


def estimate_of(data: xr.Dataset, name: str, **selection: Any) -> Estimate:
    """A variable of a Dataset with its error, all of its parts together.

    Differences and ratios of two results have an error, too, which no arithmetic of
    Datasets gives: write them with these.

    Parameters
    ----------
    data : Dataset
    name : str
        The parts of a steady state, sea and window, are added up.
    selection : coordinates
        As in `xarray.DataArray.sel`; those that the variable does not have are left
        out.

    Returns
    -------
    Estimate
        In the unit of the variable: a float where one entry is left, else a DataArray.

    Raises
    ------
    InputError
        There is no such variable, coordinate or value of it.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.results import estimate_of
    >>> torque = xr.DataArray([0.0, 0.0, 0.5], {"axis": ["x", "y", "z"]}, "axis")
    >>> data = xr.Dataset({"torque": torque, "torque_error": 0.1})
    >>> estimate_of(data, "torque", axis="z")
    Estimate(value=0.5, error=0.1)
    >>> change = estimate_of(data, "torque") - estimate_of(data, "torque", axis="z")
    >>> change.value.values, float(change.error)
    (array([-0.5, -0.5,  0. ]), 0.2)
    """
    known("variable of the Dataset", name, data.data_vars)
    # Of sea and window, what has only one has no dimension `part`.
    for key in selection:
        known("coordinate of the Dataset", key, [*map(str, data.dims), "part"])
    for key in selection.keys() & set(data[name].dims):
        if not np.isin(selection[key], data[key]).all():
            there = ", ".join(map(str, data[key].values))
            raise InputError(f"`{key}` of {name} must be among {there}, got {selection[key]!r}")
    parts = []
    for one in (data[name], error_of(data, name)):
        here = one.sel({key: value for key, value in selection.items() if key in one.dims})
        here = here.sum("part") if "part" in here.dims else here
        parts.append(here if here.ndim else float(here))
    return Estimate(*parts)


def together(data: xr.Dataset, *others: xr.Dataset) -> xr.Dataset:
    """A Dataset with the worst closure and error of several runs.

    And with the sum of their k-points and seconds.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.results import together
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
