"""Response of networks to their leads: balance, reciprocity, and what layers give."""

import numpy as np
import pytest
from networks import ONE, STRIP, STRIP_TERMS, X, Z, kwant, three_terminals

import kwantorque as kt
from kwantorque.transport import driven_states

LAYERS = [kt.Layer(kt.FreeElectron(exchange=1.0, bottom=-1.0), 0.5, m=m) for m in ("x", "z")]
STACK, AT_GAMMA = kt.Stack(LAYERS, 0.1), {"kx": 0.0, "ky": 0.0}


@pytest.fixture(scope="module")
def strip():
    return three_terminals()


def test_currents_into_leads_are_what_flows_through_cuts(strip):
    """By the scattering matrix, and by the fluxes through bonds."""
    data = kt.network_response(strip, 2.3, STRIP, leads={0: 0.7, 1: -0.3}, terms=STRIP_TERMS)
    assert data.closure < 1e-11
    assert np.allclose(data.conductance.sum("lead"), 0, atol=1e-10)
    assert np.allclose(data.conductance.sum("other_lead"), 0, atol=1e-10)
    flux, along = data.particle_current, data.x[data.end].values - data.x[data.start].values
    leaves = data.current_from_lead.values
    # From the left lead, and into the right one.
    assert float((flux * along)[data.x_bond == 0.5].sum()) == pytest.approx(leaves[0], rel=1e-10)
    assert float((flux * along)[data.x_bond == 7.5].sum()) == pytest.approx(-leaves[1], rel=1e-10)
    assert leaves[2] == pytest.approx(-leaves[0] - leaves[1], rel=1e-10)
    assert abs(leaves[2]) > 1e-3


def test_response_is_linear_in_the_potentials(strip):
    books = kt.Books(strip, STRIP, terms=STRIP_TERMS)
    one, other, both = (
        kt.network_response(books, 2.3, leads=leads) for leads in ({0: 1.0}, {2: 1.0}, {0: 0.3, 2: -2.0})
    )
    for name in ("exchange_torque", "torque_of_term", "density", "spin_current", "current_from_lead"):
        assert np.allclose(both[name], 0.3 * one[name] - 2.0 * other[name], atol=1e-12, equal_nan=True)


def test_response_is_the_sum_of_modes_over_two_pi(strip):
    books = kt.Books(strip, STRIP, terms=STRIP_TERMS)
    data = kt.network_response(books, 2.3, leads={1: 0.5})
    by_hand = books(kwant.wave_function(strip, 2.3, params=STRIP)(1)).sum("mode", skipna=False) * 0.5 / (2 * np.pi)
    assert np.allclose(data.exchange_torque, by_hand.exchange_torque, atol=1e-13, equal_nan=True)
    values = books.values(*driven_states(strip, 2.3, STRIP, {1: 0.5}))
    assert np.array_equal(values["exchange_torque"], data.exchange_torque, equal_nan=True)


def test_density_is_that_of_states_when_all_leads_rise():
    """All potentials by 1 eV: the local density of states, as Kwant's `ldos` has it."""
    system = three_terminals(add_cells=1)
    data = kt.network_response(system, 2.3, STRIP, leads={0: 1, 1: 1, 2: 1}, terms=STRIP_TERMS)
    ldos = kwant.ldos(system, 2.3, params=STRIP).reshape(-1, 2).sum(axis=1)
    assert np.allclose(data.density, ldos, rtol=1e-9)
    assert np.allclose(data.current_from_lead, 0, atol=1e-10)


def test_a_stack_as_a_network_is_the_stack():
    """Against `torques_at`, which sums modes of unit flux: over 2 pi."""
    system = kt.build_stack(STACK).finalized()
    terms = {"exchange": kt.build_stack(STACK, terms=["exchange"])}
    data = kt.network_response(system, 0.5, AT_GAMMA, terms=terms)
    expected = kt.torques_at(STACK, (0, 0), 0.5).isel(k=0)
    order = np.argsort([site.tag[0] for site in system.sites])[1:-1]
    ours = 2 * np.pi * data.exchange_torque.values[order]
    assert np.abs(ours).max() > 1e-3
    assert np.allclose(ours, expected.exchange_torque, atol=1e-10)


@pytest.mark.parametrize(
    ("energy", "leads", "message"),
    [
        (2.3, {3: 1.0}, "numbers of leads, 0 to 2, got 3"),
        (2.3, {"left": 1.0}, "got 'left'"),
        (2.3, {0: "high"}, "`leads` must be a number"),
        (2.3, [1.0, 0.0], "`leads` must be a Mapping"),
        (2.3, {}, "no state comes from the leads {}"),
        (-50.0, {0: 1.0}, "none has an open mode"),
        ("high", {0: 1.0}, "`energy` must be a number in eV"),
    ],
)
def test_what_is_refused(strip, energy, leads, message):
    with pytest.raises(kt.InputError, match=message):
        kt.network_response(strip, energy, STRIP, leads=leads, terms=STRIP_TERMS)


@pytest.mark.parametrize(
    ("params", "options", "message"),
    [
        ({"alhpa": 0.9}, {}, "unknown parameter of the books and leads 'alhpa'; did you mean 'alpha'"),
        ([0.9], {}, "`params` must be a Mapping"),
        ({}, {"terms": STRIP_TERMS}, "Books have their own terms"),
        ({}, {"spin": "rubbish", "partner": {}}, "Books have their own spin, partner: say that"),
    ],
)
def test_of_books_only_what_they_can_take(strip, params, options, message):
    books = kt.Books(strip, STRIP, terms=STRIP_TERMS)
    with pytest.raises(kt.InputError, match=message):
        kt.network_response(books, 2.3, params, **options)


