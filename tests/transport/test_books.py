"""Books on any Kwant system: they close, term by term, and agree with what is known."""

import numpy as np
import pytest
import xarray as xr
from networks import (
    GRAPHENE,
    GRAPHENE_TERMS,
    ONE,
    STRIP,
    STRIP_TERMS,
    X,
    Y,
    Z,
    disorder,
    kane_mele,
    kwant,
    three_kinds,
    three_terminals,
)

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF, rotation
from kwantorque.structures.chain import discretise


@pytest.fixture(scope="module")
def strip():
    """The strip with three leads, its books, and the modes of all leads."""
    system = three_terminals()
    psi = kwant.wave_function(system, 2.3, params=STRIP)
    return kt.Books(system, STRIP, terms=STRIP_TERMS), np.concatenate([psi(lead) for lead in range(3)])


def test_books_of_three_terminals_close_for_every_mode(strip):
    books, psi = strip
    data = books(psi)
    assert len(psi) > 10
    assert data.closure.max() < 1e-11
    assert data.sizes["mode"] == len(psi)
    # Nothing closes by being nothing.
    assert np.abs(data.torque_of_term).mean(["mode", "site"]).sel(term=["exchange", "rashba"]).min() > 1e-3


def test_books_of_graphene_with_spin_orbit_coupling_close():
    system = kane_mele()
    books = kt.Books(system, GRAPHENE, terms=GRAPHENE_TERMS)
    psi = kwant.wave_function(system, 0.9, params=GRAPHENE)(0)
    data = books(psi)
    assert len(psi) == 3
    assert data.closure.max() < 1e-11
    of_term = np.abs(data.torque_of_term).sum(["mode", "site", "axis"])
    assert (of_term.sel(term=list(GRAPHENE_TERMS)) > 1e-2).all()
    # The intrinsic coupling is along z and turns no spin about another axis.
    assert np.nanmax(np.abs(data.torque_of_term.sel(term="intrinsic", axis="z"))) < 1e-13
    assert set(data.family.values) == {"a", "b"}
    for parameter in GRAPHENE:
        assert books.bind({parameter: 0.0})(psi, 1.0).closure > 1e-3


def test_books_of_sites_with_different_orbitals_close():
    system, spin, orbital = three_kinds()
    params = {"J": 0.9, "soc": 0.4}
    partner = {"soc": "carriers", "rest": "lattice"}
    books = kt.Books(system, params, spin=spin, orbital=orbital, terms={"exchange": "J", "soc": "soc"}, partner=partner)
    psi = np.concatenate([kwant.wave_function(system, 0.7, params=params)(lead) for lead in (0, 1)])
    data = books(psi)
    assert data.closure.max() < 1e-11
    assert (np.abs(data[["exchange_torque", "lattice_torque", "orbital_to_spin_torque"]]).max() > 1e-3).to_array().all()
    assert np.abs(data.spin_density.isel(site=list(data.family).index("spinless"))).max() == 0
    n, (norbs, place) = data.density.values, (books.network.norbs, np.cumsum(books.network.norbs))
    by_hand = [np.sum(np.abs(psi[:, end - size : end]) ** 2, axis=1) for size, end in zip(norbs, place, strict=True)]
    assert np.allclose(n, np.transpose(by_hand))
    for parameter in params:
        assert books.bind({parameter: 0.0})(psi, 1.0).closure > 1e-3
    density = books.of_density(psi.T @ psi.conj())
    assert np.allclose(density.torque_of_term, books(psi, 1.0).torque_of_term, atol=1e-12, equal_nan=True)
    assert np.allclose(density.orbital_current, books(psi, 1.0).orbital_current, atol=1e-12)


def test_spin_matrices_may_differ_from_site_to_site(strip):
    """A frame that turns from site to site: nothing that is measured may notice.

    H_ij -> U_i H_ij U_j^+, psi_i -> U_i psi_i, s -> U_i s U_i^+.
    """
    books, psi = strip
    system = books.network.system

    def frame(site):
        return rotation(SPIN_HALF[2], 0.7 * site.pos[0]) @ rotation(SPIN_HALF[0], 0.4 * site.pos[1] ** 2)

    def value(one, other, params):
        block = system.hamiltonian(system.id_by_site[one], system.id_by_site[other], params=params)
        return frame(one) @ block @ frame(other).conj().T

    turned = kwant.Builder()
    turned[list(system.sites)] = lambda site, J, W, alpha: value(site, site, {"J": J, "W": W, "alpha": alpha})
    for i, j in books.network.bonds:
        turned[system.sites[i], system.sites[j]] = lambda one, other, J, W, alpha: value(
            one, other, {"J": J, "W": W, "alpha": alpha}
        )
    turned = turned.finalized()
    assert turned.sites == system.sites
    psi_turned = np.einsum("iab,mib->mia", [frame(site) for site in system.sites], psi.reshape(len(psi), -1, 2))

    def spin(site):
        return frame(site) @ SPIN_HALF @ frame(site).conj().T

    data, expected = kt.Books(turned, STRIP, spin=spin, terms=STRIP_TERMS)(psi_turned.reshape(psi.shape)), books(psi)
    inside = expected.inside.values
    for name in ("spin_density", "torque_of_term", "exchange_torque"):
        assert np.allclose(data[name].values[..., inside, :], expected[name].values[..., inside, :], atol=1e-12)
    assert np.allclose(data.spin_current, expected.spin_current, atol=1e-12)
    # Bonds between turned frames are no numbers, the kinetic term's neither.
    assert np.allclose(data.torque_of_term.sel(term="rest").values[..., inside, :], 0, atol=1e-12)


