"""Results of a prepared system against its parameters."""

import numpy as np

from ..errors import InputError
from .base import COLOURS, axes, lines_along, require_sweep, result_against

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
"""alpha_0 of GaAs in eV (seed 000)."""


def results_against(data, ax=None):
    """All results of a sweep against its first parameter, one line per result and value of the other parameters.

    Parameters
    ----------
    data : Dataset of a `Sweep`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes(ax)
    first = data.done.dims[0]
    units = set()
    for name in data.data_vars:
        if not name.startswith("result_") or name.endswith("_error"):
            continue
        units.add(data[name].attrs["units"])
        for i, (at, line) in enumerate(lines_along(data[name], first)):
            label = ", ".join(filter(None, (name.removeprefix("result_"), at)))
            ax.plot(data[first], line, marker="o", ms=3, label=label, alpha=0.6 ** (i / 4))
    about = data[first].attrs
    ax.set(xlabel=f"{first} ({about['units']})", ylabel=", ".join(sorted(units)).replace("hbar", r"$\hbar$"))
    ax.legend(frameon=False, fontsize="small")
    return ax


def _valve_lines(ax, data, parameter, scale=1.0):
    require_sweep(data, parameter)
    x = scale * data[parameter]
    for name, sign, kind, style, label in (
        ("stt_total", 1, "magnetisation", "o-", "torque on the magnetisation"),
        ("Qj_flux", 1, "total", "s-", "angular momentum current in - out"),
        ("lattice_torque", -1, "lattice", "^-", "minus the torque on the lattice"),
        ("stt_persistent", 1, "spin", "v--", "persistent part of the torque"),
    ):
        ax.plot(x, sign * data[f"result_{name}"], style, ms=3.5, color=COLOURS[kind], label=label)
    ax.axhline(0, color="0.6", lw=0.8)
    ax.set(ylabel=r"in-plane component ($\hbar$ I/e)")
    ax.legend(frameon=False, fontsize="small")


def torque_against_coupling(data, ax=None):
    """Torque, flux, minus lattice torque and persistent part against the spin-orbit coupling (seed 000, figure 3).

    Parameters
    ----------
    data : Dataset of a `Sweep` of `spin_orbit` on `gamnas-spin-valve`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes(ax)
    _valve_lines(ax, data, "spin_orbit", 1 / GAAS_COUPLING)
    ax.set(xlabel=rf"spin-orbit coupling $\alpha/\alpha_0$ ($\alpha_0$ = {GAAS_COUPLING:g} eV)")
    return ax


def torque_against_barrier(data, ax=None):
    """The same against the thickness of the barrier, on which the sign of the persistent part depends.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `barrier_length` on `gamnas-spin-valve`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes(ax)
    _valve_lines(ax, data, "barrier_length")
    ax.set(xlabel="thickness of the barrier (nm)")
    return ax


def torque_against_angle(data, ax=None):
    """Torques of a sweep of `angle` on the spin valve, with a sine through the total torque at 90 degrees.

    Parameters
    ----------
    data : Dataset of a `Sweep` of angle; the sine is drawn if it contains 90
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    require_sweep(data, "angle")
    ax = axes(ax)
    for name, label in (("stt_total", "total"), ("stt_persistent", "persistent part")):
        ax.plot(data.angle, data[f"result_{name}"], "o-", ms=3, label=label)
        if 90 in data.angle:
            sine = float(data[f"result_{name}"].sel(angle=90)) * np.sin(np.radians(data.angle))
            ax.plot(data.angle, sine, "--", color="0.6", lw=0.8, label="sine" if name == "stt_total" else None)
    ax.set(xlabel="angle between the magnetisations (deg)", ylabel=r"in-plane torque ($\hbar$ I/e)")
    ax.legend(frameon=False, fontsize="small")
    return ax


