"""A training run among what is being done."""

from __future__ import annotations

from app.tasks import OutsideJob
from app.viewmodels.train_runs import Status


class TrainJob(OutsideJob):
    """Stopping it keeps what was learnt."""

    page = "train"

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
