# %% [markdown]
# # Electrons in a domain wall
#
# **Question.** A current flows through a wall between two domains. Do the electrons'
# spins follow the magnetisation, and what happens if they do not quite?
#
# **What we know.** In a wide wall they follow: spin hbar P/2 per electron is turned
# around, and the wall is pushed along (the adiabatic torque, along e_theta). What they
# fail to follow gives a torque out of the wall's plane, the non-adiabatic one, and a
# resistance. (D. C. Ralph and M. D. Stiles, J. Magn. Magn. Mater. 320, 1190 (2008),
# section 5.)

# %%
import numpy as np

import kwantorque as kt
from kwantorque.systems import Sweep, find
from kwantorque.systems.domain_wall import Spiral

wall = find("domain-wall")

# %% [markdown]
# ## One wall

# %%
data = wall.run(tolerance=1e-4, progress=False, width=1.0, spacing=0.1)
print({name: round(value, 5) for name, value in wall.results_of(data).items()})
kt.plot.wall_torques(data).figure.savefig("wall.png", dpi=150)

# %% [markdown]
# The sums are weighted with sin(theta), which makes them independent of where one stops
# to sum. A is close to minus the polarisation of the current, 0.2 for these bands.
#
# ## The wider, the more adiabatic

# %%
walls = Sweep(wall, {"spacing": 0.1}, {"width": [0.25, 0.5, 1.0, 2.0, 4.0]})
sweep = walls.run(tolerance=1e-4, progress=False)
for width in sweep.width.values:
    one = sweep.sel(width=width)
    print(
        f"{width:5} nm: A = {float(one.result_torque_adiabatic):.4f}, B = {float(one.result_torque_nonadiabatic):.2e}"
    )
slope = np.log(sweep.result_torque_nonadiabatic[-1] / sweep.result_torque_nonadiabatic[-2]) / np.log(2)
assert abs(slope + 2) < 0.2
kt.plot.against_width(sweep).figure.savefig("width.png", dpi=150)

# %% [markdown]
# For a single electron at normal incidence the failure to follow is exponentially small
# in the width. Summed over the Fermi surface it falls as 1/width^2 only: some electrons
# always graze the wall, slow enough to be reflected by it.
#
# ## Any texture
#
# The magnetisation of a layer may be any function of position. In a spiral the torque
# is the same everywhere.

# %%
magnet = kt.FreeElectron(exchange=-0.4)
ends = {"left": kt.Layer(magnet, m="z"), "right": kt.Layer(magnet, m="z")}
spiral = kt.Stack([kt.Layer(magnet, 6, m=Spiral(3.0))], 0.1, **ends)
response = kt.per_current(kt.torques(spiral, 1.0, tolerance=1e-2, progress=False))
print("books closed to", response.closure)

# %% [markdown]
# ## What to try next
#
# * A narrower wall than the electrons' wavelength: what becomes of A?
# * `exchange=1.5`: polarisation 0.75. Does B grow or fall?
# * A function of your own for `m`: it must be defined in a module if the computation is
#   to run on several processes.
