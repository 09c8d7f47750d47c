"""Richardson's extrapolation to zero lattice spacing.

The same computation is done at a spacing a and at half of it.

The lattice errs by c a^2 + O(a^4). From f(a) and f(a/2)

    f(0) = f(a/2) + [f(a/2) - f(a)]/3 + O(a^4),

and the size of the correction, |f(a/2) - f(a)|/3, is stated as the error of f(0): it is
the error of f(a/2) that was removed, and the O(a^4) left behind is smaller than that as
soon as a is small enough for the extrapolation to mean anything at all. But a single
difference passes through zero by accident while the O(a^4) does not: results of one
unit are made of the same states on the same lattice, so that 0.3 of the largest
correction among them is stated at least. Where a variable says that its error begins
with a (attribute `lattice_order` = 1), a third of that part is left behind, and twice
the difference of the two runs is stated.

Where corrections are large, two spacings do not show that the error falls as a^2 at
all. A third run, at a/4, does: of the changes D = f(a/2) - f(a) and D' = f(a/4) -
f(a/2) the first must be about four times the second. It is extrapolated from the last
two runs; max(|D'|, |D|/4)/3 is stated where 2 < D/D' < 8, three times that where not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from ..errors import InputError, in_a_line, named, positive
from .dataset import error_of, is_error

__all__ = ["extrapolate", "require_whole_lengths", "richardson"]

LEAST_OF_A_UNIT = 0.3
"""Part of the largest correction among results of a unit that each may have left.

Measured on random slabs at k a up to 1.3. It does not see where all results of a unit
are beyond second order: a reflectance of 0.001 may then err twice what is stated.
"""
LARGE = 0.05
"""Correction of a result, over the largest of its unit, that calls for a third run.

