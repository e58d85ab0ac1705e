"""Tool tips of what comes from outside: names, notes, paths."""

from __future__ import annotations

import html


def plain_tip(text: str) -> str:
    """A text that Qt shows as it is: where it looks like HTML, Qt would take it for that, and
    load pictures that it names.
    """
    if "<" not in text and "&" not in text:
        return text
    return "<p>" + html.escape(text).replace("\n", "<br>") + "</p>"
