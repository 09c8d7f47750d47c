"""Modes of a lead: all psi_j = lambda^j u of the infinite crystal at one energy.

Equation: V^+ u + lambda (h - E) u + lambda^2 V u = 0, with on-site block h and hopping
V = H_{j,j+1}. With x = (u, lambda u) it is a generalised eigenvalue problem; inverted
about a shift sigma that is no eigenvalue, it becomes an ordinary one for mu = 1/(lambda
- sigma), which has no trouble with singular hoppings (lambda = 0 and infinity):

    P(sigma) = V^+ + sigma (h - E) + sigma^2 V,   K = P^-1 (h - E + sigma V),   W = P^-1
    V mu x = [[-K, -W], [1 - sigma K, -sigma W]] x

Open modes (|lambda| = 1) are sorted by their flux 2 Im(psi_{j+1}^+ V^+ psi_j).
Degenerate ones come out of the eigensolver in an arbitrary basis, in which even the
sign of the flux is meaningless; within each cluster of equal lambda the basis is
rotated to the one in which the flux matrix is diagonal.

Where the hopping is a number v (free electrons, one orbital per site), none of this is
needed: the modes' vectors are the eigenvectors of the Hermitian h, with eigenvalues e,
and v (lambda + 1/lambda) = E - e.
"""

from dataclasses import dataclass

import numpy as np

from ..algebra import dagger
from ..errors import ComputationError

__all__ = ["EndModes", "LeadModes", "as_number", "count_open", "lead_modes", "rounding_of_flux", "rounding_of_step"]

SHIFT = 1.3 * np.exp(2.1j)
"""sigma: off the unit circle and the real axis, where the lambda of real bands lie."""
ON_CIRCLE = 1e-8
"""| |lambda| - 1 | below this counts as an open mode."""
SLOW = 0.02
"""Open modes with a velocity below this part of the hopping are polished."""
SAME = 1e-11
BLURRED = 3e-8
"""Open modes with |lambda_1 - lambda_2| below SAME are one cluster.

Slow ones, blurred by rounding, are so up to BLURRED.
"""
ROUNDING = 1e-12
"""Error of a lambda times its velocity, in parts of the hopping, of the eigensolver."""
LARGEST_NEWTON_STEP = 1e-6
"""A longer step in the phase of lambda (rad) would lead to another mode."""
SPREAD = 4
"""Clusters are told apart by eigenvalues shifted by this times the largest flux.

The fluxes in a cluster of two span no more.
"""
CLOSE = 0.01
"""Open modes are nearly degenerate if lambda differs by this part of the velocity."""
SMALL_CROSS_FLUX = 1e-3
"""Next to a band edge velocities are noise, and flux between modes is not removed."""
ROUNDING_OF_FLUX = 100 * np.finfo(float).eps
"""Error of a mode's flux times (velocity/hopping)^2."""


@dataclass(frozen=True, eq=False)
class LeadModes:
    """The n modes that travel or decay in one direction, at each of nk points.

    Open modes come first.

    Attributes
    ----------
    step : (nk, n) complex array
        Factor per cell in the mode's own direction, |step| <= 1.
    vectors : (nk, n, n) complex array, [k, orbital, mode]
        Open modes carry unit flux, evanescent ones have norm 1.
    velocity : (nk, n) array
        Flux of the mode at norm 1 towards +z, eV; 0 for evanescent modes.
    """

    step: np.ndarray
    vectors: np.ndarray
    velocity: np.ndarray

    def at(self, index: slice | np.ndarray) -> "LeadModes":
        """The modes at a subset of the k-points."""
        return LeadModes(self.step[index], self.vectors[index], self.velocity[index])

    @property
    def open(self) -> np.ndarray:
        """Which modes are open, (nk, n) bool array."""
        return self.velocity != 0


