from __future__ import annotations

import random

import numpy as np
import pytest
import sqlalchemy as sa

from reid_core.errors import ChangedSince, LibraryLocked
from reid_core.library import Library, erase, people, schema
from reid_core.library.history import History
from reid_core.types import Kind


def template(number: int) -> people.NewTemplate:
    vector = np.zeros(8, np.float32)
    vector[number % 8] = 1
    return people.NewTemplate(
        Kind.FACE,
        f"{number:032x}",
        0.5,
        {},
        np.zeros((5, 2), np.float32),
        "",
        vector,
        "m",
    )


def state(library: Library) -> dict[str, list[tuple[object, ...]]]:
    with library.read() as connection:
        return {
            name: sorted(
                (tuple(r) for r in connection.execute(sa.select(schema.metadata.tables[name]))),
                key=repr,
            )
            for name in ("person", "template", "verdict", "vector", "kept")
        }


def some_operation(library: Library, history: History, dice: random.Random, n: int) -> None:
    with library.read() as connection:
        everybody = people.list_people(connection)
        owned = {p.id: [t.id for t in people.templates_of(connection, p.id)] for p in everybody}
    what = dice.choice(["add", "add", "rename", "merge", "split", "template", "delete"])
    losing: list[int] = []
    one = dice.choice(everybody) if everybody else None
    if what == "delete" and one and owned[one.id]:
        losing = [dice.choice(owned[one.id])]
    with history.recording(what, losing=losing), library.transaction(what) as tx:
        if what == "add" or one is None:
            person = people.add_person(tx, f"Person {n}")
            people.add_template(tx, person, template(n))
        elif what == "rename":
            people.rename(tx, one.id, f"Renamed {n}")
        elif what == "merge" and len(everybody) > 1:
            other = dice.choice([p for p in everybody if p.id != one.id])
            people.merge(tx, into=one.id, gone=other.id)
        elif what == "split" and owned[one.id]:
            people.split(tx, owned[one.id][:1], f"Split {n}")
        elif what == "template":
            people.add_template(tx, one.id, template(n))
        elif losing:
            tx.execute(schema.vector.delete().where(schema.vector.c.owner_id.in_(losing)))
            tx.execute(schema.template.delete().where(schema.template.c.id.in_(losing)))


def test_many_operations_undone_leave_everything_as_it_was(library: Library) -> None:
    history, dice = History(library), random.Random(1)
    with library.transaction("before") as tx:
        people.add_template(tx, people.add_person(tx, "There before"), template(999))
    states = [state(library)]
    for n in range(150):
        some_operation(library, history, dice, n)
        if (now := state(library)) != states[-1]:
            states.append(now)
    for before in reversed(states[:-1]):
        assert history.undo()
        assert state(library) == before
    assert history.undo() is None
    for after in states[1:]:
        assert history.redo()
        assert state(library) == after


def test_what_was_changed_elsewhere_is_not_overwritten(library: Library) -> None:
    history = History(library)
    with history.recording("add"), library.transaction("add") as tx:
        person = people.add_person(tx, "Ada")
    with library.transaction("elsewhere") as tx:
        people.rename(tx, person, "Grace")
    with pytest.raises(ChangedSince):
        history.undo()
    assert [p[1] for p in state(library)["person"]] == ["Grace"]


def test_a_failing_body_leaves_no_step(library: Library) -> None:
    history = History(library)
    with pytest.raises(ZeroDivisionError), history.recording("fail"):
        _ = 1 / 0
    assert history.can_undo is None


def test_forgetting_drops_the_steps_of_a_person(library: Library) -> None:
    history = History(library)
    for name in ("Ada", "Grace"):
        with history.recording(name), library.transaction("add") as tx:
            person = people.add_person(tx, name)
    history.purge(person)
    assert history.can_undo == "Ada"


def test_what_an_undo_needs_may_be_gone(library: Library) -> None:
    history = History(library)
    with library.transaction("before") as tx:
        person = people.add_person(tx, "Ada")
        one = people.add_template(tx, person, template(1))
    with history.recording("delete", losing=[one]), library.transaction("delete") as tx:
        people.delete_templates(tx, [one])
    erase.forget(library, person)  # by somebody else: this history does not hear of it
    with pytest.raises(ChangedSince):
        history.undo()
    assert state(library)["person"] == state(library)["template"] == []


def test_a_name_that_an_undo_needs_may_be_taken(library: Library) -> None:
    history = History(library)
    with library.transaction("before") as tx:
        person = people.add_person(tx, "Ada")
    with history.recording("rename"), library.transaction("rename") as tx:
        people.rename(tx, person, "Grace")
    with library.transaction("elsewhere") as tx:
        people.add_person(tx, "Ada")
    with pytest.raises(ChangedSince):
        history.undo()
    assert sorted(p[1] for p in state(library)["person"]) == ["Ada", "Grace"]


def test_a_step_that_cannot_be_taken_back_is_not_in_the_way(library: Library) -> None:
    history = History(library)
    made = []
    for name in ("Ada", "Grace"):
        with history.recording(f"add {name}"), library.transaction("add") as tx:
            made.append(people.add_person(tx, name))
    with library.transaction("elsewhere") as tx:
        people.rename(tx, made[1], "Joan")
    with pytest.raises(ChangedSince):
        history.undo()
    assert history.undo() == "add Ada"
    assert [p[1] for p in state(library)["person"]] == ["Joan"]


def test_what_others_do_meanwhile_is_no_part_of_a_step(library: Library) -> None:
    history = History(library)
    with Library.open(library.folder) as other, history.recording("add"):
        other.wait_s = 0
        with pytest.raises(LibraryLocked), other.transaction("elsewhere") as tx:
            people.add_person(tx, "Grace")
        with library.transaction("add") as tx:
            people.add_person(tx, "Ada")
    assert history.undo() == "add"
