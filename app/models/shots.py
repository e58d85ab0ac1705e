"""The pictures that somebody is to be enrolled from."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt

from app.models.rows import TEXTS, ListRows, SortRole
from app.viewmodels.enrol_shots import ShotRow
from app.words import decimal


class ShotsModel(ListRows[ShotRow]):
    """Rows of `ShotRow`; SortRole gives the key."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.key)

    def cell(self, row: ShotRow, role: int) -> str | int | None:
        if role == SortRole:
            return row.key
        if role in TEXTS:
            return f"{row.label}, {standing_line(row)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.source}\n{standing_line(row)}"
        return None


def standing_line(row: ShotRow) -> str:
    """What is thought of a picture, in few words."""
    translate = QCoreApplication.translate
    quality = translate("Shots", "quality {}").format(decimal(row.quality or 0, 2))
    words = {
        "waiting": translate("Shots", "waiting"),
        "unreadable": translate("Shots", "cannot be read"),
        "nobody": translate("Shots", "nobody found"),
        "several": translate("Shots", "{} people: choose one").format(row.n_people),
        "known": translate("Shots", "enrolled already"),
        "twice": translate("Shots", "the same picture twice"),
        "poor": translate("Shots", "too poor, {}").format(quality),
        "anyway": translate("Shots", "kept although poor, {}").format(quality),
        "good": quality,
    }
    return words[row.standing]
