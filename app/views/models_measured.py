"""A calibration laid out: on what it rests, its threshold with its interval, and the map drawn."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QGridLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.viewmodels import calibrating_words as words
from app.widgets.chance_plot import ChancePlot
from app.widgets.parts import clear, label
from reid_core.calibration import Calibration


class Measured(QWidget):
    """`show_measured` fills it. before, notes: of a measurement that is not in use yet."""

    def __init__(self) -> None:
        super().__init__()
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(2 * theme.GAP)
        self._facts.setVerticalSpacing(4)
        self._facts.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._rows: dict[str, tuple[QLabel, QLabel]] = {}
        for name, text in (
            ("threshold", self.tr("Threshold")),
            ("before", self.tr("So far")),
            ("passed", self.tr("Pairs of two pass")),
            ("missed", self.tr("Missed")),
            ("measured", self.tr("Measured with")),
        ):
            self._rows[name] = label(text, "muted"), label("", wrap=True, selectable=True)
            self._facts.addRow(*self._rows[name])
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(2 * theme.GAP)
        self._table.setVerticalSpacing(2)
        self._table.setColumnStretch(0, 1)
        self._cautions, self._notes = label("", "warn", wrap=True), label("", "muted", wrap=True)
        self.plot = ChancePlot()
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.GAP)
        inside.addLayout(self._facts)
        inside.addWidget(self._cautions)
        inside.addLayout(self._table)
        inside.addWidget(self._notes)
        inside.addWidget(self.plot)
        inside.addStretch()

    def show_measured(
        self, one: Calibration, *, before: str = "", notes: tuple[str, ...] = ()
    ) -> None:
        """Show a calibration."""
        said = {
            "threshold": words.threshold(one),
            "before": before,
            "passed": words.passed(one),
            "missed": words.missed(one),
            "measured": words.measured(one),
        }
        for name, text in said.items():
            self._rows[name][1].setText(text)
            self._facts.setRowVisible(self._rows[name][1], bool(text))
        for shown, lines in ((self._cautions, words.warnings(one)), (self._notes, notes)):
            shown.setText("\n".join(lines))
            shown.setVisible(bool(lines))
        self._fill(one)
        self.plot.show_map(one)

    def _fill(self, one: Calibration) -> None:
        clear(self._table)
        heads = (
            self.tr("Comparisons from"),
            self.tr("people"),
            self.tr("of one person"),
            self.tr("of two people"),
        )
        for n, line in enumerate([heads, *words.table(one)]):
            for column, text in enumerate(line):
                made = label(text, "muted" if n == 0 else "")
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                self._table.addWidget(made, n, column, side)
