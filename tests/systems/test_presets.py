"""Presets: parameters of real materials."""

import pytest

from kwantorque.errors import InputError
from kwantorque.systems import PRESETS, find, preset


@pytest.mark.parametrize("one", PRESETS.values(), ids=lambda one: one.name)
def test_presets_are_for_a_system_and_say_where_they_come_from(one):
    system = find(one.system)
    system.check(system.complete(one.parameters | {"spacing": 0.1}))
    assert "(" in one.source
    assert len(one.source) > 80
    with pytest.raises(InputError, match="did you mean"):
        preset(one.name + "x")
