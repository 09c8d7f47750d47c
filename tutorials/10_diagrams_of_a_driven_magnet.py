# %% [markdown]
# # Diagrams of a driven magnet, and two readings of a paper
#
# **Question.** A magnet is driven by a current. Where does it end: at rest, reversed,
# precessing? One map over current and field answers for thousands of runs at once. And
# what becomes of a published diagram if its equation is solved as it is printed?

# %%
import numpy as np

import kwantorque as kt

d = kt.dynamics


# %% [markdown]
# ## Current and field
#
# A thin film with an easy axis x, a polariser and a field along it (D. C. Ralph and M.
# D. Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), figure 9). The torque is in units
# of mu0 Ms^2 d. The black line encloses what precesses.


# %%
def film(torque, field):
    along_x = np.multiply.outer(field, [1.0, 0.0, 0.0])
    terms = [d.Uniaxial(0.02, "x"), d.Demagnetisation(), d.Field(along_x), d.Slonczewski(torque, "x")]
    return kt.Macrospin(saturation=1.0, damping=0.02, terms=terms)


axes = {"torque": np.linspace(-0.03, 0.03, 19), "field": np.linspace(-0.06, 0.06, 19)}
phases = d.settle(film, start=d.along(90, 5), duration=10, **axes)
kt.plot.phase_diagram(phases).figure.savefig("current_and_field.png", dpi=150)
final = phases.m_mean.sel(axis="x")
assert final.sel(torque=0.03, field=0.06, method="nearest") > 0.99
assert final.sel(torque=-0.03, field=-0.06, method="nearest") < -0.99
assert phases.frequency.sel(torque=-0.03, field=0.06, method="nearest") > 1

# %% [markdown]
# The first instability is at -alpha (h + h_k + 1/2), a line in this diagram; below the
# coercive field a reversal follows a little later, above it only precession.
#
# ## A junction with one magnet, as printed and as its symmetry asks
#
# A. Manchon, Phys. Rev. B 83, 172403 (2011), has a torque tau m x (z x m) on a magnet
# with an easy axis x and a perpendicular anisotropy Q_perp = 0.75, and finds for more
# and more negative tau: precession out of the plane, precession in the plane, rest in
# the plane. As the equation is printed, the pole is unstable without any torque, and
# stable only from tau = alpha (1 - Q_perp + Q_par/2) on.


# %%
def printed(torque, in_plane=0.2):
    terms = [d.Uniaxial(in_plane, "x"), d.Uniaxial(0.75, "z"), d.Demagnetisation(), d.ManchonTorque(torque)]
    return kt.Macrospin(saturation=1.6, damping=0.01, terms=terms)


def symmetric(torque, in_plane=0.2):
    terms = [d.Uniaxial(in_plane, "x"), d.Uniaxial(1.25, "z"), d.Demagnetisation()]
    return kt.Macrospin(saturation=1.6, damping=0.01, terms=[*terms, d.ManchonTorque(torque, angular="cosine")])


torques = {"torque": np.linspace(0.0015, 0.006, 10)}
one = d.settle(printed, start=d.along(5, 10), duration=35, **torques)
kt.plot.frequency_against(one).figure.savefig("printed.png", dpi=150)
print("printed: precession at", one.torque[one.frequency.notnull()].values)
assert one.frequency.notnull().sum() >= 4
assert np.isnan(one.frequency[[0, -1]]).all()

# %% [markdown]
# Mirror symmetry of the junction forces T(180 - theta) = -T(theta): a factor
# cos(theta). With it, and an easy perpendicular axis (Q_perp = 1.25), the order of the
# paper appears: upright, out-of-plane, in-plane precession, in the plane.

# %%
torques = {"torque": np.linspace(-0.006, 0.0, 25)}
other = d.settle(symmetric, start=d.along(5, 10), duration=20, **torques)
kt.plot.frequency_against(other).figure.savefig("symmetric.png", dpi=150)
upright = other.torque[other.m_mean.sel(axis="z") > 0.99]
print("symmetric: upright from", float(upright.min()))
assert abs(float(upright.min()) + 0.0015) < 4e-4
maps = {"torque": np.linspace(-0.006, 0.001, 15), "in_plane": np.linspace(0.02, 0.38, 10)}
diagram = d.settle(symmetric, start=d.along(5, 10), duration=12, **maps)
kt.plot.phase_diagram(diagram, of="resistance").figure.savefig("stability.png", dpi=150)

# %% [markdown]
# Neither is claimed to be the paper's: both are what its words can mean.
#
# ## What to try next
#
# * 200 x 200 points of 35 ns each: `with kt.processes(2) as pool: d.settle(...,
#   executor=pool)`, in a minute.
# * `kwantorque run macrospin --sweep torque=0.004:0.02:33 --figure f.png`, or with
#   `--sweep field_x=-0.06:0.06:31` too: a map. The symmetric reading is `--set
#   angular=cosine --set polariser_theta=0 --set anisotropy_perpendicular=1.25`.
