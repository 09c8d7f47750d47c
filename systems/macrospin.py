"""A magnet that turns as a whole, driven by a spin-polarised current.

D. C. Ralph and M. D. Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), eq. 3, 25, 26, 28
and figures 7 to 9; A. Manchon, Phys. Rev. B 83, 172403 (2011), figures 3 and 4.

    dm/dt' = -m x h + damping m x dm/dt' + tau g [m x (p x m) + field_like m x p],
    h = H/Ms + Q_par m_x x + (Q_perp - 1) m_z z,
    g = 2 L^2/[(L^2 + 1) + (L^2 - 1) m.p],        t' = gamma mu0 Ms t,

m the direction of the magnetic moment, tau = hbar eta J/(2 e mu0 Ms^2 d) > 0 drives it
towards the polariser p. The threshold of an in-plane magnet is damping (1/2 + Q_par) at
Q_perp = 0 (eq. 26, without a field), that of a pole with p along z is damping (1 -
Q_perp + Q_par/2): the paper's damping (1 + Q_par - Q_perp) is equal to it at Q_par = 0
only. A threshold is the first instability; a full reversal needs more.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kwantorque.dynamics import (
    Demagnetisation,
    Field,
    Macrospin,
    Slonczewski,
    Uniaxial,
    along,
    current_density_of,
    equilibrium,
    first_change,
)
from kwantorque.dynamics.equation import flow
from kwantorque.plot import motion
from kwantorque.results import Estimate
from kwantorque.systems.base import Parameter, Result, System, with_results

if TYPE_CHECKING:
    import xarray as xr

    from kwantorque.transport import Numerics

__all__ = ["SYSTEM", "driving", "free_layer", "threshold"]

PARAMETERS = (
    Parameter("saturation", 1.0, "T", "saturation mu0 Ms", positive=True),
    Parameter("damping", 0.01, "1", "Gilbert damping", signed=False),
    Parameter("anisotropy_perpendicular", 0.0, "1", "Q_perp = H_K/Ms of the easy axis z; 1 compensates the film's own"),
    Parameter("anisotropy_in_plane", 0.02, "1", "Q_par = H_K/Ms of the easy axis x"),
    *(Parameter(f"field_{axis}", 0.0, "T", f"applied field mu0 H along {axis}") for axis in "xyz"),
    Parameter("torque", 0.01, "1", "damping-like torque tau: > 0 drives m towards the polariser"),
    Parameter("field_like", 0.0, "1", "field-like torque along m x p, over the damping-like one"),
    Parameter("asymmetry", 1.0, "1", "Lambda of the torque's dependence on the angle", positive=True),
    Parameter("polariser_theta", 90.0, "deg", "polar angle of the polariser"),
    Parameter("polariser_phi", 0.0, "deg", "azimuth of the polariser"),
    Parameter("theta", 90.0, "deg", "polar angle of m at the start"),
    Parameter("phi", 175.0, "deg", "azimuth of m at the start"),
    Parameter("temperature", 0.0, "K", "temperature of the thermal field", signed=False),
    Parameter("volume", 2e4, "nm^3", "volume of the magnet", positive=True),
    Parameter("duration", 35.0, "ns", "how long the motion is followed", positive=True),
    Parameter("seed", 0.0, "1", "of the thermal field", signed=False),
    Parameter("thickness", 3.0, "nm", "thickness of the magnet", positive=True),
    Parameter("efficiency", 0.3, "1", "efficiency eta of the current", positive=True),
)
RESULTS = (
    *(Result(f"m_{axis}", "1", f"mean of m_{axis} over the last quarter") for axis in "xyz"),
    Result("amplitude", "1", "largest standard deviation of a component of m over the last quarter"),
    Result("frequency", "GHz", "frequency of the component that varies most; none of a static magnet"),
    Result("threshold", "1", "torque at which the fixed point next to the start changes stability"),
    Result("switching_time", "ns", "first zero of the start's largest component"),
    Result("threshold_current_density", "A/m^2", "current density of the threshold"),
)


def free_layer(p: Mapping[str, Any]) -> Macrospin:
    """The magnet of these parameters without the current.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.macrospin import free_layer
    >>> film = free_layer(kt.systems.find("macrospin").complete({"saturation": 1.6}))
    >>> (film.field("z") + 0.0).tolist()
    [0.0, 0.0, -1.6]
    """
    terms = (
        Field(np.stack([p["field_x"], p["field_y"], p["field_z"]], axis=-1)),
        Uniaxial(p["anisotropy_in_plane"], "x"),
        Uniaxial(p["anisotropy_perpendicular"], "z"),
        Demagnetisation(),
    )
    about = {name: p[name] for name in ("saturation", "damping", "thickness", "volume", "temperature")}
    return Macrospin(terms=terms, **about)


def driving(p: Mapping[str, Any], torque: Any) -> Slonczewski:
    """The current's torque as a term, of a strength of one's own."""
    polariser = along(p["polariser_theta"], p["polariser_phi"])
    return Slonczewski(torque, polariser, p["field_like"], p["asymmetry"])


def threshold(p: Mapping[str, Any]) -> float:
    """The torque, of the sign of `torque`, at which the start's fixed point changes.

    NaN if there is none up to 1, or the point ends first.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.macrospin import threshold
    >>> round(threshold(kt.systems.find("macrospin").complete({})), 9)
    0.0052
    """
    film, sign = free_layer(p), -1.0 if p["torque"] < 0 else 1.0
    point = equilibrium(film, along(p["theta"], p["phi"]))

    def rate_at(torque, _):
        return flow(film.but(terms=(*film.terms, driving(p, sign * torque))))

    return sign * float(first_change(rate_at, point[:, None], film.scale)[0])


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """The motion from the start, and what it settles to."""
    p, started = parameters, time.perf_counter()
    data = free_layer(p).run(
        along(p["theta"], p["phi"]),
        duration=p["duration"],
        torque=driving(p, p["torque"]),
        seed=p["seed"],
    )
    critical = threshold(p)
    size = {name: p[name] for name in ("efficiency", "saturation", "thickness")}
    values = dict(zip(("m_x", "m_y", "m_z"), data.m_mean.values, strict=True))
    values |= {name: float(data[name]) for name in ("amplitude", "frequency", "switching_time")}
    values |= {"threshold": critical, "threshold_current_density": current_density_of(critical, **size)}
    estimates = {name: Estimate(float(value)) for name, value in values.items()}
    data = data.drop_vars(["m_mean", "amplitude", "frequency", "switching_time"])
    return with_results(data, RESULTS, estimates).assign_attrs(seconds=time.perf_counter() - started)


SYSTEM = System(
    name="macrospin",
    shows="a magnet under a spin-polarised current: threshold, precession, switching",
    source="Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), eq. 3, 25-28; Manchon, Phys. Rev. B 83, 172403",
    parameters=PARAMETERS,
    results=RESULTS,
    compute=compute,
    figure=motion,
)
