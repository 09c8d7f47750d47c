"""Spin books of a strip with impurities, one batch of realisations at a time.

Driven by half of the states from either lead, (left - right)/2 per unit of bias, so
that spin fluxes and torques are even under exchange of the leads. All vectors are in
the frame of the magnetisation, components n, t, b; fluxes are at the middle of bonds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import SIGMA
from ..errors import ComputationError
from ..integration.realisations import Directions
from ..operators.impurities import charge_and_spin, second_order_source
from ..operators.local import PARTICLES, SPIN, LocalOperators
from ..parallel import single_thread
from ..scattering.impurities import ImpurityStates
from ..structures.graph import DensityBlocks, Graph
from ..structures.impurities import Impurities
from ..structures.strip import MARGIN, Strip
from ..structures.strip_builder import build_strip, strip_graph, strip_parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CLOSURE", "SOURCES", "SUMS", "CleanStrip", "DrivenStrip", "joined", "realised", "second_order"]

SOURCES = {
    "source_exchange": "exchange",
    "source_spin_flip": "spin_impurities",
    "source_spin_orbit": "spin_orbit_impurities",
}
"""Sources T_ex, T_sf, T_so of spin and the terms of H they belong to."""
SUMS = ("spin_flip", "spin_orbit", "total", "flux")
"""Weighted sums over the strip: b components of sources, and the spin flux along n."""
CLOSURE = 1e-7
"""Relative violation of the books from which on a realisation has failed."""
UNSEEN = 1e-6
"""A torque below this part of the particle current is none."""
LARGEST = ("violation", "largest_spin", "closure")
"""What is the largest, and not the mean, of several solves."""
BATCH, MEMORY, COPIES = 16, 400e6, 8
"""Most realisations at once, bytes of a batch, arrays as large as all its states."""
B = 2
"""Number of the component along b = n x t."""


@dataclass(frozen=True)
class DrivenStrip:
    """A strip with impurities at an energy, and how their directions are averaged.

    Parameters
    ----------
    strip : Strip
    energy : float
    impurities : Impurities
    directions : Directions
    """

    strip: Strip
    energy: float
    impurities: Impurities
    directions: Directions

    def __getstate__(self) -> dict:
        # The states are as large as the strip: each worker computes its own, once.
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @cached_property
    def states(self) -> ImpurityStates:
        """The clean states, with Kwant's sites in the order of the strip."""
        return _states(self.strip, self.energy, self.impurities)

    @property
    def batch(self) -> int:
        """Realisations at once, so that their states and products stay in `MEMORY`."""
        modes, sites = self.states.clean.shape[:2]
        return int(np.clip(MEMORY // (COPIES * 32 * modes * sites * self.directions.solves), 1, BATCH))

    @cached_property
    def weights(self) -> NDArray:
        """Occupation of each mode per unit of bias, with the 1/2 pi of its flux."""
        return np.where(self.states.lead == 0, 0.5, -0.5) / (2 * np.pi)

    @cached_property
    def steps(self) -> NDArray:
        """|n_{j+1} - n_j| = 2 sin(d_j/2) of all bonds along."""
        return 2 * np.sin(self.strip.twists / 2)

    @cached_property
    def slopes(self) -> NDArray:
        """|dn| at the columns inside: the mean of the steps on either side."""
        return (self.steps[:-1] + self.steps[1:]) / 2

    @property
    def spin_flux_of_rows(self) -> NDArray:
        """Spin flux along n of each row without impurities, up to a factor."""
        tail, head = self.strip.bonds_along()[MARGIN * self.strip.n_across : -MARGIN * self.strip.n_across].T
        psi = self.states.clean
        flux = np.einsum("m,mia,ab,mib->i", self.weights, psi[:, tail].conj(), SIGMA[0], psi[:, head]).imag
        return flux.reshape(-1, self.strip.n_across).mean(0)

    def responses(self, numbers: Sequence[int]) -> dict[str, NDArray]:
        """Column means, sums and closure of some realisations.

        Parameters
        ----------
        numbers : sequence of int

        Returns
        -------
        dict of arrays (n, ...)
            Those of `profiles`, and sums (len(SUMS)) and closure; of the solves of a
            realisation the mean, and the largest of violation and closure.
        """
        vectors = np.concatenate([self.directions.of(i) for i in numbers])
        spins, axes = vectors[:, 0], vectors[:, -1]
        psi = np.array([self._solved(*pair) for pair in zip(spins, axes, strict=True)])
        values = self.profiles(strip_graph(self.strip, self.impurities, spins, axes), psi)
        values |= {"sums": self.sums(values), "closure": self.closure(values)}
        return {
            name: (np.max if name in LARGEST else np.mean)(
                value.reshape(len(numbers), self.directions.solves, *value.shape[1:]), axis=1
            )
            for name, value in values.items()
        }

    def _solved(self, spins, axes):
        return self.states.with_coupling(self.impurities.coupling(spins, axes))

    def profiles(self, graph: Graph, psi: NDArray) -> dict[str, NDArray]:
        """Densities, fluxes, sources and what the books lack, column by column.

        Parameters
        ----------
        graph : Graph
            At nk choices of directions.
        psi : (nk, n_modes, n_sites, 2) array

        Returns
        -------
        dict of arrays (nk, ...)
            spin_density (x, axis), particle_current (bond), spin_current (bond, axis)
            and the three `SOURCES` (x, axis), per site or row; violation and
            largest_spin (x), the largest at a site of the column. Columns begin at
            x = -1, bonds before it.
        """
        driven = psi * self.weights[:, None, None]
        tail, head = graph.bonds.T
        site = np.einsum("kmia,kmib->kiab", driven, psi.conj(), optimize=True)
        bond = np.einsum("kmia,kmib->kiab", driven[:, :, tail], psi[:, :, head].conj(), optimize=True)
        operators = LocalOperators(graph)
        on_site, on_bond = operators.traces(DensityBlocks(site, bond))
        gains = operators.gains(on_site, operators.share(on_bond))
        gains = {name: gain[..., :3] for name, gain in gains.items()}
        lost = operators.outflow(on_bond[..., :4])
        lost[..., 1:] -= sum(gains.values())
        violation = np.abs(lost).max(-1)
        n = self.strip.n_across
        ahead = on_bond[:, : n * len(self.strip.twists)]
        # The symmetrised flux in the turning frame has cos(d/2) times that at the
        # middle, but for what is along the axis of the turn.
        middle = np.cos(self.strip.twists / 2)[:, None] ** [-1, -1, 0]
        nothing = np.zeros((*on_site.shape[:-1], 3))
        return {
            "spin_density": _of_columns(on_site[..., SPIN], n),
            "particle_current": _of_columns(ahead[..., PARTICLES], n),
            "spin_current": _of_columns(ahead[..., SPIN], n) * middle,
            **{name: _of_columns(gains.get(term, nothing), n) for name, term in SOURCES.items()},
            "violation": violation.reshape(len(violation), -1, n).max(-1),
            "largest_spin": np.linalg.norm(on_site[..., SPIN], axis=-1).reshape(len(violation), -1, n).max(-1),
        }

    @property
    def own(self) -> slice:
        """Columns of the strip among those inside."""
        return slice(MARGIN - 1, MARGIN - 1 + self.strip.length)

    @property
    def own_bonds(self) -> slice:
        """Bonds along between columns of the strip."""
        return slice(MARGIN, MARGIN + self.strip.length - 1)

    def own_part(self, values: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """The same values without the columns of the leads."""
        of_bonds = {"particle_current", "spin_current"}
        whole = {"sums", "closure", "realisation"}
        return {
            name: value if name in whole else value[:, self.own_bonds if name in of_bonds else self.own]
            for name, value in values.items()
        }

    def sums(self, values: Mapping[str, NDArray]) -> NDArray:
        """`SUMS` of profiles: of |dn| T_b, and of |dn|^2 j_s, (nk, len(SUMS))."""
        n, w, own = self.strip.n_across, self.slopes, self.own
        flux = (values["spin_current"][:, self.own_bonds, 0] * self.steps[self.own_bonds] ** 2).sum(1)
        if self.strip.texture == "spiral":
            # As many bonds as columns: a wall has ended before.
            flux = flux * self.strip.length / (self.strip.length - 1)
        # Diagonal bonds reach beyond the strip.
        everywhere = [values[f"source_{name}"][..., B] @ w for name in ("spin_flip", "spin_orbit")]
        total = -values["source_exchange"][:, own, B] @ w[own]
        return n * np.stack([*everywhere, total, flux], axis=-1)

    def closure(self, values: Mapping[str, NDArray]) -> NDArray:
        """Largest violation at a site over the largest 2 M |s| at one, (nk,)."""
        largest = np.abs(2 * self.strip.exchange) * values["largest_spin"].max(-1)
        # Where the states have no spin, rounding is what the current leaves.
        return values["violation"].max(-1) / np.maximum(largest, UNSEEN * np.abs(values["particle_current"]).max(-1))


@lru_cache(maxsize=1)
def _states(strip, energy, impurities):
    """The clean states of a strip: a worker gets many batches of the same."""
    system = build_strip(strip).finalized()
    numbers = np.array([strip.site(*site.tag) for site in system.sites])
    columns = (2 * numbers[:, None] + [0, 1]).ravel()
    projector = impurities.projector(strip).tocsc()[:, columns]
    states = ImpurityStates(system, energy, projector, strip_parameters(strip))
    return states.reordered(np.argsort(numbers))


def _of_columns(values, n):
    """Mean of each column of n sites: (nk, columns * n, ...) to (nk, columns, ...)."""
    return values.reshape(len(values), -1, n, *values.shape[2:]).mean(2)


@dataclass(frozen=True)
class CleanStrip:
    """What the strip without impurities has, and what follows from it.

    Attributes
    ----------
    profiles : dict of (1, ...) arrays
        Those of `DrivenStrip.profiles`.
    flux, closure : float
        Sum of |dn|^2 j_s; how well its books close.
    density_of_states : (length,) array
        Per site and energy, mean of each column.
    weighted_density : float
        Sum of |dn|^2 j_s nu over the impurities, over the sum of |dn|^2 j_s over all
        sites, j_s of the site's row: their density times nu in a periodic spiral.
    spin_flip, spin_orbit : float
        Sums of |dn| T_b of the impurities in second order.
    """

    profiles: dict[str, NDArray]
    flux: float
    closure: float
    density_of_states: NDArray
    weighted_density: float
    spin_flip: float
    spin_orbit: float

    @classmethod
    def of(cls, driven: DrivenStrip) -> CleanStrip:
        """That of a strip."""
        strip, impurities, states = driven.strip, driven.impurities, driven.states
        profiles = driven.profiles(strip_graph(strip), states.clean[None])
        density = (np.abs(states.clean) ** 2).sum((0, 2)) / (2 * np.pi)
        own = slice(MARGIN * strip.n_across, -MARGIN * strip.n_across)
        slopes = np.pad(driven.slopes, 1).repeat(strip.n_across)
        numbers = impurities.on(strip)[: impurities.n]
        at = slopes[numbers]
        rows = np.tile(driven.spin_flux_of_rows, len(strip.columns))
        weight = (slopes**2 * rows)[own].sum()
        sums = {name: float(at @ source[:, B]) for name, source in second_order(driven).items()}
        return cls(
            profiles,
            float(driven.sums(profiles)[0, SUMS.index("flux")]),
            float(driven.closure(profiles)[0]),
            density[own].reshape(-1, strip.n_across).mean(1),
            float((at**2 * (rows * density)[numbers]).sum() / weight) if weight else np.nan,
            sums["spin_flip"],
            sums["spin_orbit"],
        )


def second_order(driven: DrivenStrip) -> dict[str, NDArray]:
    """Sources of spin at each impurity in second order, averaged over all directions.

    Parameters
    ----------
    driven : DrivenStrip

    Returns
    -------
    dict
        spin_flip, spin_orbit: (n, 3) arrays.
    """
    impurities, states, n = driven.impurities, driven.states, driven.impurities.n
    everything = np.full(len(states.clean), 1 / (2 * np.pi))
    # psi at the sites comes first of all channels, D_x psi and D_y psi last.
    cases = {
        "spin_flip": (impurities.spin, slice(0, n), [[1]]),
        "spin_orbit": (impurities.spin_orbit, slice(-2 * n, None), [[0, 1j], [-1j, 0]]),
    }
    found = {name: np.zeros((n, 3)) for name in cases}
    for name, (strength, channels, tau) in cases.items():
        if strength and n:
            seen = states.seen[:, channels].reshape(len(states.clean), len(tau), n, 2).swapaxes(1, 2)
            spectral, response = charge_and_spin(seen, everything), charge_and_spin(seen, driven.weights)
            found[name] = second_order_source(spectral, response, strength * np.array(tau))
    return found


@single_thread
def realised(driven: DrivenStrip, numbers: Sequence[int]) -> tuple[dict[str, NDArray], dict[int, str]]:
    """Some realisations, and those that failed.

    Parameters
    ----------
    driven : DrivenStrip
    numbers : sequence of int

    Returns
    -------
    values : dict of arrays
        What `DrivenStrip.responses` returns, and the numbers, of those that did not
        fail; empty if all did.
    failures : dict
        Why the others failed, by number.
    """
    try:
        values, why = driven.responses(numbers) | {"realisation": np.array(numbers)}, ""
    except ComputationError as error:
        values, why = None, str(error)
    if values is not None and (values["closure"] < CLOSURE).all():
        return values, {}
    if len(numbers) == 1:
        return {}, {numbers[0]: why or f"its books are open by {values['closure'][0]:.1g}"}
    # What is wrong with one of them may have spoilt the others.
    parts = [realised(driven, [i]) for i in numbers]
    failures = {i: why for _, failed in parts for i, why in failed.items()}
    return joined([values for values, _ in parts if values]), failures


def joined(batches: Sequence[Mapping[str, NDArray]]) -> dict[str, NDArray]:
    """Values of several batches of realisations, one after the other."""
    return {name: np.concatenate([one[name] for one in batches]) for name in batches[0]} if batches else {}
