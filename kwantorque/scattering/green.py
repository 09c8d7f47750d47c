"""Green functions of a chain at complex energies, and the filled Fermi sea.

With X_j, Y_j the continuations of outgoing states to the right and to the left (see
`recursion`), the blocks of G(E) = 1/(E - H) are

    G_jj = -(h_j - E + V_j X_j + V_{j-1}^+ Y_{j-1})^-1,   G_{j+1,j} = X_j G_jj,
    G_{j,j+1} = Y_j G_{j+1,j+1}.

All states below mu, bound states included, are filled by

    T = 0:  rho = 1/2 + (1/2 pi) int_0^inf dy [G(mu + iy) + G(mu + iy)^+]
    T > 0:  rho = 1/2 + k_B T sum_n [G(mu + i w_n) + G(mu + i w_n)^+],

w_n = (2n + 1) pi k_B T, n >= 0: the contour integral of G around the occupied part of
the spectrum, with its arc at infinity. The bond block rho_{j,j+1} takes G_{j,j+1} +
(G_{j+1,j})^+.
"""

from dataclasses import dataclass

import numpy as np

from ..algebra import dagger, inverse
from ..structures.chain import Chain
from ..structures.graph import DensityBlocks
from .modes import as_number, lead_modes
from .recursion import continuation, continuations, site_matrices

__all__ = ["Contour", "Filled", "GreenBlocks", "fermi_contour", "filled", "green_blocks"]

BOTTOM = 1e-10
"""Smallest y in eV.

A level closer than this to the Fermi energy counts as half filled. Where two levels
pass it at nearly the same k_par, so does all that is between them.
"""
TOP = 1000.0
"""Largest y in units of the bandwidth."""
FIRST_POLES = 12
"""Matsubara poles summed one by one.

The others are an integral, with the Euler-Maclaurin terms of second and fourth order:
what is left of an electron is below 1e-9.
"""
AT_THE_END = np.array([0, -1, 1, 0]) / 24 + 17 / 5760 * np.array([1, -3, 3, -1])
"""Weights of the four poles around y_N = N h, for the terms at the end of the sum.

    h sum_{n >= N} g(y_n) = int_{y_N} g dy + (h^2/24) g1 - (7/5760) h^4 g3

with the first and third derivative g1 and g3 at y_N from central differences d1 and d3:
h g1 = d1 - d3/24, h^3 g3 = d3.
"""
MOST_BLOCKS = 400_000
"""Sites x energies x k-points in memory at a time."""
DOUBLINGS = 60
"""No sum over a lead needs more: its first 2^60 cells."""
NEGLIGIBLE = 1e-16
"""Part of the sum over a lead below which the next doubling is left out."""


@dataclass(frozen=True, eq=False)
class GreenBlocks:
    """Blocks of the retarded Green function of a chain between its leads.

    Attributes
    ----------
    site : (nk, n_sites, n, n) array, G_{j,j}
    forth : (nk, n_sites - 1, n, n) array, G_{j,j+1}
    back : (nk, n_sites - 1, n, n) array, G_{j+1,j}
    limit, tail : (left, right), each (site, forth, back) of (nk, n, n) arrays
        Far inside the lead, and the sum over it of what differs from that: sites i >= 1
        outwards; bonds i >= 0, the first with weight 1/2.
    """

    site: np.ndarray
    forth: np.ndarray
    back: np.ndarray
    limit: tuple[tuple[np.ndarray, ...], ...]
    tail: tuple[tuple[np.ndarray, ...], ...]


@dataclass(frozen=True, eq=False)
class Contour:
    """Energies along the imaginary axis and their weights in rho.

    rho = 1/2 + (1/2 pi) sum_i weights_i [G(mu + i y_i) + h.c.]

    Attributes
    ----------
    y, weights : (ny,) arrays, eV
    coarse : (ny,) array, eV
        Weights of a rule with about half of the points, whose difference tells the
        error.
    """

    y: np.ndarray
    weights: np.ndarray
    coarse: np.ndarray