@dataclass(frozen=True, eq=False)
class EndModes:
    """Modes of the lead at one end of a chain.

    Attributes
    ----------
    incoming, outgoing : LeadModes
        Those that travel towards the chain, and those that leave it or decay away from
        it.
    """

    incoming: LeadModes
    outgoing: LeadModes

    def at(self, index: slice | np.ndarray) -> "EndModes":
        """The modes at a subset of the k-points."""
        return EndModes(self.incoming.at(index), self.outgoing.at(index))


def lead_modes(
    onsite: np.ndarray, hopping: np.ndarray, energy: complex | np.ndarray, k_par: np.ndarray | None = None
) -> tuple[LeadModes, LeadModes]:
    """Right-going and left-going modes of a crystal.

    Parameters
    ----------
    onsite, hopping : (nk or 1, n, n) arrays, eV
        h and V = H_{j,j+1}.
    energy : float, or complex number or (nk,) complex array, eV
        Complex ones lie in the upper half plane. There all modes decay, those called
        right-going towards +z, and the continuations made of them are those of the
        retarded Green function.
    k_par : (nk, 2) array, 1/nm, optional
        Named when something fails.

    Returns
    -------
    right, left : LeadModes
        One and the same object for both at complex energies if the hopping is a number.

    Raises
    ------
    ComputationError
        If the numbers of right-going and left-going modes differ: the energy is too
        close to a band edge.
    """
    number = as_number(hopping)
    if number is not None:
        return _orthogonal_modes(onsite, number, energy)
    modes = _solve(onsite, hopping, energy)
    onsite, hopping = (np.broadcast_to(b, (len(modes.vectors), *b.shape[1:])) for b in (onsite, hopping))
    on_circle = np.abs(modes.size_log) < ON_CIRCLE
    speed = np.abs(_flux(modes, hopping)) / np.linalg.norm(hopping, axis=(-1, -2))[:, None]
    together = _clusters(modes.forward, speed, on_circle)
    modes = _polished(modes, onsite, hopping, energy, on_circle & (speed < SLOW), together)
    vectors, velocity = _diagonal_flux(modes, hopping, on_circle, together)
    is_right = np.where(on_circle, velocity > 0, modes.size_log < 0)
    n = onsite.shape[-1]
    wrong = np.flatnonzero(is_right.sum(axis=-1) != n)
    if len(wrong):
        where = "" if k_par is None else f" at k = {tuple(float(x) for x in k_par[wrong[0] % len(k_par)])} 1/nm"
        raise ComputationError(
            f"lead modes{where}: {is_right[wrong[0]].sum()} of {2 * n} modes go right instead of {n}; "
            f"the energy {energy} eV is too close to a band edge; choose a slightly different one"
        )
    norm = np.where(on_circle, np.sqrt(np.abs(np.where(on_circle, velocity, 1))), 1)
    vectors = vectors / norm[:, None, :]
    # Each step leaves the second order of what it removes.
    for _ in range(2):
        vectors = _without_cross_flux(modes.forward, vectors, hopping, on_circle, np.sign(velocity), speed)
    velocity = np.where(on_circle, velocity, 0.0)
    return tuple(
        _select(wanted, on_circle, step, vectors, velocity, n)
        for wanted, step in ((is_right, modes.forward), (~is_right, modes.backward))
    )


def count_open(onsite: np.ndarray, hopping: np.ndarray, energy: float) -> np.ndarray:
    """Number of open right-going modes: half the eigenvalues on the unit circle.

    Parameters
    ----------
    onsite, hopping : (nk or 1, n, n) arrays, eV
    energy : float, eV

    Returns
    -------
    (nk,) int array
    """
    number = as_number(hopping)
    if number is not None:
        distance = np.abs(np.linalg.eigvalsh(onsite) - energy)
        return (distance < 2 * np.abs(number)[:, None]).sum(axis=-1)
    mu = np.linalg.eigvals(_pencil(onsite, hopping, energy))
    with np.errstate(divide="ignore"):
        size_log = np.log(np.abs(1 + SHIFT * mu)) - np.log(np.abs(mu))
    return (np.abs(size_log) < ON_CIRCLE).sum(axis=-1) // 2


