"""A domain wall moved by a current, by its place and its angle.

    (1 + alpha^2) dq/dt = gamma W (mu0 H_K/2) sin 2phi + (1 + alpha beta) u,
    (1 + alpha^2) dphi/dt = -alpha gamma (mu0 H_K/2) sin 2phi + (beta - alpha) u/W

from q = phi = 0; u > 0 along +z. Below the breakdown, |beta - alpha| u = alpha gamma W
mu0 H_K/2, it moves at u beta/alpha, and without beta not at all; far above it turns,
and moves at u (1 + alpha beta)/(1 + alpha^2). A. Thiaville et al., Europhys. Lett. 69,
990 (2005); beta of spin relaxation: G. Tatara and P. Entel, Phys. Rev. B 78, 064429
(2008). `kwantorque.dynamics.drift_and_beta` takes u and beta from transport.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kwantorque.dynamics import RigidWall
from kwantorque.plot import wall_motion
from kwantorque.results import Estimate
from kwantorque.systems.base import Parameter, Result, with_results
from kwantorque.systems.batches import BatchedSystem

if TYPE_CHECKING:
    import xarray as xr

    from kwantorque.transport import Numerics

__all__ = ["SYSTEM"]

PARAMETERS = (
    Parameter("damping", 0.02, "1", "Gilbert damping alpha", signed=False),
    Parameter("beta", 0.04, "1", "beta of the non-adiabatic torque"),
    Parameter("drift_velocity", 50.0, "m/s", "u of the current: > 0 along +z"),
    Parameter("wall_width", 10.0, "nm", "W of the wall", positive=True),
    Parameter("hard_axis_field", 0.02, "T", "mu0 H_K of the hard axis, in sin 2phi", signed=False),
    Parameter("duration", 200.0, "ns", "how long the motion is followed", positive=True),
)
RESULTS = (
    Result("velocity", "m/s", "velocity: mean of the last half"),
    Result("velocity_initial", "m/s", "velocity at the start"),
    Result("breakdown", "m/s", "breakdown: drift velocity at which the wall begins to turn"),
    Result("precession", "GHz", "precession: turns of the wall per time; none if it does not turn"),
)


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """Place and angle in time, with the results."""
    started = time.perf_counter()
    about = {name: value for name, value in parameters.items() if name != "duration"}
    data = RigidWall(**about).run(parameters["duration"])
    names = [result.name for result in RESULTS]
    estimates = {name: Estimate(float(data[name])) for name in names}
    return with_results(data.drop_vars(names), RESULTS, estimates).assign_attrs(seconds=time.perf_counter() - started)


def _together(points):
    """The results at some points, in one motion of all walls of one duration."""
    found = {result.name: np.empty(len(points)) for result in RESULTS}
    durations = np.array([p["duration"] for p in points])
    names = [p.name for p in PARAMETERS if p.name != "duration"]
    for duration in np.unique(durations):
        which = np.nonzero(durations == duration)[0]
        columns = {name: np.array([points[i][name] for i in which]) for name in names}
        data = RigidWall(**columns).run(duration)
        for name, values in found.items():
            values[which] = data[name]
    return found


SYSTEM = BatchedSystem(
    name="domain-wall-motion",
    shows="a domain wall under a current: velocity, breakdown, precession",
    source="Thiaville et al., Europhys. Lett. 69, 990 (2005); Tatara & Entel, Phys. Rev. B 78, 064429 (2008)",
    parameters=PARAMETERS,
    results=RESULTS,
    compute=compute,
    figure=wall_motion,
    together=_together,
    batch=200,
)
