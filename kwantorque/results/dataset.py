"""The Dataset a user gets: names, dimensions, units and provenance in one schema, and what is derived from it."""

from importlib.metadata import version

import numpy as np
import xarray as xr

__all__ = ["SCHEMA", "VERSION", "dataset"]

VERSION = version("kwantorque")

FLUX = "1/(hbar nm^2)"
TORQUE = "1/nm^2"
TORQUE_DENSITY = "1/nm^3"
AT_K = {
    FLUX: "1",
    TORQUE: "hbar",
    TORQUE_DENSITY: "hbar/nm",
    "1/(eV nm^3)": "hbar/(eV nm)",
    "hbar/(eV nm^3)": "hbar^2/(eV nm)",
}
"""Units of a response and of the same variable at a single k, per incoming mode of unit flux."""
AT_BIAS = {
    FLUX: "eV/(hbar nm^2)",
    TORQUE: "eV/nm^2",
    TORQUE_DENSITY: "eV/nm^3",
    "1/(eV nm^3)": "1/nm^3",
    "hbar/(eV nm^3)": "hbar/nm^3",
}
"""Units of a response, and of the same variable summed over energies."""

_LOCAL = {
    "density": (("site",), "1/(eV nm^3)", "particle density"),
    "spin_density": (("site", "axis"), "hbar/(eV nm^3)", "spin density"),
    "orbital_density": (("site", "axis"), "hbar/(eV nm^3)", "orbital angular momentum density"),
    "exchange_torque": (("site", "axis"), TORQUE, "torque on the magnetisation, per site"),
    "lattice_torque": (("site", "axis"), TORQUE, "torque on the crystal lattice, per site"),
    "orbital_to_spin_torque": (("site", "axis"), TORQUE, "spin-orbit torque on the carriers' spin, per site"),
    "particle_current": (("bond",), FLUX, "particle current"),
    "spin_current": (("bond", "axis"), TORQUE, "spin current"),
    "orbital_current": (("bond", "axis"), TORQUE, "orbital angular momentum current"),
    "angular_momentum_current": (("bond", "axis"), TORQUE, "total angular momentum current"),
}


def _derived():
    for name, (dims, unit, label) in _LOCAL.items():
        rest = dims[1:]
        if "current" in name:
            yield f"{name}_limit", (("lead", *rest), unit, f"{label} far inside the lead")
        if "torque" in name:
            per_length = label.replace("per site", "per nm, far inside the lead")
            yield f"{name}_limit", (("lead", *rest), TORQUE_DENSITY, per_length)
            yield f"{name}_tail", (("lead", *rest), unit, label.replace("per site", "summed over the lead"))
            yield f"{name}_total", (rest, unit, label.replace("per site", "summed over all sites and both leads"))
        if name in ("exchange_torque", "lattice_torque"):
            yield f"{name}_cumulated", (dims, unit, label.replace("per site", "summed from z = -infinity"))


SCHEMA = _LOCAL | dict(_derived()) | {"incident_current": ((), FLUX, "particle current of the incoming states")}
"""name: (dimensions, unit, long name) of every variable, as response to a bias: per area and per eV of the
difference of chemical potentials, hbar = 1 in the torques."""


def dataset(values, stack, attrs, k_par=None, errors=None, parts=None):
    """Wrap arrays in a Dataset.

    Parameters
    ----------
    values : dict of arrays named in `SCHEMA`, with leading dimensions `k` and `state` where `k_par` is given; numbers
        of other names are further torques and fluxes
    stack : Stack
    attrs : dict of provenance (strings and numbers)
    k_par : (nk, 2) array, optional
    errors : dict of floats, the largest absolute error of each variable, optional
    parts : sequence of str, optional
        Names along a leading dimension `part`: the values are then no response, but that times an energy.
    """
    a = stack.spacing
    bonds = stack.z[0] + a * (np.arange(stack.n_sites + 1) - 0.5)
    layer_of_bond = np.searchsorted(stack.boundaries, bonds + 1e-6 * a) - 1
    coordinates = {
        "z": ("site", stack.z, {"units": "nm", "long_name": "position of the site"}),
        "z_bond": ("bond", bonds, {"units": "nm", "long_name": "position of the bond"}),
        "layer": (
            "bond",
            layer_of_bond.astype("int32"),
            {"long_name": "layer of the bond; -1 and the number of layers are the leads"},
        ),
        "boundary_z": ("boundary", stack.boundaries, {"units": "nm", "long_name": "planes between leads and layers"}),
        "axis": ["x", "y", "z"],
        "lead": ["left", "right"],
    }
    if k_par is not None:
        for i, name in enumerate(("kx", "ky")):
            coordinates[name] = ("k", k_par[:, i], {"units": "1/nm", "long_name": f"in-plane wavevector {name}"})
    units, leading = {}, ("k", "state")
    if k_par is not None:
        units = AT_K
    if parts is not None:
        units, leading = AT_BIAS, ("part",)
        coordinates["part"] = list(parts)
    variables = {}
    for name, value in values.items():
        dims, unit, label = SCHEMA.get(name, ((), TORQUE, name))
        about = {"units": units.get(unit, unit), "long_name": label}
        if errors is not None:
            about["error"] = float(errors[name])
        variables[name] = ((*leading[: np.ndim(value) - len(dims)], *dims), value, about)
    return xr.Dataset(variables, coordinates, {"version": VERSION, **attrs})
