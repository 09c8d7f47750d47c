"""Ralph & Stiles' interface: mixing conductance, and how spin dephases."""

import numpy as np
import pytest
from helpers import QUICK
from references import free_layers
from scipy.integrate import quad

from kwantorque.systems import find
from kwantorque.systems.normal_ferromagnet_interface import torque_on_a_layer

INTERFACE = find("normal-ferromagnet-interface")


def test_interface_against_references_and_the_continuum():
    data = INTERFACE.run(**QUICK, spacing=0.02, to_zero_spacing=True)
    results = INTERFACE.results_of(data)
    assert results["sharvin"] == pytest.approx(13.6**2 / (4 * np.pi), rel=1e-6)
    assert [results[name] for name in ("mixing_real", "mixing_imag")] == pytest.approx([14.718649, 0], abs=1e-4)
    assert results["conductance_down"] == pytest.approx(4.098585, rel=1e-3)
    at = data.boundary_z.values[1] + 0.2
    decayed = [2 * np.interp(at, data.z_bond, data.spin_current.sel(axis=x)) for x in ("x", "y")]
    assert decayed == pytest.approx([0.031107, -0.487126], abs=3e-3)
    other = INTERFACE.run(**QUICK, kf_normal=12, kf_up=13, kf_down=7, to_zero_spacing=True)
    exact = free_layers.interface(kf_normal=12, kf_up=13, kf_down=7, depth=0.3)
    for ours, theirs in (
        ("mixing_real", exact["g_mix"].real),
        ("mixing_imag", exact["g_mix"].imag),
        ("conductance_up", exact["g_up"]),
        ("conductance_down", exact["g_down"]),
    ):
        assert float(other[f"result_{ours}"]) == pytest.approx(theirs, abs=1.5e-3), ours


@pytest.mark.parametrize("splitting", [0, 1e-5, 1e-4, 1e-2])
def test_a_weak_magnet_and_none_at_all(splitting):
    """Both spins are reflected alike: g is the conductance, with T = 4 k q/(k + q)^2
    of wave matching. It is the torque as soon as there is any exchange.
    """
    data = INTERFACE.run(**QUICK, kf_up=10 + splitting, kf_down=10, to_zero_spacing=True)

    def transmitted(r):
        k, q = np.sqrt(13.6**2 - r**2), np.sqrt(10**2 - r**2)
        return r / (2 * np.pi) * 4 * k * q / (k + q) ** 2

    conductance = quad(transmitted, 0, 10)[0]
    exact = free_layers.interface(kf_up=10 + splitting, kf_down=10)["g_mix"] if splitting else conductance
    assert conductance == pytest.approx(7.087, abs=5e-4)
    for name, true in (("mixing_real", exact.real), ("mixing_imag", exact.imag)):
        error = data[f"result_{name}_error"] + data[f"result_{name}_spacing_error"]
        assert abs(data[f"result_{name}"] - true) <= error + 1e-6, name
    torque = 2 * data.result_sharvin * data.exchange_torque_total.sel(axis="x")
    assert float(torque) == pytest.approx(float(data.result_mixing_real) if splitting else 0, rel=1e-3)


def test_dephasing_is_slow_and_thin_layers_do_not_absorb_all():
    """Transverse spin left: 18 % at 1 nm, 10 % at 2 nm, 5 % at 4 nm
    (wave matching); what is gone is torque.
    """
    data = INTERFACE.run(**QUICK)
    left = 2 * np.hypot(*(data.spin_current.sel(axis=x) for x in "xy"))
    depth = data.z_bond.values - data.boundary_z.values[1]
    for nm, part in ((1, 0.18), (2, 0.10), (3.9, 0.05)):
        assert np.interp(nm, depth, left) == pytest.approx(part, abs=0.02)
    first = int(np.searchsorted(data.z.values, data.boundary_z.values[1] - 1e-9))
    torque = data.exchange_torque.values[first:]
    assert torque.sum(axis=0) == pytest.approx(
        (data.spin_current.values[first] - data.spin_current.values[-1]), abs=1e-10
    )


def test_thick_layers_take_the_transverse_spin_and_thin_ones_do_not():
    """Eq. 15: all of it, where nothing transverse is
    reflected; a layer of 0.1 nm takes a small part.
    """
    torque = {t: torque_on_a_layer(t, **QUICK, spacing=0.05) for t in (0.1, 1.0, 8.0)}
    assert torque[8.0][0] == pytest.approx(1, abs=0.05)
    assert torque[0.1][0] < 0.5
    assert abs(torque[0.1][1]) > abs(torque[8.0][1])
