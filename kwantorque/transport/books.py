"""Densities, fluxes and torques of each term, at every site of any Kwant system."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..errors import InputError, instance, known, named, users_level
from ..operators import LocalOperators
from ..operators.torque import acting_on_spin, partners_of, torques_of_terms
from ..operators.variables import NETWORK, torque_name
from ..results.dataset import dataset
from ..structures.named_terms import check_partners, named_terms, switches_of, systems_among
from ..structures.network import REST, Network, coordinates_of, graph_of
from ..structures.network_checks import check_system, numbers
from ..structures.site_matrices import angular_momentum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ..structures.graph import DensityBlocks

__all__ = ["Books"]

ORBITAL = ("orbital_density", "orbital_current", "angular_momentum_current", "orbital_to_spin_torque")


@named
class Books:
    """The books of a finalised Kwant system: who takes what from whom, at every site.

    H is a sum of named terms, each with a partner that takes what it takes from the
    carriers. For O = 1, s_i, L_i, with h_i = H_ii and V_ij = H_ij,

        density   o_i = <psi_i|O|psi_i>
        flux      J_ij = 2 Im <psi_j|(V_ij^+ O + O V_ij^+)/2|psi_i>        from i to j
        gain      G_i^t = 2 Im <psi_i|O h_i^t|psi_i>
                          + (1/2) sum_j 2 Im <psi_j|O V_ij^t+ - V_ij^t+ O|psi_i>

    and in a stationary state sum_j J_ij = sum_t G_i^t, exactly on the lattice. The
    torque on a partner is minus the gains of s and L by its terms.

    Parameters
    ----------
    system : kwant.system.FiniteSystem
        A finalised builder of any dimension and shape, with any leads or none. H in eV.
    params : dict
        Values of all its parameters, as Kwant takes them.

    Other Parameters
    ----------------
    spin : (3, n, n) array, dict, or function of a site
        s_x, s_y, s_z with hbar = 1, sigma/2 for spin 1/2: the same for all sites, or
        {family or its name: array, or None for no spin}. By default sigma/2, if all
        sites have two orbitals.
    orbital : the same, L_x, L_y, L_z
        By default there is no orbital moment.
    terms : dict
        {name: parameter, or several}: the term is H minus H with these parameters 0,
        and H must be affine in them. A dict {parameter: value} says another value that
        is off; a system or builder over some of the same sites is the term itself.
        What is left of H is the term "rest".
    partner : dict
        {name of a term: who takes what it takes}: "magnetisation", "lattice",
        "carriers" (of a term that conserves L + s), or any other name. By default
        "magnetisation" for the term "exchange" and "lattice" for all others.

    Attributes
    ----------
    graph : Graph
        Sites and bonds with the blocks of every term.
    network : Network
        What these are in the system.
    params : dict

    Raises
    ------
    InputError
        The system is not finalised, infinite or superconducting (Nambu spinors, with
        `particle_hole` declared); parameters are missing, unknown, or not affine; H is
        not finite, or a term not Hermitian; matrices that do not fit.

    Warns
    -----
    UserWarning
        The term "rest" acts on the spin, and `partner` does not say who takes it.

    Notes
    -----
    Sites with a lead attached lack bonds: their torques are nan, and
    attrs["sites_at_leads"] counts them. `attach_lead(lead, add_cells=1)` puts them
    where they do not matter.

    References
    ----------
    Groth, Wimmer, Akhmerov & Waintal, New J. Phys. 16, 063065 (2014); the flux is
    (J_ab - J_ba)/2 of `kwant.operator.Current`, the gain on sites its `Source`.

    Examples
    --------
    A spin that precesses about the exchange field of a strip:

    >>> import kwant
    >>> import kwantorque as kt
    >>> up, z = np.eye(2), np.diag([1.0, -1.0])
    >>> chain = kwant.lattice.chain(norbs=2)
    >>> def onsite(site, J):
    ...     return 2 * up + J / 2 * z
    >>> strip = kwant.Builder()
    >>> strip[(chain(x) for x in range(5))] = onsite
    >>> strip[chain.neighbors()] = -up
    >>> lead = kwant.Builder(kwant.TranslationalSymmetry((-1,)))
    >>> lead[chain(0)], lead[chain.neighbors()] = 2 * up, -up
    >>> one, other = strip.attach_lead(lead), strip.attach_lead(lead.reversed())
    >>> strip, params = strip.finalized(), {"J": 0.4}
    >>> books = kt.Books(strip, params, terms={"exchange": "J"})
    >>> psi = kwant.wave_function(strip, 2.0, params=params)(0)
    >>> data = books(psi[0] + psi[1])  # spin up and down: a spin in the plane
    >>> bool(data.closure < 1e-12)
    True
    >>> torque, spin = data.exchange_torque[2].values, data.spin_density[2].values
    >>> np.allclose(torque, -np.cross([0, 0, params["J"]], spin))
    True
    >>> kt.Books(strip, params, terms={"exchange": "j"})
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: unknown parameter of the system 'j'; choose from J
    """

    def __init__(
        self,
        system: Any,
        params: Mapping[str, Any] | None = None,
        *,
        spin: ArrayLike | Mapping | Callable | None = None,
        orbital: ArrayLike | Mapping | Callable | None = None,
        terms: Mapping[str, Any] | None = None,
        partner: Mapping[str, str] | None = None,
    ) -> None:
        self.params = dict(instance("params", params or {}, Mapping, '{"J": 0.1}'))
        terms = instance("terms", terms or {}, Mapping, '{"exchange": "J"}')
        check_system(system, self.params)
        self._systems = systems_among(terms)
        self._switches = {name: given for name, given in terms.items() if name not in self._systems}
        self._partner = check_partners(
            [*self._switches, *self._systems], instance("partner", partner or {}, Mapping, '{"rest": "lattice"}')
        )
        switches_of(system, self._switches, self.params)
        self.network = Network.of(system, self.params)
        self._spin = angular_momentum(system.sites, self.network.norbs, "spin", spin, default=True)
        self._orbital = angular_momentum(system.sites, self.network.norbs, "orbital", orbital)
        if not self.network.inside.any():
            raise InputError(
                "no site of the system has all its bonds: a lead is attached to each of them; attach leads with "
                "add_cells=1"
            )
        self._verified, self._rest_is_known = (), REST in (partner or {})
        self._bind()

    def bind(self, params: Mapping[str, Any]) -> Books:
        """The books of the same system with other values of some parameters.

        Quicker than new ones: that H is affine in the terms is verified again only if a
        parameter that switches none was 0 and is not any more.

        Parameters
        ----------
        params : dict
            Those that change.

        Raises
        ------
        InputError
            No such parameter, or what new books refuse.
        """
        other = copy.copy(self)
        for name in instance("params", params, Mapping, '{"J": 0.1}'):
            known("parameter", name, self.params)
        other.params = {**self.params, **params}
        other._bind()
        return other

    def __call__(self, psi: ArrayLike, weights: ArrayLike | None = None) -> xr.Dataset:
        """Everything at all sites and bonds, as a Dataset.

        Parameters
        ----------
        psi : (size,) or (modes, size) array
            Wave functions in the order of `system.sites`, as `kwant.wave_function`
            returns those of a lead.
        weights : (modes,) array or number, optional
            The sum over the modes with these weights instead of each of them.

        Returns
        -------
        xarray.Dataset
            On sites: `density`, `spin_density`, torque on each partner
            (`exchange_torque` on the magnetisation, `lattice_torque`,
            `torque_on_<other>`) and `torque_of_term`; on bonds, from `start` to `end`:
            `particle_current`, `spin_current`; `closure`, the largest relative
            violation of the books. With orbital moments those too, as of
            `kwantorque.torques`. Dimensions (mode,) site or bond, axis x, y, z.

        Raises
        ------
        InputError
            psi or the weights have another length, or are not finite, or weights are
            complex.
        """
        values = self.values(psi, weights)
        leading = ("mode",) if np.ndim(values["closure"]) else ()
        return self.dataset(values, leading)

    def values(self, psi: ArrayLike, weights: ArrayLike | None = None, incoming: float = 0.0) -> dict[str, NDArray]:
        """The variables of the Dataset as arrays, without the cost of one.

        Parameters
        ----------
        psi, weights
            As of the call.
        incoming : float
            Particle flux that came in with all states, of which rounding leaves a part
            where nothing goes through: part of the scale of the closure.

        Returns
        -------
        dict of arrays
            On sites (..., n_sites, 3), on bonds (..., n_bonds, 3), `torque_of_term`
            (..., n_terms, n_sites, 3), `closure` (...); (modes,) leading where there
            are several and no weights.
        """
        psi, weights = self._checked(psi, weights)
        values = self.of_blocks(self.network.densities(np.atleast_2d(psi), weights), incoming)
        return {name: value[0] for name, value in values.items()} if psi.ndim == 1 and weights is None else values

    def of_density(self, density: ArrayLike) -> xr.Dataset:
        """The Dataset of any state that is given as a density matrix.

        The books close if it commutes with H, as those of equilibrium do.

        Parameters
        ----------
        density : (size, size) Hermitian array, sum of p |psi><psi|

        Raises
        ------
        InputError
            It has another shape, or is not Hermitian.
        """
        density, size = numbers("density", density), self.network.size
        if density.shape != (size, size) or not np.allclose(density, density.conj().T):
            raise InputError(f"`density` must be a Hermitian array ({size}, {size}), got the shape {density.shape}")
        return self.dataset(self.of_blocks(self.network.density_blocks(density)))

    def of_green(self, green: ArrayLike, weights: ArrayLike) -> xr.Dataset:
        """The Dataset of Green functions on a contour of complex energies.

            rho = (i/2 pi) sum_k [w_k G(z_k) - (w_k G(z_k))^+]

        is the density matrix of filled levels, if sum_k w_k f(z_k) is the integral of f
        from below all levels to the Fermi energy, above the real axis. Self-energies of
        leads may be in G: the books close off the sites next to them.

        Parameters
        ----------
        green : (n_energies, size, size) array, 1/eV
            Retarded, G = (z - H)^-1.
        weights : (n_energies,) complex array, eV

        Raises
        ------
        InputError
            Shapes that do not fit.
        """
        green, weights, size = numbers("green", green), numbers("weights", weights), self.network.size
        if weights.ndim != 1 or green.shape != (len(weights), size, size):
            raise InputError(
                f"`green` must be (n_energies, {size}, {size}) with a weight for each energy, got "
                f"{green.shape} and weights {weights.shape}"
            )
        summed = np.tensordot(weights, green, 1)
        return self.of_density(1j / (2 * np.pi) * (summed - summed.conj().T))

    def of_blocks(self, blocks: DensityBlocks, incoming: float = 0.0) -> dict[str, NDArray]:
        """The arrays of any density blocks, (1, ..., n_sites or n_bonds, n, n)."""
        local = self._local
        on_site, on_bond = local.traces(blocks)
        gains = local.gains(on_site, local.share(on_bond))
        values, closure = local.values(on_site, on_bond, incoming, gains)
        of_term = torques_of_terms(gains, self.graph.partner, on_site.shape[:-1])
        values |= {"torque_of_term": np.moveaxis(of_term, 0, -3), "closure": closure}
        for name in ("torque_of_term", *map(torque_name, partners_of(self.graph.partner))):
            values[name] = self._on_all(values[name])
        values |= local.densities(blocks, on_site)
        return {name: value[0] for name, value in values.items() if name not in self._hidden}

    def _on_all(self, inside):
        """Vectors (..., n_inside, 3) at the sites inside, nan at the others."""
        if self.graph.inside.all():
            return inside
        everywhere = inside.take(np.cumsum(self.graph.inside) - 1, axis=-2, mode="clip")
        everywhere[..., np.flatnonzero(~self.graph.inside), :] = np.nan
        return everywhere

    def _bind(self):
        """Evaluate the terms at the parameters."""
        network = self.network
        switches = switches_of(network.system, self._switches, self.params)
        # What multiplies a term hides it where it is 0.
        switched = {name for one in switches.values() for name in one}
        others = set(network.system.parameters) - switched
        on = {name for name in others if not _is_zero(self.params[name])}
        verify = not any(on <= one for one in self._verified)
        blocks = named_terms(network, self.params, switches, self._systems, verify=verify)
        self.graph = graph_of(network, blocks, self._partner, self._spin, self._orbital)
        self._local = LocalOperators(self.graph)
        if verify:
            self._verified = (*self._verified, on)
            self._warn_of_rest()

    def _warn_of_rest(self):
        """Say where what has no name acts on the spin, once."""
        if self._rest_is_known:
            return
        sites, bonds = acting_on_spin(self.graph, REST)
        if sites or bonds:
            self._rest_is_known = True
            warnings.warn(
                f"what is left of H, the term {REST!r}, acts on the spin at {sites} sites and {bonds} bonds: its "
                f"torque is booked on the lattice. Name its parameters in `terms`, or say partner={{{REST!r}: ...}}",
                stacklevel=users_level(),
            )

    @property
    def _hidden(self):
        """What needs no line in a result: orbital moments where there are none."""
        return () if self.graph.orbital.any() else ORBITAL

    def dataset(
        self, values: Mapping[str, NDArray], leading: tuple[str, ...] = (), normalised: str = "of_states", **attrs: Any
    ) -> xr.Dataset:
        """Arrays of `values` as a Dataset.

        Parameters
        ----------
        values : dict of arrays
        leading : tuple of str
            Names of the leading dimensions.
        normalised : {"of_states", "per_potential"}
            Which units, see `operators.variables.Unit`.
        **attrs
            More provenance.
        """
        partners = list(self._partner.values())
        about = {
            "sites_at_leads": int((~self.graph.inside).sum()),
            "params": str(self.params),
            "partner": str(self._partner),
            **attrs,
        }
        coordinates = coordinates_of(self.network) | {
            "axis": list("xyz"),
            "term": list(self._partner),
            "partner": ("term", partners),
        }
        return dataset(
            values, coordinates, about, partners=partners, normalised=normalised, leading=leading, records=NETWORK
        )

    def _checked(self, psi, weights):
        """Wave functions and weights as arrays that fit."""
        psi = self.network.states("psi", psi)
        if weights is not None:
            weights = numbers("weights", weights)
            if weights.imag.any():
                raise InputError("`weights` must be real: what is summed over are expectation values")
            weights = weights.real
            modes = len(np.atleast_2d(psi))
            if weights.shape not in ((), (modes,)):
                raise InputError(f"`weights` must be one number or {modes}, one for each mode, got {weights.shape}")
            weights = np.broadcast_to(weights, modes)
        return psi, weights


def _is_zero(value):
    """Whether a parameter is 0, or false, everywhere; what is no number never is."""
    try:
        return not np.asarray(value, complex).any()
    except (TypeError, ValueError):
        return False
