"""Spin relaxation: profiles along a strip with impurities, beta against disorder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .base import (
    COLOURS,
    IS_ZERO,
    axes,
    enlarged,
    figure_of,
    legend_above,
    require,
    require_sweep,
    with_errors,
    zero,
)

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = ["beta_against_disorder", "spin_continuity"]

DATA = "a Dataset of `kwantorque.spin_relaxation` or `spin-relaxation`"
FRAME = {
    "n": {"color": COLOURS["total"], "ls": "-", "label": "along $n$"},
    "t": {"color": "#e69f00", "ls": "--", "label": r"along $\partial_x n$"},
    "b": {"color": COLOURS["out of plane"], "ls": "-.", "label": r"along $n \times \partial_x n$"},
}
"""Lines of the components in the frame of the magnetisation."""
PANELS = (
    ("spin_density", "spin density"),
    ("spin_current", "spin current"),
    ("source_exchange", r"$T_\mathrm{ex}$"),
    ("source_spin_flip", r"$T_\mathrm{sf}$"),
    ("source_spin_orbit", r"$T_\mathrm{so}$"),
)
AT_IMPURITIES = ("source_spin_flip", "source_spin_orbit")
SMALLEST = 1e-20
"""What a violation of exactly 0 is drawn as."""


def spin_continuity(data: Dataset) -> Axes:
    """Spin, spin current and sources of spin along a strip; what continuity lacks.

    One panel each, per site and unit of bias, in the frame of the magnetisation;
    standard errors are shaded. Sources that are zero everywhere are left out, and what
    would look like zero is drawn larger, or called so.

    Parameters
    ----------
    data : Dataset of `spin_relaxation`, or of the system `spin-relaxation`

    Returns
    -------
    matplotlib Axes
        The lowest panel, the violation of continuity on a logarithmic axis.

    Raises
    ------
    InputError
        Another Dataset, or a sweep.

    Examples
    --------
    >>> import kwantorque as kt
    >>> strip = kt.Strip(length=11)
    >>> impurities = kt.Impurities([(2, 1), (8, 4)], spin=0.1)
    >>> data = kt.spin_relaxation(strip, impurities, progress=False)
    >>> ax = kt.plot.spin_continuity(data)
    >>> len(ax.figure.axes), ax.get_yscale()
    (5, 'log')
    """
    require(data, DATA, *(name for name, _ in PANELS), "violation", dims=("x", "bond", "axis"))
    drawn = [(name, words) for name, words in PANELS if bool((data[name] != 0).any())]
    count = len(drawn) + 1
    *panels, last = figure_of(6.4, 1.2 + 1.55 * count).subplots(count, 1, sharex=True)
    for ax, (name, words) in zip(panels, drawn, strict=True):
        along = "bond" if "bond" in data[name].dims else "x"
        factor, unit = _power_of_ten(data[name])
        # Impurities sit on sites: what they do does not vary between these.
        steps = {"step": "mid"} if name in AT_IMPURITIES else {}
        errors = data.get(f"{name}_error", xr.zeros_like(data[name])) / factor
        whole = float(abs(data[name]).max()) / factor
        for axis, look in FRAME.items():
            values, error = data[name].sel(axis=axis) / factor, errors.sel(axis=axis)
            times, said = enlarged(values, whole, error)
            own = look | {"label": look["label"] + said}
            ax.plot(data[along], times * values, lw=1.3, drawstyle="steps-mid" if steps else "default", **own)
            if f"{name}_error" in data and said != IS_ZERO:
                band = {"color": look["color"], "alpha": 0.2, "lw": 0} | steps
                ax.fill_between(data[along], times * (values - error), times * (values + error), **band)
        zero(ax)
        ax.set_ylabel(words + unit)
        legend_above(ax, ncols=3)
    last.semilogy(data.x, np.maximum(data.violation, SMALLEST), ".", color=COLOURS["total"], ms=4)
    last.set(xlabel="x (sites)", ylabel="violation")
    last.margins(y=0.3)
    last.figure.align_ylabels()
    return last


def _power_of_ten(values):
    """The power of ten of the largest value, and what an axis says of it."""
    power = int(np.floor(np.log10(float(abs(values).max()))))
    return 10.0**power, rf"  ($10^{{{power}}}$)"


def beta_against_disorder(data: Dataset, ax: Axes | None = None) -> Axes:
    """beta of impurity spins against n v^2, with beta_sf as a line.

    And the number that the total torque would give, which is not beta.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `impurity_strength` or `impurities` alone on
        `spin-relaxation`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        The Dataset is no such sweep.

    Examples
    --------
    >>> import kwantorque as kt
    >>> strip = kt.systems.find("spin-relaxation")
    >>> small = {"length": 11, "impurities": 3}
    >>> sweep = kt.systems.Sweep(strip, small, {"impurity_strength": [0.05, 0.1]})
    >>> ax = kt.plot.beta_against_disorder(sweep.run(progress=False))
    >>> ax.get_xlabel()
    '$n v^2$ (per site)'
    """
    dims = getattr(data, "dims", ())
    name = next((one for one in ("impurity_strength", "impurities") if one in dims), "impurity_strength")
    what = f"a sweep of `{name}` alone on `spin-relaxation`"
    require_sweep(data, name, "spin-relaxation", "beta", "beta_analytic", "beta_total")
    require(data, what, "disorder", dims=(name,))
    ax = axes(ax)
    data = data.sortby("disorder")
    looks = {
        "beta": {"color": COLOURS["spin"], "marker": "o", "ls": "", "ms": 5, "label": r"from $T_\mathrm{sf}$"},
        "beta_total": {
            "color": COLOURS["in plane"],
            "marker": "x",
            "ls": ":",
            "ms": 5,
            "lw": 0.8,
            "label": "from the total torque, which is not it",
        },
    }
    line = {"color": "0.5", "lw": 1.2, "label": r"$\beta_\mathrm{sf} = (2\pi/3M)\, n v^2 \nu$"}
    ax.plot(data.disorder, data.result_beta_analytic, zorder=1, **line)
    for one, look in looks.items():
        error = data.get(f"result_{one}_error")
        shown = error if error is not None and bool((error > 0).any()) else None
        with_errors(ax, data.disorder, data[f"result_{one}"], shown, **look)
    zero(ax)
    ax.set(xlabel="$n v^2$ (per site)", ylabel=r"$\beta$")
    ax.ticklabel_format(scilimits=(-2, 3))
    ax.legend(loc="upper left", frameon=False, fontsize="small")
    return ax
