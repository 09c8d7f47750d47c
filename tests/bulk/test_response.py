"""Response of films to a field: published conventions, tables, errors, bad input."""

import warnings

import numpy as np
import pytest
from bulk.films import MODELS, A, free, orbitals, planes, sheet, towards

import kwantorque as kt
from kwantorque.bulk.kubo import PARTS
from kwantorque.errors import InputError
from kwantorque.integration.zone import Grid

QUIET = {"progress": False}
TABLE = {
    ("plane", "relaxing"): (
        (0.345638, -0.004609, -0.353983, -0.0088511, 0.0305365, -0.0090608),
        (-0.535582, -0.0357866, 3.3767),
    ),
    ("rashba", "relaxing"): (
        (0.010977, 0.000475, -0.008516, -0.0042532, 0.0268412, -0.0062839),
        (-0.014435, -0.0289797, 35.3264),
    ),
    ("orbital", "relaxing"): (
        (0.056373, -0.004783, -0.088919, -0.0051856, 0.0270309, -0.0075730),
        (-0.110218, -0.0296305, 14.1435),
    ),
    ("free", "relaxing"): (
        (0.255867, -0.001775, -0.263020, -0.0099170, 0.0361049, -0.0112789),
        (-0.397236, -0.0423124, 15.6528),
    ),
    ("plane", "broadened"): (
        (0.345641, -0.004610, -0.353985, -0.0088511, 0.0305368, -0.0090610),
        (-0.535586, -0.0357869, 3.3768),
    ),
    ("rashba", "broadened"): (
        (0.011393, 0.000475, -0.008833, -0.0042760, 0.0269763, -0.0063145),
        (-0.014979, -0.0291256, 35.3249),
    ),
    ("orbital", "broadened"): (
        (0.057406, -0.004694, -0.090652, -0.0072827, 0.0358110, -0.0093611),
        (-0.112331, -0.0392550, 14.0956),
    ),
}
"""Of an independent program, good to 1e-5 of the largest component.

Torque on the magnetisation, odd and even in m; field-like, damping-like, conductance.
"""
CASES = {
    "plane": (sheet(), -2.8, 0.1, 300),
    "rashba": (planes(towards(40, 25), {3: 0.06}), -1.5, 0.1, 300),
    "orbital": (orbitals(towards(60, 20)), 1.0, 0.2, 600),
    "free": (free(towards(50, 30)), 1.5, 0.1, 600),
}
SLOW = [case for case in TABLE if case != ("plane", "relaxing")]


@pytest.mark.parametrize(
    ("name", "model"), [pytest.param(*case, marks=[pytest.mark.slow] * (case in SLOW)) for case in TABLE]
)
def test_independent_numbers(name, model):
    """Within 1e-3 of the largest component, and within the stated error."""
    film, energy, gamma, temperature = CASES[name]
    data = kt.field_response(
        film,
        energy,
        broadening=gamma,
        temperature=temperature if model == "relaxing" else None,
        model=model,
        **QUIET,
    )
    torques, (field_like, damping_like, conductance) = TABLE[name, model]
    torque = data.exchange_torque_total.values
    for found, expected in zip(torque, np.reshape(torques, (2, 3)), strict=True):
        size = np.abs(expected).max()
        assert np.abs(found - expected).max() < 1e-3 * size
        assert np.abs(found - expected).max() < float(data.exchange_torque_total_error) + 1e-5 * np.abs(torques).max()
    for key, expected in (("field_like", field_like), ("damping_like", damping_like)):
        assert float(data[key]) == pytest.approx(expected, abs=float(data[f"{key}_error"]) + 1e-5 * abs(field_like))
        assert float(data[key]) == pytest.approx(expected, rel=1e-3)
    assert float(data.sheet_conductance[0]) == pytest.approx(conductance, rel=1e-3)
    assert data.closure < 1e-12


@pytest.fixture(scope="module")
def data():
    """Three layers, two of them with Rashba coupling."""
    film = planes(towards(40, 25), {1: 0.06, 2: 0.03}, 1, 2)
    return kt.field_response(film, -1.5, broadening=0.2, temperature=600, tolerance=1e-2, **QUIET)


def test_books_can_be_read_from_the_dataset(data):
    """Outflow = gains + F - R, site by site, with what the Dataset holds."""
    torques = data.torque_of_term.sum("term").values
    source = (data.field_source - data.relaxation_loss).values
    given = source[..., 1:4] + source[..., 4:]
    out = data.outflow.values[..., 1:4] + data.outflow.values[..., 4:]
    assert np.abs(out + torques - given).max() < 1e-13 * np.abs(source).max()
    flux = data.angular_momentum_current.values
    padded = np.pad(flux, ((0, 0), (1, 1), (0, 0)))
    assert np.abs(np.diff(padded, axis=1) - out).max() < 1e-13 * np.abs(source).max()
    # The intrinsic part is balanced by the relaxation of dissipative densities.
    relaxed = 0.2 * data.spin_density.sel(part="dissipative").values
    assert (
        np.abs(data.relaxation_loss.sel(part="intrinsic").values[:, 1:4] - relaxed).max()
        < 1e-12 * np.abs(relaxed).max()
    )


