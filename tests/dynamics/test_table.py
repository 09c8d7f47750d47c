"""From transport to the dynamics: signs, units, and what is refused."""

import numpy as np
import pytest
import xarray as xr
from scipy import constants

import kwantorque as kt
from kwantorque.dynamics import Demagnetisation, Slonczewski, Uniaxial
from kwantorque.errors import ComputationError, InputError

MAGNET = {"saturation": 1.2, "thickness": 1.5, "damping": 0.01}
MOMENT = 1.2 / constants.mu_0 * 1.5e-9


def made(a, b, angles=(0, 30, 60, 90, 120, 150, 180), biases=None, unit="eV/nm^2"):
    """A Dataset like that of a sweep: T = a n x (p x n) + b p x n on the right magnet.

    a, b are functions of n.p and the bias.
    """
    turn = np.radians(angles)
    n, p = np.stack([np.sin(turn), 0 * turn, np.cos(turn)], axis=1), np.array([0.0, 0.0, 1.0])
    values = [0.0] if biases is None else biases
    torque = np.zeros((len(values), len(angles), 3, 3))
    for i, bias in enumerate(values):
        c = n @ p
        parts = a(c, bias)[:, None] * np.cross(n, np.cross(p, n)) + b(c, bias)[:, None] * np.cross(p, n)
        torque[i, :, 2] = parts
    m = np.zeros((len(angles), 3, 3))
    m[:, 0], m[:, 1], m[:, 2] = p, np.nan, n
    dims = ("bias", "angle", "layer", "axis")
    coords = {
        "angle": list(map(float, angles)),
        "bias": values,
        "layer": ["left", "barrier", "right"],
        "axis": list("xyz"),
        "layer_m": (dims[1:], m),
        "layer_majority": ("layer", [1, 0, 1]),
        "magnetisation": (("angle", "site", "axis"), n[:, None, :]),
    }
    data = xr.Dataset({"exchange_torque_of_layer": (dims, torque, {"units": unit})}, coords)
    return data if biases is not None else data.isel(bias=0, drop=True)


def a_of(c, bias):
    return 1e-3 * (1 + 0.3 * c) + 0 * bias


def b_of(c, bias):
    return 4e-4 * (1 - 0.2 * c) + 0 * bias


def test_field_of_a_table_by_hand():
    """A moment m = -n feels (a m x P - b P)/(Ms d), P = -p, in the same plane."""
    table = kt.torque_table(made(a_of, b_of))
    assert table.residual < 1e-12
    magnet = kt.Macrospin(terms=[table], **MAGNET)
    rng = np.random.default_rng(0)
    m = rng.normal(size=(5, 3))
    m /= np.linalg.norm(m, axis=1)[:, None]
    joule, moment = constants.e * 1e18, np.array([0.0, 0.0, -1.0])
    c = (m @ moment)[:, None]
    expected = joule / MOMENT * (a_of(c, 0) * np.cross(m, moment) - b_of(c, 0) * moment)
    np.testing.assert_allclose(magnet.field(m), expected, rtol=1e-10, atol=1e-15)


def test_torque_is_the_rate_of_angular_momentum():
    """d(-Ms d m/gamma)/dt = T of the data, at one angle and without damping."""
    magnet = kt.Macrospin(terms=[kt.torque_table(made(a_of, b_of))], **(MAGNET | {"damping": 0.0}))
    turn = np.radians(70.0)
    n, p = np.array([np.sin(turn), 0.0, np.cos(turn)]), np.array([0.0, 0.0, 1.0])
    torque = a_of(n @ p, 0) * np.cross(n, np.cross(p, n)) + b_of(n @ p, 0) * np.cross(p, n)
    rate = magnet.rate(-n)
    np.testing.assert_allclose(-MOMENT * rate, constants.e * 1e18 * torque, rtol=1e-9, atol=1e-12)


