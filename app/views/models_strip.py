"""How sure matches are, in a line for faces and one for bodies."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from app import theme
from app.viewmodels import calibrating_words as words
from app.viewmodels.calibrating import Calibrating
from app.widgets.parts import Line, button
from reid_core.types import Kind


class CalibrationStrip(QFrame):
    """How it stands, in a line for each kind; the button asks for where it is measured."""

    opened = Signal()

    def __init__(self, calibrating: Calibrating) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._calibrating = calibrating
        self.lines = {kind: Line() for kind in Kind}
        self.open = button(self.tr("How sure is a match?"), self.opened.emit, icon="gauge")
        both = QVBoxLayout()
        both.setSpacing(0)
        for one in self.lines.values():
            both.addWidget(one)
        inside = QHBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        inside.addLayout(both, 1)
        inside.addWidget(self.open)
        calibrating.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say what is known now."""
        for kind, line in self.lines.items():
            one = self._calibrating.standings.get(kind)
            line.setText("" if one is None else f"{words.kind_name(kind)}: {words.state(one)}")
