"""A strip with its impurities: for Kwant as a builder, for operators as a graph."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import SIGMA, rotation
from ..errors import InputError, instance, named
from .graph import Graph
from .impurities import Impurities, pauli_along
from .kwant_builder import load_kwant
from .strip import Strip

if TYPE_CHECKING:
    import kwant
    from numpy.typing import NDArray

__all__ = ["PARTNERS", "build_strip", "strip_graph", "strip_parameters"]

UNIT = 1e-6
"""Length by which a unit vector may differ from one."""
PARTNERS = {
    "kinetic": "lattice",
    "exchange": "magnetisation",
    "scalar_impurities": "lattice",
    "spin_impurities": "impurity spins",
    "spin_orbit_impurities": "spin-orbit impurities",
}
"""Who takes what each term takes from the carriers' spin."""


def strip_parameters(strip: Strip, impurities: Impurities | None = None) -> dict[str, float]:
    """Parameters of the builder of `build_strip`, by name.

    Parameters
    ----------
    strip : Strip
    impurities : Impurities, optional

    Returns
    -------
    dict
        exchange (M) and, with impurities, scalar_strength (u), impurity_strength (v),
        spin_orbit_strength (lambda): H is linear in each of them.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.structures.strip_builder import strip_parameters
    >>> strip_parameters(kt.Strip(exchange=0.2))
    {'exchange': 0.2}
    """
    return {"exchange": float(strip.exchange)} | ({} if impurities is None else dict(impurities.strengths))


@named
def build_strip(
    strip: Strip,
    impurities: Impurities | None = None,
    spins: NDArray | None = None,
    axes: NDArray | None = None,
) -> kwant.Builder:
    """Kwant builder of a strip with leads 0 (left) and 1 (right), in the frame of n.

    Its parameters are those of `strip_parameters`. Site tags are (x, y), or (x, y, z)
    of a slab, with two columns of each lead: x = -2 to length + 1.

    Parameters
    ----------
    strip : Strip
    impurities : Impurities, optional
    spins, axes : (n, 3) arrays, components n, t, b
        Unit vectors S of the spins, and e of the spin-orbit impurities; without them
        there are no such terms.

    Returns
    -------
    kwant.Builder
        Not finalised.

    Raises
    ------
    InputError
        Kwant is missing, an impurity that is on no site of the strip, directions that
        are not a unit vector of each impurity.

    Examples
    --------
    >>> import kwant
    >>> import kwantorque as kt
    >>> system = kt.build_strip(kt.Strip(exchange=0.3)).finalized()
    >>> matrix = kwant.smatrix(system, 1.0, params={"exchange": 0.3})
    >>> round(float(matrix.transmission(1, 0)), 9)
    4.0
    """
    instance("strip", strip, Strip, "Strip(width=6)")
    if impurities is not None:
        instance("impurities", impurities, Impurities, "Impurities([(0, 0)], spin=0.1)")
        spins, axes = (_directions(*one, impurities.n) for one in (("spins", spins), ("axes", axes)))
    kwant = load_kwant()
    dims = len(strip.shape)
    lattice = kwant.lattice.general(np.eye(dims), norbs=2)
    rows = list(product(range(strip.width), range(strip.height)))
    sites = [lattice(*(int(x), *row)[:dims]) for x in strip.columns for row in rows]
    onsite = _uniform(strip)
    syst = kwant.Builder()
    syst[sites] = onsite
    _join(syst, sites, strip.bonds_along(), _twisted(strip.twists).repeat(strip.n_across, axis=0))
    _join(syst, sites, *_across(strip))
    if impurities is not None:
        _place(syst, sites, strip, impurities, spins, axes)
    pairs, blocks = _across(strip)
    for outwards, twist in ((-1, strip.twists[0]), (1, strip.twists[-1])):
        lead = kwant.Builder(kwant.TranslationalSymmetry((outwards, *(0,) * (dims - 1))))
        cell, following = ([lattice(*(x, *row)[:dims]) for row in rows] for x in (0, 1))
        lead[cell] = onsite
        within = (pairs < strip.n_across).all(axis=1)
        _join(lead, cell, pairs[within], blocks[within])
        ahead = np.arange(strip.n_across)[:, None] + [0, strip.n_across]
        _join(lead, cell + following, ahead, _twisted(np.full(strip.n_across, twist)))
        syst.attach_lead(lead)
    return syst


def _directions(name, given, n):
    """Unit vectors (n, 3) as given, or none of any length."""
    if given is None:
        return np.zeros((n, 3))
    try:
        vectors = np.asarray(given, float)
    except (TypeError, ValueError):
        vectors = np.empty(0)
    if vectors.shape != (n, 3):
        got = vectors.shape if vectors.size else repr(given)
        raise InputError(f"`{name}` must be a unit vector of each impurity, ({n}, 3), got {got}")
    lengths = np.linalg.norm(vectors, axis=-1)
    if not (np.abs(lengths - 1) < UNIT).all():
        raise InputError(f"`{name}` must be unit vectors, got lengths up to {lengths.max():g}")
    return vectors


def _uniform(strip):
    energy = strip.onsite * np.eye(2)

    def onsite(site, exchange):
        return energy - exchange * SIGMA[0]

    return onsite


