"""How a prepared system declares what it is: parameters, results, figure, published numbers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import finite, known
from ..integration.channels import require_channels
from ..results import per_current
from ..transport import torques

__all__ = ["Parameter", "Result", "System"]


@dataclass(frozen=True)
class Parameter:
    """A number the user may set: its name, default, unit and meaning."""

    name: str
    default: float
    unit: str
    meaning: str


@dataclass(frozen=True)
class Result:
    """A number the system returns: its name, unit, meaning, and what was published for the default parameters."""

    name: str
    unit: str
    meaning: str
    published: float | None = None


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
    """

    name: str
    shows: str
    seed: str
    parameters: tuple[Parameter, ...]
    results: tuple[Result, ...]
    stack: Callable
    compute: Callable
    figure: Callable = field(repr=False)

    def complete(self, given):
        """All parameters as a dict of floats: defaults, overwritten by `given`.

        Raises
        ------
        InputError
            An unknown name (the nearest one is named) or a value that is not a finite number.
        """
        values = {p.name: float(p.default) for p in self.parameters}
        units = {p.name: p.unit for p in self.parameters}
        for name, value in given.items():
            known(f"parameter of {self.name}", name, values)
            values[name] = finite(name, value, units[name])
        return values

    def check(self, parameters):
        """Build the stack and look for open channels: raises `InputError` for what cannot be computed."""
        require_channels(self.stack(**parameters), parameters["fermi_energy"])

    def run(self, *, options=None, **given):
        """Compute the system with parameters `given` by name; `options` are those of `kwantorque.torques`.

        Returns
        -------
        xarray.Dataset
            What `kwantorque.torques` returns, in hbar I/e, and a scalar `result_<name>` for each result; attrs name
            system and parameters.
        """
        values = self.complete(given)
        data = self.compute(values, **(options or {}))
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
        data[f"result_{result.name}"] = ((), float(value), about)
    return data


def per_current_torques(stack, energy, **options):
    """`kwantorque.torques` in hbar I/e."""
    return per_current(torques(stack, energy, **options))
