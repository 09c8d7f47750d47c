"""Parameters of real materials for prepared systems, and where each comes from.

Free electrons are no band structure: a preset gives the size of an effect at most. What
no source gives is said to be a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kwantorque.errors import known

__all__ = ["PRESETS", "Preset", "preset"]


@dataclass(frozen=True)
class Preset:
    """Parameters for one prepared system.

    Parameters
    ----------
    name : str
    system : str
        Name of the system they are for.
    parameters : dict
        In the units that `kwantorque show` names; all others keep their defaults.
    source : str
        The papers, and what is a choice.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.systems.preset("Fe/MgO/Fe")
    >>> iron.system, iron.parameters["barrier_height"]
    ('magnetic-tunnel-junction', 1.0)
    """

    name: str
    system: str
    parameters: Mapping[str, float]
    source: str


PRESETS = {
    one.name: one
    for one in (
        Preset(
            "Co/Cu/Co",
            "metallic-spin-valve",
            {"kf_normal": 13.6, "kf_up": 13.6, "kf_down": 8.0, "fm_length": 2.0, "spacer_length": 2.0},
            "k_F of Cu: Ashcroft & Mermin, Solid State Physics (1976), table 2.1. Co: its majority sp band is close to "
            "that of Cu, hence the same k_F; 8/nm for the minority is a choice.",
        ),
        Preset(
            "Fe/MgO/Fe",
            "magnetic-tunnel-junction",
            {"kf_up": 10.9, "kf_down": 4.2, "barrier_height": 1.0, "barrier_length": 0.7, "barrier_mass": 0.4},
            "k_F of the itinerant electrons of Fe: M. B. Stearns, J. Magn. Magn. Mater. 5, 167 (1977). Barrier of 1 eV "
            "as in Manchon, Phys. Rev. B 83, 172403 (2011); its thickness and its mass, 0.4 m0, are choices.",
        ),
        Preset(
            "Fe/GaAs/Au",
            "semi-magnetic-tunnel-junction",
            {
                "kf_up": 10.5,
                "kf_down": 4.4,
                "kf_normal": 12.0,
                "barrier_height": 0.75,
                "barrier_length": 8.0,
                "barrier_mass": 0.067,
                "rashba": 0.2,
            },
            "Moser et al., Phys. Rev. Lett. 99, 056601 (2007), arXiv:cond-mat/0611406, quoted without the paper at "
            "hand: look the numbers up before you rely on them. The Dresselhaus coupling of GaAs is left out, and "
            "rashba is a choice: only TAMR out of the plane is modelled, not the one in the plane that was measured.",
        ),
        Preset(
            "(Pt/Co)n/AlOx/Pt",
            "semi-magnetic-tunnel-junction",
            {
                "kf_up": 13.6,
                "kf_down": 8.0,
                "kf_normal": 12.0,
                "barrier_height": 1.5,
                "barrier_length": 1.5,
                "barrier_mass": 0.4,
                "rashba": 0.04,
            },
            "Park et al., Phys. Rev. Lett. 100, 087204 (2008), arXiv:0801.1192, measured a TAMR of 0.15 % with a Co "
            "layer at the barrier; they give no free-electron parameters, and all of these are choices.",
        ),
    )
}


def preset(name: str) -> Preset:
    """The preset of that name.

    Parameters
    ----------
    name : str
        One of `PRESETS`.

    Raises
    ------
    InputError
        There is none of that name; the nearest one is named.

    Examples
    --------
    >>> import kwantorque as kt
    >>> data = kt.systems.preset("Co/Cu/Co").parameters
    >>> data["kf_up"], data["kf_down"]
    (13.6, 8.0)
    >>> kt.systems.preset("Co/Cu")
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: unknown preset 'Co/Cu'; did you mean 'Co/Cu/Co'?
    """
    return PRESETS[known("preset", name, PRESETS)]
