"""Integrals between two chemical potentials."""

from functools import partial

import numpy as np
import pytest

from kwantorque.integration.energy import integrate_energies, window
from kwantorque.integration.rules import Integral


def test_energy_integral():
    """Known integrals, breaks at band bottoms, nothing below the bands."""

    def value_at(energy):
        return Integral({"f": np.sqrt(energy)}, {"f": 1e-12}, 0.0, 3) if energy > 0 else None

    measure = partial(lambda values, errors: errors["f"] / abs(values["f"]))
    cuts = window(1.0, -1.0, 0.0, [0.0, 5.0])
    assert cuts == pytest.approx([-1, 0, 1])
    found = integrate_energies(value_at, cuts, 1e-5, measure)
    assert found.values["f"] == pytest.approx(2 / 3, rel=found.error)
    assert found.error < 1e-4
    assert integrate_energies(lambda _: None, cuts, 1e-5, measure) is None
    assert window(0.1, 0.1, 0.01, []) == pytest.approx([-0.06, 0.06, 0.1, 0.14, 0.26])
