"""Bars of time with coloured spans: under the player, and one per video beside the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app import theme
from app.viewmodels.search_rows import Span
from app.widgets.parts import label
from app.widgets.thumbs import Thumbnails
from app.words import moment

HEIGHT = 30  # px of the bar under the player, of which the groove takes a part
GROOVE = 10
LEAST = 4.0  # px: a span shorter than this on the screen can still be seen and clicked
NEAR = 3.0  # px beside a span that still count as on it
CARD = QSize(128, 96)


def place_of(span: Span, groove: QRectF, duration_s: float) -> QRectF:
    """Where a span lies on a bar."""
    scale = groove.width() / max(duration_s, 1e-9)
    width = max(LEAST, (span.end_s - span.start_s) * scale)
    left = min(groove.left() + span.start_s * scale, groove.right() - width)
    return QRectF(left, groove.top(), width, groove.height())


def span_at(spans: Sequence[Span], groove: QRectF, duration_s: float, x: float) -> Span | None:
    """The span under a place, the one painted last first."""
    for one in reversed(spans):
        rect = place_of(one, groove, duration_s)
        if rect.left() - NEAR <= x <= rect.right() + NEAR:
            return one
    return None


def time_at(groove: QRectF, duration_s: float, x: float) -> float:
    """Which time a place on a bar means."""
    share = (x - groove.left()) / max(groove.width(), 1e-9)
    return min(max(share, 0.0), 1.0) * duration_s


def paint_bar(
    painter: QPainter,
    groove: QRectF,
    spans: Sequence[Span],
    duration_s: float,
    *,
    chosen: str = "",
) -> None:
    """The groove and the spans on it; chosen: the key of the span that is framed."""
    c = theme.colours()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(c.raised))
    painter.drawRoundedRect(groove, 3, 3)
    if duration_s <= 0:
        spans = ()
    for one in spans:
        rect = place_of(one, groove, duration_s)
        if not (one.is_likely or one.verdict):
            rect.adjust(0, rect.height() * 0.3, 0, -rect.height() * 0.3)
        painter.setBrush(span_colour(one))
        painter.drawRoundedRect(rect, 2, 2)
    for one in spans:
        if one.key == chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(c.text))
            painter.drawRoundedRect(
                place_of(one, groove, duration_s).adjusted(-1.5, -1.5, 1.5, 1.5), 3, 3
            )
    painter.restore()


def span_colour(span: Span) -> QColor:
    """Confirmed green, likely in the colour of its kind, possible the same but pale."""
    c = theme.colours()
    if span.verdict == "same":
        return QColor(c.good)
    if span.verdict == "different":
        return QColor(c.bad)
    colour = QColor(c.face if span.kind == "face" else c.body)
    if not span.is_likely:
        colour.setAlpha(110)
    return colour


class HoverCard(QFrame):
    """A small picture with a time, floating over its window near the pointer."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__(None, Qt.WindowType.ToolTip | Qt.WindowType.WindowTransparentForInput)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setProperty("look", "card")
        self._thumbs, self._media = thumbs, ""
        thumbs.ready.connect(self._on_ready)
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._picture.setFixedSize(CARD)
        self._time = label()
        self._time.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(4, 4, 4, 4)
        inside.setSpacing(2)
        inside.addWidget(self._picture)
        inside.addWidget(self._time)

    def show_at(self, place: QPoint, media: str, text: str) -> None:
        """Show above a place on the screen. media: "" for the time alone."""
        self._media = media
        self._time.setText(text)
        self._picture.setVisible(bool(media))
        self._fill()
        self.adjustSize()
        left = place.x() - self.width() // 2
        screen = self.screen().availableGeometry()
        left = min(max(left, screen.left()), screen.right() - self.width())
        self.move(left, max(screen.top(), place.y() - self.height() - 6))
        self.show()

    def _fill(self) -> None:
        found = self._thumbs.get(self._media) if self._media else None
        if found is None or found.isNull():
            self._picture.setPixmap(QPixmap())
            return
        ratio = self.devicePixelRatioF()
        shown = found.scaled(
            CARD * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        shown.setDevicePixelRatio(ratio)
        self._picture.setPixmap(shown)

    def _on_ready(self, media: str) -> None:
        if media == self._media and self.isVisible():
            self._fill()


class TimelineBar(QWidget):
    """Where the player stands, with the sightings. Click or drag to go there."""

    sought = Signal(float, bool)  # seconds, and whether the mouse is still down
    span_chosen = Signal(str)  # its key

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Time line"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.picture_at: Callable[[float], str] = lambda _: ""  # a stored picture near a time
        self.card: HoverCard | None = None
        self._spans: tuple[Span, ...] = ()
        self._chosen = ""
        self._duration_s, self._time_s = 0.0, 0.0
        self._pointed: float | None = None
        self._drags = False

    def set_spans(self, spans: Sequence[Span], chosen: str = "") -> None:
        """The sightings of the video; chosen: the key of the one looked at."""
        self._spans, self._chosen = tuple(spans), chosen
        self.update()

    def set_time(self, time_s: float, duration_s: float | None) -> None:
        """Where it stands. duration_s: 0 while it is not known."""
        longest = max((s.end_s for s in self._spans), default=0.0)
        duration_s = duration_s if duration_s else max(longest, time_s)
        if (time_s, duration_s) != (self._time_s, self._duration_s):
            self._time_s, self._duration_s = time_s, duration_s
            self.update()

    def groove(self) -> QRectF:
        """The bar itself."""
        top = (self.height() - GROOVE) / 2
        return QRectF(7, top, max(self.width() - 14, 1), GROOVE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        groove, c = self.groove(), theme.colours()
        paint_bar(painter, groove, self._spans, self._duration_s, chosen=self._chosen)
        if self._duration_s <= 0:
            return
        if self._pointed is not None:
            self._line(painter, self._x(self._pointed), c.muted, 1)
        x = self._x(self._time_s)
        self._line(painter, x, c.text, 2)
        painter.setPen(QColor(c.surface))
        painter.setBrush(QColor(c.accent if self.hasFocus() else c.text))
        painter.drawEllipse(QPointF(x, groove.top() - 3), 5, 5)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._duration_s > 0:
            self._drags = True
            self._go(event.position().x(), down=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._duration_s <= 0:
            return
        self._pointed = time_at(self.groove(), self._duration_s, x)
        self._hover(x)
        if self._drags:
            self._go(x, down=True)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._drags:
            return
        self._drags = False
        x = event.position().x()
        self._go(x, down=False)
        span = span_at(self._spans, self.groove(), self._duration_s, x)
        if span is not None:
            self.span_chosen.emit(span.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the player's keys work here as well

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointed = None
        if self.card is not None:
            self.card.hide()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        if self.card is not None:
            self.card.hide()

    def _go(self, x: float, *, down: bool) -> None:
        self.sought.emit(time_at(self.groove(), self._duration_s, x), down)

    def _hover(self, x: float) -> None:
        if self.card is None or self._pointed is None:
            return
        span = span_at(self._spans, self.groove(), self._duration_s, x)
        media = span.media if span else self.picture_at(self._pointed)
        self.card.show_at(self.mapToGlobal(QPoint(round(x), 0)), media, moment(self._pointed))

    def _x(self, time_s: float) -> float:
        groove = self.groove()
        return groove.left() + groove.width() * min(time_s / self._duration_s, 1.0)

    def _line(self, painter: QPainter, x: float, colour: str, width: int) -> None:
        groove = self.groove()
        line = QRectF(x - width / 2, groove.top() - 3, width, groove.height() + 6)
        painter.fillRect(line, QColor(colour))
