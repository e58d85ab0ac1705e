"""What is kept of a live view: recordings in the library, and a picture to enrol from."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.live import LiveRun
from app.live_recording import Feed, record
from app.requests import EnrolFrom
from app.session import Session
from app.viewmodels.live_sources import Choice, name_of_recording
from reid_core.protocols import Progress
from reid_core.types import Frame, Kind

if TYPE_CHECKING:
    from reid_core.actions.index import Indexed
    from reid_core.actions.live_looks import LiveLook, Named


class Recorder(QObject):
    """Writes what one live run sees into the library, one recording at a time."""

    broke_off = Signal()  # it failed, or was cancelled where the jobs are listed

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._feed: Feed | None = None
        self._run: LiveRun | None = None

    @property
    def is_recording(self) -> bool:
        """Whether one is under way."""
        return self._feed is not None

    def begin(self, run: LiveRun, source: Choice, kinds: Sequence[Kind]) -> None:
        """Record from now on, unless that is being done already."""
        if self._feed is not None:
            return
        session, rate = self._session, self._session.settings.per_second
        feed = Feed(name_of_recording(source.source), per_second=rate)
        self._feed, self._run = feed, run
        run.feed = feed.give

        def work(progress: Progress) -> Indexed:
            models = session.models()
            return record(
                session.library, models, feed, per_second=rate, kinds=kinds, progress=progress
            )

        title = self.tr("Recording {}").format(source.label)
        job = session.tasks.run(title, work, failed=session.tell)
        job.ended.connect(partial(self._on_ended, feed))

    def end(self) -> None:
        """No more; what was seen so far is stored in the background."""
        if self._feed is not None:
            self._feed.close()
        if self._run is not None:
            self._run.feed = None
        self._feed = self._run = None

    def _on_ended(self, feed: Feed) -> None:
        self._session.footage_changed.emit()
        if self._feed is feed:
            self.end()
            self.broke_off.emit()


class Snapshot:
    """Hands a picture to the page of people, in a file that only the user can read.

    The files go with `clear`: a sheet that is open may hold several of them.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._n = 0

    def take(self, frame: Frame) -> None:
        """Write the picture, then show it for enrolling."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="cameo-", ignore_cleanup_errors=True)
        self._n += 1
        self._session.tasks.run(
            "",
            partial(_write, frame, Path(self._folder.name) / f"snapshot-{self._n}.png"),
            then=self._show,
            failed=self._session.tell,
            shown=False,
        )

    def clear(self) -> None:
        """Delete the files."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _show(self, path: Path) -> None:
        self._session.asked_for.emit("people", EnrolFrom(sources=(str(path),)))


def keep_looks(
    session: Session, name: str, looks: Sequence[LiveLook], where: str, _: Progress
) -> Named:
    """Make templates of looks at somebody. where: the source's label. Raises CameoError."""
    from reid_core.actions.live_looks import enroll_looks

    models = session.models()
    return enroll_looks(session.library, name, looks, where_from=where, models=models)


def _write(frame: Frame, path: Path, _: Progress) -> Path:
    from reid_core import images
    from reid_core.errors import SourceUnavailable

    try:
        images.write_image(frame.image, path)
    except OSError as error:
        line = QCoreApplication.translate("Live", "The picture cannot be written: {}.")
        raise SourceUnavailable(line.format(error.strerror)) from error
    return path
