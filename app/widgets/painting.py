"""Painting parts of list rows: a ground, a picture cut to its box, a shortened line."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from app import theme

ROUND = 4.0
MIDDLE = Qt.AlignmentFlag.AlignCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def paint_ground(painter: QPainter, option: QStyleOptionViewItem, cell: QRect) -> None:
    """What is chosen is framed, what is pointed at is tinted."""
    c, state = theme.colours(), option.state
    is_selected = bool(state & QStyle.StateFlag.State_Selected)
    if not is_selected and not state & QStyle.StateFlag.State_MouseOver:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = QColor(c.raised)
    if not is_selected:
        ground.setAlpha(110)
    painter.setBrush(ground)
    has_focus = bool(state & QStyle.StateFlag.State_HasFocus)
    frame = QPen(QColor(c.accent if has_focus else c.line))
    painter.setPen(frame if is_selected else Qt.PenStyle.NoPen)
    painter.drawRoundedRect(cell, ROUND + 2, ROUND + 2)
    painter.restore()


def paint_row_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """A cell of a table: the cells of the chosen row make one band."""
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(option.rect, QColor(theme.colours().raised))


def paint_share(painter: QPainter, groove: QRect, share: float, colour: str) -> None:
    """How much is done, in [0, 1]; something is shown from the start."""
    done, radius = QRect(groove), groove.height() / 2
    done.setWidth(max(round(groove.width() * share), groove.height()))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for bar, shade in ((groove, theme.colours().line), (done, colour)):
        painter.setBrush(QColor(shade))
        painter.drawRoundedRect(bar, radius, radius)
    painter.restore()


def paint_picture(painter: QPainter, box: QRect, pixmap: QPixmap | None, icon: str) -> None:
    """A picture that fills its box, cut to it; an icon while there is none."""
    c = theme.colours()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    shape = QPainterPath()
    shape.addRoundedRect(box, ROUND, ROUND)
    painter.setClipPath(shape)
    painter.fillRect(box, QColor(c.raised))
    if pixmap is None or pixmap.isNull():
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


def paint_text(
    painter: QPainter,
    place: QRect,
    text: str,
    colour: str,
    font: QFont,
    *,
    bold: bool = False,
    align: Qt.AlignmentFlag = LEFT,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> int:
    """One line, shortened to its place; returns how wide it became."""
    shown = QFont(font)
    if bold:
        shown.setWeight(QFont.Weight.DemiBold)
    metrics = QFontMetrics(shown)
    line = metrics.elidedText(text, elide, place.width())
    painter.save()
    painter.setFont(shown)
    painter.setPen(QColor(colour))
    painter.drawText(place, int(align), line)
    painter.restore()
    return metrics.horizontalAdvance(line)


def smaller(font: QFont) -> QFont:
    """A font for less important words."""
    made = QFont(font)
    if font.pointSizeF() > 0:
        made.setPointSizeF(font.pointSizeF() * 0.9)
    return made
