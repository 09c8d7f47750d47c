"""Chains handed to Kwant are the chains they were."""

import numpy as np
from helpers import random_chain

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
