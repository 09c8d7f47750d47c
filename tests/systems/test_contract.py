"""A system needs no stack, integral or lattice; a word is a parameter too."""

import json

import numpy as np
import pytest
import xarray as xr
from helpers import FAST

import kwantorque as kt
from kwantorque.cli import commands, report
from kwantorque.errors import InputError
from kwantorque.results import Estimate
from kwantorque.systems import SYSTEMS, Parameter, Result, Sweep, System, metallic_spin_valve
from kwantorque.systems.base import with_results

RESULTS = (Result("mean", "1", "mean of the numbers"),)


def compute(parameters, numerics):
    """The mean of a few numbers, drawn or counted."""
    n = int(parameters["size"])
    numbers = np.arange(n) if parameters["how"] == "count" else np.random.default_rng(0).normal(size=n)
    data = xr.Dataset({"numbers": ("number", numbers)}, attrs={})
    return with_results(data, RESULTS, {"mean": Estimate(numbers.mean(), 0.1)}, window={"mean": 0.5})


@pytest.fixture
def system(monkeypatch):
    """A system without a stack, known to the command line for a while."""
    parameters = (
        Parameter("size", 5, "1", "how many numbers", positive=True),
        Parameter("how", "count", "", "where they are from", choices=("count", "draw")),
    )
    one = System("mean", "a mean", "nobody", parameters, RESULTS, compute, figure=None)
    monkeypatch.setitem(SYSTEMS, "mean", one)
    return one


def test_runs_sweeps_and_reports(system, capsys):
    data = system.run(size=3)
    assert system.results_of(data) == {"mean": 1.0}
    assert float(data.result_mean_window_error) == 0.5
    swept = Sweep(system, {}, {"how": ["count", "draw"], "size": [3, 5]}).run()
    assert swept.result_mean.sel(how="count").values.tolist() == [1.0, 2.0]
    assert "closure" not in swept
    assert "mean" in report.sweep_table(system, {"how": ["count"], "size": [3]}, swept)
    assert commands.main(["run", "mean", "--json", "--set", "size=3"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["results"] == {"mean": 1.0}
    assert answer["closure"] is None
    assert answer["error_estimate"] is None
    assert commands.main(["run", "mean"]) == 0
    assert "note: mean is a fit" in capsys.readouterr().out


def test_words_are_listed_and_checked(system, capsys):
    assert commands.main(["show", "mean"]) == 0
    assert "(count, draw)" in capsys.readouterr().out
    assert commands.main(["run", "mean", "--set", "how=drow"]) == 2
    assert "did you mean 'draw'" in capsys.readouterr().err


def test_nothing_to_extrapolate(system, capsys):
    assert commands.main(["run", "mean", "--extrapolate"]) == 2
    assert "no lattice spacing" in capsys.readouterr().err
    with pytest.raises(InputError, match="no lattice spacing"):
        system.run(to_zero_spacing=True)


def test_settings_and_parameters_in_one_call():
    spin_filter = kt.systems.find("spin-filter")
    one = spin_filter.run(angle=90, solver=kt.BatchedSolver("recursion"))
    other = spin_filter.run(angle=90, numerics=kt.Numerics(solver=kt.BatchedSolver("recursion")))
    assert one.solver_options == other.solver_options == "BatchedSolver(engine='recursion')"
    with pytest.raises(InputError, match="unknown parameter of spin-filter 'tolerence'"):
        spin_filter.run(tolerence=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("spin-filter", {}, {"angle": [1]}), "needs a System"),
        ((SYSTEMS["spin-filter"], {}, {"angle": 30}), "must be a sequence"),
        ((SYSTEMS["spin-filter"], {}, {"angle": []}), "must be different"),
        ((SYSTEMS["spin-filter"], {"angle": 1}, {"angle": [2]}), "both set and swept"),
    ],
)
def test_sweeps_that_are_none_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        Sweep(*arguments)


def test_input_is_not_changed():
    """A result is a new Dataset."""
    data = xr.Dataset(attrs={"a": 1})
    with_results(data, RESULTS, {"mean": Estimate(1.0)})
    assert not data.data_vars


def test_a_sweep_takes_followers_along():
    """The right magnet follows the left one, unless it is set."""
    junction, coarse = SYSTEMS["magnetic-tunnel-junction"], {"tolerance": 0.1, "progress": False}
    swept = Sweep(junction, {"spacing": 0.1}, {"kf_up": [9.0]}).run(**coarse)
    alone = junction.run(kf_up=9.0, spacing=0.1, **coarse)
    assert float(swept.result_tmr[0]) == float(alone.result_tmr)
    held = Sweep(junction, {"spacing": 0.1, "kf_up_right": 10.9}, {"kf_up": [9.0]}).run(**coarse)
    assert float(held.result_tmr[0]) != float(alone.result_tmr)