def test_an_isolated_atom_has_books_too():
    """No bonds: what exchange and spin-orbit coupling do to a level of one site."""
    site = kwant.lattice.chain(norbs=2)(0)
    atom = kwant.Builder()
    atom[site] = lambda site, J: 0.5 * X + J * Z
    atom = atom.finalized()
    data = kt.Books(atom, {"J": 0.3}, terms={"exchange": "J"}, partner={"rest": "lattice"})([1.0, 0.0])
    # Spin up: the field along x turns it towards -y, exchange along z does not.
    assert np.allclose(data.exchange_torque, 0)
    assert np.allclose(data.lattice_torque, [[0, 0.5, 0]])
    assert data.sizes["bond"] == 0


LAYERED = {
    "wire": (
        kt.Stack(
            [kt.Layer(kt.KohnLuttinger(exchange=0.27), 2, m="x"), kt.Layer(kt.KohnLuttinger(exchange=0.1), 2, m="-z")],
            0.2,
        ),
        (0.1, 0.2),
    ),
    "valve": (
        kt.Stack(
            [
                kt.Layer(kt.FreeElectron(exchange=1.0, bottom=-3), 0.5, m="x"),
                kt.Layer(kt.FreeElectron(bottom=-4.0), 0.5),
                kt.Layer(kt.FreeElectron(exchange=1.0, bottom=-3), 0.5, m=(1, 1, 1)),
            ],
            0.05,
        ),
        (1.0, 2.0),
    ),
}


@pytest.mark.parametrize("name", LAYERED)
def test_a_stack_through_kwant_has_the_torques_of_its_layers(name):
    """Two ways from a stack to torques: our chain, and Kwant's builder and solver."""
    stack, k_par = LAYERED[name]
    material, params = stack.left.material, dict(zip(("kx", "ky"), k_par, strict=True))
    system, partner = kt.build_stack(stack).finalized(), dict(discretise(stack, [k_par]).partner)
    terms = {term: kt.build_stack(stack, terms=[term]) for term in partner}
    books = kt.Books(system, params, spin=material.spin, orbital=material.orbital, terms=terms, partner=partner)
    data = books(kwant.wave_function(system, 0.1, params=params)(0), 1.0)
    expected = kt.torques_at(stack, k_par, 0.1).isel(k=0)
    order = np.argsort([site.tag[0] for site in system.sites])[1:-1]
    assert data.closure < 1e-11
    assert np.abs(expected.exchange_torque).max() > 1e-3
    for name in set(data.data_vars) & set(expected.data_vars) - {"torque_of_term"}:
        ours = data[name] if "bond" in data[name].dims else data[name].isel(site=order)
        per_nm = stack.spacing if "density" in name else 1.0
        assert np.abs(ours.values / per_nm - expected[name].values).max() < 1e-9 * np.abs(expected[name]).max() + 1e-12
    assert {"exchange_torque", "lattice_torque", "density", "spin_current"} <= set(data.data_vars)


def test_kwant_operators_agree_where_they_coincide(strip):
    """Density, current of particles, antisymmetric part of that of spin, `Source`."""
    books, psi = strip
    data, system = books(psi[3]), books.network.system
    bonds = [(system.sites[j], system.sites[i]) for i, j in zip(data.start.values, data.end.values, strict=True)]
    back = [pair[::-1] for pair in bonds]

    def kwants(kind, matrix, **where):
        return kind(system, matrix, **where)(psi[3], params=STRIP)

    assert np.allclose(data.density, kwants(kwant.operator.Density, ONE), atol=1e-14)
    assert np.allclose(data.particle_current, kwants(kwant.operator.Current, ONE, where=bonds), atol=1e-13)
    onsite = data.torque_of_term.sel(term="exchange")
    for axis, matrix in zip("xyz", SPIN_HALF, strict=True):
        forth, other = (kwants(kwant.operator.Current, matrix, where=where) for where in (bonds, back))
        assert np.abs(forth + other).max() > 1e-3
        assert np.allclose(data.spin_current.sel(axis=axis), (forth - other) / 2, atol=1e-13)
        source = kwants(kwant.operator.Source, matrix)
        # The other on-site terms are numbers.
        assert np.allclose(-onsite.sel(axis=axis)[data.inside], source[data.inside], atol=1e-13)
        at_bonds = np.zeros(len(source))
        for end in ("start", "end"):
            np.add.at(at_bonds, data[end].values, (forth + other) / 2)
        rashba = data.torque_of_term.sel(term="rashba", axis=axis)
        assert np.allclose(-rashba[data.inside], at_bonds[data.inside], atol=1e-13)


