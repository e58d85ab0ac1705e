"""The order of names in lists, the same in the window and on the command line."""

from __future__ import annotations

import re
import unicodedata

# letters that Unicode does not take apart into a letter and its mark
ALIKE = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i"}
)
_DIGITS = re.compile(r"(\d+)")


def name_order(name: str) -> tuple[tuple[str | int, ...], str]:
    """What to sort names by: without case and accents, numbers by value; else the name itself.

    Émile is between Ellen and Erik, and Person 2 before Person 10. No order is right in every
    language (Swedish has Ö after Z); this one is where most look first, and needs no locale.
    """
    plain = name.casefold()
    if not plain.isascii():
        apart = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in apart if not unicodedata.combining(c)).translate(ALIKE)
    parts = _DIGITS.split(" ".join(plain.split()))  # text and digits in turn, text first
    return tuple(int(p) if i % 2 else p for i, p in enumerate(parts)), name
