"""What was retrained, in a list; pictures that are recognised better or worse, in another."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem

from app import theme
from app.models.pairs import PairsModel
from app.models.retrainings import RetrainingsModel
from app.models.rows import Index, RowRole
from app.viewmodels import retrain_words as words
from app.viewmodels.retrain_rows import Learnt
from app.widgets.painting import paint_ground, paint_picture, paint_text, smaller
from app.widgets.parts import label
from app.widgets.thumbs import Thumbnails
from reid_core.actions.retrain_pairs import Pair

STATES = {  # the colour of a state, by its meaning
    "used": "good",
    "offered": "accent",
    "unsure": "warn",
    "none": "muted",
    "past": "muted",
    "prepared": "accent",
    "open": "muted",
}
PICTURE, PAD = 56, 4  # px
ROWS = 3  # of pairs that are seen at once


class LearntLine(QStyledItemDelegate):
    """Which kind and strength, when and from how many, and how it stands."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Learnt = index.data(RowRole)
        c, line = theme.colours(), QFontMetrics(option.font).height()
        cell = option.rect.adjusted(3, 2, -3, -2)
        paint_ground(painter, option, cell)
        place = cell.adjusted(theme.GAP, theme.GAP - 2, -theme.GAP, 0)
        place.setHeight(line)
        paint_text(painter, place, words.run_title(row.run), c.text, option.font, bold=True)
        place.translate(0, line + 2)
        about = f"{words.when(row.run)} · {words.learnt_from(row)}"
        paint_text(painter, place, about, c.muted, option.font)
        place.translate(0, line + 2)
        shade = getattr(c, STATES[row.state])
        paint_text(painter, place, words.state_line(row), shade, option.font)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, 3 * QFontMetrics(option.font).height() + 4 + 3 * theme.GAP)


class LearntView(QListView):
    """The retrainings. Delete asks for one to go."""

    chosen = Signal(object)  # a Learnt
    delete_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.rows = RetrainingsModel()
        self._line = LearntLine()
        self.setModel(self.rows)
        self.setItemDelegate(self._line)
        self.setProperty("look", "plain")
        self.setAccessibleName(self.tr("Retrainings"))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self._choose(current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.rows.row(self.currentIndex())
        if event.key() == Qt.Key.Key_Delete and row is not None:
            self.delete_asked.emit(row)
        else:
            super().keyPressEvent(event)

    def _choose(self, index: Index) -> None:
        if (row := self.rows.row(index)) is not None:
            self.chosen.emit(row)


class PairLine(QStyledItemDelegate):
    """A held-out picture, the one that it was taken for, and words."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs = thumbs

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        pair: Pair = index.data(RowRole)
        c = theme.colours()
        cell = option.rect.adjusted(1, 1, -1, -1)
        paint_ground(painter, option, cell)
        box = QRect(cell.left() + PAD, cell.top() + PAD, PICTURE, PICTURE)
        for one in (pair.shown, pair.other):
            if one is not None:
                paint_picture(painter, box, self._thumbs.get(one.media), "user")
            box.translate(PICTURE + PAD, 0)
        place = QRect(box.left() + PAD, box.top(), 0, PICTURE // 3)
        place.setRight(cell.right() - PAD)
        paint_text(painter, place, words.shown_name(pair), c.text, option.font, bold=True)
        for said in (words.other_line(pair), words.place_line(pair)):
            place.translate(0, PICTURE // 3)
            paint_text(painter, place, said, c.muted, smaller(option.font))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(240, PICTURE + 2 * PAD + 2)


class PairsView(QListView):
    """Pictures that are recognised better, or worse. name: for who cannot see."""

    def __init__(self, thumbs: Thumbnails, name: str) -> None:
        super().__init__()
        self.rows = PairsModel()
        self._line = PairLine(thumbs)
        self.setModel(self.rows)
        self.setItemDelegate(self._line)
        self.setProperty("look", "plain")
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setFixedHeight(ROWS * (PICTURE + 2 * PAD + 2) + 2)
        self.nothing = label(self.tr("None."), "muted")
        thumbs.ready.connect(self._on_ready)

    def show_pairs(self, pairs: Sequence[Pair]) -> None:
        """Show these; where there are none, `nothing` says so."""
        self.rows.set_rows(pairs)
        self.setVisible(bool(pairs))
        self.nothing.setVisible(not pairs)

    def _on_ready(self, _: str) -> None:
        self.viewport().update()
