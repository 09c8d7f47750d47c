"""Directions of random vectors, and averages over realisations of disorder.

Over all directions <S_i^a S_j^b> = delta_ij delta_ab/3. Three ways to it:

    array       S_i = +-h_ri e_a: all rows r of a Hadamard matrix h, whose columns are
                orthogonal, both signs, the three axes a: exact, with no statistical
                error, up to third order in S
    antithetic  pairs S, -S of random directions: all odd orders cancel
    random      random directions
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import hadamard

from ..errors import InputError, known, whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["AVERAGES", "Directions", "hadamard_above", "ratio_of_means"]

UNIT = 1e-6
"""Length by which a unit vector may differ from one."""
AVERAGES = ("array", "antithetic", "random")


def hadamard_above(number: int) -> NDArray:
    """The smallest Hadamard matrix of more than so many columns that is built here.

    Built are the powers of 2 (Sylvester), q + 1 and 2(q + 1) for q = 3 and q = 1 mod 4,
    a prime or the square of one (Paley), and these doubled: every multiple of 4 up to
    88, and most of those beyond (not 92, 116, 156, 172).

    Parameters
    ----------
    number : int

    Returns
    -------
    (order, order) array of +1 and -1
        H H^T = order; column 0 is all ones.

    References
    ----------
    Paley, J. Math. Phys. 12, 311 (1933).

    Examples
    --------
    >>> from kwantorque.integration.realisations import hadamard_above
    >>> [len(hadamard_above(n)) for n in (0, 1, 3, 10, 15, 16)]
    [1, 2, 4, 12, 16, 20]
    """
    order = whole("number", number, least=0) + 1
    while (found := _hadamard(order)) is None:
        order += 1
    return found * found[:, :1]


@lru_cache(maxsize=8)
def _hadamard(order):
    """A Hadamard matrix of this order, None if none is built here."""
    if order & (order - 1) == 0:
        return hadamard(order)
    if order % 4:
        return None
    if _is_prime(order - 1):
        core = _paley_core(order - 1)
        skew = np.block([[0, np.ones((1, order - 1))], [-np.ones((order - 1, 1)), core]])
        return (np.eye(order) + skew).astype(int)
    q = order // 2 - 1
    if q % 4 == 1 and (_is_prime(q) or (_is_prime(round(q**0.5)) and round(q**0.5) ** 2 == q)):
        symmetric = np.block([[0, np.ones((1, q))], [np.ones((q, 1)), _paley_core(q)]])
        found = np.kron(symmetric, [[1, 1], [1, -1]]) + np.kron(np.eye(q + 1), [[1, -1], [-1, -1]])
        return found.astype(int)
    half = _hadamard(order // 2)
    return None if half is None else np.kron(half, [[1, 1], [1, -1]])


def _is_prime(q):
    return q > 1 and all(q % d for d in range(2, int(q**0.5) + 1))


def _paley_core(q):
    """chi(i - j) of the field of q elements: 1 for squares, -1 for others, 0 for 0."""
    p = q if _is_prime(q) else round(q**0.5)
    # Elements a + b w, numbered a + p b; w^2 = r is no square among the a (b = 0 only
    # if q is a prime).
    a, b = np.arange(q) % p, np.arange(q) // p
    r = min(set(range(1, p)) - {x * x % p for x in range(1, p)})
    chi = np.full(q, -1)
    chi[(a * a + r * b * b) % p + p * (2 * a * b % p)] = 1
    chi[0] = 0
    return chi[(a[:, None] - a) % p + p * ((b[:, None] - b) % p)]


@dataclass(frozen=True)
class Directions:
    """Unit vectors of several kinds of impurities in each realisation.

    Realisation i has its own stream of random numbers: it does not depend on how many
    there are, or on who computes it.

    Parameters
    ----------
    number : int
        Impurities.
    average : {"array", "antithetic", "random"}
    realisations : int
        Of "antithetic" (a pair is one) and "random"; an array has its own number.
    seed : int
    kinds : int
        Independent vectors of each impurity: they take further columns of the array.
    given : (realisations, number, 3) or (realisations, kinds, number, 3) array
        Unit vectors instead of all this; one vector of each impurity serves all kinds.

    Raises
    ------
    InputError
        An unknown word, a number that is none, vectors that are no unit vectors.

    Examples
    --------
    >>> from kwantorque.integration.realisations import Directions
    >>> array = Directions(15)
    >>> len(array), array.of(0).shape
    (96, (1, 1, 15, 3))
    >>> Directions(15, "aray")
    Traceback (most recent call last):
    kwantorque.errors.InputError: unknown average 'aray'; did you mean 'array'?
    """

    number: int
    average: str = "array"
    realisations: int = 96
    seed: int = 0
    kinds: int = 1
    given: NDArray | None = field(default=None, compare=False)

    def __post_init__(self):
        known("average", self.average, AVERAGES)
        for name, least in (("number", 0), ("realisations", 1), ("seed", 0), ("kinds", 1)):
            object.__setattr__(self, name, whole(name, getattr(self, name), least))
        if self.given is not None:
            object.__setattr__(self, "given", _unit_vectors(self.given, self.kinds, self.number))

    @property
    def random(self) -> bool:
        """Whether a mean over them has a standard error."""
        return self.given is None and self.average != "array"

    def __len__(self) -> int:
        if self.given is not None:
            return len(self.given)
        return 6 * len(hadamard_above(self.number * self.kinds)) if self.average == "array" else self.realisations

    @property
    def solves(self) -> int:
        """Choices of directions in one realisation."""
        return 2 if self.random and self.average == "antithetic" else 1

    def of(self, i: int) -> NDArray:
        """All unit vectors of realisation i.

        Returns
        -------
        (solves, kinds, number, 3) array
        """
        if self.given is not None:
            return self.given[i : i + 1]
        if self.average == "array":
            row, axis, sign = np.unravel_index(i, (len(self) // 6, 3, 2))
            signs = hadamard_above(self.number * self.kinds)[row, 1 : 1 + self.number * self.kinds]
            vectors = (1 - 2 * sign) * signs[:, None] * np.eye(3)[axis]
            return vectors.reshape(1, self.kinds, self.number, 3)
        # Not the stream of the positions.
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(1, i)))
        vectors = rng.normal(size=(self.kinds, self.number, 3))
        vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
        return np.stack([vectors, -vectors][: self.solves])


def _unit_vectors(given, kinds, number):
    """As (realisations, kinds, number, 3)."""
    try:
        vectors = np.asarray(given, float)
    except (TypeError, ValueError):
        vectors = np.empty(0)
    if vectors.ndim == 3:
        vectors = np.repeat(vectors[:, None], kinds, axis=1)
    if vectors.shape[1:] != (kinds, number, 3) or not len(vectors):
        raise InputError(
            f"directions must be (realisations, {number}, 3) or (realisations, {kinds}, {number}, 3), got "
            f"{np.shape(given) if vectors.size else given!r}"
        )
    if not (np.abs(np.linalg.norm(vectors, axis=-1) - 1) < UNIT).all():
        raise InputError("directions must be unit vectors: strengths are those of the impurities")
    return vectors


def ratio_of_means(over: ArrayLike, under: ArrayLike) -> tuple[float, float]:
    """<x>/<y> of independent pairs (x, y), with its standard error.

        error = sqrt( sum (x_i - r y_i)^2 / (n (n - 1)) ) / |<y>|,    r = <x>/<y>

    Parameters
    ----------
    over, under : (n,) arrays

    Returns
    -------
    ratio, error : float
        NaN where they do not exist: <y> = 0, n = 1.

    Raises
    ------
    InputError
        Numbers of x and y that differ.

    Examples
    --------
    >>> from kwantorque.integration.realisations import ratio_of_means
    >>> ratio_of_means([2.0, 2.0], [1.0, 1.0])
    (2.0, 0.0)
    """
    over, under = np.asarray(over, float), np.asarray(under, float)
    if over.shape != under.shape or over.ndim != 1:
        raise InputError(f"a ratio of means needs as many x as y, got {over.shape} and {under.shape}")
    n, scale = len(over), float(np.mean(under)) if len(under) else 0.0
    if scale == 0:
        return float("nan"), float("nan")
    ratio = float(np.mean(over)) / scale
    error = np.sqrt(np.sum((over - ratio * under) ** 2) / (n * (n - 1))) / abs(scale) if n > 1 else np.nan
    return ratio, float(error)
