"""Hand a chain or a stack to Kwant: a builder with orbital x spin blocks and two leads.

Kwant is imported when it is used, not with the package: everything but its own solver and builders runs without it.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .chain import discretise

__all__ = ["Blocks", "build_chain", "build_stack", "load_kwant", "site_order"]


def load_kwant():
    """The module `kwant`, with its solver; `InputError` says how to get it where it is missing."""
    try:
        with warnings.catch_warnings():
            # Kwant recommends MUMPS; for layered chains SciPy's SuperLU is twice as fast.
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
    """All blocks of a chain at one k, as Kwant's value functions look them up: by site number.

    Parameters
    ----------
    chain : Chain with a single k-point
    """

    def __init__(self, chain):
        import tinyarray as ta

        self.site_kind, self.bond_kind = chain.site_kind, chain.bond_kind
        self.onsite = [ta.matrix(block) for block in chain.total_onsite[0]]
        self.hopping = [ta.matrix(block) for block in chain.total_hopping[0]]

    def at_site(self, j):
        """h_j."""
        return self.onsite[self.site_kind[j]]

    def at_bond(self, j):
        """H_{j,j+1}."""
        return self.hopping[self.bond_kind[j]]


def _onsite(site, blocks):
    return blocks.at_site(site.tag[0])


def _hopping(left, right, blocks):
    return blocks.at_bond(left.tag[0])


# Kwant moves the sites of a lead to its fundamental domain, so their tags do not tell left from right.
def _left_onsite(site, blocks):
    return blocks.at_site(0)


def _left_hopping(left, right, blocks):
    return blocks.at_bond(0)


def _right_onsite(site, blocks):
    return blocks.at_site(-1)


def _right_hopping(left, right, blocks):
    return blocks.at_bond(-1)


CHAIN_VALUES = ((_onsite, _hopping), (_left_onsite, _left_hopping), (_right_onsite, _right_hopping))
"""On-site and hopping value functions of the scattering region, the left and the right lead."""


class _AtK:
    """The blocks of a stack at (kx, ky); the last one is kept, since Kwant asks site by site."""

    def __init__(self, stack):
        self.stack = stack
        self._k, self._blocks = None, None

    def __call__(self, kx, ky):
        if self._k != (kx, ky):
            self._k, self._blocks = (kx, ky), Blocks(discretise(self.stack, [(kx, ky)]))
        return self._blocks


@dataclass(frozen=True)
class _SiteValue:
    """An on-site function of `CHAIN_VALUES` with parameters kx, ky."""

    at_k: _AtK
    of_blocks: Callable

    def __call__(self, site, kx, ky):
        return self.of_blocks(site, self.at_k(kx, ky))


@dataclass(frozen=True)
class _BondValue:
    """A hopping function of `CHAIN_VALUES` with parameters kx, ky."""

    at_k: _AtK
    of_blocks: Callable

    def __call__(self, left, right, kx, ky):
        return self.of_blocks(left, right, self.at_k(kx, ky))


def build_chain(n_sites, n_orbitals, spacing=1.0):
    """Kwant builder of any chain of this size; its one parameter is `blocks`, a `Blocks`.

    All sites of the chain, the first and last lead site included, are in the scattering region.
    """
    return _build(n_sites, n_orbitals, spacing, CHAIN_VALUES)


def build_stack(stack):
    """Kwant builder of a stack with parameters kx, ky in 1/nm, to use with any function of Kwant.

    Site tags are those of the chain: tag 0 is one lead site, tag 1 is z = 0.
    """
    at_k = _AtK(stack)
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


def site_order(finalised):
    """Index array that puts Kwant's sites into the order of the chain."""
    return np.argsort([site.tag[0] for site in finalised.sites])
