"""The GaMnAs spin valve at fixed k_par against continuum mode matching
(tests/references/continuum.py), which has no lattice.

The package's totals run from the bond before the interface site to the bond after
the last one: the interface site has half a site's torque and the last one a whole
site's. They belong to fluxes at -a/2 (in the barrier, where spin-orbit coupling
changes J) and at length + a/2, and so is the continuum taken: the difference then
starts with a^2. The next power is a^3, since the a^2 part is taken at a place that
moves with a; three spacings remove both.
"""

import numpy as np
import pytest
from references import continuum

import kwantorque as kt
from kwantorque.systems import find
from kwantorque.systems.gamnas_spin_valve import Geometry

VALVE = find("gamnas-spin-valve")
K = np.array([[0.1, 0.05], [0.5, -0.3], [0.3, 0.4], [-0.25, 0.5]])
SPACINGS = (0.1, 0.05, 0.025)
NAMES = {"stt_total": "stt", "Qj_flux": "Qj", "Qs_flux": "Qs"}


def lattice(parameters):
    """What the system sums over, before the integral over k;
    and what has a limit at z -> infinity.
    """
    stack = VALVE.stack(parameters)
    data = kt.torques_at(stack, K, parameters["fermi_energy"])
    values = {name: data[name].values for name in data}
    valve = Geometry(stack, parameters["angle"])
    summed = valve.derived(values)
    result = {ours: summed[name] for name, ours in NAMES.items()}
    result["T"] = values["particle_current"][:, -1]
    result["constant"] = summed["stt_persistent_limit"] / stack.lengths[1]
    return result


def exact(parameters, **window):
    p = parameters
    crystal = {name: p[name] for name in ("angle", "exchange", "spin_orbit")}
    crystal["gammas"] = (p["gamma1"], p["gamma2"], p["gamma3"])
    barrier = {"thickness": p["barrier_length"], "height": p["barrier_height"]}
    return continuum.match_valve(K[:, 0], K[:, 1], p["fermi_energy"], **crystal, **barrier, **window)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"barrier_length": 1.0},
        {"barrier_length": 2.5},
        {"fermi_energy": 0.12},
        {"fermi_energy": 0.34},
        {"exchange": 0.15},
        {"angle": 40},
        {"angle": 130},
        {"spin_orbit": 0.05},
        {"spin_orbit": 0},
        {"barrier_height": 0.3},
        {"fm_length": 10.0},
        {"gamma1": 8.0, "gamma2": 2.5, "gamma3": 3.0},
        {"fermi_energy": 0.2, "spin_orbit": 0.08, "exchange": 0.2, "angle": 70, "barrier_length": 1.5},
    ],
    ids=lambda given: ", ".join(f"{name} {value}" for name, value in given.items()) or "default",
)
def test_torques_and_fluxes_of_the_spin_valve(given):
    """Per transmitted hole, summed over the incident modes, at each k by itself."""
    differences = []
    for a in SPACINGS:
        parameters = VALVE.complete({"fm_length": 3.0, "spacing": a} | given)
        ours = lattice(parameters)
        reference = exact(parameters, length=parameters["fm_length"] + a / 2, before=a / 2)
        differences.append({name: (ours[name] - reference[name]) / reference["T"] for name in ours})
    assert reference["residual"] < 1e-12
    for name in differences[0]:
        coarse, middle, fine = (difference[name] for difference in differences)
        second = [(4 * middle - coarse) / 3, (4 * fine - middle) / 3]
        assert np.abs(second[0]).max() < 1e-3, name
        assert np.abs((8 * second[1] - second[0]) / 7).max() < 2e-5, name
