"""Linear response of any Kwant system to the potentials of its leads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..errors import ComputationError, InputError, finite, instance, known, named
from ..structures.kwant_builder import load_kwant
from ..structures.network_checks import check_leads, check_modes, has_modes
from .books import Books
from .run import MAX_CLOSURE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["driven_states", "network_response"]


@named
def network_response(
    system: Any,
    energy: float,
    params: Mapping[str, Any] | None = None,
    *,
    leads: Mapping[int, float] | None = None,
    spin: ArrayLike | Mapping | Callable | None = None,
    orbital: ArrayLike | Mapping | Callable | None = None,
    terms: Mapping[str, Any] | None = None,
    partner: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Densities, fluxes and torques at every site, per eV of the leads' potentials.

        value = sum_a mu_a (1/2 pi) sum_m <psi_am|O|psi_am>

    over the modes m that come from lead a at the Fermi energy, each of unit flux, with
    the change mu_a of the chemical potential of lead a. Temperature zero.

    Parameters
    ----------
    system : kwant.system.FiniteSystem, or Books
        As `Books` takes it; of `Books` only energy and leads are needed, and params
        are those that are others.
    energy : float, eV
    params : dict
        Of the system and its leads, as Kwant takes them.

    Other Parameters
    ----------------
    leads : dict
        {number of the lead: mu_a}, 0 where none is given; by default {0: 1.0}.
    spin, orbital, terms, partner
        As of `Books`.

    Returns
    -------
    xarray.Dataset
        The variables of `Books`, per eV, and of the leads

        * `conductance` (lead, other_lead), e^2/h: the matrix G of I = G V, as Kwant's
          `conductance_matrix`; minus the transmission from the second to the first
          lead, on the diagonal what leaves, so that columns add up to zero
        * `current_from_lead` (lead,): sum_b G_ab mu_b / 2 pi, positive where particles
          leave the lead

        attrs: energy, leads, modes (how many states came in), closure, seconds.

    Raises
    ------
    InputError
        What `Books` refuses, no such lead, parameters of leads that are missing or
        unknown, or no open mode in the driven leads.
    ComputationError
        The books do not close: `closure` above 1e-8.

    Notes
    -----
    The part of the Fermi surface. What does not vanish in equilibrium (a torque between
    two magnets) changes with a potential that all leads share as well; of a bias, take
    the part that is odd in it, leads={0: 0.5, 1: -0.5}.

    References
    ----------
    Groth, Wimmer, Akhmerov & Waintal, New J. Phys. 16, 063065 (2014).

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.FreeElectron(exchange=1.0, bottom=-1.0)
    >>> stack = kt.Stack([kt.Layer(iron, 0.5, m="x"), kt.Layer(iron, 0.5, m="z")], 0.1)
    >>> system, params = kt.build_stack(stack).finalized(), {"kx": 0.0, "ky": 0.0}
    >>> terms = {"exchange": kt.build_stack(stack, terms=["exchange"])}
    >>> data = kt.network_response(system, 0.5, params, terms=terms, leads={0: 1.0})
    >>> data.exchange_torque.attrs["units"], data.modes
    ('1', 2)
    >>> np.allclose(data.particle_current, data.current_from_lead[0])
    True
    >>> kt.network_response(system, 0.5, params, terms=terms, leads={2: 1.0})
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `leads` must be numbers of leads, 0 to 1, got 2
    """
    started = time.perf_counter()
    params = dict(instance("params", params or {}, Mapping, '{"J": 0.1}'))
    options = {"spin": spin, "orbital": orbital, "terms": terms, "partner": partner}
    if isinstance(system, Books):
        books, params = _bound(system, params, [name for name, one in options.items() if one is not None])
    else:
        books = Books(system, params, **options)
    leads = {0: 1.0} if leads is None else leads
    psi, weights = driven_states(books.network.system, energy, params, leads)
    values = books.values(psi, weights, np.abs(weights).sum())
    closure = float(values.pop("closure"))
    if not closure <= MAX_CLOSURE:
        raise ComputationError(
            f"the books of these states do not close, closure {closure:.1e} > {MAX_CLOSURE}: H changes between "
            "evaluations (a random number in a value function?), or Kwant's solver lost accuracy at energy "
            f"{energy} eV, as at the bottom of a band; choose another energy"
        )
    data = books.dataset(
        values,
        normalised="per_potential",
        energy=float(energy),
        leads=str(dict(leads)),
        modes=len(psi),
        closure=closure,
        seconds=time.perf_counter() - started,
    )
    return _with_leads(data, books.network.system, energy, params, leads)


