"""The Dataset of a crystal in a field: names, units, coefficients, errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from ..operators.torque import torques_of_terms, torques_on_partners
from ..operators.variables import schema, torque_name
from ..results.dataset import ERROR, VERSION
from .crystal import AXES
from .kubo import PARTS, outflow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..integration.zone import Mean
    from ..structures.graph import Graph
    from .crystal import Crystal

    Values = Mapping[str, NDArray]

__all__ = ["conductance_of", "dataset_of", "torque_on"]

QUANTITIES = ("1", "s_x", "s_y", "s_z", "L_x", "L_y", "L_z")
"""What books are kept of."""
DENSITY, TORQUE = {2: "1/(eV nm)", 3: "nm/(eV nm^3)"}, {2: "1/nm", 3: "nm/nm^3"}
"""Units per eE and area, or volume, of densities, of torques and fluxes.

Per volume they are left as they are, so that they cannot be taken for those per area.
"""
CONDUCTANCE = {
    2: ("sheet_conductance", "site_conductance", "e^2/hbar", "sheet conductance"),
    3: ("conductivity", "site_conductivity", "e^2/(hbar nm)", "conductivity"),
}
"""Names, unit and words of the current per field."""
PARALLEL = 1e-9
"""|m x y|^2 below which a coefficient is 0/0."""


class _Record(NamedTuple):
    """A variable: its dimensions, unit, kind, label and how it is found."""

    name: str
    dims: tuple[str, ...]
    unit: str
    kind: str
    label: str
    value: Callable[[Values], NDArray]


def torque_on(partner: str, graph: Graph, values: Values) -> NDArray:
    """Torque on a partner, (part, site, 3), from the books."""
    gains = {name: values["gain"][..., i, :] for i, name in enumerate(graph.partner)}
    return torques_on_partners(gains, graph.partner, values["gain"].shape[:-2])[partner]


def conductance_of(values: Values) -> NDArray:
    """-<dH/dk> per eE, along x, y (and z), e^2/hbar; both parts, all sites."""
    return -values["velocity"].sum(axis=(0, 1))


def dataset_of(
    crystal: Crystal, graph: Graph, field: NDArray, mean: Mean, per_area: float, attrs: Mapping[str, Any]
) -> xr.Dataset:
    """The Dataset of `field_response`.

    Parameters
    ----------
    crystal : Crystal
    graph : Graph
        Of the crystal, at any k.
    field : (dimension,) array
        Direction of the field.
    mean : Mean
        Of the books, over k.
    per_area : float, 1/nm^2
        What makes a sum per area, or volume, of the mean.
    attrs : dict of strings and numbers
    """
    d = len(field)
    records = [*_local(graph, d), *_totals(graph, d), *_coefficients(crystal, graph, field)]
    variables = {}
    for one in records:
        about = {"units": one.unit, "long_name": one.label, "kind": one.kind}
        variables[one.name] = (one.dims, per_area * one.value(mean.values), about)
        error = per_area * mean.error(one.value)
        variables[one.name + ERROR] = ((), error, about | {"long_name": f"largest error of {one.name}"})
    coordinates = crystal.coordinates() | {
        "part": list(PARTS),
        "quantity": list(QUANTITIES),
        "moment": list(QUANTITIES[1:]),
        "term": list(graph.partner),
        "partner": ("term", list(graph.partner.values())),
        "field": ("axis", _in_space(field), {"units": "1", "long_name": "direction of the electric field"}),
        "direction": list(AXES[:d]),
    }
    said = {"undefined": _why_undefined(crystal, graph, field)}
    return xr.Dataset(variables, coordinates, {"version": VERSION, **attrs, **{k: v for k, v in said.items() if v}})


def _local(graph, d):
    """Densities, torques, fluxes on sites and bonds, and the sources of the books."""
    schemata = schema(graph.partner.values())
    slices = {"": slice(0, 1), "spin": slice(1, 4), "orbital": slice(4, 7)}

    def record(name, value):
        kept = schemata[name]
        unit = DENSITY[d] if kept.kind == "density" else TORQUE[d]
        unit = (
            unit.replace("1/", "hbar/").replace("nm/", "hbar nm/")
            if kept.kind == "density" and kept.is_vector
            else unit
        )
        return _Record(name, ("part", *kept.dims), unit, kept.kind, kept.label, value)

    yield record("density", lambda values: values["density"][..., 0])
    yield record("spin_density", lambda values: values["density"][..., slices["spin"]])
    yield record("orbital_density", lambda values: values["density"][..., slices["orbital"]])
    for partner in dict.fromkeys(["magnetisation", "lattice", "carriers", *graph.partner.values()]):
        yield record(torque_name(partner), lambda values, partner=partner: torque_on(partner, graph, values))
    if len(graph.bonds):
        yield record("particle_current", lambda values: values["flux"][..., 0])
        yield record("spin_current", lambda values: values["flux"][..., slices["spin"]])
        yield record("orbital_current", lambda values: values["flux"][..., slices["orbital"]])
        yield record(
            "angular_momentum_current",
            lambda values: values["flux"][..., slices["spin"]] + values["flux"][..., slices["orbital"]],
        )


def _totals(graph, d):
    def of_terms(values):
        gains = {name: values["gain"][..., i, :] for i, name in enumerate(graph.partner)}
        return np.moveaxis(torques_of_terms(gains, graph.partner, values["gain"].shape[:-2]), 0, 1)

    def field(values):
        return np.stack([np.zeros_like(values["field"]), values["field"]])

    on_sites, axis, unit = ("part", "site", "quantity"), ("part", "axis"), TORQUE[d]
    name, by_site, per_field, words = CONDUCTANCE[d]
    yield _Record(
        "torque_of_term", ("part", "term", "site", "axis"), unit, "torque", "torque of the term, per site", of_terms
    )
    yield _Record(
        "gain_of_term",
        ("part", "term", "site", "moment"),
        unit,
        "gain",
        "what the term gives to the carriers' spin and orbital moment, per site",
        lambda values: np.moveaxis(values["gain"], 2, 1),
    )
    yield _Record("field_source", on_sites, unit, "source", "F, what the field pushes onto the site", field)
    yield _Record(
        "relaxation_loss",
        on_sites,
        unit,
        "source",
        "R, what scattering takes away",
        lambda values: values["relaxation"],
    )
    yield _Record("outflow", on_sites, unit, "flux", "what leaves the site", lambda v: outflow(graph, v["flux"]))
    for partner in ("magnetisation", "lattice"):
        yield _Record(
            f"{torque_name(partner)}_total",
            axis,
            unit,
            "torque",
            f"torque on the {partner}, summed over all sites",
            lambda values, partner=partner: torque_on(partner, graph, values).sum(axis=1),
        )
    along = f"{words}: current along {' and '.join(AXES[:d])} per field"
    yield _Record(name, ("direction",), per_field, "conductance", along, conductance_of)
    yield _Record(
        by_site,
        ("part", "site", "direction"),
        per_field,
        "conductance",
        f"{words} by site",
        lambda values: -values["velocity"],
    )


def _coefficients(crystal, graph, field):
    """Field-like and damping-like, of the torque on one common magnetisation."""
    m, across, square = _geometry(crystal, field)
    vectors = {"field_like": (0, across), "damping_like": (1, np.cross(m, across))}
    words = {"field_like": "odd torque along m x y", "damping_like": "even torque along m x (m x y)"}
    for name, (part, vector) in vectors.items():

        def value(values, part=part, vector=vector):
            total = torque_on("magnetisation", graph, values).sum(axis=1)
            return np.asarray(total[part] @ vector / square if square > PARALLEL else np.nan)

        label = f"{name.replace('_', '-')} coefficient: {words[name]} over |m x y|^2, y = z x E"
        yield _Record(name, (), TORQUE[len(field)], "torque", label, value)


def _geometry(crystal, field):
    """The direction of the magnetisation, m x y with y = z x E, and |m x y|^2.

    Zero where the film has no magnetisation, or several directions of it.
    """
    directions = [m for m in crystal.magnetisation if m.any()]
    m = directions[0] if directions else np.zeros(3)
    if any(not np.allclose(one, m) for one in directions):
        m = np.zeros(3)
    across = np.cross(m, np.cross([0.0, 0.0, 1.0], _in_space(field)))
    return m, across, float(across @ across)


def _in_space(field):
    """The field as a vector in space, (3,)."""
    return np.pad(field, (0, 3 - len(field)))


def _why_undefined(crystal, graph, field):
    """Why there are no coefficients, or nothing."""
    m, _, square = _geometry(crystal, field)
    if square > PARALLEL:
        return ""
    if not field[:2].any():
        return "field_like and damping_like are those of a field with a part in the plane of x and y"
    if m.any():
        return "field_like and damping_like are 0/0: m lies along y = z x E, where no torque acts"
    return "field_like and damping_like need one direction of the magnetisation"
