"""Sentences for a name that does not exist, and for a value that is of another kind."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

MANY = 20  # names above which a list helps nobody


def unknown(what: str, given: str, among: Iterable[str]) -> ValueError:
    """The error for `given`, with the nearest of the names that there are, or all of them."""
    names = list(among)
    if near := difflib.get_close_matches(given, names, n=1):
        return ValueError(f"no {what} is called {given!r}: did you mean {near[0]!r}?")
    if not names:
        return ValueError(f"no {what} is called {given!r}: there is none")
    listed = ", ".join(names[:MANY]) + (" …" if len(names) > MANY else "")
    return ValueError(f"no {what} is called {given!r}: there are {listed}")


def check_kind(what: str, value: Any, default: Any) -> None:
    """Raise ValueError unless a value is of its default's kind; None for a default: any is.

    Whole numbers do for others; numbers are finite; a tuple is as many numbers, in a list too.
    """
    if default is None:
        return
    if isinstance(default, tuple):
        fits = isinstance(value, list | tuple) and len(value) == len(default)
        fits = fits and all(map(is_number, value))
    elif isinstance(default, float):
        fits = is_number(value)
    else:
        fits = type(value) is type(default)
    if not fits:
        raise ValueError(f"{what} is {value!r}, expected something like {default!r}")


def is_number(value: object) -> bool:
    """Whether it is a finite number, and neither true nor false."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
