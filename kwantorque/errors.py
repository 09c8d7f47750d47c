"""The kinds of failure a user can meet, and the checks that raise them."""

import difflib
import inspect
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

__all__ = [
    "AccuracyWarning",
    "ComputationError",
    "InputError",
    "finite",
    "in_a_line",
    "instance",
    "known",
    "length",
    "named",
    "positive",
    "users_level",
    "whole",
]

P, R = ParamSpec("P"), TypeVar("R")

LARGEST = 1e9
"""No parameter in eV, nm or degrees is larger than this on purpose."""
SHORTEST = 5e-7
"""No length in nm is shorter than this on purpose: it was meant in metres."""
BOOLEANS = (bool, np.bool_)
"""Numbers to Python, mistakes to us: `energy=True` is an option in the wrong place."""


class InputError(ValueError):
    """The input cannot be computed: what must hold, and what was given.

    Examples
    --------
    >>> import kwantorque as kt
    >>> try:
    ...     kt.Layer(kt.KohnLuttinger(), -2)
    ... except kt.InputError as error:
    ...     print(error)
    `thickness` must be > 0 nm, got -2
    """


class ComputationError(RuntimeError):
    """The input was fine but a check failed, so that the result is withheld.

    The message says what failed, where (k in 1/nm, energy in eV), and what may help.

    Examples
    --------
    A script can go on where one of many energies fails:

    >>> import kwantorque as kt
    >>> wire = kt.Stack([kt.Layer(kt.KohnLuttinger(), 1)], 0.2)
    >>> for energy in (0.05, 0.06):
    ...     try:
    ...         data = kt.torques_at(wire, (0.1, 0), energy)
    ...     except kt.ComputationError as error:
    ...         print(energy, error)
    """


class AccuracyWarning(UserWarning):
    """A result errs by more than was asked: `error_estimate` is above `tolerance`.

    The message says by how much, and what may help.

    Examples
    --------
    A script that must not go on then:

    >>> import warnings
    >>> import kwantorque as kt
    >>> wire = kt.Stack([kt.Layer(kt.KohnLuttinger(), 1)], 0.5)
    >>> few = kt.PolarRule(max_points=1)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", kt.AccuracyWarning)
    ...     try:
    ...         data = kt.torques(wire, 0.06, tolerance=1e-6, kpar=few, progress=False)
    ...     except kt.AccuracyWarning as warning:
    ...         print(str(warning).split(",")[0])
    the integral stopped at an error of 0.11
    """


def finite(name: str, value: Any, unit: str = "") -> float:
    """A finite real number, as a float.

    Parameters
    ----------
    name : str
        What the user calls it.
    value : number
    unit : str, optional

    Raises
    ------
    InputError
        If it is a boolean, a string, no number, not finite, or larger than 1e9.

    Examples
    --------
    >>> from kwantorque.errors import finite
    >>> finite("energy", 0.06, "eV")
    0.06
    >>> finite("energy", True, "eV")
    Traceback (most recent call last):
    kwantorque.errors.InputError: `energy` must be a number in eV, got True
    """
    unit = f" in {unit}" if unit else ""
    try:
        if isinstance(value, (*BOOLEANS, str)):
            raise TypeError
        number = float(value)
    except OverflowError:
        number = float("inf")
    except (TypeError, ValueError):
        raise InputError(f"`{name}` must be a number{unit}, got {value!r}") from None
    if not abs(number) <= LARGEST:
        raise InputError(f"`{name}` must be a finite number below {LARGEST:g}{unit}, got {value!r}")
    return number


def positive(name: str, value: Any, unit: str = "") -> float:
    """A finite number > 0, as a float.

    Parameters
    ----------
    name, value, unit
        As in `finite`.

    Raises
    ------
    InputError
        If it is not what `finite` accepts, or not > 0.

    Examples
    --------
    >>> from kwantorque.errors import positive
    >>> positive("thickness", 2, "nm")
    2.0
    >>> positive("thickness", 0, "nm")
    Traceback (most recent call last):
    kwantorque.errors.InputError: `thickness` must be > 0 nm, got 0
    """
    number = finite(name, value, unit)
    if number <= 0:
        raise InputError(f"`{name}` must be > 0{unit and ' ' + unit}, got {value!r}")
    return number


def length(name: str, value: Any) -> float:
    """A length > 0 in nm, as a float.

    Parameters
    ----------
    name, value
        As in `finite`.

    Raises
    ------
    InputError
        If it is not what `positive` accepts, or so short that it must be in metres.

    Examples
    --------
    >>> from kwantorque.errors import length
    >>> length("thickness", 2)
    2.0
    >>> length("thickness", 2e-9)
    Traceback (most recent call last):
    kwantorque.errors.InputError: `thickness` must be in nm, got 2e-09: 2 nm in metres?
    """
    number = positive(name, value, "nm")
    if number < SHORTEST:
        raise InputError(f"`{name}` must be in nm, got {value!r}: {number * 1e9:g} nm in metres?")
    return number


