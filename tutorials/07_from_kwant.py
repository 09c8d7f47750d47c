# %% [markdown]
# # I come from Kwant
#
# **Question.** You have a script that builds a system with Kwant. Who takes the spin of
# the electrons in it, where, and through which term of the Hamiltonian?
#
# **What we know.** In a stationary state what flows out of a site minus what flows in
# is what the terms of the Hamiltonian there gave. `kt.Books` needs the finalised system
# and the names of the parameters that switch its terms; nothing is built anew.
# (C. W. Groth, M. Wimmer, A. R. Akhmerov and X. Waintal, New J. Phys. 16, 063065.)
#
# ## A script of Kwant's documentation
#
# The quantum wire with Rashba coupling and Zeeman splitting of Kwant's tutorial on
# matrix structure, with parameters instead of globals, and the exchange only in the
# middle of the wire.

# %%
import kwant
import numpy as np

import kwantorque as kt

one, z = np.eye(2), np.diag([1.0, -1.0])
x, y = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]])
lattice = kwant.lattice.square(norbs=2)
length, width = 40, 10


def onsite(site, t, J):
    return 4 * t * one + J * z * (10 <= site.pos[0] < 30)


def hop_x(to, source, t, alpha):
    return -t * one + 0.5j * alpha * y


def hop_y(to, source, t, alpha):
    return -t * one - 0.5j * alpha * x


wire, lead = kwant.Builder(), kwant.Builder(kwant.TranslationalSymmetry((-1, 0)))
for builder, xs in ((wire, range(length)), (lead, [0])):
    builder[(lattice(i, j) for i in xs for j in range(width))] = onsite
    builder[kwant.builder.HoppingKind((1, 0), lattice, lattice)] = hop_x
    builder[kwant.builder.HoppingKind((0, 1), lattice, lattice)] = hop_y
wire.attach_lead(lead)
wire.attach_lead(lead.reversed())
wire = wire.finalized()
params = {"t": 1.0, "J": 0.2, "alpha": 0.3}

# %% [markdown]
# ## Its torque map
#
# One line says which parameters are which terms, one more asks for the response to a
# potential of the left lead. Everything arrives in one Dataset, with `closure`, the
# largest violation of the books at any site.

# %%
terms = {"exchange": "J", "rashba": "alpha"}
data = kt.network_response(wire, 0.7, params, leads={0: 1.0}, terms=terms)
print("books closed to", f"{data.closure:.1e}", "with", data.modes, "modes; conductance", float(data.conductance[0, 0]))
kt.plot.site_map(data, "exchange_torque", "y").figure.savefig("torque.png", dpi=150)
kt.plot.flux_map(data, "spin_current", "y").figure.savefig("spin_current.png", dpi=150)

# %% [markdown]
# The torque of the exchange is on its magnets, minus what the carriers gain:
# -2J z x s. Next to the leads it is unknown where bonds are missing, and masked:
# `attach_lead(lead, add_cells=1)` moves these sites outwards.

# %%
by_hand = -2 * params["J"] * np.cross([0, 0, 1], data.spin_density)
magnet = (data.x >= 10) & (data.x < 30)
assert np.allclose(data.exchange_torque[magnet], by_hand[magnet])
print(data.attrs["sites_at_leads"], "sites at leads are left out")

# %% [markdown]
# ## Along the wire
#
# What flows through one cut and not through the next was taken in between.

# %%
profile = kt.profile_along(data, "x")
kt.plot.strip_balance(profile, "y").figure.savefig("balance.png", dpi=150)
lost = -profile.spin_current.diff("cut").sel(axis="y").values
taken = profile.torque_of_term.sum("term").sel(axis="y")[1:-1].values
assert np.allclose(lost, taken)

# %% [markdown]
# ## With Kwant's own verbs
#
# Wave functions are given to `Books`, one or all modes of a lead; `Flux` and `Torque`
# are bound and called as operators of `kwant.operator` are, with bra and ket if need
# be. `Flux` is antisymmetric, also where spin and hopping do not commute.

# %%
psi = kwant.wave_function(wire, 0.7, params=params)(0)
books = kt.Books(wire, params, terms=terms)
print(books(psi[0]).exchange_torque.sel(axis="y").sum("site").item(), "of the first mode")

through = kt.Flux(wire, z / 2, where=kt.Cut(x=19.5)).bind(params=params)
print(through(psi), through(psi[0], psi[1]))

pairs = [(wire.sites[j], wire.sites[i]) for i, j in zip(data.start.values, data.end.values, strict=True)]
for name, current in (("Kwant's operator", kwant.operator.Current), ("Flux", kt.Flux)):
    there, back = (
        current(wire, z / 2, where=where)(psi[0], params=params) for where in (pairs, [pair[::-1] for pair in pairs])
    )
    print("flux there plus flux back, at most, by", name + ":", abs(there + back).max())

# %% [markdown]
# Transmission from spin to spin needs no conservation law, but leads whose modes have a
# sharp spin: here without Rashba coupling. The magnet turns spins along x around.

# %%
spins = kt.spin_transmission(wire, 0.7, params | {"alpha": 0.0}, lead=1, from_lead=0, axis="x")
print(spins.values.round(3))

# %% [markdown]
# ## What to try next
#
# * `terms={"exchange": "J"}`: the warning says what acts on the spin and has no name.
# * Another magnetisation of the middle: which component of the torque survives on the
#   average over the wire?
# * Other materials, with orbital moments: `spin=` and `orbital=` of the sites. Then the
#   last figure is of L + s, and has the torque on the lattice against length: three
#   lines, `data = books(psi, 1.0)`, `profile = kt.profile_along(data, "z")`,
#   `kt.plot.strip_balance(profile, "z")`.
# * Many values of `alpha`: `books.bind({"alpha": 0.2})` evaluates the terms alone, and
#   `books.values(psi, weights)` returns arrays instead of a Dataset.
