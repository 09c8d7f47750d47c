"""The integral over energies between chemical potentials, of values with their errors.

Panels get Fejer's second rule with 7 points; the rules with 3 and 1 of them tell the
error. The worst panel is halved until the sum of all errors is small enough, or the
panels are too many.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .rules import Integral, convergence, nested

__all__ = ["integrate_energies", "occupation", "slope_of_occupation", "window"]

ENERGY_LEVELS = (1, 2, 3)
"""Panels use Fejer's rules with 2^level - 1 points: 1, 3 and 7."""
NODES, WEIGHTS = nested(ENERGY_LEVELS)
MOST_PANELS = 64
THERMAL = np.array([-16.0, -4.0, 0.0, 4.0, 16.0])
"""Breaks around a chemical potential in k_B T.

Beyond the outermost, exp(-16) = 1e-7, nothing counts.
"""
NOTHING = 1e-6
"""Part of the largest importance below which electrons of an energy do not count."""
SLOPE_STEP = 12.0
"""Breaks on the way up to a barrier's top are so many k_B T apart."""
SAME_ENERGY = 1e-9
"""Breaks closer than this (eV) are one."""
LARGEST_EXPONENT = 700
"""exp of more overflows."""
FASTEST_RATE = 0.05
"""One small change alone is no evidence of fast convergence."""
RULE_SHARE = 1 / 4
"""Part of the tolerance below which halving panels does not help.

What is left of the error is that of the values themselves.
"""


@dataclass(frozen=True, eq=False)
class _EnergyPanel:
    """An interval of energies, the integral over it, and its two errors.

    One is that of the rule, the other that of the values themselves. The dicts are
    empty where there is nothing at any of its energies.
    """

    start: float
    stop: float
    values: dict[str, np.ndarray]
    by_rule: dict[str, float]
    by_values: dict[str, float]
    points: int


def occupation(energy: float, mu: float, thermal: float) -> float:
    """Fermi function f = 1/(exp((E - mu)/k_B T) + 1).

    Parameters
    ----------
    energy, mu : float, eV
    thermal : float, eV
        k_B T; at 0 it is 1 below `mu`, and 0 from there on.
    """
    if thermal == 0:
        return float(energy < mu)
    return float(1 / (1 + np.exp(np.clip((energy - mu) / thermal, -LARGEST_EXPONENT, LARGEST_EXPONENT))))


def slope_of_occupation(energy: float, mu: float, thermal: float) -> float:
    """-df/dE = 1/(4 k_B T cosh^2((E - mu)/2 k_B T)), 1/eV; `thermal` = k_B T > 0."""
    x = min(abs(energy - mu) / (2 * thermal), LARGEST_EXPONENT / 2)
    return float(1 / (4 * thermal * np.cosh(x) ** 2))


def window(
    mu_high: float,
    mu_low: float,
    thermal: float,
    edges: Iterable[float],
    importance: Callable[[float], float] | None = None,
    top: float = -np.inf,
) -> np.ndarray:
    """Ends and breaks of the energies at which two occupations differ.

    At finite temperature they end 16 k_B T beyond the chemical potentials, or higher up
    where few electrons do more than all others: those that fly over a barrier that
    others have to tunnel through.

    Parameters
    ----------
    mu_high, mu_low : float, eV
    thermal : float, eV
        k_B T.
    edges : iterable of float, eV
        Band bottoms; those inside are breaks.
    importance : callable, optional
        importance(energy): about what the electrons of an energy contribute, on any
        scale.
    top : float, eV
        Of the highest barrier, above which nothing has to tunnel.

    Returns
    -------
    (n,) ascending array, eV
    """
    around = (THERMAL if thermal else THERMAL[:1] * 0) * thermal
    cuts = [*(mu_low + around), *(mu_high + around)]
    if thermal and importance is not None and top > mu_high:
        over = top + around
        largest = max(map(importance, cuts + list(over)))
        # What lies at and above the top, and the way there, if it counts.
        if largest > 0 and max(map(importance, over)) > NOTHING * largest:
            cuts += [*over, *np.arange(mu_high, top, SLOPE_STEP * thermal)]
    cuts = np.unique(cuts)
    cuts = cuts[np.diff(cuts, prepend=-np.inf) > max(thermal, SAME_ENERGY)]
    inner = [e for e in edges if cuts[0] + SAME_ENERGY < e < cuts[-1] - SAME_ENERGY]
    return np.unique([*cuts, *inner])


def integrate_energies(
    value_at: Callable[[float], Integral | None],
    cuts: Iterable[float],
    tolerance: float,
    measure: Callable[[dict[str, np.ndarray], dict[str, float]], float],
) -> Integral | None:
    """int dE value_at(E) from the first to the last of `cuts`, smooth between them.

    Parameters
    ----------
    value_at : callable
        value_at(energy) -> `Integral`, or None where there is nothing.
    cuts : ascending energies, eV
    tolerance : float
    measure : callable
        measure(values, errors) -> float: the number to bring below `tolerance`.

    Returns
    -------
    Integral, or None if there is nothing at any energy
        With the errors of the rule and of the values added. Its error is above the
        tolerance where the values are not more accurate, or 64 panels are not enough.
    """
    panels = [_panel(value_at, start, stop) for start, stop in pairwise(cuts)]
    while True:
        names = next((panel.values for panel in panels if panel.values), None)
        if names is None:
            return None
        values, by_rule, by_values = (
            {name: sum(getattr(panel, kind).get(name, 0.0) for panel in panels) for name in names}
            for kind in ("values", "by_rule", "by_values")
        )
        errors = {name: by_rule[name] + by_values[name] for name in names}
        error = measure(values, errors)
        out_of_reach = measure(values, by_rule) <= tolerance * RULE_SHARE
        if error <= tolerance or out_of_reach or len(panels) >= MOST_PANELS:
            return Integral(values, errors, error, sum(panel.points for panel in panels))
        worst = max(panels, key=lambda panel: measure(values, panel.by_rule) if panel.by_rule else 0.0)
        middle = (worst.start + worst.stop) / 2
        halves = [_panel(value_at, worst.start, middle), _panel(value_at, middle, worst.stop)]
        panels = [panel for panel in panels if panel is not worst] + halves


def _panel(value_at, start, stop):
    """The panel from `start` to `stop`, computed; zero where there is no value."""
    found = [value_at(start + (stop - start) * t) for t in NODES]
    points = sum(one.points for one in found if one)
    names = next((one.values for one in found if one), None)
    if names is None:
        return _EnergyPanel(start, stop, {}, {}, {}, points)
    zero = {name: np.zeros_like(value) for name, value in names.items()}
    values = [one.values if one else zero for one in found]
    finest_first = ((stop - start) * WEIGHTS[:, ::-1]).T
    rules = [
        {name: sum(w * one[name] for w, one in zip(weights, values, strict=True)) for name in names}
        for weights in finest_first
    ]
    by_values = {
        name: sum(w * one.errors[name] for w, one in zip(finest_first[0], found, strict=True) if one) for name in names
    }
    return _EnergyPanel(start, stop, rules[0], _left_between_kinks(rules), by_values, points)


def _left_between_kinks(rules):
    """Error D r/(1 - r) of the finest of three rules, of last change D and rate r.

    There are square-root kinks in energy wherever a band begins at some k_par, so that
    the error falls as a power of the number of points; r is taken between 1/20 and 1/2.
    """
    left = {}
    for name, (change, rate) in convergence(rules).items():
        rate = max(rate, FASTEST_RATE)
        left[name] = change * rate / (1 - rate)
    return left
