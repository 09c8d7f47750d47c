"""Which rotations and mirrors leave a stack as it is: found from its blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import dagger, rotation
from ..structures.chain import discretise

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from numpy.typing import NDArray

    from ..structures.stack import Stack

__all__ = ["Symmetry", "find_symmetry", "symmetrised"]

ORDERS = (4, 2)
MIRRORS = np.pi / 4 * np.arange(4)
"""Angles of the normals of the mirrors that are looked for, planes that contain z."""


class _Probe:
    """The blocks of a stack at a few k, and at their images under matrices R (2, 2)."""

    k = np.array([[0.31, 0.17], [-0.83, 0.45], [0.07, -1.9]])

    def __init__(self, stack, images):
        chain = discretise(stack, np.concatenate([self.k, *(self.k @ r.T for r in images)]))
        self.blocks = [*chain.onsite.values(), *chain.hopping.values()]

    def is_symmetric(self, u, image):
        """Whether every term of the chain obeys U h(k) U^+ = h(R k), R number `image`.

        A state at k is then carried into one at R k, the incoming ones into incoming
        ones. A mirror that contains z and the direction of M needs time reversal, which
        swaps incoming and outgoing states: it is no symmetry of the torques, and is not
        looked for.
        """
        n = len(self.k)
        for blocks in self.blocks:
            here = slice(0, n) if len(blocks) > 1 else slice(None)
            there = slice(n * (image + 1), n * (image + 2)) if len(blocks) > 1 else slice(None)
            if np.abs(u @ blocks[here] @ dagger(u) - blocks[there]).max() > 1e-9 * max(np.abs(blocks).max(), 1e-3):
                return False
        return True


def _turn(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@dataclass(frozen=True, eq=False)
class Symmetry:
    """What the k plane can be folded by.

    Attributes
    ----------
    folds : int
        The integrand repeats itself after a rotation of k by 2 pi / folds.
    isotropic : bool
        It depends on |k| alone; vectors turn with k.
    average : (3, 3) array
        The average of all symmetries as they act on an axial vector.
    without_spin : bool
        If it is isotropic, it is so even if the spin is not turned with k.
    """

    folds: int
    isotropic: bool
    average: NDArray
    without_spin: bool = True

    @property
    def of_k_alone(self) -> Symmetry:
        """What is left when the incident spin has a direction of its own.

        That k may be turned and the spin not.
        """
        return Symmetry(1, self.isotropic and self.without_spin, np.eye(3))


def find_symmetry(stack: Stack) -> Symmetry:
    """The `Symmetry` of a stack: rotations of k about z, and mirrors.

    The k plane is folded by the rotations, of k with the spin and without it; mirrors
    only tell which components vanish. A mirror with normal n acts on k as on a vector,
    on angular momenta (axial) as the half turn about n, U = exp(-i pi J.n) for orbitals
    of one parity. Without spin-orbit coupling k may be turned and the spin left alone;
    that tells nothing about components. With Rashba coupling and M along its normal, or
    spherical bands, both turn together by any angle: one ray is enough then, too.
    """
    total, nothing = stack.left.material.total, np.eye(stack.left.material.n_orbitals)
    turns = [2 * np.pi / n for n in ORDERS]
    normals = [np.array([np.cos(angle), np.sin(angle), 0.0]) for angle in MIRRORS]
    reflections = [np.eye(2) - 2 * np.outer(normal[:2], normal[:2]) for normal in normals]
    # A polynomial in k that does not change under a turn by one radian does not change
    # under any.
    probe = _Probe(stack, [_turn(1.0), *map(_turn, turns), *reflections])
    with_spin, without = (
        next((n for i, n in enumerate(ORDERS) if probe.is_symmetric(u[i], 1 + i)), 1)
        for u in ([rotation(total[2], turn) for turn in turns], [nothing] * len(turns))
    )
    average = np.diag([0.0, 0.0, 1.0]) if with_spin > 1 else np.eye(3)
    for i, normal in enumerate(normals):
        if probe.is_symmetric(rotation(np.einsum("i,iab->ab", normal, total), np.pi), 1 + len(turns) + i):
            average = average @ np.outer(normal, normal)
    # The zone of a lattice is no circle, even where the blocks do not depend on k.
    on_a_lattice = any(region.layer.material.reciprocal is not None for region in stack.regions)
    without_spin = probe.is_symmetric(nothing, 0)
    isotropic = not on_a_lattice and (without_spin or probe.is_symmetric(rotation(total[2], 1.0), 0))
    return Symmetry(max(with_spin, without), isotropic, average, without_spin)


def symmetrised(values: Mapping[str, NDArray], symmetry: Symmetry, vectors: Container[str]) -> dict[str, NDArray]:
    """Integrals over the k plane from those over 1/n of it, n the number of folds.

    The sum over n rotated copies; vectors are averaged by all symmetries.

    Parameters
    ----------
    values : dict of arrays
        Those named in `vectors` have components x, y, z in the last axis.
    symmetry : Symmetry
    vectors : names of axial vectors
    """
    folds, average = symmetry.folds, symmetry.average.T
    axes = np.diag(average)
    # Products with small matrices take far longer than those with numbers.
    apart = np.array_equal(average, np.diag(axes))

    def of_all(value):
        return value * (folds * axes) if apart else value @ (folds * average)

    return {name: of_all(value) if name in vectors else folds * value for name, value in values.items()}
