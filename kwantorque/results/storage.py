"""Datasets on disk: written whole or not at all, and recognised again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xarray as xr

from ..errors import InputError

__all__ = ["load", "save", "whole_file"]


@contextmanager
def whole_file(path: str | Path, keep: bool = True) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place once the block is done: no half-written file is left."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.part")
    try:
        yield partial
        if keep:
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def save(data: xr.Dataset, path: str | Path) -> None:
    """Write a Dataset as netCDF; an existing file is replaced only once the new one is complete."""
    with whole_file(path) as partial:
        data.to_netcdf(partial, engine="scipy")


def load(path: str | Path, identity: dict) -> xr.Dataset:
    """The Dataset in a file, if it is the result of the same computation.

    Parameters
    ----------
    path : path
    identity : dict with system, parameters (a dict) and other attributes: solver, tolerance, version

    Raises
    ------
    InputError
        If the file is not a result of kwantorque, or one of another computation: says of which.
    """
    try:
        with xr.open_dataset(path, engine="scipy") as file:
            data = file.load()
    except Exception as error:
        raise InputError(f"{str(path)!r} exists and is not a result of kwantorque ({error})") from None
    held = {key: data.attrs.get(key) for key in identity}
    try:
        parameters = dict(json.loads(held.pop("parameters")))
    except (TypeError, ValueError):
        raise InputError(f"{str(path)!r} exists and is not a result of a prepared system") from None
    wanted = {key: value for key, value in identity.items() if key != "parameters"} | identity["parameters"]
    found = held | parameters
    for key in dict.fromkeys([*wanted, *found]):
        if found.get(key) != wanted.get(key):
            raise InputError(f"{str(path)!r} holds a result with {key} = {found.get(key)}, not {wanted.get(key)}")
    return data
