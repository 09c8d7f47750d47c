"""A Fermi sea in time, driven by an electric field: two bands, or any number.

Every electron moves through k space with dk/dt = q E(t), and its state follows the
Hamiltonian that it meets there (hbar = 1, q = -e):

    i d rho/dt = [H(k(t)), rho],       of two bands, s = <sigma>,  ds/dt = 2 h x s

A step is exact for the H in its middle: of two bands it turns s about the axis of h, of
more it is exp(-i H dt), from eigenvectors. Power and torque of two bands, per area:

    dU/dt = q E.sum v,   U = sum of e(k) + h(k).s       v_i = de/dk_i + (dh/dk_i).s
    torque on the magnetisation = J M x sum of s

U is the energy of the electrons with that of the exchange coupling; that the field's
work is what U gains is a law, not an identity of the formulas for s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..algebra import dagger
from ..errors import InputError, finite, instance, known, named, positive, whole
from ..results.dataset import VERSION
from .clean import clean_torques
from .crystal import Crystal
from .sheet import RashbaSheet

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["energy_balance", "evolve", "evolve_bands"]

RAMPS = ("sudden", "ramped")
"""A field that is switched on at once, or as sin^2."""
ALONG_X = np.array([1.0, 0.0])
DRIVE = 1e-5
"""eE in units of J^2/(alpha k_F + J) / (1/k_F): small enough for linear response."""
SAME_LEVEL = 1e-12
"""Bands closer than this (eV) touch."""
NEAR = 1e-4
"""Step (1/nm) of the slopes of torques along k."""


def _field(ramp, duration):
    """E(t) over its last value."""
    if ramp == "sudden":
        return lambda t: 1.0
    return lambda t: np.sin(np.pi / 2 * min(t / duration, 1.0)) ** 2


def _turned(spin, h, time):
    """Spins after they have turned about h for a time: ds/dt = 2 h x s."""
    size = np.linalg.norm(h, axis=-1, keepdims=True)
    axis, angle = h / size, 2 * size * time
    along = axis * (axis * spin).sum(axis=-1, keepdims=True)
    return along + np.cos(angle) * (spin - along) + np.sin(angle) * np.cross(axis, spin)


@named
def evolve(
    sheet: RashbaSheet,
    energy: float = 0.0,
    *,
    ramp: str = "ramped",
    periods: float = 20.0,
    ramp_periods: float = 10.0,
    steps: int = 120,
    rays: int = 64,
    nodes: int = 24,
) -> xr.Dataset:
    """A Fermi sea that a field along x is switched on for: spin, torque, force.

    Nothing scatters: the intraband part of the torque grows with time, the interband
    part comes to rest after a slow ramp, and rings after a sudden one, about its value
    in linear response, up to twice as large.

    Parameters
    ----------
    sheet : RashbaSheet
    energy : float, eV
        The Fermi energy, of H.
    ramp : {"sudden", "ramped"}
        The field is there at once, or grows as sin^2 over `ramp_periods`.
    periods, ramp_periods : float
        Duration and ramp in periods pi hbar/J of the exchange field.
    steps : int
        Time steps in a period.
    rays, nodes : int
        Of the rule over the Fermi sea.

    Returns
    -------
    xarray.Dataset
        Along `time` (1/eV, hbar = 1): spin and torque (axis), per eE; `force`, that of
        the spin-orbit coupling per area and eE, along x; `field` E(t)/E. And
        `torque_interband`, the Kubo line; `window_mean` and `window_error`, mean of the
        torque less its intraband part over whole periods at the end, and its standard
        deviation; `dephasing_time`, after which the ringing has fallen to 1/e (NaN if
        it has not).

    Raises
    ------
    InputError
        Another ramp, no sheet, or numbers that are not positive.

    References
    ----------
    Ho, Tan, Shen & Jalil, section II; Kurebayashi et al., Nat. Nanotechnol. 9, 211
    (2014).

    Examples
    --------
    >>> from kwantorque.bulk.evolution import evolve
    >>> from kwantorque.bulk.sheet import RashbaSheet
    >>> few = {"rays": 16, "nodes": 8, "steps": 60}
    >>> data = evolve(RashbaSheet(0.05, 0.5, "x"), 1.0, **few)
    >>> late, kubo = data.window_mean.sel(axis="y"), data.torque_interband.sel(axis="y")
    >>> bool(abs(late / kubo - 1) < 3e-3)
    True
    """
    instance("sheet", sheet, RashbaSheet, "RashbaSheet(0.01, 1.0)")
    known("ramp", ramp, RAMPS)
    finite("energy", energy, "eV")
    period = np.pi / sheet.exchange
    duration, rise = (
        period * positive(name, value) for name, value in (("periods", periods), ("ramp_periods", ramp_periods))
    )
    step = period / whole("steps", steps)
    sea, field = sheet.sea(energy, whole("rays", rays), whole("nodes", nodes)), _field(ramp, rise)
    kubo, intraband = clean_torques(sheet, sea, [1.0, 0.0])
    drive = _drive(sheet, sea)
    k, h = sea.k.copy(), sheet.vector(sea.k)
    start = sea.band[:, None] * h / np.linalg.norm(h, axis=-1, keepdims=True)
    spin, moved, weight = start.copy(), 0.0, sea.weight[:, None]
    rows = []
    for number in range(round(duration / step) + 1):
        t = number * step
        rate = 2 * np.cross(sheet.vector(k), spin)
        # m d v_SO/dt: v_SO = alpha (z x sigma), along x -alpha sigma_y.
        force = -sheet.rashba * (weight * rate).sum(axis=0)[1] / (2 * sheet.curvature)
        rows.append([t, field(t), moved / drive, *(weight * (spin - start)).sum(axis=0) / drive, force / drive])
        shift = -drive * step * (field(t) + 4 * field(t + step / 2) + field(t + step)) / 6
        half = -drive * step / 2 * (field(t) + 4 * field(t + step / 4) + field(t + step / 2)) / 6
        spin = _turned(spin, sheet.vector(k + half * ALONG_X), step)
        k, moved = k + shift * ALONG_X, moved - shift
    rows = np.array(rows)
    torque = sheet.exchange * np.cross(sheet.m, rows[:, 3:6])
    data = _described(rows[:, :3], rows[:, 3:6], torque, (kubo, intraband), period, ramp, repr(sheet))
    about = {"units": "1/nm^2", "long_name": "force of the spin-orbit coupling along x per area and eE"}
    return data.assign(force=("time", rows[:, 6], about))


@named
def evolve_bands(
    crystal: Crystal,
    sea: tuple[ArrayLike, ArrayLike, ArrayLike],
    *,
    splitting: float,
    ramp: str = "ramped",
    periods: float = 20.0,
    ramp_periods: float = 10.0,
    steps: int = 120,
    drive: float | None = None,
) -> xr.Dataset:
    """A sea of any number of bands in time: what `evolve` does, of any crystal.

    Parameters
    ----------
    crystal : Crystal
    sea : k (nk, dimension), occupations (nk, n_bands), weights (nk,)
        A rule over k (1/nm), bands ascending, and weights with 1/(2 pi)^dimension.
    splitting : float, eV
        A period is 2 pi hbar over it.
    ramp : {"sudden", "ramped"}
    periods, ramp_periods : float
    steps : int
        Time steps in a period.
    drive : float, eV/nm
        eE; by default small enough for linear response.

    Returns
    -------
    xarray.Dataset
        That of `evolve`, without the force; `torque` is that on the magnetisation.

    Raises
    ------
    InputError
        Another ramp, no crystal, a sea of other shapes, numbers that are not positive.

    References
    ----------
    Kurebayashi et al., Nat. Nanotechnol. 9, 211 (2014), for the interband part.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.bulk.evolution import evolve_bands
    >>> iron = kt.CubicLattice(exchange=-1.5, rashba=0.05, lattice_constant=0.3)
    >>> k = 2 * np.pi / 0.3 * (np.indices((8, 8)).reshape(2, -1).T / 8 - 0.5)
    >>> filled = np.stack([(k**2).sum(axis=1) < 30, np.zeros(64)], axis=1)
    >>> sea = k, filled, np.full(64, 1 / (8 * 0.3) ** 2)
    >>> data = evolve_bands(kt.Plane(iron, m="x"), sea, splitting=1.5, steps=60)
    >>> kubo, late = data.torque_interband, data.window_mean
    >>> bool(abs(late - kubo).max() < 3e-3 * abs(kubo).max())
    True
    """
    instance("crystal", crystal, Crystal, "Film(stack)")
    known("ramp", ramp, RAMPS)
    k, occupations, weight = _checked_sea(crystal, sea)
    period = 2 * np.pi / positive("splitting", splitting, "eV")
    duration, rise = (
        period * positive(name, value) for name, value in (("periods", periods), ("ramp_periods", ramp_periods))
    )
    step, field = period / whole("steps", steps), _field(ramp, rise)
    along, operators = np.eye(crystal.dimension)[0], _Operators(crystal)
    energies, states = np.linalg.eigh(crystal.hamiltonian(k))
    velocity = dagger(states) @ crystal.velocity(k) @ states
    if drive is None:
        drive = DRIVE * (splitting / 2) ** 2 / float(np.abs(velocity).max())
    drive = positive("drive", drive, "eV/nm")
    rho = (states * occupations[:, None]) @ dagger(states)
    before, responses = operators.traces(k, rho), []
    w = energies[:, :, None] - energies[:, None]
    difference = occupations[:, :, None] - occupations[:, None]
    touching = np.argwhere((np.abs(w) < SAME_LEVEL) & (difference != 0))
    if len(touching):
        raise InputError(
            f"bands that touch must be filled alike: those at k = {k[touching[0, 0]].tolist()} 1/nm are not"
        )
    over = np.divide(difference, w, out=np.zeros_like(w), where=difference != 0)
    for kappa in (np.divide(-1j * over, w, out=np.zeros_like(w, complex), where=difference != 0), -over):
        change = states @ (kappa * velocity) @ dagger(states)
        responses.append((weight[:, None] * operators.traces(k, change)[:, 3:]).sum(axis=0))
    # The torque of a state that stays as it is changes along k, where exchange hops.
    slope = (operators.traces(k + NEAR * along, rho) - operators.traces(k - NEAR * along, rho)) / (2 * NEAR)
    responses[1] -= (weight[:, None] * slope[:, 3:]).sum(axis=0)
    rows, moved = [], 0.0
    for number in range(round(duration / step) + 1):
        t = number * step
        change = (weight[:, None] * (operators.traces(k, rho) - before)).sum(axis=0) / drive
        rows.append([t, field(t), moved / drive, *change])
        shift = -drive * step * (field(t) + 4 * field(t + step / 2) + field(t + step)) / 6
        half = -drive * step / 2 * (field(t) + 4 * field(t + step / 4) + field(t + step / 2)) / 6
        energies, states = np.linalg.eigh(crystal.hamiltonian(k + half * along))
        turned = (states * np.exp(-1j * step * energies)[:, None]) @ dagger(states)
        rho, k, moved = turned @ rho @ dagger(turned), k + shift * along, moved - shift
    rows = np.array(rows)
    return _described(rows[:, :3], rows[:, 3:6], rows[:, 6:], responses, period, ramp, repr(crystal))


class _Operators:
    """<sigma> = 2 s and the torque on the magnetisation, summed over all sites."""

    def __init__(self, crystal):
        self.crystal, graph = crystal, crystal.graph(np.zeros((1, crystal.dimension)))
        spin = 2 * (graph.spin if graph.spin.ndim == 4 else np.tile(graph.spin, (graph.n_sites, 1, 1, 1)))
        self.spin = _on_diagonal(spin)[None]
        self.terms = [name for name, partner in graph.partner.items() if partner == "magnetisation"]
        torque = self._torque(np.zeros((2, crystal.dimension)))
        self.constant = torque if len(torque) == 1 else None

    def _torque(self, k):
        torques = self.crystal.torques(k)
        return sum((torques[name] for name in self.terms), np.zeros_like(self.spin))

    def traces(self, k, rho):
        """Of density matrices, (nk, 6)."""
        torque = self._torque(k) if self.constant is None else self.constant
        rows = np.swapaxes(rho, 1, 2).reshape(len(rho), -1, 1)
        found = [(one.reshape(len(one), 3, -1) @ rows)[..., 0].real for one in (self.spin, torque)]
        return np.concatenate(found, axis=1)


def _on_diagonal(blocks):
    """(n_sites, 3, n, n) -> (3, N, N)"""
    count, _, n, _ = blocks.shape
    matrix = np.zeros((3, count, n, count, n), complex)
    for site, block in enumerate(blocks):
        matrix[:, site, :, site] = block
    return matrix.reshape(3, count * n, count * n)


def _checked_sea(crystal, sea):
    """k, occupations and weights as arrays."""
    try:
        k, occupations, weight = (np.asarray(one, float) for one in sea)
    except (TypeError, ValueError):
        raise InputError(f"`sea` must be three arrays, k, occupations and weights, got {type(sea).__name__}") from None
    bands = crystal.graph(np.zeros((1, crystal.dimension)))
    shape = (len(weight), bands.n_sites * bands.n_orbitals)
    if k.shape != (len(weight), crystal.dimension) or occupations.shape != shape:
        raise InputError(
            f"`sea` must be k of shape (n, {crystal.dimension}), occupations (n, {shape[1]}) and weights (n,), got "
            f"shapes {k.shape}, {occupations.shape} and {weight.shape}"
        )
    for name, array in (("k", k), ("occupations", occupations), ("weights", weight)):
        if not np.isfinite(array).all():
            raise InputError(f"the {name} of `sea` must be finite")
    if occupations.min(initial=0) < 0 or occupations.max(initial=0) > 1:
        raise InputError("occupations of `sea` must be from 0 to 1")
    return k, occupations, weight


def _drive(sheet, sea):
    """eE, eV/nm: small in linear response, large against rounding."""
    largest = np.linalg.norm(sea.k, axis=1).max()
    return DRIVE * sheet.exchange**2 / (abs(sheet.rashba) + sheet.exchange / largest)


def _described(rows, spin, torque, responses, period, ramp, whose):
    """The Dataset of an evolution: rows are time, field and what k has moved by."""
    time, field, moved = rows.T
    kubo, intraband = responses
    # k has moved by eE moved, so that what grows is that much of the intraband part.
    rest = torque - intraband * moved[:, None]
    per_period = round(period / (time[1] - time[0]))
    count = max(1, (len(time) // 4) // per_period)
    window = rest[-count * per_period :]
    main = int(np.abs(kubo).argmax())
    variables = {
        "spin": (("time", "axis"), spin, "1/(eV nm)", "spin density <sigma> per eE"),
        "torque": (("time", "axis"), torque, "1/nm", "torque on the magnetisation per eE"),
        "torque_without_drift": (("time", "axis"), rest, "1/nm", "torque without its intraband part per eE"),
        "field": (("time",), field, "1", "electric field over its last value"),
        "torque_interband": (("axis",), kubo, "1/nm", "torque of linear response (Kubo), interband, per eE"),
        "window_mean": (("axis",), window.mean(axis=0), "1/nm", "mean over whole periods at the end"),
        "window_error": (("axis",), window.std(axis=0), "1/nm", "standard deviation over these"),
        "overshoot": ((), rest[:, main].max() if kubo[main] > 0 else rest[:, main].min(), "1/nm", "largest torque"),
        "dephasing_time": ((), _dephasing(time, rest[:, main] - kubo[main], per_period), "1/eV", "dephasing time"),
    }
    return xr.Dataset(
        {
            name: (dims, value, {"units": unit, "long_name": label})
            for name, (dims, value, unit, label) in variables.items()
        },
        {"time": ("time", time, {"units": "1/eV", "long_name": "time"}), "axis": ["x", "y", "z"]},
        {"version": VERSION, "whose": whose, "ramp": ramp, "period": period},
    )


def _dephasing(time, ringing, per_period):
    """The time after which the envelope of the ringing has fallen to 1/e."""
    pieces = len(ringing) // per_period
    envelope = np.abs(ringing[: pieces * per_period]).reshape(pieces, per_period).max(axis=1)
    fallen = np.flatnonzero(envelope < envelope[0] / np.e)
    return time[fallen[0] * per_period] if len(fallen) else np.nan


def energy_balance(
    sheet: RashbaSheet, energy: float, *, periods: int = 3, steps: int = 240, rays: int = 24, nodes: int = 10
) -> float:
    """How well the field's work is what electrons and exchange coupling gain.

        max |dU/dt - qE.sum v|/max |qE.sum v|

    of an evolution by Runge and Kutta's method of fourth order, with a field that is
    ramped up; dU/dt from U by differences of fourth order.

    Parameters
    ----------
    sheet : RashbaSheet
    energy : float, eV
    periods, steps : int
        Of the exchange field; the electric field grows over all of them.
    rays, nodes : int

    Examples
    --------
    >>> from kwantorque.bulk.evolution import energy_balance
    >>> from kwantorque.bulk.sheet import RashbaSheet
    >>> energy_balance(RashbaSheet(0.05, 0.5, "x"), 1.0, rays=8, nodes=4) < 1e-7
    True
    """
    sea, period = sheet.sea(energy, rays, nodes), np.pi / sheet.exchange
    drive = 1e4 * _drive(sheet, sea)
    rise, step = periods * period, period / steps
    field = _field("ramped", rise)

    def at(t):
        """k at a time: the integral of sin^2."""
        shift = t / 2 - rise / (2 * np.pi) * np.sin(np.pi * t / rise)
        return sea.k - [drive * shift, 0.0]

    def rate(t, spin):
        return 2 * np.cross(sheet.vector(at(t)), spin)

    h = sheet.vector(sea.k)
    spin = sea.band[:, None] * h / np.linalg.norm(h, axis=-1, keepdims=True)
    begun = (sheet.scalar(sea.k), h, spin)
    gained, power = [], []
    for number in range(periods * steps):
        t = number * step
        k = at(t)
        gained.append(
            sea.weight @ (sheet.scalar(k) - begun[0] + _product(sheet.vector(k), spin) - _product(*begun[1:]))
        )
        scalar, vectors = sheet.slopes(k)
        power.append(-drive * field(t) * (sea.weight @ (scalar[:, 0] + _product(vectors[:, 0], spin))))
        spin = _runge_kutta(rate, t, spin, step)
    u, p = np.array(gained), np.array(power)
    slope = (u[:-4] - 8 * u[1:-3] + 8 * u[3:-1] - u[4:]) / (12 * step)
    return float(np.abs(slope - p[2:-2]).max() / np.abs(p).max())


def _product(a: NDArray, b: NDArray) -> NDArray:
    return (a * b).sum(axis=-1)


def _runge_kutta(rate: Callable[[float, NDArray], NDArray], t: float, y: NDArray, step: float) -> NDArray:
    """One step of fourth order."""
    first = rate(t, y)
    second = rate(t + step / 2, y + step / 2 * first)
    third = rate(t + step / 2, y + step / 2 * second)
    last = rate(t + step, y + step * third)
    return y + step / 6 * (first + 2 * second + 2 * third + last)
