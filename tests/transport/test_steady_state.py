"""Finite bias, temperature and the Fermi sea: books, symmetries, published numbers."""

from functools import partial

import numpy as np
import pytest
from helpers import QUICK, of_sea

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF, dagger, rotation
from kwantorque.errors import InputError
from kwantorque.systems import find
from kwantorque.systems.magnetic_tunnel_junction import on_magnets
from kwantorque.systems.magnets import Magnets
from kwantorque.units import BOLTZMANN

JUNCTION = find("magnetic-tunnel-junction")
K = np.array([[1.0, 0.5], [3.5, 1.0], [6.0, -3.0], [9.5, 2.0], [11.5, 0.0]])


def junction(angle=90.0, spacing=0.1, **given):
    return JUNCTION.stack(JUNCTION.complete({"angle": angle, "spacing": spacing} | given))


def test_double_barrier_under_a_bias():
    """A well with sharp resonances: the books of the whole close,
    and states of either lead give the same.
    """
    magnet, barrier, well = (
        kt.FreeElectron.from_wavevectors(10.9, 4.2),
        kt.FreeElectron(mass=0.4, bottom=1.0),
        kt.FreeElectron(bottom=-3.0),
    )
    layers = [kt.Layer(barrier, 0.6), kt.Layer(well, 0.6), kt.Layer(barrier, 0.6)]
    leads = {"left": kt.Layer(magnet, m="z"), "right": kt.Layer(magnet, m="x")}
    stack = kt.Stack(layers, 0.1, **leads)
    options = {"derived": partial(on_magnets, Magnets(90.0)), "progress": False, "tolerance": 1e-2}
    data, other = (
        kt.steady_state(stack, bias=0.2, across=0, window_from=lead, **options) for lead in ("left", "right")
    )
    assert max(data.closure, other.closure) < 1e-5
    for name in ("torque_in_plane", "torque_out_of_plane"):
        allowed = float((data[f"{name}_error"] + other[f"{name}_error"]).sum("part"))
        assert float(data[name].sum("part")) == pytest.approx(float(other[name].sum("part")), abs=allowed)


def test_torque_is_the_change_of_spin_flux_also_in_the_sea():
    """Spin is conserved but for the exchange: flux far left - flux
    far right etc., to 1e-10, for each part.
    """
    data = kt.steady_state(junction(70.0), bias=0.5, temperature=100, tolerance=1e-2, progress=False)
    in_barrier = data.spin_current.isel(bond=3).values
    tail = data.exchange_torque_tail.values
    on_right = data.exchange_torque.values[:, -1] + tail[:, 1]
    far = data.spin_current_limit.sel(lead="right").values
    assert np.abs(on_right - (in_barrier - far)).max() < 1e-10 * np.abs(in_barrier).max()
    transverse = np.cross(Magnets(70.0).right, np.cross(far, Magnets(70.0).right))
    assert np.abs(transverse[1]).max() < 1e-10
    assert data.closure < 1e-8


def test_temperature():
    """T -> 0 is the limit; at 300 K the result is that at T = 0 folded with
    -df/dE, for the sea and for the window.
    """
    stack, k_t = junction(spacing=0.1), 300 * BOLTZMANN
    cold, _ = of_sea(stack, K, thermal=1e-4)
    zero, _ = of_sea(stack, K)
    assert np.abs(cold["spin_current"] - zero["spin_current"]).max() < 1e-6
    warm, _ = of_sea(stack, K, thermal=k_t)
    x, w = np.polynomial.legendre.leggauss(60)
    energies = 15 * x
    folded = sum(
        15 * wi / (4 * np.cosh(e / 2) ** 2) * of_sea(stack, K, mu=e * k_t)[0]["spin_current"]
        for e, wi in zip(energies, w, strict=True)
    )
    assert np.abs(warm["spin_current"] - folded).max() < 1e-6
    runs = [JUNCTION.run(**QUICK, spacing=0.1, bias=0.2, temperature=t) for t in (0, 1, 400)]
    currents = [float(run.result_current) for run in runs]
    assert currents[1] == pytest.approx(currents[0], rel=1e-3)
    assert 1.001 < currents[2] / currents[0] < 1.2


