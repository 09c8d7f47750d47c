"""A second opinion on wire and spin valve: continuum mode matching, no
lattice, nothing shared with kwantorque.

H(k) = A + B k_z + C k_z^2 in each layer; psi and (B/2 + C k_z) psi are continuous.
6-band holes, eV, nm. Written from the formulas of P. M. Haney & M. D. Stiles, Phys.
Rev. Lett. 105, 126602 (2010), with -alpha L.sigma, independently of the package.

`match` and `match_valve` are for given k_par, `wire` and `valve` integrate them over
the plane, with an error. `python tests/references/continuum.py` prints the numbers that
the project quotes (`WIRE`, `VALVE`); it takes a few minutes.
"""

from itertools import pairwise

import numpy as np
from scipy import constants

C0 = constants.hbar**2 / (2 * constants.m_e) / constants.e * 1e18  # hbar^2/2m0, eV nm^2
R = np.sqrt(0.5)
L_P = np.array(
    [
        [[0, R, 0], [R, 0, R], [0, R, 0]],
        [[0, -1j * R, 0], [1j * R, 0, -1j * R], [0, 1j * R, 0]],
        [[1, 0, 0], [0, 0, 0], [0, 0, -1]],
    ],
    complex,
)
SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], complex)
L = np.array([np.kron(x, np.eye(2)) for x in L_P])
S = np.array([np.kron(np.eye(3), x) for x in SIGMA]) / 2
J_Z = L[2] + S[2]


def dag(x):
    return x.conj().swapaxes(-1, -2)


def anti(a, b):
    return a @ b + b @ a


def bands(kx, ky, gammas, exchange, spin_orbit, m):
    """A, B, C with the band edge at zero."""
    g1, g2, g3 = gammas
    kx, ky = np.asarray(kx, float)[..., None, None], np.asarray(ky, float)[..., None, None]

    def diagonal(i):
        return (g1 + 4 * g2) * np.eye(6) - 6 * g2 * L[i] @ L[i]

    def mixed(i, j):
        return -6 * g3 * anti(L[i], L[j])

    a = C0 * (kx**2 * diagonal(0) + ky**2 * diagonal(1) + kx * ky * mixed(0, 1))
    b = C0 * (kx * mixed(0, 2) + ky * mixed(1, 2))
    atom = sum(-2 * spin_orbit * L[i] @ S[i] + exchange * m[i] * S[i] for i in range(3))
    return a + atom - np.linalg.eigvalsh(atom)[0] * np.eye(6), b, C0 * diagonal(2)


def modes(a, b, c, energy, tol=1e-6):
    """k_z and vectors of the 12 modes, right-going ones first; open
    ones at unit flux; and which are open.
    """
    matrix = np.zeros((*a.shape[:-2], 12, 12), complex)
    inverse = np.linalg.inv(c)
    matrix[..., :6, 6:] = np.eye(6)
    matrix[..., 6:, :6] = -inverse @ (a - energy * np.eye(6))
    matrix[..., 6:, 6:] = -inverse @ b
    k, u = np.linalg.eig(matrix)
    u = u[..., :6, :] / np.linalg.norm(u[..., :6, :], axis=-2, keepdims=True)
    is_open = abs(k.imag) < tol
    same = is_open[..., :, None] & is_open[..., None, :] & (abs(k[..., :, None] - k[..., None, :]) < tol)
    same |= np.eye(12, dtype=bool)
    # Clusters of equal real k_z: orthonormal, with a diagonal flux matrix.
    size, x = np.linalg.eigh(dag(u) @ u * same)
    x = x / np.sqrt(np.maximum(size, 1e-15))[..., None, :] @ dag(x) * same
    flux = (dag(u) @ b @ u + (k.conj()[..., :, None] + k[..., None, :]) * (dag(u) @ c @ u)) * (
        same & is_open[..., None]
    )
    flux = x @ flux @ x
    apart = np.argmax(same, -1) * 10 * (1 + abs(flux).max((-1, -2)))[..., None]
    v = np.linalg.eigh((flux + dag(flux)) / 2 + apart[..., None] * np.eye(12))[1]
    v = v * (abs(v) > 1e-9)
    velocity = np.einsum("...ai,...ab,...bi->...i", v.conj(), flux, v).real
    k, is_open = (
        np.einsum("...a,...ai->...i", k, abs(v) ** 2),
        np.einsum("...a,...ai->...i", is_open, abs(v) ** 2) > 0.5,
    )
    u = u @ x @ v
    right = np.where(is_open, velocity > 0, k.imag > 0)
    assert (right.sum(-1) == 6).all()
    k = np.where(is_open, k.real, k)
    u = u / np.where(is_open, np.sqrt(abs(velocity)), np.linalg.norm(u, axis=-2))[..., None, :]
    order = np.argsort(~right, axis=-1, kind="stable")
    return (
        np.take_along_axis(k, order, -1),
        np.take_along_axis(u, order[..., None, :], -1),
        np.take_along_axis(is_open, order, -1),
    )


