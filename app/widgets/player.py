"""The player: the picture with boxes, the time line, and the buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app import theme
from app.playback.pictures import Picture, fitted
from app.viewmodels.player import SPEEDS, Player
from app.viewmodels.player_boxes import Box
from app.widgets.overlay import in_frame, paint_band, paint_boxes, placed
from app.widgets.parts import label, row, tool
from app.widgets.timeline import TimelineBar
from app.words import moment, number

GROUND = "#101010"  # around a film, in both themes: brightness beside it would change how it looks
ROOMY = 420  # px from which the whole length stands beside the time
LEAST_BAND = 10.0  # px: a smaller one is a click
SKIP_S, FAR_S = 1.0, 10.0

BoxesAt = Callable[[float], Sequence[Box]]


class Screen(QWidget):
    """The picture. A click plays or pauses, dragging draws a box."""

    clicked = Signal()
    drawn = Signal(object, object)  # a box (xyxy frame pixels), the place on the screen
    box_clicked = Signal(object, object)  # a Box, the place on the screen
    began_drawing = Signal()

    def __init__(self, player: Player, boxes_at: BoxesAt) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 135)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Picture"))
        self._player, self._boxes_at = player, boxes_at
        self._picture: Picture | None = None
        self._image = QImage()
        self._pressed: QPointF | None = None
        self._band: QRectF | None = None
        self.shows_boxes = True
        self.hint = ""
        player.picture_changed.connect(self._on_picture)
        player.changed.connect(self._on_changed)

    def shown_rect(self) -> QRectF:
        """Where the picture lies in the widget."""
        if self._picture is None:
            return QRectF(self.rect())
        image = self._image
        width, height = fitted(image.width(), image.height(), (self.width(), self.height()))
        left, top = (self.width() - width) / 2, (self.height() - height) / 2
        return QRectF(left, top, width, height)

    def boxes(self) -> Sequence[Box]:
        """Those over the picture that is shown."""
        picture = self._picture
        return self._boxes_at(picture.time_s) if picture is not None and self.shows_boxes else ()

    def clear_band(self) -> None:
        """Take the drawn box away."""
        self._band, self.hint = None, ""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(GROUND))
        picture, shown = self._picture, self.shown_rect()
        if picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(shown, self._image)
            paint_boxes(painter, self.boxes(), picture.frame_size, shown)
        if self._band is not None:
            paint_band(painter, self._band)
        words = self._player.sentence or self.hint
        if not self._player.path:
            painter.setPen(QColor(theme.DARK.muted))
            nothing = self.tr("What you choose is played here.")
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), nothing)
        if words:
            self._say(painter, words, middle=picture is None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        ratio = self.devicePixelRatioF()
        self._player.set_size(round(self.width() * ratio), round(self.height() * ratio))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            over = self._box_under(event.position()) is not None and not self._player.is_playing
            shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            self.setCursor(Qt.CursorShape.CrossCursor if self.hint else shape)
            return
        band = QRectF(self._pressed, event.position()).normalized()
        if self._picture is not None and max(band.width(), band.height()) >= LEAST_BAND:
            if self._band is None:
                self.began_drawing.emit()
            self._band = band.intersected(self.shown_rect())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            return
        place = event.globalPosition().toPoint()
        if self._band is not None:
            self._finish(self._band, place)
        elif (box := self._box_under(event.position())) and not self._player.is_playing:
            self.box_clicked.emit(box, place)
        else:
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and (self._band is not None or self.hint):
            self._pressed = None
            self.clear_band()
            return
        event.ignore()

    def _finish(self, band: QRectF, place: object) -> None:
        if self._picture is None or min(band.width(), band.height()) < LEAST_BAND:
            self.clear_band()
            return
        self.hint = ""
        self.drawn.emit(in_frame(band, self._picture.frame_size, self.shown_rect()), place)

    def _box_under(self, place: QPointF) -> Box | None:
        """The smallest one there: a face before the body around it."""
        if self._picture is None:
            return None
        frame, shown = self._picture.frame_size, self.shown_rect()
        under = [(placed(b.place, frame, shown), b) for b in self.boxes()]
        under = [(r, b) for r, b in under if r.contains(place)]
        return min(under, key=lambda u: u[0].width() * u[0].height())[1] if under else None

    def _on_picture(self, picture: Picture) -> None:
        height, width = picture.pixels.shape[:2]
        self._picture = picture  # it owns the pixels that the image shows
        self._image = QImage(
            picture.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32
        )
        if self._band is not None and self._player.is_playing:
            self._band = None
        self.update()

    def _on_changed(self) -> None:
        player = self._player
        if player.frame_size is None and (player.sentence or not player.path):
            self._image, self._picture = QImage(), None
        self.update()

    def _say(self, painter: QPainter, words: str, *, middle: bool) -> None:
        """A sentence over the picture, or in its place."""
        room = self.rect().adjusted(24, 16, -24, -16)
        flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter)
        flags |= int(Qt.AlignmentFlag.AlignVCenter if middle else Qt.AlignmentFlag.AlignTop)
        place = painter.boundingRect(room, flags, words)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.over_picture(190))
        painter.drawRoundedRect(place.adjusted(-12, -6, 12, 6), 6, 6)
        painter.setPen(theme.over_picture(255, light=True))
        painter.drawText(room, flags, words)


class PlayerWidget(QWidget):
    """Screen, time line and buttons over a `Player`. Keys: see `handle_key`."""

    def __init__(self, player: Player, boxes_at: BoxesAt) -> None:
        super().__init__()
        self.player = player
        self.screen_ = Screen(player, boxes_at)
        self.bar = TimelineBar()
        self._time = label("", "muted")
        self._time.setAccessibleName(self.tr("Time"))
        self._play = tool("play", self.tr("Play (Space)"), player.toggle)
        self._back = tool("caret-left", self.tr("One picture back (,)"), partial(player.step, -1))
        self._on = tool("caret-right", self.tr("One picture on (.)"), partial(player.step, 1))
        self._loop = tool(
            "repeat", self.tr("Repeat the sighting (L)"), self._loop_it, checkable=True
        )
        self._boxes = tool(
            "bounding-box", self.tr("Boxes and names (B)"), self._toggle_boxes, checkable=True
        )
        self._draw = tool(
            "selection-plus", self.tr("Draw a box around somebody"), self._ask_for_box
        )
        self._boxes.setChecked(True)
        self._speed = self._make_speed()
        self._lay_out()
        self.screen_.clicked.connect(player.toggle)
        self.screen_.began_drawing.connect(player.pause)
        self.bar.sought.connect(lambda at, down: player.seek(at, rough=down))
        player.picture_changed.connect(self._on_picture)
        player.changed.connect(self._on_changed)
        self._on_changed()

    def handle_key(self, event: QKeyEvent) -> bool:
        """Do what a key means to a player; whether it means anything."""
        player, shift = self.player, event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        far = FAR_S if shift else SKIP_S
        calls: dict[int, Callable[[], object]] = {
            Qt.Key.Key_Space: player.toggle,
            Qt.Key.Key_K: player.toggle,
            Qt.Key.Key_Left: partial(player.skip, -far),
            Qt.Key.Key_Right: partial(player.skip, far),
            Qt.Key.Key_J: partial(player.skip, -FAR_S),
            Qt.Key.Key_Comma: partial(player.step, -1),
            Qt.Key.Key_Period: partial(player.step, 1),
            Qt.Key.Key_BracketLeft: partial(player.change_speed, -1),
            Qt.Key.Key_BracketRight: partial(player.change_speed, 1),
            Qt.Key.Key_L: self._loop.click,
            Qt.Key.Key_B: self._boxes.click,
            Qt.Key.Key_Home: partial(player.seek, 0.0),
        }
        call = calls.get(event.key())
        others = event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        )
        if call is None or others:
            return False
        call()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.handle_key(event):
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._on_changed()
        super().changeEvent(event)

    def _make_speed(self) -> QToolButton:
        made = QToolButton()
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setToolTip(self.tr("Speed ([ and ])"))
        made.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        made.setAccessibleName(self.tr("Speed"))
        menu, group = QMenu(made), QActionGroup(made)
        for one in SPEEDS:
            action = QAction(_times(one), menu, checkable=True)
            action.setData(one)
            action.triggered.connect(partial(self.player.set_speed, one))
            group.addAction(action)
            menu.addAction(action)
        made.setMenu(menu)
        return made

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.screen_, 1)
        inside.addWidget(self.bar)
        buttons = row(
            *(self._back, self._play, self._on, self._time, None),
            *(self._speed, self._loop, self._boxes, self._draw),
            gap=2,
        )
        buttons.setContentsMargins(theme.GAP, 0, theme.GAP, 4)
        inside.addLayout(buttons)

    def _loop_it(self) -> None:
        self.player.set_looping(self._loop.isChecked())

    def _toggle_boxes(self) -> None:
        self.screen_.shows_boxes = self._boxes.isChecked()
        self.screen_.update()

    def _ask_for_box(self) -> None:
        self.player.pause()
        self.screen_.hint = self.tr("Draw a box around a face or a person")
        self.screen_.setFocus()
        self.screen_.setCursor(Qt.CursorShape.CrossCursor)
        self.screen_.update()

    def _on_picture(self, picture: Picture) -> None:
        player = self.player
        self.bar.set_time(picture.time_s, player.duration_s)
        whole = f" / {moment(player.duration_s)}" if player.duration_s else ""
        at = moment(picture.time_s)
        self._time.setText(f"{at}{whole}" if self.width() > ROOMY else at)

    def _on_changed(self) -> None:
        player = self.player
        self._play.setIcon(theme.icon("pause" if player.is_playing else "play"))
        self._play.setProperty("icon_name", "pause" if player.is_playing else "play")
        self._play.setToolTip(
            self.tr("Pause (Space)") if player.is_playing else self.tr("Play (Space)")
        )
        self._play.setAccessibleName(self._play.toolTip())
        self._loop.setChecked(player.is_looping)
        self._speed.setText(_times(player.speed))
        for action in self._speed.menu().actions():
            action.setChecked(action.data() == player.speed)
        for one in (self._play, self._back, self._on, self._loop, self._draw):
            one.setEnabled(player.is_open)
        if not player.path:
            self._time.setText("")


def _times(speed: float) -> str:
    return f"{number(speed)} ×"
