"""Boxes and names drawn over a film, and the box that the user draws."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app import theme
from app.viewmodels.player_boxes import Box

PAD = 4.0


def placed(box: Sequence[float], frame: tuple[int, int], shown: QRectF) -> QRectF:
    """A box in frame pixels (xyxy) on the screen. frame: width and height; shown: its place."""
    across, down = shown.width() / frame[0], shown.height() / frame[1]
    corner = QPointF(shown.left() + box[0] * across, shown.top() + box[1] * down)
    other = QPointF(shown.left() + box[2] * across, shown.top() + box[3] * down)
    return QRectF(corner, other)


def in_frame(
    rect: QRectF, frame: tuple[int, int], shown: QRectF
) -> tuple[float, float, float, float]:
    """The inverse: a place on the screen as a box in frame pixels, cut to the frame."""
    cut = rect.intersected(shown)
    across, down = frame[0] / shown.width(), frame[1] / shown.height()
    return (
        (cut.left() - shown.left()) * across,
        (cut.top() - shown.top()) * down,
        (cut.right() - shown.left()) * across,
        (cut.bottom() - shown.top()) * down,
    )


def paint_boxes(
    painter: QPainter, boxes: Sequence[Box], frame: tuple[int, int], shown: QRectF
) -> None:
    """Thin outlines with a dark rim, and a label on each that has a name. shown: the picture."""
    painter.save()
    painter.setClipRect(shown)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for one in sorted(boxes, key=lambda b: (b.is_chosen, b.is_known)):
        _outline(painter, one, placed(one.place, frame, shown))
    for one in sorted(boxes, key=lambda b: (b.is_chosen, b.is_known)):
        if one.label:
            _label(painter, one, placed(one.place, frame, shown), shown)
    painter.restore()


def paint_band(painter: QPainter, rect: QRectF) -> None:
    """The box that is being drawn."""
    painter.save()
    painter.setPen(QPen(theme.over_picture(160), 3))
    painter.drawRect(rect)
    pen = QPen(theme.over_picture(255, light=True), 1, Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(theme.over_picture(36, light=True))
    painter.drawRect(rect)
    painter.restore()


def _colour(box: Box) -> QColor:
    # a film is no page: the lighter colours of the dark theme stand out on any picture
    c = theme.DARK
    return QColor(c.face if box.kind == "face" else c.body)


def _outline(painter: QPainter, box: Box, rect: QRectF) -> None:
    width = 3.0 if box.is_chosen else 1.8 if box.is_known else 1.2
    colour = _colour(box)
    if not (box.is_known or box.is_chosen):
        colour.setAlpha(150)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.over_picture(90), width + 1.6))
    painter.drawRoundedRect(rect, 3, 3)
    painter.setPen(QPen(colour, width))
    painter.drawRoundedRect(rect, 3, 3)


def _label(painter: QPainter, box: Box, rect: QRectF, shown: QRectF) -> None:
    """Above the box where there is room, always inside the picture."""
    font = QFont(painter.font())
    font.setWeight(QFont.Weight.DemiBold if box.is_chosen else QFont.Weight.Medium)
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(box.label) + 2 * PAD, metrics.height() + 2
    top = rect.top() - height - 2
    if top < shown.top():
        top = min(rect.bottom() + 2, shown.bottom() - height)
    left = min(max(rect.left(), shown.left()), shown.right() - width)
    place = QRectF(left, top, width, height)
    ground = _colour(box) if box.is_known or box.is_chosen else theme.over_picture(200)
    ink = (
        QColor(theme.DARK.on_accent)
        if box.is_known or box.is_chosen
        else theme.over_picture(255, light=True)
    )
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(place, 3, 3)
    painter.setFont(font)
    painter.setPen(ink)
    painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), box.label)
