"""Units of an experiment: each conversion by hand, errors along, one unit each."""

import numpy as np
import pytest
import xarray as xr
from scipy import constants

import kwantorque as kt
from kwantorque.results import SCHEMA, conductance

E, H, HBAR, NM = constants.e, constants.h, constants.hbar, 1e-9
BY_HAND = {
    # A particle current in eV/(hbar nm^2): so many per second and m^2, a charge e each.
    ("flux", "eV/(hbar nm^2)"): (E / HBAR / NM**2 * E, "A/m^2"),
    # A response is that per eV of the difference of chemical potentials, 1 V.
    ("flux", "1/(hbar nm^2)"): (E**2 / HBAR / NM**2, "S/m^2"),
    ("flux", "eV/hbar"): (E / HBAR * E, "A"),
    ("flux", "1/hbar"): (E**2 / HBAR, "S"),
    ("", "A/um^2"): (1e12, "A/m^2"),
    ("", "S/um^2"): (1e12, "S/m^2"),
    ("conductance", "e^2/h/nm^2"): (E**2 / H / NM**2, "S/m^2"),
    ("conductance", "ohm um^2"): (1.0, "ohm um^2"),
    ("", "fohm m^2"): (1e-15 / 1e-12, "ohm um^2"),
    ("torque", "eV/nm^2"): (E / NM**2, "J/m^2"),
    ("", "eV/um^2"): (E / 1e-12, "J/m^2"),
    ("torque", "eV/nm^3"): (E / NM**3, "J/m^3"),
    # 1 eV/nm^2 per volt over hbar/2e.
    ("torque", "1/nm^2"): (E / NM**2 / (HBAR / (2 * E)), "hbar/(2e) S/m^2"),
    ("torque", "1/nm^3"): (E / NM**3 / (HBAR / (2 * E)), "hbar/(2e) S/m^3"),
    ("torque", "hbar I/e"): (HBAR / E, "J/A"),
    ("torque", "hbar I/(e nm)"): (HBAR / E / NM, "J/(A m)"),
    ("flux", "I/e"): (1.0, "1"),
    ("torque", "hbar"): (HBAR, "J s"),
    ("torque", "hbar/nm"): (HBAR / NM, "J s/m"),
    ("density", "1/nm^3"): (NM**-3, "1/m^3"),
    ("density", "hbar/nm^3"): (NM**-3, "hbar/m^3"),
    ("density", "1/(eV nm^3)"): (NM**-3, "1/(V m^3)"),
    ("density", "hbar/(eV nm^3)"): (NM**-3, "hbar/(V m^3)"),
    # Per volume, over a particle flux per area and time.
    ("density", "hbar/(eV nm)"): (HBAR / E / NM, "s/m"),
    ("density", "hbar^2/(eV nm)"): (HBAR / E / NM, "hbar s/m"),
    # The same of a layer, per area.
    ("density", "1/nm^2"): (NM**-2, "1/m^2"),
    ("density", "hbar/nm^2"): (NM**-2, "hbar/m^2"),
    ("density", "1/(eV nm^2)"): (NM**-2, "1/(V m^2)"),
    ("density", "hbar/(eV nm^2)"): (NM**-2, "hbar/(V m^2)"),
    ("density", "hbar/eV"): (HBAR / E, "s"),
    ("density", "hbar^2/eV"): (HBAR / E, "hbar s"),
    # Of a site, whatever the volume.
    ("density", "hbar"): (1.0, "hbar"),
    ("density", "1/V"): (1.0, "1/V"),
    ("density", "hbar/V"): (1.0, "hbar/V"),
}


@pytest.mark.parametrize(("kind", "unit"), BY_HAND)
def test_by_hand(kind, unit):
    """Values and errors, which have the unit but not always the kind."""
    factor, expected = BY_HAND[kind, unit]
    z = ("site", [0.0, 0.1], {"units": "nm"})
    data = xr.Dataset({"x": ("site", [2.0, -1.0]), "x_error": 0.25, "x_spacing_error": 0.5}, {"z": z})
    data.x.attrs |= {"units": unit, "kind": kind, "long_name": "something"}
    data.x_error.attrs["units"] = data.x_spacing_error.attrs["units"] = unit
    si = kt.to_si(data)
    np.testing.assert_allclose(si.x, [2 * factor, -factor], rtol=1e-12)
    assert float(si.x_error) == pytest.approx(0.25 * factor, rel=1e-12)
    assert float(si.x_spacing_error) == pytest.approx(0.5 * factor, rel=1e-12)
    assert si.x.attrs == {"units": expected, "kind": kind, "long_name": "something"}
    assert si.x_error.attrs["units"] == expected
    assert si.z.attrs["units"] == "nm"
    # What is converted stays, and so does what was given.
    assert kt.to_si(si).identical(si)
    assert data.x.attrs["units"] == unit
    assert kt.to_si(data.x).identical(si.x.drop_vars("z").assign_coords(z=data.z))


