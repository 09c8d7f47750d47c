"""Electrons of a whole Fermi surface meet a ferromagnet.

Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 3.

N | F, free electrons, m = z. The transverse spin that enters precesses, at every k_par
with another period: summed over the Fermi surface it dephases, slowly in free
electrons, and the magnet takes all of it (eq. 15-16). What is reflected makes the
difference, the mixing conductance: for electrons of spin p

    torque = Re g m x (p x m) - Im g m x p,
    g = sum over modes of (1 - r_up r_down*),

with p = x incident. It is read off the spin current in the normal metal, incident minus
reflected, which is the torque where the magnet takes all of it; without any exchange
nothing does, and g is the conductance. The profiles are per incident particle, so that
the incident spin current is 1/2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kwantorque.materials import FreeElectron
from kwantorque.plot import spin_currents
from kwantorque.results import estimate_of, per_current
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Result, together, with_results
from kwantorque.systems.layered import LayeredSystem, transmitted
from kwantorque.systems.parameters import KF_DOWN, KF_NORMAL, KF_UP, SPACING
from kwantorque.systems.runs import Runs
from kwantorque.transport import Numerics, torques

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

__all__ = ["SYSTEM", "spin_and_current", "torque_on_a_layer"]

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
    magnet = Layer(FreeElectron.from_wavevectors(p["kf_up"], p["kf_down"]), F_LENGTH, m="z", name="magnet")
    return Stack([metal, magnet], p["spacing"])


def spin_and_current(values: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """What decides about the k integral: transverse spin, and transmitted current.

    The spin is the current far inside the normal metal, incident minus reflected, and
    the torque on the magnet. Linear in the values, with leading dimensions kept.

    Parameters
    ----------
    values : dict of arrays (..., axis), (..., lead, axis) and (..., lead)

    Returns
    -------
    dict of (...) arrays
        spin_x, spin_y, torque_x, torque_y, transmitted.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.systems.normal_ferromagnet_interface import spin_and_current
    >>> total, current = np.array([0.5, 0.1, 0.0]), np.array([0.8, 0.8])
    >>> spin = np.array([[0.5, 0.1, 0.0], [0.0, 0.0, 0.0]])
    >>> values = {"exchange_torque_total": total, "particle_current_limit": current}
    >>> found = spin_and_current(values | {"spin_current_limit": spin})
    >>> {name: float(x) for name, x in found.items() if not name.startswith("torque")}
    {'spin_x': 0.5, 'spin_y': 0.1, 'transmitted': 0.8}
    """
    spin, torque = values["spin_current_limit"][..., 0, :], values["exchange_torque_total"]
    components = {f"spin_{x}": spin[..., i] for i, x in enumerate("xy")}
    return components | {f"torque_{x}": torque[..., i] for i, x in enumerate("xy")} | transmitted(values)


def compute(parameters: Mapping[str, Any], numerics: Numerics, asked: Sequence[Result] = RESULTS) -> xr.Dataset:
    """Response to electrons of spin x, and the conductances of both spins.

    Divided by the incident current.
    """
    layers = stack(parameters)

    def response(spin, derived):
        return torques(layers, 0.0, incident_spin=spin, derived=derived, **numerics)

    run = Runs(
        across=partial(response, "x", spin_and_current),
        up=partial(response, "z", transmitted),
        down=partial(response, "-z", transmitted),
    )
    # One mode per k: the sum of modes over the plane is 2 pi times the response.
    estimates = {
        "sharvin": lambda: 2 * np.pi * estimate_of(run.across, "incident_current"),
        "mixing_real": lambda: 4 * np.pi * estimate_of(run.across, "spin_x"),
        "mixing_imag": lambda: -4 * np.pi * estimate_of(run.across, "spin_y"),
        "conductance_up": lambda: 2 * np.pi * estimate_of(run.up, "transmitted"),
        "conductance_down": lambda: 2 * np.pi * estimate_of(run.down, "transmitted"),
    }
    estimates = run.those_of(asked, estimates)
    first, *others = run.among("across", "up", "down")
    return with_results(together(per_current(first, incident=True), *others), asked, estimates)


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
    layers = [whole.layers[0], Layer(whole.layers[1].material, thickness, m="z")]
    slab = Stack(layers, whole.spacing, right=whole.left)
    data = torques(slab, 0.0, incident_spin="x", derived=spin_and_current, **numerics)
    return tuple(float(2 * data[name] / data.incident_current) for name in ("torque_x", "torque_y"))


SYSTEM = LayeredSystem(
    name="normal-ferromagnet-interface",
    shows="transverse spin is absorbed at an interface: dephasing and mixing conductance",
    source="Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 3",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=spin_currents,
    selective=True,
)
