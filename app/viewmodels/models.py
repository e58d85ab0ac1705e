"""The page of models without its widgets: what there is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.from_core import sentence_of
from app.session import Message, Session
from app.tasks import Job
from app.viewmodels.models_rows import UNUSED, Listing, ModelRow, read_models
from reid_core.errors import CameoError
from reid_core.library.speeds import Speed, keep_speed, kept_speeds
from reid_core.models.manifest import Manifest
from reid_core.models.store import ModelStore
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from reid_core.actions.loading import Runtime
    from reid_core.actions.use_model import Pending


@dataclass(frozen=True, slots=True)
class Switch:
    """What taking another model means. old: the one in use now. seconds: how long it takes, None
    when that is not known. is_embedder: whether people and searches depend on it.
    """

    name: str
    old: str
    is_embedder: bool
    pending: Pending
    seconds: float | None


class Models(QObject):
    """Commands answer at once; results come by signals. Questions are asked by a signal too, and
    answered by calling `accept` or `switch`.
    """

    rows_changed = Signal()
    row_changed = Signal(object)  # a ModelRow in place of the one of its name
    selected_changed = Signal()  # another one, or the same one changed
    licence_asked = Signal(object)  # a ModelRow that may not be used commercially
    switch_asked = Signal(object)  # a Switch that takes a while

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._listing = Listing()
        self._rows: dict[str, ModelRow] = {}
        self._selected = ""
        self._doing: dict[str, tuple[str, Job]] = {}
        self._problems: dict[str, str] = {}
        self._files: dict[str, Path] = {}
        self._speeds: dict[str, Speed] = {}  # of this session, in case none can be kept
        self.has_read = False
        session.models_changed.connect(self.refresh)
        session.settings_changed.connect(lambda _: self.refresh())

    @property
    def rows(self) -> tuple[ModelRow, ...]:
        """Every model, by role."""
        return tuple(self._rows.values())

    @property
    def broken(self) -> tuple[str, ...]:
        """Names of installed models whose manifest cannot be read."""
        return self._listing.broken

    @property
    def selected(self) -> ModelRow | None:
        """The selected one."""
        return self._rows.get(self._selected)

    def refresh(self) -> None:
        """Look again at what is there."""
        settings = self._session.settings
        work = partial(
            read_models,
            self._session.library,
            self._session.store,
            (settings.threads, settings.provider),
        )
        self._session.tasks.run(
            "",
            work,
            then=self._take,
            failed=self._session.tell,
            shown=False,
            latest="models.listing",
        )

    def select(self, name: str) -> None:
        """Choose one; one that is not listed yet is chosen once it is."""
        if name != self._selected:
            self._selected = name
            if name in self._rows:
                self.selected_changed.emit()

    def possible(self, row: ModelRow) -> tuple[str, ...]:
        """What can be done with it now: fetch, file, use, measure, remove, stop."""
        if row.doing:
            return ("stop",)
        if row.state in ("available", "needed"):
            return ("fetch", "file")
        if row.state == "damaged":
            return ("remove",) if row.is_imported else ("fetch", "file", "remove")
        found = []
        if row.state != "in use" and row.role not in UNUSED:
            found.append("use")
        found.append("measure")
        if not row.is_builtin and row.state != "in use":
            found.append("remove")
        return tuple(found)

    def fetch(self, name: str, file: Path | None = None) -> None:
        """Download a model, or take it from the publisher's file. Asks for its licence first."""
        row = self._rows[name]
        self._files.pop(name, None)
        if file is not None:
            self._files[name] = file
        settings = self._session.settings
        is_free = row.manifest.commercial or row.is_shipped
        if not is_free and row.manifest.licence not in settings.accepted_licences:
            self.licence_asked.emit(row)
            return
        self._fetch(name)

    def accept(self, name: str) -> None:
        """The user agrees to the licence of a model, once for all under the same terms."""
        settings, licence = self._session.settings, self._rows[name].manifest.licence
        if licence not in settings.accepted_licences:
            accepted = (*settings.accepted_licences, licence)
            self._session.use_settings(replace(settings, accepted_licences=accepted))
        self._fetch(name)

    def remove(self, name: str) -> None:
        """Delete an installed model. It can be fetched again unless it was imported."""
        self._session.tasks.run(
            self.tr("Removing {}").format(name),
            partial(_remove, self._session.store, name),
            then=lambda _: self._on_removed(name),
            failed=self._session.tell,
            shown=False,
        )

    def remove_broken(self) -> None:
        """Delete what cannot be read."""
        for name in self.broken:
            self.remove(name)

    def measure(self, names: Sequence[str]) -> None:
        """Find out how fast models are here."""
        for name in names:
            work = partial(_measure, self._session, name)
            job = self._session.tasks.run(
                self.tr("Measuring {}").format(name), work, failed=partial(self._on_failed, name)
            )
            self._watch(name, "measuring", job)
            job.done.connect(partial(self._on_measured, name))

    def measure_all(self) -> None:
        """Every installed one."""
        self.measure([r.name for r in self.rows if r.is_there and not r.doing])

    def use(self, name: str) -> None:
        """Take a model into use; when much has to be embedded again, `switch_asked` comes first."""
        old = (self._listing.in_use or {}).get(self._rows[name].role, "")
        job = self._session.tasks.run(
            self.tr("Looking at what {} has to embed again").format(name),
            partial(_prepare, self._session, name, old),
            then=self._on_prepared,
            failed=partial(self._on_failed, name),
        )
        self._watch(name, "measuring", job)

    def switch(self, switch: Switch) -> None:
        """Embed again, then change over. Searches answer from the old model until then."""
        name = switch.name
        job = self._session.tasks.run(
            self.tr("Switching to {}").format(name),
            partial(_use, self._session, name),
            then=partial(self._on_switched, switch),
            failed=partial(self._on_failed, name),
        )
        self._watch(name, "switching", job)

    def stop(self, name: str) -> None:
        """Stop what is being done with a model. What was embedded stays for the next time."""
        if name in self._doing:
            self._doing[name][1].cancel()

    def _fetch(self, name: str) -> None:
        file = self._files.pop(name, None)
        work = partial(_pull, self._session.store, name, file)
        job = self._session.tasks.run(
            self.tr("Fetching {}").format(name),
            work,
            then=lambda _: self._on_fetched(name),
            failed=partial(self._on_failed, name),
        )
        self._watch(name, "fetching", job)

    def _watch(self, name: str, doing: str, job: Job) -> None:
        self._problems.pop(name, None)
        self._doing[name] = (doing, job)
        self._change(name)
        job.changed.connect(partial(self._change, name))
        job.ended.connect(partial(self._on_ended, name, job))

    def _on_ended(self, name: str, job: Job) -> None:
        if self._doing.get(name, ("", None))[1] is job:
            del self._doing[name]
        self._change(name)

    def _on_failed(self, name: str, error: CameoError) -> None:
        self._problems[name] = sentence_of(error)
        if name != self._selected:
            self._session.tell(error)
        self._change(name)

    def _on_measured(self, name: str, speed: Speed) -> None:
        self._speeds[name] = speed
        self._change(name)

    def _on_fetched(self, name: str) -> None:
        self._session.models_changed.emit()
        self._session.say(self.tr("{} is installed").format(name))

    def _on_removed(self, name: str) -> None:
        self._problems.pop(name, None)
        self._session.models_changed.emit()
        self._session.say(self.tr("{} is removed").format(name))

    def _on_prepared(self, switch: Switch) -> None:
        if switch.pending.pictures or switch.pending.tracklets:
            self.switch_asked.emit(switch)
        else:
            self.switch(switch)

    def _on_switched(self, switch: Switch, made: int) -> None:
        session = self._session
        if switch.is_embedder:
            session.history.clear()
            session.history_changed.emit()
        session.models_changed.emit()
        session.people_changed.emit()
        session.footage_changed.emit()
        line = self.tr("{} is in use").format(switch.name)
        if made:
            line = self.tr("{}; stored pictures embedded again: {}").format(line, made)
        if not switch.old or switch.old == switch.name:
            session.say(line)
            return
        back = partial(self.use, switch.old)
        session.message.emit(Message(line, action=self.tr("Switch back"), call=back))

    def _take(self, listing: Listing) -> None:
        self._listing, self.has_read = listing, True
        self._rows = {r.name: self._dressed(r) for r in listing.rows}
        self.rows_changed.emit()
        if self._selected not in self._rows:
            self._selected = next(iter(self._rows), "")
        self.selected_changed.emit()

    def _change(self, name: str) -> None:
        old = self._rows.get(name)
        if old is None:
            return
        new = self._dressed(old)
        if new != old:
            self._rows[name] = new
            self.row_changed.emit(new)
            if name == self._selected:
                self.selected_changed.emit()

    def _dressed(self, row: ModelRow) -> ModelRow:
        """With what is being done, what was measured and what went wrong."""
        wanted = (self._session.settings.threads, self._session.settings.provider)
        speed = self._speeds.get(row.name)
        known = (row.manifest.model_id, *wanted)
        if speed and (speed.model, speed.threads, speed.provider) == known:
            row = replace(row, ms=speed.ms, measured_on=speed.n)
        doing, job = self._doing.get(row.name, ("", None))
        share = job.share if job is not None else 0.0
        problem = self._problems.get(row.name, "")
        return replace(row, doing=doing, share=share, problem=problem)


