"""Having the desktop show files and folders."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def open_path(path: Path) -> None:
    """Show a file or folder with whatever the desktop shows it with."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def show_in_folder(path: Path) -> None:
    """Show the folder that a file is in, or was in."""
    open_path(path.parent if path.parent.is_dir() else Path.home())
