"""Torkances of films in an electric field: against thickness, scattering, and m."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .base import COLOURS, LEAST, axes, figure_of, labelled, legend_above, require_sweep, result_lines, zero

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = ["torkance_against_angle", "torkance_against_relaxation", "torkance_against_thickness"]

SYSTEM = "rashba-film"
"""One of the films, for messages."""
COEFFICIENTS = {
    "damping_like": ("damping-like, even in m", COLOURS["magnetisation"]),
    "field_like": ("field-like, odd in m", COLOURS["orbital"]),
}
"""Words and colour of both coefficients."""
THICKNESSES = ("metal_planes", "magnet_planes", "metal_length", "magnet_length")


def torkance_against_thickness(data: Dataset, ax: Axes | None = None) -> Axes:
    """Damping-like and field-like torkance against the thickness of a layer.

    Where the metal feeds the torque it grows over a diffusion length and saturates.

    Parameters
    ----------
    data : Dataset of a sweep of `metal_planes` or another thickness on a film
    ax : matplotlib Axes, optional
        If given, the damping-like one alone is drawn there.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, or a sweep of something else.

    Examples
    --------
    >>> import kwantorque as kt
    >>> film, fast = kt.systems.find("rashba-film"), {"relaxation": 0.5}
    >>> planes = {"metal_planes": [1, 2], "magnet_planes": 1, "rashba_plane": 1}
    >>> data = kt.sweep(film, **planes, **fast, tolerance=0.3, progress=False)
    >>> kt.plot.torkance_against_thickness(data).get_ylabel()
    'torkance per eE (1/nm)'
    """
    swept = next((name for name in THICKNESSES if name in getattr(data, "dims", ())), THICKNESSES[0])
    return _one_over_the_other(data, swept, ax)


def torkance_against_angle(data: Dataset, ax: Axes | None = None) -> Axes:
    """Damping-like and field-like torkance against an angle of the magnetisation.

    A torque that is exactly m x (m x y), or m x y, has the same coefficient at every
    angle; what varies is of higher order in m. There is none with m along y.

    Parameters
    ----------
    data : Dataset of a sweep of `theta` or `phi` on a film
    ax : matplotlib Axes, optional
        If given, the damping-like one alone is drawn there.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, or a sweep of something else.

    Examples
    --------
    >>> import kwantorque as kt
    >>> film, fast = kt.systems.find("rashba-film"), {"relaxation": 0.5}
    >>> planes = {"metal_planes": 0, "magnet_planes": 1, "rashba_plane": 0}
    >>> data = kt.sweep(
    ...     film, theta=[0, 45], **planes, **fast, tolerance=0.3, progress=False
    ... )
    >>> kt.plot.torkance_against_angle(data).get_xlabel()
    'theta (deg)'
    """
    swept = next((name for name in ("theta", "phi") if name in getattr(data, "dims", ())), "theta")
    return _one_over_the_other(data, swept, ax)


def torkance_against_relaxation(data: Dataset, ax: Axes | None = None) -> Axes:
    """Sizes of both torkances against the rate of relaxation, both axes logarithmic.

    In a clean film the field-like one is proportional to tau = hbar/gamma, as the line
    through its first point, and the damping-like one is flat. The label says which sign
    a line has where it has one.

    Parameters
    ----------
    data : Dataset of a sweep of `relaxation` on a film
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, or a sweep of something else.

    Examples
    --------
    >>> import kwantorque as kt
    >>> film, fast = kt.systems.find("rashba-film"), {"temperature": 900}
    >>> planes = {"metal_planes": 0, "magnet_planes": 1, "rashba_plane": 0}
    >>> data = kt.sweep(
    ...     film, relaxation=[0.4, 0.8], **planes, **fast, tolerance=0.3, progress=False
    ... )
    >>> kt.plot.torkance_against_relaxation(data).get_xscale()
    'log'
    """
    require_sweep(data, "relaxation", SYSTEM, *COEFFICIENTS)
    ax, gamma = axes(ax), data.relaxation
    for name, (words, colour) in COEFFICIENTS.items():
        values = data[f"result_{name}"]
        sign = ", > 0" if (values > 0).all() else ", < 0" if (values < 0).all() else ""
        ax.plot(gamma, abs(values).where(values != 0), "o-", ms=4, color=colour, label=words + sign)
    first = data.result_field_like.sortby("relaxation")[0]
    through = abs(float(first)) * float(first.relaxation) / gamma.where(first != 0)
    ax.plot(gamma, through, ":", color="0.4", label=r"$\propto\tau$")
    ax.set(xscale="log", yscale="log", xlabel=labelled("relaxation", gamma))
    ax.set_ylabel(labelled("size of the torkance per eE", data.result_damping_like))
    decades = np.diff(np.log10(ax.get_ylim()))[0]
    for line in ax.get_lines():
        y = np.asarray(line.get_ydata(), float)
        y = np.log10(y[y > 0])
        if len(y) and np.ptp(y) < LEAST * decades:
            line.set_label(f"{line.get_label()}, constant")
    legend_above(ax, ncols=3)
    return ax


def _one_over_the_other(data, swept, ax):
    """Both coefficients, each on its own scale: one may be much larger."""
    require_sweep(data, swept, SYSTEM, *COEFFICIENTS)
    panels = figure_of(6.4, 5.6).subplots(2, 1, sharex=True) if ax is None else [axes(ax)]
    for panel, (name, (words, colour)) in zip(panels, COEFFICIENTS.items(), strict=False):
        values = data[f"result_{name}"]
        result_lines(panel, data, swept, (name, 1.0, {"ms": 4, "color": colour, "label": words}))
        # Zero belongs into the picture: what looks like a change is one.
        panel.set_ylim(*_with_zero(values.values))
        zero(panel)
        panel.set_ylabel(labelled("torkance per eE", values))
        legend_above(panel)
    panels[-1].set_xlabel(labelled(swept, data[swept]))
    return panels[-1]


def _with_zero(values):
    """Limits that hold all finite values, and zero."""
    finite = np.append(values[np.isfinite(values)], 0.0)
    low, high = finite.min(), finite.max()
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room
