"""How a prepared system declares what it is: parameters, results, figure, published numbers."""

import json
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import xarray as xr

from kwantorque.errors import InputError, finite, known, positive
from kwantorque.results import per_current
from kwantorque.results.extrapolation import extrapolate, require_whole_lengths
from kwantorque.spectrum.channels import require_channels
from kwantorque.transport.response import torques

__all__ = [
    "Memory",
    "Parameter",
    "Result",
    "System",
    "estimate",
    "per_current_torques",
    "shared_key",
    "together",
    "total",
    "transmitted",
    "with_results",
]

TOLERANCE = 1e-3
SHARE_OF_EACH = 0.6
"""Part of the tolerance for either of two runs, so that (4 fine - coarse)/3 still meets it."""
OTHER_ERRORS = ("window_error",)
"""Errors that a result may have besides that of the integrals."""


@dataclass(frozen=True)
class Parameter:
    """A number the user may set: its name, default, unit and meaning.

    `follows` is the parameter whose value it takes unless it is set; it must be > 0 if `positive`, >= 0 if not
    `signed`.
    """

    name: str
    default: float
    unit: str
    meaning: str
    follows: str | None = None
    positive: bool = False
    signed: bool = True


@dataclass(frozen=True)
class Result:
    """A number the system returns: its name, unit, meaning, and what was published for the default parameters.

    `order` is the power of the spacing with which its error begins; an extrapolation states it accordingly.
    """

    name: str
    unit: str
    meaning: str
    published: float | None = None
    order: int = 2


@dataclass(frozen=True)
class System:
    """A published device.

    Parameters
    ----------
    name : str
        As on the command line.
    shows : str
        One line: what it shows.
    seed : str
        The paper.
    parameters : tuple of Parameter
    results : tuple of Result
    stack : callable
        stack(**parameters) -> Stack, with all parameters given.
    compute : callable
        compute(parameters, **options) -> Dataset with the profiles and a scalar `result_<name>` for every result;
        `parameters` is a dict, options are those of `kwantorque.torques`.
    figure : callable
        figure(data) -> matplotlib Figure: the system's own figure of the Dataset.
    sweep_figures : dict, optional
        Figures of a sweep of one parameter, by its name; others get `plot.results_against`.
    resolved : callable, optional
        resolved(parameters, k_par, **options) -> Dataset of the same results at each k_par.
    """

    name: str
    shows: str
    seed: str
    parameters: tuple[Parameter, ...]
    results: tuple[Result, ...]
    stack: Callable
    compute: Callable
    figure: Callable = field(repr=False)
    sweep_figures: dict = field(default_factory=dict, repr=False)
    resolved: Callable | None = field(default=None, repr=False)

    def complete(self, given):
        """All parameters as a dict of floats: defaults, overwritten by `given`.

        Raises
        ------
        InputError
            An unknown name (the nearest one is named) or a value that is not a finite number.
        """
        values = {p.name: float(p.default) for p in self.parameters}
        declared = {p.name: p for p in self.parameters}
        units = {p.name: p.unit for p in self.parameters}
        for name, value in given.items():
            known(f"parameter of {self.name}", name, values)
            values[name] = finite(name, value, units[name])
            if declared[name].positive:
                positive(name, values[name], units[name])
            elif not declared[name].signed and values[name] < 0:
                raise InputError(f"`{name}` must be >= 0 {units[name]}, got {value!r}")
            if units[name] == "deg" and 0 < abs(values[name]) <= 2 * math.pi and values[name] % 1:
                warnings.warn(f"`{name}` = {values[name]:g} is in degrees: were radians meant?", stacklevel=2)
        for p in self.parameters:
            if p.follows and p.name not in given:
                values[p.name] = values[p.follows]
        return values

    def check(self, parameters, to_zero_spacing=False):
        """Build the stack and look for open channels: raises `InputError` for what cannot be computed."""
        stack = self.stack(**parameters)
        # Systems without a parameter of this name count energies from the Fermi energy.
        require_channels(stack, parameters.get("fermi_energy", 0.0))
        if to_zero_spacing:
            require_whole_lengths(stack.rounding)

    def run(self, *, options=None, to_zero_spacing=False, **given):
        """Compute the system with parameters `given` by name; `options` are those of `kwantorque.torques`.

        Parameters
        ----------
        to_zero_spacing : bool
            Run at the spacing and at half of it and extrapolate all results (`kwantorque.richardson`).

        Returns
        -------
        xarray.Dataset
            What `kwantorque.torques` returns, in hbar I/e, and a scalar `result_<name>` for each result; attrs name
            system and parameters.
        """
        values, options = self.complete(given), options or {}
        if to_zero_spacing:
            self.check(values, to_zero_spacing)
            asked = options.get("tolerance", TOLERANCE)
            options = options | {"tolerance": asked * SHARE_OF_EACH}
            data = extrapolate(lambda a: self.compute(values | {"spacing": a}, **options), values["spacing"])
            data.attrs["tolerance"] = asked
        else:
            data = self.compute(values, **options)
        given = json.dumps(values, sort_keys=True)
        return data.assign_attrs(system=self.name, parameters=given, to_zero_spacing=int(to_zero_spacing))

    def resolve(self, k_par, *, options=None, **given):
        """What every in-plane wavevector contributes to the results.

        Parameters
        ----------
        k_par : (nk, 2) array, 1/nm; `kwantorque.k_grid` makes one that covers all open channels.

        Returns
        -------
        xarray.Dataset
            Dimension k, normalised so that the mean over an equidistant grid is the result of `run`.
        """
        if self.resolved is None:
            raise InputError(f"{self.name} has no results resolved in k")
        values = self.complete(given)
        self.check(values)
        data = self.resolved(values, k_par, **(options or {}))
        return data.assign_attrs(system=self.name, parameters=json.dumps(values, sort_keys=True))

    def results_of(self, data):
        """{result name: float} from a Dataset of this system."""
        return {result.name: float(data[f"result_{result.name}"]) for result in self.results}

    def is_default(self, parameters):
        """Whether all parameters are the published ones."""
        return parameters == self.complete({})


