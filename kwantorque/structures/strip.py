"""A magnetic strip or slab between two leads, in the frame that turns with n.

The magnetisation n(x) turns in a plane, by an angle d_j from column j to j + 1. With
psi = U_x a and U_x = exp(-i theta_x sigma_z/2) it stands still,

    H = sum over sites of a+ (2t dims - M sigma_x) a
        - t sum over bonds along of (a+_j exp(-i d_j sigma_z/2) a_{j+1} + h.c.)
        - t sum over bonds across of (a+_i a_j + h.c.) + impurities,

with t = a = hbar = 1 and energies counted from the band's bottom at M = 0. The axes of
this frame are n, t = dn/dx / |dn/dx| and b = n x t, the components 0, 1, 2 of all
vectors; about b n turns by d_j >= 0, whatever the sign of Q (b = z for Q >= 0, else
-z). A spiral has d_j = |Q| also in the leads; a wall has d_j = 0 there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, finite, known, named, positive, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Strip"]

MARGIN = 2
"""Columns at either end that belong to the leads: books close next to them."""
MOST_SITES, MOST_ACROSS = 100_000, 1000
"""Of a strip and of a column: what is larger takes hours and was not meant."""
WHOLE_WALL = 0.85
"""Part of pi by which a wall must turn in a strip: what is cut off is a kink."""
TEXTURES = ("spiral", "wall")
EDGES = ("periodic", "hard")


@named
@dataclass(frozen=True)
class Strip:
    """A strip (or, of some height, a slab) with a turning magnetisation.

        H_ex = -M n.sigma,    n = (cos theta, sin theta, 0)
        spiral: theta = Q x;    wall: theta = 2 arctan exp((x - centre)/w)

    Units t = a = hbar = 1: hopping -1, lengths in sites, energies above the bottom of
    the band without exchange.

    Parameters
    ----------
    width, length : int
        Sites across and along.
    wavevector : float
        Q of the spiral; a wall has none. In the frame of n, t and b spirals of Q and -Q
        are the same.
    exchange : float
        M, half the splitting, not 0.
    texture : {"spiral", "wall"}
    wall_width : float
        w of the wall.
    height : int
        Sites across in the second direction; 1 is a strip, in two dimensions.
    edges : {"periodic", "hard"}
        Across; hard ones lift the bottom of the band by 2 - 2 cos(pi/(width + 1)).

    Raises
    ------
    InputError
        A number of sites that is none, or too many; an unknown word, no exchange.

    Examples
    --------
    >>> import kwantorque as kt
    >>> strip = kt.Strip(width=6, length=41, wavevector=0.1, exchange=0.3)
    >>> strip.n_sites
    246
    >>> kt.Strip(texture="spirall")
    Traceback (most recent call last):
    kwantorque.errors.InputError: unknown texture 'spirall'; did you mean 'spiral'?
    """

    width: int = 6
    length: int = 41
    wavevector: float = 0.1
    exchange: float = 0.3
    texture: str = "spiral"
    wall_width: float = 8.0
    height: int = 1
    edges: str = "periodic"

    def __post_init__(self):
        for name, least in (("width", 1), ("length", 2), ("height", 1)):
            object.__setattr__(self, name, whole(name, getattr(self, name), least))
        if self.n_sites > MOST_SITES or self.n_across > MOST_ACROSS:
            raise InputError(
                f"a strip must have at most {MOST_SITES} sites and {MOST_ACROSS} in a column, got {self.n_sites} and "
                f"{self.n_across}: lower `length`, `width` or `height`"
            )
        known("texture", self.texture, TEXTURES)
        known("kind of edges", self.edges, EDGES)
        finite("wavevector", self.wavevector)
        if abs(self.wavevector) >= np.pi:
            raise InputError(f"`wavevector` must be below pi per site, got {self.wavevector:g}")
        positive("wall_width", self.wall_width)
        if finite("exchange", self.exchange) == 0:
            raise InputError("`exchange` must not be 0: without it there is no magnetisation to turn")

    @property
    def shape(self) -> tuple[int, ...]:
        """Sites along x and y, and of a slab along z."""
        return (self.length, self.width) if self.height == 1 else (self.length, self.width, self.height)

    @property
    def n_sites(self) -> int:
        """Sites of the strip, without the columns of the leads."""
        return self.length * self.n_across

    @property
    def n_across(self) -> int:
        """Sites of a column."""
        return self.width * self.height

    @property
    def columns(self) -> NDArray:
        """Numbers x of all columns in order, `MARGIN` of each lead included."""
        return np.arange(-MARGIN, self.length + MARGIN)

    @cached_property
    def twists(self) -> NDArray:
        """Angle d_j >= 0 about b from each of `columns` to the next."""
        if self.texture == "spiral":
            return np.full(len(self.columns) - 1, abs(float(self.wavevector)))
        # In the leads n stays as it is at the ends.
        x = np.clip(self.columns, 0, self.length - 1) - (self.length - 1) / 2
        return np.diff(2 * np.arctan(np.exp(x / self.wall_width)))

    def site(self, x: int, y: int, z: int = 0) -> int:
        """Number of a site among those of `columns`; periodic across."""
        return ((x + MARGIN) * self.width + y % self.width) * self.height + z % self.height

    def has(self, y: int, z: int = 0) -> bool:
        """Whether there is such a row; periodic edges have all."""
        return self.edges == "periodic" or (0 <= y < self.width and 0 <= z < self.height)

    def bonds_along(self) -> NDArray:
        """(n, 2) numbers of sites, tail at x and head at x + 1, column by column."""
        first = np.arange((len(self.columns) - 1) * self.n_across)
        return np.stack([first, first + self.n_across], axis=1)

    def bonds_across(self) -> tuple[NDArray, NDArray]:
        """Bonds across (n, 2), each pair of sites once, and how many join the pair.

        Two sites that meet on both sides of a ring are joined twice.
        """
        found = {}
        for x, y, z in product(self.columns, range(self.width), range(self.height)):
            here = self.site(x, y, z)
            for size, other in ((self.width, (y + 1, z)), (self.height, (y, z + 1))):
                there = self.site(x, *other)
                if size > 1 and self.has(*other):
                    pair = (min(here, there), max(here, there))
                    found[pair] = found.get(pair, 0) + 1
        return np.array(list(found), int).reshape(-1, 2), np.array(list(found.values()), float)

    @property
    def needed_length(self) -> int:
        """Least `length` on which a wall turns by `WHOLE_WALL` pi; 2 of a spiral."""
        if self.texture == "spiral":
            return 2
        # The turn is 2 arctan sinh((length - 1)/2w).
        return int(np.ceil(1 + 2 * self.wall_width * np.arcsinh(np.tan(WHOLE_WALL * np.pi / 2))))

    @property
    def onsite(self) -> float:
        """Energy of a site: the band begins at 0 in each dimension that there is.

        A ring of one site hops to itself, which leaves nothing.
        """
        return 2.0 * (1 + (self.width > 1 or self.edges == "hard") + (self.height > 1))
