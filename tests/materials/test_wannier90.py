"""Files of Wannier90: round trips, a file of others, and what does not fit."""

import lzma
import shutil
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from crystals import random_crystal

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF, SPIN_ONE, dagger
from kwantorque.errors import InputError
from kwantorque.materials.wannier90 import read_wannier90

DATA = Path(__file__).parents[1] / "data" / "silicon"
REDUCED = np.array([(0.1, 0.2, 0.7), (-0.3, 0.5, 0.2), (0.0, 0.0, 0.0), (0.1, -0.9, -0.7)])
OF_TBMODELS = [
    [-3.54895908, 0.068460993, 3.175426327, 4.47590822, 9.535740094, 9.72814182, 11.612441589, 13.293030933],
    [-1.452470667, -1.442289589, 2.328481833, 2.356613665, 10.174201254, 10.195258185, 12.806707742, 12.846252796],
    [-5.821847626, 6.228502841, 6.228510286, 6.228517778, 8.799324573, 8.799329654, 8.799339602, 9.705551893],
    [-4.977147575, 2.583125543, 4.106795186, 5.657129809, 9.228626529, 9.703282923, 10.553957866, 12.77416541],
]
"""Bands (eV) at `REDUCED` by TBmodels 1.4.3:

    model = tbmodels.Model.from_wannier_files(
        hr_file="silicon_hr.dat", wsvec_file="silicon_wsvec.dat",
        win_file="silicon.win", xyz_file="silicon_centres.xyz")
    np.linalg.eigvalsh(model.hamilton(k))
"""
OF_TBMODELS_WITHOUT_WSVEC = [-3.468776383, 0.022332708, 3.282099466, 4.385628454]
"""The lowest of the first k, from `hr_file` alone."""


@pytest.fixture(scope="module")
def silicon(tmp_path_factory):
    folder = tmp_path_factory.mktemp("silicon")
    for path in DATA.glob("*.xz"):
        (folder / path.stem).write_bytes(lzma.decompress(path.read_bytes()))
    return folder / "silicon"


def in_units(crystal, reduced):
    """k in 1/nm from numbers of the reciprocal lattice vectors."""
    return 2 * np.pi * np.asarray(reduced) @ np.linalg.inv(crystal.vectors).T


def test_bands_of_silicon_are_those_of_tbmodels(silicon):
    crystal = kt.TightBinding.from_wannier90(silicon, fermi_energy=0.0)
    bands = kt.bands(crystal, in_units(crystal, REDUCED)).energy
    # Without spin-orbit coupling every band is there twice.
    assert np.allclose(bands[:, ::2], OF_TBMODELS, rtol=0, atol=2e-9)
    assert np.allclose(bands[:, 1::2], OF_TBMODELS, rtol=0, atol=2e-9)
    assert crystal.reach == 3
    assert set(crystal.atoms) == {"Si 1", "Si 2"}


def test_without_the_vectors_of_wsvec_bands_between_the_grid_differ(silicon, tmp_path):
    for name in ("silicon_hr.dat", "silicon.win"):
        shutil.copy(silicon.parent / name, tmp_path)
    crystal = kt.TightBinding.from_wannier90(tmp_path / "silicon", fermi_energy=0.0)
    bands = kt.bands(crystal, in_units(crystal, REDUCED[:1])).energy
    assert np.allclose(bands[0, :8:2], OF_TBMODELS_WITHOUT_WSVEC, rtol=0, atol=2e-9)


def test_bands_of_silicon_are_those_of_the_calculation_on_its_grid(silicon):
    """Wannier interpolation is exact on the grid of k, within the frozen window."""
    crystal = kt.TightBinding.from_wannier90(silicon, fermi_energy=0.0)
    text = silicon.with_suffix(".win").read_text().lower()
    lines = text.split("begin kpoints")[1].split("end kpoints")[0].strip().splitlines()
    grid = np.array([line.split() for line in lines], float)
    energies = np.loadtxt(silicon.with_suffix(".eig"))[:, 2].reshape(len(grid), -1)
    ours = kt.bands(crystal, in_units(crystal, grid)).energy.values[:, ::2]
    # Below dis_froz_max; the file has six decimals, and 93 R add up.
    frozen = energies[:, :8] < 6.4
    assert frozen.sum() > 200
    assert np.abs(ours - energies[:, :8])[frozen].max() < 2e-5


