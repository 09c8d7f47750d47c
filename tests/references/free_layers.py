"""Continuum reference for spin transport in layered
free-electron systems (no lattice, no package code).

H = -d/dz C(z) d/dz + C(z) k^2 + U(z) + D(z).sigma/2, C = hbar^2/(2 mass), D = exchange
vector (negative along +m for a majority spin along +m). Units eV, nm, hbar = 1; masses
in m0; spin in hbar; fluxes are positive along +z. E_F = 0.

Method: the admittance Y = C psi' psi^-1 (2 x 2) is carried from each lead to one plane.
There G = (Y_R - Y_L)^-1, left-incident states have the density matrix G Gamma_L G^+ / 2
pi per energy, spin flux 2 Im tr s Y_R rho, and the sea's flux follows from (1/2 pi) Re
tr X [s, Y_R + Y_L], X = -i int dy G(mu + iy).
"""

from collections import namedtuple
from itertools import pairwise

import numpy as np
from scipy import constants as sc
from scipy.optimize import brentq

C0 = sc.hbar**2 / (2 * sc.m_e) / sc.e * 1e18
QUANTUM = sc.e**2 / sc.h  # conductance quantum per spin, S
SIGMA = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], complex)
SLICES = 48  # fourth-order Magnus steps across a layer with a slope

Layer = namedtuple("Layer", "length mass start end exchange rashba", defaults=(1.0, 0.0, 0.0, (0, 0, 0), None))
Layer.__doc__ = """length nm (ignored for a lead), mass m0, potential eV at its two ends,
exchange vector eV; rashba (eV nm^2) not None: a term rashba (k x z).sigma delta(z) instead
of a layer."""


def metal(kf_up, kf_down, direction=(0, 0, 1), shift=0.0, length=0.0):
    """Stoner layer with Fermi wave vectors 1/nm (from E_F = 0 before the
    shift, eV), majority along `direction`.
    """
    bottoms = -C0 * np.array([kf_up, kf_down]) ** 2 + shift
    return Layer(length, 1.0, bottoms.mean(), bottoms.mean(), tuple((bottoms[0] - bottoms[1]) * np.asarray(direction)))


def _dagger(a):
    return np.conj(np.swapaxes(a, -1, -2))


def _spin_function(values, axis):
    """The 2 x 2 matrix of a function of axis.sigma from its values at spin + and -."""
    plus, minus = (np.asarray(v)[..., None, None] for v in values)
    return (plus + minus) / 2 * SIGMA[0] + (plus - minus) / 2 * np.einsum("a,aij->ij", axis, SIGMA[1:])


def _split(layer):
    """Half the exchange splitting (eV) and its unit axis."""
    size = np.linalg.norm(layer.exchange)
    return size / 2, np.asarray(layer.exchange) / size if size else np.array([0.0, 0.0, 1.0])


def _transfer(layer, offset, k2, energy):
    """(psi, C psi') across the layer for one spin, elements 11,
    12, 21, 22, and the exponent divided out.
    """
    c, steps = C0 / layer.mass, SLICES if layer.start != layer.end else 1
    h, slope = layer.length / steps, (layer.end - layer.start) / layer.length
    total, exponent = (1.0, 0.0, 0.0, 1.0), 0.0
    for n in range(steps):
        w = c * k2 + layer.start + offset + slope * h * (n + 0.5) - energy
        d = h**3 * slope / (12 * c)
        s = np.sqrt(d**2 + h**2 * w / c + 1e-40)
        scale = np.abs(s.real)
        cosh, sinh = (np.exp(s - scale) + np.exp(-s - scale)) / 2, (np.exp(s - scale) - np.exp(-s - scale)) / 2 / s
        a, b, e, f = cosh - d * sinh, h / c * sinh, h * w * sinh, cosh + d * sinh
        p, q, r, t = total
        total, exponent = (a * p + b * r, a * q + b * t, e * p + f * r, e * q + f * t), exponent + scale
    return total, exponent


