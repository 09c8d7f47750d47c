"""Holes flow from ferromagnetic GaMnAs, magnetised along the wire, into GaAs.

Haney and Stiles, Phys. Rev. Lett. 105, 126602 (2010), arXiv:1003.1448, last section;
sign and size of the spin-orbit coupling, and eq. 2-4 and 6, are corrected
(docs/conventions.md).

The holes' angular momentum current falls from about 1.1 to about 0.5 hbar per carrier,
and the difference twists the crystal lattice. The torque on the magnetisation has no
component along it, so all of the loss goes to the lattice.

M points along -z, so that the spin of the carriers (low in energy antiparallel to M,
for Delta > 0) points along the current; the signs of all results change with that of M.
Both valence band edges lie at zero. Q_in and Q_out are the limits z -> -infinity and
+infinity, where only pairs of modes of equal k_z count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kwantorque.materials import KohnLuttinger
from kwantorque.plot import balance
from kwantorque.results import estimate_of
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, Result, with_results
from kwantorque.systems.layered import LayeredSystem, per_current_torques
from kwantorque.systems.magnets import magnet
from kwantorque.systems.parameters import EXCHANGE, FERMI_ENERGY, FM_LENGTH, GAMMAS, SPACING, SPIN_ORBIT
from kwantorque.transport import Numerics

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SYSTEM"]

PARAMETERS = (
    FERMI_ENERGY.but(default=0.06, meaning="hole Fermi energy, from the band edge of GaMnAs and of GaAs"),
    SPIN_ORBIT,
    EXCHANGE,
    *GAMMAS,
    SPACING.but(default=0.2),
    FM_LENGTH.but(default=20.0, meaning="length of GaMnAs shown; it goes on to -infinity"),
    Parameter("nm_length", 40.0, "nm", "length of GaAs shown; it goes on to +infinity", positive=True),
)
RESULTS = (
    Result("Qjz_in", "hbar I/e", "angular momentum current J_z at z -> -infinity", 1.09),
    Result("Qjz_out", "hbar I/e", "angular momentum current J_z at z -> +infinity", 0.46),
    Result("lattice_torque", "hbar I/e", "z torque on the lattice, summed over the infinite wire", 0.63),
    Result("stt", "hbar I/e", "z torque on the magnetisation, summed over the infinite wire", 0.0),
)


def stack(p: Mapping[str, Any]) -> Stack:
    """GaMnAs | GaAs, each layer continued into its lead."""
    crystal = {name: p[name] for name in ("spin_orbit", "gamma1", "gamma2", "gamma3")}
    gamnas = magnet(KohnLuttinger(exchange=p["exchange"], **crystal), p["fm_length"], m="-z", name="GaMnAs")
    return Stack([gamnas, Layer(KohnLuttinger(**crystal), p["nm_length"], name="GaAs")], p["spacing"])


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """The wire in hbar I/e, with its results."""
    data = per_current_torques(stack(parameters), parameters["fermi_energy"], numerics)
    estimates = {
        "Qjz_in": estimate_of(data, "angular_momentum_current_limit", lead="left", axis="z"),
        "Qjz_out": estimate_of(data, "angular_momentum_current_limit", lead="right", axis="z"),
        "lattice_torque": estimate_of(data, "lattice_torque_total", axis="z"),
        "stt": estimate_of(data, "exchange_torque_total", axis="z"),
    }
    return with_results(data, RESULTS, estimates)


SYSTEM = LayeredSystem(
    name="gamnas-gaas-wire",
    shows="torque on the crystal lattice where spin-polarised holes enter GaAs",
    source="Haney & Stiles, Phys. Rev. Lett. 105, 126602 (2010), arXiv:1003.1448, last section",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=balance,
)