def closed_flake():
    """A closed flake whose magnets and whose spin-orbit axes can be turned."""
    square = kwant.lattice.square(norbs=2)

    def turned(matrix, axis, angle):
        turn = rotation(SPIN_HALF[axis], angle)
        return turn @ matrix @ turn.conj().T

    def onsite(site, J, where, axis, angle):
        along = np.array([np.cos(1.3 * site.tag[0]), np.sin(0.7 * site.tag[1]), 0.5])
        field = J / 2 * np.einsum("i,iab->ab", along, [X, Y, Z])
        return 0.4 * disorder(site) * ONE + (turned(field, axis, angle) if where in (site.tag[0], "all") else field)

    def hopping(one, other, alpha, axis, twist):
        x, y = one.pos - other.pos
        return -ONE + turned(1j * alpha * (x * Y - y * X + 0.3 * x * Z), axis, twist)

    flake = kwant.Builder()
    flake[(square(x, y) for x in range(4) for y in range(3))] = onsite
    flake[square.neighbors()] = hopping
    return flake.finalized()


FLAKE = {"J": 0.8, "alpha": 0.4, "where": "none", "axis": 0, "angle": 0.0, "twist": 0.0}


@pytest.mark.parametrize(
    ("variable", "term", "turned"),
    [("exchange", "exchange", "angle"), ("one column", "exchange", "angle"), ("rashba", "rashba", "twist")],
)
def test_torque_is_minus_the_derivative_of_the_energy(variable, term, turned):
    """Of a level of a closed flake, when what exerts the torque is turned instead.

    Who takes the torque turns by -dE/d(angle), about every axis: all magnets, those of
    one column of sites, and the crystal with its spin-orbit coupling.
    """
    system, level, step = closed_flake(), 9, 1e-3
    where = {"one column": 2}.get(variable, "all")

    def energy(**changed):
        return np.linalg.eigvalsh(system.hamiltonian_submatrix(params={**FLAKE, "where": where, **changed}))[level]

    vectors = np.linalg.eigh(system.hamiltonian_submatrix(params=FLAKE))[1]
    data = kt.Books(system, FLAKE, terms=STRIP_TERMS)(vectors[:, level])
    assert data.closure < 1e-11
    here = (data.x == where) if where != "all" else data.x > -1
    for axis in range(3):
        one, two = (
            (energy(axis=axis, **{turned: n * step}) - energy(axis=axis, **{turned: -n * step})) / (2 * n * step)
            for n in (1, 2)
        )
        slope = (4 * one - two) / 3
        torque = float(data.torque_of_term.sel(term=term).isel(axis=axis).where(here).sum())
        assert abs(slope) > 1e-3
        assert torque == pytest.approx(-slope, abs=1e-6)


def test_density_matrices_and_green_functions_on_a_contour():
    """Filled levels: summed up, as a density matrix, and on a half circle."""
    system, fermi = closed_flake(), -0.4
    h = system.hamiltonian_submatrix(params=FLAKE)
    levels, vectors = np.linalg.eigh(h)
    filled = vectors[:, levels < fermi]
    assert 5 < filled.shape[1] < 20
    assert np.abs(levels - fermi).min() > 0.02
    books = kt.Books(system, FLAKE, terms=STRIP_TERMS)
    summed, density = books(filled.T, 1.0), books.of_density(filled @ filled.conj().T)
    # From below all levels to the Fermi energy.
    nodes, weights = np.polynomial.legendre.leggauss(300)
    radius = (fermi - levels[0] + 1) / 2
    angle = np.pi / 2 * (1 - nodes)
    z = fermi - radius + radius * np.exp(1j * angle)
    weights = weights * np.pi / 2 * -1j * radius * np.exp(1j * angle)
    green = books.of_green(np.linalg.inv(z[:, None, None] * np.eye(len(h)) - h), weights)
    for name in ("density", "exchange_torque", "torque_of_term", "spin_current"):
        assert np.abs(summed[name]).max() > 1e-3
        assert np.allclose(density[name], summed[name], atol=1e-13)
        assert np.allclose(green[name], summed[name], atol=1e-9)
    assert max(one.closure for one in (summed, density, green)) < 1e-11
    for call, message in (
        (lambda: books.of_density(h[1:]), r"Hermitian array \(24, 24\)"),
        (lambda: books.of_density(1j * h), "Hermitian"),
        (lambda: books.of_green(h, weights), "a weight for each energy"),
    ):
        with pytest.raises(kt.InputError, match=message):
            call()


