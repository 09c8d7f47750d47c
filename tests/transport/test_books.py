"""Books on any Kwant system: they close, term by term, and agree with what is known."""

import numpy as np
import pytest
from networks import STRIP, STRIP_TERMS, kwant, three_terminals

import kwantorque as kt


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


def test_sites_at_leads_are_masked_and_counted(strip):
    books, psi = strip
    data = books(psi[0])
    at_leads = {site for interface in books.network.system.lead_interfaces for site in interface}
    masked = np.isnan(data.exchange_torque).any("axis")
    assert set(np.flatnonzero(masked)) == at_leads
    assert data.attrs["sites_at_leads"] == len(at_leads) == 5 + 5 + 3
    assert np.isfinite(data.spin_density).all()


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
