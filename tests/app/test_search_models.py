"""The item models of the page of search, and the rows that they show."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.models.rows import RowRole, SortRole
from app.models.sightings import LanesModel, PeopleModel, SightingsModel, VideoChoice
from app.viewmodels.search_rows import Options, PersonRow, Row, lanes_of, shown_of
from app.views.search_filters import seconds
from reid_core.types import Kind, Sighting


def row(
    key: str,
    score: float,
    *,
    video: str = "/v/a.mp4",
    start_s: float = 1.0,
    likely: bool = False,
    verdict: str | None = None,
) -> Row:
    one = Sighting(
        video, Kind.FACE, start_s, start_s + 2, start_s + 1, score, None, verdict, (key,), (0,) * 4
    )
    return Row(key, 1, one, likely, 7, "a.mp4", "m" * 32)


ROWS = [
    row("one", 0.98, likely=True, start_s=40.0),
    row("two", 0.95, likely=True, video="/v/b.mp4"),
    row("three", 0.60, start_s=3.0),
]


def test_sightings(qtmodeltester: ModelTester) -> None:
    model = SightingsModel()
    model.set_rows(ROWS)
    qtmodeltester.check(model)
    assert model.data(model.index(1), RowRole) is ROWS[1]
    assert model.data(model.index(1), SortRole) == 1
    assert "0.950" in model.data(model.index(1))
    assert model.index_of("three").row() == 2
    assert not model.index_of("nobody").isValid()


def test_a_row_that_goes_moves_no_other(qtbot: QtBot) -> None:
    model = SightingsModel()
    model.set_rows(ROWS)
    with qtbot.waitSignal(model.rowsRemoved) as gone, qtbot.assertNotEmitted(model.modelReset):
        model.set_rows([ROWS[0], ROWS[2]])
    assert gone.args[1:] == [1, 1]
    with qtbot.waitSignal(model.modelReset):
        model.set_rows(ROWS)
    marked = replace(ROWS[0], sighting=replace(ROWS[0].sighting, verdict="same"))
    with qtbot.waitSignal(model.dataChanged), qtbot.assertNotEmitted(model.modelReset):
        model.set_rows([marked, *ROWS[1:]])


def test_lanes(qtmodeltester: ModelTester) -> None:
    model = LanesModel()
    model.set_rows(lanes_of(ROWS, {}))
    qtmodeltester.check(model)
    lane = model.data(model.index(0), RowRole)
    assert [s.key for s in lane.spans] == ["three", "one"]  # the likely one is painted last
    assert lane.duration_s == 42.0
    assert model.data(model.index(0), SortRole) == 1


def test_people(qtmodeltester: ModelTester) -> None:
    model = PeopleModel()
    model.set_rows([PersonRow(1, "Ada", "", 1, 0), PersonRow(2, "Bo", "", 0, 1)])
    qtmodeltester.check(model)
    assert model.data(model.index(1), Qt.ItemDataRole.EditRole) == "Bo"


def test_choice_of_videos(qtmodeltester: ModelTester, qtbot: QtBot) -> None:
    model = VideoChoice()
    rows = [(1, "a.mp4", "/v/a.mp4"), (2, "b.mp4", "/v/b.mp4")]
    model.set_rows(rows, None)
    qtmodeltester.check(model)
    assert model.chosen is None
    with qtbot.waitSignal(model.chosen_changed):
        model.setData(model.index(0), 0, Qt.ItemDataRole.CheckStateRole)
    assert model.chosen == (2,)
    assert not model.setData(QModelIndex(), 0, Qt.ItemDataRole.CheckStateRole)
    model.set_rows(rows, (1,))
    assert model.data(model.index(1), Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Unchecked
    model.choose_all(True)
    assert model.chosen is None


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        (Options(), ["one", "two", "three"]),
        (Options(only_likely=True), ["one", "two"]),
        (Options(minimum=0.96), ["one"]),
        (Options(by_time=True), ["three", "one", "two"]),
    ],
)
def test_what_the_options_let_through(options: Options, keys: list[str]) -> None:
    assert [r.key for r in shown_of(ROWS, options)] == keys


def test_confirmed_ones_stay_and_rejected_ones_go() -> None:
    same, other = row("same", 0.1, verdict="same", likely=True), row("no", 0.9, verdict="different")
    assert [r.key for r in shown_of([same, other], Options(minimum=0.5))] == ["same"]
    assert [r.key for r in shown_of([same, other], Options(rejected=True))] == ["same", "no"]


@pytest.mark.parametrize(
    ("text", "value"), [("", None), ("7", 7.0), ("1:30", 90.0), ("1:00:02.5", 3602.5), ("1:", None)]
)
def test_times_as_they_are_typed(text: str, value: float | None) -> None:
    assert seconds(text) == value
