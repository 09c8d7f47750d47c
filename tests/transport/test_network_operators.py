"""`Flux`, `Torque`, `Cut`: Kwant's operators where they coincide, and the books."""

import numpy as np
import pytest
from networks import GRAPHENE, GRAPHENE_TERMS, ONE, STRIP, STRIP_TERMS, X, Z, kane_mele, kwant, three_terminals

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF


@pytest.fixture(scope="module")
def strip():
    system = three_terminals()
    return system, kwant.wave_function(system, 2.3, params=STRIP)(0)


def test_flux_is_the_antisymmetric_part_of_kwants_current(strip):
    system, psi = strip
    pairs = [(system.sites[7], system.sites[2]), (system.sites[12], system.sites[13])]
    flux = kt.Flux(system, SPIN_HALF[1], where=pairs)
    ours = flux(psi[1], params=STRIP)
    forth, back = (
        kwant.operator.Current(system, SPIN_HALF[1], where=where).bind(params=STRIP)
        for where in (pairs, [pair[::-1] for pair in pairs])
    )
    assert np.allclose(ours, (forth(psi[1]) - back(psi[1])) / 2, atol=1e-14)
    assert np.allclose(flux(psi[1], psi[2], params=STRIP), (forth(psi[1], psi[2]) - back(psi[1], psi[2])) / 2)
    turned = kt.Flux(system, SPIN_HALF[1], where=[pair[::-1] for pair in pairs])
    assert np.allclose(turned(psi[1], params=STRIP), -ours, atol=1e-15)
    assert np.abs(ours).max() > 1e-4


def test_flux_of_particles_is_kwants_with_its_own_order_of_hoppings(strip):
    """Bra and ket, all modes at once, functions and numbers of sites."""
    system, psi = strip
    kwants = kwant.operator.Current(system, where=lambda a, b: a.pos[0] > b.pos[0]).bind(params=STRIP)
    ours = kt.Flux(system, where=lambda a, b: a.pos[0] > b.pos[0]).bind(params=STRIP)
    assert ours(psi).sum(axis=1) == pytest.approx([kwants(one).sum() for one in psi])
    by_number = [(system.id_by_site[a], system.id_by_site[b]) for a, b in kwants_hoppings(system)]
    assert np.allclose(
        kt.Flux(system, where=by_number)(psi, params=STRIP),
        kt.Flux(system, where=kwants_hoppings(system))(psi, params=STRIP),
    )


def kwants_hoppings(system):
    return [(system.sites[5], system.sites[0]), (system.sites[0], system.sites[1])]


def test_torque_on_sites_is_minus_kwants_source():
    """Of a system whose hoppings turn no spin: all of H, and one term, bra and ket."""
    system = three_terminals()
    params = {**STRIP, "alpha": 0.0}
    psi = kwant.wave_function(system, 2.3, params=params)(0)
    source = kwant.operator.Source(system, SPIN_HALF[0]).bind(params=params)
    torque = kt.Torque(system, SPIN_HALF[0], "J").bind(params=params)
    assert np.allclose(torque(psi), [-source(one) for one in psi], atol=1e-14)
    assert np.allclose(torque(psi[0], psi[3]), -source(psi[0], psi[3]), atol=1e-14)
    assert np.abs(source(psi[0], psi[3])).max() > 1e-3


def test_torque_is_that_of_the_books():
    system = kane_mele()
    psi = kwant.wave_function(system, 0.9, params=GRAPHENE)(0)
    books = kt.Books(system, GRAPHENE, terms=GRAPHENE_TERMS)
    data = books(psi)
    for term, parameter in GRAPHENE_TERMS.items():
        ours = kt.Torque(system, SPIN_HALF, parameter).bind(params=GRAPHENE)(psi)
        expected = data.torque_of_term.sel(term=term).values
        inside = data.inside.values
        assert np.allclose(ours[:, inside], expected[:, inside], atol=1e-13)
    # Exchange has no hoppings: known next to leads too.
    assert np.isnan(ours[:, ~inside]).all()
    assert np.isfinite(kt.Torque(system, SPIN_HALF, "J")(psi, params=GRAPHENE)).all()


