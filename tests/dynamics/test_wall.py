"""A wall under a current: three limits by hand, and the chain of moments."""

import numpy as np
import pytest
import xarray as xr

import kwantorque as kt
from kwantorque.dynamics import RigidWall, drift_and_beta
from kwantorque.dynamics.equation import PER_NS
from kwantorque.errors import InputError

MOTION = kt.systems.find("domain-wall-motion")


@pytest.mark.parametrize(("alpha", "beta", "u"), [(0.02, 0.04, 15.0), (0.1, 0.03, 20.0), (0.05, 0.05, 300.0)])
def test_below_the_breakdown_it_moves_at_beta_over_alpha(alpha, beta, u):
    data = RigidWall(alpha, beta, u, 10.0, 0.02).run(600.0)
    assert float(data.velocity) == pytest.approx(u * beta / alpha, rel=1e-5)
    assert np.isnan(data.precession)
    assert np.isnan(data.breakdown) == (alpha == beta)


def test_without_beta_it_stops_below_the_intrinsic_threshold():
    """u = gamma W mu0 H_K/2, whatever the damping."""
    threshold = PER_NS * 10 * 0.01
    for alpha in (0.02, 0.1):
        below, above = (RigidWall(alpha, 0.0, f * threshold, 10.0, 0.02).run(3000.0) for f in (0.99, 1.01))
        assert float(below.breakdown) == pytest.approx(threshold)
        assert abs(float(below.velocity)) < 1e-2
        assert np.isnan(below.precession)
        assert float(above.precession) > 0
    # (1 + alpha^2) <v> = sqrt(u^2 - u_c^2), of a wall that turns.
    expected = np.sqrt(1.01**2 - 1) * threshold / (1 + alpha**2)
    assert float(above.velocity) == pytest.approx(expected, rel=1e-4)


def test_many_walls_move_as_each_alone():
    u, beta = np.array([5.0, 30.0, -400.0]), np.array([0.04, 0.0, 0.1])
    together = RigidWall(drift_velocity=u, beta=beta).run(100.0)
    assert together.position.dims == ("time", "wall")
    for i in range(3):
        alone = RigidWall(drift_velocity=u[i], beta=beta[i]).run(100.0)
        for name in alone.data_vars:
            found = together[name].isel(wall=i)
            scale = np.abs(alone[name]).max()
            np.testing.assert_allclose(found, alone[name], atol=1e-7 * float(scale), err_msg=name)


def test_far_above_it_turns_and_drifts():
    alpha, beta, u = 0.1, 0.3, 5000.0
    data = RigidWall(alpha, beta, u, 10.0, 0.02).run(50.0)
    assert float(data.velocity) == pytest.approx(u * (1 + alpha * beta) / (1 + alpha**2), rel=1e-5)
    rate = (beta - alpha) * u / 10.0 / (1 + alpha**2)
    assert float(data.precession) == pytest.approx(rate / (2 * np.pi), rel=1e-4)
    # It begins so, too.
    assert float(data.velocity_initial) == pytest.approx(u * (1 + alpha * beta) / (1 + alpha**2), rel=1e-12)


def test_everything_turns_round_with_the_current():
    one, other = (MOTION.run(drift_velocity=u) for u in (50, -50))
    assert float(one.result_velocity) == pytest.approx(-float(other.result_velocity), rel=1e-7)
    assert float(one.result_precession) == pytest.approx(float(other.result_precession), rel=1e-7)
    # <dphi/dt> = sqrt(w^2 - (alpha w_K)^2), w of the torque and w_K of the hard axis.
    torque, hard = 0.02 * 50 / 10.0, 0.02 * PER_NS * 0.01
    expected = np.sqrt(torque**2 - hard**2) / (1 + 0.02**2) / (2 * np.pi)
    assert float(one.result_precession) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("beta", "u"), [(0.4, 30.0), (0.0, 60.0), (0.6, 300.0)])
def test_a_chain_of_moments_moves_alike(beta, u):
    """Steady, stopped and turning; a hard axis of a thousandth of the easy one."""
    wall = RigidWall(0.2, beta, u, 10.0, 0.05)
    chain, rigid = wall.chain(0.6, easy_axis_field=1.0, cells=4), wall.run(0.6)
    scale = np.abs(rigid.position).max()
    assert float(np.abs(chain.position - rigid.position).max() / scale) < 0.02
    assert float(np.abs(chain.angle - rigid.angle).max()) < 0.02 * max(10.0, np.abs(rigid.angle).max())
    np.testing.assert_allclose((chain.m**2).sum("axis"), 1, atol=1e-12)


@pytest.mark.slow
def test_the_chain_becomes_rigid_with_its_easy_axis():
    """The difference falls as H_K over the easy axis' field."""
    wall = RigidWall(0.2, 0.6, 300.0, 10.0, 0.1)
    rigid = wall.run(0.4)
    differences = [
        float(np.abs(wall.chain(0.4, easy_axis_field=field, cells=4).angle - rigid.angle).max()) for field in (0.5, 2.0)
    ]
    assert differences[1] < 0.4 * differences[0]


