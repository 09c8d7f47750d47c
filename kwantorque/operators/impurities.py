"""What randomly oriented impurities do to the spin in second order, exactly.

An impurity H' = g tau (x) e.sigma acts on a few amplitudes phi_a of the states (psi at
its site; D_x psi, D_y psi), tau a Hermitian matrix between these. Averaged over the
directions e, its source of spin i<[H', sigma]> is in second order, on any lattice and
with any texture,

    T = -(4 pi/3) g^2 sum_ab [nu'_ab s_ba - m'_ab rho_ba],    x' = tau x tau,

with the spectral densities of charge and spin, nu_ab = sum over all states at the
energy of phi+_b phi_a and m_ab = phi+_b sigma phi_a, and rho, s those of the
non-equilibrium states. For a spin impurity (tau = 1, g = v) this is
-(4 pi/3) v^2 [nu s - m rho].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..algebra import SIGMA

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["charge_and_spin", "second_order_source"]


def charge_and_spin(phi: ArrayLike, weights: ArrayLike) -> tuple[NDArray, NDArray]:
    """Charge and spin of amplitudes: sum_m w_m phi+_b phi_a, and with sigma between.

    Parameters
    ----------
    phi : (n_states, n, c, 2) array
        c amplitudes with spin up and down at each of n impurities.
    weights : (n_states,) array

    Returns
    -------
    (n, c, c) and (n, 3, c, c) arrays
        Components x, y, z of sigma.

    Examples
    --------
    >>> import numpy as np
    >>> from kwantorque.operators.impurities import charge_and_spin
    >>> charge, spin = charge_and_spin(np.array([[[[1.0, 0.0]]]]), [0.5])
    >>> charge.real.tolist(), spin[0, :, 0, 0].real.tolist()
    ([[[0.5]]], [0.0, 0.0, 0.5])
    """
    phi = np.asarray(phi)
    matrix = np.einsum("m,mias,mibt->iasbt", np.asarray(weights), phi, phi.conj())
    return np.einsum("iasbs->iab", matrix), np.einsum("kts,iasbt->ikab", SIGMA, matrix)


def second_order_source(
    spectral: tuple[NDArray, NDArray], response: tuple[NDArray, NDArray], tau: ArrayLike
) -> NDArray:
    """Source of spin of impurities H' = tau e.sigma, averaged over e, in second order.

    Parameters
    ----------
    spectral, response : pairs of arrays as `charge_and_spin` returns
        (nu, m), of all states at the energy, per energy; (rho, s), of the states that
        carry the current.
    tau : (c, c) Hermitian array
        With its strength.

    Returns
    -------
    (n, 3) array
        Of sigma, hence in hbar/2, components x, y, z.

    References
    ----------
    Tatara and Entel, Phys. Rev. B 78, 064429 (2008): eq. 9 and 10, before the adiabatic
    limit is taken.

    Examples
    --------
    A spin along x at a site with 0.2 states per energy and no spin of its own:

    >>> import numpy as np
    >>> from kwantorque.operators.impurities import second_order_source
    >>> charge, none = np.full((1, 1, 1), 0.2), np.zeros((1, 3, 1, 1))
    >>> spin = none.copy()
    >>> spin[0, 0] = 1.0
    >>> source = second_order_source((charge, none), (charge, spin), [[0.1]])
    >>> bool(np.allclose(source, [[-4 * np.pi / 3 * 0.1**2 * 0.2, 0, 0]]))
    True
    """
    tau = np.asarray(tau)
    (nu, m), (rho, s) = spectral, response
    of_spin = np.einsum("iab,ikba->ik", tau @ nu @ tau, s)
    of_charge = np.einsum("ikab,iba->ik", tau @ m @ tau, rho)
    return -4 * np.pi / 3 * (of_spin - of_charge).real
