"""The main job: Haney & Stiles' wire, and what `torques` promises about its result."""

import numpy as np
import pytest
import xarray as xr
from helpers import wire

import kwantorque as kt
from kwantorque.errors import ComputationError, InputError
from kwantorque.results.dataset import SCHEMA
from kwantorque.results.storage import load, save
from kwantorque.transport import response
from kwantorque.units import torque_in_newton_metre


@pytest.fixture(scope="module")
def paper_wire():
    """The wire of the paper at the real size, default tolerance."""
    return kt.torques(wire(), 0.06, progress=False)


def z(data, name):
    return data[name].sel(axis="z")


def test_published_numbers(paper_wire):
    """physics.md section 1: 1.109(3), 0.483(2), 0.626(3); the paper 1.09, 0.46, 0.63."""
    data = kt.per_current(paper_wire)
    q_in, q_out = z(data, "angular_momentum_current_limit").values
    assert q_in == pytest.approx(1.109, abs=0.003)
    assert q_out == pytest.approx(0.483, abs=0.002)
    assert z(data, "lattice_torque_total") == pytest.approx(0.626, abs=0.003)
    assert z(data, "exchange_torque_total") == pytest.approx(0, abs=1e-9)
    assert q_in - q_out == pytest.approx(float(z(data, "lattice_torque_total")), abs=1e-8)
    assert data.closure < 1e-8
    assert data.error_estimate < 1e-3


def test_window_averages_agree_within_their_errors(paper_wire):
    data = kt.per_current(paper_wire)
    flux = z(data, "angular_momentum_current")
    for window, lead in (((0, 14), "left"), ((36, 60), "right")):
        mean, error = kt.window_average(flux, *window)
        assert mean == pytest.approx(float(z(data, "angular_momentum_current_limit").sel(lead=lead)), abs=error)
        assert error < 0.02


def test_no_spin_orbit_coupling_no_lattice_torque():
    """Without it the exchange-split holes carry spin 1/2 each, and their orbital moment averages out."""
    data = kt.per_current(kt.torques(wire(2, 2, spin_orbit=0), 0.06, tolerance=3e-3, progress=False))
    assert np.allclose(z(data, "angular_momentum_current_limit"), 0.5, atol=1e-3)
    assert z(data, "lattice_torque_total") == pytest.approx(0, abs=1e-3)


def test_reversed_magnetisation_reverses_the_torque(solver):
    """A mirror x -> -x reverses M along z and every z component of an angular momentum."""
    k = np.array([[0.1, 0.05], [0.25, 0.6]])
    up, down = (kt.torques_at(wire(2, 2, m=m), q, 0.06, solver=solver) for m, q in (("z", k), ("-z", k * [-1, 1])))
    assert np.allclose(z(up, "lattice_torque"), -z(down, "lattice_torque"), atol=1e-11)
    assert np.allclose(up.particle_current, down.particle_current)


@pytest.mark.parametrize("gamma1", [6.9, 7.0, 8.0])
@pytest.mark.parametrize("spin_orbit", [0, 1e-6])
def test_nearly_degenerate_bands(gamma1, spin_orbit):
    """Without spin-orbit coupling bands cross and thresholds of both materials nearly coincide: no run fails."""
    stack = wire(1, 1, spin_orbit=spin_orbit, gamma1=gamma1, exchange=0.1)
    data = kt.per_current(kt.torques(stack, 0.06, tolerance=0.02, progress=False))
    assert np.allclose(z(data, "angular_momentum_current_limit"), 0.5, atol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("energy", "crystal"),
    [(0.06, {}), (0.12, {}), (0.06, {"spin_orbit": 0.05}), (0.06, {"exchange": 0.05}), (0.16, {})],
    ids=["paper", "E_F 0.12", "alpha 0.05", "Delta 0.05", "E_F 0.16"],
)
def test_stated_error_is_honest(energy, crystal):
    """Where the Fermi surface has cusps: a much finer rule moves no variable by more than the coarse run said."""
    tolerance = 0.03
    coarse = kt.torques(wire(1, 1, **crystal), energy, tolerance=tolerance, progress=False)
    fine = kt.torques(wire(1, 1, **crystal), energy, tolerance=tolerance / 6, progress=False)
    for name, variable in coarse.data_vars.items():
        assert np.abs(fine[name] - variable).max() <= variable.attrs["error"] + 1e-12, name
    assert coarse.error_estimate <= tolerance


@pytest.mark.slow
def test_stated_error_covers_finer_rules_and_a_wider_region(paper_wire):
    """A ten times smaller tolerance, more rays, and a region 20 % wider move no result by more than was stated."""
    for options in (
        {"tolerance": 1e-4},
        {"tolerance": 1e-3, "kpar": kt.PolarRule(first_rays=24)},
        {"tolerance": 1e-3, "kpar": kt.PolarRule(widen=1.2)},
    ):
        other = kt.torques(wire(), 0.06, progress=False, **options)
        for name, variable in paper_wire.data_vars.items():
            assert np.abs(other[name] - variable).max() <= variable.attrs["error"] + other[name].attrs["error"], name