def _twisted(angles):
    """H_{x,x+1} = -exp(-i d sigma_z/2) of each angle, (n, 2, 2)."""
    return np.array([-rotation(SIGMA[2] / 2, angle) for angle in angles])


def _across(strip):
    """Bonds across and their hopping."""
    pairs, joined = strip.bonds_across()
    return pairs, -joined[:, None, None] * np.eye(2)


def _join(builder, sites, pairs, blocks):
    for (tail, head), block in zip(pairs, blocks, strict=True):
        builder[sites[tail], sites[head]] = block


def _place(syst, sites, strip, impurities, spins, axes):
    """Overwrite what the impurities change in a builder."""
    energy = strip.onsite * np.eye(2)

    def onsite(number, matrix):
        return lambda site, exchange, scalar_strength, impurity_strength: (
            energy - exchange * SIGMA[0] + scalar_strength * number * np.eye(2) + impurity_strength * matrix
        )

    def hopping(matrix):
        return lambda one, other, spin_orbit_strength: spin_orbit_strength * matrix

    spins = np.pad(spins, ((0, len(impurities.places) - impurities.n), (0, 0)))
    for number, *values in zip(impurities.on(strip), impurities.has_scalar, pauli_along(spins), strict=True):
        syst[sites[number]] = onsite(*values)
    bonds, blocks = impurities.diagonal_bonds(strip)
    for (tail, head), matrix in zip(bonds, np.einsum("bicst,ic->bst", blocks, axes), strict=True):
        syst[sites[tail], sites[head]] = hopping(matrix)


def strip_graph(
    strip: Strip, impurities: Impurities | None = None, spins: NDArray | None = None, axes: NDArray | None = None
) -> Graph:
    """The strip's terms on sites and bonds, for many choices of directions at once.

    Parameters
    ----------
    strip : Strip
    impurities : Impurities, optional
    spins, axes : (nk, n, 3) arrays
        S and e of each choice.

    Returns
    -------
    Graph
        With sigma for its spin. Bonds along x come first, column by column; books close
        but for the first and last column.

    Examples
    --------
    >>> import numpy as np
    >>> import kwantorque as kt
    >>> from kwantorque.structures.strip_builder import strip_graph
    >>> one = kt.Impurities([(0, 0)], spin=0.1)
    >>> graph = strip_graph(kt.Strip(), one, np.zeros((5, 1, 3)), np.zeros((5, 1, 3)))
    >>> graph.onsite["spin_impurities"].shape, sorted(graph.hopping)
    ((5, 2, 2, 2), ['kinetic', 'spin_orbit_impurities'])
    """
    ahead, (pairs, across) = strip.bonds_along(), _across(strip)
    site_kind = np.zeros(len(strip.columns) * strip.n_across, int)
    angles, turned = np.unique(strip.twists, return_inverse=True)
    joined, many = np.unique(across, axis=0, return_inverse=True)
    bonds, bond_kind = [ahead, pairs], [turned.ravel().repeat(strip.n_across), many.ravel() + len(angles)]
    kinetic, site_terms, so_hopping = np.concatenate([_twisted(angles), joined]), {}, None
    n_places = 0 if impurities is None else len(impurities.places)
    if impurities is not None:
        site_kind[impurities.on(strip)] = 1 + np.arange(n_places)
        diagonal, blocks = impurities.diagonal_bonds(strip)
        bonds.append(diagonal)
        bond_kind.append(len(kinetic) + np.arange(len(diagonal)))
        so_hopping = impurities.spin_orbit * np.einsum("bicst,kic->kbst", blocks, axes)
        so_hopping = np.pad(so_hopping, ((0, 0), (len(kinetic), 0), (0, 0), (0, 0)))
        kinetic = np.pad(kinetic, ((0, len(diagonal)), (0, 0), (0, 0)))
        potential = (impurities.scalar * impurities.has_scalar)[None, :, None, None] * np.eye(2)
        spins = np.pad(spins, ((0, 0), (0, n_places - impurities.n), (0, 0)))
        site_terms = {"scalar_impurities": potential, "spin_impurities": impurities.spin * pauli_along(spins)}
    onsite = {"kinetic": strip.onsite * np.eye(2), "exchange": -strip.exchange * SIGMA[0]}
    onsite = {name: np.broadcast_to(block, (1, 1 + n_places, 2, 2)) for name, block in onsite.items()}
    onsite |= {name: np.pad(block, ((0, 0), (1, 0), (0, 0), (0, 0))) for name, block in site_terms.items()}
    inside = np.ones(len(site_kind), bool)
    inside[: strip.n_across] = inside[-strip.n_across :] = False
    return Graph(
        onsite=onsite,
        hopping={"kinetic": kinetic[None]} | ({} if so_hopping is None else {"spin_orbit_impurities": so_hopping}),
        partner={name: who for name, who in PARTNERS.items() if name in onsite or so_hopping is not None},
        spin=SIGMA,
        orbital=np.zeros_like(SIGMA),
        site_kind=site_kind,
        bond_kind=np.concatenate(bond_kind),
        bonds=np.concatenate(bonds),
        inside=inside,
    )
