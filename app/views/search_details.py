"""What is said of the sighting that is looked at: the verdict, and why it was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolTip, QVBoxLayout, QWidget

from app import theme
from app.likeness import likeness
from app.viewmodels.search import Search
from app.widgets.painting import MIDDLE, paint_picture, paint_text
from app.widgets.parts import button, row
from app.widgets.thumbs import Thumbnails
from app.words import decimal, moment

if TYPE_CHECKING:
    from reid_core.actions.explain import Match

SIDE = 52  # px of a picture
PAIR_GAP = 2
ICON_ALONE = 46  # px of a button without words


class Evidence(QWidget):
    """Pairs of an enrolled look and a stored view, with how alike they are. A click goes there."""

    sought = Signal(float)

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self.setMinimumHeight(SIDE + 20)
        self.setMaximumHeight(SIDE + 20)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Views that speak for it"))
        self._thumbs = thumbs
        self._matches: list[Match] = []
        thumbs.ready.connect(self._on_ready)

    def set_matches(self, matches: Sequence[Match]) -> None:
        """Show these, the best first."""
        self._matches = list(matches)
        self.setAccessibleDescription(", ".join(likeness(m.score, None) for m in self._matches))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, SIDE + 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), theme.colours()
        for n, one in enumerate(self._matches):
            cell = self._cell(n)
            if cell.right() > self.width():
                return
            left = QRect(cell.left(), 0, SIDE, SIDE)
            if one.template:
                paint_picture(painter, left, self._thumbs.get(one.template), "user")
                left = left.translated(SIDE + PAIR_GAP, 0)
            paint_picture(painter, left, self._thumbs.get(one.view), "user")
            words = QRect(cell.left(), SIDE + 1, cell.width(), 18)
            paint_text(painter, words, decimal(one.score, 3), c.muted, self.font(), align=MIDDLE)
            if n == 0:
                painter.setPen(QPen(QColor(c.accent)))
                painter.drawRoundedRect(cell.adjusted(0, 0, -1, -20), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        one = self._under(event.position().toPoint().x())
        if one is not None:
            self.sought.emit(one.time_s)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._under(event.position().toPoint().x()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            one = self._under(event.pos().x())
            line = self.tr(
                "The enrolled look (left) and the view at {at}: similarity {score}, "
                "quality {quality}"
            )
            if one is not None and not one.template:
                line = self.tr("The view at {at}: similarity {score}, quality {quality}")
            if one is not None:
                text = line.format(
                    at=moment(one.time_s),
                    score=decimal(one.score, 3),
                    quality=decimal(one.quality, 2),
                )
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def _on_ready(self, _: str) -> None:
        self.update()

    def _cell(self, n: int) -> QRect:
        pairs = bool(self._matches and self._matches[0].template)
        width = 2 * SIDE + PAIR_GAP if pairs else SIDE
        return QRect(n * (width + 14), 0, width, SIDE + 20)

    def _under(self, x: int) -> Match | None:
        return next((m for n, m in enumerate(self._matches) if self._cell(n).contains(x, 1)), None)


class Details(QFrame):
    """Buttons for the verdict and what else can be done, and the evidence."""

    enrol_asked = Signal()
    elsewhere_asked = Signal()
    folder_asked = Signal()

    def __init__(self, search: Search, thumbs: Thumbnails) -> None:
        super().__init__()
        self._search = search
        self.evidence = Evidence(thumbs)
        self.confirm = button(
            self.tr("Confirm"), self._confirm, icon="check", tip=self.tr("It is them (Y)")
        )
        self.reject = button(
            self.tr("Not them"), self._reject, icon="x", tip=self.tr("It is somebody else (X)")
        )
        self.template = button(
            self.tr("Add as template"),
            self._add_template,
            icon="plus",
            tip=self.tr("The best view stands for this person from now on (T)"),
        )
        self.elsewhere = button(
            self.tr("Find elsewhere"),
            self.elsewhere_asked.emit,
            icon="magnifying-glass",
            tip=self.tr("Search for whoever is in this sighting (F)"),
        )
        self.enrol = button(self.tr("This is…"), self.enrol_asked.emit, icon="user-plus")
        self._buttons = (
            *(self.confirm, self.reject),
            *(self.template, self.elsewhere, self.enrol),
        )
        self._narrowed = (self.template, self.elsewhere, self.enrol)
        self._texts = {one: one.text() for one in self._buttons}
        for one in self._buttons:
            one.setAccessibleName(one.text())
        self._lay_out()
        search.selected_changed.connect(self._on_selected)
        search.result_changed.connect(self._on_selected)
        search.explained.connect(self.evidence.set_matches)
        self._on_selected()

    def _lay_out(self) -> None:
        first = row(self.confirm, self.reject, None, gap=6)
        for one in self._narrowed:
            first.addWidget(one)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 4, 0, 0)
        inside.setSpacing(6)
        inside.addLayout(first)
        why = QHBoxLayout()
        why.addWidget(self.evidence, 1)
        inside.addLayout(why)

    def minimumSizeHint(self) -> QSize:
        """That of the icons alone: with their words they would not let themselves be narrowed."""
        least = super().minimumSizeHint()
        shown = [b for b in self._narrowed if not b.isHidden()]
        spare = sum(max(b.minimumSizeHint().width() - ICON_ALONE, 0) for b in shown)
        return QSize(least.width() - spare, least.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, what is not about the verdict is icons alone."""
        shown = [b for b in self._buttons if not b.isHidden()]
        wanted = sum(self.fontMetrics().horizontalAdvance(self._texts[b]) + 54 for b in shown)
        narrow = wanted > event.size().width()
        for one in self._narrowed:
            one.setText("" if narrow else self._texts[one])
        super().resizeEvent(event)

    def _confirm(self) -> None:
        if self._search.selected is not None:
            self._search.confirm(self._search.selected)

    def _reject(self) -> None:
        if self._search.selected is not None:
            self._search.reject(self._search.selected)

    def _add_template(self) -> None:
        if self._search.selected is not None:
            self._search.add_template(self._search.selected)

    def _on_selected(self) -> None:
        one, is_person = self._search.selected, self._search.person is not None
        self.setVisible(one is not None)
        for button_ in (self.confirm, self.reject, self.template):
            button_.setVisible(is_person)
        self.enrol.setVisible(not is_person)
        if one is None:
            self.evidence.set_matches([])
            return
        said = one.sighting.verdict
        self.confirm.setText(self.tr("Confirmed") if said == "same" else self.tr("Confirm"))
        self.confirm.setIcon(theme.icon("check", "good" if said == "same" else "text"))
        self.reject.setText(self.tr("Rejected") if said == "different" else self.tr("Not them"))
