# %% [markdown]
# # A tunnel junction under a bias
#
# **Question.** Two ferromagnets, a barrier, a voltage. The current depends on the angle
# between the magnetisations, and it twists both of them. How do the torques depend on
# the voltage, and what is there without any?
#
# **What we know.** The in-plane torque vanishes without a bias. The out-of-plane one
# does not: it is the interlayer exchange coupling, and all electrons take part in it,
# not only those at the Fermi energy. In a mirror-symmetric junction it is even in the
# bias. (D. C. Ralph and M. D. Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), end of
# section 4.)

# %%
import numpy as np

import kwantorque as kt
from kwantorque.systems import Sweep, find, preset
from kwantorque.systems.magnetic_tunnel_junction import derivatives

junction = find("magnetic-tunnel-junction")
iron = preset("Fe/MgO/Fe")
print(iron.name, iron.parameters, iron.source, sep="\n")

# %% [markdown]
# ## Without a bias
#
# Every result is a sum of two parts, kept apart along `part`: the sea, all states
# filled up to the lower chemical potential, and the window of states between the two.
# The sea is an integral of Green functions over imaginary energies, so that bound
# states are in it as well.

# %%
rest = junction.run(tolerance=5e-3, progress=False, **iron.parameters, spacing=0.05)
print("coupling:", float(rest.result_torque_out_of_plane), "eV/nm^2, in plane:", float(rest.result_torque_in_plane))
assert abs(rest.result_torque_in_plane) < 1e-12

# %% [markdown]
# Positive is antiferromagnetic: out of plane, the torque on the right magnet is minus
# the slope of the energy in the angle.
#
# ## With a bias

# %%
biases = np.linspace(-0.6, 0.6, 7).round(3).tolist()
data = Sweep(junction, iron.parameters | {"spacing": 0.05}, {"bias": biases}).run(tolerance=5e-3, progress=False)
kt.plot.torques_against_bias(data).figure.savefig("torques.png", dpi=150)
kt.plot.magnetoresistance_against_bias(derivatives(data)).figure.savefig("magnetoresistance.png", dpi=150)

# %% [markdown]
# Mirror symmetry exchanges the magnets and the sign of the bias: torque in plane on the
# left at V is that on the right at -V, and out of plane they are equal and opposite at
# any bias.

# %%
assert np.allclose(data.result_torque_in_plane_left, data.result_torque_in_plane[::-1], rtol=1e-6)
assert np.allclose(data.result_torque_out_of_plane, -data.result_torque_out_of_plane_left, rtol=1e-6)

# %% [markdown]
# The torque in plane changes its sign at a negative bias at which nothing else does: it
# is the difference of what majority and minority tunnel, and each of these has a bias
# dependence of its own.
#
# ## How fine a lattice
#
# Tunnelling is sensitive. At a spacing of 0.05 nm the coupling is several per cent off;
# two spacings remove most of it.

# %%
two_spacings = junction.run(tolerance=5e-3, progress=False, to_zero_spacing=True, **iron.parameters, spacing=0.05)
exact = two_spacings.result_torque_out_of_plane
print(f"0.05 nm: {float(rest.result_torque_out_of_plane):.3e}, zero: {float(exact):.3e} (exact matching: 2.850e-04)")
assert np.isclose(exact, 2.850e-4, rtol=0.01)

# %% [markdown]
# ## What to try next
#
# * A junction of two different magnets (`kf_down_right=7`): the out-of-plane torque
#   gets a part linear in the bias.
# * `temperature=300`: what is smeared out, the current or the coupling?
# * Junctions of the literature are often tight-binding models: `kt.CubicLattice` and
#   `kt.Stack(atomic=True)` take them as they are printed.
