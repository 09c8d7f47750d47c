"""Torques of the transport part, as a function of angle and bias, for the dynamics.

The torque per area on a magnet whose angular momentum points along n, beside a fixed
direction p, is

    T = a n x (p x n) + b p x n,        a, b functions of n.p and of the bias.

Of a magnet of electrons n is the spin of their majority, which the data know
(`layer_majority`): along or against the layer's `m`. The magnetic moment points the
other way, m = -n, and with P = -p the equation of motion of m gets

    dm/dt = gamma/(Ms d) [a m x (P x m) + b m x P],

the field (a m x P - b P)/(Ms d).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.polynomial import chebyshev
from scipy import constants
from scipy.interpolate import CubicSpline

from ..errors import AccuracyWarning, ComputationError, InputError, known, named, users_level
from ..results.si import to_si
from .terms import polarised
from .vectors import unit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .macrospin import Macrospin
    from .terms import FieldOf

__all__ = ["TorqueTable", "torque_table"]

TORQUE = "exchange_torque_of_layer"
POLE = 2e-3
"""sin(angle) to the fixed direction below which a and b are 0/0."""
HIGHEST = 8
"""Degree in cos(angle) of what is fitted to many angles; to few it is half of them."""
ALIKE = 9
"""Decimals of cos(angle) that points of one angle share."""
WRONG = 0.1
"""Deviation over the largest torque that is refused, or warned of."""
WIDEST = 45.0
"""Degrees between two angles, beyond which is warned of what is in between."""
BEYOND = 1e-6
"""What a magnet may reach beyond the angles of a table, in cos(angle), by rounding."""
FINE = 181
"""Angles at which the largest field of a table is looked for."""
PER_VOLT = "hbar/(2e) S/m^2"


@dataclass(frozen=True, eq=False)
class TorqueTable:
    """Damping-like and field-like torque per area, as `torque_table` makes it.

    A term for a `Macrospin` at one bias: a and b are polynomials in cos(angle), of half
    as high a degree as there are angles off the poles, and cubic in between biases.

    Parameters
    ----------
    angles : (n,) array, deg
        Of n to the fixed direction, ascending, poles included where the data has them.
    biases : (v,) array, V
        Empty for torques of one bias.
    damping_like, field_like : (v, degree + 1) array, J/m^2
        Coefficients of a and b in powers of cos(angle), the constant first.
    residual : float
        Largest deviation of the torque at an angle from what the other angles make of
        it, over the largest torque; NaN of one angle.
    polariser : str or 3-vector
        P, the fixed direction of the moments, in the frame of the magnet.
    bias : float or array, V
        At which it is a term.
    linear : bool
        The torques are per volt, and in proportion to the bias.
    """

    angles: NDArray
    biases: NDArray
    damping_like: NDArray
    field_like: NDArray
    residual: float
    polariser: ArrayLike | str
    bias: ArrayLike | None = None
    linear: bool = False

    def __repr__(self) -> str:
        biases = f"{self.biases[0]:g} to {self.biases[-1]:g} V" if len(self.biases) else "per volt" * self.linear
        return f"TorqueTable({len(self.angles)} angles, {biases or 'one bias'}, residual {self.residual:.1e})"

    def at(self, bias: ArrayLike | None = None, polariser: ArrayLike | str | None = None) -> TorqueTable:
        """The same at a bias, an array of them, or with another fixed direction.

        Raises
        ------
        InputError
            The table is of one bias, or a bias is not within the table.

        Examples
        --------
        >>> import numpy as np
        >>> from kwantorque.dynamics import TorqueTable
        >>> ones = np.ones((1, 1))
        >>> angles, none = np.array([0.0, 180.0]), np.empty(0)
        >>> table = TorqueTable(angles, none, ones, ones, 0.0, "x")
        >>> table.at(0.3)
        Traceback (most recent call last):
        ...
        kwantorque.errors.InputError: this table is of one bias and takes none, got 0.3
        """
        changed = {} if polariser is None else {"polariser": polariser}
        if bias is not None:
            if not (len(self.biases) or self.linear):
                raise InputError(f"this table is of one bias and takes none, got {bias!r}")
            values = np.asarray(bias, float)
            low, high = (self.biases[0], self.biases[-1]) if len(self.biases) else (-np.inf, np.inf)
            if not ((values >= low - BEYOND) & (values <= high + BEYOND)).all():
                raise InputError(f"`bias` must be within the table, {low:g} to {high:g} V, got {bias!r}")
            changed["bias"] = bias
        return replace(self, **changed)

    def coefficients(self) -> tuple[NDArray, NDArray]:
        """Of a and b in powers of cos(angle) at the bias, (degree + 1, ...), J/m^2."""
        if (len(self.biases) or self.linear) and self.bias is None:
            raise InputError("this table has several biases: say at which one, `table.at(bias)`")
        if self.linear:
            return tuple(np.multiply.outer(one[0], self.bias) for one in (self.damping_like, self.field_like))
        if not len(self.biases):
            return self.damping_like[0], self.field_like[0]
        splines = (_spline(self.biases, one) for one in (self.damping_like, self.field_like))
        return tuple(np.moveaxis(spline(np.asarray(self.bias, float)), -1, 0) for spline in splines)

    def largest(self, magnet: Macrospin) -> float:
        """Largest |B| over the table's own angles, in tesla."""
        moment = magnet.saturation / constants.mu_0 * magnet.thickness * constants.nano
        cosine = np.cos(np.radians(np.linspace(self.angles[0], self.angles[-1], FINE)))
        a, b = (np.tensordot(np.vander(cosine, len(c), increasing=True), c, axes=1) for c in self.coefficients())
        sine = np.sqrt(1 - cosine**2).reshape(-1, *[1] * (a.ndim - 1))
        return float(np.sqrt((a * sine) ** 2 + b**2).max() / moment)

    def on(self, magnet: Macrospin) -> FieldOf:
        """(a m x P - b P)/(Ms d), of the magnet's saturation and thickness."""
        moment = magnet.saturation / constants.mu_0 * magnet.thickness * constants.nano
        a, b = ([_plain(c) for c in one / moment] for one in self.coefficients())
        p = unit("polariser", self.polariser)
        low, high = np.cos(np.radians(self.angles[[-1, 0]]))
        low, high = low - BEYOND, high + BEYOND
        damping_like = polarised(lambda x, y, z: _horner(a, p[0] * x + p[1] * y + p[2] * z), 0.0, p)

        def field(x, y, z):
            cosine = p[0] * x + p[1] * y + p[2] * z
            if not np.all((cosine >= low) & (cosine <= high)):
                reached = np.degrees(np.arccos(np.clip((np.min(cosine), np.max(cosine)), -1, 1)))
                worst = reached[0] if np.min(cosine) < low else reached[1]
                raise InputError(
                    f"the torque table must cover the angles reached: it has {self.angles[0]:g} to "
                    f"{self.angles[-1]:g} degrees, and the magnet is at {worst:.1f}"
                )
            strength = _horner(b, cosine)
            u, v, w = damping_like(x, y, z)
            return u - strength * p[0], v - strength * p[1], w - strength * p[2]

        return field


