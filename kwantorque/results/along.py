"""From sites and bonds to a profile along one axis: sums over cuts and columns."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..errors import InputError, known, named

__all__ = ["profile_along"]

SAME = 1e-9
"""Sites whose positions differ by less than this part of all are in one column."""


@named
def profile_along(data: xr.Dataset, axis: str = "x") -> xr.Dataset:
    """Sums of a network over its columns of sites, and over the cuts between them.

    What flows through one cut minus what flows through the next is what the column of
    sites between them took:

        J(left cut) - J(right cut) = sum over the column of all torques

    J is the spin current; with orbital moments the current of angular momentum L + s,
    and `orbital_to_spin_torque`, which stays with the carriers, is none of the torques.

    Parameters
    ----------
    data : Dataset of `Books` or `network_response`
    axis : {"x", "y", "z"}
        The position that the columns differ in.

    Returns
    -------
    xarray.Dataset
        Densities and torques along `column`, sums over all sites of one position; nan
        where a lead is attached to one of them. Fluxes along `cut`, sums over all bonds
        that cross the plane halfway between two columns, positive along the axis.
        Coordinates: `position` of the columns, `position_cut`.

    Raises
    ------
    InputError
        Another Dataset, or sites without this coordinate.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.FreeElectron(exchange=1.0, bottom=-1.0)
    >>> stack = kt.Stack([kt.Layer(iron, 0.5, m="x"), kt.Layer(iron, 0.5, m="z")], 0.1)
    >>> system, params = kt.build_stack(stack).finalized(), {"kx": 0.0, "ky": 0.0}
    >>> terms = {"exchange": kt.build_stack(stack, terms=["exchange"])}
    >>> data = kt.network_response(system, 0.5, params, terms=terms)
    >>> profile = kt.profile_along(data, "x")
    >>> lost = -profile.spin_current.diff("cut").values
    >>> np.allclose(lost, profile.exchange_torque[1:-1])
    True
    >>> kt.profile_along(data, "y")
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: sites of this Dataset have no coordinate y
    """
    known("axis", axis, "xyz")
    if not isinstance(data, xr.Dataset) or not {"start", "end", "inside"} <= set(data.coords):
        raise InputError("a profile needs a Dataset of `kwantorque.Books` or `kwantorque.network_response`")
    if axis not in data.coords:
        raise InputError(f"sites of this Dataset have no coordinate {axis}")
    position = data[axis].values
    width = np.ptp(position)
    columns, number = np.unique(np.round((position - position.min()) / max(width * SAME, 1e-300)), return_inverse=True)
    at = np.array([position[number == i].mean() for i in range(len(columns))])
    here, there = number[data["start"].values], number[data["end"].values]
    # The cut i is between the columns i and i + 1.
    cuts = np.arange(len(at) - 1)[:, None]
    crossing = (there > cuts).astype(float) - (here > cuts)
    member = (number == np.arange(len(at))[:, None]).astype(float)
    about = {"units": data[axis].attrs.get("units", "1"), "long_name": f"{axis} of the column"}
    found = {}
    for name, values in data.data_vars.items():
        for dim, weights, new in (("site", member, "column"), ("bond", crossing, "cut")):
            if dim in values.dims:
                found[name] = _summed(values, dim, weights, new)
    kept = {name: value for name, value in data.data_vars.items() if not {"site", "bond"} & set(value.dims)}
    coordinates = {
        "position": ("column", at, about),
        "position_cut": ("cut", (at[1:] + at[:-1]) / 2, {**about, "long_name": f"{axis} of the cut"}),
    }
    others = {name: one for name, one in data.coords.items() if not {"site", "bond"} & set(one.dims)}
    return xr.Dataset({**found, **kept}, {**others, **coordinates}, {**data.attrs, "along": axis})


def _summed(values, dim, weights, new):
    """Weighted sums over sites or bonds; nan where one that counts is."""
    axis = values.get_axis_num(dim)
    known = np.nan_to_num(values.values)
    unknown = np.tensordot(np.abs(weights), np.isnan(values.values), (1, axis)) > 0
    summed = np.where(unknown, np.nan, np.tensordot(weights, known, (1, axis)))
    label = values.attrs.get("long_name", "").removesuffix(", per site")
    attrs = {**values.attrs, "long_name": f"{label}, summed over the {new}"}
    dims = tuple(new if one == dim else one for one in values.dims)
    return dims, np.moveaxis(summed, 0, axis), attrs
