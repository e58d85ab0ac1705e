"""The list of live events, and where boxes are moved to between searches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester

from app.live import Found
from app.models import live_events
from app.models.live_events import EventFilter, EventRow, LiveEvents, who
from app.models.rows import RowRole, SortRole
from app.viewmodels.live_boxes import AHEAD_S, STALE_S, boxes_at
from reid_core.actions.watch_types import Shown
from reid_core.types import Kind


def rows(*names: str | None) -> list[EventRow]:
    return [
        EventRow(n, "enter", n, "face", 1000.0 + n, None if name is None else n, name)
        for n, name in enumerate(names)
    ]


def test_the_models_keep_the_rules(qtmodeltester: ModelTester) -> None:
    model = LiveEvents()
    model.add(rows("Ada", None, "Bob"))
    model.add(rows(None))
    qtmodeltester.check(model)
    shown = EventFilter(model)
    shown.show_only("known")
    qtmodeltester.check(shown)


def test_the_newest_is_first() -> None:
    model = LiveEvents()
    model.add(rows("Ada", "Bob"))
    model.add([replace(r, number=7) for r in rows(None)])
    assert [r.number for r in model.rows] == [7, 1, 0]
    index = model.index(1)
    assert index.data(RowRole).name == "Bob"
    assert index.data(SortRole) == 1
    assert index.data() == "Bob entered"


def test_old_rows_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_events, "KEPT", 3)
    model = LiveEvents()
    for n in range(6):
        model.add([replace(r, number=n) for r in rows("Ada")])
    assert [r.number for r in model.rows] == [5, 4, 3]


def test_the_filter_follows_who_people_turn_out_to_be() -> None:
    model = LiveEvents()
    shown = EventFilter(model)
    model.add(rows("Ada", None, None))
    shown.show_only("unknown")
    assert shown.rowCount() == 2
    model.identify(1, 55, "Bob")
    assert [shown.index(i, 0).data(RowRole).track for i in range(shown.rowCount())] == [2]
    shown.show_only("known")
    assert {shown.index(i, 0).data(RowRole).name for i in range(shown.rowCount())} == {"Ada", "Bob"}
    with pytest.raises(ValueError, match="'some'"):
        shown.show_only("some")


def test_names_follow_the_library() -> None:
    model = LiveEvents()
    model.add(rows("Ada", "Bob", None))
    model.rename({0: "Ida", 9: "Zoe"})
    assert [(r.name, r.person) for r in model.rows[::-1]] == [
        ("Ida", 0),
        (None, None),
        (None, None),
    ]


def test_strangers_are_called_by_their_number() -> None:
    assert who("Ada", 3) == "Ada"
    assert who(None, 3) == "Unknown 3"
    assert who(None, None) == "Unknown"
    model = LiveEvents()
    model.add(rows(None, None))
    model.number(1, 4)
    assert [r.stranger for r in model.rows] == [4, None]


def found(time_s: float, left: float, track: int = 0) -> Found:
    person = Shown(track, Kind.FACE, (left, 50.0, left + 100, 150.0))
    return Found((person,), time_s, (640, 480))


def test_boxes_are_carried_on_between_searches() -> None:
    before, now = found(1.0, 100), found(1.2, 120)
    ((_, box),) = boxes_at(now, before, 1.3)
    assert box == pytest.approx((130, 50, 230, 150))
    ((_, box),) = boxes_at(now, before, 1.2)
    assert box == pytest.approx((120, 50, 220, 150))
    ((_, box),) = boxes_at(now, before, 1.2 + 2 * AHEAD_S)  # not for ever
    assert box == pytest.approx((160, 50, 260, 150))


def test_what_cannot_be_motion_is_not_carried_on() -> None:
    for now, before in (
        (found(1.2, 120), None),
        (found(1.2, 120), found(1.0, 100, track=5)),
        (found(9.0, 120), found(1.0, 100)),
    ):
        ((_, box),) = boxes_at(now, before, now.time_s + 0.2)
        assert box[0] == 120
    ((_, box),) = boxes_at(found(1.1, 400), found(1.0, 100), 1.4)
    assert box[0] == 450  # half of itself at the most


def test_old_boxes_are_not_shown() -> None:
    assert boxes_at(found(1.0, 0), None, 1.1 + STALE_S) == []
    assert boxes_at(None, None, 1.0) == []


def test_a_score_says_whether_its_meaning_was_measured() -> None:
    events = LiveEvents()
    row = EventRow(1, "identified", 1, "face", 0.0, 1, "Ada", score=0.9)
    events.add([row, replace(row, number=2, is_calibrated=True, probability=0.97)])
    sure, unsure = (events.index(n, 0) for n in (0, 1))
    assert sure.data(Qt.ItemDataRole.AccessibleTextRole).endswith("97% probable")
    assert unsure.data(Qt.ItemDataRole.AccessibleTextRole).endswith("similarity 0.90, uncalibrated")
    assert "measured on your own data" in sure.data(Qt.ItemDataRole.ToolTipRole)
    assert "not measured" in unsure.data(Qt.ItemDataRole.ToolTipRole)