def _plain(x):
    return x if np.ndim(x) else float(x)


def _horner(coefficients, x):
    *lower, value = coefficients
    for c in reversed(lower):
        value = value * x + c
    return value


def _spline(x, values):
    """Cubic where there are four points, else the polynomial through them."""
    if len(x) >= 4:
        return CubicSpline(x, values, axis=0)
    powers = np.linalg.solve(np.vander(x, increasing=True), values)
    return lambda at: sum(np.multiply.outer(at**i, c) for i, c in enumerate(powers))


@named
def torque_table(
    data: xr.Dataset,
    layer: str | None = None,
    *,
    polariser: ArrayLike | str | None = None,
    moment: str | None = None,
) -> TorqueTable:
    """Torques of transport over angle and bias, as a term for a `Macrospin`.

    Parameters
    ----------
    data : Dataset
        A sweep of the magnet's angle, and of `bias` if wanted, of `steady_state` or a
        prepared junction: at each point the vector torque on each layer, and its
        `magnetisation`. Of `torques`, a response per volt, it is taken linear in the
        bias. Sea and window are added up.
    layer : str, optional
        The magnet that moves; the last one whose direction changes, by default.
    polariser : str or 3-vector, optional
        P, the fixed direction of the moment in the frame of the `Macrospin`. By default
        that of the data; of a junction with one magnet -z.
    moment : {"along", "against"}, optional
        How the magnets' moments are to the `m` of their layers. By default against the
        spin of the electrons' majority; of holes it must be said: of GaMnAs, "against"
        an `m` that is the spin of Mn.

    Returns
    -------
    TorqueTable
        Callable by `at(bias)`; its `residual` says how well it meets an angle that it
        was not made of.

    Raises
    ------
    InputError
        A Dataset without `magnetisation` and a torque on each layer, without a sweep of
        an angle, with points that failed, or with other dimensions than angle and bias;
        a majority that is not known, without `moment`.
    ComputationError
        The torque is not of the form above: it has a part along the magnetisation, or
        points of one angle differ.

    Warns
    -----
    AccuracyWarning
        More than 45 degrees between two angles, or a residual above 10 %.

    References
    ----------
    D. C. Ralph and M. D. Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), eq. 25 and 28.

    Examples
    --------
    >>> import kwantorque as kt
    >>> junction = kt.systems.find("magnetic-tunnel-junction")
    >>> coarse = {"spacing": 0.1, "tolerance": 0.1, "progress": False, "bias": 0.4}
    >>> data = kt.sweep(junction, angle=[0, 45, 90, 135, 180], **coarse)
    >>> table = kt.torque_table(data, polariser="x")
    >>> magnet = kt.Macrospin(saturation=1.5, thickness=1.5, terms=[table])
    >>> bool(abs(magnet.field("y")).max() > 1e-4)  # T
    True
    >>> kt.torque_table(data.drop_vars("magnetisation"))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `data` must have `magnetisation` and ...
    """
    if not isinstance(data, xr.Dataset) or not {"magnetisation", "layer_m", TORQUE} <= set(data.variables):
        raise InputError(
            f"`data` must have `magnetisation` and `{TORQUE}`, as a sweep of `steady_state` over the angle has; "
            "results alone do not say in which frame they are"
        )
    if "done" in data and not bool((data.done == 1).all()):
        raise InputError("all points of the sweep must be computed: run it again with the same `out`")
    # A coordinate that changes from point to point has all swept dimensions.
    data = data.assign_coords(layer_m=data.layer_m.isel(bias=0, drop=True)) if "bias" in data.layer_m.dims else data
    swept = [dim for dim in data.layer_m.dims if dim not in ("layer", "axis")]
    if len(swept) != 1:
        raise InputError(f"`data` must be a sweep of one angle of the magnet, and of `bias`, got {swept or 'no sweep'}")
    (angle,) = swept
    torque = to_si(data[TORQUE])
    torque = torque.sum("part", keep_attrs=True) if "part" in torque.dims else torque
    others = [dim for dim in torque.dims if dim not in (angle, "bias", "layer", "axis")]
    if others:
        raise InputError(f"`data` must be a sweep of an angle and `bias` only: choose a point of {', '.join(others)}")
    moving, fixed = _directions(data, angle, layer)
    bias = data.bias.values if "bias" in torque.dims else np.empty(0)
    on = torque.sel(layer=moving).transpose(*(["bias"] if len(bias) else []), angle, "axis").values
    signs = _along_spin(data, [name for name in (moving, fixed) if name], moment)
    n = signs[0] * data.layer_m.sel(layer=moving).transpose(angle, "axis").values
    p = signs[1] * data.layer_m.sel(layer=fixed).isel({angle: 0}).values if fixed else np.array([0.0, 0.0, 1.0])
    about = {"polariser": tuple(-p) if polariser is None else polariser, "linear": torque.attrs["units"] == PER_VOLT}
    if about["linear"]:
        on = on * constants.hbar / (2 * constants.e)
    elif torque.attrs["units"] != "J/m^2":
        raise InputError(f"`{TORQUE}` must be a torque per area, got the unit {torque.attrs['units']!r}")
    return _table(on.reshape(-1, *on.shape[-2:]), n, p, np.sort(bias), np.argsort(bias), about)


