"""The first run without its widgets: the models that are needed, the sample, the first footage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from PySide6.QtCore import QObject, Signal

from app.from_core import sentence_of
from app.requests import AddFootage, SearchFor
from app.session import Session
from app.tasks import Job
from reid_core.errors import CameoError
from reid_core.library import Library, schema
from reid_core.library.sample import has_sample, sample_people
from reid_core.models.catalog import Entry, catalog
from reid_core.models.store import ModelStore
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from reid_core.actions.sample import Sample

STEPS = 3  # of trying the sample: the film, enrolling, indexing


@dataclass(frozen=True, slots=True)
class Needed:
    """A model that serves a role unless another is chosen.

    state: there, missing, fetching or failed. size: bytes to fetch. remaining_s: None when not
    known. problem: why it could not be fetched, and what to do.
    """

    name: str
    role: str
    licence: str
    commercial: bool
    is_shipped: bool
    size: int
    state: str
    share: float = 0.0
    remaining_s: float | None = None
    problem: str = ""


def needs_welcome(session: Session) -> bool:
    """Whether the window begins with it: not seen yet, or nothing there to work with."""
    if not session.settings.seen_welcome:
        return True
    return is_empty(session.library) and any(
        not _is_there(session.store, e) for e in default_models()
    )


def is_empty(library: Library) -> bool:
    """Whether nobody is enrolled and nothing indexed."""
    with library.read() as connection:
        return all(
            connection.scalar(sa.select(table.c.id).limit(1)) is None
            for table in (schema.person, schema.video)
        )


def default_models() -> list[Entry]:
    """Those that a new library works with and that have files."""
    return [e for e in catalog().values() if e.default and e.sources]


class Welcome(QObject):
    """Commands answer at once; results come by signals."""

    models_changed = Signal()  # `needed`
    sample_changed = Signal()  # `step`, `share`, `has_sample`, `problem`
    library_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.needed: tuple[Needed, ...] = ()
        self.step = 0  # of trying the sample, from 1; 0 when it is not under way
        self.share = 0.0  # of that step
        self.problem = ""
        self.has_sample = False
        self._job: Job | None = None
        session.models_changed.connect(self.refresh)
        session.footage_changed.connect(self._look_for_sample)
        session.people_changed.connect(self._look_for_sample)

    @property
    def is_ready(self) -> bool:
        """Whether everything works without a network."""
        return bool(self.needed) and all(n.state == "there" for n in self.needed)

    @property
    def is_fetching(self) -> bool:
        """Whether a model is on its way."""
        return any(n.state == "fetching" for n in self.needed)

    @property
    def to_fetch(self) -> int:
        """Bytes that are missing."""
        return sum(n.size for n in self.needed if n.state in ("missing", "failed"))

    def refresh(self) -> None:
        """Look at what is there."""
        old = {n.name: n for n in self.needed}
        self.needed = tuple(self._look(entry, old) for entry in default_models())
        self.models_changed.emit()
        self._look_for_sample()

    def fetch(self) -> None:
        """Fetch what is missing, each with its own progress."""
        for one in self.needed:
            if one.state in ("missing", "failed"):
                self._pull(one.name, None)

    def fetch_from(self, name: str, file: Path) -> None:
        """Take a model from the publisher's file that the user brought."""
        self._pull(name, file)

    def try_sample(self) -> None:
        """Make the sample film, enrol its two people, index it, and search for one of them."""
        if self.step:
            return
        self.problem = ""
        self._set_step(1)
        self._job = self._session.tasks.run(
            self.tr("Making the sample film"),
            partial(_make, self._session),
            then=self._enrol,
            failed=self._on_sample_failed,
            lane="long",
            shown=False,
        )
        self._watch(self._job)

    def cancel_sample(self) -> None:
        """Stop; what was done so far stays and can be removed."""
        if self._job is not None:
            self._job.cancel()

    def remove_sample(self) -> None:
        """Take the sample out of the library again, for good."""
        self._session.change(
            self.tr("Remove the sample"),
            partial(_remove, self._session),
            footage=True,
            undoable=False,
            said=self.tr("The sample is removed"),
        )

    def open_footage(self, sources: Sequence[str]) -> None:
        """Lead to the footage, and index these."""
        if sources:
            self.done()
            self._session.asked_for.emit("footage", AddFootage(tuple(sources)))

    def choose_library(self, folder: Path) -> None:
        """Keep the library elsewhere from the next opening on, which is asked for."""
        self._session.use_settings(replace(self._session.settings, library=str(folder)))
        self.library_changed.emit()
        self._session.reopen_asked.emit()

    def done(self) -> None:
        """The window does not begin with the welcome any more."""
        if not self._session.settings.seen_welcome:
            self._session.use_settings(replace(self._session.settings, seen_welcome=True))

    def _look(self, entry: Entry, old: dict[str, Needed]) -> Needed:
        m = entry.manifest
        before = old.get(m.name)
        if _is_there(self._session.store, entry):
            state = "there"
        elif before is not None and before.state in ("fetching", "failed"):
            return before
        else:
            state = "missing"
        shipped = entry.is_shipped
        return Needed(m.name, m.role, m.licence, m.commercial, shipped, entry.size, state)

    def _pull(self, name: str, file: Path | None) -> None:
        work = partial(_fetch, self._session.store, name, file)
        job = self._session.tasks.run(
            self.tr("Fetching {}").format(name),
            work,
            then=lambda _: self._on_pulled(name),
            failed=partial(self._on_failed, name),
        )
        self._put(name, state="fetching", share=0.0, remaining_s=None, problem="")
        job.changed.connect(partial(self._on_pulling, name, job))
        job.ended.connect(partial(self._on_pull_ended, name, job))

    def _on_pulling(self, name: str, job: Job) -> None:
        if not job.is_over:
            self._put(name, share=job.share, remaining_s=job.remaining_s)

    def _on_pulled(self, name: str) -> None:
        self._put(name, state="there", share=1.0)
        self._session.models_changed.emit()

    def _on_failed(self, name: str, error: CameoError) -> None:
        self._put(name, state="failed", problem=sentence_of(error))

    def _on_pull_ended(self, name: str, job: Job) -> None:
        if job.state == "cancelled":
            self._put(name, state="missing", share=0.0)

    def _put(self, name: str, **values: object) -> None:
        self.needed = tuple(
            replace(n, **values) if n.name == name else n  # type: ignore[arg-type]
            for n in self.needed
        )
        self.models_changed.emit()

    def _enrol(self, sample: Sample) -> None:
        self._set_step(2)
        self._job = self._session.change(
            self.tr("Enrol the sample's people"),
            partial(_enrol, self._session, sample),
            then=partial(self._index, sample),
            failed=self._on_sample_failed,
        )
        self._watch(self._job)

    def _index(self, sample: Sample, names: tuple[str, ...]) -> None:
        self._set_step(3)
        self._job = self._session.tasks.run(
            self.tr("Indexing the sample film"),
            partial(_index, self._session, sample),
            then=lambda _: self._on_sample_done(names),
            failed=self._on_sample_failed,
            lane="long",
            shown=False,
        )
        self._watch(self._job)

    def _on_sample_done(self, names: tuple[str, ...]) -> None:
        self._set_step(0)
        self.done()
        self._session.footage_changed.emit()
        self._session.asked_for.emit("search", SearchFor(person=names[0]))

    def _on_sample_failed(self, error: CameoError) -> None:
        self.problem = sentence_of(error)
        self._set_step(0)

    def _watch(self, job: Job) -> None:
        job.changed.connect(partial(self._on_sample_advanced, job))
        job.ended.connect(partial(self._on_sample_ended, job))

    def _on_sample_advanced(self, job: Job) -> None:
        if job is self._job and not job.is_over and job.share != self.share:
            self.share = job.share
            self.sample_changed.emit()

    def _on_sample_ended(self, job: Job) -> None:
        if job is self._job and job.state in ("cancelled", "failed"):
            self._set_step(0)

    def _set_step(self, step: int) -> None:
        self.step, self.share = step, 0.0
        self.sample_changed.emit()
        if not step:
            self._look_for_sample()

    def _look_for_sample(self) -> None:
        self._session.tasks.run(
            "",
            partial(_has, self._session.library),
            then=self._take_sample,
            failed=self._session.tell,
            shown=False,
            latest="welcome.sample",
        )

    def _take_sample(self, there: bool) -> None:
        if there is not self.has_sample:
            self.has_sample = there
            self.sample_changed.emit()