def test_torque_where_and_as_a_system(strip):
    system, psi = strip
    whole = kt.Torque(system, Z / 2, "J")(psi, params=STRIP)
    few = kt.Torque(system, Z / 2, "J", where=lambda site: site.pos[0] == 4)(psi, params=STRIP)
    by_site = kt.Torque(system, Z / 2, "J", where=[system.sites[20], 21])(psi, params=STRIP)
    assert np.allclose(few, whole[:, [i for i, site in enumerate(system.sites) if site.pos[0] == 4]])
    assert np.allclose(by_site, whole[:, 20:22])
    off = {name: 0.0 for name in ("alpha", "W")}
    alone = kwant.Builder()
    alone[(site for site in system.sites)] = lambda site, J: (
        np.array(system.hamiltonian(system.id_by_site[site], system.id_by_site[site], params={**off, "J": J})) - 4 * ONE
    )
    assert np.allclose(kt.Torque(system, Z / 2, alone)(psi, params=STRIP), whole, atol=1e-14)


def test_flux_through_cuts_and_torques_between_them_balance(strip):
    """What goes in at x = 0.5 and not out at 7.5 and upwards went to the magnets."""
    system, psi = strip
    data = kt.Books(system, STRIP, terms=STRIP_TERMS)(psi)
    left, right = (kt.Flux(system, SPIN_HALF, where=kt.Cut(x=x))(psi, params=STRIP) for x in (2.5, 1.5))
    # No lead is attached at x = 2 but at its ends.
    column = (data.x == 2).values
    taken = data.torque_of_term.sum("term").values[:, column].sum(axis=1)
    ends = np.isnan(data.exchange_torque.values[0, :, 0]) & column
    assert not ends.any()
    assert np.allclose(right - left, taken, atol=1e-12)
    along_y = kt.Flux(system, where=kt.Cut(y=3.5))(psi, params=STRIP)
    onwards = kt.Flux(system, where=kt.Cut(y=2.5))(psi, params=STRIP)
    assert along_y.shape == (len(psi),)
    assert not np.allclose(along_y, onwards)


def carpet(across):
    """A strip without Rashba coupling between leads that may have it."""
    square = kwant.lattice.square(norbs=2)
    strip, lead = kwant.Builder(), kwant.Builder(kwant.TranslationalSymmetry((-1, 0)))
    strip[(square(x, y) for x in range(5) for y in range(3))] = lambda site, alpha: (4 + alpha) * ONE
    strip[square.neighbors()] = -ONE
    lead[(square(0, y) for y in range(3))] = 4 * ONE
    lead[square.neighbors()] = -ONE
    kind = kwant.builder.HoppingKind((0, 1) if across else (1, 0), square, square)
    lead[kind] = lambda one, other, alpha: -ONE + 1j * alpha * X
    strip.attach_lead(lead)
    strip.attach_lead(lead.reversed())
    return strip.finalized()


@pytest.mark.parametrize("across", [True, False])
def test_torque_next_to_leads_is_unknown_where_their_hoppings_have_the_term(across):
    """Hoppings within a cell of the lead are none of the sites of the system."""
    system, params = carpet(across), {"alpha": 0.4}
    psi = kwant.wave_function(system, 2.3, params=params)(0)
    torque = kt.Torque(system, SPIN_HALF, "alpha")(psi, params=params)
    at_leads = np.array([site.pos[0] in (0, 4) for site in system.sites])
    assert np.array_equal(np.isnan(torque).all(axis=(0, 2)), at_leads & (not across))
    assert np.array_equal(torque[:, ~at_leads], np.zeros((len(psi), 9, 3)))
    whole = kt.Torque(system, SPIN_HALF)(psi, params=params)
    assert np.array_equal(np.isnan(whole).all(axis=(0, 2)), at_leads)
    # As a system of its own, with leads or without.
    inside = kwant.Builder()
    inside[list(system.sites)] = ONE
    assert np.isfinite(kt.Torque(system, SPIN_HALF, inside)(psi, params=params)).all()
    inside[kwant.lattice.square(norbs=2).neighbors()] = 0.1 * X
    for one in (inside, system):
        unlike = kt.Torque(system, SPIN_HALF, one)(psi, params=params)
        assert np.array_equal(np.isnan(unlike).all(axis=(0, 2)), at_leads)


