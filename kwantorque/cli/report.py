"""A Dataset in words: the table, the table of a sweep, and the JSON object."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from ..results.dataset import error_of
from ..systems import System

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["as_json", "sweep_table", "table"]

NAMED = 5
"""Points that a note about a sweep names."""
QUALITY = ("error_estimate", "closure")
"""Numbers about a sweep's points that its table shows, where there are any."""


def table(system: System, given: Mapping[str, Any], data: xr.Dataset, seconds: float) -> str:
    """Results of one run, their errors, what was published, and how good they are.

    Parameters
    ----------
    system : System
    given : dict of all parameters
    data : Dataset of `System.run`
    seconds : float
        What the run took.

    Returns
    -------
    str
        One line for each result, and notes.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.cli.report import table
    >>> system = kt.systems.find("spin-filter")
    >>> words = table(system, system.complete({}), system.run(), seconds=0.1)
    >>> words.splitlines()[2].split()[:2]
    ['torque_in_plane', '0.25000']
    """
    results, extrapolated = system.results_in(data), data.attrs["to_zero_spacing"]
    published = system.is_default(given) and any(r.published is not None for r in results)
    width = max(len(r.name) for r in results) + 2
    errors = {r.name: float(error_of(data, f"result_{r.name}")) for r in results}
    # Of a motion or an array of directions nothing is integrated: no column of zeros.
    stated = any(error > 0 for error in errors.values())
    lines = [
        f"{system.name}: {system.shows}",
        f"{'result':<{width}}{'value':>12}  {f'{system.error_word:>8}  ' * stated}{'a error  ' * extrapolated}"
        f"{'published  ' * published}unit",
    ]
    for r in results:
        name = f"result_{r.name}"
        paper = f"{'' if r.published is None else format(r.published, 'g'):>9}  " if published else ""
        lattice = f"{float(data[f'{name}_spacing_error']):.1e}  " if extrapolated else ""
        error = "none" if math.isnan(errors[r.name]) else f"{errors[r.name]:.1e}"
        lines.append(
            f"{r.name:<{width}}{_digits(float(data[name])):>12}  {f'{error:>8}  ' * stated}{lattice}{paper}"
            f"{r.unit:<10} {r.meaning}"
        )
    first, *notes = system.quality(data) or [""]
    lines += [", ".join(filter(None, (first, f"{seconds:.1f} s"))), *notes]
    for r in results:
        name = f"result_{r.name}"
        if errors[r.name] >= abs(float(data[name])) > 0:
            lines.append(f"note: {r.name} is zero within its {system.error_word}")
        if f"{name}_window_error" in data:
            window = float(data[f"{name}_window_error"])
            lines.append(f"note: {r.name} is a fit; other windows of it move it by up to {window:.2g} {r.unit}")
    return "\n".join([*lines, *_rounding(data)])


def sweep_table(system: System, axes: Mapping[str, Sequence], data: xr.Dataset) -> str:
    """One line for each point of a sweep, every result with its error, and notes.

    Parameters
    ----------
    system : System
    axes : dict from the name of a swept parameter to its values
    data : Dataset of `Sweep.run`

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.cli.report import sweep_table
    >>> system, axes = kt.systems.find("spin-filter"), {"angle": [0.0, 90.0]}
    >>> data = kt.systems.Sweep(system, {}, axes).run(progress=False)
    >>> [line.split()[:3] for line in sweep_table(system, axes, data).splitlines()]
    [['angle', 'torque_in_plane', 'error'], ['0', '0', '...'], ['90', '0.5', '...']]
    """
    results = [f"result_{r.name}" for r in system.results_in(data)]
    columns = [(name, data[name], "9.5g") for name in axes]
    for name in results:
        error = error_of(data, name).broadcast_like(data.done)
        columns += [(name.removeprefix("result_"), data[name], "9.5g")]
        if (error > 0).any():
            columns.append(("error", error, "7.1e"))
        if f"{name}_spacing_error" in data:
            columns.append(("a error", data[f"{name}_spacing_error"], "7.1e"))
    columns += [(name, data[name], "9.2g") for name in QUALITY if name in data]
    widths = [max(len(head), int(form.split(".")[0])) for head, _, form in columns]
    lines = ["  ".join(f"{head:>{width}}" for (head, _, _), width in zip(columns, widths, strict=True))]
    for values in product(*axes.values()):
        point = dict(zip(axes, values, strict=True))
        cells = (values.sel({k: v for k, v in point.items() if k in values.dims}) for _, values, _ in columns)
        row = zip(cells, columns, widths, strict=True)
        is_done = bool(data.done.sel(point))
        lines.append("  ".join(_cell(value, form, width, is_done) for value, (_, _, form), width in row))
    return "\n".join([*lines, *_notes(system, axes, data), *_rounding(data)])