def limit(k, u, amplitude, is_open, b, c):
    """Flux of J_z from pairs of open modes with
    equal k_z, summed over the incident modes.
    """
    pair = is_open[..., :, None] & is_open[..., None, :] & (abs(k[..., :, None] - k[..., None, :]) < 1e-6)
    q = dag(u) @ (anti(b, J_Z) / 2) @ u + (k.conj()[..., :, None] + k[..., None, :]) * (dag(u) @ (anti(c, J_Z) / 2) @ u)
    return np.einsum("...ai,...ab,...bi->...", amplitude.conj(), q * pair, amplitude).real


def match(kx, ky, energy, gammas=(6.85, 2.1, 2.9), exchange=0.27, spin_orbit=0.11, m=(0, 0, -1)):
    """Transmission, Q_in and Q_out at each (kx, ky), summed
    over the holes incident from the left.
    """
    a, b, c = bands(kx, ky, gammas, exchange, spin_orbit, m)
    k_l, u_l, open_l = modes(a, b, c, energy)
    k_r, u_r, open_r = modes(bands(kx, ky, gammas, 0.0, spin_orbit, m)[0], b, c, energy)
    full_l, full_r = (np.concatenate([u, b / 2 @ u + c @ u * k[..., None, :]], -2) for k, u in ((k_l, u_l), (k_r, u_r)))
    x = np.linalg.solve(np.concatenate([full_l[..., 6:], -full_r[..., :6]], -1), -full_l[..., :6])
    incident = open_l[..., None, :6]
    x = x * incident
    left = np.concatenate([incident * np.eye(6), x[..., :6, :]], -2)
    return {
        "T": (abs(x[..., 6:, :]) ** 2 * open_r[..., :6, None]).sum((-1, -2)),
        "Q_in": limit(k_l, u_l, left, open_l, b, c),
        "Q_out": limit(k_r[..., :6], u_r[..., :6], x[..., 6:, :], open_r[..., :6], b, c),
    }


def with_velocity(k, u, b, c):
    """psi and (B/2 + C k_z) psi of each mode, one above the other."""
    return np.concatenate([u, b / 2 @ u + c @ u * k[..., None, :]], -2)


def flux_at(operator, psi, k_psi, b, c):
    """Flux of three operators from psi and -i dpsi/dz
    (components, incident modes), (..., 3).
    """
    pairs = [(anti(b, o) / 2 @ psi + 2 * (anti(c, o) / 2) @ k_psi) for o in operator]
    return np.stack([np.einsum("...ai,...ai->...", psi.conj(), x).real for x in pairs], -1)


