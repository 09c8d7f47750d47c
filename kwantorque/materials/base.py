"""What a material is: H(k) as a sum of named terms, with spin and orbital matrices.

A material knows nothing of layers, leads, Fermi energies or Kwant.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import commutator
from ..errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "PARTNERS",
    "Material",
    "Term",
    "as_matrix",
    "check_conserved",
    "check_material",
    "check_partner",
    "require_direction",
]

PARTNERS = ("lattice", "magnetisation", "carriers")
"""Who usually receives the angular momentum that a term takes from the carriers.

A name of one's own ("impurities") gets a torque of its own, `torque_on_impurities`.
"""

SOME_K = np.array([[0.0, 0.0, 0.0], [0.71, -0.43, 0.29], [-1.13, 0.37, 0.83], [0.19, 1.57, -0.61]])
"""Wavevectors (1/nm) of no symmetry, and none: what holds there holds everywhere."""


class Term(ABC):
    """One named term of H(k).

    `Polynomial` and `Hoppings` are the kinds there are; whoever writes the next one
    provides what is abstract here.

    Attributes
    ----------
    name : str
        "kinetic", "exchange", "spin_orbit", "potential", "rashba", ...
    partner : str
        Who takes up what the term takes from the carriers' angular momentum: "lattice",
        "magnetisation", or "carriers" for atomic spin-orbit coupling, which moves it
        between spin and orbit and conserves L + s; or any other name.

    Examples
    --------
    >>> import numpy as np
    >>> import kwantorque as kt
    >>> iron = kt.FreeElectron(exchange=-1.0)
    >>> [(term.name, term.partner) for term in iron.terms([0, 0, 1])]
    [('kinetic', 'lattice'), ('potential', 'lattice'), ('exchange', 'magnetisation')]
    >>> kt.Polynomial("exchange", "magnetization", np.eye(2))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: ... did you mean 'magnetisation'?
    """

    name: str
    partner: str

    @property
    @abstractmethod
    def n_states(self) -> int:
        """Number n of states per site (orbital x spin) it acts on."""

    @property
    @abstractmethod
    def is_uniform(self) -> bool:
        """Whether the term is the same at every in-plane k."""

    @property
    @abstractmethod
    def is_planar(self) -> bool:
        """Whether the term is the same at every k_z: it has no hopping along z."""

    @abstractmethod
    def __call__(self, k: ArrayLike) -> NDArray:
        """H_term(k) in eV, (..., n, n), for k of shape (..., 3) in 1/nm."""

    @abstractmethod
    def gradient(self, k: ArrayLike) -> NDArray:
        """dH_term/dk_i in eV nm, (..., 3, n, n), for k of shape (..., 3) in 1/nm."""

    @property
    def slopes(self) -> tuple[Term, Term]:
        """The terms dH_term/dk_x and dH_term/dk_y, of eV nm instead of eV.

        What a field in the plane acts with; nobody else asks for them.

        Raises
        ------
        InputError
            A term of one's own that does not say them.

        Examples
        --------
        >>> import kwantorque as kt
        >>> kinetic = kt.FreeElectron().terms()[0]
        >>> slope, _ = kinetic.slopes
        >>> np.allclose(slope([1.0, 0, 0]), kinetic.gradient([1.0, 0, 0])[0])
        True
        """
        raise InputError(
            f"a field in the plane needs dH/dk of term {self.name!r}: give {type(self).__name__} a property `slopes`, "
            "or write the term as `Polynomial` or `Hoppings`"
        )

    @abstractmethod
    def blocks(self, k_par: ArrayLike, spacing: float) -> tuple[NDArray, NDArray]:
        """On-site block h and hopping V = H_{j,j+1} along z of the infinite crystal.

        On sites a = `spacing` (nm) apart,

            H_term(k) = h + V exp(i k_z a) + V^+ exp(-i k_z a),

        exactly for a lattice, up to O(a^2) for a polynomial in k_z. Both in eV, of
        shape (nk, n, n), or (1, n, n) where they do not depend on `k_par` (nk, 2),
        1/nm.

        Raises
        ------
        InputError
            The term is that of a lattice with another spacing.
        """

    @abstractmethod
    def shifted(self, energy: float) -> Term:
        """The same term with `energy` (eV) times the identity added."""

    @abstractmethod
    def same_as(self, other: Term) -> bool:
        """Whether two terms have the same matrices."""


def as_matrix(what: str, value: ArrayLike) -> NDArray:
    """A complex array; `InputError` names what is none, or not finite."""
    try:
        array = np.asarray(value, complex)
    except (TypeError, ValueError):
        raise InputError(f"{what} must be an array of numbers, got {value!r}") from None
    if not np.isfinite(array).all():
        raise InputError(f"{what} must be finite")
    return array


def check_partner(name: str, partner: str) -> str:
    """Return the partner of the term `name`.

    Raises
    ------
    InputError
        It is no name, or one of `PARTNERS` misspelt.
    """
    if not isinstance(name, str) or not name:
        raise InputError(f"the name of a term must be a word, got {name!r}")
    if not isinstance(partner, str) or not partner.isidentifier():
        raise InputError(f"partner of term {name!r} must be one of {PARTNERS} or another name, got {partner!r}")
    near = difflib.get_close_matches(partner, PARTNERS, n=1, cutoff=0.8)
    if partner not in PARTNERS and near:
        raise InputError(
            f"partner of term {name!r} must be one of {PARTNERS} or another name, got {partner!r}; "
            f"did you mean {near[0]!r}?"
        )
    return partner


class Material(ABC):
    """Contract of a material: H(k) as a sum of named terms, and what they act on.

    Whoever writes the next one provides:

    1. `spin` and `orbital`, Hermitian arrays (3, n, n) with hbar = 1, components x, y,
       z; the spin of free electrons in s bands goes with `orbital` = 0.
    2. `terms(m)`, a tuple of `Term` with distinct names, for a magnetisation direction
       `m` (unit vector, or None for a material that is not magnetic). Bands are
       electron-like (bounded from below, states filled upwards); a hole material is
       written in hole energies.
    3. `is_magnetic`, whether a layer of it needs a direction `m`.
    4. a `repr` that states its parameters: it is stored with every result. Materials
       are hashable, and equal if they are the same crystal: a frozen dataclass of
       numbers is.
    5. if it is a lattice in the plane, `reciprocal`, its two reciprocal lattice vectors
       as rows, (2, 2), 1/nm: the k integrals end at their Brillouin zone. None for a
       k.p material, which is at most of second order in k.
    6. if it is meant for one lattice spacing only, as every lattice is, `spacing` (nm);
       else None.

    Examples
    --------
    >>> import kwantorque as kt
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> copper.hamiltonian([0, 0, 13.6]).real.round(9) + 0.0
    array([[0., 0.],
           [0., 0.]])
    >>> kt.FreeElectron(exchange=-1.0).hamiltonian([0, 0, 0])
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a magnetic material needs the direction `m` ...
    """

    spin: NDArray
    orbital: NDArray
    is_magnetic: bool
    reciprocal: NDArray | None = None
    spacing: float | None = None

    @abstractmethod
    def terms(self, m: ArrayLike | None = None) -> tuple[Term, ...]:
        """The named terms of H for a magnetisation along `m`.

        Parameters
        ----------
        m : unit vector (3,), or None for a material that is not magnetic

        Raises
        ------
        InputError
            The material is magnetic, and there is no `m`.
        """

    @property
    def n_orbitals(self) -> int:
        """Number of orbital x spin states per site."""
        return self.spin.shape[-1]

    @property
    def in_layers(self) -> Material:
        """The material as layers are made of it: itself, unless it says otherwise.

        A crystal of long range is put together in higher cells.
        """
        return self

    @property
    def total(self) -> NDArray:
        """J = L + s, shape (3, n, n)."""
        return self.orbital + self.spin

    def hamiltonian(self, k: ArrayLike, m: ArrayLike | None = None) -> NDArray:
        """H(k), the sum of all terms: (..., n, n), eV, for k (..., 3) in 1/nm."""
        return sum(term(k) for term in self.terms(m))

    def velocity(self, k: ArrayLike, m: ArrayLike | None = None) -> NDArray:
        """hbar v_i = dH/dk_i: (..., 3, n, n), eV nm, for k (..., 3) in 1/nm."""
        return sum(term.gradient(k) for term in self.terms(m))


def require_direction(m: ArrayLike | None, what: object) -> None:
    """Refuse a magnetisation without a direction.

    Parameters
    ----------
    m : unit vector (3,), or None
    what : object
        The magnetic material, or what makes it one, for the message.

    Raises
    ------
    InputError
        There is no `m`.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.materials.base import require_direction
    >>> require_direction(None, kt.FreeElectron(exchange=-1.0))
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: a magnetic material needs the direction `m` ...
    """
    if m is None:
        raise InputError(f"a magnetic material needs the direction `m` of its magnetisation: {what!r}")


def check_material(material: Material, m: ArrayLike | None) -> None:
    """Check that a material fulfils the contract, with its magnetisation along `m`.

    Raises
    ------
    InputError
        Says which point of the contract is not met.
    """
    if not isinstance(material, Material):
        raise InputError(f"`material` of a layer must be a Material, got {material!r}")
    try:
        hash(material)
    except TypeError:
        raise InputError(
            f"a material must be hashable, got {material!r}: make its class a `@dataclass(frozen=True)` of numbers"
        ) from None
    if type(material).__repr__ is object.__repr__:
        raise InputError(
            f"a material must have a `repr` that states its parameters, which is stored with every result, but "
            f"{type(material).__name__} has none: make its class a `@dataclass(frozen=True)` of numbers"
        )
    shapes = []
    for name in ("spin", "orbital"):
        vector = np.asarray(getattr(material, name, None))
        if vector.dtype == object or vector.ndim != 3 or vector.shape[0] != 3 or vector.shape[1] != vector.shape[2]:
            raise InputError(f"`{name}` of {material!r} must be an array (3, n, n)")
        if not np.allclose(vector, np.conj(np.swapaxes(vector, -1, -2))):
            raise InputError(f"`{name}` of {material!r} must be Hermitian")
        shapes.append(vector.shape)
    terms = material.terms(m)
    if not isinstance(terms, tuple | list) or not terms or not all(isinstance(term, Term) for term in terms):
        raise InputError(f"`terms` of {material!r} must return a tuple of at least one Term, got {terms!r}")
    if len({term.name for term in terms}) < len(terms):
        raise InputError(f"the terms of a material must have distinct names, got {[term.name for term in terms]}")
    if {term.n_states for term in terms} != {shapes[0][1]} or shapes[0] != shapes[1]:
        raise InputError(f"spin, orbital and all terms of {material!r} must act on the same number of states")
    for term in terms:
        check_conserved(term, material)
    if material.reciprocal is not None and np.shape(material.reciprocal) != (2, 2):
        raise InputError(f"`reciprocal` of {material!r} must be two in-plane vectors, an array (2, 2), or None")
    for term in terms:
        if material.reciprocal is not None and not _belongs(material.reciprocal, getattr(term, "vectors", None)):
            raise InputError(
                f"`reciprocal` of {material!r} does not belong to the lattice vectors of its term {term.name!r}"
            )
    if material.reciprocal is not None and material.spacing is None:
        raise InputError(f"a lattice has a `spacing` of its own: {material!r} states `reciprocal` without one")


def check_conserved(term: Term, material: Material) -> None:
    """Check that a term with partner "carriers" conserves L + s.

        [H_term(k), L + s] = 0        at every k

    What such a term took from the carriers would go nowhere.

    Raises
    ------
    InputError
        It does not: names the term.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.materials.base import check_conserved
    >>> metal = kt.FreeElectron()
    >>> check_conserved(kt.Polynomial("rashba", "carriers", metal.spin[0]), metal)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: term 'rashba' has the partner 'carriers', but does ...
    """
    if term.partner != "carriers":
        return
    matrices = term(SOME_K)[:, None]
    lost = np.abs(commutator(matrices, material.total)).max()
    if lost > 1e-9 * np.abs(matrices).max():
        raise InputError(
            f"term {term.name!r} has the partner 'carriers', but does not conserve L + s: it takes angular momentum "
            "from the carriers, and someone must get it. Rashba coupling hands it to the crystal: partner 'lattice'. "
            "Of spin-orbit coupling only the atomic one, L.s, stays within the carriers"
        )


def _belongs(reciprocal, vectors):
    """Whether these are reciprocal vectors of the lattice, if a term has one."""
    if vectors is None:
        return True
    numbers = np.asarray(reciprocal) @ vectors[:2, :2].T / (2 * np.pi)
    return np.allclose(numbers, np.round(numbers), atol=1e-6) and abs(abs(np.linalg.det(numbers)) - 1) < 1e-6
