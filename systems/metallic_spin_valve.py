"""Giant magnetoresistance and torques of N | F1 | N | F2 | N, ballistic free electrons.

Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 4.

m_1 = z, m_2 = (sin angle, 0, cos angle); particles flow from F1 to F2. Conductance and
torques are the linear response to a bias shared by both leads: half of the states from
the left minus half of those from the right, which is what a bias adds to equilibrium.
In-plane and out-of-plane components as in `magnets.Magnets`. `exchange_coupling` is the
out-of-plane torque on F2 in equilibrium, from the Fermi sea: -dOmega/d(angle) of the
grand potential; positive is antiferromagnetic. It oscillates with the spacer thickness
with a period pi/k_F.

All channels are coherent, with sharp resonances; semiclassical theories average over
them. `fit_efficiency` fits the torque by eta(angle) = q/(A + B cos angle) (eq. 25),
`circuit_theory` is what the interfaces alone predict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.optimize import least_squares

from kwantorque.errors import InputError
from kwantorque.materials import FreeElectron
from kwantorque.plot import spin_currents
from kwantorque.results import conductance, estimate_of, per_current
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, Result, together, with_results
from kwantorque.systems.layered import LayeredSystem, current_of, in_unit
from kwantorque.systems.magnets import Magnets, magnet
from kwantorque.systems.parameters import ANGLE, FM_LENGTH, KF_DOWN, KF_NORMAL, KF_UP, SPACING
from kwantorque.systems.runs import Runs, numbers_about
from kwantorque.transport import Numerics, steady_state, torques, torques_at
from kwantorque.transport.mixing import transmitted

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

__all__ = ["SYSTEM", "Efficiency", "circuit_theory", "fit_efficiency", "on_layers"]

OUTSIDE = 0.4
"""Length in nm of the normal metal that profiles show on either side."""
PARAMETERS = (
    KF_NORMAL,
    KF_UP,
    KF_DOWN,
    FM_LENGTH,
    Parameter("spacer_length", 2.0, "nm", "thickness of the normal metal between them", positive=True),
    ANGLE,
    SPACING,
)
RESULTS = (
    Result("conductance", "e^2/h/nm^2", "conductance at this angle"),
    Result("gmr", "1", "giant magnetoresistance: R(180)/R(0) - 1"),
    Result("torque_in_plane", "hbar I/e", "in-plane torque on F2"),
    Result(
        "torque_out_of_plane",
        "hbar I/e",
        "out-of-plane torque on F2 by a current: (states from the left - from the right)/2",
    ),
    Result("torque_in_plane_fixed", "hbar I/e", "in-plane torque on F1"),
    Result(
        "torque_out_of_plane_fixed",
        "hbar I/e",
        "out-of-plane torque on F1 by a current: (states from the left - from the right)/2",
    ),
    Result("exchange_coupling", "eV/nm^2", "exchange coupling: out-of-plane torque on F2 in equilibrium"),
)


TORQUES = {
    "torque_in_plane": "torque_in_plane",
    "torque_out_of_plane": "torque_out_of_plane",
    "torque_in_plane_fixed": "torque_in_plane_left",
    "torque_out_of_plane_fixed": "torque_out_of_plane_left",
}
"""Results on F2 and on F1, the fixed one, by the components of `Magnets`."""


def stack(p: Mapping[str, Any]) -> Stack:
    """Normal metal | F1 | normal metal | F2 | normal metal."""
    magnets, spacing = Magnets(p["angle"]), p["spacing"]
    metal = FreeElectron.from_wavevectors(p["kf_normal"])
    ferromagnet = FreeElectron.from_wavevectors(p["kf_up"], p["kf_down"])
    outside = Layer(metal, max(OUTSIDE // spacing, 1) * spacing, name="N")
    layers = [
        outside,
        magnet(ferromagnet, p["fm_length"], m=magnets.left, name="F1"),
        Layer(metal, p["spacer_length"], name="spacer"),
        magnet(ferromagnet, p["fm_length"], m=magnets.right, name="F2"),
        outside,
    ]
    return Stack(layers, spacing)


def on_layers(magnets: Magnets, layers: tuple[int, int], values: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Torques on F1 and F2, named, from those on all layers.

    Linear in the values, with leading dimensions kept.

    Parameters
    ----------
    magnets : Magnets
    layers : places of F1 and F2 among leads and layers
    values : dict of arrays (..., layer, axis)

    Returns
    -------
    dict from each of `Magnets.COMPONENTS` to a (...) array
    """
    torque = values["exchange_torque_of_layer"]
    return magnets.components(*(torque[..., layer, :] for layer in layers))


