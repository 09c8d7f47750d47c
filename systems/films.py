"""What the films in an electric field share: parameters, results, and how they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kwantorque.bulk import Film, field_response
from kwantorque.bulk.occupation import MODELS, model_of
from kwantorque.errors import InputError, whole
from kwantorque.plot import torkance_against_angle, torkance_against_relaxation, torkance_against_thickness
from kwantorque.results import Estimate
from kwantorque.systems.base import Parameter, Result, System
from kwantorque.transport import Numerics

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "FILM_PARAMETERS",
    "FILM_RESULTS",
    "FILM_SWEEPS",
    "FilmSystem",
    "atomic_planes",
    "estimates",
    "film_of",
    "towards",
]

MOST_PLANES = 60
"""A film of more planes is a mistake."""
FILM_PARAMETERS = (
    Parameter("theta", 40.0, "deg", "angle between the magnetisation and the normal z"),
    Parameter("phi", 25.0, "deg", "angle between its part in the plane and the field, x"),
    Parameter("fermi_energy", 0.0, "eV", "Fermi energy"),
    Parameter("relaxation", 0.1, "eV", "gamma = hbar/tau, the rate of relaxation", positive=True),
    Parameter("temperature", 300.0, "K", "temperature, of the relaxing model", signed=False),
    Parameter("model", "relaxing", "", "scattering: density matrix or constant broadening", choices=MODELS),
)
"""The parameters of every film; each sets the defaults of its own."""
AXES = "xyz"
FILM_RESULTS = (
    *(Result(f"torque_odd_{x}", "1/nm", f"torque on the magnetisation, odd in m, {x}; per eE") for x in AXES),
    *(Result(f"torque_even_{x}", "1/nm", f"torque on the magnetisation, even in m, {x}; per eE") for x in AXES),
    Result("field_like", "1/nm", "odd torque along m x y over |m x y|^2; per eE"),
    Result("damping_like", "1/nm", "even torque along m x (m x y) over |m x y|^2; per eE"),
    Result("sheet_conductance", "e^2/hbar", "current along the field, per length across it"),
    Result("closure", "1", "largest violation of the books at any k, over the largest entry"),
)


FILM_SWEEPS = {
    "relaxation": torkance_against_relaxation,
    **dict.fromkeys(("theta", "phi"), torkance_against_angle),
    **dict.fromkeys(("metal_planes", "magnet_planes"), torkance_against_thickness),
    **dict.fromkeys(("metal_length", "magnet_length"), torkance_against_thickness),
}
"""The figure of a sweep, by its parameter."""


def towards(p: Mapping[str, Any]) -> tuple[float, float, float]:
    """The direction of the magnetisation.

    Examples
    --------
    >>> from kwantorque.systems.films import towards
    >>> [round(x, 3) for x in towards({"theta": 90, "phi": 30})]
    [0.866, 0.5, 0.0]
    """
    theta, phi = np.radians([p["theta"], p["phi"]])
    return tuple(float(x) for x in (np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)))


def atomic_planes(p: Mapping[str, Any]) -> tuple[int, int]:
    """Numbers of planes of magnet and metal, and a check of `rashba_plane`.

    Raises
    ------
    InputError
        No whole number of planes, too many, or a Rashba plane that is none of them.

    Examples
    --------
    >>> from kwantorque.systems.films import atomic_planes
    >>> atomic_planes({"magnet_planes": 2, "metal_planes": 3, "rashba_plane": 4})
    (2, 3)
    >>> atomic_planes({"magnet_planes": 2, "metal_planes": 3, "rashba_plane": 5})
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `rashba_plane` must be a plane of the film, 0 to ...
    """
    counts = tuple(whole(name, p[name], least) for name, least in (("magnet_planes", 1), ("metal_planes", 0)))
    if sum(counts) > MOST_PLANES:
        raise InputError(f"a film may have at most {MOST_PLANES} planes, got {sum(counts)}")
    if p["rashba_plane"] not in range(sum(counts)):
        raise InputError(
            f"`rashba_plane` must be a plane of the film, 0 to {sum(counts) - 1}, got {p['rashba_plane']:g}"
        )
    return counts


def film_of(film: Film, p: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """The response of a film to a field along x, scattering as the parameters say.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.films import film_of
    >>> system = kt.systems.find("rashba-film")
    >>> small = {"magnet_planes": 1, "metal_planes": 0, "rashba_plane": 0}
    >>> p = system.complete(small | {"relaxation": 0.4})
    >>> data = film_of(system.film(p), p, kt.Numerics(tolerance=0.1, progress=False))
    >>> data.closure < 1e-12
    True
    """
    ignored = p["model"] == "broadened"
    data = field_response(
        film,
        p["fermi_energy"],
        broadening=p["relaxation"],
        temperature=None if ignored else p["temperature"],
        model=p["model"],
        tolerance=numerics.tolerance,
        executor=numerics.executor,
        progress=numerics.progress,
    )
    return data.assign_attrs(ignored="the broadened model is at T = 0, the temperature is ignored") if ignored else data


def estimates(data: xr.Dataset) -> dict[str, Estimate]:
    """The results that all films have, with their errors.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.films import estimates
    >>> at = {"broadening": 0.4, "temperature": 900, "tolerance": 0.1}
    >>> iron = kt.CubicLattice(exchange=-1, rashba=0.1)
    >>> data = kt.field_response(kt.Plane(iron, m="x"), -2.0, **at, progress=False)
    >>> estimates(data)["closure"].value < 1e-12
    True
    """
    torque, error = data.exchange_torque_total, float(data.exchange_torque_total_error)
    found = {
        f"torque_{parity}_{x}": Estimate(float(torque.sel(part=part, axis=x)), error)
        for parity, part in (("odd", "dissipative"), ("even", "intrinsic"))
        for x in AXES
    }
    for name in ("field_like", "damping_like"):
        defined = bool(np.isfinite(data[name]))
        found[name] = Estimate(float(data[name]), float(data[f"{name}_error"]) if defined else 0.0)
    conductance = data.sheet_conductance.sel(direction="x")
    return found | {
        "sheet_conductance": Estimate(float(conductance), float(data.sheet_conductance_error)),
        "closure": Estimate(data.closure),
    }


@dataclass(frozen=True, repr=False)
class FilmSystem(System):
    """A film with a current in its plane.

    What `System` has, and

    Parameters
    ----------
    film : callable
        film(parameters) -> Film, from a dict of all parameters.

    Examples
    --------
    >>> import kwantorque as kt
    >>> system = kt.systems.find("rashba-film")
    >>> system.film(system.complete({})).hamiltonian([[0.0, 0.0]]).shape
    (1, 16, 16)
    >>> system.run(temperature=0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `temperature` must be > 0 K in the relaxing model, ...
    """

    film: Callable[[Mapping[str, Any]], Film] = field(kw_only=True)

    def check(self, parameters: Mapping[str, Any], to_zero_spacing: bool = False) -> None:
        """Build the film and the model of scattering.

        Raises
        ------
        InputError
            There is no film of these parameters, or no such model; a film is not
            extrapolated to zero spacing.
        """
        super().check(parameters, to_zero_spacing)
        p = parameters
        model_of(p["model"], p["fermi_energy"], p["relaxation"], p["temperature"])
        self.film(p)

    def quality(self, data: xr.Dataset) -> list[str]:
        """How well it converged, how the books close, and what is undefined."""
        attrs = data.attrs
        first = (
            f"k error {attrs['error_estimate']:.1e} (asked {attrs['tolerance']:g}), {attrs['k_points']} k-points, "
            f"closure {attrs['closure']:.1e}"
        )
        return [first, *(f"note: {attrs[name]}" for name in ("undefined", "ignored") if name in attrs)]
