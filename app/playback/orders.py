"""What the window asked the playing thread for, the newest alone."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done at once. opens: a file, or close the one that is open (path None).

    seek_s: go there; is_rough: showing pictures on the way. steps: pictures on, or back.
    redraw: show the present picture again, in another size.
    """

    opens: bool = False
    path: Path | None = None
    seek_s: float | None = None
    is_rough: bool = False
    steps: int = 0
    redraw: bool = False


@dataclass(frozen=True, slots=True)
class Manner:
    """How it plays from now on. loop: from and to in seconds. box: px of the screen."""

    is_playing: bool = False
    speed: float = 1.0
    loop: tuple[float, float] | None = None
    box: tuple[int, int] = (640, 360)


NOTHING = Order()


class Orders:
    """A box for orders with one reader. Safe from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._order = NOTHING
        self._manner = Manner()
        self._closed = False

    @property
    def manner(self) -> Manner:
        """How to play."""
        return self._manner

    @property
    def is_closed(self) -> bool:
        """Whether the thread is to end."""
        return self._closed

    @property
    def is_overtaken(self) -> bool:
        """Whether the order just worked on is not wanted any more."""
        order = self._order
        return self._closed or order.opens or order.seek_s is not None

    def open(self, path: Path | None, seek_s: float) -> None:
        """Another file, or none."""
        with self._changed:
            self._order = Order(opens=True, path=path, seek_s=seek_s)
            self._changed.notify()

    def seek(self, seek_s: float, *, rough: bool) -> None:
        """Another moment; one not reached yet is forgotten."""
        with self._changed:
            self._order = replace(self._order, seek_s=seek_s, is_rough=rough, steps=0)
            self._changed.notify()

    def step(self, steps: int) -> None:
        """Some pictures on; added to those not made yet."""
        with self._changed:
            self._order = replace(self._order, steps=self._order.steps + steps)
            self._changed.notify()

    def play_so(self, manner: Manner) -> None:
        """Another manner."""
        with self._changed:
            resized = manner.box != self._manner.box
            self._manner = manner
            self._order = replace(self._order, redraw=self._order.redraw or resized)
            self._changed.notify()

    def close(self) -> None:
        """Have the thread end."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self, manner: Manner, timeout_s: float | None) -> Order | None:
        """The next order; waits for one, for another manner than `manner`, or for the time.

        None when closed.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._order != NOTHING or self._manner != manner, timeout_s
            )
            order, self._order = self._order, NOTHING
            return None if self._closed else order
