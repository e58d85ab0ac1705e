"""One picture to enrol from: who is in it, who is meant, and whether that is good enough."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QFrame, QVBoxLayout

from app import imaging, theme
from app.viewmodels.enrol import Enrol
from app.viewmodels.enrol_shots import LEAST, Shot
from app.viewmodels.enrol_words import tip, verdict
from app.widgets.face_picker import FacePicker, Spot
from app.widgets.parts import button, label, row


class PicturePanel(QFrame):
    """The picture is fetched when it is shown first; what is chosen goes to the view-model."""

    leave_out = Signal(int)  # a key

    def __init__(self, enrol: Enrol) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._enrol = enrol
        self._key: int | None = None
        self._whole = QImage()
        self.picker = FacePicker()
        self._title = label("", "heading")
        self._line = label("", "muted", wrap=True)
        self._line.setMinimumHeight(2 * self._line.fontMetrics().height())
        self.anyway = QCheckBox(self.tr("Use it anyway"))
        self._out = button(self.tr("Leave out"), self._leave_out, icon="x")
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.setSpacing(theme.GAP)
        inside.addWidget(self._title)
        inside.addWidget(self.picker, 1)
        line = row(self._line, self.anyway, self._out)
        line.setStretch(0, 1)
        inside.addLayout(line)
        self.picker.chosen.connect(self._on_choice)
        self.anyway.clicked.connect(self._on_anyway)
        enrol.looker.picture_ready.connect(self._on_picture)
        self.show_shot(None)

    def show_shot(self, shot: Shot | None) -> None:
        """Show a picture, or that there is none."""
        key = None if shot is None else shot.key
        is_new = key != self._key
        self._key = key
        self.anyway.setVisible(False)
        self._out.setEnabled(shot is not None)
        if shot is None:
            self.picker.clear()
            self._title.setText("")
            self._say(self.tr("Drop photos or folders here, or take a picture."), "")
            return
        if is_new:
            self.picker.clear()
            self._whole = QImage()
            self._enrol.look_closer(shot.key)
        self._title.setText(shot.label)
        self._show_people(shot)

    def _show_people(self, shot: Shot) -> None:
        row_ = next((r for r in self._enrol.rows if r.key == shot.key), None)
        standing = row_.standing if row_ is not None else "waiting"
        text, meant = verdict(shot, standing, self._enrol.name_of(shot), self._enrol.kind)
        self._say(text, meant)
        self.anyway.setVisible(standing in ("poor", "anyway"))
        self.anyway.setChecked(shot.anyway)
        looked = shot.looked
        if looked is None:
            self.picker.set_spots((), None)
            return
        if self._whole.isNull():
            self.picker.show_image(imaging.from_jpeg(looked.preview), looked.size)
        else:
            self.picker.show_image(self._whole, looked.size)
        spots = [
            Spot(tuple(float(v) for v in p.box), tip(p, i), p.quality < LEAST)  # type: ignore[arg-type]
            for i, p in enumerate(looked.people, 1)
        ]
        self.picker.set_spots(spots, shot.chosen)

    def _say(self, text: str, meant: str) -> None:
        self._line.setText(text)
        look = meant or "muted"
        if self._line.property("look") != look:
            self._line.setProperty("look", look)
            self._line.style().unpolish(self._line)
            self._line.style().polish(self._line)

    def _on_picture(self, key: int, jpeg: bytes) -> None:
        image = imaging.from_jpeg(jpeg) if jpeg else QImage()
        shot = self._enrol.shot(key)
        if key != self._key or image.isNull() or shot is None:
            return
        self._whole = image
        size = shot.looked.size if shot.looked else (image.width(), image.height())
        self.picker.show_image(image, size)

    def _on_choice(self, place: int | None) -> None:
        if self._key is not None:
            self._enrol.choose(self._key, place)

    def _on_anyway(self, on: bool) -> None:
        if self._key is not None:
            self._enrol.allow(self._key, on)

    def _leave_out(self) -> None:
        if self._key is not None:
            self.leave_out.emit(self._key)
