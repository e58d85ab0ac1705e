"""Looking at the pictures that somebody is to be enrolled from, beside the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.from_core import sentence_of
from app.session import Session
from app.tasks import Job
from app.viewmodels.enrol_shots import Given, Shot, open_up
from reid_core.errors import CameoError, SourceError
from reid_core.protocols import Progress
from reid_core.types import Image, Kind

if TYPE_CHECKING:
    from reid_core.actions.enroll import Known, Looked

THUMB = 160  # px, of the list's pictures
LARGE = 1600  # px, of the picture that is looked at closer


class Looker(QObject):
    """Answers come one by one. After `stop` none comes of what was asked before.

    known: whom the gallery knew when it was looked last.
    """

    given = Signal(object)  # a Given
    looked = Signal(int, object)  # a key; a Looked, or why not as a sentence
    failed = Signal(str)  # nothing can be looked at
    busy_changed = Signal()
    picture_ready = Signal(int, bytes)  # a key, its picture as JPEG, b"" when there is none

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.known: Known | None = None
        self._jobs: list[Job] = []
        self._ticket = 0

    @property
    def is_busy(self) -> bool:
        """Whether answers are still to come."""
        return bool(self._jobs)

    def open_up(self, sources: Sequence[str], number: int | None = None) -> None:
        """Find the pictures in files and folders; `given` brings them."""

        def take(ticket: int, found: Given) -> None:
            if ticket == self._ticket:
                self.given.emit(found)

        def work(_: Progress) -> Given:
            return replace(open_up(sources), number=number)

        self._run(work, partial(take, self._ticket))

    def look(
        self,
        shots: Sequence[Shot],
        kind: Kind,
        *,
        number: int | None = None,
        images: Mapping[int, Image] | None = None,
    ) -> None:
        """Look at pictures; `looked` brings each. images: by key, of those that are no files."""
        session, ticket, held = self._session, self._ticket, dict(images or {})

        def work(progress: Progress) -> None:
            from reid_core.actions.enroll import Known

            known = Known.load(session.library, session.models(), kind)
            for i, shot in enumerate(shots):
                progress(i / len(shots), "")
                what = self._one(known, shot, kind, number, held.get(shot.key))
                session.tasks.post(partial(self._take, ticket, shot.key, what, known))

        if shots:
            self._run(work)

    def look_closer(self, shot: Shot, image: Image | None) -> None:
        """Have the whole picture; the newest question alone is answered."""

        def work(_: Progress) -> bytes:
            from reid_core import images
            from reid_core.actions.faces import read_moment

            whole = read_moment(shot.source)[0] if image is None else image
            return images.encode_jpeg(images.thumbnail(whole, side=LARGE), quality=88)

        def take(ticket: int, jpeg: bytes) -> None:
            if ticket == self._ticket:
                self.picture_ready.emit(shot.key, jpeg)

        self._session.tasks.run(
            "",
            work,
            then=partial(take, self._ticket),
            failed=lambda _, t=self._ticket: take(t, b""),  # type: ignore[misc]
            shown=False,
            latest="enrol picture",
        )

    def stop(self) -> None:
        """Look at nothing more."""
        self._ticket += 1
        for job in self._jobs:
            job.cancel()
        self._jobs.clear()
        self.busy_changed.emit()

    def _one(
        self, known: Known, shot: Shot, kind: Kind, number: int | None, image: Image | None
    ) -> Looked | str:
        from reid_core.actions.enroll import look_at, look_in

        models = self._session.models()
        try:
            if image is not None:
                return look_in(models, known, image, shot.source, kind, preview=THUMB)
            return look_at(models, known, shot.source, kind, number=number, preview=THUMB)
        except SourceError as error:
            return sentence_of(error)

    def _take(self, ticket: int, key: int, what: Looked | str, known: Known) -> None:
        if ticket == self._ticket:
            self.known = known
            self.looked.emit(key, what)

    def _run(
        self, work: Callable[[Progress], Any], then: Callable[[Any], None] | None = None
    ) -> None:
        job = self._session.tasks.run(
            self.tr("Look at pictures"),
            work,
            then=then,
            failed=partial(self._fail, self._ticket),
            lane="long",
            shown=False,
        )
        self._jobs.append(job)
        job.ended.connect(partial(self._on_ended, self._ticket, job))
        self.busy_changed.emit()

    def _fail(self, ticket: int, error: CameoError) -> None:
        if ticket == self._ticket:
            self.failed.emit(sentence_of(error))

    def _on_ended(self, ticket: int, job: Job) -> None:
        if ticket == self._ticket and job in self._jobs:
            self._jobs.remove(job)
            self.busy_changed.emit()