@dataclass(frozen=True, eq=False)
class Filled:
    """Density blocks of a filled sea, as `Observables.of_blocks` takes them.

    Attributes
    ----------
    chain : DensityBlocks
    leads : DensityBlocks
        One site and one bond each of, in this order, left limit, right limit, left
        tail, right tail.
    """

    chain: DensityBlocks
    leads: DensityBlocks


def fermi_contour(bandwidth: float, thermal: float = 0.0, accuracy: float = 1e-6) -> Contour:
    """The energies and weights that fill all states below a Fermi energy.

    At T = 0 the rule is the trapezoid in t = ln y. G is analytic in the upper half
    plane, which is the strip |Im t| < pi/2, whatever singularities lie on the real
    axis: the error is exp(-pi^2/step) uniformly, and that of twice the step is its
    square root. What the rule leaves out at either end, where the integrand is constant
    in y or falls as 1/y^2, is a geometric series.

    Parameters
    ----------
    bandwidth : float, eV
        Width of the widest band.
    thermal : float, eV
        k_B T.
    accuracy : float
        About the error of rho, of eigenvalues 0 ... 1.
    """
    top = TOP * bandwidth
    if thermal > 0:
        return _matsubara(thermal, top, accuracy)
    step = np.pi**2 / np.log(1 / accuracy)
    count = 2 * int(np.ceil(np.log(top / BOTTOM) / step / 2)) + 1
    y = BOTTOM * np.exp(step * np.arange(count))

    def trapezoid(nodes, step):
        weights = step * nodes
        rest = np.exp(-step) / (1 - np.exp(-step))
        weights[0] += step * nodes[0] * rest
        weights[-1] += step * nodes[-1] * rest
        return weights

    coarse = np.zeros(count)
    coarse[::2] = trapezoid(y[::2].copy(), 2 * step)
    return Contour(y, trapezoid(y.copy(), step), coarse)


def _matsubara(thermal, top, accuracy):
    """The first Matsubara poles, then the integral that the others are."""
    spacing = 2 * np.pi * thermal
    start = FIRST_POLES * spacing
    panels = max(2, int(np.ceil(np.log(top / start) / 2)))
    fine, coarse = (_gauss_in_log(start, top, panels, n) for n in _orders(accuracy))
    poles = spacing * (np.arange(FIRST_POLES + 2) + 0.5)
    weights = np.where(np.arange(FIRST_POLES + 2) < FIRST_POLES, spacing, 0.0)
    weights[-4:] += spacing * AT_THE_END
    y = np.concatenate([poles, fine[0], coarse[0]])
    zero = [np.zeros(len(part[0])) for part in (fine, coarse)]
    return Contour(y, np.concatenate([weights, fine[1], zero[1]]), np.concatenate([weights, zero[0], coarse[1]]))


def _orders(accuracy):
    """Gauss points per panel of the rule and of the one it is compared with."""
    order = max(4, int(np.ceil(-np.log10(accuracy))) + 1)
    return order, order - 2


def _gauss_in_log(start, stop, panels, order):
    """Nodes, weights of int dy in equal panels of ln y, the 1/y^2 beyond `stop`."""
    x, w = np.polynomial.legendre.leggauss(order)
    edges = np.linspace(np.log(start), np.log(stop), panels + 1)
    half = np.diff(edges)[:, None] / 2
    y = np.exp(((edges[1:] + edges[:-1])[:, None] / 2 + half * x).ravel())
    weights = (half * w).ravel() * y
    weights[-1] += y[-1] ** 2 / stop
    return y, weights


