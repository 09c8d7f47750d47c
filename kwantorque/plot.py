"""Figures of a Dataset. Every function takes the Dataset and optionally axes, computes nothing, and returns the
axes.
"""

import numpy as np
from matplotlib.figure import Figure

from .errors import InputError

__all__ = [
    "against_k",
    "against_width",
    "balance",
    "bands",
    "channels",
    "conductance_against_theta",
    "k_map",
    "magnetoresistance_against_bias",
    "results_against",
    "spin_currents",
    "spin_density",
    "torque_against_angle",
    "torque_against_angle_with_fit",
    "torque_against_barrier",
    "torque_against_coupling",
    "torque_against_phi",
    "torque_against_theta",
    "torque_against_thickness",
    "torque_density",
    "torque_parallel",
    "torques_against_bias",
    "wall_torques",
]

COLOURS = {
    "total": "#1b1b1b",
    "spin": "#0072b2",
    "orbital": "#d55e00",
    "lattice": "#009e73",
    "magnetisation": "#cc79a7",
}
"""Colours that colour-blind readers can tell apart (Okabe & Ito)."""
GAAS_COUPLING = 0.11
"""alpha_0 of GaAs in eV (seed 000)."""


def _axes(ax):
    if ax is not None:
        return ax
    # No pyplot: figures can be made on a machine without a screen and leave nothing behind.
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    return figure.subplots()


def _all_parts(data):
    """Sea and window together, where they are apart."""
    return data.sum("part", keep_attrs=True) if "part" in data.dims else data


def _lines(values, along):
    """(label, line) for each combination of the coordinates of the dimensions other than `along`."""
    others = [name for name in values.dims if name != along]
    for line in values.stack(line=others).transpose("line", along) if others else [values]:
        yield ", ".join(f"{name} = {float(line[name]):g}" for name in others), line


def balance(data, axis="z", ax=None):
    """Where the angular momentum goes: its current against z, and the torques summed up to z.

    The current of J = L + s with its spin and orbital parts, and the torque on lattice and magnetisation, cumulated
    from z = -infinity. Current plus cumulated torques is a constant, the current at -infinity (thin line).

    Parameters
    ----------
    data : Dataset from `kwantorque.torques`, `per_current` or a prepared system
    axis : {"x", "y", "z"}
        Component of the angular momentum.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    data = _all_parts(data)
    pick = data.sel(axis=axis)
    for name, kind, style in (
        ("angular_momentum_current", "total", {"lw": 2.2}),
        ("spin_current", "spin", {}),
        ("orbital_current", "orbital", {}),
    ):
        label = rf"$Q_{{{ {'total': 'J', 'spin': 's', 'orbital': 'L'}[kind] }{axis}}}$, {kind}"
        ax.plot(data.z_bond, pick[name], color=COLOURS[kind], label=label, **style)
    for name, kind in (("lattice_torque_cumulated", "lattice"), ("exchange_torque_cumulated", "magnetisation")):
        ax.plot(data.z, pick[name], "--", color=COLOURS[kind], label=f"torque on the {kind}, cumulated")
    limit = pick.angular_momentum_current_limit.sel(lead="left")
    ax.axhline(float(limit), color=COLOURS["total"], lw=0.6, ls=":")
    inner = data.boundary_z.values[1:-1]
    for z in inner:
        ax.axvline(z, color="0.6", lw=0.8, zorder=0)
    if len(inner):
        ax.annotate(
            "interface" if len(inner) == 1 else "interfaces",
            (inner[0], 0.99),
            xycoords=("data", "axes fraction"),
            xytext=(4, 0),
            textcoords="offset points",
            va="top",
            color="0.4",
            fontsize="small",
        )
    unit = data.angular_momentum_current.attrs["units"].replace("hbar", r"$\hbar$")
    ax.set(
        xlabel="z (nm)",
        ylabel=f"current and torque ({unit})",
        xlim=(float(data.z[0]), float(data.z[-1])),
    )
    ax.legend(frameon=False, fontsize="small", ncols=2, loc="upper center", bbox_to_anchor=(0.5, 1.18))
    return ax


def spin_currents(data, ax=None):
    """The three components of the spin current against z, all parts of it together; interfaces are vertical lines.

    Parameters
    ----------
    data : Dataset from `kwantorque.torques`, `steady_state` or a prepared system
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    current = _all_parts(data).spin_current
    for axis, colour in (("x", "spin"), ("y", "orbital"), ("z", "lattice")):
        ax.plot(data.z_bond, current.sel(axis=axis), color=COLOURS[colour], label=rf"$J_{axis}$")
    for z in data.boundary_z.values[1:-1] if data.sizes["boundary"] > 2 else data.boundary_z.values:
        ax.axvline(z, color="0.6", lw=0.8, zorder=0)
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    unit = current.attrs["units"].replace("hbar", r"$\hbar$")
    ax.set(xlabel="z (nm)", ylabel=f"spin current ({unit})", xlim=(float(data.z_bond[0]), float(data.z_bond[-1])))
    ax.legend(frameon=False, fontsize="small")
    return ax


