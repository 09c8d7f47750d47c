"""What `torques` promises about its result."""

import threading

import numpy as np
import pytest
from helpers import wire

import kwantorque as kt
from kwantorque.errors import ComputationError, InputError
from kwantorque.results import SCHEMA
from kwantorque.transport import run as shared_run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("energy", "crystal"),
    [(0.06, {}), (0.12, {}), (0.06, {"spin_orbit": 0.05}), (0.06, {"exchange": 0.05}), (0.16, {})],
    ids=["paper", "E_F 0.12", "alpha 0.05", "Delta 0.05", "E_F 0.16"],
)
def test_stated_error_is_honest(energy, crystal):
    """Where the Fermi surface has cusps: a much finer rule moves no
    variable by more than the coarse run said.
    """
    tolerance = 0.03
    coarse = kt.torques(wire(1, 1, **crystal), energy, tolerance=tolerance, progress=False)
    fine = kt.torques(wire(1, 1, **crystal), energy, tolerance=tolerance / 6, progress=False)
    for name in SCHEMA:
        assert np.abs(fine[name] - coarse[name]).max() <= float(coarse[f"{name}_error"]) + 1e-12, name
    assert coarse.error_estimate <= tolerance


@pytest.mark.slow
def test_stated_error_covers_finer_rules_and_a_wider_region(paper_wire):
    """A ten times smaller tolerance, more rays, and a region 20 % wider
    move no result by more than was stated.
    """
    for options in (
        {"tolerance": 1e-4},
        {"tolerance": 1e-3, "kpar": kt.PolarRule(first_rays=24)},
        {"tolerance": 1e-3, "kpar": kt.PolarRule(widen=1.2)},
    ):
        other = kt.torques(wire(), 0.06, progress=False, **options)
        for name in SCHEMA:
            allowed = float(paper_wire[f"{name}_error"]) + float(other[f"{name}_error"])
            assert np.abs(other[name] - paper_wire[name]).max() <= allowed, name


def test_wider_region_moves_nothing():
    """Outside the region nothing is open: even a coarse
    rule gives the same to the last digits.
    """
    coarse = {"tolerance": 0.03, "progress": False}
    one, other = (kt.torques(wire(2, 2), 0.06, kpar=kt.PolarRule(widen=w), **coarse) for w in (1, 1.2))
    assert other.k_points > one.k_points
    for name in one.data_vars:
        if name.endswith("_error"):
            # What may hide next to a piece of the ray goes by how long the next one is.
            assert np.allclose(other[name], one[name], rtol=0.5, atol=0), name
        else:
            assert np.allclose(one[name], other[name], rtol=1e-10, atol=1e-14), name


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
        with pytest.raises(ComputationError, match="balance does not close at k = "):
            call()


def test_functions_that_cannot_be_sent_to_workers_are_named():
    lock = threading.Lock()

    def held(z):
        with lock:
            return "z"

    texture = kt.Layer(kt.KohnLuttinger(exchange=0.27), 1, m=held)
    stack = kt.Stack([texture, kt.Layer(kt.KohnLuttinger(), 1)], 0.2)
    with kt.processes(2) as pool, pytest.raises(InputError, match=r"must be picklable.*lock"):
        kt.torques(stack, 0.06, executor=pool, progress=False)


def test_books_that_do_not_close_fail_loudly(monkeypatch):
    monkeypatch.setattr(shared_run, "MAX_CLOSURE", 1e-20)
    with pytest.raises(ComputationError, match=r"balance does not close at k = \(.*energy 0.06 eV"):
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
        (lambda: kt.torques_at(wire(1, 1), [1, 2, 3], 0.06), r"`k_par` must be numbers of shape"),
    ],
)
def test_errors(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_drain_without_channels_is_named():
    layers = [kt.Layer(kt.KohnLuttinger(), 1), kt.Layer(kt.KohnLuttinger(band_edge=0.2), 1)]
    with pytest.raises(InputError, match=r"right lead has no open channel at 0.06 eV: its lowest band is at 0.2 eV"):
        kt.torques(kt.Stack(layers, 0.2), 0.06)


def test_several_energies_are_those_of_single_runs():
    """Every number to the bit, each energy with its error."""
    stack, energies = wire(1, 1), [0.05, 0.06, 0.08]
    several = kt.torques(stack, np.array(energies), tolerance=0.1, progress=False)
    assert several.energy.values.tolist() == energies
    assert several.energy.attrs["units"] == "eV"
    single = [kt.torques(stack, energy, tolerance=0.1, progress=False) for energy in energies]
    for i, one in enumerate(single):
        for name in one.data_vars:
            assert np.array_equal(several[name][i], one[name]), name
    assert several.k_points == sum(one.k_points for one in single)
    assert several.closure == max(one.closure for one in single)
    assert several.error_estimate == max(one.error_estimate for one in single)
    per_current = kt.per_current(several)
    for i, one in enumerate(map(kt.per_current, single)):
        assert np.array_equal(per_current.lattice_torque_total[i], one.lattice_torque_total)
        assert float(per_current.lattice_torque_total_error[i]) == float(one.lattice_torque_total_error)


def test_several_energies_at_a_temperature():
    metal = kt.FreeElectron(bottom=-1.0)
    stack = kt.Stack([kt.Layer(metal, 0.5), kt.Layer(kt.FreeElectron(bottom=-0.5), 0.5)], 0.1)
    both = kt.torques(stack, [0.0, 0.1], temperature=300, tolerance=0.1, progress=False)
    one = kt.torques(stack, 0.1, temperature=300, tolerance=0.1, progress=False)
    assert np.array_equal(both.particle_current_limit[1], one.particle_current_limit)
    assert both.attrs["temperature"] == 300


@pytest.mark.parametrize(
    ("energy", "message"),
    [
        ([], "`energy` must be a number in eV or a sequence of at least one, got none"),
        ([0.06, "x"], "`energy` must be a number in eV, got 'x'"),
        ([[0.06]], r"`energy` must be a number in eV, got \[\[0.06\]\]"),
        ([0.06, -5.0], "left lead has no open channel at -5 eV"),
    ],
)
def test_energies_that_cannot_be(energy, message):
    with pytest.raises(InputError, match=message):
        kt.torques(wire(1, 1), energy, progress=False)


def test_figures_want_one_energy():
    data = kt.torques(wire(1, 1), [0.05, 0.06], tolerance=0.1, progress=False)
    with pytest.raises(InputError, match=r"without the dimension energy.*isel\(energy=0\)"):
        kt.plot.balance(data)
    kt.plot.balance(data.isel(energy=0))