def wire_with(*leads):
    """Five sites with up to two leads, each of modes or a self-energy."""
    lattice = kwant.lattice.chain(norbs=2)
    wire, lead = kwant.Builder(), kwant.Builder(kwant.TranslationalSymmetry((-1,)))
    wire[(lattice(i) for i in range(5))] = lambda site: 2 * ONE + 0.3 * X
    lead[lattice(0)] = lambda site, V: (2 + V) * ONE
    wire[lattice.neighbors()] = lead[lattice.neighbors()] = -ONE
    for kind in leads:
        if kind == "modes":
            wire.attach_lead(lead if not wire.leads else lead.reversed())
        else:
            end = kwant.builder.SelfEnergyLead(
                lambda energy, args=(), params=None: lead.finalized().selfenergy(energy, params=params),
                [lattice(4)],
                ["V"],
            )
            wire.leads.append(end)
    return wire.finalized()


QUIET = {"partner": {"rest": "lattice"}}


def test_leads_have_parameters_of_their_own():
    """Missing ones are named, and books take them for the leads alone."""
    system = wire_with("modes", "modes")
    books = kt.Books(system, {}, **QUIET)
    for given in (system, books):
        with pytest.raises(kt.InputError, match="all parameters of lead 0, 'V' missing"):
            kt.network_response(given, 1.3, {}, **(QUIET if given is system else {}))
    ours, anew = kt.network_response(books, 1.3, {"V": 0.2}), kt.network_response(system, 1.3, {"V": 0.2}, **QUIET)
    assert np.allclose(ours.spin_current, anew.spin_current, atol=1e-14)
    with pytest.raises(kt.InputError, match="all parameters of lead 0, 'V' missing"):
        kt.spin_transmission(system, 1.3, {}, lead=1, from_lead=0)


def test_a_lead_that_is_a_self_energy_takes_what_its_modes_take():
    """The conductance by Green functions is that by amplitudes."""
    whole, half = wire_with("modes", "modes"), wire_with("modes", "self-energy")
    expected, ours = (kt.network_response(system, 1.3, {"V": 0.2}, **QUIET) for system in (whole, half))
    assert np.allclose(ours.conductance, expected.conductance, atol=1e-9)
    assert np.allclose(ours.spin_current, expected.spin_current, atol=1e-9)
    assert np.abs(expected.spin_current).max() > 1e-3
    with pytest.raises(kt.InputError, match="lead 1 is given by its self-energy: it has no modes"):
        kt.network_response(half, 1.3, {"V": 0.2}, leads={1: 1.0}, **QUIET)
    with pytest.raises(kt.InputError, match="lead 1 is given by its self-energy: it has no modes"):
        kt.spin_transmission(half, 1.3, {"V": 0.2}, lead=1, from_lead=0)


def test_nothing_comes_into_a_closed_system():
    with pytest.raises(kt.InputError, match="the system has no leads: nothing comes in"):
        kt.network_response(wire_with(), 1.3, **QUIET)


def test_where_nothing_goes_through_books_close_relative_to_what_came_in():
    """A barrier: all fluxes are rounding of the flux that came in, and no violation."""
    lattice = kwant.lattice.chain(norbs=2)
    wire, lead = kwant.Builder(), kwant.Builder(kwant.TranslationalSymmetry((-1,)))
    wire[(lattice(i) for i in range(30))], lead[lattice(0)] = (lambda site, J: 5 * ONE + J * Z), 2 * ONE
    wire[lattice.neighbors()] = lead[lattice.neighbors()] = -ONE
    wire.attach_lead(lead)
    data = kt.network_response(wire.finalized(), 2.3, {"J": 0.1}, terms={"exchange": "J"})
    assert np.abs(data.particle_current).max() < 1e-12
    assert data.closure < 1e-13


def test_an_h_that_changes_between_evaluations_is_found():
    """A random number in a value function, which is another for the solver."""
    rng, lattice = np.random.default_rng(0), kwant.lattice.chain(norbs=2)
    wire, lead = kwant.Builder(), kwant.Builder(kwant.TranslationalSymmetry((-1,)))

    def onsite(site):
        return 2 * ONE + 0.1 * rng.normal() * X + 0.1 * Z

    wire[(lattice(i) for i in range(5))], lead[lattice(0)] = onsite, 2 * ONE
    wire[lattice.neighbors()] = lead[lattice.neighbors()] = -ONE
    wire.attach_lead(lead)
    with pytest.raises(kt.ComputationError, match="a random number in a value function"):
        kt.network_response(wire.finalized(), 1.0, partner={"rest": "lattice"})


def test_units_are_per_potential(strip):
    data = kt.network_response(strip, 2.3, STRIP, terms=STRIP_TERMS)
    assert data.spin_density.attrs["units"] == "hbar/V"
    assert data.particle_current.attrs["units"] == "1/hbar"
    assert kt.to_si(data).current_from_lead.attrs["units"] == "S"
    # One mode of transmission 1 is e^2/h.
    lattice = kwant.lattice.chain(norbs=2)
    wire, lead = kwant.Builder(), kwant.Builder(kwant.TranslationalSymmetry((-1,)))
    wire[(lattice(i) for i in range(3))] = lead[lattice(0)] = 2 * ONE
    wire[lattice.neighbors()] = lead[lattice.neighbors()] = -ONE
    for one in (lead, lead.reversed()):
        wire.attach_lead(one)
    si = kt.to_si(kt.network_response(wire.finalized(), 1.0))
    assert float(si.current_from_lead[0]) == pytest.approx(2 * 3.874045864e-5, rel=1e-9)
