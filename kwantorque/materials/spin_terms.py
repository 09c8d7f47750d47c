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

__all__ = [
    "check_angular_momentum",
    "interlaced",
    "net_field",
    "smallest_rotation",
    "spin_matrices",
    "spinors_in_order",
    "split_terms",
]

PAULI = np.concatenate([np.eye(2)[None], 2 * SPIN_HALF])
"""1, sigma_x, sigma_y, sigma_z."""
ONE_CENTRE = 0.01
"""nm; centres closer than this are the same."""
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


def spinors_in_order(
    matrices: Matrices, spin: str, centres: NDArray | None
) -> tuple[dict[tuple[int, int, int], NDArray], NDArray]:
    """Interlaced matrices from those of either order, which is checked.

    In the right one, what is odd under time reversal is an exchange at most; in the
    other one, everything that two orbitals do not share is. And the two spins of an
    orbital have one centre.

    Parameters
    ----------
    matrices : dict from (n_1, n_2, n_3) to (n, n) array
    spin : {"interlaced", "block"}
    centres : (n, 3) array, nm, or None

    Returns
    -------
    matrices, and (n,) array of the numbers that their states had

    Raises
    ------
    InputError
        The other order fits clearly better, or an odd number of states.
    """
    n = len(next(iter(matrices.values())))
    if n % 2:
        raise InputError(f"spinors must have an even number of states, got {n}: give spin='spinless'")
    readings = {"interlaced": dict(matrices), "block": interlaced(matrices)}
    other = "block" if spin == "interlaced" else "interlaced"
    odd = {name: _odd_part(one) for name, one in readings.items()}
    if odd[other] < CLEARLY * odd[spin]:
        raise InputError(
            f"the order of spins must be that of the file: with spin={spin!r} {odd[spin]:.2g} of H is odd under time "
            f"reversal, with spin={other!r} {odd[other]:.2g}. In 'block' all up come before all down, as of VASP 5"
        )
    orders = {"interlaced": np.arange(n), "block": np.arange(n).reshape(2, -1).T.ravel()}
    if centres is not None:
        apart = {
            name: np.linalg.norm(np.diff(centres[at].reshape(-1, 2, 3), axis=1), axis=-1).max()
            for name, at in orders.items()
        }
        if apart[other] < ONE_CENTRE < CLEARLY * apart[spin]:
            raise InputError(
                f"both spins of an orbital must have one centre, but with spin={spin!r} they are up to "
                f"{apart[spin]:.2g} nm apart, and with spin={other!r} they are not"
            )
    return readings[spin], orders[spin]


def _parts(block):
    """h^a (4, n/2, n/2) of an interlaced block."""
    n = len(block) // 2
    return np.einsum("asbt,its->iab", block.reshape(n, 2, n, 2), PAULI) / 2


def net_field(exchange: Matrices) -> tuple[NDArray, float]:
    """v_i = tr H_ex(R = 0) s_i of all orbitals, and the sum of |v| of each.

    Parameters
    ----------
    exchange : dict from (n_1, n_2, n_3) to (n, n) array, eV
        Interlaced.
    """
    if (0, 0, 0) not in exchange:
        return np.zeros(3), 0.0
    fields = np.einsum("iaa->ai", _parts(exchange[0, 0, 0])[1:]).real
    return fields.sum(axis=0), float(np.linalg.norm(fields, axis=1).sum())


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
