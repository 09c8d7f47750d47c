"""Systems of Kwant's own builder that several tests look at, and their parameters."""

import itertools

import numpy as np

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF, SPIN_ONE, on_orbital, on_spin
from kwantorque.structures.kwant_builder import load_kwant

kwant = load_kwant()
ONE, (X, Y, Z) = np.eye(2), 2 * SPIN_HALF


def disorder(site):
    """A number between -1/2 and 1/2 that belongs to a site."""
    return kwant.digest.uniform(repr(site.tag)) - 0.5


def texture(site, J, W):
    """Exchange with a spiral of spins, and disorder."""
    angle, tilt = 0.4 * site.pos[0], 0.9 + 0.1 * site.pos[1]
    along = np.sin(tilt) * (np.cos(angle) * X + np.sin(angle) * Y) + np.cos(tilt) * Z
    return (4 + W * disorder(site)) * ONE + J / 2 * along


def rashba(one, other, alpha):
    """Kinetic hopping with Rashba coupling alpha (k x z).sigma."""
    x, y = one.pos - other.pos
    return -ONE + 0.5j * alpha * (x * Y - y * X)


def three_terminals(length=9, width=5, add_cells=0):
    """A strip with a lead at either end and one on its upper side."""
    square = kwant.lattice.square(norbs=2)
    strip = kwant.Builder()
    strip[(square(x, y) for x in range(length) for y in range(width))] = texture
    strip[square.neighbors()] = rashba
    lead = kwant.Builder(kwant.TranslationalSymmetry((-1, 0)))
    lead[(square(0, y) for y in range(width))] = 4 * ONE
    up = kwant.Builder(kwant.TranslationalSymmetry((0, 1)))
    up[(square(x, 0) for x in range(3, 6))] = 4 * ONE
    for one in (lead, up):
        one[square.neighbors()] = -ONE
    for one in (lead, lead.reversed(), up):
        strip.attach_lead(one, add_cells=add_cells)
    return strip.finalized()


STRIP = {"J": 0.7, "alpha": 0.3, "W": 0.8}
STRIP_TERMS = {"exchange": "J", "rashba": "alpha"}


def kane_mele(length=8, width=6):
    """A graphene ribbon with intrinsic and Rashba spin-orbit coupling and exchange."""
    graphene = kwant.lattice.honeycomb(norbs=2, name=["a", "b"])
    a, b = graphene.sublattices

    def onsite(site, J):
        return 0.3 * disorder(site) * ONE + J / 2 * (0.6 * X + 0.8 * Z)

    def nearest(one, other, alpha):
        x, y = one.pos - other.pos
        return -ONE + 1j * alpha * (x * Y - y * X)

    def second(one, other, soc):
        # Anticlockwise on one sublattice, clockwise on the other.
        return 1j * soc * Z * (1 if one.family == a else -1)

    circle = [((-1, 0), a, a), ((0, 1), a, a), ((1, -1), a, a), ((-1, 0), b, b), ((0, 1), b, b), ((1, -1), b, b)]

    def fill(builder, shape, start):
        builder[graphene.shape(shape, start)] = onsite
        builder[graphene.neighbors()] = nearest
        builder[[kwant.builder.HoppingKind(*kind) for kind in circle]] = second

    ribbon = kwant.Builder()
    fill(ribbon, lambda at: 0 <= at[0] < length and 0 <= at[1] < width, (1, 1))
    lead = kwant.Builder(kwant.TranslationalSymmetry((-1, 0)))
    fill(lead, lambda at: 0 <= at[1] < width, (0, 1))
    ribbon.attach_lead(lead)
    ribbon.attach_lead(lead.reversed())
    return ribbon.finalized()


GRAPHENE = {"J": 0.3, "alpha": 0.1, "soc": 0.06}
GRAPHENE_TERMS = {"exchange": "J", "rashba": "alpha", "intrinsic": "soc"}
P_SPIN, P_ORBITAL = on_spin(SPIN_HALF, 3), on_orbital(SPIN_ONE)


