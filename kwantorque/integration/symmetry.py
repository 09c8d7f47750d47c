"""Which rotations and mirrors leave a stack as it is: found from its blocks, never assumed."""

import numpy as np

from ..algebra import dagger, rotation
from ..chain import discretise

__all__ = ["find_symmetry", "is_symmetric", "rotation_order", "symmetrised"]

ORDERS = (4, 2)
MIRRORS = np.pi / 4 * np.arange(4)
"""Angles of the normals of the mirror planes that are looked for; they contain z."""


def is_symmetric(stack, u, in_plane):
    """Whether every term of the chain obeys U h(k) U^+ = h(R k), with R a (2, 2) matrix on the in-plane k.

    A state at k is then carried into one at R k, the incoming ones into incoming ones. A mirror that contains z and
    the direction of M needs time reversal, which swaps incoming and outgoing states: it is no symmetry of the
    torques, and is not looked for.
    """
    k = np.array([[0.31, 0.17], [-0.83, 0.45], [0.07, -1.9]])
    chain = discretise(stack, np.concatenate([k, k @ in_plane.T]))
    for blocks in (*chain.onsite.values(), *chain.hopping.values()):
        before, after = (blocks[: len(k)], blocks[len(k) :]) if len(blocks) > 1 else (blocks, blocks)
        if np.abs(u @ before @ dagger(u) - after).max() > 1e-9 * max(np.abs(blocks).max(), 1e-3):
            return False
    return True


def _total(stack):
    return stack.left.material.spin + stack.left.material.orbital


def rotation_order(stack):
    """The largest n of 4, 2, 1 for which U = exp(-2 pi i J_z/n) and the rotation by 2 pi/n are a symmetry."""
    for order in ORDERS:
        angle = 2 * np.pi / order
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        if is_symmetric(stack, rotation(_total(stack)[2], angle), turn):
            return order
    return 1


def find_symmetry(stack):
    """Order n of the rotation about z, and the average (3, 3) of all symmetries as they act on an axial vector.

    The k plane is folded by the rotations; mirrors only tell which components vanish. A mirror with normal n acts on k
    as on a vector, on angular momenta (axial) as the half turn about n, U = exp(-i pi J.n) for orbitals of one parity.
    """
    order, total = rotation_order(stack), _total(stack)
    average = np.diag([0.0, 0.0, 1.0]) if order > 1 else np.eye(3)
    for angle in MIRRORS:
        normal = np.array([np.cos(angle), np.sin(angle), 0.0])
        reflect = np.eye(2) - 2 * np.outer(normal[:2], normal[:2])
        if is_symmetric(stack, rotation(np.einsum("i,iab->ab", normal, total), np.pi), reflect):
            average = average @ np.outer(normal, normal)
    return order, average


def symmetrised(values, order, average, vectors):
    """Sum of `values`, integrals over 1/n of the k plane, over the n rotated copies, vectors averaged by all
    symmetries.

    Parameters
    ----------
    values : dict of arrays, those named in `vectors` with components x, y, z in the last axis
    """
    return {name: value @ (order * average.T) if name in vectors else order * value for name, value in values.items()}
