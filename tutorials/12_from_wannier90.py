# %% [markdown]
# # From a Wannier90 file to its torque
#
# **Question.** A group has its magnet as a Wannier90 file: one matrix for each pair of
# cells. Which part of it is exchange, which spin-orbit coupling, and what torque does a
# current exert on the magnetisation and on the lattice?
#
# **What we know.** For real orbitals time reversal is i sigma_y K. What is even under
# it and free of spin is kinetic, what is even and acts on the spin is spin-orbit
# coupling, what is odd is the exchange (N. Marzari et al., Rev. Mod. Phys. 84, 1419
# (2012), for the matrices).

# %%
import tempfile

import numpy as np

import kwantorque as kt

# %% [markdown]
# ## A file
#
# No calculation runs here: three p orbitals on a cubic lattice, written down as
# `magnet_tb.dat`, stand for it. Orbitals x, y, z are real, and L_i = -i epsilon_ijk.

# %%
a, sigma, pi, exchange, spin_orbit = 0.3, 0.9, -0.3, -0.8, 0.3
L = -1j * np.array([[[(i - j) * (j - k) * (k - i) / 2 for k in range(3)] for j in range(3)] for i in range(3)])
s = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]]) / 2
cells = np.eye(3, dtype=int).tolist()
hops = {tuple(n): np.kron(np.diag([sigma if i else pi for i in n]), np.eye(2)) for n in cells}
hops[0, 0, 0] = np.kron(np.eye(3), exchange * s[2]) + spin_orbit * sum(np.kron(L[i], s[i]) for i in range(3))
folder = tempfile.TemporaryDirectory()
path = kt.TightBinding(a, {"all": hops}).to_wannier90(f"{folder.name}/magnet")

# %% [markdown]
# ## Its terms
#
# The file has no Fermi energy, does not say that the states are spinors, or where the
# magnetisation points: all of it must be said.

# %%
magnet = kt.TightBinding.from_wannier90(path, spin="interlaced", magnetisation="z", fermi_energy=0.4)
print(magnet)
for name, matrices in magnet.hoppings.items():
    print(f"{name:12}{max(abs(block).max() for block in matrices.values()):.2f} eV")

# %% [markdown]
# ## Bands that exchange angular momentum
#
# In every Bloch state the torques on magnetisation and lattice cancel, and neither is
# zero where spin-orbit coupling mixes spins.

# %%
path_in_k = kt.k_path([(0, 0, 0), (np.pi / a, 0, 0), (np.pi / a, np.pi / a, np.pi / a)], points=20)
data = kt.bands(magnet, path_in_k, m=(1, 0, 1))
print("sum of the torques:", float(abs(data.exchange_torque + data.lattice_torque).max()))
kt.plot.bands(data).figure.savefig("wannier.png", dpi=150)

# %% [markdown]
# ## Torque of a current
#
# The same file is two magnets now: the exchange turns with the magnetisation of its
# layer, the spin-orbit coupling stays.

# %%
layers = [kt.Layer(magnet, 4 * a, m="z"), kt.Layer(magnet, 4 * a, m="x")]
stack = kt.Stack(layers, a, atomic=True)
points = np.array([(x, y) for x in (0.5, 2.0, 4.0) for y in (0.3, 3.0)])
current = kt.torques_at(stack, points, 0.0)
print("books close to", float(current.closure))
print(current.exchange_torque_of_layer.sum("k").round(4).to_pandas())

# %% [markdown]
# **Try it.** With `spin_orbit = 0` the lattice takes nothing. Give `spin="block"`: the
# order of the spins is checked, and refused.

# %%
folder.cleanup()
