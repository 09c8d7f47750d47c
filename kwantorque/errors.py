"""The two kinds of failure a user can meet, and the checks that raise them at the border."""

import difflib

__all__ = ["ComputationError", "InputError", "finite", "known", "positive"]


LARGEST = 1e9
"""No parameter in eV, nm or degrees is larger than this on purpose."""


class InputError(ValueError):
    """The input cannot be computed: the message says what must hold and what was given."""


class ComputationError(RuntimeError):
    """The input was fine but the computation failed a check, so its result is withheld."""


def finite(name, value, unit=""):
    """Return `value` as a float; `InputError` unless it is a finite real number."""
    unit = f" {unit}" if unit else ""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"`{name}` must be a number{unit and ' in' + unit}, got {value!r}") from None
    if not abs(number) <= LARGEST:
        raise InputError(f"`{name}` must be a finite number below {LARGEST:g}{unit and ' in' + unit}, got {value!r}")
    return number


def positive(name, value, unit=""):
    """Return `value` as a float; `InputError` unless it is finite and > 0."""
    number = finite(name, value, unit)
    if number <= 0:
        raise InputError(f"`{name}` must be > 0{unit and ' ' + unit}, got {value!r}")
    return number


def known(kind, name, choices):
    """Return `name` if it is one of `choices`; otherwise name the nearest one in the `InputError`."""
    choices = list(choices)
    if name in choices:
        return name
    near = difflib.get_close_matches(str(name), choices, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]!r}?" if near else f"; choose from {', '.join(choices)}"
    raise InputError(f"unknown {kind} {name!r}{hint}")