def match_valve(
    kx,
    ky,
    energy,
    length,
    *,
    thickness=5.0,
    height=0.1,
    angle=90.0,
    exchange=0.27,
    spin_orbit=0.11,
    gammas=(6.85, 2.1, 2.9),
    before=0.0,
    window=(0.5, 1.0),
):
    """The spin valve at each (kx, ky), summed over the
    holes incident from the left at unit flux.

    Left lead (m = x) | barrier, -thickness < z < 0 |
    right lead, m = (cos angle, sin angle, 0).

    Parameters
    ----------
    length : float, nm
        Torques are integrated over 0 < z < length, fluxes go out there.
    before : float, nm
        Fluxes come in at z = -before, in the barrier.
    window : (float, float)
        Part of the length over which a straight line is fitted to the summed torque.

    Returns
    -------
    dict
        T; stt, the torque on the magnetisation of the right layer; Qj and Qs, fluxes of
        J and of spin in minus out; constant, the torque's density at z -> infinity;
        slope, that of the least-squares line in the window; all but T in-plane
        components. And residual: the largest failure of T + R = (open modes).
    """
    turn = np.radians(angle)
    m_r = np.array([np.cos(turn), np.sin(turn), 0.0])
    in_plane = -np.array([np.sin(turn), -np.cos(turn), 0.0])
    a_l, b, c = bands(kx, ky, gammas, exchange, spin_orbit, (1, 0, 0))
    a_b = bands(kx, ky, gammas, 0.0, spin_orbit, m_r)[0] + (energy + height) * np.eye(6)
    a_r = bands(kx, ky, gammas, exchange, spin_orbit, m_r)[0]
    (k_l, u_l, open_l), (k_b, u_b, open_b), (k_r, u_r, open_r) = (modes(a, b, c, energy) for a in (a_l, a_b, a_r))
    assert not open_b.any()
    k_r, u_r, open_r = k_r[..., :6], u_r[..., :6], open_r[..., :6]
    full_l, full_b, full_r = (with_velocity(k, u, b, c) for k, u in ((k_l, u_l), (k_b, u_b), (k_r, u_r)))
    # Barrier modes are 1 at the interface they decay from: the first six at -thickness,
    # the others at 0.
    across = np.exp(1j * k_b * np.where(np.arange(12) < 6, thickness, -thickness))[..., None, :]
    at_left, at_right = full_b.copy(), full_b * across
    at_left[..., 6:], at_right[..., 6:] = (full_b * across)[..., 6:], full_b[..., 6:]
    nothing = np.zeros_like(full_r)
    system = np.concatenate(
        [
            np.concatenate([full_l[..., 6:], -at_left, nothing], -1),
            np.concatenate([nothing, at_right, -full_r], -1),
        ],
        -2,
    )
    x = np.linalg.solve(system, -np.concatenate([full_l[..., :6], nothing], -2)) * open_l[..., None, :6]
    reflected, inside, t = x[..., :6, :], x[..., 6:18, :], x[..., 18:, :]
    transmission = (abs(t) ** 2 * open_r[..., None]).sum((-1, -2))
    kept = transmission + (abs(reflected) ** 2 * open_l[..., 6:, None]).sum((-1, -2))

    spin, total = S, L + S
    # Pairs of modes exp(i (k_n - k_m^*) z) in the right layer.
    q = k_r[..., None, :] - k_r.conj()[..., :, None]
    equal = open_r[..., :, None] & open_r[..., None, :] & (abs(q) < 1e-6)
    safe = np.where(abs(q) < 1e-9, 1.0, q)
    integral = np.where(abs(q) < 1e-9, length, (np.exp(1j * q * length) - 1) / (1j * safe))
    weight = np.einsum("...mi,...ni->...mn", t.conj(), t)
    moment = np.stack([dag(u_r) @ s @ u_r for s in spin], -1)
    # Slope of the line through (exp(iqz) - 1)/iq for a < z < b: 12/h^3, h = b - a,
    # times the integral of (z - (a + b)/2) exp(iqz)/iq, that is 3 (sin x - x cos x)/x^3
    # exp(iq(a + b)/2) with x = qh/2.
    a_w, b_w = length * np.array(window)
    x, first, last = q * (b_w - a_w) / 2, np.exp(1j * q * a_w), np.exp(1j * q * b_w)
    far = np.where(abs(x) < 1e-2, 1.0, x)
    slope = np.where(
        abs(x) < 1e-2,
        (1 - x**2 / 10) * (first + last) / (2 - x**2),
        3 * ((last - first) / 2j - far * (last + first) / 2) / far**3,
    )
    summed, constant, slope = (
        np.einsum("...mn,...mnx->...x", weight * w, moment).real for w in (integral, equal.astype(complex), slope)
    )

    def flux(operator):
        phase = np.exp(1j * k_b * np.where(np.arange(12) < 6, thickness - before, -before))[..., None]
        come_in = flux_at(operator, u_b @ (phase * inside), u_b @ (k_b[..., None] * phase * inside), b, c)
        wave = np.exp(1j * k_r * length)[..., None] * t
        return (come_in - flux_at(operator, u_r @ wave, u_r @ (k_r[..., None] * wave), b, c)) @ in_plane

    return {
        "T": transmission,
        "stt": -exchange * np.cross(m_r, summed) @ in_plane,
        "Qj": flux(total),
        "Qs": flux(spin),
        "constant": -exchange * np.cross(m_r, constant) @ in_plane,
        "slope": -exchange * np.cross(m_r, slope) @ in_plane,
        "residual": abs(kept - open_l[..., :6].sum(-1)).max(),
    }


