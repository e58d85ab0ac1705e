"""The part of the form that says what to learn from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QFrame,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.viewmodels.train_form import DRAWN, TRIAL, TrainForm
from app.views.train_words import data_lines
from app.widgets.parts import button, label, row

FOLDER, GALLERY, TRY = range(3)


class DataCard(QFrame):
    """A folder, the gallery, or drawn people; looked at as soon as it is chosen."""

    def __init__(self, form: TrainForm) -> None:
        super().__init__()
        self._form = form
        self.setProperty("look", "card")
        self.folder = QLineEdit()
        self.kind = QComboBox()
        self._ways = QButtonGroup(self)
        self._file_row, self._kind_row = QWidget(), QWidget()
        self._bar = QProgressBar()
        self.found, self.mind = label("", "good", wrap=True), label("", "warn", wrap=True)
        self.problem = label("", "bad", wrap=True)
        self._lay_out()
        form.data_changed.connect(self._on_data)
        self._ways.idToggled.connect(self._on_way)
        self.kind.currentIndexChanged.connect(lambda _: self._on_way(GALLERY, True))
        self.folder.returnPressed.connect(self._on_typed)
        self.folder.textEdited.connect(lambda _: self._form.forget_data())
        self._on_data()

    def use_folder(self, path: str) -> None:
        """Take a folder, or a CSV list, as if it had been typed."""
        self._ways.button(FOLDER).setChecked(True)
        self.folder.setText(path)
        self._on_typed()

    def choose(self, way: int) -> None:
        """FOLDER, GALLERY or TRY."""
        self._ways.button(way).setChecked(True)

    def words(self) -> str:
        """The data in a few words, for the list of runs."""
        way = self._ways.checkedId()
        if way == FOLDER:
            return Path(self.folder.text().strip()).name
        return self.kind.currentText() if way == GALLERY else self.tr("Drawn people")

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.setSpacing(theme.GAP)
        inside.addWidget(label(self.tr("Learn from"), "heading"))
        words = (
            self.tr("A folder of identities"),
            self.tr("The people of this library"),
            self.tr("Drawn people, to see how training goes"),
        )
        self._fill_rows()
        for way, text in enumerate(words):
            choice = QRadioButton(text)
            self._ways.addButton(choice, way)
            inside.addWidget(choice)
            if way < TRY:
                inside.addWidget((self._file_row, self._kind_row)[way])
        self._bar.setMaximumHeight(6)
        self._bar.setTextVisible(False)
        for one in (self._bar, self.found, self.mind, self.problem):
            inside.addWidget(one)
        self._ways.button(FOLDER).setChecked(True)
        self._kind_row.hide()

    def _fill_rows(self) -> None:
        self.folder.setPlaceholderText(self.tr("Drop a folder here, or choose one"))
        self.folder.setAccessibleName(self.tr("Folder or list of training pictures"))
        line = row(
            self.folder,
            button(self.tr("Folder…"), self._ask_folder, icon="folder-open"),
            button(self.tr("CSV list…"), self._ask_list, icon="list-bullets"),
        )
        line.setStretch(0, 1)
        how = self.tr(
            "A folder for each identity, or names like 0002_c1s1_000451_03.jpg, or a list of "
            "path,identity,camera. Pictures are already cut to the person or the face."
        )
        column = self._column(self._file_row)
        column.addLayout(line)
        column.addWidget(label(how, "muted", wrap=True))
        self.kind.setAccessibleName(self.tr("Faces or bodies"))
        self.kind.addItem(self.tr("Faces of the library"), "face")
        self.kind.addItem(self.tr("Bodies of the library"), "body")
        self._column(self._kind_row).addLayout(row(self.kind, None))

    def _column(self, box: QWidget) -> QVBoxLayout:
        made = QVBoxLayout(box)
        made.setContentsMargins(3 * theme.GAP, 0, 0, 0)
        made.setSpacing(theme.GAP // 2)
        return made

    def _on_way(self, way: int, chosen: bool) -> None:
        if not chosen or self._ways.checkedId() != way:
            return
        self._file_row.setVisible(way == FOLDER)
        self._kind_row.setVisible(way == GALLERY)
        match way:
            case 0:
                self._form.check(self.folder.text().strip())
            case 1:
                self._form.check_gallery(str(self.kind.currentData()))
            case _:
                self._form.choose_recipe(TRIAL)
                self._form.check(DRAWN)

    def _on_typed(self) -> None:
        self._form.check(self.folder.text().strip())

    def _on_data(self) -> None:
        form = self._form
        self._bar.setVisible(form.is_checking)
        self._bar.setRange(0, 1000 if form.checked_share else 0)
        self._bar.setValue(round(1000 * form.checked_share))
        found, mind = data_lines(form.data) if form.data else ("", "")
        for line, text in ((self.found, found), (self.mind, mind)):
            line.setText(text)
            line.setVisible(bool(text))
        self.problem.setText(form.data_problem)
        self.problem.setVisible(bool(form.data_problem))

    def _ask_folder(self) -> None:
        self._ask(
            QFileDialog(self, self.tr("A folder of identities")), QFileDialog.FileMode.Directory
        )

    def _ask_list(self) -> None:
        dialog = QFileDialog(self, self.tr("A list of pictures"))
        dialog.setNameFilter(self.tr("Lists (*.csv)"))
        self._ask(dialog, QFileDialog.FileMode.ExistingFile)

    def _ask(self, dialog: QFileDialog, mode: QFileDialog.FileMode) -> None:
        dialog.setFileMode(mode)
        dialog.fileSelected.connect(self.use_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
