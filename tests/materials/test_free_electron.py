"""Free electrons and the cubic lattice: Fermi wavevectors, and what is refused."""

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.errors import InputError


def test_free_electron_material():
    material = kt.FreeElectron.from_wavevectors(10.9, 4.2, fermi_energy=0.5)
    k = np.array([[10.9, 0, 0], [0, 4.2, 0]])
    energies = np.linalg.eigvalsh(material.hamiltonian(k, np.array([0, 0, 1.0])))
    assert [energies[0, 0], energies[1, 1]] == pytest.approx([0.5, 0.5])
    assert material.bottoms[0] < material.bottoms[1]
    for wrong, message in (
        (lambda: kt.FreeElectron(mass=0), "`mass` must be > 0"),
        (lambda: kt.FreeElectron.from_wavevectors(-1), "`up` must be > 0"),
        (lambda: kt.CubicLattice(hopping=0.4), "`hopping` must be < 0"),
        (lambda: kt.Stack([kt.Layer(kt.CubicLattice(), 3)], 0.5), "`spacing` must be 1 nm"),
    ):
        with pytest.raises(InputError, match=message):
            wrong()
