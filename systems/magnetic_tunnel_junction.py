"""Two ferromagnets and a tunnel barrier under a bias.

Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), end of section 4.

m_left = z, m_right = (sin angle, 0, cos angle). The bands of the left lead are shifted by +V/2, those of the right one
by -V/2, mu_left = V/2, mu_right = -V/2; V > 0 drives electrons to the right. Torques are those of all states (the
sea and the window between the chemical potentials), summed over the semi-infinite magnets; components as in
`magnets.Magnets`. In a mirror-symmetric junction the out-of-plane torque is even in V and opposite on the two magnets
(eq. 29), and the in-plane torque on one magnet at V is that on the other at -V; at V = 0 the out-of-plane torque is the
interlayer exchange coupling and the in-plane one vanishes.
"""

import warnings
from functools import partial

import numpy as np

from kwantorque.errors import InputError
from kwantorque.materials import FreeElectron
from kwantorque.plot import spin_currents, torques_against_bias
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import (
    Memory,
    Parameter,
    Result,
    System,
    estimate,
    shared_key,
    together,
    total,
    transmitted,
    with_results,
)
from kwantorque.systems.magnets import Magnets
from kwantorque.transport.steady_state import steady_state
from kwantorque.units import CONDUCTANCE_QUANTUM

__all__ = ["PARAMETERS", "SYSTEM", "check_bias", "derivatives", "on_magnets"]

PARAMETERS = (
    Parameter("kf_up", 10.9, "1/nm", "Fermi wavevector of the left magnet's majority", positive=True),
    Parameter("kf_down", 4.2, "1/nm", "Fermi wavevector of the left magnet's minority", positive=True),
    Parameter(
        "kf_up_right", 10.9, "1/nm", "the same of the right magnet; kf_up unless set", follows="kf_up", positive=True
    ),
    Parameter(
        "kf_down_right",
        4.2,
        "1/nm",
        "the same of the right magnet; kf_down unless set",
        follows="kf_down",
        positive=True,
    ),
    Parameter("barrier_height", 1.0, "eV", "barrier above the Fermi energy, without bias"),
    Parameter("barrier_length", 0.7, "nm", "thickness of the barrier", positive=True),
    Parameter("barrier_mass", 0.4, "m0", "effective mass in the barrier", positive=True),
    Parameter("angle", 90.0, "deg", "angle between the magnetisations"),
    Parameter("bias", 0.0, "V", "mu_left - mu_right"),
    Parameter("temperature", 0.0, "K", "temperature of both leads", signed=False),
    Parameter("spacing", 0.025, "nm", "lattice spacing of the discretisation", positive=True),
)
RESULTS = (
    Result("current", "eV/(hbar nm^2)", "particle current towards the right lead"),
    Result("tmr", "1", "R(180)/R(0) - 1 at this bias"),
    Result("torque_in_plane", "eV/nm^2", "in-plane torque on the right magnet"),
    Result("torque_out_of_plane", "eV/nm^2", "out-of-plane torque on the right magnet, all states"),
    Result("torque_out_of_plane_equilibrium", "eV/nm^2", "the same without bias"),
    Result("torque_in_plane_left", "eV/nm^2", "in-plane torque on the left magnet"),
    Result("torque_out_of_plane_left", "eV/nm^2", "out-of-plane torque on the left magnet, all states"),
)
EQUILIBRIUM = Memory()
SMALL_BIAS = 1e-3
"""V; the TMR of a junction without bias is that at this one, whose current is even more linear than that."""


def stack(
    kf_up, kf_down, kf_up_right, kf_down_right, barrier_height, barrier_length, barrier_mass, angle, spacing, **_
):
    """Magnet | barrier | magnet without bias, with E_F = 0."""
    magnets = Magnets(angle)
    barrier = FreeElectron(mass=barrier_mass, bottom=barrier_height)
    left, right = (FreeElectron.from_wavevectors(*k) for k in ((kf_up, kf_down), (kf_up_right, kf_down_right)))
    layers = [Layer(barrier, barrier_length)]
    return Stack(layers, spacing, left=Layer(left, m=magnets.left), right=Layer(right, m=magnets.right))