def wall_torques(data, ax=None):
    """Torque on a domain wall along e_theta and along m x e_theta = y, per site, and the magnetisation.

    Parameters
    ----------
    data : Dataset of `domain-wall`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    m, torque = data.magnetisation, data.exchange_torque / float(data.z[1] - data.z[0])
    along = torque.sel(axis="x") * m.sel(axis="z") - torque.sel(axis="z") * m.sel(axis="x")
    ax.plot(data.z, along, color=COLOURS["magnetisation"], label=r"along $e_\theta$ (adiabatic)")
    ax.plot(data.z, torque.sel(axis="y"), color=COLOURS["spin"], label=r"along $m \times e_\theta$ (non-adiabatic)")
    ax.plot([], [], color="0.6", ls="--", label=r"$m_z$ (right axis)")
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    ax.set(xlabel="z (nm)", ylabel=r"torque per length ($\hbar$ I/(e nm))", xlim=(float(data.z[0]), float(data.z[-1])))
    other = ax.twinx()
    other.plot(data.z, m.sel(axis="z"), color="0.6", ls="--")
    other.set(ylabel=r"$m_z$", ylim=(-1.1, 1.1))
    ax.legend(frameon=False, fontsize="small", loc="lower left")
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
    _require_sweep(data, "bias")
    ax = _axes(ax)
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
    _require_sweep(data, "bias")
    ax = _axes(ax)
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
    _require_sweep(data, "angle")
    ax = _axes(ax)
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


def against_k(data, values, ax=None):
    """A number of every in-plane wavevector on a ray, against its length: thresholds and resonances.

    Parameters
    ----------
    data : Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`, with k on one ray
    values : DataArray of it, dimension k
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    unit = values.attrs.get("units", "").replace("hbar", r"$\hbar$")
    ax.plot(np.hypot(data.kx, data.ky), values, color=COLOURS["total"], lw=0.8)
    ax.set(xlabel="in-plane wavevector (1/nm)", ylabel=f"{values.attrs.get('long_name', values.name)} ({unit})")
    return ax


def spin_density(data, axes=("x", "y"), ax=None):
    """Components of the spin density against z, all parts of it together; interfaces are vertical lines.

    Parameters
    ----------
    data : Dataset from `kwantorque.torques`, `steady_state` or a prepared system
    axes : components to draw
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    density = _all_parts(data).spin_density
    for axis in axes:
        ax.plot(data.z, density.sel(axis=axis), label=rf"$s_{axis}$")
    for z in data.boundary_z.values[1:-1]:
        ax.axvline(z, color="0.6", lw=0.8, zorder=0)
    unit = density.attrs["units"].replace("hbar", r"$\hbar$")
    ax.set(xlabel="z (nm)", ylabel=f"spin density ({unit})", xlim=(float(data.z[0]), float(data.z[-1])))
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
    _require_sweep(data, "width")
    ax = _axes(ax)
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
    return _against(data, "theta", "result_conductance", ax)


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
    ax = _against(data, "theta", "result_torque_perpendicular_equilibrium", ax, factor)
    ax.set_ylabel(r"$T_\perp \sin\theta$ without bias (eV/$\mu$m$^2$)")
    return ax


def torque_against_phi(data, ax=None):
    """Equilibrium T_perp of a semi-magnetic junction against the azimuth of M (seed 003, inset of figure 1b)."""
    return _against(data, "phi", "result_torque_perpendicular_equilibrium", ax)


def _against(data, parameter, name, ax, factor=1.0):
    """One result of a sweep against a parameter, one line for each value of the others."""
    if parameter not in data.dims or name not in data:
        raise InputError(f"this figure needs a sweep of `{parameter}` with {name.removeprefix('result_')}")
    ax = _axes(ax)
    for label, line in _lines(data[name] * factor, parameter):
        ax.plot(data[parameter], line, "o-", ms=3, label=label)
    if len(ax.get_lines()) > 1:
        ax.legend(frameon=False, fontsize="small")
    about, unit = data[name].attrs, data[parameter].attrs["units"]
    ax.set(xlabel=f"{parameter} ({unit})", ylabel=f"{about['long_name']} ({about['units']})")
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
    ax = _axes(ax)
    for label, line in _lines(data.result_torque_parallel, against):
        ax.plot(data[against], line, "o-", ms=3, label=label)
    change = data.result_torque_perpendicular - data.result_torque_perpendicular_equilibrium
    others = {name: float(data[name].max()) for name in swept if name != against}
    label, line = next(_lines(change.sel({name: [value] for name, value in others.items()}), against))
    ax.plot(
        data[against], line, "--", color="0.4", label=", ".join(filter(None, (r"$T_\perp(V) - T_\perp(0)$", label)))
    )
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    ax.set(xlabel=f"{against} ({data[against].attrs['units']})", ylabel=r"$T_\parallel$ (eV/$\mu$m$^2$)")
    ax.legend(frameon=False, fontsize="x-small")
    return ax


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
    ax = _axes(ax)
    first = data.done.dims[0]
    units = set()
    for name in data.data_vars:
        if not name.startswith("result_") or name.endswith("_error"):
            continue
        units.add(data[name].attrs["units"])
        for i, (at, line) in enumerate(_lines(data[name], first)):
            label = ", ".join(filter(None, (name.removeprefix("result_"), at)))
            ax.plot(data[first], line, marker="o", ms=3, label=label, alpha=0.6 ** (i / 4))
    about = data[first].attrs
    ax.set(xlabel=f"{first} ({about['units']})", ylabel=", ".join(sorted(units)).replace("hbar", r"$\hbar$"))
    ax.legend(frameon=False, fontsize="small")
    return ax


def torque_density(data, ax=None):
    """In-plane torque on the magnetisation per length against the distance from the barrier (seed 000, figure 2b).

    Parameters
    ----------
    data : Dataset of `gamnas-spin-valve`, or of a sweep of it: one line per point, with and without spin-orbit
        coupling, say
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    lines = list(_lines(data.torque_density, "depth"))
    for label, line in lines:
        colour = COLOURS["magnetisation"] if len(lines) == 1 else None
        ax.plot(data.depth, line, color=colour, label=label)
    if len(lines) > 1:
        ax.legend(frameon=False, fontsize="small")
    ax.axhline(0, color="0.6", lw=0.8)
    unit = data.torque_density.attrs["units"].replace("hbar", r"$\hbar$")
    ax.set(xlabel="distance from the barrier (nm)", ylabel=f"torque density ({unit})", xlim=(0, float(data.depth[-1])))
    return ax


def torque_against_thickness(data, ax=None):
    """In-plane torques and fluxes, summed over a layer, against its thickness (seed 000, figure 2c).

    Parameters
    ----------
    data : Dataset of `gamnas-spin-valve`
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    for name, kind, label in (
        ("stt", "magnetisation", "torque on the magnetisation"),
        ("Qs_flux", "spin", "spin current in - out"),
        ("Qj_flux", "total", "angular momentum current in - out"),
        ("lattice_torque", "lattice", "torque on the lattice"),
    ):
        ax.plot(data.depth, data[f"{name}_against_thickness"], color=COLOURS[kind], label=label)
    ax.axhline(0, color="0.6", lw=0.8)
    unit = data.stt_against_thickness.attrs["units"].replace("hbar", r"$\hbar$")
    ax.set(xlabel="thickness of the layer (nm)", ylabel=f"in-plane component ({unit})", xlim=(0, float(data.depth[-1])))
    ax.legend(frameon=False, fontsize="small")
    return ax


def bands(data, across="x", along="z", ax=None):
    """Bands along a path, with the spin of each state as an arrow (seed 000, figure 1).

    Parameters
    ----------
    data : Dataset of `kwantorque.bands`
    across, along : {"x", "y", "z"}
        Spin components drawn to the right and upwards.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    ax.plot(data.distance, data.energy, color="0.6", lw=1)
    few = data.isel(k=slice(None, None, max(1, data.sizes["k"] // 20)))
    for band in range(data.sizes["band"]):
        spin = few.spin.isel(band=band)
        ax.quiver(
            few.distance,
            few.energy.isel(band=band),
            spin.sel(axis=across),
            spin.sel(axis=along),
            color=COLOURS["spin"],
            pivot="middle",
            scale=12,
            width=0.004,
        )
    ax.set(xlabel="distance along the path (1/nm)", ylabel="hole energy (eV)")
    ax.set_title(f"arrows: spin, {across} to the right, {along} upwards", fontsize="small")
    return ax


def channels(data, values, ax=None):
    """A profile of single channels, one thin line for each k, and their mean: what oscillates, and what is left.

    Parameters
    ----------
    data : Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`
    values : DataArray of it, dimensions k and site, bond or depth
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    if set(values.dims) not in ({"k", "site"}, {"k", "bond"}, {"k", "depth"}):
        raise InputError(f"channels are drawn from values on k and site, bond or depth, got {values.dims}")
    (along,) = set(values.dims) - {"k"}
    position = data[{"site": "z", "bond": "z_bond"}.get(along, along)]
    ax.plot(position, values.transpose(along, "k"), color="0.7", lw=0.6)
    ax.plot(position, values.mean("k"), color=COLOURS["total"], lw=2, label="mean of the channels")
    about = position.attrs
    ax.set(
        xlabel=f"{about['long_name']} ({about['units']})",
        ylabel=f"{values.attrs.get('long_name', values.name)} ({values.attrs.get('units', '')})".replace(
            "hbar", r"$\hbar$"
        ),
        xlim=(float(position[0]), float(position[-1])),
    )
    ax.legend(frameon=False, fontsize="small")
    return ax


