"""Results of a prepared system against its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .base import COLOURS, axes, lines_along, require, require_sweep, result_against, unit_of, zero

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
    "against_width",
    "conductance_against_theta",
    "magnetoresistance_against_bias",
    "results_against",
    "torque_against_angle",
    "torque_against_angle_with_fit",
    "torque_against_barrier",
    "torque_against_coupling",
    "torque_against_phi",
    "torque_against_theta",
    "torque_parallel",
    "torques_against_bias",
]

GAAS_COUPLING = 0.11
"""alpha_0 of GaAs in eV.

Haney and Stiles, Phys. Rev. Lett. 105, 126602 (2010), figure 3.
"""
VALVE, JUNCTION, SEMI = "gamnas-spin-valve", "magnetic-tunnel-junction", "semi-magnetic-tunnel-junction"


def results_against(data: Dataset, ax: Axes | None = None) -> Axes:
    """All results of a sweep against its first parameter.

    One line for each result and each value of the other parameters.

    Parameters
    ----------
    data : Dataset of a `Sweep`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        The Dataset is no sweep.

    Examples
    --------
    >>> import kwantorque as kt
    >>> electron = kt.systems.find("spin-filter")
    >>> sweep = kt.systems.Sweep(electron, {"spacing": 0.05}, {"angle": [30, 60, 90]})
    >>> ax = kt.plot.results_against(sweep.run(progress=False))
    >>> ax.get_xlabel()
    'angle (deg)'
    """
    require(data, "a sweep of a prepared system", "done", besides=None)
    if not data.done.dims:
        raise InputError("this figure needs a sweep of at least one parameter")
    ax = axes(ax)
    first = data.done.dims[0]
    units = set()
    for name in data.data_vars:
        if not name.startswith("result_") or name.endswith("_error"):
            continue
        units.add(unit_of(data[name]))
        for i, (at, line) in enumerate(lines_along(data[name], first)):
            label = ", ".join(filter(None, (name.removeprefix("result_"), at)))
            ax.plot(data[first], line, marker="o", ms=3, label=label, alpha=0.6 ** (i / 4))
    about = data[first].attrs
    ax.set(xlabel=f"{first} ({about['units']})", ylabel=", ".join(sorted(units)))
    ax.legend(frameon=False, fontsize="small")
    return ax


def _valve_lines(ax, data, parameter, scale=1.0):
    drawn = (
        ("stt_total", 1, "magnetisation", "o-", "torque on the magnetisation"),
        ("Qj_flux", 1, "total", "s-", "angular momentum current in - out"),
        ("lattice_torque", -1, "lattice", "^-", "minus the torque on the lattice"),
        ("stt_persistent", 1, "spin", "v--", "persistent part of the torque"),
    )
    require_sweep(data, parameter, VALVE, *(name for name, *_ in drawn))
    ax = axes(ax)
    x = scale * data[parameter]
    for name, sign, kind, style, label in drawn:
        ax.plot(x, sign * data[f"result_{name}"], style, ms=3.5, color=COLOURS[kind], label=label)
    zero(ax)
    ax.set(ylabel=r"in-plane component ($\hbar$ I/e)")
    ax.legend(frameon=False, fontsize="small")
    return ax


def torque_against_coupling(data: Dataset, ax: Axes | None = None) -> Axes:
    """Torque, flux, minus lattice torque and persistent part against the coupling.

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
    >>> ax.get_lines()[0].get_label()
    'torque on the magnetisation'
    """
    ax = _valve_lines(ax, data, "spin_orbit", 1 / GAAS_COUPLING)
    ax.set(xlabel=rf"spin-orbit coupling $\alpha/\alpha_0$ ($\alpha_0$ = {GAAS_COUPLING:g} eV)")
    return ax


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
    ax = _valve_lines(ax, data, "barrier_length")
    ax.set(xlabel="thickness of the barrier (nm)")
    return ax


def torque_against_angle(data: Dataset, ax: Axes | None = None) -> Axes:
    """Total and persistent torque of the spin valve against the angle.

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
    >>> [line.get_label() for line in ax.get_lines()[:3]]
    ['total', 'sine', 'persistent part']
    """
    require_sweep(data, "angle", VALVE, "stt_total", "stt_persistent")
    ax = axes(ax)
    for name, label in (("stt_total", "total"), ("stt_persistent", "persistent part")):
        ax.plot(data.angle, data[f"result_{name}"], "o-", ms=3, label=label)
        if 90 in data.angle:
            sine = float(data[f"result_{name}"].sel(angle=90)) * np.sin(np.radians(data.angle))
            ax.plot(data.angle, sine, "--", color="0.6", lw=0.8, label="sine" if name == "stt_total" else None)
    ax.set(xlabel="angle between the magnetisations (deg)", ylabel=r"in-plane torque ($\hbar$ I/e)")
    ax.legend(frameon=False, fontsize="small")
    return ax


def torques_against_bias(data: Dataset, ax: Axes | None = None) -> Axes:
    """Torques on the magnets of a tunnel junction against the bias.

    In plane on both, out of plane on the right one, and that without bias as a line.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `bias` on `magnetic-tunnel-junction`
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
    >>> junction = kt.systems.find("magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"bias": [0, 0.2]})
    >>> data = sweep.run(tolerance=0.3, progress=False)
    >>> ax = kt.plot.torques_against_bias(data)
    >>> ax.get_xlabel()
    'bias (V)'
    """
    drawn = (
        ("torque_in_plane", "magnetisation", "in plane, right"),
        ("torque_out_of_plane", "spin", "out of plane, right"),
        ("torque_in_plane_left", "orbital", "in plane, left"),
    )
    require_sweep(data, "bias", JUNCTION, *(name for name, *_ in drawn), "torque_out_of_plane_equilibrium")
    ax = axes(ax)
    for name, kind, label in drawn:
        ax.plot(data.bias, 1e3 * data[f"result_{name}"], "o-", ms=3, color=COLOURS[kind], label=label)
    equilibrium = 1e3 * data.result_torque_out_of_plane_equilibrium
    ax.plot(data.bias, equilibrium, ":", color=COLOURS["spin"], label="out of plane, without bias")
    zero(ax)
    ax.set(xlabel="bias (V)", ylabel=r"torque (meV/nm$^2$)")
    ax.legend(frameon=False, fontsize="small")
    return ax


def magnetoresistance_against_bias(data: Dataset, ax: Axes | None = None) -> Axes:
    """Tunnel magnetoresistance against the bias.

    With the differential conductance, on an axis of its own, if it is there.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `bias` on `magnetic-tunnel-junction`
        Or what `derivatives` of that system makes of it.
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
    >>> junction = kt.systems.find("magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"bias": [0, 0.2]})
    >>> data = sweep.run(tolerance=0.3, progress=False)
    >>> ax = kt.plot.magnetoresistance_against_bias(data)
    >>> ax.get_ylabel()
    'tunnel magnetoresistance (%)'
    """
    require_sweep(data, "bias", JUNCTION, "tmr")
    ax = axes(ax)
    ax.plot(data.bias, 100 * data.result_tmr, "o-", ms=3, color=COLOURS["total"], label="TMR")
    ax.set(xlabel="bias (V)", ylabel="tunnel magnetoresistance (%)")
    if "differential_conductance" in data:
        other = ax.twinx()
        other.plot(data.bias, data.differential_conductance, color=COLOURS["lattice"])
        about = data.differential_conductance.attrs
        other.set_ylabel(f"{about['long_name']} ({about['units']})", color=COLOURS["lattice"])
    return ax


def torque_against_angle_with_fit(
    data: Dataset, fit: Efficiency, predictions: Mapping[str, Sequence[float]] | None = None, ax: Axes | None = None
) -> Axes:
    """In-plane torque on the free layer of a metallic valve against the angle; a fit.

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
    >>> ax.get_lines()[0].get_label()
    'ballistic'
    """
    require_sweep(data, "angle", "metallic-spin-valve", "torque_in_plane", "torque_out_of_plane")
    ax = axes(ax)
    ax.plot(data.angle, data.result_torque_in_plane, "o", ms=4, color=COLOURS["magnetisation"], label="ballistic")
    turn = np.radians(np.linspace(0, 180, 181))
    curve = fit.q_over_a / (1 + fit.b_over_a * np.cos(turn)) * np.sin(turn) / 2
    for i, (label, torque) in enumerate((predictions or {}).items()):
        ax.plot(data.angle, torque, ":" if i else "--", color=COLOURS["lattice"], label=label)
    label = rf"$\eta = q/(A + B\cos\theta)$, $\Lambda^2$ = {fit.asymmetry:.2f}"
    ax.plot(np.degrees(turn), curve, color=COLOURS["total"], label=label)
    ax.plot(
        data.angle, 10 * data.result_torque_out_of_plane, "^", ms=3, color=COLOURS["spin"], label="out of plane x 10"
    )
    ax.set(xlabel="angle between the magnetisations (deg)", ylabel=r"torque on F2 ($\hbar$ I/e)", xlim=(0, 180))
    ax.legend(frameon=False, fontsize="small")
    return ax


def against_width(data: Dataset, ax: Axes | None = None) -> Axes:
    """Non-adiabatic torque and resistance of a wall against its width, in logarithms.

    With a line of 1/width^2 through the last torque.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `width` on `domain-wall`
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
    >>> wall = kt.systems.find("domain-wall")
    >>> sweep = kt.systems.Sweep(wall, {"spacing": 0.2}, {"width": [0.4, 0.8]})
    >>> ax = kt.plot.against_width(sweep.run(tolerance=0.1, progress=False))
    >>> ax.get_xlabel()
    'width of the wall (nm)'
    """
    drawn = (
        ("torque_nonadiabatic", "spin", r"non-adiabatic torque, $-B$ ($\hbar$ I/e)"),
        ("wall_resistance", "lattice", r"resistance (f$\Omega$ m$^2$)"),
    )
    require_sweep(data, "width", "domain-wall", *(name for name, *_ in drawn))
    ax = axes(ax)
    for name, kind, label in drawn:
        ax.loglog(data.width, np.abs(data[f"result_{name}"]), "o-", ms=3, color=COLOURS[kind], label=label)
    last = float(np.abs(data.result_torque_nonadiabatic[-1])) * float(data.width[-1]) ** 2
    ax.loglog(data.width, last / data.width**2, "--", color="0.6", lw=0.8, label=r"$\propto 1/w^2$")
    ax.set(xlabel="width of the wall (nm)")
    ax.xaxis.set_minor_formatter("")
    ax.set_xticks(data.width.values, [f"{width:g}" for width in data.width.values])
    ax.legend(frameon=False, fontsize="small")
    return ax


def conductance_against_theta(data: Dataset, ax: Axes | None = None) -> Axes:
    """Conductance of a semi-magnetic junction against the angle of M to the normal.

    Its anisotropy is the TAMR. As in figure 1a of Manchon, Phys. Rev. B 83, 172403
    (2011).

    Parameters
    ----------
    data : Dataset of a `Sweep` on `semi-magnetic-tunnel-junction`
        Of `theta`, and of others: one line for each of their values.
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
    >>> junction = kt.systems.find("semi-magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"theta": [0, 90]})
    >>> data = sweep.run(tolerance=0.5, progress=False)
    >>> ax = kt.plot.conductance_against_theta(data)
    >>> ax.get_xlabel()
    'theta (deg)'
    """
    return result_against(data, "theta", "conductance", SEMI, ax)


def torque_against_theta(data: Dataset, ax: Axes | None = None) -> Axes:
    """Equilibrium T_perp sin(theta) of a semi-magnetic junction against the angle.

    As in figure 1b of Manchon, Phys. Rev. B 83, 172403 (2011).

    Parameters
    ----------
    data : Dataset of a `Sweep` on `semi-magnetic-tunnel-junction`
        Of `theta`, and of others: one line for each of their values.
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
    >>> junction = kt.systems.find("semi-magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"theta": [30, 60]})
    >>> data = sweep.run(tolerance=0.5, progress=False)
    >>> ax = kt.plot.torque_against_theta(data)
    >>> ax.get_xlabel()
    'theta (deg)'
    """
    require_sweep(data, "theta", SEMI, "torque_perpendicular_equilibrium", alone=False)
    factor = np.sin(np.radians(data.theta))
    ax = result_against(data, "theta", "torque_perpendicular_equilibrium", SEMI, ax, factor)
    ax.set_ylabel(r"$T_\perp \sin\theta$ without bias (eV/$\mu$m$^2$)")
    return ax


def torque_against_phi(data: Dataset, ax: Axes | None = None) -> Axes:
    """Equilibrium T_perp of a semi-magnetic junction against the azimuth of M.

    As in the inset of figure 1b of Manchon, Phys. Rev. B 83, 172403 (2011).

    Parameters
    ----------
    data : Dataset of a `Sweep` on `semi-magnetic-tunnel-junction`
        Of `phi`, and of others: one line for each of their values.
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
    >>> junction = kt.systems.find("semi-magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"phi": [0, 90]})
    >>> data = sweep.run(tolerance=0.5, progress=False)
    >>> ax = kt.plot.torque_against_phi(data)
    >>> ax.get_xlabel()
    'phi (deg)'
    """
    ax = result_against(data, "phi", "torque_perpendicular_equilibrium", SEMI, ax)
    # Nothing depends on phi: with zero in the picture rounding does not look like
    # something that does.
    zero(ax)
    return ax


def torque_parallel(data: Dataset, against: str | None = None, ax: Axes | None = None) -> Axes:
    """T_par of a semi-magnetic junction against coupling or bias.

    One line for each value of the other; the dashed line is T_perp(V) - T_perp(0) at
    the largest value of the other. As in figure 2 of Manchon, Phys. Rev. B 83, 172403
    (2011).

    Parameters
    ----------
    data : Dataset of a `Sweep` on `semi-magnetic-tunnel-junction`
        Of `bias`, `rashba` or both.
    against : str, optional
        "bias" or "rashba"; the first parameter of the sweep by default.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        The Dataset is no such sweep, or none of `against`.

    Examples
    --------
    >>> import kwantorque as kt
    >>> junction = kt.systems.find("semi-magnetic-tunnel-junction")
    >>> sweep = kt.systems.Sweep(junction, {"spacing": 0.1}, {"bias": [0, 0.2]})
    >>> data = sweep.run(tolerance=0.5, progress=False)
    >>> ax = kt.plot.torque_parallel(data)
    >>> ax.get_xlabel()
    'bias (V)'
    """
    names = ("torque_parallel", "torque_perpendicular", "torque_perpendicular_equilibrium")
    needed = ("done", *(f"result_{name}" for name in names))
    require(data, f"a sweep of `{against or 'bias'}` on `{SEMI}`", *needed, besides=None)
    swept = data.done.dims
    against = against or next(iter(swept), "bias")
    if against not in swept:
        raise InputError(f"this figure needs a sweep of `{against}`, got one of {', '.join(swept) or 'nothing'}")
    ax = axes(ax)
    for label, line in lines_along(data.result_torque_parallel, against):
        ax.plot(data[against], line, "o-", ms=3, label=label)
    change = data.result_torque_perpendicular - data.result_torque_perpendicular_equilibrium
    others = {name: float(data[name].max()) for name in swept if name != against}
    label, line = next(lines_along(change.sel({name: [value] for name, value in others.items()}), against))
    ax.plot(
        data[against], line, "--", color="0.4", label=", ".join(filter(None, (r"$T_\perp(V) - T_\perp(0)$", label)))
    )
    zero(ax)
    ax.set(xlabel=f"{against} ({data[against].attrs['units']})", ylabel=r"$T_\parallel$ (eV/$\mu$m$^2$)")
    ax.legend(frameon=False, fontsize="x-small")
    return ax
