"""A second opinion on wire and spin valve: continuum mode matching, no lattice, nothing shared with kwantorque.

H(k) = A + B k_z + C k_z^2 in each layer; psi and (B/2 + C k_z) psi are continuous. 6-band holes, eV, nm.
Written from the formulas of Haney & Stiles with -alpha L.sigma, independently of the package.
"""

import numpy as np

C0 = 0.0380998212  # hbar^2/2m0, eV nm^2
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
    """k_z and vectors of the 12 modes, right-going ones first; open ones at unit flux; and which are open."""
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
    """Flux of J_z from pairs of open modes with equal k_z, summed over the incident modes."""
    pair = is_open[..., :, None] & is_open[..., None, :] & (abs(k[..., :, None] - k[..., None, :]) < 1e-6)
    q = dag(u) @ (anti(b, J_Z) / 2) @ u + (k.conj()[..., :, None] + k[..., None, :]) * (dag(u) @ (anti(c, J_Z) / 2) @ u)
    return np.einsum("...ai,...ab,...bi->...", amplitude.conj(), q * pair, amplitude).real


def match(kx, ky, energy, gammas=(6.85, 2.1, 2.9), exchange=0.27, spin_orbit=0.11, m=(0, 0, -1)):
    """Transmission, Q_in and Q_out at each (kx, ky), summed over the holes incident from the left."""
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
    """Flux of three operators from psi and -i dpsi/dz (components, incident modes), (..., 3)."""
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
):
    """The spin valve at each (kx, ky), summed over the holes incident from the left at unit flux.

    Left lead (m = x) | barrier, -thickness < z < 0 | right lead, m = (cos angle, sin angle, 0).

    Parameters
    ----------
    length : float, nm
        Torques are integrated over 0 < z < length, fluxes go out there.
    before : float, nm
        Fluxes come in at z = -before, in the barrier.

    Returns
    -------
    dict
        T; stt, the torque on the magnetisation of the right layer; Qj and Qs, fluxes of J and of spin in minus out;
        constant, the torque's density at z -> infinity; all but T in-plane components. And residual: the largest
        failure of T + R = (open modes).
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
    # Barrier modes are 1 at the interface they decay from: the first six at -thickness, the others at 0.
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
    summed, constant = (
        np.einsum("...mn,...mnx->...x", weight * w, moment).real for w in (integral, equal.astype(complex))
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
        "residual": abs(kept - open_l[..., :6].sum(-1)).max(),
    }
