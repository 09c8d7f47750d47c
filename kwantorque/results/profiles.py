"""What is derived from a Dataset: torques per current, and averages of profiles."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..errors import InputError, finite, instance, named
from ..operators.variables import CONDUCTANCES, FLUX, UNITS
from .dataset import error_of, is_error

__all__ = ["per_current", "window_average"]


@named
def per_current(data: xr.Dataset, incident: bool = False) -> xr.Dataset:
    """Divide everything by the particle current: torques are then in hbar I/e.

        value -> value / I,    error -> (error + |value| x error of I / |I|) / |I|

    I is the particle current in the lead that the particles reach, positive along +z.

    Parameters
    ----------
    data : Dataset as returned by `kwantorque.torques`
    incident : bool
        By the current of the incoming particles instead.

    Returns
    -------
    xarray.Dataset
        The same variables in other units: fluxes and torques per site in hbar I/e, what
        is per nm in hbar I/(e nm), others per I/e; the conductance and the resistance
        stay. attrs besides: normalised, current,
        current_units.

    Raises
    ------
    InputError
        If no current flows, the division was made before, or the Dataset is no response
        integrated over k_par: resolved in k, or a steady state.

    Examples
    --------
    >>> import kwantorque as kt
    >>> cobalt = kt.FreeElectron.from_wavevectors(13.6, 8.0)
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> layers = [kt.Layer(copper, 0.5), kt.Layer(cobalt, 0.5, m="z")]
    >>> data = kt.torques(kt.Stack(layers, 0.05), 0.0, tolerance=0.1, progress=False)
    >>> kt.per_current(data).spin_current_limit.sel(lead="right").attrs["units"]
    'hbar I/e'
    >>> kt.per_current(kt.per_current(data))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: this Dataset is per current already
    """
    instance("data", data, xr.Dataset, "kwantorque.torques(stack, energy)")
    if data.attrs.get("normalised"):
        raise InputError("this Dataset is per current already")
    if "k" in data.dims:
        raise InputError("`per_current` divides an integral over k_par by its current; this Dataset is resolved in k")
    if "part" in data.dims:
        raise InputError(
            "`per_current` divides a response to a small bias by its current; this Dataset is a steady state, whose "
            "torques without a current are not zero: divide what you mean by `particle_current_limit` yourself"
        )
    if "particle_current_limit" not in data:
        raise InputError("`per_current` needs a Dataset of `kwantorque.torques`, with its particle current")
    downstream = "left" if data.attrs.get("source") == "right" else "right"
    name = "incident_current" if incident else "particle_current_limit"
    # A number, or one for each energy.
    current = data[name] if incident else data[name].sel(lead=downstream, drop=True)
    error_of_current = error_of(data, name)
    if len(shut := np.flatnonzero(abs(current) <= error_of_current)):
        flows, unknown = (float(np.ravel(one)[shut[0]]) for one in (current, error_of_current))
        raise InputError(f"no particle current flows within its error, {flows:.1e} +- {unknown:.1e}")
    result = {}
    stays = {record.name for record in CONDUCTANCES}
    per_response = {unit.response: unit.per_current for unit in UNITS}
    for name, variable in data.data_vars.items():
        # What is of no kind is about the run: its points of k, whether it is done.
        if is_error(name) or name in stays or "kind" not in variable.attrs:
            continue
        unit = variable.attrs.get("units", "1")
        divided = (variable / current).assign_attrs(variable.attrs)
        divided.attrs["units"] = per_response.get(unit, f"{unit} per I/e" if unit else "")
        result[name] = divided
        if f"{name}_error" in data:
            largest = np.abs(divided).max([dim for dim in divided.dims if dim not in current.dims])
            error = error_of(data, name)
            result[f"{name}_error"] = (error / abs(current) + largest * error_of_current / abs(current)).assign_attrs(
                error.attrs | {"units": divided.attrs["units"]}
            )
    normalised = "per incident current" if incident else "per current"
    data = data.assign(result).assign_attrs(normalised=normalised, current_units=FLUX.response)
    # A file holds lists as attributes, but no tables.
    return data if current.ndim > 1 else data.assign_attrs(current=current.values if current.ndim else float(current))


@named
def window_average(variable: xr.DataArray, start: float, stop: float) -> tuple[float, float]:
    """Mean of a profile over start <= z <= stop, and how much it moves with the window.

    Parameters
    ----------
    variable : DataArray on sites or bonds, one component
    start, stop : float, nm

    Returns
    -------
    mean, error : float, in the unit of the profile
        The error is the largest change of the mean when the window loses its first or
        its last third, or both.

    Raises
    ------
    InputError
        If fewer than six points lie in the window.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> import kwantorque as kt
    >>> z = np.linspace(0, 10, 101)
    >>> profile = xr.DataArray(1 + 0 * z, {"z": ("site", z)}, "site")
    >>> kt.window_average(profile, 2, 8)
    (1.0, 0.0)
    >>> kt.window_average(profile, 2, 2.2)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a window needs one component and at least 6 points...
    """
    if not isinstance(variable, xr.DataArray) or not {"site", "bond"} & set(variable.dims):
        raise InputError(f"a window needs a DataArray on sites or bonds, got {type(variable).__name__}")
    start, stop = finite("start", start, "nm"), finite("stop", stop, "nm")
    position = variable["z" if "site" in variable.dims else "z_bond"]
    values = variable.values[(position.values >= start) & (position.values <= stop)] if variable.ndim == 1 else []
    if len(values) < 6:
        raise InputError(
            f"a window needs one component and at least 6 points, got {len(values)} in {start} to {stop} nm"
        )
    third = len(values) // 3
    parts = (values[third:], values[:-third], values[third:-third])
    return float(values.mean()), float(max(abs(part.mean() - values.mean()) for part in parts))
