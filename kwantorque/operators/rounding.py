"""What rounding leaves of every variable: the traces, each wrong in its last digit.

A trace Tr(O rho) of a density block is a sum of terms as large as |O| Tr(rho), in which
all but a small part may cancel: a torque that vanishes by symmetry, or the transverse
spin of a magnet. It errs by

    eps |O| Tr(rho),    |O| the largest sum of a row of |O_ab|,

at random. So rounding is tried: random errors of that size in all traces, through all
sums that are made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .totals import ChainOperators, Traces

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["random_traces"]

DRAWS = 8
"""So many errors are drawn."""


def random_traces(operators: ChainOperators, per_site: NDArray, tail: float = 1.0) -> Traces:
    """Random errors of all traces, as large as rounding makes them.

    Parameters
    ----------
    operators : ChainOperators
        Of the chain at one k.
    per_site : (n_sites,) array
        Particles on every site, all that cancel counted.
    tail : float
        So many sites of a lead add up to what decays or oscillates in it.

    Returns
    -------
    Traces
        With a leading dimension for the draws; the same in every call.
    """
    chain, rng = operators.chain, np.random.default_rng(0)
    padded = np.concatenate([per_site[:1], per_site, per_site[-1:]])
    on_bond = np.maximum(padded[:-1], padded[1:])
    both, split = [0, -1, 0, -1], operators.layers.split
    in_leads = padded[both] * np.array([1.0, 1.0, tail, tail])

    def errors(of, kind, particles):
        rows = np.abs(of).sum(axis=-1).max(axis=(0, -1))
        size = np.finfo(float).eps * particles[:, None] * rows[kind]
        return size * rng.normal(size=(DRAWS, *size.shape))

    return Traces(
        errors(operators.local.site, chain.site_kind[1:-1], per_site),
        errors(operators.local.bond, chain.bond_kind, on_bond),
        errors(operators.layers.operators, np.arange(len(split)), per_site[split - 1]) / 2,
        errors(operators.local.site, chain.site_kind[both], in_leads),
        errors(operators.local.bond, chain.bond_kind[both], in_leads),
        incoming=np.zeros(DRAWS),
    )
