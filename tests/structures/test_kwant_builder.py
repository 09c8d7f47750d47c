"""Chains handed to Kwant are the chains they were."""

import numpy as np
import pytest
from helpers import random_chain

import kwantorque as kt
from kwantorque.structures.kwant_builder import Blocks, build_chain, site_order


def test_chain_handed_to_kwant_is_the_chain():
    chain = random_chain(np.random.default_rng(4), n_sites=5, n_k=1)
    system = build_chain(5, chain.n_orbitals).finalized()
    order = site_order(system)
    params = {"blocks": Blocks(chain)}
    for j in range(5):
        assert np.allclose(system.hamiltonian(order[j], order[j], params=params), chain.total_onsite[0, j])
    for j in range(4):
        assert np.allclose(system.hamiltonian(order[j], order[j + 1], params=params), chain.total_hopping[0, j])


def test_missing_parameters_are_named_by_kwant():
    """kx and ky are what plain Kwant asks for."""
    metal = kt.FreeElectron.from_wavevectors(10.0)
    system = kt.build_stack(kt.Stack([kt.Layer(metal, 0.2)], 0.05)).finalized()
    kwant = pytest.importorskip("kwant")
    with pytest.raises(TypeError, match=r'missing required arguments: "ky"'):
        kwant.smatrix(system, 0.0, params={"kx": 0.0})
    with pytest.raises(Exception, match=r'value function "onsite"') as error:
        kwant.smatrix(system, 0.0)
    assert "'kx' and 'ky'" in str(error.value.__cause__)


def test_builders_of_the_terms_add_up_to_the_whole():
    layers = [kt.Layer(kt.KohnLuttinger(exchange=0.27), 1, m="x"), kt.Layer(kt.KohnLuttinger(), 1)]
    stack, params = kt.Stack(layers, 0.2), {"kx": 0.1, "ky": 0.2}
    terms = ("kinetic", "spin_orbit", "exchange", "potential")
    parts = [kt.build_stack(stack, terms=[name]).finalized().hamiltonian_submatrix(params=params) for name in terms]
    whole = kt.build_stack(stack).finalized().hamiltonian_submatrix(params=params)
    assert np.allclose(sum(parts), whole, atol=1e-14)
    assert np.abs(parts[2]).max() > 0.1
    with pytest.raises(kt.InputError, match="did you mean 'exchange'"):
        kt.build_stack(stack, terms=["exchang"])
