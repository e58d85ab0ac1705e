"""The client of the process that indexes: commands to it, events from it, its start and its end.

The process (`reid_core.cli.worker`) starts with the first command, ends when it has had nothing to
do for a while, and may be killed at any moment: what it stored stays, and indexing goes on from
there.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, SignalInstance, Slot

log = logging.getLogger(__name__)

CANCEL_MS = 2000  # a cancelled file may take so long to stop, then the process is killed
LIVE_MS = 20000  # the last minute of a recording is embedded and stored first
CLOSE_MS = 2000
IDLE_MS = 20000  # an idle process keeps some 400 MB of models


@dataclass(frozen=True, slots=True)
class Report:
    """What indexing a source came to; see `reid_core.actions.index.Indexed`."""

    video: int
    name: str
    state: str
    message: str
    faces: int
    bodies: int
    moved_from: str | None
    unreadable: tuple[str, ...]


class Client(Protocol):
    """What the queue needs of an indexing process; tests put their own in its place."""

    progressed: SignalInstance
    paused: SignalInstance
    resumed: SignalInstance
    finished: SignalInstance
    failed: SignalInstance
    cancelled: SignalInstance
    poster_made: SignalInstance

    def index(self, source: str, *, rate: float, kinds: Sequence[str]) -> None: ...
    def make_posters(self, videos: Sequence[int]) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def cancel(self, *, wait_ms: int = CANCEL_MS) -> None: ...
    def close(self) -> None: ...


class Indexer(QObject):
    """One indexing process. Made, used and closed on the window's thread; never blocks it.

    `index` one source at a time: each is answered by `finished`, `failed` or `cancelled`.
    """

    progressed = Signal(str, float, str)  # source, share in [0, 1], a word on it
    paused = Signal(str)  # source
    resumed = Signal(str)  # source
    finished = Signal(str, object)  # source, Report
    failed = Signal(str, str)  # source, a sentence
    cancelled = Signal(str)  # source
    poster_made = Signal(str)  # the name of a new picture among `listing.posters`

    def __init__(
        self, library: Path, models: Path, *, provider: str = "", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._arguments = ["--library", str(library), "--models", str(models)]
        self._arguments += ["--provider", provider] if provider else []
        self._process: QProcess | None = None
        self._leaving: list[QProcess] = []
        self._source: str | None = None
        self._cancelling = False
        self._kill = QTimer(self, singleShot=True)
        self._kill.timeout.connect(self._on_too_slow)
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(self._let_go)

    @property
    def source(self) -> str | None:
        """What is under way."""
        return self._source

    @property
    def pid(self) -> int:
        """Of the process; 0 when there is none."""
        return self._process.processId() if self._process else 0

    def index(self, source: str, *, rate: float, kinds: Sequence[str]) -> None:
        """Begin with a source. rate: pictures a second. kinds: "face", "body"."""
        assert self._source is None, "one at a time"
        self._source, self._cancelling = source, False
        self._send({"do": "index", "source": source, "rate": rate, "kinds": list(kinds)})

    def make_posters(self, videos: Sequence[int]) -> None:
        """Have a picture made of each video that has none."""
        self._send({"do": "posters", "videos": list(videos)})

    def pause(self) -> None:
        """Hold what is under way where it is."""
        self._send({"do": "pause"})

    def resume(self) -> None:
        """Go on."""
        self._send({"do": "resume"})

    def cancel(self, *, wait_ms: int = CANCEL_MS) -> None:
        """Stop what is under way; the process is killed if that takes longer than wait_ms."""
        if self._source is None or self._cancelling:
            return
        self._cancelling = True
        self._send({"do": "cancel"})
        self._kill.start(wait_ms)

    def close(self) -> None:
        """End the process, within two seconds or by force. Safe twice."""
        self._kill.stop()
        self._idle.stop()
        self._source = None
        self._let_go()
        leaving, self._leaving = self._leaving, []
        for process in leaving:
            ended = process.state() is QProcess.ProcessState.NotRunning
            if not ended and not process.waitForFinished(CLOSE_MS):
                process.kill()
                process.waitForFinished(CLOSE_MS)
            process.deleteLater()

    def _send(self, command: dict[str, object]) -> None:
        self._idle.stop()
        if self._process is None:
            self._process = self._start()
        self._process.write(json.dumps(command).encode("ascii") + b"\n")
        if self._source is None:
            self._idle.start()

    def _start(self) -> QProcess:
        process = QProcess(self)
        process.readyReadStandardOutput.connect(self._on_output)
        process.finished.connect(self._on_ended)
        process.errorOccurred.connect(self._on_error)
        # decoders write file names there
        process.setStandardErrorFile(QProcess.nullDevice())
        process.start(sys.executable, ["-P", "-m", "reid_core.cli.worker", *self._arguments])
        return process

    @Slot()
    def _on_output(self) -> None:
        while self._process is not None and self._process.canReadLine():
            line = bytes(self._process.readLine().data())
            try:
                event = json.loads(line)
            except ValueError:  # a library that prints
                continue
            if isinstance(event, dict):
                self._take(event)

    def _take(self, event: dict[str, Any]) -> None:
        match event.get("event"):
            case "progress" if self._source is not None:
                self.progressed.emit(self._source, float(event["share"]), str(event["detail"]))
            case "paused" if self._source is not None:
                self.paused.emit(self._source)
            case "resumed" if self._source is not None:
                self.resumed.emit(self._source)
            case "done":
                self._answer(self.finished, _report(event["report"]))
            case "failed":
                self._answer(self.failed, str(event["message"]))
            case "cancelled":
                self._answer(self.cancelled)
            case "poster":
                self.poster_made.emit(str(event["name"]))
            case "bug":
                log.error("a bug in the indexing process:\n%s", event["report"])

    def _answer(self, signal: SignalInstance, *details: object) -> None:
        source, self._source = self._source, None
        self._kill.stop()
        self._idle.start()
        if source is not None:
            signal.emit(source, *details)

    def _on_too_slow(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _let_go(self) -> None:
        """Have the process end by itself; a new one is started when there is something to do."""
        process, self._process = self._process, None
        if process is None:
            return
        process.blockSignals(True)
        process.closeWriteChannel()
        gone = QProcess.ProcessState.NotRunning
        self._leaving = [p for p in self._leaving if p.state() is not gone] + [process]

    @Slot()
    def _on_ended(self) -> None:
        self._on_output()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        if self._source is None:
            return
        if self._cancelling:
            self._answer(self.cancelled)
        else:
            self._answer(
                self.failed,
                self.tr(
                    "The indexing process ended unexpectedly at this source. What was found before "
                    "is kept; the file may be damaged in a way that its decoder cannot bear."
                ),
            )

    @Slot(QProcess.ProcessError)
    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is not QProcess.ProcessError.FailedToStart:
            return  # `finished` tells the rest
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self._answer(self.failed, self.tr("The indexing process could not be started."))


def _report(raw: dict[str, Any]) -> Report:
    return Report(
        int(raw["video"]),
        str(raw["name"]),
        str(raw["state"]),
        str(raw["message"]),
        int(raw["faces"]),
        int(raw["bodies"]),
        raw["moved_from"],
        tuple(raw["unreadable"]),
    )
