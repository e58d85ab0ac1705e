"""Learning from one's own people, in a process of its own, followed and stopped from here.

torch is imported there and never by the window. What is learnt is judged and kept by that process;
here comes only which run it was. Until then nothing of it is in the library, so that stopping it,
or killing it, at any moment leaves everything as it was.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.from_core import in_window
from app.session import Session
from app.tasks import OutsideJob
from app.training_run import CameoProcess, Client, Order
from app.viewmodels.calibrating_words import kind_name
from app.viewmodels.train_runs import last_words, number, read_json, tail, text
from reid_core.errors import LibraryLocked
from reid_core.library import Library, retrainings
from reid_core.protocols import Progress
from reid_core.types import Kind

LOOK_MS = 250  # between two looks at what it says
PATIENCE_MS = 1500  # for it to stop by itself; then it is ended, which loses nothing more
STEP = re.compile(r"(\d+ of \d+): .*")


class LearnJob(OutsideJob):
    """A retraining among what is being done. `show` takes over how far it is."""

    page = "train"

    def __init__(self, title: str, stop: Callable[[], None], parent: QObject) -> None:
        super().__init__(title, stop, parent)
        self._began = time.monotonic()
        self.stays = self.tr("Nothing is kept of what is being learnt from your own people.")

    def show(self, share: float, what: str) -> None:
        """share: done, in [0, 1]."""
        if self.is_cancelled:
            return
        self.share = min(max(share, 0.0), 1.0)
        self.detail = STEP.sub(r"\1", what)
        spent = time.monotonic() - self._began
        self._remaining_s = spent * (1 - share) / share if 0.02 < share < 1 else None
        self.changed.emit()


class Learning(QObject):
    """One retraining after the other. kind: of the one under way, None when there is none."""

    changed = Signal()  # begun, further, stopping or ended
    made = Signal(str)  # the id of a run with its verdict
    failed = Signal(object, str)  # a Kind, and why nothing was made

    def __init__(
        self,
        session: Session,
        make: Callable[[], Client] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._make = make or (lambda: CameoProcess(self))
        self._client: Client | None = None
        self._beside: tempfile.TemporaryDirectory[str] | None = None
        self.kind: Kind | None = None
        self.job: LearnJob | None = None
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._kill)

    @property
    def is_busy(self) -> bool:
        """Whether something is learnt."""
        return self.kind is not None

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self.job is not None and self.job.is_cancelled

    def start(self, kind: Kind, strength: str, extra: tuple[str, ...] = ()) -> None:
        """Learn from the people enrolled. extra: options of `cameo retrain`."""
        title = self.tr("Learn from your own people: {}").format(kind_name(kind))
        self._begin(kind, title, (f"--kind={kind}", f"--strength={strength}", *extra, "--commands"))

    def judge(self, kind: Kind, shown_id: str) -> None:
        """Hold what came of the training of a whole network against what is in use."""
        title = self.tr("Judge what was trained: {}").format(kind_name(kind))
        self._begin(kind, title, ("judge", shown_id))

    def _begin(self, kind: Kind, title: str, words: tuple[str, ...]) -> None:
        if self.is_busy:
            return
        if self._client is None:
            self._client = self._make()
            self._client.ended.connect(self._on_ended)
        self.kind = kind
        self._beside = tempfile.TemporaryDirectory(prefix="cameo-retrain-")
        self.job = LearnJob(title, self._stop, self)
        self._session.tasks.list_job(self.job)
        try:
            self._client.start(self._order(words))
        except OSError as error:
            self._end("failed")
            self.failed.emit(kind, str(error.strerror or error))
            return
        self._timer.start()
        self.changed.emit()

    def stop(self) -> None:
        """Learn no further; nothing of it is kept."""
        if self.job is not None:
            self.job.cancel()

    def close(self) -> None:
        """The window goes, and learning with it. Safe twice."""
        if self._client is not None:
            self._client.close()
        self._end("cancelled")

    def _order(self, words: tuple[str, ...]) -> Order:
        session, beside = self._session, self._folder()
        where = ("--library", str(session.library.folder), "--models", str(session.store.folder))
        answer = f"--json={beside / 'run.json'}"
        return Order((*where, "retrain", *words, answer), said=beside / "said.txt")

    def _folder(self) -> Path:
        assert self._beside is not None
        return Path(self._beside.name)

    def _stop(self) -> None:
        if self._client is not None:
            self._client.tell("stop")
            self._patience.start()
            self.changed.emit()

    def _kill(self) -> None:
        if self._client is not None and self.is_busy:
            self._client.kill()

    def _look(self) -> None:
        if self._beside is not None:
            said = self._folder() / "said.txt"
            self._session.tasks.run(
                "", lambda _: _read(said), then=self._on_read, shown=False, latest="retrain.look"
            )

    def _on_read(self, found: tuple[float, str] | None) -> None:
        if found is not None and self.job is not None:
            self.job.show(*found)
            self.changed.emit()

    def _on_ended(self, status: int) -> None:
        if not self.is_busy:
            return
        self._timer.stop()
        self._patience.stop()
        folder, kind, was_stopped = self._folder(), self.kind, self.is_stopping
        library = self._session.library

        def work(_: Progress) -> tuple[str, str]:
            if status != 0 and library.writable and kind is not None:
                _tidy(library, kind)
            return text(read_json(folder / "run.json").get("id")), last_words(folder / "said.txt")

        self._session.tasks.run(
            "",
            work,
            then=partial(self._on_answer, status, was_stopped),
            failed=lambda error: self._on_answer(status, was_stopped, ("", str(error))),
            lane="write",
            shown=False,
        )

    def _on_answer(self, status: int, was_stopped: bool, answer: tuple[str, str]) -> None:
        (run, said), kind = answer, self.kind
        is_made = status == 0 and bool(run)
        self._end("done" if is_made else "cancelled" if was_stopped else "failed")
        if is_made:
            self.made.emit(run)
        elif not was_stopped:
            self.failed.emit(kind, self._why(status, said))

    def _why(self, status: int, said: str) -> str:
        if status < 0:
            return self.tr(
                "The system ended the process that learns (signal {}), most likely because memory "
                "ran out."
            ).format(-status)
        if status == 2 and said and _told(said) is None:
            return in_window(said)
        return self.tr("Nothing was learnt: the process ended with status {}.").format(status)

    def _end(self, state: str) -> None:
        self._timer.stop()
        self._patience.stop()
        job, self.job, self.kind = self.job, None, None
        if job is not None:
            job.end(state)
        if self._beside is not None:
            self._beside.cleanup()
            self._beside = None
        self.changed.emit()


def _read(said: Path) -> tuple[float, str] | None:
    """How far it is, from the last whole line that says so."""
    lines = tail(said).splitlines()
    return next((found for one in reversed(lines) if (found := _told(one)) is not None), None)


def _told(line: str) -> tuple[float, str] | None:
    """{"share": 0.5, "what": "1 of 2"} as a share and words; None for any other line."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    share = number(found.get("share")) if isinstance(found, dict) else None
    return None if share is None else (share, text(found.get("what")))


def _tidy(library: Library, kind: Kind) -> None:
    """Take away the row of a run that was killed. Whoever retrains by now has done so already."""
    from reid_core.actions.retrain import alone

    with suppress(LibraryLocked), alone(library):
        with library.read() as connection:
            left = retrainings.unfinished(connection, kind)
        if left:
            with library.transaction("retraining stopped", runs=len(left)) as tx:
                retrainings.delete(tx, left)
