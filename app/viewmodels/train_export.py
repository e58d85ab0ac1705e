"""Making a model of a run, in a process of its own, and what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.from_core import sentence_of
from app.session import Session
from app.tasks import Job
from app.training_run import CameoProcess, Client, Order
from app.viewmodels.train_job import TrainJob
from app.viewmodels.train_runs import RunRow, last_words, number, read_json, text, whole
from reid_core.models.manifest import NAME
from reid_core.protocols import Progress

MODEL = "model"  # the folder, in the run's, that the files are written to


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """What the form says of a new model; see `cameo export`."""

    name: str
    role: str
    precision: str = "fp16"
    licence: str = "unknown"
    commercial: bool = False
    data: str = ""
    terms: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A model that was made and installed. parity: the lowest cosine between torch's vectors and
    its own; alone: between a picture's vectors alone and among others. size: bytes.
    """

    name: str
    parity: float
    alone: float
    size: int
    precision: str


class Exporter(QObject):
    """One model after the other."""

    made = Signal(object)  # a Made
    failed = Signal(str)  # a sentence
    busy_changed = Signal()

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
        self._job: TrainJob | None = None
        self._plan: ModelPlan | None = None
        self._beside: tempfile.TemporaryDirectory[str] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a model is being made."""
        return self._plan is not None

    def export(self, row: RunRow, plan: ModelPlan) -> None:
        """Make a model of a run's best network and install it."""
        if self.is_busy:
            return
        if self._client is None:
            self._client = self._make()
            self._client.ended.connect(self._on_ended)
        self._plan = plan
        self._beside = tempfile.TemporaryDirectory(prefix="cameo-export-")
        self._job = TrainJob(self.tr("Making the model {}").format(plan.name), self._kill, self)
        self._job.stays = self.tr("The model is not made; make it again from the same run.")
        try:
            self._client.start(self._order(Path(row.folder), plan))
        except OSError as error:
            self._end("failed")
            self.failed.emit(str(error.strerror or error))
            return
        self._session.tasks.list_job(self._job)
        self.busy_changed.emit()

    def close(self) -> None:
        """The window goes; a model that is not finished is not there."""
        self._kill()
        if self._client is not None:
            self._client.close()
        self._end("cancelled")

    def _order(self, run: Path, plan: ModelPlan) -> Order:
        beside = Path(self._beside.name if self._beside else ".")
        words = ["--models", str(self._session.store.folder), "export", "--install", "--json", "-"]
        for option, value in (
            ("--name", plan.name),
            ("--to", str(run / MODEL)),
            ("--role", plan.role),
            ("--precision", plan.precision),
            ("--licence", plan.licence),
            ("--data", plan.data),
            ("--terms", plan.terms),
            ("--note", plan.note),
        ):
            words.append(f"{option}={value}")
        words += [*(["--commercial"] if plan.commercial else []), "--", str(run)]
        return Order(tuple(words), said=beside / "said.txt", answer=beside / "answer.json")

    def _kill(self) -> None:
        if self._client is not None and self._plan is not None:
            self._client.kill()

    def _on_ended(self, status: int) -> None:
        if self._beside is None:
            return
        beside = Path(self._beside.name)

        def work(_: Progress) -> tuple[dict[str, object], str]:
            return read_json(beside / "answer.json"), last_words(beside / "said.txt")

        self._session.tasks.run(
            "",
            work,
            then=lambda found: self._on_answer(status, *found),
            failed=lambda error: self._on_answer(status, {}, sentence_of(error)),
            shown=False,
        )

    def _on_answer(self, status: int, answer: dict[str, object], said: str) -> None:
        plan, job = self._plan, self._job
        if plan is None:
            return
        was_cancelled = isinstance(job, Job) and job.is_cancelled
        self._end("done" if status == 0 else "cancelled" if was_cancelled else "failed")
        if status == 0:
            self._session.models_changed.emit()
            self.made.emit(_made(plan, answer))
        elif not was_cancelled:
            self.failed.emit(said or self.tr("The process ended with status {}.").format(status))

    def _end(self, state: str) -> None:
        job, self._job, self._plan = self._job, None, None
        if job is not None:
            job.end(state)
        if self._beside is not None:
            self._beside.cleanup()
            self._beside = None
        self.busy_changed.emit()


def name_problem(name: str, taken: frozenset[str]) -> str:
    """Why a model cannot be called so: "form" or "taken"; "" when it can."""
    if not NAME.fullmatch(name):
        return "form"
    return "taken" if name in taken else ""


def _made(plan: ModelPlan, answer: dict[str, object]) -> Made:
    return Made(
        plan.name,
        number(answer.get("parity")) or 0.0,
        number(answer.get("alone")) or 0.0,
        whole(answer.get("size")),
        text(answer.get("precision")) or plan.precision,
    )