def molecule():
    """Sites that have no positions."""

    class Atoms(kwant.builder.SiteFamily):
        def __init__(self):
            super().__init__("atoms", "atoms", 2)

        def normalize_tag(self, tag):
            return tuple(tag)

    atom, builder = Atoms(), kwant.Builder()
    builder[atom(0)], builder[atom(1)], builder[atom(0), atom(1)] = Z, X, -ONE
    return builder.finalized()


def chain(middle, lead_onsite=2 * ONE, sites=4):
    lattice = kwant.lattice.chain(norbs=2)
    wire, lead = kwant.Builder(), kwant.Builder(kwant.TranslationalSymmetry((-1,)))
    wire[(lattice(i) for i in range(sites))], lead[lattice(0)] = middle, lead_onsite
    wire[lattice.neighbors()] = lead[lattice.neighbors()] = -ONE
    for one in (lead, lead.reversed()):
        wire.attach_lead(one)
    return wire.finalized()


def test_spin_transmission_through_a_turned_magnet_by_hand():
    """A delta-like exchange along x between leads without spin: t = (t_+ +- t_-)/2.

    For one site with an extra potential u, t = i w/(i w - u), w = 2 sin k.
    """
    exchange, k = 0.8, 1.1
    delta, energy, speed = chain(2 * ONE + exchange / 2 * X, sites=1), 2 - 2 * np.cos(k), 2j * np.sin(k)
    found, along = (kt.spin_transmission(delta, energy, lead=1, from_lead=0, axis=axis) for axis in "zx")
    plus, minus = (speed / (speed - u) for u in (exchange / 2, -exchange / 2))
    kept, turned = abs(plus + minus) ** 2 / 4, abs(plus - minus) ** 2 / 4
    assert np.allclose(found, [[kept, turned], [turned, kept]], atol=1e-12)
    assert np.allclose(along, np.diag([abs(plus) ** 2, abs(minus) ** 2]), atol=1e-12)


