"""The command line: builds a prepared system, calls what a notebook calls, prints."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import ComputationError, InputError, finite, known, positive, whole
from ..parallel import processes
from ..plot import results_against
from ..results.dataset import VERSION
from ..results.storage import kept_in, load, read, whole_file
from ..scattering import BatchedSolver, KwantSolver
from ..sweeps import Sweep, trouble_in
from ..systems import PRESETS, SYSTEMS, find, preset
from ..transport import Numerics
from .report import as_json, sweep_table, table

__all__ = ["main"]

SOLVERS = {"batched": BatchedSolver, "kwant": KwantSolver}
FIGURE_FORMATS = ("png", "pdf", "svg")
COMMANDS = ("list", "show", "run", "doctor")


class _Parser(argparse.ArgumentParser):
    """Reports a bad command line as any other bad input."""

    def error(self, message):
        raise InputError(message)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    words : sequence of str, optional
        What follows `kwantorque` on the command line; `sys.argv[1:]` by default.

    Returns
    -------
    int
        The exit status: 0; 1, a failed computation or no room to write; 2, bad input;
        130, Ctrl-C. Errors are written to stderr, in one line.

    Examples
    --------
    >>> from kwantorque.cli import main
    >>> main("run spin-filter --set thickness=0.1 --set angle=90".split())
    spin-filter: ...
    result ...
    torque_in_plane ...
    0
    """
    words = sys.argv[1:] if words is None else words
    shown, warnings.showwarning = warnings.showwarning, _Warn()
    try:
        status = _dispatch(words)
        sys.stdout.flush()
        return status
    except InputError as error:
        return _fail(error, 2)
    except ComputationError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` does: no error.
        _write_nothing_more()
        return 0
    except (OSError, MemoryError) as error:
        _write_nothing_more()
        return _fail(f"{type(error).__name__}: {error}", 1)
    finally:
        warnings.showwarning = shown


class _Warn:
    """Writes every warning once, in one line."""

    def __init__(self):
        self.seen = set()

    def __call__(self, message, *_, **__):
        line = f"kwantorque: warning: {' '.join(str(message).split())}\n"
        if line not in self.seen:
            self.seen.add(line)
            sys.stderr.write(line)


def _write_nothing_more():
    """To a closed pipe or a full disk nothing more can be written, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error, status):
    sys.stderr.write(f"kwantorque: error: {' '.join(str(error).split())}\n")
    return status


def _dispatch(words):
    if words and not words[0].startswith("-"):
        known("command", words[0], COMMANDS)
    parser = _parser()
    arguments = parser.parse_args(words)
    if arguments.command is None:
        parser.print_help()
        return 0
    return arguments.action(arguments)


def _parser():
    parser = _Parser(prog="kwantorque", description="Current-induced torques in layered magnetic systems.")
    parser.add_argument("--version", action="version", version=f"kwantorque {VERSION}")
    commands = parser.add_subparsers(dest="command", parser_class=_Parser)
    commands.add_parser("list", help="one line per prepared system").set_defaults(action=_list)
    show = commands.add_parser("show", help="parameters and results of a system")
    show.add_argument("name")
    show.set_defaults(action=_show)
    run = commands.add_parser("run", help="compute a system and print its results")
    run.add_argument("name")
    run.add_argument("--set", action="append", default=[], metavar="key=value", dest="given", help="repeatable")
    run.add_argument("--preset", metavar="NAME", help="parameters of real materials, see `show`; --set goes first")
    run.add_argument("--solver", default="batched", help=f"one of {', '.join(SOLVERS)} (default batched)")
    run.add_argument("--tolerance", default=1e-3, help="relative error asked of the k integral (default 1e-3)")
    run.add_argument("--each", action="store_true", help="each result to the tolerance, relative to itself")
    run.add_argument("--jobs", default=1, help="worker processes (default 1)")
    run.add_argument("--out", type=Path, metavar="FILE.nc", help="save the Dataset")
    run.add_argument("--figure", type=Path, metavar="FILE.png|pdf|svg", help="draw the system's own figure")
    run.add_argument("--show", metavar="RESULT", help="the result that the figure of a sweep shows (default all)")
    run.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    run.add_argument("--quiet", action="store_true", help="no progress bar")
    run.add_argument("--force", action="store_true", help="overwrite --out whatever it holds")
    run.add_argument(
        "--sweep", action="append", default=[], metavar="key=start:stop:num|a,b,c", help="repeatable: all combinations"
    )
    run.add_argument("--results", metavar="A,B", help="compute these only")
    run.add_argument("--extrapolate", action="store_true", help="run at `spacing` and half of it, extrapolate")
    run.set_defaults(action=_run)
    commands.add_parser("doctor", help="versions, solvers, threads and a self test").set_defaults(action=_doctor)
    return parser


def _list(_):
    width = max(map(len, SYSTEMS))
    for system in SYSTEMS.values():
        print(f"{system.name:{width}}  {system.shows} ({system.source})")
    return 0


def _show(arguments):
    system = find(arguments.name)
    width = max(len(one.name) for one in (*system.parameters, *system.results))
    print(f"{system.name}: {system.shows}\n{system.source}\n\nparameters")
    for p in system.parameters:
        default, words = (p.default, f" ({', '.join(p.choices)})") if p.choices else (f"{p.default:g}", "")
        print(f"  {p.name:{width}} {default:<8} {p.unit:7} {p.meaning}{words}")
    for one in PRESETS.values():
        if one.system == system.name:
            numbers = ", ".join(f"{name}={value:g}" for name, value in one.parameters.items())
            print(f"\npreset {one.name!r}: {numbers}\n  {one.source}")
    print("\nresults")
    for r in system.results:
        print(f"  {r.name:{width}} {r.unit:10} {r.meaning}")
    return 0


def _run(arguments):
    started = time.perf_counter()
    system = find(arguments.name)
    axes = {name: _values(text) for name, text in _pairs("--sweep", arguments.sweep).items()}
    given = _given(arguments, system, axes)
    tolerance = positive("--tolerance", _value(arguments.tolerance))
    criterion = "each" if arguments.each else Numerics.criterion
    solver = SOLVERS[known("solver", arguments.solver, SOLVERS, cutoff=0.6)]()
    jobs = whole("--jobs", arguments.jobs)
    results = arguments.results.split(",") if arguments.results else None
    asked = system.asked(results)
    if arguments.show:
        known(f"result of {system.name}", arguments.show, [one.name for one in asked])
        if not (axes and arguments.figure):
            raise InputError("--show says what the --figure of a --sweep shows: it needs both")
    sweep = Sweep(system, given, axes, arguments.extrapolate, results) if axes else None
    _check_paths(arguments.out, arguments.figure)
    with kept_in(arguments.out) if arguments.out else nullcontext() as keep, processes(jobs) as executor:
        numerics = Numerics(tolerance, solver, executor=executor, progress=not arguments.quiet, criterion=criterion)
        run = _run_sweep if sweep else _run_once
        data = system.picked(run(arguments, sweep or system, given, numerics, keep), asked)
    seconds = time.perf_counter() - started
    fixed = sweep.task.fixed if sweep else system.complete(given)
    axes = {name: data[name].values.tolist() for name in axes}
    if arguments.json:
        print(as_json(system, fixed, axes, data, seconds))
    else:
        print(sweep_table(system, axes, data) if sweep else table(system, fixed, data, seconds))
    if arguments.figure:
        draw = partial(_sweep_figure, system, show=arguments.show) if sweep else system.figure
        _draw(draw, data, arguments.figure)
    if sweep and (trouble := trouble_in(data)):
        raise ComputationError(trouble)
    return 0


def _given(arguments, system, axes):
    """Parameters that are set: by --set, else by the preset unless they are swept."""
    given = {name: _value(word) for name, word in _pairs("--set", arguments.given).items()}
    if not arguments.preset:
        return given
    found = preset(arguments.preset)
    if found.system != system.name:
        raise InputError(f"preset {found.name!r} is for {found.system}, not for {system.name}")
    return {name: value for name, value in found.parameters.items() if name not in axes} | given


def _run_once(arguments, system, given, numerics, keep):
    """A single run, or what its file holds already."""
    identity = {
        "system": system.name,
        "solver": system.solver or numerics.solver.name,
        "tolerance": numerics.tolerance,
        "criterion": numerics.criterion,
        "version": VERSION,
        "to_zero_spacing": int(arguments.extrapolate),
        "parameters": system.complete(given),
        "sweep": None,
    }
    results = system.asked(arguments.results.split(",") if arguments.results else None)
    if _is_resumed(arguments):
        with _or_force():
            data = load(arguments.out, identity)
            missing = [one.name for one in results if one not in system.results_in(data)]
            if missing:
                raise InputError(f"{str(arguments.out)!r} holds a result without {missing[0]}")
        sys.stderr.write(f"resumed from {arguments.out}: nothing left to compute\n")
        return data
    names, parts = [one.name for one in results], None
    if keep and hasattr(system, "saving"):
        parts = _parts_beside(arguments)
        system = system.saving(parts)
    try:
        data = system.run(numerics=numerics, to_zero_spacing=arguments.extrapolate, results=names, **given)
    except InputError as error:
        raise InputError(str(error).replace("resume=False overwrites it", "--force overwrites it")) from None
    if keep:
        keep(data)
    if parts:
        parts.unlink(missing_ok=True)
    return data


def _parts_beside(arguments):
    """The file of an unfinished run, which is continued."""
    parts = arguments.out.with_name(f"{arguments.out.stem}.unfinished.nc")
    if arguments.force:
        parts.unlink(missing_ok=True)
    if parts.exists():
        sys.stderr.write(f"resumed from {parts}\n")
    return parts


def _run_sweep(arguments, sweep, _, numerics, keep):
    """A sweep, or what its file does not hold yet."""
    found = None
    if _is_resumed(arguments):
        with _or_force():
            found = read(arguments.out)
            left = len(sweep.left(found, numerics, arguments.out))
        sys.stderr.write(f"resumed from {arguments.out}: {left or 'nothing'} left to compute\n")
    return sweep.compute(numerics=numerics, found=found, keep=keep)


def _is_resumed(arguments):
    return arguments.out and arguments.out.exists() and not arguments.force


@contextlib.contextmanager
def _or_force():
    """Say with every error about a file what overwrites it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{error} (--force overwrites it)") from None


def _sweep_figure(system, data, show=None):
    """The system's own figure of the first swept parameter that has one.

    `results_against` if there is none, if it cannot draw as many parameters, or if one
    result is asked for.
    """
    for name in data.done.dims:
        if name in system.sweep_figures and show is None:
            with contextlib.suppress(InputError):
                return system.sweep_figures[name](data)
    return results_against(data, show=show)


def _pairs(option, words):
    pairs = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"{option} takes key=value, got {word!r}")
        if key.strip() in pairs:
            raise InputError(f"{option} gives `{key.strip()}` twice")
        pairs[key.strip()] = value
    return pairs


def _values(text):
    """The numbers of start:stop:num, both ends included, or a list of values."""
    if ":" not in text:
        return [_value(word.strip()) for word in text.split(",")]
    parts = text.split(":")
    if len(parts) != 3:
        raise InputError(f"--sweep takes key=start:stop:num or key=a,b,c, got {text!r}")
    start, stop = (finite(f"{end} of --sweep", _value(parts[i])) for i, end in enumerate(("start", "stop")))
    return np.linspace(start, stop, whole("num of --sweep", parts[2])).round(12).tolist()


def _value(word):
    """A number, or the word as it is: the parameter knows which it must be."""
    try:
        return float(word)
    except ValueError:
        return word


def _check_paths(out, figure):
    """Refuse, before computing, what could not be written afterwards."""
    if figure and figure.suffix.lstrip(".").lower() not in FIGURE_FORMATS:
        raise InputError(
            f"--figure must end in one of {', '.join('.' + f for f in FIGURE_FORMATS)}, got {str(figure)!r}"
        )
    if out and out.suffix != ".nc":
        raise InputError(f"--out must end in .nc, got {str(out)!r}")
    for name, path in (("--out", out), ("--figure", figure)):
        if path is None:
            continue
        try:
            writable = not path.is_dir() and (not path.exists() or os.access(path, os.W_OK))
            with whole_file(path, keep=False) as temporary:
                temporary.touch()
        except OSError as error:
            raise InputError(
                f"{name} must be a file that can be written, got {str(path)!r}: {error.strerror}"
            ) from None
        if not writable:
            raise InputError(f"{name} must be a file that can be written, got {str(path)!r}")


def _draw(figure, data, path):
    axes = figure(data)
    with whole_file(path) as temporary:
        axes.figure.savefig(temporary, format=path.suffix.lstrip(".").lower(), dpi=150)


def _doctor(_):
    from .doctor import report

    healthy = True
    for line, good in report():
        print(line)
        healthy = healthy and good
    return 0 if healthy else 1
