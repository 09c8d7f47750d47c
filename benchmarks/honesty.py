"""Is what a run states as its error an error? Random runs against much finer ones.

    python benchmarks/honesty.py [runs per system and tolerance] [seconds]

Every prepared system with an integral is run with random parameters, at three
tolerances and at a much smaller one, on one process. For each result of a run the ratio
|value - finer value| over the sum of both stated errors is noted; where both differ by
rounding only (1e-12 of the largest result) it is left out. The lattice is the same, so
that only errors of the integrals are compared. The table goes to honesty.md.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

import kwantorque as kt
from kwantorque.systems import find

RUNS, SEED = 8, 20
TOLERANCES = (0.03, 0.01, 0.003)
FINE = 1e-7
FINE_WIRE, FINE_HOLES = 1e-6, 1e-3
"""Of rays in many directions; next to corners of a Fermi surface they cost most."""
ROUNDING = 1e-12
RESULTS = Path(__file__).with_name("honesty.md")


def systems(rng: np.random.Generator) -> dict[str, tuple[Callable[[], dict[str, float]], float]]:
    """A draw of parameters, and the tolerance of the finer run, for each system."""
    u = rng.uniform

    def length(low, high):
        return round(u(low, high), 1)

    def magnets():
        return {"kf_up": u(7, 13), "kf_down": u(2, 7)}

    return {
        "normal-ferromagnet-interface": (lambda: magnets() | {"kf_normal": u(6, 14)}, FINE),
        "domain-wall": (lambda: {"width": length(0.5, 4), "exchange": u(0.2, 2), "spacing": 0.1}, FINE),
        "magnetic-tunnel-junction": (
            lambda: (
                magnets()
                | {
                    "barrier_length": length(0.4, 1.2),
                    "barrier_height": u(0.3, 2),
                    "angle": u(10, 170),
                    "spacing": 0.05,
                }
            ),
            FINE,
        ),
        "metallic-spin-valve": (
            lambda: (
                magnets()
                | {
                    "fm_length": length(0.4, 1.5),
                    "spacer_length": length(0.4, 1.5),
                    "angle": u(10, 170),
                    "spacing": 0.05,
                }
            ),
            1e-5,
        ),
        "semi-magnetic-tunnel-junction": (lambda: {"rashba": u(0.01, 0.07), "theta": u(5, 85), "spacing": 0.05}, 1e-4),
        "gamnas-gaas-wire": (
            lambda: {"fm_length": 2.0, "nm_length": 2.0, "fermi_energy": u(0.04, 0.1), "spacing": 0.2},
            FINE_WIRE,
        ),
        "gamnas-spin-valve": (lambda: {"fm_length": 2.0, "angle": u(10, 170), "spacing": 0.2}, FINE_HOLES),
    }


def ratios(name: str, given: dict[str, float], fine: float) -> list[float]:
    """|value - finer value| over stated errors, of all results at all tolerances."""
    system = find(name)
    coarse = [system.run(tolerance=t, progress=False, **given) for t in TOLERANCES]
    truth = system.run(tolerance=fine, progress=False, **given)
    found = []
    scale = max(abs(float(truth[f"result_{r.name}"])) for r in system.results)
    for data in coarse:
        for r in system.results:
            key = f"result_{r.name}"
            change = abs(float(data[key]) - float(truth[key]))
            stated = float(data[f"{key}_error"]) + float(truth[f"{key}_error"])
            if change > ROUNDING * scale:
                found.append(change / stated if stated > 0 else np.inf)
    return found


def main(runs: int = RUNS, seconds: float = np.inf) -> None:
    warnings.simplefilter("ignore")
    rng, lines = np.random.default_rng(SEED), []
    for name, (draw, fine) in systems(rng).items():
        started, found, done = time.monotonic(), [], 0
        while done < runs and time.monotonic() - started < seconds:
            given = draw()
            done += 1
            try:
                found += ratios(name, given, fine)
            except kt.errors.ComputationError as error:
                print(name, given, error, file=sys.stderr)
        q = np.quantile(found, [0.5, 0.9, 1]) if found else [0.0, 0.0, 0.0]
        beyond = sum(ratio > 1 for ratio in found)
        lines.append(
            f"| {name} | {done * len(TOLERANCES)} | {len(found)} | {q[0]:.2g} | {q[1]:.2g} | {q[2]:.2g} | {beyond} |"
        )
        print(lines[-1], flush=True)
    head = (
        "# True over stated error\n\n"
        f"`python benchmarks/honesty.py {runs} {seconds:g}`: at most {runs} random sets of parameters for each "
        f"system, no new one after {seconds:g} s, at tolerances {', '.join(map(str, TOLERANCES))}; results that "
        "differ by rounding are left out. "
        "Errors of the integrals only, not of the lattice. No result: the finer run needed no finer mesh.\n\n"
        "| system | runs | results | median | 90 % | maximum | > 1 |\n|---|---|---|---|---|---|---|\n"
    )
    RESULTS.write_text(head + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*(kind(given) for kind, given in zip((int, float), sys.argv[1:], strict=False)))
