"""What junctions under a bias share: warnings of a barrier that is none, and of bands that the bias shuts."""

import warnings

__all__ = ["check_bias"]


def check_bias(unbiased, bias, height):
    """Warn of a barrier that is none, and of a bias that shuts a band to part of the window."""
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