def test_field_of_a_table_is_the_effective_field():
    data = made(a_of, b_of)
    field = kt.Macrospin(terms=[kt.torque_table(data)], **MAGNET).field(-data.layer_m.sel(layer="right", angle=60.0))
    data = data.sel(angle=60.0)
    one = xr.Dataset({"torque": data.exchange_torque_of_layer.sel(layer="right")})
    m = -data.layer_m.sel(layer="right").values
    expected = kt.effective_field(one, "torque", Ms=1.2 / constants.mu_0, thickness=1.5, m=m).effective_field.values
    across = field - m * (m @ field)
    np.testing.assert_allclose(across, expected, rtol=1e-9, atol=1e-14)


def test_bias_is_interpolated_and_swept():
    def a(c, bias):
        return 1e-3 * bias * (1 + 0.4 * bias) * (1 + 0.3 * c)

    table = kt.torque_table(made(a, b_of, biases=[-1.0, -0.5, 0.0, 0.5, 1.0]), polariser="x")
    assert "-1 to 1 V" in repr(table)
    magnets = kt.Macrospin(terms=[table.at(np.array([-0.7, 0.3]))], **MAGNET)
    field = magnets.field(np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]))
    expected = -np.array([a(0, -0.7), a(0, 0.3)]) * constants.e * 1e18 / MOMENT
    np.testing.assert_allclose(field[:, 2], expected, rtol=1e-9)
    for bias, message in ((1.2, "must be within the table"), (None, "several biases")):
        with pytest.raises(InputError, match=message):
            kt.Macrospin(terms=[table.at(bias)], **MAGNET).rate("y")
    with pytest.raises(InputError, match="is of one bias"):
        kt.torque_table(made(a_of, b_of)).at(0.3)


def test_a_slonczewski_torque_goes_through_a_table_unchanged():
    """g of Lambda = 1.5, as a table of 13 angles, moves the magnet as the term does."""

    def g(c, bias):
        return 2e-3 * 2 * 2.25 / (3.25 + 1.25 * c)

    table = kt.torque_table(made(g, lambda c, bias: 0.1 * g(c, bias), angles=np.arange(0, 181, 7.5)), polariser="x")
    tau = 2e-3 * constants.e * 1e18 / MOMENT / 1.2
    film = [Uniaxial(0.02, "x"), Demagnetisation()]
    one, other = (
        kt.Macrospin(terms=[*film, torque], **MAGNET).run(kt.dynamics.along(90, 170), duration=3.0)
        for torque in (table, Slonczewski(tau, "x", 0.1, 1.5))
    )
    assert np.isfinite(one.switching_time)
    np.testing.assert_allclose(one.m, other.m, atol=2e-4)


def test_a_response_is_linear_in_the_bias():
    table = kt.torque_table(made(a_of, b_of, unit="1/nm^2"))
    fields = [kt.Macrospin(terms=[table.at(bias)], **MAGNET).field("y") for bias in (0.1, 0.2)]
    np.testing.assert_allclose(2 * fields[0], fields[1])
    per_volt = kt.torque_table(made(a_of, b_of))
    np.testing.assert_allclose(10 * fields[0], kt.Macrospin(terms=[per_volt], **MAGNET).field("y"), rtol=1e-6)


def test_the_tunnel_junction_has_the_signs_of_its_results():
    """The spin of the right magnet is driven to the left one where T_in_plane > 0."""
    junction, coarse = kt.systems.find("magnetic-tunnel-junction"), {"spacing": 0.1, "tolerance": 0.1}
    data = kt.sweep(junction, angle=[0, 45, 90, 135, 180], bias=0.4, progress=False, **coarse)
    magnet = kt.Macrospin(terms=[kt.torque_table(data)], **MAGNET)
    # m = -n, n along x, the fixed spin along z.
    rate = MOMENT * magnet.but(damping=0.0).rate("-x") / (constants.e * 1e18)
    in_plane, out_of_plane = (float(data[f"result_torque_{x}"][2]) for x in ("in_plane", "out_of_plane"))
    np.testing.assert_allclose(-rate, [0.0, out_of_plane, in_plane], rtol=1e-6, atol=1e-12)