def test_silicon_in_layers_of_its_001_planes(silicon):
    """The primitive cell has no planes across z; others of the lattice have."""
    crystal = kt.TightBinding.from_wannier90(silicon, fermi_energy=6.0, cutoff=0.25)
    with pytest.raises(InputError, match="choose others of the lattice"):
        kt.Layer(crystal, 1.0)
    surface = crystal.supercell([(0, 0, 1), (1, -1, 0), (0, 1, 0)])
    assert np.allclose(surface.vectors[:2, 2], 0)
    assert 0 < surface.band_error < 2.0
    layer = kt.Layer(surface, 4 * surface.principal_layers().spacing)
    stack = kt.Stack([layer], layer.material.spacing, atomic=True)
    data = kt.torques_at(stack, [(0.3, 0.2)], -2.0)
    assert data.closure < 1e-10
    # A crystal between itself reflects nothing: every open channel passes.
    assert float(data.particle_current_limit[0, 0]) == pytest.approx(float(data.incident_current[0]), abs=1e-9)


@pytest.mark.parametrize("cells", [(1, 1, 1), (1, 1, 2)])
def test_round_trip(tmp_path, cells):
    crystal = random_crystal(1).supercell(cells)
    path = crystal.to_wannier90(tmp_path / "random")
    read = read_wannier90(path)
    assert np.allclose(read.vectors, crystal.vectors, rtol=0, atol=1e-12)
    assert np.allclose(read.centres, crystal.positions, rtol=0, atol=1e-12)
    k = np.random.default_rng(0).normal(size=(4, 3), scale=4)
    again = kt.TightBinding(read.vectors, {"all": read.hoppings})
    assert np.abs(again.hamiltonian(k) - crystal.hamiltonian(k, np.array([0, 0, 1.0]))).max() < 1e-12


def spinors(seed, n=3, axis=2, remainder=0.0):
    """Terms of real orbitals: kinetic, spin-orbit, exchange along an axis."""
    rng = np.random.default_rng(seed)
    cells = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1)]
    terms = {"kinetic": {}, "spin_orbit": {}, "exchange": {}, "remainder": {}}
    for cell in cells:
        free, field, *orbit = 0.4 * rng.normal(size=(5, n, n))
        magnetism = remainder * rng.normal(size=(n, n))
        if cell == (0, 0, 0):
            free, field, magnetism = free + free.T, field + field.T, magnetism - magnetism.T
            orbit = [one - one.T for one in orbit]
        terms["kinetic"][cell] = np.kron(free, np.eye(2))
        terms["exchange"][cell] = np.kron(-0.5 * field, 2 * SPIN_HALF[axis])
        terms["spin_orbit"][cell] = sum(np.kron(0.2j * h, 2 * s) for h, s in zip(orbit, SPIN_HALF, strict=True))
        terms["remainder"][cell] = np.kron(1j * magnetism, np.eye(2))
    if not remainder:
        del terms["remainder"]
    return kt.TightBinding(0.3, terms, magnetisation=np.eye(3)[axis])


@pytest.mark.parametrize("axis", ["x", "z"])
def test_terms_of_spinors_come_back(tmp_path, axis):
    crystal = spinors(0, axis="xyz".index(axis))
    path = crystal.to_wannier90(tmp_path / "magnet")
    read = kt.TightBinding.from_wannier90(path, spin="interlaced", magnetisation=axis, fermi_energy=0.0)
    assert set(read.hoppings) == set(crystal.hoppings)
    for name, matrices in crystal.hoppings.items():
        for cell, block in matrices.items():
            assert np.abs(read.hoppings[name][cell] - block).max() < 1e-12
    k = np.random.default_rng(1).normal(size=(3, 3), scale=3)
    for m in ("y", (1, -2, 0.5)):
        ours, theirs = (kt.bands(one, k, m=m) for one in (read, crystal))
        for name in ("energy", "spin", "exchange_torque", "lattice_torque"):
            assert np.abs(ours[name] - theirs[name]).max() < 1e-10
    assert np.abs(ours.exchange_torque + ours.lattice_torque).max() < 1e-11


def test_the_direction_of_m_must_be_that_of_the_file(tmp_path):
    path = spinors(0).to_wannier90(tmp_path / "magnet")
    for wrong in ("x", (0, 1, 2)):
        with pytest.raises(InputError, match=r"the exchange in H is along \[0\.0, 0\.0, -?1\.0\] or against it"):
            kt.TightBinding.from_wannier90(path, magnetisation=wrong, **GIVEN)
    # Opposite is a matter of the sign of the exchange.
    assert kt.TightBinding.from_wannier90(path, magnetisation="-z", **GIVEN).magnetisation["magnetisation"][2] == -1
    # Fields that cancel have no direction of their own.
    field = {(0, 0, 0): np.kron(np.diag([1.0, -1.0]), SPIN_HALF[2])}
    path = kt.TightBinding(0.3, {"exchange": field}).to_wannier90(tmp_path / "antiferromagnet")
    assert kt.TightBinding.from_wannier90(path, magnetisation="x", **GIVEN).is_magnetic


