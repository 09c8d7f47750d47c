"""The prepared magnet: the example of the review, signs, nulls, its picture."""

import json

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.cli import commands

MACROSPIN = kt.systems.find("macrospin")


def test_current_of_the_example():
    """An ellipse of 130 x 60 x 3 nm^3, 8e5 A/m, eta = 0.3, 20 mT: 0.778312 mA."""
    saturation = 4e-7 * np.pi * 8e5
    data = MACROSPIN.run(saturation=saturation, anisotropy_in_plane=0.02 / saturation, duration=1)
    area = np.pi / 4 * 130e-9 * 60e-9
    assert float(data.result_threshold_current_density) * area == pytest.approx(0.778312e-3, rel=1e-5)


def test_a_negative_torque_drives_away_from_the_polariser():
    data = MACROSPIN.run(torque=-0.01, phi=5, duration=8)
    assert float(data.result_m_x) == pytest.approx(-1, abs=1e-6)
    assert float(data.result_threshold) == pytest.approx(-0.0052, rel=1e-6)
    towards = MACROSPIN.run(torque=0.01, phi=5, duration=8)
    assert float(towards.result_m_x) == pytest.approx(1, abs=1e-6)
    assert np.isnan(towards.result_threshold)


def test_what_does_not_exist_is_null(capsys):
    assert commands.main(["run", "macrospin", "--json", "--set", "duration=8", "--set", "polariser_theta=0"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["results"]["threshold"] is None
    assert answer["closure"] is None
    assert answer["error_estimate"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("damping=-0.1", "`damping` must be >= 0"),
        ("asymmetry=0", "`asymmetry` must be > 0"),
        ("duration=1e8", "shorten it"),
        ("seed=0.5", "`seed` must be a whole number"),
    ],
)
def test_bad_input(words, message, capsys):
    assert commands.main(["run", "macrospin", "--set", words]) == 2
    assert message in capsys.readouterr().err


def test_figure_shows_the_components_and_the_sphere():
    data = MACROSPIN.run(duration=4)
    ax = kt.plot.motion(data)
    for line, axis in zip(ax.get_lines(), "xyz", strict=False):
        assert np.array_equal(line.get_ydata(), data.m.sel(axis=axis))
    (sphere,) = (one for one in ax.figure.axes if one is not ax)
    (start, end) = (line for line in sphere.get_lines() if line.get_marker() in "os")
    # Seen from an azimuth of 35 degrees, -x lies behind, to the right.
    assert start.get_xdata()[0] > 0
    assert end.get_xdata()[0] < 0
    with pytest.raises(kt.InputError, match="this Dataset has no m"):
        kt.plot.on_sphere(data.drop_vars("m"))


def test_a_sweep_is_its_points(tmp_path):
    """Few points one by one; saved, and extended without what is there."""
    axes = {"torque": [-0.02, 0.02], "field_x": [0.0, -0.03]}
    swept = kt.sweep(MACROSPIN, duration=3, progress=False, out=tmp_path / "m.nc", **axes)
    assert "m" not in swept
    for torque in axes["torque"]:
        for field in axes["field_x"]:
            one = MACROSPIN.results_of(MACROSPIN.run(torque=torque, field_x=field, duration=3))
            point = MACROSPIN.results_of(swept.sel(torque=torque, field_x=field))
            assert point == pytest.approx(one, nan_ok=True, rel=1e-9)
    more = kt.sweep(MACROSPIN, duration=3, progress=False, out=tmp_path / "m.nc", torque=[-0.02, 0.0], field_x=[0.0])
    assert float(more.result_m_x[0, 0]) == float(swept.result_m_x[0, 0])


def test_many_points_are_computed_at_once():
    """In batches, also where magnets and torques differ from point to point."""
    torques, dampings = np.linspace(0.006, 0.02, 11).tolist(), [0.01, 0.02, 0.03, 0.04]
    given = {"duration": 2, "polariser_theta": 80, "field_like": 0.2, "asymmetry": 1.3}
    swept = kt.sweep(MACROSPIN, torque=torques, damping=dampings, progress=False, **given)
    for i, j in ((0, 0), (5, 1), (10, 3)):
        one = MACROSPIN.results_of(MACROSPIN.run(torque=torques[i], damping=dampings[j], **given))
        point = MACROSPIN.results_of(swept.isel(torque=i, damping=j))
        assert point.pop("frequency") == pytest.approx(one.pop("frequency"), rel=1e-3, nan_ok=True)
        assert point == pytest.approx(one, nan_ok=True, rel=2e-3, abs=1e-3)


def test_a_large_sweep_costs_little_besides_its_motions(tmp_path):
    """Of 1000 magnets with one threshold: one equilibrium, one write to the file."""
    torques = np.linspace(0.001, 0.02, 1000).tolist()
    sweep, saved = kt.systems.Sweep(MACROSPIN, {"duration": 0.05}, {"torque": torques}), []
    data = sweep.run(progress=False, keep=lambda data: saved.append(int(data.done.sum())))
    assert saved == [1000]
    np.testing.assert_allclose(data.result_threshold, 0.0052, rtol=1e-6)
    assert data.result_m_x.attrs["units"] == "1"
    assert data.attrs["system"] == "macrospin"
    some = kt.systems.Sweep(MACROSPIN, {"duration": 0.05}, {"torque": torques[:3]}).run(progress=False, found=data)
    np.testing.assert_array_equal(some.result_m_x, data.result_m_x[:3])


def test_what_a_batch_has_one_of_may_be_swept():
    """Thresholds, too, of each group of magnets alike."""
    data = kt.sweep(
        MACROSPIN, saturation=[0.5, 1.5], angular=["slonczewski", "cosine"], duration=0.2, phi=120, progress=False
    )
    for saturation in (0.5, 1.5):
        for angular in ("slonczewski", "cosine"):
            one = MACROSPIN.results_of(
                MACROSPIN.run(saturation=saturation, angular=angular, duration=0.2, phi=120, progress=False)
            )
            point = MACROSPIN.results_of(data.sel(saturation=saturation, angular=angular))
            assert point == pytest.approx(one, nan_ok=True, rel=1e-9)


def test_an_asymmetry_without_meaning_is_refused_before_a_sweep():
    for axes in (
        {"asymmetry": [1.0, 2.0], "angular": "cosine"},
        {"angular": ["slonczewski", "cosine"], "asymmetry": 2},
    ):
        with pytest.raises(kt.InputError, match="`asymmetry` has no meaning with angular='cosine'"):
            kt.sweep(MACROSPIN, duration=0.1, progress=False, **axes)


def test_both_readings_of_the_junction_with_one_magnet():
    """g = 1: the pole is stable from damping (1 - Q_perp + Q_par/2) on; g = m_z: below.

    With an easy axis z, Q_perp = 1.25, it is unstable from there on, as -tau grows.
    """
    magnet = {"saturation": 1.6, "anisotropy_in_plane": 0.2, "polariser_theta": 0, "theta": 5, "phi": 10}
    printed = MACROSPIN.run(torque=0.003, anisotropy_perpendicular=0.75, duration=1, **magnet)
    assert float(printed.result_threshold) == pytest.approx(0.01 * (1 - 0.75 + 0.1), rel=1e-6)
    upper, lower = (
        MACROSPIN.run(
            torque=-0.003, anisotropy_perpendicular=1.25, angular="cosine", duration=1, **(magnet | {"theta": theta})
        )
        for theta in (5, 175)
    )
    for one in (upper, lower):
        assert float(one.result_threshold) == pytest.approx(0.01 * (1 - 1.25 + 0.1), rel=1e-6)


def test_sweeps_are_drawn_as_diagrams(tmp_path):
    data = kt.sweep(MACROSPIN, torque=[-0.02, 0.0, 0.02], duration=2, progress=False)
    ax = kt.plot.driven_magnets(data)
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), data.result_frequency)
    (below,) = (one for one in ax.figure.axes if one.get_ylabel() == "direction at the end")
    for line, axis in zip(below.get_lines(), "xyz", strict=False):
        np.testing.assert_array_equal(line.get_ydata(), data[f"result_m_{axis}"])
    words = ["run", "macrospin", "--quiet", "--set", "duration=2", "--sweep", "torque=-0.02,0.02"]
    words += ["--sweep", "field_x=-0.04,0,0.04", "--figure", str(tmp_path / "f.png")]
    assert commands.main(words) == 0
    maps = kt.sweep(MACROSPIN, torque=[-0.02, 0.02], field_x=[-0.04, 0.0, 0.04], duration=2, progress=False)
    first, other = kt.plot.driven_magnets(maps).figure.axes[:2]
    np.testing.assert_array_equal(first.collections[0].get_array().reshape(3, 2), maps.result_m_x.T)
    assert np.nanmax(other.collections[0].get_array()) == float(maps.result_frequency.max())
    # Of a polariser along z, the component along z.
    along_z = kt.sweep(
        MACROSPIN, torque=[-0.02, 0.02], field_x=[0.0, 0.1], polariser_theta=0, duration=1, progress=False
    )
    mesh = MACROSPIN.sweep_figures["torque"](along_z).collections[0]
    np.testing.assert_array_equal(mesh.get_array().reshape(2, 2), along_z.result_m_z.T)
    with pytest.raises(kt.InputError, match="has no m_mean"):
        kt.plot.driven_magnets(data[["result_m_x"]])


