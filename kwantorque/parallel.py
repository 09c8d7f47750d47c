"""Run tasks here or on an executor, with one BLAS thread each; show how far they are.

Any `concurrent.futures.Executor` will do; `processes` makes one on this machine.
"""

import os
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    as_completed,
)
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

import cloudpickle
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from .errors import InputError, named, whole

__all__ = ["as_finished", "in_order", "processes", "progress_bar", "single_thread", "without_bars"]

single_thread = threadpool_limits.wrap(limits=1)
"""Decorator: matrices of a few orbitals are multiplied fastest by one thread."""
_WITHIN = ContextVar("within a task that has a bar of its own", default=False)


def progress_bar(description: str, unit: str, show: bool = True, total: int = 0, initial: int = 0) -> tqdm:
    """A progress bar with an estimate of the time left, on stderr or in a notebook.

    Parameters
    ----------
    description, unit : str
        What is counted.
    show : bool
        There is none if it is False, nor within `without_bars`.
    total, initial : int
        How many there are, and were already.

    Examples
    --------
    >>> from kwantorque.parallel import progress_bar, without_bars
    >>> with without_bars(), progress_bar("k-points", "k") as bar:
    ...     bar.disable
    True
    """
    return tqdm(total=total, initial=initial, unit=unit, desc=description, disable=not show or _WITHIN.get())


@contextmanager
def without_bars() -> Iterator[None]:
    """No progress bars in the block: what it belongs to shows one."""
    token = _WITHIN.set(True)
    try:
        yield
    finally:
        _WITHIN.reset(token)


@named
def processes(n: int) -> AbstractContextManager[Executor | None]:
    """Worker processes for the length of a `with` block; Ctrl-C is left to the parent.

    Parameters
    ----------
    n : int

    Returns
    -------
    context manager
        Of an executor of `n` processes, or of None for n = 1: no executor.

    Raises
    ------
    InputError
        If `n` is no whole number >= 1.

    Examples
    --------
    A script that starts processes needs `if __name__ == "__main__":` around this.

    >>> import kwantorque as kt
    >>> with kt.processes(1) as pool:
    ...     wire = kt.Stack([kt.Layer(kt.FreeElectron(), 1)], 0.1)
    ...     data = kt.torques(wire, 1.0, executor=pool, progress=False)
    >>> kt.processes(0)
    Traceback (most recent call last):
    kwantorque.errors.InputError: `n` must be a whole number >= 1, got 0
    """
    return _pool(whole("n", n))


@contextmanager
def _pool(n):
    """The context of `processes`."""
    if n == 1:
        yield None
        return
    pool = ProcessPoolExecutor(n, mp_context=get_context("spawn"))
    # Workers started while the signal is ignored go on ignoring it.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        started = [pool.submit(os.getpid) for _ in range(n)]
    finally:
        signal.signal(signal.SIGINT, handler)
    try:
        for future in started:
            future.result()
        yield pool
    except BaseException:
        pool.shutdown(wait=False)
        raise
    pool.shutdown()


def in_order(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    executor: Executor | None = None,
    describe: Callable[[Any], str] = str,
) -> Iterator[Any]:
    """Yield function(task) for each task, in the order of the tasks.

    The order is the same whatever the executor. When a worker dies, what is finished is
    kept; the tasks it took along are computed here, with a warning that names them. An
    exception of a task is raised when its turn comes.

    Parameters
    ----------
    function : callable
        Picklable by cloudpickle, as functions and classes of a notebook are, unless the
        executor has threads.
    tasks : sequence
    executor : concurrent.futures.Executor, optional
        Where to compute; here by default.
    describe : callable
        describe(task) -> str, the task in words.

    Raises
    ------
    InputError
        If `executor` is no executor, or the function cannot be pickled for it.
    """
    if executor is None:
        yield from map(function, tasks)
        return
    with _submitted(executor, function, tasks) as futures:
        for task, future in zip(tasks, futures, strict=True):
            yield _result(future, function, task, describe)


def as_finished(
    function: Callable[[Any], Any], tasks: Sequence[Any], executor: Executor | None = None
) -> Iterator[tuple[Any, Any]]:
    """Yield (task, function(task)) for each task, whichever is done first.

    As `in_order` otherwise: for tasks that are worth saving as soon as they are done.

    Examples
    --------
    >>> from kwantorque.parallel import as_finished
    >>> list(as_finished(abs, [-1, 2]))
    [(-1, 1), (2, 2)]
    """
    if executor is None:
        yield from ((task, function(task)) for task in tasks)
        return
    with _submitted(executor, function, tasks) as futures:
        of = {future: task for future, task in zip(futures, tasks, strict=True)}
        for future in as_completed(futures):
            yield of[future], _result(future, function, of[future], str)


@contextmanager
def _submitted(executor, function, tasks):
    """Futures of all tasks; what has not begun at the end of the block is cancelled."""
    if not callable(getattr(executor, "submit", None)):
        raise InputError(
            "`executor` must be a concurrent.futures.Executor, an object with a method `submit` "
            f"such as `with kt.processes(4) as executor:` gives, got {executor!r}"
        )
    remote = function if isinstance(executor, ThreadPoolExecutor) else _Packed(function)
    futures = []
    try:
        for task in tasks:
            futures.append(_future(executor, remote, task))
        yield futures
    finally:
        for future in futures:
            future.cancel()


class _Packed:
    """A function on its way to a worker, with the classes it needs.

    What a notebook defines is in no module that a worker could import: cloudpickle
    sends it along.
    """

    def __init__(self, function):
        try:
            self.packed = cloudpickle.dumps(function)
        except Exception as error:
            raise InputError(
                f"what runs on an executor must be picklable ({error}): an open file or a lock cannot travel to a "
                "worker; keep it out of materials, textures, potentials and `derived`"
            ) from None

    def __call__(self, task):
        return _unpacked(self.packed)(task)


@lru_cache(maxsize=1)
def _unpacked(packed):
    """The function, unpacked once by a worker and not for every task."""
    return cloudpickle.loads(packed)


def _future(executor, function, task):
    """The future of a task; a failed one if the executor has lost its workers."""
    try:
        return executor.submit(function, task)
    except BrokenExecutor as error:
        future = Future()
        future.set_exception(error)
        return future


def _result(future, function, task, describe):
    """What a future holds; computed here where its worker died."""
    try:
        return future.result()
    except BrokenExecutor as error:
        warnings.warn(f"a worker died ({error}): {describe(task)} are computed here", RuntimeWarning, stacklevel=3)
        return function(task)
