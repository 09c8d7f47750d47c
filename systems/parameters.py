"""The parameters that several systems share.

A system changes defaults and meaning with `but`.
"""

from kwantorque.materials import KohnLuttinger
from kwantorque.systems.base import Parameter

__all__ = [
    "ANGLE",
    "BARRIER_HEIGHT",
    "BARRIER_LENGTH",
    "BARRIER_MASS",
    "EXCHANGE",
    "FERMI_ENERGY",
    "FM_LENGTH",
    "GAMMAS",
    "KF_DOWN",
    "KF_NORMAL",
    "KF_UP",
    "SPACING",
    "SPIN_ORBIT",
]

FERMI_ENERGY = Parameter("fermi_energy", 0.0, "eV", "Fermi energy")
SPIN_ORBIT = Parameter(
    "spin_orbit", KohnLuttinger.spin_orbit, "eV", "atomic spin-orbit coupling alpha, in -alpha L.sigma"
)
EXCHANGE = Parameter("exchange", 0.27, "eV", "exchange splitting Delta of GaMnAs, in Delta m.s")
GAMMAS = tuple(
    Parameter(name, getattr(KohnLuttinger, name), "1", "Luttinger parameter") for name in ("gamma1", "gamma2", "gamma3")
)
KF_NORMAL = Parameter("kf_normal", 13.6, "1/nm", "Fermi wavevector of the normal metal", positive=True)
KF_UP = Parameter("kf_up", 13.6, "1/nm", "Fermi wavevector of the majority", positive=True)
KF_DOWN = Parameter("kf_down", 8.0, "1/nm", "Fermi wavevector of the minority", positive=True)
BARRIER_HEIGHT = Parameter("barrier_height", 1.0, "eV", "barrier above the Fermi energy, without bias")
BARRIER_LENGTH = Parameter("barrier_length", 0.7, "nm", "thickness of the barrier", positive=True)
BARRIER_MASS = Parameter("barrier_mass", 0.4, "m0", "effective mass in the barrier", positive=True)
FM_LENGTH = Parameter("fm_length", 2.0, "nm", "thickness of both ferromagnets", positive=True)
ANGLE = Parameter("angle", 90.0, "deg", "angle between the magnetisations")
SPACING = Parameter("spacing", 0.02, "nm", "lattice spacing of the discretisation", positive=True)
