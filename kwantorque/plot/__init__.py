"""Figures of a Dataset. Every function takes the Dataset and optionally axes, computes nothing, and returns the
axes."""

from .lines import (
    against_width,
    conductance_against_theta,
    magnetoresistance_against_bias,
    results_against,
    torque_against_angle,
    torque_against_angle_with_fit,
    torque_against_barrier,
    torque_against_coupling,
    torque_against_phi,
    torque_against_theta,
    torque_parallel,
    torques_against_bias,
)
from .profiles import (
    balance,
    bands,
    spin_currents,
    spin_density,
    torque_against_thickness,
    torque_density,
    wall_torques,
)
from .resolved import against_k, channels, k_map

__all__ = [
    "against_k",
    "against_width",
    "balance",
    "bands",
    "channels",
    "conductance_against_theta",
    "k_map",
    "magnetoresistance_against_bias",
    "results_against",
    "spin_currents",
    "spin_density",
    "torque_against_angle",
    "torque_against_angle_with_fit",
    "torque_against_barrier",
    "torque_against_coupling",
    "torque_against_phi",
    "torque_against_theta",
    "torque_against_thickness",
    "torque_density",
    "torque_parallel",
    "torques_against_bias",
    "wall_torques",
]
