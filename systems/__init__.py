"""Prepared systems: one short file per published device, that reads like the caption of its figure."""

from ..errors import known
from . import (
    domain_wall,
    gamnas_gaas_wire,
    gamnas_spin_valve,
    magnetic_tunnel_junction,
    metallic_spin_valve,
    normal_ferromagnet_interface,
    semi_magnetic_tunnel_junction,
    spin_filter,
)
from .base import Parameter, Result, System
from .presets import PRESETS, preset
from .sweep import Sweep

__all__ = ["PRESETS", "SYSTEMS", "Parameter", "Result", "Sweep", "System", "find", "preset"]

MODULES = (
    gamnas_gaas_wire,
    gamnas_spin_valve,
    spin_filter,
    normal_ferromagnet_interface,
    metallic_spin_valve,
    magnetic_tunnel_junction,
    domain_wall,
    semi_magnetic_tunnel_junction,
)
SYSTEMS = {module.SYSTEM.name: module.SYSTEM for module in MODULES}


def find(name):
    """The system of that name; `InputError` names the nearest one."""
    return SYSTEMS[known("system", name, SYSTEMS)]
