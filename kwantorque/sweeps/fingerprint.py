"""What a function computes with: its code, and what it takes from around it."""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

__all__ = ["as_word", "changes", "fingerprint"]

LONG = 40
"""Letters from which on a word is told by its hash alone."""
ALL_OF_THEM = 10**6
"""Numbers of an array up to which all of them count, if it is in a list, say."""


def fingerprint(function: Callable[..., Any]) -> dict[str, str]:
    """Words for the code of a function, and for what is not an argument but used.

    These are global variables, those of functions around it, and functions and classes
    of the same module, with what these use. Comments and layout do not count, nor do
    other modules, nor objects that say nothing of themselves but where they are.

    Parameters
    ----------
    function : callable

    Returns
    -------
    dict
        By the name of each; the code of the function itself is `code`.

    Examples
    --------
    >>> from kwantorque.sweeps.fingerprint import fingerprint
    >>> mass = 0.4
    >>> def inverse(x):
    ...     return x / mass
    >>> fingerprint(inverse)["mass"]
    '0.4'
    >>> one = fingerprint(lambda x: x + 1)
    >>> one == fingerprint(lambda x: x + 1), one == fingerprint(lambda x: x + 2)
    (True, False)
    """
    found, own, left = {}, function, [("code", function)]
    if not isinstance(function, FunctionType):
        # A method, or an object that is called: with what it holds.
        own = getattr(function, "__func__", type(function).__call__)
        found["self"] = _short(as_word(getattr(function, "__self__", function)))
        left = [("code", own)]
    home, seen = getattr(own, "__module__", None), set()
    while left:
        name, one = left.pop()
        if name in found or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, FunctionType):
            found[name] = _code_of(one)
            left += _around(one, home)
        else:
            found[name] = _short(_source_of(one) if isinstance(one, type) else as_word(one))
    return found


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Names of what is not the same in two fingerprints.

    Examples
    --------
    >>> from kwantorque.sweeps.fingerprint import changes
    >>> changes({"code": "a", "mass": "0.4"}, {"code": "a", "mass": "0.5"})
    ['mass']
    """
    return [name for name in dict.fromkeys([*now, *before]) if before.get(name) != now.get(name)]


def as_word(value: Any) -> bool | int | float | str:
    """A value as a file can say it; addresses in memory tell nothing.

    Examples
    --------
    >>> from kwantorque.sweeps.fingerprint import as_word
    >>> as_word(0.4), as_word(object())
    (0.4, '<object object>')
    """
    if isinstance(value, (bool, int, float, str)):
        return value
    with np.printoptions(threshold=ALL_OF_THEM, precision=17):
        return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _around(function: FunctionType, home: str | None) -> Iterator[tuple[str, Any]]:
    """Names and values that the code of a function takes from around it."""
    closed = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    for name, cell in closed.items():
        # One that is not yet given a value is none.
        values = [cell.cell_contents] if _is_filled(cell) else []
        yield from ((name, value) for value in values if _counts(value, home))
    for name in _names_in(function.__code__):
        value = function.__globals__.get(name)
        if name in function.__globals__ and name not in closed and _counts(value, home):
            yield name, value


def _is_filled(cell):
    try:
        cell.cell_contents  # noqa: B018 - an empty one raises
    except ValueError:
        return False
    return True


def _counts(value, home):
    """Whether it is a value, or code of the user's own."""
    if isinstance(value, ModuleType):
        return False
    if isinstance(value, (FunctionType, type)):
        return value.__module__ == home
    return not callable(value) or " at 0x" not in repr(value)


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in _inner(code):
        yield from _names_in(inner)


def _inner(code):
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _code_of(function: FunctionType) -> str:
    """A hash that changes with the code, not with its comments."""
    # The source of a lambda is that of the lines around it.
    source = "" if function.__name__ == "<lambda>" else _source_of(function)
    return _hash(source or repr(_steps(function.__code__)))


def _steps(code):
    constants = [one for one in code.co_consts if not isinstance(one, CodeType)]
    return code.co_code, constants, code.co_names, [_steps(inner) for inner in _inner(code)]


def _source_of(one) -> str:
    try:
        return ast.dump(ast.parse(textwrap.dedent(inspect.getsource(one))))
    except (OSError, TypeError, SyntaxError):
        return ""


def _short(value):
    word = value if isinstance(value, str) else repr(value)
    return word if len(word) <= LONG else _hash(word)


def _hash(words):
    return hashlib.sha256(words.encode()).hexdigest()[:16]
