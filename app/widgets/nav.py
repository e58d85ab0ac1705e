"""A button of the sidebar, with a mark while something runs on its page."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton

from app import theme
from app.tips import plain_tip

DOT = 4.0  # px, its radius


class NavButton(QToolButton):
    """What it says is the page's name; the mark is seen while another page is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.is_busy = False

    def mark(self, titles: list[str]) -> None:
        """What runs on the page; nothing for no mark."""
        self.is_busy = bool(titles)
        self.setToolTip(plain_tip("\n".join(titles)))
        self.setAccessibleDescription(", ".join(titles))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.is_busy or self.isChecked():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.colours().accent))
        painter.drawEllipse(QPointF(self.width() - 16.0, self.height() / 2), DOT, DOT)
