"""The Dataset a user gets: names, dimensions, units, provenance.

Made from records of variables (`operators.variables`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..operators.variables import CONDUCTANCES, Unit, Variable, schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SCHEMA", "VERSION", "dataset", "error_of", "is_error", "value_of"]

VERSION = version("kwantorque")

SCHEMA = schema() | {record.name: record for record in CONDUCTANCES}
"""Record of every variable by its name: dimensions, unit, kind, label.

See `operators.variables`.
"""

UNKNOWN = Unit("", "", "", "")
"""What is derived by a user's own function has a unit that the user knows."""
ERROR = "_error"
"""The error of the variable x is x_error: the largest absolute one of its entries."""


def is_error(name: str) -> bool:
    """Whether a variable of this name is the error of another one.

    Examples
    --------
    >>> from kwantorque.results.dataset import is_error
    >>> is_error("exchange_torque_error"), is_error("exchange_torque")
    (True, False)
    """
    return name.endswith(ERROR)


def value_of(error: str) -> str:
    """The name of the variable that an error is of; a variable is its own.

    Examples
    --------
    >>> from kwantorque.results.dataset import value_of
    >>> value_of("stt_window_error"), value_of("stt_error"), value_of("stt")
    ('stt', 'stt', 'stt')
    """
    suffixes = (f"{kind}{ERROR}" for kind in ("_spacing", "_window", ""))
    return next((error.removesuffix(suffix) for suffix in suffixes if error.endswith(suffix)), error)


def error_of(data: xr.Dataset, name: str) -> xr.DataArray:
    """The error of a variable; zero where none is stated.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.results.dataset import error_of
    >>> data = xr.Dataset({"current": 2.0, "current_error": 0.1, "charge": 1.0})
    >>> float(error_of(data, "current")), float(error_of(data, "charge"))
    (0.1, 0.0)
    """
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
    records: Sequence[Variable] = (),
) -> xr.Dataset:
    """Wrap arrays in a Dataset.

    Parameters
    ----------
    values : dict of arrays
        Named in `operators.schema(partners)`, with dimensions `leading` before those of
        the record (or the first few of these); numbers of other names are further
        torques and fluxes.
    coordinates : dict
        Those of the structure (`Stack.coordinates`) and others.
    attrs : dict of strings and numbers
        The provenance.
    partners : sequence of str
        Names of the partners of all terms: who takes what the terms take from the
        carriers.
    normalised : {"response", "at_k", "at_bias", "of_states", "per_potential"}
        Which of the units of `operators.variables.Unit` the values have.
    leading : sequence of str
        Names of leading dimensions.
    errors : dict of numbers, optional
        The largest absolute error of each variable, with a dimension `part` where the
        values have one.
    records : sequence of Variable
        Of what no chain has, or has in other dimensions.

    Returns
    -------
    xarray.Dataset
        Every variable with `units`, `long_name` and `kind` in its attrs, and
        `<variable>_error` where there are errors.

    Examples
    --------
    >>> from kwantorque.results.dataset import dataset
    >>> data = dataset({"incident_current": 2.0}, {}, {"solver": "batched"})
    >>> data.incident_current.attrs["units"]
    '1/(hbar nm^2)'
    """
    records = schema(partners) | {record.name: record for record in records}
    variables = {}
    for name, value in values.items():
        record = records.get(name, Variable(name, (), "derived", UNKNOWN, name))
        unit = getattr(record.unit, normalised)
        dims = (*leading[: np.ndim(value) - len(record.dims)], *record.dims)
        variables[name] = (dims, value, {"units": unit, "long_name": record.label, "kind": record.kind})
        if errors is not None:
            about = {"units": unit, "long_name": f"largest error of {name}", "kind": record.kind}
            error = np.asarray(errors[name], float)
            variables[f"{name}{ERROR}"] = (tuple(leading[: error.ndim]), error, about)
    return xr.Dataset(variables, dict(coordinates), {"version": VERSION, **attrs})
