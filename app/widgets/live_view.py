"""The picture of a live view with boxes and names over it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.likeness import likeness
from app.live import Found, Picture
from app.models.live_events import who
from app.viewmodels.live_boxes import boxes_at
from app.words import shortened
from reid_core.actions.watch_types import Shown

ALERT_MS = 6000
NEXT = (Qt.Key.Key_Right, Qt.Key.Key_Down)
BACK = (Qt.Key.Key_Left, Qt.Key.Key_Up)
PRESS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class LivePicture(QWidget):
    """Paints the newest picture. People are chosen by a click, or with the arrow keys and Enter."""

    fit_changed = Signal(object)  # (width, height) in device pixels; None while unseen
    painted = Signal(object)  # a Picture, once it is on the screen
    chosen = Signal(int, QPointF)  # a track, and where

    def __init__(self) -> None:
        super().__init__()
        self._picture: Picture | None = None
        self._image = QImage()
        self._is_new = False
        self._found: Found | None = None
        self._before: Found | None = None
        self._over: int | None = None
        self._focus: int | None = None
        self._note = self._alert = ""
        self._alert_timer = QTimer(self, singleShot=True, interval=ALERT_MS)
        self._alert_timer.timeout.connect(lambda: self.alert(""))
        self.setMinimumSize(240, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Live picture"))
        self.setAccessibleDescription(
            self.tr("Choose somebody with the arrow keys, and enrol them with Enter.")
        )

    # ---- what is shown

    def show_picture(self, picture: Picture, found: Found | None) -> None:
        """The newest picture, and who was found last."""
        height, width = picture.pixels.shape[:2]
        self._picture, self._is_new = picture, True
        self._image = QImage(  # of the picture's own memory, which is kept with it
            picture.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32
        )
        if found is not self._found:
            self._before, self._found = self._found, found
        self.update()

    def clear(self) -> None:
        """No picture."""
        self._image = QImage()
        self._picture = self._found = self._before = None
        self._over = self._focus = None
        self.alert("")
        self.update()

    def forget(self, person: int) -> None:
        """Call nobody so any more who is that person."""
        self._found = self._found.without(person) if self._found is not None else None
        self._before = self._before.without(person) if self._before is not None else None
        self.update()

    def note(self, text: str) -> None:
        """Say something over the picture: that it is lost, say; "" for nothing."""
        if text != self._note:
            self._note = text
            self.update()

    def alert(self, text: str) -> None:
        """Frame the picture for a while, and say why."""
        self._alert = text
        if text:
            self._alert_timer.start()
        self.update()

    @property
    def has_picture(self) -> bool:
        """Whether there is anything to see."""
        return not self._image.isNull()

    def people(self) -> list[tuple[Shown, QRectF]]:
        """Everybody as they are painted, in this widget's pixels."""
        if self._picture is None:
            return []
        area = self._area()
        scale = area.width() / self._picture.size[0]
        result = []
        for one, (left, top, right, bottom) in boxes_at(
            self._found, self._before, self._picture.time_s
        ):
            corner = QPointF(area.x() + left * scale, area.y() + top * scale)
            far = QPointF(area.x() + right * scale, area.y() + bottom * scale)
            result.append((one, QRectF(corner, far)))
        return result

    def sizeHint(self) -> QSize:
        return QSize(800, 450)

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        c = theme.colours()
        painter.fillRect(self.rect(), QColor(c.surface if theme.is_dark() else c.raised))
        if not self._image.isNull():
            area = self._area()
            exact = self._image.size() == (area.size() * self.devicePixelRatioF()).toSize()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not exact)
            painter.drawImage(area, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self._area())
        for one, box in self.people():
            self._paint_person(painter, one, box)
        painter.setClipping(False)
        self._paint_words(painter)
        painter.end()
        if self._is_new and self._picture is not None:
            self._is_new = False
            self.painted.emit(self._picture)

    def _paint_person(self, painter: QPainter, one: Shown, box: QRectF) -> None:
        strong = one.track in (self._over, self._focus)
        dark = theme.over_picture(110)  # so that the line is seen on a bright picture as well
        width = 3.0 if strong else 2.0
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(dark, width + 2), QPen(_colour(one), width)):
            painter.setPen(pen)
            painter.drawRoundedRect(box, 3, 3)
        text = shortened(who(one.name, one.stranger))
        if one.name is not None and one.score is not None:
            text += f"  {likeness(one.score, one.probability)}"
        self._paint_label(painter, text, one, box, strong=strong)

    def _paint_label(
        self, painter: QPainter, text: str, one: Shown, box: QRectF, *, strong: bool
    ) -> None:
        c = theme.colours()
        full = strong or one.name is not None
        font = QFont(self.font())
        font.setBold(one.name is not None)
        metrics = QFontMetricsF(font)
        size = QSizeF(metrics.horizontalAdvance(text) + 12, metrics.height() + 4)
        label = self._label_place(box, size, below=one.kind == "body")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_colour(one) if full else QColor(c.surface))
        painter.drawRoundedRect(label, 3, 3)
        painter.setFont(font)
        painter.setPen(QColor(c.on_accent if full else c.text))
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)

    def _label_place(self, box: QRectF, size: QSizeF, *, below: bool) -> QRectF:
        """Above a face and below a body, so that they keep apart; inside the picture."""
        area = self._area()
        top = box.bottom() + 2 if below else box.top() - size.height() - 2
        if top < area.top():
            top = max(area.top(), box.top() + 2)
        if top + size.height() > area.bottom():
            top = min(area.bottom(), box.bottom()) - size.height() - 2
        left = max(area.left(), min(box.left() - 1, area.right() - size.width()))
        return QRectF(QPointF(left, top), size)

    def _paint_words(self, painter: QPainter) -> None:
        c = theme.colours()
        if self._alert:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(c.accent), 6))
            painter.drawRect(self._area().adjusted(3, 3, -3, -3))
            self._paint_pill(painter, self._alert, QColor(c.accent), QColor(c.on_accent), top=True)
        if self._note and self.has_picture:
            self._paint_pill(painter, self._note, QColor(c.text), QColor(c.window), top=False)
        elif self._note:
            painter.setPen(QColor(c.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), int(flags), self._note)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(c.accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _paint_pill(
        self, painter: QPainter, text: str, back: QColor, front: QColor, *, top: bool
    ) -> None:
        """A line in a rounded box, in the middle above or below."""
        font = QFont(self.font())
        font.setBold(True)
        metrics = QFontMetricsF(font)
        text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, self.width() - 80.0)
        pill = QRectF(0, 0, metrics.horizontalAdvance(text) + 28, metrics.height() + 12)
        pill.moveCenter(QPointF(self.width() / 2, 0))
        area = self._area()
        pill.moveTop(area.top() + 16 if top else area.bottom() - pill.height() - 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(back)
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setFont(font)
        painter.setPen(front)
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)

    def _area(self) -> QRectF:
        """Where the picture is: as large as fits, in the middle."""
        if self._picture is None:
            return QRectF(self.rect())
        width, height = self._picture.size
        scale = min(self.width() / width, self.height() / height)
        area = QRectF(0, 0, round(width * scale), round(height * scale))
        area.moveTo(
            round((self.width() - area.width()) / 2), round((self.height() - area.height()) / 2)
        )
        return area

    # ---- choosing

    def _at(self, where: QPointF) -> int | None:
        """Whose box is there; the smallest where several are."""
        hits = [
            (box.width() * box.height(), one.track)
            for one, box in self.people()
            if box.contains(where)
        ]
        return min(hits)[1] if hits else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._at(event.position())
        if over != self._over:
            self._over = over
            shape = (
                Qt.CursorShape.ArrowCursor if over is None else Qt.CursorShape.PointingHandCursor
            )
            self.setCursor(shape)
            self.setToolTip("" if over is None else self.tr("Click to say who this is"))
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._over = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            track = self._at(event.position())
            if track is not None:
                self.chosen.emit(track, event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        people = sorted(self.people(), key=lambda p: p[1].left())
        tracks = [one.track for one, _ in people]
        if event.key() in (*NEXT, *BACK) and tracks:
            step = 1 if event.key() in NEXT else -1
            here = tracks.index(self._focus) if self._focus in tracks else -1 if step > 0 else 0
            self._focus = tracks[(here + step) % len(tracks)]
            self.update()
        elif event.key() in PRESS and self._focus in tracks:
            box = people[tracks.index(self._focus)][1]
            self.chosen.emit(self._focus, box.center())
        elif event.key() == Qt.Key.Key_Escape and self._focus is not None:
            self._focus = None
            self.update()
        else:
            super().keyPressEvent(event)

    # ---- how large

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._tell_fit()

    def showEvent(self, event: QShowEvent) -> None:
        self._tell_fit()

    def hideEvent(self, event: QHideEvent) -> None:
        self.fit_changed.emit(None)

    def _tell_fit(self) -> None:
        if self.isVisible():
            ratio = self.devicePixelRatioF()
            self.fit_changed.emit((round(self.width() * ratio), round(self.height() * ratio)))


def _colour(one: Shown) -> QColor:
    c = theme.colours()
    return QColor(c.face if one.kind == "face" else c.body)
