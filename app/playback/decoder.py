"""A thread that shows a video: decodes, keeps time, and leaves pictures in a mailbox."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty, SimpleQueue

from PySide6.QtCore import QObject, Signal

from app.mailbox import Mailbox
from app.playback.orders import Orders
from app.playback.pictures import News, Picture

JOIN_S = 5.0


class Decoder(QObject):
    """Made, used and closed on the window's thread; the work is done in its own.

    After `arrived` there may be a new picture (`picture`) or news (`news`).
    """

    arrived = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.orders = Orders()
        self._pictures: Mailbox[Picture] = Mailbox()
        self._news: SimpleQueue[News] = SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        """Whether its thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def open(self, path: Path | None, seek_s: float) -> None:
        """Show another file from a moment on; None for none."""
        self.orders.open(path, seek_s)
        if self._thread is None and not self.orders.is_closed:
            # a file on a network drive that hangs must not keep the program from ending
            self._thread = threading.Thread(target=self._run, name="player", daemon=True)
            self._thread.start()

    def picture(self) -> Picture | None:
        """The newest picture, once."""
        return self._pictures.take()

    def news(self) -> News | None:
        """What else happened, one by one, the oldest first."""
        try:
            return self._news.get_nowait()
        except Empty:
            return None

    def close(self) -> None:
        """End the thread and close the file. Safe twice."""
        self.orders.close()
        if self._thread is not None:
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        from app.playback.work import Work

        work = Work(self.orders, self._deliver)
        try:
            work.run()
        finally:
            work.close()

    def _deliver(self, what: Picture | News) -> None:
        if isinstance(what, Picture):
            self._pictures.put(what)
        else:
            self._news.put(what)
        if not self.orders.is_closed:
            self.arrived.emit()
