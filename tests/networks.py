"""Systems of Kwant's own builder that several tests look at, and their parameters."""

import numpy as np

from kwantorque.algebra import SPIN_HALF
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
