"""What stands beside a Wannier90 Hamiltonian: the settings of `.win`, the centres."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, known

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Settings", "atoms_of_centres", "distances", "read_centres", "read_settings"]

BOHR = 0.529177210903 / 10
"""nm."""
ANGSTROM = 0.1
"""nm."""
UNITS = {"bohr": BOHR, "ang": ANGSTROM, "angstrom": ANGSTROM}
"""nm; words that a block can begin with."""


@dataclass(frozen=True, eq=False)
class Settings:
    """What a `.win` file says, where it says it.

    Attributes
    ----------
    functions : int or None
        Number of Wannier functions.
    spinors : bool or None
    fermi_energy : float or None, eV
    degeneracies_applied : bool
    vectors : (3, 3) array, nm, or None
    atoms : tuple of str
    places : (n_atoms, 3) array, nm
    """

    functions: int | None = None
    spinors: bool | None = None
    fermi_energy: float | None = None
    degeneracies_applied: bool = False
    vectors: NDArray | None = None
    atoms: tuple[str, ...] = ()
    places: NDArray | None = None


def read_settings(path: Path) -> Settings:
    """The settings of a `.win` file; none where there is no file.

    Raises
    ------
    InputError
        A block or a value that cannot be read.
    """
    if not path.exists():
        return Settings()
    text = "\n".join(re.split("[!#]", line)[0] for line in path.read_text(errors="replace").splitlines())
    functions, fermi = _value(text, "num_wann"), _value(text, "fermi_energy")
    vectors = _cell(path, text)
    atoms, places = _atoms(path, text, vectors)
    spinors = _value(text, "spinors")
    try:
        return Settings(
            functions=None if functions is None else int(functions),
            # A file without the word has none.
            spinors=spinors is not None and _is_true(spinors),
            fermi_energy=None if fermi is None else _number(fermi),
            degeneracies_applied=_is_true(_value(text, "write_ndegen_applied") or "f"),
            vectors=vectors,
            atoms=atoms,
            places=places,
        )
    except ValueError as error:
        raise InputError(f"{path.name}: {error}") from None


def _value(text, word):
    found = re.search(rf"(?im)(?:^|\s){word}\s*[:=\s]\s*(\S+)", text)
    return found and found[1]


def _is_true(word):
    return word.strip(".").lower().startswith("t")


def _number(word):
    """Fortran writes 1.0d0."""
    return float(word.lower().replace("d", "e"))


def _block(text, name):
    """The lines of a block, or None."""
    pattern = rf"(?ims)^\s*begin\s*[:=]?\s*{name}\b(.*?)^\s*end\s*[:=]?\s*{name}\b"
    found = re.search(pattern, text)
    return found and [line.split() for line in found[1].splitlines() if line.strip()]


def _cell(path, text):
    lines = _block(text, "unit_cell_cart")
    if lines is None:
        return None
    lines, unit = _unit_of(path, lines)
    try:
        vectors = unit * np.array([[_number(word) for word in line] for line in lines])
    except ValueError:
        vectors = np.zeros(0)
    if vectors.shape != (3, 3):
        raise InputError(f"{path.name}: the block unit_cell_cart must be three vectors")
    return vectors


def _atoms(path, text, vectors):
    for name in ("atoms_frac", "atoms_cart"):
        lines = _block(text, name)
        if lines is None:
            continue
        lines, unit = _unit_of(path, lines)
        try:
            places = np.array([[_number(word) for word in line[1:4]] for line in lines]).reshape(len(lines), 3)
        except ValueError:
            raise InputError(f"{path.name}: the block {name} must be names and three numbers each") from None
        if name == "atoms_frac" and vectors is None:
            return (), None
        return tuple(line[0] for line in lines), places @ vectors if name == "atoms_frac" else unit * places
    return (), None


def _unit_of(path, lines):
    """Lines without the one that says the unit, and the unit in nm."""
    if not lines or len(lines[0]) != 1:
        return lines, ANGSTROM
    return lines[1:], UNITS[known(f"unit in {path.name}", lines[0][0].lower(), UNITS, cutoff=0.8)]


def read_centres(path: Path, n: int) -> NDArray | None:
    """Centres of the n Wannier functions in `_centres.xyz`, (n, 3), nm; None without.

    Raises
    ------
    InputError
        Another number of them, or of lines than it says.
    """
    if not path.exists():
        return None
    lines = [line.split() for line in path.read_text(errors="replace").splitlines()]
    try:
        rows = lines[2 : 2 + int(lines[0][0])]
        centres = np.array([[float(x) for x in row[1:4]] for row in rows if row[0] == "X"])
    except (ValueError, IndexError):
        rows, centres = [], np.zeros(0)
    if centres.shape != (n, 3):
        raise InputError(f"{path.name} must have the centres of {n} Wannier functions, lines of X and three numbers")
    return ANGSTROM * centres


def atoms_of_centres(settings: Settings, vectors: NDArray, centres: NDArray | None) -> list[str] | None:
    """The atom next to each centre, in this or any other cell; None where not known.

    Atoms of one kind are numbered: "Si 1", "Si 2".
    """
    if centres is None or settings.places is None or not len(settings.atoms):
        return None
    names = settings.atoms
    names = [f"{name} {names[:i].count(name) + 1}" if names.count(name) > 1 else name for i, name in enumerate(names)]
    return [names[i] for i in distances(vectors, centres, settings.places).argmin(axis=1)]


def distances(vectors: NDArray, places: NDArray, others: NDArray) -> NDArray:
    """From each of some places to each of others, in this or any other cell, nm.

    Parameters
    ----------
    vectors : (3, 3) array, nm
    places, others : (n, 3) and (n', 3) array, nm

    Returns
    -------
    (n, n') array, nm
    """
    images = np.array(np.meshgrid(*3 * ((-1, 0, 1),))).reshape(3, -1).T @ vectors
    apart = (places[:, None] - others) @ np.linalg.inv(vectors)
    apart = (apart - np.round(apart)) @ vectors
    return np.linalg.norm(apart[:, :, None] + images, axis=-1).min(axis=-1)
