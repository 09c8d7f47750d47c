# %% [markdown]
# # Where the damping-like torque of a film comes from
#
# **Question.** A current in the plane of a magnet on a metal turns the magnetisation.
# Three mechanisms are said to do it: the Rashba coupling of the interface, the spin
# Hall effect and the orbital Hall effect of the metal. Which of them acts in a given
# film? Switch them off, one by one.
#
# **What we know.** Angular momentum is conserved. In every plane what flows in, what
# the terms of the Hamiltonian give, what the field pushes through k space and what
# relaxes add up to zero. (D. Go et al., Phys. Rev. Research 2, 033401 (2020).)

# %%
import numpy as np

import kwantorque as kt
from kwantorque.bulk.evolution import evolve
from kwantorque.bulk.sheet import RashbaSheet
from kwantorque.systems import find

quick = {"tolerance": 2e-2, "progress": False}

# %% [markdown]
# ## One plane: a Rashba ferromagnet
#
# Spins on the Fermi lines point along M and along the Rashba field, which turns with k.

# %%
sheet = find("rashba-ferromagnet")
data = sheet.run(rashba=0.05, exchange=0.5, fermi_energy=1.0, progress=False)
kt.plot.fermi_lines(data).figure.savefig("fermi_lines.png", dpi=150)
exact = 0.05 / (4 * np.pi * kt.units.HBAR2_OVER_2M0)
print(f"damping-like torque {float(data.result_torque_interband_y):.6f} 1/nm per eE; alpha/(4 pi c) = {exact:.6f}")
assert np.isclose(data.result_torque_interband_y, exact, rtol=1e-7)

# %% [markdown]
# It is there as long as nothing scatters: after the field is switched on slowly the
# spins come to this torque, after a sudden start they ring about it.

# %%
runs = [evolve(RashbaSheet(0.05, 0.5), 1.0, ramp=ramp, rays=16, nodes=8) for ramp in ("sudden", "ramped")]
kt.plot.torque_in_time(*runs).figure.savefig("torque_in_time.png", dpi=150)
assert np.isclose(runs[1].window_mean.sel(axis="y"), exact, rtol=3e-3)

# %% [markdown]
# ## A film of p orbitals
#
# L_y flows up through the film whatever the spin-orbit coupling: the orbital Hall
# effect. The torque needs lambda L.s, of the metal (spin Hall effect) or of the magnet
# (which makes spin of the orbital moment that arrives), or a Rashba coupling.

# %%
orbital = find("orbital-film")
small = {"magnet_planes": 1, "metal_planes": 2, "relaxation": 0.3, "temperature": 900}
cases = {
    "all": {},
    "magnet only": {"spin_orbit_metal": 0.0},
    "metal only": {"spin_orbit_magnet": 0.0},
    "neither": {"spin_orbit_magnet": 0.0, "spin_orbit_metal": 0.0},
    "Rashba only": {"spin_orbit_magnet": 0.0, "spin_orbit_metal": 0.0, "rashba": 0.05, "rashba_plane": 1},
}
found = {name: orbital.run(**small, **changed, **quick) for name, changed in cases.items()}
for name, one in found.items():
    print(f"{name:12} damping-like {float(one.result_damping_like):9.5f}, L_y {float(one.result_orbital_flux):7.4f}")
assert abs(float(found["neither"].result_damping_like)) < 1e-12
assert abs(float(found["neither"].result_orbital_flux)) > 0.1

# %% [markdown]
# Torque and fluxes plane by plane, and who gives what to the carriers' spin and orbital
# moment in each of them.

# %%
kt.plot.film_torques(found["all"]).figure.savefig("film_torques.png", dpi=150)
kt.plot.film_books(found["all"]).figure.savefig("film_books.png", dpi=150)
print(f"books close to {found['all'].closure:.0e} at every k")

# %% [markdown]
# ## As an experiment states it

# %%
size = {"Ms": 1.1e6, "thickness": 0.3, "film_thickness": 0.9}
m = found["all"].magnetisation.values[0]
print(kt.field_per_current(found["all"], m=m, **size).round(3).to_series())

# %% [markdown]
# ## What to try next
#
# * `relaxation=0.1`: which part of the torque grows, and which stays?
# * `metal_planes=4`, then 8: where does the damping-like torque saturate?
# * A caveat: scattering is a rate here. In a Rashba film much of the damping-like
#   torque is what relaxation supplies; vertex corrections may take it away again.
