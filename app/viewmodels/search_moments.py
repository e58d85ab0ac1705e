"""The stored pictures of the video that plays, by time: for the pointer over the time line."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.session import Session
from reid_core.errors import CameoError
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from reid_core.library.moments import Moment

NEAR_S = 15.0  # a picture further away says nothing of a moment


class Moments(QObject):
    """Those of one video at a time."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._video: int | None = None
        self._moments: list[Moment] = []

    def use(self, video: int | None) -> None:
        """Read those of a video."""
        if video == self._video:
            return
        self._video, self._moments = video, []
        if video is None:
            return

        def work(_: Progress) -> tuple[int, list[Moment]]:
            from reid_core.library.moments import moments_of

            with self._session.library.read() as connection:
                return video, moments_of(connection, video)

        self._session.tasks.run(
            "", work, then=self._take, failed=_ignore, shown=False, latest="search moments"
        )

    def nearest(self, time_s: float) -> str:
        """The stored picture seen nearest to a moment; "" when none is near."""
        place = bisect.bisect(self._moments, (time_s, ""))
        close = self._moments[max(0, place - 1) : place + 1]
        best = min(close, key=lambda m: abs(m[0] - time_s), default=None)
        return best[1] if best is not None and abs(best[0] - time_s) <= NEAR_S else ""

    def _take(self, read: tuple[int, list[Moment]]) -> None:
        if read[0] == self._video:
            self._moments = read[1]


def _ignore(error: CameoError) -> None:
    """A time line without pictures still has its times."""