def three_kinds():
    """A chain of sites with two, one and six orbitals: s, s without spin, p."""
    rng = np.random.default_rng(5)
    s, spinless, p = (kwant.lattice.chain(norbs=n, name=name) for n, name in ((2, "s"), (1, "spinless"), (6, "p")))

    def matrix(n, m):
        return rng.normal(size=(n, m)) + 1j * rng.normal(size=(n, m))

    def orbitals(n):
        one = matrix(n, n)
        return one + one.conj().T

    sites = [s(0), s(1), p(2), p(3), spinless(4), p(5), s(6), s(7)]
    bonds = [*itertools.pairwise(sites), (sites[1], sites[3]), (sites[2], sites[5]), (sites[2], sites[4])]
    sizes = {s: 2, spinless: 1, p: 6}
    crystal = {
        site: np.kron(orbitals(sizes[site.family] // 2), ONE) if site.family != spinless else 0.3 for site in sites
    }
    hopping = {bond: matrix(*(sizes[site.family] for site in bond)) for bond in bonds}
    crossed = {s: np.zeros((2, 2)), p: np.einsum("iab,ibc->ac", P_ORBITAL, P_SPIN)}
    along = {s: 0.6 * X + 0.8 * Z, p: 2 * P_SPIN[0]}

    def onsite(site, J, soc):
        if site.family == spinless:
            return crystal[site]
        return crystal[site] + J / 2 * along[site.family] + soc * crossed[site.family]

    chain = kwant.Builder()
    chain[sites] = onsite
    for bond, value in hopping.items():
        chain[bond] = 0.5 * value
    lead = kwant.Builder(kwant.TranslationalSymmetry((-1,)))
    lead[s(0)], lead[s.neighbors()] = 0 * ONE, -2 * ONE
    chain.attach_lead(lead)
    chain.attach_lead(lead.reversed())
    spin = {s: SPIN_HALF, "spinless": None, "p": P_SPIN}
    orbital = {s: None, spinless: None, p: P_ORBITAL}
    return chain.finalized(), spin, orbital


def hops_of(term, spacing):
    """{offset: block} of a `Polynomial` on a cubic lattice, symmetric differences."""
    n, found = term.n_states, {}
    unit = np.eye(3, dtype=int)
    found[0, 0, 0] = term.constant + 2 * np.einsum("iiab->ab", term.quadratic) / spacing**2
    for i in range(3):
        # psi(r + e_i) has k_i = -i/(2a), k_i^2 = -1/a^2.
        found[tuple(unit[i])] = -term.quadratic[i, i] / spacing**2 - 0.5j * term.linear[i] / spacing
        for j in range(i):
            for sign in (1, -1):
                mixed = -sign * (term.quadratic[i, j] + term.quadratic[j, i]) / (4 * spacing**2)
                found[tuple(unit[i] + sign * unit[j])] = mixed
    assert all(block.shape == (n, n) for block in found.values())
    return {offset: block for offset, block in found.items() if block.any() or offset == (0, 0, 0)}


def gamnas_wire(length, width, height, spacing, right=(1, 0, 0)):
    """A wire of 6-band GaMnAs along z with a finite cross-section and two domains.

    Its parameters are the strengths of exchange and spin-orbit coupling, in units of
    those of the material; the left half is magnetised along -z.
    """
    material = kt.KohnLuttinger(exchange=0.27)
    terms = {term.name: hops_of(term, spacing) for term in material.terms(np.array([0.0, 0.0, -1.0]))}
    fields = [sum(m * matrix for m, matrix in zip(one, material.spin, strict=True)) for one in ((0, 0, -1), right)]
    (exchange,) = (term.constant for term in material.terms(np.array([0.0, 0.0, -1.0])) if term.name == "exchange")
    assert np.allclose(exchange, 0.27 * fields[0])
    lattice = kwant.lattice.general(spacing * np.eye(3), norbs=6)
    strengths = {"exchange": "J", "spin_orbit": "soc"}
    total = {}
    for name, hops in terms.items():
        for offset, block in hops.items():
            at = total.setdefault(offset, {})
            at[strengths.get(name)] = at.get(strengths.get(name), 0) + block
    assert set(total[0, 0, 0]) == {None, "J", "soc"}

    def onsite_of(is_left):
        def onsite(site, J, soc):
            own = total[0, 0, 0]
            return own[None] + soc * own["soc"] + 0.27 * J * fields[0 if is_left(site) else 1]

        return onsite

    def fill(builder, numbers, is_left):
        builder[(lattice(x, y, z) for x in range(width) for y in range(height) for z in numbers)] = onsite_of(is_left)
        for offset, parts in total.items():
            if offset != (0, 0, 0):
                assert set(parts) == {None}
                # H_{i,j} belongs to psi at j = i + offset.
                builder[kwant.builder.HoppingKind(tuple(-x for x in offset), lattice)] = parts[None]

    wire = kwant.Builder()
    fill(wire, range(length), lambda site: site.tag[2] < length // 2)
    wire.attach_lead(_lead(lattice, -spacing, fill, True), add_cells=1)
    wire.attach_lead(_lead(lattice, spacing, fill, False), add_cells=1)
    return wire.finalized(), material


def _lead(lattice, step, fill, is_left):
    lead = kwant.Builder(kwant.TranslationalSymmetry((0, 0, step)))
    fill(lead, [0], lambda site: is_left)
    return lead
