"""Datasets on disk: written whole or not at all, and recognised again."""

import json
import os
from pathlib import Path

import xarray as xr

from .errors import InputError

__all__ = ["load", "save"]


def save(data, path):
    """Write a Dataset as netCDF; an existing file is replaced only once the new one is complete."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.part")
    try:
        data.to_netcdf(partial, engine="scipy")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def load(path, identity):
    """The Dataset in a file, if it is the result of the same computation.

    Parameters
    ----------
    path : path
    identity : dict with system, parameters, solver, tolerance

    Raises
    ------
    InputError
        If the file is not a result of kwantorque, or one of another computation: says of which.
    """
    try:
        with xr.open_dataset(path, engine="scipy") as file:
            data = file.load()
    except Exception as error:
        raise InputError(
            f"{str(path)!r} exists and is not a result of kwantorque ({error}); --force overwrites"
        ) from None
    found = {key: data.attrs.get(key) for key in identity}
    with_parameters = json.loads(found["parameters"]) if isinstance(found["parameters"], str) else found["parameters"]
    for key, wanted in identity.items():
        held = with_parameters if key == "parameters" else found[key]
        if held != wanted:
            if key == "parameters" and isinstance(held, dict):
                key, wanted, held = next((k, v, held.get(k)) for k, v in wanted.items() if held.get(k) != v)
            raise InputError(f"{str(path)!r} holds a result with {key} = {held}, not {wanted}; --force overwrites it")
    return data
