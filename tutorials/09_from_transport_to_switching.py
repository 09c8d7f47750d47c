# %% [markdown]
# # From transport to switching
#
# **Question.** At which voltage does a tunnel junction switch its free magnet? The
# torque is computed from the electrons, at a few angles and voltages; the magnet then
# moves in the torque that is there at each of its directions. Nothing is fitted in
# between, and no efficiency or polarisation is put in by hand.
#
# **What we know.** A magnet in the plane loses its stability where a x P exceeds the
# damping, alpha (H_K + Ms/2), if the torque a depends on the angle in no other way (D.
# C. Ralph and M. D. Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), eq. 26). Here it
# does, and the field-like torque is as large: we let the magnet move.

# %%
import numpy as np

import kwantorque as kt

d = kt.dynamics
junction = kt.systems.find("magnetic-tunnel-junction")
coarse = {"spacing": 0.1, "tolerance": 0.02, "progress": False, "barrier_length": 0.9}
data = kt.sweep(junction, angle=[0, 45, 90, 135, 180], bias=[0.0, 0.2, 0.4, 0.6], **coarse)
table = kt.torque_table(data, polariser="x")
print(table)


def free_layer(bias):
    terms = [d.Uniaxial(0.03, "x"), d.Demagnetisation(), table.at(bias)]
    return kt.Macrospin(saturation=1.2, damping=0.01, thickness=1.5, volume=1.5 * 3000, terms=terms)


start = d.along(90, 178)
found = d.settle(free_layer, start=start, duration=30, bias=np.linspace(0, 0.6, 61))
switched = float(found.bias[found.m_mean.sel(axis="x") > 0][0])
print(f"switches from antiparallel to parallel at {switched:.2f} V")

# %% [markdown]
# P = +x is the direction of the fixed magnet's *moment*: the table turns spins, which
# the transport part speaks of, into moments. Electrons that flow from the fixed into
# the free magnet (positive bias) make the two parallel. The field-like torque is there
# without a bias, too: it is the coupling of the magnets through the barrier.

# %%
coupling = free_layer(0.0).field("y")[0]
print(f"field of the coupling along the fixed moment: {1e3 * coupling:.2f} mT")
assert coupling < 0  # antiferromagnetic, as the torque out of plane is positive

# %% [markdown]
# ## Where the motion begins
#
# Whether a direction is stable can be read from the linearised equation of motion, too:
# its eigenvalues have a positive real part where a small deviation grows. This is
# where the motion begins; a reversal needs a little more.


# %%
def growth(bias):
    return float(free_layer(bias).eigenvalues("-x").real.max())


unstable = float(next(bias for bias in np.linspace(0, 0.6, 121) if growth(bias) > 0))
print(f"antiparallel becomes unstable at {unstable:.3f} V")
assert 0 < unstable <= switched
run = free_layer(switched).run(start, duration=30)
kt.plot.motion(run).figure.savefig("switching.png", dpi=150)

# %% [markdown]
# ## What to try next
#
# * `thickness`, `saturation` and `damping` are the experiment's: what does a thinner
#   magnet change, and what a softer one?
# * From parallel to antiparallel: at negative bias the torque in plane is small in this
#   junction (lesson 4). Does it switch at all?
# * `temperature=300` with `volume`: below the threshold the magnet switches sometimes.
# * `kt.torque_table` of `semi-magnetic-tunnel-junction`, swept over `theta`: a torque
#   without a second magnet.
