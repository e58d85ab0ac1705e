"""The page of footage without its widgets: what there is, what is selected, what can be done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.indexing import Report
from app.requests import PlayAt, SearchFor
from app.session import Session
from app.viewmodels.enrol_words import kept
from app.viewmodels.footage_reading import Totals, disk_bytes, read_listing, view_bytes
from app.viewmodels.footage_rows import Listing, VideoRow, merged, with_entry
from app.viewmodels.index_entries import Entry, entry_for
from app.viewmodels.index_queue import IndexQueue
from reid_core.errors import CameoError
from reid_core.library.ids import format_id
from reid_core.library.listing import Seen, seen_in
from reid_core.protocols import Progress
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.enroll import Enrolled

MERGE_MS = 60  # changes of the queue that come together are shown together
DISK_S = 30.0  # how often its size is added up meanwhile
LOOK_MS = 4000  # how often the library is read again while something is indexed


@dataclass(frozen=True, slots=True)
class Details:
    """What takes a while to find out about the selected video. view_bytes: None until known."""

    key: str = ""
    view_bytes: int | None = None


class Footage(QObject):
    """What the page shows and does. Commands answer at once; results come by signals."""

    rows_changed = Signal()
    row_changed = Signal(object)  # a VideoRow, in place of the one with its key
    totals_changed = Signal()
    selected_changed = Signal()  # another row, or the same one changed
    details_changed = Signal()
    seen_changed = Signal()
    unfinished_changed = Signal()

    def __init__(self, session: Session, queue: IndexQueue) -> None:
        super().__init__()
        self._session, self.queue = session, queue
        self.rows: list[VideoRow] = []
        self.totals = Totals()
        self.details = Details()
        self.seen: list[Seen] = []
        self.has_read = False
        self._listing = Listing()
        self._selected = ""
        self._kind: Kind | None = None
        self._disk_read = 0.0
        self._asked_posters: set[int] = set()
        self._tally: list[Report] = []
        self._merge = QTimer(self, singleShot=True, interval=MERGE_MS)
        self._merge.timeout.connect(self._on_merge)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(partial(self.refresh, files=False))
        queue.changed.connect(self._on_queue_changed)
        queue.advanced.connect(self._on_advanced)
        queue.finished.connect(self._on_finished)
        queue.stopped.connect(lambda _: session.footage_changed.emit())
        queue.failed.connect(lambda *_: session.footage_changed.emit())
        queue.emptied.connect(self._on_emptied)
        queue.poster_made.connect(lambda _: self.refresh(files=False))
        session.footage_changed.connect(self.refresh)
        session.models_changed.connect(self.refresh)

    @property
    def selected(self) -> VideoRow | None:
        """The selected row."""
        return next((r for r in self.rows if r.key == self._selected), None)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Files that waited when an earlier window ended and are not queued again."""
        return tuple(self.queue.unfinished())

    def refresh(self, *, files: bool = True) -> None:
        """Read the library again. files: and look whether the videos' files are there."""
        known = None if files else frozenset(r.id for r in self._listing.rows if r.missing)
        self._session.tasks.run(
            "",
            partial(read_listing, self._session.library, self._session.store, known),
            then=self._take,
            failed=self._session.tell,
            shown=False,
            latest="footage.listing",
        )

    def add(self, sources: Sequence[str], *, first: bool = False) -> None:
        """Index files, folders, cameras or streams, by the settings."""
        kinds = self.kinds()
        if not kinds:
            self._session.say(self.tr("Choose in the settings whether to look for faces or bodies"))
            return
        work = partial(_expanded, sources, self._session.settings.per_second, kinds)
        self._session.tasks.run(
            self.tr("Looking for videos"),
            work,
            then=partial(self._queue_up, first=first),
            failed=self._session.tell,
            shown=False,
        )

    def kinds(self) -> tuple[str, ...]:
        """Whom the settings say to look for."""
        wanted = self._session.settings
        return tuple(k for k, on in (("face", wanted.faces), ("body", wanted.bodies)) if on)

    def is_outdated(self, row: VideoRow) -> bool:
        """Whether indexing again would come to something else: other settings or models."""
        if row.id is None or row.rate is None or row.is_recording:
            return False
        now = (self._session.settings.per_second, self.kinds())
        return bool(row.outdated) or (row.rate, row.kinds) != now

    def resume(self, row: VideoRow) -> None:
        """Go on with a row that is held, stopped or failed, with the settings it began with."""
        if row.state == "paused":
            self.queue.resume(row.source)
        elif row.state in ("stopped", "failed"):
            kinds, rate = row.kinds or self.kinds(), row.rate or self._session.settings.per_second
            self._start([row.source or row.path], rate, kinds)

    def index_again(self, row: VideoRow) -> None:
        """Do a video again by the settings as they are now."""
        self._start([row.path], self._session.settings.per_second, self.kinds())

    def resume_unfinished(self) -> None:
        """Take up what was not finished when the window was closed."""
        for row in [r for r in self.rows if r.state == "stopped" and not r.missing]:
            self.resume(row)
        known = {r.path for r in self.rows}
        self.add([s for s in self.unfinished if str(Path(s).absolute()) not in known])
        self.dismiss_unfinished()

    def dismiss_unfinished(self) -> None:
        """They are not wanted now. Those begun stay in the table."""
        self.queue.forget_unfinished()
        self.unfinished_changed.emit()

    def remove(self, row: VideoRow) -> None:
        """Take a video with all that was found in it out of the library; its file stays."""
        if row.id is None:
            self.queue.cancel(row.source)
            return
        video, library = row.id, self._session.library

        def work(progress: Progress) -> int:
            from reid_core.actions.videos import remove

            return remove(library, video)

        said = self.tr("{} was removed from the library").format(row.name)
        self._session.change(
            self.tr("Removing {}").format(row.name),
            work,
            footage=True,
            undoable=False,
            said=said,
            shown=True,
        )

    def relink(self, row: VideoRow, path: Path) -> None:
        """Say where a video's file is now; its content is compared."""
        video, library = row.id, self._session.library
        if video is None:
            return

        def work(_: Progress) -> None:
            from reid_core.actions.videos import relink

            relink(library, video, path)

        self._session.change(
            self.tr("Comparing {}").format(path.name),
            work,
            people=False,
            footage=True,
            undoable=False,
            said=self.tr("{} is linked to its file again").format(path.name),
            shown=True,
        )

    def select(self, key: str) -> None:
        """Choose a row; what is known of it follows."""
        if key == self._selected:
            return
        self._selected = key
        self.details, self.seen = Details(key), []
        self.selected_changed.emit()
        self.details_changed.emit()
        self.seen_changed.emit()
        self._read_selected()

    def show_kind(self, kind: Kind | None) -> None:
        """Show faces, bodies or both of the selected video."""
        self._kind = kind
        self._read_seen()

    def play(self, row: VideoRow, time_s: float = 0.0) -> None:
        """Show a moment in the player."""
        if row.id is not None:
            self._session.asked_for.emit("search", PlayAt(row.id, time_s))

    def find_elsewhere(self, seen: Seen) -> None:
        """Search all footage for somebody seen."""
        wanted = SearchFor(tracklet=format_id(seen.id), kind=seen.kind)
        self._session.asked_for.emit("search", wanted)

    def enrol(self, seen: Seen, name: str) -> None:
        """Say who somebody seen is: enrolled under that name."""
        session, shown_id = self._session, format_id(seen.id)

        def work(_: Progress) -> Enrolled:
            from reid_core.actions.enroll_tracklet import enroll_tracklet

            return enroll_tracklet(session.library, session.models(), name, shown_id)

        line = self.tr("Enrolled as {}.").format(name)
        session.change(
            self.tr("Enrol {}").format(name), work, said=lambda done: kept(line, done.likelier)
        )

    def names(self, then: Callable[[list[str]], None]) -> None:
        """The names of everybody enrolled."""
        library = self._session.library

        def work(_: Progress) -> list[str]:
            from reid_core.library import people

            with library.read() as connection:
                return [p.name for p in people.list_people(connection)]

        self._session.tasks.run("", work, then=then, shown=False, latest="footage.names")

    def close(self) -> None:
        """Stop indexing and looking."""
        self._look.stop()
        self._merge.stop()
        self.queue.close()

    def _start(self, sources: list[str], rate: float, kinds: tuple[str, ...]) -> None:
        self._session.tasks.run(
            "",
            lambda _: [entry_for(s, rate=rate, kinds=kinds) for s in sources],
            then=self._queue_up,
            shown=False,
        )

    def _queue_up(self, entries: list[Entry], *, first: bool = False) -> None:
        if entries and not self.queue.add(entries, first=first):
            self._session.say(self.tr("It is in the queue already"))

    def _take(self, listing: Listing) -> None:
        self._listing, self.has_read = listing, True
        self._on_merge()
        if time.monotonic() - self._disk_read >= DISK_S or not self.queue.is_busy:
            self._disk_read = time.monotonic()
            self._read_disk()
        wanted = [
            r.id
            for r in listing.rows
            if r.id is not None and not (r.poster or r.missing or r.is_recording)
        ]
        new = [i for i in wanted if i not in self._asked_posters]
        self._asked_posters.update(new)
        self.queue.make_posters(new)

    def _on_queue_changed(self) -> None:
        self._merge.start()
        if self.queue.is_busy != self._look.isActive():
            self._look.start() if self.queue.is_busy else self._look.stop()

    def _on_merge(self) -> None:
        before = self.selected
        self.rows = merged(self._listing, self.queue.entries)
        if before is not None and self.selected is None:  # the library knows it by now, or no more
            same = (r for r in self.rows if r.path == before.path)
            self._selected = next((r.key for r in same), "")
        self.rows_changed.emit()
        self.unfinished_changed.emit()
        after = self.selected
        if before != after:
            self.selected_changed.emit()
            counts = [(r.id, r.faces, r.bodies) if r else None for r in (before, after)]
            if counts[0] != counts[1]:
                self._read_selected()
        self._count()

    def _on_advanced(self, source: str) -> None:
        entry = self.queue.entry(source)
        for i, row in enumerate(self.rows):
            if entry is not None and row.source == source:
                self.rows[i] = with_entry(row, entry)
                self.row_changed.emit(self.rows[i])
                if row.key == self._selected:
                    self.selected_changed.emit()
                return

    def _on_finished(self, source: str, report: Report) -> None:
        say = self._session.say
        if report.moved_from:
            say(self.tr("{} was found again at its new place").format(report.name))
        elif report.state == "known":
            say(self.tr("{} is indexed already").format(report.name))
        elif report.message or report.unreadable:
            self._session.tell(CameoError(report.message or " ".join(report.unreadable[:3])))
        else:
            self._tally.append(report)
        self._session.footage_changed.emit()

    def _on_emptied(self) -> None:
        """One line for all that was done, not one for each of a thousand files."""
        done, self._tally = self._tally, []
        if not done:
            return
        what = done[0].name if len(done) == 1 else self.tr("{} videos").format(len(done))
        line = self.tr("Indexed {}: {} face and {} body tracklets")
        faces, bodies = sum(r.faces for r in done), sum(r.bodies for r in done)
        self._session.say(line.format(what, faces, bodies))

    def _count(self) -> None:
        known = [r for r in self.rows if r.id is not None]
        self.totals = Totals(
            len(known),
            sum(r.duration_s or 0.0 for r in known),
            sum(r.faces for r in known),
            sum(r.bodies for r in known),
            self.totals.disk_bytes,
        )
        self.totals_changed.emit()

    def _read_disk(self) -> None:
        def take(size: int) -> None:
            self.totals = Totals(*self.totals.counts, size)
            self.totals_changed.emit()

        work = partial(disk_bytes, self._session.library.folder)
        self._session.tasks.run("", work, then=take, shown=False, latest="footage.disk")

    def _read_selected(self) -> None:
        row = self.selected
        self._read_seen()
        if row is None or row.id is None:
            return

        def take(size: int) -> None:
            self.details = Details(row.key, size)
            self.details_changed.emit()

        work = partial(view_bytes, self._session.library, row.id)
        self._session.tasks.run("", work, then=take, shown=False, latest="footage.details")

    def _read_seen(self) -> None:
        row, kind, library = self.selected, self._kind, self._session.library
        video = row.id if row is not None else None

        def work(_: Progress) -> list[Seen]:
            if video is None:
                return []
            with library.read() as connection:
                return seen_in(connection, video, kind)

        def take(seen: list[Seen]) -> None:
            self.seen = seen
            self.seen_changed.emit()

        self._session.tasks.run("", work, then=take, shown=False, latest="footage.seen")


def _expanded(
    sources: Sequence[str], rate: float, kinds: tuple[str, ...], _: Progress
) -> list[Entry]:
    from reid_core.video.names import find_sources

    return [entry_for(s, rate=rate, kinds=kinds) for s in find_sources(list(sources))]
