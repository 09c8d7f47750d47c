"""The books: the balance of particles and angular momentum at every site.

In a stationary state what flows out of a site minus what flows in is what the terms
gave,

    sum of J_b over the bonds that leave - sum of J_b over those that arrive
        = sum_t [ T_j^t + (sum of B_b^t over its bonds)/2 ]       for O = 1, s_i, L_i
        = - sum of the torques on all partners                    for O = L + s

Exact on the lattice for every single state. `closure` is the largest violation at a
k-point (and state), or of a sum over k-points: relative to the largest flux or torque
in the books there, the incoming particle flux included (all others vanish in total
reflection).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["closure", "closure_of_totals"]


def closure(
    current: NDArray,
    outflow: NDArray,
    gains: Mapping[str, NDArray],
    torques: Iterable[NDArray],
    incoming: NDArray | float = 0.0,
) -> NDArray:
    """Largest relative violation of the books of particles, s, L and L + s.

    At every site, with the gains of all terms and the torques on all partners,

        outflow of 1 = 0,       outflow of s, L = sum of gains,
        outflow of L + s = - sum of torques.

    Parameters
    ----------
    current : (..., n_bonds, 7) array
        Fluxes of 1, s_x, s_y, s_z, L_x, L_y, L_z through the bonds, from tail to head.
    outflow : (..., n_sites, 7) array
        What leaves each site.
    gains : dict from term name to (..., n_sites, 6) array
        What each term gives to s and L.
    torques : (..., n_sites, 3) arrays
        On every partner that takes from L + s.
    incoming : (...) array or float
        Particle flux that comes in.

    Returns
    -------
    (...) array
        Relative to the largest flux, gain or incoming particle flux; 0 where all are 0.
    """
    violation = np.array(outflow)
    for gain in gains.values():
        violation[..., 1:] -= gain
    of_total = sum(torques, outflow[..., 1:4] + outflow[..., 4:])
    return _ratio(_max_of([violation, of_total]), np.maximum(_max_of([current, *gains.values()]), incoming))


def closure_of_totals(values: Mapping[str, NDArray], torques: tuple[str, ...]) -> NDArray:
    """Largest relative violation of the books from z = -infinity to +infinity.

    For particles and L + s, with the limits of the currents in both leads:

        current(left) = current(right) + sum of total torques

    Parameters
    ----------
    values : dict of arrays
        `particle_current_limit` (..., 2), `angular_momentum_current_limit` (..., 2, 3),
        `<torque>_total` (..., 3), and `incident_current` (...), part of the scale.
    torques : tuple of str
        Names of the torques that take from L + s.

    Returns
    -------
    (...) array
    """
    particles = np.diff(values["particle_current_limit"], axis=-1)
    lost = -np.diff(values["angular_momentum_current_limit"], axis=-2)[..., 0, :]
    taken = [values[f"{name}_total"] for name in torques]
    for one in taken:
        lost = lost - one
    violation = np.concatenate([particles, lost], axis=-1)
    limits = values["angular_momentum_current_limit"]
    everything = np.concatenate(
        [limits[..., 0, :], limits[..., 1, :], *taken, values["particle_current_limit"]], axis=-1
    )
    scale = np.maximum(np.abs(everything).max(axis=-1), values["incident_current"])
    return _ratio(np.abs(violation).max(axis=-1), scale)


def _ratio(worst, scale):
    return np.divide(worst, scale, out=np.zeros_like(worst), where=scale != 0)


def _max_of(arrays):
    """Largest absolute entry over the last two axes of all arrays."""
    return np.max([np.abs(array).max(axis=(-1, -2), initial=0) for array in arrays], axis=0)
