"""Conductance and resistance x area: of one flux, and as variables of every result."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import xarray as xr

from ..operators.variables import CONDUCTANCES
from ..units import OHM_UM2_PER_CONDUCTANCE
from .estimate import Estimate

if TYPE_CHECKING:
    Flux = TypeVar("Flux", float, Estimate, xr.DataArray)

__all__ = ["conductance", "with_conductance", "with_linear"]


def conductance(flux: Flux) -> Flux:
    """Conductance per area of a particle flux per eV: G = 2 pi (e^2/h) flux.

    A response is per eV of the difference of chemical potentials and contains 1/(2 pi)
    per state (`kwantorque.torques`); e^2/hbar = 2 pi e^2/h.

    Parameters
    ----------
    flux : float, Estimate or DataArray
        In 1/(hbar nm^2); a current in eV/(hbar nm^2) over a bias in eV.

    Returns
    -------
    of the same kind
        In e^2/h/nm^2, with the sign of the flux.

    Examples
    --------
    One open channel per nm^2 lets 1/(2 pi) through, per eV:

    >>> import numpy as np
    >>> from kwantorque.results import conductance
    >>> conductance(1 / (2 * np.pi))
    1.0
    """
    return 2 * np.pi * flux


def with_conductance(data: xr.Dataset, current: Estimate, bias: float = 1.0) -> xr.Dataset:
    """A result with `conductance` and `resistance_area`, and their errors.

        G = I/V,    RA = 1/G

    Parameters
    ----------
    data : Dataset
    current : Estimate, eV/(hbar nm^2)
        The particle current from the left to the right, or one for each energy; of a
        response that of 1 eV.
    bias : float, eV
        mu_left - mu_right, 1 for a response.

    Returns
    -------
    xarray.Dataset
        `conductance` in e^2/h/nm^2, `resistance_area` in ohm um^2. Both are NaN without
        a bias, the latter also where no current flows within its error.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.results import Estimate
    >>> from kwantorque.results.conductance import with_conductance
    >>> data = with_conductance(xr.Dataset(), Estimate(2e-3, 2e-6), bias=0.4)
    >>> round(float(data.conductance), 6), round(float(data.resistance_area), 4)
    (0.031416, 0.8216)
    >>> round(float(data.resistance_area_error / data.resistance_area), 9)
    0.001
    """
    g = conductance(current / bias) if bias else Estimate(np.nan, np.nan)
    flows = xr.DataArray(g.value).where(np.abs(g.value) > g.error)
    added = {}
    for record, one in zip(CONDUCTANCES, (g, OHM_UM2_PER_CONDUCTANCE / Estimate(flows, g.error)), strict=True):
        about = {"units": record.unit.response, "long_name": record.label, "kind": record.kind}
        of_error = about | {"long_name": f"largest error of {record.name}"}
        for name, number, attrs in ((record.name, one.value, about), (f"{record.name}_error", one.error, of_error)):
            added[name] = xr.DataArray(number).reset_coords(drop=True).assign_attrs(attrs)
    return data.assign(added)


def with_linear(data: xr.Dataset, response: xr.Dataset) -> xr.Dataset:
    """A steady state without bias with the conductance of the response, dI/dV at V = 0.

    Parameters
    ----------
    data : Dataset of `kwantorque.steady_state`
    response : Dataset of `kwantorque.torques`

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.results import Estimate
    >>> from kwantorque.results.conductance import with_conductance, with_linear
    >>> rest = with_conductance(xr.Dataset(), Estimate(0.0), bias=0.0)
    >>> response = with_conductance(xr.Dataset(), Estimate(0.5, 0.0))
    >>> round(float(with_linear(rest, response).conductance), 6)
    3.141593
    """
    names = [name for record in CONDUCTANCES for name in (record.name, f"{record.name}_error")]
    return data.assign({name: response[name] for name in names})
