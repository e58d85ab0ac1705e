"""A line for each model that is needed: what it does, its licence, and how far it has come."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QVBoxLayout

from app import theme
from app.viewmodels.welcome import Needed
from app.widgets.parts import button, label, row
from app.words import file_size, percent, remaining

MARK = 18  # px


class ModelLine(QFrame):
    """Follows one `Needed`."""

    file_wanted = Signal(str)  # the user has the publisher's file of this model

    def __init__(self, needed: Needed) -> None:
        super().__init__()
        self._shown: Needed | None = None
        self.state = label("")
        self._mark = QLabel()
        self._mark.setFixedSize(MARK, MARK)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(6)
        self.problem = label("", "bad", wrap=True, selectable=True)
        self._file = button(
            self.tr("I have the wheel or the file…"), lambda: self.file_wanted.emit(needed.name)
        )
        role = label(self._role(needed))
        words = row(self._mark, role)
        if not needed.commercial:
            words.addWidget(label(self.tr("Not for commercial use"), "badge-warn"))
        words.addStretch()
        words.addWidget(self.state)
        terms = self.tr("{}, licence: {}").format(needed.name, needed.licence)
        beneath = label(terms, "muted", wrap=True)
        beneath.setContentsMargins(MARK + theme.GAP, 0, 0, 0)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 2, 0, 2)
        inside.setSpacing(2)
        inside.addLayout(words)
        inside.addWidget(beneath)
        inside.addWidget(self._bar)
        inside.addWidget(self.problem)
        inside.addLayout(row(self._file, None))
        self.show_model(needed)

    def show_model(self, needed: Needed) -> None:
        """As it is now."""
        if needed == self._shown:
            return
        self._shown = needed
        self.state.setText(self._state(needed))
        self.redress()
        self._bar.setVisible(needed.state == "fetching")
        self._bar.setValue(round(1000 * needed.share))
        self.problem.setText(needed.problem)
        self.problem.setVisible(bool(needed.problem))
        self._file.setVisible(needed.state == "failed")

    def redress(self) -> None:
        """The mark in the colours in use."""
        state = self._shown.state if self._shown is not None else ""
        icon, shade = {
            "there": ("check-circle", "good"),
            "failed": ("warning", "bad"),
            "fetching": ("download-simple", "accent"),
        }.get(state, ("cloud-arrow-down", "muted"))
        self._mark.setPixmap(theme.icon(icon, shade).pixmap(MARK, MARK))

    def _role(self, needed: Needed) -> str:
        return {
            "face-detector": self.tr("Finds faces"),
            "face-embedder": self.tr("Recognises faces"),
            "person-detector": self.tr("Finds people"),
            "body-embedder": self.tr("Recognises bodies"),
        }[needed.role]

    def _state(self, needed: Needed) -> str:
        size = file_size(needed.size)
        if needed.state == "fetching":
            if needed.remaining_s is None:
                return percent(needed.share)
            left = self.tr("{} left").format(remaining(needed.remaining_s))
            return f"{percent(needed.share)} · {left}"
        return {
            "there": self.tr("Ready"),
            "failed": self.tr("Could not be fetched"),
        }.get(
            needed.state, self.tr("Part of Cameo, {}").format(size) if needed.is_shipped else size
        )
