"""One magnet: limits solved by hand, thresholds three ways, published frequencies."""

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.dynamics import Demagnetisation, Field, ManchonTorque, Slonczewski, Uniaxial, along, first_change
from kwantorque.dynamics.equation import PER_NS, flow
from kwantorque.errors import InputError

FILM = (Uniaxial(0.02, "x"), Demagnetisation())


def change(magnet, point, make):
    """The first torque at which a fixed point changes its stability."""

    def rate_at(torque, _):
        return flow(magnet.but(terms=(*magnet.terms, make(torque))))

    return float(first_change(rate_at, np.array(point, float)[:, None], magnet.scale)[0])


def grows(magnet, start, duration):
    """Whether small oscillations around the x axis grow."""
    m = magnet.run(start, duration=duration).m.sel(axis="y").values
    quarter = len(m) // 4
    return np.abs(m[-quarter:]).max() > np.abs(m[:quarter]).max()


def test_precession_in_a_field_and_its_damping_by_hand():
    """phi = gamma B t/(1 + alpha^2) and tan(theta/2) falls as exp(-alpha phi)."""
    alpha, field = 0.1, 0.7
    data = kt.Macrospin(damping=alpha, terms=[Field((0, 0, field))]).run("x", duration=0.1)
    phase = PER_NS * field * data.time.values / (1 + alpha**2)
    theta, phi = np.radians(kt.dynamics.angles(data.m.values))
    np.testing.assert_allclose(np.unwrap(phi), phase, atol=1e-7)
    np.testing.assert_allclose(np.tan(theta / 2), np.exp(-alpha * phase), atol=1e-8)


def test_landau_and_lifshitz_differ_from_gilbert_by_the_denominator():
    terms = (*FILM, Field((0.02, 0.1, -0.05)), Slonczewski(0.03, "y", 0.2, 1.5))
    m = along(np.array([20.0, 70.0, 110.0]), np.array([10.0, 200.0, 300.0]))
    gilbert = kt.Macrospin(damping=0.3, terms=terms)
    np.testing.assert_allclose(gilbert.but(form="landau-lifshitz").rate(m), 1.09 * gilbert.rate(m), rtol=1e-12)


def test_the_rate_satisfies_the_implicit_equation():
    """dm/dt = -m x B + damping m x dm/dt + torque, with the torques written out."""
    m = along(np.array([20.0, 70.0, 110.0]), np.array([10.0, 200.0, 300.0]))
    p, tau, ratio, asymmetry, damping, saturation = along(50.0, 40.0), 0.03, 0.4, 1.7, 0.2, 1.3
    magnet = kt.Macrospin(saturation, damping, (*FILM, Slonczewski(tau, p, ratio, asymmetry)))
    rate = magnet.rate(m)
    square = asymmetry**2
    g = (2 * square / (square + 1 + (square - 1) * (m @ p)))[:, None]
    torque = saturation * tau * g * (np.cross(m, np.cross(p, m)) + ratio * np.cross(m, p))
    b = magnet.but(terms=FILM).field(m)
    np.testing.assert_allclose(rate, -np.cross(m, b) + damping * np.cross(m, rate) + torque, atol=1e-14)
    manchon = kt.Macrospin(saturation, 0.0, [ManchonTorque(0.1, 0.2, "cosine")]).rate(m)
    z = np.array([0.0, 0.0, 1.0])
    expected = 0.1 * m[:, 2:] * np.cross(m, np.cross(z, m)) + 0.2 * np.cross(z, m)
    np.testing.assert_allclose(manchon, saturation * expected, atol=1e-14)


def test_undamped_precession_conserves_energy():
    magnet = kt.Macrospin(damping=0.0, terms=(*FILM, Field((0.02, 0.1, -0.05)), Uniaxial(0.3, (1, 2, 3))))
    data = magnet.run((1, 1, 2), duration=15, tolerance=1e-12)
    change = np.abs(data.energy - data.energy[0]).max() / np.abs(data.energy).max()
    assert float(change) < 1e-9
    assert data.drift < 1e-9
    np.testing.assert_allclose(np.linalg.norm(data.m, axis=1), 1, atol=1e-15)


def test_energy_falls_as_the_damping_says():
    """dE/dt = -(damping Ms/gamma) |dm/dt|^2."""
    magnet = kt.Macrospin(1.2, 0.05, (*FILM, Field((0.02, 0.1, -0.05))))
    data = magnet.run((1, 1, 2), duration=1.0, samples=20001)
    speed = (magnet.rate(data.m.values) ** 2).sum(axis=1)
    lost = 0.05 * 1.2 / (4e-7 * np.pi) * PER_NS * speed
    np.testing.assert_allclose(
        np.gradient(data.energy, data.time)[5:-5], -lost[5:-5], rtol=2e-4, atol=1e-5 * lost.max()
    )


