"""A magnet that turns as a whole, driven by a spin-polarised current.

D. C. Ralph and M. D. Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), eq. 3, 25, 26, 28
and figures 7 to 9; A. Manchon, Phys. Rev. B 83, 172403 (2011), figures 3 and 4.

    dm/dt' = -m x h + damping m x dm/dt' + tau g [m x (p x m) + field_like m x p],
    h = H/Ms + Q_par m_x x + (Q_perp - 1) m_z z,
    g = 2 L^2/[(L^2 + 1) + (L^2 - 1) m.p], or m.p,    t' = gamma mu0 Ms t,

m the direction of the magnetic moment, tau = hbar eta J/(2 e mu0 Ms^2 d) > 0 drives it
towards the polariser p. The threshold of an in-plane magnet is damping (1/2 + Q_par) at
Q_perp = 0 (eq. 26, without a field), that of a pole with p along z is damping (1 -
Q_perp + Q_par/2): the paper's damping (1 + Q_par - Q_perp) is equal to it at Q_par = 0
only. A threshold is the first instability; a full reversal needs more.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

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
from kwantorque.dynamics.maps import settled
from kwantorque.errors import InputError
from kwantorque.plot import driven_magnets, motion
from kwantorque.results import Estimate
from kwantorque.systems.base import Parameter, Result, with_results
from kwantorque.systems.batches import BatchedSystem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kwantorque.transport import Numerics

__all__ = ["SYSTEM", "DrivenMagnet", "driving", "free_layer", "threshold"]

PARAMETERS = (
    Parameter("saturation", 1.0, "T", "saturation mu0 Ms", positive=True),
    Parameter("damping", 0.01, "1", "Gilbert damping", signed=False),
    Parameter("anisotropy_perpendicular", 0.0, "1", "Q_perp = H_K/Ms of the easy axis z; 1 compensates the film's own"),
    Parameter("anisotropy_in_plane", 0.02, "1", "Q_par = H_K/Ms of the easy axis x"),
    *(Parameter(f"field_{axis}", 0.0, "T", f"applied field mu0 H along {axis}") for axis in "xyz"),
    Parameter("torque", 0.01, "1", "damping-like torque tau: > 0 drives m towards the polariser"),
    Parameter("field_like", 0.0, "1", "field-like torque along m x p, over the damping-like one"),
    Parameter("asymmetry", 1.0, "1", "Lambda of the torque's dependence on the angle", positive=True),
    Parameter(
        "angular",
        "slonczewski",
        "",
        "g of the torque: Slonczewski's, or cosine, m.p",
        choices=("slonczewski", "cosine"),
    ),
    Parameter("polariser_theta", 90.0, "deg", "polar angle of the polariser"),
    Parameter("polariser_phi", 0.0, "deg", "azimuth of the polariser"),
    Parameter("theta", 90.0, "deg", "polar angle of m at the start"),
    Parameter("phi", 175.0, "deg", "azimuth of m at the start"),
    Parameter("temperature", 0.0, "K", "temperature of the thermal field", signed=False),
    Parameter("volume", 2e4, "nm^3", "volume of the magnet", positive=True),
    Parameter("duration", 35.0, "ns", "how long the motion is followed", positive=True),
    Parameter("seed", 0.0, "1", "of the thermal field; all points of a sweep share one noise", signed=False),
    Parameter("thickness", 3.0, "nm", "thickness of the magnet", positive=True),
    Parameter("efficiency", 0.3, "1", "efficiency eta of the current", positive=True),
)
RESULTS = (
    *(Result(f"m_{axis}", "1", f"m_{axis}: mean over the last quarter") for axis in "xyz"),
    Result("amplitude", "1", "amplitude: largest standard deviation of a component of m over the last quarter"),
    Result("frequency", "GHz", "frequency: of the component that varies most; none if static, or without a full turn"),
    Result("threshold", "1", "threshold: torque at which the fixed point next to the start changes stability"),
    Result("switching_time", "ns", "switching time: first zero of the start's largest component"),
    Result("threshold_current_density", "A/m^2", "threshold current density: of the threshold"),
)
SHARED = ("saturation", "angular", "duration", "temperature", "volume", "seed", "thickness")
"""What all trajectories of a batch have in common."""
AT_REST = (
    "saturation",
    "anisotropy_perpendicular",
    "anisotropy_in_plane",
    "field_x",
    "field_y",
    "field_z",
    "theta",
    "phi",
)
"""What an equilibrium without torques depends on."""
STEP = 0.1
"""Of gamma mu0 Ms t in a sweep: errs by 3e-5 in m at 35 ns."""
FEW = 100
"""Trajectories that are faster one by one."""
ENDS = ("m_mean", "amplitude", "frequency", "switching_time")
"""What a motion ends in."""


@dataclass(frozen=True, repr=False)
class DrivenMagnet(BatchedSystem):
    """A magnet and a current: whether they fit is checked before anything is computed.

    Examples
    --------
    >>> import kwantorque as kt
    >>> magnet = kt.systems.find("macrospin")
    >>> magnet.check(magnet.complete({"asymmetry": 2.0, "angular": "cosine"}))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `asymmetry` has no meaning with angular='cosine': ...
    """

    def check(self, parameters: Mapping[str, Any], to_zero_spacing: bool = False) -> None:
        """Ask the current's torque whether it exists.

        Raises
        ------
        InputError
            `asymmetry` is not 1 where g is m.p.
        """
        super().check(parameters, to_zero_spacing)
        # A sweep checks each of its points: what costs time only where it may fail.
        if parameters["asymmetry"] != 1 and parameters["angular"] == "cosine":
            driving(parameters, parameters["torque"]).on(free_layer(parameters))


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
    return Slonczewski(torque, polariser, p["field_like"], p["asymmetry"], p["angular"])


def threshold(points: Sequence[Mapping[str, Any]]) -> NDArray:
    """The torque, of the sign of `torque`, at which the start's fixed point changes.

    NaN if there is none up to 1, or the point ends first.

    Parameters
    ----------
    points : sequence of dicts of all parameters
        Of one saturation and one `angular`.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.macrospin import threshold
    >>> complete = kt.systems.find("macrospin").complete
    >>> threshold([complete({"anisotropy_in_plane": q}) for q in (0.02, 0.1)]).round(9)
    array([0.0052, 0.006 ])
    """
    rest = {tuple(p[name] for name in AT_REST): p for p in points}
    rest = {key: equilibrium(free_layer(p), along(p["theta"], p["phi"])) for key, p in rest.items()}
    starts = [rest[tuple(p[name] for name in AT_REST)] for p in points]
    columns = _columns(points)
    sign = np.where(columns["torque"] < 0, -1.0, 1.0)

    def rate_at(torque, which):
        p = _those_of(columns, which)
        film = free_layer(p)
        return flow(film.but(terms=(*film.terms, driving(p, sign[which] * torque))))

    return sign * first_change(rate_at, np.stack(starts, axis=1), free_layer(_those_of(columns, slice(None))).scale)


def _columns(points):
    """Parameters of several points: numbers that they share, arrays of the others."""
    return {name: np.array([p[name] for p in points]) for name in points[0]}


def _those_of(columns, which):
    """The same of some points; what a magnet has only one of is a number."""
    return {name: x[0].item() if name in SHARED else x[which] for name, x in columns.items()}


def _driven(**p):
    film = free_layer(p)
    return film.but(terms=(*film.terms, driving(p, p["torque"])))


def _of_columns(shared, **columns):
    return _driven(**shared, **columns)


def _start(**p):
    return along(p["theta"], p["phi"])


def _results(points, found):
    """All results of some points, from what their motions end in."""
    critical = threshold(points)
    values = dict(zip(("m_x", "m_y", "m_z"), np.asarray(found["m_mean"]).T, strict=True))
    values |= {name: np.asarray(found[name]) for name in ("amplitude", "frequency", "switching_time")}
    sizes = ((p["efficiency"], p["saturation"], p["thickness"]) for p in points)
    currents = [current_density_of(tau, *size) for tau, size in zip(critical, sizes, strict=True)]
    return values | {"threshold": critical, "threshold_current_density": np.array(currents)}


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """The motion from the start, and what it settles to."""
    p, started = parameters, time.perf_counter()
    data = _driven(**p).run(_start(**p), duration=p["duration"], seed=p["seed"])
    found = {name: data[name].values[None] for name in ENDS}
    estimates = {name: Estimate(float(value[0])) for name, value in _results([p], found).items()}
    return with_results(data.drop_vars(ENDS), RESULTS, estimates).assign_attrs(seconds=time.perf_counter() - started)


def _together(points):
    """The results at some points, which may differ in anything."""
    alike, found = {}, {}
    for i, p in enumerate(points):
        alike.setdefault(tuple(p[name] for name in SHARED), []).append(i)
    for which in alike.values():
        some = [points[i] for i in which]
        for name, part in _results(some, _alike(some)).items():
            found.setdefault(name, np.empty(len(points)))[which] = part
    return found


def _alike(points):
    """What the motions of some points end in that share what a batch has one of."""
    p, columns = points[0], _columns(points)
    if p["temperature"] > 0 or len(points) < FEW:
        runs = [_driven(**one).run(_start(**one), duration=one["duration"], seed=one["seed"]) for one in points]
        return {name: np.stack([data[name].values for data in runs]) for name in ENDS}
    build = partial(_of_columns, {name: p[name] for name in SHARED})
    varying = {name: x for name, x in columns.items() if name not in SHARED}
    ends = settled(build, varying, start=_start, duration=p["duration"], step=STEP)
    return {name: ends[name] for name in ENDS}


def _diagram(data):
    """Maps of a sweep of two parameters: of the component along the polariser."""
    if data.done.ndim != 2:
        raise InputError(f"a diagram needs two parameters, this sweep has {data.done.ndim}")
    p = json.loads(data.attrs.get("parameters", "{}"))
    polariser = along(p.get("polariser_theta", 90.0), p.get("polariser_phi", 0.0))
    return driven_magnets(data, "xyz"[int(np.argmax(np.abs(polariser)))])


SYSTEM = DrivenMagnet(
    name="macrospin",
    shows="a magnet under a spin-polarised current: threshold, precession, switching",
    source="Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), eq. 3, 25-28; Manchon, Phys. Rev. B 83, 172403",
    parameters=PARAMETERS,
    results=RESULTS,
    compute=compute,
    figure=motion,
    sweep_figures=dict.fromkeys((p.name for p in PARAMETERS), _diagram),
    together=_together,
    batch=4000,
)