def test_the_field_pushes_nothing_on_balance(data):
    """The zone integral of F is that of a derivative: zero."""
    assert np.abs(data.field_source).max() < 1e-2 * np.abs(data.relaxation_loss).max()


def test_variables_have_units_labels_and_errors(data):
    assert list(data.part.values) == list(PARTS)
    for name, variable in data.data_vars.items():
        assert variable.attrs["units"]
        assert variable.attrs["long_name"]
        if not name.endswith("_error"):
            assert 0 <= float(data[f"{name}_error"]) < np.inf
    assert data.exchange_torque.attrs["units"] == data.spin_current.attrs["units"] == "1/nm"
    assert data.spin_density.attrs["units"] == "hbar/(eV nm)"


def test_proportional_to_tau_and_flat():
    """Long lifetimes: dissipative torque and conductance ~ 1/gamma, intrinsic flat."""
    found = [
        kt.field_response(sheet(rashba=0.1), -2.0, broadening=gamma, temperature=900, tolerance=1e-2, **QUIET)
        for gamma in (0.04, 0.02)
    ]
    one, two = (d.exchange_torque_total.values for d in found)
    assert two[0] / one[0] == pytest.approx(2, rel=0.02)
    assert two[1] / one[1] == pytest.approx(1, rel=0.02)
    assert float(found[1].sheet_conductance[0] / found[0].sheet_conductance[0]) == pytest.approx(2, rel=0.02)


def test_field_in_any_direction_of_the_plane():
    """The response is linear in E: along (1, 1, 0)/sqrt 2 it is that of both."""
    grid, at = Grid(first=24, max_points=600), {"broadening": 0.3, "temperature": 900, **QUIET}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", kt.AccuracyWarning)
        x, y, both = (
            kt.field_response(sheet(), -2.0, field=field, grid=grid, **at).exchange_torque_total.values
            for field in ("x", "y", (1, 1, 0))
        )
    assert np.abs((x + y) / np.sqrt(2) - both).max() < 1e-12


def test_executor_changes_nothing():
    grid, at = Grid(first=16, max_points=300), {"broadening": 0.3, "temperature": 900, **QUIET}
    from concurrent.futures import ThreadPoolExecutor

    with warnings.catch_warnings(), ThreadPoolExecutor(1) as pool:
        warnings.simplefilter("ignore", kt.AccuracyWarning)
        one, other = (
            kt.field_response(planes(towards(40, 25), {1: 0.1}, 1, 2), -1.5, grid=grid, executor=executor, **at)
            for executor in (None, pool)
        )
    assert (one.exchange_torque.values == other.exchange_torque.values).all()


def test_where_a_coefficient_is_zero_over_zero():
    at = {"broadening": 0.3, "temperature": 900, "tolerance": 0.1, **QUIET}
    along = kt.field_response(sheet(m="y"), -2.0, **at)
    assert np.isnan(along.field_like)
    assert np.isnan(along.damping_like)
    assert "m lies along y = z x E" in along.undefined
    none = kt.field_response(sheet(exchange=0.0), -2.0, **at)
    assert "one direction of the magnetisation" in none.undefined
    assert "undefined" not in kt.field_response(sheet(), -2.0, **at).attrs


def test_a_tolerance_that_is_missed_is_said():
    with pytest.warns(kt.AccuracyWarning, match="stopped at an error"):
        kt.field_response(sheet(), -2.0, broadening=0.05, temperature=300, grid=Grid(first=8, max_points=300), **QUIET)


def test_a_temperature_that_is_ignored_is_said():
    with pytest.warns(UserWarning, match="temperature` = 300 K is ignored"):
        kt.field_response(sheet(), -2.0, broadening=0.5, temperature=300, model="broadened", tolerance=0.1, **QUIET)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"temperature": 0}, "must be > 0 K in the relaxing model"),
        ({"temperature": None}, "must be > 0 K in the relaxing model"),
        ({"broadening": 0}, "`broadening` must be > 0 eV, got 0"),
        ({"broadening": -0.1}, "`broadening` must be > 0 eV"),
        ({"energy": -9.0}, "there is no Fermi line"),
        ({"energy": 9.0}, "there is no Fermi line"),
        ({"field": "z"}, "`field` must lie in the plane"),
        ({"model": "broad"}, "did you mean 'broadened'"),
        ({"tempreature": 1}, "did you mean 'temperature'"),
        ({"crystal": 3}, "`crystal` must be a Crystal"),
        (
            {"crystal": free((1, 0, 0)), "model": "broadened", "temperature": None},
            "the k space of a continuum has no end",
        ),
        ({"crystal": kt.Plane(kt.FreeElectron()), "energy": -1.0}, "there is no Fermi line"),
        ({"crystal": kt.Plane(kt.Model([kt.terms.rashba(0.1)])), "energy": 0.0}, "a kinetic term is missing"),
    ],
)
def test_bad_input(changed, message):
    given = {"crystal": sheet(), "energy": -2.8, "broadening": 0.1, "temperature": 300} | changed
    with pytest.raises(InputError, match=message):
        kt.field_response(given.pop("crystal"), given.pop("energy"), **given, **QUIET)


def test_all_models_are_tried():
    assert {model for _, model in TABLE} == set(MODELS)
    assert A == 0.3