On random slabs at k a up to 1.3, 4 of 480 results are then off by more than is stated;
with 0.03 there are 2, without a third run 7.
"""
SECOND_ORDER = (2.0, 8.0)
"""Ratios of two changes, 4 for errors of a^2, that show this order."""
UNSHOWN = 3.0
"""So much more is stated where the order does not show."""

SAME = (
    "system",
    "energy",
    "source",
    "incident_spin",
    "mu_left",
    "mu_right",
    "temperature",
    "sea",
    "window_from",
    "normalised",
)
"""Attributes in which the two results must agree."""


@named
def extrapolate(compute: Callable[[float], xr.Dataset], spacing: float) -> xr.Dataset:
    """Run a computation at a spacing and at half of it, and extrapolate to zero.

        f(0) = f(a/2) + [f(a/2) - f(a)]/3 + O(a^4)

    Where the correction of a system's result is more than 5 % of the largest of its
    unit, also at a quarter of it: see `richardson`.

    Parameters
    ----------
    compute : callable
        compute(spacing) -> Dataset, of `kwantorque.torques`, `per_current` or a
        prepared system.
    spacing : float, nm
        The coarser of the two spacings. All thicknesses must be whole multiples of it.

    Returns
    -------
    xarray.Dataset
        As `richardson` returns.

    Raises
    ------
    InputError
        `spacing` is not > 0, `compute` is no function, or as `richardson` does.

    Examples
    --------
    A slab of 1 nm between two metals, at normal incidence:

    >>> import kwantorque as kt
    >>> metal, slab = kt.FreeElectron(bottom=-4.0), kt.FreeElectron(bottom=-2.0)
    >>> def transmission(a):
    ...     leads = {"left": kt.Layer(metal), "right": kt.Layer(metal)}
    ...     stack = kt.Stack([kt.Layer(slab, 1.0)], a, **leads)
    ...     data = kt.torques_at(stack, [(0, 0)], energy=0.0).isel(k=0)
    ...     return data.assign_attrs(error_estimate=0.0, k_points=1, seconds=0.0)
    >>> data = kt.extrapolate(transmission, spacing=0.02)
    >>> bool(data.particle_current_limit_spacing_error < 1e-3)
    True
    >>> kt.extrapolate(transmission, spacing=0.021)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: an extrapolation needs thicknesses that are whole ...
    """
    spacing = positive("spacing", spacing, "nm")
    if not callable(compute):
        raise InputError(
            f"`compute` must be a function of the spacing that returns a Dataset, got {in_a_line(compute)}"
        )
    coarse, fine = compute(spacing), compute(spacing / 2)
    data = richardson(coarse, fine)
    if not _needs_a_third(coarse, fine):
        return data
    return richardson(fine, compute(spacing / 4), before=coarse)


@named
def richardson(coarse: xr.Dataset, fine: xr.Dataset, before: xr.Dataset | None = None) -> xr.Dataset:
    """Extrapolate two results, at a spacing and at half of it, to spacing zero.

        f(0) = f(a/2) + [f(a/2) - f(a)]/3 + O(a^4),    error |f(a/2) - f(a)|/3

    Parameters
    ----------
    coarse, fine : Dataset
        Of `kwantorque.torques`, `per_current` or a prepared system, at the spacings a
        and a/2.
    before : Dataset, optional
        At 2 a: tells whether the error falls as a^2. Its change D to `coarse`, which is
        about four times the change D' from that to `fine`, makes the stated error of a
        system's result max(|D'|, |D|/4)/3, or three times that if it is not.

    Returns
    -------
    xarray.Dataset
        `fine`, with every variable that does not live on the sites replaced by its
        extrapolated value; `<variable>_error` is that of the integrals,
        `<variable>_spacing_error` what the extrapolation may have left (where the
        attribute `lattice_order` of a variable is 1: 2 |f(a/2) - f(a)|; for results of
        a prepared system at least 0.3 of the largest among those of the same unit).
        Profiles are those of `fine`. attrs: `spacings`, and closure and error_estimate
        of both runs together.

    Raises
    ------
    InputError
        If a length was rounded (the two runs are then of different devices), if the
        second spacing is not half of the first, or if energy, source or normalisation
        differ.

    Examples
    --------
    >>> import numpy as np
    >>> import kwantorque as kt
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> def current(a):
    ...     wire = kt.Stack([kt.Layer(copper, 0.4)], a)
    ...     return kt.torques(wire, energy=0.0, tolerance=0.1, progress=False)
    >>> coarse, fine = current(0.04), current(0.02)
    >>> data = kt.richardson(coarse, fine)
    >>> data.spacings
    [0.04, 0.02]
    >>> sharvin = 2 * 13.6**2 / (4 * np.pi) / (2 * np.pi)
    >>> bool(abs(data.particle_current_limit.sel(lead="right") / sharvin - 1) < 1e-3)
    True
    >>> kt.richardson(fine, coarse)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: an extrapolation needs a spacing and half of it, ...
    """
    _require_same_device(coarse, fine)
    if before is not None:
        _require_same_device(before, coarse)
    missing = set(fine.data_vars) - set(coarse.data_vars)
    if missing:
        raise InputError(f"an extrapolation needs the same variables twice, but the first has no {', '.join(missing)}")
    result = fine.copy()
    least = _least_corrections(coarse, fine)
    for name, variable in fine.data_vars.items():
        # Profiles have other points at another spacing.
        along = any(fine.sizes[dim] != coarse.sizes[dim] for dim in variable.dims) or "boundary" in variable.dims
        if along or is_error(name) or variable.dtype.kind not in "fc":
            continue
        change = variable.values - coarse[name].values
        result[name] = (variable.dims, variable.values + change / 3, variable.attrs)
        if f"{name}_error" in fine:
            error = (4 * error_of(fine, name) + error_of(coarse, name)) / 3
            result[f"{name}_error"] = error.assign_attrs(fine[f"{name}_error"].attrs)
        factor = 2 if _is_first_order(fine, name) else 1 / 3
        about = {"units": variable.attrs.get("units", ""), "long_name": f"error of {name} left by the extrapolation"}
        left = factor * float(np.abs(change).max(initial=0))
        if name.startswith("result_") and (variable.values != 0).any():
            if before is not None and factor < 1:
                left = _left_by_three(float(coarse[name] - before[name]), float(change))
            left = max(left, least[variable.attrs.get("units", "")])
        result[f"{name}_spacing_error"] = ((), left, about)
    all_runs = [run for run in (before, coarse, fine) if run is not None]
    runs = coarse.attrs, fine.attrs
    result.attrs["spacings"] = [float(run.z[1] - run.z[0]) for run in all_runs]
    result.attrs["closure"] = max(run["closure"] for run in runs)
    if all("error_estimate" in run for run in runs):
        result.attrs["error_estimate"] = (4 * fine.attrs["error_estimate"] + coarse.attrs["error_estimate"]) / 3
    for name in ("k_points", "seconds"):
        if all(name in run for run in runs):
            result.attrs[name] = sum(run.attrs[name] for run in all_runs)
    return result


def _is_first_order(data, name):
    """Whether a variable changes with the spacing, and not only with its square.

    Sums over layers and over everything have half of a lead's first site. Where the
    variable has a limit in the lead, that half is a/2 of it.
    """
    base = name.removesuffix("_of_layer").removesuffix("_total")
    if base == name:
        return data[name].attrs.get("lattice_order") == 1
    limit = f"{base}_limit"
    return limit not in data or bool(abs(data[limit]).max() > error_of(data, limit).max())


def _left_by_three(first, last):
    """What is left of a result after its changes from a to a/2, and to a/4."""
    left = max(abs(last), abs(first) / 4) / 3
    shown = last != 0 and SECOND_ORDER[0] < first / last < SECOND_ORDER[1]
    return left if shown else UNSHOWN * left


def _needs_a_third(coarse, fine):
    """Whether a result is corrected by more than `LARGE` of the largest of its unit."""
    corrections, largest = {}, {}
    for name, variable in fine.data_vars.items():
        if name.startswith("result_") and not is_error(name) and variable.attrs.get("lattice_order") != 1:
            unit, size = variable.attrs.get("units", ""), abs(float(variable))
            largest[unit] = max(size, largest.get(unit, 0.0))
            # A change within the errors of the integrals is none of the lattice.
            within = float(error_of(fine, name) + error_of(coarse, name))
            correction = max(abs(float(variable - coarse[name])) - within, 0.0) / 3
            corrections[unit] = max(correction, corrections.get(unit, 0.0))
    return any(correction > LARGE * largest[unit] for unit, correction in corrections.items())


def _require_same_device(coarse, fine):
    """Raise `InputError` unless these are one device at a spacing and half of it."""
    for run in (coarse, fine):
        if not isinstance(run, xr.Dataset) or "rounding_nm" not in run.attrs or "z" not in run.coords:
            raise InputError("an extrapolation needs two results of `kwantorque.torques` or a prepared system")
    require_whole_lengths(max(run.attrs["rounding_nm"] for run in (coarse, fine)))
    spacings = [float(run.z[1] - run.z[0]) for run in (coarse, fine)]
    if abs(spacings[1] - spacings[0] / 2) > 1e-9:
        raise InputError(f"an extrapolation needs a spacing and half of it, got {spacings[0]:g} and {spacings[1]:g} nm")
    for name in SAME:
        if coarse.attrs.get(name) != fine.attrs.get(name):
            raise InputError(
                f"an extrapolation needs the same device twice, got {name} = {coarse.attrs.get(name)!r} and "
                f"{fine.attrs.get(name)!r}"
            )
    if coarse.boundary_z.shape != fine.boundary_z.shape or not np.allclose(coarse.boundary_z, fine.boundary_z):
        raise InputError("an extrapolation needs the same device twice, got layers of different thickness")


def _least_corrections(coarse, fine):
    """{unit: the least that is stated as an error of any result of it}."""
    least = {}
    for name, variable in fine.data_vars.items():
        if name.startswith("result_") and not is_error(name):
            unit = variable.attrs.get("units", "")
            correction = float(np.abs(variable.values - coarse[name].values).max(initial=0)) / 3
            least[unit] = max(least.get(unit, 0.0), LEAST_OF_A_UNIT * correction)
    return least


def require_whole_lengths(rounding: float) -> None:
    """Raise `InputError` if a thickness was rounded at the coarser spacing.

    Parameters
    ----------
    rounding : float, nm
        Largest change of a thickness by the rounding, `Stack.rounding`.

    Examples
    --------
    >>> from kwantorque.results.extrapolation import require_whole_lengths
    >>> require_whole_lengths(0.0)
    >>> require_whole_lengths(0.05)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: an extrapolation needs thicknesses that are whole ...
    """
    if rounding > 1e-9:
        raise InputError(
            "an extrapolation needs thicknesses that are whole multiples of the spacing, but one was rounded by "
            f"{rounding:.3g} nm: the two spacings would be two devices"
        )
