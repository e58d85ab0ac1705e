"""The page "people"."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.session import Session
from app.widgets.parts import EmptyState


class Page(QWidget):
    """Being built."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        QVBoxLayout(self).addWidget(EmptyState("cube", "people", "Nothing here yet."))

    def activate(self, wanted: object) -> None:
        """Shown."""

    def close_page(self) -> None:
        """Closed."""


def build(session: Session) -> QWidget:
    """The page."""
    return Page(session)
