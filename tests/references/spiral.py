"""A spin spiral on a periodic strip, solved by hand: no Kwant, and no code of ours.

In the frame of n the bands are, with t = a = hbar = 1,

    E(k, q) = 4 - 2 cos q - 2 cos k cos(Q/2) -+ sqrt(M^2 + (2 sin k sin(Q/2))^2),

q = 2 pi m/W across. Every crossing of the energy gives a state 1/(2 pi |v| W) per site.
"""

import numpy as np
from scipy.optimize import brentq


def crossings(width, wavevector, exchange, energy, points=4001):
    """(q, k, branch) of all states at the energy, `branch` the sign of the root."""
    found = []
    k = np.linspace(-np.pi, np.pi, points)
    for q in 2 * np.pi * np.arange(width) / width:
        for branch in (-1, 1):

            def above(k, q=q, branch=branch):
                return band(k, q, wavevector, exchange, branch) - energy

            values = above(k)
            for i in np.flatnonzero(np.sign(values[:-1]) != np.sign(values[1:])):
                found.append((q, brentq(above, k[i], k[i + 1], xtol=1e-15), branch))
    return found


def band(k, q, wavevector, exchange, branch):
    """E(k, q) of a branch."""
    turn = 2 * np.sin(k) * np.sin(wavevector / 2)
    return 4 - 2 * np.cos(q) - 2 * np.cos(k) * np.cos(wavevector / 2) + branch * np.sqrt(exchange**2 + turn**2)


def density_of_states(width, wavevector, exchange, energy):
    """Of both spins per site, and the sum over right-movers of the spin along n."""
    step, density, spin = 1e-6, 0.0, 0.0
    for q, k, branch in crossings(width, wavevector, exchange, energy):
        ahead, behind = (band(k + side * step, q, wavevector, exchange, branch) for side in (1, -1))
        velocity = (ahead - behind) / (2 * step)
        density += 1 / (2 * np.pi * abs(velocity) * width)
        if velocity > 0:
            # Spin flux along n at the middle of a bond, per unit of bias: the state's
            # spin is (-branch M, 0, branch 2 sin k sin(Q/2))/root, its velocity
            # operator 2 sin k sigma_n there.
            root = np.sqrt(exchange**2 + (2 * np.sin(k) * np.sin(wavevector / 2)) ** 2)
            spin += -branch * exchange / root * 2 * np.sin(k) / velocity / (2 * np.pi)
    return density, spin
