"""Files of Wannier90, read strictly: what does not fit is refused, never mended.

    H(k) = sum over R of exp(i k.R) H_R / n_R,       H_R = <0 m| H |R n>

n_R is the degeneracy of R; with `_wsvec.dat`, of each (R, m, n) the mean over its own
vectors R + T. Lengths are in Angstrom there, in nm here; energies in eV.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..algebra import dagger
from ..errors import InputError
from .wannier90_win import Settings, read_centres, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .bloch import Matrices

__all__ = ["WannierFile", "read_wannier90", "write_wannier90"]

ROUNDED = 5e-6
"""H_R and H_{-R}^+, eV, may differ by this much: files have six decimals."""
PER_NM = 10.0
"""Angstrom per nm."""


@dataclass(frozen=True, eq=False)
class WannierFile:
    """What the files of one Wannier90 run hold.

    Attributes
    ----------
    hoppings : dict from (n_1, n_2, n_3) to (n, n) array, eV
        Hermitian, degeneracies and vectors of `_wsvec.dat` worked in.
    settings : Settings
        Of `.win`; without it, empty.
    vectors : (3, 3) array, nm, or None
    centres : (n, 3) array, nm, or None
        Of the Wannier functions.
    """

    hoppings: Matrices
    settings: Settings
    vectors: NDArray | None
    centres: NDArray | None


def read_wannier90(name: str | Path) -> WannierFile:
    """The Hamiltonian of a run, with what stands beside it.

    Parameters
    ----------
    name : str or Path
        The seedname, or its `_tb.dat` or `_hr.dat`. Of a seedname `_tb.dat` is taken
        where there are both. `_wsvec.dat`, `.win` and `_centres.xyz` of the same
        seedname are read where they are.

    Raises
    ------
    InputError
        No such file; other numbers of lines or columns than the file says, an R or an
        entry that is there twice, an R without -R, or with another degeneracy, H_R that
        is not H_{-R}^+, vectors that `.win` has otherwise, degeneracies that are
        divided out already.
    """
    path = _hamiltonian_of(Path(name))
    seed = str(path)[: -len("_hr.dat")]
    lines = path.read_text(errors="replace").splitlines()
    reader = _read_tb if path.name.endswith("_tb.dat") else _read_hr
    numbers, degeneracy, blocks, vectors, centres = reader(path, lines)
    settings = read_settings(Path(f"{seed}.win"))
    beside = Path(f"{seed}_wsvec.dat")
    header = lines[0] + (beside.read_text(errors="replace").partition("\n")[0] if beside.exists() else "")
    _check_not_applied(path, header, settings, degeneracy)
    blocks = blocks / degeneracy[:, None, None]
    _check_pairs(path, numbers, degeneracy)
    found = {tuple(R): block for R, block in zip(numbers.tolist(), blocks, strict=True)}
    if beside.exists():
        found = _spread(beside, found)
    found = _hermitian(path, found)
    n = blocks.shape[-1]
    if settings.functions not in (None, n):
        raise InputError(f"{path.name} has {n} Wannier functions, but {seed}.win says {settings.functions}")
    if vectors is not None and settings.vectors is not None and np.abs(vectors - settings.vectors).max() > 1e-4:
        raise InputError(f"{path.name} and {Path(seed).name}.win have different lattice vectors")
    if centres is None:
        centres = read_centres(Path(f"{seed}_centres.xyz"), n)
    return WannierFile(found, settings, settings.vectors if vectors is None else vectors, centres)


def _hamiltonian_of(path):
    """The file with the matrices."""
    if path.name.endswith(("_tb.dat", "_hr.dat")):
        if not path.exists():
            raise InputError(f"there is no file {path}")
        return path
    for end in ("_tb.dat", "_hr.dat"):
        if (whole := path.with_name(path.name + end)).exists():
            return whole
    raise InputError(
        f"there is no {path}_tb.dat or {path}_hr.dat: set `write_tb = true` in the .win file, and give the seedname"
    )


def _read_hr(path, lines):
    """Numbers n of R, degeneracies, H_R (n_R, n, n) as written; no vectors, centres."""
    n, count, degeneracy, start = _header(path, lines, 1)
    table = _table(path, lines, start, count * n * n, 7, "of hoppings")
    table = table.reshape(count, n * n, 7)
    cells = table[:, :, :3]
    if (cells != cells[:, :1]).any():
        at = int(np.argmax((cells != cells[:, :1]).any(axis=(1, 2))))
        raise InputError(
            f"{path.name}: the {n * n} lines of the {at + 1}. R must have one R: one is missing or too many"
        )
    numbers = _vectors_of_cells(path, cells[:, 0])
    return numbers, degeneracy, _blocks(path, numbers, table[:, :, 3:], n), None, None


def _read_tb(path, lines):
    """The same, with lattice vectors and centres."""
    vectors = _table(path, lines[:4], 1, 3, 3, "of lattice vectors") / PER_NM
    n, count, degeneracy, start = _header(path, lines, 4)
    rest = [line for line in lines[start:] if line.strip()]
    size = n * n + 1
    if len(rest) not in (count * size, 2 * count * size):
        raise InputError(
            f"{path.name} must have {count * size} lines for H, and as many for r, of {count} R and {n} functions, "
            f"got {len(rest)}: is it cut off?"
        )
    blocks = [rest[i * size : (i + 1) * size] for i in range(len(rest) // size)]
    cells = _table(path, [block[0] for block in blocks], 0, len(blocks), 3, "of R")
    numbers = _vectors_of_cells(path, cells[:count])
    entries = [line for block in blocks[:count] for line in block[1:]]
    entries = _table(path, entries, 0, count * n * n, 4, "of hoppings").reshape(count, n * n, 4)
    centres = None
    if len(blocks) > count:
        if (cells[count:] != cells[:count]).any():
            raise InputError(f"{path.name}: the R of H and of r must be the same")
        here = [line for R, block in zip(cells, blocks[count:], strict=False) if not R.any() for line in block[1:]]
        here = _table(path, here, 0, n * n, 8, "of positions")
        diagonal = here[here[:, 0] == here[:, 1]]
        centres = diagonal[np.argsort(diagonal[:, 0])][:, [2, 4, 6]] / PER_NM
    return numbers, degeneracy, _blocks(path, numbers, entries, n), vectors, centres


def _header(path, lines, first):
    """Number of functions, of R, degeneracies, and the line behind them."""
    try:
        n, count = int(lines[first]), int(lines[first + 1])
        degeneracy, at = [], first + 2
        while len(degeneracy) < count:
            degeneracy += [int(word) for word in lines[at].split()]
            at += 1
    except (ValueError, IndexError):
        raise InputError(
            f"{path.name} must have the numbers of Wannier functions and of R in lines {first + 1} and {first + 2}, "
            "and then a degeneracy for each R"
        ) from None
    if n < 1 or len(degeneracy) != count or min(degeneracy) < 1:
        raise InputError(f"{path.name} must have {count} degeneracies >= 1 for {n} functions, got {len(degeneracy)}")
    return n, count, np.array(degeneracy), at


def _table(path, lines, start, rows, columns, what):
    """Numbers (rows, columns) of the lines from `start` on, blank ones left out."""
    given = [line.split() for line in lines[start:] if line.strip()]
    if len(given) != rows:
        raise InputError(f"{path.name} must have {rows} lines {what}, got {len(given)}: is it cut off?")
    for words in given:
        if len(words) != columns:
            raise InputError(f"{path.name}: a line {what} must have {columns} numbers, got {' '.join(words)!r}")
    try:
        table = np.array(given, float)
    except ValueError as error:
        raise InputError(f"{path.name}: a line {what} must be numbers, but {error}") from None
    if not np.isfinite(table).all():
        raise InputError(f"{path.name}: the numbers {what} must be finite")
    return table


def _vectors_of_cells(path, cells):
    """R as whole numbers, each once."""
    numbers = np.round(cells).astype(int)
    if (numbers != cells).any():
        raise InputError(
            f"{path.name}: R must be whole numbers, got {cells[(numbers != cells).any(axis=1)][0].tolist()}"
        )
    every, times = np.unique(numbers, axis=0, return_counts=True)
    if (times > 1).any():
        raise InputError(f"{path.name} has R = {tuple(every[times > 1][0].tolist())} twice")
    return numbers


def _blocks(path, numbers, entries, n):
    """H_R (n_R, n, n) from lines of m, n, Re, Im, in any order but each once."""
    where = np.round(entries[:, :, :2]).astype(int) - 1
    flat = where[:, :, 0] * n + where[:, :, 1]
    wrong = (np.sort(flat, axis=1) != np.arange(n * n)).any(axis=1) | ((where < 0) | (where >= n)).any(axis=(1, 2))
    if wrong.any():
        at = tuple(numbers[np.argmax(wrong)].tolist())
        raise InputError(f"{path.name}: at R = {at} every pair of functions 1 to {n} must be there once")
    blocks = np.empty((len(numbers), n * n), complex)
    np.put_along_axis(blocks, flat, entries[:, :, 2] + 1j * entries[:, :, 3], axis=1)
    return blocks.reshape(-1, n, n)


def _check_not_applied(path, header, settings, degeneracy):
    """Degeneracies that Wannier90 has divided out must not be divided out again."""
    applied = settings.degeneracies_applied or re.search(r"ndegen_applied\s*=?\s*\.?t", header, re.IGNORECASE)
    if applied and (degeneracy != 1).any():
        raise InputError(
            f"{path.name} was written with `write_ndegen_applied`, and yet has degeneracies to divide by: write it "
            "without, or replace them by 1"
        )


def _check_pairs(path, numbers, degeneracy):
    """With R there must be -R, equally degenerate."""
    of = dict(zip(map(tuple, numbers.tolist()), degeneracy.tolist(), strict=True))
    for vector, number in of.items():
        back = tuple(-x for x in vector)
        if back not in of:
            raise InputError(f"{path.name} has R = {vector}, but not -R")
        if of[back] != number:
            raise InputError(f"{path.name}: R = {vector} and -R must have one degeneracy, got {number} and {of[back]}")


def _spread(path, hoppings):
    """Each entry on all vectors R + T that `_wsvec.dat` has for it, in equal parts."""
    n = next(iter(hoppings.values())).shape[-1]
    lines = [line.split() for line in path.read_text(errors="replace").splitlines()[1:] if line.strip()]
    found, seen, at = {}, set(), 0
    try:
        while at < len(lines):
            *cell, i, j = map(int, lines[at])
            count = int(lines[at + 1][0])
            shifts = [tuple(map(int, words)) for words in lines[at + 2 : at + 2 + count]]
            key = (*cell, i, j)
            if len(cell) != 3 or count < 1 or len(shifts) != count or any(len(t) != 3 for t in shifts) or key in seen:
                raise ValueError
            seen.add(key)
            entry = hoppings[tuple(cell)][i - 1, j - 1] / count
            for shift in shifts:
                to = tuple(x + t for x, t in zip(cell, shift, strict=True))
                found.setdefault(to, np.zeros((n, n), complex))[i - 1, j - 1] += entry
            at += 2 + count
    except (ValueError, IndexError, KeyError):
        raise InputError(
            f"{path.name}: every (R, m, n) of the Hamiltonian must be there once, with a number of vectors T and as "
            f"many lines of them, but is not behind line {at + 1}"
        ) from None
    if len(seen) != len(hoppings) * n * n:
        raise InputError(f"{path.name} must have {len(hoppings) * n * n} entries, one for each of H, got {len(seen)}")
    return found


def _hermitian(path, hoppings):
    """H_R made the conjugate of H_{-R} to the last digit, where it is to rounding."""
    zero = np.zeros_like(next(iter(hoppings.values())))
    made = {}
    for vector, block in hoppings.items():
        back = dagger(hoppings.get(tuple(-x for x in vector), zero))
        wrong = float(np.abs(block - back).max())
        if wrong > ROUNDED:
            raise InputError(
                f"{path.name}: H at R = {vector} must be Hermitian conjugate to that at -R, but differs by "
                f"{wrong:.2g} eV"
            )
        made[vector] = (block + back) / 2
    return made


def write_wannier90(
    name: str | Path, hoppings: Mapping[tuple[int, int, int], NDArray], vectors: NDArray, positions: NDArray
) -> Path:
    """Write a Hamiltonian as `<name>_tb.dat`, with 17 digits and no degeneracies.

    Parameters
    ----------
    name : str or Path
        The seedname.
    hoppings : dict from (n_1, n_2, n_3) to (n, n) array, eV
        All R, those of -R too.
    vectors : (3, 3) array, nm
    positions : (n, 3) array, nm
        Written as the diagonal of r at R = 0.

    Returns
    -------
    Path
        Of the file.
    """
    path = Path(f"{name}_tb.dat")
    n = len(positions)
    cells = sorted(hoppings)
    indices = [(i, j) for j in range(n) for i in range(n)]
    lines = [" written by kwantorque"]
    lines += ["".join(f"{x:25.16e}" for x in row) for row in PER_NM * vectors]
    lines += [f"{n:12d}", f"{len(cells):12d}"]
    lines += ["".join(f"{1:5d}" for _ in cells[i : i + 15]) for i in range(0, len(cells), 15)]
    for cell in cells:
        lines += ["", "".join(f"{x:5d}" for x in cell)]
        block = hoppings[cell]
        lines += [f"{i + 1:5d}{j + 1:5d}{block[i, j].real:25.16e}{block[i, j].imag:25.16e}" for i, j in indices]
    for cell in cells:
        lines += ["", "".join(f"{x:5d}" for x in cell)]
        here = PER_NM * positions if cell == (0, 0, 0) else np.zeros((n, 3))
        for i, j in indices:
            centre = here[i] if i == j else np.zeros(3)
            lines.append(f"{i + 1:5d}{j + 1:5d}" + "".join(f"{x:25.16e}{0:25.16e}" for x in centre))
    path.write_text("\n".join(lines) + "\n")
    return path
