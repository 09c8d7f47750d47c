"""The Dataset a user gets: names, dimensions, units and provenance, made from records of variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..operators.variables import TORQUE, Variable, schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SCHEMA", "VERSION", "dataset", "error_of", "is_error"]

VERSION = version("kwantorque")

SCHEMA = schema()
"""name: record (dimensions, unit, kind, label) of every variable, see `operators.variables`."""

ERROR = "_error"
"""The error of the variable x is the variable x_error: the largest absolute one of its entries."""


def is_error(name: str) -> bool:
    """Whether a variable of this name is the error of another one."""
    return name.endswith(ERROR)


def error_of(data: xr.Dataset, name: str) -> xr.DataArray:
    """The error of a variable; zero where none is stated."""
    return data.get(f"{name}{ERROR}", xr.DataArray(0.0))


def dataset(
    values: Mapping[str, NDArray],
    coordinates: Mapping,
    attrs: Mapping,
    *,
    partners: Sequence[str] = (),
    normalised: str = "response",
    leading: Sequence[str] = (),
    errors: Mapping[str, NDArray] | None = None,
) -> xr.Dataset:
    """Wrap arrays in a Dataset.

    Parameters
    ----------
    values : dict of arrays named in `operators.schema(partners)`, with dimensions `leading`
        before those of the record (or the first few of these); numbers of other names are
        further torques and fluxes.
    coordinates : dict of coordinates, of the structure (`Stack.coordinates`) and others
    attrs : dict of provenance (strings and numbers)
    partners : names of the partners of all terms
    normalised : {"response", "at_k", "at_bias"}
        Which of the units of `operators.variables.Unit` the values have.
    leading : names of leading dimensions
    errors : dict of numbers, the largest absolute error of each variable, optional
        With a dimension `part` where the values have one.
    """
    records = schema(partners)
    variables = {}
    for name, value in values.items():
        record = records.get(name, Variable(name, (), "torque", TORQUE, name))
        unit = getattr(record.unit, normalised)
        dims = (*leading[: np.ndim(value) - len(record.dims)], *record.dims)
        variables[name] = (dims, value, {"units": unit, "long_name": record.label, "kind": record.kind})
        if errors is not None:
            about = {"units": unit, "long_name": f"largest error of {name}"}
            error = np.asarray(errors[name], float)
            variables[f"{name}{ERROR}"] = (tuple(leading[: error.ndim]), error, about)
    return xr.Dataset(variables, dict(coordinates), {"version": VERSION, **attrs})
