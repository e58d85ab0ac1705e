"""What plays, where it stands, and how it goes on: the player without its widgets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.playback.decoder import Decoder
from app.playback.pictures import Ended, Failed, News, Opened, Picture

SPEEDS = (0.25, 0.5, 1.0, 1.5, 2.0, 4.0)


class Player(QObject):
    """Plays one file. sentence: why nothing, or nothing more, can be shown."""

    picture_changed = Signal(object)  # a Picture
    changed = Signal()  # everything else: file, playing, speed, loop, sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._decoder = Decoder()
        self._decoder.arrived.connect(self._take)
        self._manner = self._decoder.orders.manner
        self.path = ""
        self._file = ""  # the same as the decoder names it
        self._is_closed = False
        self.time_s = 0.0  # of the picture shown
        self.duration_s: float | None = None
        self.frame_s = 0.04
        self.frame_size: tuple[int, int] | None = None
        self.span: tuple[float, float] | None = None  # what `L` loops
        self.sentence = ""
        self._wanted_s: float | None = None  # asked for, not shown yet

    @property
    def is_open(self) -> bool:
        """Whether there is something to look at."""
        return bool(self.path) and self.frame_size is not None

    @property
    def is_playing(self) -> bool:
        """Whether time goes on."""
        return self._manner.is_playing

    @property
    def speed(self) -> float:
        """Against real time."""
        return self._manner.speed

    @property
    def is_looping(self) -> bool:
        """Whether the span is repeated."""
        return self._manner.loop is not None

    @property
    def is_running(self) -> bool:
        """Whether its thread is alive."""
        return self._decoder.is_running

    @property
    def at_s(self) -> float:
        """Where it stands or is about to stand."""
        return self.time_s if self._wanted_s is None else self._wanted_s

    def open(self, path: str, time_s: float = 0.0, *, play: bool = False) -> None:
        """Show a file from a moment on; the same file is only sought in."""
        if path == self.path and not (self.sentence and self.frame_size is None):
            self._set(is_playing=play)
            self.seek(time_s)
            return
        self.path, self.sentence, self.span = path, "", None
        self._file = str(Path(path))
        self.duration_s, self.frame_size = None, None
        self._wanted_s = max(0.0, time_s)
        self._set(is_playing=play, loop=None)
        self._decoder.open(Path(path), self._wanted_s)
        self.changed.emit()

    def explain(self, path: str, sentence: str) -> None:
        """Show a sentence in place of something that cannot be played."""
        self._decoder.open(None, 0.0) if self._decoder.is_running else None
        self.path, self.sentence, self.span = path, sentence, None
        self._file = ""
        self.duration_s, self.frame_size = None, None
        self._set(is_playing=False, loop=None)
        self.changed.emit()

    def play(self) -> None:
        """Go on; from the start when it stands at the end."""
        if not self.path or self.is_playing:
            return
        if self.duration_s is not None and self.at_s >= self.duration_s - 1.5 * self.frame_s:
            self.seek(self.span[0] if self.span and self.is_looping else 0.0)
        self._set(is_playing=True)

    def pause(self) -> None:
        """Stand still."""
        self._set(is_playing=False)

    def toggle(self) -> None:
        """Play or pause."""
        self.pause() if self.is_playing else self.play()

    def seek(self, time_s: float, *, rough: bool = False) -> None:
        """Go to a moment. rough: while dragging, pictures on the way may be shown."""
        if not self.path:
            return
        self._wanted_s = max(0.0, time_s)
        self._decoder.orders.seek(self._wanted_s, rough=rough)

    def skip(self, seconds: float) -> None:
        """Go on or back by some seconds."""
        self.seek(self.at_s + seconds)

    def step(self, pictures: int) -> None:
        """Pause, and go on or back by some pictures."""
        if self.path:
            self.pause()
            self._decoder.orders.step(pictures)

    def set_speed(self, speed: float) -> None:
        """0.25 to 4 times real time."""
        self._set(speed=min(max(speed, SPEEDS[0]), SPEEDS[-1]))

    def change_speed(self, by: int) -> None:
        """The next faster or slower one of the usual speeds."""
        nearest = min(range(len(SPEEDS)), key=lambda i: abs(SPEEDS[i] - self.speed))
        self.set_speed(SPEEDS[min(max(nearest + by, 0), len(SPEEDS) - 1)])

    def set_span(self, span: tuple[float, float] | None) -> None:
        """What is looped when looping is on: a sighting's time."""
        self.span = span
        if self.is_looping:
            self._set(loop=_widened(span))
        self.changed.emit()

    def set_looping(self, on: bool) -> None:
        """Repeat the span, or stop doing so; without a span, the whole file."""
        if not on:
            self._set(loop=None)
            return
        loop = _widened(self.span) or (0.0, float("inf"))
        self._set(loop=loop)
        if not loop[0] <= self.at_s <= loop[1]:
            self.seek(loop[0])

    def set_size(self, width: int, height: int) -> None:
        """How large it is shown, in px of the screen."""
        self._set(box=(max(width, 1), max(height, 1)))

    def close(self) -> None:
        """End the thread and close the file. Safe twice."""
        self._is_closed = True
        self._decoder.close()

    def _set(self, **what: object) -> None:
        manner = replace(self._manner, **what)  # type: ignore[arg-type]
        if manner != self._manner:
            self._manner = manner
            self._decoder.orders.play_so(manner)
            self.changed.emit()

    @Slot()
    def _take(self) -> None:
        while (news := self._decoder.news()) is not None:
            self._hear(news)
        picture = self._decoder.picture()
        if picture is not None and str(picture.path) == self._file and not self._is_closed:
            self._show(picture)

    def _show(self, picture: Picture) -> None:
        was_open = self.frame_size is not None
        self.time_s, self.frame_size = picture.time_s, picture.frame_size
        if picture.is_exact and not self._decoder.orders.is_overtaken:
            self._wanted_s = None
        said, self.sentence = (was_open, self.sentence), picture.problem
        self.picture_changed.emit(picture)
        if said != (True, self.sentence):
            self.changed.emit()

    def _hear(self, news: News) -> None:
        match news:
            case Opened(path, duration_s, frame_s) if str(path) == self._file:
                self.duration_s, self.frame_s = duration_s, frame_s
            case Failed(path, sentence) if str(path) == self._file:
                self.sentence, self.frame_size = sentence, None
                self._set(is_playing=False)
            case Ended():
                self._set(is_playing=False)
        self.changed.emit()


def _widened(span: tuple[float, float] | None) -> tuple[float, float] | None:
    """A span long enough to be seen."""
    return None if span is None else (max(0.0, span[0] - 0.25), max(span[1] + 0.25, span[0] + 1.0))
