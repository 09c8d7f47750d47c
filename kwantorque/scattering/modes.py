"""Modes of a lead: all solutions psi_j = lambda^j u of the infinite crystal at one energy.

Equation: V^+ u + lambda (h - E) u + lambda^2 V u = 0, with on-site block h and hopping V = H_{j,j+1}. With
x = (u, lambda u) it is a generalised eigenvalue problem; inverted about a shift sigma that is no eigenvalue, it becomes
an ordinary one for mu = 1/(lambda - sigma), which has no trouble with singular hoppings (lambda = 0 and infinity):

    P(sigma) = V^+ + sigma (h - E) + sigma^2 V,   K = P^-1 (h - E + sigma V),   W = P^-1 V
    mu x = [[-K, -W], [1 - sigma K, -sigma W]] x

Open modes (|lambda| = 1) are sorted by their flux 2 Im(psi_{j+1}^+ V^+ psi_j). Degenerate ones come out of the
eigensolver in an arbitrary basis, in which even the sign of the flux is meaningless; within each cluster of equal
lambda the basis is rotated to the one in which the flux matrix is diagonal.

Where the hopping is a number v (free electrons, one orbital per site), none of this is needed: the modes' vectors are
the eigenvectors of the Hermitian h, with eigenvalues e, and v (lambda + 1/lambda) = E - e.
"""

from dataclasses import dataclass

import numpy as np

from ..algebra import dagger
from ..errors import ComputationError

__all__ = ["EndModes", "LeadModes", "as_number", "count_open", "lead_modes"]

SHIFT = 1.3 * np.exp(2.1j)
ON_CIRCLE = 1e-8
"""| |lambda| - 1 | below this counts as an open mode."""
SLOW = 0.02
"""Open modes with a velocity below this part of the hopping are polished."""
SAME = 1e-11
BLURRED = 3e-8
"""Open modes with |lambda_1 - lambda_2| below SAME are one cluster; slow ones, blurred by rounding, up to BLURRED."""


@dataclass(frozen=True, eq=False)
class LeadModes:
    """The n modes that travel or decay in one direction, at each of nk points.

    Attributes
    ----------
    step : (nk, n) complex array; factor per cell in the mode's own direction, |step| <= 1
    vectors : (nk, n, n) complex array, [k, orbital, mode]; open modes carry unit flux, evanescent ones have norm 1
    velocity : (nk, n) array; flux of the mode at norm 1 in eV, signed towards +z; 0 for evanescent modes
    """

    step: np.ndarray
    vectors: np.ndarray
    velocity: np.ndarray

    def at(self, index):
        """The modes at a subset of the k-points."""
        return LeadModes(self.step[index], self.vectors[index], self.velocity[index])

    @property
    def open(self):
        """(nk, n) bool array: which modes are open."""
        return self.velocity != 0


@dataclass(frozen=True, eq=False)
class EndModes:
    """Modes of the lead at one end of a chain.

    Attributes
    ----------
    incoming, outgoing : LeadModes
        Those that travel towards the chain, and those that leave it or decay away from it.
    """

    incoming: LeadModes
    outgoing: LeadModes

    def at(self, index):
        """The modes at a subset of the k-points."""
        return EndModes(self.incoming.at(index), self.outgoing.at(index))


def lead_modes(onsite, hopping, energy, k_par=None):
    """Right-going and left-going modes of the crystal with blocks `onsite`, `hopping`, each (nk, n, n).

    Returns
    -------
    right, left : LeadModes
        Open modes first.

    Raises
    ------
    ComputationError
        If the numbers of right-going and left-going modes differ: the energy is too close to a band edge.
    """
    number = as_number(hopping)
    if number is not None:
        return _orthogonal_modes(onsite, number, energy)
    factor, vectors = _solve(onsite, hopping, energy)
    onsite, hopping = (np.broadcast_to(b, (len(vectors), *b.shape[1:])) for b in (onsite, hopping))
    on_circle = np.abs(factor.size_log) < ON_CIRCLE
    speed = np.abs(_flux(factor.forward, vectors, hopping)) / np.linalg.norm(hopping, axis=(-1, -2))[:, None]
    together = _clusters(factor.forward, speed, on_circle)
    factor, vectors = _polished(factor, vectors, onsite, hopping, energy, on_circle & (speed < SLOW), together)
    vectors, velocity = _diagonal_flux(factor.forward, vectors, hopping, on_circle, together)
    is_right = np.where(on_circle, velocity > 0, factor.size_log < 0)
    n = onsite.shape[-1]
    wrong = np.flatnonzero(is_right.sum(axis=-1) != n)
    if len(wrong):
        where = "" if k_par is None else f" at k = {tuple(float(x) for x in k_par[wrong[0] % len(k_par)])} 1/nm"
        raise ComputationError(
            f"lead modes{where}: {is_right[wrong[0]].sum()} of {2 * n} modes go right instead of {n}; "
            f"the energy {energy} eV is too close to a band edge"
        )
    norm = np.where(on_circle, np.sqrt(np.abs(np.where(on_circle, velocity, 1))), 1)
    vectors = vectors / norm[:, None, :]
    for _ in range(2):
        vectors = _without_cross_flux(factor.forward, vectors, hopping, on_circle, np.sign(velocity), speed)
    velocity = np.where(on_circle, velocity, 0.0)
    return tuple(
        _select(wanted, on_circle, step, vectors, velocity, n)
        for wanted, step in ((is_right, factor.forward), (~is_right, factor.backward))
    )