@pytest.mark.slow
def test_the_semi_magnetic_junction_moves_its_magnet():
    """One magnet and Rashba coupling: T = T_par n x (z x n) + T_perp z x n of a spin n.

    Of the moment m = -n, dm/dt = -gamma T/(Ms d); at the table's angles and in between.
    """
    junction = kt.systems.find("semi-magnetic-tunnel-junction")
    coarse = {"spacing": 0.1, "tolerance": 0.03, "progress": False, "bias": 0.4}
    data = kt.sweep(junction, theta=[15, 45, 75, 105, 135, 165], **coarse)
    table = kt.torque_table(data)
    assert tuple(table.polariser) == (0, 0, -1)
    assert table.residual < 0.02
    magnet = kt.Macrospin(terms=[table], **(MAGNET | {"damping": 0.0}))
    parallel, perpendicular = (
        data[f"result_torque_{name}"].values * constants.e * 1e12 for name in ("parallel", "perpendicular")
    )
    z = np.array([0.0, 0.0, 1.0])
    for theta, a, b in zip(data.theta.values, parallel, perpendicular, strict=True):
        n = kt.dynamics.along(theta, 0.0)
        expected = -(a * np.cross(n, np.cross(z, n)) + b * np.cross(z, n)) / MOMENT
        # Within the tolerance of each part.
        np.testing.assert_allclose(magnet.rate(-n)[[0, 2]], expected[[0, 2]], rtol=0.03)
        np.testing.assert_allclose(magnet.rate(-n)[1], expected[1], rtol=0.03)
    # The mirror symmetry of the junction: a changes sign in the lower half.
    assert abs(magnet.rate("x")).max() < 1e-3 * abs(magnet.rate(kt.dynamics.along(45.0, 0.0))).max()


def test_lambda_of_a_table_is_fitted():
    """g of Lambda = 1.5 and a constant field-like torque, at a bias of the table."""

    def g(c, bias):
        return bias * 2e-3 * 2 * 2.25 / (3.25 + 1.25 * c)

    def constant(c, bias):
        return 3e-4 + 0 * c

    data = made(g, constant, angles=np.arange(0, 181, 7.5), biases=[0.0, 0.5, 1.0])
    magnet = kt.Macrospin(**MAGNET)
    found = kt.dynamics.fit_torque(kt.torque_table(data).at(0.5), magnet, current_density=1e11)
    assert found.asymmetry == pytest.approx(1.5, rel=1e-4)
    assert found.residual < 1e-4
    field = constants.e * 1e18 / MOMENT
    assert found.field_like == pytest.approx(3e-4 * field, rel=1e-6)
    # tau = hbar P J/(2 e mu0 Ms^2 d), in J/m^2.
    assert constants.hbar * found.polarisation * 1e11 / (2 * constants.e) == pytest.approx(
        1e-3 * constants.e * 1e18, rel=1e-4
    )


def along_m(data):
    data["exchange_torque_of_layer"] = data.exchange_torque_of_layer + 1e-3 * data.layer_m.fillna(0.0)
    return data


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda d: d.drop_vars("magnetisation"), InputError, "must have `magnetisation`"),
        (lambda d: d.isel(angle=0), InputError, "a sweep of one angle"),
        (lambda d: d.isel(angle=[0]), InputError, "no magnet turns"),
        (lambda d: d.assign(done=("angle", [0] * 7)), InputError, "all points of the sweep must be computed"),
        (lambda d: d.expand_dims(spacing=[1.0, 2.0]), InputError, "sweep of an angle and `bias` only|one angle"),
        (lambda d: None, InputError, "must have `magnetisation`"),
        (along_m, ComputationError, "not of the form"),
    ],
)
def test_data_that_are_no_table(change, error, message):
    with pytest.raises(error, match=message):
        kt.torque_table(change(made(a_of, b_of)))


