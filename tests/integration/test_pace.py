"""What a run says about the time it will take."""

import io
import logging
from dataclasses import replace

import pytest
from tqdm import tqdm

import kwantorque as kt
from kwantorque.integration.pace import Pace


class Clock:
    """A clock that stands unless it is moved."""

    now = 0.0

    def __call__(self):
        return self.now


def paced(disable=False):
    clock, screen = Clock(), io.StringIO()
    return Pace(tqdm(total=0, file=screen, disable=disable), clock), clock


def computed(pace, clock, points, seconds):
    pace.total += points
    clock.now += seconds
    pace.update(points)


def test_says_once_that_it_takes_long(caplog, capsys):
    """By the seconds of a k-point so far, and what is left of them."""
    caplog.set_level(logging.INFO, "kwantorque")
    pace, clock = paced()
    computed(pace, clock, 100, 10.0)
    assert pace.expect(300) == pytest.approx(20.0)
    assert not caplog.messages
    assert pace.expect(4000) == pytest.approx(390.0)
    assert pace.bar.total == 4000
    assert pace.expect(8000) == pytest.approx(790.0)
    assert caplog.messages == ["this takes about 6.5 min more: some 3900 k-points are left"]
    assert capsys.readouterr().err == "kwantorque: " + caplog.messages[0] + "\n"
    pace.finish()
    assert pace.bar.total == pace.bar.n == 100


def test_without_a_bar_only_the_log_has_it(caplog, capsys):
    caplog.set_level(logging.INFO, "kwantorque")
    pace, clock = paced(disable=True)
    computed(pace, clock, 10, 1.0)
    pace.expect(1000)
    assert len(caplog.messages) == 1
    assert not capsys.readouterr().err


def test_counts_the_energies_ahead():
    """The first of seven, two k-points each: six times as many are left.

    Points before the stage took another time.
    """
    pace, clock = paced()
    computed(pace, clock, 50, 100.0)
    pace.stage()
    pace.integral(7)
    computed(pace, clock, 2, 1.0)
    assert pace.expect(2) == pytest.approx(6.0)
    assert pace.bar.total == 50 + 14
    pace.integral(6)
    assert pace.expect(2) == pytest.approx(12 * 0.5)


@pytest.mark.parametrize(
    ("material", "energy", "temperature", "spacing"),
    [(kt.KohnLuttinger(exchange=0.27), 0.06, 0, 0.5), (kt.FreeElectron(exchange=-0.5), 1.0, 300, 0.1)],
    ids=["angles", "energies"],
)
def test_an_integral_ends_where_it_expected(monkeypatch, material, energy, temperature, spacing):
    """And expects more than it has while it is refined."""
    seen = []

    def expect(pace, points, usual=Pace.expect):
        usual(pace, points)
        seen.append((pace.bar.total, pace.done))
        return 0.0

    monkeypatch.setattr(Pace, "expect", expect)
    wire = kt.Stack([kt.Layer(material, 1, m="z"), kt.Layer(replace(material, exchange=0.0), 1)], spacing)
    data = kt.torques(wire, energy, temperature=temperature, tolerance=1e-2, progress=False)
    # Panels of energy that were halved count no more among the k-points of the result.
    assert seen[-1][0] == seen[-1][1] >= data.k_points
    assert all(total >= done for total, done in seen)
    assert seen[0][0] > seen[0][1]
