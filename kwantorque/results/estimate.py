"""A number with its error, and the arithmetic of such numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .dataset import error_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Estimate", "estimate_of"]


@dataclass(frozen=True)
class Estimate:
    """A number and the largest error it may have; errors add up, they are not independent.

        (a +- da) + (b +- db) = a + b +- (da + db),    (a +- da)(b +- db) = ab +- (|a| db + |b| da)

    Parameters
    ----------
    value, error : float

    Examples
    --------
    >>> from kwantorque.results import Estimate
    >>> Estimate(6.0, 0.3) / Estimate(2.0, 0.2) - 1
    Estimate(value=2.0, error=0.45)
    """

    value: float
    error: float = 0.0

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

    def __abs__(self) -> Estimate:
        return Estimate(abs(self.value), self.error)


def _as_estimate(number):
    return number if isinstance(number, Estimate) else Estimate(float(number))


def estimate_of(data: xr.Dataset, name: str, **selection: Any) -> Estimate:
    """One number of a Dataset with its error, all of its parts together.

    Parameters
    ----------
    data : Dataset
    name : str
        A variable that has one entry once the selection is made; sea and window are added up.
    selection : coordinates, as in `xarray.DataArray.sel`
    """
    parts = []
    for one in (data[name], error_of(data, name)):
        here = one.sel({key: value for key, value in selection.items() if key in one.dims})
        parts.append(float(here.sum("part") if "part" in here.dims else here))
    return Estimate(*parts)
