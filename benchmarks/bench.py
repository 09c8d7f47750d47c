"""Our solvers against plain Kwant on the same systems, in one process, on one thread.

    make bench

Plain Kwant is written as a good user would: one finalised system, blocks computed once
per k and looked up by site, SciPy's SuperLU; with the wave function alone, and with
Kwant's operators for the densities and currents of 1, s and L and for their sources.
Ours always includes everything that `kwantorque.torques` computes at a k-point:
densities, currents and torques by term, limits and tails in the leads. Methods
alternate, the best of several rounds counts.
"""

from __future__ import annotations

import contextlib
import io
import os
import platform
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np
from threadpoolctl import threadpool_limits

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF
from kwantorque.bulk.kubo import Response
from kwantorque.bulk.occupation import Relaxing
from kwantorque.bulk.response import CHUNK
from kwantorque.operators import ChainOperators
from kwantorque.structures.chain import Chain, discretise
from kwantorque.structures.kwant_builder import Blocks, build_chain, load_kwant, site_order
from kwantorque.systems import Sweep, find

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kwantorque.scattering import Solver

    Case = tuple[kt.Stack, float, float]

kwant = load_kwant()

ROUNDS = 3
RESULTS = Path(__file__).with_name("results.md")


def wire() -> Case:
    """Stack, energy (eV) and largest k_par (1/nm) of the wire."""
    layers = [kt.Layer(kt.KohnLuttinger(exchange=0.27), 20, m="-z"), kt.Layer(kt.KohnLuttinger(), 40)]
    return kt.Stack(layers, 0.2), 0.06, 0.7


def spin_valve() -> Case:
    """The same of the spin valve of GaMnAs."""
    gamnas, barrier = kt.KohnLuttinger(exchange=0.27), kt.KohnLuttinger(band_edge=0.26)
    layers = [kt.Layer(gamnas, 10, m="x"), kt.Layer(barrier, 5), kt.Layer(gamnas, 30, m="y")]
    return kt.Stack(layers, 0.2), 0.16, 1.2


