"""Who is where in the picture that is shown: read ahead in stretches, interpolated in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.likeness import likeness
from app.session import Session
from app.words import shortened
from reid_core.errors import CameoError
from reid_core.protocols import Progress
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.whereabouts import Trace

STRETCH_S = 30.0
KEPT = 6  # stretches
SLACK_S = 0.12  # between two pictures that were looked at nobody is gone yet


@dataclass(frozen=True, slots=True)
class Mark:
    """What a search says of a tracklet, in place of what the gallery says."""

    name: str
    likeness: str
    is_likely: bool
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A box to draw: xyxy in frame pixels, with what is written beside it."""

    place: tuple[float, float, float, float]
    kind: Kind
    tracklet: int
    label: str = ""
    is_known: bool = False
    is_chosen: bool = False


class Boxes(QObject):
    """The boxes of one video at a time."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._video: int | None = None
        self._stretches: dict[int, list[Trace]] = {}
        self._marks: Mapping[int, Mark] = {}
        self._reading: int | None = None
        session.people_changed.connect(self._forget)
        session.footage_changed.connect(self._forget)

    def use(self, video: int | None) -> None:
        """Show those of a video."""
        if video != self._video:
            self._video = video
            self._forget()

    def set_marks(self, marks: Mapping[int, Mark]) -> None:
        """What a search says, by tracklet."""
        self._marks = marks
        self.changed.emit()

    def at(self, time_s: float) -> list[Box]:
        """Those at a moment, as far as they are read; the rest comes with `changed`."""
        if self._video is None:
            return []
        number = int(time_s // STRETCH_S)
        ahead = int((time_s + STRETCH_S / 4) // STRETCH_S)
        for one in (number, ahead):
            if one not in self._stretches:
                self._read(one)
                break
        return [self._box(t, time_s) for t in self._stretches.get(number, ()) if _is_at(t, time_s)]

    def _box(self, trace: Trace, time_s: float) -> Box:
        import numpy as np

        from reid_core import boxes

        where = boxes.interpolate(trace.times, trace.boxes, np.array([time_s]))[0].tolist()
        place = (where[0], where[1], where[2], where[3])
        mark = self._marks.get(trace.tracklet)
        if mark is not None and (mark.is_likely or mark.is_chosen):
            label = f"{shortened(mark.name)} {mark.likeness}".strip()
            return Box(place, trace.kind, trace.tracklet, label, mark.is_likely, mark.is_chosen)
        words = [shortened(trace.name)] if trace.name else []
        if words and trace.score is not None:
            words.append(likeness(trace.score, trace.probability, 3))
        label = " ".join(words)
        return Box(place, trace.kind, trace.tracklet, label, bool(trace.name))

    def _read(self, number: int) -> None:
        if self._reading == number or self._video is None:
            return
        self._reading, video = number, self._video

        def work(_: Progress) -> tuple[int, int, list[Trace]]:
            from reid_core.actions.whereabouts import traces_in

            start = number * STRETCH_S
            session = self._session
            found = traces_in(
                session.library, session.models(), video, start - SLACK_S, start + STRETCH_S
            )
            return video, number, found

        self._session.tasks.run(
            "",
            work,
            then=self._take,
            failed=partial(self._fail, number),
            shown=False,
            latest="player boxes",
        )

    def _take(self, read: tuple[int, int, list[Trace]]) -> None:
        video, number, found = read
        self._reading = None
        if video != self._video:
            return
        self._stretches[number] = found
        while len(self._stretches) > KEPT:
            del self._stretches[next(iter(self._stretches))]
        self.changed.emit()

    def _fail(self, number: int, error: CameoError) -> None:
        self._reading = None
        self._stretches[number] = []  # asked with every picture, it would fail with every picture
        self._session.tell(error)

    def _forget(self) -> None:
        self._stretches.clear()
        self._reading = None
        self.changed.emit()


def _is_at(trace: Trace, time_s: float) -> bool:
    return bool(trace.times[0] - SLACK_S <= time_s <= trace.times[-1] + SLACK_S)
