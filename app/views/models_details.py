"""What there is to know of the chosen model, and what can be done with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app import theme
from app.from_core import in_window
from app.models.installed import InstalledModel
from app.viewmodels.models import Models
from app.viewmodels.models_rows import ModelRow
from app.widgets.parts import button, clear, label
from app.words import file_size
from reid_core.models.manifest import InputSpec, Role

ICONS = {
    "fetch": "download-simple",
    "file": "file-arrow-down",
    "use": "check-circle",
    "measure": "gauge",
    "remove": "trash",
    "stop": "stop",
}


class DetailsPanel(QScrollArea):
    """Follows the view-model's selected row."""

    wanted = Signal(str, str)  # what is to be done, with which model

    def __init__(self, models: Models, words: InstalledModel) -> None:
        super().__init__()
        self._models, self._words = models, words
        self.setAccessibleName(self.tr("Details of the model"))
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._name, self._role = label("", "heading", wrap=True), label("", "muted", wrap=True)
        self._terms = label("", "warn", wrap=True)
        self._problem = label("", "bad", wrap=True, selectable=True)
        self._buttons = QVBoxLayout()
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(2 * theme.GAP)
        self._facts.setVerticalSpacing(6)
        self._facts.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._labels: list[tuple[QLabel, QLabel]] = []
        self._shown: tuple[object, ...] = ()
        self._inner = QWidget()
        inside = QVBoxLayout(self._inner)
        inside.setContentsMargins(2 * theme.GAP, 0, theme.GAP, 0)
        inside.setSpacing(theme.GAP + 2)
        for one in (self._name, self._role, self._terms, self._problem):
            inside.addWidget(one)
        inside.addLayout(self._buttons)
        inside.addLayout(self._facts)
        inside.addStretch()
        self.setWidget(self._inner)
        models.selected_changed.connect(self.show_row)
        self.show_row()

    def word(self, action: str, row: ModelRow) -> str:
        """What a button says."""
        return {
            "fetch": self.tr("Download ({})").format(file_size(row.size)),
            "file": self.tr("Take it from a file…"),
            "use": self.tr("Use this model"),
            "measure": self.tr("Measure its speed"),
            "remove": self.tr("Remove"),
            "stop": self.tr("Stop"),
        }[action]

    def show_row(self) -> None:
        """Show the selected row as it is now."""
        row = self._models.selected
        self._inner.setVisible(row is not None)
        if row is None:
            return
        self._name.setText(row.name)
        words = self._words
        self._role.setText(f"{words.role_text(row.role)} · {words.state_text(row)}")
        self._terms.setText(self._terms_sentence(row))
        self._terms.setVisible(bool(row.terms))
        self._problem.setText(row.problem)
        self._problem.setVisible(bool(row.problem))
        self._show_facts(self._facts_of(row))
        self._show_buttons(row)

    def _terms_sentence(self, row: ModelRow) -> str:
        return {
            "": "",
            "research": self.tr(
                "Learnt from research data: not for commercial use. Choose another model for that."
            ),
            "noncommercial": self.tr("Not for commercial use, by its licence."),
            "unknown": self.tr("Nobody said under which terms it may be used."),
        }[row.terms]

    def _facts_of(self, row: ModelRow) -> list[tuple[str, str]]:
        m, locale = row.manifest, QLocale()
        speed = self._words.speed_text(row.ms)
        pace = self.tr("{} a picture (median of {})").format(speed, row.measured_on)
        known = self.tr("{}, from {}. Measured on your own data it may be another.").format(
            locale.toString(m.reference or 0.0, "f", 3), in_window(m.basis)
        )
        unknown = self.tr("None known: similarities order the results only.")
        is_embedder = m.role in (Role.FACE_EMBEDDER, Role.BODY_EMBEDDER)
        threshold = known if m.reference is not None else unknown if is_embedder else ""
        return [
            (self.tr("Licence"), m.licence),
            (self.tr("From"), self._words.source_text(row)),
            (self.tr("Size"), file_size(row.size) if row.size else ""),
            (self.tr("Speed here"), pace if row.ms is not None else ""),
            (self.tr("Architecture"), m.architecture),
            (self.tr("Input"), self._input(m.input)),
            (self.tr("Vector"), self.tr("{} numbers").format(m.dim) if m.dim else ""),
            (self.tr("Threshold"), threshold),
            (self.tr("Note"), m.note),
            (self.tr("Checksum"), _grouped(m.sha256)),
        ]

    def _input(self, spec: InputSpec) -> str:
        """Size, colours, and how faces are laid."""
        parts = [f"{spec.width} × {spec.height}", spec.color.upper()]
        if spec.template is not None:
            parts.append(self.tr("faces aligned"))
        if spec.flip:
            parts.append(self.tr("with the mirror image"))
        return ", ".join(parts)

    def _show_facts(self, facts: list[tuple[str, str]]) -> None:
        wanted = [f for f in facts if f[1]]
        while self._facts.rowCount() > len(wanted):
            self._facts.removeRow(self._facts.rowCount() - 1)
            self._labels.pop()
        for n, (word, value) in enumerate(wanted):
            if n >= self._facts.rowCount():
                shown = label("", wrap=True, selectable=True)
                self._labels.append((label("", "muted"), shown))
                self._facts.addRow(*self._labels[-1])
            for one, text in zip(self._labels[n], (word, value), strict=True):
                one.setText(text)

    def _show_buttons(self, row: ModelRow) -> None:
        """Only made anew when they differ: one under the mouse must not vanish."""
        names = self._models.possible(row)
        wanted = (row.name, *names)
        if wanted == self._shown:
            return
        self._shown = wanted
        clear(self._buttons)
        for n, name in enumerate(names):
            look = "danger" if name == "remove" else "primary" if not n and name != "stop" else ""
            made = button(
                self.word(name, row),
                partial(self.wanted.emit, name, row.name),
                icon=ICONS[name],
                look=look if name in ("fetch", "use", "remove") else "",
            )
            self._buttons.addWidget(made)
            made.show()  # now, not a moment after the old ones went


def _grouped(checksum: str) -> str:
    """A checksum with gaps, so that it can be read and wrapped."""
    return " ".join(checksum[i : i + 8] for i in range(0, len(checksum), 8))
