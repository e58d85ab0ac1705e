"""The item models of the page of people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.models.people import PeopleFilter, PeopleModel
from app.models.rows import RowRole, SortRole
from app.models.shots import ShotsModel
from app.models.templates import TemplatesModel, source_name
from app.viewmodels.enrol_shots import ShotRow
from reid_core.library.people import Portrait, Template
from reid_core.types import Kind


def person(n: int, name: str, *, faces: int = 1, notes: str = "", confirmed: int = 0) -> Portrait:
    created = f"2026-05-0{n}T12:00:00+00:00"
    return Portrait(n, name, notes, created, faces, 0, f"{n:032x}", confirmed)


ROWS = [
    person(2, "Ada Lovelace", faces=3),
    person(1, "Grace Hopper", faces=1, notes="Navy", confirmed=4),
    person(3, "Émilie du Châtelet", faces=7),
]


def names(model: PeopleFilter) -> list[str]:
    return [str(model.index(i, 0).data()) for i in range(model.rowCount())]


def test_people(qtmodeltester: ModelTester, qtbot: QtBot) -> None:
    model = PeopleModel()
    model.set_rows(ROWS)
    qtmodeltester.check(model)
    assert model.data(model.index(1), RowRole) is ROWS[1]
    assert model.index_of(3).row() == 2
    assert not model.index_of(9).isValid()
    assert "4 confirmed" in model.data(model.index(1), Qt.ItemDataRole.AccessibleTextRole)
    changed = [ROWS[0], replace(ROWS[1], name="Grace B. M. Hopper"), ROWS[2]]
    with qtbot.waitSignal(model.dataChanged) as told, qtbot.assertNotEmitted(model.modelReset):
        model.set_rows(changed)
    assert told.args[0].row() == 1
    with qtbot.waitSignal(model.modelReset):
        model.set_rows(changed[1:])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["Ada Lovelace", "Grace Hopper", "Émilie du Châtelet"]),
        ("GRACE", ["Grace Hopper"]),
        ("navy hop", ["Grace Hopper"]),
        ("ada hop", []),
        ("é", ["Émilie du Châtelet"]),
    ],
)
def test_search_as_you_type(qtbot: QtBot, text: str, found: list[str]) -> None:
    model = PeopleModel()
    model.set_rows(ROWS)
    shown = PeopleFilter(model)
    shown.look_for(text)
    assert names(shown) == found


def test_orders(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    model = PeopleModel()
    shown = PeopleFilter(model)
    model.set_rows(ROWS)
    qtmodeltester.check(shown)
    assert [n[0] for n in names(shown)] == ["A", "G", "É"]
    shown.set_order("newest")
    assert [n[0] for n in names(shown)] == ["É", "A", "G"]
    shown.set_order("templates")
    assert [n[0] for n in names(shown)] == ["É", "A", "G"]
    model.set_rows([replace(ROWS[0], faces=9), *ROWS[1:]])
    assert [n[0] for n in names(shown)] == ["A", "É", "G"]
    shown.set_order("name")
    assert [n[0] for n in names(shown)] == ["A", "G", "É"]
    with pytest.raises(ValueError, match="age"):
        shown.set_order("age")


def test_thousands_are_put_in_order_without_asking_for_each_value(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = PeopleModel()
    shown = PeopleFilter(model)
    shown.set_order("newest")
    asked: list[int] = []
    real = PeopleModel.cell

    def cell(self: PeopleModel, row: Portrait, role: int) -> object:
        asked.append(role)
        return real(self, row, role)

    monkeypatch.setattr(PeopleModel, "cell", cell)
    model.set_rows([replace(ROWS[n % 3], id=n) for n in range(1000)])
    assert shown.rowCount() == 1000
    assert len(asked) < 100


def test_templates(qtmodeltester: ModelTester) -> None:
    model = TemplatesModel()
    parts = {"size": 0.5, "pose": 0.25}
    one = Template(
        1, 2, Kind.FACE, "a" * 32, 0.61, "/p/ada.jpg", "2026-05-01T10:00:00+00:00", parts
    )
    model.set_rows([one, replace(one, id=2, kind=Kind.BODY, where_from="/v/a b.mp4@12.5")])
    qtmodeltester.check(model)
    tip = model.data(model.index(0), Qt.ItemDataRole.ToolTipRole)
    assert tip.splitlines()[:4] == ["Quality 0.61", "size 0.50", "pose 0.25", "From /p/ada.jpg"]
    assert model.data(model.index(0), SortRole) == 0.61
    assert source_name("/v/a b.mp4@12.5") == "a b.mp4@12.5"


def test_shots(qtmodeltester: ModelTester, qtbot: QtBot) -> None:
    model = ShotsModel()
    rows = [
        ShotRow(n, f"{word}.jpg", f"/p/{word}.jpg", word, "Ada", 0.5, 3, b"")
        for n, word in enumerate(
            (
                "waiting",
                "unreadable",
                "nobody",
                "several",
                "known",
                "twice",
                "poor",
                "anyway",
                "good",
            )
        )
    ]
    model.set_rows(rows[:5])
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.rowsInserted):
        model.set_rows(rows)
    qtmodeltester.check(model)
    assert model.index_of(3).row() == 3
    assert "3 people: choose one" in model.data(model.index(3))
    with qtbot.waitSignal(model.dataChanged), qtbot.assertNotEmitted(model.modelReset):
        model.set_rows([replace(rows[0], standing="good"), *rows[1:]])
    with qtbot.waitSignal(model.modelReset):
        model.set_rows(rows[1:])
