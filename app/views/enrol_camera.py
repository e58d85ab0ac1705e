"""Taking a picture of somebody with a camera."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QDialog, QVBoxLayout, QWidget

from app import imaging, theme
from app.viewmodels.enrol_camera import CAMERAS, Snapshot
from app.widgets.parts import button, label, row


class Screen(QWidget):
    """The camera's picture, mirrored as people know themselves."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.setMinimumSize(480, 320)
        self.setAccessibleName(self.tr("What the camera sees"))

    def show_image(self, image: QImage) -> None:
        """The newest picture."""
        self._image = image
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(theme.colours().raised))
        if self._image.isNull():
            return
        size = QSizeF(self._image.size()).scaled(
            QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio
        )
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        painter.translate(self.width(), 0)
        painter.scale(-1, 1)
        painter.drawImage(QRectF(left, top, size.width(), size.height()), self._image)


class CameraDialog(QDialog):
    """Space or Enter takes a picture; several can be taken, one after the other."""

    taken = Signal(object, str)  # (H, W, 3) uint8 BGR, the camera's name

    def __init__(self, snapshot: Snapshot, parent: QWidget, *, spec: str = "camera:0") -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Take a picture"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._snapshot, self._n = snapshot, 0
        snapshot.setParent(self)
        self.screen_ = Screen()
        self.line = label(self.tr("Opening the camera…"), "muted", wrap=True)
        self._which = QComboBox()
        self._which.setAccessibleName(self.tr("Camera"))
        for number in range(CAMERAS):
            self._which.addItem(self.tr("Camera {}").format(number), f"camera:{number}")
        if (place := self._which.findData(spec)) >= 0:
            self._which.setCurrentIndex(place)
        else:
            self._which.addItem(spec, spec)
            self._which.setCurrentIndex(self._which.count() - 1)
        self.take_button = button(self.tr("Take picture"), self.take, icon="camera", look="primary")
        self.take_button.setEnabled(False)
        self.take_button.setDefault(True)
        close = button(self.tr("Done"), self.accept)
        close.setAutoDefault(False)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.setSpacing(theme.GAP)
        inside.addWidget(self.screen_, 1)
        inside.addWidget(self.line)
        inside.addLayout(row(self._which, None, close, self.take_button))
        snapshot.frame_changed.connect(self._on_frame)
        snapshot.failed.connect(self._on_failed)
        self._which.currentIndexChanged.connect(lambda _: self._start())
        self.finished.connect(lambda _: snapshot.close())
        self.resize(640, 520)
        self._start()
        self.take_button.setFocus()

    def take(self) -> None:
        """Keep what the camera sees now."""
        frame = self._snapshot.frame
        if frame is None:
            return
        self._n += 1
        self.line.setText(
            self.tr("1 picture taken.")
            if self._n == 1
            else self.tr("{} pictures taken.").format(self._n)
        )
        self.taken.emit(frame.image, str(self._which.currentData()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.take()
        else:
            super().keyPressEvent(event)

    def _start(self) -> None:
        self.line.setText(self.tr("Opening the camera…"))
        self.take_button.setEnabled(False)
        self.screen_.show_image(QImage())
        self._snapshot.start(str(self._which.currentData()))

    def _on_frame(self) -> None:
        frame = self._snapshot.frame
        if frame is None:
            return
        if not self.take_button.isEnabled():
            self.take_button.setEnabled(True)
            self.line.setText(self.tr("Look at the camera, then take a picture."))
        self.screen_.show_image(imaging.to_qimage(frame.image))

    def _on_failed(self, why: str) -> None:
        self.take_button.setEnabled(False)
        self.screen_.show_image(QImage())
        self.line.setText(why)
