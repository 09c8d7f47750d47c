"""The integral over the energies between two chemical potentials, of values that carry errors of their own.

Panels get Fejer's second rule with 7 points; the rules with 3 and 1 of them tell the error. The worst panel is halved
until the sum of all errors is small enough, or the panels are too many.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .rules import Integral, fejer, largest_change

__all__ = ["integrate_energies", "occupation", "window"]

LEVELS = (3, 2, 1)
MOST_PANELS = 64
THERMAL = np.array([-16.0, -4.0, 0.0, 4.0, 16.0])
"""Breaks around a chemical potential in k_B T; beyond the outermost, exp(-16) = 1e-7, nothing counts."""


@dataclass(frozen=True, eq=False)
class _Panel:
    """An interval of energies with the integral over it, the error of the rule, and that of the values themselves."""

    start: float
    stop: float
    values: dict
    by_rule: dict
    by_values: dict
    points: int


def occupation(energy, mu, thermal):
    """Fermi function of an energy (eV) for k_B T = `thermal` (eV)."""
    if thermal == 0:
        return float(energy < mu)
    return float(1 / (1 + np.exp(np.clip((energy - mu) / thermal, -700, 700))))


def window(mu_high, mu_low, thermal, edges):
    """Ends and breaks of the energies at which the two occupations differ, `edges` (band bottoms) among them."""
    around = (THERMAL if thermal else THERMAL[:1] * 0) * thermal
    cuts = np.unique([mu_low + around, mu_high + around])
    cuts = cuts[np.diff(cuts, prepend=-np.inf) > max(thermal, 1e-9)]
    inner = [e for e in edges if cuts[0] + 1e-9 < e < cuts[-1] - 1e-9]
    return np.unique([*cuts, *inner])


def integrate_energies(value_at, cuts, tolerance, measure):
    """int dE value_at(E) between the first and the last of `cuts`, smooth between neighbours of them.

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
        if error <= tolerance or measure(values, by_rule) <= tolerance / 4 or len(panels) >= MOST_PANELS:
            return Integral(values, errors, error, sum(panel.points for panel in panels))
        worst = max(panels, key=lambda panel: measure(values, panel.by_rule) if panel.by_rule else 0.0)
        middle = (worst.start + worst.stop) / 2
        halves = [_panel(value_at, worst.start, middle), _panel(value_at, middle, worst.stop)]
        panels = [panel for panel in panels if panel is not worst] + halves


def _panel(value_at, start, stop):
    t, _ = fejer(LEVELS[0])
    found = [value_at(start + (stop - start) * x) for x in t]
    points = sum(one.points for one in found if one)
    names = next((one.values for one in found if one), {})
    zero = {name: np.zeros_like(value) for name, value in names.items()}
    rules = []
    for level in LEVELS:
        stride = 2 ** (LEVELS[0] - level)
        weights = (stop - start) * fejer(level)[1]
        chosen = [one.values if one else zero for one in found[stride - 1 :: stride]]
        rules.append({name: sum(w * one[name] for w, one in zip(weights, chosen, strict=True)) for name in names})
    weights = (stop - start) * fejer(LEVELS[0])[1]
    by_values = {
        name: sum(w * one.errors[name] for w, one in zip(weights, found, strict=True) if one) for name in names
    }
    by_rule = _left_by_rules(rules) if names else {}
    return _Panel(start, stop, rules[0] if names else {}, by_rule, by_values, points)


def _left_by_rules(rules):
    """Error of the finest rule from its change D and that of the rule before, D': D r/(1 - r) with r = D/D'.

    There are square-root kinks in energy wherever a band begins at some k_par; r is taken between 1/20 and 1/2.
    """
    last, before = (largest_change(fine, coarse) for fine, coarse in pairwise(rules))
    left = {}
    for name, change in last.items():
        rate = np.clip(change / before[name] if before[name] > 0 else 0.5, 0.05, 0.5)
        left[name] = change * rate / (1 - rate)
    return left