def with_results(data, results, **values):
    """Add a scalar variable `result_<name>` for each of `results`, with the error of the DataArray it is given as.

    The prefix keeps them apart from the profiles: `lattice_torque` is a value per site, `result_lattice_torque`
    their sum.
    """
    for result in results:
        value = values[result.name]
        about = {"units": result.unit, "long_name": result.meaning, "error": value.attrs["error"]}
        about |= {name: value.attrs[name] for name in OTHER_ERRORS if name in value.attrs}
        about["lattice_order"] = result.order
        data[f"result_{result.name}"] = ((), float(value), about)
    return data


class Memory:
    """The last results of a computation that several runs share, by what they depend on."""

    def __init__(self, size=64):
        self.size, self.kept = size, {}

    def __call__(self, key, compute):
        """What was computed for `key` before, or compute() if nothing was or the key is not hashable."""
        try:
            found = self.kept.get(key)
        except TypeError:
            return compute()
        if found is None:
            found = self.kept[key] = compute()
            while len(self.kept) > self.size:
                del self.kept[next(iter(self.kept))]
        return found


def shared_key(parameters, options):
    """What a result without bias depends on: all parameters but the bias, all options but where it is computed."""
    return (
        tuple(sorted((name, value) for name, value in parameters.items() if name != "bias")),
        tuple(sorted((name, value) for name, value in options.items() if name not in ("executor", "progress"))),
    )


def estimate(value, error=0.0):
    """A number with its error, as `with_results` takes it."""
    return xr.DataArray(float(value), attrs={"error": float(error)})


def total(variable, factor=1.0):
    """All parts of a variable of `kwantorque.steady_state` together, times a factor, as `with_results` takes it."""
    return estimate(factor * variable.sum("part"), factor * variable.attrs["error"])


def transmitted(values):
    """`derived` of runs that are after the current only: the flux into the right lead."""
    return {"transmitted": values["particle_current_limit"][..., 1]}


def together(data, *others):
    """`data` with the worst closure and error of all of several runs, and the sum of their k-points and seconds."""
    runs = [one.attrs for one in (data, *others)]
    worst = {name: max(run.get(name, 0.0) for run in runs) for name in ("closure", "error_estimate")}
    spent = {name: sum(run.get(name, 0) for run in runs) for name in ("k_points", "seconds")}
    return data.assign_attrs(**worst, **spent)


def per_current_torques(stack, energy, **options):
    """`kwantorque.torques` in hbar I/e."""
    return per_current(torques(stack, energy, **options))
