"""Layers to scale: their names, magnetisations and bands, behind profiles and alone."""

import numpy as np
import pytest

import kwantorque as kt
from kwantorque.errors import InputError

IRON, COPPER = kt.FreeElectron(bottom=-2.0, exchange=-1.0), kt.FreeElectron(bottom=-1.5)


def valve():
    """Two magnets, the second one out of the plane of z and x; leads of their own."""
    layers = [kt.Layer(IRON, 1.0, m="-z", name="Fe"), kt.Layer(COPPER, 2.0, name="Cu"), kt.Layer(IRON, 1.004, m="y")]
    return kt.Stack(layers, 0.1, left=kt.Layer(COPPER), right=kt.Layer(COPPER, name="cap"))


def named(data, stack):
    """A Dataset whose layers have names and directions along a dimension `layer`."""
    m = [region.layer.magnetisation_at(0.0) for region in stack.regions]
    names = {"layer": list(stack.layer_names), "layer_m": (("layer", "axis"), m)}
    return data.drop_vars("layer").assign_coords(names)


def words(ax):
    return [text.get_text() for text in ax.texts]


def arrows(ax):
    """(z, m_z, m_x) of every arrow in the axes."""
    quivers = [one for one in ax.collections if hasattr(one, "U")]
    return [(one.get_offsets()[0][0], one.U[0], one.V[0]) for one in quivers]


@pytest.fixture(scope="module")
def profile():
    return kt.torques(valve(), 0.0, tolerance=0.3, progress=False)


def test_bands_of_a_stack_are_eigenvalues_at_k_zero():
    stack = valve()
    ax = stack.plot(energy=0.2)
    drawn = {round(float(y), 9) for line in ax.get_lines() for y in line.get_ydata() if "spin" in str(line.get_label())}
    assert {-2.5, -1.5} <= drawn
    (fermi,) = [line for line in ax.get_lines() if "Fermi" in line.get_label()]
    assert set(fermi.get_ydata()) == {0.2}
    assert words(ax) == ["left lead", "Fe", "Cu", "layer 2", "right lead"]
    assert arrows(ax) == [(0.5, -1.0, 0.0)]


def test_bands_fall_with_the_bias_between_the_chemical_potentials():
    barrier = kt.Layer(kt.FreeElectron(bottom=1.0), 1.0, name="barrier")
    stack = kt.Stack([barrier], 0.1, left=kt.Layer(COPPER), right=kt.Layer(COPPER)).biased(0.4)
    ax = kt.plot.stack(stack, energy=(0.2, -0.2))
    falling = [line.get_ydata() for line in ax.get_lines() if len(line.get_ydata()) > 2]
    assert all(y[[0, -1]] == pytest.approx([1.2, 0.8]) for y in falling)
    mu = {line.get_label(): line.get_ydata()[0] for line in ax.get_lines() if "mu" in line.get_label()}
    assert sorted(mu.values()) == [-0.2, 0.2]


def test_spin_of_a_band_is_that_along_m_in_every_direction():
    stack = kt.Stack([kt.Layer(IRON, 1.0, m=(1, 2, -2))], 0.1)
    energies, spin = stack.bands_at(1, [0.5])
    assert energies == pytest.approx(np.array([[-2.5, -1.5]]))
    assert spin == pytest.approx(np.array([[0.5, -0.5]]))


def test_what_is_no_stack_or_energy_is_refused(profile):
    with pytest.raises(InputError, match="this figure needs a Stack, got Dataset"):
        kt.plot.stack(profile)
    with pytest.raises(InputError, match="that of either lead"):
        valve().plot(energy=(0.1, 0.2, 0.3))


def test_profiles_have_layers_names_and_arrows(profile):
    stack = valve()
    ax = kt.plot.spin_currents(named(profile, stack))
    assert words(ax) == ["left lead", "Fe", "Cu", "layer 2", "right lead"]
    assert arrows(ax) == [(0.5, -1.0, 0.0)]
    # Along y: a circle with a dot.
    dots = [one for one in ax.collections if len(one.get_offsets()) == 1 and not hasattr(one, "U")]
    assert [one.get_offsets()[0][0] for one in dots] == [3.5, 3.5]
    assert ax.get_xlim()[0] < 0 < stack.length < ax.get_xlim()[1]
    low, high = ax.get_ylim()
    top = max(np.nanmax(line.get_ydata()) for line in ax.get_lines()[:3])
    assert top < high - 0.15 * (high - low), "profiles stay below names and arrows"


def test_layers_have_their_names_and_those_without_are_numbered(profile):
    assert words(kt.plot.spin_density(profile)) == ["left lead", "Fe", "Cu", "layer 2", "right lead"]


def test_a_texture_has_arrows_that_turn():
    wall = kt.systems.find("domain-wall").stack({"width": 0.5, "exchange": 0.4, "spacing": 0.1})
    found = arrows(wall.plot())
    assert len(found) > 5
    assert [np.sign(found[i][1]) for i in (0, -1)] == [1, -1]


def test_torque_per_length_is_the_sum_over_it(profile):
    """Over whole sites and the half sites on both surfaces of a magnet."""
    ax = kt.plot.exchange_torque(profile)
    for i, axis in enumerate("xyz"):
        line = ax.get_lines()[i]
        times = float(line.get_label().partition(r"$\times$")[2] or 1)
        z, y = line.get_xdata(), line.get_ydata() / times
        first = z < 1.5
        weights = np.where(np.isclose(z, 0) | np.isclose(z, 1), 0.05, 0.1)
        total = np.nansum((y * weights)[first])
        assert total == pytest.approx(float(profile.exchange_torque.sel(axis=axis)[first].sum()), abs=1e-12)
        assert np.isnan(y[(z > 1.05) & (z < 2.95)]).all()


def test_a_stack_says_what_it_is_line_by_line():
    head, *lines = repr(valve()).splitlines()
    assert head == "Stack of 4 nm: 41 sites, spacing 0.1 nm"
    assert [line.split("  ")[1].strip() for line in lines] == ["left lead", "Fe", "Cu", "layer 2", "right lead (cap)"]
    assert "1 nm  m = -z" in lines[1]
    assert " 1 nm  m = y" in lines[3], "the thickness is the rounded one"
    assert "-0.0" not in repr(valve())


def test_a_notebook_shows_a_box_for_every_layer():
    shown = valve()._repr_html_()
    assert shown.count("<td") == 5
    assert "bands from -2.5, -1.5 eV" in shown
    assert "rotate(" in shown
    assert "<b>&lt;i&gt;</b>" in kt.Stack([kt.Layer(COPPER, 1.0, name="<i>")], 0.1)._repr_html_()


def test_a_system_prints_its_table():
    system = kt.systems.find("spin-filter")
    lines = repr(system).splitlines()
    assert len(lines) == 2 + len(system.parameters) + len(system.results)
    assert [line.split()[0] for line in lines[2:]] == [one.name for one in (*system.parameters, *system.results)]
    assert system._repr_html_().count("<tr>") == len(lines) - 1