def admittance(layers, kx, ky, energy):
    """Y = C psi' psi^-1 at the near end of `layers` (the last one is the lead, waves
    outgoing), the map from psi there to psi in the lead, and the lead's flux matrix
    Gamma. kx, ky (1/nm) and energy (eV, Im >= 0) broadcast.
    """
    k2, energy = kx**2 + ky**2, energy + 0j
    half, axis = _split(layers[-1])
    c = C0 / layers[-1].mass
    roots = [c * np.sqrt((energy - layers[-1].start - s * half) / c - k2) for s in (1, -1)]
    y, gamma = _spin_function([1j * r for r in roots], axis), _spin_function([2 * r.real + 0j for r in roots], axis)
    carry = np.broadcast_to(SIGMA[0], y.shape)
    for layer in reversed(layers[:-1]):
        if layer.rashba is not None:
            turn = [layer.rashba * (ky * SIGMA[1, i, j] - kx * SIGMA[2, i, j]) for i in (0, 1) for j in (0, 1)]
            y = y - np.stack(turn, -1).reshape(*np.shape(turn[0]), 2, 2)
            continue
        half, axis = _split(layer)
        parts = [_transfer(layer, s * half, k2, energy) for s in ((1, -1) if half else (1,))]
        parts = parts if half else parts * 2
        top = np.maximum(parts[0][1], parts[1][1])
        parts = [[m * np.exp(exponent - top) for m in total] for total, exponent in parts]
        m11, m12, m21, m22 = (_spin_function([parts[0][n], parts[1][n]], axis) for n in range(4))
        inverse = np.linalg.inv(m22 - m12 @ y)
        y, carry = (m11 @ y - m21) @ inverse, carry @ inverse * np.exp(-top)[..., None, None]
    return y, carry, gamma


class Plane:
    """A plane between `left` (layers from the plane outwards to the left lead) and
    `right` (likewise): at given kx, ky (1/nm) and energy (eV), the fluxes (particles,
    s_x, s_y, s_z) of scattering states and of the sea.
    """

    def __init__(self, left, right, kx, ky, energy):
        left = [layer._replace(start=layer.end, end=layer.start) for layer in left]
        y, self.carry_left, self.gamma_left = admittance(left, kx, ky, energy)
        self.y_left, (self.y_right, self.carry_right, self.gamma_right) = -y, admittance(right, kx, ky, energy)

    @property
    def green(self):
        """Retarded Green function G(z, z) at the plane."""
        return np.linalg.inv(self.y_right - self.y_left)

    def incident(self, side):
        """Density matrix at the plane of the states incident from
        "left" or "right" (x 2 pi, per energy).
        """
        carry, gamma = getattr(self, f"carry_{side}"), getattr(self, f"gamma_{side}")
        amplitude = self.green @ _dagger(carry)
        return amplitude @ gamma @ _dagger(amplitude)

    def flux(self, side):
        """Fluxes (..., 4) at the plane of the states incident from one
        side; component 0 is +- the transmission.
        """
        return flux(self.y_right if side == "left" else self.y_left, self.incident(side))

    def sea(self):
        """2 pi x the integrand of the sea's spin flux (..., 4), complex;
        take the real part of -i int dy / 2 pi.
        """
        y, green = self.y_right + self.y_left, self.green
        return np.einsum("aij,...ji->...a", SIGMA / 2, y @ green - green @ y)


def flux(y, rho):
    """Fluxes (particles, s_x, s_y, s_z) of a density
    matrix whose states obey C psi' = y psi.
    """
    values = 2 * np.einsum("aij,...ji->...a", SIGMA / 2, y @ rho).imag
    return values * np.array([2, 1, 1, 1])


