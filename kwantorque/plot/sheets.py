"""The Rashba ferromagnet: Fermi lines, torque in time, against the coupling, AMR."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .base import COLOURS, axes, figure_of, labelled, legend_above, require, require_sweep, zero

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = [
    "amr_in_polar_form",
    "fermi_lines",
    "sheet_overview",
    "torque_against_coupling_strength",
    "torque_in_time",
    "work_against_angle",
]


SYSTEM = "rashba-ferromagnet"
BANDS = {"majority": COLOURS["spin"], "minority": COLOURS["orbital"]}
SHIFT = 0.12
"""How far the contours are drawn as shifted, over their radius."""
ARROWS = 12
"""Angles between spins that are drawn."""


def sheet_overview(data: Dataset) -> Axes:
    """Bands with their spins, Fermi lines as the field shifts them, and resistivity.

    On the left the bands along the field, with the part of the spins along M as colour
    and arrows of (s_x, s_y); in the middle the Fermi lines; on the right resistivity in
    polar form.

    Parameters
    ----------
    data : Dataset of the prepared system `rashba-ferromagnet`

    Returns
    -------
    matplotlib Axes
        Those of the Fermi lines.

    Raises
    ------
    InputError
        Another Dataset, or a sweep.

    Examples
    --------
    >>> import kwantorque as kt
    >>> data = kt.systems.find("rashba-ferromagnet").run(rashba=0.1, exchange=0.5)
    >>> len(kt.plot.sheet_overview(data).figure.axes)
    3
    """
    what = f"a Dataset of the prepared system `{SYSTEM}`"
    require(data, what, "band_k", "band_energy", "band_spin", dims=("band", "path", "axis"))
    require(data, what, "fermi_energy_drawn", "result_amr", "result_amr_delta_scatterers")
    figure = figure_of(13.0, 5.4)
    left, middle = figure.add_subplot(1, 3, 1), figure.add_subplot(1, 3, 2)
    for band, colour in BANDS.items():
        energy, spin = data.band_energy.sel(band=band).values, data.band_spin.sel(band=band).values
        left.plot(data.band_k, energy, color=colour, label=band)
        few = slice(ARROWS // 2, None, ARROWS)
        left.quiver(
            data.band_k[few], energy[few], *spin[few, :2].T, color=colour, pivot="middle", scale=11, width=0.006
        )
    left.axhline(float(data.fermi_energy_drawn), color="0.4", ls=":", lw=1, label="Fermi energy")
    left.set(xlabel=labelled("k along the field", data.band_k), ylabel=labelled("energy", data.band_energy))
    left.margins(y=0.1)
    legend_above(left, ncols=3)
    fermi_lines(data, middle)
    amr_in_polar_form(data, figure.add_subplot(1, 3, 3, projection="polar"))
    return middle


def work_against_angle(data: Dataset, ax: Axes | None = None) -> Axes:
    """Work of the interband torque on the magnetisation against the angle of M.

        Q = -h.t,       t_intraband = M x h

    h is the current-induced field, t the damping-like torque. Ho et al. say in their
    eq. 18 that Q < 0: that the torque damps. It is positive: energy flows into the
    magnetisation, and the torque is anti-damping with respect to h. With -cos^2 of
    their equation, as large as what is computed.

    Parameters
    ----------
    data : Dataset of a sweep of `phi` on `rashba-ferromagnet`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, or a sweep of something else.

    References
    ----------
    Ho, Tan, Shen & Jalil, Newton's second law in spintronics (2019), eq. 17 and 18.

    Examples
    --------
    >>> import kwantorque as kt
    >>> sheet = kt.systems.find("rashba-ferromagnet")
    >>> swept = kt.sweep(sheet, phi=[0, 60, 90], rashba=0.05, progress=False)
    >>> kt.plot.work_against_angle(swept).get_xlabel()
    'phi (deg)'
    """
    require_sweep(data, "phi", SYSTEM)
    require(data, f"a sweep of `phi` on `{SYSTEM}`", "work_on_magnetisation", dims=("phi",))
    ax, work = axes(ax), data.work_on_magnetisation
    ax.plot(data.phi, work, "o-", ms=4, color=COLOURS["magnetisation"], label="computed, $-h\\cdot t$")
    angle = np.linspace(float(data.phi.min()), float(data.phi.max()), 181)
    along = np.cos(np.radians(angle - _angle_of(data.field.values.reshape(-1, 2)[0]))) ** 2
    ax.plot(angle, -float(abs(work).max()) * along, "--", color="0.4", label="sign of eq. 18, $-\\cos^2$")
    zero(ax)
    ax.set(xlabel=labelled("phi", data.phi), ylabel=labelled(r"work per $(eE)^2\tau/\hbar$", work))
    ax.set_title(
        "Positive: the magnetisation gains energy, the damping-like torque\n"
        "is anti-damping in the field of the current (against eq. 18)",
        fontsize="medium",
    )
    ax.legend(loc="center left", frameon=False, fontsize="small")
    return ax


def _angle_of(vector):
    """Its angle in the plane, degrees."""
    return float(np.degrees(np.arctan2(vector[1], vector[0])))


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
        words = f"{words}, up to {100 * size:+.2g} %"
        ax.plot(angle, 1 + size * np.cos(angle) ** 2, style, color=COLOURS["total"], label=words)
    most = max(map(abs, sizes)) or 1e-6
    ax.set_ylim(1 - 2 * most, 1 + 1.2 * most)
    ax.set_yticks([1.0, 1 + most], ["1", f"1 + {most:.2g}"])
    ax.set_title(r"$\rho/\rho(M\perp E)$ against the angle of M", fontsize="medium")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, -0.26), ncols=1, frameon=False, fontsize="small")
    return ax