def halved(integrals, panels, group, tolerance, deepest=18):
    """Sums over groups of the integrals over panels, each panel
    halved until its halves agree with it.

    Parameters
    ----------
    integrals : callable
        integrals(panels (p, columns)) -> (p, components); the first two columns are
        the ends.
    group : (p,) int array
    tolerance : float
        Allowed difference of a panel from its halves, over the largest sum of the
        first component.

    Returns
    -------
    sums, errors : (groups, components)
        The error is the sum of those differences, an upper bound for a rule of high
        order.
    """
    coarse = integrals(panels)
    sums = np.zeros((group.max(initial=-1) + 1, coarse.shape[-1]))
    errors = np.zeros_like(sums)
    first = np.zeros(len(sums))
    np.add.at(first, group, coarse[:, 0])
    allowed = tolerance * first.max(initial=1e-300)
    for depth in range(deepest):
        halves = np.repeat(panels, 2, axis=0)
        halves[::2, 1] = halves[1::2, 0] = panels[:, :2].mean(axis=1)
        fine = integrals(halves).reshape(len(panels), 2, -1)
        change = abs(fine.sum(axis=1) - coarse)
        bad = (change > allowed).any(axis=1) & (depth < deepest - 1)
        np.add.at(sums, group[~bad], fine[~bad].sum(axis=1))
        np.add.at(errors, group[~bad], change[~bad])
        if not bad.any():
            break
        panels, group, coarse = (
            halves[np.repeat(bad, 2)],
            np.repeat(group[bad], 2),
            fine[bad].reshape(-1, sums.shape[1]),
        )
    return sums, errors


def count_open(a, b, c, energy):
    """Number of open modes, half of which go to the right."""
    matrix = np.zeros((*a.shape[:-2], 12, 12), complex)
    inverse = np.linalg.inv(c)
    matrix[..., :6, 6:] = np.eye(6)
    matrix[..., 6:, :6] = -inverse @ (a - energy * np.eye(6))
    matrix[..., 6:, 6:] = -inverse @ b
    return (abs(np.linalg.eigvals(matrix).imag) < 1e-6).sum(-1)


def reach(gammas, energy, n=40):
    """No state lies at an in-plane wavevector above this:
    sqrt(E over the smallest inverse mass).
    """
    phi, theta = np.meshgrid(np.linspace(0, np.pi / 2, n + 1), np.linspace(0, np.pi, 2 * n + 1))
    k_x, k_y, k_z = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)
    a, b, c = bands(k_x, k_y, gammas, 0.0, 0.0, (0, 0, 1))
    k_z = k_z[..., None, None]
    return 1.1 * np.sqrt(energy / np.linalg.eigvalsh(a + b * k_z + c * k_z**2).min())


