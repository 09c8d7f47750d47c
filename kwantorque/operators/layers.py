"""Sums over the layers of a chain: each layer with its own half of every interface.

A site on an interface has half a site of either layer's crystal, and bonds belong to
one layer. With T_j^t what a term gives on site j and B_b^t on bond b (`torque`), the
layer l is given

    sum of (T_j^t with half of l's own on-site block) over the half sites of l
        + (sum of B_b^t over the half bonds of l)/2,

and a lead, beyond its half of the first site, what is summed over it without end. The
terms of the interface itself belong to no crystal: half of theirs is counted with
either layer, so that the layers add up to the whole chain.

Halves of the same site differ by their crystals only, h = (h_left + h_right)/2 + w, so
that all it takes is one more trace there, that of (h_left - h_right)/2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .trace import real_trace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .contract import BlocksLike, ChainLike
    from .local import LocalOperators

__all__ = ["LayerSums"]

LEFT_TAIL, RIGHT_TAIL = 2, 3
"""Where traces in leads have the sums over these."""


class LayerSums:
    """Sums of traces over the layers of a chain, its leads the first and last of them.

    Parameters
    ----------
    chain : structures.chain.Chain
    local : LocalOperators
        Of that chain.

    Attributes
    ----------
    split : (n_split,) array
        Sites with halves of two layers and crystals, the outermost lead site being 0.
    operators : (nk or 1, n_split, columns, n, n) array
        h_left - h_right there, in the columns of `LocalOperators.site`.
    """

    def __init__(self, chain: ChainLike, local: LocalOperators) -> None:
        layer, kind = chain.half_layer[1:-1], chain.half_kind[1:-1]
        self.n_layers = int(layer.max()) + 1
        one = np.eye(self.n_layers)
        left, right = one[layer[:, 0]].T, one[layer[:, 1]].T
        nothing = np.zeros((self.n_layers, 1))
        self._of_sites = (left + right) / 2
        # Of the sites inside, the j-th has bond j on its left and j + 1 on its right.
        self._of_bonds = (np.hstack([left, nothing]) + np.hstack([nothing, right])) / 2
        split = np.flatnonzero((kind[:, 0] != kind[:, 1]) & (layer[:, 0] != layer[:, 1]))
        self.split, self._of_halves = split + 1, (left - right)[:, split] / 2
        self.operators = local.site[:, kind[split, 0]] - local.site[:, kind[split, 1]]

    def traces(self, blocks: BlocksLike, at: slice = slice(None)) -> NDArray:
        """Traces that tell the two halves of the sites on interfaces apart.

        Parameters
        ----------
        blocks : DensityBlocks
            Of all sites and bonds, with leading dimensions (nk, ...).
        at : slice
            The k-points of the chain that the blocks belong to.

        Returns
        -------
        (nk, ..., n_split, columns) array
            Of (h_left - h_right)/2, in the columns of `LocalOperators.traces`.
        """
        rho = blocks.site[..., self.split, :, :]
        if not len(self.split):
            return np.zeros((*rho.shape[:-2], self.operators.shape[2]))
        operators = self.operators if len(self.operators) == 1 else self.operators[at]
        return real_trace(operators, rho, np.arange(len(self.split))) / 2

    def summed(
        self, on_site: NDArray, on_bond: NDArray, halves: NDArray, lead_site: NDArray, lead_bond: NDArray
    ) -> tuple[NDArray, NDArray]:
        """Sums over each layer of traces on sites, and of the bonds' share.

        Parameters
        ----------
        on_site, on_bond, halves, lead_site, lead_bond : arrays, those of `Traces`

        Returns
        -------
        on_site, share : (..., n_layers, columns) arrays
        """
        site = self._of_sites @ on_site + self._of_halves @ halves
        share = self._of_bonds @ on_bond
        for layer, tail in ((0, LEFT_TAIL), (-1, RIGHT_TAIL)):
            site[..., layer, :] += lead_site[..., tail, :]
            share[..., layer, :] += lead_bond[..., tail, :]
        return site, share
