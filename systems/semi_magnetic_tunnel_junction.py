"""A ferromagnet, a barrier, a normal metal, and Rashba coupling at one interface only.

Manchon, Phys. Rev. B 83, 172403 (2011), figures 1 and 2.

    H_R = alpha (k x z).sigma delta(z)

at the interface of ferromagnet and barrier, z = 0.

M = (sin theta cos phi, sin theta sin phi, cos theta); the bands of the leads are
shifted by +V/2 and -V/2, electrons flow from the ferromagnet into the normal metal for
V > 0. The torque of all states on the semi-infinite ferromagnet, T = J int m x M dz
(H_ex = J sigma.M, m = <sigma>), is written as

    T = T_par M x (z x M) + T_perp z x M.

At theta = 0 and 180 degrees the coefficients are 0/0: their limits are returned. Mirror
symmetry forces T(180 - theta) = -T(theta) for both; alpha -> -alpha changes nothing, J
-> -J the sign of T_par only, and phi drops out. T_par vanishes in equilibrium, T_perp
does not: T_perp sin(theta) = -dOmega/dtheta.

What the paper leaves out, and what does not follow from its model
------------------------------------------------------------------
Its k_F are in 1/Angstrom (the caption says 1/nm); the mass in the barrier, k_F of the
normal metal, the sign of J and theta of figure 2 are not given: the defaults here are
one choice. T_perp(0) comes out *positive*, and since T_perp sin(theta) is
-dOmega/dtheta, the energy falls as M turns away from the normal: the equilibrium torque
favours a magnetisation *in* the plane, by int_0^90 T_perp sin(theta) dtheta = 1.83
mJ/m^2 at the defaults, where the paper says out of plane. It is also some 200 times
T_par at 0.8 V. What a bias adds to it, T_perp(V) - T_perp(0), is a small difference of
large numbers, about a fifth of T_par, which agrees with the paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kwantorque.errors import InputError
from kwantorque.integration.plane import PolarRule
from kwantorque.materials import FreeElectron
from kwantorque.materials.terms import rashba
from kwantorque.plot import conductance_against_theta, junction, torque_against_phi, torque_parallel
from kwantorque.results import conductance, estimate_of
from kwantorque.results.conductance import with_linear
from kwantorque.structures.stack import Interface, Layer, Stack
from kwantorque.systems.base import Parameter, Result, together, with_results
from kwantorque.systems.junction import ROUGHLY, SHOWN, check_bias, parameters_of_run
from kwantorque.systems.layered import EQUILIBRIUM, LayeredSystem, in_unit, shared_key
from kwantorque.systems.magnets import magnet
from kwantorque.systems.parameters import (
    BARRIER_HEIGHT,
    BARRIER_LENGTH,
    BARRIER_MASS,
    KF_DOWN,
    KF_NORMAL,
    KF_UP,
    SPACING,
)
from kwantorque.systems.runs import Runs
from kwantorque.transport import Numerics, steady_state, torques
from kwantorque.transport.mixing import transmitted
from kwantorque.units import CONDUCTANCE_QUANTUM, PER_UM2

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

__all__ = ["SYSTEM", "coefficients", "in_the_ferromagnet", "magnetisation_of", "tamr"]

NORMAL = ((10.9**2 + 4.0**2) / 2) ** 0.5
PARAMETERS = (
    Parameter("rashba", 0.04, "eV nm^2", "Rashba coupling of the interface: alpha"),
    Parameter("theta", 45.0, "deg", "angle of the magnetisation to the normal"),
    Parameter("phi", 0.0, "deg", "azimuth of the magnetisation"),
    Parameter("bias", 0.0, "V", "bias: mu of the ferromagnet minus mu of the normal metal"),
    KF_UP.but(default=10.9),
    KF_DOWN.but(default=4.0),
    KF_NORMAL.but(default=NORMAL, meaning="Fermi wavevector of the normal metal (does not follow the others)"),
    BARRIER_HEIGHT,
    BARRIER_LENGTH.but(default=0.6),
    BARRIER_MASS,
    SPACING.but(default=0.025),
)
RESULTS = (
    Result("conductance", "S/um^2", "conductance at zero bias"),
    Result("current", "A/um^2", "electric current: |q| I, positive where electrons flow into the normal metal"),
    Result("torque_parallel", "eV/um^2", "torque T_par: along M x (z x M)"),
    Result("torque_perpendicular", "eV/um^2", "torque T_perp: along z x M, all states"),
    Result("torque_perpendicular_equilibrium", "eV/um^2", "torque T_perp without bias"),
)
SMALLEST_ANGLE = 0.1
"""Degrees; closer to the normal than this the coefficients are those at this angle.