def thresholds(layers, energy):
    """In-plane wave vectors (1/nm) at which a channel of any of the
    constant layers opens, at a real energy.
    """
    found = [0.0]
    for layer in layers:
        if layer.rashba is None and layer.start == layer.end:
            half, _ = _split(layer)
            found += [max(0.0, (energy - layer.start - s * half) * layer.mass / C0) ** 0.5 for s in (1, -1)]
    return np.unique(np.round(found, 12))


def radial(function, breaks, tolerance=1e-9, order=16):
    """int k dk / 2 pi function(k) over the pieces between `breaks` (1/nm):
    Gauss-Legendre with a sin^2 map of k^2 in each piece (square roots at both ends),
    halved until the estimate holds. function(k) -> (len(k), components).
    """
    x, w = np.polynomial.legendre.leggauss(order)

    def panels(todo):
        low, high, start, width = (column[:, None] for column in todo.T)
        angle = low + (high - low) * (x + 1) / 2
        values = function(np.sqrt(start + width * np.sin(angle) ** 2).ravel()).reshape(*angle.shape, -1)
        return np.einsum("pn,pna->pa", (high - low) / 2 * w * width * np.sin(2 * angle) / (4 * np.pi), values)

    todo = np.array([(0, np.pi / 2, a**2, b**2 - a**2) for a, b in pairwise(breaks)])
    coarse, total = panels(todo), 0.0
    scale = np.abs(coarse).sum(0).max()
    for _ in range(24):
        middle = todo[:, :2].mean(1)
        todo = np.repeat(todo, 2, 0)
        todo[::2, 1] = todo[1::2, 0] = middle
        fine = panels(todo).reshape(-1, 2, coarse.shape[-1])
        bad = np.abs(fine.sum(1) - coarse).max(1) > tolerance * scale
        total = total + fine[~bad].sum((0, 1))
        todo, coarse = todo[np.repeat(bad, 2)], fine[bad].reshape(-1, coarse.shape[-1])
        if not 0 < len(todo) < 400:  # done, or down in the rounding noise
            break
    return total + coarse.sum(0)


def bound_states(left, right, angle, energy, low, high, scan=400):
    """k in (low, high), where no lead is open, at which a state
    bound near the plane crosses `energy`.
    """

    def determinant(k):
        plane = Plane(left, right, k * np.cos(angle), k * np.sin(angle), energy)
        scale = np.linalg.det(plane.carry_left) * np.linalg.det(plane.carry_right)
        value = (np.linalg.det(plane.y_right - plane.y_left) / scale).real
        return np.sign(value) * np.log1p(np.abs(value))

    if high - low < 1e-8:
        return []
    k = np.linspace(low + 1e-9, high, scan)
    values = determinant(k)
    return [brentq(determinant, k[n], k[n + 1]) for n in np.nonzero(values[1:] * values[:-1] < 0)[0]]


def sea_flux(left, right, mu, azimuths=1, step=0.35):
    """Spin flux (0, s_x, s_y, s_z) per area (eV/nm^2) at the plane of all
    states filled to mu (eV), bound ones too.
    """
    y = np.exp(np.arange(-25.0, 11.0, step))
    every, total = thresholds([*left, *right], mu), 0.0
    top, rashba = thresholds([left[-1], right[-1]], mu)[-1], any(layer.rashba for layer in right)
    for angle in (np.arange(azimuths) + 0.5) * 2 * np.pi / azimuths:

        def integrand(k, angle=angle):
            kx, ky = k[:, None] * np.cos(angle), k[:, None] * np.sin(angle)
            return np.einsum("y,kya->ka", y, Plane(left, right, kx, ky, mu + 1j * y).sea().imag)

        high = 3 * every[-1] if rashba else every[-1]
        # Same k range for k and -k: their tails in y cancel.
        both = (angle, angle + np.pi) if rashba else (angle,)
        bound = [k for direction in both for k in bound_states(left, right, direction, mu, top, high)]
        breaks = np.unique([b for b in [*every, *bound] if b <= max([top, *bound])])
        total = total + radial(integrand, breaks) * step / (2 * np.pi * azimuths)
    return total


