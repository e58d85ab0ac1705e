"""The form for an own network: what it is, a trial on the sample picture, and installing it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QProgressBar,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.session import Session
from app.viewmodels.models_import import (
    ARCHITECTURES,
    PRESETS,
    ROLES,
    Form,
    Importing,
    proposed_name,
)
from app.views.settings_parts import calm
from app.widgets.dropping import dropped
from app.widgets.parts import button, card, label, row, scrolled
from reid_core.models.manifest import Manifest, Role

COLOURS = ("", "rgb", "bgr")
NUMBERS = (*PRESETS, "own")


class ImportDialog(QDialog):
    """Fill in, check, install. Nothing is kept unless it is installed."""

    def __init__(self, session: Session, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.importing = Importing(session)
        self.importing.setParent(self)
        self.setWindowTitle(self.tr("Import a network"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        self.resize(720, 700)
        self._pictures: tuple[str, ...] = ()
        self._make_fields()
        self._frame, self._seen = card()
        self._verdict = label("", "heading", wrap=True)
        self._problem = label("", "bad", wrap=True)
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(2 * theme.GAP)
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setMaximumHeight(6)
        self._check = button(self.tr("Check it"), self._on_check, icon="flask")
        self._install = button(self.tr("Install"), self.importing.install, look="primary")
        self._check.setDefault(True)
        self._lay_out()
        self._wire()
        self._on_role()
        self._on_changed()

    def form(self) -> Form:
        """As it is filled in."""
        role = ROLES[self.role.currentIndex()]
        return Form(
            self.file.text().strip(),
            self.name.text(),
            role,
            self.architecture.currentText() if role in ARCHITECTURES else "",
            COLOURS[self.color.currentIndex()],
            NUMBERS[self.numbers.currentIndex()],
            self.mean.text(),
            self.std.text(),
            self.width_px.value(),
            self.height_px.value(),
            self.template.text() if role is Role.FACE_EMBEDDER else "",
            self.flip.isChecked() and role not in ARCHITECTURES,
            self.licence.text(),
            self.commercial.isChecked(),
            self.note.text(),
            self._pictures if role not in ARCHITECTURES else (),
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := dropped(event.mimeData()):
            self.set_file(paths[0])

    def set_file(self, path: str) -> None:
        """Take a file, and propose a name after it."""
        old = proposed_name(self.file.text())
        self.file.setText(path)
        if self.name.text() in ("", old):
            self.name.setText(proposed_name(path))

    def _make_fields(self) -> None:
        self.file, self.name = QLineEdit(), QLineEdit()
        self.file.setPlaceholderText(self.tr("An .onnx file; drop it here, or choose it"))
        self.role, self.architecture = QComboBox(), QComboBox()
        self.role.addItems(
            [
                self.tr("Recognises faces"),
                self.tr("Recognises bodies"),
                self.tr("Finds faces"),
                self.tr("Finds people"),
            ]
        )
        self.color, self.numbers = QComboBox(), QComboBox()
        self.color.addItems([self.tr("Usual for what it does"), "RGB", "BGR"])
        self.numbers.addItems(
            [
                self.tr("Usual for what it does"),
                self.tr("ImageNet's"),
                self.tr("From -1 to 1 (mean 127.5, std 127.5)"),
                self.tr("From 0 to 1 (mean 0, std 255)"),
                self.tr("As they are, 0 to 255"),
                self.tr("Own numbers"),
            ]
        )
        self.mean, self.std = QLineEdit(), QLineEdit()
        self.mean.setPlaceholderText("123.7 116.3 103.5")
        self.std.setPlaceholderText("58.4 57.1 57.4")
        self.width_px, self.height_px = _pixels(self.tr("as in the file")), _pixels("")
        self.height_px.setSpecialValueText(self.tr("as in the file"))
        self.template = QLineEdit()
        self.template.setPlaceholderText(
            self.tr("Usual (112 × 112: ArcFace's), or ten numbers: x y of five points")
        )
        self.flip = QCheckBox(self.tr("Average with the mirror image"))
        self.licence, self.note = QLineEdit(), QLineEdit()
        self.licence.setPlaceholderText(self.tr("unknown"))
        self.commercial = QCheckBox(self.tr("The terms allow commercial use"))
        self._pictures_line = label(self.tr("none: the sample picture alone"), "muted", wrap=True)

    def _lay_out(self) -> None:
        inner = QWidget()
        self._form = QFormLayout(inner)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setHorizontalSpacing(2 * theme.GAP)
        self._form.setVerticalSpacing(theme.GAP)
        choose = button(self.tr("Choose…"), self._choose_file)
        file = row(self.file, choose)
        file.setStretch(0, 1)
        by = label("×")
        size = row(self.width_px, by, self.height_px, None)
        two = button(self.tr("Choose two…"), self._choose_pictures)
        pictures = row(self._pictures_line, two)
        pictures.setStretch(0, 1)
        for word, field in (
            (self.tr("File"), file),
            (self.tr("What it does"), self.role),
            (self.tr("Kind of detector"), self.architecture),
            (self.tr("Name"), self.name),
            (self.tr("Colours"), self.color),
            (self.tr("Mean and std"), self.numbers),
            (self.tr("Mean"), self.mean),
            (self.tr("Std"), self.std),
            (self.tr("Picture size"), size),
            (self.tr("Alignment"), self.template),
            ("", self.flip),
            (self.tr("Licence"), self.licence),
            ("", self.commercial),
            (self.tr("Note"), self.note),
            (self.tr("Compare pictures"), pictures),
        ):
            self._form.addRow(word, field)
        self._two = pictures
        self._seen.addWidget(self._verdict)
        self._seen.addWidget(self._problem)
        self._seen.addLayout(self._facts)
        self._form.addRow(self._frame)
        self._area = area = scrolled(inner)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        whole = QVBoxLayout(self)
        whole.setSpacing(theme.GAP)
        whole.addWidget(
            label(
                self.tr(
                    "It is run on a sample picture with these settings before it is installed, so "
                    "that wrong ones are seen. Nothing else is kept."
                ),
                "muted",
                wrap=True,
            )
        )
        whole.addWidget(area, 1)
        whole.addWidget(self._busy)
        whole.addLayout(
            row(None, button(self.tr("Cancel"), self.reject), self._check, self._install)
        )

    def _wire(self) -> None:
        self.role.currentIndexChanged.connect(self._on_role)
        self.numbers.currentIndexChanged.connect(self._on_role)
        for line in (self.file, self.name, self.mean, self.std, self.template, self.licence):
            line.textChanged.connect(self._on_edited)
        self.note.textChanged.connect(self._on_edited)
        for box in (self.role, self.architecture, self.color, self.numbers):
            box.currentIndexChanged.connect(self._on_edited)
        for tick in (self.flip, self.commercial):
            tick.toggled.connect(self._on_edited)
        for number in (self.width_px, self.height_px):
            number.valueChanged.connect(self._on_edited)
        self.importing.changed.connect(self._on_changed)
        self.importing.installed.connect(self._on_installed)

    def _on_role(self) -> None:
        """Only the fields that matter for it."""
        role = ROLES[self.role.currentIndex()]
        kinds = ARCHITECTURES.get(role, ())
        if [self.architecture.itemText(i) for i in range(self.architecture.count())] != [*kinds]:
            self.architecture.clear()
            self.architecture.addItems(list(kinds))
        own = NUMBERS[self.numbers.currentIndex()] == "own"
        for field, shown in (
            (self.architecture, bool(kinds)),
            (self.mean, own),
            (self.std, own),
            (self.template, role is Role.FACE_EMBEDDER),
            (self.flip, not kinds),
            (self._two, not kinds),
        ):
            self._form.setRowVisible(field, shown)

    def _on_edited(self) -> None:
        self.importing.forget()
        self._install.setEnabled(False)

    def _on_check(self) -> None:
        self.importing.check(self.form())

    def _on_changed(self) -> None:
        one = self.importing
        self._busy.setVisible(one.is_busy)
        self._check.setEnabled(not one.is_busy)
        self._install.setEnabled(one.may_install(self.form()))
        is_good = one.trial is not None and one.trial.verdict == "good"
        self._install.setText(
            self.tr("Install") if is_good or one.trial is None else self.tr("Install all the same")
        )
        self._verdict.setText(one.verdict())
        self._verdict.setProperty("look", "good" if is_good else "warn")
        self._verdict.style().unpolish(self._verdict)
        self._verdict.style().polish(self._verdict)
        self._verdict.setVisible(one.trial is not None)
        self._problem.setText(one.problem)
        self._problem.setVisible(bool(one.problem))
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for word, value in one.facts():
            self._facts.addRow(label(word, "muted"), label(value, wrap=True))
        self._frame.setVisible(one.trial is not None or bool(one.problem))
        if not self._frame.isHidden():
            self._form.activate()
            self._area.ensureWidgetVisible(self._frame)

    def _on_installed(self, _: Manifest) -> None:
        self.accept()

    def _choose_file(self) -> None:
        title = self.tr("A network")
        path, _ = QFileDialog.getOpenFileName(self, title, "", self.tr("ONNX networks (*.onnx)"))
        if path:
            self.set_file(path)

    def _choose_pictures(self) -> None:
        title = self.tr("Two pictures, of one person or of two")
        paths, _ = QFileDialog.getOpenFileNames(self, title)
        if paths:
            self._pictures = tuple(paths[:2])
            self._pictures_line.setText(", ".join(Path(p).name for p in self._pictures))
            self._on_edited()


def _pixels(special: str) -> QSpinBox:
    made = QSpinBox()
    made.setRange(0, 4096)
    made.setSuffix(" px")
    made.setSpecialValueText(special)
    made.setMinimumWidth(136)
    calm(made)
    return made
