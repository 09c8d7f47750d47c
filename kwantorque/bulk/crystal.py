"""What is periodic in the plane or in space: H(k), its slopes, the torque of each term.

A crystal is a graph of sites or planes: Bloch states live on them, one or more per
cell. With H(k) as named terms H_t(k), what a term gives to O = s, L is the operator

    i [H_t, O],        torque of t on its partner = - i [H_t, L + s],

and the velocity along an axis is dH/dk (hbar = 1).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import commutator, dagger, direction
from ..errors import InputError, instance, named
from ..materials.base import Material, Term, check_material
from ..structures.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Bulk", "Crystal", "Plane", "dense"]

AXES = ("x", "y", "z")


class Crystal(ABC):
    """Contract of a crystal that is periodic in `dimension` directions.

    Whoever writes the next one provides `graph`, `reciprocal`, `magnetisation` and
    `coordinates`; `Plane`, `Film`, `Bulk` and `KwantCrystal` are those there are.

    Attributes
    ----------
    dimension : {2, 3}
        2 where k is in the plane, and everything per area; 3 of bulk, per volume.
    reciprocal : (dimension, dimension) array, 1/nm, or None
        Reciprocal lattice vectors as rows; None in the continuum.
    """

    dimension: int = 2
    reciprocal: NDArray | None

    @abstractmethod
    def graph(self, k: ArrayLike, derivative: int | None = None) -> Graph:
        """Sites and bonds with the blocks of every term at k, all sites `inside`.

        Parameters
        ----------
        k : (nk, dimension) array, 1/nm
        derivative : {None, 0, 1, 2}
            Blocks of dH/dk_x, dH/dk_y or dH/dk_z instead.
        """

    @property
    @abstractmethod
    def magnetisation(self) -> NDArray:
        """Direction of the magnetisation on every site, (n_sites, 3); zero if none."""

    @abstractmethod
    def coordinates(self) -> dict[str, Any]:
        """Coordinates of a Dataset on its sites and bonds."""

    def hamiltonian(self, k: ArrayLike) -> NDArray:
        """H(k), (nk, N, N), eV, for k (nk, dimension) in 1/nm; site by site.

        Examples
        --------
        >>> import kwantorque as kt
        >>> sheet = kt.Plane(kt.FreeElectron())
        >>> sheet.hamiltonian([[2.0, 0.0]]).real.round(6)
        array([[[0.152399, 0.      ],
                [0.      , 0.152399]]])
        """
        graph = self.graph(self._wavevectors(k))
        return dense(graph, graph.total_onsite, graph.total_hopping)

    def velocity(self, k: ArrayLike, axis: int = 0) -> NDArray:
        """hbar v = dH/dk along an axis, (nk, N, N), eV nm, for k as of H(k)."""
        graph = self.graph(self._wavevectors(k), derivative=axis)
        return dense(graph, graph.total_onsite, graph.total_hopping)

    def torques(self, k: ArrayLike) -> dict[str, NDArray]:
        """The torque of every term on its partner, as matrices.

            T = - i [H_t, L + s],        of atomic spin-orbit coupling  i [H_t, s]

        the latter being what the orbital moment does to the spin.

        Returns
        -------
        dict from term name to (nk, 3, N, N) array, eV
            Components x, y, z; whole sums over the sites.

        Examples
        --------
        In an eigenstate all of them add up to zero:

        >>> import kwantorque as kt
        >>> magnet = kt.Model([kt.terms.rashba(0.05), kt.terms.exchange(-1)])
        >>> sheet = kt.Plane(magnet, m="x")
        >>> _, states = np.linalg.eigh(sheet.hamiltonian([[1.0, 2.0]])[0])
        >>> total = sum(sheet.torques([[1.0, 2.0]]).values())[0]
        >>> bool(abs(states[:, 0].conj() @ total @ states[:, 0]).max() < 1e-15)
        True
        """
        graph = self.graph(self._wavevectors(k))
        one = np.eye(graph.n_sites)
        spin, orbital = np.kron(one, graph.spin), np.kron(one, graph.orbital)
        found = {}
        for name, partner in graph.partner.items():
            term = dense(graph, graph.onsite[name], graph.hopping[name])[:, None]
            found[name] = (
                1j * commutator(term, spin) if partner == "carriers" else -1j * commutator(term, spin + orbital)
            )
        return found

    def _wavevectors(self, k):
        """Wavevectors (nk, dimension) as an array."""
        try:
            array = np.atleast_2d(np.asarray(k, float))
        except (TypeError, ValueError):
            array = np.empty(0)
        if array.ndim != 2 or array.shape[1] != self.dimension or not np.isfinite(array).all():
            raise InputError(f"`k` must be numbers of shape (n, {self.dimension}) in 1/nm, got {k!r}")
        return array


@dataclass(frozen=True)
class _OneSite(Crystal):
    """One site per cell, of a material with a direction of its magnetisation."""

    material: Material
    m: str | tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        instance("material", self.material, Material, "FreeElectron(exchange=-1.0)")
        m = direction(self.m) if self.m is not None and self.material.is_magnetic else None
        object.__setattr__(self, "m", None if m is None else tuple(m.tolist()))
        check_material(self.material, m)

    @property
    def magnetisation(self) -> NDArray:
        """m, (1, 3)."""
        return np.array([self.m or (0.0, 0.0, 0.0)])

    @property
    def _terms(self):
        return self.material.terms(None if self.m is None else np.array(self.m))

    def coordinates(self) -> dict[str, Any]:
        """One site."""
        about = {"units": "1", "long_name": "direction of the magnetisation"}
        return {"axis": list(AXES), "magnetisation": (("site", "axis"), self.magnetisation, about)}

    def graph(self, k: ArrayLike, derivative: int | None = None) -> Graph:
        k, n, terms = self._wavevectors(k), self.material.n_orbitals, self._terms
        blocks = {term.name: self._block(term, k, derivative)[:, None] for term in terms}
        return Graph(
            onsite=blocks,
            hopping={name: np.zeros((1, 1, n, n), complex) for name in blocks},
            partner={term.name: term.partner for term in terms},
            spin=self.material.spin,
            orbital=self.material.orbital,
            site_kind=[0],
            bond_kind=np.zeros(0, int),
            bonds=np.zeros((0, 2), int),
            inside=[True],
        )

    @abstractmethod
    def _block(self, term: Term, k: NDArray, derivative: int | None) -> NDArray:
        """A term or its slope at every k, (nk or 1, n, n)."""

    def _from_state_to_state(self, block: NDArray, plain: NDArray, k: NDArray, derivative: int | None) -> NDArray:
        """The same with phases that know where states are in a cell.

            H_ab -> H_ab exp(i k.(r_b - r_a)),

        so that dH/dk is their velocity: a field acts within a cell, too.

        Parameters
        ----------
        block, plain : (nk or 1, n, n) arrays
            The term, or its slope, and the term.
        """
        positions = getattr(self.material, "positions", None)
        if positions is None or not np.ptp(positions, axis=0).any():
            return block
        away = (positions[None] - positions[:, None])[..., : self.dimension]
        if derivative is not None:
            block = block + 1j * away[..., derivative] * plain
        return block * np.exp(1j * np.einsum("ki,abi->kab", k, away))


@named
@dataclass(frozen=True)
class Plane(_OneSite):
    """One plane of a material: H(k_x, k_y) without any motion along z.

    Of a lattice it is the part within the planes; of a k.p material H at k_z = 0.

    Parameters
    ----------
    material : Material
    m : str or 3-vector, optional
        Direction of the magnetisation, if the material is magnetic.

    Raises
    ------
    InputError
        Something that is no material, a magnetic one without `m`, or a crystal whose
        lattice vectors do not span the plane.

    Examples
    --------
    The Rashba ferromagnet of the literature, c k^2 + alpha (k x z).sigma - J m.sigma:

    >>> import kwantorque as kt
    >>> t = kt.terms
    >>> parts = [t.kinetic(), t.rashba(0.01), t.exchange(-2.0)]
    >>> sheet = kt.Plane(kt.Model(parts), m="x")
    >>> sheet.hamiltonian([[0, 0]])[0].real
    array([[ 0., -1.],
           [-1.,  0.]])
    >>> kt.Plane(kt.Model(parts))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a magnetic material needs the direction `m` ...
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.material.reciprocal is None and _vectors(self._terms) is not None:
            raise InputError(
                f"a plane needs two lattice vectors in the x-y plane, and {self.material!r} has none: take its "
                "`supercell`, or the bulk, `Bulk(material)`"
            )

    @property
    def reciprocal(self) -> NDArray | None:
        """Those of the material."""
        return self.material.reciprocal

    def coordinates(self) -> dict[str, Any]:
        """One site at z = 0."""
        where = ("site", [0.0], {"units": "nm", "long_name": "position of the plane"})
        return {"z": where, **super().coordinates()}

    def _block(self, term, k, derivative):
        plain, term = term, term if derivative is None else term.slopes[derivative]
        if self.material.spacing is not None:
            block = term.blocks(k, self.material.spacing)[0]
            return self._from_state_to_state(block, plain.blocks(k, self.material.spacing)[0], k, derivative)
        return term(np.concatenate([k, np.zeros((len(k), 1))], axis=1))


