"""Models of other packages: bands as they have them.

sisl is run, as a test extra; of the others, objects that carry the same.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from crystals import random_crystal

import kwantorque as kt
from kwantorque.errors import InputError

VECTORS = np.array([(3.0, 0, 0), (-1.5, 2.6, 0), (0.3, 0.2, 4.0)])
POSITIONS = np.array([(0.0, 0.0, 0.0), (0.4, 0.3, 0.5)])
K = np.array([(0.1, 0.2, 0.7), (-0.3, 0.45, 0.2), (0.0, 0.0, 0.0)])


def in_units(crystal, reduced):
    return 2 * np.pi * np.asarray(reduced) @ np.linalg.inv(crystal.vectors).T


def sisl_model(spin, rng):
    """Random numbers in all bonds of a crystal of two atoms."""
    sisl = pytest.importorskip("sisl")
    geometry = sisl.Geometry(POSITIONS @ VECTORS, lattice=sisl.Lattice(VECTORS, nsc=[3, 3, 3]))
    model = sisl.Hamiltonian(geometry, spin=spin)
    width = {"unpolarized": 1, "polarized": 2, "non-colinear": 4, "spin-orbit": 8}[spin]
    for i in range(2):
        for j, cell in [(0, (0, 0, 0)), (1, (0, 0, 0)), (0, (1, 0, 0)), (1, (0, 1, 1)), (1, (0, 0, -1))]:
            model[i, j, cell] = rng.normal(size=width) if width > 1 else rng.normal()
    if width > 1:
        # A magnet along z.
        model[0, 0, (0, 0, 0)] = np.array([40.0, 20.0, *np.zeros(width - 2)]) + model[0, 0, (0, 0, 0)]
    return (model + model.transpose(spin=True, conjugate=True)) / 2 if width > 1 else (model + model.transpose()) / 2


@pytest.mark.parametrize("spin", ["unpolarized", "polarized", "non-colinear", "spin-orbit"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_bands_are_those_of_sisl(spin):
    model = sisl_model(spin, np.random.default_rng(0))
    magnetic = None if spin == "unpolarized" else "z"
    crystal = kt.TightBinding.from_model(model, magnetisation=magnetic)
    for k, ours in zip(K, kt.bands(crystal, in_units(crystal, K), m=magnetic).energy.values, strict=True):
        if spin == "polarized":
            theirs = np.sort(np.concatenate([model.eigh(k=k, spin=s) for s in (0, 1)]))
        else:
            theirs = model.eigh(k=k)
            theirs = np.repeat(theirs, 2) if spin == "unpolarized" else theirs
        assert np.abs(ours - theirs).max() < 1e-9
    positions = np.repeat(POSITIONS @ VECTORS / 10, 2, axis=0)
    assert np.allclose(crystal.positions, positions)


def test_bases_with_overlaps_are_refused():
    sisl = pytest.importorskip("sisl")
    model = sisl.Hamiltonian(sisl.geom.sc(3.0, "Fe"), orthogonal=False)
    with pytest.raises(InputError, match=r"transform\(orthogonal=True\)"):
        kt.TightBinding.from_model(model)


def spinor_matrices():
    """A crystal with spin, and its H as one {R: matrix}."""
    crystal = random_crystal(24)
    total = {}
    for matrices in crystal.hoppings.values():
        for cell, block in matrices.items():
            total[cell] = total.get(cell, 0) + block
    return crystal, total


def of_wannierberri(crystal, total):
    return SimpleNamespace(
        get_R_mat=lambda name: np.array(list(total.values())) if name == "Ham" else None,
        rvec=SimpleNamespace(iRvec=np.array(list(total))),
        real_lattice=10 * crystal.vectors,
        wannier_centers_cart=10 * crystal.positions,
    )


def of_tbmodels(crystal, total):
    half = {R: h / (2 if R == (0, 0, 0) else 1) for R, h in total.items() if R >= (0, 0, 0)}
    pos = crystal.positions @ np.linalg.inv(crystal.vectors)
    return SimpleNamespace(hop=half, uc=10 * crystal.vectors, pos=pos)


def hops_of(total):
    """(t (2, 2), i, j, R), one direction of each, and levels."""
    n = len(total[0, 0, 0]) // 2
    found = []
    for R, h in total.items():
        for i in range(n):
            for j in range(n):
                if R > (0, 0, 0) or (R == (0, 0, 0) and i > j):
                    found.append((h[2 * i : 2 * i + 2, 2 * j : 2 * j + 2], i, j, R))
    return found, [total[0, 0, 0][2 * i : 2 * i + 2, 2 * i : 2 * i + 2] for i in range(n)]


def of_pythtb_1(crystal, total):
    hops, levels = hops_of(total)
    places = (crystal.positions @ np.linalg.inv(crystal.vectors))[::2]
    return SimpleNamespace(
        _hoppings=[list(hop) for hop in hops],
        _site_energies=np.array(levels),
        _lat=10 * crystal.vectors,
        _orb=places,
        _nspin=2,
    )


def of_pythtb_2(crystal, total):
    hops, levels = hops_of(total)
    names = ("amplitude", "from_orbital", "to_orbital", "lattice_vector")
    return SimpleNamespace(
        hoppings=[dict(zip(names, hop, strict=True)) for hop in hops],
        onsite=levels,
        lat_vecs=10 * crystal.vectors,
        get_orb_vecs=lambda cartesian: 10 * crystal.positions[::2],
        nspin=2,
    )


@pytest.mark.parametrize("carrier", [of_wannierberri, of_tbmodels, of_pythtb_1, of_pythtb_2])
def test_objects_are_read_by_what_they_carry(carrier):
    crystal, total = spinor_matrices()
    spin = {} if "pythtb" in carrier.__name__ else {"spin": "interlaced"}
    with pytest.warns(UserWarning, match="orbitals that are not real"):
        read = kt.TightBinding.from_model(carrier(crystal, total), magnetisation="z", **spin)
    k = np.random.default_rng(0).normal(size=(3, 3), scale=4)
    expected = crystal.hamiltonian(k, np.array([0, 0, 1.0]))
    assert np.abs(read.hamiltonian(k, np.array([0, 0, 1.0])) - expected).max() < 1e-12
    assert np.allclose(read.positions, crystal.positions)


def test_a_model_for_each_term():
    crystal, _ = spinor_matrices()
    models = {name: of_tbmodels(crystal, matrices) for name, matrices in crystal.hoppings.items()}
    read = kt.TightBinding.from_model(models, spin="interlaced")
    k, m = np.array([[0.3, -2.0, 1.0]]), (0.6, 0, 0.8)
    assert np.abs(read.hamiltonian(k, m) - crystal.hamiltonian(k, m)).max() < 1e-12


def test_a_direction_of_a_model_for_each_term_is_a_word_or_a_vector():
    crystal, _ = spinor_matrices()
    models = {name: of_tbmodels(crystal, matrices) for name, matrices in crystal.hoppings.items()}
    read = kt.TightBinding.from_model(models, spin="interlaced", magnetisation=np.array([0.0, 0.0, 2.0]))
    assert read.magnetisation == crystal.magnetisation


def test_spin_and_direction_must_be_those_of_the_model():
    crystal, total = spinor_matrices()
    for spin, message in (("block", "must be 'interlaced', as it says"), ("nonsense", "unknown spin 'nonsense'")):
        with pytest.raises(InputError, match=message):
            kt.TightBinding.from_model(of_pythtb_1(crystal, total), spin=spin, magnetisation="z")
    with pytest.raises(InputError, match=r"the exchange in H is along .* got \[1\.0, 0\.0, 0\.0\]"):
        kt.TightBinding.from_model(of_pythtb_1(crystal, total), magnetisation="x")
    model = SimpleNamespace(hop={(0, 0, 0): [[0.25]], (0, 0, 1): [[-1.0]]}, uc=3 * np.eye(3), pos=np.zeros((1, 3)))
    for one in (model, {"kinetic": model}):
        with pytest.raises(InputError, match="a model without spin has none"):
            kt.TightBinding.from_model(one, spin="spinless", magnetisation="x")


def test_what_is_no_model_is_refused():
    crystal, total = spinor_matrices()
    with pytest.raises(InputError, match="does not say its spin"):
        kt.TightBinding.from_model(of_tbmodels(crystal, total))
    with pytest.raises(InputError, match=r"got builtins\.int"):
        kt.TightBinding.from_model(5)
    flat = SimpleNamespace(_hoppings=[], _site_energies=[0.0], _lat=np.eye(2), _orb=[[0, 0]], _nspin=1)
    with pytest.raises(InputError, match="must have three dimensions"):
        kt.TightBinding.from_model(flat)
    other = random_crystal(24, height=0.5)
    models = {"kinetic": of_tbmodels(crystal, total), "exchange": of_tbmodels(other, total)}
    with pytest.raises(InputError, match="must be of one crystal"):
        kt.TightBinding.from_model(models, spin="interlaced")
