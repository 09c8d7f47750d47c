"""Holes flow from ferromagnetic GaMnAs, magnetised along the wire, into GaAs.

Haney and Stiles, Phys. Rev. Lett. 105, 126602 (2010), arXiv:1003.1448, last section; sign and size of the spin-orbit
coupling, and eq. 2-4 and 6, are corrected (docs/conventions.md).

The holes' angular momentum current falls from about 1.1 to about 0.5 hbar per carrier, and the difference twists the
crystal lattice. The torque on the magnetisation has no component along it, so all of the loss goes to the lattice.

M points along -z, so that the spin of the carriers (low in energy antiparallel to M, for Delta > 0) points along the
current; the signs of all results change with that of M. Both valence band edges lie at zero. Q_in and Q_out are the
limits z -> -infinity and +infinity, where only pairs of modes of equal k_z count.
"""

from kwantorque.materials import KohnLuttinger
from kwantorque.plot import balance
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, Result, System, per_current_torques, with_results

__all__ = ["PARAMETERS", "SYSTEM"]

PARAMETERS = (
    Parameter("fermi_energy", 0.06, "eV", "hole Fermi energy, from the band edge of GaMnAs and of GaAs"),
    Parameter("spin_orbit", 0.11, "eV", "atomic spin-orbit coupling alpha, in -alpha L.sigma"),
    Parameter("exchange", 0.27, "eV", "exchange splitting Delta of GaMnAs, in Delta m.s"),
    Parameter("gamma1", 6.85, "1", "Luttinger parameter"),
    Parameter("gamma2", 2.1, "1", "Luttinger parameter"),
    Parameter("gamma3", 2.9, "1", "Luttinger parameter"),
    Parameter("spacing", 0.2, "nm", "lattice spacing of the discretisation", positive=True),
    Parameter("fm_length", 20.0, "nm", "length of GaMnAs shown; it goes on to -infinity", positive=True),
    Parameter("nm_length", 40.0, "nm", "length of GaAs shown; it goes on to +infinity", positive=True),
)
RESULTS = (
    Result("Qjz_in", "hbar I/e", "angular momentum current J_z at z -> -infinity", 1.09),
    Result("Qjz_out", "hbar I/e", "angular momentum current J_z at z -> +infinity", 0.46),
    Result("lattice_torque", "hbar I/e", "z torque on the lattice, summed over the infinite wire", 0.63),
    Result("stt", "hbar I/e", "z torque on the magnetisation, summed over the infinite wire", 0.0),
)


def stack(spin_orbit, exchange, gamma1, gamma2, gamma3, spacing, fm_length, nm_length, **_):
    """GaMnAs | GaAs, each layer continued into its lead."""
    crystal = {"spin_orbit": spin_orbit, "gamma1": gamma1, "gamma2": gamma2, "gamma3": gamma3}
    gamnas = KohnLuttinger(exchange=exchange, **crystal)
    gaas = KohnLuttinger(**crystal)
    return Stack([Layer(gamnas, fm_length, m="-z"), Layer(gaas, nm_length)], spacing)


def compute(parameters, **options):
    """The wire in hbar I/e, with its results."""
    data = per_current_torques(stack(**parameters), parameters["fermi_energy"], **options)
    flux = data.angular_momentum_current_limit
    return with_results(
        data,
        RESULTS,
        Qjz_in=flux.sel(lead="left", axis="z"),
        Qjz_out=flux.sel(lead="right", axis="z"),
        lattice_torque=data.lattice_torque_total.sel(axis="z"),
        stt=data.exchange_torque_total.sel(axis="z"),
    )


SYSTEM = System(
    name="gamnas-gaas-wire",
    shows="torque on the crystal lattice where spin-polarised holes enter GaAs",
    seed="Haney & Stiles, arXiv:1003.1448, last section",
    parameters=PARAMETERS,
    results=RESULTS,
    stack=stack,
    compute=compute,
    figure=balance,
)
