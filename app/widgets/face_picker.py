"""A picture with everybody found in it; a click says who is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import theme

Key = Qt.Key
STEPS = {Key.Key_Left: -1, Key.Key_Up: -1, Key.Key_Right: 1, Key.Key_Down: 1}
TAKES = (Key.Key_Space, Key.Key_Return, Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class Spot:
    """Somebody in the picture. place: xyxy in its pixels. is_poor: below the quality limit."""

    place: tuple[float, float, float, float]
    tip: str
    is_poor: bool = False


class FacePicker(QWidget):
    """Arrow keys go from one to the next; Space, Enter or a click takes one, again: nobody."""

    chosen = Signal(object)  # which one, None for nobody

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._size = QSizeF(1, 1)
        self._spots: tuple[Spot, ...] = ()
        self._chosen: int | None = None
        self._pointed: int | None = None
        self._at = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("The picture and who is in it"))

    def sizeHint(self) -> QSize:
        return QSize(560, 420)

    def show_image(self, image: QImage, size: tuple[int, int]) -> None:
        """The picture; size: of the original, in whose pixels the places are."""
        self._image, self._size = image, QSizeF(*size)
        self.update()

    def set_spots(self, spots: Sequence[Spot], chosen: int | None) -> None:
        """Who is in it, and who of them is chosen."""
        self._spots, self._chosen = tuple(spots), chosen
        self._at = chosen if chosen is not None else min(self._at, max(len(spots) - 1, 0))
        self._pointed = None
        self._describe()
        self.update()

    def clear(self) -> None:
        """Nothing to see."""
        self._image = QImage()
        self.set_spots((), None)

    @property
    def has_picture(self) -> bool:
        """Whether there is anything to see."""
        return not self._image.isNull()

    def rect_of(self, place: int) -> QRectF:
        """Where somebody is, in this widget's pixels."""
        shown, (x0, y0, x1, y1) = self._shown(), self._spots[place].place
        across = shown.width() / self._size.width()
        down = shown.height() / self._size.height()
        corner = QPointF(shown.left() + x0 * across, shown.top() + y0 * down)
        return QRectF(corner, QSizeF((x1 - x0) * across, (y1 - y0) * down))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(theme.colours().raised))
        if self._image.isNull():
            return
        painter.drawImage(self._shown(), self._image)
        painter.setClipRect(self._shown())
        for i in range(len(self._spots)):
            self._paint_spot(painter, i)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._under(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._at = place
            self._take(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if (place := self._under(event.position())) != self._pointed:
            self._pointed = place
            over = place is not None
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            )
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointed = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Key(event.key())
        if self._spots and key in STEPS:
            self._at = min(max(self._at + STEPS[key], 0), len(self._spots) - 1)
            self._describe()
            self.update()
        elif self._spots and key in TAKES:
            self._take(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._under(QPointF(event.pos()))
            QToolTip.showText(
                event.globalPos(), self._spots[place].tip if place is not None else "", self
            )
            return True
        return super().event(event)

    def _take(self, place: int) -> None:
        self.chosen.emit(None if place == self._chosen else place)

    def _describe(self) -> None:
        if not self._spots:
            self.setAccessibleDescription(self.tr("Nobody was found."))
            return
        words = self.tr("{number} of {all}: {what}")
        self.setAccessibleDescription(
            words.format(number=self._at + 1, all=len(self._spots), what=self._spots[self._at].tip)
        )

    def _shown(self) -> QRectF:
        """Where the picture is: as large as fits, in the middle."""
        size = self._size.scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - size.width()) / 2
        return QRectF(QPointF(left, (self.height() - size.height()) / 2), size)

    def _under(self, point: QPointF) -> int | None:
        """The smallest of those under a point: faces in front of a large one can be taken."""
        hits = [i for i in range(len(self._spots)) if self._grip(i).contains(point)]
        return min(hits, key=lambda i: self.rect_of(i).width(), default=None)

    def _grip(self, place: int) -> QRectF:
        """A little more than the box, so that small faces can be hit."""
        rect = self.rect_of(place)
        more = max(0.0, (24 - min(rect.width(), rect.height())) / 2)
        return rect.adjusted(-more, -more, more, more)

    def _paint_spot(self, painter: QPainter, place: int) -> None:
        c = theme.DARK  # a picture is no page: the lighter colours stand out on any
        rect, is_chosen = self.rect_of(place), place == self._chosen
        colour = QColor(c.warn if self._spots[place].is_poor else c.face)
        if is_chosen:
            colour = QColor(c.warn if self._spots[place].is_poor else c.good)
        width = 3.5 if is_chosen else 2.5 if place == self._pointed else 1.6
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.over_picture(110), width + 2))
        painter.drawRoundedRect(rect, 4, 4)
        painter.setPen(QPen(colour, width))
        painter.drawRoundedRect(rect, 4, 4)
        if self.hasFocus() and place == self._at and len(self._spots) > 1:
            painter.setPen(QPen(theme.over_picture(255, light=True), 1, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(rect.adjusted(-4, -4, 4, 4), 6, 6)
        if len(self._spots) > 1 or is_chosen:
            self._paint_number(painter, rect, colour, "✓" if is_chosen else str(place + 1))

    def _paint_number(self, painter: QPainter, rect: QRectF, colour: QColor, text: str) -> None:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        side = painter.fontMetrics().height() + 2
        badge = QRectF(rect.left() - 1, max(rect.top() - side, self._shown().top()), side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(badge, 3, 3)
        painter.setPen(QColor(theme.DARK.on_accent))
        painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), text)
