"""A domain wall that a current moves: two coordinates of it, or a chain of moments.

    dm/dt = -gamma m x B + alpha m x dm/dt - u dm/dz + beta u m x dm/dz

with the field of exchange, an easy axis z and a hard axis y,

    B = B_A (W^2 d^2m/dz^2 + m_z z) - mu0 H_K m_y y,

so that a wall at rest is m = (sech x, 0, -tanh x), x = (z - q)/W. u > 0 drags it along
+z. A wall that stays rigid has two coordinates, its place q and the angle phi by which
it is turned around z:

    (1 + alpha^2) dq/dt = gamma W (mu0 H_K/2) sin 2phi + (1 + alpha beta) u,
    (1 + alpha^2) dphi/dt = -alpha gamma (mu0 H_K/2) sin 2phi + (beta - alpha) u/W.

A. Thiaville, Y. Nakatani, J. Miltat and Y. Suzuki, Europhys. Lett. 69, 990 (2005); S.
Zhang and Z. Li, Phys. Rev. Lett. 93, 127204 (2004).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy import constants
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from ..errors import ComputationError, InputError, named, positive, whole
from ..results.dataset import VERSION
from .equation import PER_NS, damped, solved
from .integrate import rk4
from .terms import GAMMA
from .vectors import crossed, scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["RigidWall", "drift_and_beta"]

TOLERANCE = 1e-10
"""Of a step of the two coordinates, relative."""
SAMPLES, OF_CHAIN = 1001, 201
"""Times at which a motion is kept."""
REACH = 10
"""Half the length of the chain in widths of the wall, which stays in its middle."""
STABLE = 2.2
"""Largest eigenvalue of the chain's flow times the step; RK4 bears 2.8."""
LIMITS = {
    "damping": ("", ">= 0", lambda x: x >= 0),
    "beta": ("", "finite", np.isfinite),
    "drift_velocity": ("m/s", "finite", np.isfinite),
    "wall_width": ("nm", "> 0", lambda x: x > 0),
    "hard_axis_field": ("T", ">= 0", lambda x: x >= 0),
}
"""Unit of each parameter of a wall, and what it must be."""
FIRST, SECOND = np.array([1, -8, 0, 8, -1]) / 12, np.array([-1, 16, -30, 16, -1]) / 12
"""Differences of order 4: the first and the second derivative."""


