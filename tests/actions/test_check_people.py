"""The gallery looked through: names and pictures for the doctor's findings, and what is kept."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from reid_core.actions import check_people
from reid_core.actions.check_people import Checked
from reid_core.actions.check_types import Doubt
from reid_core.actions.loading import Models
from reid_core.errors import ModelMismatch, PersonNotFound
from reid_core.evaluate.problems import Problem
from reid_core.library import Library, people
from reid_core.models.store import ModelStore
from reid_core.types import Kind

DIM = 128


@pytest.fixture
def models(model_store: ModelStore) -> Models:
    return Models(model_store)


def enrol(
    library: Library, models: Models, name: str, *looks: int, kind: Kind = Kind.FACE
) -> list[int]:
    """A template per look: looks of one hundred are alike (0.96), those of two are not."""
    with library.transaction("made") as tx:
        person = people.person_named(tx, name) or people.add_person(tx, name)
        made = []
        for look in looks:
            row = np.zeros(DIM, np.float32)
            row[look // 100], row[64 + look % 64] = 1.0, 0.2
            new = people.NewTemplate(
                *(kind, f"{look:032x}", 0.8, {}, np.zeros((kind.n_keypoints, 2), np.float32)),
                *(f"{look}.jpg", row / np.linalg.norm(row), models.model_id(kind)),
            )
            made.append(people.add_template(tx, person, new))
    return [one for one in made if one is not None]


@pytest.fixture
def gallery(library: Library, models: Models) -> dict[str, list[int]]:
    """Ada and Bob in order, but one picture of Bob's is with Ada; Cleo is Clea as well."""
    return {
        "Ada": enrol(library, models, "Ada", 101, 102, 103, 209),
        "Bob": enrol(library, models, "Bob", 201, 202, 203),
        "Cleo": enrol(library, models, "Cleo", 301, 302),
        "Clea O'Neil": enrol(library, models, "Clea O'Neil", 303, 304),
        "Dora": enrol(library, models, "Dora", 401),
    }


def look(library: Library, models: Models) -> tuple[Checked, dict[Problem, Doubt]]:
    (checked,) = check_people.check(library, models)
    return checked, {d.problem: d for d in checked.doubts}


def test_findings_have_names_and_pictures(library, models, gallery) -> None:
    checked, doubts = look(library, models)
    assert (checked.kind, checked.people, checked.templates) == (Kind.FACE, 5, 12)
    assert list(doubts) == [Problem.WRONG_PERSON, Problem.SAME_PERSON, Problem.TOO_FEW]
    wrong, same = doubts[Problem.WRONG_PERSON], doubts[Problem.SAME_PERSON]
    assert (wrong.name, wrong.templates[0].id) == ("Ada", gallery["Ada"][3])
    assert wrong.templates[0].media == f"{209:032x}"
    assert wrong.facing is not None
    assert (wrong.facing.name, wrong.facing.id in gallery["Bob"]) == ("Bob", True)
    assert wrong.score == pytest.approx(0.96, abs=0.01)
    assert wrong.own is not None
    assert wrong.own < 0.1
    assert same.facing is not None
    assert {same.name, same.facing.name} == {"Cleo", "Clea O'Neil"}
    assert doubts[Problem.TOO_FEW].name == "Dora"


def test_what_is_kept_is_not_told_again(library, models, gallery) -> None:
    checked, doubts = look(library, models)
    for one in doubts.values():
        check_people.keep(library, one.id, [checked])
    again, left = look(library, models)
    assert left == {}
    assert again.kept == 3
    enrol(library, models, "Ada", 210)  # another picture of Bob's: that was not said
    _, left = look(library, models)
    assert [d.name for d in left.values()] == ["Ada"]
    with pytest.raises(PersonNotFound, match="0000"):
        check_people.keep(library, "0000000000000", [checked])


def test_kinds_are_apart_and_no_templates_are_no_answer(library, models, gallery) -> None:
    assert check_people.check(library, models, [Kind.BODY]) == []
    enrol(library, models, "Ada", 1, kind=Kind.BODY)
    told: list[float] = []
    both = check_people.check(library, models, progress=lambda share, what: told.append(share))
    assert [c.kind for c in both] == [Kind.FACE, Kind.BODY]
    assert both[1].scale is None  # bodies have no reference
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_templates_of_another_model_are_refused(library, models, gallery) -> None:
    from reid_core.library import schema

    with library.transaction("another") as tx:
        tx.execute(schema.vector.update().values(model="another@1"))
    with pytest.raises(ModelMismatch, match="cameo models use"):
        check_people.check(library, models)


# ---- the command


def run(library: Library, store: ModelStore, *arguments: str, status: int = 0) -> str:
    from reid_core.cli.main import app

    places = ["--library", str(library.folder), "--models", str(store.folder)]
    done = CliRunner().invoke(app, [*places, "people", *arguments])
    assert done.exit_code == status, (done.output, done.exception)
    return done.stdout


def test_the_command_says_what_to_do_and_that_helps(library, models, model_store, gallery) -> None:
    """Every finding is put right by the first command that it names."""
    import shlex

    from reid_core.library.ids import format_id

    text = run(library, model_store, "check", "--strict", status=1)
    stray = format_id(gallery["Ada"][3])
    assert f"cameo people move Ada Bob {stray}" in text
    assert "cameo people merge" in text
    assert "'Clea O'\"'\"'Neil'" in text
    commands = [
        line.split(maxsplit=2)[2] for line in text.splitlines() if " cameo people m" in line
    ]
    for command in commands:
        run(library, model_store, *shlex.split(command))
    kept = text.splitlines()[-1].split("cameo people ")[1]
    run(library, model_store, *kept.split())
    assert run(library, model_store, "check", "--strict") == ""
    run(library, model_store, "delete", "Bob", stray)
    with library.read() as connection:
        assert len(people.templates_of(connection, people.find_person(connection, "Bob").id)) == 3


def test_the_command_in_json(library, models, model_store, gallery) -> None:
    import json

    said = json.loads(run(library, model_store, "check", "--kind", "face", "--json", "-"))
    assert said["checked"][0]["people"] == 5
    first = said["findings"][0]
    assert {"id", "problem", "person", "templates", "own", "other", "score", "do"} <= set(first)
    assert (first["problem"], first["person"], first["other"]) == ("wrong_person", "Ada", "Bob")
    assert first["means"].startswith("Ada: the template ")


def test_templates_that_are_not_theirs_are_refused(library, model_store, gallery) -> None:
    from reid_core.cli.people_check import own_templates

    with library.read() as connection, pytest.raises(PersonNotFound, match="Bob has no template"):
        own_templates(connection, "Bob", ["0000000000000"])
