"""The people seen in a video: a list of their portraits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from app.models.videos import clock
from reid_core.library.listing import Seen

RowRole = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class SeenModel(QAbstractListModel):
    """Rows of `Seen`; RowRole gives the whole row."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Seen] = []

    def set_rows(self, rows: Sequence[Seen]) -> None:
        """Show these. What only grew at its end grows here too, and keeps its place."""
        old = len(self._rows)
        if old and len(rows) >= old and list(rows[:old]) == self._rows:
            if len(rows) > old:
                self.beginInsertRows(QModelIndex(), old, len(rows) - 1)
                self._rows = list(rows)
                self.endInsertRows()
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row(self, index: Index) -> Seen | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        if role == RowRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            word = self.tr("Face") if row.kind == "face" else self.tr("Body")
            return f"{word} {span(row)}"
        return None


def span(row: Seen) -> str:
    """From when to when, to the second."""
    start, end = clock(row.start_s), clock(row.end_s)
    return start if start == end else f"{start}–{end}"