@pytest.mark.parametrize(("size", "is_told"), [(0.022, True), (0.0004, False)])
@pytest.mark.filterwarnings("error")
def test_a_small_exchange_without_magnetisation_is_told(tmp_path, size, is_told):
    terms = {"kinetic": {(0, 0, 1): -np.eye(2)}, "exchange": {(0, 0, 0): size * np.diag([1.0, -1.0])}}
    path = kt.TightBinding(0.3, terms).to_wannier90(tmp_path / "weak")
    told = (
        pytest.warns(UserWarning, match="up to 0.022 eV of H is odd .* acts on the spin") if is_told else nullcontext()
    )
    with told:
        read = kt.TightBinding.from_wannier90(path, **GIVEN)
    assert not read.is_magnetic
    assert "remainder" in read.hoppings


def test_orbital_magnetism_is_told_and_kept(tmp_path):
    crystal = spinors(1, remainder=0.1)
    path = crystal.to_wannier90(tmp_path / "magnet")
    with pytest.warns(UserWarning, match="orbital magnetism, or orbitals that are not real"):
        read = kt.TightBinding.from_wannier90(path, spin="interlaced", magnetisation="z", fermi_energy=0.0)
    k = [[0.4, 1.0, -2.0]]
    assert np.allclose(kt.bands(read, k, m="z").energy, kt.bands(crystal, k, m="z").energy, atol=1e-11)
    assert "remainder" in read.hoppings


def test_spinors_in_blocks_are_put_in_order(tmp_path):
    crystal = spinors(2)
    n = crystal.n_orbitals
    order = np.arange(n).reshape(-1, 2).T.ravel()
    blocks = {name: {R: h[np.ix_(order, order)] for R, h in x.items()} for name, x in crystal.hoppings.items()}
    path = kt.TightBinding(0.3, blocks, spin="block").to_wannier90(tmp_path / "vasp5")
    given = {"magnetisation": "z", "fermi_energy": 0.0}
    read = kt.TightBinding.from_wannier90(path, spin="block", **given)
    k = [[0.4, 1.0, -2.0]]
    for name in ("energy", "spin"):
        assert np.allclose(kt.bands(read, k, m="x")[name], kt.bands(crystal, k, m="x")[name], atol=1e-11)
    with pytest.raises(InputError, match=r"with spin='interlaced' .* of H is odd under time reversal"):
        kt.TightBinding.from_wannier90(path, spin="interlaced", **given)
    path = crystal.to_wannier90(tmp_path / "espresso")
    with pytest.raises(InputError, match=r"with spin='block' .* of H is odd under time reversal"):
        kt.TightBinding.from_wannier90(path, spin="block", **given)


def test_both_spins_of_an_orbital_have_one_centre(tmp_path):
    """Where H itself does not tell the order: levels and nothing else."""
    levels = {"kinetic": {(0, 0, 0): np.diag([1.0, 1.0, 1.0, 1.0])}}
    centres = [(0, 0, 0), (0.1, 0, 0), (0, 0, 0), (0.1, 0, 0)]
    path = kt.TightBinding(0.3, levels, positions=centres).to_wannier90(tmp_path / "x")
    with pytest.raises(InputError, match="both spins of an orbital must have one centre"):
        kt.TightBinding.from_wannier90(path, **GIVEN)
    read = kt.TightBinding.from_wannier90(path, spin="block", fermi_energy=0.0)
    assert np.allclose(read.positions, np.array(centres)[[0, 2, 1, 3]])
    odd = kt.TightBinding(0.3, {"all": {(0, 0, 0): np.eye(3)}}, spin=np.zeros((3, 3, 3)))
    with pytest.raises(InputError, match="must have an even number of states, got 3"):
        kt.TightBinding.from_wannier90(odd.to_wannier90(tmp_path / "odd"), **GIVEN)


