"""Two ferromagnets and a tunnel barrier under a bias.

Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), end of section 4.

m_left = z, m_right = (sin angle, 0, cos angle). The bands of the left lead are shifted
by +V/2, those of the right one by -V/2, mu_left = V/2, mu_right = -V/2; V > 0 drives
electrons to the right. Torques are those of all states (the sea, filled up to the lower
chemical potential, and the window between the two), summed over the semi-infinite
magnets; components as in `magnets.Magnets`. In a mirror-symmetric junction the
out-of-plane torque is even in V and opposite on the two magnets (eq. 29), and the
in-plane torque on one magnet at V is that on the other at -V; at V = 0 the out-of-plane
torque is the interlayer exchange coupling and the in-plane one vanishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kwantorque.errors import InputError
from kwantorque.materials import FreeElectron
from kwantorque.plot import junction, torques_against_bias
from kwantorque.results import conductance, estimate_of
from kwantorque.results.conductance import with_linear
from kwantorque.results.dataset import error_of
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, Result, together, with_results
from kwantorque.systems.junction import ROUGHLY, SHOWN, check_bias, parameters_of_run
from kwantorque.systems.layered import EQUILIBRIUM, LayeredSystem, in_unit, shared_key
from kwantorque.systems.magnets import Magnets, magnet
from kwantorque.systems.parameters import ANGLE, BARRIER_HEIGHT, BARRIER_LENGTH, BARRIER_MASS, KF_DOWN, KF_UP, SPACING
from kwantorque.systems.runs import Runs, numbers_about
from kwantorque.transport import Numerics, steady_state, torques
from kwantorque.transport.mixing import transmitted
from kwantorque.units import CONDUCTANCE_QUANTUM, PER_UM2

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

__all__ = ["SYSTEM", "derivatives", "in_the_magnets", "on_magnets"]

PARAMETERS = (
    KF_UP.but(default=10.9, meaning="Fermi wavevector of the left magnet's majority"),
    KF_DOWN.but(default=4.2, meaning="Fermi wavevector of the left magnet's minority"),
    KF_UP.but(
        name="kf_up_right", default=10.9, meaning="the same of the right magnet; kf_up unless set", follows="kf_up"
    ),
    KF_DOWN.but(
        name="kf_down_right", default=4.2, meaning="the same of the right magnet; kf_down unless set", follows="kf_down"
    ),
    BARRIER_HEIGHT,
    BARRIER_LENGTH,
    BARRIER_MASS,
    ANGLE,
    Parameter("bias", 0.0, "V", "bias: mu_left - mu_right"),
    Parameter("temperature", 0.0, "K", "temperature of both leads", signed=False),
    SPACING.but(default=0.025),
)
RESULTS = (
    Result("current", "eV/(hbar nm^2)", "particle current towards the right lead"),
    Result("tmr", "1", "tunnel magnetoresistance: R(180)/R(0) - 1 at this bias"),
    Result("torque_in_plane", "eV/nm^2", "in-plane torque on the right magnet"),
    Result("torque_out_of_plane", "eV/nm^2", "out-of-plane torque on the right magnet: all states"),
    Result("torque_out_of_plane_equilibrium", "eV/nm^2", "out-of-plane torque on the right magnet without bias"),
    Result("torque_in_plane_left", "eV/nm^2", "in-plane torque on the left magnet"),
    Result("torque_out_of_plane_left", "eV/nm^2", "out-of-plane torque on the left magnet: all states"),
)


def stack(p: Mapping[str, Any]) -> Stack:
    """Magnet | barrier | magnet without bias, with E_F = 0."""
    magnets = Magnets(p["angle"])
    barrier = FreeElectron(mass=p["barrier_mass"], bottom=p["barrier_height"])
    left = FreeElectron.from_wavevectors(p["kf_up"], p["kf_down"])
    right = FreeElectron.from_wavevectors(p["kf_up_right"], p["kf_down_right"])
    return Stack(
        [Layer(barrier, p["barrier_length"], name="barrier")],
        p["spacing"],
        left=magnet(left, m=magnets.left, name="left magnet"),
        right=magnet(right, m=magnets.right, name="right magnet"),
    )


def on_magnets(magnets: Magnets, values: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Torques on the two magnets, which are the leads, named.

    Linear in the values, with leading dimensions kept.

    Parameters
    ----------
    magnets : Magnets
    values : dict of arrays (..., layer, axis)

    Returns
    -------
    dict from each of `Magnets.COMPONENTS` to a (...) array
    """
    torque = values["exchange_torque_of_layer"]
    return magnets.components(on_left=torque[..., 0, :], on_right=torque[..., -1, :])