def _directions(data, angle, layer):
    """Names of the layer that moves, and of the one that does not, or None."""
    m = data.layer_m.transpose(angle, "layer", "axis").values
    names = [str(name) for name in data["layer"].values]
    magnetic = np.isfinite(m).all(axis=(0, 2)) & ((m**2).sum(axis=2) > 0).all(axis=0)
    turning = [i for i in np.nonzero(magnetic)[0] if np.ptp(m[:, i], axis=0).max() > POLE]
    if layer is not None:
        moving = names.index(known("layer", layer, names))
    elif turning:
        moving = turning[-1]
    else:
        raise InputError(f"no magnet turns in the sweep of `{angle}`: sweep the angle of its magnetisation")
    if moving not in turning:
        raise InputError(f"layer {layer!r} does not turn in the sweep of `{angle}`")
    resting = [i for i in np.nonzero(magnetic)[0] if i not in turning]
    return names[moving], names[resting[0]] if resting else None


def _along_spin(data, layers, moment):
    """+1 or -1 of layers whose angular momentum is along or against their m."""
    if moment is not None:
        return [{"along": -1, "against": 1}[known("moment", moment, ("along", "against"))]] * len(layers)
    signs = []
    for layer in layers:
        found = np.unique(data.layer_majority.sel(layer=layer)) if "layer_majority" in data.coords else [0]
        if len(found) > 1 or not found[0]:
            raise InputError(
                f"the data do not say which spin is the majority's in the layer {layer!r}: give "
                '`moment="against"` if the magnetic moment is against the layer\'s `m`, else "along"'
            )
        signs.append(int(found[0]))
    return signs


