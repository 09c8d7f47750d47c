# %% [markdown]
# # How one electron twists a magnet, and how many do
#
# **Question.** An electron comes from a metal and meets a ferromagnet, its spin at an
# angle to the magnetisation. It is partly reflected, partly transmitted, and its spin
# starts to turn. Which torque does the magnet feel? And what is left of the turning
# once all electrons of a Fermi surface arrive together?
#
# **What we know.** Angular momentum is conserved: the torque on the magnet is the spin
# current that comes in, minus what is reflected, minus what leaves on the other side.
# (D. C. Ralph and M. D. Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 3.)

# %%
import numpy as np

import kwantorque as kt
from kwantorque.systems import find

spin_filter, interface = find("spin-filter"), find("normal-ferromagnet-interface")

# %% [markdown]
# ## One electron
#
# The majority enters without a step, the minority over one of 2 eV. In the magnet the
# two have different wavevectors, and their interference turns the spin by 2 pi every 2
# pi/(k_up - k_down).

# %%
one = spin_filter.run(k=10, step=2, angle=30, spacing=0.01)
k_down = np.sqrt(10**2 - 2 / kt.units.HBAR2_OVER_2M0)
print(f"N_x = {float(one.result_torque_in_plane):.4f} hbar, period {2 * np.pi / (10 - k_down):.2f} nm")
assert np.isclose(one.result_torque_in_plane, np.sin(np.radians(30)) / 2, atol=1e-4)
kt.plot.spin_currents(one).figure.savefig("spin_filter.png", dpi=150)

# %% [markdown]
# All of the incident transverse spin, sin(30 degrees)/2, is absorbed: the transmitted
# spin points nowhere on average. A thin slab is another matter. There the electron
# leaves again before its spin has turned, and a second component appears, out of the
# plane of spin and magnetisation.

# %%
thicknesses = np.arange(0.05, 2.01, 0.05).tolist()
slabs = kt.sweep(spin_filter, angle=90, spacing=0.01, thickness=thicknesses, progress=False)
kt.plot.results_against(slabs).figure.savefig("thickness.png", dpi=150)
print(
    "slab of 0.1 nm:",
    {r.name: round(float(slabs.sel(thickness=0.1)[f"result_{r.name}"]), 4) for r in spin_filter.results},
)

# %% [markdown]
# ## Many electrons
#
# The same, summed over the Fermi surface. Every in-plane wavevector turns with another
# period, and the transverse spin current dies out inside the magnet. It does so slowly:
# 18 % are left at 1 nm.

# %%
many = interface.run(progress=False)
depth = many.z_bond - many.boundary_z[1]
left = 2 * np.hypot(many.spin_current.sel(axis="x"), many.spin_current.sel(axis="y"))
for nm in (1, 2, 3.9):
    print(f"{nm} nm: {float(np.interp(nm, depth, left)):.0%} of the transverse spin current left")
kt.plot.spin_currents(many).figure.savefig("dephasing.png", dpi=150)

# %% [markdown]
# How much of the spin the magnet takes is one complex number, the mixing conductance.
# Where the majority is matched to the metal it is the Sharvin conductance: every
# electron counts.

# %%
results = interface.results_of(many)
print({name: round(value, 3) for name, value in results.items()})
assert np.isclose(results["mixing_real"], results["sharvin"], rtol=1e-3)

# %% [markdown]
# ## What to try next
#
# * A step larger than the electron's energy (`step=6`): the minority is evanescent in
#   the slab, and the torque grows.
# * Another metal (`kf_normal=12`): the mixing conductance gets an imaginary part. Which
#   torque is that?
# * `kwantorque run metallic-spin-valve --sweep angle=0:180:10 --results
#   torque_in_plane --out valve.nc`: two such magnets. Then with `angle=0:180:19`.
#   `kwantorque.systems.metallic_spin_valve` has `circuit_theory`, which predicts the
#   valve from these numbers, and `fit_efficiency`.
