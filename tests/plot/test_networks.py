"""Maps of networks: what is drawn is what the Dataset holds."""

import numpy as np
import pytest
from networks import ONE, STRIP, STRIP_TERMS, X, Y, Z, kwant, three_kinds, three_terminals

import kwantorque as kt


@pytest.fixture(scope="module")
def data():
    """Three terminals: the lead on top masks sites in the middle."""
    return kt.network_response(three_terminals(), 2.3, STRIP, leads={0: 0.5, 1: -0.5}, terms=STRIP_TERMS)


def test_site_map_draws_the_component_and_the_arrows(data):
    ax = kt.plot.site_map(data, "exchange_torque", "y")
    dots, masked, arrows = ax.collections[:3]
    known = np.isfinite(data.exchange_torque.sel(axis="y")).values
    assert np.array_equal(dots.get_array(), data.exchange_torque.sel(axis="y")[known])
    assert np.array_equal(dots.get_offsets()[:, 0], data.x[known])
    assert len(masked.get_offsets()) == data.attrs["sites_at_leads"]
    assert np.array_equal(arrows.U, data.exchange_torque.sel(axis="x")[known])
    assert dots.norm.vmin == -dots.norm.vmax == -np.nanmax(np.abs(data.exchange_torque))


@pytest.mark.parametrize("name", ["spin_current", "particle_current"])
def test_flux_map_points_from_where_it_comes(data, name):
    ax = kt.plot.flux_map(data, name, "x")
    arrows = ax.collections[1]
    flux = data[name].sel(axis="x") if name == "spin_current" else data[name]
    seen = np.abs(flux) > 1e-3 * np.abs(flux).max()
    assert np.array_equal(arrows.get_array(), np.abs(flux)[seen])
    tips = np.array([path.vertices[0] - path.vertices[3:5].mean(axis=0) for path in arrows.get_paths()])
    position = np.stack([data.x, data.y], axis=1)
    along = (position[data["end"]] - position[data["start"]]) * np.sign(flux.values)[:, None]
    lengths = np.linalg.norm(tips, axis=1)
    assert np.allclose(tips / lengths[:, None], along[seen.values])
    assert np.argmax(lengths) == np.argmax(np.abs(flux.values)[seen])


def test_profile_balances_between_cuts_and_the_figure_adds_up():
    """What a column took is what did not come through, where no lead is in between."""
    system = three_terminals(9, 5)
    data = kt.network_response(system, 2.3, STRIP, leads={0: 1.0}, terms=STRIP_TERMS)
    profile = kt.profile_along(data)
    assert profile.position.values.tolist() == list(range(9))
    free = [1, 2, 6, 7]
    lost = -np.diff(profile.spin_current, axis=0)
    assert np.allclose(lost[[i - 1 for i in free]], profile.torque_of_term.sum("term")[free], atol=1e-13)
    assert np.isnan(profile.exchange_torque[[0, 3, 4, 5, 8]]).all()
    assert np.allclose(profile.particle_current[[0, 1, 2]], data.current_from_lead[0])
    assert np.allclose(profile.particle_current[[5, 6, 7]], -data.current_from_lead[1])
    with pytest.raises(kt.InputError, match="a lead at the side of the strip is in between"):
        kt.plot.strip_balance(profile)
    few = profile.isel(column=slice(0, 4), cut=slice(0, 3))
    ax = kt.plot.strip_balance(few, "y")
    lines = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    assert np.array_equal(lines["spin current"], few.spin_current.sel(axis="y"))
    assert np.ptp(lines["sum of all"]) < 1e-13 < np.ptp(lines["spin current"])
    taken = few.exchange_torque.sel(axis="y")[1:3].cumsum()
    assert np.allclose(lines["taken by exchange (magnetisation), up to here"], [0, *taken])


def lines_of(data, axis):
    """{label: values} of the balance of a profile."""
    return {line.get_label(): line.get_ydata() for line in kt.plot.strip_balance(data, axis).get_lines()}


