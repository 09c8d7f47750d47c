"""Richardson's extrapolation to zero lattice spacing: the same computation at a spacing and at half of it.

The lattice errs by c a^2 + O(a^4). From f(a) and f(a/2)

    f(0) = f(a/2) + [f(a/2) - f(a)]/3 + O(a^4),

and the size of the correction, |f(a/2) - f(a)|/3, is stated as the error of f(0): it is the error of f(a/2) that was
removed, and the O(a^4) left behind is smaller than that as soon as a is small enough for the extrapolation to mean
anything at all. Where a variable says that its error begins with a (attribute `lattice_order` = 1), a third of that
part is left behind, and twice the difference of the two runs is stated.
"""

import numpy as np

from ..errors import InputError, positive

__all__ = ["extrapolate", "require_whole_lengths", "richardson"]


def extrapolate(compute, spacing):
    """Run a computation at `spacing` and at half of it, and extrapolate its numbers to spacing zero.

    Parameters
    ----------
    compute : callable
        compute(spacing) -> Dataset, of `kwantorque.torques`, `per_current` or a prepared system.
    spacing : float, nm
        The coarser of the two spacings. All thicknesses must be whole multiples of it.

    Returns
    -------
    xarray.Dataset
        As `richardson` returns.

    Examples
    --------
    >>> data = kt.extrapolate(lambda a: kt.torques(kt.Stack(layers, a), energy=0.06), spacing=0.2)
    """
    spacing = positive("spacing", spacing, "nm")
    return richardson(compute(spacing), compute(spacing / 2))


def richardson(coarse, fine):
    """Extrapolate two results, at a spacing and at half of it, to spacing zero.

    Returns
    -------
    xarray.Dataset
        `fine`, with every variable that does not live on the sites replaced by its extrapolated value. Its attrs
        carry `error`, that of the integrals, and `spacing_error` (see above). Profiles are those of `fine`. attrs:
        `spacings`, and closure and error_estimate of both runs together.

    Raises
    ------
    InputError
        If a length was rounded (the two runs are then of different devices), if the second spacing is not half of
        the first, or if energy, source or normalisation differ.
    """
    require_whole_lengths(max(run.attrs["rounding_nm"] for run in (coarse, fine)))
    spacings = [float(run.z[1] - run.z[0]) for run in (coarse, fine)]
    if abs(spacings[1] - spacings[0] / 2) > 1e-9:
        raise InputError(f"an extrapolation needs a spacing and half of it, got {spacings[0]:g} and {spacings[1]:g} nm")
    for name in ("system", "energy", "source", "normalised"):
        if coarse.attrs.get(name) != fine.attrs.get(name):
            raise InputError(
                f"an extrapolation needs the same device twice, got {name} = {coarse.attrs.get(name)!r} and "
                f"{fine.attrs.get(name)!r}"
            )
    result = fine.copy()
    for name, variable in fine.data_vars.items():
        if set(variable.dims) - {"axis", "lead", "part"}:
            continue
        change = variable.values - coarse[name].values
        attrs = dict(variable.attrs)
        if "error" in attrs:
            attrs["error"] = (4 * attrs["error"] + coarse[name].attrs["error"]) / 3
        factor = 2 if attrs.get("lattice_order") == 1 else 1 / 3
        attrs["spacing_error"] = factor * float(np.abs(change).max(initial=0))
        result[name] = (variable.dims, variable.values + change / 3, attrs)
    runs = coarse.attrs, fine.attrs
    result.attrs["spacings"] = spacings
    result.attrs["closure"] = max(run["closure"] for run in runs)
    result.attrs["error_estimate"] = (4 * fine.attrs["error_estimate"] + coarse.attrs["error_estimate"]) / 3
    result.attrs["k_points"] = sum(run["k_points"] for run in runs)
    result.attrs["seconds"] = sum(run["seconds"] for run in runs)
    return result


def require_whole_lengths(rounding):
    """Raise `InputError` if a thickness was rounded, by `rounding` (nm), at the coarser spacing."""
    if rounding > 1e-9:
        raise InputError(
            "an extrapolation needs thicknesses that are whole multiples of the spacing, but one was rounded by "
            f"{rounding:.3g} nm: the two spacings would be two devices"
        )