def test_a_wall_at_rest_stays():
    chain = RigidWall(0.1, 0.0, 0.0, 10.0, 0.05).chain(0.2, easy_axis_field=1.0, cells=4)
    assert float(np.abs(chain.position).max()) < 1e-9
    expected = -np.tanh(chain.z / 10.0)
    assert float(np.abs(chain.m.sel(axis="z") - expected).max()) < 3e-3


def test_drive_from_transport():
    """u = mu_B P j/(e Ms) for a wide wall, whose electrons follow, to the g factor."""
    data = kt.systems.find("domain-wall").run(spacing=0.1, tolerance=1e-2, progress=False)
    drive = drift_and_beta(data, current_density=1e12, saturation=4e-7 * np.pi * 8e5)
    assert drive["drift_velocity"] == pytest.approx(5.788e-5 * 0.2 * 1e12 / 8e5, rel=0.02)
    ratio = float(data.result_torque_nonadiabatic / data.result_torque_adiabatic)
    assert drive["beta"] == pytest.approx(ratio, rel=1e-12)
    assert RigidWall(damping=0.02, **drive).run(50.0).velocity_initial > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RigidWall(damping=-0.1), "`damping` must be >= 0, got -0.1"),
        (lambda: RigidWall(wall_width=0), "`wall_width` must be > 0 nm"),
        (lambda: RigidWall(hard_axis_field=-1), "`hard_axis_field` must be >= 0 T"),
        (lambda: RigidWall(drift_velocity=[1, np.nan]), "`drift_velocity` must be a finite number"),
        (lambda: RigidWall(drift_velocity=[]), "`drift_velocity` must be a number, or an array of at least one"),
        (lambda: RigidWall(beta=[0, 1], damping=[0.1] * 3), "arrays of as many walls, got damping 3, beta 2"),
        (lambda: RigidWall(beta=[0, 1]).chain(1), "must be numbers, got arrays of 2"),
        (lambda: RigidWall(width=1), "unknown argument of RigidWall 'width'"),
        (lambda: RigidWall().run(0), "`duration` must be > 0 ns"),
        (lambda: RigidWall().chain(1, cells=1), "`cells` must be a whole number >= 2"),
        (lambda: drift_and_beta(RigidWall().run(1), current_density=1, saturation=1), "a single run of `domain-wall`"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_walls_of_arrays_can_be_compared_and_kept_in_a_set():
    one, other = (RigidWall(drift_velocity=[5.0, 10.0]) for _ in range(2))
    assert one == one
    assert len({one, one, other}) == 2


def test_figure():
    data = MOTION.run()
    ax = kt.plot.wall_motion(data)
    assert np.array_equal(ax.get_lines()[0].get_ydata(), data.position)
    (other,) = (one for one in ax.figure.axes if one is not ax)
    assert np.array_equal(other.get_lines()[0].get_ydata(), data.angle)
    with pytest.raises(InputError, match="has no position"):
        kt.plot.wall_motion(data.drop_vars("position"))


def test_beta_of_spin_relaxation_drives_a_wall():
    """Polarisation and beta of a strip with impurity spins, as they are.

    u = gamma hbar P j/(2 e Ms), and the wall moves at u beta/alpha.
    """
    data = kt.systems.find("spin-relaxation").run(progress=False, length=21, impurities=4, impurity_strength=0.3)
    drive = drift_and_beta(data, current_density=1e12, saturation=4e-7 * np.pi * 8e5)
    assert drive["beta"] == float(data.result_beta) > 0
    # mu_B/e = 5.788e-5 m^2/s; P = 1/2 of this strip.
    assert float(data.result_polarisation) == pytest.approx(0.5, abs=0.01)
    expected = 5.788e-5 * 1e12 / 8e5 * float(data.result_polarisation)
    assert drive["drift_velocity"] == pytest.approx(expected, rel=0.002)
    wall = RigidWall(damping=0.02, hard_axis_field=0.5, **drive)
    assert float(wall.run(500.0).velocity) == pytest.approx(drive["drift_velocity"] * drive["beta"] / 0.02, rel=1e-4)
    assert float(wall.breakdown) > drive["drift_velocity"]
    with pytest.raises(InputError, match="`current_density` must be a finite number"):
        drift_and_beta(data, current_density="x", saturation=1.0)
    sweep = xr.concat([data[["result_beta", "result_polarisation"]]] * 2, "width")
    with pytest.raises(InputError, match="a single run of"):
        drift_and_beta(sweep, current_density=1e12, saturation=1.0)


def test_beta_needs_an_adiabatic_torque():
    data = xr.Dataset({"result_torque_adiabatic": 0.0, "result_torque_nonadiabatic": 0.1})
    with pytest.raises(InputError, match="adiabatic torque must not be 0"):
        drift_and_beta(data, current_density=1e12, saturation=1.0)
