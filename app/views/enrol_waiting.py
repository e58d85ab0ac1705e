"""What another page wants enrolled while something else is prepared: it waits, in sight."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.requests import EnrolFrom
from app.widgets.parts import banner, button, label


class Waiting(QWidget):
    """A line over the sheet, there while anything waits. First come, first begun."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: list[EnrolFrom] = []
        self.line = label("", wrap=True)
        self.leave_out = button(self.tr("Leave out"), self.clear)
        self._frame: QFrame = banner(self.line, self.leave_out)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._frame)
        self._tell()

    @property
    def asked(self) -> tuple[EnrolFrom, ...]:
        """What waits."""
        return tuple(self._asked)

    def put(self, wanted: EnrolFrom) -> None:
        """Have something wait."""
        if wanted not in self._asked:
            self._asked.append(wanted)
            self._tell()

    def pop(self) -> EnrolFrom | None:
        """What is to be begun now; it waits no more."""
        one = self._asked.pop(0) if self._asked else None
        self._tell()
        return one

    def clear(self) -> None:
        """Nothing waits."""
        self._asked.clear()
        self._tell()

    def _tell(self) -> None:
        n = len(self._asked)
        if n:
            first = self._asked[0].sources[0]
            one = self.tr("{} is of somebody else or of another kind. It waits until this is done.")
            several = self.tr("{} others are of somebody else or of another kind. They wait.")
            self.line.setText(
                one.format(Path(first).name or first) if n == 1 else several.format(n)
            )
        self._frame.setVisible(bool(n))
        self.setVisible(bool(n))
