"""How sure a match is: measuring it on the library's own data, looking at it, and keeping it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.from_core import sentence_of
from app.session import Session
from app.tasks import Job
from reid_core.errors import CameoError, LibraryCorrupt, ModelError, TooFewPairs
from reid_core.library import Library
from reid_core.protocols import Progress
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.calibrate import Calibrated
    from reid_core.actions.loading import Models
    from reid_core.calibration import Calibration
    from reid_core.search.decide import Threshold


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a kind. threshold: None where no model is there, or the calibration that
    is kept cannot be read; problem says so. kept: the calibration, None when uncalibrated.
    can_remove: whether one is kept, be it unreadable.
    """

    kind: Kind
    model: str = ""
    threshold: Threshold | None = None
    kept: Calibration | None = None
    problem: str = ""
    can_remove: bool = False


class Calibrating(QObject):
    """standings: by kind, none before they were read. found: what was measured and neither taken
    into use nor discarded. advice: why the last measuring could not, with `lacks` when it is for
    want of people or footage.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.standings: dict[Kind, Standing] = {}
        self.found: dict[Kind, Calibrated] = {}
        self.advice: dict[Kind, str] = {}
        self.lacks: set[Kind] = set()
        self._jobs: dict[Kind, Job] = {}
        session.people_changed.connect(self.refresh)
        session.models_changed.connect(self._on_models)

    def is_busy(self, kind: Kind) -> bool:
        """Whether it is being measured."""
        return kind in self._jobs

    def refresh(self) -> None:
        """Look again at what is kept."""
        session = self._session
        self._session.tasks.run(
            "",
            lambda _: _standings(session.library, session.models()),
            then=self._take,
            failed=session.tell,
            shown=False,
            latest="calibrating kept",
        )

    def measure(self, kind: Kind, fmr: float) -> None:
        """Measure at a false-match rate; `found` has it then, or `advice` says why not."""
        if kind in self._jobs:
            return
        self._forget(kind)
        title = (
            self.tr("Measure how sure matches of faces are")
            if kind is Kind.FACE
            else self.tr("Measure how sure matches of bodies are")
        )
        job = self._session.tasks.run(
            title,
            partial(_measure, self._session, kind, fmr),
            then=partial(self._on_measured, kind),
            failed=partial(self._on_failed, kind),
        )
        job.page, job.loses = "models", False
        self._jobs[kind] = job
        job.ended.connect(partial(self._on_ended, kind, job))
        self.changed.emit()

    def stop(self, kind: Kind) -> None:
        """Measure no further."""
        if kind in self._jobs:
            self._jobs[kind].cancel()

    def apply(self, kind: Kind) -> None:
        """Keep what was measured, in place of what was kept: results go by it from now on."""
        found = self.found.get(kind)
        if found is None:
            return
        self._session.change(
            self.tr("Take a measured threshold into use"),
            partial(_save, self._session.library, found.calibration),
            said=self.tr("Matches are shown with their probability from now on."),
            then=lambda _: self.discard(kind),
        )

    def discard(self, kind: Kind) -> None:
        """Let go of what was measured."""
        self._forget(kind)
        self.changed.emit()

    def remove(self, kind: Kind) -> None:
        """Keep none: results say "uncalibrated" again."""
        session = self._session
        session.change(
            self.tr("Remove a measured threshold"),
            lambda _: _remove(session, kind),
            said=self.tr("Removed: results say “uncalibrated” again."),
        )

    def _forget(self, kind: Kind) -> None:
        self.found.pop(kind, None)
        self.advice.pop(kind, None)
        self.lacks.discard(kind)

    def _take(self, standings: Mapping[Kind, Standing]) -> None:
        self.standings = dict(standings)
        self.changed.emit()

    def _on_measured(self, kind: Kind, found: Calibrated) -> None:
        self.found[kind] = found

    def _on_failed(self, kind: Kind, error: CameoError) -> None:
        self.advice[kind] = sentence_of(error)
        if isinstance(error, TooFewPairs):
            self.lacks.add(kind)

    def _on_ended(self, kind: Kind, job: Job) -> None:
        if self._jobs.get(kind) is job:
            del self._jobs[kind]
        self.changed.emit()

    def _on_models(self) -> None:
        """What was measured was of a model that may not be in use any more."""
        for kind in Kind:
            if (job := self._jobs.pop(kind, None)) is not None:
                job.done.disconnect()
                job.failed.disconnect()
                job.cancel()
            self._forget(kind)
        self.refresh()


def _standings(library: Library, models: Models) -> dict[Kind, Standing]:
    return {kind: _standing(library, models, kind) for kind in Kind}


def _standing(library: Library, models: Models, kind: Kind) -> Standing:
    from reid_core.actions.loading import EMBEDDER_ROLE
    from reid_core.actions.thresholds import known

    try:
        check_there(models, models.name(EMBEDDER_ROLE[kind]))
        model = models.model_id(kind)
    except ModelError as error:
        return Standing(kind, problem=sentence_of(error))
    try:
        with library.read() as connection:
            threshold, kept = known(connection, models, kind)
    except LibraryCorrupt as error:
        return Standing(kind, model, problem=sentence_of(error), can_remove=True)
    return Standing(kind, model, threshold, kept, can_remove=kept is not None)


def check_there(models: Models, name: str) -> None:
    """Raise ModelError for a model that would have to be fetched: who only looks fetches none."""
    if models.store.manifest(name).file:
        models.store.path(name)


def _measure(session: Session, kind: Kind, fmr: float, progress: Progress) -> Calibrated:
    from reid_core.actions.calibrate import calibrate

    return calibrate(
        session.library, session.models(), kind=kind, fmr=fmr, keep=False, progress=progress
    )


def _save(library: Library, one: Calibration, _: Progress) -> None:
    from reid_core.actions.calibrate import save

    save(library, one)


def _remove(session: Session, kind: Kind) -> bool:
    from reid_core.actions.calibrate import forget_calibration

    return forget_calibration(session.library, session.models(), kind)
