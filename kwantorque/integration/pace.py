"""How long it will take: a forecast from the first k-points, and the progress bar."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

from tqdm import tqdm

__all__ = ["Pace"]

LONG = 30.0
"""Seconds from which on a run says how long it will take."""
LOG = logging.getLogger("kwantorque")


class Pace:
    """The progress of a run, with a forecast of its k-points and of its time.

    An integral says what it expects to need after every step of its refinement, the
    first time after the coarsest one; the time of a k-point is that of those so far.
    The bar's total, and so its remaining time, is the forecast. Where that is more than
    30 s one line says so, in the log of "kwantorque" and, with a bar, on stderr.

    Parameters
    ----------
    bar : tqdm bar
    clock : callable
        clock() -> seconds.

    Attributes
    ----------
    done, planned : int
        k-points computed, and those that are decided on.

    Examples
    --------
    >>> from tqdm import tqdm
    >>> from kwantorque.integration.pace import Pace
    >>> seconds = iter([0.0, 5.0, 6.0])
    >>> pace = Pace(tqdm(disable=True, total=0), clock=lambda: next(seconds))
    >>> pace.total += 100
    >>> pace.update(100)
    >>> pace.expect(1000)
    45.0
    """

    def __init__(self, bar: tqdm, clock: Callable[[], float] = time.perf_counter):
        self.bar, self.clock = bar, clock
        self.done = self.planned = 0
        self.has_said = False
        self.stage()

    def stage(self) -> None:
        """Other integrals follow, whose k-points may take another time."""
        self.started, self.at_start = self.clock(), self.done
        self.integral(1)

    def integral(self, ahead: int) -> None:
        """The next integral begins, the first of `ahead` of its kind."""
        self.ahead, self.at_integral = max(ahead, 1), self.done

    @property
    def total(self) -> int:
        """k-points that are decided on."""
        return self.planned

    @total.setter
    def total(self, points: int) -> None:
        self.planned = points
        self.bar.total = max(points, self.bar.total)

    def refresh(self) -> None:
        """Draw the bar again."""
        self.bar.refresh()

    def update(self, n: int) -> None:
        """Some more k-points are computed."""
        self.done += n
        self.bar.update(n)

    def expect(self, points: int) -> float:
        """Forecast of the seconds left, if this integral needs so many k-points in all.

        And those of its kind that follow as many each.
        """
        total = self.at_integral + points * self.ahead
        self.bar.total = max(total, self.planned)
        spent, computed = self.clock() - self.started, self.done - self.at_start
        left = (total - self.done) * spent / computed if computed else 0.0
        if left > LONG and not self.has_said:
            self.has_said = True
            words = f"this takes about {_words(left)} more: some {_round(total - self.done)} k-points are left"
            LOG.info(words)
            if not self.bar.disable:
                tqdm.write(f"kwantorque: {words}", file=sys.stderr)
        return left

    def finish(self) -> None:
        """All is done, whatever was expected."""
        self.bar.total = self.planned
        self.bar.refresh()


def _words(seconds):
    """A time in words of one or two digits."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds > 1.5 * size:
            return f"{_round(seconds / size)} {unit}"
    return f"{_round(seconds)} s"


def _round(number):
    """Two digits are what a forecast has."""
    return f"{float(f'{number:.1e}'):g}"
