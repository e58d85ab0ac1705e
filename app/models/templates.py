"""The templates of one person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QDateTime,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)

from reid_core.library.people import Template

RowRole = Qt.ItemDataRole.UserRole
SortRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
TEXTS = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)


class TemplatesModel(QAbstractListModel):
    """Rows of `Template`, best first; SortRole gives the quality."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Template] = []

    def set_rows(self, rows: Sequence[Template]) -> None:
        """Show these."""
        if list(rows) == self._rows:
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row(self, index: Index) -> Template | None:
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
        if role == SortRole:
            return row.quality
        if role in TEXTS:
            word = self.tr("Face") if row.kind == "face" else self.tr("Body")
            line = self.tr("{kind}, quality {quality:.2f}, {date}")
            return line.format(kind=word, quality=row.quality, date=day(row.created))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row)
        return None

    def _tip(self, row: Template) -> str:
        lines = [self.tr("Quality {:.2f}").format(row.quality), *parts_lines(row.parts)]
        if row.where_from:
            lines.append(self.tr("From {}").format(row.where_from))
        lines.append(self.tr("Added {}").format(day(row.created)))
        return "\n".join(lines)


def source_name(where_from: str) -> str:
    """What a template is from, without folders: "clip.mp4@12.5"."""
    return Path(where_from).name or where_from


def day(moment: str) -> str:
    """A stored moment (UTC) as the date here."""
    when = QDateTime.fromString(moment, Qt.DateFormat.ISODate).toLocalTime()
    return QLocale().toString(when.date(), QLocale.FormatType.ShortFormat)


def part_name(part: str) -> str:
    """A part of the quality in words."""
    tr = QCoreApplication.translate
    names = {
        "size": tr("Quality", "size"),
        "sharpness": tr("Quality", "sharpness"),
        "pose": tr("Quality", "pose"),
        "exposure": tr("Quality", "exposure"),
        "detector": tr("Quality", "certainty of the detector"),
    }
    return names.get(part, part)


def parts_lines(parts: dict[str, float]) -> list[str]:
    """The parts of a quality, a line each."""
    return [f"{part_name(name)} {value:.2f}" for name, value in parts.items()]
