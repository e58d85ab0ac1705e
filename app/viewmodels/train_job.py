"""A training run among what is being done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.tasks import Job
from app.viewmodels.train_runs import Status


class TrainJob(Job):
    """Done by another process; stopping it keeps what was learnt."""

    def __init__(self, title: str, stop: Callable[[], None], parent: QObject) -> None:
        super().__init__(title, parent=parent)
        self._stop_training = stop
        self._remaining_s: float | None = None
        self.state = "running"

    @property
    def remaining_s(self) -> float | None:
        """Seconds to go, None while unknown."""
        return self._remaining_s

    def cancel(self) -> None:
        """Stop after the step."""
        if not self.is_cancelled:
            super().cancel()
            self._stop_training()

    def show(self, status: Status) -> None:
        """Take over how far it is."""
        if self.is_cancelled:
            return
        self.share = min(status.step / status.steps, 1.0) if status.steps else 0.0
        self.detail = {
            "starting": self.tr("reading the pictures"),
            "validating": self.tr("checking what it has learnt"),
            "paused": self.tr("paused"),
        }.get(status.state, "")
        self._remaining_s = status.seconds_left if status.state == "training" else None
        self.changed.emit()

    def end(self, state: str) -> None:
        """It is over. state: done, failed or cancelled."""
        self.state = state
        self.ended.emit()
        self.deleteLater()
