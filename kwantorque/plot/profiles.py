"""Along z: currents, torques and spins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import known
from .base import COLOURS, PROFILES, all_parts, axes, interfaces, lines_along, require, unit_of, zero

if TYPE_CHECKING:
    from xarray import Dataset

    from .base import Axes

__all__ = [
    "balance",
    "spin_currents",
    "spin_density",
    "torque_against_thickness",
    "torque_density",
    "wall_torques",
]


def balance(data: Dataset, axis: str = "z", ax: Axes | None = None) -> Axes:
    """Where the angular momentum goes: its current against z, and the torques up to z.

    The current of J = L + s with its spin and orbital parts, and the torque on lattice
    and magnetisation, cumulated from z = -infinity. Current plus cumulated torques is a
    constant, the current at -infinity (thin line).

    Parameters
    ----------
    data : Dataset of `kwantorque.torques`, `steady_state` or a prepared system
        `per_current` or not.
    axis : {"x", "y", "z"}
        Component of the angular momentum.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        Another Dataset, one resolved in k, a sweep, or another axis.

    Examples
    --------
    >>> import kwantorque as kt
    >>> gamnas, gaas = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger()
    >>> stack = kt.Stack([kt.Layer(gamnas, 1, m="-z"), kt.Layer(gaas, 1)], spacing=0.25)
    >>> data = kt.torques(stack, energy=0.06, tolerance=0.3, progress=False)
    >>> ax = kt.plot.balance(kt.per_current(data))
    >>> ax.get_xlabel()
    'z (nm)'
    """
    require(
        data,
        PROFILES,
        *("angular_momentum_current", "spin_current", "orbital_current", "angular_momentum_current_limit"),
        *("lattice_torque_cumulated", "exchange_torque_cumulated", "z", "z_bond", "boundary_z"),
        dims=("site", "bond", "axis", "lead", "boundary"),
        besides=("part",),
    )
    axis = known("axis", axis, "xyz")
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
    at = interfaces(ax, data)
    ax.annotate(
        "interface" if len(at) == 1 else "interfaces",
        (at[0], 0.99),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        va="top",
        color="0.4",
        fontsize="small",
    )
    unit = unit_of(data.angular_momentum_current)
    ax.set(
        xlabel="z (nm)",
        ylabel=f"current and torque ({unit})",
        xlim=(float(data.z[0]), float(data.z[-1])),
    )
    ax.legend(frameon=False, fontsize="small", ncols=2, loc="upper center", bbox_to_anchor=(0.5, 1.18))
    return ax


def spin_currents(data: Dataset, ax: Axes | None = None) -> Axes:
    """The three components of the spin current against z, all parts of it together.

    Interfaces are vertical lines.

    Parameters
    ----------
    data : Dataset of `kwantorque.torques`, `steady_state` or a prepared system
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
    >>> gamnas, gaas = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger()
    >>> stack = kt.Stack([kt.Layer(gamnas, 1, m="-z"), kt.Layer(gaas, 1)], spacing=0.25)
    >>> data = kt.torques(stack, energy=0.06, tolerance=0.3, progress=False)
    >>> ax = kt.plot.spin_currents(data)
    >>> [line.get_label() for line in ax.get_lines()[:3]]
    ['$J_x$', '$J_y$', '$J_z$']
    """
    names = ("spin_current", "z_bond", "boundary_z")
    require(data, PROFILES, *names, dims=("bond", "axis", "boundary"), besides=("part",))
    ax = axes(ax)
    current = all_parts(data).spin_current
    for axis, colour in (("x", "spin"), ("y", "orbital"), ("z", "lattice")):
        ax.plot(data.z_bond, current.sel(axis=axis), color=COLOURS[colour], label=rf"$J_{axis}$")
    interfaces(ax, data)
    zero(ax)
    unit = unit_of(current)
    ax.set(xlabel="z (nm)", ylabel=f"spin current ({unit})", xlim=(float(data.z_bond[0]), float(data.z_bond[-1])))
    ax.legend(frameon=False, fontsize="small")
    return ax


def spin_density(data: Dataset, ax: Axes | None = None) -> Axes:
    """Spin density against z, all parts of it together; interfaces are vertical lines.

    Parameters
    ----------
    data : Dataset of `kwantorque.torques`, `steady_state` or a prepared system
        Where it has the transverse spin density, which twists the magnetisation, that
        is drawn; else all three components.
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
    >>> gamnas, gaas = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger()
    >>> stack = kt.Stack([kt.Layer(gamnas, 1, m="-z"), kt.Layer(gaas, 1)], spacing=0.25)
    >>> data = kt.torques(stack, energy=0.06, tolerance=0.3, progress=False)
    >>> ax = kt.plot.spin_density(data)
    >>> [line.get_label() for line in ax.get_lines()[:3]]
    ['x', 'y', 'z']
    """
    names = ("spin_density", "z", "boundary_z")
    require(data, PROFILES, *names, dims=("site", "axis", "boundary"), besides=("part",))
    ax = axes(ax)
    data = all_parts(data)
    density = data.get("transverse_spin_density", data.spin_density)
    (component,) = set(density.dims) - {"site"}
    for name in density[component].values:
        ax.plot(data.z, density.sel({component: name}), label=str(name))
    interfaces(ax, data)
    unit = unit_of(density)
    label = density.attrs["long_name"]
    ax.set(xlabel="z (nm)", ylabel=f"{label} ({unit})", xlim=(float(data.z[0]), float(data.z[-1])))
    ax.legend(frameon=False, fontsize="small")
    return ax


def wall_torques(data: Dataset, ax: Axes | None = None) -> Axes:
    """Torque on a domain wall along e_theta and along m x e_theta = y, per length.

    With m_z on an axis of its own; e_theta = (m_z, 0, -m_x).

    Parameters
    ----------
    data : Dataset of `domain-wall`
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
    >>> wall = kt.systems.find("domain-wall")
    >>> data = wall.run(tolerance=0.1, progress=False, width=0.4, spacing=0.2)
    >>> ax = kt.plot.wall_torques(data)
    >>> ax.get_xlabel()
    'z (nm)'
    """
    require(data, "a Dataset of `domain-wall`", "magnetisation", "exchange_torque", "z", dims=("site", "axis"))
    ax = axes(ax)
    m, torque = data.magnetisation, data.exchange_torque / float(data.z[1] - data.z[0])
    along = torque.sel(axis="x") * m.sel(axis="z") - torque.sel(axis="z") * m.sel(axis="x")
    ax.plot(data.z, along, color=COLOURS["magnetisation"], label=r"along $e_\theta$ (adiabatic)")
    ax.plot(data.z, torque.sel(axis="y"), color=COLOURS["spin"], label=r"along $m \times e_\theta$ (non-adiabatic)")
    ax.plot([], [], color="0.6", ls="--", label=r"$m_z$ (right axis)")
    zero(ax)
    ax.set(xlabel="z (nm)", ylabel=r"torque per length ($\hbar$ I/(e nm))", xlim=(float(data.z[0]), float(data.z[-1])))
    other = ax.twinx()
    other.plot(data.z, m.sel(axis="z"), color="0.6", ls="--")
    other.set(ylabel=r"$m_z$", ylim=(-1.1, 1.1))
    ax.legend(frameon=False, fontsize="small", loc="lower left")
    return ax


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
    for label, line in lines:
        colour = COLOURS["magnetisation"] if len(lines) == 1 else None
        ax.plot(data.depth, line, color=colour, label=label)
    if len(lines) > 1:
        ax.legend(frameon=False, fontsize="small")
    zero(ax)
    unit = unit_of(data.torque_density)
    ax.set(xlabel="distance from the barrier (nm)", ylabel=f"torque density ({unit})", xlim=(0, float(data.depth[-1])))
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
    'thickness of the layer (nm)'
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
    unit = unit_of(data.stt_against_thickness)
    ax.set(xlabel="thickness of the layer (nm)", ylabel=f"in-plane component ({unit})", xlim=(0, float(data.depth[-1])))
    ax.legend(frameon=False, fontsize="small")
    return ax
