"""Systems that several tests look at: the
wire with any parameters, and random chains.
"""

import numpy as np

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF, SPIN_ONE, anticommutator, dagger, on_orbital, on_spin
from kwantorque.operators import ChainOperators
from kwantorque.scattering.green import fermi_contour, filled
from kwantorque.scattering.modes import lead_modes
from kwantorque.scattering.recursion import continuation
from kwantorque.structures.chain import Chain, discretise
from kwantorque.units import HBAR2_OVER_2M0


def wire(fm_length=20, nm_length=40, spacing=0.2, m="-z", exchange=0.27, **crystal):
    """GaMnAs | GaAs with any parameters."""
    layers = [
        kt.Layer(kt.KohnLuttinger(exchange=exchange, **crystal), fm_length, m=m),
        kt.Layer(kt.KohnLuttinger(**crystal), nm_length),
    ]
    return kt.Stack(layers, spacing)


def random_hermitian(rng, *shape):
    matrix = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    return (matrix + dagger(matrix)) / 2


def random_chain(rng, n_sites=9, n_k=3, n_orbital=3):
    """A chain of random Hermitian on-site terms and random hoppings,
    all different, in a spin x orbital basis.

    The terms are a "kinetic" one on sites and bonds, an "exchange" field, an atomic
    "spin_orbit" coupling and a spin-orbit coupling in the hoppings.
    """
    spin = on_spin(SPIN_HALF, n_orbital)
    orbital = on_orbital(SPIN_ONE) if n_orbital == 3 else np.zeros_like(spin)
    n = 2 * n_orbital
    on_orbitals = np.kron(random_hermitian(rng, n_k, n_sites, n_orbital, n_orbital), np.eye(2))
    exchange = np.einsum("si,iab->sab", rng.normal(size=(n_sites, 3)), spin)[None]
    coupling = rng.normal(size=n_sites)[None, :, None, None] * np.einsum("iab,ibc->ac", orbital, spin)
    hopping = rng.normal(size=(2, n_k, n_sites - 1, n_orbital, n_orbital)) + 1j * rng.normal(
        size=(2, n_k, n_sites - 1, n_orbital, n_orbital)
    )
    rashba = np.einsum("kbi,iac->kbac", rng.normal(size=(n_k, n_sites - 1, 3)), spin)
    return Chain(
        k_par=rng.normal(size=(n_k, 2)),
        spacing=0.5,
        site_kind=np.arange(n_sites),
        bond_kind=np.arange(n_sites - 1),
        onsite={"kinetic": on_orbitals, "exchange": exchange, "spin_orbit": coupling},
        hopping={"kinetic": np.kron(hopping[0], np.eye(2)), "rashba": 0.3j * rashba + 0 * np.eye(n)},
        partner={"kinetic": "lattice", "exchange": "magnetisation", "spin_orbit": "carriers", "rashba": "lattice"},
        spin=spin,
        orbital=orbital,
    )


def layered_chain(rng, n, lengths, leads_alike=False, n_k=2):
    """Uniform layers of the given numbers of bonds between two leads, with
    random blocks of size n and random nodes.

    Every second layer repeats the crystal of the left lead, so that crystals recur.
    """
    crystals = [0, *(0 if i % 2 else i + 1 for i in range(len(lengths))), 0 if leads_alike else len(lengths) + 1]
    bonds = np.repeat(crystals, [1, *lengths, 1])
    n_crystals = max(crystals) + 1
    onsite = random_hermitian(rng, n_k, n_crystals + len(crystals), n, n)
    hopping = rng.normal(size=(n_k, n_crystals, n, n)) + 1j * rng.normal(size=(n_k, n_crystals, n, n))
    sites = [bonds[0]]
    for j in range(1, len(bonds)):
        sites.append(bonds[j] if bonds[j] == bonds[j - 1] else n_crystals + len(set(sites)) % len(crystals))
    sites.append(bonds[-1])
    vectors = random_hermitian(rng, 2, 3, n, n)
    return Chain(
        k_par=rng.normal(size=(n_k, 2)),
        spacing=1.0,
        site_kind=np.array(sites),
        bond_kind=bonds,
        onsite={"crystal": onsite},
        hopping={"crystal": hopping},
        partner={"crystal": "lattice"},
        spin=vectors[0],
        orbital=vectors[1],
    )


