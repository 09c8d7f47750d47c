"""Batches of trajectories: as the adaptive ones; what diagrams are known to hold."""

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.dynamics import Demagnetisation, Field, ManchonTorque, Slonczewski, Uniaxial, along, settle
from kwantorque.errors import InputError
from kwantorque.plot import frequency_against, phase_diagram


def film(torque, field):
    along_x = np.multiply.outer(field, [1.0, 0.0, 0.0])
    terms = [Uniaxial(0.02, "x"), Demagnetisation(), Field(along_x), Slonczewski(torque, "x")]
    return kt.Macrospin(damping=0.02, terms=terms)


AXES = {"torque": [0.004, 0.02, 0.03], "field": [-0.03, 0.0]}
START = along(90, 175)


@pytest.fixture(scope="module")
def phases():
    return settle(film, start=START, duration=10, **AXES)


def test_each_trajectory_is_the_adaptive_one(phases):
    """At rest, precessing, reversed; to 1e-3 over 10 ns."""
    for torque in AXES["torque"]:
        for field in AXES["field"]:
            one = film(np.array(torque), np.array(field)).run(START, duration=10)
            point = phases.sel(torque=torque, field=field)
            assert float(point.frequency) == pytest.approx(float(one.frequency), rel=1e-4, nan_ok=True)
            assert float(point.switching_time) == pytest.approx(float(one.switching_time), rel=2e-3, nan_ok=True)
            np.testing.assert_allclose(point.m_mean, one.m_mean, atol=2e-3)
            assert float(point.amplitude) == pytest.approx(float(one.amplitude), abs=1e-3)
    assert phases.settled.sum() >= 2
    assert phases.frequency.notnull().sum() >= 2


def test_the_error_falls_as_the_fourth_power_of_the_step():
    exact = film(np.array([0.01]), np.array([0.0])).run(START, duration=3, samples=9, tolerance=1e-12).m[-1].values
    errors = [
        np.abs(
            settle(film, start=START, duration=3, step=step, torque=[0.01], field=[0.0]).m.values[0, 0] - exact
        ).max()
        for step in (0.2, 0.1)
    ]
    assert errors[0] < 4e-4
    assert 3.5 < np.log2(errors[0] / errors[1]) < 5


def test_frequencies_can_be_left_out(phases):
    quick = settle(film, start=START, duration=10, frequency=False, **AXES)
    assert quick.frequency.isnull().all()
    np.testing.assert_array_equal(quick.m, phases.m)
    # Sums instead of samples.
    np.testing.assert_allclose(quick.m_mean, phases.m_mean, atol=1e-13)
    np.testing.assert_allclose(quick.amplitude, phases.amplitude, atol=1e-12)


def test_batches_of_any_size_give_the_same(phases, monkeypatch):
    monkeypatch.setattr("kwantorque.dynamics.maps.BLOCK", 1)
    apart = settle(film, start=START, duration=10, **AXES)
    for name in phases.data_vars:
        np.testing.assert_allclose(apart[name], phases[name], atol=1e-4, err_msg=name)


def test_one_large_field_does_not_set_the_step_of_all(monkeypatch):
    """Each of the others is followed as without it, and in as many steps."""

    def magnet(field):
        along_x = np.multiply.outer(field, [1.0, 0.0, 0.0])
        return kt.Macrospin(damping=0.02, terms=[Demagnetisation(), Field(along_x)])

    steps = []
    counted = kt.dynamics.maps.rk4
    monkeypatch.setattr(
        "kwantorque.dynamics.maps.rk4", lambda rate, m, step: steps.append(m.shape[1]) or counted(rate, m, step)
    )
    fields = np.linspace(0.05, 0.1, 6)
    alike, few = settle(magnet, start="y", duration=2, field=fields), sum(n > 1 for n in steps)
    steps.clear()
    data = settle(magnet, start="y", duration=2, field=np.insert(fields, 2, 50.0))
    assert sum(n > 1 for n in steps) == few
    for name in alike.data_vars:
        np.testing.assert_array_equal(data[name].drop_sel(field=50.0), alike[name], err_msg=name)
    alone = settle(magnet, start="y", duration=2, field=[50.0])
    np.testing.assert_array_equal(data.m.sel(field=50.0), alone.m[0])


