"""The continuum reference by itself: unitary, and its limits."""

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
    """Unitary, also behind thick barriers; a closed window of zero thickness takes nothing."""
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
    """Over a long layer the torque grows by its constant part, while the flux of J stays where it is."""
    short, long = (exact(VALVE.complete({}), length=x) for x in (400.0, 4400.0))
    constant, *grown = (short["constant"], *((long[name] - short[name]) / 4000 for name in ("stt", "Qj")))
    assert np.abs(constant / short["T"]).min() > 1e-2
    assert np.allclose(grown / short["T"], [constant / short["T"], 0 * constant], atol=1e-3)
