"""What junctions under a bias share.

Warnings of bands and barriers that it shifts, and what their figures start from.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from kwantorque.errors import InputError
from kwantorque.transport import Numerics

if TYPE_CHECKING:
    import xarray as xr

    from kwantorque.structures.stack import Stack

__all__ = ["ROUGHLY", "SHOWN", "check_bias", "parameters_of_run"]

ROUGHLY = Numerics(0.02, progress=False)
"""How exactly a figure is computed: to less than the width of its lines."""
SHOWN = 1.5
"""Length of a magnet in the figure, nm."""


def parameters_of_run(data: xr.Dataset, name: str) -> dict[str, Any]:
    """The parameters of a single run of a system, from its Dataset.

    Raises
    ------
    InputError
        The Dataset is of something else, or a sweep.

    Examples
    --------
    >>> import xarray as xr
    >>> from kwantorque.systems.junction import parameters_of_run
    >>> attrs = {"system": "magnetic-tunnel-junction", "parameters": '{"bias": 0.4}'}
    >>> parameters_of_run(xr.Dataset(attrs=attrs), "magnetic-tunnel-junction")
    {'bias': 0.4}
    """
    if not hasattr(data, "attrs") or data.attrs.get("system") != name or data.attrs.get("sweep"):
        raise InputError(f"this figure needs a Dataset of a single run of `{name}`")
    return json.loads(data.attrs["parameters"])


def check_bias(unbiased: Stack, bias: float, height: float) -> None:
    """Warn of a barrier that is none, and of a bias that shuts a band to some energies.

    Parameters
    ----------
    unbiased : Stack
        With leads of `FreeElectron`, and the Fermi energy at 0.
    bias : float, V
    height : float, eV
        Of the barrier above the Fermi energy, without bias.

    Warns
    -----
    UserWarning

    Examples
    --------
    >>> import warnings
    >>> import kwantorque as kt
    >>> from kwantorque.systems.junction import check_bias
    >>> iron = kt.Layer(kt.FreeElectron.from_wavevectors(10.9, 4.2), 1.0, m="z")
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     check_bias(kt.Stack([iron], 0.05), bias=0.2, height=0.1)
    >>> str(caught[0].message)
    'a bias of 0.2 V lowers a side of the barrier below the Fermi energy'
    """
    if height <= 0:
        warnings.warn(f"`barrier_height` = {height:g} eV is below the Fermi energy: this is no barrier", stacklevel=3)
    elif abs(bias) / 2 >= height:
        warnings.warn(f"a bias of {bias:g} V lowers a side of the barrier below the Fermi energy", stacklevel=3)
    for side, lead, shift in (("left", unbiased.left, bias / 2), ("right", unbiased.right, -bias / 2)):
        low = -abs(bias) / 2
        for spin, bottom in zip(("majority", "minority"), lead.material.bottoms, strict=True):
            if bottom < 0 and low <= bottom + shift:
                warnings.warn(
                    f"a bias of {bias:g} V lifts the bottom of the {spin} band of the {side} lead to "
                    f"{bottom + shift:.3g} eV, above the lower chemical potential {low:.3g} eV: part of the window is "
                    "shut to it",
                    stacklevel=3,
                )
