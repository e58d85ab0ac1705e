"""The player's widgets: keys, boxes in their place, the time line, drawing a box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.viewmodels.player import Player
from app.viewmodels.player_boxes import Box
from app.viewmodels.search_rows import Span
from app.widgets.overlay import in_frame, placed
from app.widgets.player import PlayerWidget
from app.widgets.timeline import place_of, span_at, time_at
from app.words import moment
from reid_core.types import Kind
from tests.numbered import SIZE, film

BOX = Box((80.0, 24.0, 120.0, 44.0), Kind.FACE, 7, "Ada 0.97", is_known=True)


@pytest.fixture
def widget(qtbot: QtBot, tmp_path: Path) -> Iterator[PlayerWidget]:
    """A film of 10 s, ten numbered pictures a second, with a box in its last five seconds."""
    player = Player()
    made = PlayerWidget(player, lambda at_s: [BOX] if at_s >= 5 else [])
    qtbot.addWidget(made)
    made.resize(660, 400)
    made.show()
    player.open(str(film(tmp_path / "a.mp4", n=100, rate=10)))
    qtbot.waitUntil(lambda: player.is_open)
    yield made
    player.close()


def stands(widget: PlayerWidget, at_s: float) -> bool:
    return abs(widget.player.time_s - at_s) < 0.01 and widget.player.at_s == widget.player.time_s


def grabbed(widget: PlayerWidget) -> QImage:
    return widget.screen_.grab().toImage()


def test_keys(qtbot: QtBot, widget: PlayerWidget) -> None:
    screen, player, key = widget.screen_, widget.player, Qt.Key
    screen.setFocus()
    for pressed, at_s in (
        (key.Key_Right, 1.0),
        (key.Key_Period, 1.1),
        (key.Key_Comma, 1.0),
        (key.Key_Left, 0.0),
    ):
        qtbot.keyClick(screen, pressed)
        qtbot.waitUntil(lambda at_s=at_s: stands(widget, at_s))  # type: ignore[misc]
    player.seek(9.0)
    qtbot.keyClick(screen, key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: stands(widget, 0.0))
    qtbot.keyClick(screen, key.Key_BracketRight)
    assert player.speed == 1.5
    qtbot.keyClick(screen, key.Key_L)
    assert player.is_looping
    qtbot.keyClick(screen, key.Key_Space)
    assert player.is_playing
    qtbot.keyClick(screen, key.Key_Space)
    assert not player.is_playing
    qtbot.keyClick(screen, key.Key_B)
    assert not screen.shows_boxes


def test_a_click_plays_and_pauses(qtbot: QtBot, widget: PlayerWidget) -> None:
    qtbot.mouseClick(widget.screen_, Qt.MouseButton.LeftButton)
    assert widget.player.is_playing
    qtbot.mouseClick(widget.screen_, Qt.MouseButton.LeftButton)
    assert not widget.player.is_playing


def test_boxes_lie_where_they_belong_at_their_time(qtbot: QtBot, widget: PlayerWidget) -> None:
    rect = placed(BOX.place, SIZE, widget.screen_.shown_rect())
    edge = QPoint(round(rect.left()), round(rect.center().y()))
    before = grabbed(widget).pixelColor(edge)
    widget.player.seek(6.0)
    qtbot.waitUntil(lambda: stands(widget, 6.0))
    after = grabbed(widget).pixelColor(edge)
    assert before.red() > 150 > before.blue()  # the film's red ground
    assert after.blue() > 150  # the colour of faces
    widget._boxes.click()
    assert grabbed(widget).pixelColor(edge).blue() < 150


def test_a_box_under_the_pointer_is_told_of_while_paused(
    qtbot: QtBot, widget: PlayerWidget
) -> None:
    widget.player.seek(6.0)
    qtbot.waitUntil(lambda: stands(widget, 6.0))
    middle = placed(BOX.place, SIZE, widget.screen_.shown_rect()).center().toPoint()
    with qtbot.waitSignal(widget.screen_.box_clicked) as told:
        qtbot.mouseClick(widget.screen_, Qt.MouseButton.LeftButton, pos=middle)
    assert told.args[0] is BOX
    assert not widget.player.is_playing


def test_dragging_draws_a_box_in_frame_pixels(qtbot: QtBot, widget: PlayerWidget) -> None:
    screen, wanted = widget.screen_, (40.0, 12.0, 120.0, 36.0)
    place = placed(wanted, SIZE, screen.shown_rect())
    widget.player.play()
    start, end = place.topLeft().toPoint(), place.bottomRight().toPoint()
    with qtbot.waitSignal(screen.drawn) as told:
        qtbot.mousePress(screen, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(screen, (start + end) / 2)
        qtbot.mouseMove(screen, end)
        qtbot.mouseRelease(screen, Qt.MouseButton.LeftButton, pos=end)
    assert told.args[0] == pytest.approx(wanted, abs=0.6)
    assert not widget.player.is_playing
    screen.clear_band()
    with qtbot.assertNotEmitted(screen.drawn):
        qtbot.mousePress(screen, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(screen, end)
        qtbot.keyClick(screen, Qt.Key.Key_Escape)
        qtbot.mouseRelease(screen, Qt.MouseButton.LeftButton, pos=end)


def test_the_time_line_goes_where_it_is_clicked(qtbot: QtBot, widget: PlayerWidget) -> None:
    bar = widget.bar
    bar.set_spans([Span("one", 4.0, 6.0, 5.0, Kind.FACE, True, None, "")])
    x = round(bar.groove().left() + bar.groove().width() * 0.5)
    with qtbot.waitSignal(bar.span_chosen) as told:
        qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(x, bar.height() // 2))
    assert told.args == ["one"]
    qtbot.waitUntil(lambda: abs(widget.player.time_s - 5.0) < 0.15)


def test_resizing_asks_for_a_picture_of_that_size(qtbot: QtBot, widget: PlayerWidget) -> None:
    widget.resize(500, 500)
    qtbot.waitUntil(lambda: widget.screen_._image.width() == widget.screen_.width())
    shown = widget.screen_.shown_rect()
    assert shown.width() / shown.height() == pytest.approx(SIZE[0] / SIZE[1], rel=0.02)


def test_a_broken_file_is_said_on_the_screen(qtbot: QtBot, widget: PlayerWidget) -> None:
    widget.player.open("/nowhere.mp4")
    qtbot.waitUntil(lambda: "/nowhere.mp4" in widget.player.sentence)
    assert widget.screen_._picture is None
    assert not widget._play.isEnabled()


def test_places_on_the_screen_and_back() -> None:
    shown = QRectF(10, 20, 320, 180)
    rect = placed((480, 270, 960, 540), (1920, 1080), shown)
    assert rect == QRectF(90, 65, 80, 45)
    assert in_frame(rect, (1920, 1080), shown) == (480, 270, 960, 540)
    assert in_frame(QRectF(-50, 0, 90, 65), (1920, 1080), shown)[:2] == (0, 0)


def test_places_on_a_bar() -> None:
    groove = QRectF(10, 0, 1000, 10)
    spans = [
        Span("long", 10, 60, 20, Kind.FACE, False, None, ""),
        Span("short", 50, 50.01, 50, Kind.BODY, True, None, ""),
    ]
    assert place_of(spans[0], groove, 100) == QRectF(110, 0, 500, 10)
    assert place_of(spans[1], groove, 100).width() == 4
    assert [s and s.key for s in (span_at(spans, groove, 100, x) for x in (5, 200, 511))] == [
        None,
        "long",
        "short",
    ]
    assert time_at(groove, 100, 510) == 50
    assert time_at(groove, 100, -90) == 0


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0:00.0"), (65.26, "1:05.3"), (3723.46, "1:02:03.5"), (59.96, "1:00.0")]
)
def test_moments_in_words(value: float, text: str) -> None:
    assert moment(value) == text
