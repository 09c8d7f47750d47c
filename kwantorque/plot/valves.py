"""Spin valves: torques against depth, coupling, barrier and angle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .base import (
    COLOURS,
    SMOOTH,
    axes,
    labelled,
    legend_above,
    lines_along,
    require,
    require_sweep,
    result_lines,
    shades,
    zero,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from xarray import Dataset

    from .base import Axes

    class Efficiency(Protocol):
        """What is drawn of that of `kwantorque.systems.metallic_spin_valve`."""

        q_over_a: float
        b_over_a: float
        asymmetry: float


__all__ = [
    "torque_against_angle",
    "torque_against_angle_with_fit",
    "torque_against_barrier",
    "torque_against_coupling",
    "torque_against_thickness",
    "torque_density",
]

GAAS_COUPLING = 0.11
"""alpha_0 of GaAs in eV.

Haney and Stiles, Phys. Rev. Lett. 105, 126602 (2010), figure 3.
"""
VALVE = "gamnas-spin-valve"


def torque_density(data: Dataset, ax: Axes | None = None) -> Axes:
    """In-plane torque on the magnetisation per length against the depth in the layer.

    As in figure 2b of Haney and Stiles, Phys. Rev. Lett. 105, 126602 (2010).

    Parameters
    ----------
    data : Dataset of `gamnas-spin-valve`, or of a sweep of it
        One line for each point: with and without spin-orbit coupling, say.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset.

    Examples
    --------
    >>> import kwantorque as kt
    >>> valve = kt.systems.find("gamnas-spin-valve")
    >>> small = {"gamma2": 0, "gamma3": 0, "spacing": 0.5, "fm_length": 2}
    >>> data = valve.run(tolerance=0.1, progress=False, angle=60, **small)
    >>> ax = kt.plot.torque_density(data)
    >>> ax.get_xlabel()
    'distance from the barrier (nm)'
    """
    what = "a Dataset of `gamnas-spin-valve`, or a sweep of it in which its layers keep their lengths"
    require(data, what, "torque_density", "depth", dims=("depth",), besides=None)
    ax = axes(ax)
    lines = list(lines_along(data.torque_density, "depth"))
    for (label, line), colour in zip(lines, shades(COLOURS["in plane"], len(lines)), strict=True):
        ax.plot(data.depth, line, color=colour, label=label)
    if len(lines) > 1:
        legend_above(ax, ncols=3)
    zero(ax)
    words = labelled("in-plane torque on the\nmagnetisation per length", data.torque_density)
    ax.set(xlabel="distance from the barrier (nm)", ylabel=words, xlim=(0, float(data.depth[-1])))
    return ax


def torque_against_thickness(data: Dataset, ax: Axes | None = None) -> Axes:
    """In-plane torques and fluxes, summed over a layer up to a depth, against that.

    As in figure 2c of Haney and Stiles, Phys. Rev. Lett. 105, 126602 (2010).

    Parameters
    ----------
    data : Dataset of `gamnas-spin-valve`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, one resolved in k, or a sweep.

    Examples
    --------
    >>> import kwantorque as kt
    >>> valve = kt.systems.find("gamnas-spin-valve")
    >>> small = {"gamma2": 0, "gamma3": 0, "spacing": 0.5, "fm_length": 2}
    >>> data = valve.run(tolerance=0.1, progress=False, angle=60, **small)
    >>> ax = kt.plot.torque_against_thickness(data)
    >>> ax.get_xlabel()
    'depth in the layer (nm)'
    """
    drawn = (
        ("stt", "magnetisation", "torque on the magnetisation"),
        ("Qs_flux", "spin", "spin current in - out"),
        ("Qj_flux", "total", "angular momentum current in - out"),
        ("lattice_torque", "lattice", "torque on the lattice"),
    )
    names = (f"{name}_against_thickness" for name, *_ in drawn)
    require(data, "a Dataset of `gamnas-spin-valve`", *names, "depth", dims=("depth",))
    ax = axes(ax)
    for name, kind, label in drawn:
        ax.plot(data.depth, data[f"{name}_against_thickness"], color=COLOURS[kind], label=label)
    zero(ax)
    words = labelled("in-plane component,\nsummed up to the depth", data.stt_against_thickness)
    ax.set(xlabel="depth in the layer (nm)", ylabel=words, xlim=(0, float(data.depth[-1])))
    legend_above(ax)
    return ax


def _valve_lines(ax, data, parameter, scale=1.0, xlabel=""):
    drawn = (
        ("stt_total", 1, "magnetisation", "o-", "torque on the magnetisation"),
        ("Qj_flux", 1, "total", "s-", "angular momentum current in - out"),
        ("lattice_torque", -1, "lattice", "^-", "minus the torque on the lattice"),
        ("stt_persistent", 1, "out of plane", "v--", "persistent part of the torque"),
    )
    require_sweep(data, parameter, VALVE, *(name for name, *_ in drawn))
    ax = axes(ax)
    scaled = data.assign_coords({parameter: scale * data[parameter]})
    lines = (
        (name, sign, {"marker": style[0], "ls": style[1:], "color": COLOURS[kind], "label": label})
        for name, sign, kind, style, label in drawn
    )
    result_lines(ax, scaled, parameter, *lines)
    zero(ax)
    ax.set(xlabel=xlabel, ylabel=labelled("in-plane component", data.result_stt_total))
    legend_above(ax)
    return ax


def torque_against_coupling(data: Dataset, ax: Axes | None = None) -> Axes:
    r"""Torque, flux, minus lattice torque and persistent part against the coupling.

    As in figure 3 of Haney and Stiles, Phys. Rev. Lett. 105, 126602 (2010).

    Parameters
    ----------
    data : Dataset of a `Sweep` of `spin_orbit` on `gamnas-spin-valve`
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
    >>> valve = kt.systems.find("gamnas-spin-valve")
    >>> small = {"gamma2": 0, "gamma3": 0, "spacing": 0.5, "fm_length": 2}
    >>> sweep = kt.systems.Sweep(valve, small, {"spin_orbit": [0, 0.11]})
    >>> ax = kt.plot.torque_against_coupling(sweep.run(tolerance=0.1, progress=False))
    >>> ax.get_ylabel()
    'in-plane component ($\\hbar$ I/e)'
    """
    words = rf"spin-orbit coupling $\alpha/\alpha_0$ ($\alpha_0$ = {GAAS_COUPLING:g} eV)"
    return _valve_lines(ax, data, "spin_orbit", 1 / GAAS_COUPLING, xlabel=words)


def torque_against_barrier(data: Dataset, ax: Axes | None = None) -> Axes:
    """The same as `torque_against_coupling` against the thickness of the barrier.

    The sign of the persistent part depends on it.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `barrier_length` on `gamnas-spin-valve`
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
    >>> valve = kt.systems.find("gamnas-spin-valve")
    >>> small = {"gamma2": 0, "gamma3": 0, "spacing": 0.5, "fm_length": 2}
    >>> sweep = kt.systems.Sweep(valve, small, {"barrier_length": [0.5, 1]})
    >>> ax = kt.plot.torque_against_barrier(sweep.run(tolerance=0.1, progress=False))
    >>> ax.get_xlabel()
    'thickness of the barrier (nm)'
    """
    return _valve_lines(ax, data, "barrier_length", xlabel="thickness of the barrier (nm)")


def torque_against_angle(data: Dataset, ax: Axes | None = None) -> Axes:
    r"""Total and persistent torque of the spin valve against the angle.

    Beside them a sine through their values at 90 degrees, if the sweep contains them.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `angle` on `gamnas-spin-valve`
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
    >>> valve = kt.systems.find("gamnas-spin-valve")
    >>> small = {"gamma2": 0, "gamma3": 0, "spacing": 0.5, "fm_length": 2}
    >>> sweep = kt.systems.Sweep(valve, small, {"angle": [45, 90]})
    >>> ax = kt.plot.torque_against_angle(sweep.run(tolerance=0.1, progress=False))
    >>> ax.get_ylabel()
    'in-plane torque on the magnetisation ($\\hbar$ I/e)'
    """
    require_sweep(data, "angle", VALVE, "stt_total", "stt_persistent")
    ax = axes(ax)
    turn = np.linspace(float(data.angle.min()), float(data.angle.max()), SMOOTH)
    drawn = ("stt_total", "total", "in plane"), ("stt_persistent", "persistent part", "out of plane")
    lines = [(name, 1, {"color": COLOURS[kind], "ls": "", "label": label}) for name, label, kind in drawn]
    times = result_lines(ax, data, "angle", *lines)
    for name, label, kind in drawn:
        if 90 in data.angle:
            sine = times[name] * float(data[f"result_{name}"].sel(angle=90)) * np.sin(np.radians(turn))
            ax.plot(turn, sine, "--", color=COLOURS[kind], lw=0.8, label=f"{label}: sine through 90 degrees")
    zero(ax)
    words = labelled("in-plane torque on the magnetisation", data.result_stt_total)
    ax.set(xlabel="angle between the magnetisations (deg)", ylabel=words)
    legend_above(ax)
    return ax


def torque_against_angle_with_fit(
    data: Dataset, fit: Efficiency, predictions: Mapping[str, Sequence[float]] | None = None, ax: Axes | None = None
) -> Axes:
    r"""In-plane torque on the free layer of a metallic valve against the angle; a fit.

    The fit is eta(angle) = q/(A + B cos angle), eq. 25 of Ralph and Stiles, J. Magn.
    Magn. Mater. 320, 1190 (2008).

    Parameters
    ----------
    data : Dataset of a `Sweep` of `angle` on `metallic-spin-valve`
    fit : Efficiency
        Of `kwantorque.systems.metallic_spin_valve.fit_efficiency`.
    predictions : dict from label to torques at the angles of `data`, optional
        Those of `circuit_theory`, for example.
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
    >>> from kwantorque.systems.metallic_spin_valve import fit_efficiency
    >>> small = {"spacing": 0.1, "fm_length": 0.2, "spacer_length": 0.2}
    >>> valve = kt.systems.find("metallic-spin-valve")
    >>> sweep = kt.systems.Sweep(valve, small, {"angle": [45, 90, 135]})
    >>> data = sweep.run(tolerance=0.5, progress=False)
    >>> fit = fit_efficiency(data.angle, data.result_torque_in_plane)
    >>> ax = kt.plot.torque_against_angle_with_fit(data, fit)
    >>> ax.get_ylabel()
    'torque on F2 ($\\hbar$ I/e)'
    """
    require_sweep(data, "angle", "metallic-spin-valve", "torque_in_plane", "torque_out_of_plane")
    ax = axes(ax)
    names = ("torque_in_plane", "in plane", "o"), ("torque_out_of_plane", "out of plane", "^")
    lines = [
        (name, 1, {"ls": "", "marker": marker, "color": COLOURS[kind], "label": f"{kind}, ballistic"})
        for name, kind, marker in names
    ]
    times = result_lines(ax, data, "angle", *lines)["torque_in_plane"]
    turn = np.radians(np.linspace(0, 180, SMOOTH))
    curve = times * fit.q_over_a / (1 + fit.b_over_a * np.cos(turn)) * np.sin(turn) / 2
    for i, (label, torque) in enumerate((predictions or {}).items()):
        ax.plot(data.angle, times * np.asarray(torque), ":" if i else "--", color="0.5", label=label)
    label = rf"$\eta = q/(A + B\cos\theta)$, $\Lambda^2$ = {fit.asymmetry:.2f}"
    ax.plot(np.degrees(turn), curve, color=COLOURS["total"], label=label)
    zero(ax)
    words = labelled("torque on F2", data.result_torque_in_plane)
    ax.set(xlabel="angle between the magnetisations (deg)", ylabel=words, xlim=(0, 180))
    legend_above(ax)
    return ax
