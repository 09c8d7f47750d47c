"""Hand a chain or a stack to Kwant: a builder with orbital x spin blocks and two leads.

Kwant is imported when it is used, not with the package: everything but its own solver
and builders runs without it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, known, named
from .chain import discretise

if TYPE_CHECKING:
    from types import ModuleType

    import kwant
    import tinyarray
    from numpy.typing import NDArray

    from .chain import Chain
    from .stack import Stack

__all__ = ["Blocks", "build_chain", "build_stack", "load_kwant", "site_order"]


def load_kwant() -> ModuleType:
    """The module `kwant`, with its solver.

    Raises
    ------
    InputError
        Kwant is missing: the message says how to get it.
    """
    try:
        with warnings.catch_warnings():
            # Kwant recommends MUMPS; for layered chains SciPy's SuperLU is twice as
            # fast.
            warnings.filterwarnings("ignore", message="MUMPS is not available", category=RuntimeWarning)
            import kwant
            import kwant.solvers.sparse
    except ImportError as error:
        raise InputError(
            f"Kwant is needed for its own solver and builders and cannot be imported ({error}): "
            "install it with `conda install -c conda-forge kwant`, or use BatchedSolver(), which runs without it"
        ) from error
    return kwant


class Blocks:
    """All blocks of a chain at one k, as Kwant's value functions ask: by site number.

    Parameters
    ----------
    chain : Chain
        With a single k-point.

    Attributes
    ----------
    onsite, hopping : list of tinyarray matrices, eV, one per kind
    site_kind, bond_kind : int arrays
    """

    def __init__(self, chain: Chain) -> None:
        import tinyarray as ta

        self.site_kind, self.bond_kind = chain.site_kind, chain.bond_kind
        self.onsite = [ta.matrix(block) for block in chain.total_onsite[0]]
        self.hopping = [ta.matrix(block) for block in chain.total_hopping[0]]

    def at_site(self, j: int) -> tinyarray.ndarray_complex:
        """h_j, (n, n), eV."""
        return self.onsite[self.site_kind[j]]

    def at_bond(self, j: int) -> tinyarray.ndarray_complex:
        """H_{j,j+1}, (n, n), eV."""
        return self.hopping[self.bond_kind[j]]


def _onsite(site, blocks):
    return blocks.at_site(site.tag[0])


def _hopping(left, right, blocks):
    return blocks.at_bond(left.tag[0])


# Kwant moves the sites of a lead to its fundamental domain, so their tags do not tell
# left from right.
def _left_onsite(site, blocks):
    return blocks.at_site(0)


def _left_hopping(left, right, blocks):
    return blocks.at_bond(0)


def _right_onsite(site, blocks):
    return blocks.at_site(-1)


def _right_hopping(left, right, blocks):
    return blocks.at_bond(-1)


CHAIN_VALUES = ((_onsite, _hopping), (_left_onsite, _left_hopping), (_right_onsite, _right_hopping))
"""On-site and hopping value functions: scattering region, left lead, right lead."""


class _AtK:
    """The blocks of a stack at (kx, ky).

    The last ones are kept, since Kwant asks site by site.
    """

    def __init__(self, stack, terms):
        self.stack, self.terms = stack, terms
        self._k, self._blocks = None, None

    def __call__(self, kx, ky):
        if self._k != (kx, ky):
            self._k, self._blocks = (kx, ky), Blocks(self._chain(kx, ky))
        return self._blocks

    def _chain(self, kx, ky):
        """The chain, of whose terms those that are not wanted are zero."""
        chain = discretise(self.stack, [(kx, ky)])
        if self.terms is None:
            return chain
        onsite, hopping = (
            {name: block if name in self.terms else np.zeros_like(block) for name, block in blocks.items()}
            for blocks in (chain.onsite, chain.hopping)
        )
        return replace(chain, onsite=onsite, hopping=hopping)


@dataclass(frozen=True)
class _SiteValue:
    """An on-site function of `CHAIN_VALUES` with parameters kx, ky.

    Kwant asks functions for a name, where it lists the parameters they miss.
    """

    at_k: _AtK
    of_blocks: Callable
    __name__ = "onsite"

    def __call__(self, site, kx, ky):
        return self.of_blocks(site, self.at_k(kx, ky))


@dataclass(frozen=True)
class _BondValue:
    """A hopping function of `CHAIN_VALUES` with parameters kx, ky."""

    at_k: _AtK
    of_blocks: Callable
    __name__ = "hopping"

    def __call__(self, left, right, kx, ky):
        return self.of_blocks(left, right, self.at_k(kx, ky))


def build_chain(n_sites: int, n_orbitals: int, spacing: float = 1.0) -> kwant.Builder:
    """Kwant builder of any chain of this size.

    Its one parameter is `blocks`, a `Blocks`. All sites of the chain, the first and
    last lead site included, are in the scattering region.

    Parameters
    ----------
    n_sites : int
    n_orbitals : int
        States per site.
    spacing : float, nm

    Raises
    ------
    InputError
        Kwant is missing.
    """
    return _build(n_sites, n_orbitals, spacing, CHAIN_VALUES)


@named
def build_stack(stack: Stack, terms: Iterable[str] | None = None) -> kwant.Builder:
    """Kwant builder of a stack, to use with any function of Kwant.

    Its parameters are the in-plane wavevector kx, ky in 1/nm. Site tags are those of
    the chain: tag 0 is one lead site, tag 1 is z = 0 (of an atomic stack, one more site
    of the left lead), the last one a site of the right lead. Blocks are in eV, with the
    basis of the materials.

    Parameters
    ----------
    stack : Stack
    terms : iterable of str, optional
        Only these terms of H, as one of the `terms` of `kwantorque.Books`.

    Returns
    -------
    kwant.Builder
        With leads 0, the left one, and 1, the right one; not finalised.

    Raises
    ------
    InputError
        Kwant is missing, or a term that the stack has not.

    References
    ----------
    Groth, Wimmer, Akhmerov & Waintal, New J. Phys. 16, 063065 (2014).

    Examples
    --------
    Transmission of free electrons, one mode of each spin:

    >>> import kwantorque as kt
    >>> metal = kt.FreeElectron.from_wavevectors(10.0)
    >>> system = kt.build_stack(kt.Stack([kt.Layer(metal, 0.2)], 0.05)).finalized()
    >>> import kwant
    >>> matrix = kwant.smatrix(system, 0.0, params={"kx": 0.0, "ky": 0.0})
    >>> round(float(matrix.transmission(1, 0)), 9)
    2.0
    """
    if terms is not None:
        there = discretise(stack, [(0.0, 0.0)]).partner
        terms = frozenset(known("term of the stack", name, there) for name in terms)
    at_k = _AtK(stack, terms)
    values = [(_SiteValue(at_k, onsite), _BondValue(at_k, hopping)) for onsite, hopping in CHAIN_VALUES]
    return _build(stack.n_sites + 2, stack.left.material.n_orbitals, stack.spacing, values)


def _build(n_sites, n_orbitals, spacing, values):
    kwant = load_kwant()
    lattice = kwant.lattice.chain(spacing, norbs=n_orbitals)
    (onsite, hopping), *lead_values = values
    syst = kwant.Builder()
    syst[(lattice(j) for j in range(n_sites))] = onsite
    syst[((lattice(j), lattice(j + 1)) for j in range(n_sites - 1))] = hopping
    for outwards, (lead_onsite, lead_hopping) in zip((-1, 1), lead_values, strict=True):
        lead = kwant.Builder(kwant.TranslationalSymmetry((outwards * spacing,)))
        lead[lattice(0)] = lead_onsite
        lead[lattice(0), lattice(1)] = lead_hopping
        syst.attach_lead(lead)
    return syst


def site_order(finalised: kwant.system.FiniteSystem) -> NDArray:
    """Index array that puts Kwant's sites into the order of the chain, (n_sites,)."""
    return np.argsort([site.tag[0] for site in finalised.sites])
