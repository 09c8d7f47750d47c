"""One electron meets a ferromagnet.

Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 3, toy models 1 (any
layer, by its amplitudes, eq. 8-11) and 2 (a step, eq. 12-14).

It comes from a normal metal at normal incidence, its spin at `angle` to the
magnetisation m = z, (sin angle, 0, cos angle). The majority (spin along +m) sees no
step, the minority one of `step`. The magnet is semi-infinite (thickness 0, toy model 2)
or a slab in the metal (a layer as in toy model 1); with step > C k^2 the minority is
evanescent in it (eq. 14).

Torque per incident particle flux, in hbar: incident minus reflected minus transmitted
spin current. With the amplitudes of both spins (eq. 10-13; the sign of the terms with
Im in eq. 6, 10 and 11 is corrected, see docs/conventions.md)

    N_x = (sin angle/2) [1 - Re(t_up t_down* + r_up r_down*)],
    N_y = +(sin angle/2) Im(t_up t_down* + r_up r_down*),

without the t for the semi-infinite magnet, in which the transmitted spin precesses with
no end: its sum over depth is taken as the mean about which it oscillates.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kwantorque.materials import FreeElectron
from kwantorque.plot import spin_currents
from kwantorque.results import Estimate
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, Result, together, with_results
from kwantorque.systems.layered import LayeredSystem
from kwantorque.systems.magnets import magnet
from kwantorque.systems.parameters import ANGLE, SPACING
from kwantorque.transport import Numerics, torques_at
from kwantorque.transport.rounding import rounding_of
from kwantorque.units import HBAR2_OVER_2M0

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SYSTEM"]

SHOWN = 2.0
"""Length in nm of the metal, and of a semi-infinite magnet, that profiles show."""
PARAMETERS = (
    Parameter("k", 10.0, "1/nm", "wavevector of the electron, and of the majority in the magnet", positive=True),
    Parameter("step", 2.0, "eV", "potential step for the minority"),
    ANGLE.but(default=30.0, meaning="angle between the incident spin and the magnetisation"),
    Parameter("thickness", 0.0, "nm", "thickness of the magnet; 0 is semi-infinite", signed=False),
    SPACING.but(default=0.005),
)
RESULTS = (
    Result("torque_in_plane", "hbar", "torque N_x on the magnetisation per incident particle flux"),
    Result("torque_out_of_plane", "hbar", "torque N_y on the magnetisation per incident particle flux"),
    Result("reflectance_up", "1", "reflected part of the majority"),
    Result("reflectance_down", "1", "reflected part of the minority"),
)


def stack(p: Mapping[str, Any]) -> Stack:
    """Normal metal | magnet, or normal metal | magnet | normal metal, with E_F = 0."""
    bottom, spacing = -HBAR2_OVER_2M0 * p["k"] ** 2, p["spacing"]
    metal = FreeElectron(bottom=bottom)
    ferromagnet = FreeElectron(exchange=-p["step"], bottom=bottom + p["step"] / 2)
    length = round(SHOWN / spacing) * spacing if spacing < SHOWN else SHOWN
    layers = [
        Layer(metal, length, name="metal"),
        magnet(ferromagnet, p["thickness"] or length, m="z", name="magnet"),
    ]
    return Stack(layers, spacing, right=Layer(metal) if p["thickness"] else None)


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """The electron's spin current and torques, with the results.

    There is nothing to integrate: all errors are those of the lattice, and rounding.
    """
    started = time.perf_counter()
    layers = stack(parameters)
    turn = np.radians(parameters["angle"])

    def incoming(spin):
        data = torques_at(layers, [[0.0, 0.0]], 0.0, incident_spin=spin, solver=numerics.solver)
        return data.isel(k=0).assign_attrs(k_points=data.sizes["k"], error_estimate=0.0)

    def rounded(data, name, value):
        values = {one: data[one].values for one in data.data_vars}
        return Estimate(float(value), rounding_of(layers, values)[name])

    data, up, down = incoming((np.sin(turn), 0.0, np.cos(turn))), incoming("z"), incoming("-z")
    torque, through = data.exchange_torque_total, "particle_current_limit"
    estimates = {
        "torque_in_plane": rounded(data, torque.name, torque.sel(axis="x")),
        "torque_out_of_plane": rounded(data, torque.name, torque.sel(axis="y")),
        "reflectance_up": rounded(up, through, 1 - up[through].sel(lead="right")),
        "reflectance_down": rounded(down, through, 1 - down[through].sel(lead="right")),
    }
    data = together(data, up, down).assign_attrs(tolerance=numerics.tolerance, seconds=time.perf_counter() - started)
    return with_results(data, RESULTS, estimates)


SYSTEM = LayeredSystem(
    name="spin-filter",
    shows="spin filter and precession: how one electron twists a magnet",
    source="Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 3, toy models 1 and 2",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=spin_currents,
    at_one_k=True,
)