def _is_there(store: ModelStore, entry: Entry) -> bool:
    """Whether its files are there; whether they are whole is looked at when they are loaded."""
    name = entry.manifest.name
    return all((store.folder / f"{name}.{end}").is_file() for end in ("json", "onnx"))


def _fetch(store: ModelStore, name: str, file: Path | None, progress: Progress) -> None:
    store.pull(name, progress, source=file)


def _make(session: Session, progress: Progress) -> Sample:
    from reid_core.actions.sample import make_sample

    return make_sample(session.library, session.models(), progress=progress)


def _enrol(session: Session, sample: Sample, progress: Progress) -> tuple[str, ...]:
    from reid_core.actions.sample import enrol_sample

    return enrol_sample(session.library, session.models(), sample, progress=progress)


def _index(session: Session, sample: Sample, progress: Progress) -> int:
    from reid_core.actions.sample import index_sample

    return index_sample(session.library, session.models(), sample, progress=progress)


def _remove(session: Session, _: Progress) -> None:
    from reid_core.actions.sample import remove_sample

    with session.library.read() as connection:
        for person in sample_people(connection, session.library):
            session.history.purge(person)  # forgotten, so undoing must not bring them back
    remove_sample(session.library)


def _has(library: Library, _: Progress) -> bool:
    return has_sample(library)
