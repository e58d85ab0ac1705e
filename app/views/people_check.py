"""The findings about the gallery: a list, the faces side by side, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QPushButton,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.models.doubts import DoubtsModel, advice, pictures, reason, title
from app.models.rows import Index, RowRole
from app.viewmodels.people_check import PeopleCheck
from app.widgets.painting import MIDDLE, paint_ground, paint_picture, paint_text, smaller
from app.widgets.parts import EmptyState, button, label, row, tool
from app.widgets.thumbs import Thumbnails
from app.words import on_button
from reid_core.actions.check_types import Doubt, Shown
from reid_core.evaluate.problems import Problem

SMALL, LARGE = 44, 148  # px of a face in the list, and of the one looked at
PAD = 6


class DoubtLine(QStyledItemDelegate):
    """Two small faces, what may be wrong, and why."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs = thumbs

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        doubt: Doubt = index.data(RowRole)
        c, small = theme.colours(), smaller(option.font)
        cell = option.rect.adjusted(3, 2, -3, -2)
        paint_ground(painter, option, cell)
        box = QRect(cell.left() + PAD, cell.top() + PAD, SMALL, SMALL)
        for one in _pair(doubt):
            paint_picture(painter, box, self._thumbs.get(one.media), "user")
            box.translate(SMALL + 3, 0)
        left = cell.left() + 2 * (SMALL + 3) + 2 * PAD
        words = QRect(left, cell.top() + PAD, cell.right() - left - PAD, SMALL // 2)
        paint_text(painter, words, title(doubt), c.text, option.font, bold=True)
        words.translate(0, SMALL // 2)
        paint_text(painter, words, reason(doubt), c.muted, small)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(300, SMALL + 2 * PAD + 4)


class DoubtsView(QListView):
    """The findings. Delete deletes what is in question, where that is offered."""

    chosen = Signal(object)  # a Doubt, None when there is none
    delete_asked = Signal()

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self.rows = DoubtsModel()
        self._line = DoubtLine(thumbs)
        self.setModel(self.rows)
        self.setItemDelegate(self._line)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Findings"))
        thumbs.ready.connect(self._on_ready)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.chosen.emit(self.rows.row(current))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit()
        else:
            super().keyPressEvent(event)

    def _on_ready(self, _: str) -> None:
        self.viewport().update()


class Faces(QWidget):
    """Faces side by side, with a line under each."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs = thumbs
        self._shown: list[tuple[Shown, str]] = []
        self.setFixedHeight(LARGE + 24)
        self.setAccessibleName(self.tr("Faces"))
        thumbs.ready.connect(self._on_ready)

    def show_faces(self, shown: list[tuple[Shown, str]]) -> None:
        """Show these, from the left."""
        self._shown = shown
        self.setAccessibleDescription(", ".join(words for _, words in shown))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(3 * (LARGE + theme.GAP), LARGE + 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), theme.colours()
        room = (self.width() + theme.GAP) // max(len(self._shown), 1) - theme.GAP
        side = min(LARGE, room)
        box = QRect(0, 0, side, side)
        for one, words in self._shown:
            paint_picture(painter, box, self._thumbs.get(one.media), "user")
            line = QRect(box.left(), box.bottom() + 4, side, 20)
            paint_text(painter, line, words, c.muted, self.font(), align=MIDDLE)
            box.translate(side + theme.GAP, 0)

    def _on_ready(self, _: str) -> None:
        self.update()


class CheckPanel(QWidget):
    """Layout and wiring; questions are asked by the page."""

    closed = Signal()
    split_asked = Signal(list)  # ids of templates
    photos_asked = Signal(str)  # whose
    person_asked = Signal(object)  # whom to show

    def __init__(self, check: PeopleCheck, thumbs: Thumbnails) -> None:
        super().__init__()
        self._check = check
        self._now: Doubt | None = None
        self.list, self.faces = DoubtsView(thumbs), Faces(thumbs)
        self._line = label("", "muted")
        self._title = label("", "heading", wrap=True)
        self._reason, self._advice = label("", wrap=True), label("", "muted", wrap=True)
        self.again = button(self.tr("Check again"), check.check, icon="arrow-clockwise")
        self.buttons = self._make_buttons()
        self._nothing = EmptyState(
            "check-circle",
            self.tr("Nothing to look at"),
            self.tr(
                "No template looks like somebody else, no two people look the same, and there are "
                "enough good pictures of everybody."
            ),
        )
        self._stack = QStackedWidget()
        self._lay_out()
        check.changed.connect(self.refresh)
        self.list.chosen.connect(self.show_doubt)
        self.list.delete_asked.connect(self.buttons["delete"].click)
        self.refresh()

    def refresh(self) -> None:
        """Show what was found; the place in the list stays."""
        place = max(self.list.currentIndex().row(), 0)
        self.list.rows.set_rows(self._check.rows)
        n = self.list.rows.rowCount()
        self._stack.setCurrentIndex(0 if n or self._check.checked is None else 1)
        if n and not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.list.rows.index(min(place, n - 1)))
        self.show_doubt(self.list.rows.row(self.list.currentIndex()))
        self.again.setEnabled(not self._check.is_busy)
        self._line.setText(self._describe())

    def show_doubt(self, doubt: Doubt | None) -> None:
        """Show one of them."""
        self._now = doubt
        self._details.setVisible(doubt is not None)
        if doubt is None:
            return
        self._title.setText(title(doubt))
        self._reason.setText(reason(doubt))
        self._advice.setText(advice(doubt))
        self.faces.show_faces(pictures(doubt))
        self._offer(doubt)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.list.viewport().update()

    def _make_buttons(self) -> dict[str, QPushButton]:
        return {
            "merge": button("", lambda: self._do("merge"), icon="git-merge"),
            "move": button("", lambda: self._do("move"), icon="arrow-right"),
            "photos": button(self.tr("Add photos…"), lambda: self._do("photos"), icon="plus"),
            "split": button(self.tr("New person…"), lambda: self._do("split"), icon="user-plus"),
            "delete": button(self.tr("Delete"), lambda: self._do("delete"), icon="trash"),
            "person": button(self.tr("Show"), lambda: self._do("person"), icon="user"),
            "keep": button(
                self.tr("Keep as it is"),
                lambda: self._do("keep"),
                icon="check",
                tip=self.tr("It is right; do not show it again"),
            ),
        }

    def _lay_out(self) -> None:
        back = tool("arrow-left", self.tr("Back to everybody"), self.closed.emit)
        self._details = QFrame()
        self._details.setProperty("look", "card")
        inside = QVBoxLayout(self._details)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.setSpacing(theme.GAP)
        for one in (self._title, self.faces, self._reason, self._advice):
            inside.addWidget(one)
        named = self.buttons
        inside.addLayout(row(named["merge"], named["move"], named["photos"], None))
        inside.addLayout(row(named["split"], named["delete"], named["person"], None, named["keep"]))
        inside.addStretch()
        both = QWidget()
        across = QHBoxLayout(both)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(theme.GAP)
        across.addWidget(self.list, 1)
        across.addWidget(self._details, 1)
        self._details.setMaximumWidth(3 * LARGE + 6 * theme.GAP + 2)
        self._stack.addWidget(both)
        self._stack.addWidget(self._nothing)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addLayout(row(back, self._line, None, self.again))
        whole.addWidget(self._stack, 1)

    def _describe(self) -> str:
        check, n = self._check, len(self._check.rows)
        if check.is_busy:
            return self.tr("Looking through the gallery…")
        if check.checked is None:
            return ""
        form = self.tr("1 finding") if n == 1 else self.tr("{} findings").format(n)
        words = [form, self.tr("{} templates looked at").format(check.templates)]
        if check.kept:
            words.append(self.tr("{} kept as they are").format(check.kept))
        return " · ".join(words)

    def _offer(self, doubt: Doubt) -> None:
        is_wrong = doubt.problem is Problem.WRONG_PERSON
        is_same = doubt.problem is Problem.SAME_PERSON
        stays = self._check.merged(doubt) if is_same else None
        offered = {
            "merge": stays is not None,
            "move": is_wrong and doubt.facing is not None,
            "photos": not is_wrong and not is_same,
            "split": is_wrong,
            "delete": is_wrong or doubt.problem is Problem.LOW_QUALITY,
        }
        for name, is_there in offered.items():
            self.buttons[name].setVisible(is_there)
        if stays is not None and doubt.facing is not None:
            name = doubt.name if stays[0] == doubt.person else doubt.facing.name
            self.buttons["merge"].setText(self.tr("Merge into {}").format(on_button(name)))
        if doubt.facing is not None:
            name = on_button(doubt.facing.name)
            self.buttons["move"].setText(self.tr("Move to {}").format(name))

    def _do(self, what: str) -> None:
        doubt = self._now
        if doubt is None or not self.buttons[what].isVisibleTo(self):
            return
        if what == "split":
            self.split_asked.emit([t.id for t in doubt.templates])
        elif what == "photos":
            self.photos_asked.emit(doubt.name)
        elif what == "person":
            self.person_asked.emit(doubt.person)
        else:
            calls = {
                "merge": self._check.merge,
                "move": self._check.move,
                "delete": self._check.delete,
                "keep": self._check.keep,
            }
            calls[what](doubt)


def _pair(doubt: Doubt) -> list[Shown]:
    """The two that are most worth seeing together."""
    second = doubt.facing or doubt.mate
    return [doubt.templates[0], second] if second is not None else [doubt.templates[0]]
