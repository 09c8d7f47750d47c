"""What exporters claim, by the formula of the code that receives it."""

import re
import subprocess
import sys

import numpy as np
import pytest
from scipy import constants

import kwantorque as kt
from kwantorque.dynamics import Slonczewski, along, fit_torque, to_cmtj, to_mumax3, to_spirit, to_ubermag
from kwantorque.dynamics.equation import PER_NS
from kwantorque.errors import InputError

MAGNET = kt.Macrospin(saturation=1.3, damping=0.05, thickness=2.0)
AT = along(np.array([20.0, 80.0, 130.0]), np.array([10.0, 150.0, 260.0]))
P = (0.6, 0.0, 0.8)
NOT_INSTALLED = "{0} has no wheel for this Python, or was not installed: `pip install 'kwantorque[{0}]'`"
MU_B = constants.physical_constants["Bohr magneton"][0]


def ours(torque):
    """dm/dt in tesla of the torque alone, Gilbert's form solved."""
    return MAGNET.but(terms=(torque,)).rate(AT)


def gilbert(a, b, p):
    """The same of a m x (p x m) + b m x p, written out."""
    p, alpha = np.array(p), MAGNET.damping
    n = a * np.cross(AT, np.cross(p, AT)) + b * np.cross(AT, p)
    return (n + alpha * np.cross(AT, n)) / (1 + alpha**2)


@pytest.mark.parametrize("tau", [0.02, -0.02])
@pytest.mark.parametrize("size", [1e11, -3e12])
def test_parameters_of_a_slonczewski_torque_are_found(tau, size):
    """Lambda exactly, P as tau = hbar P J/(2 e mu0 Ms^2 d) says, P > 0."""
    fit = fit_torque(Slonczewski(tau, P, 0.0, 1.7), MAGNET, current_density=size)
    assert fit.residual < 1e-6
    assert fit.asymmetry == pytest.approx(1.7, rel=1e-6)
    current = kt.dynamics.current_density_of(tau, fit.polarisation, MAGNET.saturation, MAGNET.thickness)
    assert current == pytest.approx(fit.current_density, rel=1e-6)
    assert fit.polarisation > 0
    assert np.sign(fit.current_density) == np.sign(tau)


def test_residuals_are_the_largest_deviations():
    """Of a field-like torque that depends on the angle, which eps' does not."""
    torque = Slonczewski(0.02, P, 0.5, 1.7)
    angles = np.arange(10.0, 180.0, 10.0)
    fit = fit_torque(torque, MAGNET, current_density=1e11, angles=angles)
    c, s = np.cos(np.radians(angles)), np.sin(np.radians(angles))
    square = 1.7**2
    a = 0.02 * 1.3 * 2 * square / (square + 1 + (square - 1) * c)
    scale = constants.hbar * 1e11 / (constants.e * 2e-9 * 1.3 / constants.mu_0)
    epsilon = fit.polarisation * fit.asymmetry**2
    epsilon = epsilon / (fit.asymmetry**2 + 1 + (fit.asymmetry**2 - 1) * c)
    away = np.hypot(scale * epsilon - a, -scale * fit.secondary - 0.5 * a) * s
    whole = np.hypot(a, 0.5 * a) * s
    assert fit.residual == pytest.approx(away.max() / whole.max(), rel=1e-6)
    assert fit.residual_constant > fit.residual > 0.05
    assert f"{fit.residual:.1%}" in to_mumax3(fit)


def mumax3(text):
    """slonczewski2.cu, torque.go: of the lines of an input file, dm/dt in T."""
    values = dict(line.split(" = ") for line in text.splitlines() if not line.startswith("//"))
    number = {name: float(x) for name, x in values.items() if re.fullmatch(r"[-+.e\d]+", x)}
    p, j = (np.array([float(x) for x in values[name][7:-1].split(",")]) for name in ("FixedLayer", "J"))
    assert values["FixedLayerPosition"] == "FIXEDLAYER_TOP"
    assert values["DisableZhangLiTorque"] == "true"
    beta = constants.hbar * j[2] / (constants.e * number["FreeLayerThickness"] * number["Msat"])
    square, alpha = number["Lambda"] ** 2, number["alpha"]
    epsilon = (number["Pol"] * square / (square + 1 + (square - 1) * (AT @ p)))[:, None]
    gilbert = 1 / (1 + alpha**2)
    a = beta * gilbert * (epsilon + alpha * number["EpsilonPrime"])
    b = beta * gilbert * (number["EpsilonPrime"] - alpha * epsilon)
    return a * np.cross(AT, np.cross(p, AT)) + b * np.cross(p, AT)