def thresholds(crystals, energy, angles, far, scan=300):
    """For each angle the radii, from 0 to the edge of the first crystal,
    at which a mode of any opens or closes.
    """
    angles = np.asarray(angles)

    def count(crystal, angle, r):
        return in_chunks(lambda x, y: count_open(*crystal(x, y), energy), r * np.cos(angle), r * np.sin(angle))

    found = [[0.0] for _ in angles]
    edge = np.zeros(len(angles))
    grid = far * (np.arange(scan) + 0.5) / scan
    for n, crystal in enumerate(crystals):
        angle, r = (x.ravel() for x in np.broadcast_arrays(angles[:, None], grid))
        counts = count(crystal, angle, r).reshape(len(angles), scan)
        ray, step = np.nonzero(np.diff(counts, axis=1))
        low, high, below = grid[step], grid[step + 1], counts[ray, step]
        for _ in range(40):
            middle = (low + high) / 2
            same = count(crystal, angles[ray], middle) == below
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        for i, radius in zip(ray, high, strict=True):
            found[i].append(radius)
            edge[i] = max(edge[i], radius) if n == 0 else edge[i]
    return [np.unique([r for r in radii if r <= end]) for radii, end in zip(found, edge, strict=True)]


def in_chunks(function, *columns, size=2000):
    """function(*columns), some thousand rows at a time."""
    parts = [function(*(x[i : i + size] for x in columns)) for i in range(0, len(columns[0]), size)]
    return np.concatenate(parts) if parts else np.zeros(0)


def integrated(values, edges, span, tolerance, order=8):
    """int d^2k values(kx, ky) over the sector 0 < phi <
    span: sums and errors of its components.

    Gauss-Legendre panels in the angle, and along each ray between
    `edges(angles)`, where r goes with sin^2 of the panel's variable (square roots
    at both ends). Panels of both kinds are halved where they err: kinks in the
    angle, where thresholds meet, need no search.
    """
    x, w = np.polynomial.legendre.leggauss(order)
    x, w = (x + 1) / 2, w / 2

    def along_rays(panels):
        t_0, t_1, r_0, r_1, phi = (column[:, None] for column in panels.T)
        t = t_0 + (t_1 - t_0) * x
        r = r_0 + (r_1 - r_0) * np.sin(t) ** 2
        weight = w * (t_1 - t_0) * r * (r_1 - r_0) * np.sin(2 * t)
        phi = phi + 0 * t
        one = in_chunks(values, (r * np.cos(phi)).ravel(), (r * np.sin(phi)).ravel())
        return np.einsum("pn,pnc->pc", weight, one.reshape(*t.shape, -1))

    def over_angles(panels):
        phi = panels[:, :1] + (panels[:, 1:2] - panels[:, :1]) * x
        rays = [
            (0.0, np.pi / 2, *piece, angle, i)
            for i, (angle, radii) in enumerate(zip(phi.ravel(), edges(phi.ravel()), strict=True))
            for piece in pairwise(radii)
        ]
        rays = np.array(rays)
        sums, errors = halved(along_rays, rays[:, :5], rays[:, 5].astype(int), tolerance / 10)
        both = np.concatenate([sums, errors], axis=1).reshape(*phi.shape, -1)
        return np.einsum("pn,pnc->pc", w * (panels[:, 1:2] - panels[:, :1]), both)

    cuts = np.linspace(0, span, max(2, round(span / (np.pi / 2)) + 1))
    panels = np.array(list(pairwise(cuts)))
    sums, errors = halved(over_angles, panels, np.zeros(len(panels), int), tolerance)
    n = sums.shape[1] // 2
    return sums[0, :n], errors[0, :n] + sums[0, n:]


def per_particle(names, sums, errors):
    """{name: (value, error)} of all components but the first, over the first."""
    ratio = sums[1:] / sums[0]
    error = (errors[1:] + abs(ratio) * errors[0]) / sums[0]
    return {name: (float(r), float(e)) for name, r, e in zip(names, ratio, error, strict=True)}


