"""How a video's name and state, and somebody seen, are painted."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app import theme
from app.models.rows import Index, RowRole
from app.models.seen import span
from app.viewmodels.footage_rows import VideoRow
from app.widgets.painting import (
    paint_ground,
    paint_picture,
    paint_row_ground,
    paint_share,
    paint_text,
)
from app.widgets.thumbs import Thumbnails
from app.words import percent, remaining
from reid_core.library.listing import Seen

THUMB = QSize(80, 48)
LINE = THUMB.height() + 2 * theme.GAP
BAR = 5  # px
PORTRAIT = 96  # px
CELL = QSize(PORTRAIT + 2 * theme.GAP, PORTRAIT + 5 * theme.GAP)
FOOT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom


class NameDelegate(QStyledItemDelegate):
    """A picture of the video, its name, and where it is."""

    def __init__(self, posters: Thumbnails, covers: Thumbnails) -> None:
        super().__init__()
        self._posters, self._covers = posters, covers

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: VideoRow = index.data(RowRole)
        paint_row_ground(painter, option)
        place = option.rect.adjusted(theme.GAP, 0, -theme.GAP, 0)
        box = QRect(place.topLeft(), THUMB)
        box.moveTop(place.center().y() - THUMB.height() // 2)
        paint_picture(painter, box, self._pixmap(row), "film-strip")
        words = place.adjusted(THUMB.width() + theme.GAP + 4, 0, 0, 0)
        half = words.height() // 2
        upper = words.adjusted(0, 8, 0, -half)
        lower = words.adjusted(0, half, 0, -8)
        c = theme.colours()
        paint_text(painter, upper, row.name, c.text, option.font, bold=True, align=FOOT)
        paint_text(
            painter, lower, row.path, c.muted, option.font, elide=Qt.TextElideMode.ElideMiddle
        )

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(320, LINE)

    def _pixmap(self, row: VideoRow) -> QPixmap | None:
        found = self._posters.get(row.poster) if row.poster else None
        if found is None or found.isNull():
            found = self._covers.get(row.cover) if row.cover and not row.poster else None
        return found


class StateDelegate(QStyledItemDelegate):
    """The state in words, and while it is indexed how far it is and how long it takes."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: VideoRow = index.data(RowRole)
        paint_row_ground(painter, option)
        c = theme.colours()
        place = option.rect.adjusted(theme.GAP, 0, -theme.GAP, 0)
        text, colour = str(index.data()), self._colour(row)
        shows_bar = row.state in ("indexing", "paused", "stopped", "stopping") and not (
            row.is_recording or row.missing
        )
        if not shows_bar:
            paint_text(painter, place, text, colour, option.font)
            return
        words = [text, percent(row.share)]
        if row.remaining_s is not None:
            left = QCoreApplication.translate("StateDelegate", "{} left")
            words.append(left.format(remaining(row.remaining_s)))
        upper = place.adjusted(0, 0, 0, -place.height() // 2 + 2)
        paint_text(painter, upper, " · ".join(words), colour, option.font, align=FOOT)
        bar = QRect(place.left(), place.center().y() + 7, place.width(), BAR)
        paint_share(painter, bar, row.share, c.accent if row.state == "indexing" else c.muted)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(190, LINE)

    def _colour(self, row: VideoRow) -> str:
        c = theme.colours()
        if row.missing or row.state in ("broken", "failed"):
            return c.warn if row.state != "failed" else c.bad
        return {"done": c.good, "indexing": c.accent}.get(row.state, c.muted)


class PlainDelegate(QStyledItemDelegate):
    """A text as wide as its column, on the same ground as the other cells."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        paint_row_ground(painter, option)
        side = Qt.AlignmentFlag(int(index.data(Qt.ItemDataRole.TextAlignmentRole)))
        place = option.rect.adjusted(theme.GAP, 0, -theme.GAP, 0)
        paint_text(painter, place, str(index.data()), theme.colours().text, option.font, align=side)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        width = QFontMetrics(option.font).horizontalAdvance(str(index.data()))
        return QSize(width + 3 * theme.GAP, LINE)


class SeenDelegate(QStyledItemDelegate):
    """A portrait, when it was seen, and whether it is a face or a body."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs = thumbs

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Seen = index.data(RowRole)
        c = theme.colours()
        cell = option.rect.adjusted(3, 3, -3, -3)
        paint_ground(painter, option, cell)
        box = QRect(0, 0, PORTRAIT, PORTRAIT)
        box.moveCenter(cell.center())
        box.moveTop(cell.top() + 5)
        paint_picture(painter, box, self._thumbs.get(row.media), "user")
        words = QRect(box.left(), box.bottom() + 2, box.width(), cell.bottom() - box.bottom() - 2)
        is_face = row.kind == "face"
        shade = "face" if is_face else "body"
        mark = QRect(words.left(), words.center().y() - 7, 14, 14)
        theme.icon("smiley" if is_face else "person", shade).paint(painter, mark)
        paint_text(painter, words.adjusted(18, 0, 4, 0), span(row), c.text, option.font)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return CELL
