# %% [markdown]
# # A torque that does not decay
#
# * Question.** Holes tunnel from one GaMnAs layer, magnetised along x, into another, magnetised along y. In an
#   ordinary
# spin valve the transverse spin they carry is absorbed within a few nm of the interface, and the torque on the second
# layer ends there. What does spin-orbit coupling change?
#
# * What we know.** A Bloch state of GaMnAs has its spin not along M: the exchange field turns it, and spin-orbit
#   coupling turns
# it back with angular momentum from the orbital moment, which the crystal supplies. The magnetisation is twisted by
# the lattice,
#
#     torque on the magnetisation + torque on the lattice = 0,        state by state, neither zero.
#
# In equilibrium these torques cancel in the sum over states. A current changes the occupation. (P. M. Haney and M. D.
# Stiles, figures 2 and 3.)

# %%
import numpy as np
from kwantorque.systems import find

import kwantorque as kt

valve = find("gamnas-spin-valve")
quick = {"tolerance": 0.03, "progress": False}
small = {"spacing": 0.25, "fm_length": 20}

# %% [markdown]
# ## With and without spin-orbit coupling
#
# The prepared system sums the in-plane torque over the right layer, and fits a line to the second half of it: its
# slope, times the thickness, is the persistent part.

# %%
with_coupling = valve.run(options=quick, **small)
without = valve.run(options=quick, spin_orbit=0, **small)
for label, data in (("alpha = 0.11 eV", with_coupling), ("alpha = 0      ", without)):
    results = valve.results_of(data)
    print(label, {name: round(results[name], 3) for name in ("stt_total", "stt_persistent", "Qs_flux", "Qj_flux")})
assert abs(without.result_stt_persistent) < 0.02
assert with_coupling.result_stt_persistent > 0.1

# %% [markdown]
# Without coupling the torque is the spin current that was absorbed, exactly 1/2. With it the spin current accounts
# for a part only, and not even the total angular momentum current accounts for the rest: the lattice does.

# %%
taken = with_coupling.result_stt_total + with_coupling.result_lattice_torque
assert np.isclose(taken, with_coupling.result_Qj_flux, atol=1e-6)

# %% [markdown]
# ## A single state
#
# Where does the constant come from? From one Bloch state: at some k, the lowest band of GaMnAs with M along z.

# %%
gamnas, m, k = kt.KohnLuttinger(exchange=0.27), np.array([0, 0, 1.0]), np.array([0.5, 0.2, 0.4])
_, states = np.linalg.eigh(gamnas.hamiltonian(k, m))
spin = np.einsum("a,iab,b->i", states[:, 0].conj(), gamnas.spin, states[:, 0]).real
print("spin", spin.round(4), " torque on the magnetisation, eV:", (-0.27 * np.cross(m, spin)).round(5))

# %% [markdown]
# ## The figures
#
# Torque per length, which oscillates about a constant, and the torque and the currents against the thickness.

# %%
kt.plot.torque_density(with_coupling).figure.savefig("torque_density.png", dpi=150)
kt.plot.torque_against_thickness(with_coupling).figure.savefig("torque_against_thickness.png", dpi=150)

# %% [markdown]
# ## What to try next
#
# * A thin barrier (`barrier_length=1`): the persistent torque changes its sign. The paper does not say how thick
#   its barrier is.
# * A sweep of the coupling: `kwantorque run gamnas-spin-valve --sweep spin_orbit=0:0.11:11 --out alpha.nc --figure
#   alpha.png`.
# * `fermi_energy=0.34`: does spin-orbit coupling lower the torque, as the paper says?
# * The spacing: `spacing=0.1` and 0.2, and the O(spacing^2) between them.