@pytest.mark.parametrize(
    ("ends", "start"), [((), 0.0), (("left",), None), (("right",), 0.0), (("left", "right"), None)]
)
def test_balance_of_strips_with_leads_at_any_end(ends, start):
    """The sum of all is what comes in: nothing where the first column has no lead."""
    square = kwant.lattice.square(norbs=2)
    strip, lead = kwant.Builder(), kwant.Builder(kwant.TranslationalSymmetry((-1, 0)))
    strip[(square(x, y) for x in range(6) for y in range(2))] = lambda site, J: (
        J * (np.cos(site.pos[0]) * X + np.sin(site.pos[0]) * Z + 0.3 * site.pos[1] * Y)
    )
    lead[(square(0, y) for y in range(2))] = 0.5 * X
    strip[square.neighbors()] = lead[square.neighbors()] = -ONE
    for end in ends:
        strip.attach_lead(lead if end == "left" else lead.reversed())
    system, params = strip.finalized(), {"J": 0.7}
    books = kt.Books(system, params, terms={"exchange": "J"})
    if ends:
        data = kt.network_response(books, 0.3)
    else:
        data = books(np.linalg.eigh(system.hamiltonian_submatrix(params=params))[1][:, 7])
    profile = kt.profile_along(data)
    for axis in "xz":
        lines = lines_of(profile, axis)
        flux, total = lines["spin current"], lines["sum of all"]
        assert len(flux) == 5
        assert np.ptp(flux) > 1e-4
        assert np.allclose(total, flux[0] if start is None else start, atol=1e-13)


def test_balance_with_orbital_moments_is_that_of_l_and_s():
    """What the carriers exchange between L and s is no loss."""
    system, spin, orbital = three_kinds()
    params, terms = {"J": 0.9, "soc": 0.4}, {"exchange": "J", "soc": "soc"}
    partner = {"soc": "carriers", "rest": "lattice"}
    books = kt.Books(system, params, spin=spin, orbital=orbital, terms=terms, partner=partner)
    profile = kt.profile_along(books(kwant.wave_function(system, 0.7, params=params)(0), 1.0))
    lines = lines_of(profile, "z")
    assert np.array_equal(lines["current of L + s"], profile.angular_momentum_current.sel(axis="z"))
    assert np.ptp(lines["sum of all"]) < 1e-12 < 1e-2 < np.ptp(lines["current of L + s"])
    assert not any("taken by soc" in line for line in lines)
    assert np.nanmax(np.abs(profile.orbital_to_spin_torque.sel(axis="z"))) > 1e-2


def test_maps_are_of_one_layer():
    """Layers above each other would be painted over one another."""
    cubic = kwant.lattice.cubic(norbs=2)

    def block(layers):
        builder = kwant.Builder()
        builder[(cubic(x, y, z) for x in range(3) for y in range(3) for z in layers)] = 0.3 * X
        builder[cubic.neighbors()] = -ONE
        system = builder.finalized()
        states = np.linalg.eigh(system.hamiltonian_submatrix())[1]
        return kt.Books(system, partner={"rest": "lattice"})(states[:, 0])

    for figure in (kt.plot.site_map, kt.plot.flux_map):
        with pytest.raises(kt.InputError, match="needs sites in one plane, they are at z = 0, 2"):
            figure(block([0, 2]), "spin_density" if figure is kt.plot.site_map else "spin_current")
    assert len(kt.plot.site_map(block([4]), "spin_density").collections[0].get_offsets()) == 9
    # Of several, one plane: its sites, and the bonds between these.
    data = block([0, 1, 2])
    dots = kt.plot.site_map(data, "spin_density", z=1).collections[0]
    there = (data.z == 1).values
    np.testing.assert_array_equal(dots.get_array(), data.spin_density[there].sel(axis="z"))
    arrows = kt.plot.flux_map(data, "spin_current", z=1).collections[1]
    within = there[data.start.values] & there[data["end"].values]
    flux = np.abs(data.spin_current.sel(axis="z").values[within])
    np.testing.assert_array_equal(arrows.get_array(), flux[flux > 1e-3 * flux.max()])
    with pytest.raises(kt.InputError, match=r"`z` must be that of a plane of sites, 0, 1, 2, got 0\.5"):
        kt.plot.site_map(data, "spin_density", z=0.5)
    with pytest.raises(kt.InputError, match="choose one, such as z=0"):
        kt.plot.site_map(data, "spin_density")


def test_maps_refuse_modes_and_other_components(data):
    books = kt.Books(three_terminals(), STRIP, terms=STRIP_TERMS)
    many = books(np.ones((2, 90)))
    with pytest.raises(kt.InputError, match=r"without the dimension mode: choose a point, data.isel\(mode=0\)"):
        kt.plot.site_map(many)
    with pytest.raises(kt.InputError, match="unknown component 'w'"):
        kt.plot.flux_map(data, axis="w")
    with pytest.raises(kt.InputError, match="no coordinate z"):
        kt.profile_along(data, "z")
    with pytest.raises(kt.InputError, match="a profile needs a Dataset"):
        kt.profile_along(data.exchange_torque)
