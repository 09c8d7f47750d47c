"""{R: matrix} of any crystal: its Bloch sum, and the same crystal in larger cells."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..errors import InputError, whole
from .hoppings import Hoppings, has_planes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Matrices: TypeAlias = Mapping[tuple[int, int, int], NDArray]

__all__ = ["BlochSum", "cells_of", "in_supercell", "supercell_matrix"]


class BlochSum(Hoppings):
    """A named term of any crystal, of any range and any lattice vectors.

        H_term(k) = sum_R exp(i k.R) H_R,        H_R = <0| H |R>

    It has blocks along z where it is what `Hoppings` is: with a_1 and a_2 in the plane,
    a_3 upwards, and hoppings to nearest planes.

    Parameters
    ----------
    name, partner, hoppings, vectors
        As of `Hoppings`.

    Raises
    ------
    InputError
        Matrices of different shapes, H_{-R} that is not H_R^+; in `blocks`, of a
        crystal that has none.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.materials.bloch import BlochSum
    >>> chain = BlochSum("kinetic", "lattice", {(0, 0, 2): [[-1.0]]}, 0.3)
    >>> chain([0.0, 0.0, np.pi / 0.6]).real.round(9)
    array([[2.]])
    """

    def _check_planes(self):
        """Nothing: what has no blocks along z still has bands."""

    @property
    def reach(self) -> int:
        """Number of planes that the farthest hoppings go up, max |n_3|."""
        return max(abs(n[2]) for n in self.hoppings)

    def blocks(self, k_par: ArrayLike, spacing: float) -> tuple[NDArray, NDArray]:
        if not has_planes(self.vectors) or self.reach > 1:
            raise InputError(
                f"a layer needs planes along z with hoppings to the nearest ones, which term {self.name!r} has not: "
                "take `supercell` and `principal_layers` of its TightBinding"
            )
        return super().blocks(k_par, spacing)


def supercell_matrix(cells: ArrayLike) -> NDArray:
    """The integer matrix (3, 3) whose rows are the new vectors in the old ones.

    Raises
    ------
    InputError
        It is none, has no volume, or turns the handedness around.
    """
    array = np.asarray(cells)
    array = np.diag(array) if array.shape == (3,) else array
    try:
        matrix = np.array([[whole("cells", n, least=-1000) for n in row] for row in array.tolist()])
    except (TypeError, InputError):
        matrix = np.zeros(0)
    if matrix.shape != (3, 3) or round(float(np.linalg.det(matrix))) < 1:
        raise InputError(
            "`cells` must be three whole numbers or a matrix (3, 3) of such, with a determinant >= 1, whose rows are "
            f"the new lattice vectors in the old ones, got {array.tolist()}"
        )
    return matrix


def cells_of(matrix: NDArray) -> NDArray:
    """The old cells t in a new one, (det, 3) whole numbers, from bottom to top.

    Parameters
    ----------
    matrix : (3, 3) integer array
        The new vectors in the old ones, as rows.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.materials.bloch import cells_of
    >>> cells_of(np.diag([1, 1, 2]))
    array([[0, 0, 0],
           [0, 0, 1]])
    """
    corners = np.array(list(product((0, 1), repeat=3))) @ matrix
    ranges = [range(low, high + 1) for low, high in zip(corners.min(axis=0), corners.max(axis=0), strict=True)]
    every = np.array(list(product(*ranges)))
    inside = every[(_split(every, matrix)[0] == 0).all(axis=1)]
    return inside[np.lexsort(inside.T)]


def _split(cells, matrix):
    """New cell of old ones, and which old one of it: cells = new @ matrix + rest."""
    # Of integers: the inverse is a matrix of integers over the determinant.
    size = round(float(np.linalg.det(matrix)))
    adjugate = np.round(np.linalg.inv(matrix) * size).astype(int)
    new = (cells @ adjugate) // size
    return new, cells - new @ matrix


def in_supercell(hoppings: Matrices, matrix: NDArray) -> dict[tuple[int, int, int], NDArray]:
    """{R: matrix} of the same crystal in larger cells.

    Parameters
    ----------
    hoppings : dict from (n_1, n_2, n_3) to (n, n) array
    matrix : (3, 3) integer array
        The new vectors in the old ones, as rows.

    Returns
    -------
    dict from (n_1, n_2, n_3) to (det n, det n) array
        The states of the cells `cells_of(matrix)` one after the other.
    """
    cells = cells_of(matrix)
    number = {tuple(cell): i for i, cell in enumerate(cells.tolist())}
    n = next(iter(hoppings.values())).shape[-1]
    found = {}
    for i, cell in enumerate(cells):
        new, rest = _split(cell + np.array(list(hoppings)), matrix)
        for to, j, block in zip(new.tolist(), rest.tolist(), hoppings.values(), strict=True):
            empty = np.zeros((len(cells), n, len(cells), n), complex)
            found.setdefault(tuple(to), empty)[i, :, number[tuple(j)]] += block
    return {to: blocks.reshape(len(cells) * n, -1) for to, blocks in found.items()}