def pair(tmp_path):
    """Files of spin up and down, and the two Hamiltonians of three p orbitals."""
    rng = np.random.default_rng(3)
    found = []
    for name in ("up", "down"):
        matrices = {R: rng.normal(size=(3, 3)) for R in [(0, 0, 0), (1, 0, 0), (0, 0, 1)]}
        matrices[0, 0, 0] = matrices[0, 0, 0] + matrices[0, 0, 0].T
        crystal = kt.TightBinding(0.3, {"all": matrices}, spin=np.zeros((3, 3, 3)))
        found.append((crystal.to_wannier90(tmp_path / name), crystal))
    return found


def test_spin_polarised_pair_with_atomic_spin_orbit_coupling(tmp_path):
    (up, of_up), (down, of_down) = pair(tmp_path)
    read = kt.TightBinding.from_wannier90(up, down, fermi_energy=0.5, orbital=SPIN_ONE, spin_orbit=0.3)
    k = np.array([[0.4, 1.0, -2.0]])
    free = kt.TightBinding.from_wannier90(up, down, fermi_energy=0.5)
    expected = np.sort(np.linalg.eigvalsh(np.stack([of_up.hamiltonian(k)[0], of_down.hamiltonian(k)[0]])).ravel())
    assert np.allclose(kt.bands(free, k, m=(1, 2, 2)).energy[0], expected - 0.5, atol=1e-11)
    spin_orbit = {term.name: term for term in read.terms([0, 0, 1.0])}["spin_orbit"]
    # J = 3/2 at xi/2 and J = 1/2 at -xi.
    assert np.allclose(np.linalg.eigvalsh(spin_orbit(k[0])), [-0.3, -0.3, 0.15, 0.15, 0.15, 0.15])
    assert spin_orbit.partner == "carriers"
    data = kt.bands(read, k, m="x")
    assert np.abs(data.exchange_torque + data.lattice_torque).max() < 1e-11


GIVEN = {"spin": "interlaced", "fermi_energy": 0.0}


def lines_of(tmp_path):
    path = kt.TightBinding(0.3, {"kinetic": {R: -np.eye(2) for R in [(0, 0, 0), (0, 0, 1)]}}).to_wannier90(
        tmp_path / "seed"
    )
    return path, path.read_text().splitlines()


def without(number):
    return lambda lines: [line for i, line in enumerate(lines) if i != number % len(lines)]


def changed(number, old, new):
    def change(lines):
        assert old in lines[number]
        return [*lines[:number], lines[number].replace(old, new), *lines[number + 1 :]]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without(-1), r"must have 15 lines for H, and as many for r"),
        (without(9), r"must have 15 lines for H"),
        (changed(4, "2", "two"), "numbers of Wannier functions and of R in lines 5 and 6"),
        (changed(5, "3", "4"), "must have 4 degeneracies >= 1"),
        (changed(6, "1    1    1", "1    1"), "must have 3 degeneracies >= 1"),
        (changed(6, "1    1    1", "1    1    2"), "and -R must have one degeneracy"),
        (changed(6, "1    1    1", "1    1    0"), "degeneracies >= 1"),
        (changed(8, "-1", " 1"), r"has R = \(0, 0, 1\) twice"),
        (changed(8, "-1", "-2"), "the R of H and of r must be the same"),
        (changed(9, "1    1", "2    1"), "every pair of functions 1 to 2 must be there once"),
        (changed(9, "-1.0", "-1.1"), "must be Hermitian conjugate to that at -R, but differs by 0.1 eV"),
        (changed(9, "-1.0", "*****"), "must be numbers"),
        (changed(9, "-1.0", " nan "), "numbers"),
        (changed(1, "3.0", "0.0"), "independent vectors"),
        (changed(1, "3.0", "-3.0"), "right-handed"),
    ],
)
def test_tb_files_that_do_not_fit_are_refused(tmp_path, change, message):
    path, lines = lines_of(tmp_path)
    path.write_text("\n".join(change(lines)) + "\n")
    with pytest.raises(InputError, match=message):
        kt.TightBinding.from_wannier90(path, **GIVEN)