def _table(torques, n, p, biases, order, about):
    """Coefficients of polynomials in cos(angle) of (v, angle, 3) torques."""
    cosine = n @ p
    sine = np.sqrt(np.clip(1 - cosine**2, 0, None))
    inner = sine > POLE
    if not inner.any():
        raise InputError("a torque table needs an angle off the fixed direction")
    basis = np.stack([np.cross(n, np.cross(p, n)), np.cross(p, n)])[:, inner]
    parts = np.einsum("vai,cai->cva", torques[:, inner], basis) / sine[inner] ** 2
    # Points of one angle are left out together, and must agree.
    _, alike = np.unique(cosine[inner].round(ALIKE), return_inverse=True)
    same = (alike[:, None] == alike) / np.bincount(alike)[alike]
    largest = np.abs(torques).max() or 1.0

    def deviation(found):
        return float(np.abs(np.einsum("cva,cai->vai", found, basis) - torques[:, inner]).max() / largest)

    if (wrong := deviation(parts @ same)) > WRONG:
        raise ComputationError(
            f"the torques are not of the form a n x (p x n) + b p x n with a, b of n.p only: they differ by "
            f"{wrong:.0%} of the largest; a smaller tolerance, or another layer may help"
        )
    fits = _fitted(parts, cosine[inner], sine[inner], alike)
    angles = np.sort(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    residual = np.nan
    if alike.max():
        without = np.empty_like(parts)
        for one in range(alike.max() + 1):
            out = alike == one
            fit = _fitted(parts[..., ~out], cosine[inner][~out], sine[inner][~out], alike[~out])
            without[..., out] = fit @ np.vander(cosine[inner][out], fit.shape[-1], increasing=True).T
        residual = deviation(without)
    _warn_of(angles, residual)
    return TorqueTable(angles, biases, *(fits[:, order] if len(biases) else fits), residual, **about)


def _fitted(parts, cosine, sine, alike):
    """Powers of cos(angle) of the least squares of the torque, (2, v, degree + 1)."""
    count = len(np.unique(alike))
    degree = min(count // 2, count - 1, HIGHEST)
    weighted = sine[:, None] * chebyshev.chebvander(cosine, degree)
    found = np.linalg.lstsq(weighted, (parts * sine).reshape(-1, len(sine)).T, rcond=None)[0]
    powers = np.zeros((degree + 1, degree + 1))
    for i in range(degree + 1):
        powers[i, : i + 1] = chebyshev.cheb2poly(np.eye(degree + 1)[i, : i + 1])
    return (found.T @ powers).reshape(*parts.shape[:2], -1)


def _warn_of(angles, residual):
    gap = np.diff(angles).max() if len(angles) > 1 else 180.0
    if gap > WIDEST + 1e-6:
        why = f"has a gap of {gap:.0f} degrees between its angles"
    elif residual > WRONG:
        why = f"misses an angle that it is not made of by {residual:.0%} of the largest torque"
    else:
        return
    message = f"the torque table {why}: sweep more angles, such as every 15 degrees"
    warnings.warn(message, AccuracyWarning, stacklevel=users_level())
