"""A crystal from a Kwant builder with translational symmetries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import direction
from ..errors import InputError, known, named
from ..structures.graph import Graph
from ..structures.kwant_builder import load_kwant
from ..structures.named_terms import check_partners, named_terms, switches_of, systems_among
from ..structures.network import REST, Network, coordinates_of, graph_of
from ..structures.network_checks import check_system
from ..structures.site_matrices import angular_momentum
from .crystal import AXES, Crystal

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["KwantCrystal"]

MOMENTA = ("k_x", "k_y", "k_z")
"""Kwant's names of the parameters that `kwant.wraparound` adds."""
ROUNDING = 1e-14
"""Of the largest entry of H: Fourier coefficients below it are none."""


@named
class KwantCrystal(Crystal):
    """The crystal of a Kwant builder that repeats itself in two or three directions.

    With r_a the position of site a in its cell and R those of the cells (nm),

        H_ab(k) = sum over R of H(a in cell 0, b in cell R) exp(i k.(R + r_b - r_a)),

    that of `kwant.wraparound` with phases that know the positions, so that dH/dk is the
    velocity. H is a sum of named terms, as of `Books`.

    Parameters
    ----------
    builder : kwant.Builder
        With a `kwant.TranslationalSymmetry` of two or three periods, which span the x-y
        plane or space; not finalised. Energies in eV, lengths in nm.
    params : dict
        Values of all its parameters.

    Other Parameters
    ----------------
    m : str or 3-vector
        Direction of the magnetisation, for `field_like` and `damping_like` alone.
    spin, orbital, terms, partner
        As of `Books`; a term may be a builder of the same symmetry.

    Raises
    ------
    InputError
        No builder, other symmetries, parameters that are missing, unknown or not
        affine; matrices that do not fit.

    References
    ----------
    Groth, Wimmer, Akhmerov & Waintal, New J. Phys. 16, 063065 (2014).

    Examples
    --------
    >>> import kwant
    >>> import kwantorque as kt
    >>> square = kwant.lattice.square(0.3, norbs=2)
    >>> iron = kwant.Builder(kwant.TranslationalSymmetry((0.3, 0), (0, 0.3)))
    >>> iron[square(0, 0)] = lambda site, J: J / 2 * np.diag([1.0, -1.0])
    >>> iron[square.neighbors()] = -np.eye(2)
    >>> crystal = kt.KwantCrystal(iron, {"J": 1.0}, terms={"exchange": "J"}, m="z")
    >>> crystal.hamiltonian([[0.0, 0.0]]).real
    array([[[-3.5,  0. ],
            [ 0. , -4.5]]])
    >>> kt.KwantCrystal(iron.finalized, {"J": 1.0})
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `builder` must be a kwant.Builder that is not ...
    """

    def __init__(
        self,
        builder: Any,
        params: Mapping[str, Any] | None = None,
        *,
        spin: ArrayLike | Mapping | Callable | None = None,
        orbital: ArrayLike | Mapping | Callable | None = None,
        terms: Mapping[str, Any] | None = None,
        partner: Mapping[str, str] | None = None,
        m: ArrayLike | str | None = None,
    ) -> None:
        periods, reach = _periods(builder)
        self.dimension, params = len(periods), dict(params or {})
        momenta = MOMENTA[: self.dimension]
        for name, one in (terms or {}).items():
            if _is_builder(one):
                of_term, further = _periods(one)
                if of_term.shape != periods.shape or not np.allclose(of_term, periods):
                    theirs = f"{periods.tolist()}, got {of_term.tolist()}"
                    raise InputError(f"term {name!r} must have the periods of the builder, {theirs}")
                reach = np.maximum(reach, further)
        terms = {name: _wrapped(one) if _is_builder(one) else one for name, one in (terms or {}).items()}
        system, at_zero = _wrapped(builder), dict.fromkeys(momenta, 0.0) | params
        check_system(system, at_zero)
        for name in params:
            known("parameter of the builder", name, sorted(set(system.parameters) - set(momenta)))
        network = Network.of(system, at_zero)
        systems = systems_among(terms)
        switches = switches_of(system, {name: one for name, one in terms.items() if name not in systems}, at_zero)
        self.partner = check_partners([*switches, *systems], partner or {})
        # Sums over R from as many k as there are R: a discrete Fourier transform.
        counts = 2 * reach + 1
        sampled = [
            named_terms(network, at_zero | dict(zip(momenta, phases, strict=True)), switches, systems, not any(phases))
            for phases in product(*(2 * np.pi * np.arange(count) / count for count in counts))
        ]
        self._cells = np.array(list(product(*(np.arange(count) - count // 2 for count in counts))))
        self._blocks = {name: self._transformed([one[name] for one in sampled], counts) for name in sampled[0]}
        self._blocks = {name: one for name, one in self._blocks.items() if any(x.any() for x in one) or name == REST}
        self.partner = {name: who for name, who in self.partner.items() if name in self._blocks}
        self._periods = periods
        positions = np.array([site.pos for site in system.sites], float)[:, : self.dimension]
        self.spin = angular_momentum(system.sites, network.norbs, "spin", spin, default=True)
        self.orbital = angular_momentum(system.sites, network.norbs, "orbital", orbital)
        self.bonds = network.bonds
        self._between = positions[self.bonds[:, 1]] - positions[self.bonds[:, 0]]
        self._coordinates, self._text = coordinates_of(network), f"KwantCrystal({len(positions)} sites, {params!r})"
        self._m = np.zeros(3) if m is None else direction(m)
        # That all terms are Hermitian, and conserve what they should.
        graph_of(network, sampled[0], self.partner | {REST: self.partner.get(REST, "lattice")}, self.spin, self.orbital)

    def __repr__(self) -> str:
        return self._text

    @property
    def reciprocal(self) -> NDArray:
        """Of the periods of the builder, as rows."""
        return 2 * np.pi * np.linalg.inv(self._periods).T

    @property
    def magnetisation(self) -> NDArray:
        """m on every site, (n_sites, 3); zero where none was given."""
        return np.tile(self._m, (len(self._coordinates["inside"][1]), 1))

    def coordinates(self) -> dict[str, Any]:
        """Positions of sites and bonds, within a cell."""
        about = {"units": "1", "long_name": "direction of the magnetisation"}
        return {**self._coordinates, "axis": list(AXES), "magnetisation": (("site", "axis"), self.magnetisation, about)}

    def graph(self, k: ArrayLike, derivative: int | None = None) -> Graph:
        k, away = self._wavevectors(k), self._cells @ self._periods
        phases = np.exp(1j * k @ away.T)
        on_bonds = np.exp(1j * k @ self._between.T)[:, :, None, None]

        def along(axis):
            """i times where the blocks lead to: of cells, and of bonds within one."""
            return 1j * away[:, axis], 1j * self._between[:, axis, None, None]

        onsite, hopping = {}, {}
        for name, (of_sites, of_bonds) in self._blocks.items():
            bonds = on_bonds * _summed(phases, of_bonds)
            if derivative is None:
                onsite[name], hopping[name] = _summed(phases, of_sites), bonds
                continue
            cells, within = along(derivative)
            onsite[name] = _summed(phases * cells, of_sites)
            hopping[name] = on_bonds * _summed(phases * cells, of_bonds) + within * bonds
        return Graph(
            onsite=onsite,
            hopping=hopping
            if len(self.bonds)
            else {name: np.zeros((1, 1, *one.shape[-2:])) for name, one in onsite.items()},
            partner=self.partner,
            spin=self.spin,
            orbital=self.orbital,
            site_kind=np.arange(len(self.magnetisation)),
            bond_kind=np.arange(len(self.bonds)),
            bonds=self.bonds,
            inside=np.ones(len(self.magnetisation), bool),
        )

    def _transformed(self, samples, counts):
        """Blocks of sites and bonds by cell, (n_cells, ...), from those at some k."""
        points = np.indices(counts).reshape(len(counts), -1) / counts[:, None]
        phases = np.exp(-2j * np.pi * self._cells @ points)
        found = [np.tensordot(phases, np.array(one), axes=1) / len(samples) for one in zip(*samples, strict=True)]
        smallest = ROUNDING * max(np.abs(one).max(initial=0) for one in found)
        return tuple(np.where(np.abs(one) > smallest, one, 0) for one in found)


def _summed(phases, blocks):
    """sum_R phase_R block_R, (nk, ...)."""
    return (phases @ blocks.reshape(len(blocks), -1)).reshape(len(phases), *blocks.shape[1:])


def _is_builder(one):
    return hasattr(one, "finalized") and hasattr(one, "symmetry")


def _wrapped(builder):
    """The finite system of one cell, with k as parameters."""
    return load_kwant().wraparound.wraparound(builder).finalized()


def _periods(builder):
    """Lattice vectors (d, d), and how many cells hoppings reach along each."""
    if not _is_builder(builder):
        raise InputError(f"`builder` must be a kwant.Builder that is not finalised, got {builder!r}")
    periods = np.array(getattr(builder.symmetry, "periods", np.empty((0, 0))), float)
    d = len(periods)
    if d not in (2, 3) or periods[:, d:].any():
        raise InputError(
            "a crystal repeats itself in the x-y plane or in space: the builder must have a "
            f"kwant.TranslationalSymmetry of two or three such periods, got {periods.tolist()}"
        )
    cells = [builder.symmetry.which(one) for one in (b for _, b in builder.hoppings())]
    return periods[:, :d], np.abs(np.array([*cells, np.zeros(d)], int)).max(axis=0)
