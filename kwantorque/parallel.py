"""Run tasks here or on any `concurrent.futures.Executor`, in a fixed order, with one BLAS thread each."""

import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from threadpoolctl import threadpool_limits

__all__ = ["in_order", "processes", "single_thread"]

single_thread = threadpool_limits.wrap(limits=1)
"""Decorator: matrices of a few orbitals are multiplied fastest by one thread."""


@contextmanager
def processes(n):
    """An executor of `n` worker processes, or None for n = 1; Ctrl-C is left to the parent."""
    if n == 1:
        yield None
        return
    pool = ProcessPoolExecutor(n, mp_context=get_context("spawn"), initializer=_ignore_interrupt)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _ignore_interrupt():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def in_order(function, tasks, executor=None):
    """Yield function(task) for each task, in the order of the tasks whatever the executor."""
    if executor is None:
        yield from map(function, tasks)
        return
    futures = [executor.submit(function, task) for task in tasks]
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:
            future.cancel()
