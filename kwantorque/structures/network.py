"""A finalised Kwant system of any shape as sites and bonds with named terms.

A term is what its parameters switch on,

    H_t = H(params) - H(params with those of t at "off"),

and what is left with all of them off is the term "rest". For that to be a sum,

    H(params) = rest + sum_t H_t,

the terms must be additive, and for a term to be one with a strength, H must be affine
in its parameters. Both are verified by differences of H.

Kwant itself is not imported: the methods of the system are all it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import SPIN_HALF, dagger
from ..errors import InputError, known
from ..materials.base import check_partner
from .graph import DensityBlocks, Graph

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "REST",
    "Network",
    "angular_momentum",
    "check_partners",
    "check_system",
    "coordinates_of",
    "graph_of",
    "named_terms",
    "switches_of",
]

REST = "rest"
"""Name of what is left of H with the parameters of all named terms off."""
ROUNDING = 1e-12
"""Relative to the largest entry of H, a difference below this is none."""

Blocks = tuple["NDArray", "NDArray"]
"""Of sites, (n_sites, n, n), and of bonds, (n_bonds, n, n)."""


def check_system(system: Any, params: Mapping[str, Any]) -> None:
    """Check that a system is one whose sites and bonds can be listed, at these params.

    Raises
    ------
    InputError
        It is not finalised, infinite, no system of a builder, lacks parameters, or its
        states are Nambu spinors.
    """
    if hasattr(system, "finalized"):
        raise InputError("a Kwant builder must be finalised first: give `builder.finalized()`")
    if hasattr(system, "cell_size"):
        raise InputError(
            "the system must be finite, got an infinite one such as a lead: give what the lead is attached to"
        )
    if not all(hasattr(system, name) for name in ("sites", "graph", "lead_interfaces", "hamiltonian_submatrix")):
        raise InputError(f"`system` must be a finalised kwant.Builder, got {system!r}")
    if system.parameters is None:
        raise InputError(
            "the value functions of the system must name their parameters: Kwant cannot tell which they are"
        )
    missing = sorted(set(system.parameters) - set(params))
    if missing == ["time"]:
        raise InputError(
            "the system depends on `time`: the books are those of a stationary state, give one time in params"
        )
    if missing:
        raise InputError(f"params must have all parameters of the system, {', '.join(map(repr, missing))} missing")
    for what, one in [("the system", system), *((f"lead {i}", lead) for i, lead in enumerate(system.leads))]:
        _check_charge(what, one, params)


def _check_charge(what, system, params):
    """Refuse Nambu spinors: their charge is not the number of particles."""
    if not hasattr(system, "discrete_symmetry"):
        return
    symmetry = system.discrete_symmetry(params=params)
    if symmetry.particle_hole is not None:
        raise InputError(
            f"{what} has a particle-hole symmetry: its states are Nambu spinors, whose spin and charge are not those "
            "of electrons, and the books do not know them"
        )
    if symmetry.projectors is not None and len(symmetry.projectors) > 1:
        raise InputError(
            f"{what} has a conservation law, as superconductors have for electrons and holes (Nambu spinors), which "
            "the books do not know; if it is another one, leave `conservation_law` out: sums over modes are the same"
        )


@dataclass(frozen=True, eq=False)
class Network:
    """Sites, bonds and orbitals of a finalised Kwant system.

    Attributes
    ----------
    system : kwant.system.FiniteSystem
    norbs : (n_sites,) int array
        Number of orbitals of each site, orbital x spin.
    bonds : (n_bonds, 2) int array
        Tail and head, the tail being the first in the order of sites.
    inside : (n_sites,) bool array
        Sites that no lead is attached to.
    """

    system: Any
    norbs: NDArray
    bonds: NDArray
    inside: NDArray

    @classmethod
    def of(cls, system: Any, norbs: ArrayLike) -> Network:
        """That of a system whose sites have these numbers of orbitals."""
        edges = np.array(list(system.graph), int).reshape(-1, 2)
        edges = edges[edges[:, 0] < edges[:, 1]]
        inside = np.ones(len(norbs), bool)
        for sites in system.lead_interfaces:
            inside[np.asarray(sites, int)] = False
        return cls(system, np.asarray(norbs, int), edges[np.lexsort(edges.T[::-1])], inside)

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.norbs)

    @property
    def size(self) -> int:
        """Number of orbitals of all sites: the length of a wave function."""
        return int(self.norbs.sum())

    @property
    def places(self) -> NDArray:
        """Where each orbital of each site is in a wave function, (n_sites, n).

        `size` where a site has fewer orbitals than n.
        """
        n = np.arange(self.norbs.max())
        start = np.cumsum(self.norbs) - self.norbs
        return np.where(n < self.norbs[:, None], start[:, None] + n, self.size)

    def blocks(self, matrix: Any) -> Blocks:
        """Blocks of a sparse matrix in COO format, on sites and bonds."""
        n = self.norbs.max()
        site = np.repeat(np.arange(self.n_sites), self.norbs)
        orbital = np.arange(self.size) - (np.cumsum(self.norbs) - self.norbs)[site]
        tail, head = site[matrix.row], site[matrix.col]
        keys, wanted = self.bonds @ [self.n_sites, 1], tail * self.n_sites + head
        onsite = np.zeros((self.n_sites, n, n), complex)
        hopping = np.zeros((len(self.bonds), n, n), complex)
        for blocks, entries, number in ((onsite, tail == head, tail), (hopping, tail < head, None)):
            at = np.searchsorted(keys, wanted[entries]) if number is None else number[entries]
            blocks[at, orbital[matrix.row[entries]], orbital[matrix.col[entries]]] = matrix.data[entries]
        return onsite, hopping

    def densities(self, psi: NDArray, weights: NDArray | None = None) -> DensityBlocks:
        """Density blocks of wave functions (modes, size), of each or summed.

        Parameters
        ----------
        psi : (modes, size) array
        weights : (modes,) array, optional

        Returns
        -------
        DensityBlocks
            site (1, modes, n_sites, n, n), bond (1, modes, n_bonds, n, n); with
            weights without `modes`.
        """
        psi = np.concatenate([psi, np.zeros((len(psi), 1))], axis=1)[:, self.places]
        tail, head = self.bonds.T
        if weights is None:
            conjugate = psi.conj()
            site = psi[..., :, None] * conjugate[..., None, :]
            return DensityBlocks(site[None], (psi[:, tail][..., :, None] * conjugate[:, head][..., None, :])[None])
        weighted, psi = (np.moveaxis(one, 0, -1) for one in (psi * np.asarray(weights)[:, None, None], psi))
        return DensityBlocks((weighted @ dagger(psi))[None], (weighted[tail] @ dagger(psi[head]))[None])


def coordinates_of(network: Network) -> dict[str, tuple[str, list | NDArray]]:
    """Positions and families of sites, ends and positions of bonds, for a Dataset."""
    sites = network.system.sites
    tail, head = network.bonds.T
    numbers = {family: f"family {i}" for i, family in enumerate(dict.fromkeys(site.family for site in sites))}
    found = {
        "family": ("site", [site.family.name or numbers[site.family] for site in sites]),
        "inside": ("site", network.inside, {"long_name": "no lead is attached"}),
        "tail": ("bond", tail),
        "head": ("bond", head),
    }
    if all(hasattr(site, "pos") for site in sites):
        position = np.array([site.pos for site in sites], float)
        for name, one in zip("xyz", position.T, strict=False):
            found[name] = ("site", one, {"long_name": f"{name} of the site"})
            found[f"{name}_bond"] = ("bond", (one[tail] + one[head]) / 2, {"long_name": f"{name} of the bond's middle"})
    return found


def graph_of(
    network: Network, blocks: Mapping[str, Blocks], partner: Mapping[str, str], spin: NDArray, orbital: NDArray
) -> Graph:
    """The graph of a network with the blocks of its terms.

    Raises
    ------
    InputError
        H is not Hermitian on a site, or a term with the partner "carriers" does not
        conserve L + s.
    """
    onsite = {name: one[None] for name, (one, _) in blocks.items() if one.any() or name == REST}
    hopping = {name: one[None] for name, (_, one) in blocks.items() if one.any() or name == REST}
    total = sum(onsite.values())[0]
    wrong = np.flatnonzero(np.abs(total - dagger(total)).max(axis=(1, 2)) > ROUNDING * np.abs(total).max())
    if len(wrong):
        raise InputError(f"H must be Hermitian, but on site {network.system.sites[wrong[0]]} it is not")
    graph = Graph(
        onsite=onsite,
        hopping=hopping,
        partner=partner,
        spin=spin,
        orbital=orbital,
        site_kind=np.arange(network.n_sites),
        bond_kind=np.arange(len(network.bonds)),
        bonds=network.bonds,
        inside=network.inside,
    )
    _check_conserved(graph)
    return graph


def _check_conserved(graph):
    """Terms whose partner is "carriers" must commute with L + s."""
    total = graph.spin + graph.orbital
    here, tail, head = total, *(total[graph.bonds.T] if total.ndim == 4 else (total, total))
    for name, partner in graph.partner.items():
        lost = [0.0]
        if partner == "carriers" and name in graph.onsite:
            block = graph.onsite[name][0][:, None]
            lost.append(np.abs(here @ block - block @ here).max(initial=0) / max(np.abs(block).max(initial=0), 1e-300))
        if partner == "carriers" and name in graph.hopping:
            block = graph.hopping[name][0][:, None]
            lost.append(np.abs(tail @ block - block @ head).max(initial=0) / max(np.abs(block).max(initial=0), 1e-300))
        if max(lost) > 1e-9:
            raise InputError(
                f"term {name!r} has the partner 'carriers', but does not conserve L + s: it takes angular momentum "
                "from the carriers, and someone must get it, such as the 'lattice'"
            )


def angular_momentum(network: Network, name: str, matrices: Any, default: bool = False) -> NDArray:
    """Spin or orbital matrices at the sites of a network, padded by zeros.

    Parameters
    ----------
    network : Network
    name : {"spin", "orbital"}
        For messages.
    matrices : (3, n, n) array, dict, callable or None
        For all sites; by family or name of the family; as a function of the site; or
        none, which is 0 where `default` is not set and (sigma_x, sigma_y, sigma_z)/2
        of sites with two orbitals where it is.
    default : bool

    Returns
    -------
    (3, n, n) array, or (n_sites, 3, n, n) where not all sites have the same

    Raises
    ------
    InputError
        The matrices do not fit the orbitals, or are no angular momentum:
        [O_x, O_y] = i O_z and cyclic, as of sigma/2.
    """
    sites, found = network.system.sites, {}
    n, number = network.norbs.max(), np.empty(network.n_sites, int)
    for i, (site, norbs) in enumerate(zip(sites, network.norbs.tolist(), strict=True)):
        # A function may tell every site of a family from the others.
        key = (site if callable(matrices) else site.family, norbs)
        if key not in found:
            found[key] = len(found), _padded(_of_site(name, matrices, site, norbs, default), n)
        number[i] = found[key][0]
    distinct = np.array([one for _, one in found.values()])
    same = np.array_equal(distinct, np.broadcast_to(distinct[:1], distinct.shape))
    return distinct[0] if same and (network.norbs == n).all() else distinct[number]


def _of_site(name, matrices, site, norbs, default):
    """Checked matrices (3, norbs, norbs) of one site."""
    family = site.family
    if isinstance(matrices, Mapping):
        if family not in matrices and family.name not in matrices:
            raise InputError(f"`{name}` must have an entry for each family of sites, there is none for {family.name!r}")
        matrices = matrices[family] if family in matrices else matrices[family.name]
        default = False
    elif callable(matrices):
        matrices = matrices(site)
    if matrices is None and default and norbs == 2:
        matrices = SPIN_HALF
    if matrices is None and default:
        raise InputError(
            f"`{name}` must be given: sites of family {family.name!r} have {norbs} orbitals, and only two are a spin "
            "1/2 without a word; an array (3, n, n) for s_x, s_y, s_z, or a dict by family (None for no spin)"
        )
    if matrices is None:
        return np.zeros((3, norbs, norbs))
    matrices = np.asarray(matrices)
    if matrices.shape != (3, norbs, norbs) or matrices.dtype == object:
        raise InputError(
            f"`{name}` must be (3, {norbs}, {norbs}) for sites of family {family.name!r} with {norbs} orbitals, got "
            f"the shape {matrices.shape}"
        )
    x, y, z = matrices
    if not np.allclose([y @ z - z @ y, z @ x - x @ z, x @ y - y @ x], 1j * matrices):
        raise InputError(
            f"`{name}` must be an angular momentum, [O_x, O_y] = i O_z with hbar = 1: of Pauli matrices that is sigma/2"
        )
    return matrices


def _padded(matrices, n):
    missing = n - matrices.shape[-1]
    return np.pad(matrices.astype(complex), ((0, 0), (0, missing), (0, missing)))


def named_terms(
    evaluate: Callable[[Mapping[str, Any]], Blocks],
    params: Mapping[str, Any],
    switches: Mapping[str, Mapping[str, Any]],
    verify: bool = True,
) -> dict[str, Blocks]:
    """The blocks of each term, those of "rest" last.

    Parameters
    ----------
    evaluate : callable
        evaluate(params) -> blocks of H.
    params : dict
    switches : dict from name of the term to {parameter: value that is off}
    verify : bool
        Whether terms are checked to be additive, and H to be affine in them.

    Raises
    ------
    InputError
        H is not affine in the parameters of a term, or terms are not additive: names
        them.
    """
    full = evaluate(params)
    off = {name: evaluate({**params, **values}) for name, values in switches.items()}
    terms = {name: _combined((1, full), (-1, blocks)) for name, blocks in off.items()}
    rest = _combined((1, full), *((-1, blocks) for blocks in terms.values()))
    if verify and switches:
        everything = {parameter: value for values in switches.values() for parameter, value in values.items()}
        none = evaluate({**params, **everything}) if len(switches) > 1 else next(iter(off.values()))
        twice = evaluate({**params, **_doubled(params, everything)})
        scale = ROUNDING * max(_largest(full), _largest(twice))
        if _largest(_combined((1, twice), (-2, full), (1, none))) > scale:
            _raise_for_curved(evaluate, params, switches, full, off, scale)
        if _largest(_combined((1, rest), (-1, none))) > scale:
            raise InputError(
                f"H must be a sum of the terms {', '.join(map(repr, switches))}, but what one of them gives depends on "
                "another: put their parameters into one term"
            )
    return {**terms, REST: rest}


def _raise_for_curved(evaluate, params, switches, full, off, scale):
    """Name the term that H is not affine in."""
    for name, values in switches.items():
        twice = evaluate({**params, **_doubled(params, values)})
        if _largest(_combined((1, twice), (-2, full), (1, off[name]))) > scale:
            names = ", ".join(map(repr, values))
            raise InputError(
                f"H must be affine in the parameters that switch a term on, but in {names} of term {name!r} it is not: "
                "name a strength that multiplies the term (not an angle or a phase), or give the term as a system"
            )
    raise InputError(
        f"H must be affine in the parameters of the terms {', '.join(map(repr, switches))} together, but what one of "
        "them gives depends on another: put their parameters into one term"
    )


def _doubled(params, values):
    """Parameters twice as far from off as they are."""
    return {name: 2 * np.asarray(params[name])[()] - off for name, off in values.items()}


def _combined(*parts: tuple[float, Blocks]) -> Blocks:
    """Sum of blocks with factors."""
    return tuple(sum(factor * blocks[i] for factor, blocks in parts) for i in (0, 1))


def _largest(blocks: Iterable[NDArray]) -> float:
    return max(float(np.abs(one).max(initial=0)) for one in blocks)


def check_partners(terms: Iterable[str], partner: Mapping[str, str]) -> dict[str, str]:
    """{term: partner} of all terms and the rest, from what a user says of some.

    Raises
    ------
    InputError
        No name of a term or of a partner.
    """
    names = [*terms, REST]
    for name in names:
        check_partner(name, "lattice")
    for name in partner:
        known("term", name, names)
    if REST in names[:-1]:
        raise InputError(f"no term can be called {REST!r}: that is what is left of H")
    usual = {"exchange": "magnetisation"}
    return {name: check_partner(name, partner.get(name, usual.get(name, "lattice"))) for name in names}


def switches_of(system: Any, terms: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{term: {parameter: value that is off}} from what a user gives for each term.

    A parameter's name, several, or a dict from name to the value that is off.

    Raises
    ------
    InputError
        No parameter, one that does not exist or is no number, or one of two terms.
    """
    switches, owner = {}, {}
    for term, given in terms.items():
        names = [given] if isinstance(given, str) else list(given)
        values = dict(given) if isinstance(given, Mapping) else dict.fromkeys(names, 0)
        if not names:
            raise InputError(f"term {term!r} must name the parameters that switch it on")
        for name in names:
            known("parameter of the system", name, sorted(system.parameters))
            if name in owner:
                raise InputError(
                    f"parameter {name!r} switches two terms, {owner[name]!r} and {term!r}: one of them only"
                )
            owner[name] = term
            switches.setdefault(term, {})[name] = _off(term, name, params[name], values[name])
    return switches


def _off(term, name, value, off):
    """The value that is off, of the shape of the value that is on."""
    try:
        on, off = np.asarray(value), np.asarray(off)
        if on.dtype == object or not np.issubdtype(on.dtype, np.number):
            raise TypeError
        return np.broadcast_to(off, on.shape).astype(np.result_type(on, off))[()]
    except (TypeError, ValueError):
        raise InputError(
            f"parameter {name!r} of term {term!r} must be a number or an array, which can be off, got {value!r}"
        ) from None
