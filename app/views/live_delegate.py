"""How an event looks in the list."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import (
    QCoreApplication,
    QDateTime,
    QLocale,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import imaging, theme
from app.likeness import likeness
from app.models.live_events import EventRow, happening, who
from app.models.rows import Index, RowRole
from app.widgets.painting import paint_picture, paint_text, smaller
from app.words import clock

SIDE = 48  # px of a thumbnail
KEPT = 400  # pixmaps
ICONS = {"enter": "sign-in", "identified": "user-focus", "leave": "sign-out"}


class EventDelegate(QStyledItemDelegate):
    """A thumbnail, who and what, and when at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmaps: OrderedDict[tuple[int, int], QPixmap] = OrderedDict()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(220, SIDE + 2 * theme.GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: EventRow | None = index.data(RowRole)
        if row is None:
            return
        painter.save()
        rect: QRect = option.rect
        self._paint_back(painter, option, rect, row)
        inside = rect.adjusted(theme.GAP + 4, theme.GAP, -theme.GAP, -theme.GAP)
        picture = self._pixmap(row, round(SIDE * painter.device().devicePixelRatioF()))
        paint_picture(painter, QRect(inside.topLeft(), QSize(SIDE, SIDE)), picture, "user")
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

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, place: QRect, row: EventRow
    ) -> None:
        c, small, time = theme.colours(), smaller(option.font), clock_time(row.at_s)
        upper, lower = QRect(place), QRect(place)
        upper.setHeight(QFontMetrics(option.font).height())
        lower.setTop(place.bottom() - 19)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        taken = paint_text(painter, upper, time, c.muted, small, align=right)
        upper.setRight(upper.right() - taken - theme.GAP)
        name, is_known = who(row.name, row.stranger), row.name is not None
        paint_text(painter, upper, name, c.text, option.font, bold=is_known)
        mark = QRect(lower.left(), lower.top() + 2, 16, 16)
        theme.icon(ICONS[row.event], _shade(row)).paint(painter, mark)
        paint_text(painter, lower.adjusted(22, 0, 0, 0), details(row), c.muted, small)

    def drop(self) -> None:
        """Keep no pictures; those that are shown are made anew."""
        self._pixmaps.clear()

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
        text += f" · {likeness(row.score, row.probability)}"
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
    return clock(seconds)


def _shade(row: EventRow) -> str:
    return "good" if row.event == "identified" else "muted"
