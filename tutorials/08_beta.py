# %% [markdown]
# # Where beta comes from
#
# **Question.** A current flows through a magnetisation that turns slowly. The torque it
# exerts has a small part out of the plane of the turn, the beta term, which decides how
# fast a domain wall moves. Which scattering makes it, and how large is it?
#
# **What we know.** Impurities with a spin of random direction relax the spin of the
# carriers. Their torque is T = -beta n x (j_s.grad) n, with
# beta = (2 pi/3M) n v^2 nu: density of the impurities, strength squared, density of
# states, over twice the exchange M. (G. Tatara and P. Entel, Phys. Rev. B 78, 064429
# (2008), eq. 28 and 29.)

# %%
import numpy as np

import kwantorque as kt
from kwantorque.bulk import spin_flip_coefficient
from kwantorque.structures.impurities import draw_sites

# %% [markdown]
# ## One strip
#
# Lengths in sites, energies in hoppings: six sites across, 41 along, a spiral of Q =
# 0.1, fifteen impurities. All directions of their spins are averaged over by 96
# choices, an orthogonal array of signs along three axes, which is exact up to third
# order. Kwant solves the strip without impurities; Dyson's equation does the rest.

# %%
strip = kt.Strip(width=6, length=41, wavevector=0.1, exchange=0.3)
sites = draw_sites(strip, 15, seed=0)
data = kt.spin_relaxation(strip, kt.Impurities(sites, spin=0.1), energy=1.0, progress=False)
print(f"beta = {float(data.beta):.4e}, (2 pi/3M) n v^2 nu = {float(data.beta_analytic):.4e}")
print(f"spin continuity holds to {data.closure:.0e}")
assert abs(data.beta / data.beta_analytic - 1) < 5e-3
kt.plot.spin_continuity(data).figure.savefig("continuity.png", dpi=150)

# %% [markdown]
# The exchange field turns the carriers' spin along with n (T_ex along dn/dx); what the
# impurities take is smaller by a thousand, and out of the plane. At every site, what
# flows in is what the three sources take: that is the lowest panel.
#
# ## A pitfall
#
# It is tempting to take the whole torque 2M n x s along n x dn/dx. In a strip of finite
# length that is something else: it also has what the impurities do to the current.

# %%
for seed in range(3):
    elsewhere = kt.Impurities(draw_sites(strip, 15, seed=seed), spin=0.1)
    one = kt.spin_relaxation(strip, elsewhere, progress=False)
    by_torque, by_total = (float(one[name] / one.beta_analytic) for name in ("beta", "beta_total"))
    print(f"sites {seed}: from T_sf {by_torque:.3f}, from the total torque {by_total:.3f} of beta")
    assert abs(by_torque - 1) < 0.01

# %% [markdown]
# ## Honest error bars
#
# Nature has no orthogonal arrays. Random directions come in pairs S, -S, which cancels
# all odd orders; the error is that of the mean. It falls with the root of their number,
# and `target` says how small it shall be.

# %%
random = kt.spin_relaxation(strip, kt.Impurities(sites, spin=0.1), average="antithetic", target=0.1, progress=False)
print(f"{random.sizes['realisation']} pairs: beta = {float(random.beta):.2e} +- {float(random.beta_error):.0e}")
assert float(random.beta_error / random.beta) <= 0.1
assert abs(float(random.beta - random.beta_analytic)) < 4 * float(random.beta_error)

# %% [markdown]
# With `out="beta.nc"` each batch is saved, and a run that was killed goes on; with an
# `executor` it runs on several processes, to the same numbers.
#
# ## Against density and strength

# %%
relaxation = kt.systems.find("spin-relaxation")
given = {"average": "antithetic", "realisations": 60}
sweep = kt.sweep(relaxation, impurity_strength=[0.05, 0.1, 0.15, 0.2], progress=False, **given)
kt.plot.beta_against_disorder(sweep).figure.savefig("beta.png", dpi=150)

# %% [markdown]
# ## A wall, and spin-orbit impurities

# %%
wall = kt.Strip(texture="wall", wall_width=8.0, length=61)
at_wall = kt.spin_relaxation(wall, kt.Impurities(draw_sites(wall, 15), spin=0.1), progress=False)
print(f"wall: {float(at_wall.beta / at_wall.beta_analytic):.3f} of beta")
assert abs(at_wall.beta / at_wall.beta_analytic - 1) < 0.03

coupled = kt.spin_relaxation(strip, kt.Impurities(sites, spin=0.05, spin_orbit=0.05), progress=False)
print(f"T_sf {float(coupled.beta):.2e} + T_so {float(coupled.beta_spin_orbit):.2e}: both relax the spin")
assert abs(coupled.beta_spin_orbit / coupled.beta_spin_orbit_analytic - 1) < 0.01

# %% [markdown]
# ## The same from Green functions
#
# In the bulk the coefficient of the torque is a sum over k of Green functions (eq. 26).
# It tends to the closed form above as the square of the broadening over M.

# %%
for broadening in (0.04, 0.02, 0.01):
    bulk = spin_flip_coefficient(2.0, 0.3, broadening)
    missing = 1 - float(bulk.coefficient / bulk.closed_form)
    print(f"gamma = {broadening}: {missing:.1e} is missing, (gamma/M)^2 = {(broadening / 0.3) ** 2:.1e}")
assert np.isclose(missing, (0.01 / 0.3) ** 2, rtol=0.02)

# %% [markdown]
# ## What to try next
#
# * `Strip(width=10)` carries no spin: what does beta answer?
# * `Impurities(sites, spin=0.1, scalar=0.5)`: what happens to the total torque?
# * `exchange=0.15`: beta doubles. Why does nothing else in it change much?
