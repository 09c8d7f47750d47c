"""Point impurities on a strip: scalar, with a spin, with spin-orbit coupling.

At each of them, with unit vectors S and e in the frame of the magnetisation,

    H = u + v S.sigma + i lambda [D_x^+ (e.sigma) D_y - D_y^+ (e.sigma) D_x],
    D_x psi = (psi_{x+1} - psi_{x-1})/2,

the last one as in eq. 8 of Tatara and Entel, Phys. Rev. B 78, 064429 (2008), in two
dimensions. Differences are those of the laboratory: with amplitudes psi = U_x a of
the frame that turns,

    U_x^+ D_x psi = (R_x a_{x+1} - R_{x-1}^+ a_{x-1})/2,  R_x = exp(-i d_x sigma_z/2).

Seen by the few amplitudes psi, D_x psi, D_y psi at the impurities, H = B^+ U B.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from ..algebra import SIGMA, dagger, rotation
from ..errors import InputError, finite, instance, named, whole
from .strip import MARGIN, Strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Impurities", "draw_sites", "pauli_along"]


ONE = np.eye(2)


def draw_sites(strip: Strip, number: int, seed: int = 0) -> tuple[tuple[int, ...], ...]:
    """So many different sites of a strip, drawn at random.

    Parameters
    ----------
    strip : Strip
    number : int
    seed : int

    Returns
    -------
    tuple of (x, y), or (x, y, z) of a slab

    Raises
    ------
    InputError
        More impurities than sites, a number that is none, what is no Strip.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.structures.impurities import draw_sites
    >>> len(set(draw_sites(kt.Strip(), 15)))
    15
    >>> draw_sites(kt.Strip(width=2, length=3), 7)
    Traceback (most recent call last):
    kwantorque.errors.InputError: `impurities` must be at most 6, one for each site ...
    """
    instance("strip", strip, Strip, "Strip(width=6)")
    number, seed = whole("impurities", number, least=0), whole("seed", seed, least=0)
    if number > strip.n_sites:
        raise InputError(
            f"`impurities` must be at most {strip.n_sites}, one for each site of a strip of length {strip.length} and "
            f"width {strip.width}, got {number}"
        )
    # Not the stream of the directions.
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    chosen = rng.choice(strip.n_sites, number, replace=False)
    return tuple(tuple(map(int, site)) for site in np.stack(np.unravel_index(chosen, strip.shape), axis=1))


@named
@dataclass(frozen=True)
class Impurities:
    """Impurities of one kind on some sites of a strip, all in every realisation.

        H = u + v S.sigma + i lambda [D_x^+ (e.sigma) D_y - D_y^+ (e.sigma) D_x]

    The unit vectors S and e differ from realisation to realisation; they are given in
    the frame of n, components n, t, b.

    Parameters
    ----------
    sites : sequence of (x, y), or (x, y, z) of a slab
        From 0 to length - 1, width - 1, height - 1.
    spin : float
        v.
    spin_orbit : float
        lambda.
    scalar : float
        u.
    scalar_sites : the same as `sites`, optional
        Where u is instead, with or without a spin: there may be more of them, or none
        in common.

    Raises
    ------
    InputError
        A strength that is no number, two impurities on one site.

    Examples
    --------
    >>> import kwantorque as kt
    >>> kt.Impurities([(20, 2)], spin=0.1).strengths["impurity_strength"]
    0.1
    >>> kt.Impurities([(20, 2), (20, 2)])
    Traceback (most recent call last):
    kwantorque.errors.InputError: `sites` of impurities must be different, got ...
    """

    sites: tuple[tuple[int, ...], ...]
    spin: float = 0.0
    spin_orbit: float = 0.0
    scalar: float = 0.0
    scalar_sites: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self):
        object.__setattr__(self, "sites", _sites("sites", self.sites))
        if self.scalar_sites is not None:
            object.__setattr__(self, "scalar_sites", _sites("scalar_sites", self.scalar_sites))
        for name in ("spin", "spin_orbit", "scalar"):
            object.__setattr__(self, name, finite(name, getattr(self, name)))

    @property
    def n(self) -> int:
        """Number of impurities, of those with directions."""
        return len(self.sites)

    @property
    def places(self) -> tuple[tuple[int, ...], ...]:
        """All sites with an impurity, `sites` first."""
        return tuple(dict.fromkeys([*self.sites, *(self.scalar_sites or ())]))

    @property
    def has_scalar(self) -> NDArray:
        """Which of `places` have u, (n_places,) bool."""
        scalar = set(self.sites if self.scalar_sites is None else self.scalar_sites)
        return np.array([place in scalar for place in self.places], bool)

    @property
    def strengths(self) -> Mapping[str, float]:
        """u, v and lambda by the names of parameters."""
        return {
            "scalar_strength": self.scalar,
            "impurity_strength": self.spin,
            "spin_orbit_strength": self.spin_orbit,
        }

    def on(self, strip: Strip) -> NDArray:
        """Numbers of their `places` in a strip, (n_places,): `sites` are the first n.

        Raises
        ------
        InputError
            The strip has no such site, or no room for spin-orbit impurities.
        """
        sizes = strip.shape
        for site in self.places:
            if len(site) != len(sizes) or any(c >= size for c, size in zip(site, sizes, strict=True)):
                raise InputError(f"an impurity must be on a site of the strip, {sizes} of them, got {site}")
        if self.spin_orbit and (strip.height > 1 or strip.width < 3):
            raise InputError(
                "spin-orbit impurities need a strip (`height` 1) with a `width` of at least 3 sites, got "
                f"width {strip.width}, height {strip.height}"
            )
        return np.array([strip.site(*site) for site in self.places], int)

    def projector(self, strip: Strip) -> csr_array:
        """B: from psi on all sites to psi, D_x psi, D_y psi at the impurities.

        Returns
        -------
        (2 channels, 2 n_sites) sparse array
            Spin up and down of each, in the frame of its column. The first channels are
            psi at all `places`, if u or v is not 0; then n of D_x psi and n of D_y psi,
            if lambda is not 0.
        """
        numbers, columns = self.on(strip), len(strip.columns) * strip.n_across
        rows = []
        if self.spin or self.scalar:
            rows += [{number: ONE} for number in numbers]
        if self.spin_orbit:
            rows += [{strip.site(x + s, y): s / 2 * _ahead(strip, x, s) for s in (1, -1)} for x, y in self.sites]
            rows += [{strip.site(x, y + s): s / 2 * ONE for s in (1, -1) if strip.has(y + s)} for x, y in self.sites]
        where = [(i, j, block) for i, row in enumerate(rows) for j, block in row.items()]
        if not where:
            return csr_array((0, 2 * columns), dtype=complex)
        i, j, blocks = (np.array(one) for one in zip(*where, strict=True))
        # Spin is the last index of states, in rows as in columns.
        up, down = np.indices((2, 2))
        i, j = (2 * one[:, None, None] + spin for one, spin in ((i, up), (j, down)))
        shape = (2 * len(rows), 2 * columns)
        return csr_array((blocks.ravel(), (i.ravel(), j.ravel())), shape=shape)

    def coupling(self, spins: NDArray, axes: NDArray) -> NDArray:
        """U between the channels of `projector`, for one choice of directions.

        Parameters
        ----------
        spins, axes : (n, 3) arrays
            S and e.

        Returns
        -------
        (channels, 2, channels, 2) array
        """
        here = np.arange(len(self.places) if self.spin or self.scalar else 0)
        x = len(here) + np.arange(self.n if self.spin_orbit else 0)
        y, size = x + len(x), len(here) + 2 * len(x)
        u = np.zeros((size, 2, size, 2), complex)
        if len(here):
            u[here, :, here, :] = (self.scalar * self.has_scalar)[:, None, None] * np.eye(2)
            u[here[: self.n], :, here[: self.n], :] += self.spin * pauli_along(spins)
        if len(x):
            u[x, :, y, :] = 1j * self.spin_orbit * pauli_along(axes)
            u[y, :, x, :] = -1j * self.spin_orbit * pauli_along(axes)
        return u

    def diagonal_bonds(self, strip: Strip) -> tuple[NDArray, NDArray]:
        """The bonds of the spin-orbit coupling, from (x +- 1, y) to (x, y +- 1).

        Returns
        -------
        bonds : (n_bonds, 2) array
            Tail and head, each pair of sites once.
        blocks : (n_bonds, n, 3, 2, 2) complex array
            H_{tail,head} = lambda sum_i sum_k blocks_ik e_ik, of e's components k.
        """
        found = {}
        for i, (x, y) in enumerate(self.sites if self.spin_orbit else ()):
            for along_x, along_y in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                if not strip.has(y + along_y):
                    continue
                tail, head = strip.site(x + along_x, y), strip.site(x, y + along_y)
                block = 0.25j * along_x * along_y * dagger(_ahead(strip, x, along_x)) @ SIGMA
                if tail > head:
                    tail, head, block = head, tail, dagger(block)
                found.setdefault((tail, head), np.zeros((self.n, 3, 2, 2), complex))[i] += block
        blocks = np.array(list(found.values())).reshape(len(found), self.n, 3, 2, 2)
        return np.array(list(found), int).reshape(-1, 2), blocks


def _ahead(strip, x, step):
    """Amplitudes of column x + step (1 or -1) in the frame of column x."""
    return rotation(SIGMA[2] / 2, step * strip.twists[x + MARGIN - (step < 0)])


def _sites(name, given):
    """Different tuples of whole numbers."""
    try:
        sites = tuple(tuple(site) for site in given)
    except TypeError:
        raise InputError(f"`{name}` of impurities must be a sequence of (x, y), got {given!r}") from None
    sites = tuple(tuple(whole("site of an impurity", c, least=0) for c in site) for site in sites)
    for site in sites:
        if sites.count(site) > 1:
            raise InputError(f"`{name}` of impurities must be different, got {site} twice")
    return sites


def pauli_along(vectors: NDArray) -> NDArray:
    """e.sigma of vectors (..., 3), as matrices (..., 2, 2)."""
    return np.einsum("...i,iab->...ab", vectors, SIGMA)