def state_flux(left, right, energy, side, azimuths=1, observe=None):
    """2 pi x flux (particles, s) per energy and area (1/nm^2) of the states incident
    from `side` at a real energy (eV), at the plane (default) or observe(plane).
    """
    top = thresholds([(left if side == "left" else right)[-1]], energy)[-1]
    breaks = [b for b in thresholds([*left, *right], energy) if b <= top]
    angle = (np.arange(azimuths)[:, None] + 0.5) * 2 * np.pi / azimuths

    def integrand(k):
        plane = Plane(left, right, k * np.cos(angle), k * np.sin(angle), energy)
        return (observe(plane) if observe else plane.flux(side)).mean(0)

    return radial(integrand, breaks) if top else np.zeros(4)


def filled_flux(left, right, bias, azimuths=1, energies=12):
    """Fluxes (particles, s_x, s_y, s_z; eV/nm^2) at the plane under a bias V
    (eV) at T = 0: all states to min(mu) plus the window of states from the
    higher lead. Returns (window + sea, sea).
    """
    low, high = -abs(bias) / 2, abs(bias) / 2
    sea, window = sea_flux(left, right, low, azimuths), np.zeros(4)
    edges = [lead.start + s * _split(lead)[0] for lead in (left[-1], right[-1]) for s in (1, -1)]
    x, w = np.polynomial.legendre.leggauss(energies)
    for a, b in pairwise(np.unique([low, high, *[e for e in edges if low < e < high]])):
        for energy, weight in zip((a + b) / 2 + x * (b - a) / 2, w * (b - a) / (4 * np.pi), strict=True):
            window += weight * state_flux(left, right, energy, "left" if bias > 0 else "right", azimuths)
    return window + sea, sea


def tunnel_junction(
    *,
    kf_up=10.9,
    kf_down=4.2,
    kf_up_right=None,
    kf_down_right=None,
    barrier_height=1.0,
    barrier_length=0.7,
    barrier_mass=0.4,
    angle=90.0,
    bias=0.0,
):
    """F/I/F junction: wave vectors 1/nm (right ones default to the left's), barrier
    height above E_F at V = 0 (eV), length nm, mass m0, angle degrees, bias eV (V > 0:
    electrons from the left). Axes: m_L = z, m_R = (sin, 0, cos). Returns current
    (particle current, eV/nm^2); in eV/nm^2, all states: torque_in_plane (on R, towards
    m_L), torque_in_plane_left (on L, towards m_R), torque_out_of_plane (on R, along m_L
    x m_R, at V = 0 the coupling -dOmega/dtheta, > 0 antiferromagnetic), its part
    torque_out_of_plane_sea (states to min(mu)); tmr (fraction, at the bias),
    conductance (V = 0, S/um^2), resistance_area (V = 0, ohm um^2).
    """
    kf_up_right, kf_down_right = kf_up_right or kf_up, kf_down_right or kf_down

    def stacks(degrees, v):
        t = np.radians(degrees)
        barrier = Layer(barrier_length, barrier_mass, barrier_height + v / 2, barrier_height - v / 2)
        lead = metal(kf_up_right, kf_down_right, (np.sin(t), 0, np.cos(t)), -v / 2)
        return [metal(kf_up, kf_down, shift=v / 2)], [barrier, lead]

    def current(degrees):
        junction = stacks(degrees, bias)
        return (filled_flux(*junction, bias)[0] if bias else state_flux(*junction, 0.0, "left"))[0]

    total, sea = filled_flux(*stacks(angle, bias), bias)
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    conductance = QUANTUM * 1e6 * state_flux(*stacks(angle, 0), 0.0, "left")[0]
    result = {"current": total[0], "torque_in_plane": total[1:] @ [-cosine, 0, sine], "torque_in_plane_left": -total[1]}
    result |= {"torque_out_of_plane": total[2], "torque_out_of_plane_sea": sea[2]}
    result |= {"tmr": current(0.0) / current(180.0) - 1, "conductance": conductance}
    return result | {"resistance_area": 1 / conductance}