def test_square_lattice_junction_of_the_literature():
    """A tight-binding junction of a simple cubic lattice, planes and all: torques per
    in-plane cell in 1e-9 eV from another code, to 1e-5.
    """
    magnet = kt.CubicLattice.from_energies(1.2, 2.0, hopping=-0.4)
    barrier = kt.CubicLattice.from_energies(5.4, hopping=-0.4)
    magnets = Magnets(90.0)
    stack = kt.Stack(
        [kt.Layer(barrier, 3)], 1.0, left=kt.Layer(magnet, m="z"), right=kt.Layer(magnet, m="x"), atomic=True
    )
    found = {}
    for bias in (-0.2, 0.0, 0.2):
        data = kt.steady_state(
            stack,
            bias=bias,
            derived=partial(on_magnets, magnets),
            tolerance=1e-5,
            progress=False,
        )
        found[bias] = [1e9 * float(data[f"torque_{part}"].sum("part")) for part in ("in_plane", "out_of_plane")]
    assert found[-0.2][0] == pytest.approx(-1.845966, rel=2e-5)
    assert found[0.2][0] == pytest.approx(4.601272, rel=2e-5)
    assert found[0.0][1] == pytest.approx(2.817478, rel=1e-5)
    assert found[0.2][1] == pytest.approx(found[-0.2][1], rel=1e-6)
    assert abs(found[0.0][0]) < 1e-9
    assert data.rotation_order == 4
    # In-plane torque = mean of the collinear spin currents (V = 0.2).
    spin = []
    for m in ("z", "-z"):
        layers = [kt.Layer(barrier, 3)]
        collinear = kt.Stack(layers, 1.0, left=kt.Layer(magnet, m="z"), right=kt.Layer(magnet, m=m), atomic=True)
        one = kt.steady_state(collinear, bias=0.2, tolerance=1e-3, sea=False, progress=False)
        spin.append(1e9 * float(one.spin_current.sel(part="window", axis="z").isel(bond=3)))
    assert found[0.2][0] == pytest.approx(sum(spin) / 2, rel=0.02)


@pytest.mark.parametrize("texture", [False, True])
def test_a_common_rotation_of_all_magnetisations_rotates_all_torques(texture):
    """Spin and orbit are not coupled: torques follow to
    1e-12, also in a layer whose m depends on z.
    """
    turn = rotation(np.einsum("i,iab->ab", [0.3, -0.5, 0.8], SPIN_HALF), 1.1)
    matrix = np.array(
        [[2 * np.trace(SPIN_HALF[i] @ turn @ SPIN_HALF[j] @ dagger(turn)).real for j in range(3)] for i in range(3)]
    )
    material = kt.FreeElectron.from_wavevectors(10, 6)
    ends = np.array([0, 0, 1.0]), np.array([0.6, 0.8, 0])

    def stack(r):
        def along(z):
            return r @ (np.cos(z) * ends[0] + np.sin(z) * np.array([0, 1, 0]))

        inner = kt.Layer(material, 1, m=along if texture else r @ ends[1])
        return kt.Stack([inner], 0.1, left=kt.Layer(material, m=r @ ends[0]), right=kt.Layer(material, m=r @ ends[1]))

    one, other = (kt.torques_at(stack(r), K[:3], 0.0) for r in (np.eye(3), matrix))
    for name in ("exchange_torque", "spin_current", "exchange_torque_total"):
        assert np.abs(other[name].values - one[name].values @ matrix.T).max() < 1e-12 * np.abs(one[name]).max() * 10


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kt.steady_state(junction(), 0.1, temperature=-1), "`temperature` must be >= 0 K"),
        (lambda: kt.steady_state(junction(), "high"), "`energy` must be a number in eV"),
        (lambda: kt.steady_state(junction(), -20.0), "no open channel"),
        (lambda: kt.steady_state(junction(), sea=False), "nothing to compute"),
        (lambda: kt.steady_state(junction(), kpar=7), "`kpar` must be a PolarRule"),
        (lambda: junction().biased("x"), "`bias` must be a number in eV"),
        (lambda: junction().biased(0.1, across=3), "number, 0 to 0"),
        (lambda: kt.Stack([kt.Layer(kt.FreeElectron(), 1)] * 2, 0.1).biased(0.1), "`across` must name the layer"),
        (lambda: JUNCTION.run(kf_down_right=-2, **QUICK), "`kf_down_right` must be > 0"),
        (lambda: JUNCTION.run(spacing=0.35, **QUICK), "`spacing` must be below .* ends at"),
        (lambda: JUNCTION.run(temperature=-5, **QUICK), "`temperature` must be >= 0 K"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()
