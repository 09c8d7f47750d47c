"""Kohn-Luttinger holes of a strained crystal: GaMnAs grown on GaAs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import named
from .luttinger import KohnLuttinger
from .polynomial import Polynomial

__all__ = ["StrainedKohnLuttinger"]


@named
@dataclass(frozen=True)
class StrainedKohnLuttinger(KohnLuttinger):
    """`KohnLuttinger` under strain along the cubic axes, in hole energies.

        H = that of KohnLuttinger
            + 3 b sum_i (L_i^2 - L^2/3) eps_ii                             strain
            + C4 [J_x k_x (eps_yy - eps_zz) + J_y k_y (eps_zz - eps_xx)
                  + J_z k_z (eps_xx - eps_yy)],       J = L + s            strain

    The second line splits heavy and light holes and is even in k. The last one is odd
    in k: a crystal of zincblende has no inversion centre, and under strain holes feel
    it. Without this term, a field polarises no spins of a uniform crystal. In the
    J = 3/2 quartet both are the terms of the literature; J = L + s goes on with the
    second one to the split-off band. Shear is left out.

    Parameters
    ----------
    exchange, spin_orbit, gamma1, gamma2, gamma3, band_edge
        As of `KohnLuttinger`.
    strain_xx, strain_yy, strain_zz : float
        eps_ii; a layer that is compressed in the plane has eps_xx = eps_yy < 0 and
        eps_zz > 0.
    c4 : float, eV nm
        0.5 is the size found for GaAs: look up yours. Its sign is that of the hole
        energy, and turns round where the axes of the crystal are turned by 90 degrees
        about z.
    b : float, eV
        Uniaxial deformation potential; -2 of GaAs: compressed in the plane, heavy holes
        come first.

    Raises
    ------
    InputError
        A parameter is not a finite number, or the bands bend down in some direction.

    References
    ----------
    Bir & Pikus, Symmetry and Strain-Induced Effects in Semiconductors (1974); Bernevig
    & Vafek, Phys. Rev. B 72, 033203 (2005); Chernyshov et al., Nat. Phys. 5, 656
    (2009); Kurebayashi et al., Nat. Nanotechnol. 9, 211 (2014); b: Vurgaftman et al.,
    J. Appl. Phys. 89, 5815 (2001).

    Examples
    --------
    >>> import kwantorque as kt
    >>> flat = {"strain_xx": -0.002, "strain_yy": -0.002, "strain_zz": 0.002}
    >>> gamnas = kt.StrainedKohnLuttinger(exchange=0.27, **flat)
    >>> [term.name for term in gamnas.terms([1, 0, 0])]
    ['kinetic', 'spin_orbit', 'strain', 'exchange', 'potential']
    >>> kt.StrainedKohnLuttinger(c4="large")
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `c4` must be a number, got 'large'
    """

    strain_xx: float = 0.0
    strain_yy: float = 0.0
    strain_zz: float = 0.0
    c4: float = 0.5
    b: float = -2.0

    def _further_terms(self) -> tuple[Polynomial, ...]:
        strain, orbital = np.array([self.strain_xx, self.strain_yy, self.strain_zz]), self.orbital
        squares = orbital @ orbital
        constant = 3 * self.b * np.einsum("i,iab->ab", strain, squares - squares.sum(axis=0) / 3)
        # (yy - zz, zz - xx, xx - yy)
        differences = np.roll(strain, -1) - np.roll(strain, -2)
        return (Polynomial("strain", "lattice", constant, self.c4 * differences[:, None, None] * self.total),)
