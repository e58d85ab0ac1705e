"""A live view among what is being done, so that it is seen and stopped from any page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.tasks import OutsideJob, Tasks

if TYPE_CHECKING:
    from app.viewmodels.live import Live


class WatchJob(OutsideJob):
    """Watching a source. Nothing is lost when it stops; a recording is a job of its own."""

    page, loses, has_end = "live", False, False

    def show(self, state: str) -> None:
        """Take over how it goes."""
        self.detail = {
            "connecting": self.tr("connecting"),
            "reconnecting": self.tr("reconnecting"),
            "silent": self.tr("no pictures at the moment"),
        }.get(state, "")
        self.changed.emit()


class Watched(QObject):
    """Lists a live view among the jobs for as long as it runs."""

    def __init__(self, live: Live, tasks: Tasks) -> None:
        super().__init__(live)
        self._live, self._tasks = live, tasks
        self._job: WatchJob | None = None
        self._source = ""
        live.changed.connect(self._on_changed)

    def _on_changed(self) -> None:
        live = self._live
        source = live.source.source if live.source is not None and live.is_running else ""
        if self._job is not None and source != self._source:
            self._job.end("done")
            self._job = None
        if source and self._job is None:
            title = self.tr("Watching {}").format(live.source.label if live.source else source)
            self._job = WatchJob(title, live.stop, self)
            self._tasks.list_job(self._job)
        self._source = source
        if self._job is not None:
            self._job.show(live.state)
