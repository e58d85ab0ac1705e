"""The list of pictures to enrol from."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QItemSelectionModel, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from app import imaging, theme
from app.models.rows import Index, RowRole
from app.models.shots import ShotsModel, standing_line
from app.viewmodels.enrol_shots import ShotRow
from app.widgets.painting import paint_ground, paint_picture, paint_text, smaller

SIDE = 48  # px
KEPT = 300  # pixmaps
MARKS = {  # icon and colour by standing
    "waiting": ("circle-dashed", "muted"),
    "unreadable": ("x-circle", "bad"),
    "nobody": ("user-minus", "warn"),
    "several": ("users", "warn"),
    "known": ("check", "muted"),
    "twice": ("copy", "muted"),
    "poor": ("warning", "warn"),
    "anyway": ("check-circle", "warn"),
    "good": ("check-circle", "good"),
}


class ShotLine(QStyledItemDelegate):
    """A small picture, the file, what is thought of it, and a mark."""

    def __init__(self) -> None:
        super().__init__()
        self._have: OrderedDict[bytes, QPixmap] = OrderedDict()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: ShotRow = index.data(RowRole)
        c, small = theme.colours(), smaller(option.font)
        cell = option.rect.adjusted(2, 1, -2, -1)
        paint_ground(painter, option, cell)
        box = QRect(cell.left() + 6, cell.center().y() - SIDE // 2, SIDE, SIDE)
        paint_picture(painter, box, self._pixmap(row), "image")
        icon, colour = MARKS[row.standing]
        mark = QRect(cell.right() - 26, cell.center().y() - 10, 20, 20)
        theme.icon(icon, colour).paint(painter, mark)
        words = QRect(box.right() + 10, cell.top(), mark.left() - box.right() - 16, cell.height())
        half = words.height() // 2
        elide = Qt.TextElideMode.ElideMiddle
        top = words.adjusted(0, 6, 0, -half)
        paint_text(painter, top, row.label, c.text, option.font, elide=elide)
        below = words.adjusted(0, half, 0, -6)
        shade = {"warn": c.warn, "bad": c.bad}.get(colour, c.muted)
        paint_text(painter, below, standing_line(row), shade, small)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, max(SIDE + 10, 2 * option.fontMetrics.height() + 16))

    def _pixmap(self, row: ShotRow) -> QPixmap | None:
        if not row.thumb:
            return None
        if row.thumb not in self._have:
            ratio = 2 * SIDE
            image = imaging.from_jpeg(row.thumb).scaled(
                QSize(ratio, ratio),
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            self._have[row.thumb] = QPixmap.fromImage(image)
            if len(self._have) > KEPT:
                self._have.popitem(last=False)
        return self._have[row.thumb]


class ShotsList(QListView):
    """The current picture is looked at; Delete leaves the selected ones out."""

    chosen = Signal(object)  # a key, None for nothing
    remove_asked = Signal(list)  # keys

    def __init__(self) -> None:
        super().__init__()
        self.rows = ShotsModel()
        self._line = ShotLine()
        self.setModel(self.rows)
        self.setItemDelegate(self._line)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Pictures"))
        self.setMinimumWidth(240)

    @property
    def key(self) -> int | None:
        """Of the picture that is looked at."""
        row = self.rows.row(self.currentIndex())
        return None if row is None else row.key

    def choose(self, key: int) -> None:
        """Look at a picture."""
        if key != self.key and (index := self.rows.index_of(key)).isValid():
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().setCurrentIndex(index, flag)
            self.scrollTo(index)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        row = self.rows.row(current)
        self.chosen.emit(None if row is None else row.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            rows = [self.rows.row(i) for i in self.selectedIndexes()]
            self.remove_asked.emit([r.key for r in rows if r is not None])
        else:
            super().keyPressEvent(event)
