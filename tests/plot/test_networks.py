"""Maps of networks: what is drawn is what the Dataset holds."""

import numpy as np
import pytest
from networks import STRIP, STRIP_TERMS, three_terminals

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
    assert np.allclose(lines["taken by exchange, up to here"], [0, *taken])


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
