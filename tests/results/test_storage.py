"""Results on disk: whole, and recognised."""

import pytest
import xarray as xr

from kwantorque.errors import InputError
from kwantorque.results.storage import load, save


def test_netcdf_round_trip(paper_wire, tmp_path):
    path = tmp_path / "wire.nc"
    paper_wire.to_netcdf(path)
    with xr.open_dataset(path) as again:
        xr.testing.assert_identical(paper_wire, again.load())


def test_storage_recognises_its_own(paper_wire, tmp_path):
    path = tmp_path / "wire.nc"
    data = paper_wire.assign_attrs(system="wire", parameters='{"a": 1.0}')
    identity = {"system": "wire", "parameters": {"a": 1.0}, "solver": "batched", "tolerance": 1e-3}
    save(data, path)
    xr.testing.assert_identical(load(path, identity), data)
    assert [p.name for p in tmp_path.iterdir()] == ["wire.nc"]
    with pytest.raises(InputError, match=r"with a = 1.0, not 2.0"):
        load(path, identity | {"parameters": {"a": 2.0}})
    with pytest.raises(InputError, match=r"with tolerance = 0\.001, not 0\.01"):
        load(path, identity | {"tolerance": 1e-2})
    path.write_text("not netCDF")
    with pytest.raises(InputError, match="not a result of kwantorque"):
        load(path, identity)
    for junk in ("junk", "3", '{"a": 1.0, "b": 2.0}'):
        save(data.assign_attrs(parameters=junk), path)
        with pytest.raises(InputError, match=r"holds a result with|not a result of"):
            load(path, identity)
