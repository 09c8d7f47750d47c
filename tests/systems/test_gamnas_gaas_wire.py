"""Haney & Stiles' wire: published numbers, the continuum, symmetries."""

import numpy as np
import pytest
from helpers import wire
from references import continuum

import kwantorque as kt


def z(data, name):
    return data[name].sel(axis="z")


def test_published_numbers(paper_wire):
    """The paper has 1.09, 0.46, 0.63; another code of the same
    lattice 1.109(3), 0.483(2), 0.626(3): Haney & Stiles, Phys. Rev.
    Lett. 105, 126602 (2010), last section.
    """
    data = kt.per_current(paper_wire)
    q_in, q_out = z(data, "angular_momentum_current_limit").values
    assert q_in == pytest.approx(1.109, abs=0.003)
    assert q_out == pytest.approx(0.483, abs=0.002)
    assert z(data, "lattice_torque_total") == pytest.approx(0.626, abs=0.003)
    assert z(data, "exchange_torque_total") == pytest.approx(0, abs=1e-9)
    assert q_in - q_out == pytest.approx(float(z(data, "lattice_torque_total")), abs=1e-8)
    assert data.closure < 1e-8
    assert data.error_estimate < 1e-3


def test_no_spin_orbit_coupling_no_lattice_torque():
    """Without it the exchange-split holes carry spin 1/2 each,
    and their orbital moment averages out.
    """
    data = kt.per_current(kt.torques(wire(2, 2, spin_orbit=0), 0.06, tolerance=3e-3, progress=False))
    assert np.allclose(z(data, "angular_momentum_current_limit"), 0.5, atol=1e-3)
    assert z(data, "lattice_torque_total") == pytest.approx(0, abs=1e-3)


def test_reversed_magnetisation_reverses_the_torque(solver):
    """A mirror x -> -x reverses M along z and
    every z component of an angular momentum.
    """
    k = np.array([[0.1, 0.05], [0.25, 0.6]])
    up, down = (kt.torques_at(wire(2, 2, m=m), q, 0.06, solver=solver) for m, q in (("z", k), ("-z", k * [-1, 1])))
    assert np.allclose(z(up, "lattice_torque"), -z(down, "lattice_torque"), atol=1e-11)
    assert np.allclose(up.particle_current, down.particle_current)


@pytest.mark.parametrize("gamma1", [6.9, 7.0, 8.0])
@pytest.mark.parametrize("spin_orbit", [0, 1e-6])
def test_nearly_degenerate_bands(gamma1, spin_orbit):
    """Without spin-orbit coupling bands cross and thresholds of both
    materials nearly coincide: no run fails.
    """
    stack = wire(1, 1, spin_orbit=spin_orbit, gamma1=gamma1, exchange=0.1)
    data = kt.per_current(kt.torques(stack, 0.06, tolerance=0.02, progress=False))
    assert np.allclose(z(data, "angular_momentum_current_limit"), 0.5, atol=0.01)


COARSE_AT = 0.12
"""Fermi energy, eV, at which the default spacing is not fine enough."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("energy", "crystal", "q_in", "q_out"), [row for row in continuum.WIRE if row[0] != COARSE_AT], ids=str
)
def test_other_parameters_against_the_continuum(energy, crystal, q_in, q_out):
    """Mode matching with an integral of its own
    (tests/references); Richardson of 0.2, 0.1 nm.
    """
    values = []
    for a in (0.2, 0.1):
        data = kt.per_current(kt.torques(wire(2, 2, spacing=a, **crystal), energy, tolerance=3e-3, progress=False))
        values.append(z(data, "angular_momentum_current_limit").values)
    extrapolated = (4 * values[1] - values[0]) / 3
    assert np.allclose(extrapolated, [q_in, q_out], rtol=0.005)


@pytest.mark.slow
def test_what_the_default_spacing_costs_at_another_fermi_energy():
    """Where the README warns: 5 % of Q_in and 13 %
    of Q_out are missing at E_F = 0.12 eV.
    """
    (exact,) = (row[2:] for row in continuum.WIRE if row[0] == COARSE_AT)
    data = kt.per_current(kt.torques(wire(2, 2), COARSE_AT, tolerance=0.01, progress=False))
    missing = 1 - z(data, "angular_momentum_current_limit").values / exact
    assert missing == pytest.approx([0.045, 0.127], abs=0.01)
