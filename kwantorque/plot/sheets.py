"""The Rashba ferromagnet: Fermi lines, torque in time, against the coupling, AMR."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .base import COLOURS, axes, figure_of, labelled, legend_above, require, require_sweep, zero

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = ["amr_in_polar_form", "fermi_lines", "torque_against_coupling_strength", "torque_in_time"]

SYSTEM = "rashba-ferromagnet"
BANDS = {"majority": COLOURS["spin"], "minority": COLOURS["orbital"]}
SHIFT = 0.12
"""How far the contours are drawn as shifted, over their radius."""
ARROWS = 12
"""Angles between spins that are drawn."""


def fermi_lines(data: Dataset, ax: Axes | None = None) -> Axes:
    """Fermi lines with the spins on them, and as the field shifts them.

    The shift, -eE tau/hbar for electrons, is drawn much larger than it is.

    Parameters
    ----------
    data : Dataset of the prepared system `rashba-ferromagnet`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, or a sweep.

    Examples
    --------
    >>> import kwantorque as kt
    >>> data = kt.systems.find("rashba-ferromagnet").run(rashba=0.1, exchange=0.5)
    >>> ax = kt.plot.fermi_lines(data)
    >>> ax.get_xlabel()
    '$k_x$ (1/nm)'
    """
    what = f"a Dataset of the prepared system `{SYSTEM}`"
    require(data, what, "fermi_k", "fermi_spin", dims=("band", "angle", "direction", "axis"))
    ax = axes(ax)
    radius = float(np.nanmax(np.abs(data.fermi_k)))
    shift = -SHIFT * radius * data.field.values
    for band, colour in BANDS.items():
        k = data.fermi_k.sel(band=band).values
        if np.isnan(k).all():
            continue
        spin = data.fermi_spin.sel(band=band).values
        ax.plot(*k.T, color=colour, label=band)
        ax.plot(*(k + shift).T, color=colour, ls="--", lw=1, alpha=0.7)
        few = slice(None, None, ARROWS)
        ax.quiver(*k[few].T, *spin[few, :2].T, color=colour, pivot="middle", scale=11, width=0.006)
    ax.plot([], [], "--", color="0.4", lw=1, label="shifted by the field")
    ax.set(xlabel="$k_x$ (1/nm)", ylabel="$k_y$ (1/nm)", aspect="equal")
    legend_above(ax, ncols=3)
    return ax


def torque_in_time(*data: Dataset, axis: str = "y", ax: Axes | None = None) -> Axes:
    """Torque against time after the field is switched on, with the Kubo line.

    What grows with time, the intraband part, is left out.

    Parameters
    ----------
    *data : Datasets of `kwantorque.bulk.evolution.evolve`
        Of a sudden and of a ramped field, for example.
    axis : {"x", "y", "z"}
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        No Dataset, or another.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.bulk.evolution import evolve
    >>> from kwantorque.bulk.sheet import RashbaSheet
    >>> few = {"rays": 12, "nodes": 6, "steps": 30}
    >>> ax = kt.plot.torque_in_time(evolve(RashbaSheet(0.05, 0.5), 1.0, **few))
    >>> ax.get_xlabel()
    'time (periods of the exchange field)'
    """
    if not data:
        raise InputError("this figure needs a Dataset of `kwantorque.bulk.evolution.evolve`, got none")
    ax = axes(ax)
    looks = {"sudden": {"color": COLOURS["orbital"], "lw": 1}, "ramped": {"color": COLOURS["spin"], "lw": 2}}
    for one in data:
        require(one, "a Dataset of `kwantorque.bulk.evolution.evolve`", "torque_without_drift", dims=("time", "axis"))
        ramp = one.attrs["ramp"]
        ax.plot(one.time / one.attrs["period"], one.torque_without_drift.sel(axis=axis), label=ramp, **looks[ramp])
    kubo = float(data[0].torque_interband.sel(axis=axis))
    ax.axhline(kubo, color=COLOURS["total"], ls=":", label="linear response (Kubo)")
    zero(ax)
    ylabel = labelled(f"torque along {axis} per eE", data[0].torque)
    ax.set(xlabel="time (periods of the exchange field)", ylabel=ylabel)
    legend_above(ax, ncols=3)
    return ax


def torque_against_coupling_strength(data: Dataset, ax: Axes | None = None) -> Axes:
    """Damping-like torque against alpha or J, with the formulas for it.

    For M and E along x: alpha (n_maj - n_min)/(2J), the paper's to leading order in
    alpha, and alpha/(4 pi c) (c = hbar^2/2m), exact where both bands are
    occupied and alpha k_F < J (beyond that it vanishes).

    Parameters
    ----------
    data : Dataset of a sweep of `rashba` or `exchange` on `rashba-ferromagnet`
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
    >>> sheet = kt.systems.find("rashba-ferromagnet")
    >>> swept = kt.sweep(sheet, rashba=[0.01, 0.05], progress=False)
    >>> ax = kt.plot.torque_against_coupling_strength(swept)
    >>> ax.get_ylabel()
    'damping-like torque per eE (1/nm)'
    """
    swept = next((name for name in ("rashba", "exchange") if name in getattr(data, "dims", ())), "rashba")
    require_sweep(data, swept, SYSTEM, "torque_interband_y")
    require(data, f"a sweep of `{swept}` on `{SYSTEM}`", "damping_like_leading", "damping_like_exact", dims=(swept,))
    ax = axes(ax)
    ax.plot(data[swept], data.result_torque_interband_y, "o-", ms=4, color=COLOURS["magnetisation"], label="Kubo")
    ax.plot(data[swept], data.damping_like_leading, "--", color="0.4", label=r"$\alpha(n_\uparrow-n_\downarrow)/2J$")
    # With one band occupied there is no such line.
    if data.damping_like_exact.notnull().any():
        ax.plot(data[swept], data.damping_like_exact, ":", color=COLOURS["total"], label=r"$\alpha/4\pi c$, both bands")
    ax.set(xlabel=labelled(swept, data[swept]), ylabel="damping-like torque per eE (1/nm)")
    zero(ax)
    legend_above(ax, ncols=3)
    return ax


def amr_in_polar_form(data: Dataset, ax: Axes | None = None) -> Axes:
    """Resistivity against the angle between M and E, in polar form.

        rho(angle)/rho(M perp E) = 1 + amr cos^2(angle)

    from the two resistivities of a result; the axes begin close to 1.

    Parameters
    ----------
    data : Dataset of the prepared system `rashba-ferromagnet`
    ax : matplotlib Axes, optional
        Polar ones.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, a sweep, or axes that are not polar.

    Examples
    --------
    >>> import kwantorque as kt
    >>> data = kt.systems.find("rashba-ferromagnet").run(rashba=0.1, mass=0.3)
    >>> kt.plot.amr_in_polar_form(data).name
    'polar'
    """
    results = ("result_amr", "result_amr_delta_scatterers")
    require(data, f"a Dataset of the prepared system `{SYSTEM}`", *results)
    ax = figure_of(5.4, 5.2).subplots(subplot_kw={"projection": "polar"}) if ax is None else ax
    if getattr(ax, "name", "") != "polar":
        raise InputError('this figure needs polar axes, such as plt.subplots(subplot_kw={"projection": "polar"})')
    angle = np.linspace(0, 2 * np.pi, 361)
    lines = {"constant relaxation time": "-", "delta scatterers": "--"}
    sizes = [float(data[name]) for name in results]
    for (words, style), size in zip(lines.items(), sizes, strict=True):
        ax.plot(angle, 1 + size * np.cos(angle) ** 2, style, color=COLOURS["total"], label=words)
    most = max(map(abs, sizes)) or 1e-6
    ax.set_ylim(1 - 2 * most, 1 + 1.2 * most)
    ax.set_yticks([1.0, 1 + most], ["1", f"1 + {most:.2g}"])
    ax.set_title(r"$\rho/\rho(M\perp E)$ against the angle of M", fontsize="medium")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, -0.2), ncols=2, frameon=False, fontsize="small")
    return ax
