"""Spin continuity in a strip with impurities, and the beta that these give.

Stationary, with s = <c+ sigma c> in hbar/2 (Tatara and Entel, Phys. Rev. B 78, 064429
(2008), eq. 3 to 10),

    div j_s = T_ex + T_sf + T_so,
    T_ex = -2 M n x s,    T_sf = 2 v S x s at the impurities,

and in the average T_sf = -beta_sf n x (j_s.grad) n. The *total* torque of a biased
finite strip along n x (j_s.grad) n has other parts too: beta is read off T_sf.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..errors import ComputationError, InputError, finite, instance, named, positive
from ..integration.realisations import Directions, ratio_of_means
from ..parallel import in_order, progress_bar
from ..results.dataset import VERSION
from ..results.storage import kept_in, parameters_of, read, require_same
from ..structures.impurities import Impurities
from ..structures.strip import Strip
from .strip import CLOSURE, SUMS, CleanStrip, DrivenStrip, realised

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["check_relaxation", "spin_relaxation"]

FEWEST, MOST = 32, 200_000
"""Realisations between which a target error is reached, or not."""
UNPOLARISED = 1e-9
"""Spin flux over particle flux from which on there is none."""
PROFILES = {
    "spin_density": (("x", "axis"), "spin of the carriers <sigma> per site"),
    "particle_current": (("bond",), "particle current along x, per row"),
    "spin_current": (("bond", "axis"), "spin current along x at the middle of bonds, per row"),
    "source_exchange": (("x", "axis"), "T_ex = -2M n x s: what the exchange gives to the spin, per site"),
    "source_spin_flip": (("x", "axis"), "T_sf: what impurity spins give to the spin, per site"),
    "source_spin_orbit": (("x", "axis"), "T_so: what spin-orbit impurities give to the spin, per site"),
    "violation": (("x",), "largest violation of the books at a site of the column"),
}
NUMBERS = {
    "beta": "beta of T_sf, the torque of impurity spins",
    "beta_spin_orbit": "beta of T_so, the torque of spin-orbit impurities",
    "beta_total": "the same from the total torque 2M n x s of the strip, which is not beta",
    "beta_analytic": "beta_sf = (2 pi/3M) n v^2 nu with the density of states nu at the impurities",
    "beta_second_order": "beta of T_sf in second order in v, with what the strip has at each impurity",
    "beta_spin_orbit_analytic": "beta of T_so in second order in lambda",
    "polarisation": "spin over particle current of the strip without impurities",
    "current": "particle current of the strip without impurities, per unit of bias",
    "disorder": "n v^2, the density of impurities times the square of their strength",
    "density_of_states": "density of states of the strip without impurities, mean per site",
}


@dataclass
class _Tally:
    """What is known after some realisations: sums of each, moments of profiles."""

    attempted: int = 0
    numbers: list[int] = field(default_factory=list)
    sums: list[NDArray] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    closure: float = 0.0
    mean: dict[str, NDArray] = field(default_factory=dict)
    squares: dict[str, NDArray] = field(default_factory=dict)

    def add(self, values: Mapping[str, NDArray], failures: Mapping[int, str], n: int) -> None:
        """Take in a batch of n realisations, in their order."""
        self.attempted += n
        self.failed |= failures
        if not values:
            return
        before, new = len(self.numbers), len(values["sums"])
        for name in PROFILES:
            own = values[name]
            if name == "violation":
                self.mean[name] = np.maximum(own.max(0), self.mean.get(name, 0.0))
                continue
            mean, gap = own.mean(0), own.mean(0) - self.mean.get(name, 0.0)
            squares = ((own - mean) ** 2).sum(0) + gap**2 * before * new / (before + new)
            self.mean[name] = self.mean.get(name, 0.0) + gap * new / (before + new)
            self.squares[name] = self.squares.get(name, 0.0) + squares
        self.numbers += values["realisation"].tolist()
        self.sums += list(values["sums"])
        self.closure = max(self.closure, float(values["closure"].max()))

    def ratio(self, name: str) -> tuple[float, float]:
        """-<sum of T_b> / <sum of j_s>, the beta of one kind of torque; its error."""
        sums = np.array(self.sums)
        ratio, error = ratio_of_means(sums[:, SUMS.index(name)], sums[:, SUMS.index("flux")])
        # No -0.
        return 0.0 - ratio, error


@named
def spin_relaxation(
    strip: Strip,
    impurities: Impurities,
    energy: float = 1.0,
    *,
    average: str = "array",
    realisations: int = 96,
    seed: int = 0,
    directions: ArrayLike | None = None,
    target: float | None = None,
    skip_failed: bool = False,
    out: str | Path | None = None,
    resume: bool = True,
    executor: Executor | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """Spin density, spin currents, sources of spin and beta of a disordered strip.

        beta = - sum over sites of |dn| T_sf,b / sum over bonds of |dn|^2 j_s

    averaged over the directions of the impurities, all of which are there in every
    solve; driven by (left - right)/2 per unit of bias. In a spiral |dn| = 2 sin(Q/2)
    and the sum over bonds is multiplied by length/(length - 1). b = n x dn/dx, j_s the
    spin flux along n at the middle of a bond.

    Parameters
    ----------
    strip : Strip
    impurities : Impurities
    energy : float
        Above the bottom of the band without exchange, in units of the hopping.
    average : {"array", "antithetic", "random"}
        Directions of S and e: an orthogonal array of signs along n, t and b, which is
        exact to third order; pairs S, -S of random ones; random ones.

    Returns
    -------
    xarray.Dataset
        Profiles along x (axis n, t, b): `spin_density`, `spin_current`, and the sources
        `source_exchange`, `source_spin_flip`, `source_spin_orbit`; `violation` of the
        continuity. Numbers: `beta`; `beta_analytic` = (2 pi/3M) n v^2 nu, the adiabatic
        limit, with nu at the impurities weighted by |dn|^2 j_s of their row;
        `beta_second_order`, exact in second order in v for any texture and edges; of
        spin-orbit impurities `beta_spin_orbit` and `beta_spin_orbit_analytic`, its
        second order in lambda; `beta_total` from the total torque, which is not beta;
        `current`, `polarisation`, `density_of_states`, `disorder`; the sums of each
        realisation. Random averages have standard errors, `<name>_error`. What does not
        exist is NaN. attrs: closure, failed, ...

    Other Parameters
    ----------------
    realisations : int
        Of random averages; a pair is one.
    seed : int
        Realisation i is the same whatever their number and whoever computes it.
    directions : (n_realisations, n, 3) array, optional
        Unit vectors S (and e) of each realisation instead, components n, t, b; with a
        dimension 2 before n for S and e apart. Their mean has no standard error.
    target : float, optional
        Relative standard error of beta: so many realisations as it takes.
    skip_failed : bool
        Leave out realisations that fail, which the attribute `failed` names.
    out : path, optional
        A file `*.nc` of the Dataset, saved after each batch; realisations that it holds
        are not computed again, and it must not hold more than `realisations`.
    resume : bool
        If False, what `out` has is overwritten.
    executor : concurrent.futures.Executor, optional
        Its workers get batches of realisations.
    progress : bool
        A progress bar.

    Raises
    ------
    InputError
        No mode at this energy, an impurity that is nowhere, a wall that does not fit
        its strip (it must turn by 0.85 pi), an unknown word, a file of
        another computation or of more realisations, a target without a beta, ...
    ComputationError
        A realisation failed, a target that is not reached, the edge of a band.

    Warns
    -----
    UserWarning
        Realisations are left out; or there is no beta: n does not turn or the current
        is not polarised.

    References
    ----------
    Tatara and Entel, Phys. Rev. B 78, 064429 (2008), eq. 3 to 10, 28 and 29.

    Examples
    --------
    >>> import kwantorque as kt
    >>> strip = kt.Strip(length=11)
    >>> impurities = kt.Impurities([(2, 1), (5, 3), (8, 4)], spin=0.1)
    >>> data = kt.spin_relaxation(strip, impurities, progress=False)
    >>> bool(abs(data.beta / data.beta_analytic - 1) < 0.01), data.closure < 1e-11
    (True, True)
    >>> kt.spin_relaxation(strip, impurities, energy=-1.0)
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: `energy` must lie in a band of a lead; at -1 there ...
    """
    driven = _driven(strip, impurities, energy, average, realisations, seed, directions)
    directions = driven.directions
    if target is not None:
        positive("target", target)
        if not directions.random:
            raise InputError("`target` is of a standard error, and an array has none: choose `average` antithetic")
    clean = CleanStrip.of(driven)
    if not clean.closure < CLOSURE:
        raise ComputationError(
            f"without impurities the books are open by {clean.closure:.1g}: is {driven.energy:g} the edge of a band? "
            "Move `energy` a little"
        )
    if target is not None and (why := _why_no_beta(driven, clean)):
        raise InputError(f"`target` is of the error of beta, and there is no beta: {why}; leave it out")
    with kept_in(out) if out is not None else nullcontext() as keep:
        begun = out is not None and resume and Path(out).exists()
        tally = _begun(out, driven, target, skip_failed) if begun else _Tally()

        def done():
            data = _dataset(driven, clean, tally)
            if keep:
                keep(data)
            return data

        with progress_bar("realisations", "realisation", progress, len(directions), tally.attempted) as bar:
            while left := _left(tally, directions, target):
                bar.total = tally.attempted + left
                _run(driven, tally, left, executor, skip_failed, done, bar)
        data = done() if tally.numbers else None
    if data is None:
        raise ComputationError(f"no realisation came out; the first: {next(iter(tally.failed.values()))}")
    _warn_of(tally, _why_no_beta(driven, clean))
    return data


def _driven(strip, impurities, energy, average, realisations, seed, given=None):
    """All that decides about the realisations, checked."""
    instance("strip", strip, Strip, "Strip(width=6)")
    instance("impurities", impurities, Impurities, "Impurities([(0, 0)], spin=0.1)")
    if strip.length < strip.needed_length:
        raise InputError(
            f"a wall of `wall_width` {strip.wall_width:g} turns by only {strip.twists.sum() / np.pi:.2g} pi on a "
            f"`length` of {strip.length}: give it at least {strip.needed_length}"
        )
    both = bool(impurities.spin) and bool(impurities.spin_orbit)
    directions = Directions(impurities.n, average, realisations, seed, 1 + both, given)
    return DrivenStrip(strip, finite("energy", energy), impurities, directions)


def check_relaxation(strip: Strip, impurities: Impurities, energy: float, **averaged: Any) -> None:
    """Raise the `InputError` of `spin_relaxation`, if any, without its computation.

    Parameters
    ----------
    strip, impurities, energy : as there
    averaged : `average`, `realisations` and `seed`
    """
    _ = _driven(strip, impurities, energy, **averaged).states


def _left(tally, directions, target):
    """How many realisations are to be computed next."""
    if target is None:
        return max(0, len(directions) - tally.attempted)
    if tally.attempted < FEWEST:
        return FEWEST - tally.attempted
    if not tally.numbers:
        return 0
    ratios = [tally.ratio(name) for name in ("spin_flip", "spin_orbit")]
    # One realisation has no error, and 0 none of its own.
    errors = [error / abs(beta) if len(tally.numbers) > 1 else np.inf for beta, error in ratios if error]
    missing = max(errors, default=0.0) / target
    if missing <= 1:
        return 0
    # Never so many at once that a poor guess of the error could matter.
    wanted = min(missing**2, 4.0) * tally.attempted
    if tally.attempted >= MOST:
        raise ComputationError(
            f"{tally.attempted} realisations have an error of {missing * target:.2g}, not of {target:g}: ask for less"
        )
    return int(min(wanted, MOST)) + 1 - tally.attempted


def _raise_failed(driven, failures):
    i, why = next(iter(failures.items()))
    raise ComputationError(
        f"realisation {i} of seed {driven.directions.seed} failed: {why}; skip_failed=True leaves it out"
    )


def _run(driven, tally, left, executor, skip_failed, done, bar):
    """So many more realisations, in batches and in order."""
    # Of the same size whoever computes them: they are saved one by one.
    first = range(tally.attempted, tally.attempted + left, driven.batch)
    batches = [range(i, min(i + driven.batch, tally.attempted + left)) for i in first]
    found = in_order(partial(realised, driven), batches, executor, lambda numbers: f"realisations {numbers}")
    for numbers, (values, failures) in zip(batches, found, strict=True):
        if failures and not skip_failed:
            _raise_failed(driven, failures)
        tally.add(driven.own_part(values), failures, len(numbers))
        bar.update(len(numbers))
        if tally.numbers:
            done()


def _parameters(driven):
    """What decides about all realisations, as a file holds it."""
    own = asdict(driven.strip) | {"energy": driven.energy, "average": driven.directions.average}
    own |= {f"impurity_{name}": value for name, value in asdict(driven.impurities).items()}
    for name in ("impurity_sites", "impurity_scalar_sites"):
        own[name] = json.dumps(own[name])
    given = driven.directions.given
    if given is not None:
        return own | {"average": "given", "directions": sha256(np.ascontiguousarray(given)).hexdigest()}
    # All realisations of an array are known.
    return own | ({"seed": driven.directions.seed} if driven.directions.random else {})


def _begun(path, driven, target, skip_failed):
    """The tally of a file, if it is of the same computation."""
    data = read(path)
    found = {"parameters": parameters_of(data, path), "version": data.attrs.get("version")}
    try:
        require_same(path, found, {"parameters": _parameters(driven), "version": VERSION})
    except InputError as error:
        raise InputError(f"{error} (resume=False overwrites it)") from None
    n, attempted = data.sizes["realisation"], int(data.attrs["attempted"])
    failed = {int(i): why for i, why in json.loads(data.attrs["failed"]).items()}
    if target is None and attempted > len(driven.directions):
        raise InputError(
            f"{path} holds {attempted} realisations, more than {len(driven.directions)}, and of profiles their mean "
            f"alone: ask for at least {attempted} `realisations` (resume=False overwrites it)"
        )
    if failed and not skip_failed:
        _raise_failed(driven, failed)
    errors = {name: data[f"{name}_error"].values for name in PROFILES if f"{name}_error" in data}
    return _Tally(
        attempted=attempted,
        numbers=data.realisation.values.tolist(),
        sums=list(data.sums.values),
        failed=failed,
        closure=float(data.attrs["closure"]),
        mean={name: data[name].values for name in PROFILES},
        squares={name: error**2 * n * (n - 1) for name, error in errors.items()},
    )


def _dataset(driven, clean, tally):
    """Means over the realisations there are, with errors where these are random."""
    strip, statistical = driven.strip, driven.directions.random
    n, variables = len(tally.numbers), {}
    for name, (dims, words) in PROFILES.items():
        variables[name] = (dims, tally.mean[name], {"units": "1", "long_name": words})
        if statistical and n > 1 and name in tally.squares:
            error = np.sqrt(tally.squares[name] / (n * (n - 1)))
            variables[f"{name}_error"] = (dims, error, {"units": "1", "long_name": f"standard error of {name}"})
    for name, (value, error) in _numbers(driven, clean, tally).items():
        variables[name] = ((), value, {"units": "1", "long_name": NUMBERS[name]})
        if error is not None and statistical:
            variables[f"{name}_error"] = ((), error, {"units": "1", "long_name": f"standard error of {name}"})
    variables["sums"] = (("realisation", "sum"), np.array(tally.sums), {"units": "1", "long_name": "weighted sums"})
    coordinates = {
        "x": np.arange(strip.length),
        "bond": np.arange(strip.length - 1) + 0.5,
        "axis": ["n", "t", "b"],
        "realisation": tally.numbers,
        "sum": list(SUMS),
    }
    attrs = {
        "version": VERSION,
        "parameters": json.dumps(_parameters(driven), sort_keys=True),
        "closure": max(tally.closure, clean.closure),
        "realisations": n,
        "attempted": tally.attempted,
        "failed": json.dumps(tally.failed),
    }
    return xr.Dataset(variables, coordinates, attrs)


def _currents(driven, clean):
    """Particle and spin current of the strip without impurities, means of bonds."""
    particles, spins = clean.profiles["particle_current"], clean.profiles["spin_current"][..., 0]
    return (float(one[:, driven.own_bonds].mean()) * driven.strip.n_across for one in (particles, spins))


def _why_no_beta(driven, clean):
    """Why there is no beta, "" if there is one."""
    current, spin_current = _currents(driven, clean)
    if abs(spin_current) <= UNPOLARISED * abs(current):
        return "the current is not polarised"
    return "" if driven.steps.any() else "n does not turn"


def _numbers(driven, clean, tally):
    """{name: (value, standard error or None)} of `NUMBERS`; NaN what does not exist."""
    current, spin_current = _currents(driven, clean)
    exists = not _why_no_beta(driven, clean)
    found = {"current": (current, None), "polarisation": (spin_current / current, None)}
    density = driven.impurities.n / driven.strip.n_sites
    found["disorder"] = (density * driven.impurities.spin**2, None)
    found["density_of_states"] = (float(clean.density_of_states.mean()), None)
    for name, of in (("beta", "spin_flip"), ("beta_spin_orbit", "spin_orbit"), ("beta_total", "total")):
        found[name] = tally.ratio(of) if exists else (np.nan, np.nan)
    beta_sf = 2 * np.pi / (3 * driven.strip.exchange) * driven.impurities.spin**2 * clean.weighted_density
    found["beta_analytic"] = (beta_sf if exists else np.nan, None)
    for name, of_second_order in (
        ("beta_second_order", clean.spin_flip),
        ("beta_spin_orbit_analytic", clean.spin_orbit),
    ):
        found[name] = (0.0 - of_second_order / clean.flux if exists else np.nan, None)
    return found


def _warn_of(tally, why):
    if why:
        warnings.warn(f"there is no beta: {why}", UserWarning, stacklevel=4)
    if tally.failed:
        named_ones = ", ".join(map(str, tally.failed))
        warnings.warn(
            f"{len(tally.failed)} of {tally.attempted} realisations failed and are left out: {named_ones}; the first: "
            f"{next(iter(tally.failed.values()))}",
            UserWarning,
            stacklevel=4,
        )
