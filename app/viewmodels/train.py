"""The page of training without its widgets: runs that were made, and the one under way."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.requests import TrainingRuns
from app.session import Message, Session
from app.training_run import CameoProcess, Client, Order
from app.viewmodels import train_files as files
from app.viewmodels.train_curves import Curves, LogTail
from app.viewmodels.train_elsewhere import elsewhere, remember
from app.viewmodels.train_job import TrainJob
from app.viewmodels.train_runs import (
    SAID,
    Details,
    RunRow,
    Status,
    find_runs,
    is_run,
    read_details,
    read_row,
    read_status,
)
from reid_core.errors import CameoError
from reid_core.protocols import Progress

LOOK_MS = 500  # between two looks at what a run writes
FOLDER = "runs"  # of the library


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A run as it is now."""

    row: RunRow
    status: Status
    curves: Curves
    details: Details


class Training(QObject):
    """Starts, watches and lists runs; one at a time is under way. A run's key is its folder."""

    rows_changed = Signal()
    row_changed = Signal(object)  # a RunRow in place of the one of its folder
    selected_changed = Signal()  # another one
    looked = Signal()  # the chosen run, or the one beside it, as it is now
    busy_changed = Signal()  # begun, paused, going on, stopping or ended

    def __init__(
        self,
        session: Session,
        make: Callable[[], Client] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._make = make or (lambda: CameoProcess(self))
        self._rows: dict[str, RunRow] = {}
        self._selected = self._beside = self._running = self._attempt = ""
        self._looks: dict[str, Look] = {}
        self._tails: dict[str, LogTail] = {}
        self._client: Client | None = None
        self._job: TrainJob | None = None
        self._is_paused = self._is_stopping = self._is_killed = False
        self._looking = self._closed = False
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def has_torch(self) -> bool:
        """Whether training can work here; torch is not imported, only looked for."""
        importlib.invalidate_caches()
        return importlib.util.find_spec("torch") is not None

    @property
    def root(self) -> Path:
        """Where runs are made."""
        return self._session.library.folder / FOLDER

    @property
    def rows(self) -> tuple[RunRow, ...]:
        """The newest first."""
        return tuple(sorted(self._rows.values(), key=lambda r: r.started, reverse=True))

    @property
    def selected(self) -> RunRow | None:
        """The chosen run."""
        return self._rows.get(self._selected)

    @property
    def beside(self) -> RunRow | None:
        """The run that it is compared with."""
        return self._rows.get(self._beside)

    @property
    def is_busy(self) -> bool:
        """Whether a run of ours is under way."""
        return bool(self._running)

    @property
    def running(self) -> str:
        """The folder of the run under way, "" when there is none."""
        return self._running

    @property
    def is_paused(self) -> bool:
        """Whether it was told to pause."""
        return self._is_paused

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._is_stopping

    def look_of(self, row: RunRow | None) -> Look | None:
        """A run as it was when it was last looked at."""
        return self._looks.get(row.folder) if row else None

    def refresh(self) -> None:
        """Read the list anew."""
        roots, single, ours = [self.root], elsewhere(self._session), self._running

        def work(_: Progress) -> list[RunRow]:
            return [read_row(f, ours=str(f) == ours) for f in find_runs(roots, single)]

        self._session.tasks.run(
            "",
            work,
            then=self._on_rows,
            failed=self._session.tell,
            latest="train-runs",
            shown=False,
        )

    def select(self, folder: str) -> None:
        """Choose a run; "" for none."""
        if folder != self._selected:
            self._selected = folder if folder in self._rows else ""
            if self._beside == self._selected:
                self._beside = ""
            self.selected_changed.emit()
        self._look()
        self._watch()

    def compare(self, folder: str) -> None:
        """Lay another run's curves over those of the chosen one; "" for none."""
        self._beside = folder if folder in self._rows and folder != self._selected else ""
        self.looked.emit()
        self._look()

    def add(self, folder: Path) -> None:
        """List a run that lies elsewhere, like one that was started in a terminal."""
        if not is_run(folder):
            self._session.tell(
                CameoError(self.tr("There is no training run in {}.").format(folder))
            )
            return
        remember(self._session, folder)
        self._selected = str(folder)
        self.refresh()

    def start(
        self, folder: Path, config: str, about: dict[str, str], extra: tuple[str, ...]
    ) -> None:
        """Begin a run in a new folder. config: TOML. about: for the list. extra: free lines."""
        if self.is_busy:
            return
        words = ("train", "--commands", "--", str(folder / "config.toml"), *extra)
        self._claim(folder, about.get("name", folder.name))
        failed_before, self._attempt = self._attempt, str(folder)
        self._session.tasks.run(
            "",
            lambda _: files.begin(folder, config, about, instead_of=failed_before),
            then=lambda _: self._launch(folder, words),
            failed=self._on_not_started,
            shown=False,
        )

    def train(self, recipe: Path, name: str, *, goes_on: bool = False) -> None:
        """Begin a run that was prepared in a folder of its own, or go on with it."""
        if self.is_busy:
            return
        resumed = ("--resume",) if goes_on or (recipe.parent / "last.pt").is_file() else ()
        self._claim(recipe.parent, name)
        self._launch(recipe.parent, ("train", *resumed, "--commands", "--", str(recipe)))

    def go_on(self, row: RunRow) -> None:
        """Resume a run that was stopped or interrupted, from its last checkpoint."""
        if row.can_go_on:
            self.train(Path(row.folder) / "config.toml", row.name, goes_on=True)

    def pause(self) -> None:
        """Hold the run where it is."""
        self._tell("pause", paused=True)

    def resume(self) -> None:
        """Have it go on."""
        self._tell("resume", paused=False)

    def stop(self) -> None:
        """End it after its step; what was learnt is kept."""
        if not self._running or self._is_stopping:
            return
        self._is_stopping = True
        look = self._looks.get(self._running)
        if self._client is not None and look is not None and look.status.is_learning:
            self._client.tell("stop")
        elif self._client is not None:
            self._client.kill()  # there is nothing yet that is not on disk
        if self._job is not None:
            self._job.cancel()
        self.busy_changed.emit()

    def kill(self) -> None:
        """End it at once, without what it learnt since its last checkpoint."""
        if self._client is not None:
            self._is_stopping = self._is_killed = True
            self._client.kill()

    def delete(self, row: RunRow) -> None:
        """Erase a run's folder. The caller has asked."""
        if row.is_live:
            return
        self._forget(row.folder)
        self._session.tasks.run(
            self.tr("Deleting {}").format(row.name),
            lambda _: files.erase(Path(row.folder)),
            then=lambda _: self.refresh(),
            failed=self._session.tell,
        )

    def close(self) -> None:
        """The window goes: the run stops after its step. Safe twice."""
        self._closed = True  # answers that are on their way are not for us any more
        self._timer.stop()
        if self._client is not None:
            self._client.close()
        self._end_job("cancelled")
        self._client, self._running = None, ""

    def _claim(self, folder: Path, name: str) -> None:
        """From here on a run of ours is under way."""
        self._running, self._selected = str(folder), str(folder)
        self._is_paused = self._is_stopping = self._is_killed = False
        self._forget(str(folder))
        self._job = TrainJob(self.tr("Training {}").format(name), self.stop, self)
        self._job.stays = self.tr("What the training run has learnt is kept; it can go on later.")
        self._session.tasks.list_job(self._job)
        if folder.parent != self.root:
            remember(self._session, folder)
        self.busy_changed.emit()

    def _launch(self, folder: Path, words: tuple[str, ...]) -> None:
        if self._closed:
            return
        if self._is_stopping:  # while its folder was made
            self._on_ended(-1)
            return
        self._client = self._client or self._make_client()
        separator = words.index("--") + 2
        words = (*words[:separator], f"run.folder={folder}", *words[separator:])
        try:
            self._client.start(Order(words, said=folder / SAID))
        except OSError as error:
            self._on_not_started(CameoError(f"{folder}: {error.strerror or error}."))
            return
        self.refresh()
        self.selected_changed.emit()
        self._watch()

    def _make_client(self) -> Client:
        made = self._make()
        made.ended.connect(self._on_ended)
        return made

    def _on_not_started(self, error: CameoError) -> None:
        self._running = ""
        self._end_job("failed")
        self._session.tell(error)
        self.busy_changed.emit()
        self.refresh()

    def _on_ended(self, status: int) -> None:
        folder, killed = Path(self._running), self._is_killed or self._is_stopping
        self._session.tasks.run(
            "",
            lambda _: files.settle(folder, status, killed=killed),
            then=self._on_settled,
            failed=self._session.tell,
            shown=False,
        )

    def _on_settled(self, row: RunRow) -> None:
        self._running = ""
        self._is_paused = self._is_stopping = self._is_killed = False
        if row.state != "failed" or row.step:
            self._attempt = ""
        self._end_job({"failed": "failed", "stopped": "cancelled"}.get(row.state, "done"))
        self._rows[row.folder] = row
        self.rows_changed.emit()
        self.busy_changed.emit()
        self._say(row)
        self._look()

    def _say(self, row: RunRow) -> None:
        if row.state == "failed":
            self._session.tell(CameoError(row.message))
        elif row.state in ("done", "early"):
            show = partial(self._session.asked_for.emit, "train", TrainingRuns())
            line = self.tr("Training {} has finished.").format(row.name)
            self._session.message.emit(Message(line, action=self.tr("Show"), call=show))

    def _tell(self, word: str, *, paused: bool) -> None:
        if self._client is not None and self._running and not self._is_stopping:
            self._is_paused = paused
            self._client.tell(word)
            self.busy_changed.emit()

    def _end_job(self, state: str) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.end(state)

    def _on_rows(self, rows: list[RunRow]) -> None:
        self._rows = {row.folder: row for row in rows}
        if self._selected not in self._rows and self._selected != self._running:
            self._selected = ""
            self.selected_changed.emit()
        self.rows_changed.emit()
        self._look()
        self._watch()

    def _watch(self) -> None:
        """Look again and again while anything goes on."""
        live = [r for r in (self.selected, self.beside) if r is not None and r.is_live]
        if self._running or live:
            self._timer.start()
        else:
            self._timer.stop()

    def _look(self) -> None:
        """Read what the runs in sight, and the one under way, have written."""
        wanted = [f for f in (self._running, self._selected, self._beside) if f in self._rows]
        if self._looking or self._closed or not wanted:
            return
        self._looking = True
        tails = {f: self._tails.setdefault(f, LogTail(Path(f) / "log.csv")) for f in wanted}
        self._session.tasks.run(
            "",
            partial(_look_at, tails, self._running),
            then=partial(self._on_looked, self._running),
            shown=False,
        )

    def _on_looked(self, running: str, looks: dict[str, Look]) -> None:
        self._looking = False
        if self._closed:
            return
        if running != self._running:  # begun or ended meanwhile: look again
            self._look()
            return
        for folder, look in looks.items():
            if folder not in self._rows:
                continue
            self._looks[folder] = look
            if look.row != self._rows[folder]:
                self._rows[folder] = look.row
                self.row_changed.emit(look.row)
            if folder == self._running and self._job is not None:
                self._job.show(look.status)
        self.looked.emit()
        wanted = {f for f in (self._selected, self._beside) if f in self._rows}
        if wanted - set(looks):
            self._look()
        self._watch()

    def _forget(self, folder: str) -> None:
        """Read a run anew from its beginning."""
        self._looks.pop(folder, None)
        self._tails.pop(folder, None)


def _look_at(tails: dict[str, LogTail], running: str, _: Progress) -> dict[str, Look]:
    found = {}
    for name, tail in tails.items():
        folder = Path(name)
        tail.read()
        curves = tail.curves()
        row = read_row(folder, ours=name == running, curves=curves)
        found[name] = Look(row, read_status(folder), curves, read_details(folder))
    return found