def _notes(system, axes, data):
    """What a single run notes below its table, of all points in one line each."""
    missed = {}
    for values in product(*axes.values()):
        row = data.sel(dict(zip(axes, values, strict=True)))
        words = (value if isinstance(value, str) else f"{value:g}" for value in values)
        at = ", ".join(f"{name} = {word}" for name, word in zip(axes, words, strict=True))
        if not row.done:
            continue
        for name, error in system.missed(row).items():
            missed.setdefault(name, {})[at] = error
    for name, points in missed.items():
        yield (
            f"note: relative to itself, {data.attrs['tolerance']:g} is not met by {name} at {_worst(points)}; "
            f"{system.advice(data)}"
        )


def _worst(points):
    """Points with their relative errors, the largest first, and how many there are."""
    shown = sorted(points, key=points.get, reverse=True)[:NAMED]
    words = "; ".join(f"{at} ({100 * points[at]:.2g}%)" for at in shown)
    return words + (f"; and {len(points) - NAMED} more" if len(points) > NAMED else "")


def as_json(
    system: System, parameters: Mapping[str, Any], axes: Mapping[str, Sequence], data: xr.Dataset, seconds: float
) -> str:
    """The one JSON object of --json; results that do not exist are null in it.

    Parameters
    ----------
    system : System
    parameters : dict of all parameters that are not swept
    axes : dict from the name of a swept parameter to its values
        Empty without a sweep. With one, results and errors are lists.
    data : Dataset of `System.run` or `Sweep.run`
    seconds : float
        What the run took.

    Examples
    --------
    >>> import json
    >>> import kwantorque as kt
    >>> from kwantorque.cli.report import as_json
    >>> system = kt.systems.find("spin-filter")
    >>> answer = as_json(system, system.complete({}), {}, system.run(), seconds=0.1)
    >>> sorted(json.loads(answer)["results"])[-2:]
    ['torque_in_plane', 'torque_out_of_plane']
    """
    names = [result.name for result in system.results_in(data)]
    answer = {
        "system": system.name,
        "parameters": {**parameters, **axes},
        "results": {name: _plain(data[f"result_{name}"].values.tolist()) for name in names},
        "closure": _plain(data.attrs.get("closure")),
        "error_estimate": _plain(data.attrs.get("error_estimate")),
        "solver": data.attrs.get("solver"),
        "version": data.attrs["version"],
        "seconds": seconds,
        "tolerance": data.attrs.get("tolerance"),
        "to_zero_spacing": bool(data.attrs["to_zero_spacing"]),
        "errors": _errors(data, names, ""),
    }
    for kind in ("spacing", "window"):
        if found := _errors(data, names, f"{kind}_"):
            answer[f"{kind}_errors"] = found
    return json.dumps(answer)


def _errors(data, names, kind):
    """{result: error of this kind} of the results that have one."""
    found = {name: f"result_{name}_{kind}error" for name in names}
    return {name: _plain(data[error].values.tolist()) for name, error in found.items() if error in data}


def _plain(x):
    if isinstance(x, list):
        return [_plain(y) for y in x]
    return x if x is not None and math.isfinite(x) else None


def _cell(value, form, width, is_done):
    number = value.item()
    if is_done and not isinstance(number, str) and math.isnan(number):
        return f"{'none':>{width}}"
    return f"{number:>{width}}" if isinstance(number, str) else f"{format(number, form[1:]):>{width}}"


def _digits(x):
    """A number in a table: five decimals, or six digits where these are too few."""
    if math.isnan(x):
        return "none"
    return f"{x:.5f}" if x == 0 or 0.01 <= abs(x) < 1e4 else f"{x:.6g}"


def _rounding(data):
    rounded = data.attrs.get("rounding_nm", 0.0)
    return [f"note: lengths were rounded to whole spacings, by up to {rounded:.3g} nm"] if rounded > 1e-9 else []
