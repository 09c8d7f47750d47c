"""What is special to Kwant's own solver."""

import numpy as np
import pytest
from helpers import wire

from kwantorque.errors import ComputationError
from kwantorque.scattering import base
from kwantorque.structures.chain import discretise

K = np.array([[0.1, 0.05], [0.3, 0.2], [0.25, 0.6], [0.5, 0.1]])


def test_states_that_are_not_scattering_states_are_refused(solver, monkeypatch):
    """The check against the leads' modes names k when a solver returns nonsense."""
    if solver.name != "kwant":
        pytest.skip("tests the check of the Kwant solver")
    genuine = base.lead_modes
    monkeypatch.setattr(base, "lead_modes", lambda onsite, *rest: genuine(onsite + 0.01 * np.eye(6), *rest))
    with pytest.raises(ComputationError, match=r"not a sum of its modes at k = \(0.1, 0.05\)"):
        solver.solve(discretise(wire(2, 2), K), 0.06)
