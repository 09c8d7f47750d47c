"""A ferromagnet on a metal with Rashba coupling on one plane: spin-orbit torque.

One orbital per site of a cubic lattice. The field along x drives a current in the
planes; at the plane with broken mirror symmetry it polarises the spins, and exchange
hands their angular momentum to the magnetisation of the planes around it. Without the
Rashba coupling there is no torque: one orbital has no spin Hall effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kwantorque.bulk import Film
from kwantorque.materials import CubicLattice
from kwantorque.plot import film_torques
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, with_results
from kwantorque.systems.films import (
    FILM_PARAMETERS,
    FILM_RESULTS,
    FILM_SWEEPS,
    FilmSystem,
    atomic_planes,
    estimates,
    film_of,
    towards,
)
from kwantorque.transport import Numerics

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SYSTEM"]

OWN = {"fermi_energy": -1.5}
PARAMETERS = (
    Parameter("magnet_planes", 3.0, "1", "atomic planes of the magnet", positive=True),
    Parameter("metal_planes", 5.0, "1", "atomic planes of the metal on it", signed=False),
    Parameter("hopping_magnet", -1.0, "eV", "hopping t in the magnet"),
    Parameter("hopping_metal", -0.8, "eV", "hopping t in the metal; between the two their mean"),
    Parameter("onsite_magnet", 0.3, "eV", "mean energy of an orbital of the magnet"),
    Parameter("onsite_metal", 0.0, "eV", "energy of an orbital of the metal"),
    Parameter("exchange", -1.2, "eV", "exchange splitting Delta, in Delta m.s"),
    Parameter("rashba", 0.06, "eV nm", "Rashba coupling alpha, in alpha (k_y sx - k_x sy), of one plane"),
    Parameter("rashba_plane", 3.0, "1", "the plane that has it, counted from 0", signed=False),
    Parameter("spacing", 0.3, "nm", "lattice constant", positive=True),
    *(one.but(default=OWN.get(one.name, one.default)) for one in FILM_PARAMETERS),
)


def film(p: Mapping[str, Any]) -> Film:
    """Magnet below, metal above; one plane has Rashba coupling."""
    magnet, metal = atomic_planes(p)
    m, a = towards(p), p["spacing"]
    layers = []
    for name, count, first, numbers in (
        ("magnet", magnet, 0, (p["hopping_magnet"], p["exchange"], p["onsite_magnet"])),
        ("metal", metal, magnet, (p["hopping_metal"], 0.0, p["onsite_metal"])),
    ):
        inside = int(p["rashba_plane"]) - first if first <= p["rashba_plane"] < first + count else None
        parts = [(count, 0.0)] if inside is None else [(inside, 0.0), (1, p["rashba"]), (count - inside - 1, 0.0)]
        for planes, rashba in parts:
            material = CubicLattice(*numbers, a, rashba)
            if planes:
                layers.append(Layer(material, planes * a, m=m if material.is_magnetic else None, name=name))
    return Film(Stack(layers, a, atomic=True))


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """The response of the film, with the results."""
    data = film_of(film(parameters), parameters, numerics)
    return with_results(data, FILM_RESULTS, estimates(data))


SYSTEM = FilmSystem(
    name="rashba-film",
    shows="spin-orbit torque plane by plane: a magnet on a metal with Rashba coupling",
    source="Manchon & Zhang, Phys. Rev. B 78, 212405 (2008); films as in Go et al., PRR 2, 033401 (2020)",
    parameters=PARAMETERS,
    results=FILM_RESULTS,
    compute=compute,
    figure=film_torques,
    sweep_figures=FILM_SWEEPS,
    film=film,
)
