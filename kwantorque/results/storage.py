"""Datasets on disk: written whole or not at all, and recognised again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xarray as xr

from ..errors import InputError

__all__ = ["load", "save", "whole_file"]


@contextmanager
def whole_file(path: str | Path, keep: bool = True) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place once the block is done.

    No half-written file is left, and a file that was there stays as it is until then.

    Parameters
    ----------
    path : path
    keep : bool
        Whether the temporary file takes the place of `path`, or is removed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from kwantorque.results.storage import whole_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_file(Path(folder, "notes.txt")) as partial:
    ...         _ = partial.write_text("all of it")
    ...     Path(folder, "notes.txt").read_text()
    'all of it'
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.part")
    try:
        yield partial
        if keep:
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def save(data: xr.Dataset, path: str | Path) -> None:
    """Write a Dataset as netCDF.

    An existing file is replaced only once the new one is complete.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import xarray as xr
    >>> from kwantorque.results.storage import save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(xr.Dataset({"current": 2.0}), Path(folder, "wire.nc"))
    ...     float(xr.load_dataset(Path(folder, "wire.nc")).current)
    2.0
    """
    with whole_file(path) as partial:
        data.to_netcdf(partial, engine="scipy")


def load(path: str | Path, identity: Mapping[str, Any]) -> xr.Dataset:
    """The Dataset in a file, if it is the result of the same computation.

    Parameters
    ----------
    path : path
    identity : dict
        Attributes that the file must have: system, parameters (a dict), and others such
        as solver, tolerance, version.

    Returns
    -------
    xarray.Dataset
        In memory; the file is closed.

    Raises
    ------
    InputError
        If the file is not a result of kwantorque, or one of another computation: says
        of which.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import kwantorque as kt
    >>> from kwantorque.results.storage import load, save
    >>> system = kt.systems.find("spin-filter")
    >>> same = {"system": "spin-filter", "parameters": system.complete({})}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(system.run(), Path(folder, "filter.nc"))
    ...     data = load(Path(folder, "filter.nc"), same)
    ...     other = {**same, "parameters": system.complete({"angle": 60})}
    ...     load(Path(folder, "filter.nc"), other)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: ... holds a result with angle = 30.0, not 60.0
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
