"""What acts on a magnet: each term is the field that it is.

The magnet's equation of motion, in the form of Gilbert, is

    dm/dt = -gamma m x B + damping m x dm/dt,        B = sum of the terms' fields,

m the direction of the magnetic *moment*, gamma = 1.76085963e11 /(s T). A torque that is
no derivative of an energy is a field, too, since every torque is perpendicular to m:

    dm/dt = gamma T    <->    B = m x T,    -m x (m x T) = T.

A damping-like torque a m x (p x m), which drives m towards p for a > 0, is the field
a m x p; the field-like torque b m x p is the field -b p. All fields are in tesla; where
a strength is a pure number, it is one of mu0 Ms, the magnet's saturation.

A term is anything with a method `on(magnet)`, which returns a function from the three
components of m to those of B. Terms with an energy are linear in m, and say how:
`parts(magnet)` are A and b of B = A m + b, the energy per volume -Ms (m.A.m/2 + m.b).
Strengths may be arrays, one value for each trajectory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy import constants

from ..errors import InputError, finite, known, positive
from .vectors import is_zero, scalar, unit, vector

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .macrospin import Macrospin
    from .vectors import Components

    FieldOf = Callable[[Any, Any, Any], Any]
    Parts = tuple[Sequence[Components], Components]

__all__ = [
    "GAMMA",
    "Acting",
    "Demagnetisation",
    "Field",
    "ManchonTorque",
    "Slonczewski",
    "Uniaxial",
    "current_density_of",
    "linear",
    "polarised",
    "torque_of_current",
]

GAMMA = 1.76085963e11
"""Gyromagnetic ratio of a free electron's moment, in 1/(s T)."""
ZERO = 0.0
"""A component of a field that is zero whatever m."""
NOTHING = ((0.0, 0.0, 0.0),) * 3
"""A of a field that does not depend on m."""


class Acting(Protocol):
    """What a magnet takes as a term.

    Examples
    --------
    A field of one's own, -0.1 T m_z^3 along z, turns m into the plane:

    >>> import kwantorque as kt
    >>> class Cubic:
    ...     def on(self, magnet):
    ...         return lambda x, y, z: (0.0, 0.0, -0.1 * z**3)
    >>> magnet = kt.Macrospin(damping=0.5, terms=[Cubic()])
    >>> magnet.run((0, 1, 1), duration=3).m.sel(axis="z").values[[0, -1]].round(1)
    array([0.7, 0.2])
    """

    def on(self, magnet: Macrospin) -> FieldOf:
        """The field as a function of the components of m."""


class _Linear:
    """A term with an energy: a field A m + b."""

    def on(self, magnet: Macrospin) -> FieldOf:
        """A m + b."""
        return linear(*self.parts(magnet))


def linear(matrix: Sequence[Components], constant: Components) -> FieldOf:
    """The function A m + b of components."""
    (axx, axy, axz), (ayx, ayy, ayz), (azx, azy, azz) = matrix
    bx, by, bz = constant
    if all(map(is_zero, (axy, axz, ayx, ayz, azx, azy))):
        first, second, third = (_line(a, b) for a, b in ((axx, bx), (ayy, by), (azz, bz)))
        return lambda x, y, z: (first(x), second(y), third(z))
    return lambda x, y, z: (
        axx * x + axy * y + axz * z + bx,
        ayx * x + ayy * y + ayz * z + by,
        azx * x + azy * y + azz * z + bz,
    )


def _line(a, b):
    """a x + b, without what is zero: of thousands of magnets each product counts."""
    if is_zero(a):
        b = ZERO if is_zero(b) else b
        return lambda x: b
    return (lambda x: a * x) if is_zero(b) else (lambda x: a * x + b)


@dataclass(frozen=True)
class Field(_Linear):
    """An applied field.

        B = vector,    energy = -Ms m.B

    Parameters
    ----------
    vector : 3-vector or (..., 3) array, T
        mu0 H.

    Examples
    --------
    Precession in 1 T, 28.02 GHz:

    >>> import kwantorque as kt
    >>> magnet = kt.Macrospin(damping=0.0, terms=[kt.dynamics.Field((0, 0, 1))])
    >>> round(float(magnet.run("x", duration=1).frequency), 3)
    28.025
    """

    vector: ArrayLike

    def parts(self, magnet: Macrospin) -> Parts:
        """The same field at any m."""
        return NOTHING, vector("vector", self.vector)


