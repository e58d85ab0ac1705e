"""The list of runs as an item model."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.models.rows import RowRole, SortRole
from app.models.runs import Column, RunsModel
from app.viewmodels.train_runs import RunRow

ROWS = [
    RunRow("/a", "Ada", data="x", started="2026-01-02T03:04:05+00:00", state="done", best=0.5),
    RunRow("/b", "Bob", state="training", step=5, steps=10),
    RunRow("/c", "Cam", state="a state of the future"),
]


def test_it_is_a_model(qtmodeltester: ModelTester, qtbot: QtBot) -> None:
    model = RunsModel()
    qtmodeltester.check(model)
    model.set_rows(ROWS)
    qtmodeltester.check(model)
    with qtbot.waitSignal(model.dataChanged):
        model.set_rows([ROWS[0], replace(ROWS[1], step=6), ROWS[2]])
    with qtbot.waitSignal(model.modelReset):
        model.set_rows(ROWS[:1])
    qtmodeltester.check(model)


def test_what_it_says(qtbot: QtBot) -> None:
    model = RunsModel()
    model.set_rows(ROWS)
    at = [model.index(0, c) for c in Column]
    assert at[Column.NAME].data() == "Ada"
    assert at[Column.STATE].data() == "Finished"
    assert at[Column.BEST].data() == "mAP 50.0%"
    assert "2026" in at[Column.STARTED].data()
    assert at[Column.BEST].data(SortRole) == 0.5
    assert model.index(1, Column.BEST).data(SortRole) == -1
    assert model.index(2, Column.STATE).data() == "a state of the future"
    assert at[0].data(RowRole) is ROWS[0]
    header = model.headerData(Column.BEST, Qt.Orientation.Horizontal)
    assert header == "Best"
    assert model.index_of("/b").row() == 1
    assert not model.index_of("/gone").isValid()
    model.update_row(replace(ROWS[1], name="Bea"))
    assert model.index(1, 0).data() == "Bea"
    model.update_row(RunRow("/gone", "x"))
    assert model.rowCount() == 3