Their error is its square.
"""
RAYS = PolarRule(first_rays=4)
"""The integrand is smooth in the azimuth of k: a few rays are enough to start from."""


def magnetisation_of(theta: float, phi: float) -> NDArray:
    """Direction of M, away from the normal by at least 0.1 degrees.

        M = (sin theta cos phi, sin theta sin phi, cos theta)

    Parameters
    ----------
    theta, phi : float, deg

    Returns
    -------
    (3,) array

    Examples
    --------
    >>> from kwantorque.systems.semi_magnetic_tunnel_junction import magnetisation_of
    >>> magnetisation_of(0.0, 0.0).round(6)
    array([0.001745, 0.      , 0.999998])
    """
    pole = 180 * round(theta / 180)
    if abs(theta - pole) < SMALLEST_ANGLE:
        theta = pole + SMALLEST_ANGLE * (1 if theta >= pole else -1)
    polar, turn = np.radians(theta), np.radians(phi)
    return np.array([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)])


def stack(p: Mapping[str, Any]) -> Stack:
    """Ferromagnet | Rashba | barrier | normal metal without bias, with E_F = 0."""
    ferromagnet = FreeElectron.from_wavevectors(p["kf_up"], p["kf_down"])
    metal = FreeElectron.from_wavevectors(p["kf_normal"])
    barrier = FreeElectron(mass=p["barrier_mass"], bottom=p["barrier_height"])
    return Stack(
        [Interface(rashba(p["rashba"])), Layer(barrier, p["barrier_length"], name="barrier")],
        p["spacing"],
        left=magnet(ferromagnet, m=magnetisation_of(p["theta"], p["phi"]), name="ferromagnet"),
        right=Layer(metal, name="metal"),
    )


def coefficients(m: NDArray, values: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """T_par and T_perp of the torque on the ferromagnet.

        T = T_par M x (z x M) + T_perp z x M

    The ferromagnet is the left lead. Linear in the values, with leading dimensions
    kept.

    Parameters
    ----------
    m : (3,) array
        Direction of M, not along z.
    values : dict of arrays (..., layer, axis)

    Returns
    -------
    dict of (...) arrays
        parallel and perpendicular, in the unit of the torque.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.systems.semi_magnetic_tunnel_junction import coefficients
    >>> torque = np.array([[0.0, 0.3, 0.2], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    >>> values = {"exchange_torque_of_layer": torque}
    >>> found = coefficients(np.array([1.0, 0.0, 0.0]), values)
    >>> {name: round(float(x), 9) for name, x in found.items()}
    {'parallel': 0.2, 'perpendicular': 0.3}
    """
    torque = values["exchange_torque_of_layer"][..., 0, :]
    z = np.array([0.0, 0.0, 1.0])
    parallel, perpendicular = np.cross(m, np.cross(z, m)), np.cross(z, m)
    square = perpendicular @ perpendicular
    return {"parallel": torque @ parallel / square, "perpendicular": torque @ perpendicular / square}


def compute(parameters: Mapping[str, Any], numerics: Numerics, asked: Sequence[Result] = RESULTS) -> xr.Dataset:
    """The junction at its bias: sea and window apart along `part`, with the results."""
    bias = parameters["bias"]
    numerics = numerics.but(kpar=numerics.kpar or RAYS)
    unbiased = stack(parameters)
    check_bias(unbiased, bias, parameters["barrier_height"])
    derived = partial(coefficients, magnetisation_of(parameters["theta"], parameters["phi"]))

    def without_bias(what, compute):
        return EQUILIBRIUM(shared_key(f"{SYSTEM.name}, {what}", parameters, numerics), lambda: (compute(),))[0]

    # States from the normal metal, which came through the barrier: those from the
    # ferromagnet that never leave it would drown T_par, and would only cancel.
    biased = partial(steady_state, unbiased, bias=bias, derived=derived, window_from="right", **numerics)
    run = Runs(
        rest=partial(without_bias, "sea", partial(steady_state, unbiased, derived=derived, **numerics)),
        linear=partial(without_bias, "linear", partial(torques, unbiased, 0.0, derived=transmitted, **numerics)),
        biased=lambda: biased() if bias else with_linear(run.rest, run.linear),
    )
    siemens = CONDUCTANCE_QUANTUM * PER_UM2
    estimates = {
        "conductance": lambda: siemens * conductance(estimate_of(run.linear, "transmitted")),
        "current": lambda: siemens * conductance(estimate_of(run.biased, "particle_current_limit", lead="right")),
        # In the sea T_par is the slope of Omega in phi, which vanishes once all
        # azimuths of k are summed: what the integral leaves of it there is no result.
        "torque_parallel": lambda: PER_UM2 * estimate_of(run.biased, "parallel", part="window"),
        "torque_perpendicular": lambda: PER_UM2 * estimate_of(run.biased, "perpendicular"),
        "torque_perpendicular_equilibrium": lambda: PER_UM2 * estimate_of(run.rest, "perpendicular"),
    }
    estimates = run.those_of(asked, estimates)
    sea = run.among("biased", "rest") if bias else run.among("biased" if "biased" in run else "rest")
    data = together(*sea, *run.among("linear"))
    return with_results(in_unit(data, "eV/nm^2", "parallel", "perpendicular"), asked, estimates)


def in_the_ferromagnet(length: float = 3.0, *, numerics: Numerics | None = None, **given: Any) -> xr.Dataset:
    """Spin density m(z)/2 and torque in the ferromagnet.

    The system itself sums over it without showing it.

    Parameters
    ----------
    length : float, nm
        How much of the ferromagnet is shown.
    numerics : Numerics, optional
    given
        Parameters of the system, and settings of `Numerics`, by name.

    Returns
    -------
    xarray.Dataset
        As `kwantorque.steady_state` returns, z = 0 at the interface, and
        `transverse_spin_density`: its components along the unit vectors of M x (z x M)
        and z x M; the exchange turns them into T_perp and T_par.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.semi_magnetic_tunnel_junction import in_the_ferromagnet
    >>> coarse = {"spacing": 0.1, "tolerance": 0.1, "progress": False}
    >>> data = in_the_ferromagnet(0.5, theta=90.0, **coarse)
    >>> data.transverse_spin_density.dims
    ('part', 'site', 'component')
    """
    numerics, given = Numerics.among(given, numerics)
    numerics = numerics.but(kpar=numerics.kpar or RAYS)
    parameters = SYSTEM.complete(given)
    layers, bias = _with_ferromagnet(parameters, length), parameters["bias"]
    length = layers.lengths[0]
    m = magnetisation_of(parameters["theta"], parameters["phi"])
    derived = partial(_with_the_layer_shown, m)
    data = steady_state(layers, bias=bias, across="barrier", derived=derived, window_from="right", **numerics)
    across = np.cross([0.0, 0.0, 1.0], m)
    frame = np.stack([np.cross(m, across), across]) / np.linalg.norm(across)
    transverse = data.spin_density.values @ frame.T
    about = {"units": data.spin_density.attrs["units"], "long_name": "transverse spin density"}
    data["transverse_spin_density"] = (("part", "site", "component"), transverse, about)
    # Of a component along any unit vector.
    error = np.sqrt(3) * data.spin_density_error.values
    about = about | {"long_name": "largest error of transverse_spin_density"}
    data["transverse_spin_density_error"] = ("part", error, about)
    data = data.assign_coords(component=["along M x (z x M)", "along z x M"])
    return data.assign_coords(z=data.z - length, z_bond=data.z_bond - length, boundary_z=data.boundary_z - length)


def _with_the_layer_shown(m, values):
    """The coefficients of a ferromagnet of which the first layer is shown."""
    shown = values["exchange_torque_of_layer"][..., :2, :].sum(axis=-2, keepdims=True)
    return coefficients(m, {"exchange_torque_of_layer": shown})


def _with_ferromagnet(parameters, length):
    """The stack with a part of its left lead in it."""
    bare = stack(parameters)
    length = max(round(length / bare.spacing), 1) * bare.spacing
    shown = replace(bare.left, thickness=length)
    return Stack([shown, bare.interfaces[0], *bare.layers], bare.spacing, left=bare.left, right=bare.right)


def _figure(data):
    """Bands, chemical potentials, and the torque in the ferromagnet, which is a lead.

    For the picture this is computed once more, roughly, with a part of it in the stack.
    """
    parameters = parameters_of_run(data, SYSTEM.name)
    shown = in_the_ferromagnet(SHOWN, numerics=ROUGHLY, **parameters).assign_attrs(title=SYSTEM.title(parameters))
    return junction(shown, _with_ferromagnet(parameters, SHOWN).biased(parameters["bias"], "barrier"))


def tamr(data: xr.Dataset) -> dict[str, float]:
    """Tunnelling anisotropic magnetoresistance, and the harmonics of the conductance.

        G(theta) = G0 + G2 cos(2 theta) + G4 cos(4 theta)

    Parameters
    ----------
    data : Dataset of a sweep of `theta` alone

    Returns
    -------
    dict
        G0, G2, G4 in S/um^2, `tamr` = R(90)/R(0) - 1 of the fit, and `residual`, its
        largest deviation over G0.

    Raises
    ------
    InputError
        The Dataset is no sweep of theta alone, or has fewer than 3 angles.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from kwantorque.systems.semi_magnetic_tunnel_junction import tamr
    >>> theta = np.array([0.0, 45.0, 90.0])
    >>> conductance = 2 + 0.1 * np.cos(2 * np.radians(theta))
    >>> lines = {"result_conductance": conductance, "done": np.ones(3)}
    >>> names = {name: ("theta", line) for name, line in lines.items()}
    >>> found = tamr(xr.Dataset(names, {"theta": theta}))
    >>> round(found["G2"], 6), round(found["tamr"], 6)
    (0.1, 0.105263)
    >>> tamr(xr.Dataset())
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: the anisotropic magnetoresistance needs a sweep of ...
    """
    if "done" not in data or data.done.dims != ("theta",) or data.sizes["theta"] < 3:
        raise InputError("the anisotropic magnetoresistance needs a sweep of `theta` alone, over at least 3 angles")
    turn = np.radians(data.theta.values)
    harmonics = np.stack([np.cos(n * turn) for n in (0, 2, 4)], axis=1)
    g = data.result_conductance.values
    fit = np.linalg.lstsq(harmonics, g, rcond=None)[0]
    found = dict(zip(("G0", "G2", "G4"), fit.tolist(), strict=True))
    upright, in_plane = fit.sum(), fit[0] - fit[1] + fit[2]
    residual = float(np.abs(harmonics @ fit - g).max() / fit[0])
    return found | {"tamr": float(upright / in_plane - 1), "residual": residual}


SYSTEM = LayeredSystem(
    name="semi-magnetic-tunnel-junction",
    shows="anisotropic magnetoresistance and torque of a junction with one magnet and interface Rashba coupling",
    source="Manchon, Phys. Rev. B 83, 172403 (2011), figures 1 and 2",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=_figure,
    sweep_figures={
        "theta": conductance_against_theta,
        "phi": torque_against_phi,
        "bias": torque_parallel,
        "rashba": torque_parallel,
    },
    selective=True,
)
