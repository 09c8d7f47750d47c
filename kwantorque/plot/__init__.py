"""Figures of a Dataset.

Every function takes the Dataset and optionally axes, and returns the axes. What is
drawn is what the Dataset holds: at most added up over its parts, averaged over its
channels, projected on a direction, in another unit, times a factor or as a difference
that the label names. A curve may stand beside it to compare with: a sine, a power of
the width, a fit that is handed over. A Dataset that a figure cannot draw is answered by
an `InputError` that says what it needs.
"""

from .bands import bands
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
