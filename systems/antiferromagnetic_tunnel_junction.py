"""Two antiferromagnets of two sublattices and a tunnel barrier under a bias.

A simple cubic lattice, one orbital per site, whose planes are chequered with the
sublattices a and b; both have the exchange Delta m.s of their own direction,

    left:   m_a = z,                          m_b at the angle chi from it,
    right:  m_a = (sin angle, 0, cos angle),  m_b at the same angle chi from it,

chi = `sublattice_angle`, towards +x: 180 is an antiferromagnet, whose Neel vectors have
the angle `angle` between them, 0 a ferromagnet, the junction of the cubic lattice. The
bands of the left lead are shifted by +V/2, those of the right one by -V/2; V > 0 drives
electrons to the right. Torques are those of all states on the right magnet, which is
semi-infinite, per area of the plane:

    uniform = T_a + T_b,        staggered = T_a - T_b,

in plane along (-cos angle, 0, sin angle), out of plane along y. The axis in plane is
perpendicular to m_a for both sublattices: of the torque in plane on b, which is
perpendicular to m_b, it has the part cos chi, all at 0 and 180 and nothing at 90. The
uniform torque is the spin flux that arrives from the barrier; the staggered one turns
the Neel vector (m_a - m_b)/2 and does not conserve anything by itself. One plane has as
many a as b, so that a field on them would be a staggered one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kwantorque.algebra import SPIN_HALF
from kwantorque.errors import InputError, whole
from kwantorque.materials import TightBinding
from kwantorque.plot import sublattice_torques
from kwantorque.results import estimate_of
from kwantorque.results.conductance import with_linear
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, Result, together, with_results
from kwantorque.systems.layered import LayeredSystem, in_unit
from kwantorque.systems.parameters import ANGLE
from kwantorque.systems.runs import Runs, numbers_about
from kwantorque.transport import Numerics, steady_state, torques
from kwantorque.transport.mixing import transmitted

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

__all__ = ["SYSTEM", "chequered", "on_sublattices"]

PARAMETERS = (
    Parameter("hopping", -0.4, "eV", "hopping t between neighbours, in magnets and barrier"),
    Parameter("exchange", -0.8, "eV", "exchange splitting Delta of either sublattice, in Delta m.s"),
    Parameter("onsite", 1.6, "eV", "on-site energy of the magnets; the Fermi energy is 0"),
    Parameter("onsite_barrier", 5.4, "eV", "on-site energy of the barrier"),
    Parameter("barrier_planes", 3, "1", "atomic planes of the barrier", positive=True),
    ANGLE.but(meaning="angle between the sublattices a of the two magnets"),
    Parameter("sublattice_angle", 180.0, "deg", "angle chi between the sublattices of a magnet"),
    Parameter("bias", 0.0, "V", "bias: mu_left - mu_right"),
    Parameter("temperature", 0.0, "K", "temperature of both leads", signed=False),
    Parameter("spacing", 0.3, "nm", "lattice constant", positive=True),
)
IN, OUT = "in-plane torque on the right magnet's", "out-of-plane torque on the right magnet's"
AXIS = "perpendicular to m_a"
RESULTS = (
    Result("current", "eV/(hbar nm^2)", "particle current towards the right lead"),
    Result("tmr", "1", "tunnel magnetoresistance: R(180)/R(0) - 1 at this bias"),
    Result("torque_in_plane_a", "eV/nm^2", f"{IN} sublattice a: {AXIS}"),
    Result("torque_in_plane_b", "eV/nm^2", f"{IN} sublattice b: {AXIS}"),
    Result("torque_out_of_plane_a", "eV/nm^2", f"{OUT} sublattice a"),
    Result("torque_out_of_plane_b", "eV/nm^2", f"{OUT} sublattice b"),
    Result("torque_in_plane_uniform", "eV/nm^2", f"{IN} sublattices, T_a + T_b: {AXIS}"),
    Result("torque_in_plane_staggered", "eV/nm^2", f"{IN} sublattices, T_a - T_b: {AXIS}"),
    Result("torque_out_of_plane_uniform", "eV/nm^2", f"{OUT} sublattices, T_a + T_b"),
    Result("torque_out_of_plane_staggered", "eV/nm^2", f"{OUT} sublattices, T_a - T_b"),
)
COMPONENTS = tuple(result.name for result in RESULTS[2:])
SHOWN = 5
"""Planes of the right magnet that are told one by one; then its lead begins."""
CHEQUERED = [(1, 1, 0), (-1, 1, 0), (0, 0, 1)]
"""The cell of two sites, whose planes are chequered."""
MOST_PLANES = 60


def chequered(p: Mapping[str, Any], m_b: NDArray | None, onsite: float) -> TightBinding:
    """The crystal of two sublattices, m_a = z; without `m_b` that of the barrier.

    Parameters
    ----------
    p : dict
        Parameters of the system.
    m_b : (3,) array or None
    onsite : float, eV
    """
    neighbours = dict.fromkeys([(1, 0, 0), (0, 1, 0), (0, 0, 1)], p["hopping"] * np.eye(2))
    cell = TightBinding(p["spacing"], {"kinetic": neighbours}).supercell(CHEQUERED)
    here = (0, 0, 0)
    terms = {**cell.hoppings, "potential": {here: onsite * np.eye(4)}}
    if m_b is None:
        return TightBinding(cell.vectors, terms, positions=cell.positions)
    directions = {"sublattice_a": np.array([0.0, 0.0, 1.0]), "sublattice_b": m_b}
    for site, (name, m) in enumerate(directions.items()):
        field = p["exchange"] * np.einsum("i,iab->ab", m, SPIN_HALF)
        terms[f"exchange_{name[-1]}"] = {here: np.kron(np.diag(np.eye(2)[site]), field)}
    partners = {"exchange_a": "sublattice_a", "exchange_b": "sublattice_b"}
    return TightBinding(
        cell.vectors, terms, positions=cell.positions, atoms=list("aabb"), partners=partners, magnetisation=directions
    )


def stack(p: Mapping[str, Any]) -> Stack:
    """Antiferromagnet | barrier | antiferromagnet without bias, with E_F = 0."""
    planes = whole("barrier_planes", p["barrier_planes"])
    if planes > MOST_PLANES:
        raise InputError(f"the barrier must have at most {MOST_PLANES} planes, got {planes}")
    if p["hopping"] == 0 or p["exchange"] == 0:
        raise InputError("`hopping` and `exchange` must not be 0 eV: there would be no current, or no magnet")
    chi, a = np.radians(p["sublattice_angle"]), p["spacing"]
    crystal = chequered(p, np.array([np.sin(chi), 0.0, np.cos(chi)]), p["onsite"])
    barrier = Layer(chequered(p, None, p["onsite_barrier"]), planes * a, name="barrier")
    right = _along(p["angle"])
    return Stack(
        [barrier, Layer(crystal, SHOWN * a, m=right, name="right magnet")],
        a,
        left=Layer(crystal, m="z", name="left magnet"),
        atomic=True,
    )


def _along(angle):
    turn = np.radians(angle)
    return np.array([np.sin(turn), 0.0, np.cos(turn)])


def on_sublattices(angle: float, values: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Torques on both sublattices of the right magnet, their sum and difference.

    In plane both are along (-cos angle, 0, sin angle), which is perpendicular to m_a,
    out of plane along y. Linear in the values, with leading dimensions kept.

    Parameters
    ----------
    angle : float, deg
    values : dict of arrays (..., layer, axis)

    Returns
    -------
    dict of (...) arrays, in the unit of the torques
    """
    turn = np.radians(angle)
    axes = {"in_plane": np.array([-np.cos(turn), 0.0, np.sin(turn)]), "out_of_plane": np.array([0.0, 1.0, 0.0])}
    # The planes that are shown, and the lead behind them.
    a, b = (values[f"torque_on_sublattice_{x}_of_layer"][..., 2:, :].sum(axis=-2) for x in "ab")
    parts = {"a": a, "b": b, "uniform": a + b, "staggered": a - b}
    return {f"torque_{where}_{name}": part @ axis for where, axis in axes.items() for name, part in parts.items()}


