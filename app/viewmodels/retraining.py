"""Retraining on one's own people, without widgets: what there is, learning, the verdict, the switch
and the way back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.from_core import sentence_of
from app.requests import Retrain
from app.session import Message, Session
from app.tasks import Job
from app.training_run import Client
from app.viewmodels.retrain_learning import Learning
from app.viewmodels.retrain_rows import Ground, Learnt, read_ground, read_pairs, read_runs
from app.viewmodels.retrain_words import calibrated_line, run_title
from reid_core.adapter import is_adapted
from reid_core.errors import CameoError
from reid_core.library.retrainings import Run
from reid_core.protocols import Progress
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.retrain_pairs import Pair
    from reid_core.actions.retrained import Accepted


class Retraining(QObject):
    """grounds: by kind, none before they were read. rows: every retraining, newest first.
    selected: the one looked at, with the pairs of its verdict. problems: why the last learning of
    a kind, or the last switch (by the run's id), came to nothing.
    """

    grounds_changed = Signal()
    rows_changed = Signal()
    selected_changed = Signal()  # another one, or the same one changed
    pairs_changed = Signal()
    busy_changed = Signal()  # learning or a switch: begun, further, ended

    def __init__(
        self,
        session: Session,
        make: Callable[[], Client] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self.learning = Learning(session, make, self)
        self.grounds: dict[Kind, Ground] = {}
        self.rows: tuple[Learnt, ...] = ()
        self.pairs: tuple[Pair, ...] = ()
        self.problems: dict[Kind | str, str] = {}
        self.is_read = False
        self.switching: Job | None = None
        self._selected = ""
        self._switched = ""  # the id of the run that is being taken into use
        self._is_shown, self._is_stale = False, True
        self._soon = QTimer(
            self, singleShot=True, interval=0
        )  # one switch is told by three signals
        self._soon.timeout.connect(self.refresh)
        self.learning.changed.connect(self.busy_changed)
        self.learning.made.connect(self._on_made)
        self.learning.failed.connect(self._on_learning_failed)
        for signal in (session.people_changed, session.models_changed):
            signal.connect(self._on_changed)

    # ---- reading

    @property
    def selected(self) -> Learnt | None:
        """The retraining that is looked at."""
        return self.row(self._selected)

    def row(self, shown_id: str) -> Learnt | None:
        """A retraining by its id."""
        return next((r for r in self.rows if r.run.shown_id == shown_id), None)

    @property
    def listed(self) -> tuple[Learnt, ...]:
        """The rows without the one that is being made here."""
        kind = self.learning.kind
        return tuple(r for r in self.rows if r.run.kind is not kind or r.state != "open")

    def in_use(self, kind: Kind) -> Learnt | None:
        """The retraining whose model a kind works with; None for the network alone."""
        return next((r for r in self.rows if r.run.kind is kind and r.run.in_use), None)

    def is_switching(self, row: Learnt) -> bool:
        """Whether it is being taken into use."""
        return self.switching is not None and row.run.shown_id == self._switched

    def set_shown(self, shown: bool) -> None:
        """Whether anybody looks: what changes meanwhile is read when they do."""
        self._is_shown = shown
        if shown and self._is_stale:
            self.refresh()

    def refresh(self) -> None:
        """Read again what there is and what was made, also by the command line."""
        self._is_stale, session = False, self._session
        self._ask("rows", lambda _: read_runs(session.library), self._take_rows)
        self._ask("grounds", lambda _: {k: read_ground(session, k) for k in Kind}, self._take)

    def select(self, shown_id: str) -> None:
        """Look at a retraining; one that is not listed yet is looked at once it is. "": none."""
        if shown_id != self._selected:
            self._selected = shown_id
            self.pairs = ()
            self.selected_changed.emit()
            self._read_pairs()

    # ---- learning

    def learn(self, kind: Kind, strength: str, extra: tuple[str, ...] = ()) -> None:
        """Learn from the people enrolled; the run with its verdict is looked at then."""
        self.problems.pop(kind, None)
        self.learning.start(kind, strength, extra)

    def judge(self, row: Learnt) -> None:
        """Hold what came of the training of a whole network against what is in use."""
        self.problems.pop(row.run.kind, None)
        self.learning.judge(row.run.kind, row.run.shown_id)

    def recipe(self, row: Learnt) -> Path:
        """Of a whole network's training, which `cameo train` does."""
        from reid_core.actions.retrain_folders import folder_of
        from reid_core.actions.retrain_full import RECIPE

        return folder_of(self._session.library, row.run) / RECIPE

    # ---- the switch and the way back: searches answer as before until it is made

    def accept(self, row: Learnt, *, override: bool = False) -> None:
        """From now on this library works with its model, calibrated where that is possible.

        override: although the verdict does not speak for it.
        """
        self._switch(
            row,
            self.tr("Take into use: {}").format(run_title(row.run)),
            partial(_accept, self._session, row.run.shown_id, override),
            self._on_accepted,
        )

    def roll_back(self, kind: Kind) -> None:
        """Work again with what was in use before the retrained model that is."""
        if (row := self.in_use(kind)) is not None:
            title = self.tr("Go back from: {}").format(run_title(row.run))
            self._switch(row, title, partial(_roll_back, self._session, kind), self._on_back)

    def drop(self, row: Learnt) -> None:
        """Erase a retraining and its model. The caller has asked."""
        title = self.tr("Drop: {}").format(run_title(row.run))
        work = partial(_drop, self._session, row.run.shown_id)
        self._switch(row, title, work, self._on_dropped)

    def close(self) -> None:
        """The window goes: what is being learnt is stopped. Safe twice."""
        self.learning.close()

    # ---- what comes back

    def _ask(
        self, what: str, work: Callable[[Progress], object], then: Callable[..., None]
    ) -> None:
        self._session.tasks.run(
            "",
            work,
            then=then,
            failed=self._session.tell,
            shown=False,
            latest=f"retraining {what}",
        )

    def _switch(
        self,
        row: Learnt,
        title: str,
        work: Callable[[Progress], object],
        then: Callable[..., None],
    ) -> None:
        """Change what is in use: at once, or after what is stored was embedded again."""
        if self.switching is not None:
            return
        self._switched = row.run.shown_id
        self.problems.pop(self._switched, None)
        failed = partial(self._on_switch_failed, self._switched)
        job = self._session.tasks.run(title, work, then=then, failed=failed)
        job.page, job.loses = "train", False  # it goes on from there the next time
        job.changed.connect(self.busy_changed)
        job.ended.connect(self._on_switch_ended)
        self.switching = job
        self.busy_changed.emit()

    def _take(self, grounds: dict[Kind, Ground]) -> None:
        self.grounds = grounds
        self.grounds_changed.emit()

    def _take_rows(self, rows: tuple[Learnt, ...]) -> None:
        before, self.rows, self.is_read = self.selected, rows, True
        self.rows_changed.emit()
        if self.selected != before:
            self.selected_changed.emit()
            self._read_pairs()

    def _read_pairs(self) -> None:
        row, library = self.selected, self._session.library
        if row is not None:
            self._ask("pairs", lambda _: read_pairs(library, row.run), self._take_pairs)

    def _take_pairs(self, pairs: tuple[Pair, ...]) -> None:
        self.pairs = pairs
        self.pairs_changed.emit()

    def _on_changed(self) -> None:
        self._is_stale = True
        if self._is_shown:
            self._soon.start()

    def _on_made(self, shown_id: str) -> None:
        self.select(shown_id)  # it may be listed already
        self.refresh()
        if not self._is_shown:
            line = self.tr("Learning from your own people has finished.")
            self._session.message.emit(
                Message(line, action=self.tr("Show the verdict"), call=self._show)
            )

    def _show(self) -> None:
        self._session.asked_for.emit("train", Retrain(run=self._selected))

    def _on_learning_failed(self, kind: Kind, why: str) -> None:
        self.problems[kind] = why
        self.busy_changed.emit()
        if not self._is_shown:
            self._session.tell(CameoError(why))

    def _on_switch_failed(self, shown_id: str, error: CameoError) -> None:
        self.problems[shown_id] = sentence_of(error)
        if not self._is_shown:
            self._session.tell(error)

    def _on_switch_ended(self) -> None:
        self.switching, self._switched = None, ""
        self.busy_changed.emit()

    def _on_accepted(self, done: Accepted) -> None:
        run = done.run
        self._announce(run)
        line = self.tr("In use from now on: {title}. {calibration}").format(
            title=run_title(run), calibration=calibrated_line(done)
        )
        back = partial(self.roll_back, run.kind)
        self._session.message.emit(Message(line, action=self.tr("Go back"), call=back))

    def _on_back(self, run: Run) -> None:
        self._announce(run)
        line = self.tr("As before, no longer in use: {}.").format(run_title(run))
        again = partial(self._again, run.shown_id)
        self._session.message.emit(Message(line, action=self.tr("Use it again"), call=again))

    def _again(self, shown_id: str) -> None:
        if (row := self.row(shown_id)) is not None:
            self.accept(row, override=True)  # which was said when it was taken into use

    def _on_dropped(self, run: Run) -> None:
        self._selected = ""
        self.problems.pop(run.shown_id, None)
        if run.in_use:
            self._announce(run)
            self._session.say(self.tr("Erased. The network alone is in use from now on."))
        else:
            self._on_changed()
            self._session.say(self.tr("Erased: the retraining and its model."))
        self.selected_changed.emit()

    def _announce(self, run: Run) -> None:
        """Everything that shows scores reads anew: one space never meets the other."""
        session = self._session
        if run.model is not None and not is_adapted(run.model):
            session.history.clear()  # its steps have no vectors of the network now in use
            session.history_changed.emit()
        for signal in (session.models_changed, session.people_changed, session.footage_changed):
            signal.emit()


def _accept(session: Session, shown_id: str, override: bool, progress: Progress) -> Accepted:
    from reid_core.actions.retrained import accept

    return accept(session.library, session.models(), shown_id, override=override, progress=progress)


def _roll_back(session: Session, kind: Kind, progress: Progress) -> Run:
    from reid_core.actions.retrained import roll_back

    return roll_back(session.library, session.models(), kind, progress=progress)


def _drop(session: Session, shown_id: str, progress: Progress) -> Run:
    from reid_core.actions.retrained import drop

    return drop(session.library, session.models(), shown_id, progress=progress)
