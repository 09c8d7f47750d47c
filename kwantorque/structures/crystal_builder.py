"""A crystal from a Kwant builder with three translations, and back."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import dagger
from ..errors import InputError, instance, known, named
from ..materials.base import as_matrix
from ..materials.tight_binding import TightBinding
from .kwant_builder import load_kwant
from .named_terms import check_partners, named_terms, switches_of

if TYPE_CHECKING:
    import kwant
    from numpy.typing import ArrayLike, NDArray

    from .network import Blocks

__all__ = ["from_builder", "to_builder"]


@named
def from_builder(
    builder: kwant.Builder,
    params: Mapping[str, Any] | None = None,
    *,
    spin: str | ArrayLike = "interlaced",
    terms: Mapping[str, Any] | None = None,
    partner: Mapping[str, str] | None = None,
    orbital: ArrayLike | None = None,
    magnetisation: Any = "z",
    fermi_energy: float = 0.0,
) -> TightBinding:
    """The crystal of a Kwant builder with three translations, such as `discretize` has.

        H = rest + sum_t H_t,      H_t = H(params) - H(params with those of t at "off")

    Parameters
    ----------
    builder : kwant.Builder
        Its `TranslationalSymmetry` has three periods a_1, a_2, a_3, lengths in nm and
        energies in eV.
    params : dict, optional
        Its parameters.
    spin, orbital, magnetisation, fermi_energy
        As of `TightBinding`; the states are those of the sites in the order of families
        and tags.
    terms : dict, optional
        From the name of a term to the parameter, or parameters, that switch it on, as
        of `Books`. What is left is the term "rest".
    partner : dict, optional
        Who takes what a term takes, by its name; as of `Books`.

    Returns
    -------
    TightBinding
        Its atoms are the sites of the cell, numbered from 0.

    Raises
    ------
    InputError
        Another number of translations, parameters that are missing or that it does not
        have, a term that is not affine in its parameters.

    Examples
    --------
    >>> import kwantorque as kt
    >>> import kwant
    >>> lattice = kwant.lattice.cubic(0.3, norbs=2)
    >>> builder = kwant.Builder(kwant.TranslationalSymmetry(*lattice.prim_vecs))
    >>> def onsite(site, J):
    ...     return J * np.diag([0.5, -0.5])
    >>> builder[lattice(0, 0, 0)] = onsite
    >>> builder[lattice.neighbors()] = -np.eye(2)
    >>> iron = kt.from_builder(builder, {"J": -2.0}, terms={"exchange": "J"})
    >>> iron.hamiltonian([0, 0, 0], m=[0, 0, 1]).real.round(9)
    array([[-7.,  0.],
           [ 0., -5.]])
    """
    cell = _Cell(builder)
    params, terms = dict(params or {}), dict(terms or {})
    missing = sorted(cell.parameters - set(params))
    if missing:
        raise InputError(f"params must have all parameters of the builder, {missing} missing")
    if params and not cell.parameters:
        raise InputError(f"the builder has no parameters: leave `params` out, got {sorted(map(str, params))}")
    for name in params:
        known("parameter of the builder", name, sorted(cell.parameters))
    switches = switches_of(cell, terms, params)
    partners = check_partners(switches, partner or {})
    blocks = named_terms(cell, params, switches, {})
    matrices = {name: dict(zip(cell.cells, one, strict=True)) for name, (one, _) in blocks.items()}
    return TightBinding(
        cell.vectors,
        matrices,
        spin=spin,
        orbital=orbital,
        positions=cell.per_state([site.pos for site in cell.sites]) if _has_positions(cell.sites) else None,
        atoms=cell.per_state(list(map(str, range(len(cell.sites))))),
        partners=partners,
        magnetisation=magnetisation,
        fermi_energy=fermi_energy,
    )


@dataclass(frozen=True, eq=False)
class _Cell:
    """What `named_terms` asks of a system: H by parameters, as {R: matrix}."""

    builder: Any

    def __post_init__(self):
        periods = np.array(getattr(getattr(self.builder, "symmetry", None), "periods", ()), float)
        if periods.shape != (3, 3):
            raise InputError(
                f"a crystal needs a Kwant builder with three translations in space, got {len(periods)}: "
                f"{self.builder!r}"
            )

    @property
    def vectors(self):
        return np.array(self.builder.symmetry.periods, float)

    @cached_property
    def sites(self):
        return sorted(self.builder.sites(), key=lambda site: (site.family, site.tag))

    @cached_property
    def values(self):
        """(i, R, j, value, sites): that of H between site i and site j of cell R."""
        number = {site: i for i, site in enumerate(self.sites)}
        symmetry = self.builder.symmetry
        found = [(number[a], (0, 0, 0), number[a], value, (a,)) for a, value in self.builder.site_value_pairs()]
        for (a, b), value in self.builder.hopping_value_pairs():
            cell = symmetry.which(b)
            home = symmetry.act(-cell, b)
            found.append((number[a], tuple(map(int, cell)), number[home], value, (a, b)))
        return found

    @cached_property
    def cells(self):
        """All R, those of -R too."""
        forth = dict.fromkeys(cell for _, cell, _, _, _ in self.values)
        return list(dict.fromkeys([*forth, *(tuple(-n for n in cell) for cell in forth)]))

    @cached_property
    def parameters(self):
        """Names of the parameters of all values."""
        return {name for *_, value, sites in self.values if callable(value) for name in _names(value, len(sites))}

    @cached_property
    def norbs(self):
        norbs = [site.family.norbs for site in self.sites]
        if None in norbs:
            raise InputError("the lattices of a builder must have `norbs`, the number of orbitals of a site")
        return norbs

    def per_state(self, values):
        return np.repeat(np.asarray(values), self.norbs, axis=0)

    def hamiltonian(self, params: Mapping[str, Any], changed: Mapping[str, Any] | None = None) -> Blocks:
        """All matrices (n_R, n, n), and nothing on bonds."""
        values = {**params, **(changed or {})}
        start = np.cumsum([0, *self.norbs])
        where = {cell: at for at, cell in enumerate(self.cells)}
        matrices = np.zeros((len(self.cells), start[-1], start[-1]), complex)
        for i, cell, j, value, sites in self.values:
            if callable(value):
                value = value(*sites, *(values[name] for name in _names(value, len(sites))))
            block = as_matrix(f"H at {sites[0]}", value)
            rows, columns = (slice(start[at], start[at + 1]) for at in (i, j))
            shape = (self.norbs[i], self.norbs[j])
            if block.ndim == 0 and shape == (1, 1):
                block = block[None, None]
            if block.shape != shape:
                raise InputError(f"H at {sites[0]} must have shape {shape}, got {block.shape}")
            matrices[where[cell], rows, columns] += block
            if len(sites) == 2:
                matrices[where[tuple(-n for n in cell)], columns, rows] += dagger(block)
        return matrices, np.zeros((0, 1, 1))


def _names(value, n_sites):
    """Names of the parameters of a value function, behind those for sites."""
    return list(inspect.signature(value).parameters)[n_sites:]


def _has_positions(sites):
    return all(hasattr(site, "pos") and len(site.pos) == 3 for site in sites)


@named
def to_builder(crystal: TightBinding, m: ArrayLike | None = None) -> kwant.Builder:
    """A crystal as a Kwant builder with three translations, for any use of Kwant.

    One site for each cell, with all its states, at the lattice points.

    Parameters
    ----------
    crystal : TightBinding
    m : unit vector (3,), optional
        Direction of the magnetisation, if it is magnetic.

    Returns
    -------
    kwant.Builder
        Without parameters; fill another one with it, or hand it to
        `kwant.wraparound.wraparound`.

    Raises
    ------
    InputError
        Kwant is missing, or a magnetic crystal has no `m`.

    Examples
    --------
    >>> import kwantorque as kt
    >>> hops = {R: -np.eye(2) for R in [(1, 0, 0), (0, 1, 0), (0, 0, 1)]}
    >>> builder = kt.to_builder(kt.TightBinding(0.3, {"kinetic": hops}))
    >>> len(list(builder.hoppings()))
    3
    """
    kwant = load_kwant()
    instance("crystal", crystal, TightBinding, "TightBinding(...)")
    lattice = kwant.lattice.Monatomic(crystal.vectors, norbs=crystal.n_orbitals)
    builder = kwant.Builder(kwant.TranslationalSymmetry(*crystal.vectors))
    total: dict[tuple[int, int, int], NDArray] = {}
    for term in crystal.terms(m):
        for cell, block in term.hoppings.items():
            total[cell] = total.get(cell, 0) + block
    here = lattice(0, 0, 0)
    builder[here] = total.pop((0, 0, 0), np.zeros_like(crystal.spin[0]))
    for cell, block in total.items():
        if cell > (0, 0, 0):
            builder[here, lattice(*cell)] = block
    return builder
