"""Electrons of a whole Fermi surface meet a ferromagnet.

Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 3.

N | F, free electrons, m = z. The transverse spin that enters precesses, at every k_par with another period: summed over
the Fermi surface it dephases, slowly in free electrons, and the magnet takes all of it (eq. 15-16). What is reflected
makes the difference, the mixing conductance: for electrons of spin p

    torque = Re g m x (p x m) - Im g m x p,        g = sum over modes of (1 - r_up r_down*),

here read off the torque itself, with p = x incident. The profiles are per incident particle, so that the incident spin
current is 1/2.
"""

import numpy as np

from kwantorque.materials import FreeElectron
from kwantorque.plot import spin_currents
from kwantorque.results import per_current
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, Result, System, estimate, together, transmitted, with_results
from kwantorque.transport.response import torques

__all__ = ["PARAMETERS", "SYSTEM", "torque_and_current", "torque_on_a_layer"]

N_LENGTH, F_LENGTH = 1.0, 4.0
"""Lengths in nm that the profiles show."""
PARAMETERS = (
    Parameter("kf_normal", 13.6, "1/nm", "Fermi wavevector of the normal metal", positive=True),
    Parameter("kf_up", 13.6, "1/nm", "Fermi wavevector of the majority", positive=True),
    Parameter("kf_down", 8.0, "1/nm", "Fermi wavevector of the minority", positive=True),
    Parameter("spacing", 0.02, "nm", "lattice spacing of the discretisation", positive=True),
)
RESULTS = (
    Result("sharvin", "e^2/h/nm^2", "Sharvin conductance of the normal metal, per spin"),
    Result("mixing_real", "e^2/h/nm^2", "real part of the mixing conductance"),
    Result("mixing_imag", "e^2/h/nm^2", "imaginary part of the mixing conductance"),
    Result("conductance_up", "e^2/h/nm^2", "conductance of the majority"),
    Result("conductance_down", "e^2/h/nm^2", "conductance of the minority"),
)


def stack(kf_normal, kf_up, kf_down, spacing):
    """Normal metal | ferromagnet, each continued into its lead."""
    metal = FreeElectron.from_wavevectors(kf_normal)
    magnet = FreeElectron.from_wavevectors(kf_up, kf_down)
    return Stack([Layer(metal, N_LENGTH), Layer(magnet, F_LENGTH, m="z")], spacing)


def torque_and_current(values):
    """What decides about the k integral: the torque on the magnet, and what is transmitted."""
    torque = values["exchange_torque_total"]
    return {"torque_x": torque[..., 0], "torque_y": torque[..., 1]} | transmitted(values)


def compute(parameters, **options):
    """Response to electrons of spin x, and the conductances of both spins; divided by the incident current."""
    layers = stack(**parameters)
    data = torques(layers, 0.0, incident_spin="x", derived=torque_and_current, **options)
    up, down = (torques(layers, 0.0, incident_spin=s, derived=transmitted, **options) for s in ("z", "-z"))

    # One mode per k: the sum of modes over the plane is 2 pi times the response.
    def conductance(variable, factor=1):
        factor = 2 * np.pi * factor
        return estimate(factor * variable, abs(factor) * variable.attrs["error"])

    results = {
        "sharvin": conductance(data.incident_current),
        "mixing_real": conductance(data.torque_x, 2),
        "mixing_imag": conductance(data.torque_y, -2),
        "conductance_up": conductance(up.transmitted),
        "conductance_down": conductance(down.transmitted),
    }
    return with_results(together(per_current(data, incident=True), up, down), RESULTS, **results)


def torque_on_a_layer(thickness, options=None, **given):
    """Torque on a ferromagnetic layer between normal metals over the transverse spin that comes in.

    One for a thick layer that reflects no transverse spin (eq. 15 of Ralph and Stiles, 2008); a thin one lets part of
    it through.

    Parameters
    ----------
    thickness : float, nm
    options : dict of options of `kwantorque.torques`
    given : parameters of the system, by name

    Returns
    -------
    in_plane, out_of_plane : float
        Components along the incident spin x and along y, over the incident transverse spin current.
    """
    parameters = SYSTEM.complete(given)
    whole = stack(**parameters)
    layers = [whole.layers[0], Layer(whole.layers[1].material, thickness, m="z")]
    slab = Stack(layers, whole.spacing, right=whole.left)
    data = torques(slab, 0.0, incident_spin="x", derived=torque_and_current, **(options or {}))
    return tuple(float(2 * data[name] / data.incident_current) for name in ("torque_x", "torque_y"))


SYSTEM = System(
    name="normal-ferromagnet-interface",
    shows="transverse spin is absorbed at an interface: dephasing and mixing conductance",
    seed="Ralph & Stiles, section 3",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=spin_currents,
)