def grand_potential(stack, k, largest=1e3):
    """Omega of all states below zero at each k, up to a constant: -(1/pi) int
    dy Re ln det(iy - H), from pivots only.

    ln det grows with y, what depends on an angle does not: beyond
    `largest` eV there would only be rounding.
    """
    chain = discretise(stack, k)
    contour = fermi_contour(4 * np.abs(chain.total_hopping).max(), 0.0, 1e-12)
    many = chain.at(np.repeat(np.arange(chain.n_k), len(contour.y)))
    z = np.tile(1j * contour.y, chain.n_k)
    right, _ = lead_modes(*many.lead_blocks("right"), z)
    _, left = lead_modes(*many.lead_blocks("left"), z)
    pivot = dagger(many.total_hopping[:, many.bond_kind[0]]) @ continuation(left)
    log = 0.0
    for j in range(many.n_sites):
        pivot = z[:, None, None] * np.eye(many.n_orbitals) - many.total_onsite[:, many.site_kind[j]] - pivot
        if j == many.n_sites - 1:
            pivot = pivot - many.total_hopping[:, many.bond_kind[-1]] @ continuation(right)
        log = log + np.log(np.abs(np.linalg.det(pivot)))
        if j < many.n_sites - 1:
            hop = many.total_hopping[:, many.bond_kind[j]]
            pivot = dagger(hop) @ np.linalg.inv(pivot) @ hop
    return -(log.reshape(chain.n_k, -1) @ np.where(contour.y < largest, contour.weights, 0)) / np.pi


def of_sea(stack, k, mu=0.0, thermal=0.0, accuracy=1e-12):
    """All variables of the sea at fixed k, by the finer
    and by the coarser rule of the contour.
    """
    chain = discretise(stack, k)
    contour = fermi_contour(4 * np.abs(chain.total_hopping).max(), thermal, accuracy)
    observables = ChainOperators(chain)
    return tuple(observables.values(observables.of_blocks(x.chain, x.leads)) for x in filled(chain, mu, contour))


QUICK = {"progress": False}
"""Options of a run that needs no bar."""

FAST = {
    "spin-filter": {"spacing": 0.02},
    "normal-ferromagnet-interface": {"spacing": 0.1},
    "metallic-spin-valve": {"spacing": 0.1, "fm_length": 0.5, "spacer_length": 0.5},
    "magnetic-tunnel-junction": {"spacing": 0.1},
    "antiferromagnetic-tunnel-junction": {"barrier_planes": 1},
    "domain-wall": {"spacing": 0.1, "width": 0.5},
    "semi-magnetic-tunnel-junction": {"spacing": 0.1},
    "rashba-ferromagnet": {"rashba": 0.05, "exchange": 0.5, "fermi_energy": 1.0},
    "rashba-film": {"magnet_planes": 1, "metal_planes": 2, "rashba_plane": 1, "relaxation": 0.4, "temperature": 900},
    "orbital-film": {"magnet_planes": 1, "metal_planes": 2, "relaxation": 0.5, "temperature": 900},
    "free-electron-film": {"magnet_length": 0.5, "metal_length": 0.5, "spacing": 0.25, "temperature": 900},
    "gamnas-gaas-wire": {"fm_length": 1, "nm_length": 1},
    "spin-relaxation": {"length": 11, "impurities": 3, "average": "antithetic", "realisations": 4},
    "gamnas-spin-valve": {"fm_length": 2, "barrier_length": 1, "spacing": 0.25},
    "domain-wall-motion": {"duration": 100},
    "macrospin": {"field_x": -0.03, "torque": 0.03, "duration": 2},
}
"""Parameters with which every prepared system takes a moment, by its name."""


def lattice_torque_of_holes(material, k):
    """Torque on the lattice as an operator in k space, (..., 3, 6, 6) in eV.

    Eq. 6 of Haney & Stiles, Phys. Rev. Lett. 105, 126602 (2010), with its factor
    corrected (the paper has 6 instead of 3):

        tau_z = v_x k_y - v_y k_x
                + 3 (g2 - g3) (hbar^2/m0) {k_x L_y + k_y L_x, k_x L_x - k_y L_y}

    and cyclic, with v = dH/dk of the kinetic term and {A, B} = AB + BA.
    """
    k = np.asarray(k, float)[..., None, None]
    kinetic = material.terms(np.array([0.0, 0.0, 1.0]))[0]
    velocity = kinetic.gradient(k[..., 0, 0])
    moment, factor = material.orbital, 6 * (material.gamma2 - material.gamma3) * HBAR2_OVER_2M0
    components = []
    for x, y in ((1, 2), (2, 0), (0, 1)):
        k_x, k_y = k[..., x, :, :], k[..., y, :, :]
        cubic = anticommutator(k_x * moment[y] + k_y * moment[x], k_x * moment[x] - k_y * moment[y])
        components.append(velocity[..., x, :, :] * k_y - velocity[..., y, :, :] * k_x + factor * cubic)
    return np.stack(components, axis=-3)
