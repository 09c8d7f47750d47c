"""What can be measured: every variable as a record of its unit and dimensions.

A local variable is a density, a flux or a torque. What a chain makes of it in the leads
and in sums (`limit`, `tail`, `total`, `cumulated`, `of_layer`) is a `Form`; `FORMS` is
the one table that makes both the values (`operators.totals`) and the schema of a
Dataset (`schema`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CONDUCTANCES",
    "FLUX",
    "FORMS",
    "LOCAL",
    "NETWORK",
    "TORQUE",
    "UNITS",
    "Form",
    "InLeads",
    "Unit",
    "Variable",
    "schema",
    "torque_name",
]


@dataclass(frozen=True)
class Unit:
    """The unit of one quantity, by what a result is normalised to.

    Attributes
    ----------
    response : str
        Per area and per eV of the difference of chemical potentials.
    at_k : str
        At a single k, per incoming mode of unit flux.
    at_bias : str
        Per area, summed over energies.
    per_current : str
        Over the particle current.
    of_states : str
        Of a network of sites, for states as they are normalised: of one particle.
    per_potential : str
        Of a network of sites, per eV of the potentials of its leads, or per V.
    """

    response: str
    at_k: str
    at_bias: str
    per_current: str
    of_states: str = ""
    per_potential: str = ""


FLUX = Unit("1/(hbar nm^2)", "1", "eV/(hbar nm^2)", "I/e", "eV/hbar", "1/hbar")
TORQUE = Unit("1/nm^2", "hbar", "eV/nm^2", "hbar I/e", "eV", "1")
TORQUE_DENSITY = Unit("1/nm^3", "hbar/nm", "eV/nm^3", "hbar I/(e nm)")
DENSITY = Unit("1/(eV nm^3)", "hbar/(eV nm)", "1/nm^3", "hbar/(eV nm)", "1", "1/V")
MOMENT_DENSITY = Unit("hbar/(eV nm^3)", "hbar^2/(eV nm)", "hbar/nm^3", "hbar^2/(eV nm)", "hbar", "hbar/V")
AREAL_DENSITY = Unit("1/(eV nm^2)", "hbar/eV", "1/nm^2", "hbar/eV")
AREAL_MOMENT = Unit("hbar/(eV nm^2)", "hbar^2/eV", "hbar/nm^2", "hbar^2/eV")
UNITS = (FLUX, TORQUE, TORQUE_DENSITY, DENSITY, MOMENT_DENSITY, AREAL_DENSITY, AREAL_MOMENT)


@dataclass(frozen=True)
class Variable:
    """One variable of a result.

    Attributes
    ----------
    name : str
    dims : tuple of str
        "site", "bond", "lead" or "layer", then "axis" for components x, y, z; none for
        a number.
    kind : {"density", "flux", "torque", "transfer", "conductance"}
        A "torque" takes from the carriers' L + s, a "transfer" moves it between spin
        and orbit.
    unit : Unit
    label : str
        In words; local values are "per site".
    form : str
        "local", or the name of one of `FORMS`.
    """

    name: str
    dims: tuple[str, ...]
    kind: str
    unit: Unit
    label: str
    form: str = "local"

    @property
    def is_vector(self) -> bool:
        """Whether it has components x, y, z."""
        return "axis" in self.dims

    @property
    def is_controlled(self) -> bool:
        """Whether its error decides about refinement: fluxes, and summed torques."""
        return self.kind == "flux" or self.form in ("total", "cumulated")


@dataclass(frozen=True)
class InLeads:
    """One variable along a chain and in its leads.

    Attributes
    ----------
    profile : (..., n_sites or n_bonds, ...) array
    limit, tail : (..., 2, ...) arrays
        Far inside the left and right lead; summed over either lead, without the limit.
    of_layer : (..., n_layers, ...) array
        Summed over each layer, with the leads as the first and last of them.
    axis : int
        That of sites or bonds in `profile`, of leads in `limit` and `tail`.
    spacing : float, nm
    """

    profile: NDArray
    limit: NDArray
    tail: NDArray
    of_layer: NDArray
    axis: int
    spacing: float

    @cached_property
    def cumulated(self) -> NDArray:
        """Sum from z = -infinity up to every site."""
        return np.cumsum(self.profile, axis=self.axis) + self.tail.take([0], self.axis)


@dataclass(frozen=True)
class Form:
    """What a chain makes of a local variable: its place and unit, and its value.

    Attributes
    ----------
    name : str
        Suffix of the variable's name.
    dims : callable
        dims(those after the first of the local variable) -> dims
    words : str
        In the label, these words take the place of ", per site" or are added.
    value : callable
        value(InLeads) -> array
    unit : dict
        Its unit by that of the local variable, where the two differ.
    """

    name: str
    dims: Callable[[tuple[str, ...]], tuple[str, ...]]
    words: str
    value: Callable[[InLeads], NDArray]
    unit: Mapping[Unit, Unit] = field(default_factory=dict)

    def of(self, variable: Variable) -> Variable:
        """The record of this form of a local variable."""
        return replace(
            variable,
            name=f"{variable.name}_{self.name}",
            dims=self.dims(variable.dims),
            unit=self.unit.get(variable.unit, variable.unit),
            label=variable.label.removesuffix(", per site") + self.words,
            form=self.name,
        )


def _of_leads(dims):
    return ("lead", *dims[1:])


FLUX_LIMIT = Form("limit", _of_leads, " far inside the lead", lambda at: at.limit)
LIMIT = Form(
    "limit",
    _of_leads,
    ", per nm, far inside the lead",
    lambda at: at.limit / at.spacing,
    {TORQUE: TORQUE_DENSITY},
)
TAIL = Form("tail", _of_leads, ", summed over the lead", lambda at: at.tail)
TOTAL = Form(
    "total",
    lambda dims: dims[1:],
    ", summed over all sites and both leads",
    lambda at: at.cumulated.take(-1, at.axis) + at.tail.take(1, at.axis),
)
CUMULATED = Form("cumulated", lambda dims: dims, ", summed from z = -infinity", lambda at: at.cumulated)
OF_LAYER = Form(
    "of_layer",
    lambda dims: ("layer", *dims[1:]),
    ", summed over the layer; in a lead, what decays",
    lambda at: at.of_layer,
    {DENSITY: AREAL_DENSITY, MOMENT_DENSITY: AREAL_MOMENT},
)

FORMS = {
    "density": (OF_LAYER,),
    "flux": (FLUX_LIMIT,),
    "torque": (LIMIT, TAIL, TOTAL, CUMULATED, OF_LAYER),
    "transfer": (LIMIT, TAIL, TOTAL, OF_LAYER),
}
"""Forms of a local variable, by its kind."""

TORQUE_NAMES = {
    "magnetisation": "exchange_torque",
    "lattice": "lattice_torque",
    "carriers": "orbital_to_spin_torque",
}


def torque_name(partner: str) -> str:
    """Name of the torque that the terms of this partner exert.

    Examples
    --------
    >>> torque_name("magnetisation"), torque_name("impurities")
    ('exchange_torque', 'torque_on_impurities')
    """
    return TORQUE_NAMES.get(partner, f"torque_on_{partner}")


def _on_partner(partner):
    return Variable(torque_name(partner), ("site", "axis"), "torque", TORQUE, f"torque on the {partner}, per site")


LOCAL = (
    Variable("density", ("site",), "density", DENSITY, "particle density"),
    Variable("spin_density", ("site", "axis"), "density", MOMENT_DENSITY, "spin density"),
    Variable("orbital_density", ("site", "axis"), "density", MOMENT_DENSITY, "orbital angular momentum density"),
    _on_partner("magnetisation"),
    replace(_on_partner("lattice"), label="torque on the crystal lattice, per site"),
    Variable(
        "orbital_to_spin_torque",
        ("site", "axis"),
        "transfer",
        TORQUE,
        "torque of the carriers' orbital moment on their spin, per site",
    ),
    Variable("particle_current", ("bond",), "flux", FLUX, "particle current"),
    Variable("spin_current", ("bond", "axis"), "flux", TORQUE, "spin current"),
    Variable("orbital_current", ("bond", "axis"), "flux", TORQUE, "orbital angular momentum current"),
    Variable("angular_momentum_current", ("bond", "axis"), "flux", TORQUE, "total angular momentum current"),
)
"""The local variables of every structure, on its sites and bonds."""

OF_TERM = Variable(
    "torque_of_term",
    ("term", "layer", "axis"),
    "torque",
    TORQUE,
    "torque of the term on its partner, summed over the layer; in a lead, what decays",
    "of_layer",
)
NETWORK = (
    replace(OF_TERM, dims=("term", "site", "axis"), label="torque of the term on its partner, per site", form="local"),
    Variable("closure", (), "closure", Unit(*6 * ("1",)), "largest relative violation of the books", "local"),
)
"""What a network of sites has besides `LOCAL`, densities being per site."""
_CONDUCTANCE, _RESISTANCE = (Unit(*4 * (unit,)) for unit in ("e^2/h/nm^2", "ohm um^2"))
CONDUCTANCES = (
    Variable("conductance", (), "conductance", _CONDUCTANCE, "conductance per area", "ratio"),
    Variable("resistance_area", (), "conductance", _RESISTANCE, "resistance x area", "ratio"),
)
"""What follows from the current of a chain; no current divides it."""

INCIDENT = Variable("incident_current", (), "flux", FLUX, "particle current of the incoming states", "sum")


def schema(partners: Iterable[str] = ()) -> dict[str, Variable]:
    """{name: record} of every variable of a chain.

    Parameters
    ----------
    partners : iterable of str
        Those of the chain's terms; those that are always there need not be among them.

    Examples
    --------
    >>> from kwantorque.operators import schema
    >>> record = schema()["exchange_torque_total"]
    >>> record.dims, record.unit.per_current
    (('axis',), 'hbar I/e')
    >>> "torque_on_impurities" in schema(["lattice", "impurities"])
    True
    """
    return dict(_schema(tuple(sorted(set(partners) - set(TORQUE_NAMES)))))


@lru_cache
def _schema(others):
    local = (*LOCAL, *map(_on_partner, others))
    forms = [form.of(variable) for variable in local for form in FORMS[variable.kind]]
    return {variable.name: variable for variable in (*local, *forms, OF_TERM, INCIDENT)}
