"""Datasets with layers: what selects them, parts of a torque, files, sweeps."""

import numpy as np
import pytest
import xarray as xr
from helpers import FAST, QUICK

import kwantorque as kt
from kwantorque.errors import InputError
from kwantorque.results.storage import save
from kwantorque.systems import Sweep, find

COPPER = kt.FreeElectron.from_wavevectors(13.6)
COBALT = kt.FreeElectron.from_wavevectors(13.6, 8.0)


def valve(angle=60.0, spacing=0.05, **changed):
    turn = np.radians(angle)
    layers = {
        "fixed": kt.Layer(COBALT, 0.5, m="z", name="fixed"),
        "spacer": kt.Layer(COPPER, 0.5, name="spacer"),
        "free": kt.Layer(COBALT, 0.5, m=(np.sin(turn), 0, np.cos(turn)), name="free"),
    } | changed
    return kt.Stack(list(layers.values()), spacing, left=kt.Layer(COPPER), right=kt.Layer(COPPER))


@pytest.fixture(scope="module")
def data():
    return kt.torques(valve(), 0.0, tolerance=0.1, **QUICK)


def test_nothing_but_a_layer_is_selected_by_a_layer(data):
    assert data.exchange_torque_of_layer.sel(layer="free").dims == ("axis",)
    with pytest.raises(KeyError):
        data.sel(layer=1)
    with pytest.raises(KeyError):
        data.exchange_torque.sel(layer="free")
    with pytest.raises(KeyError):
        data.spin_current.sel(layer="free")
    assert "layer" not in data.exchange_torque.coords


def test_what_layers_have_is_apart_from_all_else(data):
    """There a layer is selected whatever one goes on with: nothing is left whole."""
    layers = kt.per_layer(data)
    assert not {"site", "bond", "lead", "boundary"} & set(layers.dims)
    assert all("layer" in values.dims for name, values in layers.items() if not name.endswith("_error"))
    assert not [name for name in layers if name.endswith("_total")]
    assert layers.attrs == data.attrs
    free = layers.sel(layer="free")
    assert np.array_equal(free.exchange_torque_of_layer, data.exchange_torque_of_layer.sel(layer="free"))
    assert float(free.layer_thickness) == pytest.approx(0.5)
    assert float(free.exchange_torque_of_layer_error) == float(data.exchange_torque_of_layer_error) > 0
    assert free.torque_of_term.dims == ("term", "axis")
    assert "exchange_torque" not in free
    assert xr.testing.assert_identical(kt.per_layer(layers), layers) is None
    assert kt.components(layers, "free", "fixed").identical(kt.components(data, "free", "fixed"))
    with pytest.raises(InputError, match="needs a Dataset with a dimension `layer`"):
        kt.per_layer(free)


def test_no_profile_is_drawn_as_that_of_a_layer(data):
    for draw in (kt.plot.balance, kt.plot.spin_currents, kt.plot.exchange_torque):
        with pytest.raises(InputError, match=r"leaves values on sites and bonds as they are.*per_layer"):
            draw(data.sel(layer="free"))
        assert draw(data).lines


def test_sites_and_bonds_say_which_layer_is_theirs(data):
    inner = data.layer_of_site.values
    assert list(inner[[0, 1, 10, 11, 20, 30]]) == [
        *("left | fixed", "fixed", "fixed | spacer", "spacer", "spacer | free", "free | right"),
    ]
    assert list(data.layer_of_bond.values[[0, 1, 10, 11, -1]]) == ["left", "fixed", "fixed", "spacer", "right"]
    assert (data.exchange_torque.where(data.layer_of_site == "spacer", drop=True) == 0).all()


def test_coordinates_of_layers_are_what_was_built():
    with pytest.warns(UserWarning, match=r"free \(0\) from 0.52 to 0.5 nm"):
        stack = valve(fixed=kt.Layer(COBALT, 0.52, m="-z", name="free"))
    coordinates = stack.coordinates()
    assert stack.layer_names == ("left", "free (0)", "spacer", "free (2)", "right")
    assert coordinates["layer_thickness"][1].tolist() == pytest.approx([np.inf, 0.5, 0.5, 0.5, np.inf])
    assert coordinates["layer_m"][1][1].tolist() == [0, 0, -1]
    assert coordinates["layer_m"][1][2].tolist() == [0, 0, 0]


def test_a_layer_may_not_take_the_name_of_a_lead():
    stack = valve(spacer=kt.Layer(COPPER, 0.5, name="left"))
    assert stack.layer_names == ("left", "fixed", "left (1)", "free", "right")


def test_parts_are_along_the_directions_of_two_magnets(data):
    turn = np.radians(60)
    fixed, free = np.array([0, 0, 1]), np.array([np.sin(turn), 0, np.cos(turn)])
    towards = {"free": (fixed - free / 2) / np.sin(turn), "fixed": (free - fixed / 2) / np.sin(turn)}
    for layer, other in (("free", "fixed"), ("fixed", "free")):
        torque = data.exchange_torque_of_layer.sel(layer=layer).values
        parts = kt.components(data, layer=layer, reference=other)
        assert float(parts.damping_like) == pytest.approx(torque @ towards[layer], rel=1e-12)
        # The normal fixed x free is the same on both.
        assert float(parts.field_like) == pytest.approx(torque[1], rel=1e-12)
        error = float(data.exchange_torque_of_layer_error)
        assert float(parts.damping_like_error) == pytest.approx(error * np.abs(towards[layer]).sum())
        assert float(parts.field_like_error) == pytest.approx(error)
        both = np.hypot(parts.damping_like, parts.field_like)
        assert float(both) == pytest.approx(np.linalg.norm(torque), rel=1e-12)