def test_every_unit_of_a_result_has_one():
    """All units that a record may have are in the table; an energy stays in eV."""
    found = {(record.kind, unit) for record in SCHEMA.values() for unit in vars(record.unit).values()}
    known = {(kind == "density", unit) for kind, unit in BY_HAND}
    assert {(kind == "density", unit) for kind, unit in found if unit not in ("", "1", "eV")} <= known


def test_one_quantity_has_one_unit(computed_layers):
    """In all systems, for one normalisation; results keep the units of their device."""
    _, data = computed_layers
    per_current, junction = data.attrs.get("normalised"), "part" in data.dims
    normalised = "per_current" if per_current else "at_bias" if junction else "at_k"
    for name, x in data.data_vars.items():
        assert x.attrs.get("units"), name
        # In a field along the plane all is per eE.
        record = SCHEMA.get(name.removesuffix("_error")) if "lead" in data.dims else None
        assert record is None or x.attrs["units"] == getattr(record.unit, normalised)


def test_every_system_has_a_conductance(computed_layers):
    """But the one electron of the spin filter, which has no area."""
    system, data = computed_layers
    if system.name == "spin-filter":
        return
    in_siemens = kt.to_si(data).conductance
    assert float(in_siemens * data.resistance_area * 1e-12) == pytest.approx(1)
    assert 0 < float(data.conductance_error) < float(data.conductance)
    relative = [float(data[f"{x}_error"] / data[x]) for x in ("conductance", "resistance_area")]
    assert relative[0] == pytest.approx(relative[1])


def test_results_of_two_devices_meet_in_si():
    """Torques and currents of the two tunnel junctions, results and profiles."""
    coarse = {"tolerance": 0.3, "progress": False, "spacing": 0.1, "bias": 0.2}
    junction, semi = (kt.to_si(kt.systems.find(f"{x}magnetic-tunnel-junction").run(**coarse)) for x in ("", "semi-"))
    assert junction.result_torque_in_plane.attrs["units"] == semi.result_torque_parallel.attrs["units"] == "J/m^2"
    assert junction.result_current.attrs["units"] == semi.result_current.attrs["units"] == "A/m^2"
    np.testing.assert_allclose(semi.result_torque_perpendicular, semi.perpendicular.sum("part"))
    for data in (junction, semi):
        current = float(data.particle_current_limit.sum("part").sel(lead="right"))
        assert float(data.result_current) == pytest.approx(current)
        assert float(data.conductance) == pytest.approx(current / 0.2)


def test_sharvin_conductance_from_either_side():
    """k_F^2/4 pi channels per spin and area; those from the right flow to the left."""
    copper = kt.FreeElectron.from_wavevectors(13.6)
    wire = kt.Stack([kt.Layer(copper, 0.1)], 0.01)
    for source in ("left", "right"):
        data = kt.torques(wire, 0.0, source=source, progress=False)
        assert float(data.conductance) == pytest.approx(2 * 13.6**2 / (4 * np.pi), rel=1e-3)
        assert kt.per_current(data).conductance.identical(data.conductance)
    assert conductance(1.0) * kt.units.CONDUCTANCE_QUANTUM == pytest.approx(E**2 / HBAR)


def test_resistance_area_of_a_junction():
    """Exact matching at 90 degrees: the linear response, ohm um^2, and I/V."""
    junction = kt.systems.find("magnetic-tunnel-junction")
    rest = junction.run(spacing=0.05, tolerance=1e-2, progress=False)
    assert float(rest.resistance_area) == pytest.approx(1.08131, rel=0.02)
    # Exact matching: I = 1.54449e-3 at 0.4 V.
    data = junction.run(bias=0.4, spacing=0.05, tolerance=1e-2, progress=False)
    by_hand = 0.4 / (1.54449e-3 * E / HBAR / NM**2 * E) * 1e12
    assert float(data.resistance_area) == pytest.approx(by_hand, rel=0.02)


def test_no_bias_no_conductance():
    iron = kt.FreeElectron.from_wavevectors(10.9, 4.2)
    leads = {"left": kt.Layer(iron, m="z"), "right": kt.Layer(iron, m="x")}
    stack = kt.Stack([kt.Layer(kt.FreeElectron(mass=0.4, bottom=1.0), 0.7)], 0.1, **leads)
    data = kt.steady_state(stack, tolerance=0.3, progress=False)
    assert np.isnan(data.conductance)
    assert np.isnan(data.resistance_area)