def test_wider_region_moves_nothing():
    """Outside the region nothing is open: even a coarse rule gives the same to the last digits."""
    coarse = {"tolerance": 0.03, "progress": False}
    one, other = (kt.torques(wire(2, 2), 0.06, kpar=kt.PolarRule(widen=w), **coarse) for w in (1, 1.2))
    assert other.k_points > one.k_points
    for name in one.data_vars:
        assert np.allclose(one[name], other[name], rtol=1e-10, atol=1e-14), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("energy", "crystal", "q_in", "q_out"),
    [
        (0.06, {}, 1.110128, 0.480052),
        (0.03, {}, 1.186634, 0.689852),
        (0.06, {"gamma2": 2.4, "gamma3": 2.4}, 1.084968, 0.676472),
        (0.06, {"gamma1": 7, "gamma2": 2.5, "gamma3": 2.5}, 1.082715, 0.649245),
        (0.06, {"exchange": 0.15}, 1.028701, 0.405836),
    ],
)
def test_other_parameters_against_the_continuum(energy, crystal, q_in, q_out):
    """Values of an independent continuum code (tests/continuum.py, integrated with its own adaptive rule);
    Richardson of 0.2, 0.1 nm.
    """
    values = []
    for a in (0.2, 0.1):
        data = kt.per_current(kt.torques(wire(2, 2, spacing=a, **crystal), energy, tolerance=3e-3, progress=False))
        values.append(z(data, "angular_momentum_current_limit").values)
    extrapolated = (4 * values[1] - values[0]) / 3
    assert np.allclose(extrapolated, [q_in, q_out], rtol=0.005)


def test_schema_and_provenance(paper_wire):
    assert set(paper_wire.data_vars) == set(SCHEMA)
    for name, (dims, unit, label) in SCHEMA.items():
        assert paper_wire[name].dims == dims
        assert paper_wire[name].attrs["units"] == unit
        assert paper_wire[name].attrs["long_name"] == label
        assert paper_wire[name].attrs["error"] >= 0
    for name in ("version", "solver", "tolerance", "closure", "error_estimate", "stack", "energy", "k_points"):
        assert name in paper_wire.attrs
    assert paper_wire.attrs["rotation_order"] == 4
    assert np.allclose(paper_wire.z_bond[1:], paper_wire.z + 0.1)


def test_cumulated_torque_and_current_add_up(paper_wire):
    """Q(z) + torques up to z is Q at -infinity, at every site."""
    data = paper_wire
    books = (
        data.angular_momentum_current.values[1:]
        + data.lattice_torque_cumulated.values
        + data.exchange_torque_cumulated.values
    )
    expected = data.angular_momentum_current_limit.sel(lead="left").values
    assert np.allclose(books, expected, atol=1e-9 * np.abs(expected).max())


def test_per_current_is_a_division_done_once(paper_wire):
    data = kt.per_current(paper_wire)
    assert data.particle_current_limit.sel(lead="right") == pytest.approx(1)
    assert data.lattice_torque.attrs["units"] == "hbar I/e"
    with pytest.raises(InputError, match="already"):
        kt.per_current(data)


def test_per_current_takes_the_current_downstream():
    data = kt.per_current(kt.torques(wire(1, 1), 0.06, source="right", tolerance=0.1, progress=False))
    assert data.particle_current_limit.sel(lead="left") == pytest.approx(1)
    assert data.attrs["current"] < 0


def test_torque_in_si():
    """One ampere of particles of one hbar each: hbar/e newton metre."""
    assert torque_in_newton_metre(2.0, 1e-3) == pytest.approx(2 * 6.582119569e-16 * 1e-3)


def test_netcdf_round_trip(paper_wire, tmp_path):
    path = tmp_path / "wire.nc"
    paper_wire.to_netcdf(path)
    with xr.open_dataset(path) as again:
        xr.testing.assert_identical(paper_wire, again.load())