def on_magnets(magnets, values):
    """Torques on the two magnets, named: their interface site, half of which is theirs, and their lead."""
    torque, tail = values["exchange_torque"], values["exchange_torque_tail"]
    on_left, on_right = torque[..., 0, :] + tail[..., 0, :], torque[..., -1, :] + tail[..., 1, :]
    return magnets.components(on_left, on_right)


def check_bias(unbiased, bias, height):
    """Warn of a barrier that is none, and of a bias that shuts a band to part of the window."""
    if height <= 0:
        warnings.warn(f"`barrier_height` = {height:g} eV is below the Fermi energy: this is no barrier", stacklevel=3)
    elif abs(bias) / 2 >= height:
        warnings.warn(f"a bias of {bias:g} V lowers a side of the barrier below the Fermi energy", stacklevel=3)
    for side, lead, shift in (("left", unbiased.left, bias / 2), ("right", unbiased.right, -bias / 2)):
        low = -abs(bias) / 2
        for spin, bottom in zip(("majority", "minority"), lead.material.bottoms, strict=True):
            if bottom < 0 and low <= bottom + shift:
                warnings.warn(
                    f"a bias of {bias:g} V lifts the bottom of the {spin} band of the {side} lead to "
                    f"{bottom + shift:.3g} eV, above the lower chemical potential {low:.3g} eV: part of the window is "
                    "shut to it",
                    stacklevel=3,
                )


def compute(parameters, **options):
    """The junction at its bias: sea and window apart along `part`, with the results."""
    bias, temperature, magnets = parameters["bias"], parameters["temperature"], Magnets(parameters["angle"])
    check_bias(stack(**parameters), bias, parameters["barrier_height"])

    def at(angle, bias, derived, sea=True):
        layers = stack(**parameters | {"angle": angle}).biased(bias)
        mu = bias / 2, -bias / 2
        return steady_state(layers, *mu, temperature=temperature, derived=derived, sea=sea, **options)

    derived = partial(on_magnets, magnets)
    data = at(magnets.angle, bias, derived)
    key = shared_key(parameters, options)
    rest = data if bias == 0 else EQUILIBRIUM(key, lambda: at(magnets.angle, 0.0, derived))
    collinear = [at(angle, bias or SMALL_BIAS, transmitted, sea=False) for angle in (0.0, 180.0)]
    currents = [abs(float(one.transmitted.sum("part"))) for one in collinear]
    ratio = currents[0] / currents[1]
    error_of_ratio = sum(one.transmitted.attrs["error"] / value for one, value in zip(collinear, currents, strict=True))

    results = {name: total(data[name]) for name in magnets.components(np.zeros(3), np.zeros(3))}
    return with_results(
        together(data, rest, *collinear),
        RESULTS,
        current=total(data.particle_current_limit.sel(lead="right").assign_attrs(data.particle_current_limit.attrs)),
        tmr=estimate(ratio - 1, ratio * error_of_ratio),
        torque_out_of_plane_equilibrium=total(rest.torque_out_of_plane),
        **results,
    )


def derivatives(data):
    """A sweep of `bias` with differential conductance and torkances, dI/dV and dT/dV by central differences.

    Adds `differential_conductance` (S/um^2) and `torkance_in_plane`, `torkance_out_of_plane` (1/nm^2 per V of bias).
    """
    if "done" not in data or data.done.dims != ("bias",):
        raise InputError("derivatives need a sweep of `bias` alone")
    siemens = 2 * np.pi * CONDUCTANCE_QUANTUM * 1e6
    slopes = {
        "differential_conductance": (siemens, "current", "S/um^2", "differential conductance"),
        "torkance_in_plane": (1.0, "torque_in_plane", "1/nm^2", "in-plane torkance dT/dV"),
        "torkance_out_of_plane": (1.0, "torque_out_of_plane", "1/nm^2", "out-of-plane torkance dT/dV"),
    }
    for name, (factor, result, unit, label) in slopes.items():
        slope = factor * data[f"result_{result}"].differentiate("bias")
        data = data.assign({name: slope.assign_attrs(units=unit, long_name=label)})
    return data


SYSTEM = System(
    name="magnetic-tunnel-junction",
    shows="tunnel magnetoresistance and both torques under a bias",
    seed="Ralph & Stiles, section 5",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=spin_currents,
    sweep_figures={"bias": torques_against_bias},
)
