"""What a Dataset says of itself."""

import numpy as np

from kwantorque.results.dataset import SCHEMA


def test_schema_and_provenance(paper_wire):
    assert set(paper_wire.data_vars) == {*SCHEMA, *(f"{name}_error" for name in SCHEMA)}
    for name, record in SCHEMA.items():
        assert paper_wire[name].dims == record.dims
        assert paper_wire[name].attrs["units"] == record.unit.response
        assert paper_wire[name].attrs["long_name"] == record.label
        assert paper_wire[name].attrs["kind"] == record.kind
        assert float(paper_wire[f"{name}_error"]) >= 0
    for name in ("version", "solver", "tolerance", "closure", "error_estimate", "stack", "energy", "k_points"):
        assert name in paper_wire.attrs
    assert paper_wire.attrs["rotation_order"] == 4
    assert np.allclose(paper_wire.z_bond[1:], paper_wire.z + 0.1)