def test_parts_at_each_k_and_of_other_torques():
    at_k = kt.torques_at(valve(), [(0, 0), (3, 4)], 0.0)
    parts = kt.components(at_k, "free", "fixed")
    assert parts.damping_like.dims == ("k",)
    assert "damping_like_error" not in parts
    assert np.abs(kt.components(at_k, "free", "fixed", torque="lattice_torque").damping_like).max() < 1e-12


def test_a_junction_between_magnets_without_end():
    junction = find("magnetic-tunnel-junction")
    data = junction.run(bias=0.4, angle=60, tolerance=0.1, progress=False, **FAST[junction.name])
    for layer, other, suffix in (("right", "left", ""), ("left", "right", "_left")):
        parts = kt.components(data, layer, other).sum("part")
        assert float(parts.damping_like) == pytest.approx(float(data[f"result_torque_in_plane{suffix}"]), rel=1e-12)
        assert float(parts.field_like) == pytest.approx(float(data[f"result_torque_out_of_plane{suffix}"]), rel=1e-12)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("fre", "fixed"), "unknown layer 'fre'; did you mean 'free'"),
        (("free", 0), "layer"),
        (("free", "spacer"), "'spacer' has no magnetisation"),
        (("free", "free"), "collinear"),
        (("free", "fixed", "density"), "unknown torque 'density'"),
        (("free", "fixed", "exchange"), "unknown torque 'exchange'"),
    ],
)
def test_what_has_no_parts_is_refused(data, wrong, words):
    with pytest.raises(InputError, match=words):
        kt.components(data, *wrong)


def test_magnetisations_that_span_no_plane_are_refused():
    parallel = kt.torques_at(valve(angle=180.0), [(0, 0)], 0.0)
    with pytest.raises(InputError, match="collinear"):
        kt.components(parallel, "free", "fixed")
    texture = kt.Layer(COBALT, 0.5, m=lambda z: (np.sin(z), 0, np.cos(z)), name="free")
    turning = kt.torques_at(valve(free=texture), [(0, 0)], 0.0)
    with pytest.raises(InputError, match="'free' varies in it"):
        kt.components(turning, "free", "fixed")
    for other in ("valve", xr.Dataset({"density": 1.0})):
        with pytest.raises(InputError, match="Dataset"):
            kt.components(other, "free", "fixed")


def test_stated_errors_cover_the_torque_on_each_layer(data):
    exact = kt.torques(valve(), 0.0, tolerance=1e-4, **QUICK)
    for name in ("exchange_torque_of_layer", "lattice_torque_of_layer", "spin_density_of_layer", "torque_of_term"):
        stated = float(data[f"{name}_error"]) + float(exact[f"{name}_error"])
        assert np.abs(data[name] - exact[name]).max() <= stated + 1e-15
    assert 0 < float(data.exchange_torque_of_layer_error) < 0.1 * np.abs(data.exchange_torque_of_layer).max()


def test_layers_are_extrapolated_divided_and_kept(data, tmp_path):
    def at(spacing):
        return kt.per_current(kt.torques(valve(spacing=spacing), 0.0, tolerance=0.1, **QUICK))

    coarse, fine = at(0.05), at(0.025)
    both = kt.richardson(coarse, fine)
    name = "exchange_torque_of_layer"
    expected = fine[name] + (fine[name] - coarse[name]) / 3
    assert both[name].values == pytest.approx(expected.values, rel=1e-12, abs=1e-15)
    assert float(both[f"{name}_spacing_error"]) > 0
    assert coarse[name].attrs["units"] == "hbar I/e"
    current = float(data.particle_current_limit.sel(lead="right"))
    assert coarse[name].values == pytest.approx(data[name].values / current, rel=1e-12)
    assert coarse.spin_density_of_layer.attrs["units"] == "hbar^2/eV"
    save(both, tmp_path / "valve.nc")
    again = xr.load_dataset(tmp_path / "valve.nc")
    assert again.identical(both)
    assert kt.components(again, "free", "fixed").identical(kt.components(both, "free", "fixed"))


def test_a_sweep_keeps_torques_on_layers():
    system = find("metallic-spin-valve")
    lengths = Sweep(system, {"spacing": 0.1, "spacer_length": 0.5}, {"fm_length": [0.5, 0.7]})
    data = lengths.run(tolerance=0.1, progress=False)
    assert data.exchange_torque_of_layer.dims == ("fm_length", "layer", "axis")
    assert data.layer_thickness.sel(layer="F2").values == pytest.approx([0.5, 0.7])
    angles = Sweep(system, FAST[system.name], {"angle": [0.0, 60.0]}).run(tolerance=0.1, progress=False)
    parts = kt.components(angles, "F2", "F1")
    assert np.isnan(parts.damping_like.values).tolist() == [True, False]
    alone = kt.components(system.run(angle=60, tolerance=0.1, progress=False, **FAST[system.name]), "F2", "F1")
    assert float(parts.damping_like[1]) == pytest.approx(float(alone.damping_like), rel=1e-12)
