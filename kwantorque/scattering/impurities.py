"""Scattering states with point impurities, from those without: Dyson's equation.

The impurities H' = B^+ U B touch few amplitudes B psi. With the states psi_0 and the
retarded Green function G_0 of the system without them,

    psi = psi_0 + G_0 B^+ U (1 - g U)^-1 B psi_0,        g = B G_0 B^+,

which is exact. Kwant solves the clean system once; a choice of U then costs a matrix of
the size of g, and not a system.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array, csr_array, identity
from scipy.sparse.linalg import splu

from ..errors import ComputationError, InputError
from ..structures.kwant_builder import load_kwant

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import sparray

__all__ = ["ImpurityStates"]


class ImpurityStates:
    """Scattering states of a Kwant system with impurities that are given later.

    Sites are in Kwant's order, all with the same number of orbitals.

    Parameters
    ----------
    system : finalised Kwant system
        Without the impurities.
    energy : float
    projector : (channels n, n_sites n) sparse array
        B: on what amplitudes they act, n orbitals each.
    params : dict, optional
        Parameters of the system.

    Attributes
    ----------
    clean : (n_modes, n_sites, n) array
        psi_0 of all incoming modes of all leads, at unit flux.
    lead : (n_modes,) int array
        The lead from which each mode comes.
    green : (channels, n, channels, n) array
        g.

    Raises
    ------
    InputError
        No mode at this energy.
    ComputationError
        Kwant finds no states.

    Examples
    --------
    Nothing is scattered by impurities of no strength:

    >>> import numpy as np
    >>> import kwantorque as kt
    >>> from kwantorque.scattering.impurities import ImpurityStates
    >>> system = kt.build_strip(kt.Strip(length=3)).finalized()
    >>> first = np.eye(2, 2 * len(system.sites))
    >>> states = ImpurityStates(system, 1.0, first, {"exchange": 0.3})
    >>> bool(np.array_equal(states.with_coupling(np.zeros((1, 2, 1, 2))), states.clean))
    True
    """

    def __init__(
        self,
        system: Any,
        energy: float,
        projector: ArrayLike | sparray,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        projector = csc_array(projector, dtype=complex)
        try:
            wave_function = load_kwant().solvers.sparse.wave_function(system, energy, params=params)
            modes = [wave_function(i) for i in range(len(system.leads))]
            inverse = _inverse_green(system, energy, params)
        except (RuntimeError, np.linalg.LinAlgError) as error:
            raise ComputationError(
                f"Kwant finds no states at the energy {energy:g} ({error}): is it the edge of a band? Move it a little"
            ) from None
        if not sum(map(len, modes)):
            raise InputError(f"`energy` must lie in a band of a lead; at {energy:g} there is no mode")
        self.clean = np.concatenate(modes).reshape(-1, len(system.sites), inverse.shape[0] // len(system.sites))
        self.lead = np.repeat(np.arange(len(modes)), [len(one) for one in modes])
        n = self.clean.shape[2]
        size = (projector.shape[0] // n, n)
        # All columns of G_0 that the impurities reach, at once.
        reached = projector.conj().T.toarray()
        self._columns = splu(inverse).solve(reached) if size[0] else reached
        self._seen = np.asarray(projector @ self.clean.reshape(len(self.clean), -1).T)
        self.green = np.reshape(projector @ self._columns, size * 2)

    def reordered(self, order: NDArray) -> ImpurityStates:
        """The same with sites in another order: site i is Kwant's site order[i]."""
        other = copy(self)
        other.clean = self.clean[:, order]
        states = np.add.outer(self.clean.shape[2] * np.asarray(order), np.arange(self.clean.shape[2])).ravel()
        other._columns = self._columns[states]
        return other

    @property
    def seen(self) -> NDArray:
        """B psi_0: the amplitudes of the clean states, (n_modes, channels, n)."""
        return self._seen.T.reshape(len(self.clean), -1, self.clean.shape[2])

    def with_coupling(self, coupling: NDArray) -> NDArray:
        """The states with impurities.

        Parameters
        ----------
        coupling : (channels, n, channels, n) array
            U.

        Returns
        -------
        (n_modes, n_sites, n) array

        Raises
        ------
        ComputationError
            There are no states: 1 - g U cannot be inverted.
        """
        size = len(self._seen)
        # An impurity couples its own amplitudes only.
        u, g = csr_array(np.reshape(coupling, (size, size))), self.green.reshape(size, size)
        try:
            change = self._columns @ (u @ np.linalg.solve(np.eye(size) - g @ u, self._seen))
        except np.linalg.LinAlgError:
            raise ComputationError("the impurities bind a state at this very energy: move it a little") from None
        return self.clean + change.T.reshape(self.clean.shape)


def _inverse_green(system, energy, params):
    """E - H - sum of the self-energies of all leads, sparse."""
    hamiltonian = csc_array(system.hamiltonian_submatrix(params=params, sparse=True))
    n = hamiltonian.shape[0] // len(system.sites)
    rows, columns, values = [], [], []
    for lead, interface in zip(system.leads, system.lead_interfaces, strict=True):
        self_energy = lead.selfenergy(energy, params=params)
        states = (n * np.asarray(interface)[:, None] + np.arange(n)).ravel()
        rows.append(np.repeat(states, len(states)))
        columns.append(np.tile(states, len(states)))
        values.append(self_energy.ravel())
    where = np.concatenate(rows), np.concatenate(columns)
    leads = csc_array((np.concatenate(values), where), shape=hamiltonian.shape)
    return csc_array(energy * identity(hamiltonian.shape[0]) - hamiltonian - leads)
