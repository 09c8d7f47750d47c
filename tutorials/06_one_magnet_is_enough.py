# %% [markdown]
# # A torque without a second magnet, and how to read a paper
#
# **Question.** A spin-transfer torque needs polarised electrons, so a polariser. A.
# Manchon, Phys. Rev. B 83, 172403 (2011), proposed one that does not: a ferromagnet, a
# barrier and a normal metal, with Rashba spin-orbit coupling at the interface of
# ferromagnet and barrier. What does it do, and do the paper's statements follow from
# its model?

# %%
import numpy as np
from scipy import constants
from scipy.integrate import simpson

import kwantorque as kt
from kwantorque.systems import Sweep, find
from kwantorque.systems.semi_magnetic_tunnel_junction import tamr

junction = find("semi-magnetic-tunnel-junction")
coarse = {"spacing": 0.05}

# %% [markdown]
# ## The resistance depends on the direction of the magnetisation
#
# As cos(2 theta), by a few parts in a thousand.

# %%
thetas = np.linspace(0, 180, 9).tolist()
angles = Sweep(junction, coarse, {"theta": thetas}).run(tolerance=5e-3, progress=False)
found = tamr(angles)
print({name: float(f"{value:.3g}") for name, value in found.items()})
assert 0.007 < found["tamr"] < 0.0095
kt.plot.conductance_against_theta(angles).figure.savefig("theta.png", dpi=150)

# %% [markdown]
# ## A bias twists the magnet
#
# T = T_par M x (z x M) + T_perp z x M. T_par needs a bias, and is quadratic in the
# coupling: averaged over the Fermi surface an effect of first order in k cancels.

# %%
swept = {"bias": [-0.4, 0.4], "rashba": [0.01, 0.02, 0.04]}
torques = Sweep(junction, coarse, swept).run(tolerance=5e-3, progress=False)
kt.plot.torque_parallel(torques, against="rashba").figure.savefig("rashba.png", dpi=150)
small = torques.result_torque_parallel.sel(bias=0.4)
print("T_par(0.02)/T_par(0.01) =", round(float(small.sel(rashba=0.02) / small.sel(rashba=0.01)), 3))

# %% [markdown]
# ## Two statements to check
#
# The paper says that T_perp at zero bias favours a magnetisation along the normal. It
# comes out positive. Which way does that turn M? One need not trust any sign
# convention: a torque in equilibrium is minus the slope of the energy. Here is the
# energy, from the torque, between M along the normal and M in the plane.

# %%
theta = np.radians(angles.theta.values)
slope = -(angles.result_torque_perpendicular_equilibrium * np.sin(theta)).values
quarter = theta <= np.pi / 2 + 1e-9
energy = simpson(slope[quarter], x=theta[quarter])
per_m2 = energy * constants.e / constants.micro**2  # eV/um^2 to J/m^2
print(f"E(in plane) - E(normal) = {per_m2 / constants.milli:.2f} mJ/m^2")
assert energy < 0

# %% [markdown]
# The energy is lower *in* the plane. (That the torque is the slope of the grand
# potential is tested in the package, with the potential computed from determinants and
# no torque at all.) The statement does not follow from the model.
#
# And how large is this equilibrium torque, beside the one that the bias brings and the
# paper is about?

# %%
one = torques.sel(bias=0.4, rashba=0.04)
ratio = abs(float(one.result_torque_perpendicular_equilibrium / one.result_torque_parallel))
print(f"T_perp(0)/T_par = {ratio:.0f}")
assert ratio > 100

# %% [markdown]
# What a bias *adds* to T_perp is small, a difference of two large numbers, and needs a
# fine lattice.
#
# How does one find such things? By asking of every number a second question: is there a
# limit, a symmetry, a conserved quantity or an energy that fixes its sign? Here the
# energy did.
#
# ## What to try next
#
# * `kwantorque run semi-magnetic-tunnel-junction --sweep bias=-0.8:0.8:8 --sweep
#   rashba=0.01:0.05:9 --jobs 2 --out f.nc`: figure 2 of the paper, in about a minute.
# * The presets `Fe/GaAs/Au` and `(Pt/Co)n/AlOx/Pt`: how large is their
#   magnetoresistance, and with which sign?