def test_ringing_decays_at_the_kittel_linewidth():
    """exp(-damping gamma (B1 + B2)/2 t), at sqrt(B1 B2) of the fields across."""
    alpha, b1, b2 = 0.01, 0.02 + 0.1, 1.02 + 0.1
    magnet = kt.Macrospin(damping=alpha, terms=(*FILM, Field((0.1, 0, 0))))
    data = magnet.run(along(90, 0.1), duration=1.5, samples=20001)
    values = magnet.eigenvalues("x")
    share = 1 / (1 + alpha**2)
    assert values.real == pytest.approx(np.full(2, -share * alpha * PER_NS * (b1 + b2) / 2), rel=1e-6)
    y = data.m.sel(axis="y").values
    peaks = np.nonzero((y[1:-1] > y[:-2]) & (y[1:-1] > y[2:]))[0] + 1
    slope = np.polyfit(data.time.values[peaks], np.log(y[peaks]), 1)[0]
    assert slope == pytest.approx(values.real[0], rel=2e-3)
    expected = PER_NS * np.sqrt(share * (b1 * b2) - (share * alpha * (b1 - b2) / 2) ** 2) / (2 * np.pi)
    assert float(data.frequency) == pytest.approx(np.abs(values.imag[0]) / (2 * np.pi), rel=1e-3)
    assert expected == pytest.approx(np.abs(values.imag[0]) / (2 * np.pi), rel=1e-4)


@pytest.mark.parametrize(("field", "quality", "alpha"), [(0.0, 0.02, 0.01), (0.05, 0.1, 0.02)])
def test_threshold_by_formula_eigenvalues_and_bisection(field, quality, alpha):
    """Ralph and Stiles, eq. 26: a = alpha (h + h_k + 1/2), m along the field."""
    magnet = kt.Macrospin(damping=alpha, terms=(Uniaxial(quality, "x"), Demagnetisation(), Field((-field, 0, 0))))
    formula = alpha * (field + quality + 0.5)
    point = kt.dynamics.equilibrium(magnet, along(90, 170))
    assert point == pytest.approx([-1, 0, 0])
    assert change(magnet, point, lambda torque: Slonczewski(torque, "x")) == pytest.approx(formula, rel=1e-6)
    low, high = 0.97 * formula, 1.03 * formula
    while high - low > 5e-4 * formula:
        middle = (low + high) / 2
        driven = magnet.but(terms=(*magnet.terms, Slonczewski(middle, "x")))
        low, high = (low, middle) if grows(driven, along(90, 179.9), 0.15 / alpha) else (middle, high)
    assert (low + high) / 2 == pytest.approx(formula, rel=1e-3)