def test_a_reversal_is_no_turn():
    """A magnet that switches in the last quarter has no frequency."""
    data = MACROSPIN.run(damping=0.02, phi=5, duration=12, torque=-0.012, field_x=-0.008)
    assert float(data.result_m_x) < 0
    assert float(data.result_amplitude) > 0.3
    assert np.isnan(data.result_frequency)


def test_a_bad_point_of_a_batch_says_which(capsys):
    assert commands.main(["run", "macrospin", "--quiet", "--set", "duration=1", "--sweep", "torque=0,0.01"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    words = ["run", "macrospin", "--quiet", "--sweep", "duration=1,1e7", "--json"]
    assert commands.main(words) == 1
    captured = capsys.readouterr()
    assert "1 of 2 points failed; the first, duration = 10000000.0" in captured.err
    assert json.loads(captured.out)["results"]["m_x"][1] is None


def test_walls_are_swept(capsys):
    words = [
        "run",
        "domain-wall-motion",
        "--quiet",
        "--json",
        "--sweep",
        "drift_velocity=5:25:3",
        "--sweep",
        "beta=0,0.04",
    ]
    assert commands.main(words) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["results"]["velocity"][0][1] == pytest.approx(10.0, rel=1e-3)
    assert answer["results"]["precession"][0] == [None, None]


def test_walls_of_a_sweep_are_computed_at_once():
    wall, axes = kt.systems.find("domain-wall-motion"), {"drift_velocity": [10.0, 60.0], "duration": [50.0, 100.0]}
    data = kt.sweep(wall, beta=0.1, progress=False, **axes)
    for u in axes["drift_velocity"]:
        for duration in axes["duration"]:
            one = wall.results_of(wall.run(beta=0.1, drift_velocity=u, duration=duration))
            point = wall.results_of(data.sel(drift_velocity=u, duration=duration))
            assert point == pytest.approx(one, rel=1e-7, nan_ok=True)
