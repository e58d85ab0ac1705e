"""What others change in the open library, and what is done just before the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from app.elsewhere import Elsewhere
from app.session import Session
from app.tasks import Tasks
from app.viewmodels.people import People
from reid_core.actions.loading import Models
from reid_core.library import Library, erase, events, footage, models_used, people, schema
from reid_core.models.manifest import Role
from reid_core.protocols import Progress
from tests.app.people_made import enrol_made


@pytest.fixture
def other(session: Session) -> Iterator[Library]:
    """The same library as another program has it open."""
    with Library.open(session.library.folder) as opened:
        yield opened


@pytest.fixture
def look(qtbot: QtBot, session: Session) -> Callable[[], list[str]]:
    """Look for changes; which signals were sent by it."""
    ada = enrol_made(session.library, session, "Ada", 1, 1, 2)
    enrol_made(session.library, session, "Grace", 2, 1)
    assert ada
    made = Elsewhere(session)
    made._timer.stop()
    told: list[str] = []
    for name in ("people_changed", "person_forgotten", "footage_changed", "models_changed"):
        getattr(session, name).connect(lambda *_, name=name: told.append(name))
    qtbot.waitUntil(lambda: not session.tasks.jobs)

    def again() -> list[str]:
        told.clear()
        made.look()
        qtbot.waitUntil(lambda: not session.tasks.jobs)
        return told

    assert again() == []
    return again


def person(library: Library, name: str) -> int:
    with library.read() as connection:
        return people.find_person(connection, name).id


def test_a_new_name_is_shown(qtbot: QtBot, session: Session, other: Library, look) -> None:
    gallery = People(session)
    gallery.set_shown(True)
    qtbot.waitUntil(lambda: len(gallery.rows) == 2)
    with other.transaction("rename") as tx:
        people.rename(tx, person(other, "Ada"), "Ada Lovelace")
    assert look() == ["people_changed"]
    qtbot.waitUntil(lambda: gallery.named("Ada Lovelace") is not None)
    assert look() == []


def test_who_was_forgotten_is_not_brought_back(
    qtbot: QtBot, session: Session, other: Library, look
) -> None:
    ada, library = person(other, "Ada"), session.library
    with library.read() as connection:
        one = people.templates_of(connection, ada)[0].id

    def delete(_: Progress) -> None:
        with library.transaction("delete") as tx:
            people.delete_templates(tx, [one])

    session.change("delete", delete, losing=(one,))
    qtbot.waitUntil(lambda: session.history.can_undo == "delete")
    forgotten: list[int] = []
    session.person_forgotten.connect(forgotten.append)
    erase.forget(other, ada)
    assert look() == ["person_forgotten", "people_changed"]
    assert forgotten == [ada]
    assert session.history.can_undo is None


def test_what_was_done_here_is_not_told_twice(qtbot: QtBot, session: Session, look) -> None:
    library, ada = session.library, person(session.library, "Ada")

    def rename(_: Progress) -> None:
        with library.transaction("rename") as tx:
            people.rename(tx, ada, "Augusta")

    with qtbot.waitSignal(session.people_changed):
        session.change("rename", rename)
    assert look() == []


def test_footage_and_models(session: Session, other: Library, look) -> None:
    with other.transaction("add video") as tx:
        video = footage.add_video(tx, "/a.mp4", content_hash="a", duration_s=1.0, settings={})
    assert look() == ["footage_changed"]
    with other.transaction("index segment"):
        pass
    assert look() == []
    with other.transaction("indexed") as tx:
        footage.update_video(tx, video, state="done")
    assert look() == ["footage_changed"]
    with other.transaction("use model") as tx:
        models_used.use(tx, Role.FACE_EMBEDDER, "another")
    assert look() == ["models_changed", "people_changed", "footage_changed"]


@pytest.mark.parametrize("action", ["accept retraining", "back from retraining", "drop retraining"])
def test_a_switch_to_a_retrained_model_is_followed(
    session: Session, other: Library, look, action: str
) -> None:
    with other.transaction(action):
        pass
    assert "models_changed" in look()


def test_an_erased_log_hides_nothing(session: Session, other: Library, look) -> None:
    with other.transaction("notes") as tx:
        people.set_notes(tx, person(other, "Ada"), "a note")
    later = datetime.now(UTC) + timedelta(days=2)
    assert events.erase_older(other, 1, now=later) > 0
    with other._engine.begin() as tx:  # as if the log had been longer before
        tx.execute(schema.event.update().values(id=1))
    with other.transaction("notes") as tx:
        people.set_notes(tx, person(other, "Ada"), "another")
    assert "people_changed" in look()


def test_a_change_that_waits_is_made_when_the_window_closes(
    qtbot: QtBot, session: Session, tasks: Tasks
) -> None:
    library, ada = session.library, enrol_made(session.library, session, "Ada", 1, 1)
    go = threading.Event()

    def rename(_: Progress) -> None:
        with library.transaction("rename") as tx:
            people.rename(tx, ada, "Augusta")

    tasks.run("before it", lambda _: go.wait(5), lane="write", shown=False)
    session.change("rename", rename)
    threading.Timer(0.2, go.set).start()
    tasks.close()
    assert person(library, "Augusta") == ada


def test_no_page_waits_for_what_takes_long(qtbot: QtBot, tasks: Tasks) -> None:
    go = threading.Event()
    answers: list[str] = []
    for n in range(10):
        tasks.run(f"download {n}", lambda _: go.wait(10))
    tasks.run("a page's question", lambda _: "answer", then=answers.append, shown=False)
    qtbot.waitUntil(lambda: answers == ["answer"])
    go.set()
    qtbot.waitUntil(lambda: not tasks.jobs)


def test_nothing_is_run_after_the_end(qtbot: QtBot, session: Session, tasks: Tasks) -> None:
    done: list[str] = []
    tasks.close()
    assert tasks.run("late", lambda _: done.append("pool")).state == "cancelled"
    assert session.change("late", lambda _: done.append("change")).is_over
    assert done == []


def test_a_change_that_was_made_is_told_though_somebody_cancelled_it(
    qtbot: QtBot, session: Session
) -> None:
    made, go, told = threading.Event(), threading.Event(), []

    def work(_: Progress) -> str:
        made.set()
        go.wait(5)
        return "made"

    session.people_changed.connect(lambda: told.append("changed"))
    job = session.change("change", work, then=told.append, shown=True)
    made.wait(5)
    job.cancel()
    go.set()
    qtbot.waitUntil(lambda: job.is_over)
    assert job.state == "done"
    assert told == ["changed", "made"]


def test_a_page_that_was_closed_meanwhile_is_not_told(qtbot: QtBot, session: Session) -> None:
    class Asking(QObject):
        kept = Signal()

        def on_kept(self, _: object) -> None:
            self.kept.emit()

        def asks_within(self) -> Callable[[object], None]:
            return lambda _: self.kept.emit()

    for then in (
        lambda one: one.on_kept,
        lambda one: partial(one.on_kept),
        lambda one: one.asks_within(),
    ):
        asking, go = Asking(), threading.Event()
        job = session.change("change", lambda _, go=go: go.wait(5), then=then(asking))
        delete(asking)
        go.set()
        qtbot.waitUntil(lambda job=job: job.is_over)  # raises what is raised in the loop
        assert job.state == "done"


def test_models_being_loaded_when_others_are_taken_are_not_kept(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Models.of
    made: list[Models] = []

    def slow(*args: Any, **more: Any) -> Models:
        made.append(real(*args, **more))
        if len(made) == 1:  # the user switches while they are read
            session.models_changed.emit()
        return made[-1]

    monkeypatch.setattr(Models, "of", slow)
    first = session.models()
    assert session.models() is made[1]
    assert first is made[0]
    assert session.models() is made[1]


def test_a_change_that_breaks_off_is_looked_at(qtbot: QtBot, session: Session) -> None:
    running = threading.Event()

    def work(progress: Progress) -> None:
        while True:
            running.set()
            progress(0.5, "")

    with qtbot.waitSignal(session.people_changed):
        job = session.change("change", work, shown=True)
        running.wait(5)
        job.cancel()
    assert job.state == "cancelled"