def junction(n_layers: int) -> Case:
    """The same of a tunnel junction of free electrons."""
    magnet, a = kt.FreeElectron(exchange=2.0), 0.1
    third = max(1, n_layers // 3) * a
    layers = [kt.Layer(magnet, third, m="z"), kt.Layer(kt.FreeElectron(mass=0.4, bottom=4.0), n_layers * a - 2 * third)]
    return kt.Stack([*layers, kt.Layer(magnet, third, m="x")], a), 3.0, 5.0


def random_k(n: int, radius: float) -> NDArray:
    """In-plane wavevectors (n, 2) in a disc, always the same."""
    rng = np.random.default_rng(0)
    r, phi = radius * np.sqrt(rng.uniform(size=n)), rng.uniform(0, 2 * np.pi, n)
    return np.stack([r * np.cos(phi), r * np.sin(phi)], axis=1)


def random_layers(n: int, n_k: int = 128, n_sites: int = 100) -> Chain:
    """A random crystal on either side of one interface, `n` states per site."""
    rng = np.random.default_rng(n)
    onsite, hopping = (rng.normal(size=(n_k, 3, n, n)) + 1j * rng.normal(size=(n_k, 3, n, n)) for _ in range(2))
    middle = n_sites // 2
    return Chain(
        k_par=np.zeros((n_k, 2)),
        spacing=1.0,
        site_kind=np.repeat([0, 1, 2], [middle, 1, n_sites - middle - 1]),
        bond_kind=np.repeat([0, 1], [middle, n_sites - middle - 1]),
        onsite={"crystal": onsite + np.conj(np.swapaxes(onsite, -1, -2))},
        hopping={"crystal": hopping[:, :2]},
        partner={"crystal": "lattice"},
        spin=np.zeros((3, n, n)),
        orbital=np.zeros((3, n, n)),
    )


class PlainKwant:
    """Kwant as a good user would write it."""

    def __init__(self, chain: Chain, operators: bool):
        self.chain = chain
        self.system = build_chain(chain.n_sites, chain.n_orbitals).finalized()
        self.order = site_order(self.system)
        self.operators = []
        if operators:
            one = np.eye(chain.n_orbitals)
            onsites = [one, *chain.spin, *chain.orbital] if chain.orbital.any() else [one, *chain.spin]
            for kind in (kwant.operator.Density, kwant.operator.Current):
                self.operators += [kind(self.system, onsite) for onsite in onsites]
            self.operators += [kwant.operator.Source(self.system, onsite) for onsite in onsites[1:]]

    def __call__(self, energy: float) -> NDArray:
        transmission = np.zeros(self.chain.n_k)
        for i in range(self.chain.n_k):
            params = {"blocks": Blocks(self.chain.at(i))}
            psi = kwant.solvers.sparse.wave_function(self.system, energy, params=params)(0)
            bound = [operator.bind(params=params) for operator in self.operators]
            for operator in bound:
                for state in psi:
                    operator(state)
            transmission[i] = self._transmission(psi, i)
        return transmission

    def _transmission(self, psi, i):
        psi = psi.reshape(len(psi), self.chain.n_sites, -1)[:, self.order]
        hop = self.chain.at(i).total_hopping[0, self.chain.bond_kind[-1]]
        return 2 * np.imag(np.einsum("sa,ab,sb->", psi[:, -1].conj(), hop.conj().T, psi[:, -2]))


def ours(solver: Solver) -> Callable[[Chain, float], NDArray]:
    """What our integration does at each k, with one solver."""

    def run(chain, energy):
        """All traces at every k, and all values of their sum, as the integration does.

        Returns the transmission at every k.
        """
        operators = ChainOperators(chain)
        traces = operators.traces(solver.solve(chain, energy))
        operators.values(traces.summed(np.ones((1, chain.n_k))))
        return traces.lead_bond[:, 1, 0]

    return run


def best_times(methods: Mapping[object, Callable[[], object]]) -> dict[object, float]:
    """Best time of each method, alternating."""
    best = dict.fromkeys(methods, np.inf)
    for _ in range(ROUNDS):
        for name, method in methods.items():
            start = time.perf_counter()
            method()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def compare(name: str, stack: kt.Stack, energy: float, radius: float, n_kwant: int = 24, n_batched: int = 256) -> None:
    """One block of the report."""
    few, many = (discretise(stack, random_k(n, radius)) for n in (n_kwant, n_batched))
    solvers = {
        "our Kwant solver": (kt.KwantSolver(), few),
        "expansion": (kt.BatchedSolver("expansion"), many),
        "recursion": (kt.BatchedSolver("recursion"), many),
    }
    plain, with_operators = PlainKwant(few, False), PlainKwant(few, True)
    methods = {"plain Kwant, wave function": lambda: plain(energy)}
    methods["plain Kwant, operators"] = lambda: with_operators(energy)
    for key, (solver, chain) in solvers.items():
        methods[key] = partial(ours(solver), chain, energy)
    points = {key: n_kwant for key in methods} | {key: chain.n_k for key, (_, chain) in solvers.items()}
    times = {key: seconds / points[key] * 1e3 for key, seconds in best_times(methods).items()}
    exact = plain(energy)
    print(f"\n{name}: {stack.n_sites} sites of {few.n_orbitals} states, energy {energy} eV")
    print(f"  {'':28}{'ms per k':>10}{'/ wave fct':>12}{'/ operators':>12}{'difference':>12}")
    for key, value in times.items():
        difference = ""
        if key in solvers:
            difference = f"{np.abs(ours(solvers[key][0])(few, energy) - exact).max() / exact.max():.1e}"
        gain = times["plain Kwant, wave function"] / value, times["plain Kwant, operators"] / value
        print(f"  {key:28}{value:10.3f}{gain[0]:11.1f}x{gain[1]:11.1f}x{difference:>12}")


def where_the_time_goes(stack: kt.Stack, energy: float, radius: float, n: int = 256) -> None:
    """Parts of one evaluation with the mode expansion."""
    chain = discretise(stack, random_k(n, radius))
    solver, operators = kt.BatchedSolver("expansion"), ChainOperators(chain)
    states = solver.solve(chain, energy)
    traces = operators.traces(states)
    parts = best_times(
        {
            "blocks of the chain": lambda: discretise(stack, random_k(n, radius)).total_onsite,
            "modes and amplitudes": lambda: solver.solve(chain, energy),
            "operators of the chain": lambda: ChainOperators(chain),
            "density blocks and traces": lambda: operators.traces(states),
            "values and books of each k": lambda: operators.values(traces),
            "values and books of their sum": lambda: operators.values(traces.summed(np.ones((1, n)))),
        }
    )
    print("\nwhere the time goes, wire, expansion (ms per k)")
    for key, seconds in parts.items():
        print(f"  {key:28}{seconds / n * 1e3:10.3f}")


def scaling() -> None:
    """Cost of the two engines with layers, states per site, and k-points."""
    print("\ncost in ms per k, expansion / recursion")

    def row(label, stack, energy, radius, n=128):
        chain = discretise(stack, random_k(n, radius))
        engines = [kt.BatchedSolver(engine) for engine in ("expansion", "recursion")]
        times = best_times({i: (lambda s=s: ours(s)(chain, energy)) for i, s in enumerate(engines)})
        print(f"  {label:36}" + " / ".join(f"{seconds / n * 1e3:.3f}" for seconds in times.values()))

    for n_layers in (20, 60, 200, 600):
        row(f"junction, 2 states, {n_layers} layers", *junction(n_layers))
    row("wire, 6 states, 301 sites", *wire())
    for n in (2, 4, 6, 8, 12):
        chain = random_layers(n)
        engines = [kt.BatchedSolver(engine) for engine in ("expansion", "recursion")]
        times = best_times({i: partial(ours(s), chain, 0.3) for i, s in enumerate(engines)})
        each = " / ".join(f"{seconds / chain.n_k * 1e3:.3f}" for seconds in times.values())
        print(f"  {f'random layers, {n} states, 100 sites':36}{each}")
    for n in (16, 64, 256, 1024):
        row(f"wire, {n} k-points at a time", *wire(), n=n)


def converged_wire(tolerance: float = 3e-4, sample: int = 40, grid: int = 10_000) -> None:
    """Time to the converged wire, against plain Kwant on a uniform grid."""
    stack, energy, radius = wire()
    start = time.perf_counter()
    data = kt.torques(stack, energy, tolerance=tolerance, progress=False)
    seconds = time.perf_counter() - start
    plain = PlainKwant(discretise(stack, random_k(sample, radius)), True)
    start = time.perf_counter()
    plain(energy)
    each = (time.perf_counter() - start) / sample
    print(
        f"\nwire converged to {tolerance:g}, all outputs: {seconds:.2f} s, {data.k_points} k-points, stated error "
        f"{data.error_estimate:.1e}\n  plain Kwant with operators on a uniform grid of {grid} points in a quarter: "
        f"{each * grid:.0f} s (extrapolated from {sample} points), {each * grid / seconds:.0f} times as long"
    )
    with kt.processes(2) as pool:
        kt.torques(stack, energy, tolerance=0.1, progress=False, executor=pool)
        many = {"tolerance": 1e-5, "progress": False}
        times = best_times(
            {
                1: lambda: kt.torques(stack, energy, **many),
                2: lambda: kt.torques(stack, energy, executor=pool, **many),
            }
        )
    print(f"  two processes against one at 1e-5: {times[1]:.2f} s / {times[2]:.2f} s = {times[1] / times[2]:.2f}x")


def strip(length: int = 40, width: int = 30) -> object:
    """A disordered strip with a spin texture and Rashba coupling, between two leads."""
    square, (x, y, z), one = kwant.lattice.square(norbs=2), 2 * SPIN_HALF, np.eye(2)

    def onsite(site, J, W):
        angle, random = 0.2 * site.pos[0], kwant.digest.uniform(repr(site.tag)) - 0.5
        return (4 + W * random) * one + J / 2 * (np.cos(angle) * z + np.sin(angle) * x)

    def hopping(to, source, alpha):
        along = to.pos - source.pos
        return -one + 0.5j * alpha * (along[0] * y - along[1] * x)

    system = kwant.Builder()
    system[(square(i, j) for i in range(length) for j in range(width))] = onsite
    system[square.neighbors()] = hopping
    lead = kwant.Builder(kwant.TranslationalSymmetry((-1, 0)))
    lead[(square(0, j) for j in range(width))] = 4 * one
    lead[square.neighbors()] = -one
    for side in (lead, lead.reversed()):
        system.attach_lead(side)
    return system.finalized()


def networks() -> None:
    """Books of a Kwant system against Kwant's operators: all modes of one lead.

    Kwant's are densities and currents of particles and of the three components of spin,
    and the sources of these, without terms; ours besides the torque of each of three
    terms and its partner, and closure.
    """
    system, params = strip(), {"J": 0.4, "alpha": 0.15, "W": 0.5}
    terms = {"exchange": "J", "rashba": "alpha"}
    psi = kwant.wave_function(system, 1.0, params=params)(0)
    moments = [np.eye(2), *SPIN_HALF]
    unbound = [kind(system, one) for kind in (kwant.operator.Density, kwant.operator.Current) for one in moments]
    unbound += [kwant.operator.Source(system, one) for one in SPIN_HALF]
    bound = [operator.bind(params=params) for operator in unbound]
    books = kt.Books(system, params, terms=terms)
    methods = {
        "Kwant's operators, binding": lambda: [operator.bind(params=params) for operator in unbound],
        "Books, made and verified": lambda: kt.Books(system, params, terms=terms),
        "Books, bound to other parameters": lambda: books.bind(params),
        "Kwant's operators, each mode": lambda: [operator(state) for operator in bound for state in psi],
        "Books, each mode": lambda: books.values(psi),
        "Books, sum over modes": lambda: books.values(psi, 1.0),
    }
    print(f"\nstrip of {len(system.sites)} sites on Kwant's builder, {len(psi)} modes (ms)")
    times = best_times(methods)
    for key, seconds in times.items():
        print(f"  {key:36}{seconds * 1e3:10.1f}")
    theirs, ours = times["Kwant's operators, each mode"], times["Books, each mode"]
    print(f"  all modes, terms and components in {ours / theirs:.2f} of what Kwant's operators take without terms,")
    theirs, ours = times["Kwant's operators, binding"], times["Books, made and verified"]
    print(f"  bound in {ours / theirs:.2f} of what theirs take")


def films() -> None:
    """Films in an electric field: everything at a k, against NumPy's `eigh` alone."""
    a = 0.3
    magnet, metal = kt.CubicLattice(-1, -1.2, 0.3, a), kt.CubicLattice(-0.8, 0, 0, a)
    surface = kt.CubicLattice(-0.8, 0, 0, a, 0.06)
    iron, heavy = kt.PLattice(0.9, -0.3, 0.25, -0.1, -1, 0, 0.05, 0, a), kt.PLattice(spin_orbit=0.4, lattice_constant=a)
    m = (0.6, 0.3, 0.7)
    cases = {
        "10 planes of 2 states": [kt.Layer(magnet, 3 * a, m=m), kt.Layer(surface, a), kt.Layer(metal, 6 * a)],
        "6 planes of 6 states": [kt.Layer(iron, 2 * a, m=m), kt.Layer(heavy, 4 * a)],
    }
    print("\nfilms: torques by term and plane, fluxes, densities, conductance and books at every k")
    for name, layers in cases.items():
        film = kt.Film(kt.Stack(layers, a, atomic=True))
        response = Response(film, Relaxing(-0.5, 0.1, 300.0), np.array([1.0, 0.0]))
        n = CHUNK // film.hamiltonian([[0.0, 0.0]]).shape[-1] ** 2
        k = np.random.default_rng(0).uniform(-10, 10, (n, 2))
        matrices = film.hamiltonian(k)
        times = best_times({"all": lambda r=response, k=k: r.at(k), "eigh": lambda h=matrices: np.linalg.eigh(h)})
        each = {what: 1e3 * seconds / n for what, seconds in times.items()}
        print(
            f"  {name}: {each['all']:.3f} ms per k, eigh alone {each['eigh']:.3f} ms, {each['all'] / each['eigh']:.1f} "
            f"times that; 200 x 200 k: {40 * each['all']:.0f} s"
        )


def one_result(tolerance: float = 1e-3) -> None:
    """What a metallic valve's torque costs alone, over `torques` of its stack."""
    valve = find("metallic-spin-valve")
    settings = {"tolerance": tolerance, "progress": False}
    times = best_times(
        {
            "torques": lambda: kt.torques(valve.stack(valve.complete({})), 0.0, **settings),
            "one": lambda: valve.run(results=["torque_in_plane"], **settings),
            "all": lambda: valve.run(**settings),
        }
    )
    alone, one, everything = (times[what] for what in ("torques", "one", "all"))
    print(
        f"\nmetallic spin valve at one angle: kt.torques {alone:.2f} s, its in-plane torque "
        f"{one / alone:.2f} times that, all results {everything / alone:.1f} times"
    )


def sweeps() -> None:
    """Whole figures on two processes, as a user runs them.

    Everything is included but the start of the processes.
    """
    cases = (
        ("magnetic-tunnel-junction", {"bias": np.linspace(-1, 1, 41)}),
        ("semi-magnetic-tunnel-junction", {"bias": np.linspace(-0.8, 0.8, 8), "rashba": np.linspace(0.01, 0.05, 9)}),
    )
    print()
    with kt.processes(2) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, axes in cases:
            axes = {parameter: values.round(6).tolist() for parameter, values in axes.items()}
            start = time.perf_counter()
            data = Sweep(find(name), {}, axes).run(executor=pool, progress=False)
            seconds = time.perf_counter() - start
            worst = float(data.error_estimate.max())
            print(f"{name}, {data.done.size} points, two processes: {seconds:.1f} s, worst error {worst:.1e}")


def film(torque: NDArray, field: NDArray) -> kt.Macrospin:
    """A thin film with a current and a field along its easy axis."""
    d, along_x = kt.dynamics, np.multiply.outer(field, [1.0, 0.0, 0.0])
    terms = [d.Uniaxial(0.02, "x"), d.Demagnetisation(), d.Field(along_x), d.Slonczewski(torque, "x")]
    return kt.Macrospin(saturation=1.0, damping=0.01, terms=terms)


def dynamics(points: int = 200) -> None:
    """One trajectory of 35 ns, and a phase diagram in current and field."""
    macrospin = find("macrospin")
    (seconds,) = best_times({1: lambda: macrospin.run(progress=False)}).values()
    print(f"\nmacrospin at its defaults, 35 ns: {seconds:.2f} s")
    axes = {"torque": np.linspace(-0.03, 0.03, points), "field": np.linspace(-0.06, 0.06, points)}
    with kt.processes(2) as pool:
        start = time.perf_counter()
        data = kt.dynamics.settle(film, start=kt.dynamics.along(90, 5), executor=pool, frequency=False, **axes)
        seconds = time.perf_counter() - start
    still = float(data.settled.mean())
    print(f"phase diagram of {points} x {points} magnets, 35 ns, two processes: {seconds:.1f} s, {still:.0%} at rest")


class _Both:
    """Writes to a stream and remembers what it wrote."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.text = stream, io.StringIO()

    def write(self, words: str) -> None:
        self.text.write(words)
        self.stream.write(words)

    def flush(self) -> None:
        self.stream.flush()


def machine() -> list[str]:
    """What the numbers were measured on, and of which commit."""
    git = ["git", "-C", str(RESULTS.parent), "describe", "--always", "--dirty"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    names = (line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name"))
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "kwant"))
    return [
        f"* commit {commit}, {datetime.now(UTC):%Y-%m-%d}",
        f"* {os.cpu_count()} x {next(names, platform.processor() or 'unknown processor')}, one BLAS thread",
        f"* Python {platform.python_version()}, {packages}",
    ]


def _cpuinfo():
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def report() -> None:
    """Print all blocks."""
    with threadpool_limits(1):
        compare("GaMnAs/GaAs wire", *wire())
        compare("two-state junction, 20 layers", *junction(20))
        compare("two-state junction, 200 layers", *junction(200))
        compare("GaMnAs spin valve", *spin_valve())
        where_the_time_goes(*wire())
        scaling()
        converged_wire()
        networks()
        films()
        one_result()
    sweeps()
    dynamics()
    print(f"\npeak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    """Print the whole report; write it beside this file, with machine and commit."""
    where = machine()
    both = _Both(sys.stdout)
    with contextlib.redirect_stdout(both):
        report()
    head = ["# Ours against plain Kwant", "", "Written by `make bench`.", "", *where, ""]
    RESULTS.write_text("\n".join([*head, "```", both.text.getvalue().strip(), "```", ""]))


if __name__ == "__main__":
    main()