def test_who_is_dropped_is_where_it_would_have_come(monkeypatch):
    """Of damped magnets that spiral in: as without dropping, and sooner."""
    axes = {"torque": np.linspace(-0.03, 0.008, 5), "field": [0.0, 0.02]}
    dropped = settle(film, start=START, duration=12, **axes)
    steps = []
    monkeypatch.setattr("kwantorque.dynamics.maps._Batch._drop_settled", lambda self, left: steps.append(left) is None)
    followed = settle(film, start=START, duration=12, **axes)
    assert len(steps) > 2
    assert dropped.settled.sum() >= 5
    for name in ("m", "m_mean", "amplitude", "settled"):
        np.testing.assert_allclose(dropped[name], followed[name], atol=5e-5, err_msg=name)
    np.testing.assert_allclose(dropped.switching_time, followed.switching_time, rtol=1e-12)


def test_who_is_close_to_rest_may_yet_cross_zero():
    """It ends next to the plane across the start's component, on the other side of it.

    It is dropped only when it has crossed.
    """

    def magnet(side):
        field = np.stack([np.full_like(side, 0.5), np.zeros_like(side), -side], axis=-1)
        return kt.Macrospin(damping=10.0, terms=[Field(field)])

    data = settle(magnet, start=along(30, 0), duration=5, side=[1e-3, -1e-3])
    one = magnet(np.array(1e-3)).run(along(30, 0), duration=5)
    assert float(data.switching_time[0]) == pytest.approx(float(one.switching_time), rel=1e-3)
    assert bool(data.switching_time[0] > 0)
    assert data.switching_time[1].isnull()
    assert data.settled.all()


@pytest.mark.slow
def test_tau_c_of_out_of_plane_precession():
    """(2 alpha/pi) sqrt(Q_par (1 - Q_perp + Q_par)), by Melnikov, to 1 %."""
    quality, compensated, alpha = 0.2, 0.25, 0.01
    formula = 2 * alpha / np.pi * np.sqrt(quality * (compensated + quality))

    def magnet(torque):
        terms = [Uniaxial(quality, "x"), Demagnetisation((0, 0, compensated)), Slonczewski(torque, "z")]
        return kt.Macrospin(1.6, alpha, terms)

    factors = np.array([0.99, 1.01])
    data = magnet(factors * formula).run(along(20, 10), duration=50)
    assert np.isnan(data.frequency[0]) or abs(float(data.m_mean[0, 2])) < 0.01
    assert float(data.frequency[1]) > 3
    assert float(data.m_mean[1, 2]) > 0.2


@pytest.mark.slow
def test_regimes_of_the_symmetric_reading():
    """Upright, out-of-plane, in-plane precession, in the plane, with falling torque."""

    def magnet(torque):
        terms = [Uniaxial(0.2, "x"), Uniaxial(1.25), Demagnetisation(), ManchonTorque(torque, angular="cosine")]
        return kt.Macrospin(1.6, 0.01, terms)

    data = magnet([-0.007, -0.0035, -0.0021, -0.0012]).run(along(5, 10), duration=40)
    in_plane, swinging, turning, upright = (data.isel(trajectory=i) for i in range(4))
    assert abs(float(in_plane.m_mean[2])) < 1e-3
    assert float(in_plane.amplitude) < 1e-2
    assert float(swinging.amplitude) > 0.2
    assert abs(float(swinging.m_mean[2])) < 0.05
    assert float(turning.m_mean[2]) > 0.2
    assert float(turning.amplitude) > 0.2
    assert float(upright.m_mean[2]) > 0.999


def test_diagrams_draw_what_the_dataset_holds(phases):
    ax = phase_diagram(phases)
    mesh = ax.collections[0]
    np.testing.assert_allclose(mesh.get_array().reshape(2, 3), phases.m_mean.sel(axis="x").values.T)
    mesh = phase_diagram(phases, of="resistance").collections[0]
    np.testing.assert_allclose(mesh.get_array().reshape(2, 3), 2 * phases.m.sel(axis="z").values.T ** 2 - 1)
    line = frequency_against(phases.isel(field=0)).get_lines()[0]
    np.testing.assert_array_equal(line.get_ydata(), phases.frequency.isel(field=0))
    with pytest.raises(InputError, match="needs two parameters"):
        phase_diagram(phases.isel(field=0))
    with pytest.raises(InputError, match="needs one parameter"):
        frequency_against(phases)
    with pytest.raises(InputError, match="unknown quantity 'w'"):
        phase_diagram(phases, of="w")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: settle(film, start="x"), "needs parameters to sweep"),
        (lambda: settle(lambda a: None, start="x", a=[1.0]), "must return a Macrospin"),
        (lambda: settle(lambda a: kt.Macrospin(temperature=a[0]), start="x", a=[1.0]), "without thermal field"),
        (lambda: settle(film, start="x", step=0, **AXES), "`step` must be > 0"),
        (lambda: settle(film, start=(0, 0, 0), **AXES), "`start` must have a length"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()
