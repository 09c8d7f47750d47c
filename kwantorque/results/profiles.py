"""What is derived from a Dataset: torques per current, and averages of profiles."""

import numpy as np

from ..errors import InputError
from .dataset import AT_K, FLUX, TORQUE, TORQUE_DENSITY

__all__ = ["per_current", "window_average"]


def per_current(data, incident=False):
    """Divide everything by the particle current: fluxes and torques are then in hbar I/e.

    The particle current is the one in the lead that the particles reach. Errors are propagated.

    Parameters
    ----------
    data : Dataset as returned by `kwantorque.torques`
    incident : bool
        By the current of the incoming particles instead.

    Raises
    ------
    InputError
        If no current flows, or the division was made before.
    """
    if data.attrs.get("normalised"):
        raise InputError("this Dataset is per current already")
    if "k" in data.dims:
        raise InputError("`per_current` divides an integral over k_par by its current; this Dataset is resolved in k")
    downstream = "left" if data.attrs.get("source") == "right" else "right"
    through = data.incident_current if incident else data.particle_current_limit.sel(lead=downstream)
    current = float(through)
    error_of_current = through.attrs.get("error", 0.0)
    if abs(current) <= error_of_current:
        raise InputError(f"no particle current flows within its error, {current:.1e} +- {error_of_current:.1e}")
    error_of_current /= abs(current)
    result = data.copy()
    for name, variable in data.data_vars.items():
        divided = variable / current
        divided.attrs = dict(variable.attrs)
        if "error" in variable.attrs:
            divided.attrs["error"] = (
                variable.attrs["error"] / abs(current) + float(np.abs(divided).max()) * error_of_current
            )
        unit = variable.attrs.get("units")
        divided.attrs["units"] = {FLUX: "I/e", TORQUE: "hbar I/e", TORQUE_DENSITY: "hbar I/(e nm)"}.get(
            unit
        ) or AT_K.get(unit, f"{unit} per I/e")
        result[name] = divided
    result.attrs["normalised"] = "per incident current" if incident else "per current"
    result.attrs["current"] = current
    result.attrs["current_units"] = FLUX
    return result


def window_average(variable, start, stop):
    """Mean of a profile over start <= z <= stop, and an error from how much it moves with the window.

    Parameters
    ----------
    variable : DataArray on sites or bonds, one component
    start, stop : float, nm

    Returns
    -------
    mean, error : float
        The error is the largest change of the mean when the window loses its first or its last third, or both.

    Raises
    ------
    InputError
        If fewer than six points lie in the window.
    """
    position = variable["z" if "site" in variable.dims else "z_bond"]
    values = variable.values[(position.values >= start) & (position.values <= stop)]
    if variable.ndim != 1 or len(values) < 6:
        raise InputError(
            f"a window needs one component and at least 6 points, got {len(values)} in {start} to {stop} nm"
        )
    third = len(values) // 3
    parts = (values[third:], values[:-third], values[third:-third])
    return float(values.mean()), float(max(abs(part.mean() - values.mean()) for part in parts))
