"""Torques in the words of other codes: fitted, with the residual said.

All of them solve

    dm/dt = -gamma m x B + alpha m x dm/dt + gamma [a m x (p x m) + b m x p]

with p the direction of the fixed magnet's moment, a > 0 driving m towards it, and
differ in what a and b are made of. Of mumax3 (source: cuda/slonczewski2.cu) and ubermag
(OOMMF's Oxs_SpinXferEvolve):

    a = beta eps(m.p), b = -beta eps', beta = hbar J/(e d Ms),
    eps = P L^2/[(L^2 + 1) + (L^2 - 1) m.p],

without 1/2 in front: eps = P/2 at L = 1. Of cmtj (core/junction.hpp), whose plain layer
has angle-independent drivers in A/m: a = mu0 H_DL, b = -mu0 H_FL. Of Spirit
(core/src/engine/Method_LLG.cpp), in its form without gradient, a = magnitude/mu_B,
magnitude > 0 in meV per Bohr magneton; it has no field-like torque, which is a field.
Nothing of these codes is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import constants
from scipy.optimize import least_squares

from ..errors import InputError, instance
from .macrospin import Macrospin
from .vectors import scalar, unit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .terms import Acting

__all__ = ["FittedTorque", "fit_torque", "to_cmtj", "to_mumax3", "to_spirit", "to_ubermag"]

ANGLES = np.arange(5.0, 180.0, 5.0)
"""Degrees at which a torque is fitted, where it has no angles of its own."""
LEAST = 1e-9
"""A polarisation, or one over eps', below which there is none."""
MEV_PER_TESLA = constants.physical_constants["Bohr magneton in eV/T"][0] * 1e3
"""mu_B in meV/T: Spirit's magnitude of 1 T."""


@dataclass(frozen=True)
class FittedTorque:
    """What `fit_torque` returns.

    Parameters
    ----------
    current_density : float, A/m^2
        J; its sign is that of a, P > 0.
    polarisation, asymmetry, secondary : float
        P, L and eps'.
    residual : float
        Largest deviation of the torque with these from the torque that is fitted, over
        the largest of that.
    damping_like, field_like : float, T
        a and b if they did not depend on the angle.
    residual_constant : float
        The same of the torque with these.
    polariser : tuple
        p.
    saturation, thickness, damping : float
        mu0 Ms in T, d in nm and alpha of the magnet.
    """

    current_density: float
    polarisation: float
    asymmetry: float
    secondary: float
    residual: float
    damping_like: float
    field_like: float
    residual_constant: float
    polariser: tuple[float, float, float]
    saturation: float
    thickness: float
    damping: float

    @property
    def said(self) -> str:
        """How well it fits, for the head of a file."""
        return (
            f"fitted with a residual of {self.residual:.1%} of the largest torque "
            f"({self.residual_constant:.1%} without dependence on the angle)"
        )


