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