def torques_against_bias(data, ax=None):
    """Both torques on the right magnet of a tunnel junction against the bias, and the equilibrium one as a line.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `bias` on `magnetic-tunnel-junction`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    require_sweep(data, "bias")
    ax = axes(ax)
    for name, kind, label in (
        ("torque_in_plane", "magnetisation", "in plane, right"),
        ("torque_out_of_plane", "spin", "out of plane, right"),
        ("torque_in_plane_left", "orbital", "in plane, left"),
    ):
        ax.plot(data.bias, 1e3 * data[f"result_{name}"], "o-", ms=3, color=COLOURS[kind], label=label)
    equilibrium = 1e3 * data.result_torque_out_of_plane_equilibrium
    ax.plot(data.bias, equilibrium, ":", color=COLOURS["spin"], label="out of plane, without bias")
    ax.axhline(0, color="0.6", lw=0.8)
    ax.set(xlabel="bias (V)", ylabel=r"torque (meV/nm$^2$)")
    ax.legend(frameon=False, fontsize="small")
    return ax


def magnetoresistance_against_bias(data, ax=None):
    """Tunnel magnetoresistance against the bias, and the differential conductance if it is there (right axis).

    Parameters
    ----------
    data : Dataset of a `Sweep` of `bias` on `magnetic-tunnel-junction`, or of `derivatives` of it
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    require_sweep(data, "bias")
    ax = axes(ax)
    ax.plot(data.bias, 100 * data.result_tmr, "o-", ms=3, color=COLOURS["total"], label="TMR")
    ax.set(xlabel="bias (V)", ylabel="tunnel magnetoresistance (%)")
    if "differential_conductance" in data:
        other = ax.twinx()
        other.plot(data.bias, data.differential_conductance, color=COLOURS["lattice"])
        about = data.differential_conductance.attrs
        other.set_ylabel(f"{about['long_name']} ({about['units']})", color=COLOURS["lattice"])
    return ax


def torque_against_angle_with_fit(data, fit, predictions=None, ax=None):
    """In-plane torque on the free layer of a metallic valve against the angle, with eq. 25 of seed 002 through it.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `angle` on `metallic-spin-valve`
    fit : Efficiency, of `fit_efficiency`
    predictions : dict from label to torques at the angles of `data`, those of `circuit_theory` for example
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    require_sweep(data, "angle")
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


def against_width(data, ax=None):
    """Non-adiabatic torque and resistance of a wall against its width, in logarithms, with 1/width^2 beside them.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `width` on `domain-wall`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    require_sweep(data, "width")
    ax = axes(ax)
    for name, kind, label in (
        ("torque_nonadiabatic", "spin", r"non-adiabatic torque, $-B$ ($\hbar$ I/e)"),
        ("wall_resistance", "lattice", r"resistance (f$\Omega$ m$^2$)"),
    ):
        ax.loglog(data.width, np.abs(data[f"result_{name}"]), "o-", ms=3, color=COLOURS[kind], label=label)
    last = float(np.abs(data.result_torque_nonadiabatic[-1])) * float(data.width[-1]) ** 2
    ax.loglog(data.width, last / data.width**2, "--", color="0.6", lw=0.8, label=r"$\propto 1/w^2$")
    ax.set(xlabel="width of the wall (nm)")
    ax.xaxis.set_minor_formatter("")
    ax.set_xticks(data.width.values, [f"{width:g}" for width in data.width.values])
    ax.legend(frameon=False, fontsize="small")
    return ax


def conductance_against_theta(data, ax=None):
    """Conductance of a semi-magnetic junction against the angle of M to the normal: TAMR (seed 003, figure 1a).

    Parameters
    ----------
    data : Dataset of a `Sweep` of `theta`, and of others (one line for each), on `semi-magnetic-tunnel-junction`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    return result_against(data, "theta", "result_conductance", ax)


def torque_against_theta(data, ax=None):
    """Equilibrium T_perp sin(theta) of a semi-magnetic junction against the angle (seed 003, figure 1b).

    Parameters
    ----------
    data : Dataset of a `Sweep` of `theta`, and of others (one line for each), on `semi-magnetic-tunnel-junction`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    factor = np.sin(np.radians(data.theta)) if "theta" in data.coords else 1.0
    ax = result_against(data, "theta", "result_torque_perpendicular_equilibrium", ax, factor)
    ax.set_ylabel(r"$T_\perp \sin\theta$ without bias (eV/$\mu$m$^2$)")
    return ax


def torque_against_phi(data, ax=None):
    """Equilibrium T_perp of a semi-magnetic junction against the azimuth of M (seed 003, inset of figure 1b)."""
    ax = result_against(data, "phi", "result_torque_perpendicular_equilibrium", ax)
    # Nothing depends on phi: with zero in the picture rounding does not look like something that does.
    ax.axhline(0, color="0.6", lw=0.8)
    return ax


def torque_parallel(data, against=None, ax=None):
    """T_par of a semi-magnetic junction against coupling or bias, one line per value of the other (seed 003, figure 2).

    The dashed line is T_perp(V) - T_perp(0) at the largest value of the other.

    Parameters
    ----------
    data : Dataset of a `Sweep` of `bias`, `rashba` or both on `semi-magnetic-tunnel-junction`
    against : {"bias", "rashba"}, optional
        The first parameter of the sweep by default.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    swept = data.done.dims if "done" in data else ()
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
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    ax.set(xlabel=f"{against} ({data[against].attrs['units']})", ylabel=r"$T_\parallel$ (eV/$\mu$m$^2$)")
    ax.legend(frameon=False, fontsize="x-small")
    return ax
