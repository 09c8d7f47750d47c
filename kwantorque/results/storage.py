"""Datasets on disk: written whole or not at all, by one process, and recognised."""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Any

import xarray as xr

from ..errors import InputError

try:
    import fcntl
except ImportError:
    fcntl = None
    import msvcrt  # Windows

__all__ = ["kept_in", "load", "locked", "parameters_of", "read", "require_same", "save", "whole_file"]

FAR = 2**20
"""Of a lock file the byte that is locked on Windows, where who has it is not read."""
TAKEN = (errno.EAGAIN, errno.EACCES)
"""How the operating system says that another process has a lock."""
QUICK = 1.0
"""Seconds below which saving is not worth a thought."""
_HELD, _GUARD = set(), threading.Lock()
"""Locked paths of this process, which the operating system would not keep apart."""


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
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield partial
        if keep:
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def locked(path: str | Path) -> Iterator[None]:
    """Keep other processes from computing the same file for the length of the block.

    The lock is one of the operating system (`fcntl.lockf`, on Windows `msvcrt.locking`)
    on a file beside it, and ends with its process however that ends: what a killed
    process leaves behind is no obstacle, and removed.

    Parameters
    ----------
    path : path

    Raises
    ------
    InputError
        Another one has the lock, or no file can be written there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from kwantorque.results.storage import locked
    >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder, "wire.nc")):
    ...     with locked(Path(folder, "wire.nc")):
    ...         pass
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: '...wire.nc' is being computed already, by ...
    """
    path = Path(path).absolute()
    lock = path.with_name(f".{path.name}.lock")
    with _GUARD:
        if path in _HELD:
            raise InputError(_busy(path, "this process"))
        _HELD.add(path)
    try:
        try:
            file = _open_locked(lock)
        except OSError as error:
            raise InputError(f"a file must be writable at {str(path)!r}: {error.strerror}") from None
        if file is None:
            raise InputError(_busy(path, _words(lock)))
        try:
            # Parts of files belong to who holds the lock, or to processes that are
            # dead.
            for left in path.parent.glob(f".{escape(path.name)}.*.part"):
                left.unlink(missing_ok=True)
            yield
        finally:
            _removed(lock, file)
    finally:
        _HELD.discard(path)


def _busy(path, who):
    return f"{str(path)!r} is being computed already, by {who}: wait for it, or write another file"


def _open_locked(lock):
    """The lock file, open and locked; None if another process has it."""
    while True:
        file = open(lock, "a+")  # noqa: SIM115 - open as long as it is locked
        try:
            if not _lock(file):
                file.close()
                return None
            # Who had it may have removed the file just before.
            if lock.exists() and os.path.samestat(os.fstat(file.fileno()), lock.stat()):
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()}")
                file.flush()
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _lock(file):
    """Lock an open file without waiting; whether it could be."""
    try:
        if fcntl is not None:
            # A POSIX lock: children that this process forks do not inherit it.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            file.seek(FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError as error:
        if error.errno not in TAKEN:
            raise
        return False
    return True


def _removed(lock, file):
    """Remove the lock file, and with it the lock."""
    if fcntl is not None:
        lock.unlink(missing_ok=True)
        file.close()
        return
    # Windows removes no open file; another process may just have opened it, and then
    # has it next.
    file.close()
    with suppress(OSError):
        lock.unlink(missing_ok=True)


def _words(lock):
    try:
        return lock.read_text() or "another process"
    except OSError:
        return "another process"


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
        try:
            data.to_netcdf(partial, engine="scipy")
        except (TypeError, ValueError) as error:
            raise InputError(
                f"this Dataset cannot be saved as netCDF ({error}): keep real numbers and words"
            ) from error


@contextmanager
def kept_in(path: str | Path) -> Iterator[Callable[[xr.Dataset], None]]:
    """A function that saves a growing Dataset, locked for the length of the block.

    It saves at every call, unless that takes long: then so often that it takes half of
    the time; and what is not yet saved at the end of the block, however that comes.

    Parameters
    ----------
    path : path
        `*.nc`

    Yields
    ------
    callable
        keep(data)

    Raises
    ------
    InputError
        As `locked`, or the path does not end in .nc.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import xarray as xr
    >>> from kwantorque.results.storage import kept_in, read
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "wire.nc")
    ...     with kept_in(path) as keep:
    ...         keep(xr.Dataset({"current": 2.0}))
    ...     float(read(path).current)
    2.0
    """
    path = Path(path)
    if path.suffix != ".nc":
        raise InputError(f"`out` must end in .nc, got {str(path)!r}")
    # Of the last two, since anything may take long once.
    waiting, ended, took = None, 0.0, (0.0, 0.0)

    def keep(data):
        nonlocal waiting, ended, took
        started = time.monotonic()
        if QUICK < min(took) > started - ended:
            waiting = data
            return
        waiting = None
        save(data, path)
        ended = time.monotonic()
        took = took[1], ended - started

    with locked(path):
        try:
            yield keep
        finally:
            if waiting is not None:
                save(waiting, path)


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
    data = read(path)
    found = {key: data.attrs.get(key) for key in identity} | {"parameters": parameters_of(data, path)}
    require_same(path, found, identity)
    return data


def read(path: str | Path) -> xr.Dataset:
    """The Dataset in a file, in memory; the file is closed.

    Raises
    ------
    InputError
        If it is no netCDF file.

    Examples
    --------
    >>> from kwantorque.results.storage import read
    >>> read("setup.py")
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: 'setup.py' exists and is not a result of kwantorque...
    """
    try:
        with xr.open_dataset(path, engine="scipy") as file:
            return file.load()
    except Exception as error:
        raise InputError(f"{str(path)!r} exists and is not a result of kwantorque ({error})") from None


def parameters_of(data: xr.Dataset, path: str | Path) -> dict[str, Any]:
    """The fixed parameters of what was computed, from the attributes of its Dataset.

    Raises
    ------
    InputError
        It has none.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.results.storage import parameters_of
    >>> parameters_of(xr.Dataset(attrs={"parameters": '{"angle": 90.0}'}), "valve.nc")
    {'angle': 90.0}
    """
    try:
        return dict(json.loads(data.attrs.get("parameters")))
    except (TypeError, ValueError):
        raise InputError(f"{str(path)!r} exists and is not a result of a prepared system") from None


def require_same(path: str | Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse a file that holds another computation, and say where it differs.

    Parameters
    ----------
    path : path
    found, wanted : dict
        What the file has, and what is asked for: numbers and words by name; those of
        `parameters` in a dict of their own.

    Raises
    ------
    InputError
        They are not equal.

    Examples
    --------
    >>> from kwantorque.results.storage import require_same
    >>> require_same("valve.nc", {"solver": "batched"}, {"solver": "kwant"})
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: 'valve.nc' holds a result with solver = batched, ...
    """
    found, wanted = (
        {key: value for key, value in one.items() if key != "parameters"} | one.get("parameters", {})
        for one in (found, wanted)
    )
    for key in dict.fromkeys([*wanted, *found]):
        if found.get(key) != wanted.get(key):
            raise InputError(f"{str(path)!r} holds a result with {key} = {found.get(key)}, not {wanted.get(key)}")
