# %% [markdown]
# # A torque that does not decay
#
# **Question.** Holes tunnel from one GaMnAs layer, magnetised along x, into another,
# magnetised along y. In an ordinary spin valve the transverse spin they carry is
# absorbed within a few nm of the interface, and the torque on the second layer ends
# there. What does spin-orbit coupling change?
#
# **What we know.** A Bloch state of GaMnAs has its spin not along M: the exchange field
# turns it, and spin-orbit coupling turns it back with angular momentum from the orbital
# moment, which the crystal supplies. The magnetisation is twisted by the lattice,
#
#     torque on the magnetisation + torque on the lattice = 0,
#
# state by state, neither zero.
#
# In equilibrium these torques cancel in the sum over states. A current changes the
# occupation. (P. M. Haney and M. D. Stiles, Phys. Rev. Lett. 105, 126602 (2010),
# figures 2 and 3.)

# %%
import numpy as np

import kwantorque as kt
from kwantorque.systems import Sweep, find

valve = find("gamnas-spin-valve")
small = {"spacing": 0.25, "fm_length": 20}

# %% [markdown]
# ## With and without spin-orbit coupling
#
# The prepared system sums the in-plane torque over the right layer, and fits a line to
# the second half of it: its slope, times the thickness, is the persistent part.

# %%
both = Sweep(valve, small, {"spin_orbit": [0.0, 0.11]}).run(tolerance=0.03, progress=False)
for name in ("stt_total", "stt_persistent", "Qs_flux", "Qj_flux"):
    print(f"{name:15}", *both[f"result_{name}"].values.round(3))
without, with_coupling = (both.sel(spin_orbit=alpha) for alpha in (0.0, 0.11))
assert abs(without.result_stt_persistent) < 0.02
assert with_coupling.result_stt_persistent > 0.1

# %% [markdown]
# Without coupling the torque is the spin current that was absorbed, exactly 1/2. With
# it the spin current accounts for a part only, and not even the total angular momentum
# current accounts for the rest: the lattice does.

# %%
taken = with_coupling.result_stt_total + with_coupling.result_lattice_torque
assert np.isclose(taken, with_coupling.result_Qj_flux, atol=1e-6)

# %% [markdown]
# Torque per length, which decays to zero or oscillates about a constant, and torque and
# currents against the thickness.

# %%
kt.plot.torque_density(both).figure.savefig("torque_density.png", dpi=150)
kt.plot.torque_against_thickness(with_coupling).figure.savefig("torque_against_thickness.png", dpi=150)

# %% [markdown]
# ## A single state
#
# Where does the constant come from? From one Bloch state: at some k, the lowest band of
# GaMnAs with M along z.

# %%
gamnas, m, k = kt.KohnLuttinger(exchange=0.27), np.array([0, 0, 1.0]), np.array([0.5, 0.2, 0.4])
_, states = np.linalg.eigh(gamnas.hamiltonian(k, m))
spin = np.einsum("a,iab,b->i", states[:, 0].conj(), gamnas.spin, states[:, 0]).real
print("spin", spin.round(4), " torque on the magnetisation, eV:", (-gamnas.exchange * np.cross(m, spin)).round(5))

# %% [markdown]
# ## Single channels, and the sign
#
# Each in-plane wavevector contributes an oscillation of its own; what persists is their
# mean.

# %%
stack = valve.stack(valve.complete(small))
few = valve.resolve(kt.k_grid(stack, 0.16, 8), **small)
kt.plot.channels(few, few.torque_density).figure.savefig("channels.png", dpi=150)

# %% [markdown]
# The paper does not say how thick its barrier is, and the sign of the result depends on
# it. The map of the k plane shows why. The thicker the barrier, the closer to k = 0 is
# what it lets through, where positive contributions prevail; through a thin one come
# holes at |ky| of 0.3 to 1/nm as well, and the sum of their torques is negative.

# %%
for length in (1.0, 5.0):
    device = small | {"barrier_length": length}
    data = valve.resolve(kt.k_grid(valve.stack(valve.complete(device)), 0.16, 40), **device)
    print(f"barrier {length:g} nm: torque {float(data.result_stt_total.mean()):.2f} hbar I/e")
    kt.plot.k_map(data, data.result_stt_total).figure.savefig(f"where_{length:g}_nm.png", dpi=150)

# %% [markdown]
# ## How exact
#
# `to_zero_spacing=True` (`--extrapolate`) runs a device at its spacing and at half of
# it, and removes the O(spacing^2) of the lattice. Each result then has two errors.
# (Fluxes also have a part of first order, and say so by a larger one.)

# %%
exact = valve.run(tolerance=0.1, progress=False, to_zero_spacing=True, **small)
for name in ("stt_total", "Qj_flux"):
    result, by_k, by_spacing = (float(exact[f"result_{name}{kind}"]) for kind in ("", "_error", "_spacing_error"))
    print(f"{name:10} {result:.3f} +- {by_k:.3f} (k) +- {by_spacing:.3f} (spacing)")

# %% [markdown]
# ## What to try next
#
# * A sweep of the barrier, `kt.plot.torque_against_barrier`: `kwantorque run
#   gamnas-spin-valve --sweep barrier_length=0.5:8:16 --out barrier.nc --figure
#   barrier.png`, and of the coupling, `kt.plot.torque_against_coupling` (figure 3).
#   `xarray.open_dataset("barrier.nc")` has the numbers.
# * `fermi_energy=0.34`: does spin-orbit coupling lower the torque, as the paper says?
# * The angle between the layers, `kt.plot.torque_against_angle`: no sine. Which
#   symmetry of the crystal is to blame?