def green_blocks(chain: Chain, energy: complex | np.ndarray) -> GreenBlocks:
    """Blocks of G(E) = 1/(E - H) of a chain with its leads.

    Parameters
    ----------
    chain : Chain
    energy : complex or (nk,) complex array, eV
        In the upper half plane.
    """
    leads = {side: lead_modes(*chain.lead_blocks(side), energy, chain.k_par) for side in ("left", "right")}
    outwards = {side: [continuation(modes) for modes in leads[side]] for side in leads}
    numbers = as_number(chain.total_hopping) if chain.n_orbitals == 2 else None
    if numbers is None:
        along = _along_the_chain(chain, energy, outwards)
    else:
        along = _along_two_state_chain(chain, energy, numbers, outwards)
    ends = []
    for side, at in (("left", 1), ("right", -2)):
        to_right, to_left = outwards[side]
        onsite, bond = chain.lead_blocks(side)
        onsite = onsite - np.asarray(energy)[..., None, None] * np.eye(chain.n_orbitals)
        bulk = -inverse(onsite + bond @ to_right + dagger(bond) @ to_left)
        difference = along[0][:, at] - bulk
        if as_number(bond) is None:
            outside = _lead_sums(side, bulk, difference, to_right, to_left)
        else:
            outside = _orthogonal_lead_sums(side, leads[side][0], difference)
        ends.append(((bulk, to_left @ bulk, to_right @ bulk), outside))
    return GreenBlocks(*along, *zip(*ends, strict=True))


def _along_the_chain(chain, energy, outwards):
    """G_{j,j}, G_{j,j+1} and G_{j+1,j} of all sites, (nk, n_sites, n, n)."""
    onsite, hopping = site_matrices(chain, energy)
    onward = continuations(onsite, hopping, outwards["right"][0])
    mirrored = [dagger(block) for block in reversed(hopping)]
    backward = continuations(onsite[::-1], mirrored, outwards["left"][1])[::-1]
    site = [-inverse(h + hopping[j + 1] @ onward[j] + dagger(hopping[j]) @ backward[j]) for j, h in enumerate(onsite)]
    back = [x @ g for x, g in zip(onward[:-1], site[:-1], strict=True)]
    forth = [y @ g for y, g in zip(backward[1:], site[1:], strict=True)]
    return [np.stack(part, axis=1) for part in (site, forth, back)]


def _along_two_state_chain(chain, energy, numbers, outwards):
    """The same for two states per site and hoppings that are numbers.

    Arrays are (2, 2, nk), and their products written out: four to five times as fast,
    which halves the time of every sea of free electrons.
    """
    energy = np.broadcast_to(energy, (chain.n_k,))
    kinds = np.moveaxis(chain.total_onsite, 0, -1) - energy * np.eye(2)[..., None]
    onsite = [kinds[kind] for kind in chain.site_kind]
    hopping = [numbers[:, kind] for kind in chain.bond_kind]
    onward, backward = (np.empty((chain.n_sites, 2, 2, chain.n_k), complex) for _ in range(2))
    onward[-1], backward[0] = (np.moveaxis(x, 0, -1) for x in (outwards["right"][0], outwards["left"][1]))
    to_right, to_left = [*hopping, hopping[-1]], [hopping[0], *hopping]
    for j in range(chain.n_sites - 1, 0, -1):
        _inverse_into(onward[j - 1], onsite[j] + to_right[j] * onward[j], -to_left[j])
    for j in range(chain.n_sites - 1):
        _inverse_into(backward[j + 1], onsite[j] + to_left[j] * backward[j], -to_right[j])
    site = np.empty_like(onward)
    for j in range(chain.n_sites):
        _inverse_into(site[j], onsite[j] + to_right[j] * onward[j] + to_left[j] * backward[j], -1.0)
    forth, back = np.empty((2, chain.n_sites - 1, 2, 2, chain.n_k), complex)
    for j in range(chain.n_sites - 1):
        back[j] = (onward[j][:, :, None] * site[j][None]).sum(axis=1)
        forth[j] = (backward[j + 1][:, :, None] * site[j + 1][None]).sum(axis=1)
    return [np.moveaxis(part, -1, 0) for part in (site, forth, back)]


