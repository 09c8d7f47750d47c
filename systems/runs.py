"""Only what is asked for, and once: computations that results and points share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import xarray as xr

if TYPE_CHECKING:
    from kwantorque.results import Estimate
    from kwantorque.systems.base import Result

__all__ = ["Memory", "Runs", "numbers_about"]


class Runs:
    """Computations that results share: each is done when it is first asked for.

    So each result says what it needs by what it is made of.

    Parameters
    ----------
    runs : callables without arguments, by name
        Each returns a Dataset.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.systems.runs import Runs
    >>> run = Runs(left=lambda: xr.Dataset({"current": 2.0}), sea=lambda: 1 / 0)
    >>> float(run.left.current), "left" in run, "sea" in run
    (2.0, True, False)
    """

    def __init__(self, **runs: Callable[[], xr.Dataset]):
        self.runs, self.done = runs, {}

    def __getattr__(self, name):
        # Pickle and copy look for attributes before there are any.
        if name.startswith("_") or name not in self.runs:
            raise AttributeError(name)
        if name not in self.done:
            self.done[name] = self.runs[name]()
        return self.done[name]

    def __contains__(self, name: str) -> bool:
        return name in self.done

    def those_of(self, asked: Sequence[Result], estimates: Mapping[str, Callable[[], Estimate]]) -> dict[str, Estimate]:
        """What the results that are asked for come to, by name: no others are computed.

        Parameters
        ----------
        asked : sequence of Result
        estimates : dict from the name of each result to a function that makes it of
            these computations
        """
        return {result.name: estimates[result.name]() for result in asked}

    def among(self, *names: str) -> list[xr.Dataset]:
        """Datasets of those of these that are done, each once, in their order."""
        found = {id(self.done[name]): self.done[name] for name in names if name in self.done}
        return list(found.values())


class Memory:
    """The last results of a computation that several runs share.

    They are kept by what they depend on.

    Parameters
    ----------
    size : int
        How many are kept.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.systems.runs import Memory
    >>> memory = Memory()
    >>> (first,) = memory("key", lambda: (xr.Dataset({"current": 1.0}),))
    >>> (again,) = memory("key", lambda: (xr.Dataset({"current": 2.0}),))
    >>> float(again.current)
    1.0
    """

    def __init__(self, size: int = 64):
        self.size, self.kept = size, {}

    def __call__(self, key: Any, compute: Callable[[], tuple[xr.Dataset, ...]]) -> tuple[xr.Dataset, ...]:
        """Copies of the Datasets that were computed for `key`, or now are by compute().

        Where the key is not hashable nothing is kept.
        """
        try:
            found = self.kept.get(key)
        except TypeError:
            return compute()
        if found is None:
            found = self.kept[key] = tuple(data.copy(deep=True) for data in compute())
            while len(self.kept) > self.size:
                del self.kept[next(iter(self.kept))]
        return tuple(data.copy(deep=True) for data in found)


def numbers_about(data: xr.Dataset) -> xr.Dataset:
    """A Dataset of how and where another one was computed, without its profiles.

    For results of stacks that are not the system's own, such as a parallel one.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.systems.runs import numbers_about
    >>> data = xr.Dataset({"density": 2.0}, attrs={"closure": 1e-12, "stack": "..."})
    >>> len(numbers_about(data)), numbers_about(data).attrs
    (0, {'closure': 1e-12})
    """
    other = ("stack", "parameters", "current")
    places = {name: data.coords[name].variable for name in ("z", "boundary_z") if name in data.coords}
    return xr.Dataset(coords=places, attrs={name: x for name, x in data.attrs.items() if name not in other})