def k_map(data, values, ax=None):
    """Where in the plane of in-plane wavevectors a number comes from.

    Parameters
    ----------
    data : Dataset resolved in k, of `kwantorque.torques_at` or `System.resolve`
    values : DataArray of it, dimension k
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    # The few largest values, next to thresholds and resonances, must not bleach the rest.
    largest = float(np.quantile(abs(values), 0.995))
    points = ax.scatter(data.kx, data.ky, c=values, s=8, cmap="RdBu_r", vmin=-largest, vmax=largest, linewidths=0)
    ax.figure.colorbar(points, ax=ax, label=values.attrs.get("long_name", values.name), extend="both")
    ax.set(xlabel="kx (1/nm)", ylabel="ky (1/nm)", aspect="equal")
    return ax


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
    ax = _axes(ax)
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
    ax = _axes(ax)
    _valve_lines(ax, data, "barrier_length")
    ax.set(xlabel="thickness of the barrier (nm)")
    return ax


def _require_sweep(data, name):
    """Refuse a Dataset that is not a sweep of this one parameter."""
    if "done" not in data or data.done.dims != (name,):
        raise InputError(f"this figure needs a sweep of `{name}` alone")


def _valve_lines(ax, data, parameter, scale=1.0):
    _require_sweep(data, parameter)
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
    _require_sweep(data, "angle")
    ax = _axes(ax)
    for name, label in (("stt_total", "total"), ("stt_persistent", "persistent part")):
        ax.plot(data.angle, data[f"result_{name}"], "o-", ms=3, label=label)
        if 90 in data.angle:
            sine = float(data[f"result_{name}"].sel(angle=90)) * np.sin(np.radians(data.angle))
            ax.plot(data.angle, sine, "--", color="0.6", lw=0.8, label="sine" if name == "stt_total" else None)
    ax.set(xlabel="angle between the magnetisations (deg)", ylabel=r"in-plane torque ($\hbar$ I/e)")
    ax.legend(frameon=False, fontsize="small")
    return ax
