"""Sums over layers, in which every layer has its own half of an interface."""

import numpy as np
import pytest
from helpers import QUICK, of_sea

import kwantorque as kt
from kwantorque.operators import ChainOperators
from kwantorque.structures.chain import discretise

COPPER = kt.FreeElectron.from_wavevectors(13.6)
COBALT = kt.FreeElectron.from_wavevectors(13.6, 8.0)
K = np.array([[1.0, 2.0], [0.0, 3.0], [6.0, 1.0]])


def rotated(thickness=0.5, spacing=0.05):
    """Five magnets that touch, each turned by 30 degrees, none in a plane of axes."""
    turns = np.radians(30 * np.arange(5))
    directions = [(np.sin(turn), 0.2, np.cos(turn)) for turn in turns]
    layers = [kt.Layer(COBALT, thickness, m=m, name=f"F{i}") for i, m in enumerate(directions)]
    return kt.Stack(layers, spacing, left=kt.Layer(COPPER), right=kt.Layer(COPPER))


def holes():
    """Two k.p magnets that touch, and a crystal without magnetisation."""
    gamnas, gaas = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger(gamma2=2.0)
    layers = [kt.Layer(gamnas, 1.0, m="x"), kt.Layer(gamnas, 0.6, m=(0, 1, 1)), kt.Layer(gaas, 0.8)]
    return kt.Stack(layers, 0.2)


def values_at(stack, k=K, energy=0.0, per_state=False):
    chain = discretise(stack, k)
    operators = ChainOperators(chain)
    return operators.values(operators.traces(kt.BatchedSolver().solve(chain, energy), per_state))


def of_layers(values, name):
    return values[f"{name}_of_layer"]


def adds_up(values, torques=("exchange_torque", "lattice_torque")):
    """The layers add up to the total, relative to the largest torque on a layer."""
    for name in torques:
        on_layers = of_layers(values, name)
        largest = np.abs(on_layers).max()
        assert largest > 0
        assert np.abs(on_layers.sum(axis=-2) - values[f"{name}_total"]).max() < 1e-12 * largest


def test_torque_on_each_of_five_rotated_layers_is_across_its_magnetisation():
    data = kt.torques(rotated(), 0.0, tolerance=0.03, **QUICK)
    torque, m = data.exchange_torque_of_layer, data.layer_m
    assert list(data.layer.values) == ["left", "F0", "F1", "F2", "F3", "F4", "right"]
    assert np.abs((torque * m).sum("axis")).max() < 1e-12 * np.abs(torque).max()
    assert np.abs(torque.sum("layer") - data.exchange_torque_total).max() < 1e-12 * np.abs(torque).max()
    assert (np.abs(torque.sel(layer=["left", "right"])) == 0).all()
    # By hand, from the spin density: -Delta m x s, half of s on a layer's two ends.
    delta = COBALT.exchange
    for i, name in enumerate(data.layer.values[1:-1]):
        spin = data.spin_density.values[10 * i : 10 * i + 11]
        moment = 0.05 * (spin.sum(axis=0) - (spin[0] + spin[-1]) / 2)
        assert data.spin_density_of_layer.sel(layer=name).values == pytest.approx(moment, rel=1e-10, abs=1e-14)
        by_hand = -delta * np.cross(m.sel(layer=name), moment)
        assert torque.sel(layer=name).values == pytest.approx(by_hand, rel=1e-10, abs=1e-14)


def test_sea_and_window_of_rotated_layers_add_up():
    stack = rotated(thickness=0.2, spacing=0.1).biased(0.2, across="F2")
    data = kt.steady_state(stack, mu_left=0.1, mu_right=-0.1, tolerance=0.1, **QUICK)
    torque = data.exchange_torque_of_layer
    assert torque.dims == ("part", "layer", "axis")
    assert (np.abs(torque).max(["layer", "axis"]) > 0).all()
    assert np.abs(torque.sum("layer") - data.exchange_torque_total).max() < 1e-12 * np.abs(torque).max()
    assert np.abs((torque * data.layer_m).sum("axis")).max() < 1e-12 * np.abs(torque).max()


@pytest.mark.parametrize("per_state", [False, True])
def test_layers_of_holes_add_up(per_state):
    k = np.array([[0.1, 0.05], [0.3, 0.2]])
    values = values_at(holes(), k, 0.06, per_state)
    adds_up(values, ("exchange_torque", "lattice_torque", "orbital_to_spin_torque"))
    m = np.array([region.layer.uniform_m for region in holes().regions])
    along = (of_layers(values, "exchange_torque") * m).sum(axis=-1)
    assert np.abs(along).max() < 1e-12 * np.abs(of_layers(values, "exchange_torque")).max()
    adds_up(of_sea(holes(), k, 0.06)[0])


def test_a_plane_within_a_crystal_changes_nothing():
    """A layer cut in two is two layers, whose torques add up to that of the whole."""
    k = np.array([[0.1, 0.05], [0.3, 0.2]])
    whole = holes()
    first, *others = whole.layers
    cut = kt.Stack([kt.Layer(first.material, 0.4, m="x"), kt.Layer(first.material, 0.6, m="x"), *others], 0.2)
    one, two = values_at(whole, k, 0.06), values_at(cut, k, 0.06)
    for name in ("exchange_torque", "lattice_torque", "spin_density", "orbital_density"):
        summed = np.delete(of_layers(two, name), 2, axis=1)
        summed[:, 1] += of_layers(two, name)[:, 2]
        assert np.abs(summed - of_layers(one, name)).max() < 1e-12 * np.abs(summed).max()


