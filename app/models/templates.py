"""The templates of one person."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt

from app.models.rows import TEXTS, ListRows, SortRole
from app.words import decimal, local_day
from reid_core.library.people import Template


class TemplatesModel(ListRows[Template]):
    """Rows of `Template`, best first; SortRole gives the quality."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.id)

    def cell(self, row: Template, role: int) -> str | float | None:
        if role == SortRole:
            return row.quality
        if role in TEXTS:
            word = self.tr("Face") if row.kind == "face" else self.tr("Body")
            line = self.tr("{kind}, quality {quality}, {date}")
            return line.format(
                kind=word, quality=decimal(row.quality, 2), date=local_day(row.created)
            )
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row)
        return None

    def _tip(self, row: Template) -> str:
        lines = [self.tr("Quality {}").format(decimal(row.quality, 2)), *parts_lines(row.parts)]
        if row.where_from:
            lines.append(self.tr("From {}").format(row.where_from))
        lines.append(self.tr("Added {}").format(local_day(row.created)))
        return "\n".join(lines)


def source_name(where_from: str) -> str:
    """What a template is from, without folders: "clip.mp4@12.5"."""
    return Path(where_from).name or where_from


def part_name(part: str) -> str:
    """A part of the quality in words."""
    translate = QCoreApplication.translate
    names = {
        "size": translate("Quality", "size"),
        "sharpness": translate("Quality", "sharpness"),
        "pose": translate("Quality", "pose"),
        "exposure": translate("Quality", "exposure"),
        "detector": translate("Quality", "certainty of the detector"),
    }
    return names.get(part, part)


def parts_lines(parts: dict[str, float]) -> list[str]:
    """The parts of a quality, a line each."""
    return [f"{part_name(name)} {decimal(value, 2)}" for name, value in parts.items()]
