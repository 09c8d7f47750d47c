"""What each named term of the Hamiltonian gives to the carriers' spin and orbital angular momentum.

For a term t and O in {s_i, L_i}, at a site and on a bond,

    T_j^t = 2 Im psi_j^+ O h_j^t psi_j                       on-site part
    B_j^t = 2 Im psi_{j+1}^+ [O, V_j^{t+}] psi_j             bond part, half to each end
    torque of t at site j = T_j^t + (B_j^t + B_{j-1}^t)/2

Both are *gains of the carriers*. The torque a term exerts on its partner (the magnetisation, the lattice) is minus
that; `physical_torques` is where this sign is. `kwant.operator.Source` is sum_t T_j^t; it misses the bonds,
where most of the torque of a k.p term is. J_ab + J_ba of `kwant.operator.Current` is sum_t B_j^t.
"""

import numpy as np

from ..algebra import commutator, dagger

__all__ = ["bond_operators", "onsite_operators", "physical_torques"]


def onsite_operators(chain):
    """{term: operators of T^t for s_x, s_y, s_z, L_x, L_y, L_z}, each (nk or 1, n_kinds, 6, n, n); zero terms left
    out.
    """
    kept = _not_numbers(chain.onsite)
    operators = {name: -1j * _commutators(chain, block) for name, block in kept.items()}
    return _nonzero(operators, chain.onsite)


def bond_operators(chain):
    """{term: operators of B^t for s_x, s_y, s_z, L_x, L_y, L_z}, each (nk or 1, n_kinds, 6, n, n); zero terms left
    out.
    """
    kept = _not_numbers(chain.hopping)
    operators = {name: -2j * _commutators(chain, dagger(block)) for name, block in kept.items()}
    return _nonzero(operators, chain.hopping)


def _commutators(chain, block):
    """[O, block] of s and L, (nk or 1, n_kinds, 6, n, n); those of L = 0 are not worked out."""
    has_orbital = bool(chain.orbital.any())
    found = commutator(np.concatenate([chain.spin, chain.orbital]) if has_orbital else chain.spin, block[:, :, None])
    return found if has_orbital else np.concatenate([found, np.zeros_like(found)], axis=2)


def _not_numbers(blocks):
    """Leave out terms that are a number times the identity everywhere."""
    return {
        name: block
        for name, block in blocks.items()
        if not np.array_equal(block, block[..., :1, :1] * np.eye(block.shape[-1]))
    }


def _nonzero(operators, blocks):
    """Leave out the operators of terms that commute with spin and orbital moment."""
    return {
        name: operator
        for name, operator in operators.items()
        if np.abs(operator).max() > 1e-14 * np.abs(blocks[name]).max(initial=0)
    }


def physical_torques(gains, partner, shape):
    """Exchange, spin-orbit and lattice torque from the carriers' gains.

    Parameters
    ----------
    gains : dict from term name to (..., 6) array, gain of s and of L
    partner : dict from term name to who receives what the term takes (see `Term`)
    shape : tuple
        The leading dimensions, for the torques that no term exerts.

    Returns
    -------
    dict of (..., 3) arrays, components x, y, z
        exchange_torque
            on the magnetisation: minus what the exchange terms give to the carriers; for H_ex = Delta m.s it is
            -Delta m x s.
        lattice_torque
            on the lattice: minus what the crystal's terms (k.p, potential, Rashba) give to the carriers' L + s.
        orbital_to_spin_torque
            on the carriers' *spin* by atomic spin-orbit coupling, which takes the same from their orbital moment.
    """
    torques = {name: np.zeros((*shape, 3)) for name in ("exchange_torque", "lattice_torque", "orbital_to_spin_torque")}
    for name, gain in gains.items():
        of_spin, of_orbital = gain[..., :3], gain[..., 3:]
        if partner[name] == "carriers":
            torques["orbital_to_spin_torque"] += of_spin
        else:
            key = "exchange_torque" if partner[name] == "magnetisation" else "lattice_torque"
            torques[key] -= of_spin + of_orbital
    return torques
