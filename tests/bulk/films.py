"""The films that several tests look at, and sums over small grids."""

import numpy as np

import kwantorque as kt
from kwantorque.bulk.kubo import Response
from kwantorque.bulk.occupation import Broadened, Relaxing
from kwantorque.operators.torque import torques_on_partners

A = 0.3


def towards(theta, phi):
    """The unit vector at these angles in degrees."""
    theta, phi = np.radians([theta, phi])
    return np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])


M_PLANE = towards(50, 30)


def sheet(m=None, rashba=0.05, exchange=-1.5):
    """One plane of a square lattice."""
    return kt.Plane(kt.CubicLattice(-1.0, exchange, 0.0, A, rashba), m=M_PLANE if m is None else m)


def planes(m, rashba, magnet=3, metal=5):
    """A magnet on a metal, square lattices with Rashba coupling on planes by number.

    With `metal` = 0 a magnet alone.
    """
    materials = [(kt.CubicLattice, -1.0, -1.2, 0.3)] * magnet + [(kt.CubicLattice, -0.8, 0.0, 0.0)] * metal
    layers = []
    for j, (lattice, hopping, exchange, onsite) in enumerate(materials):
        one = lattice(hopping, exchange, onsite, A, rashba.get(j, 0.0))
        layers.append(kt.Layer(one, A, m=tuple(m) if exchange else None))
    return kt.Film(kt.Stack(layers, A, atomic=True))


def orbitals(m, magnet=2, metal=4, spin_orbit=(0.05, 0.4), rashba=0.0):
    """p orbitals: a magnet on a metal."""
    iron = kt.PLattice(0.9, -0.3, 0.25, -0.1, -1.0, 0.0, spin_orbit[0], 0.0, A)
    numbers = (1.0, -0.35, 0.3, -0.1, 0.0, -0.1, spin_orbit[1])
    surface, bulk = kt.PLattice(*numbers, rashba, A), kt.PLattice(*numbers, 0.0, A)
    layers = [kt.Layer(iron, magnet * A, m=tuple(m)), kt.Layer(surface, A), kt.Layer(bulk, (metal - 1) * A)]
    return kt.Film(kt.Stack(layers[: 2 + (metal > 1)], A, atomic=True))


def free(m, spacing=0.1, rashba=0.02):
    """Free electrons: a magnet of 1 nm on 2 nm of a metal, Rashba coupling between."""
    magnet = kt.Layer(kt.FreeElectron(exchange=-1.0, bottom=0.3), 1.0, m=tuple(m))
    return kt.Film(kt.Stack([magnet, kt.Interface(kt.terms.rashba(rashba)), kt.Layer(kt.FreeElectron(), 2.0)], spacing))


MODELS = {
    "relaxing": lambda energy, gamma: Relaxing(energy, gamma, 600.0),
    "broadened": lambda energy, gamma: Broadened(energy, gamma),
}


def summed(film, energy, gamma, model="relaxing", side=16, field=(1.0, 0.0)):
    """Books summed over a small grid, which has all symmetries of the lattice."""
    i = np.arange(side) / side
    points = np.stack(np.meshgrid(i, i), axis=-1).reshape(-1, 2)
    vectors = film.reciprocal if film.reciprocal is not None else 20.0 * np.eye(2)
    k = (points - np.round(points)) @ vectors
    books, closure = Response(film, MODELS[model](energy, gamma), np.array(field)).at(k)
    return {name: value.sum(axis=0) for name, value in books.items()}, closure


def torques(film, books, partner="magnetisation"):
    """(part, site, 3)"""
    names = film.graph(np.zeros((1, film.dimension))).partner
    gains = {name: books["gain"][..., i, :] for i, name in enumerate(names)}
    return torques_on_partners(gains, names, books["gain"].shape[:-2])[partner]
