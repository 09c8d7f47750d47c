"""Electrons follow the magnetisation through a domain wall.

Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 5; the weighted totals and their signs are explained
in docs/conventions.md.

m = (sin theta, 0, cos theta) = (sech(z/w), 0, -tanh(z/w)) between leads magnetised along +z and -z; H_ex = -(splitting)
m.s, so that the majority has its spin along m. With e_theta = (cos theta, 0, -sin theta) and m x e_theta = y,

    A = sum of torque.e_theta sin(theta) / I      adiabatic part,      -> -P, the polarisation of the current
    B = sum of torque.y sin(theta) / I            non-adiabatic part

The weight sin(theta) = w dtheta/dz makes both independent of where the sum ends. B and the wall's resistance
come from electrons reflected by it: in one channel they fall exponentially with its width, summed over k_par as
1/w^2 only, since some electrons always graze the wall.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from kwantorque.errors import InputError
from kwantorque.materials import FreeElectron
from kwantorque.plot import against_width, wall_torques
from kwantorque.results import per_current
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, Result, System, estimate, with_results
from kwantorque.transport.response import torques
from kwantorque.units import OHM_NM2_PER_CONDUCTANCE

__all__ = ["PARAMETERS", "SYSTEM", "Spiral", "Wall", "weighted_totals"]

NARROWEST = 2
"""Width in spacings below which a wall is not resolved."""
HALF_WIDTHS = 12
"""The wall is computed up to this many widths on either side, where sech = 1e-5."""
PARAMETERS = (
    Parameter("width", 2.0, "nm", "w of the wall", positive=True),
    Parameter("exchange", 0.4, "eV", "splitting of the bands"),
    Parameter("fermi_energy", 1.0, "eV", "Fermi energy above the mean of both band bottoms"),
    Parameter("spacing", 0.05, "nm", "lattice spacing of the discretisation", positive=True),
)
RESULTS = (
    Result("conductance", "e^2/h/nm^2", "conductance with the wall"),
    Result("torque_adiabatic", "hbar I/e", "A: torque along e_theta, weighted with sin(theta)"),
    Result("torque_nonadiabatic", "hbar I/e", "B: torque along m x e_theta, weighted with sin(theta)"),
    Result("wall_resistance", "fohm m^2", "1/G with the wall minus 1/G without it"),
)


@dataclass(frozen=True)
class Wall:
    """Magnetisation of a wall of width `width` (nm) at `centre` (nm): +z on the left, -z on the right."""

    width: float
    centre: float

    def __call__(self, z):
        x = (z - self.centre) / self.width
        return (1 / np.cosh(x), 0.0, -np.tanh(x))


@dataclass(frozen=True)
class Spiral:
    """Magnetisation that turns in the x-z plane by a full turn every `period` (nm), from +z at z = 0."""

    period: float

    def __call__(self, z):
        angle = 2 * np.pi * z / self.period
        return (np.sin(angle), 0.0, np.cos(angle))


def stack(width, exchange, fermi_energy, spacing):
    """One textured layer between collinear leads."""
    if exchange == 0:
        raise InputError("`exchange` must not be 0 eV: without a splitting there is no wall")
    if width < NARROWEST * spacing:
        raise InputError(f"`width` must be at least {NARROWEST} spacings of {spacing:g} nm, got {width:g} nm")
    half = max(round(HALF_WIDTHS * width / spacing), 2) * spacing
    magnet = FreeElectron(exchange=-exchange)
    return Stack(
        [Layer(magnet, 2 * half, m=Wall(width, half))], spacing, left=Layer(magnet, m="z"), right=Layer(magnet, m="-z")
    )


def weighted_totals(m, values):
    """A, B and what is reflected, before the division by the current."""
    e_theta = np.stack([m[:, 2], np.zeros(len(m)), -m[:, 0]], axis=1)
    torque = values["exchange_torque"] * m[:, :1]
    return {
        "adiabatic": (torque * e_theta).sum(axis=(-1, -2)),
        "nonadiabatic": torque[..., 1].sum(axis=-1),
        "reflected": values["incident_current"] - values["particle_current_limit"][..., 1],
    }


def compute(parameters, **options):
    """The wall in hbar I/e, with its results."""
    layers = stack(**parameters)
    m = np.array([layers.layers[0].m(z) for z in layers.z])
    data = torques(layers, parameters["fermi_energy"], derived=partial(weighted_totals, m), **options)
    g, incident = (2 * np.pi * float(x) for x in (data.particle_current_limit.sel(lead="right"), data.incident_current))
    reflected = 2 * np.pi * data.reflected
    error = 2 * np.pi * data.reflected.attrs["error"]
    error_of_g = 2 * np.pi * data.particle_current_limit.attrs["error"]
    data = per_current(data)
    resistance = OHM_NM2_PER_CONDUCTANCE * 1e-3 / (g * incident)
    return with_results(
        data.assign(magnetisation=(("site", "axis"), m, {"long_name": "direction of the magnetisation"})),
        RESULTS,
        conductance=estimate(g, error_of_g),
        torque_adiabatic=data.adiabatic,
        torque_nonadiabatic=data.nonadiabatic,
        wall_resistance=estimate(resistance * reflected, resistance * error),
    )


SYSTEM = System(
    name="domain-wall",
    shows="adiabatic and non-adiabatic torque on a domain wall, and its resistance",
    seed="Ralph & Stiles, section 6",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=wall_torques,
    sweep_figures={"width": against_width},
)
