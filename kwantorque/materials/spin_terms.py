"""The spin in matrices that do not tell it apart: its order, and the terms of H.

A block between two cells is a sum over Pauli matrices,

    H_R = sum_a h_R^a (x) sigma_a,        a = 0, x, y, z.

Time reversal, T = i sigma_y K for real orbitals, makes of it h^0* and -h^i*, so that

    kinetic      Re h^0        even, without spin
    spin-orbit   i Im h^i      even, with spin
    exchange     Re h^i        odd, with spin
    remainder    i Im h^0      odd, without spin: orbital magnetism, complex orbitals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..algebra import SPIN_HALF, commutator, on_spin, rotation
from ..errors import InputError
from .base import as_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from .bloch import Matrices

__all__ = ["check_angular_momentum", "check_order", "interlaced", "smallest_rotation", "spin_matrices", "split_terms"]

PAULI = np.concatenate([np.eye(2)[None], 2 * SPIN_HALF])
"""1, sigma_x, sigma_y, sigma_z."""
CLEARLY = 0.5
"""Odd parts of the order that is right are below this part of those of the other."""


def spin_matrices(spin: str | ArrayLike, n: int) -> NDArray:
    """s_x, s_y, s_z of a cell of n states, (3, n, n); (3, 2n, 2n) of "spinless" ones.

    Raises
    ------
    InputError
        Another word or shape, or an odd number of states.
    """
    if not isinstance(spin, str):
        array = as_matrix("`spin`", spin)
        if array.shape != (3, n, n):
            raise InputError(f"`spin` must have shape (3, {n}, {n}), got {array.shape}")
        return array
    if spin not in ("interlaced", "block", "spinless"):
        raise InputError(f"`spin` must be 'interlaced', 'block', 'spinless' or an array, got {spin!r}")
    if spin == "spinless":
        return on_spin(SPIN_HALF, n)
    if n % 2:
        raise InputError(f"`spin` must be 'spinless' or (3, {n}, {n}) for an odd number of states, got {spin!r}")
    return on_spin(SPIN_HALF, n // 2) if spin == "interlaced" else np.kron(SPIN_HALF, np.eye(n // 2))


def check_angular_momentum(spin: NDArray) -> None:
    """Only an angular momentum can be turned: [s_x, s_y] = i s_z, and cyclic.

    Raises
    ------
    InputError
        It is none.
    """
    x, y, z = spin
    wrong = max(np.abs(commutator(a, b) - 1j * c).max() for a, b, c in ((x, y, z), (y, z, x), (z, x, y)))
    if wrong > 1e-8:
        raise InputError(
            f"to turn the exchange, [s_x, s_y] = i s_z must hold for `spin`, but it is violated by {wrong:.1g}"
        )


def smallest_rotation(spin: NDArray, start: NDArray, stop: NDArray) -> NDArray | None:
    """U that turns the spin from one direction to another; None where they agree.

    U = exp(-i angle n.s), n along start x stop; of opposite directions it is half a
    turn about n = start x e, e the axis of the frame that is farthest from start.

    Parameters
    ----------
    spin : (3, n, n) array
    start, stop : unit vectors (3,)
    """
    axis, cosine = np.cross(start, stop), float(start @ stop)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-15 and cosine > 0:
        return None
    if sine < 1e-12:
        axis = np.cross(start, np.eye(3)[np.argmin(np.abs(start))])
    return rotation(np.einsum("i,iab->ab", axis / np.linalg.norm(axis), spin), np.arctan2(sine, cosine))


def interlaced(matrices: Matrices) -> dict[tuple[int, int, int], NDArray]:
    """From all up before all down to orbital by orbital, up before down."""
    n = next(iter(matrices.values())).shape[-1]
    order = np.arange(n).reshape(2, -1).T.ravel()
    return {cell: block[np.ix_(order, order)] for cell, block in matrices.items()}


def check_order(matrices: Matrices, centres: NDArray | None) -> None:
    """Refuse matrices of another order of the spins than interlaced.

    With the right one, what is odd under time reversal is an exchange at most; with
    the other one, everything that two orbitals do not share is. And the two spins of an
    orbital have one centre.

    Raises
    ------
    InputError
        The other order fits clearly better.
    """
    given, other = _odd_part(matrices), _odd_part(interlaced(matrices))
    if other < CLEARLY * given:
        raise InputError(
            f"the order of spins must be that of the file: as it was said, {given:.2g} of H is odd under time "
            f"reversal, in the other order {other:.2g}: give spin='block' where all up come before all down, as of "
            "VASP 5, and spin='interlaced' otherwise"
        )
    if centres is None or other < given:
        return
    n = len(centres)
    apart = np.linalg.norm(centres[::2] - centres[1::2], axis=1).max()
    in_blocks = np.linalg.norm(centres[: n // 2] - centres[n // 2 :], axis=1).max()
    if in_blocks < 0.01 < CLEARLY * apart:
        raise InputError(
            f"both spins of an orbital must have one centre, but as the order was said they are up to {apart:.2g} nm "
            "apart, and in the other order not: give spin='block' where all up come before all down, else 'interlaced'"
        )


def _parts(block):
    """h^a (4, n/2, n/2) of an interlaced block."""
    n = len(block) // 2
    return np.einsum("asbt,its->iab", block.reshape(n, 2, n, 2), PAULI) / 2


def _odd_part(matrices):
    """Part of H that is odd under time reversal, by squares of entries; of 1."""
    parts = np.array([_parts(block) for block in matrices.values()])
    odd = (parts[:, 0].imag ** 2).sum() + (parts[:, 1:].real ** 2).sum()
    return float(odd / max((np.abs(parts) ** 2).sum(), 1e-300))


def split_terms(matrices: Matrices) -> Mapping[str, dict[tuple[int, int, int], NDArray]]:
    """H as a sum of kinetic, exchange, spin-orbit and remaining terms.

    Parameters
    ----------
    matrices : dict from (n_1, n_2, n_3) to (n, n) array, eV
        Interlaced, the orbitals being real.

    Returns
    -------
    dict of such, of "kinetic", "exchange", "spin_orbit", "remainder"

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.materials.spin_terms import split_terms
    >>> terms = split_terms({(0, 0, 0): np.diag([1.0, 3.0])})
    >>> terms["kinetic"][0, 0, 0].real, terms["exchange"][0, 0, 0].real
    (array([[2., 0.],
           [0., 2.]]), array([[-1.,  0.],
           [ 0.,  1.]]))
    """
    found = {name: {} for name in ("kinetic", "exchange", "spin_orbit", "remainder")}
    for cell, block in matrices.items():
        free, *field = _parts(block)
        found["kinetic"][cell] = np.kron(free.real, PAULI[0])
        found["remainder"][cell] = np.kron(1j * free.imag, PAULI[0])
        found["exchange"][cell] = sum(np.kron(h.real, s) for h, s in zip(field, PAULI[1:], strict=True))
        found["spin_orbit"][cell] = sum(np.kron(1j * h.imag, s) for h, s in zip(field, PAULI[1:], strict=True))
    return found