def compute(parameters: Mapping[str, Any], numerics: Numerics, asked: Sequence[Result] = RESULTS) -> xr.Dataset:
    """The junction at its bias: sea and window apart along `part`, with the results."""
    bias, magnets = parameters["bias"], Magnets(parameters["angle"])
    check_bias(stack(parameters), bias, parameters["barrier_height"])
    derived = partial(on_magnets, magnets)

    def at(bias):
        return steady_state(
            stack(parameters), bias=bias, temperature=parameters["temperature"], derived=derived, **numerics
        )

    run = Runs(
        biased=partial(at, bias),
        rest=lambda: EQUILIBRIUM(shared_key(SYSTEM.name, parameters, numerics), lambda: (at(0.0),))[0],
        linear=partial(_between, parameters, parameters["angle"], numerics),
        parallel=partial(_between, parameters, 0.0, numerics),
        antiparallel=partial(_between, parameters, 180.0, numerics),
    )

    def magnetoresistance():
        parallel, antiparallel = (abs(estimate_of(one, "transmitted")) for one in (run.parallel, run.antiparallel))
        return parallel / antiparallel - 1

    estimates = {name: lambda name=name: estimate_of(run.biased, name) for name in Magnets.COMPONENTS} | {
        "current": lambda: estimate_of(run.biased, "particle_current_limit", lead="right"),
        "tmr": magnetoresistance,
        "torque_out_of_plane_equilibrium": lambda: estimate_of(run.rest if bias else run.biased, "torque_out_of_plane"),
    }
    estimates = run.those_of(asked, estimates)
    runs = run.among("biased")
    if runs and bias == 0:
        runs = [with_linear(run.biased, run.linear)]
    others = map(numbers_about, run.among("rest", "linear", "parallel", "antiparallel"))
    data = in_unit(together(*runs, *others), "eV/nm^2", *Magnets.COMPONENTS)
    return with_results(data, asked, estimates)


def _between(parameters, angle, numerics):
    """The current at this angle; its linear response where there is no bias."""
    layers, temperature = stack({**parameters, "angle": angle}), parameters["temperature"]
    if parameters["bias"] == 0:
        return torques(layers, 0.0, temperature=temperature, derived=transmitted, **numerics)
    bias = parameters["bias"]
    return steady_state(layers, bias=bias, temperature=temperature, derived=transmitted, sea=False, **numerics)


def in_the_magnets(length: float = 1.5, *, numerics: Numerics | None = None, **given: Any) -> xr.Dataset:
    """Profiles in the magnets: torques and spins that the results are sums of.

    Parameters
    ----------
    length : float, nm
        How much of either magnet is shown.
    numerics : Numerics, optional
    given
        Parameters of the system, and settings of `Numerics`, by name.

    Returns
    -------
    xarray.Dataset
        As `kwantorque.steady_state` returns; z = 0 where the left magnet is cut.

    Examples
    --------
    >>> from kwantorque.systems.magnetic_tunnel_junction import in_the_magnets
    >>> coarse = {"spacing": 0.1, "tolerance": 0.1, "progress": False}
    >>> in_the_magnets(0.5, bias=0.2, **coarse).boundary_z.values
    array([0. , 0.5, 1.2, 1.7])
    """
    numerics, given = Numerics.among(given, numerics)
    parameters = SYSTEM.complete(given)
    layers, bias = _with_magnets(parameters, length), parameters["bias"]
    return steady_state(layers, bias=bias, across="barrier", temperature=parameters["temperature"], **numerics)


