"""Which rotations about z leave a stack as it is: found from its blocks, never assumed."""

import numpy as np

from ..algebra import dagger, rotation
from ..chain import discretise

__all__ = ["fold", "is_rotation_symmetric", "rotation_order"]

ORDERS = (4, 2)


def is_rotation_symmetric(stack, order):
    """Whether every term of the chain obeys U h(k) U^+ = h(R k) for a rotation R by 2 pi/order about z.

    U is exp(-2 pi i J_z / order). Then a state at k rotates into one at R k: the fluxes and torques at R k are
    those at k, rotated. (A mirror that contains z needs time reversal when M is along z, which swaps incoming and
    outgoing states; it is no symmetry of the torques, and is not looked for.)
    """
    angle = 2 * np.pi / order
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    k = np.array([[0.31, 0.17], [-0.83, 0.45], [0.07, -1.9]])
    chain = discretise(stack, np.concatenate([k, k @ turn.T]))
    u = rotation(chain.spin[2] + chain.orbital[2], angle)
    for blocks in (*chain.onsite.values(), *chain.hopping.values()):
        before, after = (blocks[: len(k)], blocks[len(k) :]) if len(blocks) > 1 else (blocks, blocks)
        if np.abs(u @ before @ dagger(u) - after).max() > 1e-9 * max(np.abs(blocks).max(), 1e-3):
            return False
    return True


def rotation_order(stack):
    """The largest n of 4, 2, 1 for which the stack is symmetric under C_n about z."""
    return next((order for order in ORDERS if is_rotation_symmetric(stack, order)), 1)


def fold(values, order, vectors):
    """Sum of `values` over the n rotated copies: in-plane components of vectors cancel, all else is n times as large.

    Parameters
    ----------
    values : dict of arrays, those named in `vectors` with components x, y, z in the last axis
    """
    if order == 1:
        return values
    along_z = np.array([0.0, 0.0, order])
    return {name: value * (along_z if name in vectors else order) for name, value in values.items()}