def count_open(onsite, hopping, energy):
    """Number of open right-going modes at each k, (nk,): half the eigenvalues on the unit circle."""
    number = as_number(hopping)
    if number is not None:
        distance = np.abs(np.linalg.eigvalsh(onsite) - energy)
        return (distance < 2 * np.abs(number)[:, None]).sum(axis=-1)
    mu = np.linalg.eigvals(_pencil(onsite, hopping, energy))
    with np.errstate(divide="ignore"):
        size_log = np.log(np.abs(1 + SHIFT * mu)) - np.log(np.abs(mu))
    return (np.abs(size_log) < ON_CIRCLE).sum(axis=-1) // 2


def as_number(hopping):
    """The real number v (nk or 1,) that a hopping is a multiple of the identity of, or None."""
    number = hopping[..., 0, 0]
    if np.any(number.imag) or not np.array_equal(hopping, number[..., None, None] * np.eye(hopping.shape[-1])):
        return None
    return number.real


def _orthogonal_modes(onsite, number, energy):
    """`lead_modes` where the hopping is a number; `energy` may be complex (upper half plane) and one for each k."""
    level, vectors = np.linalg.eigh(onsite)
    number = number[:, None]
    # lambda + 1/lambda = 2 + 2q; q = 0 at the band edge.
    q = (np.asarray(energy)[..., None] - level - 2 * number) / (2 * number)
    vectors = np.broadcast_to(vectors, (*q.shape, q.shape[-1]))
    if np.iscomplexobj(q):
        root = np.sqrt(q) * np.sqrt(q + 2)
        larger = np.where(np.abs(1 + q + root) > np.abs(1 + q - root), 1 + q + root, 1 + q - root)
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
class _Factor:
    """Bloch factors lambda and 1/lambda, finite where they are needed, and log|lambda|."""

    forward: np.ndarray
    backward: np.ndarray
    size_log: np.ndarray


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
    """Bloch factors and normalised vectors of all 2n modes."""
    n = onsite.shape[-1]
    mu, x = np.linalg.eig(_pencil(onsite, hopping, energy))
    numerator = 1 + SHIFT * mu
    with np.errstate(divide="ignore", invalid="ignore"):
        forward, backward = numerator / mu, mu / numerator
        size_log = np.log(np.abs(numerator)) - np.log(np.abs(mu))
    decays = (size_log <= 0)[..., None, :]
    vectors = np.where(decays, x[..., :n, :], x[..., n:, :])
    vectors = vectors / np.linalg.norm(vectors, axis=-2, keepdims=True)
    return _Factor(forward, backward, size_log), vectors


def _flux(factor, vectors, hopping):
    """Flux of each mode, 2 Im(psi_{j+1}^+ V^+ psi_j) = -2 Im(lambda u^+ V u)."""
    return -2 * np.imag(factor * np.sum(vectors.conj() * (hopping @ vectors), axis=-2))


def _clusters(factor, speed, on_circle):
    """Which open modes (nk, 2n, 2n) have the same lambda, as far as the eigensolver can tell."""
    factor = np.where(on_circle, factor, 0)
    blur = np.minimum(SAME + 1e-14 / np.maximum(speed, 1e-14), BLURRED)
    blur = np.maximum(blur[:, :, None], blur[:, None, :])
    together = np.abs(factor[:, :, None] - factor[:, None, :]) < blur
    return together & on_circle[:, :, None] & on_circle[:, None, :]