@named
@dataclass(frozen=True, eq=False)
class RigidWall:
    """A wall, its damping and what drives it.

    Parameters
    ----------
    damping, beta : float or (n,) array
        alpha >= 0 and beta, of the non-adiabatic torque.
    drift_velocity : float or (n,) array, m/s
        u = gamma hbar P j/(2 e Ms), of a particle current e j along +z.
    wall_width : float or (n,) array, nm
        W.
    hard_axis_field : float or (n,) array, T
        mu0 H_K >= 0.

    Raises
    ------
    InputError
        A negative damping or field, a width that is not > 0, arrays that do not fit or
        are empty.

    Examples
    --------
    Below the breakdown it moves at u beta/alpha:

    >>> import kwantorque as kt
    >>> wall = kt.dynamics.RigidWall(0.02, 0.04, 10.0, 10.0, 0.02)
    >>> data = wall.run(duration=300.0)
    >>> round(float(data.velocity), 3), round(float(data.breakdown), 3)
    (20.0, 17.609)

    Many at once:

    >>> walls = kt.dynamics.RigidWall(drift_velocity=[5.0, 10.0])
    >>> walls.run(duration=300.0).velocity.values.round(3)
    array([10., 20.])
    """

    damping: ArrayLike = 0.02
    beta: ArrayLike = 0.04
    drift_velocity: ArrayLike = 50.0
    wall_width: ArrayLike = 10.0
    hard_axis_field: ArrayLike = 0.02

    def __post_init__(self) -> None:
        for name, (unit, holds, allowed) in LIMITS.items():
            value = scalar(name, getattr(self, name))
            if not np.size(value):
                raise InputError(f"`{name}` must be a number, or an array of at least one, got {getattr(self, name)!r}")
            if not np.all(allowed(np.asarray(value))):
                raise InputError(f"`{name}` must be {holds}{unit and ' ' + unit}, got {getattr(self, name)!r}")
            object.__setattr__(self, name, value)
        try:
            shape = np.broadcast_shapes(*(np.shape(getattr(self, name)) for name in LIMITS))
        except ValueError:
            shape = (0, 0)
        if len(shape) > 1:
            sizes = ", ".join(f"{name} {np.size(getattr(self, name))}" for name in LIMITS)
            raise InputError(f"a wall's parameters must be numbers, or arrays of as many walls, got {sizes}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one wall (), of several (n,)."""
        return np.broadcast_shapes(*(np.shape(getattr(self, name)) for name in LIMITS))

    def rate(self, phi: ArrayLike) -> tuple[ArrayLike, ArrayLike]:
        """dq/dt in nm/ns = m/s, and dphi/dt in 1/ns, at an angle in radians."""
        alpha, beta, u, width = self.damping, self.beta, self.drift_velocity, self.wall_width
        turning = PER_NS * self.hard_axis_field / 2 * np.sin(2 * phi)
        share = solved(alpha)
        q = width * turning + (1 + alpha * beta) * u
        return share * q, share * (-alpha * turning + (beta - alpha) * u / width)

    @property
    def breakdown(self) -> ArrayLike:
        """|u| in m/s at which the wall begins to turn; NaN for alpha = beta.

        alpha gamma W (mu0 H_K/2)/|beta - alpha|.
        """
        stiffness = self.damping * PER_NS * self.wall_width * self.hard_axis_field / 2
        gap = np.abs(np.asarray(self.beta) - self.damping)
        return stiffness / np.where(gap > 0, gap, np.nan)

    def run(self, duration: float = 200.0) -> xr.Dataset:
        """Follow q and phi from 0.

        Parameters
        ----------
        duration : float, ns

        Returns
        -------
        xarray.Dataset
            position (time) in nm, angle (time) in degrees, not folded back; of the last
            half velocity (m/s), the mean over as many half-turns as it holds, or all of
            it, and precession (GHz, turns of 360 degrees; NaN without a half-turn);
            velocity_initial, breakdown (m/s). Of several walls all have a dimension
            `wall`.

        Raises
        ------
        InputError
            `duration` is not > 0.

        Examples
        --------
        Far above the breakdown, u (1 + alpha beta)/(1 + alpha^2):

        >>> import kwantorque as kt
        >>> wall = kt.dynamics.RigidWall(0.1, 0.3, 2000.0, 10.0, 0.02)
        >>> round(float(wall.run(50.0).velocity) / (2000 * 1.03 / 1.01), 3)
        1.0
        """
        duration = positive("duration", duration, "ns")
        count = int(np.prod(self.shape))
        # What all walls have in common is the step, and each is as accurate as alone.
        found = solve_ivp(
            lambda _, y: np.concatenate([np.broadcast_to(one, count) for one in self.rate(y[count:])]),
            (0.0, duration),
            np.zeros(2 * count),
            method="DOP853",
            rtol=TOLERANCE / np.sqrt(count),
            atol=TOLERANCE / np.sqrt(count) * np.min(self.wall_width),
            dense_output=True,
            max_step=duration / 50,
        )
        if not found.success:
            raise ComputationError(f"the wall could not be followed ({found.message}): is its torque that large?")
        return self._dataset(found.sol, duration, count)

    def _dataset(self, path: Callable[[float], NDArray], duration: float, count: int) -> xr.Dataset:
        times = np.linspace(0, duration, SAMPLES)
        q, phi = np.split(path(times), 2)
        velocity, precession = np.empty(count), np.full(count, np.nan)
        for i in range(count):
            begin, turns = _half_turns(lambda t, i=i: path(t)[count + i], duration)
            velocity[i] = (q[i, -1] - path(begin)[i]) / (duration - begin)
            if turns:
                precession[i] = turns / 2 / (duration - begin)
        dims, shape = ("wall",)[: len(self.shape)], self.shape
        start = np.broadcast_to(self.rate(0.0)[0], shape)
        values = {
            "position": (("time", *dims), q.T.reshape(-1, *shape), "nm", "position of the wall"),
            "angle": (("time", *dims), np.degrees(phi).T.reshape(-1, *shape), "deg", "angle of the wall"),
            "velocity": (dims, velocity.reshape(shape), "m/s", "mean velocity of the last half"),
            "velocity_initial": (dims, start, "m/s", "velocity at the start"),
            "breakdown": (
                dims,
                np.broadcast_to(self.breakdown, shape),
                "m/s",
                "drift velocity at which the wall begins to turn",
            ),
            "precession": (dims, precession.reshape(shape), "GHz", "turns of the wall per time"),
        }
        return xr.Dataset(
            {name: (dims, x, {"units": unit, "long_name": words}) for name, (dims, x, unit, words) in values.items()},
            {"time": ("time", times, {"units": "ns", "long_name": "time"})},
            {"version": VERSION, "gamma": GAMMA},
        )

    def chain(self, duration: float, *, easy_axis_field: float = 0.5, cells: int = 8) -> xr.Dataset:
        """The same wall as a chain of moments, which need not stay rigid.

        The chain ends REACH widths from the wall, and moves along with it.

        Parameters
        ----------
        duration : float, ns
        easy_axis_field : float, T
            B_A: the wall is rigid for mu0 H_K << B_A.
        cells : int
            In a width of the wall; the error falls as their fourth power.

        Returns
        -------
        xarray.Dataset
            position (time) in nm, angle (time) in degrees: of the sums of m_z, and of
            m_x and m_y; m (site, axis) at the end.

        Examples
        --------
        >>> import kwantorque as kt
        >>> wall = kt.dynamics.RigidWall(0.5, 1.0, 50.0, 10.0, 0.05)
        >>> found, rigid = wall.chain(0.5), wall.run(0.5)
        >>> bool(abs(found.position[-1] / rigid.position[-1] - 1) < 0.02)
        True
        """
        if self.shape:
            raise InputError(f"a chain is one wall: its parameters must be numbers, got arrays of {self.shape[0]}")
        duration, field = positive("duration", duration, "ns"), positive("easy_axis_field", easy_axis_field, "T")
        spacing = self.wall_width / whole("cells", cells, 2)
        sites = 2 * REACH * cells + 1
        x = (np.arange(sites) - (sites - 1) / 2) * spacing / self.wall_width
        m = np.stack([1 / np.cosh(x), np.zeros_like(x), -np.tanh(x)])
        rate = self._chain_flow(field, spacing)
        largest = PER_NS * (field * (1 + 16 / 3 * cells**2) + self.hard_axis_field)
        largest += 1.4 * abs(self.drift_velocity) * (1 + abs(self.beta)) / spacing
        steps = int(np.ceil(duration * largest / STABLE / (OF_CHAIN - 1)))
        step = duration / (steps * (OF_CHAIN - 1))
        moved, places, angles = 0, [], []
        for i in range(OF_CHAIN):
            for _ in range(steps if i else 0):
                m = rk4(rate, m, step)
            centre = spacing * m[2].sum() / 2
            if shift := round(centre / spacing):
                m = _shifted(m, shift)
                moved, centre = moved + shift, centre - shift * spacing
            places.append(centre + moved * spacing)
            angles.append(np.arctan2(m[1].sum(), m[0].sum()))
        about = {"position": ("nm", "position of the wall"), "angle": ("deg", "angle of the wall")}
        lines = {"position": np.array(places), "angle": np.degrees(np.unwrap(angles))}
        data = {name: ("time", lines[name], {"units": unit, "long_name": w}) for name, (unit, w) in about.items()}
        data["m"] = (("site", "axis"), m.T, {"units": "1", "long_name": "direction of the magnetisation"})
        times = ("time", np.linspace(0, duration, OF_CHAIN), {"units": "ns", "long_name": "time"})
        z = ("site", x * self.wall_width + moved * spacing, {"units": "nm", "long_name": "z"})
        return xr.Dataset(data, {"time": times, "z": z, "axis": list("xyz")}, {"version": VERSION, "gamma": GAMMA})

    def _chain_flow(self, field, spacing):
        """dm/dt in 1/ns of all moments of a chain."""
        alpha, beta, u = self.damping, self.beta, self.drift_velocity
        share = solved(alpha)
        sites = 2 * REACH * round(self.wall_width / spacing) + 1
        first, ends = _differences(FIRST, sites)
        second, more = _differences(SECOND, sites)
        dragged, dragging = first * (u / spacing), ends * (u / spacing)
        stiffness = PER_NS * field * (self.wall_width / spacing) ** 2
        # The field of exchange with beta's, which is a field, too.
        stiff, edge = stiffness * second - beta * dragged, stiffness * more - beta * dragging
        axes = np.array([[0.0], [-PER_NS * self.hard_axis_field], [PER_NS * field]])

        def rate(x, y, z):
            m = np.array([x, y, z])
            slope, b = m @ dragged, m @ stiff + axes * m
            slope[2] += dragging
            b[2] += edge
            # -m x b - u dm/dz across m, and alpha m x that.
            n = np.array(crossed(b, m)) - slope
            n -= m * (n * m).sum(axis=0)
            return np.array(damped(n, m, alpha, share))

        return rate


def _differences(weights, sites):
    """A matrix from moments (3, sites) to differences, and what m_z = +-1 adds."""
    matrix, ends = np.zeros((sites, sites)), np.zeros(sites)
    for offset, weight in zip(range(-2, 3), weights, strict=True):
        matrix += weight * np.eye(sites, k=-offset)
        ends += weight * ((np.arange(sites) + offset < 0) * 1.0 - (np.arange(sites) + offset >= sites))
    return matrix, ends


def _half_turns(phi, duration):
    """When the last whole half-turns of the last half began, and how many they are."""
    turned = phi(duration) - phi(duration / 2)
    turns = int(abs(turned) // np.pi)
    if not turns:
        return duration / 2, 0
    goal = phi(duration) - np.sign(turned) * turns * np.pi
    return brentq(lambda t: phi(t) - goal, duration / 2, duration), turns


def _shifted(m, shift):
    """The chain's moments seen from a window that moved by some sites."""
    out = np.zeros_like(m)
    out[2] = np.where(np.arange(m.shape[1]) < m.shape[1] // 2, 1.0, -1.0)
    kept = slice(max(shift, 0), m.shape[1] + min(shift, 0))
    out[:, max(-shift, 0) : m.shape[1] + min(-shift, 0)] = m[:, kept]
    return out


def drift_and_beta(data: xr.Dataset, *, current_density: float, saturation: float) -> dict[str, float]:
    """Drift velocity and beta of a wall, from transport.

        u = -A gamma hbar j/(2 e Ms),    beta = B/A

    of the adiabatic and the non-adiabatic torque of the system `domain-wall`. Its m is
    the direction of the majority's spin, opposite to the moments whose wall moves. Of
    `spin-relaxation`, -A is the polarisation and beta its own.

    Parameters
    ----------
    data : Dataset of a single run of `domain-wall` or `spin-relaxation`
    current_density : float, A/m^2
        e times the particle current, positive along +z.
    saturation : float, T
        mu0 Ms.

    Returns
    -------
    dict
        drift_velocity (m/s) and beta, as `RigidWall` takes them.

    Raises
    ------
    InputError
        The Dataset has neither results, or is a sweep; the adiabatic torque is 0.

    Examples
    --------
    >>> import kwantorque as kt
    >>> transport = kt.systems.find("domain-wall")
    >>> coarse = {"spacing": 0.1, "tolerance": 0.1, "progress": False}
    >>> data = transport.run(width=0.5, **coarse)
    >>> size = {"current_density": 1e12, "saturation": 1.0}
    >>> drive = kt.dynamics.drift_and_beta(data, **size)
    >>> wall = kt.dynamics.RigidWall(damping=0.02, **drive)
    >>> 10 < wall.drift_velocity < 20, wall.beta > 0
    (True, True)
    """
    velocity = scalar("current_density", current_density)
    velocity = (
        velocity * GAMMA * constants.hbar / (2 * constants.e) * constants.mu_0 / positive("saturation", saturation, "T")
    )
    pairs = (("result_torque_adiabatic", "result_torque_nonadiabatic"), ("result_polarisation", "result_beta"))
    for first, second in pairs:
        if first in data and second in data and not data[first].ndim:
            one, other = float(data[first]), float(data[second])
            if first == "result_polarisation":
                return {"drift_velocity": velocity * one, "beta": other}
            if one == 0:
                raise InputError("the adiabatic torque must not be 0: beta is the non-adiabatic one over it")
            return {"drift_velocity": -velocity * one, "beta": other / one}
    raise InputError(
        "`data` must be a single run of `domain-wall`, with torque_adiabatic and torque_nonadiabatic, or of "
        "`spin-relaxation`, with polarisation and beta"
    )