def hr_lines():
    rows = [f"0 0 {R} {i} {j} {-0.5 if i == j else 0.0} 0.0" for R in (-1, 0, 1) for j in (1, 2) for i in (1, 2)]
    return ["comment", "2", "3", "1 1 1", *rows]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without(-1), "must have 12 lines of hoppings, got 11: is it cut off"),
        (changed(5, "0 0 -1", "0 0 2"), "must have one R"),
        (changed(5, "0 0 -1", "0 0 -1 1"), "must have 7 numbers"),
        (changed(5, "2 1", "1 1"), "every pair of functions"),
        (lambda lines: [x.replace("0 0 -1", "0 0 -2") for x in lines], r"has R = \(0, 0, -2\), but not -R"),
        (changed(3, "1 1 1", "1 1"), "degeneracy"),
        (changed(0, "comment", "write_ndegen_applied = .true."), None),
    ],
)
def test_hr_files_that_do_not_fit_are_refused(tmp_path, change, message):
    path = tmp_path / "seed_hr.dat"
    path.write_text("\n".join(change(hr_lines())))
    if message is None:
        # Nothing is divided twice where there is nothing to divide by.
        assert kt.TightBinding.from_wannier90(path, vectors=0.3 * np.eye(3), **GIVEN).reach == 1
        return
    with pytest.raises(InputError, match=message):
        kt.TightBinding.from_wannier90(path, vectors=0.3 * np.eye(3), **GIVEN)


def test_degeneracies_are_divided_by_once(tmp_path):
    lines = hr_lines()
    path = tmp_path / "seed_hr.dat"
    path.write_text("\n".join([*lines[:3], "2 1 2", *lines[4:]]))
    assert read_wannier90(path).hoppings[0, 0, 1][0, 0] == -0.25
    path.write_text("\n".join(["write_ndegen_applied = .true.", *lines[1:3], "2 1 2", *lines[4:]]))
    with pytest.raises(InputError, match="degeneracies to divide by"):
        read_wannier90(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("header\n0 0 1 1 1\n1\n0 0 0\n", "must have 12 entries"),
        ("header\n0 0 1 1 1\n2\n0 0 0\n", "behind line 1"),
        ("header\n0 0 1 1 1\n1\n0 0 0\n0 0 1 1 1\n1\n0 0 0\n", "behind line 4"),
        ("header\n0 0 5 1 1\n1\n0 0 0\n", "every"),
    ],
)
def test_wsvec_files_that_do_not_fit_are_refused(tmp_path, text, message):
    (tmp_path / "seed_hr.dat").write_text("\n".join(hr_lines()))
    (tmp_path / "seed_wsvec.dat").write_text(text)
    with pytest.raises(InputError, match=message):
        read_wannier90(tmp_path / "seed")


WIN = """num_wann = 2
spinors : .true. ! both
fermi_energy = 1.5d0
begin unit_cell_cart
bohr
6.0 0 0
0 6.0 0
0 0 6.0
end unit_cell_cart
Begin Atoms_Frac
Fe 0 0 0
end atoms_frac
"""


def test_what_stands_beside_is_used(tmp_path):
    (tmp_path / "seed_hr.dat").write_text("\n".join(hr_lines()))
    (tmp_path / "seed.win").write_text(WIN)
    (tmp_path / "seed_centres.xyz").write_text("3\nc\nX 0 0 0.1\nX 0.1 0 0\nFe 0 0 0\n")
    crystal = kt.TightBinding.from_wannier90(tmp_path / "seed")
    assert crystal.fermi_energy == 1.5
    assert crystal.spacing == pytest.approx(6 * 0.0529177210903)
    assert crystal.atoms == ("Fe", "Fe")
    assert np.allclose(crystal.positions, [(0, 0, 0.01), (0.01, 0, 0)])


@pytest.mark.parametrize(
    ("win", "given", "message"),
    [
        (WIN.replace("1.5d0", "x"), {}, "seed.win"),
        (WIN.replace("num_wann = 2", "num_wann = 3"), {}, "has 2 Wannier functions, but"),
        (WIN.replace("fermi_energy = 1.5d0", ""), {}, "has no Fermi energy: give `fermi_energy` in eV"),
        (WIN, {"spin": "spinless"}, "spinors = true, which is not spin='spinless'"),
        (WIN, {"spin": "blocks"}, "did you mean 'block'"),
        (WIN, {"spin_orbit": 0.1}, "for files without spinors"),
        (WIN.replace("bohr", "nm"), {}, "unknown unit in seed.win 'nm'; choose from bohr, ang, angstrom"),
        (WIN.replace("0 0 6.0", "0 0"), {}, "unit_cell_cart must be three vectors"),
        (WIN.replace("6.0 0 0", "6.0 0 0 0", 1), {}, "unit_cell_cart must be three vectors"),
        ("", {"fermi_energy": 0.0}, "has no lattice vectors"),
        (None, {"vectors": np.eye(3)}, "has no .win that says whether there are spinors"),
        (WIN.replace(".true.", ".false."), {"magnetisation": "z"}, "is that of spinors"),
    ],
)
def test_what_does_not_fit_beside_is_refused(tmp_path, win, given, message):
    (tmp_path / "seed_hr.dat").write_text("\n".join(hr_lines()))
    if win is not None:
        (tmp_path / "seed.win").write_text(win)
    with pytest.raises(InputError, match=message):
        kt.TightBinding.from_wannier90(tmp_path / "seed", **given)