def _polished(factor, vectors, onsite, hopping, energy, slow, together):
    """Open modes of small velocity, from the Hermitian Bloch matrix h + lambda V + lambda^* V^+ instead.

    Close to a band edge two Bloch factors merge and the pencil is nearly defective: vectors are off by eps/velocity^2.
    The Bloch matrix at the same lambda has no such trouble, and a Newton step in its phase mends lambda.
    """
    k, mode = np.nonzero(slow)
    if not len(k):
        return factor, vectors
    # Degenerate modes share the phase of the first of them, so that their vectors come from one and the same matrix.
    alike = together[k, mode]
    first = alike.argmax(axis=1)
    rank = (alike & (np.arange(alike.shape[1]) < mode[:, None])).sum(axis=1)
    phase, rows = np.angle(factor.forward[k, first]), np.arange(len(k))
    onsite, hopping = onsite[k], hopping[k]
    for newton in (True, False):
        bloch = hopping * np.exp(1j * phase)[:, None, None]
        levels, states = np.linalg.eigh(onsite + bloch + dagger(bloch))
        near = np.argsort(np.abs(levels - energy), axis=1, kind="stable")
        if newton:
            u = states[rows, :, near[:, 0]]
            slope = -2 * np.imag(np.einsum("ka,kab,kb->k", u.conj(), bloch, u))
            step = (levels[rows, near[:, 0]] - energy) / slope
            phase = phase - np.where(np.abs(step) < 1e-6, step, 0)
    vectors, forward, backward = vectors.copy(), factor.forward.copy(), factor.backward.copy()
    vectors[k, :, mode] = states[rows, :, near[rows, rank]]
    forward[k, mode], backward[k, mode] = np.exp(1j * phase), np.exp(-1j * phase)
    return _Factor(forward, backward, factor.size_log), vectors


def _diagonal_flux(factor, vectors, hopping, on_circle, together):
    """Vectors with a diagonal flux matrix within each cluster of degenerate open modes, and their fluxes."""
    factor = np.where(on_circle, factor, 0)
    flux = _flux_matrix(factor, vectors, hopping)
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
    spread = 4 * np.abs(flux).max(axis=(-1, -2))[:, None] * label
    _, rotation = np.linalg.eigh(flux + spread[..., None] * np.eye(n_modes))
    vectors, velocity = vectors.copy(), velocity.copy()
    order = np.argsort(label, axis=-1, kind="stable")
    rotation = _columns_to(order, rotation)
    vectors[clustered] = part @ dagger(inverse) @ rotation
    velocity[clustered] = np.real(np.einsum("kma,kmn,kna->ka", rotation.conj(), flux, rotation))
    return vectors, velocity


def _without_cross_flux(factor, vectors, hopping, on_circle, sign, speed):
    """Remove what rounding left of the flux between nearly degenerate open modes, and of unit flux in each.

    The flux between modes of different lambda vanishes, but the eigensolver mixes them by eps/|lambda_1 - lambda_2|.
    With a flux matrix F = D + O, where D has +-1 on the diagonal, the vectors times 1 - D^-1 O/2 have F = D to
    second order in O, as long as the lambda of a pair differ by less than the speeds.
    """
    factor = np.where(on_circle, factor, 0)
    slower = np.minimum(speed[:, :, None], speed[:, None, :])
    close = np.abs(factor[:, :, None] - factor[:, None, :]) < 0.01 * slower
    wrong = _flux_matrix(factor, vectors, hopping) - sign[..., :, None] * np.eye(factor.shape[-1])
    wrong = np.where(close & on_circle[..., :, None] & on_circle[..., None, :], wrong, 0)
    # Next to a band edge velocities are noise themselves, and the step would not be small.
    wrong = np.where(np.abs(wrong) < 1e-3, wrong, 0)
    return vectors - vectors @ (sign[..., :, None] * wrong) / 2


def _flux_matrix(factor, vectors, hopping):
    """Particle flux between modes, (nk, m, m), whose diagonal is 2 Im(psi_{j+1}^+ V^+ psi_j)."""
    hop = dagger(vectors) @ hopping @ vectors * factor[..., None, :]
    return -1j * (dagger(hop) - hop)


def _columns_to(order, matrix):
    """Put column i of `matrix` (k, m, m) at column order[k, i]."""
    moved = np.empty_like(matrix)
    np.put_along_axis(moved, order[:, None, :], matrix, axis=-1)
    return moved


def _select(wanted, on_circle, step, vectors, velocity, n):
    order = np.argsort(np.where(wanted, ~on_circle, 2), axis=-1, kind="stable")[..., :n]
    take = order[..., None, :]
    return LeadModes(
        np.take_along_axis(step, order, -1),
        np.take_along_axis(vectors, take, -1),
        np.take_along_axis(velocity, order, -1),
    )
