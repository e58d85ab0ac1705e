"""Ids of 63 bits, and how they are shown: 13 letters and digits that survive being read aloud."""

from __future__ import annotations

import hashlib
import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
WIDTH = 13


def random_id() -> int:
    """A new id in 1 .. 2**63 - 1."""
    return secrets.randbits(63) or 1


def stable_id(*parts: object) -> int:
    """The same id for the same parts, on every machine and in any order of work."""
    text = "\0".join(repr(p) if isinstance(p, float) else str(p) for p in parts)
    digest = hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def format_id(value: int) -> str:
    """63 bits -> 13 characters."""
    if not 0 <= value < 1 << 63:
        raise ValueError(f"{value} is not an id of 63 bits")
    return "".join(ALPHABET[(value >> (5 * i)) & 31] for i in reversed(range(WIDTH)))


def parse_id(text: str) -> int | None:
    """13 characters -> 63 bits, or None when the text is no id."""
    value = 0
    for character in text.lower():
        digit = ALPHABET.find(character)
        if digit < 0:
            return None
        value = value << 5 | digit
    return value if len(text) == WIDTH and value < 1 << 63 else None
