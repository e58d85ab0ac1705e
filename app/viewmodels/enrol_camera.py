"""A picture taken with a camera: its latest frames, and one of them kept."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.from_core import sentence_of
from app.mailbox import Mailbox
from app.session import Session
from app.tasks import Job
from reid_core.errors import CameoError
from reid_core.protocols import FrameSource, Progress
from reid_core.types import Frame

EVERY_S = 0.04  # between frames shown
CAMERAS = 4  # numbers offered

Opener = Callable[[str], FrameSource]


def open_camera(spec: str) -> FrameSource:
    """A camera, or whatever else gives frames. Raises SourceUnavailable."""
    from reid_core.video.source import open_source

    return open_source(spec, every_s=EVERY_S)


class Snapshot(QObject):
    """frame: the latest; None before the first."""

    frame_changed = Signal()
    failed = Signal(str)  # why there is no picture, as a sentence

    def __init__(
        self, session: Session, parent: QObject | None = None, *, opener: Opener = open_camera
    ) -> None:
        super().__init__(parent)
        self._session, self._opener = session, opener
        self._fresh: Mailbox[Frame] = Mailbox()
        self._source: FrameSource | None = None
        self._job: Job | None = None
        self._ticket = 0
        self.frame: Frame | None = None

    def start(self, spec: str) -> None:
        """Look through a camera ("camera:0"), in place of the one before."""
        self.close()
        ticket, tasks = self._ticket, self._session.tasks
        fresh = self._fresh = Mailbox()

        def work(progress: Progress) -> None:
            source = self._opener(spec)
            try:
                progress(0.0, "")  # another one may have been chosen while this one was opened
                self._source = source
                for frame in source:
                    progress(0.0, "")
                    fresh.put(frame)
                    tasks.post(lambda: self._take(ticket))
            finally:
                source.close()

        self._job = tasks.run(
            self.tr("Look through the camera"),
            work,
            then=lambda _: self._end(ticket),
            failed=lambda error: self._fail(ticket, error),
            lane="long",
            shown=False,
        )

    def close(self) -> None:
        """Let go of the camera. Safe twice."""
        self._ticket += 1
        if self._job is not None:
            self._job.cancel()
        if self._source is not None:
            getattr(self._source, "stop", self._source.close)()
        self._job = self._source = None
        self._fresh.take()
        self.frame = None

    def _take(self, ticket: int) -> None:
        if ticket == self._ticket and (frame := self._fresh.take()) is not None:
            self.frame = frame
            self.frame_changed.emit()

    def _end(self, ticket: int) -> None:
        if ticket == self._ticket and self.frame is None:
            self.failed.emit(self.tr("The camera gave no picture."))

    def _fail(self, ticket: int, error: CameoError) -> None:
        if ticket == self._ticket:
            self.failed.emit(sentence_of(error))
