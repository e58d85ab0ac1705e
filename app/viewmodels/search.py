"""Searching footage for somebody: the question, the answer, and what is done with it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.from_core import sentence_of
from app.session import Session
from app.viewmodels import search_asking, search_exports
from app.viewmodels.enrol_words import kept
from app.viewmodels.search_asking import Answer, Asked, Known
from app.viewmodels.search_rows import Lane, Options, Row, lanes_of, rows_of, shown_of
from reid_core.errors import CameoError
from reid_core.protocols import Progress
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.enroll import Enrolled
    from reid_core.actions.explain import Match
    from reid_core.actions.pick import Box, Somebody
    from reid_core.actions.search import Found
    from reid_core.library.footage import Video

SOON_MS = 1500  # footage that is being indexed changes all the time


class Search(QObject):
    """rows: what is shown of the answer. problem: why there is none, "" when there is."""

    known_changed = Signal()  # people or videos
    query_changed = Signal()  # who is looked for, or how
    result_changed = Signal()  # rows and lanes
    selected_changed = Signal()
    explained = Signal(object)  # list of Match, for the selected row
    choices_offered = Signal(object)  # tuple of Somebody
    exported = Signal(object)  # where it was written

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.known: Known | None = None
        self.asked: Asked | None = None
        self.options = Options()
        self.answer: Answer | None = None
        self.rows: tuple[Row, ...] = ()
        self.lanes: tuple[Lane, ...] = ()
        self.selected: Row | None = None
        self.problem = ""
        self.is_busy = False
        self._all: tuple[Row, ...] = ()
        self._videos: dict[str, Video] = {}
        self._is_shown, self._is_stale, self._is_warm = False, True, False
        self._in_chances = False  # whether the least one that is asked for is a probability
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.refresh)
        session.people_changed.connect(self._on_changed)
        session.person_forgotten.connect(self._on_forgotten)
        session.models_changed.connect(self._on_changed)
        session.footage_changed.connect(self._on_footage_changed)

    @property
    def found(self) -> Found | None:
        """The answer as the search gave it."""
        return self.answer.found if self.answer else None

    @property
    def is_calibrated(self) -> bool:
        """Whether the answer gives probabilities."""
        return self.answer is not None and self.answer.is_calibrated

    @property
    def person(self) -> int | None:
        """Who is looked for, when it is somebody enrolled."""
        return self.found.person if self.found else None

    @property
    def n_likely(self) -> int:
        """How many sightings of the whole answer are likely."""
        return sum(r.is_likely for r in self._all)

    @property
    def n_all(self) -> int:
        """How many sightings the whole answer has."""
        return len(self._all)

    def video(self, path: str) -> Video | None:
        """The library's video of that path."""
        return self._videos.get(path)

    def video_of(self, number: int) -> Video | None:
        """The library's video of that id."""
        videos = self.known.videos if self.known else ()
        return next((v for v in videos if v.id == number), None)

    def row(self, key: str) -> Row | None:
        """The shown row of that key."""
        return next((r for r in self.rows if r.key == key), None)

    def set_shown(self, shown: bool) -> None:
        """Whether anybody looks: what changes meanwhile is read when they do."""
        self._is_shown = shown
        if shown and self._is_stale:
            self.refresh()
        if shown and not self._is_warm:
            self._is_warm = True
            self._session.tasks.run(
                "", partial(search_asking.warm, self._session), failed=_ignore, shown=False
            )

    def refresh(self) -> None:
        """Read people and videos again, and ask again what was asked."""
        self._is_stale = False
        self._session.tasks.run(
            "",
            partial(search_asking.read_known, self._session),
            then=self._take_known,
            failed=self._session.tell,
            shown=False,
            latest="search known",
        )
        if self.asked is not None:
            self._ask(self.asked, None)

    def ask_person(self, name: str) -> None:
        """Look for somebody enrolled."""
        self._new(Asked(person=name))

    def ask_tracklet(self, shown_id: str) -> None:
        """Look elsewhere for whoever is in a tracklet."""
        self._new(Asked(tracklet=shown_id))

    def ask_image(self, source: str, number: int | None = None, kind: Kind | None = None) -> None:
        """Look for somebody in a picture or a moment ("clip.mp4@12.5")."""
        self._new(Asked(source=source, number=number, kind=kind))

    def ask_box(self, source: str, box: Box) -> None:
        """Look for whoever is in a box of a moment."""
        self._new(Asked(source=source, box=box))

    def choose(self, one: Somebody) -> None:
        """Of several in a picture, this one is meant."""
        self._new(Asked(source=one.source, number=one.number, kind=one.kind, jpeg=one.jpeg))

    def clear(self) -> None:
        """Look for nobody."""
        self.asked = self.answer = None
        self.problem = ""
        self._all = ()
        self._session.tasks.run("", _nothing, shown=False, latest="search")
        self._set_busy(False)
        self.query_changed.emit()
        self._lay_out()

    def set_options(self, options: Options) -> None:
        """Look elsewhere, or at less of what was found."""
        before, self.options = self.options, options
        if before == options:
            return
        self.query_changed.emit()
        if before.asked == options.asked:
            self._lay_out()
        elif self.asked is not None:
            self._ask(self.asked, self.answer if before.kind == options.kind else None)

    def select(self, key: str) -> None:
        """Look at a row; why it was found is told by `explained`."""
        row = self.row(key)
        if row is None or row is self.selected:
            return
        self.selected = row
        self.selected_changed.emit()
        self._explain(row)

    def move(self, by: int) -> None:
        """Look at the row that many further on."""
        if not self.rows:
            return
        keys = [r.key for r in self.rows]
        at = keys.index(self.selected.key) if self.selected and self.selected.key in keys else -1
        self.select(keys[min(max(at + by, 0), len(keys) - 1)])

    def confirm(self, row: Row) -> None:
        """It is them; a second time takes that back."""
        same = None if row.sighting.verdict == "same" else True
        title = self.tr("Confirm a sighting") if same else self.tr("Take back a verdict")
        self._judge(row, same, title, self.tr("Confirmed.") if same else self.tr("Taken back."))

    def reject(self, row: Row) -> None:
        """It is somebody else; a second time takes that back."""
        same = None if row.sighting.verdict == "different" else False
        title = self.tr("Not this person") if same is False else self.tr("Take back a verdict")
        said = self.tr("Not this person: left out from now on.")
        self._judge(row, same, title, said if same is False else self.tr("Taken back."))

    def add_template(self, row: Row) -> None:
        """Have the sighting's best view stand for the person from now on."""
        person, key, session = self.person, row.key, self._session
        if person is None:  # the answer that the row is of is not the present one any more
            return

        def work(_: Progress) -> Enrolled:
            from reid_core.actions.enroll_tracklet import enroll_tracklet

            name = search_asking.name_of(session, person)
            return enroll_tracklet(session.library, session.models(), name, key)

        line = self.tr("The best view is a template now.")
        self._session.change(
            self.tr("Add a template"), work, said=lambda done: kept(line, done.likelier)
        )

    def export(self, form: str, target: Path) -> None:
        """Write what is shown: "csv", "html", or "clips" into a folder."""
        if self.found is None:
            return
        shown = [r.sighting for r in self.rows]
        if form == "clips":
            shown = [r.sighting for r in self.rows if r.is_likely] or shown
        title = {
            "csv": self.tr("Write the table"),
            "html": self.tr("Write the report"),
            "clips": self.tr("Cut clips"),
        }[form]
        found = replace(self.found, sightings=tuple(shown))
        work = partial(search_exports.write, self._session.library, found, form, target)
        self._session.tasks.run(
            title, work, then=self._on_exported, failed=self._session.tell, shown=True
        )

    def _new(self, asked: Asked) -> None:
        self.options = replace(self.options, minimum=None)
        self.asked, self.answer, self.selected = asked, None, None
        self._all = ()
        self.query_changed.emit()
        self._ask(asked, None)

    def _ask(self, asked: Asked, held: Answer | None) -> None:
        self._set_busy(True)
        options = self.options

        def work(_: Progress) -> Answer:
            return search_asking.answer(self._session, asked, options, held)

        self._session.tasks.run(
            "", work, then=self._take, failed=self._fail, shown=False, latest="search"
        )

    def _take(self, answer: Answer) -> None:
        self._set_busy(False)
        if answer.is_calibrated is not self._in_chances:  # a least one was of the other scale
            self._in_chances = answer.is_calibrated
            self.options = replace(self.options, minimum=None)
        self.asked, self.answer, self.problem = answer.asked, answer, ""
        self._all = rows_of(answer.found, self._videos) if answer.found else ()
        self.query_changed.emit()
        self._lay_out()
        if answer.found is None and answer.choices:
            self.choices_offered.emit(answer.choices)

    def _fail(self, error: CameoError) -> None:
        self._set_busy(False)
        self.answer, self._all, self.problem = None, (), sentence_of(error)
        self.query_changed.emit()
        self._lay_out()

    def _take_known(self, known: Known) -> None:
        self.known = known
        self._videos = {v.path: v for v in known.videos}
        if self.found is not None:
            self._all = rows_of(self.found, self._videos)
            self._lay_out()
        self.known_changed.emit()

    def _lay_out(self) -> None:
        """Choose among the rows; whoever was looked at stays so where it is still there."""
        before = self.selected
        place = next((i for i, r in enumerate(self.rows) if before and r.key == before.key), 0)
        self.rows = shown_of(self._all, self.options)
        self.lanes = lanes_of(self.rows, self._videos)
        same = self.row(before.key) if before else None
        if before is not None and same is None and self.rows:
            same = self.rows[min(place, len(self.rows) - 1)]
        self.selected = same
        self.result_changed.emit()
        if same != before:
            self.selected_changed.emit()
            if same is not None and (before is None or same.key != before.key):
                self._explain(same)

    def _judge(self, row: Row, same: bool | None, title: str, said: str) -> None:
        person = self.person
        if person is None:
            return

        def work(_: Progress) -> None:
            from reid_core.actions.verdict import say

            say(self._session.library, person, row.sighting.tracklets, same)

        self._mark(row, {True: "same", False: "different", None: None}[same])
        self._session.change(title, work, said=said, failed=self._judging_failed)

    def _judging_failed(self, error: CameoError) -> None:
        self._session.tell(error)
        self.refresh()

    def _mark(self, row: Row, verdict: str | None) -> None:
        """Show a verdict at once; the search that follows confirms it."""
        found = self.found
        if found is None:
            return
        marked = replace(row.sighting, verdict=verdict)
        new = replace(row, sighting=marked, is_likely=found.is_sure(marked))
        self._all = tuple(new if r.key == row.key else r for r in self._all)
        self._lay_out()

    def _explain(self, row: Row) -> None:
        if self.answer is None or self.answer.query is None:
            return
        query = self.answer.query

        def work(_: Progress) -> list[Match]:
            from reid_core.actions.explain import explain

            return explain(self._session.library, query, row.sighting)

        self._session.tasks.run(
            "",
            work,
            then=self._on_explained,
            failed=self._session.tell,
            shown=False,
            latest="search explained",
        )

    def _on_explained(self, matches: list[Match]) -> None:
        self.explained.emit(matches)

    def _on_exported(self, written: search_exports.Written) -> None:
        if written.problems:
            self._session.tell(CameoError("\n".join(written.problems[:3])))
        self.exported.emit(written.path)

    def _on_changed(self) -> None:
        self._is_stale = True
        if self._is_shown:
            self.refresh()

    def _on_forgotten(self, person: int) -> None:
        """Their name is not to be read anywhere any more."""
        if self.asked is not None and self.asked.person_id == person:
            self.clear()

    def _on_footage_changed(self) -> None:
        self._is_stale = True
        if self._is_shown and not self._soon.isActive():
            self._soon.start()

    def _set_busy(self, busy: bool) -> None:
        self.is_busy = busy


def _ignore(error: CameoError) -> None:
    """The search that follows says the same."""


def _nothing(_: Progress) -> None:
    """Overtakes whatever was asked."""
