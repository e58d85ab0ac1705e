"""Retraining without a window: what there is, learning, the verdict, the switch, the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.requests import Retrain
from app.session import Message, Session
from app.tasks import Tasks
from app.viewmodels import retrain_learning
from app.viewmodels import retrain_words as words
from app.viewmodels.people import Forgotten, People
from app.viewmodels.retraining import Retraining
from reid_core.library import erase, people, retrainings
from reid_core.types import Kind
from tests.app.retraining_made import PEOPLE, FakeLearning, judged, session_with_people

BODY = Kind.BODY


@pytest.fixture
def ready(tmp_path: Path, tasks: Tasks, qtbot: QtBot) -> Iterator[Session]:
    """With a run that is offered."""
    with session_with_people(tmp_path / "ready", tasks, trained=True) as made:
        yield made


@pytest.fixture
def process() -> FakeLearning:
    return FakeLearning()


@pytest.fixture
def retraining(ready: Session, process: FakeLearning, qtbot: QtBot) -> Iterator[Retraining]:
    made = Retraining(ready, lambda: process)
    made.set_shown(True)
    qtbot.waitUntil(lambda: bool(made.rows) and bool(made.grounds))
    yield made
    made.close()


@pytest.fixture
def said(ready: Session) -> list[Message]:
    found: list[Message] = []
    ready.message.connect(found.append)
    return found


def idle(ready: Session, retraining: Retraining, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not ready.tasks.jobs and not retraining._soon.isActive())


def test_what_there_is_and_what_is_proposed(retraining: Retraining) -> None:
    ground = retraining.grounds[BODY]
    assert ground.stock is not None
    assert (ground.stock.people, ground.stock.pictures) == (PEOPLE, 4 * PEOPLE)
    assert ground.stock.is_enough
    assert ground.proposed == "adapter"
    assert ground.network == "tiny"
    facts = dict(words.stock_facts(ground.stock))
    assert facts["People"] == str(PEOPLE)
    assert "looks of others" in facts["Held out, to judge by"]


def test_a_model_that_is_not_there_is_said_and_not_fetched(retraining: Retraining) -> None:
    assert "not installed" in retraining.grounds[Kind.FACE].problem
    assert retraining.grounds[Kind.FACE].stock is None


def test_a_run_is_read_with_its_lineage_and_its_pairs(retraining: Retraining, qtbot: QtBot) -> None:
    (row,) = retraining.rows
    assert row.state == "offered"
    assert len(row.people) == words.learnt_people(row.run)
    assert all(name.startswith("Person ") for name in row.people)
    retraining.select(row.run.shown_id)
    qtbot.waitUntil(lambda: bool(retraining.pairs))
    first = retraining.pairs[0]
    assert first.is_better
    assert first.old > first.new
    assert first.other is not None
    assert first.other.name != first.shown.name


def test_learning_is_followed_and_its_run_is_looked_at(
    ready: Session, retraining: Retraining, process: FakeLearning, qtbot: QtBot
) -> None:
    run = retraining.rows[0].run.shown_id
    retraining.learn(BODY, "adapter", ("--seed=3",))
    assert process.order is not None
    told = process.order.words
    assert told[:2] == ("--library", str(ready.library.folder))
    assert {"retrain", "--kind=body", "--strength=adapter", "--seed=3", "--commands"} <= set(told)
    process.say('{"share": 0.25, "what": "2 of 8: step 1 of 300"}')
    process.say('{"share": 0.5, "wh')  # half a line
    job = retraining.learning.job
    assert job is not None
    qtbot.waitUntil(lambda: job.share == 0.25)
    assert job.detail == "2 of 8"
    assert job.remaining_s is not None
    assert job in ready.tasks.jobs
    process.answer(run)
    process.end(0)
    qtbot.waitUntil(lambda: retraining.selected is not None)
    assert retraining.selected is not None
    assert retraining.selected.run.shown_id == run
    assert not retraining.learning.is_busy
    assert job not in ready.tasks.jobs


def test_learning_that_ends_while_nobody_looks_tells_and_leads_there(
    ready: Session,
    retraining: Retraining,
    process: FakeLearning,
    said: list[Message],
    qtbot: QtBot,
) -> None:
    run = retraining.rows[0].run.shown_id
    retraining.set_shown(False)
    retraining.learn(BODY, "adapter")
    process.answer(run)
    process.end(0)
    qtbot.waitUntil(lambda: bool(said))
    with qtbot.waitSignal(ready.asked_for) as asked:
        assert said[0].call is not None
        said[0].call()
    assert asked.args == ["train", Retrain(run=run)]


def test_what_is_refused_is_said_in_a_sentence(
    retraining: Retraining, process: FakeLearning, qtbot: QtBot
) -> None:
    retraining.learn(BODY, "adapter")
    process.say('{"share": 0.0, "what": "reading"}')
    process.say("cameo: This library is being retrained by another process. Wait until it is done.")
    process.end(2)
    qtbot.waitUntil(lambda: not retraining.learning.is_busy)
    assert "being retrained by another process" in retraining.problems[BODY]
    retraining.learn(BODY, "adapter")
    assert BODY not in retraining.problems
    process.end(-9)
    qtbot.waitUntil(lambda: BODY in retraining.problems)
    assert "signal 9" in retraining.problems[BODY]


def test_stopping_asks_first_then_ends_it_and_leaves_nothing(
    ready: Session,
    retraining: Retraining,
    process: FakeLearning,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    retraining.learning._patience.setInterval(10)
    retraining.learn(BODY, "adapter")
    with ready.library.transaction("made") as tx:  # as the process has noted it
        left = retrainings.start(tx, BODY, "adapter", "tiny", settings={}, data={}, parts=[])
    retraining.learning.stop()
    assert process.told[-1] == "stop"
    qtbot.waitUntil(lambda: process.told[-1] == "kill")
    process.end(-9)
    qtbot.waitUntil(lambda: not retraining.learning.is_busy)
    assert not retraining.problems
    with ready.library.read() as connection:
        assert left not in [r.id for r in retrainings.list_runs(connection)]
    assert retrain_learning.PATIENCE_MS < 2000


def test_what_is_being_made_here_is_not_listed_yet(
    ready: Session, retraining: Retraining, qtbot: QtBot
) -> None:
    retraining.learn(BODY, "adapter")
    with ready.library.transaction("made") as tx:
        retrainings.start(tx, BODY, "adapter", "tiny", settings={}, data={}, parts=[])
    retraining.refresh()
    qtbot.waitUntil(lambda: len(retraining.rows) == 2)
    assert len(retraining.listed) == 1
    retraining.close()
    assert [r.state for r in retraining.listed].count("open") == 1


def test_into_use_and_back_and_into_use_again(
    ready: Session, retraining: Retraining, said: list[Message], qtbot: QtBot
) -> None:
    row = retraining.rows[0]
    changed: list[str] = []
    ready.models_changed.connect(lambda: changed.append("models"))
    ready.footage_changed.connect(lambda: changed.append("footage"))
    retraining.accept(row)
    assert retraining.is_switching(row)
    qtbot.waitUntil(lambda: retraining.in_use(BODY) is not None)
    assert changed == ["models", "footage"]
    assert ready.models().model_id(BODY) == row.run.model
    assert "In use from now on: Bodies, adapter. The new model is not calibrated." in said[-1].text
    assert retraining.grounds[BODY].network == "tiny"
    assert retraining.rows[0].state == "used"

    assert said[-1].call is not None
    said[-1].call()  # go back
    qtbot.waitUntil(lambda: retraining.in_use(BODY) is None)
    assert ready.models().model_id(BODY) == row.run.base
    assert retraining.rows[0].state == "past"
    assert said[-1].action == "Use it again"
    assert said[-1].call is not None
    said[-1].call()
    qtbot.waitUntil(lambda: retraining.in_use(BODY) is not None)


def test_one_that_is_not_better_for_sure_needs_an_override(
    ready: Session, retraining: Retraining, qtbot: QtBot
) -> None:
    shown_id = judged(ready.library, "uncertain")
    retraining.refresh()
    qtbot.waitUntil(lambda: retraining.rows[0].state == "unsure")
    row = retraining.rows[0]
    retraining.accept(row)
    qtbot.waitUntil(lambda: retraining.switching is None)
    assert shown_id in retraining.problems
    assert retraining.in_use(BODY) is None
    retraining.accept(row, override=True)
    assert not retraining.problems
    qtbot.waitUntil(lambda: retraining.in_use(BODY) is not None)


def test_dropping_the_one_in_use_leaves_the_network(
    ready: Session, retraining: Retraining, said: list[Message], qtbot: QtBot
) -> None:
    retraining.accept(retraining.rows[0])
    qtbot.waitUntil(lambda: retraining.in_use(BODY) is not None)
    base = retraining.rows[0].run.base
    retraining.drop(retraining.rows[0])
    qtbot.waitUntil(lambda: retraining.rows == ())
    assert "network alone" in said[-1].text
    assert ready.models().model_id(BODY) == base
    assert retraining.selected is None


def test_a_run_of_the_command_line_appears_when_the_page_is_shown(
    ready: Session, retraining: Retraining, qtbot: QtBot
) -> None:
    retraining.set_shown(False)
    with ready.library.transaction("retrain") as tx:
        retrainings.start(tx, BODY, "adapter", "tiny", settings={}, data={}, parts=[])
    ready.people_changed.emit()  # as `Elsewhere` does
    idle(ready, retraining, qtbot)
    assert len(retraining.rows) == 1
    retraining.set_shown(True)
    qtbot.waitUntil(lambda: len(retraining.rows) == 2)


def test_forgetting_somebody_names_the_models_that_learnt_from_them(
    ready: Session, retraining: Retraining, qtbot: QtBot
) -> None:
    gallery, found = People(ready), []
    with qtbot.waitSignal(gallery.rows_changed):
        gallery.set_shown(True)
    learnt, held = retraining.rows[0].people[0], held_out(ready)
    for name, expected in ((learnt, 1), (held, 0)):
        row = gallery.named(name)
        assert row is not None
        gallery.learnt_from(row.id, found.append)
        qtbot.waitUntil(lambda: bool(found))
        assert len(found.pop()) == expected
        with qtbot.waitSignal(gallery.forgotten, timeout=20_000) as forgotten:
            gallery.forget(row.id)
        done: Forgotten = forgotten.args[0]
        assert [one.run.shown_id for one in done.learnt] == (
            [retraining.rows[0].run.shown_id] if expected else []
        )
    qtbot.waitUntil(lambda: retraining.rows[0].run.forgotten == 1)
    assert learnt not in retraining.rows[0].people
    row = retraining.rows[0]
    with qtbot.waitSignal(ready.asked_for) as asked:
        gallery.show_retraining(row)
    assert asked.args == ["train", Retrain(run=row.run.shown_id)]


def held_out(ready: Session) -> str:
    """Somebody who was put aside altogether."""
    with ready.library.read() as connection:
        run = retrainings.list_runs(connection)[0]
        parts = retrainings.parts_of(connection, run.id)
        one = next(p.person for p in parts if p.part == "open")
        return people.names_of(connection, [one])[one]


def test_pictures_that_are_gone_are_not_shown(
    ready: Session, retraining: Retraining, qtbot: QtBot
) -> None:
    retraining.select(retraining.rows[0].run.shown_id)
    qtbot.waitUntil(lambda: bool(retraining.pairs))
    before, gone = len(retraining.pairs), retraining.pairs[0].shown.name
    with ready.library.read() as connection:
        person = people.person_named(connection, gone)
    assert person is not None
    erase.forget(ready.library, person)
    ready.people_changed.emit()
    qtbot.waitUntil(lambda: 0 < len(retraining.pairs) < before)
    assert gone not in {p.shown.name for p in retraining.pairs}


@pytest.mark.parametrize(
    ("decision", "begins"),
    [
        ("better", "The new model is better: by 1.0 to 4.0 points of mAP"),
        ("uncertain", "No improvement that is certain: the change is −2.0 to +3.0 points"),
        ("worse", "The new model is worse: by −5.0 to −1.0 points"),
    ],
)
def test_the_verdict_in_plain_words(
    ready: Session, retraining: Retraining, decision: str, begins: str, qtbot: QtBot
) -> None:
    judged(ready.library, decision)
    retraining.refresh()
    qtbot.waitUntil(lambda: words.verdict_line(retraining.rows[0].run).startswith(begins))
    state = {"better": "better, offered", "uncertain": "not better for sure", "worse": "worse"}
    assert words.state_line(retraining.rows[0]) == state[decision]
    line = words.verdict_line(retraining.rows[0].run)
    assert "the right person now comes first for" in line


def test_better_in_part_names_what_is_worse(
    ready: Session, retraining: Retraining, qtbot: QtBot
) -> None:
    judged(ready.library, "better")
    with ready.library.transaction("made") as tx:
        run = retrainings.list_runs(tx)[0]
        verdict = {**run.verdict, "decision": "uncertain"}
        verdict["figures"][-1] |= {"is_better": False, "is_worse": True}
        retrainings.finish(tx, run.id, run.model, verdict)
    retraining.refresh()
    qtbot.waitUntil(lambda: retraining.rows[0].state == "unsure")
    line = words.verdict_line(retraining.rows[0].run)
    assert "but worse: Missed, false alarms at 5% (FNIR)." in line


def test_a_whole_network_is_prepared_trained_elsewhere_and_judged(
    ready: Session, retraining: Retraining, process: FakeLearning, qtbot: QtBot
) -> None:
    with ready.library.transaction("made") as tx:  # as `cameo retrain --strength full` does
        one = retrainings.start(tx, BODY, "full", "tiny", settings={}, data={}, parts=[])
    retraining.refresh()
    qtbot.waitUntil(lambda: len(retraining.rows) == 2)
    row = next(r for r in retraining.rows if r.run.id == one)
    assert row.state == "prepared"
    assert "have it judged when it is done" in words.verdict_line(row.run)
    assert retraining.recipe(row).parent == ready.library.folder / "runs" / row.run.shown_id
    retraining.judge(row)
    assert process.order is not None
    assert process.order.words[4:7] == ("retrain", "judge", row.run.shown_id)
    assert row in retraining.listed
    process.end(-9)
    qtbot.waitUntil(lambda: BODY in retraining.problems)
    with ready.library.read() as connection:
        assert one in [r.id for r in retrainings.list_runs(connection)], "it can be judged again"