def test_spin_transmission_adds_up_and_agrees_with_a_conservation_law(strip):
    system, _ = strip
    matrix = kwant.smatrix(system, 2.3, params=STRIP)
    for lead, from_lead in ((1, 0), (2, 0), (0, 0)):
        found = kt.spin_transmission(system, 2.3, STRIP, lead=lead, from_lead=from_lead, axis=(1, 2, 2))
        assert float(found.sum()) == pytest.approx(matrix.transmission(lead, from_lead), rel=1e-10)
        assert (found > 0.05).all()
    # Kwant's own way, which needs leads that declare what they conserve.
    lattice = kwant.lattice.chain(norbs=2)
    wire = kwant.Builder()
    wire[(lattice(i) for i in range(4))] = 2 * ONE + 0.4 * X
    lead = kwant.Builder(kwant.TranslationalSymmetry((-1,)), conservation_law=-Z)
    lead[lattice(0)] = 2 * ONE + 0.2 * Z
    wire[lattice.neighbors()] = lead[lattice.neighbors()] = -ONE
    for one in (lead, lead.reversed()):
        wire.attach_lead(one)
    lawful, lawless = wire.finalized(), chain(2 * ONE + 0.4 * X, 2 * ONE + 0.2 * Z)
    kwants = kwant.smatrix(lawful, 1.0)
    expected = [[kwants.transmission((1, i), (0, j)) for j in (0, 1)] for i in (0, 1)]
    for one in (lawful, lawless):
        ours = kt.spin_transmission(one, 1.0, lead=1, from_lead=0)
        assert np.allclose(ours, expected, atol=1e-12)
    books, other = (kt.network_response(one, 1.0, partner={"rest": "lattice"}) for one in (lawful, lawless))
    for name in ("lattice_torque", "spin_current", "conductance"):
        assert np.abs(other[name]).max() > 1e-3
        assert np.allclose(books[name], other[name], atol=1e-12, equal_nan=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda system, psi: kt.Flux(system, where=[(0, 20)])(psi, params=STRIP), "none between 0 and 20"),
        (lambda system, psi: kt.Flux(system, where=kt.Cut(z=1.0))(psi, params=STRIP), "sites have 2 coordinates"),
        (lambda system, psi: kt.Flux(system, np.ones((2, 2)) * 1j)(psi, params=STRIP), "must be Hermitian"),
        (lambda system, psi: kt.Flux(system, np.ones((3, 3)))(psi, params=STRIP), r"must be \(2, 2\)"),
        (lambda system, psi: kt.Flux(system)(psi[:, 1:], params=STRIP), r"`bra` must be \(90,\) or \(modes, 90\)"),
        (lambda system, psi: kt.Flux(system)(psi, psi[0], params=STRIP), "the same shape"),
        (lambda system, psi: kt.Flux(system)(psi), "'J', 'W', 'alpha' missing"),
        (lambda system, psi: kt.Flux(system, where=kt.Cut(x=0))(psi, params=STRIP), "no bond .* x = 0: .* 0 < x <= 8"),
        (lambda system, psi: kt.Flux(system, where=kt.Cut(y=4.1))(psi, params=STRIP), "bonds cross 0 < y <= 4"),
        (lambda system, psi: kt.Flux(chain(Z), where=kt.Cut(x=9.0))(psi), "bonds cross 0 < x <= 3"),
        (lambda system, psi: kt.Flux(chain(Z, sites=1), where=kt.Cut(x=0.5))(psi), "none is along x"),
        (lambda system, psi: kt.Flux(molecule(), where=kt.Cut(x=0.5))(np.ones(4)), "have no `pos`: give hoppings"),
        (lambda system, psi: kt.Flux(system, where=5)(psi, params=STRIP), "`where` must be hoppings .* got 5"),
        (
            lambda system, psi: kt.Flux(system, where=[3])(psi, params=STRIP),
            "pairs of sites or of their numbers, got 3",
        ),
        (lambda system, psi: kt.Flux(system, where=[(0, [1])])(psi, params=STRIP), "none between 0 and"),
        (lambda system, psi: kt.Torque(system, Z, "J", where=5)(psi, params=STRIP), "`where` must be sites .* got 5"),
        (lambda system, psi: kt.Flux(system)(["a"] * 90, params=STRIP), "`bra` must be an array of numbers"),
        (lambda system, psi: kt.Flux(system)(psi, np.nan * psi, params=STRIP), "`ket` must be finite"),
        (lambda system, psi: kt.Torque(chain(Z), Z, molecule())(np.ones(8)), "which the system has not"),
        (lambda system, psi: kt.Flux(system).bind(params=STRIP)(psi, params=STRIP), "bound to its parameters already"),
        (lambda system, psi: kt.Torque(system, Z, "j")(psi, params=STRIP), "unknown parameter of the system 'j'"),
        (lambda system, psi: kt.Torque(system, Z, where=[99])(psi, params=STRIP), "`where` must be sites"),
        (lambda system, psi: kt.Cut(), "give one of x, y, z"),
        (lambda system, psi: kt.spin_transmission(system, 2.3, STRIP, lead=3, from_lead=0), "0 to 2, got 3"),
        (lambda system, psi: kt.spin_transmission(system, 2.3, STRIP, lead=1, from_lead=-1), "whole number >= 0"),
        (
            lambda system, psi: kt.spin_transmission(chain(ONE, 2 * ONE + Z), 2.0, lead=0, from_lead=1, axis="x"),
            "lead 0 have no sharp spin along x",
        ),
    ],
)
def test_what_is_refused(strip, call, message):
    with pytest.raises(kt.InputError, match=message):
        call(*strip)
