"""Rashba ferromagnet: torque, force and magnetoresistance of two bands in the plane.

    H = c k^2 + alpha (k x z).sigma - J M.sigma,    electrons of charge q = -e

Without scattering a field gives two torques: the interband one, damping-like and
finite, and the intraband one, field-like and proportional to the relaxation time. Signs
and factors of the paper are corrected: its force, eq. 13 and 14, is that on the
minority; and the damping-like torque is *anti*-damping with respect to the field of the
current, against its eq. 18.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from kwantorque.bulk import Plane
from kwantorque.bulk.clean import clean_torques, conductivity, delta_conductivity, densities, spin_force
from kwantorque.bulk.evolution import energy_balance
from kwantorque.bulk.kubo import Response
from kwantorque.bulk.occupation import Broadened
from kwantorque.bulk.sheet import BANDS, RashbaSheet
from kwantorque.errors import InputError
from kwantorque.integration.lines import RAYS, converged, thermal
from kwantorque.materials import CubicLattice, Model, terms
from kwantorque.plot import sheet_overview, torque_against_coupling_strength, work_against_angle
from kwantorque.results import Estimate
from kwantorque.systems.base import Parameter, Result, System, with_results
from kwantorque.systems.films import towards
from kwantorque.transport import Numerics
from kwantorque.units import BOLTZMANN

__all__ = ["SYSTEM", "exact", "sheet_of"]

AXES = "xyz"
PARAMETERS = (
    Parameter("mass", 1.0, "m0", "effective mass", positive=True),
    Parameter("rashba", 0.01, "eV nm", "alpha in alpha (k_y sigma_x - k_x sigma_y)"),
    Parameter("exchange", 1.0, "eV", "J in -J M.sigma; the splitting is 2J", positive=True),
    Parameter("fermi_energy", 0.0, "eV", "Fermi energy, from the zero of H"),
    Parameter("theta", 90.0, "deg", "angle between M and the normal z"),
    Parameter("phi", 0.0, "deg", "angle between the part of M in the plane and x"),
    Parameter("field_angle", 0.0, "deg", "angle between the electric field and x, in the plane"),
    Parameter("temperature", 0.0, "K", "temperature", signed=False),
    Parameter("spacing", 0.0, "nm", "lattice constant of a square lattice; 0 is the continuum", signed=False),
)
RESULTS = (
    *(Result(f"torque_interband_{x}", "1/nm", f"interband torque on the magnetisation, {x}; per eE") for x in AXES),
    *(Result(f"torque_intraband_{x}", "eV/nm", f"intraband torque, {x}; per eE tau/hbar") for x in AXES),
    Result("density", "1/nm^2", "electrons per area"),
    Result("polarisation", "1", "(n_majority - n_minority)/n"),
    Result("amr", "1", "rho(M || E)/rho(M perp E) - 1 at constant relaxation time"),
    Result("amr_delta_scatterers", "1", "the same with isotropic delta scatterers"),
    Result("spin_force", "1", "force of the spin-orbit coupling per electron and eE, along E"),
    Result("energy_balance", "1", "largest |dU/dt - qE.sum v| over the latter, in a ramped field"),
)
ROUNDING = 1e-10
"""Of the largest component: what Fermi lines and sums of many numbers are known to."""
CLOSURE_STATES = 400
"""So many k of the Fermi sea have their books closed."""
BROADENING = 0.1
"""In units of J, of the books whose closure is stated."""
OF_ENERGIES = 6e-9
"""Error of a thermal mean, 2 exp(-2 pi^2)."""
POINTS = 181
"""Angles at which Fermi lines are stored, and k at which bands are."""
WIDER = 1.25
"""How far bands are stored, over the largest wavevector of the Fermi lines."""


def sheet_of(p: Mapping[str, Any], m: Any = None) -> RashbaSheet:
    """The sheet of the parameters, or the same with another direction of M.

    Raises
    ------
    InputError
        The Fermi energy lies below both bands, or above those of a lattice.

    Examples
    --------
    >>> from kwantorque.systems.rashba_ferromagnet import SYSTEM, sheet_of
    >>> [round(x, 9) for x in sheet_of(SYSTEM.complete({})).m]
    [1.0, 0.0, 0.0]
    >>> sheet_of(SYSTEM.complete({"fermi_energy": -2}))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `fermi_energy` must lie in a band, so that ...
    """
    sheet = RashbaSheet(p["rashba"], p["exchange"], towards(p) if m is None else m, p["mass"], p["spacing"])
    if not len(sheet.lines(p["fermi_energy"], RAYS).k):
        raise InputError(
            f"`fermi_energy` must lie in a band, so that there is a Fermi line, got {p['fermi_energy']:g} eV: the "
            f"majority begins near {-p['exchange']:g} eV"
        )
    return sheet


def exact(sheet: RashbaSheet, energy: float) -> float:
    """alpha/(4 pi c), the damping-like torque per eE in 1/nm of M and E along x.

    NaN where it does not hold: it needs the continuum, both bands occupied, and the
    point k = J/alpha, where they touch, outside both Fermi lines.

    Examples
    --------
    >>> from kwantorque.bulk.sheet import RashbaSheet
    >>> from kwantorque.systems.rashba_ferromagnet import exact
    >>> both, one = (exact(RashbaSheet(0.05, 0.5), energy) for energy in (1.0, 0.0))
    >>> round(both, 6), one
    (0.104433, nan)
    """
    occupied = set(sheet.lines(energy, RAYS).band) == set(BANDS)
    touching = sheet.curvature * (sheet.exchange / sheet.rashba) ** 2 if sheet.rashba else np.inf
    holds = occupied and not sheet.spacing and touching > energy
    return sheet.rashba / (4 * np.pi * sheet.curvature) if holds else np.nan


def compute(parameters: Mapping[str, Any], numerics: Numerics) -> xr.Dataset:
    """All results, by rules that are refined until they agree; and the Fermi lines."""
    started, sheet = time.perf_counter(), sheet_of(parameters)
    rounding = ROUNDING + OF_ENERGIES * bool(parameters["temperature"])
    found, errors, scales, points = converged(
        lambda rays, nodes: _values(parameters, rays, nodes), _scales, numerics.tolerance, rounding
    )
    estimates = {r.name: Estimate(float(x), float(e)) for r, x, e in zip(RESULTS, found, errors, strict=False)}
    estimates["energy_balance"] = Estimate(energy_balance(sheet, parameters["fermi_energy"]))
    polarised = found[6] * found[7]
    about = {"units": "1/nm", "long_name": "damping-like torque for M and E along x, per eE: "}
    formulas = {
        "damping_like_leading": (sheet.rashba * polarised / (2 * sheet.exchange), "to leading order in alpha"),
        "damping_like_exact": (exact(sheet, parameters["fermi_energy"]), "exact where both bands are occupied"),
    }
    about_work = {"units": "eV/nm^2", "long_name": "work on the magnetisation per (eE)^2 tau/hbar, -h.t"}
    work = {"work_on_magnetisation": ((), _work(sheet, found), about_work)}
    data = _lines(sheet, parameters).assign(
        {
            name: ((), value, about | {"long_name": about["long_name"] + words})
            for name, (value, words) in formulas.items()
        }
        | work
        | _bands(sheet, parameters)
    )
    data = data.assign_attrs(
        closure=_closure(sheet, parameters),
        error_estimate=float(np.max(errors / np.where(scales > 0, scales, 1.0))),
        k_points=points,
        seconds=time.perf_counter() - started,
    )
    return with_results(data, RESULTS, estimates)


def _work(sheet, found):
    """-h.t_interband, where h is the field whose torque M x h the intraband one is.

    The energy -h.M of the magnetisation, of one unit of angular momentum, grows at this
    rate: where it is positive the torque is anti-damping.
    """
    return -np.cross(found[3:6], sheet.m) @ found[:3]


def _bands(sheet, p):
    """Both bands along the field through k = 0, and the spin there."""
    angle = np.radians(p["field_angle"])
    far = np.abs(sheet.lines(p["fermi_energy"], RAYS).k).max()
    distance = np.linspace(-WIDER * far, WIDER * far, POINTS)
    k = distance[:, None] * [np.cos(angle), np.sin(angle)]
    h = sheet.vector(k)
    unit = h / np.linalg.norm(h, axis=1, keepdims=True)
    k_about = {"units": "1/nm", "long_name": "wavevector along the field"}
    e_about = {"units": "eV", "long_name": "energy"}
    s_about = {"units": "1", "long_name": "<sigma> along the path"}
    return {
        "band_k": ("path", distance, k_about),
        "band_energy": (("band", "path"), np.array([sheet.energy(k, band) for band in BANDS]), e_about),
        "band_spin": (("band", "path", "axis"), BANDS[:, None, None] * unit, s_about),
        "fermi_energy_drawn": ((), p["fermi_energy"], {"units": "eV", "long_name": "Fermi energy"}),
    }


def _scales(found):
    """What errors are compared with: largest components, and 1 of what is a ratio."""
    sizes = np.concatenate([np.repeat(np.abs(found[:6]).reshape(2, 3).max(axis=1), 3), np.abs(found[6:])])
    return np.where(np.arange(len(found)) < 7, sizes, np.maximum(sizes, 1.0))


def _values(p, rays, nodes):
    """The results in their order, without the energy balance."""
    angle, energy = np.radians(p["field_angle"]), p["fermi_energy"]
    field, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    sheet = sheet_of(p)
    turned = [sheet_of(p, (*one, 0.0)) for one in (field, across)]

    def at(e):
        sea = sheet.sea(e, rays, nodes)
        if not len(sea.k):
            return np.zeros(13)
        density, polarisation = densities(sea)
        constant = [field @ conductivity(one, e, rays) @ field for one in turned]
        delta = [delta_conductivity(one, e, rays, field) for one in turned]
        force = density * spin_force(sheet, e, rays, nodes, field)
        return np.array(
            [
                *np.concatenate(clean_torques(sheet, sea, field)),
                density,
                density * polarisation,
                *constant,
                *delta,
                force,
            ]
        )

    *both, density, polarised, along, perp, delta_along, delta_perp, force = thermal(
        at, energy, BOLTZMANN * p["temperature"]
    )
    ratios = (polarised / density, perp / along - 1, delta_perp / delta_along - 1, force / density)
    return np.array([*both, density, *ratios])


def _closure(sheet, p):
    """That of the books of the sheet in a field, at k of its Fermi sea."""
    k = sheet.sea(p["fermi_energy"], 20, 20).k[:: max(1, 400 // CLOSURE_STATES)]
    splitting, m = -2 * p["exchange"], sheet.m
    if p["spacing"]:
        hopping = -sheet.curvature / p["spacing"] ** 2
        material = CubicLattice(hopping, splitting, -4 * hopping, p["spacing"], p["rashba"])
    else:
        parts = [terms.kinetic(p["mass"]), terms.rashba(p["rashba"]), terms.exchange(splitting)]
        material = Model(parts)
    model = Broadened(p["fermi_energy"], BROADENING * p["exchange"])
    _, closures = Response(Plane(material, m), model, np.array([1.0, 0.0])).at(k)
    return float(closures.max())


def _lines(sheet, p):
    """k on the Fermi lines by band and angle, and the spin there."""
    angle = 2 * np.pi * np.arange(POINTS) / (POINTS - 1)
    k, spin = np.full((2, POINTS, 2), np.nan), np.full((2, POINTS, 3), np.nan)
    lines = sheet.lines(p["fermi_energy"], 4 * POINTS)
    for number, band in enumerate((-1.0, 1.0)):
        here = lines.k[lines.band == band]
        if not len(here):
            continue
        # The point of the line that is nearest to each direction.
        along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        k[number] = here[(along @ (here / np.linalg.norm(here, axis=1, keepdims=True)).T).argmax(axis=1)]
        h = sheet.vector(k[number])
        spin[number] = band * h / np.linalg.norm(h, axis=1, keepdims=True)
    return xr.Dataset(
        {
            "fermi_k": (
                ("band", "angle", "direction"),
                k,
                {"units": "1/nm", "kind": "wavevector", "long_name": "wavevector on the Fermi line"},
            ),
            "fermi_spin": (("band", "angle", "axis"), spin, {"units": "1", "long_name": "<sigma> on the Fermi line"}),
        },
        {
            "band": ["majority", "minority"],
            "angle": ("angle", np.degrees(angle), {"units": "deg", "long_name": "direction of k"}),
            "direction": ["x", "y"],
            "axis": ["x", "y", "z"],
            "field": ("direction", [np.cos(np.radians(p["field_angle"])), np.sin(np.radians(p["field_angle"]))]),
        },
    )


class _Sheet(System):
    """Checked before a sweep begins, and reported in words of its own."""

    def check(self, parameters: Mapping[str, Any], to_zero_spacing: bool = False) -> None:
        super().check(parameters, to_zero_spacing)
        sheet_of(parameters)

    def quality(self, data: xr.Dataset) -> list[str]:
        return [
            f"error {data.attrs['error_estimate']:.1e} (asked {data.attrs['tolerance']:g}), closure "
            f"{data.attrs['closure']:.1e}",
            "note: the damping-like torque is anti-damping with respect to the current-induced field",
        ]


SYSTEM = _Sheet(
    name="rashba-ferromagnet",
    shows="torque, force, energy and magnetoresistance of the Rashba ferromagnet",
    source="Ho, Tan, Shen & Jalil, Newton's second law in spintronics (2019), with signs and factors corrected",
    parameters=PARAMETERS,
    results=RESULTS,
    compute=compute,
    figure=sheet_overview,
    sweep_figures={
        **dict.fromkeys(("rashba", "exchange"), torque_against_coupling_strength),
        "phi": work_against_angle,
    },
)