def test_books_of_green_functions_close_inside_an_open_system(strip):
    """With self-energies of leads, at any complex energy, each for itself."""
    books, _ = strip
    h = books.network.system.hamiltonian_submatrix(params=STRIP)
    z = 1.3 + 0.2j
    sigma = np.zeros_like(h)
    for lead, interface in zip(books.network.system.leads, books.network.system.lead_interfaces, strict=True):
        at = np.ravel([[2 * site, 2 * site + 1] for site in interface])
        sigma[np.ix_(at, at)] += lead.selfenergy(z.real)
    green = np.linalg.inv(z * np.eye(len(h)) - h - sigma)
    spectral = 1j * (green - green.conj().T)
    data = books.of_density(spectral)
    # G - G^+ is a function of one matrix; G Gamma G^+ at a complex energy is not.
    injected = books.of_density(green @ (1j * (sigma - sigma.conj().T)) @ green.conj().T)
    assert injected.closure > 1e-3
    real = np.linalg.inv(1.3 * np.eye(len(h)) - h - sigma)
    assert books.of_density(real @ (1j * (sigma - sigma.conj().T)) @ real.conj().T).closure < 1e-11
    assert data.closure < 1e-11


def test_sites_at_leads_are_masked_and_counted(strip):
    books, psi = strip
    data = books(psi[0])
    at_leads = {site for interface in books.network.system.lead_interfaces for site in interface}
    masked = np.isnan(data.exchange_torque).any("axis")
    assert set(np.flatnonzero(masked)) == at_leads
    assert data.attrs["sites_at_leads"] == len(at_leads) == 5 + 5 + 3
    assert np.isfinite(data.spin_density).all()


def test_added_cells_put_the_mask_outside():
    """`add_cells=1`: every site of the strip itself has its torque."""
    data = kt.Books(three_terminals(add_cells=1), STRIP, terms=STRIP_TERMS)(np.ones(2 * (9 * 5 + 5 + 5 + 3)))
    own = (data.x >= 0) & (data.x < 9) & (data.y >= 0) & (data.y < 5)
    assert own.sum() == 45
    assert np.isfinite(data.exchange_torque[own]).all()


def test_without_a_term_the_books_are_open(strip):
    books, psi = strip
    for name in STRIP_TERMS:
        assert books.bind({STRIP_TERMS[name]: 0.0})(psi, 1.0).closure > 1e-3


def test_sum_over_modes_is_the_sum_of_modes(strip):
    books, psi = strip
    weights = np.random.default_rng(0).normal(size=len(psi))
    summed, each = books(psi, weights), books(psi)
    for name in ("exchange_torque", "torque_of_term", "spin_current", "density"):
        assert np.allclose(summed[name], np.tensordot(weights, each[name], 1), atol=1e-12, equal_nan=True)
    assert summed.closure < 1e-11


def test_books_are_kept_in_a_file(strip, tmp_path):
    books, psi = strip
    data = books(psi, 1.0)
    data.to_netcdf(tmp_path / "books.nc")
    with xr.open_dataset(tmp_path / "books.nc") as again:
        xr.testing.assert_allclose(again.load(), data)
        assert again.attrs["sites_at_leads"] == data.attrs["sites_at_leads"]


def test_bound_to_other_parameters_books_are_those_made_anew(strip):
    books, psi = strip
    other = {**STRIP, "J": -0.2, "alpha": 0.5}
    bound, anew = books.bind({"J": -0.2, "alpha": 0.5}), kt.Books(books.network.system, other, terms=STRIP_TERMS)
    assert bound.params == other
    assert np.allclose(bound(psi).torque_of_term, anew(psi).torque_of_term, atol=1e-14, equal_nan=True)
    assert books.params == STRIP


def test_a_term_can_be_off_at_another_value(strip):
    """`{"J": 0.5}`: the term is what J has beyond 0.5, the rest is in the rest."""
    books, psi = strip
    with pytest.warns(UserWarning, match="acts on the spin at 45 sites and 0 bonds"):
        beyond = kt.Books(books.network.system, STRIP, terms={"exchange": {"J": 0.5}, "rashba": ("alpha",)})
    whole, part = books(psi[0]), beyond(psi[0])
    assert np.allclose(part.exchange_torque, whole.exchange_torque * 0.2 / 0.7, atol=1e-14, equal_nan=True)
    assert part.closure < 1e-11