def whole(name: str, value: Any, least: int = 1) -> int:
    """A whole number >= `least`, as an int.

    Parameters
    ----------
    name : str
        What the user calls it.
    value : number without a fraction, or a string that reads as one
    least : int

    Raises
    ------
    InputError
        If it is a boolean, no number, has a fraction, or is smaller than `least`.

    Examples
    --------
    >>> from kwantorque.errors import whole
    >>> whole("points", "60")
    60
    >>> whole("points", 0.5)
    Traceback (most recent call last):
    kwantorque.errors.InputError: `points` must be a whole number >= 1, got 0.5
    """
    try:
        number = float("nan") if isinstance(value, BOOLEANS) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not (number.is_integer() and number >= least):
        raise InputError(f"`{name}` must be a whole number >= {least}, got {value!r}")
    return int(number)


def in_a_line(value: Any) -> str:
    """How a value shows itself, without what comes after its first line.

    Examples
    --------
    >>> from kwantorque.errors import in_a_line
    >>> class Stack:
    ...     def __repr__(self):
    ...         return "Stack of 2 nm:\\n  Fe\\n  Cu"
    >>> in_a_line(Stack()), in_a_line("Fe")
    ('Stack of 2 nm: ...', "'Fe'")
    """
    first, *others = repr(value).splitlines()
    return f"{first} ..." if others else first


def instance(name: str, value: Any, kind: type, example: str) -> Any:
    """An object of a class, as it is.

    Parameters
    ----------
    name : str
        What the user calls it.
    value : object
    kind : class it must be of
    example : str
        How one is made.

    Raises
    ------
    InputError
        If it is not of this class.

    Examples
    --------
    >>> import kwantorque as kt
    >>> from kwantorque.errors import instance
    >>> instance("kpar", kt.PolarRule(), kt.PolarRule, "PolarRule()")
    PolarRule(max_points=200000, first_rays=8, widen=1.0)
    >>> instance("kpar", 5, kt.PolarRule, "PolarRule()")
    Traceback (most recent call last):
    kwantorque.errors.InputError: `kpar` must be a PolarRule such as PolarRule(), got 5
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise InputError(f"`{name}` must be {article} {kind.__name__} such as {example}, got {in_a_line(value)}")
    return value


def known(kind: str, name: Any, choices: Iterable[str], cutoff: float = 0.4) -> str:
    """One of some words, as it is; the error suggests the near ones, else names all.

    Near is a word that is as alike as `cutoff` says, or one that begins with `name`;
    several, if they are as near as the nearest.

    Parameters
    ----------
    kind : str
        What they are words for.
    name : str
    choices : iterable of str
    cutoff : float
        From 0 to 1.

    Raises
    ------
    InputError
        If it is none of them.

    Examples
    --------
    >>> from kwantorque.errors import known
    >>> known("source", "left", ("left", "right"))
    'left'
    >>> known("source", "rigth", ("left", "right"))
    Traceback (most recent call last):
    kwantorque.errors.InputError: unknown source 'rigth'; did you mean 'right'?
    """
    choices = list(choices)
    # An array compared with words is an array.
    if isinstance(name, str) and name in choices:
        return name
    near = [choice for choice in choices if len(str(name)) > 2 and choice.startswith(str(name))]
    near = near or difflib.get_close_matches(str(name), choices, n=1, cutoff=cutoff)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; choose from {', '.join(choices)}"
    raise InputError(f"unknown {kind} {name!r}{hint}")


def named(entry: Callable[P, R]) -> Callable[P, R]:
    """Decorator of what users call: a misspelt argument is an `InputError` with a hint.

    Parameters
    ----------
    entry : function, or class whose arguments are those of its `__init__`

    Examples
    --------
    >>> import kwantorque as kt
    >>> wire = kt.Stack([kt.Layer(kt.FreeElectron(), 1)], 0.1)
    >>> kt.torques(wire, 1.0, tol=0.1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    kwantorque.errors.InputError: unknown argument of torques 'tol'; did you mean ...
    >>> kt.torques(wire, 1.0, 0.1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    kwantorque.errors.InputError: torques: too many positional arguments; it takes ...
    """
    function = entry.__init__ if inspect.isclass(entry) else entry
    signature = inspect.signature(function)
    parameters = {name: one for name, one in signature.parameters.items() if name not in ("self", "cls")}
    by_name = [name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY]
    by_place = ", ".join(name for name in parameters if name not in by_name)
    takes = f"it takes {by_place}" + (f", and by name {', '.join(by_name)}" if by_name else "")

    @wraps(function)
    def call(*arguments, **given):
        for name in given:
            known(f"argument of {entry.__name__}", name, parameters)
        try:
            signature.bind(*arguments, **given)
        except TypeError as error:
            raise InputError(f"{entry.__name__}: {error}; {takes}") from None
        return function(*arguments, **given)

    if not inspect.isclass(entry):
        return call
    entry.__init__ = call
    return entry


def users_level() -> int:
    """The `stacklevel` of a warning that points at the line which called the package.

    Where the same function warns however deep it was called.
    """
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "kwantorque":
        frame, level = frame.f_back, level + 1
    return level
