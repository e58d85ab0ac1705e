"""Changes of people who went a moment before are refused, and not said to be made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.engine import Connection

from reid_core.errors import ChangedSince, PersonNotFound
from reid_core.library import Library, erase, people

Change = Callable[[Connection, int, int], object]
CHANGES: dict[str, Change] = {
    "rename": lambda tx, gone, _: people.rename(tx, gone, "Augusta"),
    "notes": lambda tx, gone, _: people.set_notes(tx, gone, "a note"),
    "merge": lambda tx, gone, other: people.merge(tx, into=other, gone=gone),
    "merge into": lambda tx, gone, other: people.merge(tx, into=gone, gone=other),
}


@pytest.mark.parametrize("what", CHANGES)
def test_who_is_gone_is_not_changed(library: Library, what: str) -> None:
    with library.transaction("made") as tx:
        gone, other = people.add_person(tx, "Ada"), people.add_person(tx, "Grace")
    erase.forget(library, gone)
    with pytest.raises(PersonNotFound), library.transaction(what) as tx:
        CHANGES[what](tx, gone, other)
    with library.read() as connection:
        assert [p.name for p in people.list_people(connection)] == ["Grace"]


def test_nobody_is_made_of_templates_that_are_gone(library: Library) -> None:
    with pytest.raises(ChangedSince), library.transaction("split") as tx:
        people.split(tx, [1, 2], "Nobody")
    with library.read() as connection:
        assert people.list_people(connection) == []
