"""Along z, and along a path of wavevectors: currents, torques, spins and bands."""

from .base import COLOURS, all_parts, axes, lines_along

__all__ = [
    "balance",
    "bands",
    "spin_currents",
    "spin_density",
    "torque_against_thickness",
    "torque_density",
    "wall_torques",
]


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
    ax = axes(ax)
    data = all_parts(data)
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
    ax = axes(ax)
    current = all_parts(data).spin_current
    for axis, colour in (("x", "spin"), ("y", "orbital"), ("z", "lattice")):
        ax.plot(data.z_bond, current.sel(axis=axis), color=COLOURS[colour], label=rf"$J_{axis}$")
    for z in data.boundary_z.values[1:-1] if data.sizes["boundary"] > 2 else data.boundary_z.values:
        ax.axvline(z, color="0.6", lw=0.8, zorder=0)
    ax.axhline(0, color="0.6", lw=0.8, zorder=0)
    unit = current.attrs["units"].replace("hbar", r"$\hbar$")
    ax.set(xlabel="z (nm)", ylabel=f"spin current ({unit})", xlim=(float(data.z_bond[0]), float(data.z_bond[-1])))
    ax.legend(frameon=False, fontsize="small")
    return ax


def spin_density(data, ax=None):
    """Spin density against z, all parts of it together; interfaces are vertical lines.

    Parameters
    ----------
    data : Dataset from `kwantorque.torques`, `steady_state` or a prepared system. Where it has the transverse spin
        density, which twists the magnetisation, that is drawn; else all three components.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = axes(ax)
    data = all_parts(data)
    density = data.get("transverse_spin_density", data.spin_density)
    (component,) = set(density.dims) - {"site"}
    for name in density[component].values:
        ax.plot(data.z, density.sel({component: name}), label=str(name))
    for z in data.boundary_z.values[1:-1]:
        ax.axvline(z, color="0.6", lw=0.8, zorder=0)
    unit = density.attrs["units"].replace("hbar", r"$\hbar$")
    label = density.attrs["long_name"]
    ax.set(xlabel="z (nm)", ylabel=f"{label} ({unit})", xlim=(float(data.z[0]), float(data.z[-1])))
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
    ax = axes(ax)
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
    ax = axes(ax)
    lines = list(lines_along(data.torque_density, "depth"))
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
    ax = axes(ax)
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
    ax = axes(ax)
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
