"""The table of videos, the list of portraits, and the grid that shows them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QSize, QSortFilterProxyModel, Qt
from PySide6.QtGui import QPixmap
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app import theme
from app.models.rows import RowRole, SortRole
from app.models.seen import SeenModel
from app.models.videos import Column, VideosModel
from app.viewmodels.footage_rows import VideoRow
from app.views.footage_delegates import CELL, LINE, NameDelegate, SeenDelegate, StateDelegate
from app.views.footage_grid import GridView
from app.words import clock
from reid_core.library.listing import Seen

STATES = ("waiting", "indexing", "paused", "stopping", "failed", "broken", "stopped", "done")


def video(n: int, **values: object) -> VideoRow:
    given = {"duration_s": 60.0 * n, "faces": n, "bodies": 2 * n, **values}
    state = str(given.pop("state", "done"))
    return VideoRow(f"v{n}", n, "", f"video {n}.mp4", f"/v/video {n}.mp4", state, **given)


def seen(n: int) -> Seen:
    return Seen(n, "body" if n % 3 == 0 else "face", float(n), n + 2.0, "")


def test_the_table_is_a_model(qtmodeltester: ModelTester) -> None:
    model = VideosModel()
    model.set_rows([video(n) for n in range(5)])
    qtmodeltester.check(model)
    model.set_rows([])
    qtmodeltester.check(model)


def test_the_portraits_are_a_model(qtmodeltester: ModelTester) -> None:
    model = SeenModel()
    model.set_rows([seen(n) for n in range(5)])
    qtmodeltester.check(model)
    model.set_rows([seen(n) for n in range(9)])
    qtmodeltester.check(model)


def test_cells_say_what_the_row_holds(qapp) -> None:
    model = VideosModel()
    row = video(2, created="2026-01-02T03:04:05+00:00")
    model.set_rows([row])
    texts = [str(model.index(0, c).data()) for c in Column]
    assert texts[:5] == ["video 2.mp4", "2:00", "2", "4", "Indexed"]
    assert "2026" in texts[5] or "26" in texts[5]
    assert model.index(0, 0).data(RowRole) is row
    assert model.index(0, Column.DURATION).data(SortRole) == 120.0
    assert model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "/v/video 2.mp4"


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_words(qapp, state: str) -> None:
    assert VideosModel().state_text(video(1, state=state))
    assert VideosModel().state_text(video(1, state=state, missing=True)) == "File missing"


def test_sorting_goes_by_value_not_by_text(qapp) -> None:
    model, proxy = VideosModel(), QSortFilterProxyModel()
    proxy.setSourceModel(model)
    proxy.setSortRole(SortRole)
    model.set_rows([video(n) for n in (9, 100, 20)])
    proxy.sort(Column.DURATION)
    assert [proxy.index(i, 0).data(RowRole).id for i in range(3)] == [9, 20, 100]


def test_rows_that_stay_are_not_shown_anew(qtbot: QtBot) -> None:
    model = VideosModel()
    model.set_rows([video(n) for n in range(3)])
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.dataChanged) as told:
        model.set_rows([video(0), video(1, state="indexing"), video(2)])
    assert told.args[0].row() == 1
    with qtbot.waitSignal(model.modelReset):
        model.set_rows([video(1)])
    assert model.index_of("v1").row() == 0
    assert not model.index_of("v0").isValid()


def test_portraits_that_come_in_are_put_behind(qtbot: QtBot) -> None:
    model = SeenModel()
    model.set_rows([seen(n) for n in range(3)])
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.rowsInserted):
        model.set_rows([seen(n) for n in range(5)])
    assert model.rowCount() == 5
    with qtbot.waitSignal(model.modelReset):
        model.set_rows([seen(n) for n in range(1, 5)])


def test_times_are_short() -> None:
    assert [clock(s) for s in (0.4, 59.6, 3723.4)] == ["0:00", "1:00", "1:02:03"]


@pytest.fixture
def grid(qtbot: QtBot) -> GridView:
    made, model = GridView(QSize(100, 120)), SeenModel()
    made.setModel(model)
    made.kept = model
    made.resize(560, 400)
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_grid_places_and_finds_its_cells(grid: GridView) -> None:
    grid.kept.set_rows([seen(n) for n in range(100)])
    columns = grid.columns
    assert columns == 5
    index = grid.kept.index(7, 0)
    assert grid.visualRect(index).topLeft() == QPoint(200, 120)
    assert grid.indexAt(QPoint(250, 130)) == index
    assert not grid.indexAt(QPoint(505, 10)).isValid()  # beside the last column
    grid.scrollTo(grid.kept.index(99, 0))
    assert 99 in grid.visible_rows()
    assert 0 not in grid.visible_rows()
    assert grid.indexAt(grid.visualRect(grid.kept.index(99, 0)).center()).row() == 99


def test_a_grid_is_walked_by_keys(grid: GridView, qtbot: QtBot) -> None:
    grid.kept.set_rows([seen(n) for n in range(100)])
    grid.setCurrentIndex(grid.kept.index(0, 0))
    keys = Qt.Key
    steps = [
        (keys.Key_Right, 1),
        (keys.Key_Down, 6),
        (keys.Key_Left, 5),
        (keys.Key_Up, 0),
        (keys.Key_Up, 0),
        (keys.Key_End, 99),
        (keys.Key_Right, 99),
        (keys.Key_Home, 0),
        (keys.Key_PageDown, 15),
    ]
    for key, row in steps:
        qtbot.keyClick(grid, key)
        assert grid.currentIndex().row() == row, key
    assert 15 in grid.visible_rows()


def test_a_click_chooses_and_an_empty_grid_is_no_error(grid: GridView, qtbot: QtBot) -> None:
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert not grid.currentIndex().isValid()
    grid.kept.set_rows([seen(n) for n in range(10)])
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(250, 130))
    assert [i.row() for i in grid.selectedIndexes()] == [7]


class NoThumbs:
    def get(self, name: str) -> QPixmap | None:
        return None


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_only_cells_in_sight_are_painted(grid: GridView, qtbot: QtBot, qapp, shade: str) -> None:
    theme.apply_theme(qapp, shade)
    painted: list[int] = []

    class Counting(SeenDelegate):
        def paint(self, painter, option, index) -> None:
            painted.append(index.row())
            super().paint(painter, option, index)

    delegate = Counting(NoThumbs())
    grid.setItemDelegate(delegate)
    grid.kept.set_rows([seen(n) for n in range(100_000)])
    grid.setCurrentIndex(grid.kept.index(1, 0))
    grid.grab()
    assert 15 <= len(set(painted)) <= 30
    painted.clear()
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    grid.grab()
    assert max(painted) == 99_999
    assert len(set(painted)) <= 30


@pytest.mark.parametrize("state", STATES)
def test_rows_are_painted_in_every_state(qapp, state: str) -> None:
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

    model = VideosModel()
    model.set_rows([video(1, state=state, share=0.4, remaining_s=100.0)])
    picture = QPixmap(400, LINE)
    blank = picture.toImage()
    painter, option = QPainter(picture), QStyleOptionViewItem()
    option.rect = picture.rect()
    option.state = QStyle.StateFlag.State_Selected
    NameDelegate(NoThumbs(), NoThumbs()).paint(painter, option, model.index(0, Column.NAME))
    StateDelegate().paint(painter, option, model.index(0, Column.STATE))
    painter.end()
    assert picture.toImage() != blank
    assert CELL.width() > 96
