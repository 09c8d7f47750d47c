"""Any crystal: matrices between its cells, term by term."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra import dagger, direction
from ..errors import InputError, finite, known, named, whole
from .base import Material, as_matrix, require_direction
from .bloch import BlochSum, cells_of, in_supercell, supercell_matrix
from .crystal_files import from_models, from_wannier_files
from .hoppings import has_planes, reciprocal_vectors
from .spin_terms import check_angular_momentum, smallest_rotation, spin_matrices
from .wannier90 import write_wannier90

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from .base import Term

__all__ = ["TightBinding"]

PARTNER = {"exchange": "magnetisation"}
"""Partners that go without saying; of all other terms it is the lattice."""
ROUNDED = 1e-6
"""Matrices of observables may be as far from Hermitian: files have six decimals."""
GRID = 6
"""Points along each reciprocal vector at which the error of the bands is looked for."""


@named
@dataclass(frozen=True, eq=False, repr=False)
class TightBinding(Material):
    """A crystal given as matrices between its cells, term by term.

        H(k) = sum over terms and R of exp(i k.R) H_R - E_F,        H_R = <0| H |R>,
        R = n_1 a_1 + n_2 a_2 + n_3 a_3

    Any lattice and any range. In a `Layer` a_1 and a_2 lie in the plane, a_3 leads from
    cell to cell along z, and where hoppings reach M cells along it, a site of the stack
    is a principal layer of M cells: `principal_layers`.

    The term "exchange" is that of a magnetisation along `magnetisation`; for a layer
    with the direction m it is turned rigidly, by the smallest rotation U of the spin,

        H_ex(m) = U H_ex U^+,       so that D m_0.s becomes D m.s.

    Parameters
    ----------
    vectors : float or (3, 3) array, nm
        The lattice vectors as rows, right-handed; one number for a simple cubic one.
    hoppings : dict from name to dict from (n_1, n_2, n_3) to (n, n) array, eV
        The matrices of every term. Of R and -R one is enough: H_{-R} = H_R^+.
    spin : {"interlaced", "block", "spinless"} or (3, n, n) array
        What the states of a cell are: orbital by orbital, up before down; all up before
        all down; orbitals without a spin, of which every one is taken twice,
        interlaced; or the matrices s_x, s_y, s_z, hbar = 1.
    orbital : (3, n, n) array, optional
        L_x, L_y, L_z, hbar = 1; 0 by default.
    positions : (n, 3) array, nm, optional
        Where the states of the cell are; its corner by default. H does not depend on
        them.
    atoms : sequence of n names, optional
        The atom that each state belongs to; one atom by default.
    partners : dict from name to partner, optional
        Who takes what a term takes from the carriers, see `Term`. By default the
        magnetisation of the term "exchange", the lattice of all others.
    magnetisation : str, 3-vector, or dict from partner to such
        Direction of M in the terms as they are given. As a dict, that of each
        sublattice, which is the partner of its own exchange term: the torque on it is
        `torque_on_<name>`.
    fermi_energy : float, eV
        Energies count from here.
    cutoff : float, eV
        All R are left out at which no entry of any term is as large; `band_error` is
        what that does to the bands.

    Attributes
    ----------
    band_error : float, eV
        Largest change of a band by the cutoff, at k on a grid of 6 x 6 x 6.

    Raises
    ------
    InputError
        Lattice vectors that span no volume or are left-handed, matrices that do not fit
        each other, H_{-R} that is not H_R^+, spins or orbital moments that are not
        Hermitian, an exchange of orbitals without a spin or in a basis whose `spin` is
        no angular momentum, a cutoff < 0.

    References
    ----------
    Marzari, Mostofi, Yates, Souza & Vanderbilt, Rev. Mod. Phys. 84, 1419 (2012),
    section VI, for H_R; Lee & Joannopoulos, Phys. Rev. B 23, 4988 (1981), for principal
    layers.

    Examples
    --------
    A magnet on the cubic lattice, t = -1 eV, Delta = -0.8 eV:

    >>> import numpy as np
    >>> import kwantorque as kt
    >>> hops = {R: -np.eye(2) for R in [(1, 0, 0), (0, 1, 0), (0, 0, 1)]}
    >>> exchange = {(0, 0, 0): np.diag([-0.4, 0.4])}
    >>> magnet = kt.TightBinding(0.3, {"kinetic": hops, "exchange": exchange})
    >>> magnet.hamiltonian([0, 0, 0], m=[1, 0, 0]).real.round(9)
    array([[-6. , -0.4],
           [-0.4, -6. ]])
    >>> stack = kt.Stack([kt.Layer(magnet, 0.9, m="x")], 0.3, atomic=True)
    >>> float(kt.torques_at(stack, [(0, 0)], -5.0).closure) < 1e-10
    True
    >>> kt.TightBinding(0.3, {"kinetic": {(1, 0, 0): np.eye(3)}})
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `spin` must be 'spinless' or (3, 3, 3) for an odd ...
    """

    vectors: ArrayLike
    hoppings: Mapping[str, Mapping[tuple[int, int, int], ArrayLike]]
    _: KW_ONLY
    spin: str | ArrayLike = "interlaced"
    orbital: ArrayLike | None = None
    positions: ArrayLike | None = None
    atoms: Sequence[str] | None = None
    partners: Mapping[str, str] | None = None
    magnetisation: Any = "z"
    fermi_energy: float = 0.0
    cutoff: float = 0.0
    band_error: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("vectors", _lattice(self.vectors))
        put("fermi_energy", finite("fermi_energy", self.fermi_energy, "eV"))
        put("cutoff", finite("cutoff", self.cutoff, "eV"))
        if self.cutoff < 0:
            raise InputError(f"`cutoff` must be >= 0 eV, got {self.cutoff:g}")
        if not isinstance(self.hoppings, Mapping) or not self.hoppings:
            raise InputError("`hoppings` must be a dict from names of terms to dicts from (n1, n2, n3) to matrices")
        put("partners", self._all_partners())
        put("magnetisation", self._directions())
        terms = self._bloch_sums(self.hoppings)
        n = terms[0].n_states
        if any(term.n_states != n for term in terms):
            raise InputError(f"all terms must act on the same states, got {[term.n_states for term in terms]}")
        doubled = isinstance(self.spin, str) and self.spin == "spinless"
        if doubled and self.is_magnetic:
            raise InputError("an exchange acts on the spin: it cannot be a term of spin='spinless'")
        if doubled:
            terms = self._bloch_sums({t.name: {R: np.kron(h, np.eye(2)) for R, h in t.hoppings.items()} for t in terms})
        put("hoppings", {term.name: term.hoppings for term in terms})
        put("spin", _hermitian("spin", spin_matrices(self.spin, n)))
        put("orbital", self._moments(doubled))
        put("positions", _real("positions", self._per_state("positions", np.zeros((n, 3)), doubled)))
        put("atoms", tuple(map(str, self._per_state("atoms", ["atom"] * n, doubled).tolist())))
        if self.cutoff:
            self._cut()
        if self.is_magnetic:
            check_angular_momentum(self.spin)

    def _bloch_sums(self, hoppings):
        return [BlochSum(name, self.partners[name], matrices, self.vectors) for name, matrices in hoppings.items()]

    def _all_partners(self):
        """The partner of every term, those that go without saying too."""
        given = dict(self.partners or {})
        unknown = set(given) - set(self.hoppings)
        if unknown:
            raise InputError(f"`partners` must name terms of the crystal, {', '.join(self.hoppings)}, got {unknown}")
        return {name: given.get(name, PARTNER.get(name, "lattice")) for name in self.hoppings}

    def _directions(self):
        """M of each magnet in the terms as they are given, by their partners."""
        given = self.magnetisation if isinstance(self.magnetisation, Mapping) else {"magnetisation": self.magnetisation}
        found = {name: tuple(map(float, direction(m) + 0.0)) for name, m in given.items()}
        missing = sorted(set(found) - set(self.partners.values()))
        if missing and isinstance(self.magnetisation, Mapping):
            raise InputError(f"each sublattice must be the partner of a term, {missing} are not")
        return {} if missing else found

    def _moments(self, doubled):
        n = self.spin.shape[-1]
        if self.orbital is None:
            return np.zeros((3, n, n), complex)
        orbital = as_matrix("`orbital`", self.orbital)
        if doubled and orbital.shape == (3, n // 2, n // 2):
            orbital = np.kron(orbital, np.eye(2))
        if orbital.shape != (3, n, n):
            raise InputError(f"`orbital` must have shape (3, {n}, {n}), got {orbital.shape}")
        return _hermitian("orbital", orbital)

    def _per_state(self, name, default, doubled):
        """An array of one row for each state."""
        given = np.asarray(default if getattr(self, name) is None else getattr(self, name))
        if given.shape != np.shape(default):
            raise InputError(f"`{name}` must have shape {np.shape(default)}, got {given.shape}")
        return np.repeat(given, 2, axis=0) if doubled else given

    def _cut(self):
        """Leave out the R at which nothing is as large as the cutoff."""
        largest = {}
        for matrices in self.hoppings.values():
            for vector, matrix in matrices.items():
                largest[vector] = max(largest.get(vector, 0.0), float(np.abs(matrix).max()))
        kept = {vector for vector, size in largest.items() if size >= self.cutoff} | {(0, 0, 0)}
        whole_bands = self._bands_on_grid()
        zero = np.zeros_like(self.spin[0])
        cut = {
            name: {R: h for R, h in matrices.items() if R in kept} or {(0, 0, 0): zero}
            for name, matrices in self.hoppings.items()
        }
        object.__setattr__(self, "hoppings", cut)
        object.__setattr__(self, "band_error", float(np.abs(self._bands_on_grid() - whole_bands).max()))

    def _bands_on_grid(self):
        """Energies of all bands at k on a grid, which is no plane of symmetry."""
        along = (np.arange(GRID) + 0.3) / GRID - 0.5
        k = np.stack(np.meshgrid(*3 * (along,), indexing="ij"), axis=-1).reshape(-1, 3)
        k = 2 * np.pi * k @ np.linalg.inv(self.vectors).T
        return np.linalg.eigvalsh(sum(term(k) for term in self._bloch_sums(self.hoppings)))

    def __repr__(self) -> str:
        terms = ", ".join(f"{name} (R: {len(matrices)})" for name, matrices in self.hoppings.items())
        cut = f", cutoff={self.cutoff:g}, band_error={self.band_error:.2g}" if self.cutoff else ""
        return (
            f"TightBinding({np.round(self.vectors, 9).tolist()}, states={self.n_orbitals}, terms={terms}, "
            f"fermi_energy={self.fermi_energy!r}{cut}, digest={self._digest[:12]!r})"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TightBinding) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    @cached_property
    def _digest(self):
        """A number of all that makes the crystal: results are stored with it."""
        digest = hashlib.sha256(repr((self.partners, self.magnetisation, self.fermi_energy)).encode())
        arrays = [self.vectors, self.spin, self.orbital]
        for name, matrices in self.hoppings.items():
            digest.update(f"{name} {sorted(matrices)}".encode())
            arrays += [matrices[vector] for vector in sorted(matrices)]
        for array in arrays:
            # Of -0.0 and 0.0 only one.
            digest.update((np.ascontiguousarray(array) + 0.0).tobytes())
        return digest.hexdigest()

    @property
    def is_magnetic(self) -> bool:
        """Whether a layer of it needs a direction `m`."""
        return any(partner in self.magnetisation for partner in self.partners.values())

    @property
    def reciprocal(self) -> NDArray | None:
        """Reciprocal lattice vectors of the plane as rows, (2, 2), 1/nm.

        None where a_1 and a_2 do not lie in the plane: it then has bands, no layers.
        """
        return reciprocal_vectors(self.vectors) if has_planes(self.vectors) else None

    @property
    def spacing(self) -> float | None:
        """Height of a cell, nm: the spacing of a stack of it."""
        return float(self.vectors[2, 2]) if has_planes(self.vectors) else None

    @cached_property
    def reach(self) -> int:
        """Cells that hoppings reach along a_3: the M of a principal layer."""
        return max(term.reach for term in self._bloch_sums(self.hoppings))

    @property
    def in_layers(self) -> TightBinding:
        """The crystal as a layer is made of it: in principal layers.

        Raises
        ------
        InputError
            Lattice vectors a_1 and a_2 out of the plane.
        """
        if not has_planes(self.vectors):
            raise InputError(
                "in a layer the lattice vectors a_1 and a_2 must lie in the plane z = 0 and a_3 must point up, got "
                f"{np.round(self.vectors, 6).tolist()}: choose others of the lattice with `supercell`"
            )
        return self.principal_layers() if self.reach > 1 else self

    @named
    def principal_layers(self, cells: int | None = None) -> TightBinding:
        """The same crystal in cells so high that hoppings reach the next one only.

        Parameters
        ----------
        cells : int, optional
            Number of cells on top of each other; the smallest possible by default. Take
            that of the other materials of a stack, whose sites have one height.

        Raises
        ------
        InputError
            Fewer cells than the hoppings reach.

        Examples
        --------
        >>> import numpy as np
        >>> import kwantorque as kt
        >>> hops = {(0, 0, 1): -np.eye(2), (0, 0, 2): 0.2 * np.eye(2)}
        >>> metal = kt.TightBinding(0.3, {"kinetic": hops})
        >>> metal.principal_layers().spacing, metal.principal_layers(3).n_orbitals
        (0.6, 6)
        >>> metal.principal_layers(1)
        Traceback (most recent call last):
        ...
        kwantorque.errors.InputError: a principal layer must hold at least 2 cells, ...
        """
        least = max(self.reach, 1)
        cells = least if cells is None else whole("cells", cells)
        if cells < least:
            raise InputError(f"a principal layer must hold at least {least} cells, as far as hoppings go, got {cells}")
        return self.supercell((1, 1, cells))

    @named
    def supercell(self, cells: ArrayLike) -> TightBinding:
        """The same crystal with other lattice vectors.

            a'_i = sum_j cells_ij a_j

        Parameters
        ----------
        cells : 3 whole numbers, or (3, 3) array of such
            Of determinant 1 for other vectors of the same cell, such as two that lie in
            the plane of a surface.

        Returns
        -------
        TightBinding
            Its states are those of the cells inside, one after the other from bottom to
            top; the atoms of several are numbered, "Fe (0)", "Fe (1)", ...

        Raises
        ------
        InputError
            No whole numbers, or a determinant < 1.

        Examples
        --------
        The face-centred lattice, with two vectors in the plane:

        >>> import numpy as np
        >>> import kwantorque as kt
        >>> vectors = 0.2 * np.array([(0, 1, 1), (1, 0, 1), (1, 1, 0)])
        >>> hops = {R: -np.eye(2) for R in [(1, 0, 0), (0, 1, 0), (0, 0, 1)]}
        >>> crystal = kt.TightBinding(vectors, {"kinetic": hops})
        >>> crystal.supercell([(0, 0, 1), (1, -1, 0), (1, 0, 0)]).vectors
        array([[ 0.2,  0.2,  0. ],
               [-0.2,  0.2,  0. ],
               [ 0. ,  0.2,  0.2]])
        """
        matrix = supercell_matrix(cells)
        old = cells_of(matrix)
        several = len(old) > 1
        return self._changed(
            vectors=matrix @ self.vectors,
            hoppings={name: in_supercell(matrices, matrix) for name, matrices in self.hoppings.items()},
            spin=_repeated(self.spin, len(old)),
            orbital=_repeated(self.orbital, len(old)),
            positions=np.concatenate([self.positions + shift for shift in old @ self.vectors]),
            atoms=[f"{atom} ({i})" if several else atom for i in range(len(old)) for atom in self.atoms],
        )

    @named
    def with_magnetisation(self, directions: Mapping[str, str | ArrayLike]) -> TightBinding:
        """The same crystal with sublattices that are magnetised in other directions.

        Each exchange term is turned by itself. In a layer all of them are turned
        together, so that the first sublattice points along the layer's `m`.

        Parameters
        ----------
        directions : dict from the name of a sublattice to a direction

        Raises
        ------
        InputError
            A sublattice that the crystal has not, or no direction.

        Examples
        --------
        An antiferromagnet from a ferromagnet of two atoms:

        >>> import numpy as np
        >>> import kwantorque as kt
        >>> up, a, b = np.diag([0.5, -0.5]), np.diag([1, 0]), np.diag([0, 1])
        >>> terms = {
        ...     "exchange_a": {(0, 0, 0): np.kron(a, up)},
        ...     "exchange_b": {(0, 0, 0): np.kron(b, up)},
        ... }
        >>> magnet = kt.TightBinding(
        ...     0.3,
        ...     terms,
        ...     partners={"exchange_a": "a", "exchange_b": "b"},
        ...     magnetisation={"a": "z", "b": "z"},
        ... ).with_magnetisation({"b": "-z"})
        >>> magnet.hamiltonian([0, 0, 0], m=[0, 0, 1]).diagonal().real.round(9)
        array([ 0.5, -0.5, -0.5,  0.5])
        """
        wanted = {known("sublattice", name, self.magnetisation): direction(m) for name, m in directions.items()}
        hoppings = dict(self.hoppings)
        for term in self._bloch_sums(self.hoppings):
            if term.partner in wanted:
                start = np.array(self.magnetisation[term.partner])
                hoppings[term.name] = _with_spin_turned(term, self.spin, start, wanted[term.partner]).hoppings
        return self._changed(hoppings=hoppings, magnetisation={**self.magnetisation, **wanted})

    def _changed(self, **changes):
        """The crystal with other parts; what was cut off stays so, and its error."""
        made = replace(self, **changes, cutoff=0.0)
        object.__setattr__(made, "cutoff", self.cutoff)
        object.__setattr__(made, "band_error", self.band_error)
        return made

    @classmethod
    def from_wannier90(
        cls,
        name: str | Path,
        down: str | Path | None = None,
        *,
        fermi_energy: float | None = None,
        spin: str | None = None,
        magnetisation: str | ArrayLike | None = None,
        vectors: ArrayLike | None = None,
        orbital: ArrayLike | None = None,
        spin_orbit: float | ArrayLike | None = None,
        cutoff: float = 0.0,
    ) -> TightBinding:
        """A crystal from the files of Wannier90, its Hamiltonian split into terms.

        Without spin there is the term "kinetic". A spin-polarised pair has

            kinetic = (H_up + H_down)/2,      exchange = (H_up - H_down)/2 m.sigma,

        if both runs have the same Wannier functions, and xi L.s if it is given. Of
        spinors H is split by time reversal, T = i sigma_y K for real orbitals, into
        "kinetic" (even, without spin), "spin_orbit" (even, with spin), "exchange" (odd,
        with spin) and "remainder" (odd, without spin).

        Parameters
        ----------
        name : str or Path
            The seedname, or its `_tb.dat` or `_hr.dat`; `_wsvec.dat`, `.win` and
            `_centres.xyz` beside it are read too. Of a pair, that of spin up.
        down : str or Path, optional
            That of spin down.
        fermi_energy : float, eV
            On the scale of the file, which does not have it; by default that of `.win`.
        spin : {"interlaced", "block", "spinless"}, optional
            Order of spinors; by default what `.win` says, "spinless" or "interlaced".
        magnetisation : str or 3-vector, optional
            Direction of M in the calculation with spinors.
        vectors : (3, 3) array, nm, optional
            Where neither `_tb.dat` nor `.win` has them.
        orbital : (3, n, n) array, optional
            L_x, L_y, L_z of the Wannier functions, with spin or without.
        spin_orbit : float or sequence of floats, eV, optional
            xi in xi L.s of all, or of each of the n Wannier functions; of a pair.
        cutoff : float, eV
            As of `TightBinding`.

        Raises
        ------
        InputError
            A file that does not fit itself or its neighbours, see
            `materials.wannier90`; an unknown Fermi energy, order of spins or direction
            of M; spinors in another order, or an exchange in another direction, than
            said; a pair of different crystals, Wannier functions or Fermi energies.

        Warns
        -----
        UserWarning
            The remainder is above 1 % of the exchange; spinors without `magnetisation`
            have an exchange between 1 and 50 meV.

        References
        ----------
        Pizzi et al., J. Phys.: Condens. Matter 32, 165902 (2020), for the files.

        Examples
        --------
        >>> import tempfile
        >>> import kwantorque as kt
        >>> hops = {(0, 0, 0): [[1.0]], (0, 0, 1): [[-0.5]], (1, 0, 0): [[-0.5]]}
        >>> metal = kt.TightBinding(0.3, {"kinetic": hops}, spin="spinless")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = metal.to_wannier90(f"{folder}/metal")
        ...     read = kt.TightBinding.from_wannier90(
        ...         path, spin="interlaced", fermi_energy=0.2
        ...     )
        >>> kt.bands(read, [0, 0, 0]).energy.values.round(9)
        array([[-1.2, -1.2]])
        """
        given = {"spin": spin, "magnetisation": magnetisation, "vectors": vectors}
        made = from_wannier_files(name, down, fermi_energy=fermi_energy, **given, orbital=orbital, xi=spin_orbit)
        return cls(**made, cutoff=cutoff)

    @classmethod
    def from_model(
        cls,
        model: Any,
        *,
        spin: str | None = None,
        magnetisation: str | ArrayLike | None = None,
        orbital: ArrayLike | None = None,
        fermi_energy: float = 0.0,
        cutoff: float = 0.0,
    ) -> TightBinding:
        """A crystal from a model of sisl, WannierBerri, TBmodels or PythTB.

        They are known by what they carry, and not imported; lengths are in Angstrom,
        energies in eV. H of spinors is split into terms as by `from_wannier90`.

        Parameters
        ----------
        model : object, or dict from the name of a term to an object
            sisl's `Hamiltonian`, WannierBerri's `System_R`, TBmodels' `Model` or
            PythTB's model in three dimensions; as a dict, one for each term.
        spin : {"interlaced", "block", "spinless"}, optional
            Of WannierBerri and TBmodels, which do not say it; of others, nothing else
            than they say.
        magnetisation, orbital, fermi_energy, cutoff
            As of `from_wannier90`.

        Raises
        ------
        InputError
            Something else, overlaps of the basis, a spin that is not known or not that
            of the model, `magnetisation` of a model without spin; as `from_wannier90`
            does.

        Warns
        -----
        UserWarning
            As `from_wannier90` does.

        Examples
        --------
        What TBmodels carries, half of the matrices:

        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> import kwantorque as kt
        >>> hop = {(0, 0, 0): [[0.25]], (0, 0, 1): [[-1.0]]}
        >>> model = SimpleNamespace(hop=hop, uc=3 * np.eye(3), pos=np.zeros((1, 3)))
        >>> metal = kt.TightBinding.from_model(model, spin="spinless")
        >>> metal.spacing, kt.bands(metal, [0, 0, 0]).energy.values
        (0.3, array([[-1.5, -1.5]]))
        """
        made = from_models(model, spin, magnetisation)
        return cls(**made, orbital=orbital, fermi_energy=fermi_energy, cutoff=cutoff)

    def to_wannier90(self, name: str | Path) -> Path:
        """Write H, all terms together, as `<name>_tb.dat`.

        The magnetisation points as in the terms the crystal was given, the states are
        in their order here, and energies on the scale of before `fermi_energy`.

        Parameters
        ----------
        name : str or Path
            The seedname.

        Returns
        -------
        Path
            Of the file.
        """
        total: dict[tuple[int, int, int], NDArray] = {}
        for matrices in self.hoppings.values():
            for cell, block in matrices.items():
                total[cell] = total.get(cell, 0) + block
        return write_wannier90(name, total, self.vectors, self.positions)

    def terms(self, m: ArrayLike | None = None) -> tuple[Term, ...]:
        if self.is_magnetic:
            require_direction(m, self)
        made = tuple(self._turned(term, m) for term in self._bloch_sums(self.hoppings))
        if not self.fermi_energy:
            return made
        for i, term in enumerate(made):
            if term.name == "potential":
                return (*made[:i], term.shifted(-self.fermi_energy), *made[i + 1 :])
        level = {(0, 0, 0): -self.fermi_energy * np.eye(self.n_orbitals)}
        return (*made, BlochSum("potential", "lattice", level, self.vectors))

    def _turned(self, term, m):
        """A term for a magnetisation along m; what is no exchange stays."""
        if term.partner not in self.magnetisation:
            return term
        # Sublattices keep their angles.
        start = np.array(next(iter(self.magnetisation.values())))
        return _with_spin_turned(term, self.spin, start, np.asarray(m, float))


def _with_spin_turned(term, spin, start, stop):
    """A term after the smallest rotation of the spin from one direction to another."""
    turn = smallest_rotation(spin, start, stop)
    if turn is None:
        return term
    return replace(term, hoppings={R: turn @ h @ turn.conj().T for R, h in term.hoppings.items()})


def _lattice(vectors):
    """Lattice vectors (3, 3), nm: independent and right-handed."""
    vectors = _real("vectors", vectors)
    vectors = vectors * np.eye(3) if vectors.ndim == 0 else vectors
    if vectors.shape != (3, 3) or abs(np.linalg.det(vectors)) < 1e-9:
        raise InputError("`vectors` must be a length or three independent vectors in nm, as rows")
    if np.linalg.det(vectors) < 0:
        raise InputError(
            f"`vectors` must be right-handed, a_1.(a_2 x a_3) > 0, got {vectors.tolist()}: swap two of them, and the "
            "same numbers of every R"
        )
    return vectors


def _real(name, value):
    """An array of real numbers."""
    array = as_matrix(f"`{name}`", value)
    if array.imag.any() or np.asarray(value).dtype.kind in "US":
        raise InputError(f"`{name}` must be real numbers, got {np.asarray(value).tolist()}")
    return array.real


def _hermitian(name, matrices):
    """Matrices of observables (3, n, n)."""
    apart = float(np.abs(matrices - dagger(matrices)).max())
    if apart > ROUNDED:
        raise InputError(f"`{name}` must be three Hermitian matrices, but they differ from theirs by {apart:.2g}")
    return matrices


def _repeated(vector, times):
    """Matrices (3, n, n) of several cells next to each other."""
    return np.kron(np.eye(times), vector) if vector.any() else np.zeros((3, *2 * (times * vector.shape[-1],)), complex)