def wire(energy=0.06, *, gamma1=6.85, gamma2=2.1, gamma3=2.9, exchange=0.27, spin_orbit=0.11, tolerance=1e-4):
    """GaMnAs | GaAs, m = -z, holes from the left:
    {"Q_in", "Q_out": (value, error)}, hbar I/e.

    M along z leaves the fourfold axis, so that a quarter of the plane is enough.
    """
    gammas = gamma1, gamma2, gamma3
    crystals = [lambda x, y, d=d: bands(x, y, gammas, d, spin_orbit, (0, 0, -1)) for d in (exchange, 0.0)]
    far = reach(gammas, energy)

    def values(k_x, k_y):
        found = match(k_x, k_y, energy, gammas, exchange, spin_orbit)
        return np.stack([found[name] for name in ("T", "Q_in", "Q_out")], axis=-1)

    total = integrated(values, lambda angles: thresholds(crystals, energy, angles, far), np.pi / 2, tolerance)
    return per_particle(("Q_in", "Q_out"), *total)


def valve(energy=0.16, *, length=30.0, angle=90.0, tolerance=1e-3, **given):
    """The spin valve of `match_valve`, holes from
    the left, in-plane components, hbar I/e.

    Returns
    -------
    dict of (value, error)
        stt, Qj, Qs; persistent and persistent_limit: slope and constant times the
        length.
    """
    crystal = given.get("gammas", (6.85, 2.1, 2.9)), given.get("exchange", 0.27), given.get("spin_orbit", 0.11)
    turn = np.radians(angle)
    crystals = [lambda x, y, m=m: bands(x, y, *crystal, m) for m in ((1, 0, 0), (np.cos(turn), np.sin(turn), 0))]
    far = reach(crystal[0], energy)

    def values(k_x, k_y):
        found = match_valve(k_x, k_y, energy, length, angle=angle, **given)
        assert found["residual"] < 1e-6
        scaled = found | {name: length * found[name] for name in ("slope", "constant")}
        return np.stack([scaled[name] for name in ("T", "stt", "Qj", "Qs", "slope", "constant")], axis=-1)

    total = integrated(values, lambda angles: thresholds(crystals, energy, angles, far), 2 * np.pi, tolerance)
    return per_particle(("stt", "Qj", "Qs", "persistent", "persistent_limit"), *total)


WIRE = (
    (0.06, {}, 1.110128, 0.480052),
    (0.03, {}, 1.186634, 0.689852),
    (0.06, {"gamma2": 2.4, "gamma3": 2.4}, 1.084968, 0.676472),
    (0.06, {"gamma1": 7, "gamma2": 2.5, "gamma3": 2.5}, 1.082715, 0.649245),
    (0.06, {"exchange": 0.15}, 1.028701, 0.405836),
    (0.12, {}, 0.5689, 0.4622),
)
"""What the project quotes: Fermi energy (eV),
other parameters, Q_in, Q_out (hbar I/e).
"""
VALVE = (
    (5.0, {"Qj": 0.386, "stt": 0.995, "persistent": 0.455, "persistent_limit": 0.441}),
    (1.0, {"Qj": 0.775}),
)
"""The same for the valve of 30 nm: thickness
of the barrier (nm), in-plane components.
"""


def main():
    """Print what the project quotes beside what comes out, with its error."""
    print(f"{'':44s} {'quoted':>10s} {'computed':>11s} {'error':>8s}")

    def show(device, quoted, found):
        for name, value in quoted.items():
            computed, error = found[name]
            print(f"{device:27s} {name:16s} {value:10.7g} {computed:11.7f} {error:8.0e}", flush=True)

    for energy, given, q_in, q_out in WIRE:
        parts = [f"{energy} eV", *(f"{name} {value:g}" for name, value in given.items())]
        show(", ".join(["wire", *parts]), {"Q_in": q_in, "Q_out": q_out}, wire(energy, **given))
    for thickness, quoted in VALVE:
        show(f"valve, {thickness:g} nm", quoted, valve(thickness=thickness))


if __name__ == "__main__":
    main()