def compute(parameters: Mapping[str, Any], numerics: Numerics, asked: Sequence[Result] = RESULTS) -> xr.Dataset:
    """The valve in hbar I/e, with the results that are asked for."""
    layers, magnets = stack(parameters), Magnets(parameters["angle"])
    derived = partial(on_layers, magnets, _places(layers))

    def response(source):
        return torques(layers, 0.0, source=source, derived=derived, **numerics)

    def collinear(angle):
        return torques(stack({**parameters, "angle": angle}), 0.0, derived=transmitted, **numerics)

    run = Runs(
        left=partial(response, "left"),
        right=partial(response, "right"),
        sea=partial(steady_state, layers, derived=derived, **numerics),
        parallel=partial(collinear, 0.0),
        antiparallel=partial(collinear, 180.0),
    )

    def torque(component):
        one, other = (estimate_of(data, component) for data in (run.left, run.right))
        return (one - other) / 2 / current_of(run.left)

    estimates = {
        "conductance": lambda: conductance(current_of(run.left)),
        "gmr": lambda: current_of(run.parallel) / current_of(run.antiparallel) - 1,
        "exchange_coupling": lambda: estimate_of(run.sea, "torque_out_of_plane"),
    } | {name: partial(torque, component) for name, component in TORQUES.items()}
    estimates = run.those_of(asked, estimates)
    if "left" in run:
        data = together(in_unit(per_current(run.left), "hbar I/e", *Magnets.COMPONENTS), *run.among("right", "sea"))
    elif "sea" in run:
        data = in_unit(run.sea, "eV/nm^2", *Magnets.COMPONENTS)
    else:
        data = together(*map(numbers_about, run.among("parallel", "antiparallel")))
    if "sea" in run:
        for of in ("", "_error"):
            sites = run.sea[f"exchange_torque{of}"]
            data[f"equilibrium_torque{of}"] = sites.sum("part").assign_attrs(sites.attrs)
    return with_results(data, asked, estimates)


def resolved(parameters: Mapping[str, Any], k_par: ArrayLike, solver: Any) -> xr.Dataset:
    """What each k_par contributes to conductance and torques, over the mean current.

    Channels with their resonances.
    """
    layers, magnets = stack(parameters), Magnets(parameters["angle"])
    data, other = (torques_at(layers, k_par, 0.0, source=side, solver=solver) for side in ("left", "right"))
    current = data.particle_current_limit.sel(lead="right").values
    if not current.any():
        raise InputError(f"none of {len(current)} in-plane wavevectors has an open channel")
    one, two = (on_layers(magnets, _places(layers), {name: x[name].values for name in x}) for x in (data, other))
    data["transmission"] = ("k", current, {"units": "1", "long_name": "transmission, summed over the channels"})
    for result in RESULTS:
        if result.name in TORQUES:
            component = TORQUES[result.name]
            values = (one[component] - two[component]) / 2 / current.mean()
            data[f"result_{result.name}"] = ("k", values, {"units": result.unit, "long_name": result.meaning})
    return data


def _places(layers):
    """Where F1 and F2 are among leads and layers."""
    return tuple(layers.layer_names.index(name) for name in ("F1", "F2"))


class Efficiency(NamedTuple):
    """The angular dependence of a torque, with Slonczewski's P and Lambda.

        eta(angle) = q/(A + B cos angle)
            = P Lambda^2/[(Lambda^2 + 1) + (Lambda^2 - 1) cos angle]

    Attributes
    ----------
    q_over_a, b_over_a : float
        q/A and B/A.
    polarisation, asymmetry_parameter : float
        P and Lambda.
    asymmetry : float
        Lambda^2: |slope of the torque at 180 degrees| over that at 0.
    residual : float
        The largest deviation of the fit, relative to the largest torque.

    References
    ----------
    Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), eq. 25 and 27.
    """

    q_over_a: float
    b_over_a: float
    polarisation: float
    asymmetry_parameter: float
    asymmetry: float
    residual: float


