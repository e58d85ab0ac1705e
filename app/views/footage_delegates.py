"""How a video's name and state, and somebody seen, are painted."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import theme
from app.models.seen import RowRole as SeenRole
from app.models.seen import span
from app.models.videos import RowRole
from app.viewmodels.footage_rows import VideoRow
from app.widgets.activity import remaining
from app.widgets.thumbs import Thumbnails
from reid_core.library.listing import Seen

Index = QModelIndex | QPersistentModelIndex
THUMB = QSize(80, 48)
LINE = THUMB.height() + 2 * theme.GAP
BAR = 5  # px
PORTRAIT = 96  # px
CELL = QSize(PORTRAIT + 2 * theme.GAP, PORTRAIT + 5 * theme.GAP)
ROUND = 4.0


class NameDelegate(QStyledItemDelegate):
    """A picture of the video, its name, and where it is."""

    def __init__(self, posters: Thumbnails, covers: Thumbnails) -> None:
        super().__init__()
        self._posters, self._covers = posters, covers

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: VideoRow = index.data(RowRole)
        _background(painter, option)
        place = option.rect.adjusted(theme.GAP, 0, -theme.GAP, 0)
        box = QRect(place.topLeft(), THUMB)
        box.moveTop(place.center().y() - THUMB.height() // 2)
        _picture(painter, box, self._pixmap(row), "film-strip")
        words = place.adjusted(THUMB.width() + theme.GAP + 4, 0, 0, 0)
        half = words.height() // 2
        upper = words.adjusted(0, 8, 0, -half)
        lower = words.adjusted(0, half, 0, -8)
        c = theme.colours()
        _text(painter, upper, row.name, c.text, option.font, bold=True, down=True)
        _text(painter, lower, row.path, c.muted, option.font, elide=Qt.TextElideMode.ElideMiddle)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(320, LINE)

    def _pixmap(self, row: VideoRow) -> QPixmap | None:
        found = self._posters.get(row.poster) if row.poster else None
        if found is None or found.isNull():
            found = self._covers.get(row.cover) if row.cover and not row.poster else None
        return None if found is None or found.isNull() else found


class StateDelegate(QStyledItemDelegate):
    """The state in words, and while it is indexed how far it is and how long it takes."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: VideoRow = index.data(RowRole)
        _background(painter, option)
        c = theme.colours()
        place = option.rect.adjusted(theme.GAP, 0, -theme.GAP, 0)
        text, colour = str(index.data()), self._colour(row)
        shows_bar = row.state in ("indexing", "paused", "stopped", "stopping") and not (
            row.is_recording or row.missing
        )
        if not shows_bar:
            _text(painter, place, text, colour, option.font)
            return
        words = [text, f"{row.share:.0%}"]
        if row.remaining_s is not None:
            left = QCoreApplication.translate("StateDelegate", "{} left")
            words.append(left.format(remaining(row.remaining_s)))
        upper = place.adjusted(0, 0, 0, -place.height() // 2 + 2)
        _text(painter, upper, " · ".join(words), colour, option.font, down=True)
        bar = QRect(place.left(), place.center().y() + 7, place.width(), BAR)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(c.line))
        painter.drawRoundedRect(bar, BAR / 2, BAR / 2)
        bar.setWidth(max(round(bar.width() * row.share), BAR))
        painter.setBrush(QColor(c.accent if row.state == "indexing" else c.muted))
        painter.drawRoundedRect(bar, BAR / 2, BAR / 2)
        painter.restore()

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
        _background(painter, option)
        side = Qt.AlignmentFlag(int(index.data(Qt.ItemDataRole.TextAlignmentRole)))
        place = option.rect.adjusted(theme.GAP, 0, -theme.GAP, 0)
        _text(painter, place, str(index.data()), theme.colours().text, option.font, side=side)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        width = QFontMetrics(option.font).horizontalAdvance(str(index.data()))
        return QSize(width + 3 * theme.GAP, LINE)


class SeenDelegate(QStyledItemDelegate):
    """A portrait, when it was seen, and whether it is a face or a body."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs = thumbs

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Seen = index.data(SeenRole)
        c = theme.colours()
        cell = option.rect.adjusted(3, 3, -3, -3)
        _background(painter, option, cell)
        box = QRect(0, 0, PORTRAIT, PORTRAIT)
        box.moveCenter(cell.center())
        box.moveTop(cell.top() + 5)
        found = self._thumbs.get(row.media)
        _picture(painter, box, None if found is None or found.isNull() else found, "user")
        words = QRect(box.left(), box.bottom() + 2, box.width(), cell.bottom() - box.bottom() - 2)
        is_face = row.kind == "face"
        shade = "face" if is_face else "body"
        mark = QRect(words.left(), words.center().y() - 7, 14, 14)
        theme.icon("smiley" if is_face else "person", shade).paint(painter, mark)
        _text(painter, words.adjusted(18, 0, 4, 0), span(row), c.text, option.font)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return CELL


def _background(painter: QPainter, option: QStyleOptionViewItem, cell: QRect | None = None) -> None:
    """The ground of a cell; a whole cell of a grid is framed, a table's is not."""
    c, state = theme.colours(), option.state
    is_selected = bool(state & QStyle.StateFlag.State_Selected)
    is_pointed = cell is not None and bool(state & QStyle.StateFlag.State_MouseOver)
    if is_selected or is_pointed:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(c.raised)
        if not is_selected:
            ground.setAlpha(110)
        painter.setBrush(ground)
        painter.setPen(QPen(QColor(c.accent)) if cell and is_selected else Qt.PenStyle.NoPen)
        if cell is None:
            painter.drawRect(option.rect)
        else:
            painter.drawRoundedRect(cell, ROUND + 2, ROUND + 2)
        painter.restore()


def _picture(painter: QPainter, box: QRect, pixmap: QPixmap | None, icon: str) -> None:
    """A picture that fills its box, cut to it; an icon while there is none."""
    c = theme.colours()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    shape = QPainterPath()
    shape.addRoundedRect(box, ROUND, ROUND)
    painter.setClipPath(shape)
    painter.fillRect(box, QColor(c.raised))
    if pixmap is None:
        side = min(box.width(), box.height()) // 2
        spot = QRect(0, 0, side, side)
        spot.moveCenter(box.center())
        theme.icon(icon, "muted").paint(painter, spot)
    else:
        size = pixmap.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        target = QRect(box.topLeft(), size)
        target.moveCenter(box.center())
        if size.height() > box.height() * 1.3:
            target.moveTop(box.top())  # people are known by their upper part
        painter.drawPixmap(target, pixmap)
    painter.restore()


def _text(
    painter: QPainter,
    place: QRect,
    text: str,
    colour: str,
    font: QFont,
    *,
    bold: bool = False,
    down: bool = False,
    side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    """One line, shortened to its place. down: at the foot of it. side: horizontal alignment."""
    shown = QFont(font)
    if bold:
        shown.setWeight(QFont.Weight.DemiBold)
    painter.save()
    painter.setFont(shown)
    painter.setPen(QColor(colour))
    line = QFontMetrics(shown).elidedText(text, elide, place.width())
    across = side & Qt.AlignmentFlag.AlignHorizontal_Mask
    height = Qt.AlignmentFlag.AlignBottom if down else Qt.AlignmentFlag.AlignVCenter
    painter.drawText(place, int(across | height), line)
    painter.restore()