@pytest.mark.parametrize("tau", [0.02, -0.02])
def test_mumax3_moves_the_magnet_as_we_do(tau):
    damping_like = Slonczewski(tau, P, 0.0, 1.7)
    text = to_mumax3(fit_torque(damping_like, MAGNET, current_density=1e11))
    np.testing.assert_allclose(mumax3(text), ours(damping_like), rtol=1e-5, atol=1e-9)
    both = Slonczewski(tau, P, 0.3)
    text = to_mumax3(fit_torque(both, MAGNET, current_density=1e11))
    np.testing.assert_allclose(mumax3(text), ours(both), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("tau", [0.02, -0.02])
def test_ubermag_moves_the_magnet_as_we_do(tau):
    """dynamics/slonczewski.py: gamma0 beta [eps m x (mp x m) - eps' m x mp].

    beta = hbar J/(mu0 e d Ms) in A/m.
    """
    torque = Slonczewski(tau, P, 0.3)
    given = to_ubermag(fit_torque(torque, MAGNET, current_density=1e11))
    beta = constants.hbar * given["J"] / (constants.mu_0 * constants.e * 2e-9 * 1.3 / constants.mu_0)
    square = given["Lambda"] ** 2
    epsilon = (given["P"] * square / (square + 1 + (square - 1) * (AT @ given["mp"])))[:, None]
    a, b = constants.mu_0 * beta * epsilon, -constants.mu_0 * beta * given["eps_prime"]
    np.testing.assert_allclose(gilbert(a, b, given["mp"]), ours(torque), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("tau", [0.02, -0.02])
def test_cmtj_by_its_formula(tau):
    """core/junction.hpp, a plain layer: -gamma mu0 (H_FL m x p + H_DL m x (m x p))."""
    torque = Slonczewski(tau, P, 0.3)
    given = to_cmtj(fit_torque(torque, MAGNET, current_density=1e11))
    p, alpha = np.array(given["reference"]), given["damping"]
    n = given["field_like"] * np.cross(AT, p) + given["damping_like"] * np.cross(AT, np.cross(AT, p))
    n *= -constants.mu_0
    np.testing.assert_allclose((n + alpha * np.cross(AT, n)) / (1 + alpha**2), ours(torque), rtol=1e-9)


@pytest.mark.parametrize("tau", [0.02, -0.02])
def test_spirit_by_its_formula(tau):
    """Method_LLG.cpp: m x (p x m) at magnitude gamma/mu_B, and an external field."""
    torque = Slonczewski(tau, P, 0.3)
    given = to_spirit(fit_torque(torque, MAGNET, current_density=1e11))
    assert given["magnitude"] > 0
    assert not given["use_gradient"]
    a = given["magnitude"] * 1e-3 * constants.e / MU_B
    p, field = np.array(given["direction"]), given["external_field"] * np.array(given["field_direction"])
    n = a * np.cross(AT, np.cross(p, AT)) - np.cross(AT, field)
    alpha = MAGNET.damping
    np.testing.assert_allclose((n + alpha * np.cross(AT, n)) / (1 + alpha**2), ours(torque), rtol=1e-6)


@pytest.mark.parametrize("tau", [0.02, -0.02])
def test_cmtj_itself(tau):
    """A short run of the code, where it is installed; its gamma is 2.21e5 m/(A s)."""
    cmtj = pytest.importorskip("cmtj", reason=NOT_INSTALLED.format("cmtj"))
    torque = Slonczewski(tau, P, 0.3)
    given = to_cmtj(fit_torque(torque, MAGNET, current_density=1e11))
    zero, none = [cmtj.CVector(0, 0, 0)] * 3, cmtj.ScalarDriver.getConstantDriver(0.0)
    expected = ours(torque)
    for m, rate in zip(AT, expected, strict=True):
        layer = cmtj.Layer(
            "free",
            cmtj.CVector(*m),
            cmtj.CVector(0, 0, 1),
            given["Ms"],
            given["thickness"],
            1e-14,
            zero,
            given["damping"],
        )
        layer.setReferenceLayer(cmtj.CVector(*given["reference"]))
        layer.setAnisotropyDriver(none)
        layer.setDampingLikeTorqueDriver(cmtj.ScalarDriver.getConstantDriver(given["damping_like"]))
        layer.setFieldLikeTorqueDriver(cmtj.ScalarDriver.getConstantDriver(given["field_like"]))
        junction = cmtj.Junction([layer])
        step, steps = 1e-14, 10
        junction.runSimulation(step * steps, step, step)
        log = junction.getLog()
        m_of = np.stack([log[f"free_m{axis}"] for axis in "xyz"], axis=1)
        found = (m_of[-1] - m_of[0]) / (step * (len(m_of) - 1)) / (2.21e5 / constants.mu_0)
        np.testing.assert_allclose(found, rate, rtol=0.01, atol=2e-3 * np.abs(rate).max())


@pytest.mark.parametrize("tau", [0.02, -0.02])
def test_spirit_itself(tau, tmp_path):
    """Ten steps of one spin, where it is installed."""
    pytest.importorskip("spirit", reason=NOT_INSTALLED.format("spirit"))
    from spirit import configuration, hamiltonian, parameters, simulation, state, system

    torque = Slonczewski(tau, P, 0.3)
    given = to_spirit(fit_torque(torque, MAGNET, current_density=1e11))
    settings = "n_basis_cells 1 1 1\nmu_s 2.0\nhamiltonian heisenberg_neighbours\nn_shells_exchange 0\n"
    (tmp_path / "spirit.cfg").write_text(settings + "log_to_file 0\nlog_to_console 0\n")
    step = 1e-4
    with state.State(str(tmp_path / "spirit.cfg"), quiet=True) as spin:
        hamiltonian.set_anisotropy(spin, 0.0, [0, 0, 1])
        hamiltonian.set_field(spin, given["external_field"], given["field_direction"])
        parameters.llg.set_damping(spin, MAGNET.damping)
        parameters.llg.set_temperature(spin, 0.0)
        parameters.llg.set_timestep(spin, step)
        parameters.llg.set_iterations(spin, 10, 10)
        parameters.llg.set_stt(spin, given["use_gradient"], given["magnitude"], given["direction"])
        for m, rate in zip(AT, ours(torque), strict=True):
            configuration.domain(spin, m.tolist())
            # What it is to Spirit, by its own rounding.
            before = np.array(system.get_spin_directions(spin)).ravel()[:3]
            np.testing.assert_allclose(before, m, atol=1e-6)
            simulation.start(spin, simulation.METHOD_LLG, simulation.SOLVER_HEUN, n_iterations=10)
            found = np.array(system.get_spin_directions(spin)).ravel()[:3] - before
            # Picoseconds.
            found /= 10 * step * PER_NS / 1000
            np.testing.assert_allclose(found, rate, atol=1e-4 * np.abs(rate).max())


def test_nothing_of_other_codes_is_imported():
    code = "import sys, kwantorque.dynamics; print(sorted({'cmtj', 'spirit', 'micromagneticmodel'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "[]\n"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_torque(Slonczewski(1), MAGNET, current_density=0), "must not be 0 A/m"),
        (lambda: fit_torque(Slonczewski([1, 2]), MAGNET, current_density=1), "one torque: give numbers"),
        (lambda: fit_torque(Slonczewski(1, [AT[0], AT[1]]), MAGNET, current_density=1), "one torque and one magnet"),
        (lambda: fit_torque(Slonczewski(1), kt.Macrospin(damping=[0, 1]), current_density=1), "one torque and one mag"),
        (
            lambda: fit_torque(Slonczewski(1), MAGNET, current_density=[1]),
            r"`current_density` must be one number, got",
        ),
        (lambda: fit_torque(Slonczewski(1), "x", current_density=1), "`magnet` must be a Macrospin"),
        (lambda: fit_torque(kt.dynamics.ManchonTorque(1), MAGNET, current_density=1), "`polariser` must be said"),
        (lambda: fit_torque(Slonczewski(1), MAGNET, current_density=1, angles=[0, 180]), "some off the polariser"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize("write", [kt.dynamics.to_mumax3, kt.dynamics.to_ubermag])
def test_codes_that_need_a_polarisation_get_no_zero(write):
    fit = kt.dynamics.fit_torque(kt.dynamics.Slonczewski(0.0, "x"), kt.Macrospin(), current_density=1e11)
    with pytest.raises(kt.InputError, match="P must not be 0, got 0: give a torque without"):
        write(fit)