def fit_efficiency(angles: ArrayLike, torque_in_plane: ArrayLike) -> Efficiency:
    """Fit the efficiency to in-plane torques in hbar I/e.

        torque = eta(angle) sin(angle)/2,    eta(angle) = q/(A + B cos angle)

    In eq. 25, Mdot = eta mu_B I/(e V) sin(angle); mu_B is the moment of hbar/2, hence
    the 2.

    Parameters
    ----------
    angles : (n,) array, deg
        At least 3 strictly between 0 and 180.
    torque_in_plane : (n,) array, hbar I/e

    Returns
    -------
    Efficiency

    Raises
    ------
    InputError
        Fewer than 3 angles lie between 0 and 180 degrees.

    References
    ----------
    Ralph and Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), eq. 25 and 27.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.systems.metallic_spin_valve import fit_efficiency
    >>> angles = np.array([30.0, 60.0, 90.0, 120.0, 150.0])
    >>> turn = np.radians(angles)
    >>> fit = fit_efficiency(angles, 0.3 / (1 - 0.5 * np.cos(turn)) * np.sin(turn) / 2)
    >>> round(float(fit.q_over_a), 6), round(float(fit.b_over_a), 6)
    (0.3, -0.5)
    >>> fit_efficiency([0.0, 90.0, 180.0], [0.0, 0.2, 0.0])
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a fit of the efficiency needs at least 3 angles ...
    """
    turn, torque = np.radians(np.asarray(angles, float)), np.asarray(torque_in_plane, float)
    inside = np.abs(np.sin(turn)) > 1e-6
    if inside.sum() < 3:
        raise InputError("a fit of the efficiency needs at least 3 angles between 0 and 180 degrees")
    turn, torque = turn[inside], torque[inside]

    def model(x):
        return x[0] / (1 + x[1] * np.cos(turn)) * np.sin(turn) / 2

    start = 2 * torque[np.argmax(np.abs(torque))], 0.0
    found = least_squares(lambda x: model(x) - torque, start, bounds=([-np.inf, -0.999], [np.inf, 0.999]), x_scale=0.1)
    q, b = found.x
    square = (1 + b) / (1 - b)
    residual = np.abs(found.fun).max() / np.abs(torque).max()
    return Efficiency(q, b, q * (1 + square) / square, np.sqrt(square), square, residual)


def circuit_theory(
    conductance_up: float,
    conductance_down: float,
    mixing_real: float,
    angle: ArrayLike,
    sharvin: float | None = None,
) -> tuple[NDArray, NDArray] | tuple[float, float]:
    """Magnetoelectronic circuit theory of two equal magnets.

    It is what the magnets predict one by one, coherence left out. The normal metal
    between them has a spin accumulation s; magnet i lets pass, with the potential V_i
    and G = G_up + G_down,

        charge  G V_i + (G_up - G_down) s.m_i,
        spin    [(G_up - G_down) V_i + G s.m_i] m_i + 2 g_mix (s - (s.m_i) m_i),

    and the spin currents of both add up to zero.

    Parameters
    ----------
    conductance_up, conductance_down, mixing_real : float
        Of one magnet between normal metals: mixing_real that of its interface, and for
        each spin, incoherently, 1/conductance = 2/(that of an interface) - 1/(Sharvin
        conductance of the magnet).
    angle : float or array, deg
    sharvin : float, optional
        Sharvin conductance of the normal metal, per spin: 1/(2 sharvin) is then taken
        off every 1/g, since half of the contact resistance of the metal between the
        magnets is in each of them (Schep's correction).

    Returns
    -------
    conductance, torque : arrays, or floats for one angle
        Conductance in units of the given ones; in-plane torque on the second magnet in
        hbar I/e.

    References
    ----------
    Brataas, Bauer and Kelly, Phys. Rep. 427, 157 (2006); Schep et al., Phys. Rev. B 56,
    10805 (1997).

    Examples
    --------
    Magnets that let one spin pass only are two resistors in series if they are
    parallel, and let nothing pass if they are antiparallel:

    >>> from kwantorque.systems.metallic_spin_valve import circuit_theory
    >>> conductance, torque = circuit_theory(2.0, 1e-9, 1.0, [0.0, 90.0, 180.0])
    >>> conductance.round(6)
    array([1. , 0.5, 0. ])
    >>> torque.round(6)
    array([0. , 0.5, 0. ])
    """
    up, down, mixing = conductance_up, conductance_down, mixing_real
    if sharvin is not None:
        up, down, mixing = (1 / (1 / g - 1 / (2 * sharvin)) for g in (up, down, mixing))
    total, difference = up + down, up - down
    found = []
    for one in np.atleast_1d(np.asarray(angle, float)):
        magnets = Magnets(float(one))
        both = magnets.left, magnets.right
        # sum_i of the spin currents = 0 with V_left = -1/2, V_right = +1/2 seen from
        # the node.
        matrix = sum((total - 2 * mixing) * np.outer(m, m) + 2 * mixing * np.eye(3) for m in both)
        s = np.linalg.solve(matrix, difference * (both[0] - both[1]) / 2)
        current = total / 2 + difference * (s @ both[1])
        transverse = 2 * mixing * (s - (s @ both[1]) * both[1])
        found.append((current, transverse @ magnets.in_plane_right / 2 / current))
    conductance, torque = np.array(found).T
    return (conductance, torque) if np.ndim(angle) else (float(conductance[0]), float(torque[0]))


SYSTEM = LayeredSystem(
    name="metallic-spin-valve",
    shows="giant magnetoresistance, torque against angle, exchange coupling through a metal",
    source="Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 4",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=spin_currents,
    resolved=resolved,
    selective=True,
)
