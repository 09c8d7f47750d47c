"""Operators on Kwant systems, with the habits of `kwant.operator`: flux and torque.

Both are Hermitian, and both are traces with density blocks. Between two states they
follow from the states' sums,

    <bra|A|ket> = (1/4) sum_c c* <bra + c ket|A|bra + c ket>,       c = 1, -1, i, -i.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import dagger
from ..errors import InputError, finite, instance, named
from ..operators import real_trace
from ..operators.current import flux_operators
from ..operators.torque import gain_operators
from ..structures.named_terms import named_terms, switches_of, systems_among
from ..structures.network import Network
from ..structures.network_checks import check_system
from ..structures.site_matrices import observables

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Cut", "Flux", "Torque"]


@named
@dataclass(frozen=True)
class Cut:
    """A plane that bonds cross: what a `Flux` there is summed over.

    Parameters
    ----------
    x, y, z : float
        Position of the plane across this axis; exactly one of them. The flux through it
        is positive along the axis. A bond with an end on the plane crosses it if the
        other end is below.

    Raises
    ------
    InputError
        None of x, y, z, or more than one; where it is used, no bond crosses it.

    Examples
    --------
    >>> import kwantorque as kt
    >>> kt.Cut(x=3.5).axis
    0
    >>> kt.Cut(x=3.5, y=1.0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a cut is across one axis: give one of x, y, z
    """

    x: float | None = None
    y: float | None = None
    z: float | None = None

    def __post_init__(self) -> None:
        given = [name for name in "xyz" if getattr(self, name) is not None]
        if len(given) != 1:
            raise InputError("a cut is across one axis: give one of x, y, z")
        finite(given[0], getattr(self, given[0]))

    @property
    def axis(self) -> int:
        """0, 1, 2 for x, y, z."""
        return next(i for i, name in enumerate("xyz") if getattr(self, name) is not None)

    def crossing(self, sites: Sequence[Any], bonds: NDArray) -> NDArray:
        """+1 for bonds that cross it along its axis, -1 against it, 0 for others."""
        if not all(hasattr(site, "pos") for site in sites):
            raise InputError("a cut needs sites with positions, those of this system have no `pos`: give hoppings")
        position = np.array([site.pos for site in sites], float)
        name = "xyz"[self.axis]
        if self.axis >= position.shape[1]:
            raise InputError(f"{self} cuts across {name}, but sites have {position.shape[1]} coordinates")
        ends = position[bonds, self.axis]
        above = ends >= getattr(self, name)
        crossing = above[:, 1].astype(int) - above[:, 0]
        if not crossing.any():
            along = ends[ends[:, 0] != ends[:, 1]]
            where = (
                f"bonds cross {along.min():g} < {name} <= {along.max():g}" if len(along) else f"none is along {name}"
            )
            raise InputError(f"no bond of the system crosses {name} = {getattr(self, name):g}: {where}")
        return crossing


class _Operator(ABC):
    """What `Flux` and `Torque` share: binding, and matrix elements of two states."""

    def __init__(self, system: Any, observable: Any) -> None:
        self.system, self._given = system, observable
        self._bound, self._single = None, False

    def bind(self, *, params: Mapping[str, Any] | None = None) -> _Operator:
        """The operator at these parameters, quicker to call many times.

        Parameters
        ----------
        params : dict
            Of the system, as Kwant takes them.
        """
        params = dict(instance("params", params or {}, Mapping, '{"J": 0.1}'))
        check_system(self.system, params)
        bound = copy.copy(self)
        network = Network.of(self.system, params)
        at_sites, self_single = observables(self.system.sites, network.norbs, "observable", self._given)
        bound._single = self_single
        bound._bound = bound._prepared(
            network, np.broadcast_to(at_sites, (network.n_sites, *at_sites.shape[1:])), params
        )
        return bound

    def __call__(
        self, bra: ArrayLike, ket: ArrayLike | None = None, *, params: Mapping[str, Any] | None = None
    ) -> NDArray:
        """<bra|A|ket>; the expectation value in bra without a ket.

        Parameters
        ----------
        bra, ket : (size,) or (modes, size) arrays
        params : dict
            Where the operator is not bound.

        Returns
        -------
        (..., n_where) array, with a last axis of observables if several are given
            Real without a ket, complex with one; without n_where for a `Cut`.

        Raises
        ------
        InputError
            States of another length or that are not finite, or `params` of a bound
            operator.
        """
        if self._bound is None:
            return self.bind(params=params)(bra, ket)
        if params is not None:
            raise InputError("the operator is bound to its parameters already: call it without `params`")
        bra = self._bound[0].states("bra", bra)
        if ket is None:
            return self._values(bra)
        ket = self._bound[0].states("ket", ket)
        if ket.shape != bra.shape:
            raise InputError(f"bra and ket must have the same shape, got {bra.shape} and {ket.shape}")
        return sum(np.conj(c) * self._values(bra + c * ket) for c in (1, -1, 1j, -1j)) / 4

    def _values(self, psi):
        found = self._traced(np.atleast_2d(psi))
        found = found[..., 0] if self._single else found
        return found[0] if psi.ndim == 1 else found

    @abstractmethod
    def _prepared(self, network, at_sites, params):
        """What is kept when the operator is bound: the network first."""

    @abstractmethod
    def _traced(self, psi):
        """Expectation values (modes, n_where, n_observables)."""


@named
class Flux(_Operator):
    """Flux of any observable through bonds: the symmetrised product with velocity.

        <b|A|k>: from b to a through the hopping (a, b),
        2 Im <psi_a|(V_ba^+ O_b + O_a V_ba^+)/2|psi_b>,     V_ba = H_ba

    As `kwant.operator.Current`, but antisymmetric in a and b where O and the hopping do
    not commute: (J_ab - J_ba)/2 of that. It may differ from site to site.

    Parameters
    ----------
    system : kwant.system.FiniteSystem
    observable : (n, n) or (n_observables, n, n) array, dict or function, optional
        Hermitian matrix at a site; by family, or as a function of the site. By default
        the identity, the number of particles.

    Other Parameters
    ----------------
    where : sequence of (site, site), Cut, or function
        Hoppings (a, b), the flux being from b to a, as Kwant has it; sites or their
        numbers. Or where(a, b) is true; or the sum over all that cross a plane.
        By default all bonds, from the first site to the second in the system's order.

    Raises
    ------
    InputError
        Hoppings that the system has not, or an observable that does not fit.

    Examples
    --------
    >>> import kwant
    >>> import kwantorque as kt
    >>> copper = kt.FreeElectron(bottom=-1.0)
    >>> system = kt.build_stack(kt.Stack([kt.Layer(copper, 0.5)], 0.1)).finalized()
    >>> params = {"kx": 0.0, "ky": 0.0}
    >>> psi = kwant.wave_function(system, 0.0, params=params)(0)
    >>> flux = kt.Flux(system, where=kt.Cut(x=0.25)).bind(params=params)
    >>> flux(psi).round(9)  # unit flux of both spins
    array([1., 1.])
    """

    def __init__(self, system: Any, observable: Any = None, *, where: Cut | Iterable | Callable | None = None) -> None:
        super().__init__(system, observable)
        self.where = where

    def _prepared(self, network, at_sites, params):
        numbers, sign = self._bonds(network)
        _, hopping = network.hamiltonian(params)
        few = replace(network, bonds=network.bonds[numbers])
        start, end = few.bonds.T
        return few, flux_operators(hopping[numbers], at_sites[start], at_sites[end])[None], sign

    def _bonds(self, network):
        """Numbers of the bonds where it is, and their signs."""
        sites, bonds = network.system.sites, network.bonds
        if self.where is None:
            return np.arange(len(bonds)), np.ones(len(bonds))
        if isinstance(self.where, Cut):
            crossing = self.where.crossing(sites, bonds)
            return np.flatnonzero(crossing), crossing[crossing != 0]
        where = self.where
        if callable(where):
            pairs = [pair for i, j in bonds.tolist() for pair in ((i, j), (j, i))]
            where = [(a, b) for a, b in pairs if where(sites[a], sites[b])]
        at = {pair: i for i, pair in enumerate(map(tuple, bonds.tolist()))}
        found = []
        for pair in _listed(where, "hoppings (a, b) of the system, a Cut, or a function"):
            if not isinstance(pair, Sequence | np.ndarray) or len(pair) != 2:
                raise InputError(f"`where` must be hoppings (a, b), pairs of sites or of their numbers, got {pair!r}")
            a, b = map(network.number_of, pair)
            if (b, a) not in at and (a, b) not in at:
                raise InputError(
                    f"`where` must be hoppings (a, b) of the system, it has none between {pair[0]} and {pair[1]}"
                )
            found.append((at[b, a], 1.0) if (b, a) in at else (at[a, b], -1.0))
        numbers, sign = np.array(found, float).reshape(-1, 2).T
        return numbers.astype(int), sign

    def _traced(self, psi):
        few, operators, sign = self._bound
        values = real_trace(operators, few.densities(psi).bond, np.arange(len(sign)))[0] * sign[:, None]
        return values.sum(axis=-2) if isinstance(self.where, Cut) else values


@named
class Torque(_Operator):
    """Torque that one term of H exerts on its partner: minus what carriers gain.

        -2 Im <psi_i|O h_i^t|psi_i>
            - (1/2) sum_j 2 Im <psi_j|O V_ij^t+ - V_ij^t+ O|psi_i>

    On the sites alone, `kwant.operator.Source` is minus that for t the whole H.

    Parameters
    ----------
    system : kwant.system.FiniteSystem
    observable : (n, n) or (n_observables, n, n) array, dict or function
        Hermitian matrix at a site, such as s_z or all of (s_x, s_y, s_z).
    term : str, tuple, dict or system
        The parameters that switch the term, or the term as a system, as in the `terms`
        of `Books`; by default the whole H.

    Other Parameters
    ----------------
    where : sequence of sites or their numbers, or function of a site
        By default all sites. Next to a lead whose hoppings have the term its torque is
        unknown: nan.

    Raises
    ------
    InputError
        What `Books` refuses, or sites that the system has not.

    Examples
    --------
    >>> import kwant
    >>> import kwantorque as kt
    >>> from kwantorque.algebra import SPIN_HALF
    >>> iron = kt.FreeElectron(exchange=1.0, bottom=-1.0)
    >>> stack = kt.Stack([kt.Layer(iron, 0.5, m="x"), kt.Layer(iron, 0.5, m="z")], 0.1)
    >>> system, params = kt.build_stack(stack).finalized(), {"kx": 0.0, "ky": 0.0}
    >>> exchange = kt.build_stack(stack, terms=["exchange"])
    >>> torque = kt.Torque(system, SPIN_HALF, exchange).bind(params=params)
    >>> psi = kwant.wave_function(system, 0.5, params=params)(0)
    >>> torque(psi).shape  # modes, sites, components
    (2, 13, 3)
    >>> torque(psi[0], psi[1]).dtype
    dtype('complex128')
    """

    def __init__(
        self, system: Any, observable: Any, term: Any = None, *, where: Iterable | Callable | None = None
    ) -> None:
        super().__init__(system, observable)
        self.term, self.where = term, where

    def _prepared(self, network, at_sites, params):
        onsite, hopping = self._term(network, params)
        chosen = self._sites(network)
        few = replace(network, bonds=network.bonds[hopping.any(axis=(1, 2))])
        start, end = few.bonds.T
        hopping = hopping[hopping.any(axis=(1, 2))]
        here = 1j * gain_operators(at_sites, onsite, at_sites)
        half = 1j * gain_operators(at_sites[end], dagger(hopping), at_sites[start])
        return few, here[None], half[None], chosen, self._cut_off(network, params, bool(len(few.bonds)))

    def _term(self, network, params):
        if self.term is None:
            return network.hamiltonian(params)
        systems, switches = self._switches(params)
        return named_terms(network, params, switches, systems)["term"]

    def _switches(self, params):
        """The term as a system, or the parameters that switch it."""
        terms = {"term": self.term}
        systems = systems_among(terms)
        return systems, {} if systems else switches_of(self.system, terms, params)

    def _cut_off(self, network, params, hops):
        """Sites that lack bonds of the term: those to a lead whose hoppings have it."""
        systems, switches = ({}, {}) if self.term is None else self._switches(params)
        off, found = switches.get("term", {}), np.zeros(network.n_sites, bool)
        leads = systems["term"].leads if systems else self.system.leads
        if len(leads) != len(self.system.leads):
            # The term has none: it may go on in those of the system if it hops.
            return ~network.inside & hops
        for lead, interface in zip(leads, self.system.lead_interfaces, strict=True):
            found[np.asarray(interface, int)] |= _hops_in_lead(lead, params, off)
        return found

    def _sites(self, network):
        sites = network.system.sites
        if self.where is None:
            return np.arange(len(sites))
        if callable(self.where):
            return np.array([i for i, site in enumerate(sites) if self.where(site)], int)
        found = [network.number_of(one) for one in _listed(self.where, "sites of the system, or a function of a site")]
        if None in found:
            raise InputError("`where` must be sites of the system, or their numbers")
        return np.array(found, int)

    def _traced(self, psi):
        few, here, half, chosen, cut_off = self._bound
        blocks = few.densities(psi)
        values = real_trace(here, blocks.site, np.arange(few.n_sites))[0]
        if len(few.bonds):
            on_bonds = real_trace(half, blocks.bond, np.arange(len(few.bonds)))[0]
            for ends in few.bonds.T:
                np.add.at(values, (slice(None), ends), on_bonds)
        values[:, cut_off] = np.nan
        return values[:, chosen]


def _hops_in_lead(lead, params, off):
    """Whether hoppings of a lead have a term, which is H minus H with some values off.

    The whole H where nothing is off; and where it cannot be known.
    """
    if off and not set(off) & set(lead.parameters or ()):
        return False
    if not hasattr(lead, "inter_cell_hopping") or not set(lead.parameters or ()) <= set(params):
        return True
    on, without = (lead.inter_cell_hopping(params={**params, **values}) for values in ({}, off))
    return bool(np.any(on - without if off else on))


def _listed(where, what):
    """What `where` lists, which is no function and no cut."""
    if isinstance(where, str) or not isinstance(where, Iterable):
        raise InputError(f"`where` must be {what}, got {where!r}")
    return list(where)
