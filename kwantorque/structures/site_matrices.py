"""Matrices of spin, orbital moment and other observables at the sites of a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import SPIN_HALF, dagger
from ..errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["angular_momentum", "at_sites", "observables"]


def angular_momentum(sites: Sequence[Any], norbs: NDArray, name: str, matrices: Any, default: bool = False) -> NDArray:
    """Spin or orbital matrices at sites, padded by zeros.

    Parameters
    ----------
    sites : sequence of kwant.builder.Site
    norbs : (n_sites,) int array
    name : {"spin", "orbital"}
        For messages.
    matrices : (3, n, n) array, dict, callable or None
        For all sites; by family or name of the family; as a function of the site; or
        none, which is 0 where `default` is not set and (sigma_x, sigma_y, sigma_z)/2
        of sites with two orbitals where it is.
    default : bool

    Returns
    -------
    (3, n, n) array, or (n_sites, 3, n, n) where not all sites have the same

    Raises
    ------
    InputError
        The matrices do not fit the orbitals, or are no angular momentum:
        [O_x, O_y] = i O_z and cyclic, as of sigma/2.
    """

    def of_site(site, n):
        given = _given(name, matrices, site)
        if given is None and default and not isinstance(matrices, Mapping):
            if n != 2:
                raise InputError(
                    f"`{name}` must be given: sites of family {site.family.name!r} have {n} orbitals, and only two are "
                    "a spin 1/2 without a word; an array (3, n, n) s_x, s_y, s_z, or a dict by family (None: no spin)"
                )
            given = SPIN_HALF
        return np.zeros((3, n, n)) if given is None else _checked(name, given, site, (3, n, n))

    found = at_sites(sites, norbs, matrices, of_site)
    x, y, z = np.moveaxis(found, -3, 0)
    if not np.allclose(np.stack([y @ z - z @ y, z @ x - x @ z, x @ y - y @ x], -3), 1j * found):
        raise InputError(
            f"`{name}` must be an angular momentum, [O_x, O_y] = i O_z with hbar = 1: of Pauli matrices that is sigma/2"
        )
    return found


def observables(sites: Sequence[Any], norbs: NDArray, name: str, matrices: Any) -> tuple[NDArray, bool]:
    """Matrices of any observables at sites, padded by zeros, and whether there is one.

    Parameters
    ----------
    sites, norbs, name
        As of `angular_momentum`.
    matrices : (n, n) or (n_observables, n, n) array, dict, callable or None
        None is the identity, the number of particles.

    Returns
    -------
    (n_sites or 1, n_observables, n, n) array, bool

    Raises
    ------
    InputError
        The matrices do not fit the orbitals, or are not Hermitian.
    """
    single = []

    def of_site(site, n):
        given = _given(name, matrices, site)
        given = np.eye(n) if given is None and matrices is None else np.zeros((n, n)) if given is None else given
        shape = np.shape(given)
        single.append(len(shape) == 2)
        given = _checked(name, given, site, (*shape[:-2], n, n))
        if not np.allclose(given, dagger(given)):
            raise InputError(f"`{name}` must be Hermitian, at sites of family {site.family.name!r} it is not")
        return given.reshape(-1, n, n)

    found = at_sites(sites, norbs, matrices, of_site)
    return found.reshape(-1, *found.shape[-3:]), all(single)


def at_sites(sites: Sequence[Any], norbs: NDArray, matrices: Any, of_site: Callable) -> NDArray:
    """of_site(site, number of orbitals) of all sites, padded by zeros.

    Asked once for each family, or for every site if `matrices` is a function of it; one
    for all where all have the same.
    """
    n, found, number = int(max(norbs)), {}, np.empty(len(norbs), int)
    for i, (site, size) in enumerate(zip(sites, np.asarray(norbs).tolist(), strict=True)):
        key = (site if callable(matrices) else site.family, size)
        if key not in found:
            found[key] = len(found), _padded(of_site(site, size), n)
        number[i] = found[key][0]
    distinct = np.array([one for _, one in found.values()])
    same = np.array_equal(distinct, np.broadcast_to(distinct[:1], distinct.shape))
    return distinct[0] if same and (np.asarray(norbs) == n).all() else distinct[number]


def _given(name, matrices, site):
    """What is given for a site: for all, by family, or as a function of the site."""
    family = site.family
    if isinstance(matrices, Mapping):
        if family not in matrices and family.name not in matrices:
            raise InputError(f"`{name}` must have an entry for each family of sites, there is none for {family.name!r}")
        return matrices[family] if family in matrices else matrices[family.name]
    return matrices(site) if callable(matrices) else matrices


def _checked(name, matrices, site, shape):
    matrices = np.asarray(matrices)
    if matrices.shape != shape or matrices.dtype == object:
        raise InputError(
            f"`{name}` must be {shape} for sites of family {site.family.name!r} with {shape[-1]} orbitals, got the "
            f"shape {matrices.shape}"
        )
    return matrices


def _padded(matrices, n):
    missing = n - matrices.shape[-1]
    return np.pad(matrices.astype(complex), ((0, 0), (0, missing), (0, missing)))