def test_magnets_need_a_direction_and_others_have_none(tmp_path):
    magnet = spinors(4)
    path = magnet.to_wannier90(tmp_path / "magnet")
    with pytest.raises(InputError, match="give the direction of M in the calculation"):
        kt.TightBinding.from_wannier90(path, **GIVEN)
    terms = {name: one for name, one in magnet.hoppings.items() if name != "exchange"}
    path = kt.TightBinding(0.3, terms).to_wannier90(tmp_path / "metal")
    with pytest.raises(InputError, match="leave `magnetisation` out"):
        kt.TightBinding.from_wannier90(path, magnetisation="z", **GIVEN)
    assert not kt.TightBinding.from_wannier90(path, **GIVEN).is_magnetic
    with pytest.raises(InputError, match="no file"):
        kt.TightBinding.from_wannier90(tmp_path / "nothing_tb.dat", **GIVEN)
    with pytest.raises(InputError, match="set `write_tb = true`"):
        kt.TightBinding.from_wannier90(tmp_path / "nothing", **GIVEN)


def test_pairs_must_belong_together(tmp_path):
    (up, _), (down, _) = pair(tmp_path)
    other = kt.TightBinding(0.3, {"all": {(0, 0, 0): [[1.0]]}}, spin=np.zeros((3, 1, 1)))
    with pytest.raises(InputError, match="the same Wannier functions, got 3 and 1"):
        kt.TightBinding.from_wannier90(up, other.to_wannier90(tmp_path / "other"), fermi_energy=0.0)
    with pytest.raises(InputError, match="give the matrices L"):
        kt.TightBinding.from_wannier90(up, down, fermi_energy=0.0, spin_orbit=0.1)
    with pytest.raises(InputError, match="have no spinors"):
        kt.TightBinding.from_wannier90(up, down, fermi_energy=0.0, spin="block")


def test_pairs_must_have_the_same_functions_in_one_order(tmp_path):
    def file(name, centres):
        hops = {"all": {(0, 0, 0): np.diag([1.0, 2.0]), (0, 0, 1): -np.eye(2)}}
        return kt.TightBinding(0.3, hops, spin=np.zeros((3, 2, 2)), positions=centres).to_wannier90(tmp_path / name)

    up = file("up", [(0, 0, 0), (0.1, 0.1, 0.1)])
    # In the next cell, and a little aside.
    near = file("near", [(0, 0.3, 0.01), (0.1, 0.1, -0.22)])
    assert kt.TightBinding.from_wannier90(up, near, fermi_energy=0.0).is_magnetic
    with pytest.raises(InputError, match=r"the centres of number 1 are 0\.17 nm apart"):
        kt.TightBinding.from_wannier90(up, file("swapped", [(0.1, 0.1, 0.1), (0, 0, 0)]), fermi_energy=0.0)


def test_pairs_must_have_one_scale_of_energies_and_no_spinors(tmp_path):
    scalar = WIN.replace(".true.", ".false.")
    for name in ("up", "down"):
        (tmp_path / f"{name}_hr.dat").write_text("\n".join(hr_lines()))
        (tmp_path / f"{name}.win").write_text(scalar)
    files = tmp_path / "up", tmp_path / "down"
    assert kt.TightBinding.from_wannier90(*files).fermi_energy == 1.5
    (tmp_path / "down.win").write_text(scalar.replace("1.5d0", "1.7d0"))
    with pytest.raises(InputError, match=r"must have one Fermi energy, got 1\.5 and 1\.7 eV"):
        kt.TightBinding.from_wannier90(*files)
    assert kt.TightBinding.from_wannier90(*files, fermi_energy=1.6).fermi_energy == 1.6
    for name in ("up", "down"):
        for other in ("up", "down"):
            (tmp_path / f"{other}.win").write_text(WIN if other == name else scalar)
        with pytest.raises(InputError, match=r"one has spinors = true"):
            kt.TightBinding.from_wannier90(*files)


def test_files_as_long_as_rounding_leaves_them_are_hermitian(silicon):
    read = read_wannier90(silicon)
    for cell, block in read.hoppings.items():
        assert np.array_equal(block, dagger(read.hoppings[tuple(-n for n in cell)]))