@dataclass(frozen=True)
class Uniaxial(_Linear):
    """Anisotropy with an axis, out of the plane or in it; hard for quality < 0.

        B = quality mu0 Ms (m.u) u,    energy = -(quality/2) mu0 Ms^2 (m.u)^2

    Parameters
    ----------
    quality : float or array
        Q = H_K/Ms = 2 K/(mu0 Ms^2).
    axis : str or 3-vector
        u.

    Examples
    --------
    >>> import kwantorque as kt
    >>> magnet = kt.Macrospin(1.6, terms=[kt.dynamics.Uniaxial(0.2, "x")])
    >>> magnet.field("x").round(12).tolist()  # T
    [0.32, 0.0, 0.0]
    """

    quality: ArrayLike
    axis: ArrayLike | str = "z"

    def parts(self, magnet: Macrospin) -> Parts:
        """Along the axis, in proportion to m.u."""
        u, strength = unit("axis", self.axis), scalar("quality", self.quality) * magnet.saturation
        return tuple(tuple(strength * a * b for b in u) for a in u), (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Demagnetisation(_Linear):
    """The magnet's own stray field.

        B = -mu0 Ms (N_x m_x, N_y m_y, N_z m_z),    energy = +(mu0 Ms^2/2) m.N.m

    Parameters
    ----------
    factors : 3-vector
        N_x, N_y, N_z; those of a thin film by default.

    Examples
    --------
    >>> import kwantorque as kt
    >>> magnet = kt.Macrospin(1.6, terms=[kt.dynamics.Demagnetisation()])
    >>> (magnet.field("z") + 0.0).tolist()
    [0.0, 0.0, -1.6]
    """

    factors: ArrayLike = (0.0, 0.0, 1.0)

    def parts(self, magnet: Macrospin) -> Parts:
        """Against m, component by component."""
        x, y, z = (-n * magnet.saturation for n in vector("factors", self.factors))
        return ((x, 0.0, 0.0), (0.0, y, 0.0), (0.0, 0.0, z)), (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Slonczewski:
    """The torque of a spin-polarised current.

        dm/dt = gamma mu0 Ms torque g [m x (p x m) + field_like m x p],
        g = 2 L^2/[(L^2 + 1) + (L^2 - 1) m.p]

    torque > 0 drives m towards the polariser p. g = 2 A q/(A + B cos theta) of a spin
    valve, eta(theta) = efficiency g, is 1 at L = 1. With angular="cosine", g = m.p: the
    damping-like part is that of `ManchonTorque` for p along z, but g multiplies the
    field-like part, too, which there has no g.

    Parameters
    ----------
    torque : float or array
        tau = hbar eta J/(2 e mu0 Ms^2 d), a pure number (`torque_of_current`).
    polariser : str or (..., 3) array
        p, the direction of the fixed magnet's moment.
    field_like : float or array
        Over the damping-like part.
    asymmetry : float or array
        L > 0, Slonczewski's Lambda; 1 for angular="cosine".
    angular : {"slonczewski", "cosine"}
        g.

    Raises
    ------
    InputError
        asymmetry <= 0, or not 1 where g is m.p, or a polariser without length.

    References
    ----------
    J. Slonczewski, J. Magn. Magn. Mater. 247, 324 (2002); D. C. Ralph and M. D. Stiles,
    J. Magn. Magn. Mater. 320, 1190 (2008), eq. 25 and 28.

    Examples
    --------
    Above alpha (1/2 + Q_par) a thin film in the plane loses its stability:

    >>> import kwantorque as kt
    >>> d = kt.dynamics
    >>> terms = [d.Uniaxial(0.02, "x"), d.Demagnetisation(), d.Slonczewski(0.006, "x")]
    >>> magnet = kt.Macrospin(damping=0.01, terms=terms)
    >>> bool((magnet.eigenvalues("-x").real > 0).all())
    True
    >>> d.Slonczewski(0.006, asymmetry=0).on(magnet)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `asymmetry` must be > 0, got 0
    """

    torque: ArrayLike
    polariser: ArrayLike | str = "x"
    field_like: ArrayLike = 0.0
    asymmetry: ArrayLike = 1.0
    angular: str = "slonczewski"

    def on(self, magnet: Macrospin) -> FieldOf:
        """a g (m x p - field_like p)."""
        p, strength = unit("polariser", self.polariser), scalar("torque", self.torque) * magnet.saturation
        ratio, square = scalar("field_like", self.field_like), scalar("asymmetry", self.asymmetry)
        if not np.all(np.asarray(square) > 0):
            raise InputError(f"`asymmetry` must be > 0, got {self.asymmetry!r}")
        square, (u, v, w) = square * square, p
        if known("angular factor", self.angular, ("slonczewski", "cosine")) == "cosine":
            if not is_zero(square - 1):
                raise InputError(
                    f"`asymmetry` has no meaning with angular='cosine': leave it at 1, got {self.asymmetry!r}"
                )
            return polarised(lambda x, y, z: strength * (u * x + v * y + w * z), ratio, p)
        if is_zero(square - 1):
            return polarised(lambda x, y, z: strength, ratio, p)
        top, middle, side = 2 * square * strength, square + 1, square - 1
        return polarised(lambda x, y, z: top / (middle + side * (u * x + v * y + w * z)), ratio, p)


def polarised(amplitude: FieldOf, ratio: Any, p: Components) -> FieldOf:
    """The field amplitude (m x p - ratio p) of torques along m x (p x m) and m x p.

    Parameters
    ----------
    amplitude : callable
        Of the components of m, T.
    ratio : float or array
    p : components of the polariser
    """
    u, v, w = p

    def field(x, y, z):
        a = amplitude(x, y, z)
        return a * (y * w - z * v), a * (z * u - x * w), a * (x * v - y * u)

    # Along an axis two products are enough.
    if is_zero(v) and is_zero(w):
        field = lambda x, y, z: (ZERO, (a := u * amplitude(x, y, z)) * z, -a * y)  # noqa: E731
    elif is_zero(u) and is_zero(v):
        field = lambda x, y, z: ((a := w * amplitude(x, y, z)) * y, -a * x, ZERO)  # noqa: E731
    if is_zero(ratio):
        return field

    def both(x, y, z):
        b, (p, q, r) = ratio * amplitude(x, y, z), field(x, y, z)
        return p - b * u, q - b * v, r - b * w

    return both


@dataclass(frozen=True)
class ManchonTorque:
    """The torque of a junction with one magnet, from Rashba coupling at its interface.

        dm/dt = gamma mu0 Ms [parallel g m x (z x m) + perpendicular z x m]

    with g = 1, as the paper's equation is printed, or g = cos theta = m_z, which the
    mirror symmetry of the junction asks for: T(180 - theta) = -T(theta).

    Parameters
    ----------
    parallel, perpendicular : float or array
        tau = T/(mu0 Ms^2 d), pure numbers.
    angular : {"constant", "cosine"}
        g.

    References
    ----------
    A. Manchon, Phys. Rev. B 83, 172403 (2011).

    Examples
    --------
    The two differ in the lower half:

    >>> import kwantorque as kt
    >>> for angular in ("constant", "cosine"):
    ...     term = kt.dynamics.ManchonTorque(0.1, angular=angular)
    ...     print(kt.Macrospin(terms=[term]).rate((0, 0.6, -0.8)).round(3).tolist()[2])
    0.036
    -0.029
    """

    parallel: ArrayLike
    perpendicular: ArrayLike = 0.0
    angular: str = "constant"

    def on(self, magnet: Macrospin) -> FieldOf:
        """a g m x z + b z."""
        upright = known("angular factor", self.angular, ("constant", "cosine")) == "constant"
        a, b = (scalar(name, getattr(self, name)) * magnet.saturation for name in ("parallel", "perpendicular"))

        def field(x, y, z):
            factor = a if upright else a * z
            return factor * y, -factor * x, b

        return field


def torque_of_current(current_density: float, efficiency: float, saturation: float, thickness: float) -> float:
    """The pure number tau of a current.

        tau = hbar eta J/(2 e mu0 Ms^2 d)

    Parameters
    ----------
    current_density : float, A/m^2
        J; positive where it drives m towards the polariser.
    efficiency : float
        eta, half of a quantum of spin per charge at 1; P/2 over 1/2 in other words.
    saturation : float, T
        mu0 Ms.
    thickness : float, nm

    Raises
    ------
    InputError
        efficiency = 0, or a saturation or thickness that is not > 0.

    Examples
    --------
    >>> import kwantorque as kt
    >>> size = {"saturation": 1.0, "thickness": 3.0}
    >>> round(kt.dynamics.torque_of_current(1e11, 0.3, **size), 6)
    0.004136
    """
    return current_density / current_density_of(1.0, efficiency, saturation, thickness)


def current_density_of(torque: float, efficiency: float, saturation: float, thickness: float) -> float:
    """The current density in A/m^2 whose torque is the pure number `torque`.

        J = 2 e mu0 Ms^2 d torque/(hbar eta)

    Parameters
    ----------
    torque, efficiency, saturation, thickness
        As in `torque_of_current`.

    Raises
    ------
    InputError
        As `torque_of_current` does.

    Examples
    --------
    >>> import kwantorque as kt
    >>> f"{kt.dynamics.current_density_of(0.0052, 0.3, 1.0, 3.0):.4g}"
    '1.257e+11'
    """
    efficiency = finite("efficiency", efficiency)
    if efficiency == 0:
        raise InputError("`efficiency` must not be 0: no current would exert a torque")
    saturation, thickness = positive("saturation", saturation, "T"), positive("thickness", thickness, "nm")
    moment = saturation**2 / constants.mu_0 * thickness * constants.nano
    return 2 * constants.e / (constants.hbar * efficiency) * moment * torque