def _bound(books, params, options):
    """The books at these values, and all parameters of the system and its leads."""
    if options:
        raise InputError(f"Books have their own {', '.join(options)}: say that where they are made, not here again")
    of_leads = {name for lead in books.network.system.leads for name in lead.parameters or ()}
    for name in params:
        known("parameter of the books and leads", name, sorted({*books.params, *of_leads}))
    changed = {name: value for name, value in params.items() if name in books.params}
    return books.bind(changed) if changed else books, {**books.params, **params}


def driven_states(
    system: Any, energy: float, params: Mapping[str, Any], leads: Mapping[int, float]
) -> tuple[NDArray, NDArray]:
    """All states from the driven leads, and the weights mu_a / 2 pi of each.

    Parameters
    ----------
    system, energy, params, leads
        As of `network_response`.

    Returns
    -------
    psi : (modes, size) array
    weights : (modes,) array
        `Books.values(psi, weights)` is the response, as arrays.

    Raises
    ------
    InputError
        No such lead, missing parameters, or no open mode in the driven leads.

    Examples
    --------
    Many systems or parameters, without the cost of a Dataset for each:

    >>> import kwantorque as kt
    >>> iron = kt.FreeElectron(exchange=1.0, bottom=-1.0)
    >>> stack = kt.Stack([kt.Layer(iron, 0.5, m="x"), kt.Layer(iron, 0.5, m="z")], 0.1)
    >>> system, params = kt.build_stack(stack).finalized(), {"kx": 0.0, "ky": 0.0}
    >>> terms = {"exchange": kt.build_stack(stack, terms=["exchange"])}
    >>> books = kt.Books(system, params, terms=terms)
    >>> for kx in (0.0, 1.0):
    ...     params["kx"] = kx
    ...     states = kt.transport.driven_states(system, 0.5, params, {0: 1.0})
    ...     torque = books.bind(params).values(*states)["exchange_torque"]
    >>> torque.shape
    (13, 3)
    """
    energy, count = finite("energy", energy, "eV"), len(system.leads)
    check_leads(system, params)
    driven = {}
    for lead, potential in instance("leads", leads, Mapping, "{0: 1.0}").items():
        if isinstance(lead, bool) or lead not in range(count):
            raise InputError(f"`leads` must be numbers of leads, 0 to {count - 1}, got {lead!r}")
        driven[int(lead)] = finite("leads", potential)
        if driven[lead]:
            check_modes(system, lead)
    wave_function = load_kwant().wave_function(system, energy, params=params)
    psi = {lead: wave_function(lead) for lead, potential in driven.items() if potential}
    if not sum(map(len, psi.values())):
        raise InputError(f"no state comes from the leads {leads} at energy {energy} eV: none has an open mode there")
    weights = [np.full(len(states), driven[lead] / (2 * np.pi)) for lead, states in psi.items()]
    return np.concatenate(list(psi.values())), np.concatenate(weights)


def _with_leads(data, system, energy, params, leads):
    """With the conductance matrix, and the current that leaves each lead."""
    # Leads that are self-energies have no amplitudes, but Green functions.
    by_modes, kwant = all(map(has_modes, system.leads)), load_kwant()
    solve = kwant.smatrix if by_modes else kwant.greens_function
    matrix = solve(system, energy, params=params).conductance_matrix()
    potentials = np.array([float(leads.get(lead, 0.0)) for lead in range(len(system.leads))])
    about = {"units": "e^2/h", "long_name": "conductance matrix of the leads", "kind": "conductance"}
    leaves = {"units": "1/hbar", "long_name": "particle current that leaves the lead", "kind": "flux"}
    numbers = np.arange(len(potentials))
    return data.assign_coords(lead=numbers, other_lead=numbers).assign(
        conductance=(("lead", "other_lead"), matrix, about),
        current_from_lead=(("lead",), matrix @ potentials / (2 * np.pi), leaves),
    )