def as_number(hopping: np.ndarray) -> np.ndarray | None:
    """v where a hopping is V = v 1 with a real v, otherwise None.

    Parameters
    ----------
    hopping : (..., n, n) array

    Returns
    -------
    (...) array or None
        None also if only some of the hoppings are numbers.
    """
    number = hopping[..., 0, 0]
    if np.any(number.imag) or not np.array_equal(hopping, number[..., None, None] * np.eye(hopping.shape[-1])):
        return None
    return number.real


def rounding_of_flux(hopping: float | np.ndarray, slowest: float | np.ndarray) -> float | np.ndarray:
    """Error of the flux of a mode, 100 eps (V/v)^2, with unit flux for a scale.

    Close to a band edge the flux of a mode is a difference of nearly equal numbers.

    Parameters
    ----------
    hopping : float or array, eV
        Largest element of V.
    slowest : float or array, eV
        Velocity v of the slowest open mode.
    """
    return ROUNDING_OF_FLUX * (hopping / slowest) ** 2


def rounding_of_step(speed: np.ndarray) -> np.ndarray:
    """How far the Bloch factors of one and the same mode may lie apart.

        1e-11 + 1e-12 V/v, but not more than 3e-8,

    as a Bloch factor next to a threshold is the root of a small difference.

    Parameters
    ----------
    speed : array
        Velocity v of the mode over the size of the hopping V.
    """
    return np.minimum(SAME + ROUNDING / np.maximum(speed, ROUNDING), BLURRED)


def _orthogonal_modes(onsite, number, energy):
    """`lead_modes` where the hopping is a number."""
    level, vectors = np.linalg.eigh(onsite)
    number = number[:, None]
    # lambda + 1/lambda = 2 + 2q; q = 0 at the band edge.
    q = (np.asarray(energy)[..., None] - level - 2 * number) / (2 * number)
    vectors = np.broadcast_to(vectors, (*q.shape, q.shape[-1]))
    if np.iscomplexobj(q):
        root = np.sqrt(q) * np.sqrt(q + 2)
        larger = np.where(np.abs(1 + q + root) > np.abs(1 + q - root), 1 + q + root, 1 + q - root)
        # A real number is the same hopping in both directions: left and right are
        # mirror images, and the n modes, all evanescent, serve both.
        modes = LeadModes(1 / larger, vectors, np.zeros(q.shape))
        return modes, modes
    square = -q * (q + 2)
    travels = square > 0
    root = np.sqrt(np.abs(square))
    decaying = np.sign(1 + q) / (np.abs(1 + q) + np.where(travels, 1, root))
    step = np.where(travels, 1 + q - 1j * np.sign(number) * root, decaying)
    speed = np.where(travels, 2 * np.abs(number) * root, 0.0)
    vectors = vectors / np.sqrt(np.where(travels, speed, 1))[:, None, :]
    order = np.argsort(~travels, axis=-1, kind="stable")
    step, speed = (np.take_along_axis(x, order, -1) for x in (step, speed))
    vectors = np.take_along_axis(vectors, order[:, None, :], -1)
    return LeadModes(step, vectors, speed), LeadModes(step, vectors, -speed)


@dataclass(frozen=True, eq=False)
class _Solutions:
    """All 2n modes of a crystal, before they are sorted.

    Bloch factors lambda and 1/lambda, finite where they are needed, and log|lambda|,
    each (nk, 2n); vectors (nk, n, 2n) of norm 1.
    """

    forward: np.ndarray
    backward: np.ndarray
    size_log: np.ndarray
    vectors: np.ndarray


