"""Response of the clean Rashba ferromagnet at T = 0: interband and intraband, force.

Per eE, electrons of charge q = -e (hbar = 1, s = <sigma>, f_n the occupation of band n,
n_ = h/|h|, d along the field):

    interband   s = -(1/2) sum (f_+ - f_-) (dh x n_)/h^2     finite without scattering
    intraband   s = -tau   sum (f_+ - f_-) dn_                   proportional to tau
    torque      J M x s on the magnetisation

    force       m d/dt of the velocity that spin-orbit coupling adds
    conductivity   tau sum over the Fermi lines of v_i v_j
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ..integration.lines import FermiSea
    from .sheet import RashbaSheet

__all__ = ["clean_torques", "conductivity", "delta_conductivity", "densities", "spin_force"]


def clean_torques(sheet: RashbaSheet, sea: FermiSea, field: ArrayLike) -> tuple[NDArray, NDArray]:
    """Torque on the magnetisation per eE, interband, and per eE tau/hbar, intraband.

    Parameters
    ----------
    sheet : RashbaSheet
    sea : FermiSea
    field : (2,) array
        Direction of the electric field.

    Returns
    -------
    interband (3,), 1/nm; intraband (3,), eV/nm

    References
    ----------
    Kurebayashi et al., Nat. Nanotechnol. 9, 211 (2014), for the interband part; Manchon
    & Zhang, Phys. Rev. B 78, 212405 (2008), for the intraband one.

    Examples
    --------
    With both bands occupied alpha/(4 pi c), as long as alpha k_F < J:

    >>> from kwantorque.bulk.clean import clean_torques
    >>> from kwantorque.bulk.sheet import RashbaSheet
    >>> sheet = RashbaSheet(0.05, 0.5, "x")
    >>> interband, _ = clean_torques(sheet, sheet.sea(1.0, 64, 24), [1.0, 0.0])
    >>> bool(abs(interband[1] - 0.05 / (4 * np.pi * sheet.curvature)) < 1e-8)
    True
    """
    h, (_, slopes) = sheet.vector(sea.k), sheet.slopes(sea.k)
    size = np.linalg.norm(h, axis=-1, keepdims=True)
    unit, slope = h / size, np.einsum("i,kia->ka", np.asarray(field, float), slopes)
    signed = (sea.weight * sea.band)[:, None]
    interband = -(signed * np.cross(slope, unit) / size**2).sum(axis=0) / 2
    turned = slope - unit * (unit * slope).sum(axis=-1, keepdims=True)
    intraband = -(signed * turned / size).sum(axis=0)
    return tuple(sheet.exchange * np.cross(sheet.m, one) for one in (interband, intraband))


def densities(sea: FermiSea) -> tuple[float, float]:
    """Electrons per area, 1/nm^2, and their polarisation (n_maj - n_min)/n.

    Examples
    --------
    >>> from kwantorque.bulk.clean import densities
    >>> from kwantorque.bulk.sheet import RashbaSheet
    >>> sheet = RashbaSheet(1e-9, 1.0, "x")
    >>> density, polarisation = densities(sheet.sea(0.0, 16, 8))
    >>> round(density * 4 * np.pi * sheet.curvature, 6), polarisation
    (1.0, 1.0)
    """
    density = float(sea.weight.sum())
    return density, float(-(sea.weight * sea.band).sum() / density)


def conductivity(sheet: RashbaSheet, energy: float, rays: int) -> NDArray:
    """sum over the Fermi lines of v_i v_j, (2, 2), eV: over e^2 tau/hbar^2.

    At constant relaxation time.

    Examples
    --------
    Of free electrons 2 c n:

    >>> from kwantorque.bulk.clean import conductivity
    >>> from kwantorque.bulk.sheet import RashbaSheet
    >>> sigma = conductivity(RashbaSheet(1e-9, 1.0, "x"), 0.0, 16)
    >>> (2 * np.pi * sigma).round(6) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    lines = sheet.lines(energy, rays)
    v = sheet.velocity(lines.k, lines.band)
    return np.einsum("k,ki,kj->ij", lines.weight, v, v)


def delta_conductivity(sheet: RashbaSheet, energy: float, rays: int, field: ArrayLike) -> float:
    """Conductivity along a field with isotropic delta scatterers, in its own unit.

    The Boltzmann equation on both Fermi lines, scattering-in included,

        v.E = sum over k' of W(k, k') (g - g'),       W = |<k|k'>|^2 = (1 + S.S')/2,

    is one of the four moments of g with 1 and S: solved exactly.

    Parameters
    ----------
    sheet : RashbaSheet
    energy : float, eV
    rays : int
    field : (2,) array

    References
    ----------
    Trushin et al., Phys. Rev. B 80, 134405 (2009).

    Examples
    --------
    No anisotropy with both bands occupied:

    >>> from kwantorque.bulk.clean import delta_conductivity
    >>> from kwantorque.bulk.sheet import RashbaSheet
    >>> sheet = RashbaSheet(0.05, 0.5, "x")
    >>> x, y = (delta_conductivity(sheet, 1.0, 64, e) for e in np.eye(2))
    >>> bool(abs(y / x - 1) < 1e-9)
    True
    """
    lines = sheet.lines(energy, rays)
    h = sheet.vector(lines.k)
    spin = lines.band[:, None] * h / np.linalg.norm(h, axis=-1, keepdims=True)
    moments = np.concatenate([np.ones((len(spin), 1)), spin], axis=1)
    v = sheet.velocity(lines.k, lines.band) @ np.asarray(field, float)
    rate = moments @ (lines.weight @ moments) / 2
    # g = (v + moments.a/2)/rate with a = sum of moments g; a constant g relaxes not.
    of_field = moments.T @ (lines.weight * v / rate)
    back = moments.T @ ((lines.weight / rate)[:, None] * moments) / 2
    a = np.linalg.lstsq(np.eye(4) - back, of_field, rcond=1e-10)[0]
    return float(lines.weight @ (v * (v + moments @ a / 2) / rate))


def spin_force(sheet: RashbaSheet, energy: float, rays: int, nodes: int, field: ArrayLike) -> float:
    """Force of the spin-orbit coupling on an electron, over eE, along the field.

        F = m d/dt <v_SO> = q E.(D - D_e)/(2c n),    D = sum f d2 energy/dk2

    per electron, q = -e; D_e = 2cn is that of e(k) alone.

    Parameters
    ----------
    sheet : RashbaSheet
    energy : float, eV
    rays, nodes : int
    field : (2,) array

    References
    ----------
    Ho, Tan, Shen & Jalil, eq. 12 to 14, with the factor m that eq. 12 lacks and the
    sign of the majority.

    Examples
    --------
    -eta P times q = -e with M along the field, eta = alpha^2/(2 c J), to leading order:

    >>> from kwantorque.bulk.clean import spin_force
    >>> from kwantorque.bulk.sheet import RashbaSheet
    >>> force = spin_force(RashbaSheet(1e-3, 1.0, "x"), 0.0, 32, 12, [1.0, 0.0])
    >>> round(force * 2 * 0.0380998 / 1e-6, 3)
    1.0
    """
    field = np.asarray(field, float)
    sea = sheet.sea(energy, rays, nodes)
    bare = sea.weight @ (sheet.scalar_curvatures(sea.k) @ field**2)
    whole = field @ conductivity(sheet, energy, rays) @ field
    return float(-(whole - bare) / (2 * sheet.curvature * densities(sea)[0]))
