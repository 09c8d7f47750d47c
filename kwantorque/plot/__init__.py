"""Figures of a Dataset.

Every function takes the Dataset and optionally axes, and returns the axes. What is
drawn is what the Dataset holds: at most added up over its parts, averaged over its
channels, projected on a direction, in another unit, times a factor or as a difference
that the label names. A curve may stand beside it to compare with: a sine, a power of
the width, a fit that is handed over. A Dataset that a figure cannot draw is answered by
an `InputError` that says what it needs.

A figure appears by itself in a notebook, and by `plt.show()` in a script that imports
`matplotlib.pyplot` first, where there is a screen. Without one, save it:
`kt.plot.balance(data).figure.savefig("balance.png")`.
"""

from .bands import bands
from .base import titled
from .films import film_books, film_torques
from .junctions import (
    conductance_against_theta,
    junction,
    magnetoresistance_against_bias,
    torque_against_phi,
    torque_against_theta,
    torque_parallel,
    torques_against_bias,
)
from .layers import stack
from .lines import results_against
from .motion import driven_magnets, frequency_against, motion, on_sphere, phase_diagram, wall_motion
from .networks import flux_map, site_map, strip_balance
from .profiles import balance, exchange_torque, spin_currents, spin_density
from .relaxation import beta_against_disorder, spin_continuity
from .resolved import against_k, channels, k_map
from .sheets import (
    amr_in_polar_form,
    fermi_lines,
    sheet_overview,
    torque_against_coupling_strength,
    torque_in_time,
    work_against_angle,
)
from .sublattices import sublattice_torques
from .torkance import torkance_against_angle, torkance_against_relaxation, torkance_against_thickness
from .valves import (
    torque_against_angle,
    torque_against_angle_with_fit,
    torque_against_barrier,
    torque_against_coupling,
    torque_against_thickness,
    torque_density,
)
from .walls import against_width, wall_torques

__all__ = [
    "against_k",
    "against_width",
    "amr_in_polar_form",
    "balance",
    "bands",
    "beta_against_disorder",
    "channels",
    "conductance_against_theta",
    "driven_magnets",
    "exchange_torque",
    "fermi_lines",
    "film_books",
    "film_torques",
    "flux_map",
    "frequency_against",
    "junction",
    "k_map",
    "magnetoresistance_against_bias",
    "motion",
    "on_sphere",
    "phase_diagram",
    "results_against",
    "sheet_overview",
    "site_map",
    "spin_continuity",
    "spin_currents",
    "spin_density",
    "stack",
    "strip_balance",
    "sublattice_torques",
    "torkance_against_angle",
    "torkance_against_relaxation",
    "torkance_against_thickness",
    "torque_against_angle",
    "torque_against_angle_with_fit",
    "torque_against_barrier",
    "torque_against_coupling",
    "torque_against_coupling_strength",
    "torque_against_phi",
    "torque_against_theta",
    "torque_against_thickness",
    "torque_density",
    "torque_in_time",
    "torque_parallel",
    "torques_against_bias",
    "wall_motion",
    "wall_torques",
    "work_against_angle",
]

# All of them, whoever draws: none is forgotten.
for _name in __all__:
    globals()[_name] = titled(globals()[_name])