def _pencil(onsite, hopping, energy):
    """The matrix whose eigenvalues are mu."""
    n = onsite.shape[-1]
    shape = np.broadcast_shapes(onsite.shape, hopping.shape)
    onsite = np.broadcast_to(onsite - np.asarray(energy)[..., None, None] * np.eye(n), shape)
    hopping = np.broadcast_to(hopping, shape)
    inverse = np.linalg.inv(dagger(hopping) + SHIFT * onsite + SHIFT**2 * hopping)
    k = inverse @ (onsite + SHIFT * hopping)
    w = inverse @ hopping
    pencil = np.empty((*shape[:-2], 2 * n, 2 * n), complex)
    pencil[..., :n, :n], pencil[..., :n, n:] = -k, -w
    pencil[..., n:, :n], pencil[..., n:, n:] = np.eye(n) - SHIFT * k, -SHIFT * w
    return pencil


def _solve(onsite, hopping, energy):
    """The modes as the eigensolver finds them."""
    n = onsite.shape[-1]
    mu, x = np.linalg.eig(_pencil(onsite, hopping, energy))
    numerator = 1 + SHIFT * mu
    with np.errstate(divide="ignore", invalid="ignore"):
        forward, backward = numerator / mu, mu / numerator
        size_log = np.log(np.abs(numerator)) - np.log(np.abs(mu))
    decays = (size_log <= 0)[..., None, :]
    vectors = np.where(decays, x[..., :n, :], x[..., n:, :])
    vectors = vectors / np.linalg.norm(vectors, axis=-2, keepdims=True)
    return _Solutions(forward, backward, size_log, vectors)


def _flux(modes, hopping):
    """Flux of each mode, 2 Im(psi_{j+1}^+ V^+ psi_j) = -2 Im(lambda u^+ V u)."""
    return -2 * np.imag(modes.forward * np.sum(modes.vectors.conj() * (hopping @ modes.vectors), axis=-2))


def _clusters(factor, speed, on_circle):
    """Which open modes (nk, 2n, 2n) have the same lambda, as far as one can tell."""
    factor = np.where(on_circle, factor, 0)
    blur = rounding_of_step(speed)
    blur = np.maximum(blur[:, :, None], blur[:, None, :])
    together = np.abs(factor[:, :, None] - factor[:, None, :]) < blur
    return together & on_circle[:, :, None] & on_circle[:, None, :]


def _polished(modes, onsite, hopping, energy, slow, together):
    """The slow open modes from the Hermitian Bloch matrix h + lambda V + lambda^* V^+.

    Close to a band edge two Bloch factors merge and the pencil is nearly defective:
    vectors are off by eps/velocity^2. The Bloch matrix at the same lambda has no such
    trouble, and a Newton step in its phase mends lambda.
    """
    k, mode = np.nonzero(slow)
    if not len(k):
        return modes
    # Degenerate modes share the phase of the first of them, so that their vectors come
    # from one and the same matrix.
    alike = together[k, mode]
    first = alike.argmax(axis=1)
    rank = (alike & (np.arange(alike.shape[1]) < mode[:, None])).sum(axis=1)
    phase, rows = np.angle(modes.forward[k, first]), np.arange(len(k))
    onsite, hopping = onsite[k], hopping[k]
    for newton in (True, False):
        bloch = hopping * np.exp(1j * phase)[:, None, None]
        levels, states = np.linalg.eigh(onsite + bloch + dagger(bloch))
        near = np.argsort(np.abs(levels - energy), axis=1, kind="stable")
        if newton:
            u = states[rows, :, near[:, 0]]
            slope = -2 * np.imag(np.einsum("ka,kab,kb->k", u.conj(), bloch, u))
            step = (levels[rows, near[:, 0]] - energy) / slope
            phase = phase - np.where(np.abs(step) < LARGEST_NEWTON_STEP, step, 0)
    vectors, forward, backward = modes.vectors.copy(), modes.forward.copy(), modes.backward.copy()
    vectors[k, :, mode] = states[rows, :, near[rows, rank]]
    forward[k, mode], backward[k, mode] = np.exp(1j * phase), np.exp(-1j * phase)
    return _Solutions(forward, backward, modes.size_log, vectors)


