"""A mailbox of one place between threads: the latest value wins, older ones are dropped.

Queued pictures pile up behind a slow reader; a mailbox cannot.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds at most one value. Safe from any thread."""

    def __init__(self) -> None:
        self._fresh = threading.Condition()
        self._value: T | None = None
        self._closed = False
        self.dropped = 0

    def put(self, value: T) -> None:
        """Leave a value; one that nobody took is dropped."""
        with self._fresh:
            self.dropped += self._value is not None
            self._value = value
            self._fresh.notify()

    def take(self) -> T | None:
        """The value if there is one, without waiting."""
        with self._fresh:
            value, self._value = self._value, None
            return value

    def wait(self, timeout_s: float | None = None) -> T | None:
        """The next value; None when closed or when the time is over."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._value is not None or self._closed, timeout_s)
            value, self._value = self._value, None
            return value

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Wake whoever waits, for good."""
        with self._fresh:
            self._closed = True
            self._fresh.notify_all()