@named
@dataclass(frozen=True)
class Bulk(_OneSite):
    """The bulk of a material: H(k) in three dimensions, one site per cell.

    What `field_response` finds is per volume.

    Parameters
    ----------
    material : Material
        A lattice, or a k.p material, whose Fermi sea ends somewhere.
    m : str or 3-vector, optional
        Direction of the magnetisation, if the material is magnetic.

    Raises
    ------
    InputError
        Something that is no material, or a magnetic one without `m`.

    Examples
    --------
    >>> import kwantorque as kt
    >>> holes = kt.Bulk(kt.KohnLuttinger(exchange=0.27), m="z")
    >>> holes.hamiltonian([[0.0, 0.0, 0.5]]).shape, holes.reciprocal is None
    ((1, 6, 6), True)
    >>> kt.Bulk(kt.CubicLattice(lattice_constant=0.5)).reciprocal.diagonal().round(3)
    array([12.566, 12.566, 12.566])
    >>> kt.Bulk(kt.KohnLuttinger(exchange=0.27))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a magnetic material needs the direction `m` ...
    """

    dimension = 3

    @property
    def reciprocal(self) -> NDArray | None:
        """Those of the lattice, (3, 3), or None."""
        vectors = _vectors(self._terms)
        if vectors is None and self.material.reciprocal is None:
            return None
        if vectors is None:
            vectors = np.diag([0.0, 0.0, self.material.spacing])
            vectors[:2, :2] = 2 * np.pi * np.linalg.inv(self.material.reciprocal).T
        return 2 * np.pi * np.linalg.inv(vectors).T

    def _block(self, term, k, derivative):
        block = term(k) if derivative is None else term.gradient(k)[:, derivative]
        return self._from_state_to_state(block, term(k), k, derivative)


