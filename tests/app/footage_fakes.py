"""A made-up indexing process that does what the test says."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.indexing import LIVE_MS, Report


class FakeClient(QObject):
    """Answers when told to by `end`; asked: what was wanted of it."""

    progressed = Signal(str, float, str)
    paused = Signal(str)
    resumed = Signal(str)
    finished = Signal(str, object)
    failed = Signal(str, str)
    cancelled = Signal(str)
    poster_made = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.source = ""

    def index(self, source: str, *, rate: float, kinds: tuple[str, ...]) -> None:
        assert not self.source, "one at a time"
        self.source, self.rate, self.kinds = source, rate, tuple(kinds)
        self.asked.append(f"index {source}")

    def make_posters(self, videos: list[int]) -> None:
        self.asked.append(f"posters {len(videos)}")

    def pause(self) -> None:
        self.asked.append("pause")

    def resume(self) -> None:
        self.asked.append("resume")

    def cancel(self, *, wait_ms: int = 0) -> None:
        self.asked.append(f"cancel {wait_ms}" if wait_ms == LIVE_MS else "cancel")

    def close(self) -> None:
        self.asked.append("close")

    def end(self, signal: object = None, *details: object) -> None:
        """Answer: finished with a plain report unless another signal is given."""
        source, self.source = self.source, ""
        report = Report(1, Path(source).name, "done", "", 2, 3, None, ())
        (signal or self.finished).emit(source, *(details or ([] if signal else [report])))