def fit_torque(
    torque: Acting,
    magnet: Macrospin,
    *,
    current_density: float,
    polariser: ArrayLike | str | None = None,
    angles: ArrayLike | None = None,
) -> FittedTorque:
    """Polarisation, Lambda and eps' of a torque, with what the fit leaves.

    Least squares over the angles of both components of the torque.

    Parameters
    ----------
    torque : term
        A `TorqueTable` at its bias, `Slonczewski`, or any other that is a m x (p x m) +
        b m x p with a, b of m.p alone.
    magnet : Macrospin
        Its saturation, thickness and damping.
    current_density : float, A/m^2
        |J| with which it is stated; another one changes P and eps'.
    polariser : str or 3-vector, optional
        p; that of the torque by default.
    angles : array, deg, optional
        Of m to p; those of a table by default, else every 5 degrees.

    Returns
    -------
    FittedTorque

    Raises
    ------
    InputError
        current_density = 0, no polariser, no angle off the axis, or several torques.

    References
    ----------
    J. Slonczewski, J. Magn. Magn. Mater. 247, 324 (2002).

    Examples
    --------
    >>> import kwantorque as kt
    >>> d = kt.dynamics
    >>> torque = d.Slonczewski(0.01, "x", field_like=0.2, asymmetry=1.5)
    >>> found = d.fit_torque(torque, kt.Macrospin(thickness=3.0), current_density=1e11)
    >>> round(found.asymmetry, 6), found.residual < 0.1, found.residual_constant > 0.1
    (1.5, True, True)
    """
    instance("magnet", magnet, Macrospin, "Macrospin(saturation=1.0)")
    size = np.abs(scalar("current_density", current_density))
    if np.ndim(size):
        raise InputError(f"`current_density` must be one number, got {current_density!r}")
    if size == 0:
        raise InputError("`current_density` must not be 0 A/m^2: it is what P is stated with")
    polariser = getattr(torque, "polariser", None) if polariser is None else polariser
    if polariser is None:
        raise InputError("`polariser` must be said for a torque that has none of its own")
    p = np.array(unit("polariser", polariser), float)
    own = getattr(torque, "angles", None)
    angles = np.asarray(ANGLES if angles is None and own is None else own if angles is None else angles, float)
    turn = np.radians(angles)[np.abs(np.sin(np.radians(angles))) > 1e-3]
    if not len(turn):
        raise InputError("`angles` must have some off the polariser")
    c, s = np.cos(turn), np.sin(turn)
    if p.ndim > 1 or np.ndim(magnet.damping):
        raise InputError("`fit_torque` takes one torque and one magnet: give numbers instead of arrays")
    a, b = _components(torque, magnet, p, c, s)
    moment = magnet.saturation / constants.mu_0 * magnet.thickness * constants.nano
    scale = constants.hbar * size / (constants.e * moment)
    sign = -1.0 if (a * s * s).sum() < 0 else 1.0
    largest = np.sqrt((a * s) ** 2 + (b * s) ** 2).max()
    polarisation, asymmetry = _fitted(sign * a / scale, c, s)
    mean_a, mean_b = ((x * s * s).sum() / (s * s).sum() for x in (a, b))
    made = sign * scale * _epsilon(polarisation, asymmetry, c)

    def residual(of_a):
        return float((np.hypot(of_a - a, mean_b - b) * s).max() / largest) if largest else 0.0

    return FittedTorque(
        current_density=float(sign * size),
        polarisation=polarisation,
        asymmetry=asymmetry,
        secondary=float(-mean_b / (sign * scale)),
        residual=residual(made),
        damping_like=float(mean_a),
        field_like=float(mean_b),
        residual_constant=residual(mean_a),
        polariser=tuple(p.tolist()),
        saturation=magnet.saturation,
        thickness=magnet.thickness,
        damping=float(magnet.damping),
    )


def _components(torque, magnet, p, c, s):
    """a and b in tesla, of the field a m x p - b p."""
    across = np.cross(p, [0.0, 0.0, 1.0] if abs(p[2]) < 0.9 else [1.0, 0.0, 0.0])
    across /= np.linalg.norm(across)
    m = c[:, None] * p + s[:, None] * across
    one = magnet.but(terms=(torque,))
    if np.shape(one.field(m[0])) != (3,):
        raise InputError("`fit_torque` takes one torque: give numbers instead of arrays, such as `table.at(0.3)`")
    field = one.field(m)
    e = np.cross(m, p)
    return (field * e).sum(axis=1) / s**2, -(field * (p - c[:, None] * m)).sum(axis=1) / s**2


def _epsilon(polarisation: float, asymmetry: float, cosine: NDArray) -> NDArray:
    square = asymmetry**2
    return polarisation * square / (square + 1 + (square - 1) * cosine)


def _fitted(a: NDArray, c: NDArray, s: NDArray) -> tuple[float, float]:
    """P and L of the least squares of eps sin(angle)."""
    if not np.any(a):
        return 0.0, 1.0
    mean = 2 * (a * s * s).sum() / (s * s).sum()

    def deviation(x):
        return (_epsilon(x[0] * mean, np.exp(x[1]), c) - a) * s / np.abs(a).max()

    found = least_squares(deviation, [1.0, 0.0], bounds=([-np.inf, -3.0], [np.inf, 3.0]), xtol=1e-14, ftol=1e-14)
    return float(found.x[0] * mean), float(np.exp(found.x[1]))


def _require_polarised(fit):
    """P = 0 is refused by mumax3 and by OOMMF, whose torques are in units of it."""
    if not abs(fit.polarisation) > LEAST * max(abs(fit.secondary), 1.0):
        raise InputError(
            f"the polarisation P must not be 0, got {fit.polarisation:.3g}: give a torque without damping-like part as "
            "the field `field_like` (T) against the polariser instead"
        )


