"""The part of a stated error that is rounding, of terms that cancel in a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..operators import SEA_FLUX, ChainOperators, random_traces
from ..structures.chain import discretise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..structures.stack import Stack

__all__ = ["rounding_of"]

SURELY = 4.0
"""Rounding stays below so many times its root mean square."""
SOLVED = 8.0
"""Scattering states come out of their solver with errors of so many last digits."""
OFF_AXIS = 1e-3
"""In-plane wavevector (1/nm) at which operators are measured, off all symmetries."""


def rounding_of(
    stack: Stack, values: Mapping[str, NDArray], derived: Callable | None = None, of_sea: bool = False
) -> dict[str, float]:
    """What rounding may have left of every variable.

    Particles on every site are those of `density`; of a sea half a particle per state,
    which its contour integral is the difference to. A wave's flux is the difference of
    hopping terms, t |psi|^2, which are larger than it by kappa: so much more its
    normalisation errs.

    Parameters
    ----------
    stack : Stack
    values : dict of arrays
        All variables, integrated over k_par or at one k.
    derived : callable, optional
        As in `kwantorque.torques`.
    of_sea : bool

    Returns
    -------
    dict
        The largest of any entry, by name. The particle current is the same everywhere:
        of that it is what it is where it is known best.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.transport.rounding import rounding_of
    >>> wire = kt.Stack([kt.Layer(kt.FreeElectron.from_wavevectors(13.6), 1.0)], 0.05)
    >>> data = kt.torques(wire, 0.0, tolerance=0.1, progress=False)
    >>> values = {name: data[name].values for name in data.data_vars}
    >>> 0 < rounding_of(wire, values)["particle_current"] < 1e-12
    True
    """
    chain = discretise(stack, np.full((1, 2), OFF_AXIS))
    hopping = np.abs(chain.total_hopping).max()
    incident = abs(float(values["incident_current"]))
    per_site = np.abs(values["density"]) * chain.spacing
    kappa = 1.0
    if of_sea:
        per_site = np.maximum(per_site, chain.n_orbitals / 2 * incident / (SEA_FLUX * hopping))
    elif incident > 0:
        kappa = max(1.0, hopping * max(per_site[0], per_site[-1]) / incident)
        per_site = SOLVED * kappa * per_site
    operators = ChainOperators(chain)
    errors = operators.values(random_traces(operators, per_site, max(kappa, _sites_of_a_tail(values))))
    del errors["closure"]
    if derived is not None:
        errors = errors | derived(errors)
    found = {}
    for name, error in errors.items():
        mean_square = (error**2).mean(axis=0)
        least = np.min if name.startswith("particle_current") else np.max
        found[name] = SURELY * float(np.sqrt(least(mean_square)))
    return found


def _sites_of_a_tail(values):
    """So many sites add up to a lead's torque: many where the exchange is weak."""
    sites = 1.0
    for end, tail in zip((0, -1), values["exchange_torque_tail"], strict=True):
        here = np.abs(values["exchange_torque"][end]).max()
        if here > 0:
            sites = max(sites, float(np.abs(tail).max() / here))
    return sites