def _diagonal_flux(modes, hopping, on_circle, together):
    """Vectors that make the flux matrix of each cluster diagonal, and fluxes."""
    vectors = modes.vectors
    flux = _flux_matrix(np.where(on_circle, modes.forward, 0), vectors, hopping)
    velocity = np.real(np.einsum("...mm->...m", flux))
    clustered = np.flatnonzero(together.sum(axis=(-1, -2)) > on_circle.sum(axis=-1))
    if not len(clustered):
        return vectors, velocity
    together, part, flux = together[clustered], vectors[clustered], flux[clustered]
    n_modes = together.shape[-1]
    label = np.where(on_circle[clustered], together.argmax(axis=-1), n_modes + np.arange(n_modes))
    gram = np.where(together, dagger(part) @ part, np.eye(n_modes))
    inverse = np.linalg.inv(np.linalg.cholesky(gram))
    flux = inverse @ np.where(together, flux, 0) @ dagger(inverse)
    spread = SPREAD * np.abs(flux).max(axis=(-1, -2))[:, None] * label
    _, rotation = np.linalg.eigh(flux + spread[..., None] * np.eye(n_modes))
    vectors, velocity = vectors.copy(), velocity.copy()
    order = np.argsort(label, axis=-1, kind="stable")
    rotation = _columns_to(order, rotation)
    vectors[clustered] = part @ dagger(inverse) @ rotation
    velocity[clustered] = np.real(np.einsum("kma,kmn,kna->ka", rotation.conj(), flux, rotation))
    return vectors, velocity


def _without_cross_flux(factor, vectors, hopping, on_circle, sign, speed):
    """Vectors without the flux between nearly degenerate open modes, of unit flux each.

    The flux between modes of different lambda vanishes, but the eigensolver mixes them
    by eps/|lambda_1 - lambda_2|. With a flux matrix F = D + O, where D has +-1 on the
    diagonal, the vectors times 1 - D^-1 O/2 have F = D to second order in O, as long as
    the lambda of a pair differ by less than the speeds.
    """
    factor = np.where(on_circle, factor, 0)
    slower = np.minimum(speed[:, :, None], speed[:, None, :])
    close = np.abs(factor[:, :, None] - factor[:, None, :]) < CLOSE * slower
    wrong = _flux_matrix(factor, vectors, hopping) - sign[..., :, None] * np.eye(factor.shape[-1])
    wrong = np.where(close & on_circle[..., :, None] & on_circle[..., None, :], wrong, 0)
    wrong = np.where(np.abs(wrong) < SMALL_CROSS_FLUX, wrong, 0)
    return vectors - vectors @ (sign[..., :, None] * wrong) / 2


def _flux_matrix(factor, vectors, hopping):
    """Flux between modes, (nk, m, m); the diagonal is 2 Im(psi_{j+1}^+ V^+ psi_j)."""
    hop = dagger(vectors) @ hopping @ vectors * factor[..., None, :]
    return -1j * (dagger(hop) - hop)


def _columns_to(order, matrix):
    """Put column i of `matrix` (k, m, m) at column order[k, i]."""
    moved = np.empty_like(matrix)
    np.put_along_axis(moved, order[:, None, :], matrix, axis=-1)
    return moved


def _select(wanted, on_circle, step, vectors, velocity, n):
    """The n `wanted` ones of all modes, open ones first."""
    order = np.argsort(np.where(wanted, ~on_circle, 2), axis=-1, kind="stable")[..., :n]
    take = order[..., None, :]
    return LeadModes(
        np.take_along_axis(step, order, -1),
        np.take_along_axis(vectors, take, -1),
        np.take_along_axis(velocity, order, -1),
    )
