from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reid_core.library import Library, events, schema


def note(library: Library, *days_ago: int) -> None:
    """Events of so many days ago."""
    now = datetime.now(UTC)
    with library.transaction("made") as tx:
        tx.execute(
            schema.event.insert(),
            [
                {
                    "time": (now - timedelta(days=d)).isoformat(timespec="seconds"),
                    "action": f"{d} days ago",
                    "payload": '{"n": 1}',
                }
                for d in days_ago
            ],
        )


def test_old_events_are_erased_and_the_others_stay(library: Library) -> None:
    note(library, 100, 31, 29, 1)
    assert events.erase_older(library, 30) == 2
    with library.read() as connection:
        left = [e.action for e in events.latest(connection, 10)]
        assert events.count(connection) == len(left)
    assert "29 days ago" in left
    assert "31 days ago" not in left
    assert left[0] == "erase events"


def test_nothing_old_writes_nothing(library: Library) -> None:
    note(library, 2)
    with library.read() as connection:
        before = events.count(connection)
    assert events.erase_older(library, 30) == 0
    with library.read() as connection:
        assert events.count(connection) == before


def test_the_latest_come_first_and_no_more_than_asked_for(library: Library) -> None:
    note(library, 3, 2, 1)
    with library.read() as connection:
        assert [e.action for e in events.latest(connection, 2)] == ["made", "1 days ago"]


def test_negative_days_make_no_sense(library: Library) -> None:
    with pytest.raises(ValueError, match="days is -1"):
        events.erase_older(library, -1)