def _vectors(terms):
    """Lattice vectors (3, 3) of a crystal that is given by hoppings, or None."""
    return next((term.vectors for term in terms if hasattr(term, "vectors")), None)


def dense(graph: Graph, onsite: NDArray, hopping: NDArray) -> NDArray:
    """The matrix of blocks on sites and bonds, (nk or 1, N, N).

    Parameters
    ----------
    graph : Graph
    onsite, hopping : (nk or 1, n_kinds, n, n) arrays
        Of all of its terms, or of one.
    """
    n, count = graph.n_orbitals, graph.n_sites
    n_k = max(len(onsite), len(hopping) if len(graph.bonds) else 1)
    matrix = np.zeros((n_k, count, n, count, n), complex)
    sites = np.arange(count)
    # Index arrays on either side of a slice: their axis comes first.
    matrix[:, sites, :, sites, :] = np.moveaxis(np.broadcast_to(onsite[:, graph.site_kind], (n_k, count, n, n)), 1, 0)
    if len(graph.bonds):
        tail, head = graph.bonds.T
        blocks = np.moveaxis(np.broadcast_to(hopping[:, graph.bond_kind], (n_k, len(tail), n, n)), 1, 0)
        matrix[:, tail, :, head, :] = blocks
        matrix[:, head, :, tail, :] = dagger(blocks)
    return matrix.reshape(n_k, count * n, count * n)
