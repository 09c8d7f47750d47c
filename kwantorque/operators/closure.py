"""The books: in a stationary state what flows out of a site minus what flows in is what the terms gave.

    J_j - J_{j-1} = sum_t [ T_j^t + (B_j^t + B_{j-1}^t)/2 ]        for O = 1, s_i, L_i, at every site
    J_{j-1} - J_j = exchange torque + lattice torque              for O = L + s

Exact on the lattice for every single state. `closure` is the largest violation at a k-point (and state), relative to
the largest flux or torque in the books there, the incoming particle flux included (all others vanish in total
reflection).
"""

import numpy as np

__all__ = ["closure", "closure_of_totals"]


def closure(current, gains, torques, incoming=0.0):
    """Largest relative violation of the books of particles, s, L and L + s.

    Parameters
    ----------
    current : (..., n_sites + 1, 7) array
        Fluxes of 1, s, L through the bonds on either side of each site.
    gains : dict from term name to (..., n_sites, 6) array
    torques : dict as returned by `physical_torques`, arrays (..., n_sites, 3)
    incoming : (...) array or float
        Particle flux that comes in.

    Returns
    -------
    (...) array
    """
    outflow = np.diff(current, axis=-2)
    violation = np.array(outflow)
    for gain in gains.values():
        violation[..., 1:] -= gain
    of_total = outflow[..., 1:4] + outflow[..., 4:] + torques["exchange_torque"] + torques["lattice_torque"]
    return _ratio(_max_of([violation, of_total]), np.maximum(_max_of([current, *gains.values()]), incoming))


def closure_of_totals(values):
    """Largest relative violation of the books from z = -infinity to +infinity, for particles and L + s.

    Parameters
    ----------
    values : dict with `particle_current_limit` (..., 2), `angular_momentum_current_limit` (..., 2, 3), and
        `exchange_torque_total`, `lattice_torque_total` (..., 3), and `incident_current` (...), part of the scale
    """
    particles = np.diff(values["particle_current_limit"], axis=-1)
    lost = -np.diff(values["angular_momentum_current_limit"], axis=-2)[..., 0, :]
    taken = values["exchange_torque_total"], values["lattice_torque_total"]
    violation = np.concatenate([particles, lost - taken[0] - taken[1]], axis=-1)
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
    return np.max([np.abs(array).max(axis=(-1, -2)) for array in arrays], axis=0)
