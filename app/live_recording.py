"""Keeping what a live view sees: its own pictures go through the pipeline of indexing.

The camera is opened once. The pipeline is fed the newest picture a few times a second and skips
what it is too slow for, so that it neither holds up the view nor fills the memory.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.mailbox import Mailbox
from app.tasks import Cancelled
from reid_core.protocols import Progress
from reid_core.types import Frame, Kind

if TYPE_CHECKING:
    from reid_core.actions.index import Indexed
    from reid_core.actions.loading import Models
    from reid_core.library import Library

SLACK_S = 1e-6
SEGMENT_S = 30.0  # this much at most is lost when the computer fails


class Feed:
    """A source for the pipeline: the pictures of a live view, a few each second.

    `give` is called with every picture, from the view's thread. Times count from the first one.
    """

    def __init__(self, name: str, *, per_second: float) -> None:
        self.name = name
        self.duration_s: float | None = None
        self.decoded_frames = 0
        self._every_s = 1 / per_second
        self._box: Mailbox[Frame] = Mailbox()
        self._first_s: float | None = None
        self._due_s = 0.0
        self._over = threading.Event()

    def give(self, frame: Frame) -> None:
        """Take in a picture if it is time for one."""
        if self._first_s is None:
            self._first_s = frame.time_s
        time_s = frame.time_s - self._first_s
        if time_s < self._due_s - SLACK_S or self._over.is_set():
            return
        # a grid, so that delays do not add up
        self._due_s = (math.floor(time_s / self._every_s + 1e-6) + 1) * self._every_s
        self.decoded_frames += 1
        self._box.put(replace(frame, time_s=time_s, source=self.name))

    def __iter__(self) -> Iterator[Frame]:
        while not self._over.is_set():
            if (frame := self._box.wait(0.5)) is not None:
                yield frame

    def close(self) -> None:
        """No more pictures; what was given is finished."""
        self._over.set()
        self._box.close()


def record(
    library: Library,
    models: Models,
    feed: Feed,
    *,
    per_second: float,
    kinds: Sequence[Kind],
    progress: Progress,
) -> Indexed:
    """Store whom the feed shows until it is closed. Cancelling closes it; nothing is lost."""
    from reid_core.actions.index import index
    from reid_core.video.pipeline import Plan

    def tell(share: float, what: str) -> None:
        try:
            progress(share, what)
        except Cancelled:  # the last seconds are finished and stored all the same
            feed.close()

    return index(
        library,
        models,
        feed.name,
        per_second=per_second,
        kinds=kinds,
        plan=Plan(segment_s=SEGMENT_S, workers=1),
        progress=tell,
        opened=feed,
    )