def semi_magnetic(
    *,
    rashba=0.04,
    theta=45.0,
    phi=0.0,
    bias=0.0,
    kf_up=10.9,
    kf_down=4.0,
    kf_normal=None,
    barrier_height=1.0,
    barrier_length=0.6,
    barrier_mass=0.4,
    azimuths=32,
):
    """F/I/N junction with rashba (k x z).sigma delta(z) at F/I (eV nm^2); M = (theta,
    phi) in degrees, bias V > 0: electrons from F to N, other units as in
    tunnel_junction; kf_normal defaults to the rms of F's. Returns conductance (V = 0,
    S/um^2) and, in eV/um^2, torque_parallel, torque_perpendicular (all states, at the
    bias) and torque_perpendicular_equilibrium (V = 0): torque on the local angular
    momentum = T_par M x (z x M) + T_perp z x M (at theta = 0, 180: the limit).
    azimuths: directions of k, raise it until nothing changes.
    """
    theta = np.clip(theta, 0.1, 179.9)
    kf_normal = kf_normal or np.sqrt((kf_up**2 + kf_down**2) / 2)
    t, p = np.radians([theta, phi])
    m = np.array([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), np.cos(t)])
    perpendicular = np.cross([0, 0, 1], m)
    parallel = np.cross(m, perpendicular)

    # The plane is on the F side of the interface term: torque on M = - flux there,
    # transverse.
    def stacks(v):
        barrier = Layer(barrier_length, barrier_mass, barrier_height + v / 2, barrier_height - v / 2)
        right = [Layer(rashba=rashba, length=0.0), barrier, metal(kf_normal, kf_normal, shift=-v / 2)]
        return [metal(kf_up, kf_down, m, v / 2)], right

    def torque(v):
        flow = filled_flux(*stacks(v), v, azimuths)[0]
        return [-1e6 * flow[1:] @ e / np.sin(t) ** 2 for e in (parallel, perpendicular)]

    result = dict(zip(("torque_parallel", "torque_perpendicular"), torque(bias), strict=True))
    result["torque_perpendicular_equilibrium"] = torque(0.0)[1]
    return result | {"conductance": QUANTUM * 1e6 * state_flux(*stacks(0.0), 0.0, "left", azimuths)[0]}


def metallic_valve(*, kf_normal=13.6, kf_up=13.6, kf_down=8.0, fm_length=2.0, spacer_length=2.0, angle=90.0):
    """N/F/N/F/N valve: wave vectors 1/nm, lengths nm, angle degrees, m_1 = z, m_2 =
    (sin, 0, cos). Returns conductance (linear, e^2/h per nm^2), torque_in_plane and
    torque_out_of_plane (on F2 per particle current, states from the left at E_F; signs
    as in tunnel_junction) and coupling (V = 0, eV/nm^2, along m_1 x m_2 on F2).
    """
    t = np.radians(angle)
    normal = metal(kf_normal, kf_normal)
    left = [normal._replace(length=spacer_length / 2), metal(kf_up, kf_down, length=fm_length), normal]
    second = metal(kf_up, kf_down, (np.sin(t), 0, np.cos(t)), length=fm_length)
    right = [normal._replace(length=spacer_length / 2), second, normal]

    def absorbed(plane):
        carry = plane.carry_right
        rho = carry @ plane.incident("left") @ _dagger(carry)
        values = plane.flux("left") - flux(0.5j * plane.gamma_right, rho)
        values[..., 0] = plane.flux("left")[..., 0]
        return values

    flow, coupling = state_flux(left, right, 0.0, "left", observe=absorbed), sea_flux(left, right, 0.0)[2]
    in_plane = flow[1:] @ [-np.cos(t), 0, np.sin(t)]
    result = {"conductance": flow[0], "torque_in_plane": in_plane / flow[0], "torque_out_of_plane": flow[2] / flow[0]}
    return result | {"coupling": coupling}