def test_storage_recognises_its_own(paper_wire, tmp_path):
    path = tmp_path / "wire.nc"
    data = paper_wire.assign_attrs(system="wire", parameters='{"a": 1.0}')
    identity = {"system": "wire", "parameters": {"a": 1.0}, "solver": "batched", "tolerance": 1e-3}
    save(data, path)
    xr.testing.assert_identical(load(path, identity), data)
    assert [p.name for p in tmp_path.iterdir()] == ["wire.nc"]
    with pytest.raises(InputError, match=r"with a = 1.0, not 2.0; --force"):
        load(path, identity | {"parameters": {"a": 2.0}})
    with pytest.raises(InputError, match=r"with tolerance = 0\.001, not 0\.01"):
        load(path, identity | {"tolerance": 1e-2})
    path.write_text("not netCDF")
    with pytest.raises(InputError, match="not a result of kwantorque"):
        load(path, identity)
    for junk in ("junk", "3", '{"a": 1.0, "b": 2.0}'):
        save(data.assign_attrs(parameters=junk), path)
        with pytest.raises(InputError, match="--force"):
            load(path, identity)


def test_processes_give_the_same_numbers():
    stack = wire(1, 1)
    serial = kt.torques(stack, 0.06, tolerance=0.1, progress=False)
    with kt.processes(2) as pool:
        parallel = kt.torques(stack, 0.06, tolerance=0.1, progress=False, executor=pool)
    for name in serial.data_vars:
        assert np.allclose(serial[name], parallel[name], rtol=1e-12, atol=0), name


def test_torques_at_per_state_sums_to_the_whole():
    k = np.array([[0.1, 0.05], [0.3, 0.2]])
    stack = wire(1, 1)
    whole, parts = (kt.torques_at(stack, k, 0.06, per_state=flag) for flag in (False, True))
    for name in whole.data_vars:
        assert np.allclose(parts[name].sum("state"), whole[name], atol=1e-12)
    assert parts.sizes["state"] == 2


def test_nonsense_from_a_solver_is_never_a_result():
    class Broken(kt.KwantSolver):
        def solve(self, *arguments):
            states = super().solve(*arguments)
            states.psi[:] = np.nan
            return states

    for call in (
        lambda: kt.torques(wire(1, 1), 0.06, solver=Broken(), tolerance=0.1, progress=False),
        lambda: kt.torques_at(wire(1, 1), [(0.1, 0.1)], 0.06, solver=Broken()),
    ):
        with pytest.raises(ComputationError, match="books do not close at k = "):
            call()


def test_functions_that_cannot_be_sent_to_workers_are_named():
    texture = kt.Layer(kt.KohnLuttinger(exchange=0.27), 1, m=lambda z: "z")
    stack = kt.Stack([texture, kt.Layer(kt.KohnLuttinger(), 1)], 0.2)
    with kt.processes(2) as pool, pytest.raises(InputError, match="must be picklable"):
        kt.torques(stack, 0.06, executor=pool, progress=False)


def test_books_that_do_not_close_fail_loudly(monkeypatch):
    monkeypatch.setattr(response, "MAX_CLOSURE", 1e-20)
    with pytest.raises(ComputationError, match=r"books do not close at k = \(.*energy 0.06 eV"):
        kt.torques(wire(1, 1), 0.06, tolerance=0.5, progress=False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kt.torques(wire(1, 1), -5), r"left lead has no open channel at -5 eV: its lowest band is at 0 eV"),
        (lambda: kt.torques(wire(1, 1), np.nan), r"`energy` must be a finite number"),
        (lambda: kt.torques(wire(1, 1), 0.06, tolerance=0), r"`tolerance` must be > 0"),
        (lambda: kt.torques(wire(1, 1), 0.06, source="top"), r"unknown source 'top'"),
        (lambda: kt.torques("wire", 0.06), r"`stack` must be a Stack"),
        (lambda: kt.torques(wire(1, 1), 0.06, solver="kwant"), r"`solver` must be a Solver"),
        (lambda: kt.torques(wire(1, 1), 0.06, kpar=5), r"`kpar` must be a PolarRule"),
        (lambda: kt.PolarRule(first_rays=5), r"`first_rays` must be a whole number >= 4, a multiple of 4, got 5"),
        (lambda: kt.PolarRule(max_points="a"), r"`max_points` must be a whole number"),
        (lambda: kt.PolarRule(widen=0.5), r"`widen` must be >= 1"),
        (lambda: kt.per_current(kt.torques_at(wire(1, 1), [(0, 0)], 0.06)), r"resolved in k"),
        (lambda: kt.torques_at(wire(1, 1), [1, 2, 3], 0.06), r"`k_par` must be finite numbers of shape"),
    ],
)
def test_errors(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_drain_without_channels_is_named():
    layers = [kt.Layer(kt.KohnLuttinger(), 1), kt.Layer(kt.KohnLuttinger(band_edge=0.2), 1)]
    with pytest.raises(InputError, match=r"right lead has no open channel at 0.06 eV: its lowest band is at 0.2 eV"):
        kt.torques(kt.Stack(layers, 0.2), 0.06)


def test_window_average_needs_points(paper_wire):
    with pytest.raises(InputError, match="at least 6 points"):
        kt.window_average(z(paper_wire, "lattice_torque"), 0, 0.1)
