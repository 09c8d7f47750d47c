"""Electrons of a whole Fermi surface meet a ferromagnet.

Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 3.

N | F, free electrons, m = z. The transverse spin that enters precesses, at every k_par
with another period: summed over the Fermi surface it dephases, slowly in free
electrons, and the magnet takes all of it (eq. 15-16). What is reflected makes the
difference, the mixing conductance (`kwantorque.mixing_conductance`): for electrons of
spin p

    torque = Re g m x (p x m) - Im g m x p,
    g = sum over modes of (1 - r_up r_down*),

with p = x incident. It is read off the spin current in the normal metal, incident minus
reflected, which is the torque where the magnet takes all of it; without any exchange
nothing does, and g is the conductance. The profiles are per incident particle, so that
the incident spin current is 1/2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kwantorque.materials import FreeElectron
from kwantorque.plot import spin_currents
from kwantorque.results import estimate_of, per_current
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Result, with_results
from kwantorque.systems.layered import LayeredSystem
from kwantorque.systems.magnets import magnet
from kwantorque.systems.parameters import KF_DOWN, KF_NORMAL, KF_UP, SPACING
from kwantorque.transport import Numerics, mixing_conductance
from kwantorque.transport.mixing import NUMBERS

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SYSTEM", "torque_on_a_layer"]

N_LENGTH, F_LENGTH = 1.0, 4.0
"""Lengths in nm that the profiles show."""
PARAMETERS = (KF_NORMAL, KF_UP, KF_DOWN, SPACING)
RESULTS = (
    Result("sharvin", "e^2/h/nm^2", "Sharvin conductance of the normal metal, per spin"),
    Result("mixing_real", "e^2/h/nm^2", "real part of the mixing conductance"),
    Result("mixing_imag", "e^2/h/nm^2", "imaginary part of the mixing conductance"),
    Result("conductance_up", "e^2/h/nm^2", "conductance of the majority"),
    Result("conductance_down", "e^2/h/nm^2", "conductance of the minority"),
)


def stack(p: Mapping[str, Any]) -> Stack:
    """Normal metal | ferromagnet, each continued into its lead."""
    metal = Layer(FreeElectron.from_wavevectors(p["kf_normal"]), N_LENGTH, name="metal")
    ferromagnet = magnet(FreeElectron.from_wavevectors(p["kf_up"], p["kf_down"]), F_LENGTH, m="z", name="magnet")
    return Stack([metal, ferromagnet], p["spacing"])


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """Response to electrons of spin x, and the conductances of both spins.

    Divided by the incident current.
    """
    data = mixing_conductance(stack(parameters), 0.0, **numerics)
    estimates = {result.name: estimate_of(data, result.name) for result in RESULTS}
    profiles = data.drop_vars([one for name in NUMBERS for one in (name, f"{name}_error")])
    return with_results(per_current(profiles, incident=True), RESULTS, estimates)


def torque_on_a_layer(thickness: float, *, numerics: Numerics | None = None, **given: Any) -> tuple[float, float]:
    """Torque on a ferromagnetic layer over the transverse spin that comes in.

    The layer lies between normal metals, m = z.

    One for a thick layer that reflects no transverse spin (eq. 15 of Ralph and Stiles,
    2008); a thin one lets part of it through.

    Parameters
    ----------
    thickness : float, nm
    numerics : Numerics, optional
    given
        Parameters of the system, and settings of `Numerics`, by name.

    Returns
    -------
    in_plane, out_of_plane : float
        Components along the incident spin x and along y, over the incident transverse
        spin current.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.normal_ferromagnet_interface import torque_on_a_layer
    >>> coarse = {"spacing": 0.05, "tolerance": 0.1, "progress": False}
    >>> in_plane, _ = torque_on_a_layer(2.0, **coarse)
    >>> 0.8 < in_plane < 1.2
    True
    """
    numerics, given = Numerics.among(given, numerics)
    whole = stack(SYSTEM.complete(given))
    layers = [whole.layers[0], magnet(whole.layers[1].material, thickness, m="z")]
    slab = Stack(layers, whole.spacing, right=whole.left)
    data = mixing_conductance(slab, 0.0, **numerics)
    taken = {part: float(data[f"mixing_{part}"] - data[f"spin_transmission_{part}"]) for part in ("real", "imag")}
    return taken["real"] / float(data.sharvin), -taken["imag"] / float(data.sharvin)


SYSTEM = LayeredSystem(
    name="normal-ferromagnet-interface",
    shows="transverse spin is absorbed at an interface: dephasing and mixing conductance",
    source="Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 3",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=spin_currents,
)
