"""People stand where one looks for them: accents, case and numbers."""

from __future__ import annotations

import pytest

from reid_core.library import Library, people
from reid_core.library.names import name_order

IN_ORDER = [
    "2 Girls",
    "10 Men",
    "ada",
    "Ärne",
    "Åsa",
    "Bo",
    "Ellen",
    "Émile",
    "Erik",
    "Łukasz",
    "Lumi",
    "Øle",
    "Ömer",
    "Person 2",
    "Person 2b",
    "Person 10",
    "Zoë",
    "Ζωή",
]


def test_accents_and_case_do_not_count_and_numbers_do() -> None:
    mixed = [*IN_ORDER[1::2], *IN_ORDER[::2]]
    assert sorted(mixed, key=name_order) == IN_ORDER


def test_names_alike_but_for_accents_have_an_order_too() -> None:
    assert sorted(["Zoë", "Zoe", "zoe 1"], key=name_order) == ["Zoe", "Zoë", "zoe 1"]
    assert sorted(["Person 02", "Person 2"], key=name_order) == ["Person 02", "Person 2"]


@pytest.mark.parametrize("name", ["", " ", "9" * 200, "²", "٣ Ali", "1", "\u0301"])
def test_odd_names_can_be_compared_with_any(name: str) -> None:
    assert sorted([name, *IN_ORDER], key=name_order)


def test_lists_of_people_are_in_that_order(library: Library) -> None:
    """The first is what `cameo people list` and completing names show, the second the gallery."""
    with library.transaction("enroll") as tx:
        for name in reversed(IN_ORDER):
            people.add_person(tx, name)
    with library.read() as connection:
        assert [p.name for p in people.list_people(connection)] == IN_ORDER
        assert [p.name for p in people.list_portraits(connection)] == IN_ORDER
