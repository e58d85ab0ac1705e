"""What to do when training cannot work here, since torch is not installed."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout

from app import theme
from app.viewmodels.train import Training
from app.widgets.parts import button, label, row

# of the Python that runs here: the pip that a terminal finds may belong to another
_WORDS = [sys.executable, "-m", "pip", "install", "cameo-reid[train]"]
COMMAND = subprocess.list2cmdline(_WORDS) if os.name == "nt" else shlex.join(_WORDS)


class MissingBar(QFrame):
    """Says what is missing and how to get it; gone where nothing is."""

    def __init__(self, training: Training) -> None:
        super().__init__()
        self._training = training
        self.setProperty("look", "card")
        self.command = QLineEdit(COMMAND)
        self.command.setReadOnly(True)
        self.command.setCursorPosition(0)
        self.command.setAccessibleName(self.tr("Command that installs what training needs"))
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, theme.GAP, 2 * theme.GAP, theme.GAP)
        what = self.tr(
            "Training needs torch, which is large and was not installed with Cameo. Run this in a "
            "terminal, then look again. Runs that were made can be read without it."
        )
        inside.addWidget(label(what, "warn", wrap=True))
        line = row(
            self.command,
            button(self.tr("Copy"), self._copy, icon="copy"),
            button(self.tr("Look again"), self.look, icon="arrow-clockwise"),
        )
        line.setStretch(0, 1)
        inside.addLayout(line)
        self.look()

    def look(self) -> None:
        """Show or hide it, as things are now."""
        self.setVisible(not self._training.has_torch)
        self._training.busy_changed.emit()

    def _copy(self) -> None:
        self.command.selectAll()
        self.command.copy()