def to_mumax3(fit: FittedTorque) -> str:
    """Lines for an input file of mumax3: J > 0 drives m towards the fixed layer.

    With the fixed layer on top; BOTTOM turns the sign of both torques. Zhang-Li's
    torque of the same J is switched off.

    Raises
    ------
    InputError
        P = 0.

    Examples
    --------
    >>> import kwantorque as kt
    >>> d = kt.dynamics
    >>> magnet = kt.Macrospin(saturation=1.0, thickness=3.0)
    >>> fit = d.fit_torque(d.Slonczewski(0.01, "x"), magnet, current_density=1e11)
    >>> print(d.to_mumax3(fit).splitlines()[-1])
    J = vector(0, 0, 1e+11)
    """
    _require_polarised(fit)
    x, y, z = fit.polariser
    return "\n".join(
        [
            "// dm/dt = gamma beta [eps m x (p x m) + eps' p x m], beta = hbar J/(e d Ms) in T; charge current in A/m2",
            f"// {fit.said}",
            f"Msat = {fit.saturation / constants.mu_0:.9g}",
            f"alpha = {fit.damping:.9g}",
            f"FreeLayerThickness = {fit.thickness * constants.nano:.9g}",
            "FixedLayerPosition = FIXEDLAYER_TOP",
            f"FixedLayer = vector({x:.9g}, {y:.9g}, {z:.9g})",
            f"Pol = {fit.polarisation:.9g}",
            f"Lambda = {fit.asymmetry:.9g}",
            f"EpsilonPrime = {fit.secondary:.9g}",
            "DisableZhangLiTorque = true",
            f"J = vector(0, 0, {fit.current_density:.9g})",
        ]
    )


def to_ubermag(fit: FittedTorque) -> dict[str, Any]:
    """Arguments of micromagneticmodel.Slonczewski; J > 0 drives m towards mp.

    J in A/m^2; `about` says how well it fits and is no argument.

    Raises
    ------
    InputError
        P = 0.

    Examples
    --------
    >>> import kwantorque as kt
    >>> d = kt.dynamics
    >>> magnet = kt.Macrospin(saturation=1.0, thickness=3.0)
    >>> fit = d.fit_torque(d.Slonczewski(0.01, "x"), magnet, current_density=1e11)
    >>> list(d.to_ubermag(fit))
    ['J', 'mp', 'P', 'Lambda', 'eps_prime', 'about']
    """
    _require_polarised(fit)
    return {
        "J": fit.current_density,
        "mp": fit.polariser,
        "P": fit.polarisation,
        "Lambda": fit.asymmetry,
        "eps_prime": fit.secondary,
        "about": f"{fit.said}; the mesh is {fit.thickness:g} nm thick, Ms {fit.saturation / constants.mu_0:.6g} A/m",
    }


def to_cmtj(fit: FittedTorque) -> dict[str, Any]:
    """Drivers of a plain cmtj `Layer`, in A/m: dm/dt = -gamma mu0 (H_FL m x p + ...).

        ... H_DL m x (m x p)

    damping_like for setDampingLikeTorqueDriver, > 0 towards p; field_like for
    setFieldLikeTorqueDriver; reference for setReferenceLayer; Ms in tesla and thickness
    in m, as `Layer` takes them.

    Examples
    --------
    >>> import kwantorque as kt
    >>> d = kt.dynamics
    >>> magnet = kt.Macrospin(saturation=1.0, thickness=3.0)
    >>> fit = d.fit_torque(d.Slonczewski(0.01, "x"), magnet, current_density=1e11)
    >>> round(d.to_cmtj(fit)["damping_like"], 3)  # 0.01 T/mu0
    7957.747
    """
    return {
        "damping_like": fit.damping_like / constants.mu_0,
        "field_like": -fit.field_like / constants.mu_0,
        "reference": fit.polariser,
        "Ms": fit.saturation,
        "thickness": fit.thickness * constants.nano,
        "damping": fit.damping,
        "about": fit.said,
    }


def to_spirit(fit: FittedTorque) -> dict[str, Any]:
    """Arguments of Spirit's set_stt, and the field that is its field-like torque.

    magnitude in meV per Bohr magneton, > 0: the sign is in the direction, since Spirit
    ignores a negative one. external_field in T along `field_direction`.

    Examples
    --------
    >>> import kwantorque as kt
    >>> d = kt.dynamics
    >>> magnet = kt.Macrospin(saturation=1.0, thickness=3.0)
    >>> fit = d.fit_torque(d.Slonczewski(-0.01, "x"), magnet, current_density=1e11)
    >>> stt = d.to_spirit(fit)
    >>> round(stt["magnitude"], 7), stt["direction"]
    (0.0005788, (-1.0, 0.0, 0.0))
    """
    a, b = fit.damping_like, fit.field_like
    towards, field = (tuple(np.copysign(1.0, x) * np.array(fit.polariser) + 0.0) for x in (a, -b))
    return {
        "use_gradient": False,
        "magnitude": abs(a) * MEV_PER_TESLA,
        "direction": tuple(map(float, towards)),
        "external_field": abs(b),
        "field_direction": tuple(map(float, field)),
        "about": fit.said,
    }
