"""When an integral is accurate enough: its errors, relative to what they belong to.

A tolerance may be met in two ways:

    largest   max over results of error, over one scale for all: the current, or the
              largest result,
    each      max over results of (error / |result|).

A result that vanishes has no error relative to itself. One that is zero within its
error is known well enough once that error is below tolerance^2 of the scale; or below
the tolerance, where the result is a hundred times smaller than its error, which is what
symmetry makes of a sum. What is below rounding is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..operators import schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from .run import Numerics

__all__ = ["CRITERIA", "NO_RESPONSE", "largest_error", "own_size", "relative_to_current", "size_of"]

CRITERIA = ("largest", "each")
"""What the errors of an integral are relative to."""
NO_RESPONSE = 1e-12
"""Part of the incident current below which a response counts as zero."""

VANISHING = 1e-2
"""A result below this part of its error vanishes, as far as one can see."""


def size_of(value: NDArray) -> float:
    """The largest entry of a variable, in absolute value."""
    return float(np.abs(value).max(initial=0))


def largest_error(
    values: Mapping[str, NDArray],
    errors: Mapping[str, float],
    names: Iterable[str],
    scale: float,
    zero: float,
    numerics: Numerics,
) -> float:
    """The largest error, relative to `scale` or each to its own result.

    Parameters
    ----------
    values, errors : dict of arrays and of floats
    names : iterable of str
        The variables that decide.
    scale : float
        That of all of them.
    zero : float
        A size that counts as zero: what rounding leaves of it.
    numerics : Numerics
        Its criterion, and its tolerance.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.transport.accuracy import largest_error
    >>> values = {"current": 1.0, "torque": 1e-3}
    >>> errors = {"current": 1e-4, "torque": 1e-4}
    >>> of = (values, errors, values, 1.0, 1e-12)
    >>> largest_error(*of, kt.Numerics(criterion="largest"))
    0.0001
    >>> largest_error(*of, kt.Numerics(criterion="each"))
    0.1
    """
    if scale <= 0:
        return 0.0
    if numerics.criterion == "largest":
        return max(errors[name] for name in names) / scale
    worst = 0.0
    for name in names:
        error = float(errors[name])
        worst = max(worst, error / max(own_size(size_of(values[name]), error, scale, numerics.tolerance), zero))
    return worst


def own_size(size: float, error: float, scale: float, tolerance: float) -> float:
    """What the error of one result is relative to.

    Parameters
    ----------
    size, error : float
        Of the result.
    scale : float
        The size of the largest of its kind.
    tolerance : float

    Examples
    --------
    >>> from kwantorque.transport.accuracy import own_size
    >>> [own_size(size, 0.1, 2.0, tolerance=1e-3) for size in (0.5, 0.01, 0.0)]
    [0.5, 0.01, 2.0]
    """
    if size > error:
        return size
    return max(size, tolerance * scale) if size > VANISHING * error else scale


def relative_to_current(partners: tuple[str, ...], numerics: Numerics) -> Callable[[Mapping, Mapping], float]:
    """The function that says how accurate an integral of a response is.

        measure(values, errors) = max over what decides (error / scale)

    What decides are further numbers if there are any, else all fluxes and summed
    torques. The scale is the particle current or, if none flows, the largest of them;
    with the criterion "each" it is each of them itself.
    """
    return partial(_relative_to_current, schema(partners), numerics)


def _relative_to_current(records, numerics, values, errors):
    controlled = [name for name in values if name not in records]
    controlled = controlled or [name for name, record in records.items() if record.is_controlled]
    # The current downstream of the source; upstream it is a difference, and never
    # smaller than its rounding.
    current = float(np.abs(values["particle_current_limit"]).min())
    largest = max(size_of(values[name]) for name in controlled)
    flows = current > 1e-12 * largest
    scale = current if flows else largest
    zero = NO_RESPONSE * abs(float(values["incident_current"]))
    worst = largest_error(values, errors, controlled, scale, zero, numerics)
    # The current's own error is always relative to the current, but upstream it is a
    # difference, and rounding through an opaque barrier.
    of_current = errors["particle_current_limit"] / max(scale, zero) if scale > 0 else 0.0
    return max(worst, of_current)
