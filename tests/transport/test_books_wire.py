"""A real wire: six bands, a finite cross-section, torque on the lattice along it."""

import resource

import numpy as np
import pytest
from networks import gamnas_wire, hops_of, kwant

import kwantorque as kt

STRENGTHS = {"J": 1.0, "soc": 1.0}
TERMS = {"exchange": "J", "spin_orbit": "soc"}
PARTNERS = {"spin_orbit": "carriers", "rest": "lattice"}


def test_the_lattice_has_the_bands_of_the_material():
    """Its Bloch sum is H(k) up to the square of the spacing."""
    material, k = kt.KohnLuttinger(exchange=0.27), np.array([0.3, -0.5, 0.7])
    terms = material.terms(np.array([0.6, 0.0, 0.8]))

    def off(spacing):
        bloch = 0
        for term in terms:
            for offset, block in hops_of(term, spacing).items():
                phase = block * np.exp(1j * spacing * np.dot(offset, k))
                bloch = bloch + (phase if offset == (0, 0, 0) else phase + phase.conj().T)
        return np.abs(bloch - sum(term(k) for term in terms)).max()

    assert off(0.1) < 1e-3
    assert off(0.2) / off(0.1) == pytest.approx(4, rel=0.02)


@pytest.mark.slow
def test_books_of_a_real_wire_close():
    """10 x 10 sites of six states, 40 long, two domains; at most 4 GB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    system, material = gamnas_wire(40, 10, 10, 0.5)
    books = kt.Books(system, STRENGTHS, spin=material.spin, orbital=material.orbital, terms=TERMS, partner=PARTNERS)
    psi = kwant.wave_function(system, 0.2, params=STRENGTHS)(0)
    data = books(psi, 1.0)
    assert len(psi) == 3
    assert data.closure < 1e-11
    profile = kt.profile_along(data, "z").sel(axis="z")
    current = profile.particle_current.values
    assert np.ptp(current) < 1e-9 * current.max()
    assert 0.1 < current.mean() < 3
    # What the current of angular momentum loses twists lattice and magnets.
    lost = profile.angular_momentum_current[0] - profile.angular_momentum_current[1:]
    lattice, magnets = (profile[name][1:-1].cumsum() for name in ("lattice_torque", "exchange_torque"))
    assert np.allclose(lost, lattice + magnets, atol=1e-10)
    assert np.abs(lattice).max() > 0.1
    # The torque on the lattice against length, as the figure has it from cut to cut.
    lines = {line.get_label(): line for line in kt.plot.strip_balance(kt.profile_along(data, "z"), "z").get_lines()}
    drawn = lines["taken by rest (lattice), up to here"]
    np.testing.assert_allclose(drawn.get_xdata(), profile.position_cut)
    np.testing.assert_allclose(drawn.get_ydata()[1:], lattice, atol=1e-12)
    # Of L + s along z, for all modes.
    assert float(lattice[-1]) == pytest.approx(-0.177, abs=0.002)
    assert float(magnets[-1]) == pytest.approx(0.753, abs=0.002)
    # Tests that ran before in this process may have taken more.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4e6