def test_the_table_must_cover_the_angles_that_are_reached():
    table = kt.torque_table(made(a_of, b_of, angles=(0, 30, 60, 90)), polariser="z")
    magnet = kt.Macrospin(terms=[table], **MAGNET)
    magnet.run(kt.dynamics.along(20, 0), duration=0.05)
    with pytest.raises(InputError, match=r"has 0 to 90 degrees, and the magnet is at 120\.0"):
        magnet.rate(kt.dynamics.along(120, 0))
    with pytest.raises(InputError, match="layer 'left' does not turn"):
        kt.torque_table(made(a_of, b_of), layer="left")
    with pytest.raises(InputError, match="unknown layer 'rigt'; did you mean 'right'"):
        kt.torque_table(made(a_of, b_of), layer="rigt")


def test_the_moment_is_against_the_majority_whatever_it_is_called():
    """The same junction with the names of the spins exchanged."""
    junction = kt.systems.find("magnetic-tunnel-junction")
    coarse = {"spacing": 0.1, "tolerance": 0.1, "progress": False, "barrier_length": 0.9, "bias": 0.4}
    up, down = (junction.complete({})[name] for name in ("kf_up", "kf_down"))
    tables = []
    for one, other in ((up, down), (down, up)):
        data = kt.sweep(junction, angle=[45, 90, 135], kf_up=one, kf_down=other, **coarse)
        assert data.layer_majority.values.tolist() == ([1, 0, 1] if one > other else [-1, 0, -1])
        tables.append(kt.torque_table(data, polariser="x"))
    first, second = (np.stack(table.coefficients()) for table in tables)
    assert np.abs(first[0]).max() > 1e-6
    np.testing.assert_allclose(first, second, rtol=1e-6, atol=1e-12)


def test_moments_are_said_where_the_data_do_not_know_them():
    data = made(a_of, b_of)
    holes = data.assign_coords(layer_majority=("layer", [0, 0, 0]))
    for unknown in (holes, data.drop_vars("layer_majority")):
        with pytest.raises(InputError, match="do not say which spin is the majority"):
            kt.torque_table(unknown)
    against, along = (np.stack(kt.torque_table(holes, moment=word).coefficients()) for word in ("against", "along"))
    np.testing.assert_array_equal(against, np.stack(kt.torque_table(data).coefficients()))
    # Of the opposite n and p: n x (p x n) has the other sign, p x n and n.p have not.
    np.testing.assert_allclose(along, against * [[-1.0], [1.0]], rtol=1e-12, atol=1e-30)
    with pytest.raises(InputError, match="unknown moment"):
        kt.torque_table(data, moment="up")


def slonczewski(c, bias):
    """g of Lambda = 3."""
    return 1e-3 * 18 / (10 + 8 * c) + 0 * bias


@pytest.mark.parametrize(
    ("angles", "message"),
    [
        ((0, 60, 120, 180), "a gap of 60 degrees"),
        ((0, 30, 150, 170), "a gap of 120 degrees"),
        ((0, 45, 90, 135, 180), "misses an angle that it is not made of by"),
    ],
)
def test_a_table_of_too_few_angles_says_so(angles, message):
    with pytest.warns(kt.AccuracyWarning, match=message):
        table = kt.torque_table(made(slonczewski, b_of, angles=angles))
    assert table.residual > 0.1


def test_residual_is_the_deviation_at_angles_left_out():
    table = kt.torque_table(made(slonczewski, b_of, angles=range(0, 181, 15)))
    c = np.cos(np.radians(np.linspace(0, 180, 181)))
    a = sum(x * c**i for i, x in enumerate(table.coefficients()[0])) / (constants.e * 1e18)
    sine = np.sqrt(1 - c**2)
    error = np.abs((a - slonczewski(c, 0)) * sine).max() / np.abs(slonczewski(c, 0) * sine).max()
    assert 1e-4 < error < 2 * table.residual < 0.2
