"""SI at the border: results in the units of an experiment, their errors along.

`UNITS` and `DENSITIES` say what one unit of ours is worth and in which one.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import xarray as xr
from scipy import constants

from ..algebra import direction
from ..errors import InputError, instance, known, named, positive
from ..units import AMPERE_PER_M2, CONDUCTANCE_QUANTUM, JOULE_PER_M2, TORKANCE
from .dataset import error_of, is_error, value_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Data = TypeVar("Data", xr.Dataset, xr.DataArray)

__all__ = ["effective_field", "field_per_current", "to_si"]

PER_NM = 1e9
"""1/m of 1/nm."""
PER_PARTICLE = constants.hbar / constants.e
"""s/m of hbar/(eV m): what is per volume, over a particle flux."""
TORQUE_PER_CURRENT = constants.hbar / constants.e
"""J/A of hbar I/e: a torque, or the same per area, over an electric current."""
AMPERE = constants.e**2 / constants.hbar
"""A of eV/hbar: so many particles per second, a charge e each."""
UNITS = {
    "1/(hbar nm^2)": (AMPERE_PER_M2, "S/m^2"),
    "eV/(hbar nm^2)": (AMPERE_PER_M2, "A/m^2"),
    "eV/hbar": (AMPERE, "A"),
    "1/hbar": (AMPERE, "S"),
    "A/um^2": (1e12, "A/m^2"),
    "S/um^2": (1e12, "S/m^2"),
    "e^2/h/nm^2": (CONDUCTANCE_QUANTUM * PER_NM**2, "S/m^2"),
    "fohm m^2": (1e-3, "ohm um^2"),
    "1/nm^2": (TORKANCE, "hbar/(2e) S/m^2"),
    "1/nm^3": (TORKANCE * PER_NM, "hbar/(2e) S/m^3"),
    "1/nm": (constants.e * PER_NM, "J/(V m)"),
    "eV/nm^2": (JOULE_PER_M2, "J/m^2"),
    "eV/um^2": (JOULE_PER_M2 * 1e-6, "J/m^2"),
    "eV/nm^3": (JOULE_PER_M2 * PER_NM, "J/m^3"),
    "hbar I/e": (TORQUE_PER_CURRENT, "J/A"),
    "hbar I/(e nm)": (TORQUE_PER_CURRENT * PER_NM, "J/(A m)"),
    "I/e": (1.0, "1"),
    "hbar": (constants.hbar, "J s"),
    "hbar/nm": (constants.hbar * PER_NM, "J s/m"),
}
"""Fluxes and torques: what one is worth, and in which unit."""
DENSITIES = {
    "1/(eV nm^3)": (PER_NM**3, "1/(V m^3)"),
    "hbar/(eV nm^3)": (PER_NM**3, "hbar/(V m^3)"),
    "1/nm^3": (PER_NM**3, "1/m^3"),
    "hbar/nm^3": (PER_NM**3, "hbar/m^3"),
    "hbar/(eV nm)": (PER_PARTICLE * PER_NM, "s/m"),
    "hbar^2/(eV nm)": (PER_PARTICLE * PER_NM, "hbar s/m"),
    "1/(eV nm^2)": (PER_NM**2, "1/(V m^2)"),
    "hbar/(eV nm^2)": (PER_NM**2, "hbar/(V m^2)"),
    "1/nm^2": (PER_NM**2, "1/m^2"),
    "hbar/nm^2": (PER_NM**2, "hbar/m^2"),
    "hbar/eV": (PER_PARTICLE, "s"),
    "hbar^2/eV": (PER_PARTICLE, "hbar s"),
    "hbar": (1.0, "hbar"),
    "1/V": (1.0, "1/V"),
    "hbar/V": (1.0, "hbar/V"),
}
"""The same of densities, whose 1/nm^2 and 1/nm^3 are not those of a torque.

Per area they are those of a layer.
"""
FIELDS = {
    "J/m^2": (1.0, "T"),
    "hbar/(2e) S/m^2": (constants.hbar / (2 * constants.e), "T/V"),
    "J/(V m)": (1.0, "T m/V"),
    "J/A": (1.0, "T m^2/A"),
}
"""By the unit of a torque, what that is worth in J/m^2 and so on, and the field's."""
SMALLEST_MS = 100.0
"""Less than this in A/m, of no ferromagnet, was meant in tesla."""


