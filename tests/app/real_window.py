"""The window as its own process for tests/app/test_real_window.py: it tells where things are.

python real_window.py WHERE.json [arguments of the program]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from app import bootstrap
from app.views.window import Window

EVERY_MS = 100


def main(where: Path, arguments: list[str]) -> int:
    """Run the program as it is, and write down what can be seen, again and again."""
    made = bootstrap.make_window

    def make(session: object) -> Window:
        window = made(session)  # type: ignore[arg-type]
        timer = QTimer(window)
        timer.timeout.connect(lambda: write(window, where))
        timer.start(EVERY_MS)
        return window

    bootstrap.make_window = make  # type: ignore[assignment]
    return bootstrap.main(arguments)


def write(window: Window, where: Path) -> None:
    """The middle of every visible control by its words, and what the player shows."""
    seen: dict[str, list[int]] = {}
    words: list[str] = []
    for top in QApplication.topLevelWidgets():
        for one in top.findChildren(QWidget) if top.isVisible() else ():
            if one.isVisible():
                note(one, seen, words)
    search = window.page("search")
    told = {
        "seen": seen,
        "words": words,
        "page": window.current_page,
        "time_s": search.playing.player.time_s if search is not None else None,  # type: ignore[attr-defined]
    }
    part = where.with_suffix(".part")
    part.write_text(json.dumps(told))
    part.replace(where)


def note(one: QWidget, seen: dict[str, list[int]], words: list[str]) -> None:
    """Write one widget down."""
    name = ""
    if isinstance(one, QLabel):
        words.append(one.text())
    elif isinstance(one, QAbstractButton):
        name = one.text().replace("&", "") or one.accessibleName()
    elif isinstance(one, QLineEdit | QComboBox):
        name = one.accessibleName() or one.objectName()
    elif isinstance(one, QAbstractItemView) and one.model() is not None and one.model().rowCount():
        first = one.visualRect(one.model().index(0, 0)).center()
        at = one.viewport().mapToGlobal(first)
        seen[f"first of {one.accessibleName()}"] = [at.x(), at.y()]
    if name:
        at = one.mapToGlobal(QPoint(one.width() // 2, one.height() // 2))
        key = f"{name} (off)" if not one.isEnabled() else name
        seen[key] = [at.x(), at.y()]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
