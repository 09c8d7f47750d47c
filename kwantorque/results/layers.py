"""What belongs to layers: apart from all else, and torques by their parts.

That is, in and out of the plane of two magnetisations.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..errors import InputError, instance, known, named
from .dataset import ERROR, value_of

__all__ = ["components", "per_layer"]

COLLINEAR = 1e-6
"""|m x m'| below which two magnetisations span no plane."""
OF_LAYER = "_of_layer"
OF_EACH = ["layer_m", "layer_majority", "layer_thickness"]
"""Coordinates of the layers, beside their names."""


@named
def per_layer(data: xr.Dataset) -> xr.Dataset:
    """What a Dataset has for each layer, with its errors, and nothing else.

    In it `sel(layer="free")` is about that layer whatever one goes on with. In the
    whole Dataset, as everywhere in xarray, it leaves alone what has no dimension
    `layer`: totals, and values on sites and bonds. These are of no single layer, since
    a site on an interface belongs half to either side.

    Parameters
    ----------
    data : Dataset of `kwantorque.torques`, `steady_state`, `torques_at`, `sweep`, ...

    Returns
    -------
    xarray.Dataset
        All `<name>_of_layer` and `torque_of_term`, their errors, and names,
        magnetisations and thicknesses of the layers.

    Raises
    ------
    InputError
        The Dataset has nothing for each layer.

    Examples
    --------
    >>> import kwantorque as kt
    >>> cobalt = kt.FreeElectron.from_wavevectors(13.6, 8.0)
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> free, lead = kt.Layer(cobalt, 0.5, m="x", name="free"), kt.Layer(copper)
    >>> stack = kt.Stack([free], 0.05, left=lead, right=lead)
    >>> data = kt.torques(stack, 0.0, tolerance=0.1, progress=False)
    >>> free = kt.per_layer(data).sel(layer="free")
    >>> float(free.layer_thickness), "exchange_torque_of_layer_error" in free
    (0.5, True)
    >>> "exchange_torque" in data.sel(layer="free"), "exchange_torque" in free
    (True, False)
    """
    instance("data", data, xr.Dataset, "kwantorque.torques(stack, energy)")
    names = [name for name, values in data.data_vars.items() if "layer" in values.dims]
    if not names:
        raise InputError("`per_layer` needs a Dataset with a dimension `layer`, such as `kwantorque.torques` returns")
    return data[[name for name in data.data_vars if value_of(name) in names]]


@named
def components(data: xr.Dataset, layer: str, reference: str, torque: str = "exchange_torque") -> xr.Dataset:
    """Damping-like and field-like torque on a layer, with respect to another one.

    With m the magnetisation of the layer and p that of the reference,

        damping_like = torque.[m x (p x m)]/|m x p|      in their plane, towards p
        field_like = torque.n,   n = m_1 x m_2/|m_1 x m_2|      out of their plane

    n is the same for both of two magnets, m_1 the left and m_2 the right one of them,
    so that opposite torques have opposite field_like: of two magnets at the angle
    theta, field_like on the right one is -dOmega/d(theta) in equilibrium. On the left
    one n is m x p/|m x p|, on the right one minus that: there the coefficient of m x p
    in an equation of motion is -field_like/|m x p|, and that of m x (p x m) is
    damping_like/|m x p|.

    Parameters
    ----------
    data : Dataset of `kwantorque.torques`, `steady_state`, `torques_at`, or a system
    layer, reference : str
        Their names along the dimension `layer`; the leads are "left" and "right".
    torque : str
        Another torque, of which the Dataset has `<torque>_of_layer`.

    Returns
    -------
    xarray.Dataset
        `damping_like` and `field_like` in the unit of the torque, with `part`, `k` and
        other dimensions that it has, and `damping_like_error`, `field_like_error` where
        it has an error. In a sweep that turns the magnetisations they are NaN where
        these are collinear.

    Raises
    ------
    InputError
        An unknown layer or torque, one that is not magnetic, a magnetisation that
        varies in its layer, or two that are collinear.

    References
    ----------
    D. C. Ralph and M. D. Stiles, J. Magn. Magn. Mater. 320, 1190 (2008), section 4.

    Examples
    --------
    >>> import kwantorque as kt
    >>> cobalt = kt.FreeElectron.from_wavevectors(13.6, 8.0)
    >>> copper = kt.FreeElectron.from_wavevectors(13.6)
    >>> fixed = kt.Layer(cobalt, 0.5, m="z", name="fixed")
    >>> free = kt.Layer(cobalt, 0.5, m="x", name="free")
    >>> spacer, lead = kt.Layer(copper, 0.5, name="spacer"), kt.Layer(copper)
    >>> valve = kt.Stack([fixed, spacer, free], 0.05, left=lead, right=lead)
    >>> data = kt.torques(valve, 0.0, tolerance=0.1, progress=False)
    >>> found = kt.components(data, layer="free", reference="fixed")
    >>> on_free = data.exchange_torque_of_layer.sel(layer="free")
    >>> float(found.damping_like) == float(on_free.sel(axis="z"))
    True
    >>> kt.components(data, layer="free", reference="spacer")
    Traceback (most recent call last):
    ...
    kwantorque.errors.InputError: the layer 'spacer' has no magnetisation
    """
    instance("data", data, xr.Dataset, "kwantorque.torques(stack, energy)")
    if "layer" not in data.dims or "layer_m" not in data:
        raise InputError("`components` needs a Dataset with torques on layers, such as `kwantorque.torques` returns")
    named = [name.removesuffix(OF_LAYER) for name in data.data_vars if name.endswith(OF_LAYER)]
    name = known("torque", torque, [one for one in named if "axis" in data[one + OF_LAYER].dims]) + OF_LAYER
    names = data.layer.values.tolist()
    m, p = (_magnetisation(data, known("layer", one, names)) for one in (layer, reference))
    normal = xr.cross(m, p, dim="axis")
    sine = np.sqrt((normal**2).sum("axis"))
    if not (sine > COLLINEAR).any():
        raise InputError(
            f"the magnetisations of {layer!r} and {reference!r} are collinear: they span no plane, and the torque has "
            "no parts in it and out of it"
        )
    normal = normal / sine.where(sine > COLLINEAR)
    in_plane = xr.cross(normal, m, dim="axis")
    from_left = 1 if names.index(layer) < names.index(reference) else -1
    found = {}
    for part, direction, words in (
        ("damping_like", in_plane, f"damping-like, towards the magnetisation of {reference}"),
        ("field_like", from_left * normal, f"field-like, out of the plane of {layer} and {reference}"),
    ):
        about = {"units": data[name].attrs["units"], "long_name": f"{torque} on {layer}, {words}"}
        found[part] = (data[name].sel(layer=layer) * direction).sum("axis", skipna=False).assign_attrs(about)
        if name + ERROR in data:
            about = about | {"long_name": f"largest error of {part}"}
            found[part + ERROR] = (abs(direction).sum("axis", skipna=False) * data[name + ERROR]).assign_attrs(about)
    return xr.Dataset(found, attrs=data.attrs).drop_vars(["layer", *OF_EACH], errors="ignore")


def _magnetisation(data, layer):
    m = data.layer_m.sel(layer=layer, drop=True)
    if m.isnull().all():
        raise InputError(f"the magnetisation of the layer {layer!r} varies in it: cut it into uniform layers")
    if not m.any():
        raise InputError(f"the layer {layer!r} has no magnetisation")
    return m.drop_vars(OF_EACH, errors="ignore")