@named
def to_si(data: Data) -> Data:
    """A result in the units of an experiment.

    ===================================== ========================================
    quantity                              unit
    ===================================== ========================================
    current                               A/m^2, a charge e per particle
    torque, coupling, spin current        J/m^2 = N m/m^2
    conductance, response of a current    S/m^2
    resistance x area, RA                 ohm um^2, as is usual
    response of a torque (torkance)       hbar/(2e) S/m^2: dT/dV over hbar/(2e)
    torque per field in the plane         J/(V m): J/m^2 per V/m
    torque per current                    J/A: per area, J/m^2 per A/m^2
    densities                             per m^3; of spin hbar/m^3
    ===================================== ========================================

    Divided by the conductance a torkance in hbar/(2e) S/m^2 is the number of spins
    hbar/2 per charge. In J/(V m^2) it is hbar/(2e) = 3.291e-16 J/A times that. Signs
    stay: a current is positive where particles flow along +z, of electrons the electric
    current has the other sign.

    Parameters
    ----------
    data : Dataset or DataArray
        Of `kwantorque.torques`, `steady_state`, `per_current`, a prepared system or a
        sweep. Every variable is converted by its attribute `units`.

    Returns
    -------
    xarray.Dataset or xarray.DataArray
        The same variables, `<variable>_error` along with them. Coordinates stay in nm,
        1/nm, eV and degrees; what is converted already, and other units, stay as they
        are.

    Raises
    ------
    InputError
        Something else than a Dataset or DataArray.

    Warns
    -----
    UserWarning
        A number of `derived` has no unit: say in its attrs which it has.

    References
    ----------
    Constants are those of CODATA. Torkance: Slonczewski and Sun, J. Magn. Magn. Mater.
    310, 169 (2007).

    Examples
    --------
    >>> import kwantorque as kt
    >>> cobalt = kt.FreeElectron.from_wavevectors(13.6, 8.0)
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> layers = [kt.Layer(copper, 0.5), kt.Layer(cobalt, 0.5, m="z")]
    >>> data = kt.torques(kt.Stack(layers, 0.05), 0.0, tolerance=0.1, progress=False)
    >>> f"{float(kt.to_si(data).conductance):.2e}", kt.to_si(data).conductance.units
    ('7.31e+14', 'S/m^2')
    >>> kt.to_si(data).exchange_torque_total.attrs["units"]
    'hbar/(2e) S/m^2'
    >>> kt.to_si(2.0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `data` must be a Dataset or DataArray of a result...
    """
    if isinstance(data, xr.DataArray):
        return _converted(data, data.attrs.get("kind"))
    if not isinstance(data, xr.Dataset):
        raise InputError(f"`data` must be a Dataset or DataArray of a result, got {data!r}")
    without = [name for name, x in data.data_vars.items() if x.attrs.get("units") == "" and not is_error(name)]
    if without:
        warnings.warn(
            f"{', '.join(map(repr, without))} of `derived` stay as they are, without a unit: set "
            f"data[{without[0]!r}].attrs['units'] = 'eV/nm^2', or what else it is, before",
            stacklevel=2,
        )
    return data.assign({name: _converted(x, _kind(data, name)) for name, x in data.data_vars.items()})


def _kind(data, name):
    """Kind of a variable; of an error that does not say it, that of what it is of."""
    if "kind" in data[name].attrs:
        return data[name].attrs["kind"]
    base = value_of(name)
    return data[base if base in data else name].attrs.get("kind")


def _converted(variable, kind):
    if kind == "wavevector":
        return variable
    units = DENSITIES if kind == "density" else UNITS
    unit = variable.attrs.get("units")
    if unit not in units:
        return variable
    factor, name = units[unit]
    return (variable * factor).assign_attrs(variable.attrs | {"units": name})


