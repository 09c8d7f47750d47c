"""Run tasks here or on any `concurrent.futures.Executor`, in a fixed order, with one BLAS thread each."""

import os
import pickle
import signal
import warnings
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from threadpoolctl import threadpool_limits

from .errors import InputError

__all__ = ["in_order", "processes", "single_thread"]

single_thread = threadpool_limits.wrap(limits=1)
"""Decorator: matrices of a few orbitals are multiplied fastest by one thread."""


@contextmanager
def processes(n):
    """An executor of `n` worker processes, or None for n = 1; Ctrl-C is left to the parent."""
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


def in_order(function, tasks, executor=None, describe=str):
    """Yield function(task) for each task, in the order of the tasks whatever the executor.

    When a worker dies, what is finished is kept; the tasks it took along are computed here, with a warning that names
    them by `describe(task)`. An exception of a task is raised when its turn comes.
    """
    if executor is None:
        yield from map(function, tasks)
        return
    if not isinstance(executor, ThreadPoolExecutor):
        try:
            pickle.dumps((function, tasks[:1]))
        except Exception as error:
            raise InputError(
                f"what runs on an executor must be picklable ({error}): define the functions of a stack in a module"
            ) from None
    futures = []
    try:
        for task in tasks:
            futures.append(_submitted(executor, function, task))
        for task, future in zip(tasks, futures, strict=True):
            try:
                result = future.result()
            except BrokenExecutor as error:
                warnings.warn(
                    f"a worker died ({error}): {describe(task)} are computed here", RuntimeWarning, stacklevel=2
                )
                result = function(task)
            yield result
    finally:
        for future in futures:
            future.cancel()


def _submitted(executor, function, task):
    """The future of a task; a failed one if the executor has lost its workers already."""
    try:
        return executor.submit(function, task)
    except BrokenExecutor as error:
        future = Future()
        future.set_exception(error)
        return future
