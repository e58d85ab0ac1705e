"""How an event looks in the list."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import (
    QCoreApplication,
    QDateTime,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import imaging, theme
from app.models.live_events import EventRow, RowRole, happening, who

SIDE = 48  # px of a thumbnail
KEPT = 400  # pixmaps
ICONS = {"enter": "sign-in", "identified": "user-focus", "leave": "sign-out"}


class EventDelegate(QStyledItemDelegate):
    """A thumbnail, who and what, and when at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmaps: OrderedDict[tuple[int, int], QPixmap] = OrderedDict()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(220, SIDE + 2 * theme.GAP)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row: EventRow | None = index.data(RowRole)
        if row is None:
            return
        painter.save()
        rect: QRect = option.rect
        self._paint_back(painter, option, rect, row)
        inside = rect.adjusted(theme.GAP + 4, theme.GAP, -theme.GAP, -theme.GAP)
        self._paint_picture(painter, QRect(inside.left(), inside.top(), SIDE, SIDE), row)
        self._paint_words(painter, option, inside.adjusted(SIDE + theme.GAP + 2, 2, 0, -2), row)
        painter.restore()

    def _paint_back(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, row: EventRow
    ) -> None:
        c = theme.colours()
        state: QStyle.StateFlag = option.state
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(rect, QColor(c.raised))
        if row.alerts:
            tint = QColor(c.accent)
            painter.fillRect(QRect(rect.left(), rect.top(), 4, rect.height()), tint)
            tint.setAlpha(28)
            painter.fillRect(rect, tint)
        if state & QStyle.StateFlag.State_Selected and state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(c.accent))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def _paint_picture(self, painter: QPainter, place: QRect, row: EventRow) -> None:
        c = theme.colours()
        pixmap = self._pixmap(row, round(SIDE * painter.device().devicePixelRatioF()))
        if pixmap is None:
            painter.fillRect(place, QColor(c.raised))
            theme.icon("user", "muted").paint(painter, place.adjusted(12, 12, -12, -12))
            return
        painter.drawPixmap(place, pixmap)

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, place: QRect, row: EventRow
    ) -> None:
        c = theme.colours()
        font = QFont(option.font)
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() * 0.92)
        time = clock_time(row.at_s)
        painter.setFont(small)
        painter.setPen(QColor(c.muted))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop), time)
        left = place.width() - QFontMetrics(small).horizontalAdvance(time) - theme.GAP
        font.setBold(row.name is not None)
        painter.setFont(font)
        painter.setPen(QColor(c.text))
        name = QFontMetrics(font).elidedText(
            who(row.name, row.stranger), Qt.TextElideMode.ElideRight, left
        )
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), name)
        line = QRect(place.left(), place.bottom() - 19, place.width(), 20)
        theme.icon(ICONS[row.event], _shade(row)).paint(
            painter, QRect(line.left(), line.top() + 2, 16, 16)
        )
        painter.setFont(small)
        painter.setPen(QColor(c.muted))
        line.setLeft(line.left() + 22)
        text = QFontMetrics(small).elidedText(
            details(row), Qt.TextElideMode.ElideRight, line.width()
        )
        painter.drawText(
            line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text
        )

    def _pixmap(self, row: EventRow, side: int) -> QPixmap | None:
        if not row.picture:
            return None
        key = (row.number, side)
        if key not in self._pixmaps:
            self._pixmaps[key] = square(row.picture, side)
            while len(self._pixmaps) > KEPT:
                self._pixmaps.popitem(last=False)
        return self._pixmaps[key]


def square(jpeg: bytes, side: int) -> QPixmap:
    """The middle of a picture as a square, the upper middle of a tall one."""
    image = imaging.from_jpeg(jpeg)
    short = min(image.width(), image.height())
    top = 0 if image.height() > 1.5 * image.width() else (image.height() - short) // 2
    part = image.copy((image.width() - short) // 2, top, short, short)
    return QPixmap.fromImage(
        part.scaled(
            side,
            side,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
    )


def details(row: EventRow) -> str:
    """What happened, in a few words."""
    text = happening(row)
    if row.stay_s is not None:
        stay = QCoreApplication.translate("Live", "after {}")
        text += " " + stay.format(_duration(row.stay_s))
    if row.score is not None:
        text += f" · {row.score:.2f}"
    if row.kind == "body":
        text += " · " + QCoreApplication.translate("Live", "body")
    return text


def clock_time(at_s: float) -> str:
    """The time of day."""
    when = QDateTime.fromMSecsSinceEpoch(round(at_s * 1000)).time()
    return QLocale().toString(when, "HH:mm:ss")


def _duration(seconds: float) -> str:
    if seconds < 60:
        return QCoreApplication.translate("Live", "{} s").format(round(seconds))
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _shade(row: EventRow) -> str:
    return "good" if row.event == "identified" else "muted"
