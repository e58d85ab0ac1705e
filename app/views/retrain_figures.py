"""Old against new, a line for each measure, with bars about zero."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy

from app.models.figures import Column, FiguresModel, figure_rows
from app.widgets.table import Table
from app.widgets.zero_bars import ZeroBars
from reid_core.library.retrainings import Run

BAR = 90  # px that a bar has at least


class FiguresTable(Table):
    """As tall as it needs; to be read, not chosen from."""

    def __init__(self) -> None:
        super().__init__(0)
        self.rows, self._bars = FiguresModel(), ZeroBars()
        self.setModel(self.rows)
        self.setItemDelegateForColumn(Column.BAR, self._bars)
        self.setProperty("look", "plain")
        self.setAccessibleName(self.tr("Old against new"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._line = round(1.6 * QFontMetrics(self.font()).height())
        self.verticalHeader().setDefaultSectionSize(self._line)
        head = self.horizontalHeader()
        head.setSectionsClickable(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(Column.BAR, QHeaderView.ResizeMode.Stretch)

    def show_run(self, run: Run) -> None:
        """The measures of a verdict; hidden where nothing was compared."""
        rows = figure_rows(run)
        self.rows.set_rows(rows)
        self.setVisible(bool(rows))
        height = self.horizontalHeader().sizeHint().height() + len(rows) * self._line
        self.setFixedHeight(height + 2 * self.frameWidth())
        head = self.horizontalHeader()
        rest = [max(self.sizeHintForColumn(c), head.sectionSizeHint(c)) for c in Column]
        rest[Column.BAR] = max(BAR, head.sectionSizeHint(Column.BAR))
        self.setMinimumWidth(sum(rest))
