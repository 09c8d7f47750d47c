"""A ferromagnet on a metal of p orbitals: orbital Hall effect and torque.

The field along x drives orbital moment L_y along z in both metals, without any
spin-orbit coupling. Where lambda L.s acts, the orbital flux becomes one of spin, and
the exchange coupling hands it to the magnetisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kwantorque.bulk import Film
from kwantorque.materials import PLattice
from kwantorque.plot import film_torques
from kwantorque.results import Estimate
from kwantorque.structures.stack import Layer, Stack
from kwantorque.systems.base import Parameter, Result, with_results
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

__all__ = ["SYSTEM", "through"]

HOPPINGS = {"v_sigma": (0.9, 1.0), "v_pi": (-0.3, -0.35), "v2_sigma": (0.25, 0.3), "v2_pi": (-0.1, -0.1)}
"""Defaults in magnet and metal."""
NEIGHBOURS = {"v": "first", "v2": "second"}
OWN = {"theta": 60.0, "phi": 20.0, "fermi_energy": 1.0, "relaxation": 0.2, "temperature": 600.0}


def _hoppings(place, number):
    for name, defaults in HOPPINGS.items():
        shell, bond = name.split("_")
        words = f"{bond} hopping to {NEIGHBOURS[shell]} neighbours in the {place}"
        yield Parameter(f"{name}_{place}", defaults[number], "eV", words)


PARAMETERS = (
    Parameter("magnet_planes", 2.0, "1", "atomic planes of the magnet", positive=True),
    Parameter("metal_planes", 4.0, "1", "atomic planes of the metal on it", signed=False),
    *_hoppings("magnet", 0),
    *_hoppings("metal", 1),
    Parameter("onsite_magnet", 0.0, "eV", "mean energy of an orbital of the magnet"),
    Parameter("onsite_metal", -0.1, "eV", "energy of an orbital of the metal"),
    Parameter("exchange", -1.0, "eV", "exchange splitting Delta, in Delta m.s"),
    Parameter("spin_orbit_magnet", 0.05, "eV", "lambda in lambda L.s, of the magnet"),
    Parameter("spin_orbit_metal", 0.4, "eV", "lambda in lambda L.s, of the metal"),
    Parameter("rashba", 0.0, "eV nm", "Rashba coupling alpha, in alpha (k_y sx - k_x sy), of one plane"),
    Parameter("rashba_plane", 2.0, "1", "the plane that has it, counted from 0", signed=False),
    Parameter("spacing", 0.3, "nm", "lattice constant", positive=True),
    *(one.but(default=OWN.get(one.name, one.default)) for one in FILM_PARAMETERS),
)
RESULTS = (
    *FILM_RESULTS,
    Result("orbital_flux", "1/nm", "L_y that flows through the interface, even part; per eE"),
    Result("spin_flux", "1/nm", "s_y that flows through the interface, even part; per eE"),
)


def film(p: Mapping[str, Any]) -> Film:
    """Magnet below, metal above; one plane may have Rashba coupling."""
    counts = atomic_planes(p)
    m, a = towards(p), p["spacing"]
    layers, first = [], 0
    for place, count, exchange in zip(("magnet", "metal"), counts, (p["exchange"], 0.0), strict=True):
        hoppings = (p[f"{name}_{place}"] for name in HOPPINGS)
        numbers = (*hoppings, exchange, p[f"onsite_{place}"], p[f"spin_orbit_{place}"])
        inside = int(p["rashba_plane"]) - first if first <= p["rashba_plane"] < first + count else None
        parts = [(count, 0.0)] if inside is None else [(inside, 0.0), (1, p["rashba"]), (count - inside - 1, 0.0)]
        for planes, rashba in parts:
            material = PLattice(*numbers, rashba, a)
            if planes:
                layers.append(Layer(material, planes * a, m=m if material.is_magnetic else None, name=place))
        first += count
    return Film(Stack(layers, a, atomic=True))


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """The response of the film, with the results."""
    data = film_of(film(parameters), parameters, numerics)
    return with_results(data, RESULTS, estimates(data) | through(data, int(parameters["magnet_planes"])))


def through(data: xr.Dataset, interface: int) -> dict[str, Estimate]:
    """The y components of what flows through the bond below plane number `interface`.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.orbital_film import through
    >>> iron = kt.Layer(kt.PLattice(exchange=-1, spin_orbit=0.2), 1, m="x")
    >>> film = kt.Film(kt.Stack([iron, kt.Layer(kt.PLattice(), 1)], 1.0, atomic=True))
    >>> at = {"broadening": 0.5, "temperature": 900, "tolerance": 0.1}
    >>> sorted(through(kt.field_response(film, 0.5, **at, progress=False), 1))
    ['orbital_flux', 'spin_flux']
    """
    found = {}
    for name in ("orbital", "spin"):
        variable = f"{name}_current"
        if variable not in data:
            found[f"{name}_flux"] = Estimate(0.0)
            continue
        bond = {"part": "intrinsic", "axis": "y"}
        flux = data[variable].sel(bond)
        value = float(flux[interface - 1]) if interface - 1 < data.sizes["bond"] else 0.0
        found[f"{name}_flux"] = Estimate(value, float(data[f"{variable}_error"]))
    return found


SYSTEM = FilmSystem(
    name="orbital-film",
    shows="orbital Hall effect and torque plane by plane: a magnet on a metal of p orbitals",
    source="Go & Lee, Phys. Rev. Research 2, 013177 (2020); Go et al., Phys. Rev. Research 2, 033401 (2020)",
    parameters=PARAMETERS,
    results=RESULTS,
    compute=compute,
    figure=film_torques,
    sweep_figures=FILM_SWEEPS,
    film=film,
)
