"""Re Tr(O rho) for many operators and density blocks at once: the one kernel under all operators."""

import numpy as np

__all__ = ["real_trace"]


def real_trace(operators, rho, kind):
    """Re Tr(O rho_j) with the operators that belong to the kind of block j.

    Parameters
    ----------
    operators : (nk or 1, n_kinds, n_operators, n, n) complex array
    rho : (nk, ..., n_blocks, n, n) complex array
    kind : (n_blocks,) int array

    Returns
    -------
    (nk, ..., n_blocks, n_operators) real array
    """
    n_k, *middle, n_blocks, n, _ = rho.shape
    n_operators = operators.shape[2]
    # Re Tr(O rho) = sum_ab Re O_ab Re rho_ba - Im O_ab Im rho_ba: a real product of interleaved (Re, Im) rows.
    rows = np.ascontiguousarray(np.conj(np.swapaxes(operators, -1, -2))).view(float)
    rows = rows.reshape(*operators.shape[:3], 2 * n * n).swapaxes(-1, -2)
    rho = np.ascontiguousarray(rho).view(float).reshape(n_k, -1, n_blocks, 2 * n * n)
    result = np.empty((n_k, rho.shape[1], n_blocks, n_operators))
    for number in np.unique(kind):
        at = np.flatnonzero(kind == number)
        flat = rho[:, :, at].reshape(n_k, -1, 2 * n * n)
        result[:, :, at] = (flat @ rows[:, number]).reshape(n_k, -1, len(at), n_operators)
    return result.reshape(n_k, *middle, n_blocks, n_operators)
