"""Sweeps: every line of every system's figure is seen, with its errors, or named."""

import numpy as np
import pytest
import xarray as xr
from helpers import FAST, QUICK
from matplotlib import colors, figure

import kwantorque as kt
from kwantorque.cli.commands import _sweep_figure
from kwantorque.errors import InputError
from kwantorque.plot.base import COLOURS, COMPONENTS, enlarged

SWEEPS = [
    pytest.param(system, parameter, id=f"{system.name}-{parameter.name}")
    for system in kt.systems.SYSTEMS.values()
    for parameter in system.parameters
    if not parameter.choices
]
NAMED = ("zero", "constant", "up to")
"""What the legend says of a line that does not leave its axis, or zero."""
LEVELS = "bands at k = 0 (eV)"
"""Label of axes on which lines are where they are, and do not change."""


def swept(system, *names, seed=0, points=5, **given):
    """What a `Sweep` returns, with results of any size, among them zeros and constants.

    `given` has results by name; points of the parameters are 10, 20, ...
    """
    rng = np.random.default_rng(seed)
    declared = {p.name: p for p in system.parameters}
    sizes = (points,) * len(names)
    data = xr.Dataset({"done": (names, np.ones(sizes, "int8"))}, attrs={"system": system.name})
    for name in names:
        about = {"units": declared[name].unit, "long_name": declared[name].meaning}
        data = data.assign_coords({name: (name, 10.0 * np.arange(1, points + 1), about)})
    for i, result in enumerate(system.results):
        size = 10 ** rng.uniform(-6, 2)
        kind = (i + seed) % 4
        values = size * (np.zeros(sizes) if kind == 1 else np.ones(sizes) if kind == 2 else rng.normal(size=sizes))
        values = np.asarray(given.get(result.name, values))
        about = {"units": result.unit, "long_name": result.meaning}
        data[f"result_{result.name}"] = (names, values, about)
        data[f"result_{result.name}_error"] = (names, np.full(sizes, 0.01 * np.nanmax(np.abs(values)) + 1e-9), about)
    return data


def unseen(figure):
    """Labels of lines that span less than a tenth of their axis and are not named."""
    found = []
    for ax in figure.axes:
        if ax.get_ylabel() == LEVELS:
            continue
        label = (lambda y: np.log10(np.abs(y))) if ax.get_yscale() == "log" else (lambda y: y)
        low, high = (label(np.array(end)) for end in ax.get_ylim())
        for line in ax.get_lines():
            y = label(np.asarray(line.get_ydata(), float))
            y = y[np.isfinite(y)]
            if line.get_label().startswith("_child") or not len(y):
                continue
            ends = [y.min(), y.max(), *([0.0] if low < 0 < high else [])]
            named = any(word in line.get_label() for word in NAMED)
            if not named and max(ends) - min(ends) < 0.1 * (high - low):
                found.append(line.get_label())
    return found


@pytest.mark.parametrize(("system", "parameter"), SWEEPS)
def test_every_line_of_every_sweep_is_seen_or_named(system, parameter):
    for seed in range(4):
        assert not unseen(_sweep_figure(system, swept(system, parameter.name, seed=seed)).figure)


@pytest.mark.parametrize("system", kt.systems.SYSTEMS.values(), ids=lambda system: system.name)
def test_every_line_of_every_systems_own_figure_is_seen_or_named(system):
    """And the figure says of which system and of which parameters it is."""
    given = FAST[system.name]
    drawn = system.figure(system.run(**QUICK | {"tolerance": 0.1}, **given)).figure
    assert not unseen(drawn)
    title = drawn.get_suptitle().replace("\n", " ")
    assert title.startswith(system.name)
    for name, value in given.items():
        word = value if isinstance(value, str) else f"{value:g}"
        assert (f"{name} = {word}" in title) == (system.complete({})[name] != value)


def test_a_sweep_says_of_which_parameters_it_is():
    """Those that are set, not those that change."""
    given = {"thickness": 0.1, "step": 3.0}
    electron, angles = kt.systems.find("spin-filter"), {"angle": [0, 90, 180]}
    data = kt.sweep(electron, progress=False, **given, **angles)
    title = "spin-filter, step = 3 eV, thickness = 0.1 nm"
    assert kt.plot.results_against(data).figure.get_suptitle() == title
    other = kt.sweep(electron, progress=False, thickness=0.1, step=[2, 3], **angles)
    three = kt.sweep(electron, progress=False, thickness=[0.1, 0.2], step=[2, 3], **angles)
    assert kt.plot.results_against(other).figure.get_suptitle() == "spin-filter, thickness = 0.1 nm"
    assert kt.plot.results_against(three).figure.get_suptitle() == "spin-filter, angle = 0 deg"
    # A figure that is somebody else's keeps its title.
    ax = figure.Figure().subplots()
    assert kt.plot.results_against(data, ax, show="reflectance_down").figure.get_suptitle() == ""


def test_a_torque_beside_a_larger_one_gets_a_panel_of_its_own():
    valve = kt.systems.find("metallic-spin-valve")
    large, small = np.sin(np.arange(5.0)), 1e-3 * np.cos(np.arange(5.0))
    data = swept(valve, "angle", torque_in_plane=large, torque_out_of_plane=small)
    figure = kt.plot.results_against(data, show=["torque_in_plane", "torque_out_of_plane"]).figure
    assert [np.array_equal(ax.get_lines()[0].get_ydata(), y) for ax, y in zip(figure.axes, (large, small), strict=True)]
    both = kt.plot.results_against(data.assign(result_torque_out_of_plane=1e3 * data.result_torque_out_of_plane))
    assert any(len([line for line in ax.get_lines() if len(line.get_ydata()) == 5]) > 1 for ax in both.figure.axes)