def _inverse_into(out, matrix, factor):
    """factor x inverse of (2, 2, nk)."""
    (a, b), (c, d) = matrix
    scale = factor / (a * d - b * c)
    out[0, 0], out[0, 1], out[1, 0], out[1, 1] = d * scale, -b * scale, -c * scale, a * scale


def _lead_sums(side, bulk, difference, to_right, to_left):
    """(site, forth, back) of what differs from the bulk, summed over a lead.

    i cells outwards of the boundary G_{i,i} = bulk + F^i D F'^i with D the difference
    at the boundary, F the continuation outwards and F' that of the second index. The
    sum is S = D + F S F', found by doubling.
    """
    first, second = (to_right, to_left) if side == "right" else (to_left, to_right)
    second = inverse(bulk) @ second @ bulk
    total, f, g = difference, first, second
    for _ in range(DOUBLINGS):
        more = f @ total @ g
        total = total + more
        if np.abs(more).max() <= NEGLIGIBLE * np.abs(total).max():
            break
        f, g = f @ f, g @ g
    bonds = total - difference / 2
    near_far, far_near = bonds @ second, first @ bonds
    return (total - difference, *((near_far, far_near) if side == "right" else (far_near, near_far)))


def _orthogonal_lead_sums(side, modes, difference):
    """The same where the vectors of the modes are orthogonal.

    Both continuations are diagonal in them: S_ab = D_ab/(1 - l_a l_b), l the steps.
    """
    u, step = modes.vectors, modes.step
    rows, columns = step[:, :, None], step[:, None, :]
    d = dagger(u) @ difference @ u
    total = d / (1 - rows * columns)
    bonds = total - d / 2
    near_far, far_near = bonds * columns, rows * bonds
    parts = total - d, *((near_far, far_near) if side == "right" else (far_near, near_far))
    return tuple(u @ part @ dagger(u) for part in parts)


def filled(chain: Chain, mu: float, contour: Contour) -> tuple[Filled, Filled]:
    """The density blocks of all states below a chemical potential, at every k.

    Parameters
    ----------
    chain : Chain
    mu : float, eV
    contour : Contour

    Returns
    -------
    fine, coarse : Filled
        By both rules of the contour.
    """
    n_y = len(contour.y)
    at_once = max(1, MOST_BLOCKS // (n_y * chain.n_sites))
    rules = np.stack([contour.weights, contour.coarse]) / (2 * np.pi)
    parts = []
    for start in range(0, chain.n_k, at_once):
        k = np.arange(start, min(start + at_once, chain.n_k))
        green = green_blocks(chain.at(np.repeat(k, n_y)), np.tile(mu + 1j * contour.y, len(k)))
        leads = [np.stack(part, axis=1) for part in zip(*green.limit, *green.tail, strict=True)]
        parts.append([_rho(part, rules, len(k)) for part in ((green.site, green.forth, green.back), leads)])
    along, leads = ([np.concatenate(x, axis=1) for x in zip(*part, strict=True)] for part in zip(*parts, strict=True))
    half = np.eye(chain.n_orbitals) / 2
    along[0] = along[0] + half
    leads[0][:, :, :2] += half
    return tuple(Filled(DensityBlocks(*(x[i] for x in along)), DensityBlocks(*(x[i] for x in leads))) for i in range(2))


def _rho(green, rules, n_k):
    """Sums of G + G^+ over the energies, without the 1/2.

    Site and bond blocks, each (n_rules, nk, n_blocks, n, n).
    """

    def summed(x):
        x = np.moveaxis(x, 0, -1)
        return np.moveaxis(x.reshape(*x.shape[:-1], n_k, -1) @ rules.T, (-1, -2), (0, 1))

    site, forth, back = map(summed, green)
    return site + dagger(site), forth + dagger(back)