def _with_magnets(parameters, length):
    """The stack with a part of both leads in it."""
    bare = stack(parameters)
    length = max(round(length / bare.spacing), 1) * bare.spacing
    left, right = (replace(lead, thickness=length) for lead in (bare.left, bare.right))
    return Stack([left, *bare.layers, right], bare.spacing, left=bare.left, right=bare.right)


def _figure(data):
    """Bands, chemical potentials, and the torque in the magnets, which are the leads.

    For the picture this is computed once more, roughly, with a part of either in the
    stack.
    """
    parameters = parameters_of_run(data, SYSTEM.name)
    shown = in_the_magnets(SHOWN, numerics=ROUGHLY, **parameters).assign_attrs(title=SYSTEM.title(parameters))
    return junction(shown, _with_magnets(parameters, SHOWN).biased(parameters["bias"], "barrier"))


def derivatives(data: xr.Dataset) -> xr.Dataset:
    """A sweep of `bias` with differential conductance and torkances.

        dI/dV and dT/dV, by central differences

    Parameters
    ----------
    data : Dataset of a sweep of `bias` alone

    Returns
    -------
    xarray.Dataset
        `data` with `differential_conductance` (S/um^2) and `torkance_in_plane`,
        `torkance_out_of_plane` (1/nm^2 per V of bias), and their errors by those of the
        results.

    Raises
    ------
    InputError
        The Dataset is no sweep of the bias alone, over at least 2 values.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.magnetic_tunnel_junction import derivatives
    >>> junction, given = kt.systems.find("magnetic-tunnel-junction"), {"spacing": 0.1}
    >>> sweep = kt.systems.Sweep(junction, given, {"bias": [0.1, 0.2]})
    >>> data = derivatives(sweep.run(tolerance=0.1, progress=False))
    >>> data.torkance_in_plane.dims, data.torkance_in_plane.attrs["units"]
    (('bias',), '1/nm^2')
    >>> derivatives(data.isel(bias=0))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: derivatives need a sweep of `bias` alone, over at ...
    """
    if "done" not in data or data.done.dims != ("bias",) or data.sizes["bias"] < 2:
        raise InputError("derivatives need a sweep of `bias` alone, over at least 2 values")
    siemens = conductance(CONDUCTANCE_QUANTUM * PER_UM2)
    # What takes the values to their slopes takes their errors, which add up, along.
    weights = np.gradient(np.eye(data.sizes["bias"]), data.bias.values, axis=0)
    slopes = {
        "differential_conductance": (siemens, "current", "S/um^2", "differential conductance"),
        "torkance_in_plane": (1.0, "torque_in_plane", "1/nm^2", "in-plane torkance dT/dV"),
        "torkance_out_of_plane": (1.0, "torque_out_of_plane", "1/nm^2", "out-of-plane torkance dT/dV"),
    }
    for name, (factor, result, unit, label) in slopes.items():
        value = data[f"result_{result}"]
        added = {name: ("bias", factor * (weights @ value.values), {"units": unit, "long_name": label})}
        error = factor * (np.abs(weights) @ error_of(data, value.name).values)
        added[f"{name}_error"] = ("bias", error, {"units": unit, "long_name": f"error of {name} by those of {result}"})
        data = data.assign(added)
    return data


SYSTEM = LayeredSystem(
    name="magnetic-tunnel-junction",
    shows="tunnel magnetoresistance and both torques under a bias",
    source="Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 4",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=_figure,
    sweep_figures={"bias": torques_against_bias},
    selective=True,
)
