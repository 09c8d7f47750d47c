"""Motion of the magnetisation: from torques to switching, precession, moving walls.

It reads results (Datasets), never transport.
"""

from .export import FittedTorque, fit_torque, to_cmtj, to_mumax3, to_spirit, to_ubermag
from .macrospin import Macrospin
from .maps import settle
from .stability import equilibrium, first_change
from .table import TorqueTable, torque_table
from .terms import (
    GAMMA,
    Acting,
    Demagnetisation,
    Field,
    ManchonTorque,
    Slonczewski,
    Uniaxial,
    current_density_of,
    torque_of_current,
)
from .vectors import along, angles
from .wall import RigidWall, drift_and_beta

__all__ = [
    "GAMMA",
    "Acting",
    "Demagnetisation",
    "Field",
    "FittedTorque",
    "Macrospin",
    "ManchonTorque",
    "RigidWall",
    "Slonczewski",
    "TorqueTable",
    "Uniaxial",
    "along",
    "angles",
    "current_density_of",
    "drift_and_beta",
    "equilibrium",
    "first_change",
    "fit_torque",
    "settle",
    "to_cmtj",
    "to_mumax3",
    "to_spirit",
    "to_ubermag",
    "torque_of_current",
    "torque_table",
]
