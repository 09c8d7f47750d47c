"""Prepared systems of layers between two leads: a stack, its lattice, its quality."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kwantorque.errors import InputError
from kwantorque.results import Estimate, extrapolate, per_current
from kwantorque.results.extrapolation import require_whole_lengths
from kwantorque.spectrum.channels import require_channels
from kwantorque.structures.stack import Stack
from kwantorque.systems.base import System
from kwantorque.systems.runs import Memory
from kwantorque.transport import Numerics, torques

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike

__all__ = [
    "EQUILIBRIUM",
    "LayeredSystem",
    "current_of",
    "in_unit",
    "per_current_torques",
    "shared_key",
]

SHARE_OF_EACH = 0.6
"""Part of the tolerance for either of two runs: (4 fine - coarse)/3 still meets it."""


WITH_EACH = "--each refines until it is"
"""What helps where a result is known less well than the largest."""
LIMIT = "it stopped at the limit of what it may refine"
"""What is said where that was tried."""
EQUILIBRIUM = Memory()
"""Results without bias, which all points of a sweep over the bias share."""


@dataclass(frozen=True, repr=False)
class LayeredSystem(System):
    """A device of layers, with a lattice spacing and an integral over k_par.

    What `System` has, and

    Parameters
    ----------
    stack : callable
        stack(parameters) -> Stack, from a dict of all parameters.
    resolved : callable, optional
        resolved(parameters, k_par, solver) -> Dataset of the same results at each
        k_par.
    at_one_k : bool
        Nothing is integrated over k_par: all errors are rounding.

    Examples
    --------
    >>> import kwantorque as kt
    >>> wire = kt.systems.find("gamnas-gaas-wire")
    >>> parameters = wire.complete({"fm_length": 2.0, "nm_length": 3.0})
    >>> [layer.name for layer in wire.stack(parameters).layers]
    ['GaMnAs', 'GaAs']
    >>> wire.check(parameters | {"fermi_energy": -2.0})
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: energy must lie in a band of both leads, but ...
    """

    stack: Callable[[Mapping[str, Any]], Stack] = field(kw_only=True)
    resolved: Callable | None = field(default=None, repr=False, kw_only=True)
    at_one_k: bool = field(default=False, kw_only=True)

    @property
    def error_word(self) -> str:
        """Where its errors come from: the k integral, if there is one."""
        return "rounding" if self.at_one_k else "k error"

    def check(self, parameters: Mapping[str, Any], to_zero_spacing: bool = False) -> None:
        """Build the stack and look for open channels.

        Raises
        ------
        InputError
            No stack can be built of these parameters, a lead has no open channel, or a
            length is no whole multiple of the spacing and results are to be
            extrapolated.
        """
        stack = self.stack(parameters)
        # Systems without a parameter of this name count energies from the Fermi energy.
        require_channels(stack, parameters.get("fermi_energy", 0.0))
        if to_zero_spacing:
            require_whole_lengths(stack.rounding)

    def _way(self, to_zero_spacing):
        return self._extrapolated if to_zero_spacing else self._only

    def _extrapolated(self, values, numerics, asked):
        """All results at the spacing, half of it and, if need be, a quarter."""
        share = numerics.but(tolerance=numerics.tolerance * SHARE_OF_EACH)
        data = extrapolate(lambda a: self._only({**values, "spacing": a}, share, asked), values["spacing"])
        return data.assign_attrs(tolerance=numerics.tolerance)

    def resolve(self, k_par: ArrayLike, *, solver: Any = None, **given: Any) -> xr.Dataset:
        """What every in-plane wavevector contributes to the results.

        Parameters
        ----------
        k_par : (nk, 2) array, 1/nm
            `kwantorque.k_grid` makes one that covers all open channels.
        solver : Solver, optional
            As in `kwantorque.torques_at`.
        given : parameters of the system by name

        Returns
        -------
        xarray.Dataset
            Dimension k, normalised so that the mean over an equidistant grid is the
            result of `run`.

        Raises
        ------
        InputError
            The system has no such results, or as `check` and `kwantorque.torques_at`
            do.
        """
        if self.resolved is None:
            raise InputError(f"{self.name} has no results resolved in k")
        values = self.complete(given)
        self.check(values)
        data = self.resolved(values, k_par, solver)
        given = json.dumps(values, sort_keys=True)
        return data.assign_attrs(system=self.name, parameters=given, title=self.title(values))

    def missed(self, data: xr.Dataset) -> dict[str, float]:
        """Results whose k error, relative to themselves, is above the tolerance.

        With the criterion "largest" the integration goes on until the error is small
        relative to the current, or to the largest of what it adds up; a result that is
        much smaller is then known less well.

        Returns
        -------
        dict
            Their errors by their names, see `relative_errors`.

        Examples
        --------
        >>> import kwantorque as kt
        >>> filtered = kt.systems.find("spin-filter")
        >>> filtered.missed(filtered.run(progress=False))
        {}
        """
        tolerance = data.attrs["tolerance"]
        return {name: error for name, error in self.relative_errors(data).items() if error > tolerance}

    def advice(self, data: xr.Dataset) -> str:
        return LIMIT if data.attrs.get("criterion") == "each" else WITH_EACH

    def quality(self, data: xr.Dataset) -> list[str]:
        """Closure, integration error, k-points, and what the lattice adds."""
        attrs = data.attrs
        asked = f"integration error {attrs['error_estimate']:.1e} (asked {attrs['tolerance']:g})"
        found = "one k-point" if self.at_one_k else f"{asked}, {attrs['k_points']} k-points"
        lines = [f"closure {attrs['closure']:.1e}, {found}, solver {attrs['solver']}"]
        if missed := self.missed(data):
            far = ", ".join(f"{name} ({error:.2g})" for name, error in missed.items())
            lines.append(f"note: relative to itself, {attrs['tolerance']:g} is not met by {far}; {self.advice(data)}")
        if attrs["to_zero_spacing"]:
            k_error = "" if self.at_one_k else "k error: of the k integral; "
            lines.append(f"{k_error}a error: what the extrapolation to zero spacing may have left")
        else:
            source = "rounding" if self.at_one_k else "those of the k integral"
            lines.append(f"errors are {source}; what the lattice adds is not in them: extrapolate")
        return lines


def current_of(data: xr.Dataset) -> Estimate:
    """The particle current into the right lead of a response, with its error.

    Positive along +z, 1/(hbar nm^2) per eV of the difference of chemical potentials.
    """
    return Estimate(float(data.particle_current_limit.sel(lead="right")), float(data.particle_current_limit_error))


def in_unit(data: xr.Dataset, unit: str, *names: str) -> xr.Dataset:
    """The Dataset with the unit of numbers of `derived`, which do not know it, said.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.systems.layered import in_unit
    >>> data = xr.Dataset({"parallel": 2.0, "parallel_error": 0.1})
    >>> in_unit(data, "eV/nm^2", "parallel").parallel_error.attrs["units"]
    'eV/nm^2'
    """
    both = [one for name in names for one in (name, f"{name}_error") if one in data]
    return data.assign({one: data[one].assign_attrs(units=unit) for one in both})


def shared_key(name: str, parameters: Mapping[str, Any], numerics: Numerics) -> tuple:
    """What a result without bias depends on.

    The system, all parameters but the bias, all numerics but where it is computed.
    """
    fixed = tuple(sorted((key, value) for key, value in parameters.items() if key != "bias"))
    return name, fixed, numerics.but(executor=None, progress=False)


def per_current_torques(stack: Stack, energy: float, numerics: Numerics, **options: Any) -> xr.Dataset:
    """`kwantorque.torques` in hbar I/e (`kwantorque.per_current`).

    Parameters
    ----------
    stack : Stack
    energy : float, eV
    numerics : Numerics
    options : as `kwantorque.torques` takes them: source, derived, incident_spin
    """
    return per_current(torques(stack, energy, **numerics, **options))
