"""Impurities in a turning magnetisation: the torque that relaxes the carriers' spin.

Tatara and Entel, Phys. Rev. B 78, 064429 (2008), on a lattice with t = a = hbar = 1: a
strip, periodic across, whose magnetisation is a spiral n = (cos Qx, sin Qx, 0) or a
wall. The carriers' spin <sigma> obeys

    div j_s = T_ex + T_sf + T_so,        T_ex = -2M n x s,    T_sf = 2v S x s,

and averaged over the directions of the impurities T_sf = -beta n x (j_s.grad) n, with

    beta_sf = (2 pi/3M) n_imp v^2 nu = hbar/(2M tau_sf)        (eq. 29),

nu the density of states per site of both spins. beta is read off T_sf: the total torque
along n x (j_s.grad) n of a biased strip of finite length has more in it, what changes
the current along the strip.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kwantorque.bulk.relaxation import spin_orbit_beta
from kwantorque.plot import beta_against_disorder, spin_continuity
from kwantorque.results import Estimate
from kwantorque.results.dataset import error_of
from kwantorque.structures.impurities import Impurities, draw_sites
from kwantorque.structures.strip import Strip
from kwantorque.systems.base import Parameter, Result, System, with_results
from kwantorque.transport import Numerics, spin_relaxation
from kwantorque.transport.relaxation import check_relaxation

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SYSTEM", "DisorderedStrip", "in_the_plane"]

PARAMETERS = (
    Parameter("width", 6, "sites", "sites across, periodic", positive=True),
    Parameter("length", 41, "sites", "sites along", positive=True),
    Parameter("wavevector", 0.1, "1/site", "Q of the spiral: n turns by this angle from site to site"),
    Parameter("exchange", 0.3, "t", "M, half of the splitting, in -M n.sigma"),
    Parameter("energy", 1.0, "t", "energy above the bottom of the band without exchange"),
    Parameter("impurities", 15, "", "number of impurities, on different sites drawn from `seed`", signed=False),
    Parameter("impurity_strength", 0.1, "t", "v, in v S.sigma of an impurity spin, S a unit vector"),
    Parameter("spin_orbit_strength", 0.0, "t", "lambda of the spin-orbit coupling of the same impurities"),
    Parameter(
        "realisations", 96, "", "number of random directions (of pairs); 0: what the tolerance asks", signed=False
    ),
    Parameter("average", "array", "", "how directions are averaged", choices=("array", "antithetic", "random")),
    Parameter("texture", "spiral", "", "how n turns", choices=("spiral", "wall")),
    Parameter("wall_width", 8.0, "sites", "w of the wall, of n = -tanh(x/w) along its axis", positive=True),
    Parameter("seed", 0, "", "of the sites and directions", signed=False),
)
RESULTS = (
    Result("beta", "1", "beta of the torque T_sf of impurity spins"),
    Result("beta_error", "1", "its standard error; an array has none"),
    Result("beta_analytic", "1", "beta_sf = (2 pi/3M) n v^2 nu with the local density of states nu"),
    Result("beta_total", "1", "the same from the total torque 2M n x s, which is not beta"),
    Result("polarisation", "1", "spin over particle current, without impurities"),
    Result("current", "t/hbar per bias", "particle current of the strip, without impurities"),
    Result("continuity", "1", "largest violation of spin continuity at a site, over the largest 2M|s|"),
    Result("beta_spin_orbit", "1", "beta of the torque T_so of spin-orbit impurities"),
    Result("beta_spin_orbit_analytic", "1", "the same in second order in lambda"),
    Result("beta_spin_orbit_plane", "1", "beta_so of an infinite plane, with the turn of n, eq. 41 corrected"),
)


@dataclass(frozen=True, repr=False)
class DisorderedStrip(System):
    """A strip with impurities: it is checked before anything is computed.

    Examples
    --------
    >>> import kwantorque as kt
    >>> relaxation = kt.systems.find("spin-relaxation")
    >>> relaxation.check(relaxation.complete({"impurities": 500}))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `impurities` must be at most 246, one for each site...
    """

    solver: ClassVar[str | None] = "kwant"

    def check(self, parameters: Mapping[str, Any], to_zero_spacing: bool = False) -> None:
        """Draw the impurities and look for modes.

        Raises
        ------
        InputError
            More impurities than sites, no mode at this energy, ...
        """
        super().check(parameters, to_zero_spacing)
        strip, impurities = _built(parameters)
        check_relaxation(strip, impurities, parameters["energy"], **_averaged(parameters))

    def saving(self, path: Path) -> DisorderedStrip:
        """The same, which saves realisations in a file as they are finished.

        It goes on from what the file holds.
        """
        return replace(self, compute=partial(compute, out=path))

    def quality(self, data: xr.Dataset) -> list[str]:
        """Continuity, realisations, and what the errors are."""
        attrs = data.attrs
        many = f"{attrs['realisations']} realisations ({attrs['average']})"
        exact = attrs["average"] == "array"
        return [
            f"continuity {attrs['closure']:.1e}, {many}, solver {attrs['solver']}",
            "an array of directions has no statistical error; what is of higher order in v is not in the errors"
            if exact
            else "errors are standard errors of the mean over the directions",
        ]


def _built(p: Mapping[str, Any]) -> tuple[Strip, Impurities]:
    """Strip and impurities of these parameters."""
    names = ("width", "length", "wavevector", "exchange", "texture", "wall_width")
    strip = Strip(**{name: p[name] for name in names})
    sites = draw_sites(strip, p["impurities"], p["seed"])
    return strip, Impurities(sites, spin=p["impurity_strength"], spin_orbit=p["spin_orbit_strength"])


def _averaged(p: Mapping[str, Any]) -> dict[str, Any]:
    """How it is averaged, of these parameters."""
    return {"average": p["average"], "realisations": p["realisations"] or 1, "seed": p["seed"]}


def in_the_plane(p: Mapping[str, Any]) -> float:
    """beta of spin-orbit impurities in an infinite plane, with the turn of n.

    Eq. 41 corrected, of free electrons at the strip's energy and exchange: with
    t = a = hbar = 1, k_+-^2 = E +- M and nu_+- = 1/(4 pi), whatever the currents are
    (`bulk.relaxation.spin_orbit_beta`): n lambda^2 E^2/(6 M). NaN below the minority's
    band.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.systems.spin_relaxation import in_the_plane
    >>> p = kt.systems.find("spin-relaxation").complete({"spin_orbit_strength": 0.1})
    >>> round(in_the_plane(p), 6)
    0.000339
    """
    squares = p["energy"] + p["exchange"] * np.array([1.0, -1.0])
    if squares.min() <= 0:
        return np.nan
    density, mean = p["impurities"] / (p["width"] * p["length"]), np.full(2, np.sqrt(squares.mean()))
    of_plane = (mean, np.full(2, 1 / (4 * np.pi)), (1.0, 0.0))
    return spin_orbit_beta(density, p["spin_orbit_strength"], p["exchange"], *of_plane, dimensions=2)


def compute(parameters: Mapping[str, Any], numerics: Numerics, out: Path | None = None) -> xr.Dataset:
    """The strip's profiles and beta, with the results.

    Realisations are saved in `out`, if any, as they are finished.
    """
    started = time.perf_counter()
    strip, impurities = _built(parameters)
    how, adaptive = _averaged(parameters), parameters["realisations"] == 0 and parameters["average"] != "array"
    target = numerics.tolerance if adaptive else None
    where = {"executor": numerics.executor, "progress": numerics.progress}
    data = spin_relaxation(strip, impurities, parameters["energy"], **how, target=target, out=out, **where)
    names = [result.name for result in RESULTS if result.name in data]
    estimates = {name: Estimate(float(data[name]), float(error_of(data, name))) for name in names}
    error = float(data.get("beta_error", float("nan")))
    estimates |= {"beta_error": Estimate(error), "continuity": Estimate(data.attrs["closure"])}
    plane = in_the_plane(parameters)
    estimates["beta_spin_orbit_plane"] = Estimate(plane)
    attrs = {"solver": SYSTEM.solver, "average": parameters["average"], "seconds": time.perf_counter() - started}
    return with_results(data.assign_attrs(attrs), RESULTS, estimates)


SYSTEM = DisorderedStrip(
    name="spin-relaxation",
    shows="spin continuity with impurities: the beta term of spin relaxation",
    source="Tatara & Entel, Phys. Rev. B 78, 064429 (2008)",
    parameters=PARAMETERS,
    results=RESULTS,
    compute=compute,
    figure=spin_continuity,
    sweep_figures={"impurity_strength": beta_against_disorder, "impurities": beta_against_disorder},
)
