"""Spin mixing conductance: what a magnet takes of the transverse spin it is hit by."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import commutator, direction
from ..errors import InputError, finite, named
from ..results.conductance import conductance, with_conductance
from ..results.estimate import Estimate, estimate_of, together
from ..structures.chain import discretise
from .response import torques
from .run import Numerics, check_stack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor

    import xarray as xr
    from numpy.typing import NDArray

    from ..integration.plane import PolarRule
    from ..scattering import Solver
    from ..structures.stack import Stack

__all__ = ["NUMBERS", "mixing_conductance", "transmitted", "transverse_spin"]

NUMBERS = {
    "sharvin": "Sharvin conductance of the left lead, per spin",
    "mixing_real": "real part of the mixing conductance",
    "mixing_imag": "imaginary part of the mixing conductance",
    "spin_transmission_real": "real part of the transmitted mixing conductance",
    "spin_transmission_imag": "imaginary part of the transmitted mixing conductance",
    "conductance_up": "conductance of spin along m",
    "conductance_down": "conductance of spin along -m",
}
"""What is added to the Dataset, all in e^2/h/nm^2."""
PROBE = np.array([[0.31, 0.17], [-0.83, 0.45]])
"""In-plane wavevectors (1/nm) of no symmetry."""
PARALLEL = 1e-9
"""Largest transverse part of a unit vector that is rounding."""


@named
def mixing_conductance(
    stack: Stack,
    energy: float = 0.0,
    *,
    tolerance: float = 1e-3,
    solver: Solver | None = None,
    kpar: PolarRule | None = None,
    executor: Executor | None = None,
    progress: bool = True,
    criterion: str = "largest",
) -> xr.Dataset:
    """Mixing conductance and spin transmission of a normal metal | magnet stack.

    Per area, of all modes that come in from the left lead,

        g = (1/A) sum_modes (1 - r_up r_down*),        reflection,
        t = (1/A) sum_modes t_up t_down*,              transmission into the right lead,

    with up and down along +m and -m. They say what becomes of electrons of spin p
    perpendicular to m, one in every mode, in units of hbar/2:

        spin that enters    Re g p - Im g m x p,
        spin that leaves    Re t p - Im t m x p,

    and the difference is the torque on the magnetisation. If the right lead is a
    magnet, all spin has dephased far inside it, and t = 0.

    Parameters
    ----------
    stack : Stack
        Its left lead is not magnetic, all its magnets lie along one axis m, and nothing
        in it turns spins.
    energy : float, eV
        Fermi energy.
    tolerance, solver, kpar, executor, progress, criterion
        As in `kwantorque.torques`.

    Returns
    -------
    xarray.Dataset
        Numbers in e^2/h/nm^2, each with `<name>_error`: mixing_real, mixing_imag (of
        g), spin_transmission_real, spin_transmission_imag (of t), conductance_up,
        conductance_down, and sharvin, that of the left lead per spin. Besides, what
        `kwantorque.torques` returns for incident spin p. attrs as there, and
        incident_spin, p.

    Raises
    ------
    InputError
        The magnets are not collinear, a term turns the spin along m (Rashba coupling),
        the left lead is magnetic, or as `kwantorque.torques` does.
    ComputationError
        The balance does not close to 1e-8.

    References
    ----------
    Brataas, Bauer & Kelly, Phys. Rep. 427, 157 (2006); the transmitted one: Tserkovnyak
    et al., Rev. Mod. Phys. 77, 1375 (2005). Its sign of Im g: Ralph & Stiles, J. Magn.
    Magn. Mater. 320, 1190 (2008), section 3.

    Examples
    --------
    A metal whose majority fits the magnet's: nearly everything transverse goes in.

    >>> import kwantorque as kt
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> cobalt = kt.FreeElectron.from_wavevectors(13.6, 8.0)
    >>> stack = kt.Stack([kt.Layer(copper, 0.5), kt.Layer(cobalt, 0.5, m="z")], 0.05)
    >>> data = kt.mixing_conductance(stack, tolerance=0.01, progress=False)
    >>> data.mixing_real.attrs["units"]
    'e^2/h/nm^2'
    >>> bool(abs(data.mixing_real / data.sharvin - 1) < 0.02)
    True
    >>> along_z, along_x = kt.Layer(cobalt, 0.5, m="z"), kt.Layer(cobalt, 0.5, m="x")
    >>> kt.mixing_conductance(kt.Stack([kt.Layer(copper, 0.5), along_z, along_x], 0.05))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a mixing conductance needs magnets along one ...
    """
    numerics = Numerics(tolerance, solver, kpar, executor, progress, criterion)
    energy = finite("energy", energy, "eV")
    m = _axis(check_stack(stack))
    p = direction("x") if abs(m[0]) < 0.9 else direction("y")
    p = direction(p - (p @ m) * m)
    spins = {"transverse": p, "up": m, "down": -m}
    derived = partial(transverse_spin, p, np.cross(m, p))
    runs = {
        name: torques(
            stack, energy, incident_spin=spin, derived=derived if name == "transverse" else transmitted, **numerics
        )
        for name, spin in spins.items()
    }
    data = runs["transverse"]
    # One mode per k, whose spin is 1/2.
    numbers = {"sharvin": conductance(estimate_of(data, "incident_current"))}
    for name, side in (("mixing", "left"), ("spin_transmission", "right")):
        numbers[f"{name}_real"] = 2 * conductance(estimate_of(data, f"spin_{side}_p"))
        numbers[f"{name}_imag"] = -2 * conductance(estimate_of(data, f"spin_{side}_q"))
    for name in ("up", "down"):
        numbers[f"conductance_{name}"] = conductance(estimate_of(runs[name], "transmitted"))
    through = estimate_of(runs["up"], "transmitted") + estimate_of(runs["down"], "transmitted")
    return together(with_conductance(_with_numbers(data, numbers), through), *list(runs.values())[1:])


def transverse_spin(p: NDArray, q: NDArray, values: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """What decides about the k integral: the spin currents along p and q, transmission.

    Far inside the left and the right lead. Linear in the values, with leading
    dimensions kept.

    Parameters
    ----------
    p, q : unit vectors (3,)
    values : dict of arrays (..., lead, axis) and (..., lead)

    Returns
    -------
    dict of (...) arrays
        spin_left_p, spin_left_q, spin_right_p, spin_right_q, transmitted.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.transport.mixing import transverse_spin
    >>> spin = np.array([[0.5, 0.1, 0.0], [0.2, 0.0, 0.0]])
    >>> values = {"spin_current_limit": spin, "particle_current_limit": np.ones(2)}
    >>> found = transverse_spin(np.array([1, 0, 0]), np.array([0, 1, 0]), values)
    >>> {name: float(value) for name, value in found.items() if name.endswith("_p")}
    {'spin_left_p': 0.5, 'spin_right_p': 0.2}
    """
    spin = values["spin_current_limit"]
    along = {
        f"spin_{side}_{name}": spin[..., i, :] @ axis
        for i, side in enumerate(("left", "right"))
        for name, axis in (("p", p), ("q", q))
    }
    return along | transmitted(values)


def transmitted(values: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """What `derived` is in runs that are after the current only.

    The flux into the right lead: (..., lead) -> (...).
    """
    return {"transmitted": values["particle_current_limit"][..., 1]}


def _axis(stack: Stack) -> NDArray:
    """The one axis of all magnets, along the first one's m; z if there is none.

    Raises
    ------
    InputError
        There are several, or a term does not commute with the spin along it.
    """
    places = [(region.layer, z) for region in stack.regions for z in stack.positions(region)]
    directions = [layer.magnetisation_at(float(z)) for layer, z in places if layer.m is not None]
    axis = directions[0] if directions else direction("z")
    if any(np.abs(np.cross(axis, one)).max() > PARALLEL for one in directions):
        raise InputError(
            "a mixing conductance needs magnets along one axis, and these are not collinear: reflection of up and "
            "down has no meaning; `kwantorque.torques(..., incident_spin=...)` has their torques"
        )
    along = np.einsum("i,iab->ab", axis, stack.left.material.spin)
    chain = discretise(stack, PROBE)
    for name, blocks in (*chain.onsite.items(), *chain.hopping.items()):
        if np.abs(commutator(blocks, along)).max() > PARALLEL * np.abs(blocks).max():
            raise InputError(
                f"a mixing conductance needs reflections that keep the spin along m, but the term {name!r} turns it; "
                "`kwantorque.torques(..., incident_spin=...)` has the torques"
            )
    return axis


def _with_numbers(data: xr.Dataset, numbers: Mapping[str, Estimate]) -> xr.Dataset:
    """`data` with these numbers instead of the spin currents they come from."""
    by_products = [name for name, one in data.data_vars.items() if one.attrs.get("kind") == "derived"]
    added = {}
    for name, number in numbers.items():
        added[name] = ((), number.value, {"units": "e^2/h/nm^2", "long_name": NUMBERS[name]})
        added[f"{name}_error"] = ((), number.error, {"units": "e^2/h/nm^2", "long_name": f"largest error of {name}"})
    return data.drop_vars(by_products).assign(added)