def test_units_do_not_share_an_axis_and_bars_are_the_errors():
    data = swept(kt.systems.find("metallic-spin-valve"), "angle")
    for ax in kt.plot.results_against(data).figure.axes:
        assert ax.get_ylabel().count("(") - ax.get_ylabel().count("(s") <= 2
    ax = kt.plot.results_against(data, show="conductance")
    (bars,) = ax.collections
    error = data.result_conductance_error.values
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    assert np.allclose(ends[:, 1] - ends[:, 0], 2 * error)
    assert ax.get_ylabel().replace("\n", " ") == "conductance at this angle (e$^2$/h/nm$^2$)"


def test_two_parameters_are_a_map_of_a_result_by_name():
    data = swept(kt.systems.find("magnetic-tunnel-junction"), "bias", "angle")
    (mesh,) = kt.plot.results_against(data, show="tmr").collections
    assert np.array_equal(mesh.get_array().reshape(5, 5), data.result_tmr.transpose("angle", "bias"))
    maps = kt.plot.results_against(data).figure.axes
    assert len([ax for ax in maps if ax.get_xlabel() == "bias (V)"]) == 7


def test_a_map_has_its_result_as_a_title_and_its_values_beside_it():
    """Words that are typeset, and a unit beside the colours alone."""
    data = swept(kt.systems.find("semi-magnetic-tunnel-junction"), "bias", "theta")
    ax = kt.plot.results_against(data, show="torque_perpendicular")
    assert ax.get_title() == r"torque $T_{\perp}$"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10", "20", "30", "40", "50"]
    (bar,) = (one for one in ax.figure.axes if one is not ax)
    assert bar.get_ylabel() == r"eV/$\mu$m$^2$"


@pytest.mark.parametrize("size", [1.0, 0.3, 0.2, 0.05, 0.021, 1e-3, 3e-6])
def test_a_small_line_is_drawn_as_large_as_it_must_be_and_no_larger(size):
    """Seen on an axis from -1 to 1 with margins; at most two and a half times that."""
    times, said = enlarged(xr.DataArray([0.0, -size]), whole=1.0)
    assert times * size >= 2.2 * 0.1
    assert times == 1 or times * size <= 2.5 * 2.2 * 0.1 + 1e-12
    assert said == ("" if times == 1 else rf" $\times$ {times:g}")


def test_colours_of_maps_say_whether_the_sign_changes():
    system = kt.systems.find("magnetic-tunnel-junction")
    positive = np.arange(25.0).reshape(5, 5)
    data = swept(system, "bias", "angle", tmr=positive, current=positive - 5)
    (one,) = kt.plot.results_against(data, show="tmr").collections
    (other,) = kt.plot.results_against(data, show="current").collections
    assert one.get_clim() == (0, 24)
    assert other.get_clim() == (-19, 19)


def test_three_parameters_are_maps_at_the_first_value_of_the_third():
    data = swept(kt.systems.find("magnetic-tunnel-junction"), "bias", "angle", "temperature", points=3)
    ax = kt.plot.results_against(data, show="tmr")
    assert np.array_equal(ax.collections[0].get_array().ravel(), data.result_tmr[..., 0].T.values.ravel())
    assert "temperature = 10" in ax.figure.get_suptitle()


def test_points_that_are_not_computed_are_left_out():
    data = swept(kt.systems.find("spin-filter"), "angle", torque_in_plane=[0.1, np.nan, 0.3, 0.2, np.nan])
    assert not unseen(kt.plot.results_against(data).figure)


def test_words_can_be_swept():
    data = swept(kt.systems.find("spin-filter"), "angle").assign_coords(angle=list("abcde"))
    data.angle.attrs |= {"units": "", "long_name": "kind"}
    assert kt.plot.results_against(data, show="reflectance_up").get_xlabel() == "kind"


def test_a_sweep_of_ones_own_function_shows_its_numbers():
    """Any Dataset with `done` on the swept dimensions, without units and long names."""
    length = ("length", [1.0, 2.0, 3.0])
    data = xr.Dataset({"done": ("length", [1, 1, 1]), "torque": ("length", [0.1, 0.3, 0.2])}, {"length": length})
    data = data.assign(torque_error=0.01 * data.torque, seconds=("length", [1.0, 2.0, 1.0]))
    ax = kt.plot.results_against(data)
    assert (ax.get_xlabel(), ax.get_ylabel(), len(ax.figure.axes)) == ("length", "torque", 1)
    assert np.array_equal(ax.get_lines()[0].get_ydata(), data.torque)
    assert len(ax.collections) == 1


def test_one_axis_for_several_panels_is_refused():
    data = swept(kt.systems.find("spin-filter"), "angle")
    ax = kt.plot.results_against(data, show="reflectance_up")
    with pytest.raises(InputError, match=r"one `ax` cannot hold . panels"):
        kt.plot.results_against(data, ax)
    with pytest.raises(InputError, match="unknown result 'reflectance_op'; did you mean"):
        kt.plot.results_against(data, show="reflectance_op")


def test_quantities_and_components_share_no_colour():
    quantities = {COLOURS[name] for name in ("total", "spin", "orbital", "lattice", "magnetisation")}
    components = {look["color"] for look in COMPONENTS.values()}
    assert len(quantities) == 5
    assert len(components) == 3
    assert all(colors.is_color_like(colour) for colour in quantities | components)
    assert not quantities & components