def test_results_that_are_shared_cannot_be_spoilt():
    junction = SYSTEMS["semi-magnetic-tunnel-junction"]
    given = {"spacing": 0.1, "tolerance": 0.3, "progress": False}
    first = junction.run(**given)
    first.perpendicular.values[...] = 0
    again = junction.run(**given)
    assert float(again.result_torque_perpendicular_equilibrium) == float(first.result_torque_perpendicular_equilibrium)


@pytest.mark.parametrize(("name", "given"), [("domain-wall", {"spacing": 0.1}), ("magnetic-tunnel-junction", {})])
def test_each_result_meets_the_tolerance_or_the_error_says_so(name, given):
    """The non-adiabatic torque, 1e-3 of the current, and a magnetoresistance, which is
    a difference. The truth is the same at a hundredth of the tolerance.
    """
    system = SYSTEMS[name]
    plain = system.run(progress=False, tolerance=1e-4, **given)
    assert plain.error_estimate > 1e-4
    each, exact = (system.run(progress=False, criterion="each", tolerance=t, **given) for t in (1e-4, 1e-6))
    assert each.error_estimate <= 1e-4
    for result in system.results:
        key = f"result_{result.name}"
        size, error = abs(float(each[key])), float(each[f"{key}_error"])
        assert error <= 1e-4 * size or size <= 1e-9
        assert abs(float(each[key] - exact[key])) <= error + float(exact[f"{key}_error"]) + 1e-16


def test_what_is_not_asked_for_is_not_computed(monkeypatch):
    """A torque takes the states from both leads, and neither sea nor other angles."""
    valve, small = SYSTEMS["metallic-spin-valve"], FAST["metallic-spin-valve"] | {"tolerance": 0.1, "progress": False}
    runs = []
    for name in ("torques", "steady_state"):
        genuine = getattr(metallic_spin_valve, name)

        def counted(*stack, genuine=genuine, name=name, **options):
            runs.append(name)
            return genuine(*stack, **options)

        monkeypatch.setattr(metallic_spin_valve, name, counted)
    whole = valve.run(**small)
    assert sorted(runs) == ["steady_state", *4 * ["torques"]]
    for result, needed in (
        ("conductance", ["torques"]),
        ("torque_in_plane", 2 * ["torques"]),
        ("gmr", 2 * ["torques"]),
        ("exchange_coupling", ["steady_state"]),
    ):
        runs.clear()
        data = valve.run(results=[result], **small)
        assert runs == needed
        assert valve.results_of(data) == {result: valve.results_of(whole)[result]}
        assert float(data[f"result_{result}_error"]) == float(whole[f"result_{result}_error"])


@pytest.mark.parametrize("name", [*(name for name, one in SYSTEMS.items() if one.selective), "domain-wall"])
def test_one_result_is_that_of_all(name):
    """Whether its computation is chosen, or all are done and it is picked."""
    system, small = SYSTEMS[name], FAST[name] | {"tolerance": 0.3, "progress": False}
    if name == "normal-ferromagnet-interface":
        small |= {"to_zero_spacing": True}
    whole = system.run(**small)
    for result in (system.results[0], system.results[-1]):
        data = system.run(results=[result.name], **small)
        assert system.results_of(data) == {result.name: system.results_of(whole)[result.name]}
        assert data.attrs.keys() >= {"closure", "error_estimate", "k_points", "seconds", "tolerance"}
    with pytest.raises(InputError, match="unknown result"):
        system.run(results=["nothing"], **small)


def test_a_result_that_is_lost_in_its_error_is_not_known():
    """A magnetoresistance of 1e-8 +- 1e-2, asked for alone."""
    junction = SYSTEMS["magnetic-tunnel-junction"]
    lost = {"kf_down": 10.89, "angle": 0, "bias": 0.2, "spacing": 0.05, "tolerance": 0.1}
    data = junction.run(results=["tmr"], progress=False, **lost)
    assert float(data.result_tmr) < float(data.result_tmr_error)
    assert data.error_estimate == float(data.result_tmr_error)


@pytest.mark.parametrize(("name", "result"), [("metallic-spin-valve", "gmr"), ("magnetic-tunnel-junction", "tmr")])
def test_a_ratio_alone_is_extrapolated(name, result):
    given = FAST[name] | {"tolerance": 0.3, "progress": False, "to_zero_spacing": True}
    one, all_of_them = SYSTEMS[name].run(results=[result], **given), SYSTEMS[name].run(**given)
    values, left = zip(
        *((float(data[f"result_{result}{kind}"]) for kind in ("", "_spacing_error")) for data in (one, all_of_them)),
        strict=True,
    )
    # Other results may have asked for a third spacing.
    assert abs(values[0] - values[1]) <= sum(left)
