"""Transmission from spin to spin between the leads of any Kwant system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..algebra import dagger, direction
from ..errors import InputError, finite, instance, named, whole
from ..structures.kwant_builder import load_kwant
from ..structures.network_checks import check_leads, check_modes, check_system
from ..structures.site_matrices import angular_momentum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["spin_transmission"]

CONSERVED = 1e-6
"""What the spin of a mode may leave the modes by, and its value be no half-integer."""


@named
def spin_transmission(
    system: Any,
    energy: float,
    params: Mapping[str, Any] | None = None,
    *,
    lead: int,
    from_lead: int,
    axis: str | ArrayLike = "z",
    spin: ArrayLike | Mapping | Callable | None = None,
) -> xr.DataArray:
    """Transmission between leads, from each spin to each spin along an axis.

        T(m, m') = Tr P_m t P_m' t^+

    with the transmission amplitudes t between modes of unit flux, and the projectors P
    on modes whose spin along the axis is m. No `conservation_law` is needed: modes that
    are mixtures of degenerate spins are taken apart. Within one lead it is the
    reflection.

    Parameters
    ----------
    system : kwant.system.FiniteSystem
    energy : float, eV
    params : dict
        Of the system and its leads.

    Other Parameters
    ----------------
    lead, from_lead : int
        Where particles arrive, and where they come from.
    axis : str or 3-vector
        Along which the spin is measured.
    spin : array, dict or function
        s_x, s_y, s_z as of `Books`.

    Returns
    -------
    xarray.DataArray
        (spin, from_spin), numbers; coordinates are the values of the spin in hbar, the
        largest first. Its sum is the transmission.

    Raises
    ------
    InputError
        No such lead, one without modes, or one whose modes have no sharp spin along
        the axis.

    References
    ----------
    Groth, Wimmer, Akhmerov & Waintal, New J. Phys. 16, 063065 (2014).

    Examples
    --------
    A magnet turns the spins of another one:

    >>> import kwantorque as kt
    >>> iron = kt.FreeElectron(exchange=1.0, bottom=-1.0)
    >>> stack = kt.Stack([kt.Layer(iron, 0.2, m=m) for m in "zxz"], 0.1)
    >>> system, params = kt.build_stack(stack).finalized(), {"kx": 0.0, "ky": 0.0}
    >>> found = kt.spin_transmission(system, 0.5, params, lead=1, from_lead=0)
    >>> found.spin.values, bool(found.sel(spin=0.5, from_spin=-0.5) > 0.01)
    (array([ 0.5, -0.5]), True)
    >>> kt.spin_transmission(system, 0.5, params, lead=1, from_lead=0, axis="x")
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: the modes of lead 1 have no sharp spin along x: ...
    """
    energy = finite("energy", energy, "eV")
    params = dict(instance("params", params or {}, Mapping, '{"J": 0.1}'))
    check_system(system, params)
    check_leads(system, params)
    pair = [whole(name, one, 0) for name, one in (("lead", lead), ("from_lead", from_lead))]
    for name, one in zip(("lead", "from_lead"), pair, strict=True):
        if one >= len(system.leads):
            raise InputError(f"`{name}` must be the number of a lead, 0 to {len(system.leads) - 1}, got {one}")
        check_modes(system, one)
    along = direction(axis)
    matrix = load_kwant().smatrix(system, energy, params=params)
    amplitudes = matrix.submatrix(*pair)
    outgoing, incoming = (
        _projectors(system.leads[one], number, matrix.lead_info[number], along, params, spin, incoming)
        for one, number, incoming in ((pair[0], pair[0], False), (pair[1], pair[1], True))
    )
    values = sorted({*outgoing, *incoming}, reverse=True)
    table = np.zeros((len(values), len(values)))
    for (i, to), (j, source) in ((a, b) for a in enumerate(values) for b in enumerate(values)):
        if to in outgoing and source in incoming:
            table[i, j] = np.trace(outgoing[to] @ amplitudes @ incoming[source] @ dagger(amplitudes)).real
    about = {"units": "1", "long_name": f"transmission from lead {pair[1]} to lead {pair[0]}", "energy": energy}
    return xr.DataArray(table, {"spin": values, "from_spin": values}, ("spin", "from_spin"), "transmission", about)


def _projectors(
    lead: Any, number: int, modes: Any, along: NDArray, params: Mapping, spin: Any, incoming: bool
) -> dict[float, NDArray]:
    """{value of the spin: projector} on the incoming or outgoing modes of a lead."""
    norbs = lead.hamiltonian_submatrix(params=params, sparse=True, return_norb=True)[1][: lead.cell_size]
    matrices = angular_momentum(lead.sites[: lead.cell_size], norbs, "spin", spin, default=True)
    at_sites = np.einsum("i,...iab->...ab", along, matrices)
    count = modes.wave_functions.shape[1] // 2
    mode = slice(None, count) if incoming else slice(count, None)
    functions = modes.wave_functions[:, mode]
    acted, start = np.empty_like(functions), 0
    for i, n in enumerate(norbs):
        here = at_sites[i] if at_sites.ndim == 3 else at_sites
        acted[start : start + n] = here[:n, :n] @ functions[start : start + n]
        start += n
    # Modes of other wavevectors are others, however alike within a cell.
    between, lost = np.zeros((count, count), complex), 0.0
    momenta = modes.momenta[mode]
    for same in {tuple(np.flatnonzero(np.abs(np.exp(1j * (momenta - k)) - 1) < 1e-7)) for k in momenta}:
        same = list(same)
        found = np.linalg.lstsq(functions[:, same], acted[:, same], rcond=None)[0]
        lost = max(lost, np.abs(functions[:, same] @ found - acted[:, same]).max() / np.abs(functions[:, same]).max())
        between[np.ix_(same, same)] = found
    values, vectors = np.linalg.eigh((between + dagger(between)) / 2)
    sharp = np.round(2 * values) / 2
    if lost > CONSERVED or (count and np.abs(values - sharp).max() > CONSERVED):
        axis = next((name for name, one in zip("xyz", np.eye(3), strict=True) if np.allclose(one, along)), str(along))
        raise InputError(
            f"the modes of lead {number} have no sharp spin along {axis}: spin-orbit coupling or exchange turns it; "
            "choose the axis of the exchange, or leads without"
        )
    return {
        float(value): vectors[:, sharp == value] @ dagger(vectors[:, sharp == value]) for value in sorted(set(sharp))
    }
