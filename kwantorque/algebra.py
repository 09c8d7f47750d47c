"""Angular momentum matrices and directions: the small algebra every material uses."""

import numpy as np

from .errors import InputError

__all__ = [
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
    """(3, 2j+1, 2j+1) matrices J_x, J_y, J_z in the basis m = j, j-1, ..., -j (hbar = 1)."""
    m = np.arange(j, -j - 1, -1)
    plus = np.diag(np.sqrt(j * (j + 1) - m[1:] * (m[1:] + 1)), 1)
    return np.array([(plus + plus.T) / 2, (plus - plus.T) / 2j, np.diag(m)], complex)


SPIN_HALF = _angular_momentum(0.5)
"""s_i = sigma_i / 2, shape (3, 2, 2), basis (up, down)."""

SPIN_ONE = _angular_momentum(1)
"""L_i of a p shell, shape (3, 3, 3), basis m_L = +1, 0, -1."""


def on_spin(spin, n_orbitals):
    """Lift spin matrices (..., 2, 2) to the basis orbital x spin."""
    return np.kron(np.eye(n_orbitals), spin)


def on_orbital(orbital, n_spins=2):
    """Lift orbital matrices (..., n, n) to the basis orbital x spin."""
    return np.kron(orbital, np.eye(n_spins))


def dagger(matrix):
    """Hermitian conjugate of the last two axes."""
    return np.conj(np.swapaxes(matrix, -1, -2))


def commutator(a, b):
    """[a, b] of the last two axes."""
    return a @ b - b @ a


def anticommutator(a, b):
    """{a, b} = ab + ba of the last two axes."""
    return a @ b + b @ a


def direction(m):
    """Unit vector (3,) from a name such as "z", "-x" or from any non-zero 3-vector.

    Raises
    ------
    InputError
        If `m` is neither of these.
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


def inverse(matrix):
    """Inverse of the last two axes; 2 x 2 matrices by their determinant, ten times as fast."""
    if matrix.shape[-1] != 2:
        return np.linalg.inv(matrix)
    a, b, c, d = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 1, 0], matrix[..., 1, 1]
    adjugate = np.stack([d, -b, -c, a], axis=-1).reshape(matrix.shape)
    return adjugate / (a * d - b * c)[..., None, None]


def rotation(generator, angle):
    """exp(-i angle generator) for a Hermitian generator (n, n)."""
    values, vectors = np.linalg.eigh(generator)
    return (vectors * np.exp(-1j * angle * values)) @ dagger(vectors)