@named
def effective_field(
    data: xr.Dataset, name: str, *, Ms: float, thickness: float, m: ArrayLike | str | None = None
) -> xr.Dataset:
    """The field that twists a magnet as much as a torque does.

        B = T x m/(Ms d),    Ms d m x B = T - m (m.T)

    T is the torque per area on a magnet of thickness d, and so the rate of change of
    its angular momentum; m points along its magnetic *moment*. Electrons of the
    magnet's own bands have their spin against it: where the `m` of a layer stands for
    that of the majority's spin, give the opposite one. A damping-like torque has a
    field along p x m, a field-like one along p.

    Parameters
    ----------
    data : Dataset
    name : str
        A torque per area: of `steady_state`, `torques`, `per_current` or a prepared
        system, `result_...` included; in our units or in those of `to_si`.
    Ms : float, A/m
        Saturation magnetisation; mu_0 Ms in T over 4 pi 1e-7.
    thickness : float, nm
        That of the magnet.
    m : str or 3-vector
        Direction of the moment, of a torque with components along `axis`. A torque
        without, such as `result_torque_in_plane`, becomes the component T/(Ms d).

    Returns
    -------
    xarray.Dataset
        `effective_field` and, where the torque has an error, `effective_field_error`:
        in T; of a response in T/V; of a torque per current in T m^2/A, the field of 1
        A/m^2. Sea and window are added up.

    Raises
    ------
    InputError
        There is no such variable, it is no torque per area, `m` is missing or does not
        apply, or `Ms` or `thickness` cannot be meant.

    References
    ----------
    Manchon et al., Rev. Mod. Phys. 91, 035004 (2019), section II.

    Examples
    --------
    >>> import kwantorque as kt
    >>> junction = kt.systems.find("magnetic-tunnel-junction")
    >>> data = junction.run(bias=0.2, spacing=0.1, tolerance=0.1, progress=False)
    >>> size = {"Ms": 1.1e6, "thickness": 1.6}
    >>> field = kt.effective_field(data, "result_torque_in_plane", **size)
    >>> field.effective_field.attrs["units"]
    'T'
    >>> kt.effective_field(data, "result_torque_in_plane", Ms=1.4, thickness=1.6)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `Ms` must be in A/m, 1.4e6 for cobalt; ...
    """
    instance("data", data, xr.Dataset, "kwantorque.steady_state(junction, bias=0.4)")
    torque = to_si(data[known("variable", name, map(str, data.data_vars))])
    if positive("Ms", Ms, "A/m") < SMALLEST_MS:
        raise InputError(f"`Ms` must be in A/m, 1.4e6 for cobalt; from mu_0 Ms in T divide by 4 pi 1e-7, got {Ms!r}")
    moment = float(Ms) * positive("thickness", thickness, "nm") / PER_NM
    unit = torque.attrs.get("units")
    if unit not in FIELDS:
        raise InputError(f"{name!r} must be a torque per area in eV/nm^2, 1/nm^2 or hbar I/e, got unit {unit!r}")
    if (m is None) != ("axis" not in torque.dims):
        raise InputError(f"a torque with components x, y, z needs `m`, one without takes none; {name!r} got m = {m!r}")
    error = to_si(error_of(data, name))
    if "part" in torque.dims:
        torque, error = torque.sum("part"), error.sum("part") if "part" in error.dims else error
    factor, unit = FIELDS[unit]
    field, error = factor * torque / moment, factor * error / moment
    if m is not None:
        along = xr.DataArray(direction(m), {"axis": ["x", "y", "z"]}, "axis")
        field = xr.cross(field, along, dim="axis")
        # A component of a cross product is a sum of two.
        error = error * np.sqrt(2)
    about = {"units": unit, "long_name": f"effective field of {name}"}
    found = xr.Dataset({"effective_field": field.assign_attrs(about)})
    if f"{name}_error" in data:
        about = about | {"long_name": f"largest error of the effective field of {name}"}
        found["effective_field_error"] = error.assign_attrs(about)
    return found


@named
def field_per_current(
    data: xr.Dataset, *, Ms: float, thickness: float, film_thickness: float, m: ArrayLike | str
) -> xr.DataArray:
    """Effective fields of a film with a current in its plane, per current density.

        B/j = (T/E) x m/(Ms d) t/G,        j = G E/t

    T/E is the torque per field, G the sheet conductance, t the film's thickness.

    Parameters
    ----------
    data : Dataset of `kwantorque.field_response` on a film
    Ms : float, A/m
        Saturation magnetisation.
    thickness, film_thickness : float, nm
        d of the magnet, t of the whole film that the current flows in.
    m : str or 3-vector
        Direction of the moment, as of `effective_field`.

    Returns
    -------
    xarray.DataArray
        (part, axis), mT per 1e11 A/m^2: of the dissipative part the field-like, of the
        intrinsic part the damping-like one.

    Raises
    ------
    InputError
        Another Dataset, or lengths and `Ms` that cannot be meant.

    References
    ----------
    Manchon et al., Rev. Mod. Phys. 91, 035004 (2019), section II.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.CubicLattice(exchange=-1.5, rashba=0.05, lattice_constant=0.3)
    >>> at = {"broadening": 0.3, "temperature": 900, "tolerance": 0.1}
    >>> data = kt.field_response(kt.Plane(iron, m="z"), -2.8, **at, progress=False)
    >>> size = {"Ms": 1.1e6, "thickness": 0.3, "film_thickness": 0.3}
    >>> kt.field_per_current(data, m="z", **size).attrs["units"]
    'mT per 1e11 A/m^2'
    """
    what = "kwantorque.field_response(film, 0.0, ...)"
    instance("data", data, xr.Dataset, what)
    if not {"sheet_conductance", "exchange_torque_total", "part"} <= set(data.variables):
        raise InputError(f"`data` must be a Dataset such as {what} returns, of a film")
    parts = [
        effective_field(data.sel(part=part), "exchange_torque_total", Ms=Ms, thickness=thickness, m=m).effective_field
        for part in data.part.values.tolist()
    ]
    siemens = constants.e**2 / constants.hbar * float(np.hypot(*data.sheet_conductance.values))
    per_current = positive("film_thickness", film_thickness, "nm") / PER_NM / siemens
    found = xr.concat(parts, data.part) * per_current * 1e11 * 1e3
    return found.assign_attrs(units="mT per 1e11 A/m^2", long_name="effective field per current density")
