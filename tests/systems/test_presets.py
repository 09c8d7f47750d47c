"""Presets: parameters of real materials."""

import re

import pytest

from kwantorque.errors import InputError
from kwantorque.systems import PRESETS, find, preset


@pytest.mark.parametrize("one", PRESETS.values(), ids=lambda one: one.name)
def test_presets_are_for_a_system_and_say_where_they_come_from(one):
    system = find(one.system)
    system.check(system.complete(one.parameters | {"spacing": 0.1}))
    # Author and year of a publication, and a word on what it does not say.
    assert re.search(r"[A-Z]\w+.*\((19|20)\d\d\)", one.source)
    assert re.search(r"choices?\b", one.source)
    assert set(one.parameters) <= {p.name for p in system.parameters}
    with pytest.raises(InputError, match="did you mean"):
        preset(one.name + "x")