def test_threshold_where_there_is_no_formula():
    """A tilted polariser, a field in no symmetry direction: trajectories decide."""
    magnet = kt.Macrospin(damping=0.02, terms=(Uniaxial(0.05, "x"), Demagnetisation(), Field((-0.03, 0.04, 0.1))))

    def make(torque):
        return Slonczewski(torque, along(70, 25), 0.3, 1.4)

    point = kt.dynamics.equilibrium(magnet, "-x")
    found = change(magnet, point, make)
    decays = []
    for factor in (0.995, 1.005):
        driven = magnet.but(terms=(*magnet.terms, make(factor * found)))
        # The fixed point with the torque is that of a magnet that is damped strongly.
        rest = driven.but(damping=3.0).run(point, duration=3.0).m[-1].values
        m = driven.run(rest + 2e-3 * np.cross(rest, [0, 0, 1]), duration=20.0).m.values
        away = np.linalg.norm(m - rest, axis=1)
        decays.append(bool(away[-len(m) // 4 :].max() < away[: len(m) // 4].max()))
    assert decays == [True, False]


@pytest.mark.slow
def test_full_reversal_needs_more_than_the_threshold():
    """1.237 thresholds without a field, at h_k = 0.02."""
    magnet = kt.Macrospin(damping=0.01, terms=FILM)
    ends = [
        float(magnet.run(along(90, 175), torque=Slonczewski(factor * 0.0052, "x"), duration=150.0).m_mean[0])
        for factor in (1.225, 1.249)
    ]
    assert ends[0] < -0.2
    assert ends[1] > 0.99


OUT_OF_PLANE = {
    "saturation": 1.6,
    "anisotropy_perpendicular": 0.75,
    "anisotropy_in_plane": 0.2,
    "polariser_theta": 0,
    "theta": 10,
    "phi": 10,
}


@pytest.mark.parametrize(
    ("torque", "frequency", "theta"),
    [
        (0.00195, 5.10, 20),
        (0.0024, 9.20, 20),
        pytest.param(0.0030, 12.53, 30, marks=pytest.mark.slow),
        (0.00345, 15.03, 1),
    ],
)
def test_frequencies_of_out_of_plane_precession(torque, frequency, theta):
    """Of Manchon's magnet, reference values to 1 %.

    The last one is of the first 40 ns from near the pole: its orbit goes on growing for
    hundreds of them, to 2 % less.
    """
    data = kt.systems.find("macrospin").run(**OUT_OF_PLANE | {"theta": theta}, torque=torque, duration=40)
    assert float(data.result_frequency) == pytest.approx(frequency, rel=0.01)
    assert float(data.result_threshold) == pytest.approx(0.01 * (1 - 0.75 + 0.1), rel=1e-6)


def test_below_the_range_of_precession_it_falls_into_the_plane():
    """tau_c = (2 alpha/pi) sqrt(Q_par (1 - Q_perp + Q_par)) = 0.00191."""
    data = kt.systems.find("macrospin").run(**OUT_OF_PLANE, torque=0.0018, duration=60)
    assert abs(float(data.result_m_z)) < 0.01
    assert np.isnan(data.result_frequency)


def test_many_starts_at_once():
    starts = along(90, np.array([160.0, 170.0, 179.0]))
    magnet = kt.Macrospin(damping=0.01, terms=FILM)
    both = magnet.run(starts, torque=Slonczewski(0.02, "x"), duration=3.0)
    assert both.m.dims == ("time", "trajectory", "axis")
    for i, start in enumerate(starts):
        one = magnet.run(start, torque=Slonczewski(0.02, "x"), duration=3.0)
        assert float(one.switching_time) == pytest.approx(float(both.switching_time[i]), rel=1e-6)
    strengths = kt.Macrospin(damping=0.01, terms=(*FILM, Slonczewski([0.02, 0.03], "x"))).run(starts[0], duration=3.0)
    assert strengths.switching_time.shape == (2,)
    assert float(strengths.switching_time[0]) == pytest.approx(float(both.switching_time[0]), rel=1e-6)
    # Closer to the fixed point, later.
    assert (np.diff(both.switching_time) > 0).all()


def test_equilibria_of_known_magnets():
    """Across the easy axis m_y = B/B_K; a whole circle; random ones have no torque."""
    magnet = kt.Macrospin(terms=(*FILM, Field((0, 0.01, 0))))
    assert kt.dynamics.equilibrium(magnet, along(90, 150)) == pytest.approx([-np.sqrt(0.75), 0.5, 0])
    assert kt.dynamics.equilibrium(magnet, along(90, 80)) == pytest.approx([0, 1, 0])
    assert magnet.eigenvalues("y").real.max() > 0
    easy_plane = kt.Macrospin(terms=(Demagnetisation(),))
    assert kt.dynamics.equilibrium(easy_plane, along(80, 33)) == pytest.approx(along(90, 33))
    rng = np.random.default_rng(1)
    for _ in range(20):
        magnet = kt.Macrospin(
            terms=(Uniaxial(*rng.normal(size=1), rng.normal(size=3)), Field(rng.normal(size=3)), *FILM)
        )
        point = kt.dynamics.equilibrium(magnet, rng.normal(size=3))
        assert np.abs(magnet.rate(point)).max() < 1e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kt.Macrospin(damping=-0.1), "`damping` must be >= 0, got -0.1"),
        (lambda: kt.Macrospin(saturation=0), "`saturation` must be > 0 T"),
        (lambda: kt.Macrospin(terms=[1]), "must have a method `on"),
        (lambda: kt.Macrospin(form="llg"), "unknown form 'llg'"),
        (lambda: kt.Macrospin(dampin=1), "did you mean 'damping'"),
        (lambda: kt.Macrospin().run((0, 0, 0)), "`start` must have a length"),
        (lambda: kt.Macrospin().run("q"), "`start` must be an axis"),
        (lambda: kt.Macrospin().run("x", duration=0), "`duration` must be > 0 ns"),
        (lambda: kt.Macrospin().run("x", duration=1e6), "shorten it"),
        (lambda: kt.Macrospin(terms=[Slonczewski(1, asymmetry=0)]).rate("x"), "`asymmetry` must be > 0"),
        (
            lambda: kt.Macrospin(terms=[Slonczewski(1, asymmetry=[1, 2], angular="cosine")]).rate("x"),
            "`asymmetry` has no meaning with angular='cosine'",
        ),
        (lambda: kt.Macrospin(terms=[Slonczewski(np.nan)]).rate("x"), "`torque` must be a finite number"),
        (lambda: kt.Macrospin(terms=[Field((1, 2))]).rate("x"), "`vector` must be a finite vector"),
        (lambda: kt.Macrospin(terms=[ManchonTorque(1, angular="cos")]).rate("x"), "did you mean 'cosine'"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_scale_sums_over_terms_and_needs_no_angle_of_a_table():
    none = np.zeros((1, 1))
    table = kt.dynamics.TorqueTable(np.array([10.0, 80.0]), np.empty(0), none, none, 0.0, "z")
    magnet = kt.Macrospin(0.1, damping=0.0, terms=[kt.dynamics.Field((0, 0, 2.0)), table])
    assert magnet.scale == pytest.approx(2.0)
    assert float(magnet.run((1, 0, 1), duration=1.0).frequency) == pytest.approx(2 * 28.025, rel=1e-3)
    torque = kt.dynamics.Slonczewski(0.1, (1, 1, 1), asymmetry=10.0)
    peaked = kt.Macrospin(terms=[torque])
    turns = np.radians(np.arange(0, 180, 0.1))[:, None]
    p, across = np.array([1, 1, 1]) / np.sqrt(3), np.array([1, -1, 0]) / np.sqrt(2)
    largest = np.linalg.norm(peaked.field(np.cos(turns) * p + np.sin(turns) * across), axis=1).max()
    assert peaked.scale == pytest.approx(largest, rel=0.1)


def test_samples_of_a_hot_run_do_not_change_what_is_measured():
    magnet = kt.Macrospin(damping=0.01, temperature=30.0, terms=[kt.dynamics.Field((0, 0, 1.0))])
    full, few = (magnet.run((1, 0, 1), duration=2.0, samples=samples) for samples in (None, 40))
    assert few.sizes["time"] == 40
    assert np.isnan(few.drift)
    assert float(few.frequency) == pytest.approx(28.025, rel=0.05)
    assert float(full.frequency) == pytest.approx(float(few.frequency), rel=0.05)
    # Where m_x, 0.7 at the start, is zero first: about a quarter of a turn.
    assert float(few.switching_time) == pytest.approx(0.25 / 28.025, rel=0.2)


@pytest.mark.parametrize(
    ("terms", "start"),
    [
        ([Uniaxial([0.1, 0.2], "x")], "x"),
        ([Field([[0.1, 0.0, 0.0], [0.0, 0.1, 0.0]])], "x"),
        ([Uniaxial(0.1, "x")], [[1, 0, 0], [0, 1, 0]]),
    ],
)
def test_an_equilibrium_is_one_magnets(terms, start):
    with pytest.raises(InputError, match="of one magnet and one start: give its terms numbers"):
        kt.dynamics.equilibrium(kt.Macrospin(terms=terms), start)


def test_equilibria_in_tiny_fields_are_next_to_those_without():
    rng = np.random.default_rng(1)
    for size in (1e-2, 1e-6, 1e-8, 1e-10, 1e-11):
        terms = [kt.dynamics.Uniaxial(0.02, "x"), kt.dynamics.Demagnetisation()]
        magnet = kt.Macrospin(terms=[*terms, kt.dynamics.Field(0.3 * size * rng.normal(size=3))])
        found = kt.dynamics.equilibrium(magnet, (-1, 0.05, 0.05))
        assert found[0] < -0.9
        assert np.linalg.norm(np.cross(found, magnet.field(found))) < 1e-12


def of(torque):
    return kt.Macrospin(terms=[kt.dynamics.Slonczewski(torque)])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda d: of([0.1, 0.2, 0.3]).run(np.eye(3)[:2], duration=1), "must be one each, or as many, got 2 starts"),
        (lambda d: d.settle(of, start="x", torque=[]), "a list of at least one"),
        (lambda d: d.settle(of, start=np.eye(3)[:2], torque=[0.1, 0.2, 0.3]), "one direction for all"),
        (lambda d: d.settle(lambda axis: of(axis), start="x", axis=[0.1]), "another name"),
        (lambda d: kt.Macrospin(terms=5), "must be a sequence"),
        (lambda d: d.torque_of_current(1e11, 0.3, 0.0, 3.0), "`saturation` must be > 0"),
        (lambda d: d.torque_of_current(1e11, 0.0, 1.0, 3.0), "`efficiency` must not be 0"),
        (lambda d: kt.Macrospin().field("xy"), "must be an axis"),
        (lambda d: kt.Macrospin().field("--x"), "must be an axis"),
    ],
)
def test_input_that_has_no_meaning_is_refused_in_words(wrong, message):
    with pytest.raises(kt.InputError, match=message):
        wrong(kt.dynamics)
