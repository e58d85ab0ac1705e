"""Saying who somebody in the live picture is, without leaving it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QFrame, QLabel, QLineEdit, QVBoxLayout, QWidget

from app import theme
from app.viewmodels.live import Live
from app.viewmodels.live_judgement import judgement
from app.views.live_delegate import square
from app.widgets.parts import button, label, row, tool

SIDE = 64  # px of each view
VIEWS = 4
WIDTH = 320


class Naming(QFrame):
    """A small card over the page: the best views, a name, and a button. Escape closes it."""

    named = Signal(int, str)  # a track, a name
    closed = Signal()

    def __init__(self, live: Live, parent: QWidget) -> None:
        super().__init__(parent)
        self._live, self._around = live, parent
        self._track = -1
        self.setProperty("look", "card")
        self.setFixedWidth(WIDTH)
        self._views = [QLabel() for _ in range(VIEWS)]
        self._line = label("", "muted", wrap=True)
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Name"))
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setMaxLength(200)
        self._enrol = button(self.tr("Enrol"), self._accept, look="primary")
        close = tool("x", self.tr("Close"), self.dismiss)
        self._inside = inside = QVBoxLayout(self)
        inside.setSpacing(theme.GAP)
        inside.addLayout(row(label(self.tr("Who is this?"), "heading"), None, close))
        inside.addLayout(row(*self._views, None, gap=4))
        inside.addWidget(self._line)
        line = row(self.name, self._enrol)
        line.setStretch(0, 1)
        inside.addLayout(line)
        self.name.textChanged.connect(lambda _: self._check())
        self.name.returnPressed.connect(self._accept)
        live.names_changed.connect(self._offer)
        self.hide()

    @property
    def track(self) -> int:
        """Who is asked about."""
        return self._track

    def ask(self, track: int, name: str | None, where: QPoint) -> None:
        """Ask about somebody, near a point of the parent."""
        self._track = track
        looks = self._live.looks(track)
        for i, one in enumerate(self._views):
            one.setVisible(i < len(looks))
            if i < len(looks):
                ratio = self.devicePixelRatioF()
                pixmap = square(looks[i].jpeg, round(SIDE * ratio))
                pixmap.setDevicePixelRatio(ratio)
                one.setPixmap(pixmap)
        self._line.setText(judgement(looks))
        self._offer()
        self.name.setText(name or "")
        self.name.selectAll()
        self._check()
        self.show()
        self._fit()
        self._place(where)
        self.raise_()
        self.name.setFocus()

    def dismiss(self) -> None:
        """Close without an answer."""
        self.hide()
        self.closed.emit()

    def forget(self) -> None:
        """Close, and keep nothing of whom it showed."""
        for one in self._views:
            one.clear()
        self.name.clear()
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _offer(self) -> None:
        """Complete what is typed with the names of people enrolled."""
        completer = QCompleter(list(self._live.names), self.name)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.name.setCompleter(completer)

    def _fit(self) -> None:
        """As tall as the lines of the sentence take, which differ with language and font."""
        self._inside.activate()
        self.resize(WIDTH, self._inside.totalHeightForWidth(WIDTH))

    def _check(self) -> None:
        self._enrol.setEnabled(
            bool(self.name.text().strip()) and bool(self._live.looks(self._track))
        )

    def _accept(self) -> None:
        name = self.name.text().strip()
        if self._enrol.isEnabled() and name:
            self.hide()
            self.named.emit(self._track, name)
            self.closed.emit()

    def _place(self, where: QPoint) -> None:
        """Beside the point, inside the parent."""
        around = self._around.rect().adjusted(theme.GAP, theme.GAP, -theme.GAP, -theme.GAP)
        x = min(max(where.x() + 12, around.left()), around.right() - self.width())
        y = min(max(where.y() - self.height() // 2, around.top()), around.bottom() - self.height())
        self.move(x, y)