def test_numbers_without_a_unit():
    data = xr.Dataset({"mine": 2.0, "mine_error": 0.1})
    for x in data.data_vars.values():
        x.attrs["units"] = ""
    with pytest.warns(UserWarning, match=r"'mine' of `derived` stay as they are.*data\['mine'\].attrs"):
        assert kt.to_si(data).identical(data)
    with pytest.raises(kt.InputError, match="must be a Dataset or DataArray"):
        kt.to_si([1.0])


def test_a_torque_is_that_of_its_field():
    """Ms d m x B = T on the moment, sea and window together, errors along."""
    rng = np.random.default_rng(0)
    m = np.array([0.6, 0.0, 0.8])
    torque = np.cross(m, rng.normal(size=(2, 3)))
    axes = {"axis": ["x", "y", "z"], "part": ["sea", "window"]}
    data = xr.Dataset({"t": (("part", "axis"), torque), "t_error": ("part", [0.1, 0.2])}, axes)
    data.t.attrs["units"] = data.t_error.attrs["units"] = "eV/nm^2"
    found = kt.effective_field(data, "t", Ms=8e5, thickness=2.0, m=m)
    back = 8e5 * 2e-9 * np.cross(m, found.effective_field)
    np.testing.assert_allclose(back, torque.sum(axis=0) * E / NM**2, rtol=1e-12)
    assert found.effective_field.attrs["units"] == found.effective_field_error.attrs["units"] == "T"
    assert float(found.effective_field_error) == pytest.approx(np.sqrt(2) * 0.3 * E / NM**2 / (8e5 * 2e-9))
    assert kt.effective_field(kt.to_si(data), "t", Ms=8e5, thickness=2.0, m=m).equals(found)


@pytest.mark.parametrize(
    ("unit", "factor", "expected"),
    [
        ("eV/nm^2", E / NM**2, "T"),
        ("hbar I/e", HBAR / E, "T m^2/A"),
        ("1/nm^2", E / NM**2, "T/V"),
    ],
)
def test_field_of_a_component(unit, factor, expected):
    data = xr.Dataset({"t": 2.0})
    data.t.attrs["units"] = unit
    found = kt.effective_field(data, "t", Ms=1e6, thickness=1.0)
    assert float(found.effective_field) == pytest.approx(2 * factor / 1e-3)
    assert found.effective_field.attrs["units"] == expected
    assert "effective_field_error" not in found


def test_field_of_a_response_is_that_of_its_torque_at_a_volt():
    """1 V of a response is 1 eV/nm^2 of 1/nm^2."""
    response, torque = (xr.Dataset({"t": 2.0}) for _ in range(2))
    response.t.attrs |= {"units": "1/nm^2", "kind": "torque"}
    torque.t.attrs |= {"units": "eV/nm^2", "kind": "torque"}
    per_volt, field = (kt.effective_field(one, "t", Ms=1e6, thickness=1.0) for one in (response, torque))
    assert per_volt.effective_field.attrs["units"] == "T/V"
    assert float(per_volt.effective_field) == pytest.approx(float(field.effective_field), rel=1e-12)


def test_an_error_alone_is_of_the_kind_of_its_variable():
    stack = kt.Stack([kt.Layer(kt.FreeElectron.from_wavevectors(5.0), 0.4)], 0.1)
    data = kt.torques(stack, 0.0, tolerance=0.1, progress=False)
    assert kt.to_si(data.density_error).identical(kt.to_si(data).density_error)
    assert kt.to_si(data.drop_vars("density")).density_error.identical(kt.to_si(data).density_error)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"Ms": 1.8}, "`Ms` must be in A/m"),
        ({"thickness": -1.0}, "`thickness` must be > 0 nm"),
        ({"name": "torqe"}, "unknown variable 'torqe'; did you mean 'torque'"),
        ({"name": "current"}, "must be a torque per area.*got unit '1'"),
        ({"m": "z"}, "one without takes none"),
        ({"name": "vector"}, "needs `m`"),
    ],
)
def test_fields_that_are_none(changed, message):
    data = xr.Dataset({"torque": 1.0, "current": 1.0, "vector": ("axis", [0.0, 1.0, 0.0])}, {"axis": ["x", "y", "z"]})
    for name, unit in {"torque": "hbar I/e", "current": "I/e", "vector": "eV/nm^2"}.items():
        data[name].attrs["units"] = unit
    given = {"name": "torque", "Ms": 1e6, "thickness": 1.0} | changed
    with pytest.raises(kt.InputError, match=message):
        kt.effective_field(data, **given)
