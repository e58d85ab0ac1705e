"""Icons where there is no room for them, and colours; any warning of Qt's fails a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import qtawesome
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QIcon, QImage, QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.widgets.parts import button, tool


def test_colours_are_the_themes_alone() -> None:
    for path in sorted(Path(theme.__file__).parent.rglob("*.py")):
        numbers = re.findall(r"QColor\(\s*(?:\d|\"#).*", path.read_text("utf-8"))
        assert path.name == "theme.py" or not numbers, (path.name, numbers)
    assert theme.over_picture(90).getRgb() == (0, 0, 0, 90)
    assert theme.over_picture(36, light=True).getRgb() == (255, 255, 255, 36)


@pytest.mark.parametrize("size", [QSize(0, 0), QSize(0, 20), QSize(-4, 10), QSize()])
def test_an_icon_of_no_size_is_no_picture(qtbot: QtBot, size: QSize) -> None:
    assert theme.icon("user").pixmap(size).isNull()


def test_an_icon_is_not_painted_where_there_is_no_room(qtbot: QtBot) -> None:
    image = QImage(20, 20, QImage.Format.Format_ARGB32)
    image.fill(QColor("white"))
    before = image.copy()
    painter = QPainter(image)
    for spot in (QRect(5, 5, 0, 0), QRect(5, 5, 0, 10), QRect(5, 5, -3, -3)):
        theme.icon("user").paint(painter, spot)
    painter.end()
    assert image == before


@pytest.mark.parametrize("width", [0, 1, 2, 4, 8, 12, 16, 40])
def test_buttons_can_be_as_narrow_as_a_layout_makes_them(qtbot: QtBot, width: int) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    for made in (
        tool("x", "Close", lambda: None),
        button("Go", lambda: None, icon="check"),
    ):
        made.setParent(around)
        made.setMinimumSize(0, 0)
        made.setFixedSize(width, 30)
        made.grab()
        made.setFixedSize(30, width)
        made.grab()


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("mode", [QIcon.Mode.Normal, QIcon.Mode.Disabled])
def test_an_icon_with_room_is_as_the_library_of_icons_makes_it(
    qtbot: QtBot, ratio: float, mode: QIcon.Mode
) -> None:
    c = theme.colours()
    plain = qtawesome.icon("ph.user", color=c.good, color_disabled=c.line)
    made, wanted = (
        i.pixmap(QSize(24, 24), ratio, mode) for i in (theme.icon("user", "good"), plain)
    )
    assert made.size() == QSize(24, 24) * ratio
    assert made.devicePixelRatio() == ratio
    assert made.toImage() == wanted.toImage()
