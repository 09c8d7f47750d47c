"""Sums over many k-points: in chunks, here or on an executor, with progress."""

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Any, Protocol

import numpy as np

from ..parallel import in_order

__all__ = ["CHUNK", "Summation", "k_points"]

CHUNK, CHUNK_OF_TWO = 128, 512
"""k-points at a time, for many states per site and for two."""

Items = list[tuple[np.ndarray, np.ndarray]]
"""k (m, 2) in 1/nm and weights (m, w) of each panel."""


class _Bar(Protocol):
    """What is used of a progress bar of tqdm."""

    total: int

    def refresh(self) -> Any: ...

    def update(self, n: int) -> Any: ...


class Summation:
    """Weighted sums over k-points, chunk by chunk, with progress and worst closure.

    Parameters
    ----------
    evaluate : callable
        evaluate(items) -> for each item a dict of arrays (w, ...), the sums over its k
        of weights times values; the worst closure; None, or why Kwant had to do it.
    executor : concurrent.futures.Executor or None
    bar : tqdm bar
    n_orbitals : int
        States per site, which decide how many k-points fit in a chunk.

    Attributes
    ----------
    closure : float
        Worst one so far.
    by_kwant : int
        k-points so far that were left to Kwant.
    """

    def __init__(
        self,
        evaluate: Callable[[Items], tuple[list[dict[str, np.ndarray]], float, str | None]],
        executor: Executor | None,
        bar: _Bar,
        n_orbitals: int,
    ) -> None:
        self.evaluate, self.executor, self.bar = evaluate, executor, bar
        self.most = CHUNK if n_orbitals > 2 else CHUNK_OF_TWO
        self.closure, self.by_kwant = 0.0, 0

    def __call__(self, items: Items) -> Iterator[dict[str, np.ndarray]]:
        """Sums for each (k, weights), in order, as they are finished."""
        self.bar.total += sum(len(k) for k, _ in items)
        self.bar.refresh()
        chunks = _chunks_of(items, self.most)
        results = in_order(self.evaluate, chunks, self.executor, k_points)
        for chunk, (sums, closure, trouble) in zip(chunks, results, strict=True):
            if trouble:
                warnings.warn(trouble, RuntimeWarning, stacklevel=2)
                self.by_kwant += sum(len(k) for k, _ in chunk)
            self.closure = max(self.closure, closure)
            self.bar.update(sum(len(k) for k, _ in chunk))
            yield from sums


def k_points(chunk: Items) -> str:
    """A chunk in words: how many k-points, from where to where."""
    k = np.concatenate([k for k, _ in chunk])
    return f"{len(k)} k-points from {tuple(k[0].round(4).tolist())} to {tuple(k[-1].round(4).tolist())} 1/nm"


def _chunks_of(items, most):
    """Consecutive items together, up to `most` k-points each.

    They are the same whatever the number of workers, and so is the result.
    """
    chunks, size = [], most
    for item in items:
        if size + len(item[0]) > most:
            chunks.append([])
            size = 0
        chunks[-1].append(item)
        size += len(item[0])
    return chunks
