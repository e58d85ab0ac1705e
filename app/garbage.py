"""Keeping Python's garbage collector from holding up the window.

A full collection looks at every object that can be part of a cycle: with all modules loaded some
200,000 of them, most of which stay as long as the program. That takes 100 ms, during which no
thread runs any Python, whichever thread it began in. What was imported is therefore put aside.
"""

from __future__ import annotations

import gc

_is_allowed = False


def allow() -> None:
    """Have `freeze` work from now on: in the program, not where a test counts what is left."""
    global _is_allowed
    _is_allowed = True


def freeze() -> None:
    """Put aside whatever there is now; called once modules were imported and models loaded.

    What is put aside still goes with its last reference; only a cycle of it would stay.
    """
    if _is_allowed:
        gc.freeze()
