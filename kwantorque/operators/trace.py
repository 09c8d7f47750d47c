"""Re Tr(O rho) for many operators and density blocks at once: the one kernel of all."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["real_trace"]


def _runs(kind):
    """Index of all blocks of one kind, kind by kind.

    Or slices of equal neighbours, where these are as few.
    """
    starts = np.flatnonzero(np.diff(kind, prepend=-1))
    numbers = np.unique(kind)
    if len(starts) > 2 * len(numbers):
        return [np.flatnonzero(kind == number) for number in numbers]
    return [slice(start, stop) for start, stop in pairwise([*starts, len(kind)])]


def real_trace(operators: NDArray, rho: NDArray, kind: NDArray) -> NDArray:
    """Re Tr(O rho_j) with the operators that belong to the kind of block j.

    Parameters
    ----------
    operators : (nk or 1, n_kinds, n_operators, n, n) complex array
    rho : (nk, ..., n_blocks, n, n) complex array
    kind : (n_blocks,) int array

    Returns
    -------
    (nk, ..., n_blocks, n_operators) real array

    Examples
    --------
    The spin of an electron with spin up:

    >>> import numpy as np
    >>> from kwantorque.algebra import SPIN_HALF
    >>> up = np.array([[1, 0], [0, 0]])
    >>> real_trace(SPIN_HALF[None, None], up[None, None], np.array([0]))
    array([[[0. , 0. , 0.5]]])
    """
    n_k, *middle, n_blocks, n, _ = rho.shape
    n_operators = operators.shape[2]
    # Re Tr(O rho) = sum_ab Re O_ab Re rho_ba - Im O_ab Im rho_ba: a real product of
    # interleaved (Re, Im) rows.
    rows = np.ascontiguousarray(np.conj(np.swapaxes(operators, -1, -2)), dtype=complex).view(float)
    rows = rows.reshape(*operators.shape[:3], 2 * n * n).swapaxes(-1, -2)
    rho = np.ascontiguousarray(rho, dtype=complex).view(float).reshape(n_k, prod(middle), n_blocks, 2 * n * n)
    result = np.empty((n_k, rho.shape[1], n_blocks, n_operators))
    for at in _runs(kind):
        result[:, :, at] = rho[:, :, at] @ rows[:, None, kind[at][0]]
    return result.reshape(n_k, *middle, n_blocks, n_operators)
