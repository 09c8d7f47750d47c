"""Figures that are given the wrong Dataset say what they need."""

import inspect

import numpy as np
import pytest
import xarray as xr

import kwantorque as kt
from kwantorque.errors import InputError

FIGURES = [getattr(kt.plot, name) for name in kt.plot.__all__]
METAL = kt.FreeElectron(bottom=-1.0)
STACK = kt.Stack([kt.Layer(METAL, 0.4), kt.Layer(kt.FreeElectron(bottom=-1.0, exchange=-0.3), 0.4, m="x")], 0.2)


@pytest.fixture(scope="module")
def profile():
    """Of an own stack."""
    return kt.torques(STACK, 0.0, tolerance=0.3, progress=False)


@pytest.fixture(scope="module")
def resolved():
    """Of an own stack, at three k."""
    return kt.torques_at(STACK, [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0)], 0.0)


def sweep(*results, **swept):
    """What a `Sweep` over these parameters with these results looks like."""
    sizes = tuple(len(values) for values in swept.values())
    about = {"units": "1", "long_name": "number"}
    names = {name: (name, values, about) for name, values in swept.items()}
    values = {f"result_{name}": (tuple(swept), np.ones(sizes), about) for name in results}
    return xr.Dataset({"done": (tuple(swept), np.ones(sizes, "int8"))} | values, names)


def call(figure, data):
    """The figure of this Dataset, and of nothing where it wants more."""
    required = [p for p in inspect.signature(figure).parameters.values() if p.default is inspect.Parameter.empty]
    return figure(data, *[None] * (len(required) - 1))


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.__name__)
@pytest.mark.parametrize("data", [None, {}, xr.DataArray([1.0]), xr.Dataset(), xr.Dataset({"energy": ("k", [0.0])})])
def test_every_figure_refuses_what_is_no_result(figure, data):
    with pytest.raises(InputError, match=r"^this figure needs a (Dataset|sweep|Stack)"):
        call(figure, data)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.__name__)
def test_every_figure_refuses_a_sweep_of_something_else(figure):
    if figure is not kt.plot.results_against:
        with pytest.raises(InputError, match=r"^this figure needs a (Dataset|sweep|Stack)"):
            call(figure, sweep("density", temperature=[0.0, 300.0]))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (kt.plot.torque_density, "a Dataset of `gamnas-spin-valve`.* this Dataset has no torque_density, depth"),
        (kt.plot.torque_against_thickness, "a Dataset of `gamnas-spin-valve`; this Dataset has no stt_against_thick"),
        (kt.plot.bands, "a Dataset of `kwantorque.bands`; this Dataset has no distance, energy, spin"),
        (kt.plot.torque_against_angle, "a sweep of `angle` alone on `gamnas-spin-valve`; this Dataset has no done"),
        (lambda data: kt.plot.balance(data, axis="w"), "unknown axis 'w'; choose from x, y, z"),
        (lambda data: kt.plot.balance(data.sel(axis="z")), "this Dataset has no axis"),
        (lambda data: kt.plot.k_map(data, data.incident_current), "resolved in k.*this Dataset has no kx, ky"),
        (lambda data: kt.plot.wall_torques(data.drop_vars("z")), "a Dataset of `domain-wall`.* has no .*z"),
    ],
)
def test_profiles_of_an_own_stack(profile, draw, message):
    with pytest.raises(InputError, match=message):
        draw(profile)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (kt.plot.balance, r"without the dimension k: choose a point, data.isel\(k=0\)"),
        (kt.plot.spin_currents, r"without the dimension k: choose a point"),
        (kt.plot.spin_density, r"without the dimension k: choose a point"),
        (lambda data: kt.plot.k_map(data, "particle_current"), "a DataArray, got 'particle_current'"),
        (lambda data: kt.plot.k_map(data, data.spin_current), "must have the dimensions k alone, got k, bond, axis"),
        (lambda data: kt.plot.against_k(data, data.incident_current[:2]), "of the same wavevectors .* got 2 and 3"),
        (lambda data: kt.plot.channels(data, data.spin_current), "k and one of site, bond, depth, got k, bond, axis"),
    ],
)
def test_what_is_resolved_in_k(resolved, draw, message):
    with pytest.raises(InputError, match=message):
        draw(resolved)


def test_one_point_of_what_is_resolved_can_be_drawn(resolved):
    one = resolved.isel(k=0)
    assert np.array_equal(kt.plot.spin_currents(one).get_lines()[0].get_ydata(), one.spin_current.sel(axis="x"))


@pytest.mark.parametrize(
    ("draw", "data", "message"),
    [
        (kt.plot.torque_against_angle, sweep("tmr", angle=[0.0, 90.0]), "`gamnas-spin-valve`.* no result_stt_total"),
        (kt.plot.torques_against_bias, sweep("stt_total", bias=[0.0]), "`magnetic-tunnel-junction`.*torque_in_plane"),
        (
            kt.plot.magnetoresistance_against_bias,
            sweep("tmr", bias=[0.0], angle=[0.0, 90.0]),
            "a sweep of `bias` alone on `magnetic-tunnel-junction`; this one is of bias, angle",
        ),
        (kt.plot.conductance_against_theta, sweep("conductance", phi=[0.0]), "`theta` on `semi-.*this one is of phi"),
        (kt.plot.results_against, sweep("tmr"), "a sweep of at least one parameter"),
        (
            lambda data: kt.plot.torque_parallel(data, against="bias"),
            sweep(
                *("torque_parallel", "torque_perpendicular", "torque_perpendicular_equilibrium"),
                theta=[0.0, 45.0],
            ),
            "a sweep of `bias`, got one of theta",
        ),
    ],
)
def test_sweeps_of_other_parameters_or_systems(draw, data, message):
    with pytest.raises(InputError, match=f"this figure needs .*{message}"):
        draw(data)


def test_components_of_spin_in_bands():
    data = kt.bands(METAL, kt.k_path([(0, 0, 0), (1, 0, 0)], points=4))
    with pytest.raises(InputError, match="unknown component 'up'; choose from x, y, z"):
        kt.plot.bands(data, along="up")
