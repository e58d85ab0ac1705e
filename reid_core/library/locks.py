"""Locks of the operating system's that end with their process, and notes on who holds them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

POLL_S = 0.02  # a transaction takes a few ms, so a waiting writer looks often


class HeldByAnother(Exception):
    """The lock was not free in time. str: who holds it."""


class NotedLock:
    """A lock file and, beside it, a note for those who find it taken.

    Excludes other processes and other threads. The note holds a process number, an action's name
    and a time.
    """

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path)
        self._path, self._note = path, path.with_suffix(".json")

    def acquire(self, action: str, *, since: str, wait_s: float) -> None:
        """Take it within wait_s seconds. Raises HeldByAnother, OSError."""
        try:
            self._lock.acquire(timeout=wait_s, poll_interval=POLL_S)
        except Timeout as error:
            raise HeldByAnother(self.holder()) from error
        try:
            self._note.write_text(
                json.dumps({"pid": os.getpid(), "action": action, "since": since})
            )
        except OSError:
            self._note.unlink(missing_ok=True)  # the lock counts, the note is a courtesy

    def release(self) -> None:
        """Let others have it."""
        self._lock.release()

    def delete(self) -> None:
        """Take the files away; only while nobody can be about to take the lock."""
        for path in (self._path, self._note):
            with suppress(OSError):  # an empty file that stays does no harm
                path.unlink(missing_ok=True)

    def holder(self) -> str:
        """Who holds it, as far as the note says."""
        try:
            held = json.loads(self._note.read_text())
            action, since = str(held["action"])[:40], str(held["since"])[:32]
            return f"process {int(held['pid'])} ({action}, since {since})"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"
