"""Sums over many k-points: in chunks, here or on an executor, with progress."""

import warnings

import numpy as np

from ..parallel import in_order

__all__ = ["CHUNK", "Summation", "chunks_of", "k_points"]

CHUNK, CHUNK_OF_TWO = 128, 512
"""k-points at a time, for many states per site and for two."""


class Summation:
    """Weighted sums over k-points, chunk by chunk, with progress and the worst closure."""

    def __init__(self, evaluate, executor, bar, n_orbitals):
        self.evaluate, self.executor, self.bar = evaluate, executor, bar
        self.most = CHUNK if n_orbitals > 2 else CHUNK_OF_TWO
        self.closure, self.by_kwant = 0.0, 0

    def __call__(self, items):
        """Sums for each (k, weights), in order, as they are finished."""
        self.bar.total += sum(len(k) for k, _ in items)
        self.bar.refresh()
        chunks = chunks_of(items, self.most)
        results = in_order(self.evaluate, chunks, self.executor, k_points)
        for chunk, (sums, closure, trouble) in zip(chunks, results, strict=True):
            if trouble:
                warnings.warn(trouble, RuntimeWarning, stacklevel=2)
                self.by_kwant += sum(len(k) for k, _ in chunk)
            self.closure = max(self.closure, closure)
            self.bar.update(sum(len(k) for k, _ in chunk))
            yield from sums


def k_points(chunk):
    """A chunk in words: how many k-points, from where to where."""
    k = np.concatenate([k for k, _ in chunk])
    return f"{len(k)} k-points from {tuple(k[0].round(4).tolist())} to {tuple(k[-1].round(4).tolist())} 1/nm"


def chunks_of(items, most):
    """Consecutive items together, up to `most` k-points each: the same whatever the number of workers."""
    chunks, size = [], most
    for item in items:
        if size + len(item[0]) > most:
            chunks.append([])
            size = 0
        chunks[-1].append(item)
        size += len(item[0])
    return chunks
