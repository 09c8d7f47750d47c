"""A second opinion on the wire: continuum mode matching at one interface, no lattice, nothing shared with kwantorque.

H(k) = A + B k_z + C k_z^2 on either side of z = 0; psi and (B/2 + C k_z) psi are continuous. 6-band holes, eV, nm.
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
