"""The process that trains, or makes a model of what was learnt, as the window sees it.

It says how it stands in the run's folder; here are its start, its end and what it is told. torch
is imported by it and never by the window. When the window goes, the end of its standard input
tells it to stop after the step, so nothing that was learnt is lost.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

log = logging.getLogger(__name__)

LOOK_MS = 150  # between two looks whether it has ended
CLOSE_S = 2.0  # the window waits so long for it, then leaves it to end by itself


@dataclass(frozen=True, slots=True)
class Order:
    """What a process is to do. words: behind "cameo". said: where its standard error goes;
    answer: where its standard output goes, None for nowhere.
    """

    words: tuple[str, ...]
    said: Path
    answer: Path | None = None


class Client(Protocol):
    """What a view-model needs of a process; tests put their own in its place."""

    ended: SignalInstance  # exit status; below 0: ended by the system

    def start(self, order: Order) -> None: ...
    def tell(self, word: str) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


class CameoProcess(QObject):
    """One process after the other. Made, used and closed on the window's thread."""

    ended = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: subprocess.Popen[bytes] | None = None
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._on_look)

    @property
    def pid(self) -> int:
        """Of the process; 0 when there is none."""
        return self._process.pid if self._process else 0

    def start(self, order: Order) -> None:
        """Begin. Raises OSError when the files beside it cannot be written."""
        assert self._process is None, "one at a time"
        command = [sys.executable, "-P", "-m", "reid_core.cli.main", *order.words]
        answer = order.answer.open("wb") if order.answer else subprocess.DEVNULL
        with order.said.open("ab") as said:
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=answer,
                    stderr=said,
                    start_new_session=sys.platform != "win32",  # Ctrl-C is the window's
                    creationflags=_quietly(),
                )
            finally:
                if not isinstance(answer, int):
                    answer.close()
        self._look.start()

    def tell(self, word: str) -> None:
        """A word on its standard input: pause, resume or stop."""
        if self._process is None or self._process.stdin is None:
            return
        with suppress(OSError):  # it has just ended, which the next look finds
            self._process.stdin.write(word.encode("ascii") + b"\n")
            self._process.stdin.flush()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """Have it stop after its step; wait for that a short while. Safe twice."""
        self._look.stop()
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            _end_input(process)
        try:
            process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            log.info("the process that trains is still at a step; it ends after it")
            process.returncode = 0  # it is not ours any more, and nobody waits for it

    def _on_look(self) -> None:
        process = self._process
        if process is None or (status := process.poll()) is None:
            return
        self._look.stop()
        self._process = None
        with suppress(OSError):
            _end_input(process)
        self.ended.emit(status)


def _end_input(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _quietly() -> int:
    """Windows: a lower priority, and no console of its own; elsewhere the process sees to it."""
    if sys.platform == "win32":
        return subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW
    return 0
