"""Prepared systems: one short file per published device, that reads like the caption of its figure."""

from ..errors import known
from . import gamnas_gaas_wire, gamnas_spin_valve
from .base import Parameter, Result, System
from .sweep import Sweep

__all__ = ["SYSTEMS", "Parameter", "Result", "Sweep", "System", "find"]

SYSTEMS = {module.SYSTEM.name: module.SYSTEM for module in (gamnas_gaas_wire, gamnas_spin_valve)}


def find(name):
    """The system of that name; `InputError` names the nearest one."""
    return SYSTEMS[known("system", name, SYSTEMS)]
