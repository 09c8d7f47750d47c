"""Angular momentum matrices and directions: the small algebra every material uses."""

import numpy as np
from numpy.typing import ArrayLike

from .errors import InputError

__all__ = [
    "SIGMA",
    "SPIN_HALF",
    "SPIN_ONE",
    "anticommutator",
    "commutator",
    "dagger",
    "direction",
    "inverse",
    "on_orbital",
    "on_spin",
    "rotation",
]


def _angular_momentum(j):
    """Matrices J_x, J_y, J_z (3, 2j+1, 2j+1), hbar = 1, basis m = j, j-1, ..., -j."""
    m = np.arange(j, -j - 1, -1)
    plus = np.diag(np.sqrt(j * (j + 1) - m[1:] * (m[1:] + 1)), 1)
    return np.array([(plus + plus.T) / 2, (plus - plus.T) / 2j, np.diag(m)], complex)


SPIN_HALF = _angular_momentum(0.5)
"""s_x, s_y, s_z with s_i = sigma_i / 2, shape (3, 2, 2), basis (up, down)."""

SIGMA = 2 * SPIN_HALF
"""Pauli matrices: spins in units of hbar/2."""

SPIN_ONE = _angular_momentum(1)
"""L_x, L_y, L_z of a p shell, shape (3, 3, 3), basis m_L = +1, 0, -1."""


def on_spin(spin: np.ndarray, n_orbitals: int) -> np.ndarray:
    """1 (x) s: spin matrices in the basis orbital x spin.

    Parameters
    ----------
    spin : (..., 2, 2) array
    n_orbitals : int

    Returns
    -------
    (..., 2 n_orbitals, 2 n_orbitals) array
        Orbital by orbital, up before down.
    """
    return np.kron(np.eye(n_orbitals), spin)


def on_orbital(orbital: np.ndarray, n_spins: int = 2) -> np.ndarray:
    """L (x) 1: orbital matrices in the basis orbital x spin.

    Parameters
    ----------
    orbital : (..., n, n) array
    n_spins : int

    Returns
    -------
    (..., n n_spins, n n_spins) array
        Orbital by orbital, up before down.
    """
    return np.kron(orbital, np.eye(n_spins))


def dagger(matrix: np.ndarray) -> np.ndarray:
    """Hermitian conjugate of the last two axes, (..., n, m) -> (..., m, n)."""
    return np.conj(np.swapaxes(matrix, -1, -2))


def commutator(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[a, b] = ab - ba of the last two axes, (..., n, n)."""
    return a @ b - b @ a


def anticommutator(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """{a, b} = ab + ba of the last two axes, (..., n, n)."""
    return a @ b + b @ a


def direction(m: str | ArrayLike) -> np.ndarray:
    """Unit vector along an axis or a vector.

    Parameters
    ----------
    m : str or 3-vector
        An axis such as "z" or "-x", or any non-zero vector x, y, z.

    Returns
    -------
    (3,) array
        Components x, y, z.

    Raises
    ------
    InputError
        If `m` is neither of these.

    Examples
    --------
    >>> from kwantorque.algebra import direction
    >>> direction((3, 0, 4)).tolist()
    [0.6, 0.0, 0.8]
    >>> direction("up")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    kwantorque.errors.InputError: a direction must be one of x, y, z with a sign, ...
    """
    if isinstance(m, str):
        axis = "xyz".find(m[-1:]) if m.strip("+-") in ("x", "y", "z") and len(m) <= 2 else -1
        if axis < 0:
            raise InputError(f"a direction must be one of x, y, z with a sign, or a 3-vector, got {m!r}")
        return (-1.0 if m[0] == "-" else 1.0) * np.eye(3)[axis]
    try:
        vector = np.asarray(m, float)
    except (TypeError, ValueError):
        vector = np.empty(0)
    length = np.linalg.norm(vector)
    if vector.shape != (3,) or not np.isfinite(length) or length == 0:
        raise InputError(f"a direction must be one of x, y, z with a sign, or a non-zero 3-vector, got {m!r}")
    return vector / length


def inverse(matrix: np.ndarray) -> np.ndarray:
    """Inverse of the last two axes, (..., n, n).

    2 x 2 matrices are inverted by their determinant: many of them at once two to four
    times as fast.
    """
    if matrix.shape[-1] != 2:
        return np.linalg.inv(matrix)
    a, b, c, d = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 1, 0], matrix[..., 1, 1]
    adjugate = np.stack([d, -b, -c, a], axis=-1).reshape(matrix.shape)
    return adjugate / (a * d - b * c)[..., None, None]


def rotation(generator: np.ndarray, angle: float) -> np.ndarray:
    """U = exp(-i angle G), the rotation by `angle` that G generates.

    Parameters
    ----------
    generator : (n, n) Hermitian array
    angle : float, rad

    Returns
    -------
    (n, n) unitary array
    """
    values, vectors = np.linalg.eigh(generator)
    return (vectors * np.exp(-1j * angle * values)) @ dagger(vectors)
