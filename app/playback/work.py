"""The playing thread's side: obeys orders, keeps time, delivers pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.from_core import sentence_of
from app.playback.orders import Manner, Order, Orders
from app.playback.pictures import Converter, Ended, Failed, News, Opened, Picture
from app.words import decimal
from reid_core.errors import CameoError, SourceUnavailable

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from reid_core.video.cursor import Cursor
    from reid_core.video.slides import Slides

LATE_S = 0.15  # a picture later than this moves the clock: playing slows down rather than skips
APART_S = 0.012  # pictures closer than this on the wall are not all shown
LATE_APART_S = 0.04  # the same while decoding cannot keep up

Standing = tuple[float, "VideoFrame"]


class Work:
    """Stands on one picture of one file. For the playing thread alone."""

    def __init__(self, orders: Orders, deliver: Callable[[Picture | News], None]) -> None:
        self._orders = orders
        self._deliver = deliver
        self._path = Path()
        self._cursor: Cursor | Slides | None = None
        self._converter = Converter(self._path)
        self._manner = Manner()
        self._shown: Standing | None = None
        self._coming: Standing | None = None  # read while the one before is still to be seen
        self._wall = self._media = 0.0  # one moment by both clocks
        self._delivered = 0.0
        self._on_screen_s: float | None = None  # which picture of this file was delivered last
        self._ended = False

    def run(self) -> None:
        """Do what is ordered until the end."""
        while (order := self._orders.take(self._manner, self._wait_s())) is not None:
            try:
                self._do(order)
            except CameoError as error:
                self.close()
                self._deliver(Failed(self._path, sentence_of(error)))

    def close(self) -> None:
        """Close the file."""
        if self._cursor is not None:
            self._cursor.close()
        self._cursor = self._shown = self._coming = None

    def _do(self, order: Order) -> None:
        if order.opens:
            self._open(order.path)
        before, self._manner = self._manner, self._orders.manner
        if self._cursor is None:
            return
        if order.seek_s is not None:
            self._seek(self._cursor, order)
        if order.steps:
            self._step(self._cursor, order.steps)
        elif order.redraw and order.seek_s is None:
            self._show()
        if not self._manner.is_playing:
            self._settle(self._cursor)
        elif self._shown is not None and not self._ended:
            if before.speed != self._manner.speed:
                self._restart(self._shown[0])
            self._play(self._cursor, self._shown)

    def _open(self, path: Path | None) -> None:
        self.close()
        if path is None:
            return
        self._path, self._on_screen_s = path, None
        self._cursor = open_cursor(path)
        self._converter = Converter(path, self._cursor.aspect)
        self._deliver(Opened(path, self._cursor.duration_s, self._cursor.frame_s))

    def _seek(self, cursor: Cursor | Slides, order: Order) -> None:
        self._coming, self._ended = None, False
        wanted_s = order.seek_s or 0.0
        found = cursor.at(
            wanted_s,
            stop=lambda: self._orders.is_overtaken,
            rough=partial(self._show_rough, wanted_s) if order.is_rough else None,
        )
        if found is not None:
            self._shown = found
            self._restart(found[0])
            self._show()
        elif not self._orders.is_overtaken:
            line = QCoreApplication.translate("Player", "{} holds no pictures that can be decoded.")
            raise SourceUnavailable(line.format(self._path))

    def _step(self, cursor: Cursor | Slides, steps: int) -> None:
        self._settle(cursor)
        self._ended = False
        for _ in range(abs(steps)):
            found = cursor.next() if steps > 0 else cursor.previous()
            if found is None:
                break
            self._shown = found
        self._show()

    def _settle(self, cursor: Cursor | Slides) -> None:
        """Not playing: stand on the picture that is shown, not on the one after it."""
        self._ended = False
        if self._coming is not None and self._shown is not None:
            self._coming = None
            self._shown = cursor.at(self._shown[0]) or self._shown

    def _play(self, cursor: Cursor | Slides, shown: Standing) -> None:
        now = time.monotonic()
        if self._coming is None:
            self._restart(shown[0])
            self._coming = self._following(cursor)
        if self._coming is None or (late_s := now - self._due_s(self._coming[0])) < 0:
            return
        if late_s > LATE_S:
            self._restart(self._coming[0])
        self._shown = self._coming
        apart_s = LATE_APART_S if late_s > 2 * APART_S else APART_S
        if now - self._delivered >= apart_s:
            self._show()
        self._coming = self._following(cursor)

    def _following(self, cursor: Cursor | Slides) -> Standing | None:
        """The picture after the present one: the loop's first after its last."""
        found, loop = cursor.next(), self._manner.loop
        if loop is not None and (found is None or found[0] > loop[1]):
            found = cursor.at(loop[0], stop=lambda: self._orders.is_overtaken)
            if found is not None:
                self._restart(found[0], in_s=cursor.frame_s / self._manner.speed)
        elif found is None:
            self._ended = True
            self._show()
            self._deliver(Ended(self._shown[0] if self._shown else 0.0))
        return found

    def _wait_s(self) -> float | None:
        """Until the next picture is due; None while none is coming."""
        if self._coming is None:
            return None
        return max(0.0, self._due_s(self._coming[0]) - time.monotonic())

    def _due_s(self, time_s: float) -> float:
        return self._wall + (time_s - self._media) / self._manner.speed

    def _restart(self, time_s: float, *, in_s: float = 0.0) -> None:
        """From now on the picture of that time is due now, or in a while."""
        self._wall, self._media = time.monotonic() + in_s, time_s

    def _show_rough(self, wanted_s: float, time_s: float, frame: VideoFrame) -> None:
        """A picture on the way, unless the one on the screen is nearer: it would only flicker."""
        shown_s = self._on_screen_s
        nearer = shown_s is None or abs(time_s - wanted_s) < abs(shown_s - wanted_s)
        if nearer and not self._orders.is_overtaken:
            self._put(time_s, frame, exact=False)

    def _show(self) -> None:
        if self._shown is not None:
            self._put(*self._shown, exact=True)

    def _put(self, time_s: float, frame: VideoFrame, *, exact: bool) -> None:
        box = self._orders.manner.box
        problem = self._problem(time_s) if exact else ""
        picture = self._converter.convert(frame, time_s, box, exact=exact, problem=problem)
        self._delivered, self._on_screen_s = time.monotonic(), time_s
        self._deliver(picture)

    def _problem(self, time_s: float) -> str:
        """Why the file does not go on behind its last picture, where it should."""
        cursor = self._cursor
        if cursor is None or time_s < cursor.last_s or not cursor.is_cut_short:
            return ""
        line = QCoreApplication.translate(
            "Player", "The file breaks off at {at} s of {of} s: it is cut short or damaged."
        )
        return line.format(at=decimal(time_s, 1), of=decimal(cursor.duration_s or time_s, 1))


def open_cursor(path: Path) -> Cursor | Slides:
    """A video, a picture or a folder of pictures. Raises SourceUnavailable."""
    from reid_core import images
    from reid_core.video.cursor import Cursor
    from reid_core.video.slides import Slides
    from reid_core.video.source import is_video

    if not path.exists():
        line = QCoreApplication.translate(
            "Player",
            "{} is not there. It was moved or deleted, or its drive is not connected. The page of "
            "footage can be told where it is now.",
        )
        raise SourceUnavailable(line.format(path))
    if path.is_dir() or (images.is_image(path) and not is_video(path)):
        return Slides(path)
    return Cursor(path)
