"""Sentences for a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

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