def _runtime(session: Session) -> Runtime:
    from reid_core.actions.loading import Runtime

    return Runtime(session.settings.threads, session.settings.provider or None)


def _pull(store: ModelStore, name: str, file: Path | None, progress: Progress) -> Manifest:
    return store.pull(name, progress, source=file, accept_licence=True)


def _remove(store: ModelStore, name: str, _: Progress) -> None:
    store.remove(name)


def _measure(session: Session, name: str, progress: Progress) -> Speed:
    from reid_core.actions.measure import measure

    found = measure(session.store, name, runtime=_runtime(session), progress=progress)
    with suppress(OSError):  # a library that cannot be written
        keep_speed(session.library, found)
    return found


def _prepare(session: Session, name: str, old: str, progress: Progress) -> Switch:
    """What a switch needs, and how long that takes at the measured pace."""
    from reid_core.actions.use_model import kind_of, pending

    manifest = session.store.manifest(name)
    found = pending(session.library, manifest)
    seconds = None
    if found.pictures:
        speed = kept_speeds(session.library).get(manifest.model_id)
        wanted = (session.settings.threads, session.settings.provider)
        if speed is None or (speed.threads, speed.provider) != wanted:
            speed = _measure(session, name, progress)
        seconds = found.pictures * speed.ms / 1000
    return Switch(name, old, kind_of(manifest) is not None, found, seconds)


def _use(session: Session, name: str, progress: Progress) -> int:
    from reid_core.actions.use_model import use_model

    return use_model(
        session.library, session.store, name, runtime=_runtime(session), progress=progress
    )
