"""One magnet that turns as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from scipy import constants

from ..errors import InputError, known, named, positive, whole
from ..results.dataset import VERSION
from .equation import PER_NS, eigenvalues, flow, frame, linear_parts, linearised
from .integrate import heun, path, response
from .rhythm import STATIC, first_zero, fundamental, mean_and_spread, spectral_peak
from .terms import GAMMA, Acting
from .vectors import dotted, scalar, unit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Macrospin", "thermal_variance"]

TURN = 0.25
"""Largest angle in radians, about, between two samples of a motion."""
THERMAL_TURN = 0.05
"""The same of a step in a thermal field."""
MOST = 2_000_000
"""Samples, over all trajectories, that one run may keep in memory."""
AXES = ("x", "y", "z")
EVERY = 5
"""Degrees from a polariser at which its largest field is looked for."""


@named
@dataclass(frozen=True)
class Macrospin:
    """A magnet whose magnetisation is uniform, and what acts on it.

        dm/dt = -gamma m x B + damping m x dm/dt

    m is the direction of the magnetic moment, gamma > 0, B the sum of the terms' fields
    (`kwantorque.dynamics.terms`), torques included. With form="landau-lifshitz",
    dm/dt = -gamma m x B - gamma damping m x (m x B).

    Parameters
    ----------
    saturation : float, T
        mu0 Ms.
    damping : float
        Gilbert's alpha, >= 0.
    terms : sequence
        `Field`, `Uniaxial`, `Demagnetisation`, `Slonczewski`, ...
    thickness : float, nm
        What turns a torque per area into a field.
    volume : float, nm^3
    temperature : float, K
        The thermal field has <B_i(t) B_j(0)> = 2 damping k_B T/(gamma Ms V) delta_ij
        delta(t).
    form : {"gilbert", "landau-lifshitz"}

    Raises
    ------
    InputError
        A negative damping or temperature, a saturation, thickness or volume that is not
        > 0, or something that is no term.

    References
    ----------
    T. L. Gilbert, IEEE Trans. Magn. 40, 3443 (2004); W. F. Brown, Phys. Rev. 130, 1677
    (1963).

    Examples
    --------
    A current that drives a film towards +x reverses it:

    >>> import kwantorque as kt
    >>> d = kt.dynamics
    >>> film = [d.Uniaxial(0.02, "x"), d.Demagnetisation()]
    >>> magnet = kt.Macrospin(saturation=1.0, damping=0.01, terms=film)
    >>> towards_x = d.Slonczewski(0.01, "x")
    >>> data = magnet.run(d.along(90, 175), torque=towards_x, duration=10)
    >>> bool(data.m[-1, 0] > 0.9), round(float(data.switching_time), 2)
    (True, 3.32)
    >>> kt.Macrospin(damping=-0.1)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `damping` must be >= 0, got -0.1
    """

    saturation: float = 1.0
    damping: ArrayLike = 0.01
    terms: Sequence[Acting] = ()
    thickness: float = 3.0
    volume: float = 2e4
    temperature: float = 0.0
    form: str = "gilbert"

    def __post_init__(self) -> None:
        for name, unit_ in (("saturation", "T"), ("thickness", "nm"), ("volume", "nm^3")):
            object.__setattr__(self, name, positive(name, getattr(self, name), unit_))
        for name in ("damping", "temperature"):
            value = scalar(name, getattr(self, name))
            if np.any(np.asarray(value) < 0):
                raise InputError(f"`{name}` must be >= 0, got {getattr(self, name)!r}")
            object.__setattr__(self, name, value)
        known("form", self.form, ("gilbert", "landau-lifshitz"))
        terms = (self.terms,) if callable(getattr(self.terms, "on", None)) else self.terms
        if not isinstance(terms, Sequence):
            raise InputError(f"`terms` must be a sequence such as [Field((0, 0, 0.1))], got {terms!r}")
        for term in terms:
            if not callable(getattr(term, "on", None)):
                raise InputError(
                    f"a term of a magnet must have a method `on(magnet)`, such as Field((0, 0, 0.1)), got {term!r}"
                )
        object.__setattr__(self, "terms", tuple(terms))

    def but(self, **changed: Any) -> Macrospin:
        """The same magnet with something changed."""
        return replace(self, **changed)

    def field(self, m: ArrayLike | str) -> NDArray:
        """The sum of all fields in tesla at unit vectors along m, (..., 3)."""
        m = unit("m", m)
        return _joined([sum(b) for b in zip(*(term.on(self)(*m) for term in self.terms), strict=True)] or [0.0] * 3, m)

    def rate(self, m: ArrayLike | str) -> NDArray:
        """(dm/dt)/gamma in tesla at unit vectors along m, (..., 3)."""
        m = unit("m", m)
        return _joined(flow(self)(*m), m)

    def energy(self, m: ArrayLike | str) -> NDArray:
        """Energy density in J/m^3 at unit vectors along m, of all that has one.

            -Ms (m.A.m/2 + m.b)

        Examples
        --------
        >>> import kwantorque as kt
        >>> magnet = kt.Macrospin(1.0, terms=[kt.dynamics.Uniaxial(0.02, "x")])
        >>> [round(float(magnet.energy(axis))) + 0 for axis in "xz"]  # J/m^3
        [-7958, 0]
        """
        m = unit("m", m)
        matrix, constant = linear_parts(self)
        b = [dotted(row, m) / 2 + c for row, c in zip(matrix, constant, strict=True)]
        return -np.asarray(dotted(b, m)) * self.saturation / constants.mu_0

    def eigenvalues(self, m: ArrayLike | str) -> NDArray:
        """Both eigenvalues of the flow linearised at m, in 1/ns, (2, ...) complex.

        m should be a fixed point; it is stable where both real parts are negative.
        """
        m = unit("m", m)
        return PER_NS * eigenvalues(linearised(flow(self), np.stack(np.broadcast_arrays(*m)).astype(float))[1])

    @property
    def scale(self) -> float:
        """A bound of |B|, about, at least 1 % of mu0 Ms, in tesla.

        The sum over all terms with an energy, and of each other one by itself, of the
        largest along +-x, +-y, +-z and, where it has a polariser, every few degrees
        from that. A term with a method `largest(magnet)` says it itself. Of several
        trajectories the largest.
        """
        return float(np.max(self.scales))

    @property
    def scales(self) -> NDArray:
        """The same of each trajectory, () or (n,), where strengths are arrays."""
        linear_ = tuple(term for term in self.terms if hasattr(term, "parts"))
        found = 0.01 * self.saturation
        if linear_:
            found = np.maximum(found, _largest(self.but(terms=linear_)))
        others = sum(_largest(self.but(terms=(term,)), term) for term in self.terms if not hasattr(term, "parts"))
        return np.asarray(found + others)

    def run(
        self,
        start: ArrayLike | str,
        *,
        duration: float = 35.0,
        torque: Acting | None = None,
        samples: int | None = None,
        tolerance: float = 1e-9,
        seed: int = 0,
    ) -> xr.Dataset:
        """Follow m in time.

        Without temperature by an adaptive step of order 8, with one by Heun's of
        Stratonovich; `maps.settle` runs thousands at once.

        Parameters
        ----------
        start : str or (3,) or (n, 3) array
            Directions, of any length > 0. Of terms with arrays of n strengths each
            has its trajectory.
        duration : float, ns
        torque : term, optional
            A further one.
        samples : int, optional
            Equidistant times at which m is kept; so many by default that it turns by
            no more than a quarter of a radian between two, without torques.
        tolerance : float
            Of a step, relative.
        seed : int
            Of the thermal field; the same one gives the same noise.

        Returns
        -------
        xarray.Dataset
            m (time, axis) of unit length, energy (time) in J/m^3; of the last quarter
            m_mean (axis), amplitude (the largest standard deviation of a component) and
            frequency (GHz, of the component that varies most; NaN if amplitude < 1e-4);
            switching_time (ns, the first zero of the start's largest component; NaN).
            For several starts with a dimension `trajectory`. The attribute `drift` is
            the largest | |m| - 1 | before m was projected; NaN with a temperature, as
            each step is projected then.

        Raises
        ------
        InputError
            A start without length, a duration that is not > 0, or too many samples.

        Examples
        --------
        >>> import kwantorque as kt
        >>> magnet = kt.Macrospin(damping=0.1, terms=[kt.dynamics.Field((0, 0, 1))])
        >>> data = magnet.run((1, 0, 0), duration=1.0)
        >>> data.m.dims, round(float(data.m[-1, 2]), 4)
        (('time', 'axis'), 1.0)
        >>> magnet.run((0, 0, 0))
        Traceback (most recent call last):
        ...
        kwantorque.errors.InputError: `start` must have a length, |m| > 0, got (0, 0, 0)
        """
        magnet = self if torque is None else self.but(terms=(*self.terms, torque))
        start, duration = np.stack(unit("start", start)), positive("duration", duration, "ns")
        if start.ndim > 2:
            raise InputError(f"`start` must be one direction, or an array (n, 3) of them, got shape {start.shape}")
        samples = None if samples is None else whole("samples", samples, 9)
        return _run(magnet, start, duration, samples, positive("tolerance", tolerance), whole("seed", seed, 0))


def _largest(magnet, term=None):
    """Of |B| along the axes and the polariser of a term."""
    if hasattr(term, "largest"):
        return term.largest(magnet)
    directions = [sign + axis for axis in AXES for sign in "+-"]
    if (p := getattr(term, "polariser", None)) is not None:
        p = np.array(np.broadcast_arrays(*unit("polariser", p)), float)
        turns = np.radians(np.arange(0, 181, EVERY))
        directions += [np.moveaxis(np.cos(turn) * p + np.sin(turn) * frame(p)[0], 0, -1) for turn in turns]
    fields = (magnet.field(m) for m in directions)
    return reduce(np.maximum, (np.sqrt((field * field).sum(axis=-1)) for field in fields))


def _joined(parts, m):
    return np.stack(np.broadcast_arrays(*parts, *m)[:3], axis=-1).astype(float)


def _run(magnet, start, duration, samples, tolerance, seed):
    rate = flow(magnet)
    # Parameters may be arrays, too.
    try:
        start = np.stack(np.broadcast_arrays(*start, *rate(*start), magnet.damping, magnet.temperature)[:3])
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"`start` and the strengths of terms must be one each, or as many, got {start[0].size} starts: {error}"
        ) from None
    if start.ndim > 2:
        raise InputError(f"strengths must be numbers, or arrays (n) of them, got a shape {start.shape[1:]}")
    hot = bool(np.any(np.asarray(magnet.temperature) > 0))
    # Between two that are kept there are others, for zeros and returns.
    steps = PER_NS * duration * magnet.scale / TURN
    if hot:
        # Neither the fields nor the noise turn m by more than that in a step.
        noise = float(np.max(thermal_variance(magnet)))
        steps = PER_NS * duration * max(magnet.scale / THERMAL_TURN, noise / THERMAL_TURN**2)
    # A multiple of four, for the last quarter.
    enough = 4 * max(int(np.ceil(PER_NS * duration * magnet.scale / TURN / 4)), 50)
    samples = samples or enough + 1
    # Of a hot one not all steps are kept, but all that frequencies take.
    every = max(int(np.ceil(enough / (samples - 1))), 1)
    between = max(int(np.ceil(steps / (samples - 1) / every)), 1) * every
    fine = between * (samples - 1) + 1
    count = start[0].size
    kept = every * (samples - 1) + 1
    taken = kept if hot else fine
    if taken * count > MOST * (10 if hot else 1):
        raise InputError(
            f"`duration` = {duration:g} ns takes {taken} samples of {count} trajectories: shorten it, or use "
            "`kwantorque.dynamics.settle`, which keeps none"
        )
    times = np.linspace(0.0, duration, fine)
    if hot:
        stride = between // every
        m, drift, times, between = _heated(magnet, rate, start, times, stride, seed), np.nan, times[::stride], every
    else:
        m, drift = path(rate, start, PER_NS * times, tolerance)
    return _dataset(magnet, rate, times, m, between, hot).assign_attrs(drift=drift)


def _heated(magnet, rate, start, times, between, seed):
    """m at every `between`th of the times, in a thermal field, (t, 3, ...)."""
    step = PER_NS * (times[1] - times[0])
    variance = thermal_variance(magnet) / step
    draws = np.random.default_rng(seed)
    kicks = (np.sqrt(variance) * draws.standard_normal(start.shape) for _ in times[1:])
    motion = heun(rate, response(magnet.damping, magnet.form), start, step, kicks)
    kept = [start, *(m for i, m in enumerate(motion, 1) if i % between == 0)]
    return np.stack(kept)


def thermal_variance(magnet: Macrospin) -> float | NDArray:
    """<B_i B_j> = this delta_ij delta(gamma t), in T."""
    moment = magnet.saturation / constants.mu_0 * magnet.volume * constants.nano**3
    variance = 2 * magnet.damping * constants.k * magnet.temperature / moment
    return variance if magnet.form == "gilbert" else variance / (1 + magnet.damping**2)


def _dataset(magnet, rate, times, m, between, hot):
    m = m if m.ndim == 3 else m[:, :, None]
    rates = np.empty_like(m)
    for i, part in enumerate(rate(*np.moveaxis(m, 1, 0))):
        rates[:, i] = PER_NS * part
    tail = slice(3 * (len(times) - 1) // 4, None)
    mean, spread = mean_and_spread(m[tail])
    frequency, switching = np.full((2, m.shape[2]), np.nan)
    for i in range(m.shape[2]):
        largest = int(np.argmax(np.abs(m[0, :, i])))
        switching[i] = first_zero(times, m[:, largest, i], rates[:, largest, i])
        if hot:
            frequency[i] = spectral_peak(times[tail], m[tail, :, i]) if spread[i] >= STATIC else np.nan
        else:
            frequency[i] = fundamental(times[tail], m[tail, :, i], rates[tail, :, i])
    kept = slice(None, None, between)
    m_kept = np.moveaxis(m[kept], 1, 2)
    values = {
        "m": (("time", "trajectory", "axis"), m_kept, "1", "direction of the magnetisation"),
        "energy": (("time", "trajectory"), magnet.energy(m_kept), "J/m^3", "energy density"),
        "m_mean": (("trajectory", "axis"), mean.T, "1", "mean of m over the last quarter"),
        "amplitude": (("trajectory",), spread, "1", "largest standard deviation of m over the last quarter"),
        "frequency": (("trajectory",), frequency, "GHz", "frequency over the last quarter"),
        "switching_time": (("trajectory",), switching, "ns", "first zero of the start's largest component"),
    }
    data = xr.Dataset(
        {name: (dims, x, {"units": unit_, "long_name": words}) for name, (dims, x, unit_, words) in values.items()},
        {"time": ("time", times[kept], {"units": "ns", "long_name": "time"}), "axis": list(AXES)},
        {"version": VERSION, "gamma": GAMMA, "saturation": magnet.saturation},
    )
    return data if m.shape[2] > 1 else data.isel(trajectory=0)