def test_torque_on_a_slab_is_that_of_its_amplitudes():
    """One electron, its spin across a slab that only the minority feels (Ralph and
    Stiles, 2008, eq. 8-11): N = (sin(angle)/2) [1 - (t_up t_down* + r_up r_down*)].
    """
    k, step, length, a = 10.0, 2.0, 0.1, 0.0025
    constant = kt.FreeElectron.from_wavevectors(k).bottoms[0] / -(k**2)
    inside = np.sqrt(k**2 - step / constant)
    # With the phase counted from the other side of the slab, t_up = 1 and r_up = 0.
    t_down = np.exp(-1j * k * length) / (
        np.cos(inside * length) - 0.5j * (inside / k + k / inside) * np.sin(inside * length)
    )
    expected = 0.5 * (1 - t_down.conj())
    bottom = -constant * k**2
    metal, magnet = kt.FreeElectron(bottom=bottom), kt.FreeElectron(exchange=-step, bottom=bottom + step / 2)
    slab = kt.Layer(magnet, length, m="z", name="slab")
    stack = kt.Stack([kt.Layer(metal, 0.2), slab, kt.Layer(metal, 0.2)], a)
    data = kt.torques_at(stack, [(0, 0)], 0.0, incident_spin="x").isel(k=0)
    found = data.exchange_torque_of_layer.sel(layer="slab").values
    assert found == pytest.approx([expected.real, -expected.imag, 0], abs=3e-4)
    assert (data.exchange_torque_of_layer.drop_sel(layer="slab") == 0).all()


def test_a_magnet_without_end_has_its_interface_site_and_the_tail():
    iron = kt.FreeElectron.from_wavevectors(10.9, 4.2)
    barrier = kt.Layer(kt.FreeElectron(mass=0.4, bottom=1.0), 0.7)
    junction = kt.Stack([barrier], 0.1, left=kt.Layer(iron, m="z"), right=kt.Layer(iron, m="x"))
    data = kt.steady_state(junction, bias=0.4, tolerance=0.1, **QUICK)
    for side, site in (("left", 0), ("right", -1)):
        expected = data.exchange_torque.isel(site=site) + data.exchange_torque_tail.sel(lead=side)
        assert (np.abs(expected).max("axis") > 1e-6).all()
        found = data.exchange_torque_of_layer.sel(layer=side)
        assert found.values == pytest.approx(expected.values, rel=1e-12, abs=1e-18)
    assert (data.exchange_torque_of_layer.sel(layer="layer 0") == 0).all()


def test_terms_of_a_partner_add_up_to_its_torque():
    for stack, energy in ((holes(), 0.06), (rotated(), 0.0)):
        data = kt.torques_at(stack, [(0.1, 0.05), (0.3, 0.2)], energy)
        by_partner = data.torque_of_term.groupby("partner_of_term").sum("term")
        names = {"magnetisation": "exchange_torque", "lattice": "lattice_torque", "carriers": "orbital_to_spin_torque"}
        for partner in by_partner.partner_of_term.values:
            expected = data[f"{names[partner]}_of_layer"]
            found = by_partner.sel(partner_of_term=partner).transpose(*expected.dims)
            assert np.abs(found - expected).max() <= 1e-12 * np.abs(data.torque_of_term).max()


def test_a_term_of_an_interface_is_counted_half_with_either_layer():
    magnet, metal = kt.Layer(COBALT, 0.5, m="x"), kt.Layer(COPPER, 0.5)
    data = kt.torques_at(kt.Stack([magnet, kt.Interface(kt.terms.rashba(0.04)), metal], 0.05), K[[0, 2]], 0.0)
    rashba = data.torque_of_term.sel(term="rashba")
    assert (np.abs(rashba.sel(layer="layer 0")).max("axis") > 1e-5).all()
    assert rashba.sel(layer="layer 0").values == pytest.approx(rashba.sel(layer="layer 1").values, rel=1e-10)
    assert rashba.sum("layer").values == pytest.approx(data.lattice_torque_total.values, rel=1e-9, abs=1e-12)
    # What it does to the spin is no torque on the magnetisation.
    assert np.abs(data.exchange_torque_of_layer.sel(axis="x")).max() < 1e-12


def test_atomic_planes_belong_to_one_layer():
    magnet, metal = kt.CubicLattice(exchange=-0.8, lattice_constant=0.25), kt.CubicLattice(lattice_constant=0.25)
    layers = [kt.Layer(magnet, 0.5, m="x"), kt.Layer(metal, 0.25), kt.Layer(magnet, 0.75, m="z")]
    stack = kt.Stack(layers, 0.25, left=kt.Layer(metal), right=kt.Layer(metal), atomic=True)
    data = kt.torques_at(stack, [(0.4, 1.3), (2.0, 0.3)], -3.0)
    assert list(data.layer_of_site.values) == ["left", *2 * ["layer 0"], "layer 1", *3 * ["layer 2"], "right"]
    by_site = data.exchange_torque.groupby("layer_of_site").sum("site")
    for name in ("layer 0", "layer 1", "layer 2"):
        expected = by_site.sel(layer_of_site=name).values
        assert data.exchange_torque_of_layer.sel(layer=name).values == pytest.approx(expected, rel=1e-10, abs=1e-15)
    adds_up({name: data[name].values for name in data}, ("exchange_torque",))


def test_a_texture_has_its_half_too():
    def turning(z):
        return np.sin(2 * z), 0.0, np.cos(2 * z)

    stack = kt.Stack([kt.Layer(COBALT, 0.5, m=turning), kt.Layer(COBALT, 0.5, m="y")], 0.05, left=kt.Layer(COPPER))
    values = values_at(stack)
    adds_up(values, ("exchange_torque",))
    along = of_layers(values, "exchange_torque")[:, 2:] @ [0.0, 1.0, 0.0]
    assert np.abs(along).max() < 1e-12 * np.abs(of_layers(values, "exchange_torque")).max()
