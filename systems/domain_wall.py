"""Electrons follow the magnetisation through a domain wall.

Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 5; the weighted totals
and their signs are explained in docs/conventions.md.

m = (sin theta, 0, cos theta) = (sech(z/w), 0, -tanh(z/w)) between leads magnetised
along +z and -z; H_ex = -(splitting) m.s, so that the majority has its spin along m.
With e_theta = (cos theta, 0, -sin theta) and m x e_theta = y,

    A = sum of torque.e_theta sin(theta) / I        adiabatic part
    B = sum of torque.y sin(theta) / I              non-adiabatic part

In a wide wall A -> -P, the polarisation of the current.

The weight sin(theta) = w dtheta/dz makes both independent of where the sum ends. B and
the wall's resistance come from electrons reflected by it: in one channel they fall
exponentially with its width, summed over k_par as 1/w^2 only, since some electrons
always graze the wall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kwantorque.errors import InputError
from kwantorque.materials import FreeElectron
from kwantorque.plot import against_width, wall_torques
from kwantorque.results import conductance, estimate_of, per_current
from kwantorque.results.dataset import error_of
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, Result, with_results
from kwantorque.systems.layered import LayeredSystem, current_of, in_unit
from kwantorque.systems.parameters import EXCHANGE, FERMI_ENERGY, SPACING
from kwantorque.transport import Numerics, torques
from kwantorque.units import OHM_NM2_PER_CONDUCTANCE

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

__all__ = ["SYSTEM", "Spiral", "Wall", "along_the_wall", "weighted_totals"]

NARROWEST = 2
"""Width in spacings below which a wall is not resolved."""
HALF_WIDTHS = 12
"""The wall is computed up to this many widths on either side, where sech = 1e-5."""
PARAMETERS = (
    Parameter("width", 2.0, "nm", "w of the wall", positive=True),
    EXCHANGE.but(default=0.4, meaning="splitting of the bands"),
    FERMI_ENERGY.but(default=1.0, meaning="Fermi energy above the mean of both band bottoms"),
    SPACING.but(default=0.05),
)
RESULTS = (
    Result("conductance", "e^2/h/nm^2", "conductance with the wall"),
    Result("torque_adiabatic", "hbar I/e", "adiabatic torque A: along e_theta, weighted with sin(theta)"),
    Result("torque_nonadiabatic", "hbar I/e", "non-adiabatic torque B: along m x e_theta, weighted with sin(theta)"),
    Result("wall_resistance", "fohm m^2", "wall resistance: 1/G with the wall minus 1/G without it"),
)


@dataclass(frozen=True)
class Wall:
    """Magnetisation of a wall: +z on the left, -z on the right.

        m = (1/cosh x, 0, -tanh x),    x = (z - centre)/width

    Parameters
    ----------
    width, centre : float, nm

    Examples
    --------
    >>> from kwantorque.systems.domain_wall import Wall
    >>> [round(float(x), 3) for x in Wall(width=2.0, centre=5.0)(6.0)]
    [0.887, 0.0, -0.462]
    """

    width: float
    centre: float

    def __call__(self, z: float) -> tuple[float, float, float]:
        x = (z - self.centre) / self.width
        return (1 / np.cosh(x), 0.0, -np.tanh(x))


@dataclass(frozen=True)
class Spiral:
    """Magnetisation that turns in the x-z plane, from +z at z = 0.

        m = (sin q z, 0, cos q z),    q = 2 pi/period

    Parameters
    ----------
    period : float, nm

    Examples
    --------
    >>> from kwantorque.systems.domain_wall import Spiral
    >>> [round(float(x), 9) for x in Spiral(period=4.0)(1.0)]
    [1.0, 0.0, 0.0]
    """

    period: float

    def __call__(self, z: float) -> tuple[float, float, float]:
        angle = 2 * np.pi * z / self.period
        return (np.sin(angle), 0.0, np.cos(angle))


def stack(p: Mapping[str, Any]) -> Stack:
    """One textured layer between collinear leads."""
    width, spacing = p["width"], p["spacing"]
    if p["exchange"] == 0:
        raise InputError("`exchange` must not be 0 eV: without a splitting there is no wall")
    if width < NARROWEST * spacing:
        raise InputError(f"`width` must be at least {NARROWEST} spacings of {spacing:g} nm, got {width:g} nm")
    half = max(round(HALF_WIDTHS * width / spacing), 2) * spacing
    magnet = FreeElectron(exchange=-p["exchange"])
    wall = Layer(magnet, 2 * half, m=Wall(width, half), name="wall")
    return Stack([wall], spacing, left=Layer(magnet, m="z"), right=Layer(magnet, m="-z"))


def along_the_wall(m: NDArray, torque: NDArray) -> tuple[NDArray, NDArray]:
    """Components of the torque along e_theta, and along m x e_theta = y.

    Parameters
    ----------
    m : (n_sites, 3) array
        Direction of the magnetisation, in the x-z plane.
    torque : (..., n_sites, 3) array

    Returns
    -------
    two (..., n_sites) arrays

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.systems.domain_wall import along_the_wall
    >>> m, torque = np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 0.2, -0.5]])
    >>> [part.tolist() for part in along_the_wall(m, torque)]
    [[0.5], [0.2]]
    """
    return torque[..., 0] * m[:, 2] - torque[..., 2] * m[:, 0], torque[..., 1]


def weighted_totals(m: NDArray, values: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """A, B and what is reflected, before the division by the current.

    Linear in the values, with leading dimensions kept.

    Parameters
    ----------
    m : (n_sites, 3) array
        Direction of the magnetisation.
    values : dict of arrays (..., site, axis), (..., lead) and (...)

    Returns
    -------
    dict of (...) arrays
        adiabatic and nonadiabatic, sums of torques; reflected, a particle flux.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.systems.domain_wall import weighted_totals
    >>> values = {
    ...     "exchange_torque": np.array([[0.0, 0.2, -0.5]]),
    ...     "incident_current": 1.0,
    ...     "particle_current_limit": np.array([0.9, 0.9]),
    ... }
    >>> totals = weighted_totals(np.array([[1.0, 0.0, 0.0]]), values)
    >>> [round(float(totals[name]), 9) for name in ("adiabatic", "nonadiabatic")]
    [0.5, 0.2]
    """
    along, across = along_the_wall(m, values["exchange_torque"])
    return {
        "adiabatic": along @ m[:, 0],
        "nonadiabatic": across @ m[:, 0],
        "reflected": values["incident_current"] - values["particle_current_limit"][..., 1],
    }


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """The wall in hbar I/e, with its results."""
    layers = stack(parameters)
    # That of the wall itself, also where it meets the leads.
    m = np.array([layers.layers[0].magnetisation_at(z) for z in layers.z])
    derived = partial(weighted_totals, m)
    data = torques(layers, parameters["fermi_energy"], derived=derived, **numerics)
    with_wall = conductance(current_of(data))
    # Of its value alone: 1/G with the wall minus 1/G without, through what the wall
    # reflects.
    uniform = conductance(float(data.incident_current))
    reflected = conductance(estimate_of(data, "reflected"))
    data = in_unit(per_current(data), "hbar I/e", "adiabatic", "nonadiabatic")
    data = _with_densities(in_unit(data, "I/e", "reflected"), m, layers.spacing)
    estimates = {
        "conductance": with_wall,
        "torque_adiabatic": estimate_of(data, "adiabatic"),
        "torque_nonadiabatic": estimate_of(data, "nonadiabatic"),
        "wall_resistance": OHM_NM2_PER_CONDUCTANCE * 1e-3 / (with_wall.value * uniform) * reflected,
    }
    return with_results(data, RESULTS, estimates)


def _with_densities(data, m, spacing):
    """The two components of the torque per length, with their errors."""
    error = float(error_of(data, "exchange_torque")) / spacing
    words = "torque on the magnetisation per length along"
    parts = zip(
        ("adiabatic", "nonadiabatic"),
        along_the_wall(m, data.exchange_torque.values / spacing),
        ("e_theta", "m x e_theta"),
        # |m_z| + |m_x| <= sqrt(2), of the largest error of a component.
        (np.sqrt(2) * error, error),
        strict=True,
    )
    for name, values, direction, largest in parts:
        about = {"units": "hbar I/(e nm)", "long_name": f"{words} {direction}"}
        data[f"{name}_density"] = ("site", values, about)
        data[f"{name}_density_error"] = ((), largest, about | {"long_name": f"largest error of {name}_density"})
    return data


SYSTEM = LayeredSystem(
    name="domain-wall",
    shows="adiabatic and non-adiabatic torque on a domain wall, and its resistance",
    source="Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 5",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=wall_torques,
    sweep_figures={"width": against_width},
)
