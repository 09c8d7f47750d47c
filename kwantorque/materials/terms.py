"""Bricks: the terms of the literature, for any basis. A `Model` is a sum of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import direction
from ..errors import InputError, finite, named, positive
from ..units import HBAR2_OVER_2M0
from .base import require_direction
from .polynomial import Polynomial

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .base import Material

__all__ = ["Brick", "exchange", "kinetic", "potential", "rashba", "spin_orbit"]


@dataclass(frozen=True, repr=False)
class Brick:
    """A named term that waits for its basis and for the direction of M.

    `kinetic`, `potential`, `exchange`, `rashba` and `spin_orbit` make one. Put it into
    a `Model`, or on the plane of an `Interface`.

    Parameters
    ----------
    name, partner : str
        As of `Term`.
    matrices : callable
        matrices(material, m, *numbers) -> constant, linear and quadratic part, as of
        `Polynomial`.
    numbers : tuple of (name, number)

    Examples
    --------
    >>> import kwantorque as kt
    >>> kt.terms.rashba(0.1)
    rashba(alpha=0.1, normal=(0.0, 0.0, 1.0))
    >>> kt.terms.kinetic(mass=0.5).term(kt.FreeElectron()).name
    'kinetic'
    """

    name: str
    partner: str
    matrices: Callable
    numbers: tuple[tuple[str, float | tuple[float, ...]], ...]

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.numbers)})"

    @property
    def needs_m(self) -> bool:
        """Whether the term depends on the direction of the magnetisation."""
        return self.matrices is _exchange

    @property
    def is_no_exchange(self) -> bool:
        """Whether it is an exchange of 0 eV."""
        return self.needs_m and self.numbers[0][1] == 0

    def term(self, material: Material, m: ArrayLike | None = None) -> Polynomial:
        """The term in the basis of a material, with the magnetisation along `m`.

        Parameters
        ----------
        material : Material
            Only its `spin` and `orbital` matrices are looked at.
        m : unit vector (3,), or None

        Raises
        ------
        InputError
            The term is an exchange without `m`, or has nothing to act on.
        """
        return Polynomial(self.name, self.partner, *self.matrices(material, m, *(value for _, value in self.numbers)))


@named
def kinetic(mass: float = 1.0) -> Brick:
    """The parabolic band (hbar^2/2m) k^2, whose partner is the lattice.

    Parameters
    ----------
    mass : float, m0

    Raises
    ------
    InputError
        mass <= 0.

    Examples
    --------
    >>> import kwantorque as kt
    >>> band = kt.Model([kt.terms.kinetic(mass=0.4)])
    >>> band.hamiltonian([0, 0, 2.0]).real.round(6)  # eV; k in 1/nm
    array([[0.380998, 0.      ],
           [0.      , 0.380998]])
    """
    return Brick("kinetic", "lattice", _kinetic, (("mass", positive("mass", mass, "m0")),))


@named
def potential(energy: float) -> Brick:
    """An energy U of all states, the bottom of the band; its partner is the lattice.

    Parameters
    ----------
    energy : float, eV

    Raises
    ------
    InputError
        Something that is not a finite number.

    Examples
    --------
    >>> import kwantorque as kt
    >>> barrier = kt.Model([kt.terms.kinetic(), kt.terms.potential(1.0)])
    >>> barrier.hamiltonian([0, 0, 0]).real
    array([[1., 0.],
           [0., 1.]])
    """
    return Brick("potential", "lattice", _potential, (("energy", finite("energy", energy, "eV")),))


@named
def exchange(delta: float) -> Brick:
    """The exchange Delta m.s, whose partner is the magnetisation.

    The torque on the magnetisation is -Delta m x <s>.

    Parameters
    ----------
    delta : float, eV
        Delta, with s = sigma/2; Delta < 0 makes spin along +m the majority.

    Raises
    ------
    InputError
        Something that is not a finite number.

    References
    ----------
    Ralph & Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 3.

    Examples
    --------
    >>> import kwantorque as kt
    >>> iron = kt.Model([kt.terms.kinetic(), kt.terms.exchange(-2.0)])
    >>> iron.is_magnetic
    True
    >>> iron.hamiltonian([0, 0, 0], m=[0, 0, 1]).real
    array([[-1.,  0.],
           [ 0.,  1.]])
    """
    return Brick("exchange", "magnetisation", _exchange, (("delta", finite("delta", delta, "eV")),))


@named
def rashba(alpha: float, normal: str | ArrayLike = "z") -> Brick:
    """Rashba coupling alpha (k x n).sigma, whose partner is the lattice.

    With n = z it is alpha (k_y sigma_x - k_x sigma_y). It does not conserve L + s: what
    it takes from the spin goes to the crystal.

    Parameters
    ----------
    alpha : float, eV nm
        On an `Interface` eV nm^2.
    normal : str or 3-vector
        n, the direction in which mirror symmetry is broken.

    Raises
    ------
    InputError
        Something that is no number or direction.

    References
    ----------
    Bychkov & Rashba, JETP Lett. 39, 78 (1984); on an interface Manchon, Phys. Rev. B
    83, 172403 (2011).

    Examples
    --------
    >>> import kwantorque as kt
    >>> bismuth = kt.Model([kt.terms.kinetic(), kt.terms.rashba(0.1)])
    >>> dict((term.name, term) for term in bismuth.terms())["rashba"]([0, 2.0, 0]).real
    array([[0. , 0.2],
           [0.2, 0. ]])
    >>> metal = kt.Layer(kt.FreeElectron.from_wavevectors(10.0), 0.3)
    >>> stack = kt.Stack([metal, kt.Interface(kt.terms.rashba(0.04)), metal], 0.05)
    """
    numbers = (("alpha", finite("alpha", alpha, "eV nm")), ("normal", tuple((direction(normal) + 0.0).tolist())))
    return Brick("rashba", "lattice", _rashba, numbers)


@named
def spin_orbit(alpha: float) -> Brick:
    """Atomic spin-orbit coupling alpha L.sigma = 2 alpha L.s.

    It conserves L + s: its partner are the carriers, between whose spin and orbit it
    moves angular momentum.

    Parameters
    ----------
    alpha : float, eV
        Of a p shell it puts J = 3/2 at alpha and J = 1/2 at -2 alpha.

    Raises
    ------
    InputError
        Something that is not a finite number. In a basis without orbital moments, when
        a `Model` is made: L = 0 there.

    Examples
    --------
    >>> import kwantorque as kt
    >>> shell = kt.Model([kt.terms.kinetic(), kt.terms.spin_orbit(0.1)], basis="p")
    >>> np.linalg.eigvalsh(shell.hamiltonian([0, 0, 0])).round(9) + 0.0
    array([-0.2, -0.2,  0.1,  0.1,  0.1,  0.1])
    >>> kt.Model([kt.terms.kinetic(), kt.terms.spin_orbit(0.1)])
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: term 'spin_orbit' couples spin to orbital ...
    """
    return Brick("spin_orbit", "carriers", _spin_orbit, (("alpha", finite("alpha", alpha, "eV")),))


# The matrices: module functions, so that a brick can be pickled and compared.
def _one(material: Material) -> NDArray:
    return np.eye(material.n_orbitals)


def _kinetic(material, m, mass):
    return 0 * _one(material), None, HBAR2_OVER_2M0 / mass * np.einsum("ij,ab->ijab", np.eye(3), _one(material))


def _potential(material, m, energy):
    return (energy * _one(material),)


def _exchange(material, m, delta):
    require_direction(m, exchange(delta))
    return (delta * np.einsum("i,iab->ab", m, material.spin),)


def _rashba(material, m, alpha, normal):
    # (k x n).sigma = k.(n x sigma)
    across = np.moveaxis(np.cross(normal, 2 * material.spin, axisb=0), -1, 0)
    return 0 * _one(material), alpha * across


def _spin_orbit(material, m, alpha):
    if not np.any(material.orbital):
        raise InputError(
            "term 'spin_orbit' couples spin to orbital moments, and L = 0 in this basis: take one with orbital "
            'moments (`basis="p"` of a Model), or another coupling of spin and k such as `kwantorque.terms.rashba`'
        )
    return (2 * alpha * np.einsum("iab,ibc->ac", material.orbital, material.spin),)
