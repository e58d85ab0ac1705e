"""The pictures that somebody is to be enrolled from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)

from app.viewmodels.enrol_shots import ShotRow

RowRole = Qt.ItemDataRole.UserRole
SortRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
TEXTS = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)


class ShotsModel(QAbstractListModel):
    """Rows of `ShotRow`; SortRole gives the key."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ShotRow] = []

    def set_rows(self, rows: Sequence[ShotRow]) -> None:
        """Show these. Pictures that stay in place are only repainted; more at the end grow it."""
        old = len(self._rows)
        if [r.key for r in rows[:old]] == [r.key for r in self._rows]:
            changed = [i for i in range(old) if rows[i] != self._rows[i]]
            if len(rows) > old:
                self.beginInsertRows(QModelIndex(), old, len(rows) - 1)
                self._rows = list(rows)
                self.endInsertRows()
            self._rows = list(rows)
            for i in changed:
                self.dataChanged.emit(self.index(i), self.index(i))
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row(self, index: Index) -> ShotRow | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, key: int) -> QModelIndex:
        """Where a picture is; an invalid index when it is not there."""
        place = next((i for i, r in enumerate(self._rows) if r.key == key), None)
        return QModelIndex() if place is None else self.index(place)

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        if role == RowRole:
            return row
        if role == SortRole:
            return row.key
        if role in TEXTS:
            return f"{row.label}, {standing_line(row)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.source}\n{standing_line(row)}"
        return None


def standing_line(row: ShotRow) -> str:
    """What is thought of a picture, in few words."""
    tr = QCoreApplication.translate
    quality = tr("Shots", "quality {:.2f}").format(row.quality or 0)
    words = {
        "waiting": tr("Shots", "waiting"),
        "unreadable": tr("Shots", "cannot be read"),
        "nobody": tr("Shots", "nobody found"),
        "several": tr("Shots", "{} people: choose one").format(row.n_people),
        "known": tr("Shots", "enrolled already"),
        "twice": tr("Shots", "the same picture twice"),
        "poor": tr("Shots", "too poor, {}").format(quality),
        "anyway": tr("Shots", "kept although poor, {}").format(quality),
        "good": quality,
    }
    return words[row.standing]
