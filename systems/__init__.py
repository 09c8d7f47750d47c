"""Prepared systems: one short file per device, that reads like a figure's caption."""

from __future__ import annotations

from kwantorque.errors import known
from kwantorque.sweeps import Sweep
from kwantorque.systems import (
    antiferromagnetic_tunnel_junction,
    domain_wall,
    domain_wall_motion,
    free_electron_film,
    gamnas_gaas_wire,
    gamnas_spin_valve,
    macrospin,
    magnetic_tunnel_junction,
    metallic_spin_valve,
    normal_ferromagnet_interface,
    orbital_film,
    rashba_ferromagnet,
    rashba_film,
    semi_magnetic_tunnel_junction,
    spin_filter,
    spin_relaxation,
)
from kwantorque.systems.base import Parameter, Result, System
from kwantorque.systems.layered import LayeredSystem
from kwantorque.systems.presets import PRESETS, preset

__all__ = ["PRESETS", "SYSTEMS", "LayeredSystem", "Parameter", "Result", "Sweep", "System", "find", "preset"]

MODULES = (
    gamnas_gaas_wire,
    gamnas_spin_valve,
    spin_filter,
    normal_ferromagnet_interface,
    metallic_spin_valve,
    magnetic_tunnel_junction,
    antiferromagnetic_tunnel_junction,
    domain_wall,
    semi_magnetic_tunnel_junction,
    spin_relaxation,
    macrospin,
    domain_wall_motion,
    rashba_ferromagnet,
    rashba_film,
    orbital_film,
    free_electron_film,
)
SYSTEMS = {module.SYSTEM.name: module.SYSTEM for module in MODULES}
"""All prepared systems by their names, in the order of `kwantorque list`."""


def find(name: str) -> System:
    """The system of that name.

    Parameters
    ----------
    name : str
        As on the command line, one of `SYSTEMS`.

    Raises
    ------
    InputError
        There is none of that name; the nearest one is named.

    Examples
    --------
    >>> import kwantorque as kt
    >>> kt.systems.find("domain-wall").source
    'Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 5'
    >>> kt.systems.find("domain-wal")
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: unknown system 'domain-wal'; did you mean ...
    """
    return SYSTEMS[known("system", name, SYSTEMS)]