def interface(*, kf_normal=13.6, kf_up=13.6, kf_down=8.0, depth=0.2):
    """N/F interface: g_mix (complex), g_up, g_down (e^2/h per nm^2), and spin_flux =
    J_x + i J_y at `depth` (nm) in F for incident spin +x, majority along z, per
    incident spin flux. Wave vectors 1/nm.
    """

    def integrand(k):
        n, up, down = (np.sqrt(q**2 - k**2 + 0j) for q in (kf_normal, kf_up, kf_down))
        r_up, r_down = (n - up) / (n + up), (n - down) / (n + down)
        spin = np.conj((1 + r_up) * np.exp(1j * up * depth)) * (1 + r_down) * np.exp(1j * down * depth)
        spin = spin * (down + np.conj(up)) / (2 * n)
        g_up, g_down = 1 - np.abs(r_up) ** 2, 1 - np.abs(r_down) ** 2
        return np.stack([1 - r_up * np.conj(r_down), g_up, g_down, spin, 1 + 0 * k], -1)

    breaks = np.unique([0.0, *[b for b in (kf_up, kf_down) if b <= kf_normal], kf_normal])
    mix, up, down, spin, modes = radial(integrand, breaks)
    return {"g_mix": mix, "g_up": up.real, "g_down": down.real, "spin_flux": spin / modes}


def main():
    """Print the reference values beside those of this module."""

    def show(system, result, **expected):
        for name, r in expected.items():
            print(f"{system:16s} {name:32s} {r:>20.8g} {result[name]:>24.8g} {abs(result[name] / r - 1):>8.0e}")

    for angle, area in ((0, 0.99825), (90, 1.08131), (180, 1.17924)):
        show(f"F/I/F {angle} deg", tunnel_junction(angle=angle), resistance_area=area)
    show("F/I/F 0 V", tunnel_junction(), torque_out_of_plane=2.85034e-4)
    first = {"current": 1.544490e-3, "torque_in_plane": 2.560268e-4, "torque_out_of_plane": 3.159068e-4}
    show("F/I/F 0.4 V", tunnel_junction(bias=0.4), **first, torque_out_of_plane_sea=1.948543e-4, tmr=0.166946)
    show("F/I/F -0.4 V", tunnel_junction(bias=-0.4), torque_in_plane=-9.681100e-5)
    show("valve 0 deg", metallic_valve(angle=0), conductance=17.697683)
    show("valve 60 deg", metallic_valve(angle=60), torque_in_plane=0.1790740)
    show("valve 90 deg", metallic_valve(angle=90), torque_in_plane=0.2734205, coupling=-7.150e-4)
    show("valve 120 deg", metallic_valve(angle=120), conductance=11.298872)
    show("N/F", interface(), g_mix=14.718649, g_up=14.718649, g_down=4.098585, spin_flux=0.031107 - 0.487126j)
    for theta, conductance in ((0, 2.55177), (45, 2.54108), (90, 2.53030)):
        show(f"F/I/N {theta} deg", semi_magnetic(theta=theta), conductance=conductance)
    for bias, torque in ((0.4, -42.142), (-0.4, 51.811), (-0.8, 109.260), (0.8, -75.259)):
        result = semi_magnetic(bias=bias)
        show(f"F/I/N {bias} V", result, torque_parallel=torque)
    result["change"] = result["torque_perpendicular"] - result["torque_perpendicular_equilibrium"]
    show("F/I/N 0.8 V", result, torque_perpendicular_equilibrium=16170.14, change=-13.74)
    show("F/I/N 0.01 eV nm2", semi_magnetic(rashba=0.01), torque_perpendicular_equilibrium=893.34)


if __name__ == "__main__":
    main()
