"""The continuum reference by itself: unitary, its limits,
and the numbers that are quoted from it.
"""

import numpy as np
import pytest
from references import continuum

from kwantorque.systems import find

VALVE = find("gamnas-spin-valve")
K = np.array([[0.1, 0.05], [0.5, -0.3], [0.3, 0.4], [-0.25, 0.5]])


def exact(parameters, **window):
    p = parameters
    crystal = {name: p[name] for name in ("angle", "exchange", "spin_orbit")}
    crystal["gammas"] = (p["gamma1"], p["gamma2"], p["gamma3"])
    barrier = {"thickness": p["barrier_length"], "height": p["barrier_height"]}
    return continuum.match_valve(K[:, 0], K[:, 1], p["fermi_energy"], **crystal, **barrier, **window)


@pytest.mark.parametrize("thickness", [1.0, 5.0, 20.0])
def test_the_reference_by_itself(thickness):
    """Unitary, also behind thick barriers; a closed
    window of zero thickness takes nothing.
    """
    parameters = VALVE.complete({"barrier_length": thickness})
    reference = exact(parameters, length=0.0)
    assert reference["residual"] < 1e-12
    assert np.allclose([reference[name] / reference["T"] for name in ("stt", "Qj", "Qs")], 0, atol=1e-9)


def test_the_reference_without_spin_orbit_coupling():
    """The spin that is lost is the torque: identically, and nothing persists."""
    reference = exact(VALVE.complete({"spin_orbit": 0}), length=3.0, before=0.7)
    assert np.allclose(reference["Qs"] / reference["T"], reference["stt"] / reference["T"], atol=1e-9)
    assert np.allclose(reference["constant"] / reference["T"], 0, atol=1e-9)


def test_the_torque_that_persists_comes_from_the_lattice():
    """Over a long layer the torque grows by its constant part,
    while the flux of J stays where it is.
    """
    short, long = (exact(VALVE.complete({}), length=x) for x in (400.0, 4400.0))
    constant, *grown = (short["constant"], *((long[name] - short[name]) / 4000 for name in ("stt", "Qj")))
    assert np.abs(constant / short["T"]).min() > 1e-2
    assert np.allclose(grown / short["T"], [constant / short["T"], 0 * constant], atol=1e-3)


def test_the_integral_over_the_plane():
    """A square-root edge and a kink in the angle,
    integrated to the error that is stated.
    """

    def values(k_x, k_y):
        r, phi = np.hypot(k_x, k_y), np.arctan2(k_y, k_x)
        return np.stack([np.sqrt(np.maximum(1 - r**2, 0)), abs(phi - 0.3)], axis=-1)

    exact = np.array([np.pi / 6, (0.3**2 + (np.pi / 2 - 0.3) ** 2) / 4])
    for tolerance in (1e-2, 1e-5):
        found, errors = continuum.integrated(values, lambda angles: [[0, 1] for _ in angles], np.pi / 2, tolerance)
        assert (abs(found - exact) <= errors + 1e-14).all()
        assert (errors < 10 * tolerance).all()


@pytest.mark.slow
@pytest.mark.parametrize(("energy", "given", "q_in", "q_out"), continuum.WIRE, ids=str)
def test_quoted_numbers_of_the_wire(energy, given, q_in, q_out):
    """All digits that are quoted, or as many as the error leaves:
    at 0.12 eV the Fermi surface has cusps.
    """
    smooth = energy < 0.1 and "exchange" not in given
    found = continuum.wire(energy, **given, tolerance=1e-4 if smooth else 1e-3)
    for name, quoted in (("Q_in", q_in), ("Q_out", q_out)):
        value, error = found[name]
        assert abs(value - quoted) <= error + (1e-6 if smooth else 1e-4), name
        assert error < (5e-6 if smooth else 3e-3), name


@pytest.mark.slow
def test_quoted_numbers_of_the_valve():
    thickness, quoted = continuum.VALVE[0]
    found = continuum.valve(thickness=thickness, tolerance=2e-2)
    for name, number in quoted.items():
        value, error = found[name]
        assert value == pytest.approx(number, abs=1e-3), name
        assert error < 3e-3, name