@dataclass(frozen=True)
class _Between:
    """The current at an angle, linear where there is no bias."""

    parameters: Mapping[str, Any]
    numerics: Numerics

    def __call__(self, angle):
        layers, temperature = stack({**self.parameters, "angle": angle}), self.parameters["temperature"]
        bias, options = self.parameters["bias"], {"temperature": temperature, "derived": transmitted}
        if bias == 0:
            return torques(layers, 0.0, **options, **self.numerics)
        return steady_state(layers, bias=bias, across="barrier", sea=False, **options, **self.numerics)


def compute(parameters: Mapping[str, Any], numerics: Numerics, asked: Sequence[Result] = RESULTS) -> xr.Dataset:
    """The junction at its bias: sea and window apart along `part`, with the results."""
    bias, angle, between = parameters["bias"], parameters["angle"], _Between(parameters, numerics)
    run = Runs(
        biased=lambda: steady_state(
            stack(parameters),
            bias=bias,
            across="barrier",
            temperature=parameters["temperature"],
            derived=partial(on_sublattices, angle),
            **numerics,
        ),
        linear=partial(between, angle),
        parallel=partial(between, 0.0),
        antiparallel=partial(between, 180.0),
    )

    def magnetoresistance():
        parallel, antiparallel = (abs(estimate_of(one, "transmitted")) for one in (run.parallel, run.antiparallel))
        return parallel / antiparallel - 1

    estimates = {name: lambda name=name: estimate_of(run.biased, name) for name in COMPONENTS} | {
        "current": lambda: estimate_of(run.biased, "particle_current_limit", lead="right"),
        "tmr": magnetoresistance,
    }
    estimates = run.those_of(asked, estimates)
    runs = run.among("biased")
    if runs and bias == 0:
        runs = [with_linear(run.biased, run.linear)]
    others = map(numbers_about, run.among("linear", "parallel", "antiparallel"))
    data = in_unit(together(*runs, *others), "eV/nm^2", *COMPONENTS)
    return with_results(data, asked, estimates)


SYSTEM = LayeredSystem(
    name="antiferromagnetic-tunnel-junction",
    shows="torques on both sublattices of an antiferromagnet behind a tunnel barrier",
    source="two-sublattice tight binding, as Merodio et al., Appl. Phys. Lett. 105, 122403 (2014)",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=sublattice_torques,
    selective=True,
)
