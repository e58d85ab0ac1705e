"""What there is to know of the chosen video, and what can be done with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.from_core import in_window
from app.models.videos import VideosModel
from app.viewmodels.footage import Details, Footage
from app.viewmodels.footage_rows import VideoRow
from app.views.footage_actions import ICONS, Actions
from app.widgets.parts import Line, button, clear, label
from app.words import clock, file_size

MENU_ONLY = ("up", "down", "copy")


class DetailsPanel(QScrollArea):
    """Follows the view-model's selected row."""

    def __init__(self, footage: Footage, actions: Actions, words: VideosModel) -> None:
        super().__init__()
        self._footage, self._actions, self._words = footage, actions, words
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._name = label("", "heading", wrap=True)
        self._note = label("", "warn", wrap=True)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(2 * theme.GAP)
        self._facts.setVerticalSpacing(4)
        self._facts.setColumnStretch(1, 1)
        self._values: dict[str, tuple[QLabel, Line]] = {}
        self._buttons = QGridLayout()
        self._buttons.setSpacing(theme.GAP)
        self._shown: tuple[object, ...] = ()
        self._inner = QWidget()
        inside = QVBoxLayout(self._inner)
        inside.setContentsMargins(0, theme.GAP, 2 * theme.GAP, 0)
        inside.setSpacing(theme.GAP + 2)
        inside.addWidget(self._name)
        inside.addWidget(self._note)
        inside.addLayout(self._buttons)
        inside.addLayout(self._facts)
        inside.addStretch()
        self.setWidget(self._inner)
        footage.selected_changed.connect(self.show_row)
        footage.details_changed.connect(self.show_row)
        self.show_row()

    def show_row(self) -> None:
        """Show the selected row as it is now."""
        row = self._footage.selected
        self._inner.setVisible(row is not None)
        if row is None:
            return
        self._name.setText(row.name)
        note, look = self._note_of(row)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        if self._note.property("look") != look:
            self._note.setProperty("look", look)
            self._note.style().polish(self._note)
        for word, value in self._facts_of(row, self._footage.details).items():
            self._fact(word, value)
        self._show_buttons(row)

    def note(self) -> str:
        """What is wrong with the video, or worth knowing."""
        return self._note.text() if not self._note.isHidden() else ""

    def _note_of(self, row: VideoRow) -> tuple[str, str]:
        if row.missing:
            return self.tr(
                "The file is not where it was. If it was moved, show where it is now, or drop it "
                "here. What was found in it can be searched all the same."
            ), "warn"
        if row.message:
            return in_window(row.message), "bad" if row.state == "failed" else "warn"
        if self._footage.is_outdated(row) and row.state == "done":
            return self.tr(
                "It was indexed with other settings or models than those in use."
            ), "muted"
        if row.state == "stopped":
            return self.tr("Indexing was stopped. It goes on where it was."), "muted"
        return "", "muted"

    def _facts_of(self, row: VideoRow, details: Details) -> dict[str, str]:
        locale, kinds = QLocale(), {"face": self.tr("faces"), "body": self.tr("bodies")}
        rate = self.tr("{} pictures a second").format(locale.toString(row.rate or 0.0, "g", 4))
        who = self.tr(" and ").join(kinds[k] for k in row.kinds)
        size = details.view_bytes if details.key == row.key else None
        return {
            self.tr("State"): self._words.state_text(row),
            self.tr("Place"): row.path,
            self.tr("Length"): clock(row.duration_s) if row.duration_s else "",
            self.tr("Looked for"): f"{who}, {rate}" if row.rate and who else "",
            self.tr("Models"): ", ".join(m.split("@")[0] for m in row.models),
            self.tr("Pictures"): "" if size is None else file_size(size),
        }

    def _fact(self, word: str, value: str) -> None:
        if word not in self._values:
            name, text = label(word, "muted"), Line("", elide=Qt.TextElideMode.ElideMiddle)
            text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            line = len(self._values)
            self._facts.addWidget(name, line, 0)
            self._facts.addWidget(text, line, 1)
            self._values[word] = (name, text)
        name, text = self._values[word]
        text.setText(value)
        name.setVisible(bool(value))
        text.setVisible(bool(value))

    def _show_buttons(self, row: VideoRow) -> None:
        """Only made anew when they differ: one under the mouse must not vanish."""
        names = [n for n in self._actions.possible(row) if n not in MENU_ONLY]
        wanted = (row.key, row.state, *names)
        if wanted == self._shown:
            return
        self._shown = wanted
        clear(self._buttons)
        for n, name in enumerate(names):
            made = button(
                self._actions.word(name, row),
                partial(self._do, name),
                icon=ICONS[name],
                look="danger" if name == "remove" and row.id is not None else "",
            )
            self._buttons.addWidget(made, n // 2, n % 2)
            made.show()  # now, not a moment after the old ones went

    def _do(self, name: str) -> None:
        if (row := self._footage.selected) is not None:
            self._actions.do(name, row)
