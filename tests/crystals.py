"""Crystals that several tests look at, and stacks of them solved by plain Kwant."""

from itertools import product

import numpy as np

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF, dagger, on_spin
from kwantorque.structures.kwant_builder import load_kwant

kwant = load_kwant()

CUBIC = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]


def as_tight_binding(material, m=(0, 0, 1)):
    """A lattice of the package, written down as matrices."""
    m = np.array(m, float)
    here = (0, 0, 0)
    hoppings = {
        term.name: term.hoppings if isinstance(term, kt.Hoppings) else {here: term(np.zeros(3))}
        for term in material.terms(m if material.is_magnetic else None)
    }
    partners = {term.name: term.partner for term in material.terms(m if material.is_magnetic else None)}
    return kt.TightBinding(
        material.spacing,
        hoppings,
        spin=material.spin,
        orbital=material.orbital,
        partners=partners,
        magnetisation=m if material.is_magnetic else "z",
    )


def random_crystal(seed, magnetic=True, planes=2, height=0.4, orbitals=(3, 3, 2)):
    """3 atoms of 8 orbitals on a hexagonal lattice, hoppings to second planes.

    Kinetic and spin-orbit terms in all bonds, an exchange on the sites and to the
    nearest cells.
    """
    rng = np.random.default_rng(seed)
    n = sum(orbitals)
    vectors = [(0.3, 0, 0), (-0.15, 0.15 * 3**0.5, 0), (0.05, 0.02, height)]
    cells = [R for R in product((-1, 0, 1), (-1, 0, 1), range(planes + 1)) if R[2] > 0 or R >= (0, 0, 0)]
    size = {R: 0.4 / (1 + sum(map(abs, R))) ** 2 for R in cells}

    def block():
        return rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))

    def with_spin(matrices):
        return sum(np.kron(a, 2 * s) for a, s in zip(matrices, SPIN_HALF, strict=True))

    kinetic = {R: np.kron(s * block(), np.eye(2)) for R, s in size.items()}
    spin_orbit = {R: 0.3 * s * with_spin([block() for _ in range(3)]) for R, s in size.items()}
    kinetic[0, 0, 0], spin_orbit[0, 0, 0] = (x[0, 0, 0] + dagger(x[0, 0, 0]) for x in (kinetic, spin_orbit))
    terms = {"kinetic": kinetic, "spin_orbit": spin_orbit}
    if magnetic:
        field = block()
        near = {(0, 0, 0): field + dagger(field), (1, 0, 0): 0.2 * block(), (0, 0, planes): 0.1 * block()}
        terms["exchange"] = {R: np.kron(-0.3 * h, 2 * SPIN_HALF[2]) for R, h in near.items()}
    atoms = [f"{name}" for name, number in zip("ABC", orbitals, strict=True) for _ in range(2 * number)]
    positions = np.repeat(rng.uniform(0, 0.2, (3, 3)), [2 * number for number in orbitals], axis=0)
    return kt.TightBinding(vectors, terms, atoms=atoms, positions=positions)


def matrices_at(crystal, k_par, m):
    """{n_3: sum over R in the plane of exp(i k.R) H_R}, cell by cell, by hand."""
    found = {}
    for term in crystal.terms(np.array(m, float) if crystal.is_magnetic else None):
        for vector, matrix in term.hoppings.items():
            at = np.array(vector) @ crystal.vectors
            phase = np.exp(1j * (k_par[0] * at[0] + k_par[1] * at[1]))
            found[vector[2]] = found.get(vector[2], 0) + phase * matrix
    return found


def kwant_stack(cells, k_par):
    """Finalised Kwant system of cells along z, one site each, hoppings to any cell.

    Parameters
    ----------
    cells : list of (crystal, m), the first and last being those of the leads
    """
    matrices = {id(c): matrices_at(c[0], k_par, c[1]) for c in cells}
    of = [matrices[id(c)] for c in cells]
    n, reach = cells[0][0].n_orbitals, max(max(one) for one in of)
    lattice = kwant.lattice.chain(norbs=n)
    system = kwant.Builder()
    for j, one in enumerate(of):
        system[lattice(j)] = one[0]
    for j, d in product(range(len(of)), range(1, reach + 1)):
        if j + d < len(of):
            system[lattice(j), lattice(j + d)] = (of[j].get(d, 0 * of[j][0]) + of[j + d].get(d, 0 * of[j][0])) / 2
    for sign, one in ((-1, of[0]), (1, of[-1])):
        # Kwant's leads are of principal layers as well.
        lead = kwant.Builder(kwant.TranslationalSymmetry((sign * reach,)))
        lead[map(lattice, range(reach))] = one[0]
        for j, d in product(range(reach), range(1, reach + 1)):
            if d in one:
                lead[lattice(j), lattice(j + d)] = one[d]
        system.attach_lead(lead)
    return system.finalized()


def spin_of(n):
    """Interlaced spin of n states."""
    return on_spin(SPIN_HALF, n // 2)
