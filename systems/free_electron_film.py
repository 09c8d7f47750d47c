"""Free electrons between hard walls: a magnet on a metal, Rashba coupling between them.

    H = p^2/2m + [bottom + Delta m.s in the magnet] + w (k_y sx - k_x sy) delta(z - z_i)

The model of Haney et al. (2013) for a spin-orbit torque from the interface alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kwantorque.bulk import Film
from kwantorque.errors import InputError
from kwantorque.materials import FreeElectron, terms
from kwantorque.plot import film_torques
from kwantorque.structures.stack import Interface, Layer, Stack
from kwantorque.systems.base import Parameter, with_results
from kwantorque.systems.films import FILM_PARAMETERS, FILM_RESULTS, FILM_SWEEPS, FilmSystem, estimates, film_of, towards
from kwantorque.transport import Numerics

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SYSTEM"]

MOST_SITES = 300
"""A film of more sites is a mistake in a unit, and would not end."""
OWN = {"theta": 50.0, "phi": 30.0, "fermi_energy": 1.5, "temperature": 600.0}
PARAMETERS = (
    Parameter("magnet_length", 1.0, "nm", "thickness of the magnet", positive=True),
    Parameter("metal_length", 2.0, "nm", "thickness of the metal", positive=True),
    Parameter("mass", 1.0, "m0", "effective mass", positive=True),
    Parameter("exchange", -1.0, "eV", "exchange splitting Delta, in Delta m.s"),
    Parameter("bottom", 0.3, "eV", "mean bottom of the bands of the magnet; that of the metal is 0"),
    Parameter("rashba", 0.02, "eV nm^2", "w in w (k_y sx - k_x sy) delta(z) between the two"),
    Parameter("spacing", 0.1, "nm", "lattice spacing of the discretisation along z", positive=True),
    *(one.but(default=OWN.get(one.name, one.default)) for one in FILM_PARAMETERS),
)


def film(p: Mapping[str, Any]) -> Film:
    """Magnet from z = 0, the interface, metal; psi = 0 on both outer boundaries."""
    if (p["magnet_length"] + p["metal_length"]) / p["spacing"] > MOST_SITES:
        raise InputError(
            f"the film must have at most {MOST_SITES} sites, got {p['magnet_length'] + p['metal_length']:g} nm at a "
            f"spacing of {p['spacing']:g} nm"
        )
    if p["model"] == "broadened":
        raise InputError("the broadened model has no end in the plane of free electrons: set model=relaxing")
    magnet = FreeElectron(p["exchange"], p["mass"], p["bottom"])
    below = Layer(magnet, p["magnet_length"], m=towards(p) if magnet.is_magnetic else None, name="magnet")
    above = Layer(FreeElectron(mass=p["mass"]), p["metal_length"], name="metal")
    return Film(Stack([below, Interface(terms.rashba(p["rashba"])), above], p["spacing"]))


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """The response of the film, with the results."""
    data = film_of(film(parameters), parameters, numerics)
    return with_results(data, FILM_RESULTS, estimates(data))


SYSTEM = FilmSystem(
    name="free-electron-film",
    shows="spin-orbit torque of free electrons: Rashba coupling between magnet and metal",
    source="Haney et al., Phys. Rev. B 87, 174411 (2013)",
    parameters=PARAMETERS,
    results=FILM_RESULTS,
    compute=compute,
    figure=film_torques,
    sweep_figures=FILM_SWEEPS,
    film=film,
)
