"""The pictures that somebody is to be enrolled from."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt

from app.models.rows import TEXTS, ListRows, SortRole
from app.viewmodels.enrol_shots import ShotRow


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
